"""Whose words were shown to a caller while nothing is proved of them: a row for each key and inbox.

A row only grows while it stands: one conversation becomes several, one sender several. It is gone after ``STANDS``
without more such words; deleting the inbox or marking mail changes nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailmcp.models import Verdict
from mailmcp.policy.patterns import normal
from mailmcp.policy.sending import GRAVE, Taint
from mailmcp.store.columns import milliseconds

STANDS = timedelta(minutes=60)
OWNER = ""
"""The key of the one caller that stdio has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Words of a sender of whom nothing is proved, on their way to a caller."""

    inbox: str
    thread: str | None
    sender: str | None
    """None stands for several, or for nobody who could be named."""
    grave: bool


def both(one: Shown, other: Shown) -> Shown:
    """What stands for an inbox when words of both were shown, as ``add`` keeps it."""
    return Shown(
        inbox=one.inbox,
        thread=one.thread if one.thread == other.thread else None,
        sender=one.sender if one.sender == other.sender else None,
        grave=one.grave or other.grave,
    )


def of_threads(db: sqlite3.Connection, threads: Iterable[str]) -> list[Shown]:
    """Whose words a list of these conversations may show: every sender in them that is not verified."""
    rows = db.execute(
        "SELECT DISTINCT named.value AS thread, inboxes.address, from_email, messages.verdict"
        " FROM json_each(:threads) AS named"
        " CROSS JOIN threads ON threads.public_id = named.value"
        " CROSS JOIN messages ON messages.thread = coalesce(merged_into, threads.id)"
        " JOIN inboxes ON inboxes.id = messages.inbox WHERE outgoing = 0 AND messages.verdict <> 'verified'",
        {"threads": json.dumps(list(threads))},
    )
    return [_shown(row) for row in rows]


def carried(db: sqlite3.Connection, sent: Iterable[str]) -> list[Shown]:
    """Whose words our own mails (m_…) pass on: a forward holds them as much as what came."""
    rows = db.execute(
        "SELECT DISTINCT threads.public_id AS thread, inboxes.address, messages.from_email, messages.verdict"
        " FROM json_each(:sent) AS named JOIN messages AS copies ON copies.public_id = named.value"
        " JOIN drafts ON drafts.message = copies.id CROSS JOIN json_each(drafts.carries) AS passed"
        " JOIN messages ON messages.public_id = passed.value JOIN threads ON threads.id = messages.thread"
        " JOIN inboxes ON inboxes.id = messages.inbox"
        " WHERE messages.outgoing = 0 AND messages.verdict <> 'verified'",
        {"sent": json.dumps(list(sent))},
    )
    return [_shown(row) for row in rows]


def _shown(row: sqlite3.Row) -> Shown:
    return Shown(
        inbox=row["address"],
        thread=row["thread"],
        sender=normal(row["from_email"]) or None,
        grave=Verdict(row["verdict"]) in GRAVE,
    )


def add(db: sqlite3.Connection, shown: Iterable[Shown], *, key: str, now: datetime) -> None:
    """Note that these words are shown to the caller with this key."""
    for one in shown:
        db.execute(
            "INSERT INTO taints (key, inbox, thread, sender, grave, at)"
            " VALUES (:key, :inbox, :thread, :sender, :grave, :now) ON CONFLICT (key, inbox) DO UPDATE SET"
            " thread = CASE WHEN at < :gone OR thread = :thread THEN :thread END,"
            " sender = CASE WHEN at < :gone OR sender = :sender THEN :sender END,"
            " grave = CASE WHEN at < :gone THEN :grave ELSE max(grave, :grave) END, at = max(at, :now)",
            {
                "key": key,
                "inbox": one.inbox,
                "thread": one.thread,
                "sender": one.sender,
                "grave": int(one.grave),
                "now": milliseconds(now),
                "gone": milliseconds(now - STANDS),
            },
        )


def standing(db: sqlite3.Connection, *, key: str, now: datetime) -> tuple[Taint, ...]:
    """What taints this caller now, in every inbox: what is read in one can be told from another."""
    rows = db.execute(
        "SELECT thread, sender, grave FROM taints WHERE key = :key AND at >= :gone ORDER BY inbox",
        {"key": key, "gone": milliseconds(now - STANDS)},
    )
    return tuple(Taint(thread=row["thread"], sender=row["sender"], grave=bool(row["grave"])) for row in rows)
