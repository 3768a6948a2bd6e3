"""Characters that a reader does not see, and digits of every script.

Strangers' mail carries zero-width, bidi and filler characters by accident (layout) and on purpose (to break
words for filters, to smuggle text past people). :func:`cleaned` takes them out and says how many there were.
"""

from __future__ import annotations

import re
import unicodedata

_JOINERS = "\u200c\u200d"

# Format characters (category Cf) without the visible signs among them (U+0600-0605, 06DD, 0890-0891, 08E2, 110BD,
# 110CD), variation selectors, blank letters, C0 and C1 controls but tab and line feed, and the whole block of
# tags and default ignorables U+E0000-E0FFF. The joiners are judged apart.
_INVISIBLE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_CSI = "(?:\x1b\\[|\x9b)[0-?]{0,32}[ -/]{0,4}[@-~]"
_ANY = re.compile(f"[{_INVISIBLE}{_JOINERS}]")
_DROP = re.compile(f"{_CSI}|[{_INVISIBLE}]")
_JOINER_RUN = re.compile(f"[{_JOINERS}]+")
_BEYOND_ASCII = re.compile("[^\x00-\x7f]+")
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
_VIRAMA = 9


def cleaned(text: str) -> tuple[str, int]:
    """``text`` without characters that nobody sees, and how many were taken out.

    Line breaks of other kinds (CR, CRLF, U+2028, U+2029) become ``\\n``; terminal colour sequences go whole.
    A joiner (ZWJ, ZWNJ) stays where a script or an emoji needs it: one between letters of a joining script,
    after a virama, or one ZWJ between two pictures. Cleaning the result again changes nothing. Linear.
    """
    if "\r" in text or "\u2028" in text or "\u2029" in text:
        text = _LINE_BREAKS.sub("\n", text)
    removed = 0
    # One removal can create another case (a joiner loses its neighbour), so this goes on to a fixed point; the
    # second round already finds nothing, the bound is for safety only.
    for _ in range(4):
        if _ANY.search(text) is None:
            break
        shorter = _without_loose_joiners(_DROP.sub("", text))
        if len(shorter) == len(text):
            break
        removed += len(text) - len(shorter)
        text = shorter
    return text, removed


def ascii_digits(text: str) -> str:
    """``text`` with every Unicode decimal digit (category Nd) as its ASCII digit; the length stays the same."""
    if text.isascii():
        return text
    for character in set("".join(_BEYOND_ASCII.findall(text))):
        if character.isdecimal():
            text = text.replace(character, str(unicodedata.decimal(character)))
    return text


def comparable(text: str) -> str:
    """``text`` for comparison only, never for display: NFKC, case folded, invisible characters gone."""
    return unicodedata.normalize("NFKC", cleaned(text)[0]).casefold()


def _without_loose_joiners(text: str) -> str:
    def kept(run: re.Match[str]) -> str:
        before = text[run.start() - 1] if run.start() else ""
        after = text[run.end()] if run.end() < len(text) else ""
        joiner = run.group()[0]
        return joiner if _needs_joiner(before, joiner, after) else ""

    return _JOINER_RUN.sub(kept, text)


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
    point = ord(character)
    if point < 0x0600 or not any(first <= point <= last for first, last in _JOINING_BLOCKS):
        return False
    return unicodedata.category(character)[0] in "LM"


def _is_picture(character: str) -> bool:
    """An emoji, roughly: symbols outside Latin-1, and the skin tone modifiers."""
    return ord(character) > 0x2000 and unicodedata.category(character) in ("So", "Sk", "Sm")
