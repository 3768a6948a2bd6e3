"""To whom nothing is sent any more: addresses that do not exist, and people who complained."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from mailmcp.errors import NotFound
from mailmcp.models import Suppression
from mailmcp.policy.patterns import normal
from mailmcp.store import audit
from mailmcp.store.columns import milliseconds, moment


def add(db: sqlite3.Connection, email: str, *, reason: str, detail: str, inbox: str, now: datetime) -> bool:
    """Send nothing to an address any more; False when that was so before."""
    address = normal(email) or email.lower()
    added = db.execute(
        "INSERT INTO suppressions (email, reason, detail, inbox, since) VALUES (:email, :reason, :detail, :inbox, :now)"
        " ON CONFLICT DO NOTHING",
        {"email": address, "reason": reason, "detail": detail, "inbox": inbox, "now": milliseconds(now)},
    )
    if added.rowcount == 1:
        audit.record(db, "suppression.added", now, address=address, inbox=inbox, why=reason)
        return True
    return False


def remove(db: sqlite3.Connection, email: str, *, by: str, now: datetime) -> str:
    """Let an address be written to again; gives it as it was kept. Raises NotFound."""
    for address in dict.fromkeys((normal(email), email.strip().lower())):
        if db.execute("DELETE FROM suppressions WHERE email = :email", {"email": address}).rowcount == 1:
            audit.record(db, "suppression.removed", now, address=address, by=by)
            return address
    raise NotFound(f"{email.strip()[:100]} is not suppressed: `mailmcp suppression list` lists who is.")


def listed(db: sqlite3.Connection) -> list[Suppression]:
    """Everybody to whom nothing is sent, newest first."""
    rows = db.execute("SELECT * FROM suppressions ORDER BY since DESC, email")
    return [
        Suppression(
            email=row["email"],
            reason=row["reason"],
            detail=row["detail"],
            inbox=row["inbox"],
            since=moment(row["since"]),
        )
        for row in rows
    ]


def count(db: sqlite3.Connection) -> int:
    """How many addresses are suppressed."""
    return int(db.execute("SELECT count(*) FROM suppressions").fetchone()[0])
