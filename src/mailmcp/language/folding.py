"""Text folded for comparison with lists of words in many languages: what people write in several ways is one."""

from __future__ import annotations

import re
import unicodedata

_PLAIN = (
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ß": "ss", "þ": "th", "ə": "e", "ħ": "h"}
    | {"ی": "ي", "ک": "ك", "ى": "ي", "ة": "ه", "ہ": "ه", "ھ": "ه", "’": "'", "ʼ": "'", "‘": "'", "ς": "σ", "ё": "е"}
    | {"\u200c": "", "\u200d": "", "ـ": "", "\u00ad": "", "‐": "-", "‑": "-", "–": "-", "\t": " ", "\n": " "}
)
_ODD = re.compile(f"[{''.join(_PLAIN)}]")
_MARKS = re.compile("[\u200b\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]+")


def folded(text: str) -> str:
    """``text`` for comparison with the lists: lower case, NFKD without accents, blanks of one kind.

    The sign between words of scripts without blanks goes: who writes it is not who wrote the lists.
    """
    if text.isascii():
        return text.lower().replace("\t", " ").replace("\n", " ")
    text = unicodedata.normalize("NFKD", _ODD.sub(_plain, text.lower()))
    return _ODD.sub(_plain, _MARKS.sub("", text))


def _plain(match: re.Match[str]) -> str:
    return _PLAIN[match[0]]
