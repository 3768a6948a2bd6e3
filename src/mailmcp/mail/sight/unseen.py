"""Words of an HTML page that stand where nobody looks: comments, elements that are never drawn, descriptions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_CONDITION = re.compile(r"\s*\[if\b[^\]]{0,200}\]>|<!\[endif\]\s*\Z|\s*(?:<!\[endif\]|\[endif\])\s*\Z", re.IGNORECASE)
_TAGS = re.compile(r"<[^<>]{0,2000}>")
_LONGEST = 20_000
_CODE = frozenset(("script", "style", "head", "link", "base", "svg", "math"))
"""Never drawn, and no words: of a head only the title speaks, which is an element of its own."""
_DESCRIBING = ("title", "aria-label", "aria-description", "summary", "placeholder", "content", "data-text")

DESCRIBING = frozenset(_DESCRIBING)
DESCRIBED = frozenset(("img", "input", "param"))
"""Elements that words describe also by other attributes."""


def comment(node: LexborNode) -> str:
    """The words of a comment, without the marks of conditional ones; ``""`` for those that hold no words."""
    inside = (node.comment_content or "")[:_LONGEST]
    if "{" in inside and "}" in inside:
        return ""  # style rules
    words = _TAGS.sub(" ", _CONDITION.sub("", inside))
    return words if any(one.isalnum() for one in words) else ""


def undrawn(tag: str, node: LexborNode) -> str:
    """The words of an element that no mail program draws."""
    if tag in _CODE:
        speaking = {"head": "title", "svg": "title, desc, text, p, div, span", "math": "mtext, annotation"}.get(tag)
        words = [one.text(deep=True) for one in node.css(speaking)] if speaking else []
        return " ".join(dict.fromkeys(words))[:_LONGEST]
    return (node.text(deep=True) or "")[:_LONGEST]


def described(tag: str, attributes: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
    """(kind, words) of attributes that describe an element, and of pictures and fields that are not drawn."""
    for name in _DESCRIBING if not DESCRIBING.isdisjoint(attributes) else ():
        words = attributes.get(name)
        if words and " " in words.strip():
            yield "label", words[:_LONGEST]
    if tag == "img" and is_pixel(attributes):
        yield "alt", (attributes.get("alt") or "")[:_LONGEST]
    elif tag in ("input", "param") and (tag == "param" or (attributes.get("type") or "").lower() == "hidden"):
        words = attributes.get("value") or ""
        if " " in words.strip():
            yield "label", words[:_LONGEST]


def is_pixel(attributes: Mapping[str, str | None]) -> bool:
    """Is a picture too small to be seen?"""
    return any((attributes.get(side) or "").strip() in ("0", "1") for side in ("width", "height"))
