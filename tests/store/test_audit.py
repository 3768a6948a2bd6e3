"""The audit log: append only, and any change to what was written shows."""

from __future__ import annotations

import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailmcp.store import Store, audit, heads, inboxes, schema
from mailmcp.store.heads import Note

if TYPE_CHECKING:
    from conftest import Desk


def unlock(desk: Desk) -> None:
    """What somebody does first who wants to change what was written."""
    desk.db.execute("DROP TRIGGER audit_is_not_changed")
    desk.db.execute("DROP TRIGGER audit_is_not_shortened")
    desk.db.execute("DROP TRIGGER audit_goes_on_at_its_end")


@pytest.fixture
def rows(desk: Desk) -> list[int]:
    """The ids of five rows, of which two are alike but for their place; nothing keeps them from being changed."""
    unlock(desk)
    for name in ("inbox.created", "draft.approved", "draft.approved", "draft.sent", "inbox.deleted"):
        audit.record(desk.db, name, desk.now, draft="d_1", by="terminal", count=1, nothing=None)
    return [row["id"] for row in desk.db.execute("SELECT id FROM audit ORDER BY id")]


def test_an_empty_and_an_untouched_log_hold(desk: Desk) -> None:
    assert audit.first_broken(desk.db) is None
    for number in range(50):
        audit.record(desk.db, "event", desk.later(), number=number, words="ünïcode \x00 \n")
    assert audit.first_broken(desk.db) is None


@pytest.mark.parametrize(
    "change", ["UPDATE audit SET at = at", "DELETE FROM audit", "REPLACE INTO audit VALUES (1, 1, 'x', '', '', '')"]
)
def test_what_was_written_is_neither_changed_nor_removed(desk: Desk, change: str) -> None:
    audit.record(desk.db, "draft.sent", desk.now)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        desk.db.execute(change)
    assert audit.first_broken(desk.db) is None


@pytest.mark.parametrize("row", range(5))
@pytest.mark.parametrize(
    "change",
    [
        "at = at + 1",
        "event = event || '.'",
        "detail = replace(detail, 'd_1', 'd_2')",
        "detail = detail || ' '",
        "previous = 'x'",
        "hash = 'x'",
        "hash = upper(hash)",
        "event = event || char(0) || detail, detail = ''",
    ],
)
def test_the_chain_breaks_at_a_row_that_was_changed(desk: Desk, rows: list[int], row: int, change: str) -> None:
    desk.db.execute(f"UPDATE audit SET {change} WHERE id = ?", (rows[row],))
    assert audit.first_broken(desk.db) == rows[row]


@pytest.mark.parametrize("row", range(4))
def test_the_chain_breaks_after_a_row_that_was_removed(desk: Desk, rows: list[int], row: int) -> None:
    desk.db.execute("DELETE FROM audit WHERE id = ?", (rows[row],))
    assert audit.first_broken(desk.db) == rows[row + 1]


def test_the_chain_breaks_where_rows_changed_places(desk: Desk, rows: list[int]) -> None:
    desk.db.execute("UPDATE audit SET id = -1 WHERE id = ?", (rows[1],))
    desk.db.execute("UPDATE audit SET id = ? WHERE id = ?", (rows[1], rows[2]))
    desk.db.execute("UPDATE audit SET id = ? WHERE id = -1", (rows[2],))
    assert audit.first_broken(desk.db) == rows[1]


def test_the_chain_breaks_at_a_row_that_was_put_in_between(desk: Desk, rows: list[int]) -> None:
    desk.db.execute("UPDATE audit SET id = id + 100 WHERE id > ?", (rows[1],))
    desk.db.execute(
        "INSERT INTO audit (id, at, event, detail, previous, hash)"
        " SELECT id + 1, at, event, detail, hash, hash FROM audit WHERE id = ?",
        (rows[1],),
    )
    assert audit.first_broken(desk.db) == rows[1] + 1


def test_the_log_stays_when_an_inbox_is_deleted(desk: Desk) -> None:
    ann = desk.inbox()
    audit.record(desk.db, "inbox.created", desk.now, inbox=ann.address)
    inboxes.delete(desk.db, ann.address)
    assert desk.db.execute("SELECT count(*) FROM audit").fetchone()[0] == 1
    assert audit.first_broken(desk.db) is None


# --- against what was noted outside -----------------------------------------------------------------------------------

EVENTS = ("draft.held", "draft.approved", "draft.sent", "inbox.created")


@cache
def database() -> sqlite3.Connection:
    """A database without the triggers of the log; one for all examples, since making it takes its time."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.row_factory = sqlite3.Row
    schema.migrate(db, Path(":memory:"))
    for trigger in ("audit_is_not_changed", "audit_is_not_shortened", "audit_goes_on_at_its_end"):
        db.execute(f"DROP TRIGGER {trigger}")
    return db


def written(events: list[str]) -> tuple[sqlite3.Connection, list[Note]]:
    """A log of these events that nothing keeps from being changed, and what was noted while it was written."""
    db = database()
    db.execute("DELETE FROM audit")
    notes: list[Note] = []
    for number, event in enumerate(events, 1):
        audit.record(db, event, datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number % 2), draft="d_1")
        notes.append(Note(number, number, audit.head(db)[1]))
    return db, notes


def contents(db: sqlite3.Connection) -> list[tuple[object, ...]]:
    return [tuple(row) for row in db.execute("SELECT * FROM audit ORDER BY id")]


def chain_anew(db: sqlite3.Connection) -> None:
    """What somebody does who knows how the chain is made: every hash is right again."""
    previous = ""
    for row in db.execute("SELECT * FROM audit ORDER BY id").fetchall():
        digest = audit._hash(previous, row["at"], row["event"], row["detail"])
        db.execute("UPDATE audit SET previous = ?, hash = ? WHERE id = ?", (previous, digest, row["id"]))
        previous = digest


@settings(max_examples=150, deadline=None)
@given(st.data(), st.lists(st.sampled_from(EVENTS), min_size=2, max_size=8), st.booleans())
def test_any_single_change_is_found_also_by_who_makes_the_chain_anew(
    data: st.DataObject, events: list[str], anew: bool
) -> None:
    db, notes = written(events)
    before = contents(db)
    assert audit.verified(db, notes).broken is None
    row = data.draw(st.integers(1, len(events)), label="row")
    other = data.draw(st.integers(1, len(events)), label="other")
    kind = data.draw(st.sampled_from(["change", "remove", "swap", "insert", "truncate", "append"]), label="kind")
    if kind == "change":
        column, value = data.draw(
            st.sampled_from([("at", 5), ("event", "x"), ("detail", "{}"), ("previous", "y"), ("hash", "z"), ("id", 99)])
        )
        db.execute(f"UPDATE audit SET {column} = ? WHERE id = ?", (value, row))
    elif kind == "remove":
        db.execute("DELETE FROM audit WHERE id = ?", (row,))
        if data.draw(st.booleans(), label="close the gap"):
            for number in range(row + 1, len(events) + 1):
                db.execute("UPDATE audit SET id = ? WHERE id = ?", (number - 1, number))
    elif kind == "swap":
        for here, there in ((row, -1), (other, row), (-1, other)):
            db.execute("UPDATE audit SET id = ? WHERE id = ?", (there, here))
    elif kind == "insert":
        for number in range(len(events), row - 1, -1):
            db.execute("UPDATE audit SET id = ? WHERE id = ?", (number + 1, number))
        db.execute("INSERT INTO audit VALUES (?, 1, 'draft.approved', '{}', '', '')", (row,))
    elif kind == "truncate":
        db.execute("DELETE FROM audit WHERE id >= ?", (row,))
    else:
        audit.record(db, "draft.approved", datetime(2026, 1, 2, tzinfo=UTC), draft="d_2")
    if anew:
        chain_anew(db)
    if contents(db) != before:
        assert audit.verified(db, notes).broken is not None


@pytest.mark.parametrize(("drop", "first"), [(1, 5), (2, 4), (5, 1)])
def test_rows_that_are_missing_at_the_end_are_named(drop: int, first: int) -> None:
    db, notes = written([EVENTS[0]] * 5)
    db.execute("DELETE FROM audit WHERE id > ?", (5 - drop,))
    assert audit.first_broken(db) is None
    found = audit.verified(db, notes)
    assert (found.broken, found.why) == (first, "it was removed")


def test_a_head_that_somebody_noted_finds_what_was_written_anew_with_its_notes() -> None:
    db, _ = written([EVENTS[0]] * 3)
    head = audit.head(db)
    db.execute("UPDATE audit SET event = 'x' WHERE id = 2")
    chain_anew(db)
    notes = [Note(1, 3, audit.head(db)[1])]
    assert audit.verified(db, notes).broken is None
    assert audit.verified(db, notes, head_=(3, head[1][:12])).broken == 3


async def _write(home: Path, *events: str, together: bool = False) -> None:
    store = await Store.open(home)
    if together:
        await store.write(lambda db: [audit.record(db, one, datetime.now(UTC)) for one in events])
    else:
        for one in events:
            await store.write(audit.record, one, datetime.now(UTC))
    await store.aclose()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_every_commit_notes_its_rows_in_a_file_that_only_its_owner_can_read(tmp_path: Path) -> None:
    await _write(tmp_path, "a", "b")
    await _write(tmp_path, "c", "d", "e", together=True)
    file = tmp_path / heads.NAME
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [(note.first, note.last, note.how) for note in heads.Heads(tmp_path).notes()] == [
        (1, 1, "written"),
        (2, 2, "written"),
        (3, 5, "written"),
    ]
    store = await Store.open(tmp_path)
    assert (await store.read(audit.verified, store.heads.notes())).broken is None
    await store.aclose()


@pytest.mark.anyio
async def test_a_transaction_that_fails_notes_nothing(tmp_path: Path) -> None:
    store = await Store.open(tmp_path)

    def work(db: sqlite3.Connection) -> None:
        audit.record(db, "a", datetime.now(UTC))
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - it is this very one
        await store.write(work)
    assert store.heads.notes() == []
    await store.aclose()


@pytest.mark.anyio
async def test_rows_that_nobody_noted_are_found_and_stay_marked_when_they_are_noted_later(tmp_path: Path) -> None:
    await _write(tmp_path, "a")
    db = sqlite3.connect(tmp_path / "mailmcp.db")
    db.row_factory = sqlite3.Row
    audit.record(db, "draft.approved", datetime.now(UTC), draft="d_2")
    db.commit()
    db.close()
    store = await Store.open(tmp_path)
    assert (await store.read(audit.verified, store.heads.notes())).broken == 2
    await store.write(store.heads.catch_up)
    found = await store.read(audit.verified, store.heads.notes())
    assert (found.broken, found.late) == (None, ((2, 2),))
    await store.aclose()


@pytest.mark.anyio
async def test_a_home_whose_notes_begin_later_says_so(tmp_path: Path) -> None:
    await _write(tmp_path, "a", "b")
    (tmp_path / heads.NAME).unlink()
    store = await Store.open(tmp_path)
    await store.write(store.heads.catch_up)
    await store.write(audit.record, "c", datetime.now(UTC))
    found = await store.read(audit.verified, store.heads.notes())
    assert (found.broken, found.begun, found.rows) == (None, 2, 3)
    await store.aclose()
