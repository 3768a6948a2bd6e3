"""Databases that were really damaged: what can be read is in the new one, and the old one is kept."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import damaged
import pytest

from mailmcp.errors import NewerDatabase, StoreDamaged, StoreUnavailable
from mailmcp.models import DraftState
from mailmcp.store import Store, audit, messages, outbox, raws, repair, schema, status, threads
from mailmcp.store.repair import Repaired

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
COUNT = 200


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> bytes:
    return (damaged.home(tmp_path_factory.mktemp("whole") / "home", COUNT) / "mailmcp.db").read_bytes()


@pytest.fixture
def path(tmp_path: Path, whole: bytes) -> Path:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    path = home / "mailmcp.db"
    path.touch(0o600)
    path.write_bytes(whole)
    return path


def repaired(path: Path) -> Repaired:
    done = repair.repair(path.parent, NOW, expiry=timedelta(days=1))
    assert done is not None
    assert repair.is_whole(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(one.name for one in path.parent.iterdir() if "repair" in one.name) == []
    with closing(opened(path)) as found:
        assert found.execute("PRAGMA foreign_key_check").fetchall() == []
    return done


def opened(path: Path) -> sqlite3.Connection:
    found = sqlite3.connect(path, isolation_level=None)
    found.row_factory = sqlite3.Row
    return found


def texts(path: Path) -> set[int]:
    """The numbers of the messages whose bytes are those that came."""
    kept = set()
    with closing(opened(path)) as found:
        for row in found.execute("SELECT * FROM messages WHERE source <> 'rebuilt'").fetchall():
            octets = raws.kept(found, row["raw"])
            number = int(octets.partition(b"Message-ID: <")[2].partition(b"@")[0])
            assert octets == damaged.letter(number, damaged.INBOXES[number % 2])
            kept.add(number)
    return kept


def test_a_whole_database_is_left_as_it_is(path):
    before = path.read_bytes()
    assert repair.repair(path.parent, NOW, expiry=timedelta(days=1)) is None
    assert path.read_bytes() == before


def test_a_home_without_a_database_gets_none(tmp_path):
    assert repair.repair(tmp_path, NOW, expiry=timedelta(days=1)) is None
    assert list(tmp_path.iterdir()) == []


def test_the_damaged_file_is_kept_under_a_name_with_the_time_for_its_owner_alone(path):
    damaged.zero(path, 1)
    before = path.read_bytes()
    path.chmod(0o644)
    done = repaired(path)
    assert done.kept.name == "mailmcp.db.damaged-20261128T120000Z"
    assert done.kept.read_bytes() == before
    assert stat.S_IMODE(done.kept.stat().st_mode) == 0o600


@pytest.mark.parametrize("garbage", [b"\xff", b"\0", b"x"])
def test_a_header_that_is_garbage_loses_nothing(path, garbage):
    with path.open("r+b") as file:
        file.write(garbage * 100)
    with pytest.raises(StoreDamaged):
        asyncio.run(Store.open(path.parent))
    done = repaired(path)
    assert texts(path) == set(range(COUNT))
    assert (done.counts["inboxes"], done.counts["drafts"], done.counts["suppressions"]) == (2, 2, 1)
    assert done.mended.lost["messages"] == 0


def test_without_the_first_page_the_tables_are_known_by_what_stands_in_them(path):
    damaged.zero(path, 1)
    done = repaired(path)
    assert texts(path) == set(range(COUNT))
    assert (done.counts["inboxes"], done.counts["drafts"], done.counts["threads"]) == (2, 2, COUNT)
    assert done.taken.stray > COUNT
    assert not done.had_header
    with closing(opened(path)) as found:
        assert {row["label"] for row in found.execute("SELECT label FROM inboxes")} == {
            f"label of {one}" for one in damaged.INBOXES
        }


def test_of_a_truncated_file_everything_before_the_cut_is_there(path):
    octets = path.read_bytes()
    path.write_bytes(octets[: len(octets) * 2 // 3 + 100])
    done = repaired(path)
    assert done.taken.lost_pages > 0
    kept = texts(path)
    assert len(kept) > COUNT // 4
    assert done.taken.last["messages"] == COUNT  # so that it can be said how many are missing at most
    assert done.mended.lost["messages"] <= COUNT - done.counts["messages"]


def test_of_zeroed_pages_of_messages_only_what_stood_on_them_is_concluded_again(path):
    leaves = damaged.leaves_of(path, "messages")
    damaged.zero(path, *leaves[1:3])
    done = repaired(path)
    assert done.taken.lost_pages == 2
    assert done.counts["messages"] == COUNT  # their bytes say for which inbox they were
    assert done.mended.found > 0
    assert done.mended.lost["messages"] == 0
    with closing(opened(path)) as found:
        row = found.execute("SELECT count(*) AS n FROM messages WHERE judged_at IS NULL AND history = 1").fetchone()
    assert row["n"] == done.mended.again == done.mended.found


def test_a_zeroed_page_above_the_leaves_loses_no_row_below_it(path):
    damaged.zero(path, damaged.root_of(path, "raws"), damaged.root_of(path, "messages"))
    done = repaired(path)
    assert texts(path) == set(range(COUNT))
    assert done.mended.lost["messages"] == 0


def test_messages_whose_bytes_are_gone_keep_their_text(path):
    leaves = damaged.leaves_of(path, "raws")
    damaged.zero(path, *leaves[2:4])
    done = repaired(path)
    assert done.counts["messages"] == COUNT
    assert done.mended.rebuilt == COUNT - len(texts(path)) > 0
    with closing(opened(path)) as found:
        row = found.execute("SELECT id, raw, subject FROM messages WHERE source = 'rebuilt'").fetchone()
        assert f"Subject: {row['subject']}".encode() in raws.kept(found, row["raw"])
        assert messages.channels(found, row["id"]).visible.encode() in raws.kept(found, row["raw"]).replace(
            b"\r\n", b"\n"
        )


def test_a_lost_page_of_inboxes_is_made_again_from_their_mail(path):
    damaged.zero(path, damaged.root_of(path, "inboxes"))
    done = repaired(path)
    assert done.mended.inboxes == 2
    with closing(opened(path)) as found:
        assert {row["address"] for row in found.execute("SELECT address FROM inboxes")} == set(damaged.INBOXES)
    assert texts(path) == set(range(COUNT))


def test_a_damaged_index_loses_nothing(path):
    damaged.zero(path, damaged.root_of(path, "messages_of_inbox"), filler=b"\xaa")
    done = repaired(path)
    assert texts(path) == set(range(COUNT))
    assert done.mended.lost.total() == 0


def test_a_damaged_list_of_words_is_made_anew_and_nothing_else_changes(path):
    with closing(opened(path)) as found:
        found.execute("PRAGMA writable_schema = ON")
        found.execute("UPDATE search_data SET block = zeroblob(length(block)) WHERE id > 1")
    done = repaired(path)
    assert texts(path) == set(range(COUNT))
    assert (done.taken.lost_pages, done.mended.lost.total(), done.mended.again) == (0, 0, 0)
    with closing(opened(path)) as found:
        page, _ = threads.find(found, threads.Filter(query="number177"), limit=10, before=None)
        assert [one.subject for one in page] == ["Subject 177"]


@pytest.mark.parametrize("table", ["threads", "bodies", "arrivals", "audit", "search", "contacts", "meta"])
def test_a_missing_table_is_made_again(path, table):
    with closing(opened(path)) as found:
        found.execute(f"DROP TABLE {table}")
    done = repaired(path)
    assert texts(path) == set(range(COUNT))
    assert done.mended.again == (COUNT if table in ("threads", "bodies") else 0)


def test_what_waited_to_leave_waits_for_a_human_afterwards(path):
    damaged.zero(path, damaged.root_of(path, "messages_of_inbox"), filler=b"\xaa")
    assert repaired(path).mended.held == 1
    with closing(opened(path)) as found:
        rows = found.execute("SELECT subject, state, reasons FROM drafts ORDER BY subject").fetchall()
        assert found.execute("SELECT count(*) FROM seals").fetchone()[0] == 0
    assert [(row["subject"], row["state"]) for row in rows] == [("held", "held"), ("queued", "held")]
    assert "find out whether it has left" in rows[1]["reasons"]


def test_what_was_deleted_stays_deleted(path):
    with closing(opened(path)) as found:
        found.execute("PRAGMA secure_delete = OFF")
        for table in ("bodies", "attachments", "mentions", "checks", "returns", "labels", "handouts"):
            found.execute(f"DELETE FROM {table} WHERE message <= 100")
        found.execute("UPDATE arrivals SET message = NULL WHERE message <= 100")
        found.execute("DELETE FROM messages WHERE id <= 100")
        found.execute("DELETE FROM raws WHERE id <= 100")
        assert found.execute("PRAGMA freelist_count").fetchone()[0] > 20
    damaged.zero(path, damaged.root_of(path, "messages_of_inbox"), filler=b"\xaa")
    done = repaired(path)
    assert texts(path) == set(range(100, COUNT))
    assert done.taken.stray == 0


def test_numbers_that_were_in_use_are_not_given_again(path):
    with closing(opened(path)) as found:
        found.execute("UPDATE sqlite_sequence SET seq = 5000 WHERE name = 'messages'")
    damaged.zero(path, damaged.root_of(path, "messages_of_inbox"), filler=b"\xaa")
    repaired(path)
    with closing(opened(path)) as found:
        assert found.execute("SELECT seq FROM sqlite_sequence WHERE name = 'messages'").fetchone()[0] == 5000


def test_the_log_of_what_was_done_says_that_it_was_repaired_and_stays_append_only(path):
    damaged.zero(path, damaged.root_of(path, "messages_of_inbox"), filler=b"\xaa")
    repaired(path)
    with closing(opened(path)) as found:
        assert audit.first_broken(found) is None
        assert audit.rows(found)[-1].event == "database.repaired"
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            found.execute("DELETE FROM audit")


def test_transactions_that_are_only_in_the_write_ahead_log_are_not_lost(path, monkeypatch):
    """As a process leaves them that is killed; the header is damaged too, so that SQLite itself reads nothing."""
    killed = (
        "import os, sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "db.execute('PRAGMA journal_mode = WAL'); db.execute('PRAGMA wal_autocheckpoint = 0')\n"
        "db.execute(\"UPDATE inboxes SET label = 'only in the log'\"); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", killed, str(path)], timeout=60, check=False)
    assert path.with_name("mailmcp.db-wal").stat().st_size > 1000
    for garbage in (b"", b"\xff" * 100):
        with path.open("r+b") as file:
            file.write(garbage)
    # What the log holds of the first page would bring the header back: it is taken from there too.
    done = repaired(path)
    with closing(opened(path)) as found:
        assert {row["label"] for row in found.execute("SELECT label FROM inboxes")} == {"only in the log"}
    assert not path.with_name("mailmcp.db-wal").exists()
    assert done.kept.with_name(f"{done.kept.name}-wal").exists()


@pytest.mark.parametrize("octets", [b"somebody's notes" * 1000, b"short"])
def test_of_a_file_that_never_was_a_database_nothing_comes_and_it_is_kept(path, octets):
    path.write_bytes(octets)
    done = repaired(path)
    assert (done.counts["messages"], done.counts["inboxes"]) == (0, 0)
    assert done.kept.read_bytes() == octets


@pytest.mark.parametrize("version", [0, -1, 121, 2**31 - 1])
def test_a_version_that_cannot_be_true_is_damage_and_loses_nothing(path, version):
    with closing(opened(path)) as found:
        found.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(StoreDamaged):
        asyncio.run(Store.open(path.parent))
    assert repaired(path).counts["messages"] == COUNT
    assert len(texts(path)) == COUNT


def test_a_header_of_which_only_the_first_word_is_left_is_no_newer_database(path):
    with path.open("r+b") as file:
        file.seek(18)
        file.write(b"\xff" * 82)
    assert repaired(path).counts["messages"] == COUNT


def test_a_file_cut_within_its_header_is_replaced_by_an_empty_database(path):
    path.write_bytes(path.read_bytes()[:50])
    assert repaired(path).counts["messages"] == 0


def test_a_newer_database_is_left_to_a_newer_mailmcp(path):
    with closing(opened(path)) as found:
        found.execute(f"PRAGMA user_version = {schema.newest() + 1}")
    damaged.zero(path, damaged.root_of(path, "messages_of_inbox"), filler=b"\xaa")
    before = path.read_bytes()
    with pytest.raises(NewerDatabase, match="update mailmcp, and repair it with that"):
        repair.repair(path.parent, NOW, expiry=timedelta(days=1))
    assert path.read_bytes() == before


def test_an_older_database_is_repaired_and_brought_up_to_date(tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    path = home / "mailmcp.db"
    with closing(opened(path)) as old:
        schema.build(old, 3)
        old.execute("INSERT INTO inboxes (address, backend, created_at) VALUES ('old@agents.test', 'local', 0)")
    damaged.zero(path, damaged.root_of(path, "messages_of_inbox"), filler=b"\xaa")
    repaired(path)
    with closing(opened(path)) as found:
        assert found.execute("PRAGMA user_version").fetchone()[0] == schema.newest()
        assert found.execute("SELECT address FROM inboxes").fetchone()[0] == "old@agents.test"


def test_while_a_process_has_the_home_open_nothing_is_repaired(path):
    async def run() -> None:
        store = await Store.open(path.parent)
        try:
            with pytest.raises(StoreUnavailable, match="close every program that uses mailmcp"):
                repair.repair(path.parent, NOW, expiry=timedelta(days=1))
        finally:
            await store.aclose()

    asyncio.run(run())
    holds = (
        "import asyncio, sys; from pathlib import Path; from mailmcp.store import Store\n"
        "async def main():\n    store = await Store.open(Path(sys.argv[1])); print('open', flush=True)\n"
        "    await asyncio.to_thread(sys.stdin.readline); await store.aclose()\nasyncio.run(main())"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holds, str(path.parent)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdin
        assert holder.stdout.readline() == "open\n"
        damaged.zero(path, damaged.root_of(path, "messages_of_inbox"), filler=b"\xaa")
        before = path.read_bytes()
        with pytest.raises(StoreUnavailable, match="close every program that uses mailmcp"):
            repair.repair(path.parent, NOW, expiry=timedelta(days=1))
        assert path.read_bytes() == before
        holder.communicate("go\n", timeout=60)
    repaired(path)


def test_while_it_is_repaired_no_process_opens_the_home(path, monkeypatch):
    damaged.zero(path, 1)
    tried: list[str] = []
    exchange = repair._exchange

    def looks(*given):
        probe = (
            "import asyncio, sys; from pathlib import Path; from mailmcp.store import Store\n"
            "try: asyncio.run(Store.open(Path(sys.argv[1])))\nexcept Exception as error: print(error)"
        )
        run = [sys.executable, "-c", probe, str(path.parent)]
        tried.append(subprocess.run(run, capture_output=True, text=True, timeout=60, check=False).stdout)
        return exchange(*given)

    monkeypatch.setattr(repair, "_exchange", looks)
    repaired(path)
    assert "is being repaired: try again" in tried[0]


def test_a_repair_that_finds_no_room_leaves_everything_as_it_was(path, monkeypatch):
    damaged.zero(path, 1)
    before = path.read_bytes()

    def no_room(*_given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(repair.shutil, "copyfile", no_room)
    with pytest.raises(StoreUnavailable, match="was left as it is"):
        repair.repair(path.parent, NOW, expiry=timedelta(days=1))
    assert path.read_bytes() == before
    assert sorted(one.name for one in path.parent.iterdir()) == ["claims.lock", "mailmcp.db"]


def test_a_database_that_loses_a_table_while_it_is_open_is_called_damaged(path):
    async def run() -> None:
        store = await Store.open(path.parent)
        try:
            await store.write(lambda connection: connection.execute("DROP TABLE labels"))
            with pytest.raises(StoreDamaged, match=r"type `mailmcp doctor --repair --home"):
                await store.read(lambda connection: connection.execute("SELECT * FROM labels").fetchall())
        finally:
            await store.aclose()

    asyncio.run(run())


@pytest.mark.parametrize("version", [1, 5, 12])
def test_a_lower_version_than_the_tables_tell_of_is_damage_and_loses_nothing(path, version):
    with closing(opened(path)) as found:
        found.execute(f"PRAGMA user_version = {version}")
    before = path.read_bytes()
    with pytest.raises(StoreDamaged):
        asyncio.run(Store.open(path.parent))
    assert path.read_bytes() == before
    done = repaired(path)
    assert texts(path) == set(range(COUNT))
    assert (done.counts["inboxes"], done.counts["drafts"], done.taken.lost_rows) == (2, 2, 0)


def test_a_lower_version_is_seen_through_where_some_of_the_tables_cannot_be_told(path):
    with closing(opened(path)) as found:
        found.execute("PRAGMA user_version = 5")
    leaf = damaged.leaves_of_schema(path)[-1]
    damaged.zero(path, leaf)
    repaired(path)
    assert texts(path) == set(range(COUNT))


def test_a_record_that_cannot_be_read_ends_no_repair_and_no_later_look(path):
    broken = [
        ("messages", "recipients", "[[\"a\", 'b']]"),
        ("messages", "to_", '[["a", 7]]'),
        ("messages", "reasons", "\x01"),
        ("messages", "refs", '{"a": []}'),
        ("messages", "verdict", "verifled"),
        ("messages", "source", "smtq"),
        ("messages", "received_at", 2**63 - 1),
        ("messages", "sent_at", -(2**63)),
        ("bodies", "channels", '{"quoted": 7}'),
        ("bodies", "channels", "["),
        ("threads", "who", "[" * 100_000),
        ("threads", "verdict", ""),
    ]
    with closing(opened(path)) as found:
        for row, (table, column, value) in enumerate(broken, 10):
            found.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (value, row))
        found.execute("UPDATE drafts SET bcc = '[' WHERE id = 1")
        found.execute("UPDATE drafts SET state = 'hold', reasons = '[7]' WHERE id = 2")
        found.execute("DROP TRIGGER audit_is_not_changed")
        found.execute("UPDATE audit SET detail = '{' WHERE id = 1")
        found.execute("INSERT INTO meta VALUES ('account x', '{')")
        assert found.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    done = repaired(path)
    assert done.taken.replaced + done.taken.lost_rows == len(broken) + 5
    assert done.counts["messages"] == COUNT
    assert done.counts["drafts"] == 1  # of the other it is not known to whom it goes
    assert done.mended.again == 7
    with closing(opened(path)) as found:
        judged = messages.select(found, "TRUE", {})
        assert len(judged) == COUNT - 7
        assert all(messages.channels(found, one.row) for one in judged)
        shown = threads.find(found, threads.Filter(), limit=500, before=None)[0]
        assert all(one.who for one in shown)  # made anew from the messages
        assert [one.subject for one in outbox.open_drafts(found, (DraftState.UNKNOWN,))] == ["queued"]
        assert audit.rows(found)[-1].event == "database.repaired"
        assert status.accounts(found) == ()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE messages SET subject = CAST(x'ff' AS TEXT) WHERE id = 3",
        "UPDATE messages SET raw = 'words' WHERE id = 3",
        "UPDATE messages SET refs = '[' WHERE id = 3",
    ],
)
def test_one_value_that_is_none_of_its_kind_is_damage_though_every_page_is_whole(path, change):
    with closing(opened(path)) as found:
        found.execute("PRAGMA foreign_keys = OFF")
        found.execute(change)
    done = repaired(path)
    assert (done.counts["messages"], done.mended.again) == (COUNT, 1)


def test_words_that_made_a_table_and_are_none_any_more_are_damage_like_any_other(path, whole):
    path.write_bytes(whole.replace(b"CREATE TABLE inboxes (", b"CREATE TABLE \xfe\xff\xfdoxes ("))
    with pytest.raises(StoreDamaged):
        asyncio.run(Store.open(path.parent))
    assert repaired(path).counts["messages"] == COUNT
    assert len(texts(path)) == COUNT


def test_whatever_bytes_are_overwritten_a_repair_ends_keeps_the_old_file_and_what_it_made_can_be_read(path, whole):
    for seed in range(8):
        chosen, octets = random.Random(seed), bytearray(whole)
        for _ in range(chosen.choice([1, 30, 1000])):
            octets[chosen.randrange(len(octets))] = chosen.randrange(256)
        for kept in path.parent.glob("*.damaged-*"):
            kept.unlink()
        path.write_bytes(octets)
        try:
            done = repair.repair(path.parent, NOW, expiry=timedelta(days=1))
        except StoreUnavailable:
            assert path.read_bytes() == octets
            continue
        assert (done.kept if done else path).read_bytes() == octets
        with closing(opened(path)) as found:
            judged = messages.select(found, "TRUE", {})
            assert found.execute("SELECT count(*) FROM messages").fetchone()[0] > COUNT * 4 // 5
            assert all(messages.channels(found, one.row) for one in judged)
            assert threads.find(found, threads.Filter(), limit=500, before=None)[0]
