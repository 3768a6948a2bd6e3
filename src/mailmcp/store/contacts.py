"""Who an inbox has had mail from or sent mail to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from mailmcp.models import Address
from mailmcp.store.columns import milliseconds


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


def acquaintances(db: sqlite3.Connection, message: int, email: str) -> tuple[bool, list[Address]]:
    """Of the inbox of a message: whether it met an address, and whom it wrote to or saw verified, newest first."""
    inbox = db.execute("SELECT inbox FROM messages WHERE id = :message", {"message": message}).fetchone()
    who = {"inbox": inbox["inbox"] if inbox else None, "email": email}
    met_before = db.execute("SELECT 1 FROM contacts WHERE inbox = :inbox AND email = :email", who).fetchone()
    rows = db.execute(
        "SELECT name, email FROM contacts WHERE inbox = :inbox AND (sent > 0 OR verified > 0)"
        " ORDER BY last_seen DESC LIMIT 500",
        who,
    ).fetchall()
    return met_before is not None, [Address(row["name"], row["email"]) for row in rows]
