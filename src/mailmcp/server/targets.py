"""Links in the text that a model reads: numbers in brackets; where they lead is data beside it.

A part of the window ``server/views.py``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from mailmcp.models import Link

FLAGS = {
    "text_names_another_host": "its text names another host",
    "punycode": "international host name",
    "ip_address": "host is a number",
    "user_before_host": "a user name stands before the host",
    "redirect": "leads on to another address",
    "tracker": "counts clicks",
    "unreadable": "address cannot be read",
}
_LIVE = re.compile(r"\b(https?|ftp)://", re.IGNORECASE)
_BARE = re.compile(r"(?:https?://|ftp://|www\.)\S", re.IGNORECASE)


def numbered(text: str, links: Sequence[Link], start: int, stop: int) -> str:
    """``text[start:stop]`` with ``[n]`` behind the words of link n, and ``[n host]`` in place of a bare address.

    What is left of addresses (more links than are counted) loses its colon: nothing in the result can be followed.
    """
    pieces: list[str] = []
    at = start
    for number, link in enumerate(links, 1):
        if link.offset < at or link.offset >= stop:
            continue
        shown = _shown(text, link)
        end = link.offset + len(shown)
        if not shown or end > stop:
            continue
        pieces.append(text[at : link.offset])
        pieces.append(f"[{number} {host(link.url)}]" if _BARE.match(shown) else f"{shown}[{number}]")
        at = end
    pieces.append(text[at:stop])
    return inactive("".join(pieces))


def inactive(words: str) -> str:
    """Words in which no address can be followed."""
    return _LIVE.sub(r"\1[:]//", words) if "://" in words else words


def host(url: str) -> str:
    """The host of an address, as it is written; the scheme of one without."""
    try:
        parts = urlsplit(url)
        return parts.hostname or parts.scheme
    except ValueError:
        return "?"


def _shown(text: str, link: Link) -> str:
    """The words of the link as they stand at its offset; ``""`` when it has none there (a picture)."""
    if text.startswith(link.text, link.offset):
        return link.text
    end = text.find("\n", link.offset)
    line = text[link.offset : end if end >= 0 else len(text)]
    if line.startswith("[image: ") and "]" in line:
        return line[: line.index("]") + 1]
    # Words broken over lines, or an address written in one piece with what was wrapped.
    bare = _BARE.match(line)
    return line.split()[0] if bare and line.split() else ""
