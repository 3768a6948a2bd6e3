"""What is to be done in accounts elsewhere, kept until it is done: marks to be set, copies of sent mail to be filed."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from mailmcp.models import Errand
from mailmcp.store import raws
from mailmcp.store.accounts import FLAGGED, FLAGGED_LABEL, SEEN
from mailmcp.store.columns import milliseconds, strings

FILE_AFTER = timedelta(seconds=4)
"""A provider that files what is submitted to it by itself has done so by then: then there is nothing to be filed."""
_KEYWORD = re.compile(r"[!#$&'+\-./0-9:;<=>?@A-Z\[^_`a-z|}~]{1,40}")
"""What a server can take as a keyword (an atom of RFC 3501); other labels stay here."""


def marked(
    db: sqlite3.Connection,
    messages: Iterable[int],
    *,
    read: bool | None,
    add: Sequence[str],
    remove: Sequence[str],
    now: datetime,
) -> None:
    """Messages were marked here: those of accounts are to be marked there too."""
    on = [*([SEEN] if read else []), *filter(None, map(_flag_of, add))]
    off = [*([SEEN] if read is False else []), *filter(None, map(_flag_of, remove))]
    if not on and not off:
        return
    for message in messages:
        db.execute(
            "INSERT INTO errands (account, mail, add_, remove, not_before)"
            " SELECT account, mails.id, :add, :remove, :now FROM mails"
            " JOIN messages ON messages.mail = mails.id WHERE messages.id = :message",
            {"message": message, "add": json.dumps(on), "remove": json.dumps(off), "now": milliseconds(now)},
        )


def file_copy(db: sqlite3.Connection, account: str, message: int, now: datetime) -> None:
    """A message was sent for an account (its own copy is ``message``): it is to be filed among the sent mail there."""
    db.execute(
        "INSERT INTO errands (account, message, not_before) VALUES (:account, :message, :now)",
        {"account": account, "message": message, "now": milliseconds(now + FILE_AFTER)},
    )


def due(db: sqlite3.Connection, account: str, now: datetime, *, limit: int = 20) -> list[Errand]:
    """The oldest that can be begun; what belongs to a mail that is gone is given up."""
    db.execute(
        "DELETE FROM errands WHERE account = :account AND (mail IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM places WHERE places.mail = errands.mail)"
        " OR message IS NOT NULL AND NOT EXISTS (SELECT 1 FROM messages WHERE messages.id = errands.message))",
        {"account": account},
    )
    rows = db.execute(
        "SELECT * FROM errands WHERE account = :account AND not_before <= :now ORDER BY id LIMIT :limit",
        {"account": account, "now": milliseconds(now), "limit": limit},
    ).fetchall()
    return [errand for row in rows for errand in _errands(db, row)]


def any_due(db: sqlite3.Connection, account: str, now: datetime) -> bool:
    """Whether there is one."""
    find = "SELECT 1 FROM errands WHERE account = :account AND not_before <= :now LIMIT 1"
    return db.execute(find, {"account": account, "now": milliseconds(now)}).fetchone() is not None


def done(db: sqlite3.Connection, errand: Errand, flags: Sequence[str] | None = None) -> None:
    """It was done; ``flags`` is what the mail has now, so that our own change is not taken for another's."""
    if flags is not None:
        db.execute(
            "UPDATE places SET flags = :flags WHERE uid = :uid AND folder = (SELECT folders.id FROM folders"
            " JOIN errands ON errands.account = folders.account WHERE errands.id = :row AND folders.name = :name)",
            {"flags": json.dumps(list(flags)), "uid": errand.uid, "row": errand.row, "name": errand.folder},
        )
    db.execute("DELETE FROM errands WHERE id = :row", {"row": errand.row})


def put_off(db: sqlite3.Connection, errand: Errand, until: datetime) -> None:
    """It could not be done now."""
    db.execute(
        "UPDATE errands SET not_before = :until, tries = tries + 1 WHERE id = :row",
        {"row": errand.row, "until": milliseconds(until)},
    )


def _errands(db: sqlite3.Connection, row: sqlite3.Row) -> list[Errand]:
    if row["message"] is not None:
        raw = db.execute("SELECT raw FROM messages WHERE id = :id", {"id": row["message"]}).fetchone()["raw"]
        return [Errand(row=row["id"], kind="copy", folder="", octets=raws.kept(db, raw), tries=row["tries"])]
    found = db.execute(
        "SELECT folders.name, uidvalidity, uid FROM places JOIN folders ON folders.id = places.folder"
        " WHERE places.mail = :mail ORDER BY folders.id LIMIT 1",
        {"mail": row["mail"]},
    ).fetchone()
    return [
        Errand(
            row=row["id"],
            kind="marks",
            folder=found["name"],
            uidvalidity=found["uidvalidity"],
            uid=found["uid"],
            add=strings(row["add_"]),
            remove=strings(row["remove"]),
            tries=row["tries"],
        )
    ]


def _flag_of(label: str) -> str | None:
    if label == FLAGGED_LABEL:
        return FLAGGED
    return label if _KEYWORD.fullmatch(label) else None
