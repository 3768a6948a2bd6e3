"""Accounts elsewhere: how far their folders were read, which mail lies where, and what others changed there.

A mail is known by its fingerprint, whichever folder it lies in: one that was moved, or got other UIDs, is the same. It
stays known after it was deleted, so that a server which shows it again makes no news of it.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from mailmcp.models import Arrival, Folder, Place
from mailmcp.store import inboxes, messages, removal, threads
from mailmcp.store.columns import milliseconds, moment, strings

SEEN, FLAGGED = "\\seen", "\\flagged"
LABEL = re.compile(r"[^\s,\x00-\x1f\x7f]{1,40}")
_PROGRAMS_OWN = frozenset(("junk", "nonjunk", "notjunk"))
"""Keywords that mail programs talk to themselves with; so are all that begin with a dollar."""
FLAGGED_LABEL = "flagged"
MOST_LABELS = 20
"""On one message: every list and every reading shows them all."""


def begin(db: sqlite3.Connection, account: str, now: datetime) -> None:
    """Make the inbox of an account's own address when the account is met for the first time."""
    met = db.execute(
        "INSERT INTO meta (key, value) VALUES (:key, '') ON CONFLICT (key) DO NOTHING", {"key": f"met {account}"}
    )
    if met.rowcount == 1 and inboxes.for_recipient(db, account) is None:
        inboxes.create(db, address=account, label="", backend="imap", key=None, now=now, account=account)


def folder(db: sqlite3.Connection, account: str, name: str) -> Folder | None:
    """A folder as far as it was read; None when it never was."""
    row = db.execute("SELECT * FROM folders WHERE account = :account AND name = :name", _key(account, name)).fetchone()
    return _folder(row) if row else None


def begin_folder(
    db: sqlite3.Connection,
    account: str,
    name: str,
    *,
    uidvalidity: int,
    next_uid: int,
    fresh_from: datetime,
    now: datetime,
) -> Folder:
    """Begin to read a folder, or begin anew since its UIDs mean other mails now; ``fresh_from`` is of the first time.

    Where its mails lay is forgotten, and that they are known is not: they are gone unless they turn up again.
    """
    db.execute(
        "DELETE FROM places WHERE folder = (SELECT id FROM folders WHERE account = :account AND name = :name)",
        _key(account, name),
    )
    row = db.execute(
        "INSERT INTO folders (account, name, uidvalidity, next_uid, oldest_uid, fresh_from)"
        " VALUES (:account, :name, :uidvalidity, :next_uid, :next_uid, :fresh_from)"
        " ON CONFLICT (account, name) DO UPDATE SET uidvalidity = :uidvalidity, next_uid = :next_uid,"
        " oldest_uid = :next_uid, modseq = 0 RETURNING *",
        {
            **_key(account, name),
            "uidvalidity": uidvalidity,
            "next_uid": next_uid,
            "fresh_from": milliseconds(fresh_from),
        },
    ).fetchone()
    db.execute(
        "UPDATE mails SET gone_at = :now WHERE account = :account AND gone_at IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM places WHERE places.mail = mails.id)",
        {"account": account, "now": milliseconds(now)},
    )
    return _folder(row)


def advance(
    db: sqlite3.Connection,
    row: int,
    *,
    next_uid: int | None = None,
    oldest_uid: int | None = None,
    modseq: int | None = None,
    fresh_from: datetime | None = None,
) -> None:
    """Write down how far a folder was read."""
    values = {
        "next_uid": next_uid,
        "oldest_uid": oldest_uid,
        "modseq": modseq,
        "fresh_from": milliseconds(fresh_from) if fresh_from else None,
    }
    db.execute(
        f"UPDATE folders SET {', '.join(f'{name} = coalesce(:{name}, {name})' for name in values)} WHERE id = :row",
        {**values, "row": row},
    )


def places(db: sqlite3.Connection, folder: int, *, low: int = 0) -> dict[int, Place]:
    """What lies in a folder from a UID on, as far as it was looked at, by UID."""
    rows = db.execute(
        "SELECT uid, flags FROM places WHERE folder = :folder AND uid >= :low", {"folder": folder, "low": low}
    )
    return {row["uid"]: Place(uid=row["uid"], flags=strings(row["flags"])) for row in rows}


def count(db: sqlite3.Connection, account: str) -> int:
    """How many mails of an account are stored, each place counted."""
    stored = (
        "SELECT count(*) FROM places JOIN folders ON folders.id = places.folder"
        " WHERE account = :account AND mail IS NOT NULL"
    )
    return int(db.execute(stored, {"account": account}).fetchone()[0])


def skipped(db: sqlite3.Connection, account: str) -> int:
    """How many mails of an account are not kept here; drafts are none."""
    find = (
        "SELECT count(*) FROM places JOIN folders ON folders.id = places.folder"
        " WHERE mail IS NULL AND account = :account AND flags NOT LIKE '%draft%'"
    )
    return int(db.execute(find, {"account": account}).fetchone()[0])


def take(
    db: sqlite3.Connection,
    folder: Folder,
    place: Place,
    arrival: Arrival,
    *,
    fingerprint: str,
    sha256: str,
    history: bool,
) -> list[int]:
    """Store a mail that was found in a folder; gives the rows of the new messages, none when it is known already.

    One that was deleted and is there again is stored again, as history.
    """
    at = {"folder": folder.row, "uid": place.uid}
    if db.execute("SELECT 1 FROM places WHERE folder = :folder AND uid = :uid", at).fetchone():
        return []
    known = db.execute(
        "SELECT id, EXISTS (SELECT 1 FROM messages WHERE mail = mails.id) AS held, gone_at FROM mails"
        " WHERE account = :account AND fingerprint = :fingerprint",
        {"account": folder.account, "fingerprint": fingerprint},
    ).fetchone()
    mail = db.execute(
        "INSERT INTO mails (account, fingerprint) VALUES (:account, :fingerprint)"
        " ON CONFLICT (account, fingerprint) DO UPDATE SET gone_at = NULL RETURNING id",
        {"account": folder.account, "fingerprint": fingerprint},
    ).fetchone()["id"]
    db.execute(
        "INSERT INTO places (folder, uid, mail, flags) VALUES (:folder, :uid, :mail, :flags)",
        {**at, "mail": mail, "flags": json.dumps(place.flags)},
    )
    if known is not None and (known["held"] or known["gone_at"] is None):
        return []
    if not inboxes.by_recipient(db, arrival.envelope.recipients):
        return []  # its inbox was deleted here
    rows = messages.accept(
        db, arrival, fingerprint=fingerprint, sha256=sha256, mail=mail, history=history or known is not None
    )
    for row in rows:
        _apply(db, row, added=place.flags, removed=())
    return rows


def skip(db: sqlite3.Connection, folder: int, place: Place) -> None:
    """Remember a mail that is not kept here, so that nobody looks at it again."""
    db.execute(
        "INSERT INTO places (folder, uid, flags) VALUES (:folder, :uid, :flags) ON CONFLICT DO NOTHING",
        {"folder": folder, "uid": place.uid, "flags": json.dumps(place.flags)},
    )


def flagged(db: sqlite3.Connection, folder: int, found: Mapping[int, tuple[str, ...]]) -> bool:
    """The server says which flags mails have; what others changed is done here too. Whether anything was changed.

    Compared is what it said last, so that a mark of ours which is still on its way is not undone.
    """
    changed = False
    for uid, flags in found.items():
        row = db.execute(
            "SELECT mail, flags FROM places WHERE folder = :folder AND uid = :uid", {"folder": folder, "uid": uid}
        ).fetchone()
        if row is None or set(flags) == set(strings(row["flags"])):
            continue
        before = strings(row["flags"])
        db.execute(
            "UPDATE places SET flags = :flags WHERE folder = :folder AND uid = :uid",
            {"folder": folder, "uid": uid, "flags": json.dumps(flags)},
        )
        if row["mail"] is None:
            continue
        added = [one for one in flags if one not in before]
        removed = [one for one in before if one not in flags]
        for message in db.execute("SELECT id FROM messages WHERE mail = :mail", {"mail": row["mail"]}).fetchall():
            _apply(db, message["id"], added=added, removed=removed)
            changed = True
    return changed


def vanished(db: sqlite3.Connection, folder: int, uids: Iterable[int], now: datetime) -> None:
    """These are in the folder no more. A mail without any other place is gone, unless it turns up again soon."""
    for uid in uids:
        at = {"folder": folder, "uid": uid}
        row = db.execute("DELETE FROM places WHERE folder = :folder AND uid = :uid RETURNING mail", at).fetchone()
        if row is not None and row["mail"] is not None:
            db.execute(
                "UPDATE mails SET gone_at = :now WHERE id = :mail"
                " AND NOT EXISTS (SELECT 1 FROM places WHERE mail = :mail)",
                {"mail": row["mail"], "now": milliseconds(now)},
            )


def sweep(db: sqlite3.Connection, account: str, before: datetime) -> int:
    """Remove the messages of mails that were gone by then; gives how many went."""
    rows = db.execute(
        "SELECT messages.id FROM mails JOIN messages ON messages.mail = mails.id"
        " WHERE mails.gone_at IS NOT NULL AND mails.gone_at < :before AND mails.account = :account",
        {"before": milliseconds(before), "account": account},
    ).fetchall()
    return removal.remove(db, [row["id"] for row in rows])


def _apply(db: sqlite3.Connection, message: int, *, added: Iterable[str], removed: Iterable[str]) -> None:
    """What flags mean here: read, or a label."""
    values: dict[str, Any] = {"row": message}
    for flags, on in ((added, 1), (removed, 0)):
        for flag in flags:
            if flag.lower() == SEEN:
                db.execute("UPDATE messages SET read = :read WHERE id = :row", {**values, "read": on})
            elif label := label_of(flag):
                _set_label(db, message, label, on=bool(on))
    thread = db.execute("SELECT thread FROM messages WHERE id = :row", values).fetchone()["thread"]
    if thread is not None:
        threads.refresh(db, thread)


def _set_label(db: sqlite3.Connection, message: int, label: str, *, on: bool) -> None:
    values = {"row": message, "label": label, "most": MOST_LABELS}
    if on:
        db.execute(
            "INSERT INTO labels (message, label) SELECT :row, :label"
            " WHERE (SELECT count(*) FROM labels WHERE message = :row) < :most ON CONFLICT DO NOTHING",
            values,
        )
    else:
        db.execute("DELETE FROM labels WHERE message = :row AND label = :label", values)


def label_of(flag: str) -> str | None:
    """The label that a flag or keyword is shown as; None for what has a meaning for servers and programs alone."""
    if flag.lower() == FLAGGED:
        return FLAGGED_LABEL
    if flag.startswith(("\\", "$")) or flag.lower() in _PROGRAMS_OWN or not LABEL.fullmatch(flag):
        return None
    return flag


def _key(account: str, name: str) -> dict[str, Any]:
    return {"account": account, "name": name}


def _folder(row: sqlite3.Row) -> Folder:
    return Folder(
        row=row["id"],
        account=row["account"],
        name=row["name"],
        uidvalidity=row["uidvalidity"],
        next_uid=row["next_uid"],
        oldest_uid=row["oldest_uid"],
        modseq=row["modseq"],
        fresh_from=moment(row["fresh_from"]),
    )
