"""What a URL says by itself: what it is for, and whether it was made for one person."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from mailmcp.mail.codewords import Kind, folded
from mailmcp.mail.linkwords import LINKS, URL_AGAINST, URL_FOR

_RUN = re.compile(r"[A-Za-z0-9_\-~.%+]{6,}")
_LONG_RUN = re.compile(r"[A-Za-z0-9_\-+~.]{28,}")
_SLUG = re.compile(r"(?:[a-z]{2,}-){3,}", re.IGNORECASE)
# "/x/7Gt": what ends a path is no word.
_SHORT = re.compile(
    r"/(?=[A-Za-z0-9]*[A-Z0-9])(?=[A-Za-z0-9]*[a-z])(?!(?:[A-Za-z]?[a-z]+|[A-Za-z]+[0-9]+)\Z)[A-Za-z0-9]{3,5}\Z"
)
_DIGIT = re.compile("[0-9]")
_LETTER = re.compile("[A-Za-z]")
_MIXED_CASE = re.compile("[a-z].*[A-Z]")
_NAME_AND_NUMBER = re.compile(r"[a-z]+-?[0-9]{1,4}\Z")
_URL_MARKS = str.maketrans("-_/=&?.+#", "         ")


class Address(NamedTuple):
    """A URL, read."""

    points: float
    """How likely it is to sign in, by itself: only to choose which links are read closely."""
    personal: float
    """How much it looks made for one person."""
    named: bool
    """Its path speaks of signing in."""
    against: bool
    """It speaks of what signs nobody in."""
    home: bool
    """It has no path to speak of."""
    asked: bool
    """It has a query."""


def is_private(host: str) -> bool:
    """Is it a host of a private network or of tests (RFC 1918, RFC 6761, RFC 6762), of no organisation?"""
    host = host.strip("[].").lower()
    if host.rpartition(".")[2] in ("localhost", "local", "test"):
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False


def carries(url: str, code: str) -> bool:
    """Does a URL hold a code?"""
    return code.replace("-", "").lower() in url.replace("-", "").lower()


def address_of(url: str) -> Address:
    """Read a URL."""
    try:
        parts = urlsplit(url[:4000])
    except ValueError:
        return Address(-3.0, 0.0, False, True, True, False)
    path = f"{parts.path}?{parts.query}#{parts.fragment}"
    readable = _LONG_RUN.sub(" ", unquote(path[:400]))
    against = URL_AGAINST.search(path.lower()) is not None
    named = URL_FOR.search(readable.lower()) is not None or Kind.ACTION in _kinds(readable.translate(_URL_MARKS))
    personal, home = _personal(path), len(path) <= 4
    points = (1.3 if named else 0.0) - (3.0 if against else 0.0)
    points += personal or (-3.5 if home else -1.4 if named else -2.2)
    return Address(points, personal, named, against, home, bool(parts.query))


def _personal(path: str) -> float:
    """How much a path looks made for one person: 1.5 for a long random run, 0.8 for a short one, 0.3 for a few
    letters that are no word, else 0."""
    best = 0.0
    for run in _RUN.findall(path[:2000]):
        run = run[:80]
        if _SLUG.match(run):
            run = run[run.rfind("-") + 1 :]  # how-to-bake-bread-3f9c
        digits = len(_DIGIT.findall(run))
        letters = _LETTER.search(run) is not None
        mixed_case = _MIXED_CASE.search(run) is not None
        if len(run) >= 16 and letters and (digits >= 3 or (len(run) >= 20 and mixed_case and "-" not in run)):
            return 1.5
        if len(run) >= 6 and digits and letters and (digits >= 2 or mixed_case) and not _NAME_AND_NUMBER.match(run):
            best = 0.8
    if not best and _SHORT.search(path.rstrip("?#")) is not None:
        best = 0.3
    return best


def _kinds(text: str) -> frozenset[Kind]:
    return frozenset(hit.kind for hit in LINKS.hits(folded(text)))
