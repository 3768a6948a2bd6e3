"""How long an inbox keeps its mail and how much of it, and what has to go by that.

Never what an open draft answers or passes on, nor anything else of its conversation; never a draft that is not over,
the audit log or the addresses that nothing is sent to. Of a draft that is over the bytes go; what became of it stays.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailmcp.models import Inbox
from mailmcp.store import inboxes, removal, status
from mailmcp.store.columns import milliseconds
from mailmcp.store.outbox import OPEN

_KEY = "retention "
_OPEN = ",".join(repr(str(state)) for state in OPEN)


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


def get(db: sqlite3.Connection, address: str, usual: Rule) -> Rule:
    """The rule of the inbox of an address. Raises NotFound."""
    return of(db, inboxes.get(db, address).address, usual)


def of(db: sqlite3.Connection, address: str, usual: Rule) -> Rule:
    """The rule of an inbox: its own, else the usual one."""
    kept = status.kept(db, _KEY + address)
    return Rule(days=int(kept["days"]), octets=int(kept["octets"])) if kept else usual


def limited(db: sqlite3.Connection, usual: Rule) -> list[tuple[Inbox, Rule]]:
    """The inboxes from which mail may go, and by which rule."""
    found = [(one.inbox, of(db, one.inbox.address, usual)) for one in inboxes.summaries(db)]
    return [(inbox, rule) for inbox, rule in found if rule.limits]


@dataclass(frozen=True, slots=True)
class Due:
    """What has to go: rows of messages, and rows of drafts whose bytes go."""

    messages: tuple[int, ...] = ()
    drafts: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.messages or self.drafts)


def due(db: sqlite3.Connection, inbox: Inbox, rule: Rule, now: datetime) -> Due:
    """What has to go, the oldest first. It reads the sizes of all that an inbox holds: ask once for a sweep."""
    before = milliseconds(now - timedelta(days=rule.days)) if rule.days else None
    over = 0
    if rule.octets:
        total = db.execute(
            "SELECT (SELECT coalesce(sum(length(bytes)), 0) FROM messages JOIN raws ON raws.id = messages.raw"
            "   WHERE inbox = :inbox)"
            f" + (SELECT coalesce(sum(length(mime)), 0) FROM drafts WHERE inbox = :inbox AND state NOT IN ({_OPEN}))",
            {"inbox": inbox.row},
        ).fetchone()[0]
        over = total - rule.octets
    if before is None and over <= 0:
        return Due()
    spared_threads, spared = _spared(db)
    rows: list[int] = []
    drafts: list[int] = []
    found = db.execute(
        "SELECT 0 AS draft, messages.id, thread, received_at AS at, length(bytes) AS size FROM messages"
        " JOIN raws ON raws.id = messages.raw WHERE inbox = :inbox"
        " AND (judged_at IS NOT NULL OR quarantine IS NOT NULL)"
        " UNION ALL SELECT 1, id, NULL, changed_at, length(mime) FROM drafts WHERE inbox = :inbox"
        f" AND state NOT IN ({_OPEN}) AND length(mime) > 0 ORDER BY at, draft, id",
        {"inbox": inbox.row},
    )
    for row in found:
        old = before is not None and row["at"] < before
        if not (old or over > 0):
            break
        if row["draft"]:
            drafts.append(row["id"])
        elif row["id"] in spared or row["thread"] in spared_threads:
            continue
        else:
            rows.append(row["id"])
        over -= row["size"]
    return Due(tuple(rows), tuple(drafts))


def remove(db: sqlite3.Connection, due: Due, seconds: float) -> tuple[Due, Due]:
    """Take away what was due, for so long: (which it was, what is left to take away).

    What an open draft has come to need since stays, and what is gone already counts for nothing.
    """
    until = time.monotonic() + seconds
    spared_threads, spared = _spared(db)
    messages, drafts = deque(due.messages), deque(due.drafts)
    gone: list[int] = []
    emptied: list[int] = []
    while messages or drafts:
        if not messages:
            row = drafts.popleft()
            empty = (
                f"UPDATE drafts SET mime = zeroblob(0) WHERE id = :row AND length(mime) > 0 AND state NOT IN ({_OPEN})"
            )
            emptied += [row] * db.execute(empty, {"row": row}).rowcount
        elif (row := messages.popleft()) not in spared and _thread(db, row) not in spared_threads:
            db.execute("UPDATE drafts SET message = NULL WHERE message = :row", {"row": row})
            gone += [row] * removal.remove(db, (row,))
        if time.monotonic() >= until:
            break
    return Due(tuple(gone), tuple(emptied)), Due(tuple(messages), tuple(drafts))


def _thread(db: sqlite3.Connection, row: int) -> int | None:
    found = db.execute("SELECT thread FROM messages WHERE id = :row", {"row": row}).fetchone()
    return found["thread"] if found else None


def _spared(db: sqlite3.Connection) -> tuple[set[int], set[int]]:
    """The conversations and messages that open drafts belong to."""
    names: set[str] = set()
    rows: set[int] = set()
    for draft in db.execute(f"SELECT answers, carries, message FROM drafts WHERE state IN ({_OPEN})"):
        names |= {draft["answers"], *json.loads(draft["carries"])} - {None}
        rows |= {draft["message"]} - {None}
    threads: set[int] = set()
    for name in names:
        found = db.execute("SELECT id, thread FROM messages WHERE public_id = :name", {"name": name}).fetchone()
        if found is not None:
            rows.add(found["id"])
            threads |= {found["thread"]} - {None}
    return threads, rows
