"""Paragraphs and tables of a document, written down as lines."""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_COLUMNS = 16_384
"""As many as the widest sheet has."""
MAX_REPEATS = 1_000
WIDEST_GAP = 20
"""Empty cells in a row that are written: a longer gap stands as one, for a lone cell at the far end of a sheet would
cost a page of nothing."""


@dataclass(slots=True)
class _Row:
    cells: list[str] = field(default_factory=list[str])
    gap: int = 0
    """Empty cells since the last one with words: written only when another follows, as sheets end in thousands."""


class Story:
    """Takes paragraphs, rows and cells as they open and close, and holds the lines they make.

    A paragraph outside of tables is a line. A row is a line with its cells separated by tabs; paragraphs in a cell,
    and a table in a cell, are joined by blanks. Empty rows are no lines. ``full`` says that at least ``limit``
    characters were taken: what comes after is not needed.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lines: list[str] = []
        self._paragraphs: list[list[str]] = []
        self._cells: list[list[str]] = []
        self._rows: list[_Row] = []
        self._size = -1
        self._held = 0
        self.full = False

    def line(self, text: str) -> None:
        """A line of its own."""
        self._lines.append(text)
        self._size += len(text) + 1
        self.full = self.full or self._size > self._limit

    def open_paragraph(self) -> None:
        """Text boxes and notes put paragraphs into paragraphs: the inner one is written first."""
        self._paragraphs.append([])

    def write(self, text: str) -> None:
        """Text of the paragraph that is open; dropped where none is."""
        if self._paragraphs:
            self._paragraphs[-1].append(text)

    def close_paragraph(self) -> None:
        """The paragraph is complete."""
        if self._paragraphs:
            self._place("".join(self._paragraphs.pop()))

    def open_row(self) -> None:
        """A table row begins."""
        self._rows.append(_Row())

    def open_cell(self) -> None:
        """A cell of the row begins."""
        self._cells.append([])

    def close_cell(self, times: int = 1) -> None:
        """The cell is complete; it stands ``times`` times in its row."""
        if not self._cells:
            return
        text = " ".join(" ".join(self._cells.pop()).split())
        if not self._rows:
            self._place(text)
            return
        row = self._rows[-1]
        if not text or self.full:
            row.gap += times
            return
        before = min(row.gap if row.gap <= WIDEST_GAP else 1, MAX_COLUMNS - len(row.cells))
        times = max(0, min(times, MAX_COLUMNS - len(row.cells) - before, 1 + self._limit // len(text)))
        row.cells += [""] * before + [text] * times
        row.gap = 0
        self._held += len(text) * times
        self.full = self.full or self._held > self._limit

    def close_row(self, times: int = 1) -> None:
        """The row is complete; it stands ``times`` times in its table."""
        if not self._rows:
            return
        row = self._rows.pop()
        if not self._rows:
            self._held = 0
        if not row.cells:
            return
        text = "\t".join(row.cells)
        # Inside a cell nothing counts the characters before the cell is complete, so there once is enough.
        for _ in range(1 if self._cells else min(times, MAX_REPEATS)):
            self._place(text)
            if self.full:
                break

    def text(self) -> str:
        """All lines, with those of whatever is still open."""
        while self._paragraphs:
            self.close_paragraph()
        while self._rows:
            self.close_cell()
            self.close_row()
        while self._cells:
            self.close_cell()
        return "\n".join(self._lines)

    def _place(self, text: str) -> None:
        if self._cells:
            self._cells[-1].append(text)
        else:
            self.line(text)


def count(value: str | None) -> int:
    """A repetition as a document writes it: 1 when it is missing or no sensible number."""
    return int(value) if value and value.isascii() and value.isdecimal() and len(value) < 10 else 1
