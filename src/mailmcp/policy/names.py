"""What a display name says about where a mail comes from: addresses and domains, however they are written.

People and models read `alerts (at) bank.example`, `alerts@ bank . example` or full-width letters as an address. What
they take it for is compared with the real address; which form it was written in does not matter.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass

from mailmcp.language.characters import cleaned
from mailmcp.language.domains import domains_in

LONGEST_NAME = 1000
MOST_SIGNS = 20
"""At signs of a name that are looked at."""

_TURNED = re.compile("[\u202d\u202e\u2066-\u2069]")
_ROUND_A = re.compile("[\u24b6\u24d0\U0001f150\U0001f170]")
_STOPS = re.compile("[\u3002\uff61\u2024\u00b7\u2027\u30fb]")
_MARKS = re.compile("[\u0300-\u036f]")
_LEFT_OVER = re.compile("[\u200b-\u200d\ufe0f]")
_SPELLED_AT = re.compile(r"\s*[\[({<*_|]+\s*(?:at|ät|arroba|@|a)\s*[\])}>*_|]+\s*", re.IGNORECASE)
_AT_WITH_DOT = re.compile(r"(?<=[\w-])\s+at\s+(?=[\w-]+\s+dot\s)", re.IGNORECASE)
# A dot in brackets, as a word, or with a blank before it; .NET is a word of its own.
_SPELLED_DOT = re.compile(
    r"\s*[\[({<*_|]+\s*(?:dot|punkt|punto|point|\.)\s*[\])}>*_|]+\s*"
    r"|(?<!\bdot)\s+dot\s+(?!dot\b)|\s+\.\s+(?=\w)|\s+\.(?!net\b)(?=\w)",
    re.IGNORECASE,
)
_SIGNS = re.compile(r"@(?:\s*@)+")
_BETWEEN = re.compile(r"[\s\[({<\"'`*_|]*")
_TIGHT = re.compile(r"[\w.-]{1,200}")
_LOOSE = re.compile(r"(?:[\w-]{1,63}\s{0,3}\.\s{0,3}){1,6}[\w-]{2,63}")
_NO_LOCAL = frozenset("\"'`,;:()[]{}<>|*@.!?")
_ROUND = " \t\"'`<>()[]{}@.,:;|*_!?/-–—"
_SCHEME = re.compile(r"(?:https?|mailto)\s*:\s*/{0,2}")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a name shows besides words."""

    hosts: tuple[str, ...]
    """What stands behind the at signs of addresses."""
    domains: tuple[str, ...]
    """Domains elsewhere, in ASCII."""
    whole: bool
    """Nothing but one domain is there."""


def shown_in(name: str) -> Shown:
    """What a reader finds in a display name, at most ``LONGEST_NAME`` characters of it."""
    text = _readable(" ".join(cleaned(name)[0].split())[:LONGEST_NAME])
    hosts, rest = _addresses(text)
    domains = list(domains_in(rest))
    if _TURNED.search(name):  # drawn from right to left
        turned, turned_rest = _addresses(text[::-1])
        hosts += [one for one in turned if domains_in(one)]
        domains += domains_in(turned_rest)
    bare = _SCHEME.sub("", rest).strip(_ROUND)
    return Shown(
        hosts=tuple(dict.fromkeys(hosts)),
        domains=tuple(dict.fromkeys(domains)),
        whole=not hosts and len(domains) == 1 and domains_in(bare) == tuple(domains) and not re.search(r"\s", bare),
    )


def _readable(name: str) -> str:
    """A name as it is read: one shape for letters, at signs and dots, nothing invisible, spelled signs as signs."""
    text = html.unescape(_ROUND_A.sub("@", name)).replace("%40", "@")
    text = unicodedata.normalize("NFKC", _LEFT_OVER.sub("", cleaned(text)[0]))
    text = _MARKS.sub("", _STOPS.sub(".", text))
    # Spelled signs stand apart: behind them only a domain is taken for one.
    text = _SPELLED_AT.sub(" @ ", _AT_WITH_DOT.sub(" @ ", text))
    return _SIGNS.sub("@", _SPELLED_DOT.sub(".", text))


def _addresses(text: str) -> tuple[list[str], str]:
    """The hosts of the addresses in a text, and what else is there."""
    hosts: list[str] = []
    rest: list[str] = []
    at = 0
    for _ in range(MOST_SIGNS):
        sign = text.find("@", at)
        if sign < 0:
            break
        before = text[at:sign]
        between = _BETWEEN.match(text, sign + 1)
        begins = between.end() if between else sign + 1
        host, ends = _host(text, begins, near=begins == sign + 1 and not before[-1:].isspace())
        local = before.rstrip()[-1:]
        if host and local and local not in _NO_LOCAL:
            hosts.append(host)
            rest.append(before)
            at = ends
        else:
            rest.append(before)
            at = sign + 1
    return hosts, " ".join((*rest, text[at:].replace("@", " ")))


def _host(text: str, begins: int, *, near: bool) -> tuple[str, int]:
    """The host that begins there and where it ends, ``""`` for none; ``near`` the sign a word will do."""
    tight = _TIGHT.match(text, begins)
    if tight and domains_in(tight[0].strip(".-")):
        return tight[0].strip(".-"), tight.end()
    loose = _LOOSE.match(text, begins)
    if loose and domains_in(joined := re.sub(r"\s", "", loose[0])):
        return joined, loose.end()
    return (tight[0], tight.end()) if tight and near else ("", begins)
