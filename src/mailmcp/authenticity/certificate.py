"""The certificate of the embedded server, as those see it who deliver to it."""

from __future__ import annotations

from datetime import datetime, timedelta

from mailmcp.models import Finding, Standing

SOON = timedelta(days=14)


def judge(pem: bytes, host: str, *, now: datetime) -> Finding:
    """Whether a PEM certificate is for this name and this time; which authority signed it is for others to judge."""
    from cryptography import x509

    try:
        certificate = x509.load_pem_x509_certificates(pem)[0]
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        found = tuple(name.lower() for name in names.get_values_for_type(x509.DNSName))
        begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except x509.ExtensionNotFound:
        return _useless(f"names no host, only a subject that nobody reads: get one with {host} as subjectAltName", ())
    except (ValueError, IndexError):
        return _finding(Standing.WRONG, "The file of MAILMCP_LOCAL__TLS_CERT holds no certificate that can be read.")
    wildcard = f"*.{host.partition('.')[2]}"
    if host not in found and wildcard not in found:
        return _useless(f"is not for {host}: get one for this name", found)
    if ends < now:
        return _useless(f"ended on {ends:%Y-%m-%d}: renew it", found)
    if begins > now:
        return _useless(f"is not valid before {begins:%Y-%m-%d}: use another until then", found)
    if certificate.issuer == certificate.subject:
        return _useless("is signed by itself: get one from an authority that others trust", found)
    if ends - now < SOON:
        return _finding(Standing.WEAK, f"The certificate ends soon, on {ends:%Y-%m-%d}: renew it.", found[:5])
    return _finding(Standing.FINE, f"It is for {host}, until {ends:%Y-%m-%d}.", found[:5])


def _useless(what: str, found: tuple[str, ...]) -> Finding:
    """A certificate that proves nothing, which the server offers all the same."""
    sentence = (
        f"The certificate {what}. The server encrypts with it, but who insists on a genuine one delivers nothing."
    )
    return _finding(Standing.WRONG, sentence, found[:5])


def _finding(standing: Standing, sentence: str, found: tuple[str, ...] = ()) -> Finding:
    return Finding(subject="certificate", standing=standing, sentence=sentence, found=found)
