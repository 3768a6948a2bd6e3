"""The shorthand ``background`` taken apart: its colour, and its picture or gradient."""

from __future__ import annotations

import re

_FUNCTION = re.compile(r"\b(?:ok)?(?:lch|lab)\(|\bcolor(?:-mix)?\(|\b(?:light-dark|hwb|var|env)\(")
_EMPTY_URL = re.compile(r"\Aurl\(\s*[\"']{0,2}\s*\)\Z|(?:\A|\s)url\(\s*\)")
_COLOUR_TOKEN = re.compile(r"[a-z-]+\((?:[^()]|\([^()]*\))*\)|#[0-9a-f]+|(?<![\w(-])[a-z]+(?![\w(-])")
_BACKGROUND_WORDS = (
    "url none no-repeat repeat scroll fixed center left right top bottom cover contain inherit initial unset local"
)
_NOT_COLOURS = frozenset(_BACKGROUND_WORDS.split())


def picture_in(value: str) -> str:
    """The pictures and gradients of a background, with where and how large they are."""
    return "none" if "gradient(" not in value and _EMPTY_URL.search(value) else value


def colour_in(value: str) -> str | None:
    """The colour of a background; ``unknown()`` where there is one that is not read here."""
    if "(" in value and "url(" in value:
        value = re.sub(r"url\([^)]*\)?", " ", value)
    for match in _COLOUR_TOKEN.finditer(value):
        if match.group() not in _NOT_COLOURS and "gradient(" not in match.group():
            return match.group()
    return "unknown()" if _FUNCTION.search(value) else None
