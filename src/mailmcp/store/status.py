"""What processes of this home tell each other: where the listener and the approval page are, how accounts elsewhere
are, the policy, and that somebody waits."""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import asdict
from datetime import datetime
from typing import Any

from mailmcp.models import AccountStatus, ListenerStatus
from mailmcp.store.columns import milliseconds, optional_moment


def set_listener(db: sqlite3.Connection, value: ListenerStatus | None) -> None:
    """Write down where the listener is; None when it was closed."""
    if value is None:
        db.execute("DELETE FROM meta WHERE key = 'listener'")
        return
    keep(db, "listener", asdict(value))


def listener(db: sqlite3.Connection) -> ListenerStatus | None:
    """Where the listener is, as its process said; None when there is none."""
    found = kept(db, "listener")
    return ListenerStatus(**found) if found else None


def set_page(db: sqlite3.Connection, address: str | None, *, remember: bool = True) -> None:
    """Write down where the approval page is (None: nowhere now); with ``remember`` its port is kept for later."""
    if address is None:
        db.execute("DELETE FROM meta WHERE key = 'page'")
        return
    port = address.rstrip("/").rpartition(":")[2]
    for key, value in (("page", address), *([("page_port", port)] if remember else [])):
        _put(db, key, value)


def page(db: sqlite3.Connection) -> str | None:
    """The address of the approval page; None when no process serves it."""
    row = db.execute("SELECT value FROM meta WHERE key = 'page'").fetchone()
    return str(row["value"]) if row else None


def page_port(db: sqlite3.Connection) -> int | None:
    """The port that the approval page of this home had the last time."""
    row = db.execute("SELECT value FROM meta WHERE key = 'page_port'").fetchone()
    return int(row["value"]) if row and row["value"].isdecimal() else None


LEADER_SETTINGS = "leader_settings"
"""What the leading process uses, as it said, and what proves that."""


def newer(version: str, *, than: str) -> bool:
    """Whether a version such as 0.10.1 comes after another."""
    return _parts(version) > _parts(than)


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0]))


def keep(db: sqlite3.Connection, key: str, value: dict[str, Any]) -> None:
    """Keep a record for the processes to come."""
    _put(db, key, json.dumps(value, ensure_ascii=False, sort_keys=True))


def kept(db: sqlite3.Connection, key: str) -> dict[str, Any] | None:
    """A record that an earlier process kept; None when there is none."""
    row = db.execute("SELECT value FROM meta WHERE key = :key", {"key": key}).fetchone()
    return json.loads(row["value"]) if row else None


MOST_CLIENTS = 20


def keep_client(db: sqlite3.Connection, declared: dict[str, Any]) -> None:
    """What a client said of itself; of the clients that were here the latest are kept."""
    name = " ".join(str(declared.get(one, "")) for one in ("client", "version", "protocol", "transport"))
    keep(db, f"client {name}", declared)
    db.execute(
        "DELETE FROM meta WHERE key LIKE 'client %' AND key NOT IN (SELECT key FROM meta WHERE key LIKE 'client %'"
        " ORDER BY json_extract(value, '$.at') DESC LIMIT :most)",
        {"most": MOST_CLIENTS},
    )


def clients(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """What clients said of themselves, the latest last."""
    rows = db.execute("SELECT value FROM meta WHERE key LIKE 'client %' ORDER BY json_extract(value, '$.at'), key")
    return [json.loads(row["value"]) for row in rows]


def set_account(db: sqlite3.Connection, value: AccountStatus) -> None:
    """Write down how it stands with an account elsewhere."""
    keep(db, f"account {value.account}", asdict(value))


def accounts(db: sqlite3.Connection) -> tuple[AccountStatus, ...]:
    """How it stands with the accounts, as the leading process said last."""
    rows = db.execute("SELECT value FROM meta WHERE key LIKE 'account %' ORDER BY key").fetchall()
    return tuple(AccountStatus(**json.loads(row["value"])) for row in rows)


def polled(db: sqlite3.Connection) -> bool:
    """Whether the server of an account does not tell of new mail by itself, so that it helps to know who waits."""
    return any(one.connected and one.watch != "idle" for one in accounts(db))


def set_awaited(db: sqlite3.Connection, until: datetime) -> None:
    """Somebody waits for mail until then."""
    db.execute(
        "INSERT INTO meta (key, value) VALUES ('awaited', :until) ON CONFLICT (key) DO UPDATE"
        " SET value = max(CAST(value AS INTEGER), :until)",
        {"until": milliseconds(until)},
    )


def awaited(db: sqlite3.Connection, now: datetime) -> bool:
    """Whether somebody waits, in whichever process."""
    row = db.execute("SELECT value FROM meta WHERE key = 'awaited'").fetchone()
    return row is not None and int(row["value"]) > milliseconds(now)


def set_awaited_in(db: sqlite3.Connection, inbox: int, until: datetime, now: datetime) -> None:
    """Somebody waits for mail of this inbox (its row) until then."""
    db.execute("DELETE FROM meta WHERE key LIKE 'awaited in %' AND CAST(value AS INTEGER) <= :now", _at(now))
    _put(db, f"awaited in {inbox}", str(milliseconds(until)))


def awaited_in(db: sqlite3.Connection, now: datetime) -> frozenset[int]:
    """The rows of the inboxes for whose mail somebody waits, in whichever process."""
    rows = db.execute(
        "SELECT key FROM meta WHERE key LIKE 'awaited in %' AND CAST(value AS INTEGER) > :now", _at(now)
    ).fetchall()
    return frozenset(int(row["key"].rpartition(" ")[2]) for row in rows)


def _at(now: datetime) -> dict[str, int]:
    return {"now": milliseconds(now)}


def set_service(
    db: sqlite3.Connection, service: str, trouble: str, looked_at: datetime | None, stream: str = ""
) -> None:
    """Write down how it stands with a service, and with what it tells by itself."""
    at = milliseconds(looked_at) if looked_at else None
    keep(db, f"service {service}", {"trouble": trouble, "looked_at": at, "stream": stream})


def service(db: sqlite3.Connection, name: str) -> tuple[str, datetime | None, str]:
    """How it stands with a service, as the leading process said last: (its trouble, when it was looked at, stream)."""
    found = kept(db, f"service {name}") or {}
    return found.get("trouble", ""), optional_moment(found.get("looked_at")), found.get("stream", "")


def _put(db: sqlite3.Connection, key: str, value: str) -> None:
    db.execute(
        "INSERT INTO meta (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = :value",
        {"key": key, "value": value},
    )
