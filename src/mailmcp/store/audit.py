"""What was done and decided: append only, each row carrying the hash of the one before. Never bodies or secrets.

Triggers refuse every change of what was written. Who removes them and changes a row breaks the chain; who writes the
chain anew, or removes rows from its end, contradicts what was noted outside of the database (``heads``).
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from mailmcp.models import AuditCheck, AuditRow
from mailmcp.store.columns import milliseconds, moment


class Noted(Protocol):
    """What was noted of rows when they were written (``heads.Note``)."""

    @property
    def first(self) -> int: ...
    @property
    def last(self) -> int: ...
    @property
    def hash(self) -> str: ...
    @property
    def how(self) -> str: ...


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
    for number, row in enumerate(db.execute("SELECT * FROM audit ORDER BY id"), 1):
        expected = _hash(previous, row["at"], row["event"], row["detail"])
        if row["id"] != number or row["previous"] != previous or row["hash"] != expected:
            return int(row["id"])
        previous = row["hash"]
    return None


def rows(db: sqlite3.Connection, *, after: int = 0, limit: int = 1_000) -> list[AuditRow]:
    """The rows behind a number, oldest first."""
    found = db.execute(
        "SELECT * FROM audit WHERE id > :after ORDER BY id LIMIT :limit", {"after": after, "limit": limit}
    ).fetchall()
    return [
        AuditRow(
            id=row["id"],
            at=moment(row["at"]),
            event=row["event"],
            detail=json.loads(row["detail"]),
            hash=row["hash"],
        )
        for row in found
    ]


def verified(db: sqlite3.Connection, notes: Iterable[Noted], *, head_: tuple[int, str] | None = None) -> AuditCheck:
    """Hold the log against itself and against what was noted outside; ``head_`` is what somebody else noted."""
    number, digest = head(db)
    notes = list(notes)
    late = tuple((note.first, note.last) for note in notes if note.how == "late")
    begun = next((note.last for note in notes if note.how == "begun"), 0)

    def result(broken: int | None, why: str = "") -> AuditCheck:
        return AuditCheck(rows=number, head=digest, broken=broken, why=why, late=late, begun=begun)

    found = first_broken(db)
    # What is missing at the end, or was written anew from somewhere on, hangs together by itself.
    elsewhere = [(note.first, note.last, note.hash) for note in notes]
    elsewhere += [(head_[0], *head_)] if head_ is not None else []
    differing = [row for one in elsewhere if (row := _against(db, *one, number)) is not None]
    missing = min(differing) if differing else None
    if found is not None and (missing is None or found <= missing):
        return result(found, "it was changed, or a row before it was removed, added or moved")
    if missing is not None:
        gone = missing > number
        return result(missing, "it was removed" if gone else "it is not what was noted when it was written")
    expected = 1
    for note in sorted(notes, key=lambda one: (one.first, one.last)):
        if note.first > expected:
            break
        expected = max(expected, note.last + 1)
    if expected <= number:
        return result(expected, "nothing was noted outside of the database when it was written")
    return result(None)


def _against(db: sqlite3.Connection, first: int, last: int, digest: str, number: int) -> int | None:
    """The first row that cannot be what a note says; None when it holds."""
    if last > number:
        return max(first, number + 1)
    row = db.execute("SELECT hash FROM audit WHERE id = :id", {"id": last}).fetchone()
    return None if row is not None and digest and str(row["hash"]).startswith(digest) else first


def _hash(previous: str, at: int, event: str, detail: str) -> str:
    return hashlib.sha256("\x00".join((previous, str(at), event, detail)).encode()).hexdigest()
