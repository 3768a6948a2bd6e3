"""What of an element fits into the boxes around it that cut off the rest, and stands beside their edges."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mailmcp.mail.sight.drawing import Frame, Lane
from mailmcp.mail.sight.kinds import INLINE, LETTERS
from mailmcp.mail.sight.windows import Window

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

    from mailmcp.mail.sight.styles import Style

_COLLAPSING = " \t\r\n\f"
_MOST_BREAKS = 100
_IN_LINE = frozenset(("inline", "contents"))
_WIDE, _HIGH, _NARROW = 0.6, 1.6, 600.0
"""Of the size, how wide letters are and how high their lines, at most; pixels of such a line."""
_EMPTY = Lane()


def begin_in_window(frame: Frame, parent: Frame) -> None:
    """An element begins in a box that cuts off what does not fit, or is one."""
    style, window = frame.style, parent.window
    while style.room.absolute and window is not None and not window.positioned:
        window = window.outer  # it lies over the box, not in it
    if window is not None and frame.tag == "br":
        window.break_line(style.size)
    elif window is not None and (style.display not in INLINE or style.positioned or style.floats):
        window.end_line()
        room, around = style.room, parent.style.room
        if (
            style.display == "cell"
            or (style.floats and not room.whole)
            or style.positioned
            or (parent.style.flows and not (room.whole and around.wraps))
            or around.columns
        ):
            frame.apart = window.used, window.line, window.across
            window.used *= not style.room.absolute
        frame.begun = window.used
        window.below(style.room)
    if style.room.clips:
        sunk = window is not None and window.is_past(style.size)
        window = Window(style.room, style.positioned, window, sunk, style.room.padding)
    frame.window = window


def begin_beside(frame: Frame, parent: Frame) -> None:
    """An element begins whose words may be cut off: how far do those before it in a row or a grid move it?"""
    around = parent.lane = parent.lane or Lane()
    row, style = parent.style.across, frame.style
    if style.display in _IN_LINE and not parent.style.lays:
        frame.lane = around
        if frame.tag == "br":
            around.broken = True
        return
    lane = frame.lane = Lane(around.shift)
    if style.positioned:
        return
    if row.tracks:
        lane.shift += sum(row.tracks[: around.items % len(row.tracks)])
        around.items += 1
    elif row.in_row and (parent.style.lays or style.display == "inline-block"):
        lane.shift += around.row
        around.row += style.across.least


def is_beside(frame: Frame) -> bool:
    """Are its words beside the page, or beyond the edge of what cuts them off?"""
    lane = frame.lane or _EMPTY
    return frame.style.across.is_beside(lane.shift, not lane.broken)


def seen_in_window(frame: Frame, text: str) -> int:
    """How many signs of a text may be seen, in a box that cuts off lines that do not fit."""
    style, window = frame.style, frame.window
    one_line = style.across.one_line
    wide = math.inf if one_line else style.box.wide
    if window is None or math.isnan(wide) or style.preformatted or style.leftward or style.lays or window.room.columns:
        return len(text)
    if one_line == (window.room.width == math.inf) or (not one_line and window.room.height == math.inf):
        return len(text)
    return window.seen_of(text, style.size, style.room, wide)


def is_above(node: LexborNode, style: Style) -> bool:
    """Is all of an element above the page that it is placed in, as high as it can be with lines alone in it?"""
    if style.above == math.inf:
        return True
    breaks = 0
    for number, one in enumerate(node.traverse()):
        if one.is_element_node and number and (one.attributes or (one.tag != "br" and one.tag not in LETTERS)):
            return False
        breaks += one.tag == "br"
    breaks += int(len(node.text(deep=True)) * style.size * _WIDE // _NARROW)
    return (1 + breaks) * _HIGH * style.size <= style.above


def out_of_sight(frame: Frame, text: str) -> str:
    """Why words are not seen where they stand, though they are drawn: cut off below, or beside; ``""`` when seen."""
    style, window = frame.style, frame.window
    if window is not None:
        if style.preformatted:
            for _ in range(min(_MOST_BREAKS, text[: len(text) - len(text.lstrip())].count("\n"))):
                window.break_line(style.size)
        if text.strip(_COLLAPSING) and not window.put(text, style.size, style.room):
            return "size"
    return "off_screen" if style.moved and not text.isspace() and is_beside(frame) else ""


def end_in_window(frame: Frame, parent: Frame, window: Window) -> None:
    """An element ends; ``window`` is the one around it."""
    around, room = parent.style.room, frame.style.room
    if room.absolute and frame.apart is None:
        return  # it lies over that box, and takes nothing of it
    if frame.apart is not None:
        window.used, window.line, window.across = frame.apart
    elif frame.style.display not in INLINE:
        window.end_line()
        tall = max(room.tall, room.basis) if parent.style.lays else room.tall
        if around.rows:  # the row is as high as is said, whatever stands in it
            tall = around.rows[min(parent.items, len(around.rows) - 1)]
            parent.items += 1
            window.used = frame.begun
        window.used = max(window.used, frame.begun + tall) + around.gap
