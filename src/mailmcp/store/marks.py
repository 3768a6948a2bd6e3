"""What users put on messages: the read mark and labels."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from mailmcp.errors import BadInput
from mailmcp.store import errands, threads
from mailmcp.store.accounts import MOST_LABELS


def mark(
    db: sqlite3.Connection,
    rows: Sequence[int],
    *,
    read: bool | None,
    add: Sequence[str],
    remove: Sequence[str],
    elsewhere_at: datetime | None = None,
) -> None:
    """Set messages read or unread, put labels on and take them off; those deleted meanwhile are passed over.

    With ``elsewhere_at`` (now) the accounts that their mail lies in are to be marked too.

    Raises BadInput for more than ``MOST_LABELS`` on one message.
    """
    for row in rows:
        thread = db.execute("SELECT thread FROM messages WHERE id = :row", {"row": row}).fetchone()
        if thread is None:
            continue
        if read is not None:
            db.execute("UPDATE messages SET read = :read WHERE id = :row", {"read": int(read), "row": row})
        db.executemany(
            "INSERT INTO labels (message, label) VALUES (:row, :label) ON CONFLICT DO NOTHING",
            [{"row": row, "label": label} for label in add],
        )
        db.executemany(
            "DELETE FROM labels WHERE message = :row AND label = :label",
            [{"row": row, "label": label} for label in remove],
        )
        count = db.execute("SELECT count(*) FROM labels WHERE message = :row", {"row": row}).fetchone()[0]
        if add and count > MOST_LABELS:
            raise BadInput(f"A message has at most {MOST_LABELS} labels: remove some with `remove_labels` first.")
        threads.refresh(db, thread["thread"])
    if elsewhere_at is not None:
        errands.marked(db, rows, read=read, add=add, remove=remove, now=elsewhere_at)
