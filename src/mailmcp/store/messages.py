"""Messages: accepted as bytes, judged later, found by waits, read."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any

from mailmcp.errors import NotFound
from mailmcp.mail.threads import ancestors
from mailmcp.models import (
    Address,
    Arrival,
    Channels,
    Codes,
    Defect,
    Hidden,
    Link,
    Message,
    Source,
    StoredMessage,
    Trust,
    Verdict,
)
from mailmcp.store import contacts, raws, search, threads
from mailmcp.store.columns import (
    addresses,
    addresses_json,
    attachment,
    coded_json,
    defects,
    milliseconds,
    moment,
    new_id,
    optional_moment,
    reasons,
    strings,
)
from mailmcp.store.inboxes import by_recipient

TOGETHER_BYTES = 8 * 1024 * 1024
"""Of the messages that are judged together: several large ones at once would not fit into our memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudged:
    """An accepted message whose bytes nobody has looked at yet."""

    row: int
    inbox: str
    raw: bytes
    source: Source
    peer: str | None
    outgoing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Everything that was concluded from a message's bytes."""

    message: Message
    channels: Channels
    codes: Codes
    trust: Trust
    first_line: str


def accept(db: sqlite3.Connection, arrival: Arrival, *, fingerprint: str | None) -> list[int]:
    """Store the bytes and the envelope for each inbox they are for; gives the rows of the new messages.

    A second message of an inbox with the same ``fingerprint`` is the same mail handed in again after a lost answer,
    and is not stored twice; None means that nothing identifies the message. Raises NotFound when no recipient has an
    inbox.
    """
    groups = by_recipient(db, arrival.envelope.recipients)
    if not groups:
        raise NotFound("No inbox here receives mail for these recipients.")
    digest = hashlib.sha256(arrival.raw).hexdigest()
    raw: int | None = None
    rows: list[int] = []
    for address, recipients in groups.items():
        inbox = db.execute("SELECT id FROM inboxes WHERE address = :address", {"address": address}).fetchone()["id"]
        if fingerprint and _stored_already(db, inbox, fingerprint):
            continue
        raw = raws.keep(db, arrival.raw, digest) if raw is None else raw
        rows.append(_insert(db, inbox, raw, arrival, recipients=recipients, outgoing=False, fingerprint=fingerprint))
    return rows


def keep_sent(db: sqlite3.Connection, inbox: int, arrival: Arrival, *, fingerprint: str) -> int:
    """Store our own copy of a message that left; gives its row."""
    same = db.execute(
        "SELECT id FROM messages WHERE inbox = :inbox AND outgoing = 1 AND fingerprint = :fingerprint",
        {"inbox": inbox, "fingerprint": fingerprint},
    ).fetchone()
    if same is not None:
        return int(same["id"])
    raw = raws.keep(db, arrival.raw, hashlib.sha256(arrival.raw).hexdigest())
    return _insert(
        db, inbox, raw, arrival, recipients=arrival.envelope.recipients, outgoing=True, fingerprint=fingerprint
    )


def unjudged(db: sqlite3.Connection, rows: Sequence[int] | None = None, limit: int = 100) -> list[Unjudged]:
    """Messages that were stored but not judged: those of ``rows``, or the oldest of all.

    At most ``limit``, and no more than fit into ``TOGETHER_BYTES``, but always one if there is any.
    """
    which = "" if rows is None else f" AND messages.id IN ({','.join(str(int(row)) for row in rows)})"
    found = db.execute(
        "SELECT messages.id, address, raw, length(bytes) AS size, source, peer, outgoing FROM messages"
        " JOIN inboxes ON inboxes.id = messages.inbox JOIN raws ON raws.id = messages.raw"
        f" WHERE judged_at IS NULL{which} ORDER BY messages.id LIMIT :limit",
        {"limit": limit},
    ).fetchall()
    sizes = accumulate(row["size"] for row in found)
    return [
        Unjudged(
            row=row["id"],
            inbox=row["address"],
            raw=raws.kept(db, row["raw"]),
            source=Source(row["source"]),
            peer=row["peer"],
            outgoing=bool(row["outgoing"]),
        )
        for number, (row, total) in enumerate(zip(found, sizes, strict=True))
        if number == 0 or total <= TOGETHER_BYTES
    ]


def judge(db: sqlite3.Connection, row: int, judgement: Judgement, now: datetime) -> bool:
    """Write down what was concluded, put the message into its conversation and announce it.

    False when another process judged it first, or its inbox was deleted meanwhile.
    """
    state = db.execute(
        "SELECT inbox, outgoing, received_at FROM messages WHERE id = :row AND judged_at IS NULL", {"row": row}
    ).fetchone()
    if state is None:
        return False
    inbox, message = int(state["inbox"]), judgement.message
    thread = threads.place(db, inbox, message, moment(state["received_at"]))
    position = db.execute(
        "INSERT INTO arrivals (cursor, inbox, message) VALUES (:cursor, :inbox, :row) RETURNING position",
        {"cursor": new_id("c"), "inbox": inbox, "row": row},
    ).fetchone()["position"]
    author = message.author
    db.execute(_JUDGE, {"row": row, "thread": thread, "position": position, **_conclusions(judgement, now)})
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
        people=search.people(name, email.lower(), addresses_json(message.to)),
        body=judgement.channels.visible,
    )
    threads.add_person(db, thread, name, email)
    threads.refresh(db, thread, first_line=judgement.first_line)
    met = (*message.to, *message.cc) if state["outgoing"] else ((author,) if author else ())
    contacts.met(db, inbox, met, outgoing=bool(state["outgoing"]), now=now)
    return True


def get(db: sqlite3.Connection, public_id: str) -> StoredMessage:
    """A judged message by its id. Raises NotFound."""
    found = select(db, "messages.public_id = :id", {"id": public_id})
    if not found:
        raise NotFound(f"There is no message {public_id}: read_thread shows the ids of a thread's messages.")
    return found[0]


def unknown(db: sqlite3.Connection, ids: Iterable[str]) -> list[str]:
    """Those of these m_… ids that no message has (any more)."""
    find = "SELECT 1 FROM messages WHERE public_id = :id"
    return [one for one in ids if one.startswith("m_") and db.execute(find, {"id": one}).fetchone() is None]


def of_thread(db: sqlite3.Connection, thread: int, *, after: int = 0, limit: int = 200) -> list[StoredMessage]:
    """The messages of a conversation, oldest first, from after a position."""
    return select(
        db,
        "messages.thread = :thread AND messages.position > :after ORDER BY messages.position LIMIT :limit",
        {"thread": thread, "after": after, "limit": limit},
    )


def count_of_thread(db: sqlite3.Connection, thread: int) -> int:
    """How many messages a conversation has."""
    found = db.execute("SELECT message_count FROM threads WHERE id = :thread", {"thread": thread}).fetchone()
    return int(found["message_count"])


def channels(db: sqlite3.Connection, row: int) -> Channels:
    """The text of a message by its row, split by who would see it. Raises NotFound when it was deleted meanwhile."""
    found = db.execute("SELECT visible, channels FROM bodies WHERE message = :row", {"row": row}).fetchone()
    if found is None:
        raise NotFound(_GONE)
    return _channels(found["visible"], json.loads(found["channels"]))


def raw(db: sqlite3.Connection, row: int) -> bytes:
    """The bytes of a message by its row, as they came. Raises NotFound when it was deleted meanwhile."""
    found = db.execute("SELECT raw FROM messages WHERE id = :row", {"row": row}).fetchone()
    if found is None:
        raise NotFound(_GONE)
    return raws.kept(db, found["raw"])


_GONE = "The message is no longer there: its inbox was deleted."
_JUDGE = """
UPDATE messages SET judged_at = :judged_at, thread = :thread, position = :position, message_id = :message_id,
    subject = :subject, from_name = :from_name, from_email = :from_email, from_labels = :from_labels,
    to_ = :to_, cc = :cc, reply_to = :reply_to, sent_at = :sent_at, refs = :refs, defects = :defects,
    verdict = :verdict, reasons = :reasons, verified_domain = :verified_domain, code = :code,
    code_confidence = :code_confidence, link = :link, link_confidence = :link_confidence, evidence = :evidence,
    read = outgoing
WHERE id = :row
"""


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
    }


def _stored_already(db: sqlite3.Connection, inbox: int, fingerprint: str) -> bool:
    return (
        db.execute(
            "SELECT 1 FROM messages WHERE inbox = :inbox AND outgoing = 0 AND fingerprint = :fingerprint",
            {"inbox": inbox, "fingerprint": fingerprint},
        ).fetchone()
        is not None
    )


def _insert(
    db: sqlite3.Connection,
    inbox: int,
    raw_row: int,
    arrival: Arrival,
    *,
    recipients: Sequence[str],
    outgoing: bool,
    fingerprint: str | None,
) -> int:
    envelope = arrival.envelope
    row = db.execute(
        "INSERT INTO messages (public_id, inbox, raw, outgoing, source, mail_from, recipients, peer, helo,"
        " received_at, fingerprint) VALUES (:id, :inbox, :raw, :outgoing, :source, :mail_from, :recipients, :peer,"
        " :helo, :received_at, :fingerprint) RETURNING id",
        {
            "id": new_id("m"),
            "inbox": inbox,
            "raw": raw_row,
            "outgoing": int(outgoing),
            "source": arrival.source,
            "mail_from": envelope.mail_from,
            "recipients": json.dumps(list(recipients)),
            "peer": envelope.peer,
            "helo": envelope.helo,
            "received_at": milliseconds(envelope.received_at),
            "fingerprint": fingerprint,
        },
    ).fetchone()
    return int(row["id"])


def select(db: sqlite3.Connection, condition: str, values: dict[str, Any]) -> list[StoredMessage]:
    """The judged messages of a condition on ``messages`` (a clause of this room, never of a caller's)."""
    rows = db.execute(
        "SELECT messages.*, inboxes.address, threads.public_id AS thread_id, arrivals.cursor FROM messages"
        " JOIN inboxes ON inboxes.id = messages.inbox JOIN threads ON threads.id = messages.thread"
        f" JOIN arrivals ON arrivals.position = messages.position WHERE {condition}",
        values,
    ).fetchall()
    return [_stored(db, row) for row in rows]


def _stored(db: sqlite3.Connection, row: sqlite3.Row) -> StoredMessage:
    this = {"row": row["id"]}
    labels = db.execute("SELECT label FROM labels WHERE message = :row ORDER BY label", this).fetchall()
    parts = db.execute("SELECT * FROM attachments WHERE message = :row ORDER BY part", this).fetchall()
    return StoredMessage(
        row=row["id"],
        id=row["public_id"],
        inbox=row["address"],
        thread=row["thread_id"],
        outgoing=bool(row["outgoing"]),
        message_id=row["message_id"],
        subject=row["subject"],
        from_=Address(row["from_name"], row["from_email"]) if row["from_email"] else None,
        to=addresses(row["to_"]),
        cc=addresses(row["cc"]),
        reply_to=addresses(row["reply_to"]),
        date=optional_moment(row["sent_at"]),
        received_at=moment(row["received_at"]),
        read=bool(row["read"]),
        labels=tuple(label["label"] for label in labels),
        trust=Trust(
            verdict=Verdict(row["verdict"]), reasons=reasons(row["reasons"]), verified_domain=row["verified_domain"]
        ),
        codes=Codes(
            code=row["code"],
            code_confidence=row["code_confidence"],
            link=row["link"],
            link_confidence=row["link_confidence"],
            evidence=row["evidence"],
        ),
        references=strings(row["refs"]),
        attachments=tuple(attachment(part) for part in parts),
        defects=defects(row["defects"]),
        position=row["position"],
        cursor=row["cursor"],
    )


def _channels_json(value: Channels) -> str:
    record = asdict(value)
    del record["visible"]  # has its own column
    return json.dumps(record, ensure_ascii=False)


def _channels(visible: str, record: dict[str, Any]) -> Channels:
    return Channels(
        visible=visible,
        quoted=record["quoted"],
        signature=record["signature"],
        hidden=tuple(Hidden(**item) for item in record["hidden"]),
        links=tuple(Link(**item) for item in record["links"]),
        emphasis=tuple((start, end) for start, end in record["emphasis"]),
        read_from=record["read_from"],
        invisible=record["invisible"],
        defects=tuple(Defect(**item) for item in record["defects"]),
    )
