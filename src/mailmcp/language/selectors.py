"""Signs without a look of their own that give another sign its right one: selectors, separators, blank patterns.

Each stays where Unicode says that it belongs, once; anywhere else it is seen by nobody and may carry smuggled words.
Bases are those of Unicode's lists: emoji-variation-sequences.txt (UTS 51), StandardizedVariants.txt, and for the
variants of ideographs (UTS 37) every unified ideograph, since their list of some 40,000 pairs grows each year.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

STYLES = "\ufe0e\ufe0f"
"""Drawn as text, drawn as a picture."""

# emoji-variation-sequences.txt of Unicode 12: first those that are text without a selector, then those that are
# pictures without one. Digits, # and * are bases only in keycaps: elsewhere a selector would part a code unseen.
STYLED = (
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
    "\u231a\u231b\u23e9\u23ea\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab\u26bd\u26be"
    "\u26c4\u26c5\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2753\u2757\u2b1b\u2b1c\u2b50\u2b55\U0001f004\U0001f21a"
    "\U0001f22f\U0001f30d-\U0001f30f\U0001f315\U0001f31c\U0001f378\U0001f393\U0001f3a7\U0001f3ac-\U0001f3ae\U0001f3c2"
    "\U0001f3c4\U0001f3c6\U0001f3ca\U0001f3e0\U0001f3ed\U0001f408\U0001f415\U0001f41f\U0001f426\U0001f442"
    "\U0001f446-\U0001f449\U0001f44d\U0001f44e\U0001f453\U0001f46a\U0001f47d\U0001f4a3\U0001f4b0\U0001f4b3\U0001f4bb"
    "\U0001f4bf\U0001f4cb\U0001f4da\U0001f4df\U0001f4e4-\U0001f4e6\U0001f4ea-\U0001f4ed\U0001f4f7\U0001f4f9-\U0001f4fb"
    "\U0001f508\U0001f50d\U0001f512\U0001f513\U0001f550-\U0001f567\U0001f610\U0001f687\U0001f68d\U0001f691\U0001f694"
    "\U0001f698\U0001f6ad\U0001f6b2\U0001f6b9\U0001f6ba\U0001f6bc"
)
_IDEOGRAPHS = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002fa1f\U00030000-\U000323af"
_IDEOGRAPH_SELECTORS = "\ufe00-\ufe02\U000e0100-\U000e01ef"
# StandardizedVariants.txt, U+FE00: signs of mathematics, Myanmar letters with dots, Phags-pa.
_STANDARD = (
    "\u2205\u2229\u222a\u2268\u2269\u2272\u2273\u228a\u228b\u2293\u2294\u2295\u2297\u229c\u22da\u22db\u2a3c\u2a3d"
    "\u2a9d\u2a9e\u2aac\u2aad\u2acb\u2acc\u1000\u1002\u1004\u1010\u1011\u1015\u1019\u101a\u101c\u101d\u1022\u1031"
    "\u1075\u1078\u107a\u1080\uaa60-\uaa66\uaa6b\uaa6c\uaa6f\uaa7a\ua856\ua85c\ua85e-\ua860\ua868"
)
_MONGOLIAN = "\u1820-\u1842\u1844-\u1878\u1880-\u18aa"
_FREE_SELECTORS = "\u180b-\u180d\u180f"
_LOOSE = (
    f"(?<![{STYLED}])(?:(?<![0-9#*])[{STYLES}]|[{STYLES}](?!\u20e3))",
    f"(?<![{_IDEOGRAPHS}])(?:(?<![{_STANDARD}])\ufe00|[\ufe01\ufe02\U000e0100-\U000e01ef])",
    "[\ufe03-\ufe0d]",
    f"(?<![{_MONGOLIAN}])[{_FREE_SELECTORS}]",
    # The vowel separator stands before a last a or e (The Unicode Standard, 13.5).
    f"(?<![{_MONGOLIAN}{_FREE_SELECTORS}])\u180e|\u180e(?![\u1820\u1821])",
    # The blank of Braille is a blank between its words, the abbreviation mark of Syriac a line over them.
    "(?<![\u2801-\u28ff])\u2800|\u2800(?![\u2801-\u28ff])",
    "\u070f(?![\u0710-\u072f\u074d-\u074f])",
)
SELECTORS = "\u070f\u180b-\u180f\u2800\ufe00-\ufe0f\U000e0100-\U000e01ef"
"""Members of a character class: those that :data:`LOOSE` judges."""
LOOSE = "|".join(_LOOSE)
"""Matches one of them that stands where it changes nothing that is seen."""
VARIANT_RUN = re.compile(f"(?:[{_IDEOGRAPHS}][{_IDEOGRAPH_SELECTORS}]){{3,}}")
"""Ideographs of which each has a selector. Names have one or two; more are no spelling, but a message."""
_VARIANT = re.compile(f"[{_IDEOGRAPH_SELECTORS}]")
_GRAPHEME_JOINERS = re.compile("\u034f+")


def without_runs(text: str) -> str:
    """``text`` without the selectors of ideographs that stand in a run of such."""
    return VARIANT_RUN.sub(lambda run: _VARIANT.sub("", run.group()), text)


def without_loose_grapheme_joiners(text: str) -> str:
    """``text`` without U+034F but where it keeps two marks from changing places (The Unicode Standard, 23.2).

    Hebrew needs it where a vowel stands before another of a lower combining class: Jerusalem, with patah and hiriq.
    """

    def kept(run: re.Match[str]) -> str:
        before, after = text[run.start() - 1 : run.start()], text[run.end() : run.end() + 1]
        if not before or not after:
            return ""
        return "\u034f" if unicodedata.combining(before) > unicodedata.combining(after) > 0 else ""

    return _GRAPHEME_JOINERS.sub(kept, text)


@cache
def joins_the_next() -> frozenset[str]:
    """The Arabic letters that have a shape of their own before a next one: those with an initial form."""
    return frozenset(
        chr(int(form[1], 16))
        for form in (unicodedata.decomposition(chr(point)).split() for point in range(0xFB50, 0xFEFD))
        if len(form) == 2 and form[0] == "<initial>"
    )
