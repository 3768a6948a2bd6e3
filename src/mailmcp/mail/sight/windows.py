"""Boxes of a fixed height that cut off what does not fit: which words stand below their edge, or right of it.

Nothing is laid out here. What stands above a line is counted with the least that it can take, so that a line is called
out of sight only where it cannot be seen; in doubt it is seen.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from mailmcp.mail.sight.lengths import pixels

_HIGHEST = 1_000.0
_LEADING = 1.0
"""Some set lines as close as that."""
_LETTER = 0.28
"""Of the size: how wide letters are at least, over a few words."""
_LINE = 800.0
"""Pixels of a line where nothing says how wide it is: wider than mail is set."""
_PEEPING = 0.35
"""The share of a line that must be seen to read it."""
_CUT = re.compile(r"hidden|clip")
_FIXED = re.compile(r"[\d.]+(?:px|pt|em|rem|cm|mm|in|pc)?\Z")


class Room(NamedTuple):
    """What a style says of heights, in pixels."""

    clips: bool = False
    """Does it cut off what does not fit?"""
    height: float = math.inf
    width: float = math.inf
    """To which words in one line are seen; infinite where they are broken into lines."""
    line: float = _LINE
    tall: float = 0.0
    """How high it is in any case."""
    margin: float = 0.0
    padding: float = 0.0
    top: float = 0.0
    absolute: bool = False
    lifted: bool = False
    """Does it stand higher than what comes before it would have it?"""
    within: bool = False
    """Is it in a box that cuts off what does not fit, or one itself? Else its room does not matter."""
    columns: bool = False
    """Do its children stand side by side?"""


NOWHERE = Room()
_INSIDE = Room(within=True)
_CUTTING = frozenset(("overflow", "overflow-x", "overflow-y"))
_COLUMNS = frozenset(("grid-template-columns", "grid-auto-flow", "columns", "column-count", "column-width"))
_NAMES = frozenset(
    (
        *("height", "max-height", "width", "max-width", "margin-top", "padding-top", "top", "position"),
        *("-webkit-line-clamp", "line-clamp"),
        *_COLUMNS,
    )
)
"""Declarations without which there is no room to speak of."""


def room_of(parent: Room, said: Mapping[str, str], size: float) -> Room:
    """The room that an element's own declarations make, in its parent's."""
    if not parent.within and _CUTTING.isdisjoint(said):
        return NOWHERE
    if _NAMES.isdisjoint(said):
        return _INSIDE if parent.within else NOWHERE
    height = _fixed(said, "height", size)
    limit = max(min(height, _fixed(said, "max-height", size)), _length(said, "min-height", size))
    lines = said.get("-webkit-line-clamp", said.get("line-clamp", ""))
    overflow = said.get("overflow", "") + said.get("overflow-x", "") + said.get("overflow-y", "")
    clips = _CUT.search(overflow) is not None and "auto" not in overflow and "scroll" not in overflow
    if clips and lines.isdecimal() and len(lines) < 4:
        limit = min(limit, int(lines) * size)
    wide = min(_fixed(said, "width", size), _fixed(said, "max-width", size))
    above, below = (_length(said, name, size) for name in ("padding-top", "padding-bottom"))
    clips = clips and (limit < _HIGHEST or (wide < _LINE and said.get("white-space") == "nowrap"))
    return Room(
        clips=clips,
        height=limit + above + below,
        width=wide if said.get("white-space") == "nowrap" else math.inf,
        line=min(wide, _LINE),
        tall=height if height < math.inf else 0.0,
        margin=_length(said, "margin-top", size),
        padding=above,
        top=_length(said, "top", size) if said.get("position", "static") != "static" else 0.0,
        absolute=said.get("position") in ("absolute", "fixed"),
        lifted=any(said.get(name, "")[:1] in ("-", "c") for name in ("margin-top", "top")),
        within=parent.within or clips,
        columns=not _COLUMNS.isdisjoint(said),
    )


@dataclass(slots=True)
class Window:
    """A box that cuts off what does not fit, while it is read."""

    room: Room
    positioned: bool
    outer: Window | None
    sunk: bool
    """Does it stand below the edge of one around it?"""
    used: float = 0.0
    """Of its height, above the line that is open."""
    margin: float = 0.0
    """Of blocks that begin here, the largest: they lie over each other."""
    line: float = 0.0
    """Height of the open line; 0 when none is open."""
    across: float = 0.0
    """How much of the open line is taken."""

    def below(self, style_room: Room) -> None:
        """A block begins."""
        if style_room.lifted:
            self.used = self.margin = 0.0
        self.margin = max(self.margin, style_room.margin)
        if style_room.padding:
            self._settle()
            self.used += style_room.padding
        self.used += style_room.top

    def end_line(self) -> None:
        """What comes next stands on a line of its own."""
        self.used += self.line
        self.line = self.across = 0.0

    def break_line(self, size: float) -> None:
        """``<br>``: ends the line, or leaves one empty."""
        self.used += 0.0 if self.line else size * _LEADING
        self.end_line()

    def put(self, text: str, size: float) -> bool:
        """Take words in; False when they begin out of sight."""
        if not self.line:
            self._settle()
        line = size * _LEADING
        beyond = self.is_past(size) or self.across > self.room.width
        self.line = max(self.line, line)
        self.across += len(text) * size * _LETTER
        if self.room.width == math.inf and self.across > self.room.line:
            lines, self.across = divmod(self.across, self.room.line)
            self.used += lines * line
        return not beyond

    def is_past(self, size: float) -> bool:
        """Is the edge reached, of this box or of one around it?"""
        return self.sunk or (self.used > 0 and self.room.height - self.used < _PEEPING * size * _LEADING)

    def _settle(self) -> None:
        self.used += self.margin
        self.margin = 0.0


def _fixed(said: Mapping[str, str], name: str, size: float) -> float:
    """A length that holds wherever the page is shown; infinite when it is none."""
    value = said.get(name, "")
    return pixels(value, size) if value and _FIXED.match(value) is not None else math.inf


def _length(said: Mapping[str, str], name: str, size: float) -> float:
    found = _fixed(said, name, size)
    return found if found < math.inf else 0.0
