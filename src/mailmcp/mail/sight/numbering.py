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
_STRING = re.compile(r"\"([^\"]{1,20})\"|'([^']{1,20})'")
_GREEK = "αβγδεζηθικλμνξοπρστυφχψω"
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_HEBREW = ("אבגדהוזחט", "יכלמנסעפצ", "קרשת")
_CHINESE = "〇一二三四五六七八九"
_CHINESE_NAMES = """
    cjk-ideographic japanese-informal japanese-formal simp-chinese-informal simp-chinese-formal trad-chinese-informal
    trad-chinese-formal korean-hanja-informal korean-hanja-formal
"""
_IN_TENS = frozenset(_CHINESE_NAMES.split())
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
        if kind[:1] == '"':
            return kind[1:].strip() + " "
        end = "、" if kind in _IN_TENS or kind == "cjk-decimal" else ". "
        return written(number, kind) + end if kind else ""


def numbering(tag: str, attributes: Attributes, node: LexborNode) -> Numbering:
    """The count with which a list begins."""
    if tag != "ol" or "reversed" not in attributes:
        return Numbering(_integer(attributes, "start", 1) if tag == "ol" else 1)
    return Numbering(_integer(attributes, "start", 0 if "start" in attributes else _owned(node)), -1)


def _owned(node: LexborNode) -> int:
    """How many items a list owns: those in no list inside it, whatever else they stand in."""
    items = 0
    waiting = [node.first_child]
    while waiting:
        child = waiting.pop()
        while child is not None:
            items += child.tag == "li"
            if child.is_element_node and child.tag not in _LISTS and (inside := child.first_child) is not None:
                waiting.append(inside)
            child = child.next
    return items


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
        if (string := _STRING.search(value)) is not None:
            # One of signs is a bullet, and the case of letters was not kept.
            text = string[1] or string[2]
            kind = '"' + text if any(map(str.isdigit, text)) and not any(map(str.isalpha, text)) else ""
        else:
            names = (word for word in value.split() if _NAME.match(word))
            kind = next((name for name in names if name not in _BULLETS), "")
    return "" if tag == "li" and said.get("display", "list-item") != "list-item" else kind


def _integer(attributes: Attributes, name: str, otherwise: int) -> int:
    found = _INTEGER.match(attributes.get(name) or "")
    return int(found[1]) if found else otherwise


def written(number: int, kind: str) -> str:
    """A number in letters, Roman or as it is (what cannot be written so, and in the digits of other scripts)."""
    form, _, letters = kind.partition("-")
    if letters in ("alpha", "latin", "greek") and number > 0:
        text, alphabet = "", _GREEK if letters == "greek" else _LATIN
        while number:
            number, place = divmod(number - 1, len(alphabet))
            text = alphabet[place] + text
    elif kind == "decimal-leading-zero":
        return f"{number:02d}"
    elif kind == "hebrew" and 0 < number < 500:
        tens, units = divmod(number % 100, 10)
        text = _HEBREW[2][number // 100 - 1] if number >= 100 else ""
        if tens == 1 and units in (5, 6):  # not the letters of the Name
            return f"{text}ט{'וז'[units - 5]}"
        return text + (_HEBREW[1][tens - 1] if tens else "") + (_HEBREW[0][units - 1] if units else "")
    elif "armenian" in kind and 0 < number < 10_000:
        first = ord("ա" if form == "lower" else "Ա") - 1
        digits = [(power, int(digit)) for power, digit in enumerate(str(number)[::-1]) if digit != "0"]
        return "".join(chr(first + 9 * power + digit) for power, digit in reversed(digits))
    elif kind == "cjk-decimal" and number >= 0:
        return "".join(_CHINESE[int(digit)] for digit in str(number))
    elif kind in _IN_TENS and 0 < number < 100:
        tens, units = divmod(number, 10)
        text = (_CHINESE[tens] if tens > 1 else "") + ("十" if tens else "")
        return text + (_CHINESE[units] if units else "")
    elif letters == "roman" and 0 < number < 4000:
        text = ""
        for value, sign in _ROMAN:
            count, number = divmod(number, value)
            text += sign * count
    else:
        return str(number)
    return text.upper() if form == "upper" else text
