"""What people write for a domain of theirs, its server, its relay and its reports: read strictly, or refused.

What is read here goes into DNS, where a slip stops mail for days: so nothing is guessed, and each refusal is one
sentence that says what is wrong and what to write.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata

from mailmcp.authenticity.check import is_private
from mailmcp.errors import BadInput, ConfigError
from mailmcp.language.characters import cleaned
from mailmcp.language.domains import ascii_host, organisational_domain
from mailmcp.mail import compose

LONGEST_SHOWN = 60
# Whatever else may stand before an @ would have to be escaped in the URI of a record, or divides its list.
_PLAIN_LOCAL = re.compile(r"[A-Za-z0-9._+=~-]+\Z")
_DOTS = str.maketrans(dict.fromkeys("\u3002\uff0e\uff61", "."))
"""What IDNA takes for a full stop (RFC 3490 §3.1)."""
_SIGNS = "-\u00b7\u05f3\u05f4\u30fb\u200c\u200d"
"""What may stand in a label besides letters, marks, digits and symbols (RFC 5892, A.1 to A.7)."""


def named(written: str) -> tuple[str, str]:
    """A domain as DNS has it (A-labels), and as people write it. Raises BadInput with what is wrong."""
    name = unicodedata.normalize("NFC", written.strip().rstrip(".").lower())
    shown = _shown(name)
    if set(name) & set("@/:[]"):
        raise BadInput(f"{shown!r} is no domain: write only the name behind the @, such as example.com.")
    if cleaned(name)[0] != name and ascii_host(cleaned(name)[0]):
        raise BadInput(f"{shown!r} holds characters that nobody sees: type it instead of pasting it.")
    plain = unicodedata.normalize("NFKC", name.translate(_DOTS)).rstrip(".")
    if plain != name and ascii_host(plain):
        raise BadInput(f"{shown!r} is written with signs that only look like its letters and dots: write {plain}.")
    domain = ascii_host(name)
    if not domain or "_" in domain:
        raise BadInput(f"{shown!r} is no domain: its labels are letters, digits and hyphens, as in example.com.")
    if domain.replace(".", "").isdigit() or ":" in domain:
        raise BadInput(f"{shown!r} is an address: mail needs a domain of yours, such as example.com.")
    if "." not in domain:
        raise BadInput(f"{shown!r} is only one label: a domain has at least two, as in example.com.")
    if problem := _problem(domain):
        raise BadInput(f"{shown!r} is no domain: it {problem}. Write the name that you registered.")
    if organisational_domain(f"x.{domain}") == f"x.{domain}":
        raise BadInput(f"{shown!r} is a public suffix, under which everybody has names: write your own domain.")
    readable = _readable(domain)
    return domain, readable if readable.isprintable() else domain


def server_name(hostname: str | None, domain: str) -> str:
    """The server's name for others. Raises ConfigError when the setting can be no target of an MX record."""
    host = ascii_host(hostname) if hostname else f"mail.{domain}"
    if problem := _problem(host):
        raise ConfigError(
            f"The setting MAILMCP_LOCAL__HOSTNAME is {_shown(hostname or '')!r}, which {problem}: others reach a server"
            f" by its whole name, such as mail.{domain}."
        )
    return host


def relay_name(written: str, domain: str) -> str:
    """The name that a relay wants included in SPF records. Raises BadInput."""
    relay = ascii_host(written)
    problem = _problem(relay.replace("_", "x"))  # _spf.example.com is usual
    if problem:
        raise BadInput(
            f"--relay {_shown(written)!r} {problem}: write the name that your relay wants included in SPF records, such"
            " as spf.relay.example."
        )
    if relay == domain:
        raise BadInput(
            f"--relay {_shown(written)!r} is the domain itself, and an SPF record that includes itself counts as none:"
            " write the name that your relay wants included."
        )
    return relay


def reports_address(written: str) -> str:
    """Where reports go. Raises BadInput for an address that a record cannot hold as it is."""
    local, _, domain = compose.address(written).email.rpartition("@")
    host = ascii_host(domain)
    if problem := _problem(host):
        raise BadInput(
            f"--reports {_shown(written)!r} is not reached from the internet: its domain {problem}. Write"
            " one such as postmaster@example.com."
        )
    if not _PLAIN_LOCAL.match(local):
        strange = next((one for one in local if not _PLAIN_LOCAL.match(one)), "")
        raise BadInput(
            f"--reports {_shown(written)!r} holds {strange!r}, which a DMARC record cannot hold as it is: take one of"
            " letters, digits and . _ + - before the @."
        )
    return f"{local}@{host}"


def public_addresses(written: str, *, laboratory: bool) -> tuple[str, ...]:
    """Addresses with commas between, each once; in a laboratory loopback and private ones too. Raises BadInput."""
    found = [_public(one, laboratory) for one in map(str.strip, written.split(",")) if one]
    if not found:
        raise BadInput("--address names no address: write the public IP addresses of this server, with commas between.")
    return tuple(dict.fromkeys(found))


def _public(text: str, laboratory: bool) -> str:
    said = f"--address {_shown(text)!r}"
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise BadInput(
            f"{said} is no IP address: write public ones with commas between, such as 203.0.113.5."
        ) from None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            raise BadInput(f"{said} holds for one interface of this machine: write the public address, without %.")
        if address.ipv4_mapped is not None:
            raise BadInput(f"{said} is an IPv4 address in the form of IPv6: write {address.ipv4_mapped}.")
    if address.is_unspecified:
        problem = "means every address of this machine"
    elif address.is_multicast:
        problem = "is a multicast address, which no host has"
    elif address.is_link_local:
        problem = "holds on one link only"
    elif address.is_loopback:
        problem = "" if laboratory else "leads everybody to their own machine"
    elif is_private(text):
        problem = "" if laboratory else "is of a private network"
    else:
        problem = "is reserved, and no host has it" if address.is_reserved else ""
    if problem:
        raise BadInput(f"{said} {problem}: write the address by which the internet reaches this server.")
    return str(address)


def _problem(host: str) -> str:
    """Why a name in ASCII is none that a host of the internet can have; empty when it can."""
    last = host.rpartition(".")[2]
    if not host or "_" in host:
        return "is no host name"
    if host.replace(".", "").isdigit() or ":" in host:
        return "is an address, not a name"
    if "." not in host:
        return "is only one label"
    if last.isdigit():
        return f"ends in a number ({last})"
    for label in host.split("."):
        if label.startswith("xn--") and _decoded(label) is None:
            return f"has the label {_shown(label)}, which stands for no letters"
    return ""


def _readable(domain: str) -> str:
    """A domain as people write it."""
    labels = (_decoded(one) if one.startswith("xn--") else one for one in domain.split("."))
    return ".".join(decoded or "" for decoded in labels)


def _decoded(label: str) -> str | None:
    """The letters of an A-label (RFC 5890 §2.3.2.1); None when it was made of none, or of others in another form."""
    try:
        text = label[len("xn--") :].encode("ascii").decode("punycode")
        again = text.encode("punycode").decode("ascii")
    except (ValueError, OverflowError):
        return None
    kinds = [unicodedata.category(one) for one in text]
    genuine = (
        not text.isascii()
        and again == label[len("xn--") :]
        and unicodedata.normalize("NFKC", text) == text == text.lower()
        and kinds[0][0] != "M"
        and all(kind[0] in "LMNS" or one in _SIGNS for kind, one in zip(kinds, text, strict=True))
    )
    return text if genuine else None


def _shown(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
