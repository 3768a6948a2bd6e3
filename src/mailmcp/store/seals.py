"""By whose leave each draft goes."""

from __future__ import annotations

import sqlite3

from mailmcp.models import Approval, Draft, Leave, Seal
from mailmcp.store.columns import milliseconds, moment


def put(db: sqlite3.Connection, draft: Draft, seal: Seal) -> None:
    """Write down the leave of a draft; there is one at a time."""
    given = seal.approval
    db.execute(
        "INSERT INTO seals (draft, revision, sha256, decision, approver, expires_at, nonce, mac, signature)"
        " VALUES (:draft, :revision, :sha256, :decision, :approver, :expires_at, :nonce, :mac, :signature)"
        " ON CONFLICT (draft) DO UPDATE SET revision = :revision, sha256 = :sha256, decision = :decision,"
        " approver = :approver, expires_at = :expires_at, nonce = :nonce, mac = :mac, signature = :signature",
        {
            "draft": draft.row,
            "revision": given.revision,
            "sha256": given.sha256,
            "decision": given.decision,
            "approver": given.approver,
            "expires_at": milliseconds(given.expires_at),
            "nonce": given.nonce,
            "mac": seal.mac,
            "signature": seal.signature,
        },
    )


def of(db: sqlite3.Connection, draft: Draft) -> Seal | None:
    """The leave of a draft; None when it has none, or one that nobody here would write."""
    row = db.execute("SELECT * FROM seals WHERE draft = :draft", {"draft": draft.row}).fetchone()
    if row is None or row["decision"] not in tuple(Leave):
        return None
    approval = Approval(
        draft=draft.id,
        revision=row["revision"],
        sha256=row["sha256"],
        decision=Leave(row["decision"]),
        approver=row["approver"],
        expires_at=moment(row["expires_at"]),
        nonce=row["nonce"],
    )
    return Seal(approval=approval, mac=row["mac"], signature=row["signature"])
