"""Places on a PDF page: coordinate systems, boxes, and what lies under a box (ISO 32000-2, §8.3)."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import NamedTuple

Matrix = tuple[float, float, float, float, float, float]
SAME: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

_STRIPE = 20.0
"""Points: what is looked for by its height."""
_STRIPES = 1_000
_MOST_LOOKS = 500_000
"""A page that would cost more is taken as it is from there on."""


class Box(NamedTuple):
    """From left to right and from bottom to top, in points."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: Box) -> bool:
        """Have both a place in common?"""
        across = self.left <= other.right and other.left <= self.right
        return across and self.bottom <= other.top and other.bottom <= self.top

    def holds(self, other: Box) -> bool:
        """Does the other lie in this one?"""
        across = self.left <= other.left and other.right <= self.right
        return across and self.bottom <= other.bottom and other.top <= self.top

    def within(self, other: Box) -> Box:
        """What both have in common; a box with its sides in the wrong order where that is nothing."""
        left, bottom = max(self.left, other.left), max(self.bottom, other.bottom)
        return Box(left, bottom, min(self.right, other.right), min(self.top, other.top))

    def together(self, other: Box) -> Box:
        """The smallest box that holds both."""
        left, bottom = min(self.left, other.left), min(self.bottom, other.bottom)
        return Box(left, bottom, max(self.right, other.right), max(self.top, other.top))


EVERYWHERE = Box(-math.inf, -math.inf, math.inf, math.inf)


def times(one: Matrix, other: Matrix) -> Matrix:
    """First the one, then the other."""
    a, b, c, d, e, f = one
    g, h, i, j, k, m = other
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def moved(plane: Matrix, x: float, y: float) -> tuple[float, float]:
    """Where a point of a plane lies on the page."""
    a, b, c, d, e, f = plane
    return a * x + c * y + e, b * x + d * y + f


def surrounding(plane: Matrix, left: float, bottom: float, right: float, top: float) -> Box:
    """The box on the page around one in a plane."""
    corners = [moved(plane, x, y) for x in (left, right) for y in (bottom, top)]
    across, up = [x for x, _ in corners], [y for _, y in corners]
    return Box(min(across), min(up), max(across), max(up))


class Covers:
    """Takes things as they are laid on a page, and what is laid over them later."""

    def __init__(self) -> None:
        self.covered: set[int] = set()
        """The numbers of those that lie wholly under something."""
        self._laid: defaultdict[int, dict[int, Box]] = defaultdict(dict)
        self._looks = 0

    def lay(self, number: int, box: Box) -> None:
        """Something lies there."""
        self._laid[_stripe(box.bottom)][number] = box

    def cover(self, over: Box) -> None:
        """Something that lets nothing through is laid over it."""
        if over.right <= over.left or over.top <= over.bottom:
            return
        for stripe in [one for one in self._laid if _stripe(over.bottom) <= one <= _stripe(over.top)]:
            laid = self._laid[stripe]
            self._looks += len(laid) + 1
            if self._looks > _MOST_LOOKS:
                return
            under = [number for number, box in laid.items() if over.holds(box)]
            self.covered.update(under)
            for number in under:
                del laid[number]


def _stripe(height: float) -> int:
    return int(max(-_STRIPES, min(_STRIPES, height / _STRIPE))) if height == height else 0
