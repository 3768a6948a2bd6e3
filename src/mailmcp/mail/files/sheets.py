"""Workbooks: SpreadsheetML (ECMA-376 part 1, §18). Values as stored; dates and plain numbers as a person reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mailmcp.errors import BadInput
from mailmcp.mail.files.archives import DAMAGED, Archive, outside
from mailmcp.mail.files.cells import Unseen, is_hidden, unseen_of
from mailmcp.mail.files.office import relations
from mailmcp.mail.files.story import MAX_COLUMNS, WIDEST_GAP, Story
from mailmcp.mail.sight.numbering import written

_BOOK = "xl/workbook.xml"
_BUILT_IN_DATES: frozenset[int] = frozenset((14, 15, 16, 17, 22, *range(27, 37), *range(50, 59)))
_BUILT_IN_TIMES: frozenset[int] = frozenset((18, 19, 20, 21))
# What stands in a number format (§18.8.31) without being a letter of it: quotes, brackets, escapes, padding.
_SPOKEN = re.compile(r'"[^"]*"?|\[[^\]]*\]?|\\.|_.|\*.')
_COLUMN = re.compile(r"([A-Z]{1,3})\d{1,7}")
_LAST_DAY = 2_958_466


@dataclass(frozen=True, slots=True)
class _Book:
    sheets: tuple[tuple[str, str], ...]
    """(heading, part name) in order."""
    strings: tuple[str, ...]
    dates: frozenset[int]
    """Cell styles that show a number as a date."""
    times: frozenset[int]
    """Cell styles that show a number as a time of day."""
    unseen: Unseen
    """Cell styles that show nothing."""
    epoch: datetime


def tables(archive: Archive, limit: int) -> tuple[str, bool]:
    """The text of an .xlsx and whether it was cut, each sheet behind a line ``Sheet: name``. Raises BadInput."""
    book = _book(archive)
    story = Story(limit)
    for number, (heading, part) in enumerate(book.sheets):
        if story.full:
            break
        story.line(("\n" if number else "") + heading)
        _write_sheet(archive, part, book, story)
    return story.text(), story.full


def _book(archive: Archive) -> _Book:
    if _BOOK not in archive.names:
        raise BadInput(DAMAGED)
    targets = relations(archive, _BOOK)
    sheets: list[tuple[str, str]] = []
    epoch = datetime(1899, 12, 30, tzinfo=UTC)
    for kind, name, attributes in archive.events(_BOOK):
        if kind != "start":
            continue
        if name == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            epoch = datetime(1904, 1, 1, tzinfo=UTC)
        elif name == "sheet" and (part := targets.get(attributes.get(":id", ""), "")) in archive.names:
            hidden = "" if attributes.get("state", "visible") == "visible" else " (hidden)"
            sheets.append((f"Sheet: {' '.join(attributes.get('name', '').split())}{hidden}", part))
    dates, times = _date_styles(archive)
    return _Book(tuple(sheets), _strings(archive), dates, times, unseen_of(archive), epoch)


def _strings(archive: Archive) -> tuple[str, ...]:
    strings: list[str] = []
    pieces: list[str] = []
    in_text = False
    # rPh is how a Japanese word is pronounced.
    for kind, name, _ in outside(archive.optional("xl/sharedStrings.xml"), frozenset(("rPh",))):
        if kind == "text":
            if in_text:
                pieces.append(name)
        elif name == "t":
            in_text = kind == "start"
        elif name == "si" and kind == "end":
            # Here, not where it is shown: a million cells may show the same long string.
            strings.append(" ".join("".join(pieces).split()))
            pieces = []
    return tuple(strings)


def _date_styles(archive: Archive) -> tuple[frozenset[int], frozenset[int]]:
    dates, times = set(_BUILT_IN_DATES), set(_BUILT_IN_TIMES)
    formats: list[int] = []
    in_cells = False
    for kind, name, attributes in archive.optional("xl/styles.xml"):
        if name == "cellXfs":
            in_cells = kind == "start"
        elif kind == "start" and name == "numFmt":
            letters = _SPOKEN.sub("", attributes.get("formatCode", "")[:500]).lower()
            if "general" not in letters and ("y" in letters or "d" in letters):
                dates.add(_integer(attributes.get("numFmtId")))
            elif "h" in letters:
                times.add(_integer(attributes.get("numFmtId")))
        elif kind == "start" and name == "xf" and in_cells:
            formats.append(_integer(attributes.get("numFmtId")))
    return (
        frozenset(style for style, number in enumerate(formats) if number in dates),
        frozenset(style for style, number in enumerate(formats) if number in times),
    )


def _write_sheet(archive: Archive, part: str, book: _Book, story: Story) -> None:
    cell: Mapping[str, str] = {}
    value: list[str] = []
    formula: list[str] = []
    into: list[str] | None = None
    column = empty = left_out = 0
    hidden = False
    columns: set[int] = set()
    for kind, name, attributes in outside(archive.events(part), frozenset(("rPh",))):
        if kind == "text":
            if into is not None:
                into.append(name)
        elif name in ("v", "t"):
            into = value if kind == "start" else None
        elif name == "f":
            into = formula if kind == "start" else None
        elif name == "col" and kind == "start" and is_hidden(attributes):
            first, last = _integer(attributes.get("min"), 1), _integer(attributes.get("max"), 0)
            columns.update(range(max(0, first - 1), min(last, MAX_COLUMNS)))
        elif name == "row":
            if kind == "start":
                hidden = is_hidden(attributes)
                story.open_row()
                column = empty = 0
            else:
                story.close_row()
        elif name == "c" and kind == "start":
            cell, value, formula, into = attributes, [], [], None
        elif name == "c":
            place = _column(cell.get("r", ""), column)
            if place > column:
                _write_cell(story, "", place - column)
                empty += place - column
            text = _shown(cell, "".join(value), "".join(formula), book)
            if text and (hidden or place in columns or book.unseen.hides(_integer(cell.get("s"), 0), cell.get("t"))):
                left_out, text = left_out + 1, ""
            _write_cell(story, _after(empty, place) + text if text else "")
            empty = 0 if text else empty + 1
            column = place + 1
            if story.full:
                return
    if left_out:
        story.line(f"(cells left out that are hidden or cannot be seen: {left_out})")


def _write_cell(story: Story, text: str, times: int = 1) -> None:
    story.open_cell()
    story.open_paragraph()
    story.write(text)
    story.close_paragraph()
    story.close_cell(times)


def _after(empty: int, place: int) -> str:
    """After a gap that is not written as long as it is, the name of the column (``XFD: ``)."""
    return f"{written(place + 1, 'upper-alpha')}: " if empty > WIDEST_GAP else ""


def _column(reference: str, expected: int) -> int:
    """The column of a reference like ``AB12``, counted from 0; cells without one follow each other."""
    match = _COLUMN.fullmatch(reference)
    if match is None:
        return expected
    place = 0
    for letter in match[1]:
        place = place * 26 + ord(letter) - 64
    return place - 1 if expected < place <= MAX_COLUMNS else expected


def _shown(cell: Mapping[str, str], value: str, formula: str, book: _Book) -> str:
    kind = cell.get("t", "n")
    if kind == "s":
        place = _integer(value)
        return book.strings[place] if 0 <= place < len(book.strings) else ""
    if not value:
        return "=" + formula if formula else ""
    if kind == "b":
        return "TRUE" if value.strip() in ("1", "true") else "FALSE"
    return _number(value, _integer(cell.get("s"), 0), book) if kind == "n" else value


def _number(value: str, style: int, book: _Book) -> str:
    try:
        number = float(value[:40])
    except ValueError:
        return value
    if style in book.dates and 0 <= number < _LAST_DAY - 1_462:
        if number < 1:
            return _clock(book, number)
        moment = book.epoch + timedelta(seconds=round(number * 86_400))
        return moment.strftime("%Y-%m-%d" if number == int(number) else "%Y-%m-%d %H:%M:%S")
    if style in book.times and 0 <= number < 1:
        return _clock(book, number)
    # Sheets calculate with 15 digits: 0.10000000000000001 in the file is 0.1 on the screen.
    return f"{number:.15g}" if abs(number) < 1e15 else value


def _clock(book: _Book, number: float) -> str:
    return (book.epoch + timedelta(seconds=round(number * 86_400))).strftime("%H:%M:%S")


def _integer(value: str | None, otherwise: int = -1) -> int:
    value = (value or "").strip()
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else otherwise
