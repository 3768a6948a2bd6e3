"""Room that deleted mail leaves in the file of the database, given back to the disk."""

from __future__ import annotations

import sqlite3

INCREMENTAL = 2
"""What ``PRAGMA auto_vacuum`` says of a file that can be shortened step by step: every home made since."""
MOST_REWRITTEN = 256 * 1024 * 1024
"""Bytes: an older file up to this size is written anew once, which keeps other processes waiting for seconds."""


def unused(db: sqlite3.Connection) -> int:
    """Bytes of the file that hold nothing."""
    return _number(db, "freelist_count") * _number(db, "page_size")


def give_back(db: sqlite3.Connection, pages: int) -> int:
    """Inside a transaction: shorten the file by so many unused pages at most; how many bytes are left to give back."""
    if _number(db, "auto_vacuum") != INCREMENTAL:
        return 0
    db.execute(f"PRAGMA incremental_vacuum({pages})").fetchall()
    return unused(db)


def merge_words(db: sqlite3.Connection, pages: int, *, first: bool) -> bool:
    """Inside a transaction: let the index of words forget deleted mail, so many pages' work; whether there is more."""
    before = db.total_changes
    # FTS5 begins a merge of everything when the number is negative, and goes on with it when it is not.
    db.execute("INSERT INTO search (search, rank) VALUES ('merge', :pages)", {"pages": -pages if first else pages})
    return db.total_changes - before >= 2  # less: there was nothing to do (fts5, "The 'merge' Command")


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
