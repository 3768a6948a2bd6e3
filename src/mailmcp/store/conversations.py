"""A conversation as it is read: its messages with their text."""

from __future__ import annotations

import sqlite3

from mailmcp.errors import NotFound
from mailmcp.models import Conversation
from mailmcp.store import inboxes, messages, threads


def read(db: sqlite3.Connection, target: str, *, after: str | None = None, inclusive: bool = False) -> Conversation:
    """The messages of a thread (t_…), from after a cursor, or one message (m_…) alone. Raises NotFound.

    ``inclusive`` begins with the message that the cursor stands after.
    """
    if target.startswith("m_"):
        message = messages.get(db, target)
        thread, found = message.thread, [message]
    elif target.startswith("t_"):
        thread = target
        position = inboxes.position_of(db, after) - int(inclusive) if after else None
        found = messages.of_thread(db, threads.get(db, target)[0], after=position)
    else:
        raise NotFound(f"{target[:60]!r} is no thread (t_…) or message (m_…): find_mail lists the threads there are.")
    row, inbox = threads.get(db, thread)
    return Conversation(
        thread=found[0].thread if found else thread,
        inbox=inbox,
        count=messages.count_of_thread(db, row),
        newest=messages.newest_of_thread(db, row),
        messages=tuple((message, messages.channels(db, message.row)) for message in found),
    )
