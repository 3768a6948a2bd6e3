"""Host names: the organisation behind one, and whether two are of the same.

The organisational domain is the name one label below a public suffix (RFC 7489 §3.2). It is used for display,
for ranking links and as a fallback; DMARC itself walks the tree (RFC 9989 §4.10).
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_LONGEST_HOST = 253
_LONGEST_WORDS = 1000
_MOST_NAMES = 10
# The label before the suffix has at least two letters or digits: initials and titles have one.
_SHOWN = re.compile(
    r"(?<![\w.@-])(?:https?://)?((?:[\w-]{1,63}\.){0,6}[\w-]{2,63}\.[^\W\d_]{2,63})(?![\w@-])", re.IGNORECASE
)
_ABBREVIATED = re.compile(r"(https?):[/\\]*", re.IGNORECASE)
_RESERVED = frozenset(("example", "test", "invalid", "localhost", "internal", "local", "onion"))
"""Top-level domains of RFC 6761 and its kin, which the list of suffixes lacks."""
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")


def organisational_domain(host: str) -> str:
    """``"mail.shop.example.co.uk"`` -> ``"example.co.uk"``, in lower-case ASCII (A-labels).

    An IP address, a public suffix itself and a single label come back as they are; what cannot be a host name
    gives ``""``.
    """
    return _organisational(ascii_host(host))


def same_organisation(a: str, b: str) -> bool:
    """Do two host names belong to one organisational domain? False when either is no host name."""
    first = organisational_domain(a)
    return first != "" and first == organisational_domain(b)


def host_of(url: str) -> str:
    """The host of an absolute URL as lower-case ASCII, without port and user; ``""`` when there is none.

    It is the host that a browser would open.
    """
    try:
        return _opened(urlsplit(absolute(url[:4096])).hostname or "")
    except ValueError:  # a bad IPv6 literal, or characters that NFKC turns into delimiters
        return ""


def absolute(url: str) -> str:
    """A URL with its scheme and two slashes, as browsers read ``www.…``, ``https:…`` and ``https:\\\\…``."""
    url = url.strip()
    if url[:4].lower() == "www.":
        return f"http://{url}"
    if (found := _ABBREVIATED.match(url)) is None:
        return url
    host, slash, rest = url[found.end() :].partition("\\")
    return (
        f"{found[1]}://{host}{'/' if slash else ''}{rest}" if "/" not in host else f"{found[1]}://{url[found.end() :]}"
    )


def domains_in(words: str) -> tuple[str, ...]:
    """The domain names that a reader sees in a few words, in lower-case ASCII; ``Node.js`` and ``Ph.D.`` are none.

    A name counts when its last label is a top-level domain that exists or is reserved for documents and tests.
    """
    found = (_opened(match) for match in _SHOWN.findall(words[:_LONGEST_WORDS])[:_MOST_NAMES])
    return tuple(dict.fromkeys(one for one in found if one and public_suffix(one)))


def public_suffix(host: str) -> str:
    """The public suffix that a name stands under, in lower-case ASCII; ``""`` when there is none that exists."""
    host = _opened(host)
    top = host.rpartition(".")[2]
    if top in _RESERVED:
        return top
    return (_suffixes().publicsuffix(host, accept_unknown=False) or "") if host else ""


def ascii_host(host: str) -> str:
    """``host`` in lower case with international labels as A-labels; ``""`` when it cannot be one.

    IDNA 2008 (RFC 5891 §4.2) and nothing of its predecessor, which took ``faß`` for ``fass``, ``℠`` for ``sm``:
    names of other owners. Before, capitals become small and letters are composed (RFC 5895 §2), no more.
    """
    return _host(host, _a_label)


def spellings(host: str) -> tuple[str, ...]:
    """How a host may be written in an address: in lower case as it is given, as A-labels, and as people read it."""
    given = host.lower()
    if given.isascii() and "xn--" not in given:
        return (given,)
    wire = ascii_host(host)
    return tuple(dict.fromkeys((given, wire, _u_labels(wire)))) if wire else (given,)


def _u_labels(host: str) -> str:
    import idna

    try:
        return ".".join(idna.decode(one) if one.startswith("xn--") else one for one in host.split("."))
    except UnicodeError:
        return host


def _host(host: str, international: Callable[[str], str]) -> str:
    host = host.strip().rstrip(".").lower() if host.isascii() else host.strip().rstrip(".")
    if not host or len(host) > _LONGEST_HOST:
        return ""
    if not host.isascii():
        try:
            host = international(host)
        except UnicodeError:  # that of the idna package is one, too
            return ""
    if _is_address(host):
        return host
    labels = host.split(".")
    return host if len(host) <= _LONGEST_HOST and all(_LABEL.match(label) for label in labels) else ""


def _a_label(host: str) -> str:
    """The A-labels of a name. Raises UnicodeError."""
    import idna

    # Letter by letter: in a whole word Python makes of a capital sigma at the end another letter.
    small = "".join(one.lower() for one in host)
    if any(not before.isascii() and before.lower().isascii() for before in host):
        raise UnicodeError("a sign that only looks like a letter of ASCII")
    labels = unicodedata.normalize("NFC", small).split(".")
    return ".".join(label if label.isascii() else idna.encode(label, strict=True).decode() for label in labels)


def _opened(host: str) -> str:
    """As ascii_host, but as forgiving as a browser (UTS 46, not transitional): what is opened, not whose it is."""
    return _host(host, _mapped)


def _mapped(host: str) -> str:
    import idna

    labels = idna.uts46_remap(host, std3_rules=False, transitional=False).split(".")
    return ".".join(one if one.isascii() else f"xn--{one.encode('punycode').decode()}" for one in labels).rstrip(".")


@lru_cache(maxsize=4096)
def _organisational(host: str) -> str:
    if not host or "." not in host or _is_address(host):
        return host
    return _suffixes().privatesuffix(host) or host


@cache
def _suffixes() -> PublicSuffixList:
    # Imported here: the list costs some 30 ms to load, and many runs never ask for it.
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def is_private(host: str) -> bool:
    """Is it a host of a private network or of tests (RFC 1918, RFC 6761, RFC 6762), of no organisation?"""
    host = host.strip("[].").lower()
    if host.rpartition(".")[2] in ("localhost", "local", "test"):
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False
