"""Boxes and what stands outside of them: cut off at their edge, or on the ground of what is around them.

Nothing is laid out: what is put a whole box away, or more pixels away than the box has, is outside.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from mailmcp.mail.sight.colours import RGB, WHITE
from mailmcp.mail.sight.lengths import number, pixels
from mailmcp.mail.sight.transforms import Turned

Said = Mapping[str, str]
_WHOLE = 0.97
_SLIVER = 3.0
_AXES = (
    ("left", "right", "margin-left", "margin-right", "width"),
    ("top", "bottom", "margin-top", "margin-bottom", "height"),
)
_LOOKED_AT = frozenset(
    ("left", "right", "top", "bottom", "margin-left", "margin-right", "margin-top", "transform", "translate")
)
_SIZING = frozenset(("overflow", "overflow-x", "width", "height"))
_RESIZING = frozenset(
    ("line-height", "width", "max-width", "margin-top", "padding", "padding-top", "border", "transform")
)
"""What may move words down in a box, or break them into more lines."""
_CUTS = frozenset(("hidden", "clip"))


class Box(NamedTuple):
    """An element's box, as far as its declarations tell."""

    wide: float = math.nan
    high: float = math.nan
    """Pixels; not a number where what is in it decides."""
    cuts: bool = False
    """Does it cut off what stands outside, without a way to scroll there?"""
    around: RGB | None = WHITE
    """The ground that it stands on."""

    @property
    def unsaid(self) -> bool:
        """Does nothing say how large it is, or what it cuts off?"""
        return not self.cuts and math.isnan(self.wide) and math.isnan(self.high)

    def held(self, around: RGB | None) -> Box:
        """The box for what stands in a block in it, which is as wide; ``around`` when that has a ground of its own."""
        return self if around is None else Box(self.wide, math.nan, self.cuts, around)


UNBOUND = Box()


def box_of(said: Said, size: float, around: RGB | None) -> Box:
    """The box of an element that stands on the ground ``around``."""
    if _SIZING.isdisjoint(said):
        return Box(around=around)
    return Box(_fixed(said, "width", size), _fixed(said, "height", size), is_cutting(said), around)


def cell_of(said: Said, fixed: bool, around: RGB | None) -> Box:
    """The box of a part of a table: it grows with what it holds, but for the cells of a table with fixed columns."""
    return Box(cuts=fixed and not _SIZING.isdisjoint(said) and is_cutting(said), around=around)


def fixed_width(said: Said, size: float) -> float:
    """The width of a table whose columns are as wide as is said, not as what they hold; below 0 for others."""
    if said.get("table-layout") != "fixed":
        return -1.0
    return found if (found := _fixed(said, "width", size)) >= 0 else math.inf


def is_cutting(said: Said) -> bool:
    """Is what stands outside of it on the left or right cut off, without a way to scroll there?"""
    overflow = (said.get("overflow", "") + " " + said.get("overflow-x", "")).split()
    return not _CUTS.isdisjoint(overflow) and "auto" not in overflow and "scroll" not in overflow


def grows(said: Said) -> bool:
    """Is it an item of a flex box that takes room which is left (CSS Flexbox 1 §7)?"""
    first = said.get("flex", "").partition(" ")[0]
    return (
        first == "auto"
        or ("flex" in said and first != "none" and number(first) > 0)
        or ("flex-grow" in said and number(said["flex-grow"]) > 0)
    )


def is_outside(said: Said, turned: Turned, box: Box, size: float, across_page: bool) -> bool:
    """Does an element stand outside of the box that it is placed in?

    ``across_page`` says that it is as wide as that box where nothing else is said.
    """
    if _LOOKED_AT.isdisjoint(said):
        return False
    absolute = said.get("position") in ("absolute", "fixed")
    moves = absolute or said.get("position") == "relative"
    for axis, names in enumerate(_AXES):
        whole = box.high if axis else box.wide
        start, end, before, after, length = names
        own = _length(said, length, whole, size) or math.nan
        if math.isnan(own) and not axis and across_page and not absolute:
            own = whole
        if moves and (
            _is_beyond(said, start, whole, size, absolute or not math.isnan(whole))
            or (absolute and _is_beyond(said, end, whole, size, True))
        ):
            return True
        shift = _length(said, start, whole, size) if moves else 0.0
        if _is_beyond(said, before, whole, size, not axis):
            return True
        shift += _length(said, before, whole, size)
        if not math.isnan(own) and shift < 0 and shift + own <= _SLIVER:
            return True
        if absolute and start not in said and own + _length(said, end, whole, size) <= _SLIVER:
            return True
        if said.get("float") == "right" and own + _length(said, after, whole, size) <= _SLIVER:
            return True
        if box.cuts and turned.by[axis] >= whole - _SLIVER > 0:
            return True
        moved = turned.down if axis else turned.across
        if abs(moved) >= _WHOLE and box.cuts and not (absolute and (start in said or end in said)):
            full = across_page if not axis else math.isnan(box.high)
            if full and (length not in said or number(said[length]) >= _WHOLE):
                return True
    return False


def above_page(said: Said, size: float) -> float:
    """How far above its upper edge an element begins that is placed in the page; infinite where it ends there."""
    if "top" not in said:
        bottom = said.get("bottom", "")
        return math.inf if bottom[-1:] == "%" and number(bottom) >= 1 and "margin-bottom" not in said else 0.0
    if not _RESIZING.isdisjoint(said):
        return 0.0
    above = -pixels(said["top"], size, 0.0)
    return above if above > 0 else 0.0


def _is_beyond(said: Said, name: str, whole: float, size: float, in_shares: bool) -> bool:
    value = said.get(name, "")
    if not value or value == "auto":
        return False
    if "%" in value and "(" not in value:
        return in_shares and (share := number(value)) >= _WHOLE and share < 50
    if "%" in value and math.isnan(whole):
        return in_shares and all(pixels(value, size, high / 100) >= _WHOLE * high for high in (100.0, 1_000.0))
    return pixels(value, size, whole / 100) >= whole - _SLIVER > 0


def _length(said: Said, name: str, whole: float, size: float) -> float:
    value = said.get(name, "")
    if not value:
        return 0.0
    found = pixels(value, size, whole / 100 if not math.isnan(whole) else 0.0)
    return 0.0 if math.isnan(found) else found


def _fixed(said: Said, name: str, size: float) -> float:
    value = said.get(name, "")
    return math.nan if not value or "%" in value else pixels(value, size)
