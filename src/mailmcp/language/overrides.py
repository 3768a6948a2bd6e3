"""Text that a sign turns round: U+202E makes a program draw what follows from right to left (Unicode TR 9, RLO)."""

from __future__ import annotations

import re
import unicodedata

from mailmcp.language.graphemes import last_end

_OVERRIDE = "\u202e"
# To the sign that ends it (PDF), to the next of its kind, or to the end of the line.
_TURNED = re.compile(f"{_OVERRIDE}([^\u202a-\u202e\u2066-\u2069\n\r]*)")
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
    signs: list[str] = []
    end = len(text)
    while end:
        start = last_end(text, end - 1)
        signs.append(text[start:end])
        end = start
    return "".join(signs).translate(_MIRRORED)


def _turned(run: re.Match[str]) -> str:
    return _OVERRIDE + turned_round(run[1])
