"""How long an inbox keeps its mail and how much of it, and what has to go by that.

Never what an open draft answers or passes on, nor anything else of its conversation; never drafts, the audit log or the
addresses that nothing is sent to.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailmcp.models import Inbox
from mailmcp.store import inboxes, removal, status
from mailmcp.store.columns import milliseconds
from mailmcp.store.outbox import OPEN

_KEY = "retention "


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What an inbox keeps; 0 is without limit."""

    days: int = 0
    octets: int = 0

    @property
    def limits(self) -> bool:
        """Whether anything may ever go by it."""
        return bool(self.days or self.octets)


def put(db: sqlite3.Connection, address: str, rule: Rule) -> Inbox:
    """Set the rule of an inbox. Raises NotFound."""
    inbox = inboxes.get(db, address)
    status.keep(db, _KEY + inbox.address, {"days": rule.days, "octets": rule.octets})
    return inbox


def of(db: sqlite3.Connection, address: str, usual: Rule) -> Rule:
    """The rule of an inbox: its own, else the usual one."""
    kept = status.kept(db, _KEY + address)
    return Rule(days=int(kept["days"]), octets=int(kept["octets"])) if kept else usual


def limited(db: sqlite3.Connection, usual: Rule) -> list[tuple[Inbox, Rule]]:
    """The inboxes from which mail may go, and by which rule."""
    found = [(one.inbox, of(db, one.inbox.address, usual)) for one in inboxes.summaries(db)]
    return [(inbox, rule) for inbox, rule in found if rule.limits]


def due(db: sqlite3.Connection, inbox: Inbox, rule: Rule, now: datetime, *, limit: int) -> list[int]:
    """The rows of messages that have to go, the oldest first, at most ``limit``."""
    before = milliseconds(now - timedelta(days=rule.days)) if rule.days else None
    over = 0
    if rule.octets:
        total = db.execute(
            "SELECT coalesce(sum(length(bytes)), 0) FROM messages JOIN raws ON raws.id = messages.raw"
            " WHERE inbox = :inbox",
            {"inbox": inbox.row},
        ).fetchone()[0]
        over = total - rule.octets
    if before is None and over <= 0:
        return []
    spared_threads, spared = _spared(db)
    rows: list[int] = []
    found = db.execute(
        "SELECT messages.id, thread, received_at, length(bytes) AS size FROM messages"
        " JOIN raws ON raws.id = messages.raw WHERE inbox = :inbox"
        " AND (judged_at IS NOT NULL OR quarantine IS NOT NULL) ORDER BY received_at, messages.id",
        {"inbox": inbox.row},
    )
    for row in found:
        old = before is not None and row["received_at"] < before
        if len(rows) == limit or not (old or over > 0):
            break
        if row["id"] not in spared and row["thread"] not in spared_threads:
            rows.append(row["id"])
            over -= row["size"]
    return rows


def remove(db: sqlite3.Connection, inbox: Inbox, rule: Rule, now: datetime, *, limit: int) -> int:
    """Take away what has to go, at most ``limit`` messages; how many."""
    rows = due(db, inbox, rule, now, limit=limit)
    db.executemany("UPDATE drafts SET message = NULL WHERE message = :row", [{"row": row} for row in rows])
    return removal.remove(db, rows)


def _spared(db: sqlite3.Connection) -> tuple[set[int], set[int]]:
    """The conversations and messages that open drafts belong to."""
    names: set[str] = set()
    rows: set[int] = set()
    states = ",".join(repr(str(state)) for state in OPEN)
    for draft in db.execute(f"SELECT answers, carries, message FROM drafts WHERE state IN ({states})"):
        names |= {draft["answers"], *json.loads(draft["carries"])} - {None}
        rows |= {draft["message"]} - {None}
    threads: set[int] = set()
    for name in names:
        found = db.execute("SELECT id, thread FROM messages WHERE public_id = :name", {"name": name}).fetchone()
        if found is not None:
            rows.add(found["id"])
            threads |= {found["thread"]} - {None}
    return threads, rows
