"""Characters that a reader does not see, and digits of every script.

Strangers' mail carries zero-width, bidi and filler characters by accident (layout) and on purpose (to break
words for filters, to smuggle text past people). :func:`cleaned` takes them out and says how many there were.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from mailmcp.language.selectors import (
    LOOSE,
    SELECTORS,
    STYLES,
    joins_the_next,
    without_loose_grapheme_joiners,
    without_runs,
)

_JOINERS = "\u200c\u200d"

# Format characters (category Cf) without the visible signs among them (U+0600-0605, 06DD, 0890-0891, 08E2, 110BD,
# 110CD), blank letters, C0 and C1 controls but tab and line feed, and the whole block of tags and default
# ignorables U+E0000-E0FFF. The joiners and the selectors are judged apart.
_INVISIBLE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5"
    "\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
_MOST_JOINERS = 100_000
"""A text with more is made of them to keep us busy, and loses all: a novel in Persian has some 50,000."""
_GRAPHEME_JOINER = "\u034f"
_BREAK_SIGN = "\u200b"

# Thai, Lao, Myanmar and Khmer are written without blanks: U+200B says where a word ends, and lines may break only
# there. It stays, once, between two letters of one of them: what may end a word, and what may begin one.
_WORD_ENDS = (
    ("\u0e01-\u0e3a\u0e40-\u0e4e", "\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46"),
    ("\u0e81-\u0ecf\u0edc-\u0edf", "\u0e81-\u0eb0\u0eb2\u0eb3\u0ebd-\u0ec6\u0edc-\u0edf"),
    (
        "\u1000-\u1038\u103a-\u103f\u1050-\u108f\uaa60-\uaa7f",
        "\u1000-\u102a\u103f\u1050-\u1055\u1061\u1065\uaa60-\uaa7a",
    ),
    ("\u1780-\u17b3\u17b6-\u17d1\u17d3\u17d7\u17dd", "\u1780-\u17b3\u17d7"),
)
_NEEDED = "|".join(f"(?<=[{end}])\u200b(?=\u200b*[{begin}])" for end, begin in _WORD_ENDS)
_LOOSE_BREAK_SIGN = f"(?!{_NEEDED})\u200b"
_CSI = "(?:\x1b\\[|\x9b)[0-?]{0,32}[ -/]{0,4}[@-~]"
# The flags of England, Scotland and Wales, the only ones written with tags (Unicode TS 51, RGI_Emoji_Tag_Sequence):
# whole they stay, since nothing else fits into them.
_TAGGED_FLAGS = [
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in region) + "\U000e007f"
    for region in ("gbeng", "gbsct", "gbwls")
]
_ANY = re.compile(f"[{_INVISIBLE}{_JOINERS}{SELECTORS}{_GRAPHEME_JOINER}{_BREAK_SIGN}]")
_DROP = re.compile(f"{_CSI}|[{_INVISIBLE}]|{LOOSE}|{_LOOSE_BREAK_SIGN}")
_DROP_BUT_FLAGS = re.compile(f"({'|'.join(_TAGGED_FLAGS)})|{_DROP.pattern}")
_COMPARED_WITHOUT = re.compile(f"[{SELECTORS}{_GRAPHEME_JOINER}{_BREAK_SIGN}]")
_JOINER_RUN = re.compile(f"[{_JOINERS}]+")
_LINE_BREAKS = re.compile("\r\n?|[\u2028\u2029]")

# Scripts whose spelling uses joiners: Arabic and its relatives, Mongolian, the Indic scripts, Khmer, Myanmar, Sinhala.
_JOINING_BLOCKS = (
    (0x0600, 0x08FF),
    (0x0900, 0x0DFF),
    (0x0F00, 0x109F),
    (0x1780, 0x18AF),
    (0x1A20, 0x1CFF),
    (0xA840, 0xA87F),
    (0xA8E0, 0xABFF),
    (0xFB50, 0xFDFF),
    (0xFE70, 0xFEFF),
    (0x10A00, 0x11FFF),
    (0x1E900, 0x1E95F),
)
_JOINING = re.compile(f"[{''.join(f'{chr(first)}-{chr(last)}' for first, last in _JOINING_BLOCKS)}]")
_VIRAMA = 9


def cleaned(text: str) -> tuple[str, int]:
    """``text`` without characters that nobody sees, and how many were taken out.

    Line breaks of other kinds (CR, CRLF, U+2028, U+2029) become ``\\n``; terminal colour sequences go whole.
    A joiner (ZWJ, ZWNJ) stays where a script or an emoji needs it: one between letters of a joining script,
    after a virama, one ZWJ between two pictures, or beside a letter whose shape it keeps. So do a selector after a
    sign that it gives another look (``selectors``), one U+200B between words of scripts without blanks, and the tags
    of the three flags that are written with them. Cleaning the result again changes nothing. Linear.
    """
    if "\r" in text or "\u2028" in text or "\u2029" in text:
        text = _LINE_BREAKS.sub("\n", text)
    removed = 0
    # One removal can create another case (a joiner loses its neighbour), so this goes on to a fixed point; the
    # second round already finds nothing, the bound is for safety only.
    for _ in range(4):
        if _ANY.search(text) is None:
            break
        flagged = _TAGGED_FLAGS[0][:2] in text
        shorter = _DROP_BUT_FLAGS.sub(_flag, text) if flagged else _DROP.sub("", text)
        shorter = without_runs(without_loose_grapheme_joiners(_without_loose_joiners(shorter)))
        if len(shorter) == len(text):
            break
        removed += len(text) - len(shorter)
        text = shorter
    return text, removed


def ascii_digits(text: str) -> str:
    """``text`` with every Unicode decimal digit (category Nd) as its ASCII digit; the length stays the same."""
    if text.isascii():
        return text
    for character in set(text):
        if character.isdecimal() and not character.isascii():
            text = text.replace(character, str(unicodedata.decimal(character)))
    return text


def comparable(text: str) -> str:
    """``text`` for comparison only, never for display: NFKC, case folded, invisible characters gone."""
    bare = _COMPARED_WITHOUT.sub("", cleaned(text)[0])
    return unicodedata.normalize("NFKC", bare).casefold()


def _flag(found: re.Match[str]) -> str:
    return found[1] or ""


def _without_loose_joiners(text: str) -> str:
    if text.count(_JOINERS[0]) + text.count(_JOINERS[1]) > _MOST_JOINERS:
        return _JOINER_RUN.sub("", text)

    def kept(run: re.Match[str]) -> str:
        joiner = run.group()[0]
        return joiner if _needs_joiner(_before(text, run.start()), joiner, text[run.end() : run.end() + 1]) else ""

    return _JOINER_RUN.sub(kept, text)


def _before(text: str, at: int) -> str:
    """The sign before a place; the one that a selector belongs to, where one stands there."""
    if text[max(0, at - 1) : at] in tuple(STYLES):  # it stands only where a picture is before it
        at -= 1
    return text[max(0, at - 1) : at]


@lru_cache(maxsize=4096)
def _needs_joiner(before: str, joiner: str, after: str) -> bool:
    if before and _joins(before) and unicodedata.combining(before) == _VIRAMA:
        return True
    if before and after and _joins(before) and _joins(after):
        return True
    if joiner != "\u200d":
        return False
    # At the end of a word it keeps the shape that a letter has inside of one: the sign for years of the Hijra.
    if before in joins_the_next():
        return not after.isalnum()
    if after in joins_the_next():
        return not before.isalnum()
    return bool(before and after) and _is_picture(before) and _is_picture(after)


def _joins(character: str) -> bool:
    return _JOINING.match(character) is not None and unicodedata.category(character)[0] in "LM"


def _is_picture(character: str) -> bool:
    """An emoji, roughly: symbols outside Latin-1, and the skin tone modifiers."""
    return ord(character) > 0x2000 and unicodedata.category(character) in ("So", "Sk", "Sm")
