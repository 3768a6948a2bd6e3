"""Whether the words in the rows can be read as what they should be, and what is put in their place where they cannot.

SQLite vouches for the order of its pages, not for the letters on them: a record (JSON) with one letter overwritten
is a whole row to it, and every later look at that message an error. What was concluded from a message can be
concluded again; what cannot be known any more is left out and counted.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from mailmcp.models import DeliveryState, DraftState, Source, Verdict
from mailmcp.store import messages, returns
from mailmcp.store.columns import addresses, moment, reasons, strings

_ROW = object()
"""In the place of a value: the whole row goes."""
_NOW = object()
_TYPES = {"INTEGER": "'integer'", "TEXT": "'text'", "BLOB": "'blob'", "REAL": "'real', 'integer'"}
_TIMES = ("at", "since", "until", "not_before", "first_seen", "last_seen", "fresh_from")
_RECORDS = ("account ", "service ", "client ", "retention ", "listener", "leader_", "successor", "send_settings")
"""With these begin the keys of records in ``meta``; its other values are words."""
_GIVES_RIGHTS = ("keys", "key_secrets", "review_links", "seals")
"""Without its end a right would last for ever."""


@dataclass(frozen=True, slots=True)
class _Column:
    read: Callable[[Any], object]
    """Raises when it cannot be read."""
    instead: object
    again: bool = False
    """The message that it belongs to is read and judged again."""


def _texts(value: str) -> None:
    if json.loads(value) != [str(one) for one in strings(value)]:
        raise TypeError


def _people(value: str) -> None:
    "".join(word for one in addresses(value) for word in (one.name, one.email))


def _reasons(value: str) -> None:
    "".join(word for one in reasons(value) for word in (one.code, one.sentence))


def _record(value: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(value)
    return {**found}  # raises where it is none


def _quarantine(value: str) -> None:
    if value not in ("blocked", "released"):
        raise ValueError


_CONCLUDED = {
    **dict.fromkeys(("to_", "cc", "reply_to"), _Column(_people, "[]", again=True)),
    **dict.fromkeys(("defects", "reasons"), _Column(_reasons, "[]", again=True)),
    **dict.fromkeys(("refs", "authentication"), _Column(_texts, "[]", again=True)),
    "verdict": _Column(Verdict, Verdict.UNVERIFIED, again=True),
    "sent_at": _Column(moment, None, again=True),
}
_COLUMNS: dict[str, dict[str, _Column]] = {
    "messages": {
        **_CONCLUDED,
        "recipients": _Column(_texts, "[]"),
        "source": _Column(Source, Source.REBUILT),
        "claim": _Column(_record, None),
        "quarantine": _Column(_quarantine, "blocked"),
    },
    "bodies": {"channels": _Column(lambda value: messages.channels_of("", _record(value)), _ROW, again=True)},
    "checks": {"results": _Column(_record, _ROW, again=True)},
    "returns": {"report": _Column(lambda value: returns.returned(_record(value)), _ROW, again=True)},
    "threads": {"who": _Column(_people, "[]"), "verdict": _Column(Verdict, Verdict.UNVERIFIED)},
    "drafts": {
        **dict.fromkeys(("to_", "cc", "bcc"), _Column(_people, _ROW)),
        "reasons": _Column(_reasons, "[]"),
        "carries": _Column(_texts, "[]"),
        "state": _Column(DraftState, DraftState.UNKNOWN),
    },
    "deliveries": {"state": _Column(DeliveryState, DeliveryState.UNKNOWN)},
    "audit": {"detail": _Column(_record, "{}")},
    "places": {"flags": _Column(_texts, "[]")},
    "errands": {"add_": _Column(_texts, _ROW), "remove": _Column(_texts, _ROW)},
    "fetched": {"found": _Column(_record, _ROW)},
    "fresh_codes": {"readers": _Column(json.loads, "[]")},
}


def is_sound(db: sqlite3.Connection) -> bool:
    """Whether every value is of its kind, every text one, and every record whole; reads the whole database once."""
    for table in _tables(db):
        for name, kind, needed in _columns(db, table):
            allowed = _TYPES.get(kind, f"typeof({name})") + ("" if needed else ", 'null'")
            if db.execute(f"SELECT 1 FROM {table} WHERE typeof({name}) NOT IN ({allowed}) LIMIT 1").fetchone():
                return False
    before, db.text_factory = db.text_factory, str
    try:
        return not any(True for table in _tables(db) for _ in _unreadable(db, table))
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0):
            raise
        return False  # a text is none: it is not SQLite that says so
    finally:
        db.text_factory = before


def put_right(db: sqlite3.Connection, now: int) -> Counter[str]:
    """Replace what cannot be read, or leave its row out; gives how many values that were, by table.

    There must be no triggers: rows of the audit log are never changed otherwise.
    """
    done: Counter[str] = Counter()
    for table in _tables(db):
        for rowid, name, column in list(_unreadable(db, table)):
            done[table] += 1
            if column.again:
                whose = "id = :row" if table == "messages" else f"id = (SELECT message FROM {table} WHERE rowid = :row)"
                db.execute(f"UPDATE messages SET thread = NULL WHERE {whose}", {"row": rowid})
            if table == "threads":  # so that it is made anew from its messages
                db.execute("UPDATE threads SET message_count = -1 WHERE id = :row", {"row": rowid})
            if column.instead is _ROW:
                db.execute(f"DELETE FROM {table} WHERE rowid = :row", {"row": rowid})
            else:
                value = now if column.instead is _NOW else column.instead
                db.execute(f"UPDATE {table} SET {name} = :value WHERE rowid = :row", {"value": value, "row": rowid})
    return done


def _tables(db: sqlite3.Connection) -> list[str]:
    found = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall()
    return [row[0] for row in found if not row[0].startswith(("sqlite_", "search"))]


def _columns(db: sqlite3.Connection, table: str) -> list[tuple[str, str, bool]]:
    """(name, type, whether it must have a value)"""
    return [(row[1], row[2], bool(row[3])) for row in db.execute(f"PRAGMA table_info({table})").fetchall()]


def _unreadable(db: sqlite3.Connection, table: str) -> Iterator[tuple[int, str, _Column]]:
    """(rowid, name, column) of each value that cannot be read."""
    columns = _columns(db, table)
    known = _COLUMNS.get(table, {})
    read = {name: known.get(name) or _time(table, name, needed) for name, kind, needed in columns if kind != "BLOB"}
    if table == "meta":
        read["value"] = _Column(_record, _ROW)
    for row in db.execute(f"SELECT rowid, {', '.join(read)} FROM {table}"):
        for at, (name, column) in enumerate(read.items(), 1):
            if column is None or row[at] is None or (table == "meta" and not row[1].startswith(_RECORDS)):
                continue
            try:
                column.read(row[at])
            except (ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError, RecursionError):
                yield row[0], name, column
                if column.instead is _ROW:
                    break


def _time(table: str, name: str, needed: bool) -> _Column | None:
    if name not in _TIMES and not name.endswith(("_at", "_until")):
        return None
    return _Column(moment, _ROW if table in _GIVES_RIGHTS else _NOW if needed else None)
