"""What one process tells the others of this home: where the listener is."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from typing import Any

from mailmcp.models import ListenerStatus


def set_listener(db: sqlite3.Connection, value: ListenerStatus | None) -> None:
    """Write down where the listener is; None when it was closed."""
    if value is None:
        db.execute("DELETE FROM meta WHERE key = 'listener'")
        return
    db.execute(
        "INSERT INTO meta (key, value) VALUES ('listener', :value) ON CONFLICT (key) DO UPDATE SET value = :value",
        {"value": json.dumps(asdict(value))},
    )


def listener(db: sqlite3.Connection) -> ListenerStatus | None:
    """Where the listener is, as its process said; None when there is none."""
    row = db.execute("SELECT value FROM meta WHERE key = 'listener'").fetchone()
    return ListenerStatus(**json.loads(row["value"])) if row else None


def keep(db: sqlite3.Connection, key: str, value: dict[str, Any]) -> None:
    """Keep a record for the processes to come."""
    db.execute(
        "INSERT INTO meta (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = :value",
        {"key": key, "value": json.dumps(value, ensure_ascii=False, sort_keys=True)},
    )


def kept(db: sqlite3.Connection, key: str) -> dict[str, Any] | None:
    """A record that an earlier process kept; None when there is none."""
    row = db.execute("SELECT value FROM meta WHERE key = :key", {"key": key}).fetchone()
    return json.loads(row["value"]) if row else None
