"""Links in the text that a model reads: numbers in brackets; where they lead is data beside it.

A part of the window ``server/views.py``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from mailmcp.language.domains import absolute
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
# Browsers do without the slashes: "https:evil.example" leads there.
_LIVE = re.compile(r"\b(https?|ftp):(?=[/\\\w])", re.IGNORECASE)
_TARGET = r"(?=\s{0,3}<?\s{0,3}(?:[a-z][a-z0-9+.-]{1,20}:|[/\\]{2}|www\.))"
_MARKDOWN = re.compile(rf"\]\({_TARGET}", re.IGNORECASE)
_REFERENCE = re.compile(rf"^([ >]{{0,8}}\[[^\]\n]{{1,200}}\]):{_TARGET}", re.IGNORECASE | re.MULTILINE)
_HTML = re.compile(
    r"<(?=/?(?:a|area|audio|base|button|embed|form|frame|iframe|image|img|input|link|meta|object|script|source|style|svg"
    r"|table|td|video)[\s/][^<>]{0,2000}=)",
    re.IGNORECASE,
)
_BEFORE_ADDRESS = re.compile(r"[ \t]{0,3}(\]?)[ \t]?[(<\[][ \t]{0,3}")
_AFTER_ADDRESS = re.compile(r"[ \t]{0,3}[)>\]]")
_BARE = re.compile(r"(?:https?://|ftp://|www\.)\S", re.IGNORECASE)


def numbered(text: str, links: Sequence[Link], start: int, stop: int) -> str:
    """``text[start:stop]`` with ``[n]`` behind the words of link n, and ``[n host]`` in place of a bare address.

    An address in brackets behind the words of its link is left out: it stands among the links. What is left of
    addresses (more links than are counted) loses its colon: nothing in the result can be followed.
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
        if _BARE.match(shown):
            pieces.append(f"[{number} {host(link.url)}]")
            at = end
            continue
        pieces.append(f"{shown}[{number}]")
        at, markdown = _past_address(text, end, stop, link.url)
        if markdown and pieces[-2].endswith("["):
            pieces[-2] = pieces[-2][:-1].removesuffix("!")
    pieces.append(text[at:stop])
    return inactive("".join(pieces))


def inactive(words: str) -> str:
    """Words in which no address can be followed, and no Markdown or HTML makes a link or a picture."""
    if "](" in words:
        words = _MARKDOWN.sub("] (", words)
    if "]:" in words:
        words = _REFERENCE.sub(r"\1 :", words)
    if "<" in words:
        words = _HTML.sub("‹", words)
    return _LIVE.sub(r"\1[:]", words) if ":" in words else words


def host(url: str) -> str:
    """The host of an address, as it is written; the scheme of one without."""
    try:
        parts = urlsplit(absolute(url))
        return parts.hostname or parts.scheme
    except ValueError:
        return "?"


def _past_address(text: str, end: int, stop: int, url: str) -> tuple[int, bool]:
    """Where the text goes on after ``(url)`` that follows the words of a link; and whether it was Markdown."""
    before = _BEFORE_ADDRESS.match(text, end)
    if before is None or not text.startswith(url, before.end()):
        return end, False
    after = _AFTER_ADDRESS.match(text, before.end() + len(url))
    return (after.end(), bool(before[1])) if after is not None and after.end() <= stop else (end, False)


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
