"""How far the inboxes of services were read, and which of their mails are still to be fetched."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from mailmcp.models import Arrival, Found, Page, RemoteInbox
from mailmcp.store import inboxes, messages
from mailmcp.store.columns import milliseconds, moment, optional_moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An inbox that a service keeps, and how far it was read."""

    row: int
    remote: RemoteInbox
    created_at: datetime
    adopted: bool
    cursor: str | None
    read_at: datetime | None
    """When the newest arrival that was met had arrived, by the service's clock."""
    events: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A mail that is to be fetched."""

    found: Found
    tries: int


def kept(db: sqlite3.Connection, backend: str) -> list[Kept]:
    """The inboxes that a service keeps for this home."""
    rows = db.execute(
        "SELECT inboxes.*, cursor, read_at, events FROM inboxes LEFT JOIN fetching ON fetching.inbox = inboxes.id"
        " WHERE backend = :backend AND remote IS NOT NULL ORDER BY inboxes.id",
        {"backend": backend},
    )
    return [
        Kept(
            row=row["id"],
            remote=RemoteInbox(address=row["address"], id=row["remote"]),
            created_at=moment(row["created_at"]),
            adopted=bool(row["adopted"]),
            cursor=row["cursor"],
            read_at=optional_moment(row["read_at"]),
            events=row["events"],
        )
        for row in rows
    ]


def unknown(db: sqlite3.Connection, inbox: int, ids: Iterable[str]) -> list[str]:
    """Those of these ids that were never met in an inbox (its row)."""
    find = "SELECT 1 FROM fetched WHERE inbox = :inbox AND id = :id"
    return [one for one in ids if db.execute(find, {"inbox": inbox, "id": one}).fetchone() is None]


def note(db: sqlite3.Connection, inbox: int, page: Page) -> int:
    """Write down what a service says it has, and where to look on; gives how many mails are new."""
    if db.execute("SELECT 1 FROM inboxes WHERE id = :inbox", {"inbox": inbox}).fetchone() is None:
        return 0  # it was deleted meanwhile
    new = 0
    for one in sorted(page.found, key=lambda one: one.at):
        record = json.dumps({"at": milliseconds(one.at), "detail": dict(one.detail)}, ensure_ascii=False)
        added = db.execute(
            "INSERT INTO fetched (inbox, id, found) VALUES (:inbox, :id, :found) ON CONFLICT DO NOTHING",
            {"inbox": inbox, "id": one.id, "found": record},
        )
        new += added.rowcount
    db.execute(
        "INSERT INTO fetching (inbox, cursor, read_at) VALUES (:inbox, :cursor, :read_at) ON CONFLICT (inbox) DO UPDATE"
        " SET cursor = coalesce(:cursor, cursor), read_at = max(coalesce(read_at, 0), coalesce(:read_at, 0))",
        {
            "inbox": inbox,
            "cursor": page.cursor,
            "read_at": max((milliseconds(one.at) for one in page.found), default=None),
        },
    )
    return new


def forget_cursor(db: sqlite3.Connection, inbox: int) -> None:
    """The service does not know it any more; which mails were met stays known."""
    db.execute("UPDATE fetching SET cursor = NULL WHERE inbox = :inbox", {"inbox": inbox})


def waiting(db: sqlite3.Connection, inbox: int, now: datetime, *, limit: int = 50) -> list[Waiting]:
    """What is to be fetched of an inbox by now, the oldest first."""
    rows = db.execute(
        "SELECT id, found, tries FROM fetched WHERE inbox = :inbox AND found IS NOT NULL AND not_before <= :now"
        " ORDER BY rowid LIMIT :limit",
        {"inbox": inbox, "now": milliseconds(now), "limit": limit},
    )
    return [Waiting(found=_found(row["id"], row["found"]), tries=row["tries"]) for row in rows]


def count_waiting(db: sqlite3.Connection, backend: str) -> int:
    """How many mails a service has that are still to be fetched."""
    found = db.execute(
        "SELECT count(*) FROM fetched JOIN inboxes ON inboxes.id = fetched.inbox"
        " WHERE backend = :backend AND found IS NOT NULL",
        {"backend": backend},
    )
    return int(found.fetchone()[0])


def take(
    db: sqlite3.Connection, inbox: int, found: Found, arrival: Arrival, *, sha256: str, history: bool
) -> list[int]:
    """Store a mail that was fetched; gives the rows of the new messages, none when it is there already."""
    if not _settle(db, inbox, found.id):
        return []
    if not inboxes.by_recipient(db, arrival.envelope.recipients):
        return []
    return messages.accept(
        db, arrival, fingerprint=f"{arrival.backend} {found.id}", sha256=sha256, history=history, read=history
    )


def skip(db: sqlite3.Connection, inbox: int, found: Found) -> None:
    """It is not to be had, and not asked for again."""
    _settle(db, inbox, found.id)


def put_off(db: sqlite3.Connection, inbox: int, found: Found, until: datetime) -> None:
    """It could not be fetched now."""
    db.execute(
        "UPDATE fetched SET not_before = :until, tries = tries + 1 WHERE inbox = :inbox AND id = :id",
        {"inbox": inbox, "id": found.id, "until": milliseconds(until)},
    )


def _settle(db: sqlite3.Connection, inbox: int, found: str) -> bool:
    """Whether it was to be fetched until now."""
    done = db.execute(
        "UPDATE fetched SET found = NULL WHERE inbox = :inbox AND id = :id AND found IS NOT NULL",
        {"inbox": inbox, "id": found},
    )
    return done.rowcount == 1


def _found(found: str, record: str) -> Found:
    said = json.loads(record)
    return Found(id=found, at=moment(said["at"]), detail=said["detail"])
