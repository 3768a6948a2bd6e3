"""The audit log: append only, and any change to what was written shows."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from mailmcp.store import audit, inboxes

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
