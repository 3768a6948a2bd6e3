"""What a wait looks for, and what waits have given out: keyed by message, never by a code's digits."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

from mailmcp.models import StoredMessage
from mailmcp.store import fresh_codes, search, threads
from mailmcp.store.columns import milliseconds
from mailmcp.store.messages import select


def matching(
    db: sqlite3.Connection,
    inbox: int,
    *,
    after: int = 0,
    after_time: datetime | None = None,
    from_: str | None = None,
    subject: str | None = None,
    with_code: bool = False,
    newest_first: bool,
    not_handed_out_by: str | None = None,
    handed_out_by: str | None = None,
    limit: int = 20,
) -> list[StoredMessage]:
    """Messages that came into an inbox and fit a wait's filters; ``subject`` is a part of the subject."""
    clauses = ["messages.inbox = :inbox", "messages.outgoing = 0", "messages.position > :after"]
    values: dict[str, Any] = {"inbox": inbox, "after": after, "limit": limit}
    if after_time is not None:
        clauses.append("messages.received_at > :after_time")
        values["after_time"] = milliseconds(after_time)
    if from_ is not None:
        clause, values_from = threads.from_condition(from_)
        clauses.append(clause)
        values |= values_from
    if with_code:
        clauses.append("(messages.code IS NOT NULL OR messages.link IS NOT NULL)")
    if tool := not_handed_out_by or handed_out_by:
        given = "EXISTS (SELECT 1 FROM handouts WHERE handouts.message = messages.id AND handouts.tool = :tool)"
        clauses.append(given if handed_out_by else f"NOT {given}")
        values["tool"] = tool
    if subject is not None:
        clauses.append("instr(folded(messages.subject), :subject) > 0")
        values["subject"] = search.folded(subject)
        db.create_function("folded", 1, search.folded, deterministic=True)
    order = "DESC" if newest_first else "ASC"
    return select(db, f"{' AND '.join(clauses)} ORDER BY messages.position {order} LIMIT :limit", values)


def unjudged(db: sqlite3.Connection, inbox: int, *, up_to: int | None = None) -> int:
    """The row of the newest mail of an inbox that was accepted and not judged, and so cannot be found; 0 for none.

    ``up_to`` leaves out what was accepted after that row.
    """
    found = db.execute(
        "SELECT max(id) AS id FROM messages WHERE judged_at IS NULL AND outgoing = 0 AND history = 0 AND inbox = :inbox"
        " AND (:up_to IS NULL OR id <= :up_to)",
        {"inbox": inbox, "up_to": up_to},
    ).fetchone()
    return int(found["id"] or 0)


def count_unjudged(db: sqlite3.Connection) -> int:
    """How many messages are stored and not judged yet."""
    return int(db.execute("SELECT count(*) FROM messages WHERE judged_at IS NULL").fetchone()[0])


def hand_out(db: sqlite3.Connection, message: str, *, tool: str, call: str, now: datetime) -> None:
    """Note that a wait gave a message to somebody."""
    db.execute(
        "INSERT INTO handouts (tool, message, call, handed_at)"
        " SELECT :tool, id, :call, :now FROM messages WHERE public_id = :message"
        " ON CONFLICT (tool, message, call) DO UPDATE SET handed_at = :now",
        {"tool": tool, "message": message, "call": call, "now": milliseconds(now)},
    )
    fresh_codes.handed(db, message)


def was_handed_out(db: sqlite3.Connection, message: int, *, tool: str) -> bool:
    """Whether any wait of a tool was given a message."""
    find = "SELECT 1 FROM handouts WHERE tool = :tool AND message = :message LIMIT 1"
    return db.execute(find, {"tool": tool, "message": message}).fetchone() is not None


def handed_out(db: sqlite3.Connection, *, tool: str, call: str, since: datetime, inbox: int) -> StoredMessage | None:
    """The message that an identical call was given last, if that was at or after ``since``."""
    found = select(
        db,
        "messages.inbox = :inbox AND messages.id = (SELECT message FROM handouts WHERE tool = :tool AND call = :call"
        " AND handed_at >= :since ORDER BY handed_at DESC LIMIT 1)",
        {"inbox": inbox, "tool": tool, "call": call, "since": milliseconds(since)},
    )
    return found[0] if found else None
