"""Where a text may be cut so that nothing that reads as one sign is parted: grapheme clusters (UAX 29).

What a cut must not part is judged by the properties that the standard library knows. Conjuncts of Indic scripts
(rule GB9c) are kept together in every script that writes them with a virama.
"""

from __future__ import annotations

import unicodedata

LONGEST = 64
"""Characters of a cluster: a longer one is a letter under a heap of marks, and is cut."""
_JOINERS = "\u200c\u200d"
_VIRAMA = 9
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
_TAGS = range(0xE0020, 0xE0080)
# Letters to Unicode's categories that stand with the one before: vowels of Thai and Lao, marks of halfwidth kana.
_BELONGING = "\u0e33\u0eb3\uff9e\uff9f"
_NUMBER_SIGNS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2\U000110bd\U000110cd"


def shortened(text: str, most: int) -> str:
    """The beginning of a text, at most so many characters long, that ends with a whole sign."""
    return text if len(text) <= most else text[: last_end(text, most)]


def last_end(text: str, at: int) -> int:
    """The end of the sign before or at a place: the place itself where no sign is parted there."""
    for end in range(at, max(-1, at - LONGEST), -1):
        if not _parts(text, end):
            return end
    return at


def _parts(text: str, at: int) -> bool:
    """Would a cut at a place part what reads as one sign?"""
    if at <= 0 or at >= len(text):
        return False
    before, after = text[at - 1], text[at]
    if before < "\u0300" and after < "\u0300":
        return before == "\r" and after == "\n"
    point = ord(after)
    if unicodedata.category(after)[0] == "M" or after in _JOINERS or after in _BELONGING:
        return True
    if point in _SKIN_TONES or point in _TAGS or before in _NUMBER_SIGNS:
        return True
    if before in _JOINERS:
        return not after.isspace()
    if unicodedata.combining(before) == _VIRAMA and after.isalpha():
        return True
    if point in _FLAG_LETTERS and ord(before) in _FLAG_LETTERS:
        first = at - 1
        while first and ord(text[first - 1]) in _FLAG_LETTERS and at - first < 1000:
            first -= 1
        return (at - first) % 2 == 1
    return _is_jamo(after) and _is_hangul(before) and not ("\u1100" <= after <= "\u115f" and before >= "\u1160")


def _is_jamo(character: str) -> bool:
    return "\u1100" <= character <= "\u11ff" or "\ud7b0" <= character <= "\ud7fb"


def _is_hangul(character: str) -> bool:
    return _is_jamo(character) or "\ua960" <= character <= "\ua97c" or "\uac00" <= character <= "\ud7a3"
