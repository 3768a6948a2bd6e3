"""The certificate of the embedded server, as those see it who deliver to it."""

from __future__ import annotations

from datetime import datetime, timedelta

from mailmcp.models import Finding, Standing

SOON = timedelta(days=14)


def judge(pem: bytes, host: str, *, now: datetime) -> Finding:
    """Whether a PEM certificate is for this name and this time; who signed it is for others to judge."""
    from cryptography import x509

    try:
        certificate = x509.load_pem_x509_certificates(pem)[0]
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        found = tuple(name.lower() for name in names.get_values_for_type(x509.DNSName))
        ends = certificate.not_valid_after_utc
    except x509.ExtensionNotFound:
        return _finding(Standing.WRONG, "The certificate names no host (subjectAltName), so nobody can check it.")
    except (ValueError, IndexError):
        return _finding(Standing.WRONG, "The file of MAILMCP_LOCAL__TLS_CERT holds no certificate that can be read.")
    wildcard = f"*.{host.partition('.')[2]}"
    if host not in found and wildcard not in found:
        sentence = f"The certificate is not for {host}: who insists on a genuine one (MTA-STS) delivers nothing."
        return _finding(Standing.WRONG, sentence, found[:5])
    if ends < now or certificate.not_valid_before_utc > now:
        sentence = f"The certificate is not valid now: it ends {ends:%Y-%m-%d}. Who insists on one delivers nothing."
        return _finding(Standing.WRONG, sentence, found[:5])
    if ends - now < SOON:
        return _finding(Standing.WEAK, f"The certificate ends soon, on {ends:%Y-%m-%d}: renew it.", found[:5])
    return _finding(Standing.FINE, f"It is for {host}, until {ends:%Y-%m-%d}.", found[:5])


def _finding(standing: Standing, sentence: str, found: tuple[str, ...] = ()) -> Finding:
    return Finding(subject="certificate", standing=standing, sentence=sentence, found=found)
