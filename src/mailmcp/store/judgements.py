"""What was concluded from messages: which wait for it, and writing it down once.

The bytes are there before anything is concluded from them, and all that is concluded can be computed from them again.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any

from mailmcp.mail.threads import ancestors
from mailmcp.models import Channels, Codes, Envelope, Message, Returned, Source, Trust, Verdict
from mailmcp.store import blocks, checks, contacts, fresh_codes, placing, raws, returns, search, threads
from mailmcp.store.checks import Check
from mailmcp.store.columns import addresses_json, coded_json, envelope, milliseconds, moment, new_id

log = logging.getLogger("mailmcp.store")

Act = Callable[[sqlite3.Connection, int, datetime], None]

SHORT = 256 * 1024
"""Bytes up to which a message that waits is handed over with its bytes."""
PAST = 2**53
"""What the positions of history are below zero by; a time in milliseconds stays far below it."""
TOGETHER = 2 * 1024 * 1024
"""The same of all that are handed over at once, except for the first: they are in memory together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudged:
    """An accepted message whose bytes nobody has looked at yet."""

    row: int
    size: int
    raw: bytes | None
    """None when it is long: ``messages.raw_piece`` gives it piece by piece."""
    source: Source
    envelope: Envelope
    outgoing: bool

    @property
    def peer(self) -> str | None:
        """The address that it came from."""
        return self.envelope.peer


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Everything that was concluded from a message's bytes."""

    message: Message
    channels: Channels
    codes: Codes
    trust: Trust
    first_line: str
    check: Check | None = None
    """What was found out about the sender; None for our own mail."""
    automatic: str = ""
    """Why its header says that it is a program's own; ``""`` when it does not."""
    returned: Returned | None = None
    """What it reports about mail that was sent."""


def unjudged(
    db: sqlite3.Connection,
    rows: Sequence[int] | None = None,
    *,
    or_sent: bool = False,
    received_before: datetime | None = None,
    limit: int = 100,
) -> list[Unjudged]:
    """The oldest messages that were stored but not judged, at most ``limit``; fewer when they are not so short.

    Either all, or those of ``rows``, with our own copies of what was sent if ``or_sent`` says so.
    """
    which = "TRUE" if rows is None else f"messages.id IN ({','.join(str(int(row)) for row in rows)})"
    before = {} if received_before is None else {"before": milliseconds(received_before)}
    found = db.execute(
        "SELECT messages.id, raw, length(bytes) AS size, source, peer, helo, tls, mail_from, recipients, received_at,"
        " outgoing FROM messages JOIN raws ON raws.id = messages.raw"
        f" WHERE judged_at IS NULL AND ({which}{' OR outgoing = 1' if or_sent else ''})"
        f"{' AND received_at < :before' if before else ''} ORDER BY messages.id LIMIT :limit",
        {"limit": limit, **before},
    ).fetchall()
    short = accumulate(row["size"] if row["size"] <= SHORT else 0 for row in found)
    return [
        Unjudged(
            row=row["id"],
            size=row["size"],
            raw=raws.kept(db, row["raw"]) if row["size"] <= SHORT else None,
            source=Source(row["source"]),
            envelope=envelope(row),
            outgoing=bool(row["outgoing"]),
        )
        for row, total in zip(found, short, strict=True)
        if total <= TOGETHER
    ]


def waits(db: sqlite3.Connection, fingerprints: Sequence[str]) -> bool:
    """Whether a copy of a mail that is known by one of these is stored and not judged."""
    found = db.execute(
        "SELECT 1 FROM messages WHERE judged_at IS NULL"
        " AND fingerprint IN (SELECT value FROM json_each(:known)) LIMIT 1",
        {"known": json.dumps(list(fingerprints))},
    )
    return found.fetchone() is not None


def judge(
    db: sqlite3.Connection,
    row: int,
    judgement: Judgement,
    now: datetime,
    act: Act | None = None,
) -> bool:
    """Write down what was concluded, put the message into its conversation and announce it.

    ``act`` is what follows from a report about sent mail; when it fails, the report waits.
    False when another process judged it first, or its inbox was deleted meanwhile.
    """
    state = db.execute(
        "SELECT public_id, inbox, outgoing, source, mail_from, received_at, history FROM messages"
        " WHERE id = :row AND judged_at IS NULL",
        {"row": row},
    ).fetchone()
    if state is None:
        return False
    inbox, message = int(state["inbox"]), judgement.message
    if blocks.kept_out(db, row, message.author, message.subject, now):
        return True
    proved = judgement.trust.verdict in (Verdict.VERIFIED, Verdict.LOCAL)
    thread = placing.place(db, inbox, message, moment(state["received_at"]), proved=proved)
    position = db.execute(
        "INSERT INTO arrivals (position, cursor, inbox, message) VALUES (:position, :cursor, :inbox, :row)"
        " RETURNING position",
        {
            "position": _in_the_past(db, state["received_at"]) if state["history"] else None,
            "cursor": new_id("c"),
            "inbox": inbox,
            "row": row,
        },
    ).fetchone()["position"]
    author = message.author
    automatic = judgement.automatic
    if not automatic and not state["mail_from"] and state["source"] == Source.SMTP:
        automatic = "null_path"  # nobody is to be told when it does not arrive: so say programs (RFC 3834 §2)
    db.execute(
        _JUDGE,
        {"row": row, "thread": thread, "position": position, "automatic": automatic, **_conclusions(judgement, now)},
    )
    db.execute(
        "INSERT INTO bodies (message, visible, channels) VALUES (:row, :visible, :channels)",
        {"row": row, "visible": judgement.channels.visible, "channels": _channels_json(judgement.channels)},
    )
    db.executemany(
        "INSERT INTO attachments (message, part, filename, content_type, size, inline, content_id)"
        " VALUES (:row, :part, :filename, :content_type, :size, :inline, :content_id) ON CONFLICT DO NOTHING",
        [{"row": row, **asdict(item)} for item in message.attachments],
    )
    db.executemany(
        "INSERT INTO mentions (inbox, mention, message) VALUES (:inbox, :mention, :row) ON CONFLICT DO NOTHING",
        [{"inbox": inbox, "mention": mention, "row": row} for mention in ancestors(message)],
    )
    name, email = (author.name, author.email) if author else ("", "")
    search.add(
        db,
        row,
        subject=message.subject,
        people=search.people(name, email.lower(), addresses_json(message.to), addresses_json(message.cc)),
        body=f"{judgement.channels.visible}\n{judgement.channels.signature}",
    )
    threads.add_person(db, thread, name, email)
    threads.refresh(db, thread, first_line=judgement.first_line)
    met = (*message.to, *message.cc) if state["outgoing"] else ((author,) if author else ())
    contacts.met(db, inbox, met, outgoing=bool(state["outgoing"]), now=now)
    if not state["outgoing"]:
        fresh_codes.keep(db, state["public_id"], inbox, judgement.codes, received_at=state["received_at"], now=now)
    if judgement.check is not None:
        checks.append(db, row, judgement.check, now)
    if judgement.returned is not None:
        returns.keep(db, row, judgement.returned)
        if act is not None:
            _try(db, act, row, now)
    return True


def _try(
    db: sqlite3.Connection, act: Callable[[sqlite3.Connection, int, datetime], None], row: int, now: datetime
) -> None:
    db.execute("SAVEPOINT act")
    try:
        act(db, row, now)
    except Exception:  # a bug of ours keeps no mail from being shown
        log.exception("a report about sent mail could not be acted upon")
        db.execute("ROLLBACK TO act")
    db.execute("RELEASE act")


def _in_the_past(db: sqlite3.Connection, received_at: int) -> int:
    """A place for history: before all that was ever announced, and in the order of time whenever it is fetched."""
    wanted = received_at - PAST
    while db.execute("SELECT 1 FROM arrivals WHERE position = :wanted", {"wanted": wanted}).fetchone():
        wanted += 1
    return wanted


_JUDGE = """
UPDATE messages SET judged_at = :judged_at, thread = :thread, position = :position, message_id = :message_id,
    subject = :subject, from_name = :from_name, from_email = :from_email, from_labels = :from_labels,
    to_ = :to_, cc = :cc, reply_to = :reply_to, sent_at = :sent_at, refs = :refs, defects = :defects,
    verdict = :verdict, reasons = :reasons, verified_domain = :verified_domain, code = :code,
    code_confidence = :code_confidence, link = :link, link_confidence = :link_confidence, evidence = :evidence,
    automatic = :automatic, about = :about, read = max(read, outgoing), words = 1
WHERE id = :row
"""


_ABOUT = {"auto_replied": "An automatic answer: it says nothing of whether a person has read anything."}


def _conclusions(judgement: Judgement, now: datetime) -> dict[str, Any]:
    message, codes, trust = judgement.message, judgement.codes, judgement.trust
    author = message.author
    email = author.email.lower() if author else ""
    return {
        "judged_at": milliseconds(now),
        "message_id": message.message_id,
        "subject": message.subject,
        "from_name": author.name if author else "",
        "from_email": email,
        "from_labels": threads.reversed_labels(email.rpartition("@")[2]) if email else "",
        "to_": addresses_json(message.to),
        "cc": addresses_json(message.cc),
        "reply_to": addresses_json(message.reply_to),
        "sent_at": milliseconds(message.date) if message.date else None,
        "refs": json.dumps([*message.references, *(r for r in message.in_reply_to if r not in message.references)]),
        "defects": coded_json((*message.defects, *judgement.channels.defects)),
        "verdict": trust.verdict,
        "reasons": coded_json(trust.reasons),
        "verified_domain": trust.verified_domain,
        "code": codes.code,
        "code_confidence": codes.code_confidence,
        "link": codes.link,
        "link_confidence": codes.link_confidence,
        "evidence": codes.evidence,
        "about": _ABOUT.get(judgement.automatic, ""),
    }


def _channels_json(value: Channels) -> str:
    record = asdict(value)
    del record["visible"]  # has its own column
    return json.dumps(record, ensure_ascii=False)
