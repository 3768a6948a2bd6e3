"""Links in the text that a model reads: numbers in brackets; where they lead is data beside it.

A part of the window ``server/views.py``. Whatever shows the text to a person may read it as Markdown (CommonMark, the
bare addresses of GitHub's, HTML in it): nothing in it may become a link or a picture there.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from mailmcp.language.domains import absolute
from mailmcp.language.graphemes import shortened
from mailmcp.models import Link
from mailmcp.server.fence import inert

FLAGS = {
    "form": "sends a form",
    "text_names_another_host": "its text names another host",
    "punycode": "international host name",
    "ip_address": "host is a number",
    "user_before_host": "a user name stands before the host",
    "redirect": "leads on to another address",
    "tracker": "counts clicks",
    "unreadable": "address cannot be read",
}
WORDS_SHOWN = 200
"""Characters of the words of a link, in the list of links."""
# Browsers do without the slashes: "https:evil.example" leads there. A backslash before punctuation is not seen.
_LIVE = re.compile(r"(https?|ftp)(\\?):(?=[/\\&\w])", re.IGNORECASE)
_LIVE_NAME = re.compile(r"(?<![^\W_])(www)(\\?)\.(?=[\w\\&-])", re.IGNORECASE)
# What a definition of "[words]" is (CommonMark 0.31 §4.7): its address may stand in the next line, nothing but a
# title may follow. "[ERROR]: disk full" is none.
_DEFINITION = re.compile(
    r"^((?:[^\S\n]|[>*+\-0-9.)])*+\[(?:[^\[\]\\]|\\[\s\S]){1,999}\]):"
    r"(?=[ \t]*(?:\n|\Z|<|[^ \t\n]++[ \t]*+(?:[\"'(\n]|\Z)))",
    re.MULTILINE,
)
_AUTOLINK = re.compile(r"<(?=[a-z][a-z0-9+.-]{1,31}:[^\x00-\x20<>]*>|/?(?:script|style)\b)", re.IGNORECASE)
_TAG_GOES_ON = re.compile(r"<(?=/?[a-z][^\s/]{0,200}+[\s/])", re.IGNORECASE)
_REFERENCE = re.compile(r"&(#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.IGNORECASE)
_OF_AN_ADDRESS = re.compile(r"[A-Za-z:/.\\]")
_BEFORE_ADDRESS = re.compile(r"[ \t]{0,3}(\]?)[ \t]?[(<\[][ \t]{0,3}")
_AFTER_ADDRESS = re.compile(r"[ \t]{0,3}[)>\]]")
_BARE = re.compile(r"(?:https?://|ftp://|www\.)\S", re.IGNORECASE)
_WIDE_STOPS = str.maketrans("。．｡", "...")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a link stands in a text: all of it (``begin`` to ``stop``), and in that its words."""

    number: int
    begin: int
    start: int
    end: int
    stop: int
    note: str
    """What is shown in place of the words; none for words that are shown."""


def places(text: str, links: Sequence[Link]) -> list[Place]:
    """Where the links stand whose words can be found in the text, in order; none reaches into another."""
    found: list[Place] = []
    for number, link in enumerate(links, 1):
        least = found[-1].stop if found else 0
        if link.offset >= least and (place := _place(text, number, link, least)) is not None:
            found.append(place)
    return found


def numbered(text: str, found: Sequence[Place], start: int, stop: int) -> str:
    """``text[start:stop]`` with ``[n]`` behind the words of link n, and ``[n host]`` in place of a bare address.

    An address in brackets beside the words of its link is left out: it stands among the links. What is left of
    addresses (more links than are counted) loses its colon: nothing in the result can be followed.
    """
    pieces: list[str] = []
    at = start
    for place in found:
        if place.end <= start or place.stop > stop:
            continue
        pieces.append(text[at : place.begin])
        pieces.append(place.note or f"{text[max(start, place.start) : place.end]}[{place.number}]")
        at = place.stop
    pieces.append(text[at:stop])
    return inactive("".join(pieces))


def inactive(words: str) -> str:
    """Words in which no address can be followed, and no Markdown or HTML makes a link or a picture. Linear."""
    if "&" in words:
        words = _REFERENCE.sub(_parted, words)
    if "](" in words:
        words = words.replace("](", "] (")
    if "]:" in words:
        words = _DEFINITION.sub(r"\1 :", words)
    if "<" in words:
        words = ">".join(map(_without_attributes, _AUTOLINK.sub("< ", words).split(">")))
    if ":" in words:
        words = _LIVE.sub(r"\1\2[:]", words)
    return _LIVE_NAME.sub(r"\1\2[.]", words) if "." in words else words


def harmless(words: str) -> str:
    """Strangers' words that lead nowhere and hold no marks of chat roles and tool calls."""
    return inert(inactive(words))


def named_by(link: Link) -> str:
    """The words of a link; one without words is named by its address, which leads nowhere else."""
    words = shortened(inert(link.text), WORDS_SHOWN)
    return words if link.text == link.url else harmless(words)


def host(url: str) -> str:
    """The host of an address, as it is written; the scheme of one without."""
    try:
        parts = urlsplit(absolute(url))
        return (parts.hostname or parts.scheme).translate(_WIDE_STOPS)
    except ValueError:
        return "?"


def _parted(reference: re.Match[str]) -> str:
    """A character reference that no longer stands for a letter or sign that addresses are made of."""
    if _OF_AN_ADDRESS.search(html.unescape(reference.group())):
        return f"& {reference[1]};"
    return reference.group()


def _without_attributes(up_to_closing: str) -> str:
    """Words up to the end of a tag, in which none begins that has an attribute, as long as that may be."""
    before, equals, after = up_to_closing.rpartition("=")
    return _TAG_GOES_ON.sub("< ", before) + equals + after if equals else up_to_closing


def _place(text: str, number: int, link: Link, least: int) -> Place | None:
    start, end = link.offset, _end_of_words(text, link)
    if end <= start:
        return None
    note = f"[{number} {host(link.url).removeprefix('www.')}]" if _BARE.match(text, start, end) else ""
    if note and link.text == link.url:
        return Place(number, start, start, end, end, note)
    before = f"<{link.url}|"
    if (begin := start - len(before)) >= least and text.startswith(before, begin) and text[end : end + 1] == ">":
        return Place(number, begin, start, end, end + 1, note)
    stop, markdown = _past_address(text, end, link.url)
    begin = start
    if markdown and text[max(least, start - 1) : start] == "[":
        begin -= 2 if text[max(least, start - 2) : start] == "![" else 1
    return Place(number, begin, start, end, stop, note)


def _past_address(text: str, end: int, url: str) -> tuple[int, bool]:
    """Where the text goes on after ``(url)`` that follows the words of a link; and whether it was Markdown."""
    before = _BEFORE_ADDRESS.match(text, end)
    if before is None or not text.startswith(url, before.end()):
        return end, False
    after = _AFTER_ADDRESS.match(text, before.end() + len(url))
    return (after.end(), bool(before[1])) if after is not None else (end, False)


def _end_of_words(text: str, link: Link) -> int:
    """Where the words of the link end that begin at its offset; there when it has none in the text (a picture)."""
    if text.startswith(link.text, link.offset):
        return link.offset + len(link.text)
    # Words, or an address in one piece, that are broken over lines or cells.
    wanted, at = "".join(link.text.split()), link.offset
    for sign in wanted:
        while at < len(text) and text[at].isspace():
            at += 1
        if text[at : at + 1] != sign:
            break
        at += 1
    else:
        return at
    end = text.find("\n", link.offset)
    line = text[link.offset : end if end >= 0 else len(text)]
    if line.startswith("[image: ") and "]" in line:
        return link.offset + line.index("]") + 1
    return link.offset + (len(line.split()[0]) if _BARE.match(line) else 0)
