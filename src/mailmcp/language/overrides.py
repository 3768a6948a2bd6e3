"""Text that a sign turns round: U+202E makes a program draw what follows from right to left (Unicode TR 9, RLO)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_OVERRIDE = "\u202e"
# To the sign that ends it (PDF), to the next of its kind, or to the end of the line.
_TURNED = re.compile(f"{_OVERRIDE}([^\u202a-\u202e\u2066-\u2069\n\r]*)")
_JOINING = "\u200d\u200c"
_FLAG_LETTERS = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
_MIRRORED = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")


def as_drawn(text: str) -> str:
    """``text`` with what U+202E turns round in the order in which it is seen; the sign itself stays.

    Letters that are written from right to left anyhow are read in the order in which they stand. Linear.
    """
    return _TURNED.sub(_turned, text) if _OVERRIDE in text else text


def turned_round(text: str) -> str:
    """Words that are drawn from right to left, as a reader sees them from left to right; those of such scripts stay."""
    if any(unicodedata.bidirectional(sign) in ("R", "AL") for sign in text):
        return text
    return "".join(reversed(list(_signs(text)))).translate(_MIRRORED)


def _signs(text: str) -> Iterator[str]:
    """What reads as one sign each, roughly: letters with their marks, joined pictures, two letters of a flag."""
    begin = 0
    for at in range(1, len(text)):
        before, sign = text[at - 1], text[at]
        flag = at - begin == 1 and before in _FLAG_LETTERS and sign in _FLAG_LETTERS
        if not (flag or sign in _JOINING or before == _JOINING[0] or unicodedata.category(sign)[0] == "M"):
            yield text[begin:at]
            begin = at
    yield text[begin:]


def _turned(run: re.Match[str]) -> str:
    return _OVERRIDE + turned_round(run[1])
