"""What mail services call the mails that are kept here."""

from __future__ import annotations

import sqlite3


def called(db: sqlite3.Connection, service: str, inbox: str, message_id: str) -> str | None:
    """The service's own id of the mail with this Message-ID in an inbox, received or sent; None when it has none here.

    Of two that claim the same Message-ID none is meant: a stranger may have chosen it.
    """
    at = {"service": service, "inbox": inbox, "id": message_id, "mark": f"{service} "}
    rows = db.execute(
        "SELECT substr(fingerprint, length(:mark) + 1) AS name FROM messages"
        " JOIN inboxes ON inboxes.id = messages.inbox WHERE address = lower(:inbox) AND message_id = :id"
        " AND outgoing = 0 AND substr(fingerprint, 1, length(:mark)) = :mark UNION"
        " SELECT provider_id AS name FROM left_as JOIN drafts ON drafts.id = left_as.draft"
        " JOIN inboxes ON inboxes.id = drafts.inbox WHERE address = lower(:inbox) AND left_as.backend = :service"
        " AND (left_as.message_id = :id OR drafts.message_id = :id) LIMIT 2",
        at,
    ).fetchall()
    return str(rows[0]["name"]) if len(rows) == 1 else None
