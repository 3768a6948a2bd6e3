"""Events that providers posted, by their ids: one that was taken is known when it is delivered again."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from mailmcp.store.columns import milliseconds

KEPT = timedelta(days=3)
"""Providers try for 30 hours at most, and a signature counts for minutes."""


def is_taken(db: sqlite3.Connection, backend: str, event: str) -> bool:
    """Whether this event was taken before."""
    find = "SELECT 1 FROM hooks WHERE backend = :backend AND event = :event"
    return db.execute(find, {"backend": backend, "event": event}).fetchone() is not None


def take(db: sqlite3.Connection, backend: str, event: str, now: datetime) -> None:
    """What it told of is stored: from here on it is known."""
    db.execute("DELETE FROM hooks WHERE taken_at < :old", {"old": milliseconds(now - KEPT)})
    db.execute(
        "INSERT INTO hooks (backend, event, taken_at) VALUES (:backend, :event, :now) ON CONFLICT DO NOTHING",
        {"backend": backend, "event": event, "now": milliseconds(now)},
    )
