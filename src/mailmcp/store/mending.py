"""What was salvaged, made whole: whatever can be concluded from the rest is concluded again, the rest is let go.

A message is its bytes, and what was found out about it can be found out again. What may have left is never sent by
itself: of a damaged database nobody knows whether its newest rows were read.
"""

from __future__ import annotations

import email
import json
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.utils import format_datetime, formataddr, getaddresses, parsedate_to_datetime
from typing import Any

from mailmcp.models import Reason, Source
from mailmcp.store import raws, removal, search, threads
from mailmcp.store.columns import addresses, coded_json, milliseconds, moment, new_id, reasons

HELD_AGAIN = Reason(
    "restored",
    "The database was damaged while this waited to leave: find out whether it has left before you approve it.",
)
_OF_PROCESSES = ("listener", "page", "awaited")
"""Records of processes that have ended."""


@dataclass
class Mended:
    """What was concluded, and what could not be."""

    inboxes: int = 0
    """Made again, since their mail is there."""
    rebuilt: int = 0
    """Messages whose bytes are damaged or lost: their text is kept."""
    again: int = 0
    """Messages that are read and judged again."""
    found: int = 0
    """Messages of which only the bytes were left."""
    held: int = 0
    """Drafts that were about to leave, and wait for a human now."""
    lost: Counter[str] = field(default_factory=Counter[str])
    """Rows that mean nothing any more, by table."""


def mend(db: sqlite3.Connection, now: datetime, *, expiry: timedelta) -> Mended:
    """Bring the tables of a salvaged database into agreement; foreign keys are off until then."""
    done = Mended()
    db.execute(f"DELETE FROM meta WHERE key IN ({','.join(repr(key) for key in _OF_PROCESSES)})")
    done.lost["messages"] = _missing_messages(db)
    _inboxes(db, done)
    _bytes(db, done)
    _without_message(db, now, done)
    _places(db)
    _conclusions(db, done)
    _drafts(db, now, expiry, done)
    _references(db, done)
    _threads(db)
    _index(db)
    return done


def _missing_messages(db: sqlite3.Connection) -> int:
    """Messages that other tables speak of, and that are not there."""
    spoken = " UNION ".join(f"SELECT message FROM {table}" for table in ("arrivals", *removal.OF_A_MESSAGE))
    return int(
        db.execute(
            f"SELECT count(*) FROM ({spoken}) WHERE message IS NOT NULL AND message NOT IN (SELECT id FROM messages)"
        ).fetchone()[0]
    )


def _inboxes(db: sqlite3.Connection, done: Mended) -> None:
    missing = db.execute(
        "SELECT DISTINCT inbox FROM (SELECT inbox FROM messages UNION SELECT inbox FROM drafts)"
        " WHERE inbox NOT IN (SELECT id FROM inboxes)"
    ).fetchall()
    for row in missing:
        this = {"inbox": row["inbox"]}
        address = _address_of(db, this)
        if address is None:
            continue
        account = db.execute(
            "SELECT mails.account FROM messages JOIN mails ON mails.id = messages.mail WHERE inbox = :inbox LIMIT 1",
            this,
        ).fetchone()
        usual = db.execute("SELECT backend FROM inboxes GROUP BY backend ORDER BY count(*) DESC LIMIT 1").fetchone()
        backend = "imap" if account else usual["backend"] if usual else "local"
        since = db.execute("SELECT min(received_at) AS at FROM messages WHERE inbox = :inbox", this).fetchone()["at"]
        made = db.execute(
            "INSERT INTO inboxes (id, address, backend, created_at, account) VALUES"
            " (:inbox, :address, :backend, :since, :account) ON CONFLICT DO NOTHING",
            {
                **this,
                "address": address,
                "backend": backend,
                "since": since or 0,
                "account": account["account"] if account else None,
            },
        )
        done.inboxes += made.rowcount
    without = db.execute("SELECT id FROM inboxes WHERE id NOT IN (SELECT inbox FROM arrivals)").fetchall()
    for row in without:  # the cursor that a new inbox begins with
        db.execute("INSERT INTO arrivals (cursor, inbox) VALUES (?, ?)", (new_id("c"), row["id"]))


def _address_of(db: sqlite3.Connection, inbox: dict[str, int]) -> str | None:
    """The address that the mail of an inbox was for."""
    seen: Counter[str] = Counter()
    rows = db.execute(
        "SELECT recipients, mail_from, outgoing FROM messages WHERE inbox = :inbox LIMIT 1000", inbox
    ).fetchall()
    for row in rows:
        for one in [row["mail_from"]] if row["outgoing"] else json.loads(row["recipients"]):
            local, _, domain = str(one).lower().rpartition("@")
            seen[f"{local.partition('+')[0]}@{domain}"] += 1
    if not seen:
        for row in db.execute(
            "SELECT mime FROM drafts WHERE inbox = :inbox AND length(mime) > 0 LIMIT 10", inbox
        ).fetchall():
            found = getaddresses([str(email.message_from_bytes(row["mime"])["From"] or "")])
            seen.update(address.lower() for _, address in found if "@" in address)
    return seen.most_common(1)[0][0] if seen else None


def _bytes(db: sqlite3.Connection, done: Mended) -> None:
    """Bytes that are not those that came, or are missing: DKIM is not ours to judge any more."""
    damaged: list[int] = []
    for row in db.execute("SELECT id, sha256 FROM raws").fetchall():
        found = raws.digest(raws.kept(db, row["id"]))
        if found != row["sha256"]:
            db.execute("UPDATE raws SET sha256 = :found WHERE id = :id", {"found": found, "id": row["id"]})
            damaged.append(row["id"])
    for raw in damaged:
        changed = db.execute(
            "UPDATE messages SET source = :rebuilt WHERE raw = :raw", {"rebuilt": Source.REBUILT, "raw": raw}
        )
        done.rebuilt += changed.rowcount
    bare = db.execute(
        "SELECT messages.*, visible FROM messages LEFT JOIN bodies ON bodies.message = messages.id"
        " WHERE raw NOT IN (SELECT id FROM raws)"
    ).fetchall()
    for row in bare:
        if row["visible"] is None:
            db.execute("DELETE FROM messages WHERE id = :id", {"id": row["id"]})
            done.lost["messages"] += 1
            continue
        octets = _composed(row)
        raw = raws.keep(db, octets, raws.digest(octets))
        db.execute(
            "UPDATE messages SET raw = :raw, source = :rebuilt WHERE id = :id",
            {"raw": raw, "rebuilt": Source.REBUILT, "id": row["id"]},
        )
        db.execute("DELETE FROM attachments WHERE message = :id", {"id": row["id"]})
        done.rebuilt += 1


def _composed(row: sqlite3.Row) -> bytes:
    """A message out of what was read of it before."""
    head = {
        "From": _people([(row["from_name"], row["from_email"])]),
        "To": _people((one.name, one.email) for one in addresses(row["to_"])),
        "Cc": _people((one.name, one.email) for one in addresses(row["cc"])),
        "Subject": _subject(row["subject"]),
        "Date": format_datetime(moment(row["sent_at"] or row["received_at"])),
        "Message-ID": row["message_id"] or "",
        "References": " ".join(json.loads(row["refs"])),
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
    }
    lines = [f"{name}: {' '.join(value.split())}" for name, value in head.items() if value.strip()]
    text = "\r\n".join(row["visible"].splitlines())
    return ("\r\n".join(lines) + f"\r\n\r\n{text}\r\n").encode("utf-8", "replace")


def _subject(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8", maxlinelen=10_000).encode()


def _people(found: Any) -> str:
    return ", ".join(formataddr((name, one)) for name, one in found if one.isascii() and one)


def _without_message(db: sqlite3.Connection, now: datetime, done: Mended) -> None:
    """Bytes whose envelope is lost: their header says for which inbox they were."""
    known = {row["address"]: row["id"] for row in db.execute("SELECT id, address FROM inboxes")}
    rows = db.execute("SELECT id FROM raws WHERE id NOT IN (SELECT raw FROM messages)").fetchall()
    for row in rows:
        head = email.message_from_bytes(raws.kept(db, row["id"]).partition(b"\r\n\r\n")[0])
        by = [one.lower() for _, one in getaddresses(_fields(head, "From"))]
        to = [one.lower() for _, one in getaddresses(_fields(head, "Delivered-To", "To", "Cc"))]
        sender = next((one for one in by if one in known), None)
        receiver = next((one for one in to if one in known), None)
        address = receiver or sender
        if address is None:
            db.execute("DELETE FROM raws WHERE id = :id", {"id": row["id"]})
            done.lost["messages"] += 1
            continue
        try:
            at = min(parsedate_to_datetime(str(head["Date"])).astimezone(UTC), now)
        except (ValueError, TypeError, OverflowError):
            at = now
        db.execute(
            "INSERT INTO messages (public_id, inbox, raw, outgoing, source, mail_from, recipients, received_at,"
            " history, read) VALUES (:id, :inbox, :raw, :outgoing, :source, :mail_from, :recipients, :at, 1, 1)",
            {
                "id": new_id("m"),
                "inbox": known[address],
                "raw": row["id"],
                "outgoing": int(receiver is None),
                "source": Source.SUBMITTED if receiver is None else Source.IMPORTED,
                "mail_from": by[0] if by else "",
                "recipients": json.dumps([address] if receiver else to),
                "at": milliseconds(at),
            },
        )
        done.found += 1
    done.lost["messages"] = max(0, done.lost["messages"] - done.found)


def _fields(head: Any, *names: str) -> list[str]:
    return [str(value) for name in names for value in head.get_all(name) or ()]


def _places(db: sqlite3.Connection) -> None:
    """The order of announcement: a message that has a place in it is announced under another cursor."""
    db.execute("UPDATE arrivals SET message = NULL WHERE message NOT IN (SELECT id FROM messages)")
    db.execute("DELETE FROM arrivals WHERE inbox NOT IN (SELECT id FROM inboxes)")
    rows = db.execute(
        "SELECT id, inbox, position FROM messages"
        " WHERE position IS NOT NULL AND position NOT IN (SELECT position FROM arrivals)"
    ).fetchall()
    db.executemany(
        "INSERT INTO arrivals (position, cursor, inbox, message) VALUES (?, ?, ?, ?)",
        [(row["position"], new_id("c"), row["inbox"], row["id"]) for row in rows],
    )


def _conclusions(db: sqlite3.Connection, done: Mended) -> None:
    """A message of which part of what was concluded is lost is judged again, as mail of the past: no wait gets it."""
    rows = db.execute(
        "SELECT id FROM messages WHERE judged_at IS NOT NULL AND coalesce(quarantine, '') <> 'blocked'"
        " AND (thread IS NULL OR position IS NULL OR thread NOT IN (SELECT id FROM threads)"
        "  OR id NOT IN (SELECT message FROM bodies))"
    ).fetchall()
    for row in rows:
        this = {"id": row["id"]}
        for table in ("bodies", "attachments", "mentions"):
            db.execute(f"DELETE FROM {table} WHERE message = :id", this)
        db.execute("UPDATE arrivals SET message = NULL WHERE message = :id", this)
        db.execute(
            "UPDATE messages SET judged_at = NULL, thread = NULL, position = NULL, history = 1 WHERE id = :id", this
        )
    done.again = len(rows) + done.found


def _drafts(db: sqlite3.Connection, now: datetime, expiry: timedelta, done: Mended) -> None:
    """What was on its way may have left: nothing leaves by itself after this."""
    db.execute("DELETE FROM seals")
    rows = db.execute(
        "SELECT id, state, reasons FROM drafts WHERE state IN ('queued', 'claimed', 'on_wire')"
    ).fetchall()
    for row in rows:
        state = "held" if row["state"] == "queued" else "unknown"
        db.execute(
            "UPDATE drafts SET state = :state, reasons = :why, claim = NULL, changed_at = :now,"
            " expires_at = CASE WHEN :state = 'held' THEN :until ELSE expires_at END WHERE id = :id",
            {
                "id": row["id"],
                "state": state,
                "why": coded_json((*reasons(row["reasons"]), HELD_AGAIN)),
                "now": milliseconds(now),
                "until": milliseconds(now + expiry),
            },
        )
        done.held += state == "held"


def _references(db: sqlite3.Connection, done: Mended) -> None:
    """Rows that name one that is not there: the name goes where it may be missing, else the row."""
    while faults := db.execute("PRAGMA foreign_key_check").fetchall():
        for fault in faults:
            table, row = fault["table"], fault["rowid"]
            keys = db.execute(f"PRAGMA foreign_key_list({table})").fetchall()
            column = next(one["from"] for one in keys if one["id"] == fault["fkid"])
            columns = db.execute(f"PRAGMA table_info({table})").fetchall()
            needed = any(one["name"] == column and (one["notnull"] or one["pk"]) for one in columns)
            if needed:
                gone = db.execute(f"DELETE FROM {table} WHERE rowid = ?", (row,)).rowcount
                done.lost[table] += gone
            else:
                db.execute(f"UPDATE {table} SET {column} = NULL WHERE rowid = ?", (row,))
    db.execute("DELETE FROM raws WHERE id NOT IN (SELECT raw FROM messages)")


def _threads(db: sqlite3.Connection) -> None:
    wrong = db.execute(
        "SELECT id FROM threads WHERE merged_into IS NULL AND"
        " (message_count, unread_count) IS NOT (SELECT count(*), coalesce(sum(read = 0 AND outgoing = 0), 0)"
        "  FROM messages WHERE thread = threads.id)"
    ).fetchall()
    for row in wrong:
        removal.after_removal(db, row["id"])
    for row in db.execute(
        "SELECT thread, from_name, from_email FROM messages WHERE thread IN (SELECT id FROM threads WHERE who = '[]')"
        " ORDER BY position"
    ).fetchall():
        threads.add_person(db, row["thread"], row["from_name"], row["from_email"])


def _index(db: sqlite3.Connection) -> None:
    """The index of words keeps no text of its own: it is made from the messages."""
    db.execute("UPDATE messages SET words = 1")
    after = 0
    while rows := db.execute(
        "SELECT messages.id, subject, from_name, from_email, to_, cc, words, visible, channels FROM messages"
        " JOIN bodies ON bodies.message = messages.id WHERE messages.id > :after ORDER BY messages.id LIMIT 500",
        {"after": after},
    ).fetchall():
        for row in rows:
            after = row["id"]
            search.add_stored(db, row)
