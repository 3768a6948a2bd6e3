"""Which letters of a PDF page are drawn so that a person sees them (ISO 32000-2, §8.4, §8.5, §9.3, §9.4).

A page's drawing is a list of operators. Those that show letters which leave no mark are taken out of it before its
text is read: letters that are neither filled nor stroked, clear, tiny, white where nothing else was painted, beside the
page or what it is cut to, on a layer that is not shown, or under a box that is painted over them later.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from mailmcp.mail.files.planes import EVERYWHERE, SAME, Box, Covers, Matrix, moved, surrounding, times
from mailmcp.mail.sight.colours import RGB, WHITE, indistinct

Operation = tuple[Sequence[object], bytes]

_UNMARKED, _CUTTING = 3.0, 7.0
"""Modes of showing letters that fill and stroke nothing; with the other one they cut out what is painted next."""
_SMALLEST = 1.5
"""Points."""
_CLEAR = 0.05
_SHOWING = frozenset((b"Tj", b"TJ", b"'", b'"'))
_FILLING = frozenset((b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*"))
_PAINTING = _FILLING | {b"sh", b"Do", b"INLINE IMAGE"}
_PICTURING = frozenset((b"Do", b"INLINE IMAGE", b"sh"))
_ENDING = _FILLING | {b"n", b"S", b"s"}
"""Operators after which a path is done with."""
_POINTS = frozenset((b"m", b"l", b"c", b"v", b"y"))
_MOVING = frozenset((b"BT", b"Tm", b"Td", b"TD", b"T*", b"TL", b"Ts", b"Tc", b"Tz", b"Tf"))
_COLOURING = {b"g": (1,), b"rg": (3,), b"k": (4,), b"sc": (3, 4), b"scn": (3, 4)}
"""How many numbers tell a colour; one in a space of its own may be a share of any ink."""
# Of the size of the letters: what a letter takes at most, and about.
_WIDEST, _ORDINARY = 1.5, 0.5


class Page(NamedTuple):
    """What stands about a page beside its drawing."""

    box: Box = EVERYWHERE
    """What is shown of it."""
    opacities: Mapping[str, float] = {}
    """Of the graphics states that set one, by name: 1 is opaque."""
    layers: frozenset[str] = frozenset()
    """Names of marked content that is not shown."""
    wide_fonts: frozenset[str] = frozenset()
    """Names of the fonts whose letters take two bytes."""


class _State(NamedTuple):
    """What letters would be drawn with."""

    mode: float = 0.0
    font: str = ""
    size: float = 0.0
    leading: float = 0.0
    rise: float = 0.0
    spacing: float = 0.0
    stretched: float = 1.0
    colour: RGB | None = (0, 0, 0)
    """None: not known."""
    opacity: float = 1.0
    plane: Matrix = SAME
    cut: Box = EVERYWHERE
    """What all is cut to lies in it."""
    evenly: bool = True
    """It fills that box."""


def seen(operations: Sequence[Operation], page: Page | None = None) -> list[Operation]:
    """The operations without those that show letters nobody sees.

    On a page with pictures letters without a mark are kept: such are the words that were recognised in a scan, or
    that a browser lays over letters which it has drawn as a shading.
    """
    scanned = any(operator in _PICTURING for _, operator in operations)
    drawing = _Drawing(page or Page(), scanned)
    for operation in operations:
        drawing.take(operation)
    return drawing.kept()


class _Drawing:
    """Follows the operators of one page."""

    def __init__(self, page: Page, scanned: bool) -> None:
        self._page = page
        self._scanned = scanned
        self._state: _State = _State(cut=page.box)
        self._saved: list[_State] = []
        self._blank = True
        self._line = SAME
        """Where the line of text begins."""
        self._along: float = 0.0
        self._most_along: float = 0.0
        """How far in it the next letter stands: about, and at most."""
        self._path: list[Box] = []
        self._boxes_only = True
        self._cuts = False
        self._marked: list[bool] = []
        self._taken: list[Operation] = []
        self._covers = Covers()
        self._cut_out: list[int] = []
        """Letters for which nothing was painted yet."""

    def kept(self) -> list[Operation]:
        """What was taken, less the letters that were covered later, or cut out of nothing."""
        self._cut_out += self._covers.covered
        self._fill_none()
        return self._taken

    def take(self, operation: Operation) -> None:
        operands, operator = operation
        if operator in _SHOWING:
            self._show(operation)
            return
        self._taken.append(operation)
        state = self._state
        if operator == b"q":
            self._saved.append(state)
        elif operator == b"Q":
            self._fill_none()
            self._state = self._saved.pop() if self._saved else state
        elif operator in (b"BDC", b"BMC"):
            self._marked.append(len(operands) > 1 and operands[0] == "/OC" and operands[1] in self._page.layers)
        elif operator == b"EMC":
            self._marked = self._marked[:-1]
        elif operator == b"gs":
            name = str(operands[0]) if operands else ""
            self._state = state._replace(opacity=self._page.opacities.get(name, state.opacity))
        elif operator in _MOVING:
            self._move(operator, operands)
        elif operator == b"re" or operator in _POINTS:
            self._draw(operator, _numbers(operands))
        elif operator in (b"W", b"W*"):
            self._cuts = True
        elif operator not in _PAINTING and operator not in _ENDING:
            self._state = _changed(state, operator, _numbers(operands))
        if operator in _PAINTING:
            self._paint(operator in _FILLING)
        if operator in _ENDING:
            self._end_path()

    def _show(self, operation: Operation) -> None:
        operands, operator = operation
        if operator in (b"'", b'"'):
            self._next_line(0, -self._state.leading)
        state = self._state
        letters, back = _letters(operands)
        letters /= 2 if state.font in self._page.wide_fonts else 1
        size = abs(state.size)
        about = state.stretched * (letters * (_ORDINARY * size + state.spacing) - back * size / 1000)
        most = abs(state.stretched) * (letters * (_WIDEST * size + abs(state.spacing)) + abs(back) * size / 1000)
        plane = times(self._line, state.plane)
        top, bottom = state.rise + 1.2 * size, state.rise - 0.5 * size
        room = surrounding(plane, -self._most_along, bottom, self._most_along + most, top)
        if not self._is_seen(plane, room):
            self._taken.append(_unshown(operator))
        elif state.mode == _CUTTING:
            self._cut_out.append(len(self._taken))
            self._taken.append(operation)
        else:
            core = surrounding(
                plane, self._along, state.rise + 0.1 * size, self._along + about, state.rise + 0.4 * size
            )
            self._covers.lay(len(self._taken), core)
            self._taken.append(operation)
        self._along += about
        self._most_along += most

    def _is_seen(self, plane: Matrix, room: Box) -> bool:
        state = self._state
        if any(self._marked) or (state.size and not state.cut.meets(room)):
            return False
        if state.mode == _UNMARKED or state.opacity < _CLEAR:
            return self._scanned
        across, slanted, down, high = plane[:4]
        size = abs(state.size) * max(math.hypot(across, slanted), math.hypot(down, high))
        if state.size and size < _SMALLEST:
            return False
        known = self._blank and state.mode == 0 and state.colour is not None
        return not (known and state.colour is not None and indistinct(state.colour, WHITE))

    def _move(self, operator: bytes, operands: Sequence[object]) -> None:
        numbers = _numbers(operands)
        state = self._state
        if operator == b"BT":
            self._begin_line(SAME)
        elif operator == b"T*":
            self._next_line(0, -state.leading)
        elif operator == b"Tm" and len(numbers) == 6:
            self._begin_line((numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]))
        elif operator in (b"Td", b"TD") and len(numbers) == 2:
            if operator == b"TD":
                self._state = state._replace(leading=-numbers[1])
            self._next_line(*numbers)
        elif operator == b"Tf" and numbers:
            self._state = state._replace(font=str(operands[0]), size=numbers[-1])
        elif len(numbers) == 1:
            number = numbers[0]
            if operator == b"TL":
                self._state = state._replace(leading=number)
            elif operator == b"Ts":
                self._state = state._replace(rise=number)
            elif operator == b"Tc":
                self._state = state._replace(spacing=number)
            elif operator == b"Tz":
                self._state = state._replace(stretched=number / 100)

    def _next_line(self, across: float, up: float) -> None:
        self._begin_line(times((1.0, 0.0, 0.0, 1.0, across, up), self._line))

    def _begin_line(self, line: Matrix) -> None:
        self._line = line
        self._along = self._most_along = 0.0

    def _draw(self, operator: bytes, numbers: list[float]) -> None:
        plane = self._state.plane
        if operator == b"re" and len(numbers) == 4:
            left, bottom, wide, high = numbers
            self._path.append(surrounding(plane, left, bottom, left + wide, bottom + high))
            upright = not (plane[1] or plane[2]) or not (plane[0] or plane[3])
            self._boxes_only = self._boxes_only and upright
            return
        self._boxes_only = False
        for at in range(0, len(numbers) - 1, 2):
            x, y = moved(plane, numbers[at], numbers[at + 1])
            self._path.append(Box(x, y, x, y))

    def _fill_none(self) -> None:
        for place in self._cut_out:
            self._taken[place] = _unshown(self._taken[place][1])
        self._cut_out = []

    def _paint(self, filled: bool) -> None:
        state = self._state
        self._cut_out = []
        self._blank = self._blank and filled and state.colour == WHITE
        # Two boxes may be a frame: what is between their edges.
        lone = self._boxes_only and len(self._path) == 1
        if filled and lone and state.evenly and state.opacity == 1 and state.colour is not None:
            self._covers.cover(self._path[0].within(state.cut))

    def _end_path(self) -> None:
        if self._cuts and self._path:
            around = self._path[0]
            for box in self._path[1:]:
                around = around.together(box)
            even = self._state.evenly and self._boxes_only and len(self._path) == 1
            self._state = self._state._replace(cut=self._state.cut.within(around), evenly=even)
        self._path = []
        self._boxes_only, self._cuts = True, False


def _unshown(operator: bytes) -> Operation:
    """What stands for letters that are not shown: those of ``'`` and ``"`` begin a line, whatever is in it."""
    return ([], b"T*") if operator in (b"'", b'"') else ([""], b"Tj")


def _changed(state: _State, operator: bytes, numbers: list[float]) -> _State:
    if operator == b"Tr" and numbers:
        return state._replace(mode=numbers[0])
    if operator == b"cm" and len(numbers) == 6:
        plane = (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5])
        return state._replace(plane=times(plane, state.plane))
    if operator in _COLOURING:
        return state._replace(colour=_colour(numbers) if len(numbers) in _COLOURING[operator] else None)
    return state._replace(colour=None) if operator == b"cs" else state


def _letters(operands: Sequence[object]) -> tuple[float, float]:
    """How many bytes of letters are shown, and how far they are moved back in all (thousandths of their size)."""
    shown = operands[-1] if operands else b""
    if isinstance(shown, str | bytes):
        return len(shown), 0.0
    parts = cast(list[object], shown) if isinstance(shown, list) else []
    return sum(len(one) for one in parts if isinstance(one, str | bytes)), sum(_numbers(parts))


def _colour(numbers: list[float]) -> RGB | None:
    """The colour that is meant by grey, red-green-blue or cyan-magenta-yellow-black."""
    shares = [max(0.0, min(1.0, one)) for one in numbers]
    if len(shares) == 1:
        shares *= 3
    elif len(shares) == 4:
        shares = [(1 - one) * (1 - shares[3]) for one in shares[:3]]
    if len(shares) != 3:
        return None
    red, green, blue = (round(255 * one) for one in shares)
    return red, green, blue


def _numbers(operands: Sequence[object]) -> list[float]:
    return [float(one) for one in operands if isinstance(one, int | float)]
