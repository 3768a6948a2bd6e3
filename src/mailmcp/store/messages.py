"""Messages: accepted as bytes, judged later (``judgements``), found by waits, read."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from mailmcp.errors import NotFound
from mailmcp.models import (
    Address,
    Arrival,
    Channels,
    Codes,
    Defect,
    Hidden,
    KeptMail,
    Link,
    StoredMessage,
    Trust,
    Verdict,
)
from mailmcp.store import raws
from mailmcp.store.columns import (
    BEFORE_ALL,
    addresses,
    attachment,
    defects,
    milliseconds,
    moment,
    new_id,
    optional_moment,
    reasons,
    strings,
)
from mailmcp.store.inboxes import by_recipient


def accept(
    db: sqlite3.Connection,
    arrival: Arrival,
    *,
    fingerprint: str | None,
    sha256: str | None = None,
    mail: int | None = None,
    history: bool = False,
    read: bool = False,
) -> list[int]:
    """Store the bytes and the envelope for each inbox they are for; gives the rows of the new messages.

    A second message of an inbox with the same ``fingerprint`` is the same mail handed in again after a lost answer,
    and is not stored twice; None means that nothing identifies the message. ``sha256`` is that of the bytes if it is
    known already. ``mail`` is the row of the account's mail that it is, and ``history`` says that it was there before
    the account (or the file it is taken from) was known here. Raises NotFound when no recipient has an inbox.
    """
    groups = by_recipient(db, arrival.envelope.recipients)
    if not groups:
        raise NotFound("No inbox here receives mail for these recipients.")
    digest = sha256 or raws.digest(arrival.raw)
    raw: int | None = None
    rows: list[int] = []
    for address, recipients in groups.items():
        inbox = _row_of(db, address)
        if fingerprint and _stored_already(db, inbox, fingerprint):
            continue
        if history and fingerprint == digest and _has_nameless(db, inbox, digest):
            continue
        raw = raws.keep(db, arrival.raw, digest) if raw is None else raw
        rows.append(_insert(db, inbox, raw, arrival, recipients=recipients, outgoing=False, fingerprint=fingerprint))
    if mail is not None or history:
        values = [{"mail": mail, "history": int(history), "read": int(read), "row": row} for row in rows]
        db.executemany("UPDATE messages SET mail = :mail, history = :history, read = :read WHERE id = :row", values)
    return rows


def kept_of(db: sqlite3.Connection, inbox: int, *, after: int, limit: int) -> list[KeptMail]:
    """The messages of an inbox with their bytes, in the order in which they were stored, from after a row."""
    rows = db.execute(
        "SELECT id, raw, mail_from, received_at, outgoing, read FROM messages"
        " WHERE inbox = :inbox AND id > :after ORDER BY id LIMIT :limit",
        {"inbox": inbox, "after": after, "limit": limit},
    ).fetchall()
    return [
        KeptMail(
            row=row["id"],
            raw=raws.kept(db, row["raw"]),
            mail_from=row["mail_from"],
            received_at=moment(row["received_at"]),
            sent=bool(row["outgoing"]),
            read=bool(row["read"]),
        )
        for row in rows
    ]


def holders(db: sqlite3.Connection, recipients: Iterable[str], *, fingerprint: str) -> tuple[str, ...]:
    """Those of these recipients whose inbox was handed the mail with this fingerprint."""
    return tuple(
        recipient
        for address, group in by_recipient(db, recipients).items()
        if _stored_already(db, _row_of(db, address), fingerprint)
        for recipient in group
    )


def _row_of(db: sqlite3.Connection, address: str) -> int:
    return int(db.execute("SELECT id FROM inboxes WHERE address = :address", {"address": address}).fetchone()["id"])


def keep_sent(db: sqlite3.Connection, inbox: int, arrival: Arrival, *, fingerprint: str) -> int:
    """Store our own copy of a message that left; gives its row."""
    same = db.execute(
        "SELECT id FROM messages WHERE inbox = :inbox AND outgoing = 1 AND fingerprint = :fingerprint",
        {"inbox": inbox, "fingerprint": fingerprint},
    ).fetchone()
    if same is not None:
        return int(same["id"])
    raw = raws.keep(db, arrival.raw, raws.digest(arrival.raw))
    return _insert(
        db, inbox, raw, arrival, recipients=arrival.envelope.recipients, outgoing=True, fingerprint=fingerprint
    )


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


def of_thread(
    db: sqlite3.Connection, thread: int, *, after: int | None = None, limit: int = 200
) -> list[StoredMessage]:
    """The messages of a conversation, oldest first, from after a position."""
    return select(
        db,
        "messages.thread = :thread AND messages.position > :after ORDER BY messages.position LIMIT :limit",
        {"thread": thread, "after": BEFORE_ALL if after is None else after, "limit": limit},
    )


def count_of_thread(db: sqlite3.Connection, thread: int) -> int:
    """How many messages a conversation has."""
    found = db.execute("SELECT message_count FROM threads WHERE id = :thread", {"thread": thread}).fetchone()
    return int(found["message_count"])


def newest_of_thread(db: sqlite3.Connection, thread: int) -> str:
    """The id of a conversation's newest message; ``""`` when none is left."""
    newest = "SELECT public_id FROM messages WHERE thread = :thread ORDER BY position DESC LIMIT 1"
    found = db.execute(newest, {"thread": thread}).fetchone()
    return str(found["public_id"]) if found else ""


def channels(db: sqlite3.Connection, row: int) -> Channels:
    """The text of a message by its row, split by who would see it. Raises NotFound when it was deleted meanwhile."""
    found = db.execute("SELECT visible, channels FROM bodies WHERE message = :row", {"row": row}).fetchone()
    if found is None:
        raise NotFound(raws.GONE)
    return channels_of(found["visible"], json.loads(found["channels"]))


def raw(db: sqlite3.Connection, row: int) -> bytes:
    """The bytes of a message by its row, as they came. Raises NotFound when it was deleted meanwhile."""
    found = db.execute("SELECT raw FROM messages WHERE id = :row", {"row": row}).fetchone()
    if found is None:
        raise NotFound(raws.GONE)
    return raws.kept(db, found["raw"])


def raw_size(db: sqlite3.Connection, row: int) -> int:
    """How many bytes a message has, by its row. Raises NotFound when it was deleted meanwhile."""
    found = db.execute(
        "SELECT length(bytes) AS size FROM raws WHERE id = (SELECT raw FROM messages WHERE id = :row)", {"row": row}
    ).fetchone()
    if found is None:
        raise NotFound(raws.GONE)
    return int(found["size"])


def raw_piece(db: sqlite3.Connection, row: int, start: int) -> bytes:
    """Some of the bytes of a message, from ``start`` on. Raises NotFound when it was deleted meanwhile."""
    found = db.execute("SELECT raw FROM messages WHERE id = :row", {"row": row}).fetchone()
    if found is None:
        raise NotFound(raws.GONE)
    return raws.piece(db, found["raw"], start)


def _stored_already(db: sqlite3.Connection, inbox: int, fingerprint: str) -> bool:
    return (
        db.execute(
            "SELECT 1 FROM messages WHERE inbox = :inbox AND outgoing = 0 AND fingerprint = :fingerprint",
            {"inbox": inbox, "fingerprint": fingerprint},
        ).fetchone()
        is not None
    )


def _has_nameless(db: sqlite3.Connection, inbox: int, digest: str) -> bool:
    """Whether these bytes came as mail that nothing identifies: such mail is found by them alone."""
    return (
        db.execute(
            "SELECT 1 FROM messages JOIN raws ON raws.id = messages.raw"
            " WHERE inbox = :inbox AND outgoing = 0 AND fingerprint IS NULL AND sha256 = :digest",
            {"inbox": inbox, "digest": digest},
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
        " tls, received_at, fingerprint, claim) VALUES (:id, :inbox, :raw, :outgoing, :source, :mail_from, :recipients,"
        " :peer, :helo, :tls, :received_at, :fingerprint, :claim) RETURNING id",
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
            "tls": envelope.tls,
            "received_at": milliseconds(envelope.received_at),
            "fingerprint": fingerprint,
            "claim": json.dumps(asdict(arrival.claim), ensure_ascii=False) if arrival.claim else None,
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
    parts = db.execute("SELECT * FROM attachments WHERE message = :row ORDER BY rowid", this).fetchall()
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
        authentication=strings(row["authentication"]),
        automatic=row["automatic"],
        about=row["about"],
        position=row["position"],
        cursor=row["cursor"],
    )


def channels_of(visible: str, record: dict[str, Any]) -> Channels:
    """The channels of a message as the table keeps them."""
    return Channels(
        visible=visible,
        quoted=record["quoted"],
        signature=record["signature"],
        hidden=tuple(Hidden(**item) for item in record["hidden"]),
        links=tuple(_link(item) for item in record["links"]),
        links_apart=tuple(_link(item) for item in record.get("links_apart", ())),  # not kept by the first versions
        emphasis=tuple((start, end) for start, end in record["emphasis"]),
        read_from=record["read_from"],
        invisible=record["invisible"],
        defects=tuple(Defect(**item) for item in record["defects"]),
    )


def _link(record: dict[str, Any]) -> Link:
    flags = tuple(record.pop("flags", ()))
    return Link(**record, flags=flags)
