"""The numbers that Word draws before paragraphs, which stand in no text (ECMA-376 part 1, §17.9).

Contracts are spoken of by them ("clause 4.2"). Bullets say nothing that the line does not, so they are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from mailmcp.mail.sight.numbering import written

Attributes = Mapping[str, str]
Events = Iterable[tuple[str, str, Attributes]]

LEVELS = 9
_MOST = 5_000
"""Lists, and styles, that are looked at."""
_LONGEST = 40
"""Characters of a mark."""
_LONGEST_CHAIN = 10
_PLACE = re.compile(r"%([1-9])")
_FORMS = {
    "lowerLetter": "lower-alpha", "upperLetter": "upper-alpha", "lowerRoman": "lower-roman",
    "upperRoman": "upper-roman", "decimalZero": "decimal-leading-zero",
}  # fmt: skip
_OFF = ("0", "false", "off")
_UNNUMBERED = frozenset(("bullet", "none"))


class Level(NamedTuple):
    """How the paragraphs of one depth of a list are numbered."""

    start: int = 1
    form: str = "decimal"
    text: str = ""
    """``%1.%2)``: the numbers of the depths with what stands around them."""
    legal: bool = False
    """All numbers in digits, whatever they are written in at their own depth."""


Listed = tuple[str, int]
"""The id of a list, and the depth in it (from 0)."""


@dataclass(slots=True)
class Lists:
    """What ``word/numbering.xml`` and ``word/styles.xml`` say of lists."""

    kinds: dict[str, dict[int, Level]] = field(default_factory=dict[str, dict[int, Level]])
    """By the id of the abstract list."""
    named: dict[str, tuple[str, dict[int, int]]] = field(default_factory=dict[str, tuple[str, dict[int, int]]])
    """By the id that paragraphs give: the abstract list, and where it begins otherwise."""
    styles: dict[str, Listed] = field(default_factory=dict[str, Listed])
    """Of the styles whose paragraphs are numbered."""


def lists_of(numbering: Events, styles: Events) -> Lists:
    """Read both parts; each may be empty."""
    lists = Lists()
    _read_numbering(numbering, lists)
    _read_styles(styles, lists)
    return lists


class Outline:
    """Follows the tags of a document and knows what number the paragraph that is open has."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self._counts: dict[str, list[int | None]] = {}
        self._in_paragraph = 0
        self._in_properties = 0
        self._style = ""
        self._list: str | None = None
        self._depth: int | None = None

    def met(self, kind: str, tag: str, attributes: Attributes) -> str:
        """A tag begins or ends; gives what stands before the paragraph when its properties are known, else ``""``."""
        if tag == "pPr":
            self._in_properties += 1 if kind == "start" else -1
            if kind == "start" and self._in_properties == 1:
                self._style, self._list, self._depth = "", None, None
            elif not self._in_properties:
                return self._mark()
        elif self._in_properties == 1 and kind == "start":  # deeper stands what they were before a change
            value = attributes.get(":val", "")
            if tag == "pStyle":
                self._style = value
            elif tag == "numId":
                self._list = value
            elif tag == "ilvl":
                self._depth = _depth(value)
        return ""

    def _mark(self) -> str:
        of_style, depth = self._lists.styles.get(self._style, ("", 0))
        name = of_style if self._list is None else self._list
        depth = depth if self._depth is None else self._depth
        abstract, starts = self._lists.named.get(name, ("", {}))
        levels = self._lists.kinds.get(abstract, {})
        if depth not in levels:
            return ""
        # Lists of one kind count on from each other, unless a later one begins anew.
        counts = self._counts.setdefault(f"{abstract} {name}" if starts else abstract, [None] * LEVELS)
        for above in range(depth + 1):
            begins = starts.get(above, levels.get(above, Level()).start)
            before = counts[above]
            counts[above] = begins if before is None else before + (above == depth)
        counts[depth + 1 :] = [None] * (LEVELS - depth - 1)
        level = levels[depth]
        if level.form in _UNNUMBERED:
            return ""

        def number(found: re.Match[str]) -> str:
            above = int(found[1]) - 1
            form = "" if level.legal else levels.get(above, Level()).form
            return written(counts[above] or 0, _FORMS.get(form, "decimal"))

        mark = _PLACE.sub(number, level.text)[:_LONGEST].strip()
        return f"{mark} " if mark else ""


def _read_numbering(events: Events, lists: Lists) -> None:
    abstract = name = ""
    depth = 0
    level = Level()
    kept: dict[str, str] = {}
    borrowed: list[tuple[str, str]] = []
    for kind, tag, attributes in events:
        value = attributes.get(":val", "")
        if kind == "end":
            if tag == "lvl" and abstract and len(lists.kinds) < _MOST:
                lists.kinds.setdefault(abstract, {})[depth] = level
            elif tag == "abstractNum":
                abstract = ""
            continue
        match tag:
            case "abstractNum":
                abstract = attributes.get(":abstractNumId", "")
            case "lvl" | "lvlOverride":
                depth, level = _depth(attributes.get(":ilvl", "")), Level()
            case "start":
                level = level._replace(start=_number(value))
            case "numFmt":
                level = level._replace(form=value)
            case "lvlText":
                level = level._replace(text=value[:_LONGEST])
            case "isLgl":
                level = level._replace(legal=value not in _OFF)
            case "styleLink":
                kept[value] = abstract
            case "numStyleLink":
                borrowed.append((abstract, value))
            case "num":
                name = attributes.get(":numId", "")
            case "abstractNumId" if len(lists.named) < _MOST:
                lists.named[name] = (value, {})
            case "startOverride" if name in lists.named:
                lists.named[name][1][depth] = _number(value)
            case _:
                pass
    for one, style in borrowed[:_MOST]:
        lists.kinds.setdefault(one, lists.kinds.get(kept.get(style, ""), {}))


def _read_styles(events: Events, lists: Lists) -> None:
    said: dict[str, tuple[str | None, int | None, str]] = {}
    name = ""
    for kind, tag, attributes in events:
        if kind != "start":
            continue
        value = attributes.get(":val", "")
        if tag == "style":
            name = attributes.get(":styleId", "") if len(said) < _MOST else ""
            said[name] = (None, None, "")
        elif name and tag in ("basedOn", "numId", "ilvl"):
            list_, depth, base = said[name]
            if tag == "basedOn":
                said[name] = (list_, depth, value)
            elif tag == "numId":
                said[name] = (value, depth, base)
            else:
                said[name] = (list_, _depth(value), base)
    for name in said:
        list_, depth, base = said[name]
        for _ in range(_LONGEST_CHAIN):
            if base not in said or (list_ is not None and depth is not None):
                break
            of_base, deep, base = said[base]
            list_ = of_base if list_ is None else list_
            depth = deep if depth is None else depth
        if list_ is not None:
            lists.styles[name] = (list_, depth or 0)


def _depth(value: str) -> int:
    return int(value) if value in tuple("012345678") else 0


def _number(value: str) -> int:
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 7 else 0
