"""What left this home without a human, and what is known of those that it may go to."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from mailmcp.models import Draft
from mailmcp.policy.patterns import normal
from mailmcp.policy.sending import Rate, Sent
from mailmcp.store.columns import addresses, milliseconds

KEPT = timedelta(days=2)
"""Longer than the time of any rate."""


def count(
    db: sqlite3.Connection,
    draft: str,
    *,
    inbox: str,
    recipients: Iterable[str],
    thread: str | None,
    now: datetime,
    leaves: datetime,
) -> None:
    """A draft was allowed to leave for these recipients, at that time, without a human."""
    db.execute("DELETE FROM sends WHERE at < :before", {"before": milliseconds(now - KEPT)})
    db.executemany(
        "INSERT INTO sends (draft, inbox, recipient, thread, at) VALUES (:draft, :inbox, :recipient, :thread, :at)"
        " ON CONFLICT DO NOTHING",
        [
            {"draft": draft, "inbox": inbox, "recipient": one, "thread": thread, "at": milliseconds(leaves)}
            for one in {normal(recipient) for recipient in recipients}
        ],
    )


def counted(
    db: sqlite3.Connection,
    rates: Mapping[str, Rate],
    *,
    inbox: str,
    recipients: Collection[str],
    thread: str | None,
    leaves: datetime,
) -> Sent:
    """How many leave within the time of each rate before or after that moment: they are asked for in any order."""

    def within(scope: str, condition: str = "TRUE", **values: str | None) -> int:
        rate = rates.get(scope)
        if rate is None:
            return 0
        span = timedelta(seconds=rate.seconds)
        times = {"since": milliseconds(leaves - span), "until": milliseconds(leaves + span)}
        find = f"SELECT count(DISTINCT draft) FROM sends WHERE at > :since AND at < :until AND {condition}"
        return int(db.execute(find, {**times, **values}).fetchone()[0])

    return Sent(
        inbox=within("inbox", "inbox = :inbox", inbox=inbox),
        thread=within("thread", "thread = :thread", thread=thread) if thread else 0,
        all=within("all"),
        recipients={
            one: within("recipient", "recipient = :recipient", recipient=one) for one in map(normal, recipients)
        },
    )


def judged(db: sqlite3.Connection, draft: str) -> frozenset[str]:
    """The recipients of a draft (d_…) for whom it was allowed as mail that leaves this home."""
    rows = db.execute("SELECT recipient FROM sends WHERE draft = :draft", {"draft": draft})
    return frozenset(row["recipient"] for row in rows)


def agree(db: sqlite3.Connection, draft: Draft, now: datetime) -> None:
    """A human lets an inbox write to everybody that a draft goes to."""
    db.executemany(
        "INSERT INTO agreed (inbox, email, at) SELECT inbox, :email, :now FROM drafts WHERE id = :draft"
        " ON CONFLICT (inbox, email) DO UPDATE SET at = excluded.at",
        [{"draft": draft.row, "email": one.lower(), "now": milliseconds(now)} for one in draft.recipients],
    )


def agreed(db: sqlite3.Connection, inbox: int, recipients: Iterable[str]) -> frozenset[str]:
    """Those of these recipients to whom a human let an inbox write before."""
    find = "SELECT 1 FROM agreed WHERE inbox = :inbox AND email = :email"
    wanted = {normal(one): one.lower() for one in recipients}
    return frozenset(
        one
        for one, written in wanted.items()
        if any(db.execute(find, {"inbox": inbox, "email": email}).fetchone() for email in (one, written))
    )


def suppressed(db: sqlite3.Connection, recipients: Iterable[str]) -> dict[str, str]:
    """Those of these recipients to whom nothing is sent any more, and why."""
    find = "SELECT reason FROM suppressions WHERE email IN (:one, :written)"
    found: dict[str, str] = {}
    for recipient in recipients:
        one = normal(recipient)
        row = db.execute(find, {"one": one, "written": recipient.lower()}).fetchone()
        if row is not None:
            found[one] = str(row["reason"])
    return found


def within(db: sqlite3.Connection, thread: str, since: datetime) -> int:
    """How many messages of ours a conversation (t_…) got since a moment without a human's approval."""
    row = db.execute(
        "SELECT count(*) FROM messages LEFT JOIN drafts ON drafts.message = messages.id"
        " WHERE messages.outgoing = 1 AND messages.received_at > :since AND drafts.decided_at IS NULL"
        " AND messages.thread = (SELECT coalesce(merged_into, id) FROM threads WHERE public_id = :thread)",
        {"since": milliseconds(since), "thread": thread},
    ).fetchone()
    return int(row[0])


def wrote_to(db: sqlite3.Connection, thread: str) -> frozenset[str]:
    """To whom mail of ours went in a conversation (t_…)."""
    rows = db.execute(
        "SELECT to_, cc FROM messages WHERE outgoing = 1"
        " AND thread = (SELECT coalesce(merged_into, id) FROM threads WHERE public_id = :thread)",
        {"thread": thread},
    )
    return frozenset(normal(one.email) for row in rows for one in (*addresses(row["to_"]), *addresses(row["cc"])))
