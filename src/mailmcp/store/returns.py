"""Reports about mail that was sent: which wait to be acted upon, and which draft each may be about."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from mailmcp.errors import NotFound
from mailmcp.models import Draft, Fate, Returned, ReturnKind
from mailmcp.policy.patterns import normal
from mailmcp.store import outbox, threads
from mailmcp.store.columns import milliseconds, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A report that nobody has acted upon."""

    row: int
    inbox: str
    returned: Returned
    mail_from: str
    peer: str | None
    author: str
    """The address of its one author, ``""`` when there is none."""
    proved: frozenset[str]
    """The domains that DKIM and SPF prove."""
    settled: bool
    """No further check of its sender is to come."""
    received_at: datetime


def keep(db: sqlite3.Connection, row: int, returned: Returned) -> None:
    """A message that was just judged is a report."""
    db.execute(
        "INSERT INTO returns (message, report) VALUES (:row, :report) ON CONFLICT DO NOTHING",
        {"row": row, "report": json.dumps(asdict(returned), ensure_ascii=False)},
    )


def waiting(db: sqlite3.Connection, *, limit: int = 50, after: int = 0) -> list[int]:
    """The messages whose reports wait, oldest first."""
    rows = db.execute(
        "SELECT message FROM returns WHERE handled_at IS NULL AND message > :after ORDER BY message LIMIT :limit",
        {"limit": limit, "after": after},
    )
    return [int(row["message"]) for row in rows]


def get(db: sqlite3.Connection, row: int) -> Waiting | None:
    """A report that waits; None when it was acted upon, or its message is gone."""
    found = db.execute(
        "SELECT report, address, mail_from, peer, from_email, received_at, check_at,"
        " (SELECT results FROM checks WHERE checks.message = messages.id ORDER BY checks.id DESC LIMIT 1) AS results"
        " FROM returns JOIN messages ON messages.id = returns.message JOIN inboxes ON inboxes.id = messages.inbox"
        " WHERE returns.message = :row AND handled_at IS NULL",
        {"row": row},
    ).fetchone()
    if found is None:
        return None
    return Waiting(
        row=row,
        inbox=found["address"],
        returned=returned(json.loads(found["report"])),
        mail_from=found["mail_from"],
        peer=found["peer"],
        author=found["from_email"],
        proved=_proved(json.loads(found["results"] or "{}")),
        settled=found["check_at"] is None,
        received_at=moment(found["received_at"]),
    )


def said(db: sqlite3.Connection, row: int, about: str, *, handled: bool, now: datetime) -> None:
    """Write down what a report means, for whoever reads it; handled once nothing more is to be done."""
    db.execute("UPDATE messages SET about = :about WHERE id = :row", {"about": about, "row": row})
    if handled:
        at = {"row": row, "now": milliseconds(now)}
        db.execute("UPDATE returns SET handled_at = :now WHERE message = :row", at)


def draft_of(db: sqlite3.Connection, returned: Returned, *, inbox: str | None) -> Draft | None:
    """The draft that a report is about, among those of an inbox or of all; None when it is about none of ours.

    Inboxes whose mail comes into one account count as one: a provider may cut the detail off.
    """
    for message_id in returned.message_ids:
        rows = db.execute(
            "SELECT public_id FROM drafts JOIN inboxes ON inboxes.id = drafts.inbox"
            " WHERE drafts.id IN (SELECT id FROM drafts WHERE message_id = :id"
            " UNION SELECT draft FROM left_as WHERE message_id = :id)"
            " AND (:inbox IS NULL OR address = :inbox"
            " OR account = (SELECT account FROM inboxes WHERE address = :inbox)) ORDER BY address = :inbox DESC",
            {"id": message_id, "inbox": inbox},
        ).fetchall()
        if rows:
            return outbox.get(db, rows[0]["public_id"])
    if returned.envelope_id:
        try:
            draft = outbox.get(db, returned.envelope_id)
        except NotFound:
            return None
        return draft if inbox is None or _come_together(db, inbox, draft.inbox) else None
    return None


def told(db: sqlite3.Connection, draft: Draft) -> frozenset[str]:
    """To whom mail of ours in the conversation of a draft went: the later of it name the earlier (References)."""
    rows = db.execute(
        "SELECT recipients FROM messages WHERE outgoing = 1"
        " AND thread = (SELECT thread FROM messages WHERE public_id = :message)",
        {"message": draft.message},
    )
    return frozenset(one for row in rows for one in json.loads(row["recipients"])) | set(draft.recipients)


def _come_together(db: sqlite3.Connection, one: str, other: str) -> bool:
    """Whether the mail of two inboxes comes the same way."""
    found = db.execute("SELECT account FROM inboxes WHERE address IN (:one, :other)", {"one": one, "other": other})
    accounts = [row["account"] for row in found]
    return one == other or (len(accounts) == 2 and accounts[0] is not None and accounts[0] == accounts[1])


def wrote_since(db: sqlite3.Connection, people: Collection[str], since: datetime, *, but: int) -> frozenset[str]:
    """Those of these people (lower case) from whom mail came after a moment, but for one message."""
    found: set[str] = set()
    for one in people:
        row = db.execute(
            "SELECT 1 FROM messages WHERE from_labels = :labels AND from_email = :email AND outgoing = 0"
            " AND received_at > :since AND id <> :but LIMIT 1",
            {
                "but": but,
                "labels": threads.reversed_labels(one.rpartition("@")[2]),
                "email": one,
                "since": milliseconds(since),
            },
        ).fetchone()
        if row is not None:
            found.add(normal(one))
    return frozenset(found)


def returned(record: dict[str, Any]) -> Returned:
    """A report as the table keeps it."""
    fates = tuple(
        Fate(
            addresses=tuple(one["addresses"]),
            kind=ReturnKind(one["kind"]),
            status=one["status"],
            words=one["words"],
        )
        for one in record["fates"]
    )
    return Returned(
        kind=ReturnKind(record["kind"]),
        message_ids=tuple(record["message_ids"]),
        envelope_id=record["envelope_id"],
        fates=fates,
    )


def _proved(results: dict[str, Any]) -> frozenset[str]:
    """The domains behind a pass of DKIM or SPF in results as ``checks`` keeps them."""
    found: list[dict[str, Any]] = [*results.get("dkim", ()), results.get("spf", {})]
    return frozenset(str(one["domain"]).lower() for one in found if one.get("result") == "pass" and one.get("domain"))
