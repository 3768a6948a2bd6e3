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

from mailmcp.mail.sight.lengths import number, pixels

_NARROWEST = 200.0
"""Pixels that a box is wide at the least, where that is not known."""
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
_WORD = re.compile(r"[^ \t\r\n\f]+")
_BLANK = 0.22
_WIDTHS = {**dict.fromkeys("iljtI|.,:;'!`", 0.2), **dict.fromkeys('frs()[]-/"', 0.28), **dict.fromkeys("mwMW@%", 0.6)}
"""Of the size: how wide letters are in a narrow font of usual width."""
_WHOLE = 0.97
_MOST_ROWS = 50
_PLAIN = re.compile(r"[\d.]+\Z")
_REPEATED = re.compile(r"repeat\(\s*(\d{1,2})\s*,([^()]*)\)")
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
    whole: bool = False
    """Is it as wide as what it stands in, so that nothing fits beside it?"""
    wraps: bool = False
    """Do its children stand below each other where they do not fit side by side?"""
    basis: float = 0.0
    """How high it is at the least as an item of a column, if it is not made smaller."""
    rows: tuple[float, ...] = ()
    """The heights of its rows, as a grid of one column; those behind them are as the last."""
    gap: float = 0.0
    """Between its children, which stand below each other."""
    lead: float = 0.0
    """How far letters are below the upper edge of their line."""
    spaced: float = 0.0
    """How high lines are, where that is said; else 0."""


NOWHERE = Room()
_INSIDE = Room(within=True)
_CUTTING = frozenset(("overflow", "overflow-x", "overflow-y"))
_COLUMNS = frozenset(("grid-template-columns", "grid-auto-flow", "columns", "column-count", "column-width"))
_NAMES = frozenset(
    (
        *("height", "max-height", "width", "max-width", "margin-top", "padding-top", "top", "position"),
        *("-webkit-line-clamp", "line-clamp", "min-height", "line-height", "flex", "flex-basis", "flex-wrap"),
        *("grid-template-rows", "grid-auto-rows", "gap", "row-gap", "grid-gap"),
        *_COLUMNS,
    )
)
"""Declarations without which there is no room to speak of."""


def room_of(parent: Room, said: Mapping[str, str], size: float) -> Room:
    """The room that an element's own declarations make, in its parent's."""
    if not parent.within and _CUTTING.isdisjoint(said):
        return NOWHERE
    if _NAMES.isdisjoint(said):
        if parent.spaced:
            return Room(within=parent.within, lead=parent.lead, spaced=parent.spaced)
        return _INSIDE if parent.within else NOWHERE
    height = _fixed(said, "height", size)
    limit = max(min(height, _fixed(said, "max-height", size)), _length(said, "min-height", size))
    lines = said.get("-webkit-line-clamp", said.get("line-clamp", ""))
    overflow = said.get("overflow", "") + said.get("overflow-x", "") + said.get("overflow-y", "")
    clips = _CUT.search(overflow) is not None and "auto" not in overflow and "scroll" not in overflow
    if clips and "-webkit-" in said.get("display", "") and lines.isdecimal() and len(lines) < 4:
        limit = min(limit, int(lines) * size)
    wide = min(_fixed(said, "width", size), _fixed(said, "max-width", size))
    above, below = (_length(said, name, size) for name in ("padding-top", "padding-bottom"))
    if "%" in said.get("padding-top", "") and parent.within:
        above = pixels(said["padding-top"], size, min(_NARROWEST, parent.line) / 100)
    clips = clips and (limit < _HIGHEST or (wide < _LINE and said.get("white-space") == "nowrap"))
    outer = max(limit, above + below) if said.get("box-sizing") == "border-box" else limit + above + below
    spaced = _line_height(said, size) if "line-height" in said else parent.spaced
    display = said.get("display", "")
    return Room(
        clips=clips,
        height=outer,
        width=wide if said.get("white-space") == "nowrap" else math.inf,
        line=min(wide, _LINE),
        tall=max(height if height < math.inf else 0.0, _length(said, "min-height", size)),
        margin=_length(said, "margin-top", size),
        padding=above,
        top=_length(said, "top", size) if said.get("position", "static") != "static" else 0.0,
        absolute=said.get("position") in ("absolute", "fixed"),
        lifted=any(said.get(name, "")[:1] in ("-", "c") for name in ("margin-top", "top")),
        within=parent.within or clips,
        columns=_has_columns(said),
        whole=said.get("width", "")[-1:] == "%" and number(said["width"]) >= _WHOLE,
        wraps="wrap" in said.get("flex-wrap", said.get("flex-flow", "")).split(),
        basis=_basis(said, size),
        rows=_rows(said, size) if "grid" in display else (),
        gap=_gap(said, size) if "grid" in display or "column" in said.get("flex-direction", "") else 0.0,
        lead=max(0.0, (spaced - size) / 2),
        spaced=spaced,
    )


def _has_columns(said: Mapping[str, str]) -> bool:
    """May what it holds stand side by side? What one column does not hold is beside it, and cut off."""
    names = _COLUMNS.intersection(said)
    return any(said[name] not in ("none", "1", "auto") for name in names)


def _basis(said: Mapping[str, str], size: float) -> float:
    flex = said.get("flex", "").split()
    stiff = said.get("flex-shrink") == "0" or (len(flex) == 3 and flex[1] == "0")
    value = said.get("flex-basis", flex[2] if len(flex) == 3 else "")
    return pixels(value, size) if stiff and _FIXED.match(value) is not None else 0.0


def _rows(said: Mapping[str, str], size: float) -> tuple[float, ...]:
    value = said.get("grid-template-rows", "none")
    tracks = _REPEATED.sub(lambda found: f"{found[2]} " * int(found[1]), value).split()[:_MOST_ROWS]
    if value == "none":
        tracks = said.get("grid-auto-rows", "").split()
    else:
        tracks.append("0px")
    return tuple(pixels(one, size) for one in tracks) if all(_FIXED.match(one) for one in tracks) else ()


def _gap(said: Mapping[str, str], size: float) -> float:
    value = said.get("row-gap") or (said.get("gap") or said.get("grid-gap") or "").partition(" ")[0]
    return pixels(value, size) if _FIXED.match(value) is not None else 0.0


def _line_height(said: Mapping[str, str], size: float) -> float:
    value = said["line-height"]
    found = pixels(value, size, size / 100) * (size if _PLAIN.match(value) is not None else 1.0)
    return 0.0 if math.isnan(found) else found


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

    begun: float = 0.0
    """How much of its height is above the paragraph that is open."""
    broken: float = 0.0
    """How high the lines are that it was broken into so far, as wide as letters usually are."""
    run: float = 0.0
    """How much of its newest line is taken."""

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
        self.line = self.across = self.broken = self.run = 0.0

    def break_line(self, size: float) -> None:
        """``<br>``: ends the line, or leaves one empty."""
        self.used += 0.0 if self.line else size * _LEADING
        self.end_line()

    def put(self, text: str, size: float, lines: Room = NOWHERE) -> bool:
        """Take words in, in such lines; False when they begin out of sight."""
        if not self.line:
            self._settle()
        line = lines.spaced or size * _LEADING
        beyond = self.is_past(size, lines.lead) or self.across > self.room.width
        self.line = max(self.line, line)
        self.across += len(text) * size * _LETTER
        if self.room.width == math.inf and self.across > self.room.line:
            full, self.across = divmod(self.across, self.room.line)
            self.used += full * line
        return not beyond

    def seen_of(self, text: str, size: float, lines: Room, wide: float) -> int:
        """How many signs of a text may be seen, where its lines are broken at ``wide`` pixels (infinite: nowhere).

        The words behind them begin two lines below the edge, or two letters right of it, at the least.
        """
        if not self.run:
            self.begun = self.used + self.margin
        line = lines.spaced or size * _LEADING
        edge = self.room.width + 2 * size
        for word in _WORD.finditer(text):
            length = width_of(word.group()) * size
            if self.run and self.run + length > wide:
                self.broken += line
                self.run = 0.0
            if self.run >= edge or max(self.used, self.begun + self.broken) >= self.room.height + line:
                return word.start()
            self.run += length + _BLANK * size
        return len(text)

    def is_past(self, size: float, lead: float = 0.0) -> bool:
        """Is the edge reached, of this box or of one around it?"""
        at = self.used + lead
        return self.sunk or (at > 0 and self.room.height - at < _PEEPING * size * _LEADING)

    def _settle(self) -> None:
        self.used += self.margin
        self.margin = 0.0


def width_of(word: str) -> float:
    """How wide a word is, as a share of the size of its letters; rather too little."""
    return sum(_WIDTHS.get(one, 0.4 if one < "\u0250" else 0.9 if one >= "\u2e80" else 0.2) for one in word)


def _fixed(said: Mapping[str, str], name: str, size: float) -> float:
    """A length that holds wherever the page is shown; infinite when it is none."""
    value = said.get(name, "")
    return pixels(value, size) if value and _FIXED.match(value) is not None else math.inf


def _length(said: Mapping[str, str], name: str, size: float) -> float:
    found = _fixed(said, name, size)
    return found if found < math.inf else 0.0
