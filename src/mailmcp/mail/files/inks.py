"""Which letters of a PDF page are drawn so that a person sees them (ISO 32000-2, §8.4, §9.3).

A page's drawing is a list of operators. Those that show letters which leave no mark are taken out of it before its
text is read: letters that are neither filled nor stroked, that are white where nothing else was painted, or tiny.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from mailmcp.mail.sight.colours import RGB, WHITE, indistinct

Operation = tuple[Sequence[object], bytes]
Matrix = tuple[float, float, float, float]
"""Without what moves."""

_UNMARKED = (3.0, 7.0)
"""Modes of showing letters that fill and stroke nothing."""
_SMALLEST = 1.5
"""Points."""
_SHOWING = frozenset((b"Tj", b"TJ", b"'", b'"'))
_PAINTING = frozenset((b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*", b"sh", b"Do", b"INLINE IMAGE"))
_FILLING = frozenset((b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*"))
_COLOURING = {b"g": (1,), b"rg": (3,), b"k": (4,), b"sc": (3, 4), b"scn": (3, 4)}
"""How many numbers tell a colour; one in a space of its own may be a share of any ink."""
_SAME: Matrix = (1.0, 0.0, 0.0, 1.0)


class _State(NamedTuple):
    """What letters would be drawn with."""

    mode: float = 0.0
    size: float = 0.0
    colour: RGB | None = (0, 0, 0)
    """None: not known."""
    scaled: Matrix = _SAME


def seen(operations: Sequence[Operation]) -> list[Operation]:
    """The operations without those that show letters nobody sees.

    On a page with pictures letters without a mark are kept: such are the words that were recognised in a scan.
    """
    scanned = any(operator in (b"Do", b"INLINE IMAGE") for _, operator in operations)
    return list(_kept(operations, scanned))


def _kept(operations: Iterable[Operation], scanned: bool) -> Iterator[Operation]:
    state, letters, blank = _State(), _SAME, True
    saved: list[_State] = []
    for operands, operator in operations:
        if operator in _SHOWING:
            if _is_seen(state, letters, blank, scanned):
                yield operands, operator
            elif operator in (b"'", b'"'):
                yield [], b"T*"  # it begins a line, whatever is in it
            continue
        yield operands, operator
        if operator == b"q":
            saved.append(state)
        elif operator == b"Q":
            state = saved.pop() if saved else state
        elif operator == b"BT":
            letters = _SAME
        elif operator in _PAINTING:
            blank = blank and operator in _FILLING and state.colour == WHITE
        else:
            numbers = _numbers(operands)
            if operator == b"Tm" and len(numbers) == 6:
                letters = numbers[0], numbers[1], numbers[2], numbers[3]
            else:
                state = _changed(state, operator, numbers)


def _changed(state: _State, operator: bytes, numbers: list[float]) -> _State:
    if operator == b"Tr" and numbers:
        return state._replace(mode=numbers[0])
    if operator == b"Tf" and numbers:
        return state._replace(size=numbers[-1])
    if operator == b"cm" and len(numbers) == 6:
        return state._replace(scaled=_times((numbers[0], numbers[1], numbers[2], numbers[3]), state.scaled))
    if operator in _COLOURING:
        return state._replace(colour=_colour(numbers) if len(numbers) in _COLOURING[operator] else None)
    return state._replace(colour=None) if operator == b"cs" else state


def _is_seen(state: _State, letters: Matrix, blank: bool, scanned: bool) -> bool:
    if state.mode in _UNMARKED:
        return scanned
    across, slanted, down, high = _times(letters, state.scaled)
    size = abs(state.size) * max(math.hypot(across, slanted), math.hypot(down, high))
    if state.size and size < _SMALLEST:
        return False
    return not (blank and state.mode == 0 and state.colour is not None and indistinct(state.colour, WHITE))


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


def _times(one: Matrix, other: Matrix) -> Matrix:
    a, b, c, d = one
    e, f, g, h = other
    return a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h
