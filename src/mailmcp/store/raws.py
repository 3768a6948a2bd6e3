"""The bytes of messages, kept as they came.

They are written and read as a stream: bound to a statement, or read as a column, SQLite holds a value once or twice
more beside our own copy, and a message may have 25 MiB.
"""

from __future__ import annotations

import sqlite3

PIECE_BYTES = 1024 * 1024


def keep(db: sqlite3.Connection, octets: bytes, sha256: str) -> int:
    """Store the bytes of a message; gives their row."""
    row = db.execute(
        "INSERT INTO raws (sha256, bytes) VALUES (:sha256, zeroblob(:size)) RETURNING id",
        {"sha256": sha256, "size": len(octets)},
    ).fetchone()
    pieces = memoryview(octets)
    with db.blobopen("raws", "bytes", row["id"]) as blob:
        for start in range(0, len(pieces), PIECE_BYTES):
            blob.write(pieces[start : start + PIECE_BYTES])
    return int(row["id"])


def kept(db: sqlite3.Connection, row: int) -> bytes:
    """The bytes by their row."""
    with db.blobopen("raws", "bytes", row, readonly=True) as blob:
        return blob.read()
