"""Checks of senders: written down one after another, and which messages are to be checked again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from mailmcp.models import AuthResults, Claim, ClaimedResult, Envelope, Source, Trust
from mailmcp.store import threads
from mailmcp.store.columns import coded_json, envelope, milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What one check of a sender found out, and when it is to be made again (None: it is settled)."""

    trust: Trust
    results: AuthResults | None
    """None when it was not finished: then only the verdict so far is written down."""
    lines: tuple[str, ...] = ()
    """The results for people."""
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A message whose sender is to be checked again."""

    row: int
    envelope: Envelope
    source: Source
    tries: int


def append(db: sqlite3.Connection, row: int, check: Check, now: datetime) -> None:
    """Write a check down; its verdict is the message's from now on. A message deleted meanwhile is passed over."""
    found = db.execute(
        "UPDATE messages SET verdict = :verdict, reasons = :reasons, verified_domain = :domain,"
        " authentication = :lines, check_at = :again_at, check_tries = check_tries + 1"
        " WHERE id = :row RETURNING inbox, thread, from_email, outgoing",
        {
            "row": row,
            "verdict": check.trust.verdict,
            "reasons": coded_json(check.trust.reasons),
            "domain": check.trust.verified_domain,
            "lines": json.dumps(check.lines, ensure_ascii=False),
            "again_at": milliseconds(check.again_at) if check.again_at else None,
        },
    ).fetchone()
    if found is None:
        return
    if check.results is not None:
        db.execute(
            "INSERT INTO checks (message, checked_at, results, verdict, reasons, verified_domain)"
            " VALUES (:row, :now, :results, :verdict, :reasons, :domain)",
            {
                "row": row,
                "now": milliseconds(now),
                "results": json.dumps(asdict(check.results), ensure_ascii=False),
                "verdict": check.trust.verdict,
                "reasons": coded_json(check.trust.reasons),
                "domain": check.trust.verified_domain,
            },
        )
    if check.trust.verified_domain and found["from_email"]:
        db.execute(
            "UPDATE contacts SET verified = verified + 1 WHERE inbox = :inbox AND email = :email",
            {"inbox": found["inbox"], "email": found["from_email"]},
        )
    if found["thread"] is not None:
        threads.refresh(db, found["thread"])


def claim(db: sqlite3.Connection, row: int) -> Claim | None:
    """What the service that handed a message over said of its sender; None when it said nothing."""
    found = db.execute("SELECT claim FROM messages WHERE id = :row", {"row": row}).fetchone()
    if found is None or found["claim"] is None:
        return None
    said = json.loads(found["claim"])
    results = (
        ClaimedResult(
            method=one["method"],
            result=one["result"],
            reason=one["reason"],
            properties=tuple((name, value) for name, value in one["properties"]),
        )
        for one in said["results"]
    )
    return Claim(by=said["by"], results=tuple(results))


def due(db: sqlite3.Connection, now: datetime, *, limit: int = 20) -> list[Due]:
    """Messages whose sender is to be checked again by now, the longest overdue first."""
    rows = db.execute(
        "SELECT id, mail_from, recipients, peer, helo, tls, received_at, source, check_tries FROM messages"
        " WHERE check_at <= :now AND judged_at IS NOT NULL ORDER BY check_at LIMIT :limit",
        {"now": milliseconds(now), "limit": limit},
    ).fetchall()
    return [
        Due(
            row=row["id"],
            envelope=envelope(row),
            source=Source(row["source"]),
            tries=row["check_tries"],
        )
        for row in rows
    ]


def postpone(db: sqlite3.Connection, rows: Sequence[int], until: datetime) -> None:
    """Leave messages alone until a moment: somebody is checking them."""
    db.executemany(
        "UPDATE messages SET check_at = :until WHERE id = :row AND check_at IS NOT NULL",
        [{"row": row, "until": milliseconds(until)} for row in rows],
    )
