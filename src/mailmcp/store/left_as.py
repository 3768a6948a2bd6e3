"""Under which names drafts left through a service: its own for the mail, and the Message-ID that it gave it."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from mailmcp.models import Draft, Receipt
from mailmcp.store import outbox
from mailmcp.store.columns import milliseconds


def keep(db: sqlite3.Connection, draft: Draft, backend: str, receipt: Receipt | None, now: datetime) -> None:
    """Write down how the other side calls a draft, so that answers and events find it."""
    if receipt is None or receipt.provider_id is None:
        return
    db.execute(
        "INSERT INTO left_as (draft, backend, provider_id, message_id, at)"
        " VALUES (:draft, :backend, :provider_id, :message_id, :now) ON CONFLICT DO NOTHING",
        {
            "draft": draft.row,
            "backend": backend,
            "provider_id": receipt.provider_id,
            "message_id": receipt.message_id,
            "now": milliseconds(now),
        },
    )
    if receipt.message_id is not None:
        db.execute(
            "INSERT INTO mentions (inbox, mention, message) SELECT inbox, :mention, message FROM drafts"
            " WHERE id = :draft AND message IS NOT NULL ON CONFLICT DO NOTHING",
            {"mention": receipt.message_id, "draft": draft.row},
        )


def listened_for(db: sqlite3.Connection, inbox: int, backend: str, since: datetime) -> list[str]:
    """What a service calls those mails of an inbox (its row) of which more may still be heard."""
    rows = db.execute(
        "SELECT provider_id FROM left_as JOIN drafts ON drafts.id = left_as.draft"
        " WHERE left_as.backend = :backend AND inbox = :inbox AND at > :since AND ended = 0 ORDER BY at DESC LIMIT 500",
        {"backend": backend, "inbox": inbox, "since": milliseconds(since)},
    )
    return [row["provider_id"] for row in rows]


def draft_of(db: sqlite3.Connection, backend: str, provider_id: str) -> Draft | None:
    """The draft that a service calls so; None when none is known."""
    row = db.execute(
        "SELECT public_id FROM left_as JOIN drafts ON drafts.id = left_as.draft"
        " WHERE left_as.backend = :backend AND provider_id = :provider_id",
        {"backend": backend, "provider_id": provider_id},
    ).fetchone()
    return outbox.get(db, row["public_id"]) if row is not None else None


def end(db: sqlite3.Connection, backend: str, provider_id: str) -> None:
    """Nothing more is to be heard of it."""
    db.execute(
        "UPDATE left_as SET ended = 1 WHERE backend = :backend AND provider_id = :provider_id",
        {"backend": backend, "provider_id": provider_id},
    )
