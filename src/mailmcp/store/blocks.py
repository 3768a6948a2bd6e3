"""Whose mail an inbox takes and whose it does not, and the mail that was kept apart because of that."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from mailmcp.errors import NotFound
from mailmcp.models import Address, QuarantinedMessage
from mailmcp.policy import receiving
from mailmcp.store import inboxes
from mailmcp.store.columns import milliseconds, moment


def put(db: sqlite3.Connection, address: str, pattern: str, *, allowed: bool, now: datetime) -> None:
    """Let an inbox take or refuse the mail of whoever fits a pattern. Raises NotFound."""
    db.execute(
        "INSERT INTO inbound_rules (inbox, pattern, allowed, at) VALUES (:inbox, :pattern, :allowed, :now)"
        " ON CONFLICT (inbox, pattern) DO UPDATE SET allowed = :allowed, at = :now",
        {
            "inbox": inboxes.get(db, address).row,
            "pattern": pattern,
            "allowed": int(allowed),
            "now": milliseconds(now),
        },
    )


def remove(db: sqlite3.Connection, address: str, pattern: str) -> bool:
    """Forget what was said of a pattern; whether anything was. Raises NotFound."""
    gone = db.execute(
        "DELETE FROM inbound_rules WHERE inbox = :inbox AND pattern = :pattern",
        {"inbox": inboxes.get(db, address).row, "pattern": pattern},
    )
    return gone.rowcount == 1


def rules(db: sqlite3.Connection, inbox: int) -> dict[str, bool]:
    """The patterns of an inbox, and whether each allows."""
    rows = db.execute(
        "SELECT pattern, allowed FROM inbound_rules WHERE inbox = :inbox ORDER BY pattern", {"inbox": inbox}
    )
    return {row["pattern"]: bool(row["allowed"]) for row in rows}


def refused_at_the_door(db: sqlite3.Connection, recipient: str, mail_from: str) -> bool:
    """Whether the inbox of a recipient refuses a message with this envelope sender before it is read."""
    inbox = inboxes.for_recipient(db, recipient)
    return inbox is not None and receiving.refused_at_the_door(rules(db, inbox.row), mail_from)


def kept_out(db: sqlite3.Connection, row: int, author: Address | None, subject: str, now: datetime) -> bool:
    """Put a message that was just judged into quarantine, if its inbox does not take mail of its sender.

    It is in no conversation then, in no list and no index: nothing but ``quarantined`` finds it.
    """
    message = db.execute(
        "SELECT inbox, mail_from, outgoing, quarantine FROM messages WHERE id = :row", {"row": row}
    ).fetchone()
    if message is None or message["outgoing"] or message["quarantine"] == "released":
        return False
    lists = rules(db, message["inbox"])
    email = author.email if author else ""
    if not lists or not receiving.blocked(lists, author=email, mail_from=message["mail_from"]):
        return False
    db.execute(
        "UPDATE messages SET quarantine = 'blocked', judged_at = :now, subject = :subject, from_name = :name,"
        " from_email = :email WHERE id = :row",
        {
            "row": row,
            "now": milliseconds(now),
            "subject": subject,
            "name": author.name if author else "",
            "email": email.lower(),
        },
    )
    return True


def quarantined(db: sqlite3.Connection, *, limit: int = 200) -> list[QuarantinedMessage]:
    """The newest messages that are kept apart."""
    rows = db.execute(
        "SELECT messages.public_id, inboxes.address, from_name, from_email, mail_from, subject, received_at FROM"
        " messages JOIN inboxes ON inboxes.id = messages.inbox WHERE quarantine = 'blocked' ORDER BY messages.id DESC"
        " LIMIT :limit",
        {"limit": limit},
    )
    return [
        QuarantinedMessage(
            id=row["public_id"],
            inbox=row["address"],
            from_=Address(row["from_name"], row["from_email"] or row["mail_from"]),
            subject=row["subject"],
            received_at=moment(row["received_at"]),
        )
        for row in rows
    ]


def release(db: sqlite3.Connection, public_id: str) -> None:
    """Let a message in after all: it is judged again, as if it had just come. Raises NotFound."""
    changed = db.execute(
        "UPDATE messages SET quarantine = 'released', judged_at = NULL"
        " WHERE public_id = :id AND quarantine = 'blocked'",
        {"id": public_id},
    )
    if changed.rowcount != 1:
        raise NotFound(
            f"There is no message {public_id[:60]} in quarantine: `mailmcp quarantine` lists those there are."
        )
