"""Under which names drafts left through a service: its own for the mail, and the Message-ID that it gave it."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from mailmcp.models import Draft, Receipt
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
