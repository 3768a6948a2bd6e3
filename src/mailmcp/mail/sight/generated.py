"""Words that a style sheet draws before and after what an element holds (CSS Generated Content 3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from mailmcp.mail.sight.values import GLOBAL

if TYPE_CHECKING:
    from mailmcp.mail.sight.styles import Style

Attributes = Mapping[str, str | None]
NO_CONTENT = frozenset(("none", "normal", *GLOBAL))
_LONGEST = 1_000
_MOST_PIECES = 20
_STRING = r"\"(?:[^\"\\]|\\.)*+\"|'(?:[^'\\]|\\.)*+'"
_PIECE = re.compile(
    rf"({_STRING})|attr\(\s*([\w-]{{1,60}})[^(),]{{0,60}}(?:,\s*({_STRING})\s*)?\)|(open-quote|close-quote)|(/)"
    r"|[\w-]+(?:\([^()]{0,300}\))?",
    re.IGNORECASE | re.DOTALL,
)
_LINE_END = re.compile(r"\\(?:\r\n|[\r\n\f])")
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_QUOTES = {"open-quote": "“", "close-quote": "”"}
# A string with a letter or an escape that may be one, or attr(); most sheets only clear floats, with content: "".
_SAYING = re.compile(
    r"content\s*:\s*(?:[\w-]++(?:\([^()]{0,300}\))?\s+){0,5}(?:\"(?:[^\"\\\s]|\s++[^\"\s]|\\)|'(?:[^'\\\s]|\s++[^'\s]|\\)|(?:attr|var)\()",
    re.IGNORECASE,
)
_STRINGS = re.compile(_STRING, re.DOTALL)
_LONE = frozenset(("img", "br", "wbr", "input", "select", "textarea", "iframe", "frame", "video", "audio", "canvas"))
_WITHOUT = _LONE | {
    "embed",
    "object",
    "meter",
    "progress",
    "svg",
    "area",
    "col",
    "colgroup",
    "param",
    "source",
    "track",
}
"""Elements that are drawn as something of their own: no words are put into them."""
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]+")
"""The pictures of an icon font."""


class Generated(NamedTuple):
    """What is drawn before or after the words of an element."""

    content: str
    """The value as it is written."""
    style: Style

    def words(self, attributes: Attributes) -> str:
        """The words, for an element with these attributes."""
        return worded(self.content, attributes)


def is_saying(css: str) -> bool:
    """May a style sheet draw words of its own?"""
    return _SAYING.search(css) is not None


def folded(css: str) -> str:
    """In small letters, but for what stands in quotation marks."""
    pieces: list[str] = []
    at = 0
    for string in _STRINGS.finditer(css):
        pieces += (css[at : string.start()].lower(), string.group())
        at = string.end()
    return "".join((*pieces, css[at:].lower()))


def may_hold(tag: str) -> bool:
    """Can words be put into such an element?"""
    return tag not in _WITHOUT


def worded(content: str, attributes: Attributes) -> str:
    """The words that a value of ``content`` stands for; counters and pictures give none."""
    words: list[str] = []
    for number, piece in enumerate(_PIECE.finditer(content[:_LONGEST])):
        string, name, other, quote, slash = piece.groups()
        if slash or number >= _MOST_PIECES:
            break  # what follows is read to those who cannot see it
        if string:
            words.append(_unquoted(string))
        elif name:
            value = attributes.get(name.lower())
            words.append((_unquoted(other) if other else "") if value is None else value[:_LONGEST])
        elif quote:
            words.append(_QUOTES[quote.lower()])
    return _PRIVATE.sub("", "".join(words))


def _unquoted(string: str) -> str:
    inside = string[1:-1]
    return _ESCAPE.sub(_character, _LINE_END.sub("", inside)) if "\\" in inside else inside


def _character(match: re.Match[str]) -> str:
    if match[2]:
        return match[2]
    number = int(match[1], 16)
    return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
