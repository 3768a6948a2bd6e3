"""Codes and links that arrived within the last hour: what no mail may carry out unseen, wherever its own mail went."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from mailmcp.models import Codes
from mailmcp.policy.leaks import Fresh
from mailmcp.store.columns import milliseconds

LASTS = timedelta(hours=1)
"""So long a code that arrived is looked for in what leaves; then it is forgotten."""


def keep(db: sqlite3.Connection, message: str, inbox: int, found: Codes, *, received_at: int, now: datetime) -> None:
    """Remember what a message (m_…) of an inbox (its row) brought, if it is fresh."""
    if received_at < milliseconds(now - LASTS):
        return
    codes = dict.fromkeys(filter(None, (found.code, *found.others)))
    links = dict.fromkeys(filter(None, (found.link, *found.other_links)))
    words = [*(("code", code) for code in codes), *(("link", link) for link in links)]
    db.executemany(
        "INSERT INTO fresh_codes (message, inbox, kind, word, at) VALUES (:message, :inbox, :kind, :word, :at)"
        " ON CONFLICT DO NOTHING",
        [{"message": message, "inbox": inbox, "kind": kind, "word": word, "at": received_at} for kind, word in words],
    )


def handed(db: sqlite3.Connection, message: str) -> None:
    """A message was given to somebody."""
    db.execute("UPDATE fresh_codes SET handed = 1 WHERE message = :message", {"message": message})


def outlive(db: sqlite3.Connection, inbox: int) -> None:
    """An inbox (its row) is about to be deleted: whoever could read it still may not pass on what came."""
    db.execute(
        "UPDATE fresh_codes SET readers = (SELECT json_group_array(key) FROM grants WHERE grants.inbox = :inbox)"
        " WHERE inbox = :inbox",
        {"inbox": inbox},
    )


def standing(db: sqlite3.Connection, now: datetime, *, limit: int) -> list[Fresh]:
    """What arrived of late, in any inbox: what a caller was given, then the newest.

    Else whoever floods an inbox with codes would drive out the one that is worth something.
    """
    rows = db.execute(
        "SELECT message, kind, word FROM fresh_codes WHERE at >= :since ORDER BY handed DESC, at DESC LIMIT :limit",
        {"since": milliseconds(now - LASTS), "limit": limit},
    )
    return [
        Fresh(message=row["message"], code=row["word"])
        if row["kind"] == "code"
        else Fresh(message=row["message"], link=row["word"])
        for row in rows
    ]


def forget(db: sqlite3.Connection, now: datetime) -> int:
    """What is fresh no more goes; how many."""
    return db.execute("DELETE FROM fresh_codes WHERE at < :before", {"before": milliseconds(now - LASTS)}).rowcount


def any_stale(db: sqlite3.Connection, now: datetime) -> bool:
    """Whether there is something to forget."""
    find = "SELECT 1 FROM fresh_codes WHERE at < :before LIMIT 1"
    return db.execute(find, {"before": milliseconds(now - LASTS)}).fetchone() is not None
