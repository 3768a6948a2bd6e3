"""Taking single messages out of the store: their mailbox holds them no more."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence

from mailmcp.store import search, threads

OF_A_MESSAGE = ("bodies", "attachments", "mentions", "labels", "handouts", "checks", "returns")
"""The tables whose rows go with their message."""


def remove(db: sqlite3.Connection, rows: Sequence[int]) -> int:
    """Remove messages by their rows; their cursors stay known. Gives how many there were."""
    removed = 0
    for row in rows:
        this = {"row": row}
        found = db.execute("SELECT raw, thread, position FROM messages WHERE id = :row", this).fetchone()
        if found is None:
            continue
        search.forget_message(db, row)
        for table in OF_A_MESSAGE:
            db.execute(f"DELETE FROM {table} WHERE message = :row", this)
        # By its place: to look for its row would read all that was ever announced.
        db.execute("UPDATE arrivals SET message = NULL WHERE position = :position", {"position": found["position"]})
        db.execute("DELETE FROM messages WHERE id = :row", this)
        raw = {"raw": found["raw"]}
        db.execute("DELETE FROM raws WHERE id = :raw AND NOT EXISTS (SELECT 1 FROM messages WHERE raw = :raw)", raw)
        if found["thread"] is not None:
            after_removal(db, found["thread"])
        removed += 1
    return removed


def thin_out(db: sqlite3.Connection, inbox: int, seconds: float, *, down_to: int) -> int:
    """Remove the oldest messages of an inbox for so long, or until so many are left; gives how many went.

    What its drafts say of their messages goes too: they are about to go with the inbox.
    """
    until = time.monotonic() + seconds
    this = {"inbox": inbox, "keep": down_to}
    rows = db.execute(
        "SELECT id FROM messages WHERE inbox = :inbox ORDER BY id"
        " LIMIT max(0, (SELECT count(*) FROM messages WHERE inbox = :inbox) - :keep)",
        this,
    )
    removed = 0
    for row in [row["id"] for row in rows]:
        db.execute("UPDATE drafts SET message = NULL WHERE message = :row", {"row": row})
        removed += remove(db, (row,))
        if time.monotonic() >= until:
            break
    return removed


def after_removal(db: sqlite3.Connection, thread: int) -> None:
    """A conversation that lost a message: brought up to date, or gone with its last one."""
    this = {"thread": thread}
    newest = db.execute(
        "SELECT visible FROM messages JOIN bodies ON bodies.message = messages.id WHERE thread = :thread"
        " ORDER BY position DESC LIMIT 1",
        this,
    ).fetchone()
    if newest is None:
        db.execute("DELETE FROM threads WHERE merged_into = :thread", this)
        db.execute("DELETE FROM threads WHERE id = :thread", this)
        return
    line = next((line.strip() for line in newest["visible"][:4000].splitlines() if line.strip()), "")
    threads.refresh(db, thread, first_line=line[:160])
