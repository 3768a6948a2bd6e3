"""How far across the page letters begin, and where something cuts them off on their right (CSS Box Model 3, Text 3).

Nothing is laid out: a box begins where the one around it does, and further right by what is said of it and by the
least that the items before it in a row take. Letters far left of the page, or right of an edge, are not seen.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import NamedTuple

from mailmcp.mail.sight.edges import grows, is_cutting
from mailmcp.mail.sight.lengths import number, pixels
from mailmcp.mail.sight.transforms import AWAY, FAR

Said = Mapping[str, str]
_WHOLE = 0.97
_PAGE = 600.0
"""How wide a mail is at the least, where that is not known."""
_SLIVER = 3.0
_NAMES = frozenset(
    (
        *("margin-left", "padding-left", "border-left", "border", "left", "position", "white-space", "text-indent"),
        *("overflow", "overflow-x"),
    )
)
_FIXED = re.compile(r"[\d.]+(?:px|pt|em|rem)?\Z")
_REPEATED = re.compile(r"repeat\(\s*(\d{1,2})\s*,([^()]*)\)")
_MOST_TRACKS = 50


class Across(NamedTuple):
    """Where what stands in an element is, in pixels from the left of the page."""

    at: float = 0.0
    """Where it begins, at the least."""
    edge: float = math.inf
    """Where it is cut off."""
    indent: float = 0.0
    """How far the first line of each block in it is moved."""
    one_line: bool = False
    """Are its words never broken into lines?"""
    least: float = 0.0
    """How wide the element is at the least, beside others in a row."""
    in_row: bool = False
    """Do its children stand in one row that is cut off?"""
    tracks: tuple[float, ...] = ()
    """The widths of its columns, as a grid that is cut off."""

    @property
    def placed(self) -> bool:
        """Does it say how its children stand beside each other?"""
        return self.in_row or self.least != 0.0 or self.tracks != ()

    @property
    def moved(self) -> bool:
        """May its letters be out of sight?"""
        return not -_SLIVER <= self.at < AWAY or self.edge < math.inf or self.indent != 0.0

    def is_beside(self, start: float, first: bool) -> bool:
        """Are letters beside the page, or beyond the edge of what cuts them off?

        ``start`` is how far the items before them move them, ``first`` whether they stand in the first line of their
        block. Something around them may be set in the middle of the page: what is left of it by little is seen.
        """
        start += self.at + (self.indent if first else 0.0)
        return start <= -FAR or start >= AWAY or start >= self.edge - _SLIVER


NOWHERE = Across()


def across_of(tag: str, said: Said, around: Across, stage: Across, size: float, wide: float) -> Across:
    """Where an element's letters begin; ``stage`` is what it is placed in when it is positioned, ``wide`` its width."""
    if _NAMES.isdisjoint(said) and (not said or not around.moved):
        plain = around
        if around.least or around.in_row or around.tracks:
            plain = around._replace(least=0.0, in_row=False, tracks=())
        return plain._replace(indent=0.0) if tag == "table" and plain.indent else plain
    position = said.get("position", "static")
    at, edge = around.at, around.edge
    if position in ("absolute", "fixed"):
        placed = NOWHERE if position == "fixed" else stage
        at, edge = (placed.at + _length(said, "left", size) if "left" in said else at), placed.edge
    elif position == "relative":
        at += _length(said, "left", size)
    if tag not in ("td", "th", "tr"):
        at += _length(said, "margin-left", size, wide)
    padding = _length(said, "padding-left", size, wide)
    at += padding + _border(said, size)
    if said.get("display", "").startswith("inline-") and around.indent < 0:
        at += around.indent  # it stands in a line that is moved, whatever it says of its own
    space = said.get("white-space")
    one_line = around.one_line if space is None else space in ("nowrap", "pre")
    cuts = ("overflow" in said or "overflow-x" in said) and is_cutting(said)
    if not (cuts or around.moved or around.placed or edge < math.inf or "text-indent" in said):
        # By far the most: where it begins is all that there is to say.
        return around if at == around.at and one_line == around.one_line else Across(at, one_line=one_line)
    width = pixels(said["width"], size) if _FIXED.match(said.get("width", "")) else math.nan
    if cuts and not math.isnan(width) and tag not in ("table", "tr", "td", "th") and not grows(said):
        edge = min(edge, at + width + _length(said, "padding-right", size))
    each, indent = _indent(said, around, size, wide, one_line, cuts)
    display = said.get("display", "")
    cut_off = edge < math.inf
    return Across(
        at=at + each,
        edge=edge,
        indent=0.0 if tag == "table" and "text-indent" not in said else indent,
        one_line=one_line,
        least=_least(said, size, width) if cut_off else 0.0,
        in_row=cut_off and _is_row(said, display, one_line),
        tracks=_tracks(said["grid-template-columns"], size)
        if cut_off and display == "grid" and "grid-template-columns" in said
        else (),
    )


def _is_row(said: Said, display: str, one_line: bool) -> bool:
    """Does each child begin where the one before it ends?"""
    if display == "flex":
        plain = said.get("justify-content", "start") in ("start", "flex-start", "normal", "space-between", "left")
        return (
            plain
            and said.get("flex-direction", "row") in ("row", "row-reverse")
            and said.get("flex-wrap", "nowrap") == "nowrap"
        )
    return one_line and display in ("", "block", "inline-block")


def _least(said: Said, size: float, width: float) -> float:
    """How wide an item is however little room there is, with what is round it."""
    flex = said.get("flex", "").split()
    basis = said.get("flex-basis", flex[2] if len(flex) == 3 else "")
    stiff = (
        said.get("flex-shrink") == "0"
        or flex == ["none"]
        or (len(flex) == 3 and flex[1] == "0")
        or said.get("display", "").startswith("inline-")
    )
    least = _length(said, "min-width", size)
    if stiff:
        stated = pixels(basis, size) if _FIXED.match(basis) else width
        least = max(least, 0.0 if math.isnan(stated) else stated)
    return max(0.0, least + _length(said, "margin-left", size))


def _tracks(value: str, size: float) -> tuple[float, ...]:
    """The widths of columns when all of them are fixed."""
    value = _REPEATED.sub(lambda found: f"{found[2]} " * int(found[1]), value)
    parts = value.split()[:_MOST_TRACKS]
    return tuple(pixels(part, size) for part in parts) if all(_FIXED.match(part) for part in parts) else ()


def _indent(said: Said, around: Across, size: float, wide: float, one_line: bool, cuts: bool) -> tuple[float, float]:
    """How far each line is moved, and how far the first line is."""
    value = said.get("text-indent")
    if value is None:
        return 0.0, around.indent if around.indent < 0 or one_line else 0.0
    if "hanging" in value:
        return 0.0, 0.0
    share = value.split()[0] if value else ""
    if share[-1:] == "%" and number(share) >= _WHOLE:
        indent = 2 * AWAY if cuts or around.edge < math.inf else wide * number(share)
    else:
        indent = pixels(value, size, (_PAGE if math.isnan(wide) else wide) / 100)
    if math.isnan(indent) or (indent > 0 and not one_line):
        return 0.0, 0.0  # what does not fit beside it goes into the next line
    return (indent, 0.0) if "each-line" in value else (0.0, indent)


def _border(said: Said, size: float) -> float:
    value = said.get("border-left", said.get("border", ""))
    if not value or value[0] in "0n":
        return 0.0
    return max((found for part in value.split() if (found := pixels(part, size)) == found), default=0.0)


def _length(said: Said, name: str, size: float, whole: float = math.nan) -> float:
    value = said.get(name, "")
    if not value:
        return 0.0
    if "%" in value and math.isnan(whole):
        whole = _PAGE if value[0] == "-" or "(" in value else 0.0
    found = pixels(value, size, whole / 100)
    return 0.0 if math.isnan(found) else found
