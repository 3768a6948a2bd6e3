"""Names that look like others: what a domain or a display name comes down to in the eyes of a reader.

For comparison only, never for display. The idea is the skeleton of Unicode TS 39 §4; the table holds the letters that
names of domains are forged with (Latin, Greek, Cyrillic, Armenian, Cherokee look-alikes, digits), not all of Unicode.
"""

from __future__ import annotations

import unicodedata

from mailmcp.language.characters import comparable

_LEAST_LETTERS = 7
"""Shorter names differ by one letter by chance."""

_LOOKS_LIKE = {
    "a": "аαɑạ⍺ａ",
    "b": "ЬƅᏏᖯ",
    "c": "сϲᴄⅽ",
    "d": "ԁᏧⅾ",
    "e": "еҽ℮ё",
    "f": "ſϝẝ",
    "g": "ɡցᶃ",
    "h": "һհᏂ",
    "i": "іıɩιӏɪⅰ",
    "j": "јϳ",
    "k": "κкⲕ",
    "l": "1|ⅼ∣ǀןӀ",
    "m": "мⅿ",
    "n": "ոռη",
    "o": "0оοօσ○ᴏ๐໐",
    "p": "рρ⍴",
    "q": "ԛզգ",
    "r": "гᴦⲅ",
    "s": "ѕꜱƽ5",
    "t": "тτ",
    "u": "υսʋᴜ",
    "v": "νѵᴠⅴ∨",
    "w": "ѡԝաᴡ",
    "x": "хχⅹ×",
    "y": "уүγʏỿ",
    "z": "ᴢʐ",
    "-": "‐‑‒–—−ー",
    ".": "。．․",
}
_TABLE = {ord(other): letter for letter, others in _LOOKS_LIKE.items() for other in others.lower()}
_PAIRS = (("rn", "m"), ("vv", "w"))


def skeleton(text: str) -> str:
    """What ``text`` comes down to: case, accents and look-alike letters undone, A-labels read."""
    readable = ".".join(map(_unicode, comparable(text).strip().split(".")))
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", readable).casefold())
    bare = "".join(one for one in folded if not unicodedata.combining(one)).translate(_TABLE)
    for pair, letter in _PAIRS:
        bare = bare.replace(pair, letter)
    return bare


def resembles(domain: str, other: str) -> bool:
    """Whether two different domains are easily taken for each other: one skeleton, or one letter apart.

    Names of fewer than seven letters are compared by skeleton only.
    """
    if domain == other:
        return False
    one, two = skeleton(domain), skeleton(other)
    if one == two:
        return True
    if one.replace("-", "") == two.replace("-", ""):
        return True
    name, _, suffix = one.partition(".")
    other_name, _, other_suffix = two.partition(".")
    return suffix == other_suffix and min(len(name), len(other_name)) >= _LEAST_LETTERS and _one_apart(name, other_name)


def _unicode(label: str) -> str:
    if not label.lower().startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def _one_apart(one: str, two: str) -> bool:
    """Whether a letter more, less, other, or two neighbours swapped make one of the other."""
    if abs(len(one) - len(two)) > 1 or one == two:
        return False
    start = 0
    while start < min(len(one), len(two)) and one[start] == two[start]:
        start += 1
    rest, other = one[start:], two[start:]
    return (
        rest[1:] == other[1:]
        or rest[1:] == other
        or rest == other[1:]
        or (rest[:2] == other[1::-1] and rest[2:] == other[2:] and len(rest) >= 2)
    )
