"""Opening a home, transactions, group commit, several processes, a full disk."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailmcp.errors import NewerDatabase, StoreFull, StoreUnavailable
from mailmcp.store import Store, db

pytestmark = pytest.mark.anyio
LIMIT = 60
"""No wait of a test is longer, in seconds."""


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(tmp_path / "home")
    await opened.write(lambda connection: connection.execute("CREATE TABLE notes (word TEXT UNIQUE, more BLOB)"))
    yield opened
    await opened.aclose()


def note(connection: sqlite3.Connection, word: str, more: bytes = b"") -> str:
    connection.execute("INSERT INTO notes VALUES (?, ?)", (word, more))
    return word


def note_and_fail(connection: sqlite3.Connection, word: str) -> None:
    note(connection, word)
    raise ValueError(word)


def noted(connection: sqlite3.Connection) -> list[str]:
    return [row["word"] for row in connection.execute("SELECT word FROM notes ORDER BY rowid")]


# --- opening -------------------------------------------------------------------------------------------------


async def test_the_database_and_its_home_are_for_their_owner_alone(store: Store) -> None:
    await store.write(note, "one")
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in store.path.parent.iterdir()}
    assert modes
    assert set(modes.values()) == {0o600}


async def test_the_journal_is_for_its_owner_alone_while_a_transaction_is_open(store: Store) -> None:
    def look(connection: sqlite3.Connection) -> dict[str, int]:
        note(connection, "one")
        return {path.name: stat.S_IMODE(path.stat().st_mode) for path in store.path.parent.iterdir()}

    modes = await store.write(look)
    assert len(modes) > 1
    assert set(modes.values()) == {0o600}


async def test_every_commit_reaches_the_disk_and_wal_is_used_only_where_it_is_safe(store: Store) -> None:
    def settings(connection: sqlite3.Connection) -> tuple[str, int, int]:
        return tuple(
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        )

    wanted = "wal" if sqlite3.sqlite_version_info >= (3, 51, 3) else "truncate"
    assert await store.write(settings) == (wanted, 2, 1)
    assert await store.read(settings) == (wanted, 2, 1)


async def test_a_home_that_is_a_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")
    with pytest.raises(StoreUnavailable, match=r"home cannot be used \(it is no folder\)"):
        await Store.open(tmp_path / "home")


async def test_a_file_that_is_no_database_is_refused_in_words_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "mailmcp.db"
    path.write_bytes(b"this is no database, but somebody's notes" * 100)
    before = path.read_bytes()
    with pytest.raises(
        StoreUnavailable,
        match="is damaged: close every program that uses it, and type `mailmcp doctor --repair --home",
    ):
        await Store.open(tmp_path)
    assert path.read_bytes() == before


async def test_a_newer_database_is_refused_in_words_and_not_touched(tmp_path: Path) -> None:
    await (await Store.open(tmp_path)).aclose()
    path = tmp_path / "mailmcp.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE later (word TEXT)")
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(NewerDatabase, match=r"newer mailmcp \(schema 999.*update mailmcp, or use another MAILMCP_HOME"):
        await Store.open(tmp_path)
    assert path.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["claims.lock", "mailmcp.db"]


async def test_a_read_only_database_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await (await Store.open(tmp_path)).aclose()
    connect = db._connect
    # Rights do not bind the supervisor account that containers run tests as, so SQLite is told to open read-only.
    monkeypatch.setattr(db, "_connect", lambda path, query_only=False: connect(path, query_only=True))
    store = await Store.open(tmp_path)
    try:
        with pytest.raises(StoreUnavailable, match="check the folder's rights"):
            await store.write(lambda connection: connection.execute("DELETE FROM meta"))
    finally:
        await store.aclose()


# --- transactions ----------------------------------------------------------------------------------------------


async def test_a_write_gives_back_what_the_work_returned_and_a_read_sees_it(store: Store) -> None:
    assert await store.write(note, "one", more=b"x") == "one"
    assert await store.read(noted) == ["one"]


async def test_a_read_cannot_write(store: Store) -> None:
    with pytest.raises(StoreUnavailable):
        await store.read(note, "one")
    assert await store.read(noted) == []


async def test_what_a_failing_piece_of_work_did_is_rolled_back_and_its_error_comes_through(store: Store) -> None:
    with pytest.raises(ValueError, match="two"):
        await store.write(note_and_fail, "two")
    assert await store.read(noted) == []


async def test_a_broken_constraint_is_an_error_of_the_family(store: Store) -> None:
    await store.write(note, "one")
    with pytest.raises(StoreUnavailable):
        await store.write(note, "one")
    assert await store.read(noted) == ["one"]


async def test_a_failing_piece_of_work_takes_nothing_else_of_its_group_with_it(store: Store) -> None:
    works = [store.write(note_and_fail if number % 3 == 0 else note, f"{number:03}") for number in range(200)]
    results = await asyncio.gather(*works, return_exceptions=True)
    failed = {number for number, result in enumerate(results) if isinstance(result, ValueError)}
    assert failed == set(range(0, 200, 3))
    assert await store.read(noted) == [f"{number:03}" for number in range(200) if number % 3]


async def test_waiting_writes_share_a_transaction_but_no_group_is_without_bound(store: Store) -> None:
    before, held = await store.read(_changes), threading.Event()
    busy = asyncio.create_task(store.write(lambda _: held.wait(LIMIT)))  # so that all others wait together
    tasks = [asyncio.create_task(store.write(note, str(number))) for number in range(2 * db.GROUP_LIMIT)]
    await asyncio.sleep(0)
    held.set()
    await asyncio.gather(busy, *tasks)
    assert 2 <= await store.read(_changes) - before <= 3  # two groups, or three when some came beside the first


def _changes(connection: sqlite3.Connection) -> int:
    """The file's change counter: one step for each transaction that wrote (bytes 24 to 27 of the header)."""
    if db.WAL_IS_SAFE:
        pytest.skip("with WAL the counter of the file does not move at each commit")
    path = Path(connection.execute("PRAGMA database_list").fetchone()["file"])
    return int.from_bytes(path.read_bytes()[24:28], "big")


async def test_writes_are_carried_out_in_the_order_in_which_they_were_asked(store: Store) -> None:
    await asyncio.gather(*(store.write(note, f"{number:03}") for number in range(150)))
    assert await store.read(noted) == [f"{number:03}" for number in range(150)]


async def test_a_write_that_was_cancelled_before_its_turn_is_not_carried_out(store: Store) -> None:
    tasks = [asyncio.create_task(store.write(note, str(number))) for number in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results[1], asyncio.CancelledError)
    assert await store.read(noted) in (["0", "2"], ["0", "1", "2"])
    assert await store.write(note, "after") == "after"


async def test_what_has_waited_is_committed_with_the_next_write_and_before_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "PATIENCE", 3600)
    monkeypatch.setattr(db, "SHARE_AFTER", 0)
    patient = [asyncio.create_task(store.write_soon(note, str(number))) for number in range(3)]
    await asyncio.sleep(0)
    assert await store.read(noted) == []
    await asyncio.wait_for(store.write(note, "next"), LIMIT)
    await asyncio.wait_for(asyncio.gather(*patient), LIMIT)
    assert await store.read(noted) == ["0", "1", "2", "next"]


async def test_what_can_wait_waits_its_whole_time_also_when_some_before_it_did_not(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "SHARE_AFTER", 0)
    early = asyncio.create_task(store.write_soon(note, "early"))
    await asyncio.sleep(0)
    await store.write(note, "first")
    await asyncio.wait_for(early, LIMIT)
    monkeypatch.setattr(db, "PATIENCE", 3600)
    late = asyncio.create_task(store.write_soon(note, "late"))
    done, _ = await asyncio.wait([late], timeout=0.2)  # the time of the early one passes
    assert not done
    await store.write(note, "second")
    await asyncio.wait_for(late, LIMIT)
    assert await store.read(noted) == ["early", "first", "late", "second"]


async def test_what_can_wait_lets_other_writes_pass_for_a_while(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "PATIENCE", 3600)
    monkeypatch.setattr(db, "SHARE_AFTER", 3600)
    patient = [asyncio.create_task(store.write_soon(note, str(number))) for number in range(3)]
    await asyncio.sleep(0)
    await asyncio.wait_for(store.write(note, "passes"), LIMIT)
    assert await store.read(noted) == ["passes"]
    many = [asyncio.create_task(store.write_soon(note, str(number))) for number in range(3, db.GROUP_LIMIT)]
    await asyncio.sleep(0)
    await asyncio.wait_for(store.write(note, "not past so many"), LIMIT)
    await asyncio.wait_for(asyncio.gather(*patient, *many), LIMIT)
    assert await store.read(noted) == ["passes", *map(str, range(db.GROUP_LIMIT)), "not past so many"]


async def test_what_can_wait_is_committed_alone_when_nothing_comes(store: Store) -> None:
    for number in range(3):
        await asyncio.wait_for(store.write_soon(note, str(number)), LIMIT)
    assert await store.read(noted) == ["0", "1", "2"]


async def test_a_read_gives_way_to_a_commit_that_has_more_than_the_memory_holds(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a write locks everybody out before its commit: a read that held its turn meanwhile would end in 'busy'."""
    spilled, refused, tried = threading.Event(), threading.Event(), db._can_read

    def much(connection: sqlite3.Connection) -> None:
        note(connection, "much", b"x" * 16 * 1024 * 1024)
        connection.execute("UPDATE notes SET more = zeroblob(length(more) + 1)")
        spilled.set()
        assert refused.wait(LIMIT)

    def tries(connection: sqlite3.Connection) -> bool:
        free = tried(connection)
        if not free:
            refused.set()
        return free

    monkeypatch.setattr(db, "_can_read", tries)
    writing = asyncio.create_task(store.write(much))
    assert await asyncio.to_thread(spilled.wait, LIMIT)
    if db.WAL_IS_SAFE:
        refused.set()
    read = await asyncio.wait_for(store.read(noted), LIMIT)
    await asyncio.wait_for(writing, LIMIT)
    assert read == ([] if db.WAL_IS_SAFE else ["much"])


async def test_a_read_sees_one_unchanging_state(store: Store) -> None:
    other = sqlite3.connect(store.path, timeout=0, isolation_level=None, check_same_thread=False)

    def twice(connection: sqlite3.Connection) -> tuple[list[str], str, list[str]]:
        first = noted(connection)
        try:
            other.execute("PRAGMA busy_timeout = 0")
            other.execute("INSERT INTO notes VALUES ('between', NULL)")
            written = "written"
        except sqlite3.OperationalError:
            written = "kept out"  # without WAL a reader keeps writers out
        return first, written, noted(connection)

    first, written, second = await store.read(twice)
    other.close()
    assert first == second == []
    assert written == ("written" if db.WAL_IS_SAFE else "kept out")


# --- the end ----------------------------------------------------------------------------------------------------


async def test_closing_finishes_the_writes_that_wait(tmp_path: Path) -> None:
    store = await Store.open(tmp_path)
    await store.write(lambda connection: connection.execute("CREATE TABLE notes (word TEXT, more BLOB)"))
    tasks = [asyncio.create_task(store.write(note, str(number))) for number in range(100)]
    await asyncio.sleep(0)
    await asyncio.wait_for(store.aclose(), LIMIT)
    assert await asyncio.wait_for(asyncio.gather(*tasks), LIMIT) == [str(number) for number in range(100)]
    await store.aclose()


async def test_closing_finishes_what_can_wait_whenever_its_time_would_have_been(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for patience in (3600, 0):
        monkeypatch.setattr(db, "PATIENCE", patience)
        store = await Store.open(tmp_path / str(patience))
        await store.write(lambda connection: connection.execute("CREATE TABLE notes (word TEXT, more BLOB)"))
        held = threading.Event()
        busy = asyncio.create_task(store.write(lambda _, held=held: held.wait(LIMIT)))
        tasks = [asyncio.create_task(store.write_soon(note, str(number))) for number in range(3)]
        await asyncio.sleep(0)
        closing = asyncio.create_task(store.aclose())
        for _ in range(5):
            await asyncio.sleep(0)  # the time of those that wait passes between the closing and its turn
        held.set()
        await asyncio.wait_for(asyncio.gather(busy, closing), LIMIT)
        assert await asyncio.gather(*tasks) == ["0", "1", "2"]


async def test_after_closing_every_call_is_refused_at_once(tmp_path: Path) -> None:
    store = await Store.open(tmp_path)
    await store.aclose()
    for call in (lambda: store.write(noted), lambda: store.read(noted), store.changed):
        with pytest.raises(StoreUnavailable, match="was closed"):
            await asyncio.wait_for(call(), LIMIT)


async def test_a_store_that_cannot_write_can_be_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "BUSY_TIMEOUT_MS", 20)
    store = await Store.open(tmp_path)
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="was busy for too long: try again"):
        await store.write(lambda connection: connection.execute("DELETE FROM meta"))
    await asyncio.wait_for(store.aclose(), LIMIT)
    other.close()


# --- a full disk -------------------------------------------------------------------------------------------------


def limit_pages(connection: sqlite3.Connection, spare: int) -> None:
    """Make the database as full as a disk with ``spare`` free pages: SQLite gives its real SQLITE_FULL beyond."""
    used = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {used + spare}")


async def test_a_full_disk_is_told_as_such_and_nothing_half_remains(store: Store) -> None:
    await store.write(limit_pages, 4)
    with pytest.raises(StoreFull, match=r"is full: free some space, nothing acknowledged is lost"):
        await store.write(note, "large", b"x" * 1_000_000)
    assert await store.read(noted) == []


async def test_what_is_too_large_for_the_disk_takes_nothing_small_with_it(store: Store) -> None:
    await store.write(limit_pages, 4)
    works = [store.write(note, str(number), b"x" * (1_000_000 if number == 5 else 10)) for number in range(12)]
    results = await asyncio.gather(*works, return_exceptions=True)
    assert isinstance(results[5], StoreFull)
    assert [result for result in results if not isinstance(result, str)] == [results[5]]
    assert await store.read(noted) == [str(number) for number in range(12) if number != 5]


async def test_the_store_goes_on_when_there_is_room_again(store: Store) -> None:
    await store.write(limit_pages, 0)
    with pytest.raises(StoreFull):
        await store.write(note, "large", b"x" * 100_000)
    await store.write(limit_pages, 1_000)
    assert await store.write(note, "large", b"x" * 100_000) == "large"


# --- a home that goes away -----------------------------------------------------------------------------------------


async def test_nothing_is_acknowledged_once_the_database_was_removed_and_all_goes_on_when_it_is_back(
    store: Store,
) -> None:
    aside = store.path.with_name("aside")
    store.path.rename(aside)
    with pytest.raises(StoreUnavailable, match=r"removed or replaced while mailmcp runs: put it back, or restart"):
        await store.write(note, "lost", b"x")
    with pytest.raises(StoreUnavailable, match="removed or replaced"):
        await store.read(noted)
    aside.rename(store.path)
    assert await store.write(note, "kept", b"x") == "kept"
    assert await store.read(noted) == ["kept"]


async def test_a_database_put_in_the_place_of_the_open_one_is_not_written_to(store: Store) -> None:
    aside = store.path.with_name("aside")
    store.path.rename(aside)
    store.path.write_bytes(aside.read_bytes())
    with pytest.raises(StoreUnavailable, match="removed or replaced"):
        await store.write(note, "lost", b"x")


# --- several on one home ----------------------------------------------------------------------------------------


async def test_the_change_signal_says_whether_anybody_committed(store: Store) -> None:
    other = await Store.open(store.path.parent)
    try:
        await store.changed()
        assert not await store.changed()
        await other.write(note, "theirs")
        assert await store.changed()
        assert not await store.changed()
        await store.write(note, "ours")
        assert await store.changed()
        assert not await store.changed()
        assert await store.read(noted) == ["theirs", "ours"]
    finally:
        await other.aclose()


async def test_two_stores_of_one_process_lose_no_write_of_each_other(store: Store) -> None:
    other = await Store.open(store.path.parent)
    try:
        both = [(store if number % 2 else other).write(note, str(number)) for number in range(100)]
        await asyncio.wait_for(asyncio.gather(*both), LIMIT)
    finally:
        await other.aclose()
    assert sorted(await store.read(noted), key=int) == [str(number) for number in range(100)]


async def test_opening_a_home_again_frees_no_lock_of_a_transaction_in_the_same_process(store: Store) -> None:
    probe = (
        "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)\n"
        "try: db.execute('BEGIN IMMEDIATE'); print('free')\n"
        "except sqlite3.OperationalError as error: print(error)"
    )

    def look(connection: sqlite3.Connection) -> str:
        note(connection, "one")
        db._prepare(store.path.parent, store.path)
        run = [sys.executable, "-c", probe, str(store.path)]
        return subprocess.run(run, capture_output=True, text=True, timeout=LIMIT, check=True).stdout

    assert await store.write(look) == "database is locked\n"


_WRITER = """
import asyncio, sys
from pathlib import Path
from mailmcp.store import Store, db

def look_and_write(connection, word):
    # Two that read first and want to write then are in each other's way unless the lock is taken at the start.
    connection.execute("SELECT count(*) FROM notes").fetchone()
    connection.execute("INSERT INTO notes VALUES (?, NULL)", (word,))

async def main(home, journal, name):
    db.WAL_IS_SAFE = journal == "wal"
    store = await Store.open(Path(home))
    try:
        print("ready", flush=True)
        sys.stdin.readline()
        for number in range(100):
            await store.write(look_and_write, f"{name}{number}")
            await store.read(lambda c: c.execute("SELECT count(*) FROM notes").fetchone())
    finally:
        await store.aclose()

asyncio.run(main(*sys.argv[1:]))
"""

_OPENER = """
import asyncio, sys
from pathlib import Path
from mailmcp.store import Store, db

async def main(home, journal, name):
    db.WAL_IS_SAFE = journal == "wal"
    print("ready", flush=True)
    sys.stdin.readline()
    await (await Store.open(Path(home))).aclose()

asyncio.run(main(*sys.argv[1:]))
"""


def run_together(program: str, home: Path, journal: str, names: str) -> None:
    """Run a program once for each name, all from the same moment on, each without an error."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(home), journal, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    try:
        for process in processes:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in processes:
            _, errors = process.communicate(timeout=LIMIT)
            assert (process.returncode, errors) == (0, "")
    finally:
        for process in processes:
            process.kill()
            process.communicate()


@pytest.mark.parametrize("journal", ["truncate", "wal"])
async def test_two_processes_that_write_at_once_lose_nothing_and_are_never_locked_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journal: str
) -> None:
    monkeypatch.setattr(db, "WAL_IS_SAFE", journal == "wal")
    store = await Store.open(tmp_path)
    try:
        await store.write(lambda connection: connection.execute("CREATE TABLE notes (word TEXT, more BLOB)"))
        await asyncio.to_thread(run_together, _WRITER, tmp_path, journal, "ab")
        words = await store.read(noted)
    finally:
        await store.aclose()
    assert sorted(words) == sorted(f"{name}{number}" for name in "ab" for number in range(100))


@pytest.mark.parametrize("journal", ["truncate", "wal"])
@pytest.mark.slow
async def test_several_processes_may_open_a_new_home_at_the_same_moment(tmp_path: Path, journal: str) -> None:
    await asyncio.to_thread(run_together, _OPENER, tmp_path / "home", journal, "abcd")
