"""A page that text is written on: blanks and breaks as a person would see them, never doubled.

Breaks are kept back until the next text comes, so nothing trails; the strongest one asked for wins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import IntEnum

from mailmcp.language.characters import cleaned
from mailmcp.language.overrides import as_drawn
from mailmcp.mail.sight.letters import backwards

MONO = 2
"""Bit of a look: monospaced."""
DEEPEST = 40
"""Most blanks before a line of code."""

_BLANKS = re.compile(r"[\s\u3000]+")
_BLANKS_IN_LINE = re.compile(r"[^\S\n]+")


class Break(IntEnum):
    """What separates two pieces of text."""

    NONE = 0
    BLANK = 1
    CELL = 2
    LINE = 3
    PARAGRAPH = 4


_WRITTEN = {Break.NONE: "", Break.BLANK: " ", Break.CELL: "\t", Break.LINE: "\n", Break.PARAGRAPH: "\n\n"}


@dataclass(slots=True)
class Cell:
    """A table cell (or its like) that is being written."""

    written: bool = False
    several_lines: bool = False


@dataclass(slots=True)
class Run:
    """A stretch of text of one look."""

    start: int
    end: int
    size: float
    look: int
    """Bits: 1 bold, 2 monospaced, 4 letter-spaced, 8 in a small box of its own."""


@dataclass(slots=True)
class Page:
    """Text being written, with the looks of its parts. ``limit`` is in characters; more is dropped."""

    limit: int
    pieces: list[str] = field(default_factory=list[str])
    length: int = 0
    runs: list[Run] = field(default_factory=list[Run])
    cells: list[Cell] = field(default_factory=list[Cell])
    invisible: int = 0
    full: bool = False
    pending: Break = Break.NONE
    indent: int = 0
    """Blanks before the first word of the next line."""
    mark: str = ""
    """The number of a list's item, before its first word."""
    first: int = 0
    """Where the newest piece of text begins, with its mark."""

    @property
    def text(self) -> str:
        """What was written so far."""
        return "".join(self.pieces)

    def ends_with_letter(self, start: int) -> bool:
        """Is all that was written since ``start`` one letter, with the break before it?"""
        if not self.pieces or len(self.pieces[-1]) != 1:
            return False
        broken = len(self.pieces[-2]) if len(self.pieces) > 1 and self.pieces[-2].isspace() else 0
        return self.length - 1 in (start, start + broken)

    def part(self) -> Break:
        """Forget the pending break and return it (to put it back with ``pending``)."""
        pending, self.pending = self.pending, Break.NONE
        return pending

    def separate(self, how: Break) -> None:
        """Ask for a break before the next text. At the beginning of a cell a block does not break."""
        if how > self.pending and not (how >= Break.LINE and self.cells and not self.cells[-1].written):
            self.pending = how

    def begin_cell(self, first: bool, beside: Cell | None) -> Cell:
        """Start a cell; ``beside`` is the one before it in its row. After empty ones the break before the row holds."""
        if not first and beside is not None and beside.written:
            if beside.several_lines:
                self.pending = max(self.pending, Break.LINE)
            elif self.length:
                # What the cell before ended with (a paragraph's break) does not part two cells of one line.
                self.pending = Break.CELL
        cell = Cell()
        self.cells.append(cell)
        return cell

    def end_cell(self) -> None:
        """End the innermost cell; one of several lines makes the cell around it one too."""
        cell = self.cells.pop()
        if cell.several_lines and self.cells:
            self.cells[-1].several_lines = True

    def turn(self, start: int) -> None:
        """Write what was written since ``start`` backwards, line by line."""
        pieces: list[str] = []
        length = self.length
        while length > start:
            pieces.append(self.pieces.pop())
            length -= len(pieces[-1])
        self.pieces.append(backwards("".join(reversed(pieces))))

    def write(self, text: str, size: float, look: int, preformatted: bool) -> int:
        """Add text with the given look; outside preformatted text runs of blanks are one blank.

        Gives where its first word stands, -1 when it has none (or there is no room).
        """
        if self.full:
            return -1
        if preformatted:
            return self._write_lines(text, size, look)
        self.indent = 0
        # Blanks first: form feed and its like are blanks in HTML, but controls to ``cleaned``.
        text, removed = cleaned(as_drawn(_BLANKS.sub(" ", text)))
        self.invisible += removed
        if removed:
            text = _BLANKS.sub(" ", text)
        return self._write_words(text, size, look)

    def _write_lines(self, text: str, size: float, look: int) -> int:
        text, removed = cleaned(as_drawn(text).replace("\x0c", "\n").replace("\x0b", "\n"))
        self.invisible += removed
        first = -1
        for number, line in enumerate(text.split("\n")):
            if self.full:
                break
            if number:
                self.separate(Break.LINE if self.pending < Break.LINE else Break.PARAGRAPH)
                self.indent = 0
            if look & MONO and (self.pending >= Break.LINE or not self.length):
                # Code says by its blanks what belongs to what; other text is set in for the eye.
                blanks = line[: len(line) - len(line.lstrip(" \t"))][:DEEPEST]
                self.indent = min(DEEPEST, self.indent + len(blanks.expandtabs(4)))
            start = self._write_words(_BLANKS_IN_LINE.sub(" ", line), size, look)
            first = start if first < 0 else first
        return first

    def _write_words(self, text: str, size: float, look: int) -> int:
        words = text.strip(" ")
        if not words:
            if text:
                self.separate(Break.BLANK)
            return -1
        if text[0] == " ":
            self.separate(Break.BLANK)
        self._flush()
        self.first = self.length
        if self.mark and self.length + len(self.mark) < self.limit:
            self.pieces.append(self.mark)
            self.length += len(self.mark)
        self.mark = ""
        start = self.length
        if start + len(words) > self.limit:
            words = words[: max(0, self.limit - start)]
            self.full = True
        self.pieces.append(words)
        self.length += len(words)
        self._record(start, size, look)
        if text[-1] == " ":
            self.separate(Break.BLANK)
        return start

    def _flush(self) -> None:
        pending = self.part()
        if self.length and pending:
            written = _WRITTEN[pending]
            self.pieces.append(written)
            self.length += len(written)
        if self.indent and (pending >= Break.LINE or not self.length):
            self.pieces.append(" " * self.indent)
            self.length += self.indent
        self.indent = 0
        if pending >= Break.LINE:
            for cell in reversed(self.cells):
                if cell.written:
                    cell.several_lines = True
                    break
        for cell in reversed(self.cells):
            if cell.written:
                break
            cell.written = True

    def _record(self, start: int, size: float, look: int) -> None:
        if self.runs:
            last = self.runs[-1]
            if last.size == size and last.look == look and start - last.end <= 1:
                last.end = self.length
                return
        self.runs.append(Run(start, self.length, size, look))


def emphasised(runs: list[Run], boxes: list[tuple[int, int]], text: str) -> tuple[tuple[int, int], ...]:
    """The spans of ``text`` that are set apart: clearly bigger or otherwise bold than most of it, or in a box."""
    sizes: dict[float, int] = {}
    looks: dict[int, int] = {}
    total = 0
    for run in runs:
        if not run.size:  # the description of a picture
            continue
        length = run.end - run.start
        total += length
        sizes[run.size] = sizes.get(run.size, 0) + length
        for bit in (1, 2, 4):
            if run.look & bit:
                looks[bit] = looks.get(bit, 0) + length
    if not total:
        return ()
    # In a very short mail the code itself may be most of the text: then the usual size is the yardstick.
    usual = max(sizes, key=lambda size: sizes[size]) if total > 120 else min(16.0, *sizes)
    telling = sum(bit for bit in (1, 2, 4) if looks.get(bit, 0) <= 0.6 * total or total <= 120)
    spans = [(r.start, r.end) for r in runs if r.look & telling or (r.size >= 1.25 * usual and r.size >= 15)]
    merged: list[tuple[int, int]] = []
    for start, end in sorted([*spans, *boxes]):
        if merged and start <= merged[-1][1] + 1 and "\n" not in text[merged[-1][1] : start]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
