"""Copies of held drafts in accounts elsewhere: which are to be put there, and which are to be taken out again."""

from __future__ import annotations

import sqlite3

from mailmcp.models import DraftCopy
from mailmcp.store.columns import addresses

AT_ONCE = 20


def due(db: sqlite3.Connection, account: str, *, wanted: bool) -> tuple[list[DraftCopy], list[DraftCopy]]:
    """(to be put there, to be taken out): copies of what is held, where they are ``wanted``, and no others."""
    here = {"account": account, "wanted": wanted, "most": AT_ONCE}
    added = db.execute(
        "SELECT public_id, sha256, mime, bcc FROM drafts JOIN inboxes ON inboxes.id = drafts.inbox"
        " WHERE state = 'held' AND account = :account AND :wanted AND NOT EXISTS (SELECT 1 FROM draft_copies"
        " WHERE draft = public_id AND draft_copies.account = :account"
        " AND (filed = 1 OR draft_copies.sha256 <> drafts.sha256)) ORDER BY drafts.id LIMIT :most",
        here,
    ).fetchall()
    removed = db.execute(
        "SELECT * FROM draft_copies WHERE account = :account AND NOT (:wanted AND EXISTS (SELECT 1 FROM drafts"
        " WHERE public_id = draft AND state = 'held' AND drafts.sha256 = draft_copies.sha256)) LIMIT :most",
        here,
    ).fetchall()
    return (
        [
            DraftCopy(
                draft=row["public_id"],
                sha256=row["sha256"],
                octets=row["mime"],
                hidden=tuple(one.email for one in addresses(row["bcc"])),
            )
            for row in added
        ],
        [
            DraftCopy(
                draft=row["draft"],
                sha256=row["sha256"],
                folder=row["folder"],
                uidvalidity=row["uidvalidity"],
                uid=row["uid"],
            )
            for row in removed
        ],
    )


def keep(db: sqlite3.Connection, account: str, copy: DraftCopy, *, filed: bool) -> None:
    """A copy is about to be put there, or lies there."""
    db.execute(
        "INSERT INTO draft_copies (account, draft, sha256, folder, uidvalidity, uid, filed)"
        " VALUES (:account, :draft, :sha256, :folder, :uidvalidity, :uid, :filed) ON CONFLICT (account, draft)"
        " DO UPDATE SET sha256 = :sha256, folder = :folder, uidvalidity = :uidvalidity, uid = :uid, filed = :filed",
        {
            "account": account,
            "draft": copy.draft,
            "sha256": copy.sha256,
            "folder": copy.folder,
            "uidvalidity": copy.uidvalidity,
            "uid": copy.uid,
            "filed": filed,
        },
    )


def taken_out(db: sqlite3.Connection, account: str, draft: str) -> None:
    """Its copy is there no more."""
    db.execute(
        "DELETE FROM draft_copies WHERE account = :account AND draft = :draft", {"account": account, "draft": draft}
    )
