"""The numbers before the items of lists (HTML Living Standard §4.4.5 to 4.4.8, CSS Counter Styles 3).

Bullets say nothing that the line of an item does not, so they are left out; a number is what people refer to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

Attributes = Mapping[str, str | None]
_LISTS = frozenset(("ol", "ul", "menu", "dir"))
LISTED = _LISTS | {"li"}
_TYPES = {"1": "decimal", "a": "lower-alpha", "A": "upper-alpha", "i": "lower-roman", "I": "upper-roman"}
_BULLETS = frozenset(
    ("none", "disc", "circle", "square", "disclosure-open", "disclosure-closed", "inside", "outside", "initial")
)
"""What numbers nothing, or is a word for something else."""
_NAME = re.compile(r"[a-z][a-z-]{2,40}\Z")
_INTEGER = re.compile(r"\s*([+-]?\d{1,9})")
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


@dataclass(slots=True)
class Numbering:
    """How far the items of a list that is being read are counted."""

    number: int
    """That of the next item."""
    step: int = 1

    def mark(self, attributes: Attributes, kind: str) -> str:
        """What stands before the next item; ``""`` for a bullet, which counts too."""
        number = _integer(attributes, "value", self.number)
        self.number = number + self.step
        return f"{written(number, kind)}. " if kind else ""


def numbering(tag: str, attributes: Attributes, node: LexborNode) -> Numbering:
    """The count with which a list begins."""
    if tag != "ol" or "reversed" not in attributes:
        return Numbering(_integer(attributes, "start", 1) if tag == "ol" else 1)
    items = 0
    if "start" not in attributes:
        child = node.first_child
        while child is not None:
            items += child.tag == "li"
            child = child.next
    return Numbering(_integer(attributes, "start", items), -1)


def kind_of(tag: str, attributes: Attributes, inherited: str, said: Mapping[str, str]) -> str:
    """How the items of an element, or an item, are numbered, by the name of the counter style; ``""``: by bullets."""
    kind = inherited
    if tag in _LISTS:
        kind = "decimal" if tag == "ol" else ""
    if tag in LISTED:
        named = (attributes.get("type") or "").strip()
        kind = _TYPES.get(named, "" if named.lower() in _BULLETS else kind)
    value = said.get("list-style-type") or said.get("list-style") or "revert"
    if value in ("inherit", "unset"):
        kind = inherited
    elif not value.startswith("revert"):
        names = [] if '"' in value or "'" in value else [word for word in value.split() if _NAME.match(word)]
        kind = next((name for name in names if name not in _BULLETS), "")
    return "" if tag == "li" and said.get("display", "list-item") != "list-item" else kind


def _integer(attributes: Attributes, name: str, otherwise: int) -> int:
    found = _INTEGER.match(attributes.get(name) or "")
    return int(found[1]) if found else otherwise


def written(number: int, kind: str) -> str:
    """A number in letters, Roman or as it is (what cannot be written so, and in styles of other scripts)."""
    form, _, letters = kind.partition("-")
    if letters in ("alpha", "latin") and number > 0:
        text = ""
        while number:
            number, place = divmod(number - 1, 26)
            text = chr(ord("a") + place) + text
    elif letters == "roman" and 0 < number < 4000:
        text = ""
        for value, sign in _ROMAN:
            count, number = divmod(number, value)
            text += sign * count
    else:
        return str(number)
    return text.upper() if form == "upper" else text
