"""Changes of inboxes and their lists, each in one transaction with its line in the audit log."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mailmcp.errors import BadInput, NotFound
from mailmcp.models import Draft, DraftState, Inbox
from mailmcp.store import audit, blocks, inboxes, keys, outbox, removal


def created(
    db: sqlite3.Connection, *, address: str, now: datetime, for_key: int | None = None, **how: Any
) -> tuple[Inbox, bool]:
    """Make an inbox; see ``inboxes.create``. One made ``for_key`` (its row) belongs to that key."""
    inbox, made = inboxes.create(db, address=address, now=now, **how)
    if made:
        audit.record(db, "inbox.created", now, inbox=address)
        if for_key is not None:
            keys.grant(db, for_key, inbox.row)
    return inbox, made


AT_ONCE = 20_000
"""Messages of an inbox that are deleted in one transaction, which is many times quicker: others wait for seconds."""
HOLD_SECONDS = 0.2


def thinned(db: sqlite3.Connection, inbox: Inbox) -> int:
    """Before a large inbox is deleted: take out what is beyond ``AT_ONCE``, for a moment; how many messages went.

    Raises as ``deleted`` does.
    """
    _may_be_deleted(db, inbox)
    return removal.thin_out(db, inbox.row, HOLD_SECONDS, down_to=AT_ONCE)


def deleted(db: sqlite3.Connection, inbox: Inbox, now: datetime, *, before: Mapping[str, int]) -> dict[str, int]:
    """Delete an inbox; how much of what is gone, with what went ``before``.

    Raises NotFound, and BadInput while mail of it is leaving.
    """
    for one in _may_be_deleted(db, inbox):
        outbox.withdraw(db, one, now=now, partly=True)
    removed = {kind: count + before.get(kind, 0) for kind, count in inboxes.delete(db, inbox.address).items()}
    audit.record(db, "inbox.deleted", now, inbox=inbox.address, **removed)
    return removed


def _may_be_deleted(db: sqlite3.Connection, inbox: Inbox) -> list[Draft]:
    """The open drafts of an inbox. Raises NotFound, and BadInput while mail of it is leaving.

    What is on the wire would leave without a line in the log, and a repeat of it would be a second mail. An inbox that
    somebody made meanwhile under the same address is another one, and stays.
    """
    address = inbox.address
    if inboxes.get(db, address).row != inbox.row:
        raise NotFound(f"There is no inbox {address} any more: it was deleted.")
    drafts = outbox.open_of(db, address)
    if leaving := [one.id for one in drafts if one.state in (DraftState.CLAIMED, DraftState.ON_WIRE)]:
        raise BadInput(f"{leaving[0]} is leaving {address} at this moment: delete the inbox once it has.")
    return drafts


def listed(db: sqlite3.Connection, address: str, pattern: str, allowed: bool | None, now: datetime) -> None:
    """Put a pattern on a list of an inbox, or (``allowed`` None) take it off. Raises NotFound."""
    if allowed is not None:
        blocks.put(db, address, pattern, allowed=allowed, now=now)
    elif not blocks.remove(db, address, pattern):
        raise NotFound(f"The lists of {address} do not hold {pattern}.")
    event = "inbox.unlisted" if allowed is None else "inbox.allowed" if allowed else "inbox.blocked"
    audit.record(db, event, now, inbox=address.lower(), pattern=pattern)


def released(db: sqlite3.Connection, message_id: str, now: datetime) -> None:
    """Let a message out of quarantine. Raises NotFound."""
    blocks.release(db, message_id)
    audit.record(db, "message.released", now, message=message_id)
