"""Characters that a reader does not see, and digits of every script.

Strangers' mail carries zero-width, bidi and filler characters by accident (layout) and on purpose (to break
words for filters, to smuggle text past people). :func:`cleaned` takes them out and says how many there were.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_JOINERS = "\u200c\u200d"

# Format characters (category Cf) without the visible signs among them (U+0600-0605, 06DD, 0890-0891, 08E2, 110BD,
# 110CD), variation selectors, blank letters, C0 and C1 controls but tab and line feed, and the whole block of
# tags and default ignorables U+E0000-E0FFF. The joiners are judged apart.
_INVISIBLE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_MOST_JOINERS = 100_000
"""A text with more is made of them to keep us busy, and loses all: a novel in Persian has some 50,000."""
_PICTURE_SIGN = "\ufe0f"
_BREAK_SIGN = "\u200b"

# Signs that are text until U+FE0F follows (Unicode: Emoji=Yes, Emoji_Presentation=No), but for the digits of keycaps.
# After every other character the selector changes nothing that is seen.
_DRAWN_AS_TEXT = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u2328\u23cf\u23ed-\u23ef\u23f1\u23f2\u23f8-\u23fa"
    "\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb\u25fc\u2600-\u2604\u260e\u2611\u2618\u261d\u2620\u2622\u2623\u2626\u262a"
    "\u262e\u262f\u2638-\u263a\u2640\u2642\u265f\u2660\u2663\u2665\u2666\u2668\u267b\u267e\u2692\u2694-\u2697\u2699"
    "\u269b\u269c\u26a0\u26a7\u26b0\u26b1\u26c8\u26cf\u26d1\u26d3\u26e9\u26f0\u26f1\u26f4\u26f7-\u26f9\u2702\u2708"
    "\u2709\u270c\u270d\u270f\u2712\u2714\u2716\u271d\u2721\u2733\u2734\u2744\u2747\u2763\u2764\u27a1\u2934\u2935"
    "\u2b05-\u2b07\u3030\u303d\u3297\u3299\U0001f170\U0001f171\U0001f17e\U0001f17f\U0001f202\U0001f237\U0001f321"
    "\U0001f324-\U0001f32c\U0001f336\U0001f37d\U0001f396\U0001f397\U0001f399-\U0001f39b\U0001f39e\U0001f39f"
    "\U0001f3cb-\U0001f3ce\U0001f3d4-\U0001f3df\U0001f3f3\U0001f3f5\U0001f3f7\U0001f43f\U0001f441\U0001f4fd\U0001f549"
    "\U0001f54a\U0001f56f\U0001f570\U0001f573-\U0001f579\U0001f587\U0001f58a-\U0001f58d\U0001f590\U0001f5a5\U0001f5a8"
    "\U0001f5b1\U0001f5b2\U0001f5bc\U0001f5c2-\U0001f5c4\U0001f5d1-\U0001f5d3\U0001f5dc-\U0001f5de\U0001f5e1\U0001f5e3"
    "\U0001f5e8\U0001f5ef\U0001f5f3\U0001f5fa\U0001f6cb\U0001f6cd-\U0001f6cf\U0001f6e0-\U0001f6e5\U0001f6e9\U0001f6f0"
    "\U0001f6f3"
)
_LOOSE_PICTURE_SIGN = f"(?<![{_DRAWN_AS_TEXT}])(?:(?<![0-9#*])\ufe0f|\ufe0f(?!\u20e3))"

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
_ANY = re.compile(f"[{_INVISIBLE}{_JOINERS}{_PICTURE_SIGN}{_BREAK_SIGN}]")
_DROP = re.compile(f"{_CSI}|[{_INVISIBLE}]|{_LOOSE_PICTURE_SIGN}|{_LOOSE_BREAK_SIGN}")
_DROP_BUT_FLAGS = re.compile(f"({'|'.join(_TAGGED_FLAGS)})|{_DROP.pattern}")
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
    after a virama, or one ZWJ between two pictures. So do U+FE0F after a sign that it makes a picture of, one
    U+200B between words of scripts without blanks, and the tags of the three flags that are written with them.
    Cleaning the result again changes nothing. Linear.
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
        shorter = _without_loose_joiners(shorter)
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
    bare = cleaned(text)[0].replace(_PICTURE_SIGN, "").replace(_BREAK_SIGN, "")
    return unicodedata.normalize("NFKC", bare).casefold()


def _flag(found: re.Match[str]) -> str:
    return found[1] or ""


def _without_loose_joiners(text: str) -> str:
    if text.count(_JOINERS[0]) + text.count(_JOINERS[1]) > _MOST_JOINERS:
        return _JOINER_RUN.sub("", text)

    def kept(run: re.Match[str]) -> str:
        before = text[run.start() - 1] if run.start() else ""
        if before == _PICTURE_SIGN:  # it stands only where a picture is before it
            before = text[run.start() - 2]
        after = text[run.end()] if run.end() < len(text) else ""
        joiner = run.group()[0]
        return joiner if _needs_joiner(before, joiner, after) else ""

    return _JOINER_RUN.sub(kept, text)


@lru_cache(maxsize=4096)
def _needs_joiner(before: str, joiner: str, after: str) -> bool:
    if not before:
        return False
    if _joins(before) and unicodedata.combining(before) == _VIRAMA:
        return True
    if not after:
        return False
    if _joins(before) and _joins(after):
        return True
    return joiner == "\u200d" and _is_picture(before) and _is_picture(after)


def _joins(character: str) -> bool:
    return _JOINING.match(character) is not None and unicodedata.category(character)[0] in "LM"


def _is_picture(character: str) -> bool:
    """An emoji, roughly: symbols outside Latin-1, and the skin tone modifiers."""
    return ord(character) > 0x2000 and unicodedata.category(character) in ("So", "Sk", "Sm")
