"""What was done and decided: append only, each row carrying the hash of the one before. Never bodies or secrets."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from datetime import datetime

from mailmcp.store.columns import milliseconds


def record(db: sqlite3.Connection, event: str, now: datetime, **detail: str | int | None) -> None:
    """Append one row."""
    number, previous = head(db)
    at, text = milliseconds(now), json.dumps(detail, sort_keys=True, ensure_ascii=False)
    db.execute(
        "INSERT INTO audit (id, at, event, detail, previous, hash)"
        " VALUES (:id, :at, :event, :detail, :previous, :hash)",
        {
            "id": number + 1,
            "at": at,
            "event": event,
            "detail": text,
            "previous": previous,
            "hash": _hash(previous, at, event, text),
        },
    )


def head(db: sqlite3.Connection) -> tuple[int, str]:
    """The last row and its hash, which stands for all rows before it; (0, "") when there is none."""
    row = db.execute("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    return (int(row["id"]), str(row["hash"])) if row else (0, "")


def first_broken(db: sqlite3.Connection) -> int | None:
    """The row at which the chain does not hold, or None when it holds."""
    previous = ""
    for row in db.execute("SELECT * FROM audit ORDER BY id"):
        expected = _hash(previous, row["at"], row["event"], row["detail"])
        if row["previous"] != previous or row["hash"] != expected:
            return int(row["id"])
        previous = row["hash"]
    return None


def _hash(previous: str, at: int, event: str, detail: str) -> str:
    return hashlib.sha256("\x00".join((previous, str(at), event, detail)).encode()).hexdigest()
