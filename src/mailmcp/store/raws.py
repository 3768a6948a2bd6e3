"""The bytes of messages, kept as they came.

They are written and read as a stream: bound to a statement, or read as a column, SQLite holds a value once or twice
more beside our own copy, and a message may have 25 MiB.
"""

from __future__ import annotations

import hashlib
import mmap
import sqlite3
from collections.abc import Iterator

PIECE_BYTES = 1024 * 1024

GONE = "The message is no longer there: its inbox was deleted."


def pieces(octets: bytes | mmap.mmap) -> Iterator[memoryview]:
    """The bytes bit by bit; of a mapped file only the bit that is looked at is in memory."""
    whole = memoryview(octets)
    for start in range(0, len(whole), PIECE_BYTES):
        piece = whole[start : start + PIECE_BYTES]
        yield piece
        if isinstance(octets, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):  # Windows has it not
            octets.madvise(mmap.MADV_DONTNEED, start, len(piece))


def digest(octets: bytes | mmap.mmap) -> str:
    """Their SHA-256."""
    sha256 = hashlib.sha256()
    for piece in pieces(octets):
        sha256.update(piece)
    return sha256.hexdigest()


def keep(db: sqlite3.Connection, octets: bytes | mmap.mmap, sha256: str) -> int:
    """Store the bytes of a message; gives their row."""
    row = db.execute(
        "INSERT INTO raws (sha256, bytes) VALUES (:sha256, zeroblob(:size)) RETURNING id",
        {"sha256": sha256, "size": len(octets)},
    ).fetchone()
    with db.blobopen("raws", "bytes", row["id"]) as blob:
        for piece in pieces(octets):
            blob.write(piece)
    return int(row["id"])


def kept(db: sqlite3.Connection, row: int) -> bytes:
    """The bytes by their row."""
    with db.blobopen("raws", "bytes", row, readonly=True) as blob:
        return blob.read()


def piece(db: sqlite3.Connection, row: int, start: int) -> bytes:
    """At most PIECE_BYTES of them, from ``start`` on."""
    with db.blobopen("raws", "bytes", row, readonly=True) as blob:
        blob.seek(start)
        return blob.read(PIECE_BYTES)
