"""Who an inbox has had mail from or sent mail to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from mailmcp.models import Address
from mailmcp.store.columns import milliseconds

NEVER = 2**62
"""Milliseconds that no moment has."""
MOST_KNOWN = 500
"""People, the newest, with whom somebody new is compared."""


def met(db: sqlite3.Connection, inbox: int, people: Iterable[Address], *, outgoing: bool, now: datetime) -> None:
    """Count a message from (or, outgoing, to) each of these people."""
    db.executemany(
        "INSERT INTO contacts (inbox, email, name, received, sent, first_seen, last_seen)"
        " VALUES (:inbox, :email, :name, :received, :sent, :now, :now)"
        " ON CONFLICT (inbox, email) DO UPDATE SET received = received + :received, sent = sent + :sent,"
        " last_seen = :now, name = CASE WHEN :name = '' THEN name ELSE :name END",
        [
            {
                "inbox": inbox,
                "email": person.email.lower(),
                "name": person.name,
                "received": int(not outgoing),
                "sent": int(outgoing),
                "now": milliseconds(now),
            }
            for person in people
        ],
    )


def known(db: sqlite3.Connection, inbox: int) -> list[tuple[str, bool]]:
    """Whom an inbox (its row) wrote to or saw verified, newest first, and whether it wrote to them."""
    rows = db.execute(
        "SELECT email, sent FROM contacts WHERE inbox = :inbox AND (sent > 0 OR verified > 0)"
        " ORDER BY last_seen DESC LIMIT :most",
        {"inbox": inbox, "most": MOST_KNOWN},
    ).fetchall()
    return [(row["email"], row["sent"] > 0) for row in rows]


def acquaintances(db: sqlite3.Connection, message: int, email: str) -> tuple[bool, list[Address]]:
    """Of the inbox of a message: whether it met an address, and whom it wrote to or saw verified, newest first."""
    this = db.execute("SELECT inbox, judged_at FROM messages WHERE id = :message", {"message": message}).fetchone()
    who = {
        "inbox": this["inbox"] if this else None,
        "email": email,
        # A message that was judged has made its sender known at that moment: what is asked is who was known before.
        "before": this["judged_at"] if this and this["judged_at"] is not None else NEVER,
    }
    rows = db.execute(
        "SELECT name, email FROM contacts WHERE inbox = :inbox AND (sent > 0 OR verified > 0)"
        " AND NOT (email = :email AND first_seen >= :before) ORDER BY last_seen DESC LIMIT :most",
        {**who, "most": MOST_KNOWN},
    ).fetchall()
    met_before = db.execute(
        "SELECT 1 FROM contacts WHERE inbox = :inbox AND email = :email AND first_seen < :before", who
    ).fetchone()
    return met_before is not None, [Address(row["name"], row["email"]) for row in rows]
