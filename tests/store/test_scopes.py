"""What the holder of a key can see: of every table its own rows, whatever is asked, and nothing once it is revoked."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_inboxes import _fill, _rows

from mailmcp.errors import NotFound, StoreUnavailable
from mailmcp.store import Store, conversations, fresh_codes, inboxes, keys, messages, outbox, passages, scopes, threads
from mailmcp.store.scopes import HIDDEN, SHARED, Scope, SeenBy

if TYPE_CHECKING:
    from conftest import Desk

NOW = datetime(2026, 1, 2, tzinfo=UTC)
NOBODYS = {table for table, condition in HIDDEN.items() if condition == "FALSE"}


def key(db: sqlite3.Connection, *addresses: str, every: bool = False) -> int:
    made = keys.create(
        db,
        sha256=keys.digest(f"{addresses}"),
        label="",
        abilities=("read",),
        addresses=addresses,
        every=every,
        now=NOW,
    )
    return made.row


def hidden_rows(db: sqlite3.Connection) -> dict[str, int]:
    return {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in sorted(HIDDEN)}


def test_every_table_is_hidden_from_keys_or_named_as_shared(db: sqlite3.Connection) -> None:
    names = {row["name"] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    ours = {name for name in names if not name.startswith(("sqlite_", "search_"))}
    assert ours == set(HIDDEN) | SHARED
    assert not set(HIDDEN) & SHARED


def test_of_every_table_a_key_sees_its_own_rows_and_no_others(desk: Desk) -> None:
    _fill(desk, "ann")
    anns = hidden_rows(desk.db)
    _fill(desk, "bea")
    both = hidden_rows(desk.db)
    beas = {table: 0 if table in NOBODYS else both[table] - anns[table] for table in both}
    one, every, none = (key(desk.db, *given) for given in (["bea@agents.test"], ["ann@agents.test"], []))
    desk.db.execute("UPDATE keys SET every = 1 WHERE id = ?", (every,))
    scope = Scope(desk.db)
    assert scope.of(one, hidden_rows)(desk.db) == beas
    assert scope.of(every, hidden_rows)(desk.db) == {**both, **dict.fromkeys(NOBODYS, 0)}
    assert set(scope.of(none, hidden_rows)(desk.db).values()) == {0}
    assert set(hidden_rows(desk.db).values()) == {0}  # nobody asks: nobody sees


def test_no_question_of_the_store_finds_what_is_anothers(desk: Desk) -> None:
    _fill(desk, "ann")
    _fill(desk, "bea")
    db = desk.db
    thread = db.execute("SELECT public_id FROM threads WHERE inbox = 1 LIMIT 1").fetchone()[0]
    message = db.execute("SELECT * FROM messages WHERE inbox = 1 LIMIT 1").fetchone()
    draft = db.execute("SELECT public_id FROM drafts WHERE inbox = 1 LIMIT 1").fetchone()[0]
    cursor = db.execute("SELECT cursor FROM arrivals WHERE inbox = 1 LIMIT 1").fetchone()[0]
    beas, scope = key(db, "bea@agents.test"), Scope(db)
    for ask in (
        lambda db: inboxes.get(db, "ann@agents.test"),
        lambda db: threads.get(db, thread),
        lambda db: conversations.read(db, thread),
        lambda db: messages.get(db, message["public_id"]),
        lambda db: outbox.get(db, draft),
        lambda db: inboxes.position_of(db, cursor),
    ):
        with pytest.raises(NotFound):
            scope.of(beas, ask)(db)
    found, _ = scope.of(
        beas, lambda db: threads.find(db, threads.Filter(query="words", label=None), limit=50, before=None)
    )(db)
    assert {one.inbox for one in found} == {"bea@agents.test"}
    named = scope.of(beas, lambda db: inboxes.by_recipient(db, ["ann@agents.test", "bea@agents.test"]))(db)
    assert set(named) == {"bea@agents.test"}
    fresh = scope.of(beas, lambda db: fresh_codes.standing(db, desk.now, limit=50))(db)
    assert len(fresh) == 1
    copied = list(passages.questions(passages.words("words of ann words of ann words of ann words of ann")))
    for question in copied:
        assert scope.of(beas, lambda db, one=question: passages.repeated(db, one, frozenset(), ()))(db) == []


def test_a_grant_goes_with_its_inbox_and_not_to_one_of_the_same_address(desk: Desk) -> None:
    desk.inbox("ann")
    anns = key(desk.db, "ann@agents.test")
    inboxes.delete(desk.db, "ann@agents.test")
    desk.inbox("ann")
    scope = Scope(desk.db)
    assert scope.of(anns, inboxes.summaries)(desk.db) == []


def test_nothing_can_be_written_over_the_connection_of_keys(desk: Desk) -> None:
    Scope(desk.db)
    with pytest.raises(sqlite3.OperationalError):
        desk.db.execute("INSERT INTO main.meta VALUES ('a', 'b')")


@pytest.mark.anyio
async def test_a_revoked_key_sees_nothing_from_the_next_look_on(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "home")
    try:
        made = await store.write(
            inboxes.create, address="ann@agents.test", label="", backend="local", key=None, now=NOW
        )
        anns = await store.write(key, "ann@agents.test")
        seen = SeenBy(store, anns)
        assert await seen.read(inboxes.get, "ann@agents.test") == made[0]
        assert await seen.read(_rows) != await store.read(_rows)
        [listed] = await store.read(keys.listed)
        await store.write(keys.revoke, listed.id, NOW)
        with pytest.raises(NotFound):
            await seen.read(inboxes.get, "ann@agents.test")
        assert await store.read(inboxes.get, "ann@agents.test") == made[0]
    finally:
        await store.aclose()
    with pytest.raises(StoreUnavailable):
        await seen.read(inboxes.summaries)


def test_the_shared_search_is_never_asked_alone_for_a_caller_with_a_key(desk: Desk) -> None:
    """It holds words of every inbox, so each statement that reads it also reads ``messages``, which is hidden."""
    _fill(desk, "ann")
    bea = desk.inbox("bea")
    for _ in range(4):  # so many that the owner's search would look at them by themselves
        desk.receive(bea.address, text="words of bea")
    beas, scope, asked = key(desk.db, "bea@agents.test"), Scope(desk.db), list[str]()
    desk.db.set_trace_callback(asked.append)
    try:
        found, _ = scope.of(beas, lambda db: threads.find(db, threads.Filter(query="words"), limit=1, before=None))(
            desk.db
        )
    finally:
        desk.db.set_trace_callback(None)
    searches = [one for one in asked if "FROM search" in one]
    assert found
    assert searches
    assert all("JOIN messages ON messages.id = search.rowid" in one for one in searches)


def test_who_asks_the_shared_search_is_known() -> None:
    folder = Path(scopes.__file__).parent
    text = "".join(path.read_text("utf-8") for path in folder.glob("*.py") if path.name != "repair.py")  # for no caller
    assert text.count("FROM search") == 3
    assert text.count(" MATCH :") == 3
    assert text.count("JOIN messages ON messages.id = search.rowid") == 2
