"""Links that were mailed to the reviewer, by the hash of their tokens."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailmcp.models import Draft
from mailmcp.store import audit
from mailmcp.store.columns import milliseconds

KEPT = timedelta(days=1)
"""So long a link's row is kept after it ran out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a link that can still be used is good for: one decision about one version of one draft."""

    token: str
    draft: str
    revision: int
    sha256: str


def put(
    db: sqlite3.Connection, token: str, draft: Draft, *, to: str, now: datetime, expires_at: datetime, most: int
) -> bool:
    """Write down a link that is about to be mailed, if its version has none and there were fewer than ``most`` in
    the last hour; whether it was."""
    db.execute("DELETE FROM review_links WHERE expires_at < :old", {"old": milliseconds(now - KEPT)})
    row = db.execute(
        "SELECT (SELECT count(*) FROM review_links WHERE draft = :draft AND revision = :revision) AS there,"
        " (SELECT count(*) FROM review_links WHERE created_at > :hour) AS lately,"
        " (SELECT count(*) FROM drafts WHERE public_id = :draft AND state = 'held' AND revision = :revision) AS held",
        {
            "draft": draft.id,
            "revision": draft.revision,
            "hour": milliseconds(now - timedelta(hours=1)),
        },
    ).fetchone()
    if row["there"] or row["lately"] >= most or not row["held"]:
        return False
    db.execute(
        "INSERT INTO review_links (token, draft, revision, sha256, created_at, expires_at)"
        " VALUES (:token, :draft, :revision, :sha256, :now, :expires_at)",
        {
            "token": token,
            "draft": draft.id,
            "revision": draft.revision,
            "sha256": draft.sha256,
            "now": milliseconds(now),
            "expires_at": milliseconds(expires_at),
        },
    )
    audit.record(db, "review.mailed", now, draft=draft.id, sha256=draft.sha256, to=to)
    return True


def mailed(db: sqlite3.Connection) -> set[tuple[str, int]]:
    """(draft, revision) of every link that is kept."""
    return {(row["draft"], row["revision"]) for row in db.execute("SELECT draft, revision FROM review_links")}


def forget(db: sqlite3.Connection, token: str) -> None:
    """The mail with this link certainly did not leave."""
    db.execute("DELETE FROM review_links WHERE token = :token", {"token": token})


def of(db: sqlite3.Connection, token: str, *, now: datetime, most_wrong: int) -> Link | None:
    """The link of a token's hash, if it can still be used."""
    row = db.execute(
        "SELECT * FROM review_links WHERE token = :token AND used_at IS NULL AND expires_at > :now AND wrong < :most",
        {"token": token, "now": milliseconds(now), "most": most_wrong},
    ).fetchone()
    if row is None:
        return None
    return Link(token=row["token"], draft=row["draft"], revision=row["revision"], sha256=row["sha256"])


def tried(db: sqlite3.Connection, token: str, *, most_wrong: int) -> bool:
    """A code is tried: it counts as a wrong one until it is spent. False when too many were, also at the same time."""
    done = db.execute(
        "UPDATE review_links SET wrong = wrong + 1 WHERE token = :token AND used_at IS NULL AND wrong < :most",
        {"token": token, "most": most_wrong},
    )
    return done.rowcount == 1


def spend(db: sqlite3.Connection, token: str, *, now: datetime) -> bool:
    """Use a link for a decision; False when somebody did before."""
    done = db.execute(
        "UPDATE review_links SET used_at = :now, wrong = wrong - 1 WHERE token = :token AND used_at IS NULL",
        {"token": token, "now": milliseconds(now)},
    )
    return done.rowcount == 1


def give_back(db: sqlite3.Connection, token: str) -> None:
    """Nothing was decided by it after all."""
    db.execute("UPDATE review_links SET used_at = NULL WHERE token = :token", {"token": token})
