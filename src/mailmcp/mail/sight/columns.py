"""Columns of a table (CSS Tables 3 §4): those without room, whose cells are not drawn, and the grounds of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from mailmcp.mail.sight.colours import RGB

Attributes = Mapping[str, str | None]
_MOST = 100
"""Columns that are told apart."""


class Column(NamedTuple):
    """What is said of one column."""

    collapsed: bool
    narrow: bool
    """Has it no width, in a table that gives its columns no more than is said?"""
    ground: RGB | None
    """What rows without a ground stand on in it; None: not known."""


@dataclass(slots=True)
class Columns:
    """The columns of one table, and which of them the rows so far have taken."""

    said: list[Column] = field(default_factory=list[Column])
    below: dict[int, int] = field(default_factory=dict[int, int])
    """By column, for how many rows more a cell of an earlier row takes it."""
    at: int = 0

    def add(self, column: Column, attributes: Attributes) -> None:
        """A ``<col>``, or a ``<colgroup>`` that has none."""
        self.said += [column] * min(_span(attributes, "span"), _MOST - len(self.said))

    def begin_row(self) -> None:
        """A row begins."""
        self.at = 0
        self.below = {column: rows - 1 for column, rows in self.below.items() if rows > 1}

    def next_cell(self, attributes: Attributes) -> list[Column]:
        """The columns that the next cell of the row stands in; none where nothing is said of one of them."""
        while self.below.get(self.at):
            self.at += 1
        start, wide, rows = self.at, _span(attributes, "colspan"), _span(attributes, "rowspan")
        self.at = min(_MOST, start + wide)
        if rows > 1:
            self.below.update(dict.fromkeys(range(start, min(self.at, len(self.said))), rows))
        taken = self.said[start : self.at]
        return taken if len(taken) == wide else []


def _span(attributes: Attributes, name: str) -> int:
    value = (attributes.get(name) or "").strip()
    return max(1, min(_MOST, int(value))) if value.isascii() and value.isdecimal() and len(value) < 6 else 1
