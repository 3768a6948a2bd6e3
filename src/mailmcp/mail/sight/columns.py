"""Columns of a table that are collapsed (CSS Tables 3 §4): their cells are not drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Attributes = Mapping[str, str | None]
_MOST = 1_000


@dataclass(slots=True)
class Columns:
    """The columns of one table, and which of them the rows so far have taken."""

    collapsed: list[bool] = field(default_factory=list[bool])
    below: dict[int, int] = field(default_factory=dict[int, int])
    """By column, for how many rows more a cell of an earlier row takes it."""
    at: int = 0

    def add(self, collapsed: bool, attributes: Attributes) -> None:
        """A ``<col>``, or a ``<colgroup>`` that has none."""
        self.collapsed += [collapsed] * min(_span(attributes, "span"), _MOST - len(self.collapsed))

    def begin_row(self) -> None:
        """A row begins."""
        self.at = 0
        self.below = {column: rows - 1 for column, rows in self.below.items() if rows > 1}

    def hides(self, attributes: Attributes) -> bool:
        """The next cell of the row: do all the columns that it stands in give it no room?"""
        while self.below.get(self.at):
            self.at += 1
        start, wide, rows = self.at, _span(attributes, "colspan"), _span(attributes, "rowspan")
        self.at = min(_MOST, start + wide)
        if rows > 1:
            self.below.update(dict.fromkeys(range(start, self.at), rows))
        taken = self.collapsed[start : self.at]
        return len(taken) == wide and all(taken)


def _span(attributes: Attributes, name: str) -> int:
    value = (attributes.get(name) or "").strip()
    return max(1, min(_MOST, int(value))) if value.isascii() and value.isdecimal() and len(value) < 6 else 1
