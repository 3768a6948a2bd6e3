"""The pages of an SQLite file, read without SQLite: what is left of a damaged database.

SQLite gives up at the first page that makes no sense. Here every page is looked at by itself ("Database File Format",
sqlite.org): the rows of a table are those that its root leads to, and further ones lie on leaves that nothing leads to
any more, because a page above them is gone.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mailmcp.store.varints import varint

MAGIC = b"SQLite format 3\x00"
LEAF, INTERIOR = 0x0D, 0x05
"""Pages of a table; those of an index (0x0A, 0x02) can be made anew."""
_USUAL_SIZE = 4096
"""What SQLite gives a new file, and with it every home."""
_HEADER_BYTES = 100
_FRACTIONS = bytes((64, 32, 32))
"""What stands behind the size of a page in every file: where it does not, the size means nothing either."""
_FIXED = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}

Row = tuple[int, tuple[Any, ...]]
"""(rowid, values)"""


class Unreadable(Exception):
    """A page, or a row on it, that makes no sense."""


@dataclass
class Walk:
    """What was met below one root."""

    rows: int = 0
    lost_pages: int = 0
    """Pages that should be there and cannot be read."""
    lost_rows: int = 0
    """Rows that begin on a readable page and do not end."""


@dataclass
class Pages:
    """The file, mapped into memory."""

    octets: mmap.mmap | bytes
    size: int
    """Of a page."""
    usable: int
    has_header: bool
    version: int
    """``user_version``; 0 when it cannot be read."""
    seen: set[int] = field(default_factory=set[int])
    """Pages that a root led to, or that are free."""

    @classmethod
    def of(cls, octets: mmap.mmap | bytes) -> Pages:
        """The pages of a file; a header that makes no sense is taken to say what it says in every home."""
        size, reserved, version = _USUAL_SIZE, 0, 0
        has_header = octets[:16] == MAGIC and len(octets) >= _HEADER_BYTES
        if has_header:
            size = struct.unpack(">H", octets[16:18])[0]
            size, reserved = 65536 if size == 1 else size, octets[20]
            version = struct.unpack(">I", octets[60:64])[0]
            if size < 512 or size & (size - 1) or size - reserved < 480 or octets[21:24] != _FRACTIONS:
                size, reserved, has_header = _USUAL_SIZE, 0, False
        pages = cls(octets, size, size - reserved, has_header, version)
        if has_header:
            pages._leave_out_what_is_free()
        return pages

    @property
    def count(self) -> int:
        """How many whole pages there are; rows lie at the end of a page, so that a piece of one holds none."""
        return len(self.octets) // self.size

    def page(self, number: int) -> bytes:
        """One page. Raises Unreadable beyond the end."""
        if not 1 <= number <= self.count:
            raise Unreadable
        return self.octets[(number - 1) * self.size : number * self.size]

    def tables(self) -> dict[str, int]:
        """The root of each table, as far as the first page tells."""
        roots: dict[str, int] = {}
        for _, values in self.below(1, Walk()):
            if len(values) >= 4 and values[0] == "table" and isinstance(values[1], str) and isinstance(values[3], int):
                roots.setdefault(values[1], values[3])
        return roots

    def definitions(self, walk: Walk) -> list[str]:
        """The words that made the tables, as far as the first page tells."""
        seen = set(self.seen)
        found = [values[4] for _, values in self.below(1, walk) if len(values) == 5]
        self.seen = seen  # the tables are still to be looked for
        return [text for text in found if isinstance(text, str) and text.startswith("CREATE TABLE ")]

    def below(self, root: int, walk: Walk) -> Iterator[Row]:
        """The rows that a root leads to, in order; what cannot be read is counted in ``walk``."""
        todo = [root]
        while todo:
            number = todo.pop()
            if number in self.seen and number != root:
                continue
            self.seen.add(number)
            try:
                page, start = self.page(number), 100 if number == 1 else 0
                if page[start] == LEAF:
                    yield from self._rows(page, start, walk)
                elif page[start] == INTERIOR:
                    todo += reversed(self._children(page, start))
                else:
                    raise Unreadable
            except Unreadable:
                walk.lost_pages += 1

    def strays(self) -> Iterator[tuple[int, list[Row]]]:
        """Leaves that no root led to: (number of the page, its rows)."""
        for number in range(2, self.count + 1):
            if number in self.seen or self.octets[(number - 1) * self.size] != LEAF:
                continue
            try:
                rows = list(self._rows(self.page(number), 0, Walk()))
            except Unreadable:
                continue
            if rows:
                yield number, rows

    def _rows(self, page: bytes, start: int, walk: Walk) -> Iterator[Row]:
        for at in self._cells(page, start, 8):
            try:
                row = self._row(page, at)
            except (Unreadable, IndexError, struct.error, UnicodeDecodeError):
                walk.lost_rows += 1
                continue
            walk.rows += 1
            yield row

    def _cells(self, page: bytes, start: int, head: int) -> list[int]:
        (count,) = struct.unpack_from(">H", page, start + 3)
        if count > (self.size - start - head) // 2:
            raise Unreadable
        offsets = struct.unpack_from(f">{count}H", page, start + head)
        return [at for at in offsets if start + head + 2 * count <= at < self.usable]

    def _children(self, page: bytes, start: int) -> list[int]:
        children = [struct.unpack_from(">I", page, at)[0] for at in self._cells(page, start, 12) if at + 4 <= self.size]
        return [*children, struct.unpack_from(">I", page, start + 8)[0]]

    def _row(self, page: bytes, at: int) -> Row:
        length, at = varint(page, at)
        rowid, at = varint(page, at)
        if rowid >= 2**63:
            rowid -= 2**64
        if not 0 < length <= len(self.octets):
            raise Unreadable
        most = self.usable - 35
        if length <= most:
            return rowid, _record(page[at : at + length], length)
        least = (self.usable - 12) * 32 // 255 - 23
        here = least + (length - least) % (self.usable - 4)
        here = here if here <= most else least
        pieces, have = [page[at : at + here]], here
        (following,) = struct.unpack_from(">I", page, at + here)
        while have < length:
            more = self.page(following)
            self.seen.add(following)
            piece = more[4 : min(self.usable, 4 + length - have)]
            pieces.append(piece)
            have += len(piece)
            (following,) = struct.unpack_from(">I", more, 0)
        return rowid, _record(b"".join(pieces), length)

    def _leave_out_what_is_free(self) -> None:
        """What was deleted may still stand on free pages: it stays deleted."""
        (trunk,) = struct.unpack(">I", self.octets[32:36])
        while 1 < trunk <= self.count and trunk not in self.seen:
            self.seen.add(trunk)
            page = self.page(trunk)
            following, count = struct.unpack_from(">II", page, 0)
            if count <= self.usable // 4 - 2:
                self.seen.update(struct.unpack_from(f">{count}I", page, 8))
            trunk = following


def _record(payload: bytes, length: int) -> tuple[Any, ...]:
    if len(payload) != length:
        raise Unreadable
    head, at = varint(payload, 0)
    values: list[Any] = []
    data = head
    while at < head:
        kind, at = varint(payload, at)
        width = _FIXED.get(kind, (kind - 12) // 2 if kind >= 12 else 8 if kind == 7 else 0)
        piece = payload[data : data + width]
        if len(piece) != width:
            raise Unreadable
        data += width
        if kind == 0:
            values.append(None)
        elif kind in _FIXED:
            values.append(int.from_bytes(piece, "big", signed=True))
        elif kind == 7:
            values.append(struct.unpack(">d", piece)[0])
        elif kind in (8, 9):
            values.append(kind - 8)
        elif kind >= 12:
            values.append(piece if kind % 2 == 0 else piece.decode("utf-8"))
        else:
            raise Unreadable
    if at != head or data != length:
        raise Unreadable
    return tuple(values)


def apply_log(file: Path, log: Path) -> int:
    """Write the whole transactions of a write-ahead log into the file that it belongs to; gives how many pages."""
    octets = log.read_bytes() if log.exists() else b""
    if len(octets) < 32 or octets[:4] not in (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83"):
        return 0
    size, salt = struct.unpack(">I", octets[8:12])[0], octets[16:24]
    if size < 512 or size & (size - 1):
        return 0
    waiting: dict[int, int] = {}
    whole: dict[int, int] = {}
    end = 0
    for at in range(32, len(octets) - size - 23, 24 + size):
        number, committed = struct.unpack_from(">II", octets, at)
        if octets[at + 8 : at + 16] != salt:
            break
        waiting[number] = at + 24
        if committed:
            whole |= waiting
            waiting, end = {}, committed
    with file.open("r+b") as opened:
        for number, at in whole.items():
            opened.seek((number - 1) * size)
            opened.write(octets[at : at + size])
        if end:
            opened.truncate(end * size)
    return len(whole)
