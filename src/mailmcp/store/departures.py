"""What left this home and what of it came back: the shares by which an inbox pauses, and the pauses."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from mailmcp.errors import NotFound
from mailmcp.models import Pause
from mailmcp.policy import returning
from mailmcp.policy.patterns import normal
from mailmcp.policy.returning import Limits, Share
from mailmcp.store import audit
from mailmcp.store.columns import milliseconds, moment

KEPT = timedelta(days=400)
"""Longer than any time in which shares are counted."""
FULL_DAYS = 90

Back = Literal["bounce", "full", "complaint"]


def left(db: sqlite3.Connection, draft: str, *, inbox: str, recipients: Iterable[str], now: datetime) -> None:
    """A message was handed over for these recipients, or refused because they do not exist."""
    db.execute("DELETE FROM departures WHERE at < :before", {"before": milliseconds(now - KEPT)})
    db.executemany(
        "INSERT INTO departures (draft, inbox, recipient, at) VALUES (:draft, :inbox, :recipient, :now)"
        " ON CONFLICT DO NOTHING",
        [
            {"draft": draft, "inbox": inbox, "recipient": _kept(one), "now": milliseconds(now)}
            for one in dict.fromkeys(recipients)
        ],
    )


def came_back(
    db: sqlite3.Connection, draft: str, recipient: str, what: Back, *, inbox: str, limits: Limits, now: datetime
) -> None:
    """A message came back, or its recipient complained: the inbox pauses if that is too much."""
    left(db, draft, inbox=inbox, recipients=(recipient,), now=now)  # what left before departures were counted
    db.execute(
        "UPDATE departures SET returned = :what WHERE draft = :draft AND recipient = :recipient"
        " AND (returned IS NULL OR :what = 'complaint')",
        {"what": what, "draft": draft, "recipient": _kept(recipient)},
    )
    why = returning.pauses(share(db, inbox, limits, now), limits)
    if why is None or standing(db, inbox) is not None:
        return
    db.execute(
        "INSERT INTO pauses (inbox, since, reason) VALUES (:inbox, :now, :reason)"
        " ON CONFLICT (inbox) DO UPDATE SET since = :now, reason = :reason, lifted_at = NULL",
        {"inbox": inbox, "now": milliseconds(now), "reason": why.sentence},
    )
    audit.record(db, "inbox.paused", now, inbox=inbox, why=why.code)


def share(db: sqlite3.Connection, inbox: str, limits: Limits, now: datetime) -> Share:
    """What became of what left an inbox within the time, counted anew since a human lifted a pause."""
    row = db.execute("SELECT lifted_at FROM pauses WHERE inbox = :inbox", {"inbox": inbox}).fetchone()
    since = max(milliseconds(now - timedelta(days=limits.days)), (row["lifted_at"] or 0) if row else 0)
    found = db.execute(
        "SELECT count(*) AS total, count(DISTINCT CASE WHEN returned IN ('bounce', 'full') THEN recipient END) AS"
        " bounced, count(DISTINCT CASE WHEN returned = 'complaint' THEN recipient END) AS complained FROM departures"
        " WHERE inbox = :inbox AND at > :since",
        {"inbox": inbox, "since": since},
    ).fetchone()
    return Share(left=found["total"], bounced=found["bounced"], complained=found["complained"])


def full_before(db: sqlite3.Connection, recipient: str, now: datetime) -> int:
    """How many messages came back from a full mailbox of late."""
    row = db.execute(
        "SELECT count(*) FROM departures WHERE recipient = :recipient AND at > :since AND returned = 'full'",
        {"recipient": _kept(recipient), "since": milliseconds(now - timedelta(days=FULL_DAYS))},
    ).fetchone()
    return int(row[0])


def standing(db: sqlite3.Connection, inbox: str) -> Pause | None:
    """The pause of an inbox; None when it has none."""
    return next((one for one in pauses(db) if one.inbox == inbox), None)


def pauses(db: sqlite3.Connection) -> list[Pause]:
    """The pauses that nobody lifted, also of inboxes that are gone."""
    rows = db.execute("SELECT * FROM pauses WHERE lifted_at IS NULL ORDER BY since")
    return [Pause(inbox=row["inbox"], since=moment(row["since"]), reason=row["reason"]) for row in rows]


def lift(db: sqlite3.Connection, inbox: str, *, by: str, now: datetime) -> None:
    """A human lets an inbox send again. Raises NotFound when it does not pause."""
    changed = db.execute(
        "UPDATE pauses SET lifted_at = :now WHERE inbox = :inbox AND lifted_at IS NULL",
        {"inbox": inbox.lower(), "now": milliseconds(now)},
    )
    if changed.rowcount != 1:
        raise NotFound(f"The inbox {inbox[:100]} does not pause.")
    audit.record(db, "inbox.resumed", now, inbox=inbox.lower(), by=by)


def _kept(address: str) -> str:
    return normal(address) or address.lower()
