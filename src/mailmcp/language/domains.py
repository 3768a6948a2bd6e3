"""Host names: the organisation behind one, and whether two are of the same.

The organisational domain is the name one label below a public suffix (RFC 7489 §3.2). It is used for display,
for ranking links and as a fallback; DMARC itself walks the tree (RFC 9989 §4.10).
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
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
    """The host of an absolute URL as lower-case ASCII, without port and user; ``""`` when there is none."""
    try:
        host = urlsplit(url.strip()[:4096]).hostname or ""
        return ascii_host(host if host.isascii() else _as_browsers_map(host))
    except ValueError:  # a bad IPv6 literal, or characters that NFKC turns into delimiters
        return ""


def domains_in(words: str) -> tuple[str, ...]:
    """The domain names that a reader sees in a few words, in lower-case ASCII; ``Node.js`` and ``Ph.D.`` are none.

    A name counts when its last label is a top-level domain that exists or is reserved for documents and tests.
    """
    found = (ascii_host(match) for match in _SHOWN.findall(words[:_LONGEST_WORDS])[:_MOST_NAMES])
    return tuple(dict.fromkeys(one for one in found if one and _has_known_suffix(one)))


def ascii_host(host: str) -> str:
    """``host`` in lower case with international labels as A-labels (RFC 5890, 5891); ``""`` when it cannot be one.

    Nothing is mapped to something else but capitals to small letters: ``faß.example`` and ``fass.example`` are two.
    """
    host = host.strip().rstrip(".").lower()
    if not host or len(host) > _LONGEST_HOST:
        return ""
    if _is_address(host):
        return host
    if not host.isascii():
        import idna  # some milliseconds, and most mail never needs it

        try:
            host = idna.encode(unicodedata.normalize("NFC", host), strict=True).decode("ascii").lower()
        except UnicodeError:
            return ""
    labels = host.split(".")
    return host if all(_LABEL.match(label) for label in labels) else ""


def _as_browsers_map(host: str) -> str:
    """Where a browser goes (Unicode TS 46): full-width letters and the like become those that they stand for."""
    import idna

    try:
        return idna.uts46_remap(host, std3_rules=False, transitional=False)
    except UnicodeError:
        return ""


@lru_cache(maxsize=4096)
def _organisational(host: str) -> str:
    if not host or "." not in host or _is_address(host):
        return host
    return _suffixes().privatesuffix(host) or host


def _has_known_suffix(host: str) -> bool:
    return host.rpartition(".")[2] in _RESERVED or bool(_suffixes().publicsuffix(host, accept_unknown=False))


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
