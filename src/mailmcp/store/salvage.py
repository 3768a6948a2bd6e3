"""From the pages of a damaged database into the tables of a new one: row by row, whatever can be read."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from mailmcp.store import soundness
from mailmcp.store.pages import Pages, Row, Walk

SEARCH = "search"
"""The index of words and the tables that belong to it: made anew from the messages."""
NEVER_GUESSED = (
    "agreed",
    "inbound_rules",
    "seals",
    "meta",
    "budgets",
    "fetching",
    "fetched",
    "left_as",
    "hooks",
    "folders",
    "places",
    "review_links",
    "draft_copies",
    "pauses",
)
"""Tables that are read only where they lead to their rows. A page that nothing leads to may be an old one; what allows
something, or says how far something was read, is not taken from there."""
_MARKS = {
    "messages": (1, re.compile(r"m_[2-9a-z]{13}")),
    "threads": (1, re.compile(r"t_[2-9a-z]{13}")),
    "drafts": (1, re.compile(r"d_[2-9a-z]{13}")),
    "arrivals": (1, re.compile(r"c_[2-9a-z]{13}")),
    "raws": (1, re.compile(r"[0-9a-f]{64}")),
    "audit": (5, re.compile(r"[0-9a-f]{64}")),
    "bodies": (2, re.compile(r"\{.*\}", re.DOTALL)),
    "inboxes": (1, re.compile(r"[^\s@]+@[^\s@]+")),
    "contacts": (1, re.compile(r"[^\s@]+@[^\s@]+")),
}
"""What a value of such a table looks like: (column, pattern)."""


@dataclass
class Taken:
    """What came of the tables."""

    rows: dict[str, int] = field(default_factory=dict[str, int])
    stray: int = 0
    """Rows among them on pages that no table led to."""
    last: dict[str, int] = field(default_factory=dict[str, int])
    """The highest number that rows of a table ever had, as far as it can be read."""
    lost_pages: int = 0
    lost_rows: int = 0
    """Rows that could be read in part, or that contradict what is there."""
    replaced: int = 0
    """Values that could not be read for what they should be."""


@dataclass(frozen=True)
class _Table:
    name: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    may_lack: tuple[bool, ...]
    fewest: int
    key: int | None
    """The column that is the rowid."""

    def fits(self, values: Sequence[Any]) -> bool:
        """Whether a row can be one of this table."""
        if not self.fewest <= len(values) <= len(self.columns):
            return False
        for at, value in enumerate(values):
            if value is None:
                if at != self.key and not self.may_lack[at]:
                    return False
            elif at == self.key or not isinstance(value, _KINDS[self.kinds[at]]):
                return False
        mark = _MARKS.get(self.name)
        return mark is None or mark[1].fullmatch(str(values[mark[0]])) is not None


_KINDS: dict[str, tuple[type, ...]] = {"INTEGER": (int,), "TEXT": (str,), "BLOB": (bytes,), "REAL": (float, int)}


def take(db: sqlite3.Connection, pages: Pages, widths: dict[str, int], *, now: int) -> Taken:
    """Fill the empty tables of ``db`` with what the pages hold. Constraints between tables are not looked at.

    ``widths`` says how many columns each table had when it was first made: later ones are missing in older rows.
    """
    taken = Taken()
    tables = {name: _table(db, name, widths[name]) for name in _names(db)}
    walk = Walk()
    roots = pages.tables()
    triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for trigger in triggers:
        db.execute(f"DROP TRIGGER {trigger['name']}")
    for name, table in tables.items():
        if name in roots:
            _put(db, table, pages.below(roots[name], walk), taken)
    sequences = list(pages.below(roots["sqlite_sequence"], walk)) if "sqlite_sequence" in roots else []
    for name, root in roots.items():  # so that what belongs to the index of words counts as met
        if name.startswith(SEARCH):
            for _ in pages.below(root, Walk()):
                pass
    for _, rows in pages.strays():
        if (table := _of(rows, tables)) is not None and table.name not in NEVER_GUESSED:
            taken.stray += _put(db, table, rows, taken, stray=True)
    taken.replaced = soundness.put_right(db, now).total()
    for trigger in triggers:
        db.execute(trigger["sql"])
    _go_on_counting(db, sequences, taken)
    taken.lost_pages, taken.lost_rows = walk.lost_pages, taken.lost_rows + walk.lost_rows
    return taken


def _names(db: sqlite3.Connection) -> list[str]:
    found = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    return [row["name"] for row in found if not row["name"].startswith(SEARCH)]


def _table(db: sqlite3.Connection, name: str, fewest: int) -> _Table:
    columns = db.execute(f"PRAGMA table_info({name})").fetchall()
    keys = [row for row in columns if row["pk"]]
    key = keys[0]["cid"] if len(keys) == 1 and keys[0]["type"] == "INTEGER" else None
    return _Table(
        name=name,
        columns=tuple(row["name"] for row in columns),
        kinds=tuple(row["type"] for row in columns),
        may_lack=tuple(not row["notnull"] for row in columns),
        fewest=fewest,
        key=key,
    )


def _of(rows: Iterable[Row], tables: dict[str, _Table]) -> _Table | None:
    """The one table that all rows of a page fit; None when there is none, or more than one."""
    fitting = list(tables.values())
    for _, values in rows:
        fitting = [table for table in fitting if table.fits(values)]
    return fitting[0] if len(fitting) == 1 else None


def _put(db: sqlite3.Connection, table: _Table, rows: Iterable[Row], taken: Taken, *, stray: bool = False) -> int:
    put = 0
    for rowid, values in rows:
        if not stray and not table.fits(values):
            taken.lost_rows += 1
            continue
        given = list(values)
        if table.key is not None:
            given[table.key] = rowid
        names = ", ".join(table.columns[: len(given)])
        marks = ", ".join("?" * len(given))
        try:
            db.execute(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", given)
        except sqlite3.IntegrityError:
            taken.lost_rows += not stray  # a stray row that is there already is an older state of it
            continue
        put += 1
    taken.rows[table.name] = taken.rows.get(table.name, 0) + put
    return put


def _go_on_counting(db: sqlite3.Connection, sequences: Iterable[Row], taken: Taken) -> None:
    """A row number that was in use never comes to mean something else, though its row is lost."""
    known = {row["name"] for row in db.execute("SELECT name FROM sqlite_sequence")}
    for _, values in sequences:
        if len(values) == 2 and isinstance(values[0], str) and isinstance(values[1], int):
            name, last = values
            taken.last[name] = last
            if name in known:
                db.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (last, name))
            else:
                db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, last))
                known.add(name)
