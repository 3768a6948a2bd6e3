"""Which words of the index begin with some letters, read from the index's own tables.

FTS5 answers a beginning of words by putting the entries of all of them together first, a million of them for one page
of results; it answers whole words from the newest entry on. So where a beginning stands for much, and for few words,
the words themselves are asked for. The format is that of FTS5's source (``fts5_index.c``, version 4); what is not as
expected here is left to FTS5.
"""

from __future__ import annotations

import sqlite3

from mailmcp.store.varints import varint

VERSION = 4
MUCH, FEW = 64, 64
"""Pages of the index from which on it is worth it, and words up to which."""
MOST_PAGES = 256
"""Those that are read to find the words."""
_MAIN = b"0"
"""The first byte of each word in the main index; the indexes of beginnings have others."""
_PAGE_BITS = 37
_STRUCTURE = 10


class _Unexpected(Exception):
    """The index is not as it should be."""


def beginning(db: sqlite3.Connection, letters: str) -> list[str] | None:
    """All words that begin with these letters (ASCII, lower case), perhaps more than the index still has.

    None where asking for the letters is as good, or better. For a connection that has written nothing since its last
    commit: what FTS5 holds back until then is in no table.
    """
    low = _MAIN + letters.encode("ascii")
    high = low + b"\xff"
    found: set[bytes] = set()
    pages = 0
    try:
        version = db.execute("SELECT v FROM search_config WHERE k = 'version'").fetchone()
        if version is None or version[0] != VERSION:
            return None
        places: list[tuple[int, int]] = []
        for segment, start in _segments(db):
            numbers, span = _pages(db, segment, low, high)
            pages += span
            places += sorted({(segment, max(number, start)) for number in numbers})
        if pages < MUCH or len(places) > MOST_PAGES:
            return None
        for segment, number in places:
            found |= {word for word in _words(db, segment, number) if word.startswith(low)}
            if len(found) > FEW:
                return None
        words = sorted(word[len(_MAIN) :].decode("ascii") for word in found)
    except (_Unexpected, UnicodeDecodeError, IndexError, OverflowError):  # the last: no number that SQLite has
        return None
    return words if all(word.isalnum() for word in words) else None


def _segments(db: sqlite3.Connection) -> list[tuple[int, int]]:
    """The segments of the index: (number, first page). Pages before it were merged into another segment."""
    row = db.execute("SELECT block FROM search_data WHERE id = ?", (_STRUCTURE,)).fetchone()
    if row is None:
        raise _Unexpected
    record: bytes = row[0]
    at = 4  # behind a number that changes with the settings
    levels, at = varint(record, at)
    count, at = varint(record, at)
    _, at = varint(record, at)
    segments: list[tuple[int, int]] = []
    for _ in range(levels):
        _, at = varint(record, at)
        here, at = varint(record, at)
        for _ in range(here):
            number, at = varint(record, at)
            first, at = varint(record, at)
            _, at = varint(record, at)
            segments.append((number, first))
    if len(segments) != count:
        raise _Unexpected
    return segments


def _pages(db: sqlite3.Connection, segment: int, low: bytes, high: bytes) -> tuple[list[int], int]:
    """(the pages of a segment on which such words may begin, how many pages lie between the first and the last)."""
    first = db.execute(
        "SELECT pgno FROM search_idx WHERE segid = ? AND term <= ? ORDER BY term DESC LIMIT 1", (segment, low)
    ).fetchone()
    rows = db.execute(
        "SELECT pgno FROM search_idx WHERE segid = ? AND term > ? AND term < ? ORDER BY term LIMIT ?",
        (segment, low, high, FEW + 1),
    ).fetchall()
    after = db.execute(
        "SELECT pgno FROM search_idx WHERE segid = ? AND term >= ? ORDER BY term LIMIT 1", (segment, high)
    ).fetchone()
    numbers = [row[0] >> 1 for row in ([first] if first else []) + rows]  # the lowest bit says something else
    if not numbers:
        return [], 0
    end = after[0] >> 1 if after else numbers[-1] + 1
    return numbers, end - numbers[0]


def _words(db: sqlite3.Connection, segment: int, number: int) -> list[bytes]:
    """The words that begin on a page, in order."""
    row = db.execute("SELECT block FROM search_data WHERE id = ?", ((segment << _PAGE_BITS) + number,)).fetchone()
    if row is None or len(row[0]) < 4:
        raise _Unexpected
    page: bytes = row[0]
    end = int.from_bytes(page[2:4], "big")
    words: list[bytes] = []
    word, at, offset = b"", end, 0
    while at < len(page):
        step, at = varint(page, at)
        offset += step
        kept, start = (0, offset) if not words else varint(page, offset)
        size, start = varint(page, start)
        if kept > len(word) or start + size > end:
            raise _Unexpected
        word = word[:kept] + page[start : start + size]
        words.append(word)
    return words
