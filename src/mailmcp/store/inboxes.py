"""The addresses that receive mail here."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from mailmcp.errors import AddressTaken, NotFound
from mailmcp.language.domains import spellings
from mailmcp.models import Inbox, InboxSummary
from mailmcp.store import fresh_codes, removal, search
from mailmcp.store.columns import milliseconds, moment, new_id, optional_moment


def create(
    db: sqlite3.Connection,
    *,
    address: str,
    label: str,
    display_name: str = "",
    backend: str,
    key: str | None,
    now: datetime,
    account: str | None = None,
    remote: str | None = None,
    adopted: bool = False,
) -> tuple[Inbox, bool]:
    """Make an inbox, or find the one that the same ``key`` made before: (inbox, whether it was made now).

    ``account`` is where its mail lies, when that is elsewhere; ``remote`` is what the service that keeps it calls it.
    One that was made before takes a ``display_name`` that is given now. Raises AddressTaken when the address exists and
    was not made with this key.
    """
    if key is not None:
        row = db.execute(
            "UPDATE inboxes SET display_name = CASE WHEN :name = '' THEN display_name ELSE :name END"
            " WHERE key = :key RETURNING *",
            {"key": key, "name": display_name},
        ).fetchone()
        if row is not None:
            return _inbox(row), False
    row = db.execute(
        "INSERT INTO inboxes (address, label, display_name, backend, key, created_at, account, remote, adopted)"
        " VALUES (:address, :label, :display_name, :backend, :key, :now, :account, :remote, :adopted)"
        " ON CONFLICT (address) DO NOTHING RETURNING *",
        {
            "address": address,
            "label": label,
            "display_name": display_name,
            "backend": backend,
            "key": key,
            "now": milliseconds(now),
            "account": account,
            "remote": remote,
            "adopted": int(adopted),
        },
    ).fetchone()
    if row is None:
        raise AddressTaken(f"The inbox {address} exists already: use it, or choose another name.")
    if account is not None and account == address:
        _forget_unkept(db, account)
    db.execute(
        "INSERT INTO arrivals (cursor, inbox) VALUES (:cursor, :inbox)", {"cursor": new_id("c"), "inbox": row["id"]}
    )
    return _inbox(row), True


def get(db: sqlite3.Connection, address: str) -> Inbox:
    """The inbox of an address. Raises NotFound with the way to the list."""
    row = _row(db, address)
    if row is None:
        raise _missing(address)
    return _inbox(row)


def receiving(db: sqlite3.Connection, address: str) -> Inbox:
    """The inbox that mail to an address comes into: also for ``ann+shop@`` where ``ann@`` is one. Raises NotFound."""
    inbox = for_recipient(db, address)
    if inbox is None:
        raise _missing(address)
    return inbox


def _missing(address: str) -> NotFound:
    return NotFound(
        f"There is no inbox {address}: call list_inboxes, or make one with create_inbox.",
        f"There is no inbox {address}: `mailmcp inbox list` lists those there are.",
    )


def of_key(db: sqlite3.Connection, key: str) -> Inbox | None:
    """The inbox that was made with a caller's key; None when there is none."""
    row = db.execute("SELECT * FROM inboxes WHERE key = :key", {"key": key}).fetchone()
    return _inbox(row) if row is not None else None


def for_recipient(db: sqlite3.Connection, recipient: str) -> Inbox | None:
    """The inbox that receives mail for an envelope recipient: its own address, or that with ``+detail`` (RFC 5233)."""
    local, _, domain = recipient.lower().rpartition("@")
    candidates = [f"{local}@{domain}"]
    if "+" in local:
        candidates.append(f"{local.partition('+')[0]}@{domain}")
    for candidate in candidates:
        if (row := _row(db, candidate)) is not None:
            return _inbox(row)
    return None


def _row(db: sqlite3.Connection, address: str) -> sqlite3.Row | None:
    """The row of an address, however its domain is spelled: mail comes to A-labels, people write the letters."""
    local, at, domain = address.lower().rpartition("@")
    for spelled in spellings(domain):
        found = {"address": f"{local}{at}{spelled}"}
        if (row := db.execute("SELECT * FROM inboxes WHERE address = :address", found).fetchone()) is not None:
            return row
    return None


def by_recipient(db: sqlite3.Connection, recipients: Iterable[str], *, only_here: bool = False) -> dict[str, list[str]]:
    """Envelope recipients grouped by the inbox (its address) that receives them; unknown ones are left out.

    With ``only_here`` inboxes that a service keeps are left out too.
    """
    groups: dict[str, list[str]] = {}
    for recipient in recipients:
        inbox = for_recipient(db, recipient)
        if inbox is not None and not (only_here and inbox.remote is not None):
            groups.setdefault(inbox.address, []).append(recipient)
    return groups


def summaries(db: sqlite3.Connection) -> list[InboxSummary]:
    """All inboxes, oldest first, with what is unread and when the last mail came."""
    rows = db.execute(
        "SELECT inboxes.*,"
        " (SELECT coalesce(sum(unread_count), 0) FROM threads"
        "   WHERE threads.inbox = inboxes.id AND merged_into IS NULL AND unread_count > 0) AS unread,"
        " (SELECT received_at FROM messages WHERE messages.inbox = inboxes.id AND outgoing = 0"
        "   AND position IS NOT NULL ORDER BY position DESC LIMIT 1) AS last_received_at"
        " FROM inboxes ORDER BY id"
    ).fetchall()
    return [
        InboxSummary(inbox=_inbox(row), unread=row["unread"], last_received_at=optional_moment(row["last_received_at"]))
        for row in rows
    ]


def accounts(db: sqlite3.Connection) -> frozenset[str]:
    """The accounts elsewhere in which the mail of an inbox lies."""
    rows = db.execute("SELECT DISTINCT account FROM inboxes WHERE account IS NOT NULL")
    return frozenset(row["account"] for row in rows)


def holdings(db: sqlite3.Connection, inbox: Inbox) -> dict[str, int]:
    """How many messages, threads and drafts an inbox has."""
    count: Any = db.execute(
        "SELECT (SELECT count(*) FROM messages WHERE inbox = :inbox) AS messages,"
        " (SELECT count(*) FROM threads WHERE inbox = :inbox AND merged_into IS NULL) AS threads,"
        " (SELECT count(*) FROM drafts WHERE inbox = :inbox) AS drafts",
        {"inbox": inbox.row},
    ).fetchone()
    return {"messages": count["messages"], "threads": count["threads"], "drafts": count["drafts"]}


def delete(db: sqlite3.Connection, address: str) -> dict[str, int]:
    """Remove an inbox with its mail; gives how much was removed. The audit log stays. Raises NotFound."""
    found = get(db, address)
    inbox = {"inbox": found.row}
    removed = holdings(db, found)
    search.forget_inbox(db, inbox["inbox"])
    mine = "IN (SELECT id FROM messages WHERE inbox = :inbox)"
    for table in ("deliveries", "seals", "left_as", "edits"):
        db.execute(f"DELETE FROM {table} WHERE draft IN (SELECT id FROM drafts WHERE inbox = :inbox)", inbox)
    db.execute("DELETE FROM drafts WHERE inbox = :inbox", inbox)
    for table in removal.OF_A_MESSAGE:
        db.execute(f"DELETE FROM {table} WHERE message {mine}", inbox)
    raws = [row["raw"] for row in db.execute("SELECT DISTINCT raw FROM messages WHERE inbox = :inbox", inbox)]
    db.execute("DELETE FROM messages WHERE inbox = :inbox", inbox)
    db.executemany(
        "DELETE FROM raws WHERE id = :raw AND NOT EXISTS (SELECT 1 FROM messages WHERE raw = :raw)",
        [{"raw": raw} for raw in raws],
    )
    db.execute("UPDATE threads SET merged_into = NULL WHERE inbox = :inbox", inbox)
    fresh_codes.outlive(db, found.row)
    for table in ("threads", "contacts", "arrivals", "agreed", "inbound_rules", "fetched", "fetching", "grants"):
        db.execute(f"DELETE FROM {table} WHERE inbox = :inbox", inbox)
    db.execute("DELETE FROM inboxes WHERE id = :inbox", inbox)
    db.execute("DELETE FROM meta WHERE key = :key", {"key": f"retention {found.address}"})
    return removed


def _forget_unkept(db: sqlite3.Connection, account: str) -> None:
    """The inbox of an account's own address is made again: what was let go with it is fetched as if never seen."""
    unkept = (
        "SELECT id FROM mails WHERE account = :account AND NOT EXISTS (SELECT 1 FROM messages WHERE mail = mails.id)"
    )
    db.execute(f"DELETE FROM places WHERE mail IN ({unkept})", {"account": account})
    db.execute(f"DELETE FROM mails WHERE id IN ({unkept})", {"account": account})


def newest_cursor(db: sqlite3.Connection, inbox: Inbox) -> str:
    """The cursor after everything that this inbox has announced. Raises NotFound when it was deleted meanwhile."""
    row = db.execute(
        "SELECT cursor FROM arrivals WHERE inbox = :inbox ORDER BY position DESC LIMIT 1", {"inbox": inbox.row}
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no inbox {inbox.address} any more: it was deleted.")
    return str(row["cursor"])


def newest_position(db: sqlite3.Connection, inbox: Inbox) -> int:
    """The position of everything that this inbox has announced. Raises NotFound when it was deleted."""
    return position_of(db, newest_cursor(db, inbox))


def position_of(db: sqlite3.Connection, cursor: str) -> int:
    """The position that a cursor names. Raises NotFound."""
    row = db.execute("SELECT position FROM arrivals WHERE cursor = :cursor", {"cursor": cursor}).fetchone()
    if row is None:
        raise NotFound(f"The cursor {cursor!r} is not known here: leave it out to begin anew.")
    return int(row["position"])


def _inbox(row: sqlite3.Row) -> Inbox:
    return Inbox(
        row=row["id"],
        address=row["address"],
        label=row["label"],
        display_name=row["display_name"],
        backend=row["backend"],
        created_at=moment(row["created_at"]),
        account=row["account"],
        remote=row["remote"],
        adopted=bool(row["adopted"]),
    )
