"""Room that deleted mail leaves in the file of the database, given back to the disk."""

from __future__ import annotations

import sqlite3
import time

INCREMENTAL = 2
"""What ``PRAGMA auto_vacuum`` says of a file that can be shortened step by step: every home made since."""
MOST_REWRITTEN = 256 * 1024 * 1024
"""Bytes: an older file up to this size is written anew once, which keeps other processes waiting for seconds."""

_MERGED = 50
"""Pages of the index that are merged between two looks at the clock."""


def unused(db: sqlite3.Connection) -> int:
    """Bytes of the file that hold nothing."""
    return _number(db, "freelist_count") * _number(db, "page_size")


def give_back(db: sqlite3.Connection, seconds: float) -> int:
    """Inside a transaction: shorten the file for so long; how many bytes are left to give back."""
    until = time.monotonic() + seconds
    if _number(db, "auto_vacuum") != INCREMENTAL:
        return 0
    while _number(db, "freelist_count"):
        # sqlite3 steps a statement without columns once, which is one page, whatever number stands here (Python 3.11).
        db.execute("PRAGMA incremental_vacuum(1)")
        if time.monotonic() >= until:
            break
    return unused(db)


def merge_words(db: sqlite3.Connection, seconds: float, *, first: bool) -> bool:
    """Inside a transaction: let the index of words forget deleted mail, for so long; whether there is more of it."""
    until = time.monotonic() + seconds
    pages = -_MERGED if first else _MERGED  # FTS5 begins a merge of everything when it is negative, else it goes on
    while True:
        before = db.total_changes
        db.execute("INSERT INTO search (search, rank) VALUES ('merge', :pages)", {"pages": pages})
        if db.total_changes - before < 2:  # there was nothing to do (fts5, "The 'merge' Command")
            return False
        if time.monotonic() >= until:
            return True
        pages = _MERGED


def is_worth_rewriting(db: sqlite3.Connection) -> bool:
    """Whether an older file, which cannot be shortened, is mostly empty and small enough to be written anew."""
    size = _number(db, "page_count") * _number(db, "page_size")
    return _number(db, "auto_vacuum") != INCREMENTAL and size <= MOST_REWRITTEN and 2 * unused(db) > size


def rewrite(db: sqlite3.Connection) -> None:
    """Outside of a transaction: write the file anew, so that it can be shortened step by step from now on."""
    db.execute(f"PRAGMA auto_vacuum = {INCREMENTAL}")
    db.execute("VACUUM")


def _number(db: sqlite3.Connection, pragma: str) -> int:
    return int(db.execute(f"PRAGMA {pragma}").fetchone()[0])
