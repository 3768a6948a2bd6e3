"""A small disk that is filled, migrations that are killed, a disk that can only be read: CI's share of `make prove`."""

from __future__ import annotations

import errno
import sqlite3

import pytest
from benchmarks import full, migrations

from mailmcp.errors import StoreFull
from mailmcp.store import Store, db, troubles


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not full.is_possible(), reason="no file system can be mounted here")
def test_on_a_small_disk_that_is_filled_at_many_points_nothing_is_acknowledged_falsely_and_all_goes_on():
    found = full.run(30)
    assert (found["lost"], found["twice"], found["unclear"], found["stuck"]) == (0, 0, 0, 0)
    assert found["refused"] > 10
    assert found["taken"] > 10


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_migration_killed_at_a_random_moment_leaves_the_old_database_or_the_new_one():
    found = migrations.run(mails=1_000, kills=1)
    assert found.between == 0
    assert found.kills > found.steps // 2
    assert found.old + found.new >= found.kills


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.EROFS, "x"), "the disk or the file is read-only"),
        (OSError(errno.ENOSPC, "x"), "is full: free some space"),
        (OSError(errno.EDQUOT, "x"), "is full: free some space"),
    ],
)
def test_trouble_of_the_disk_is_said_in_words(tmp_path, error, words):
    assert words in troubles.public(error, tmp_path / "mailmcp.db").public


@pytest.mark.anyio
async def test_a_disk_that_becomes_read_only_refuses_writes_in_words_lets_read_and_takes_mail_again(tmp_path):
    store = await Store.open(tmp_path)
    try:
        await store._writer.run(lambda connection: connection.execute("PRAGMA query_only = ON"))
        with pytest.raises(db.StoreUnavailable, match=r"cannot be written now: the disk or the file is read-only"):
            await store.write(lambda connection: connection.execute("DELETE FROM meta"))
        assert await store.read(lambda connection: connection.execute("SELECT count(*) FROM meta").fetchone()[0]) == 0
        await store._writer.run(lambda connection: connection.execute("PRAGMA query_only = OFF"))
        await store.write(lambda connection: connection.execute("INSERT INTO meta VALUES ('a', 'b')"))
    finally:
        await store.aclose()


def test_a_full_disk_is_a_kind_of_its_own(tmp_path):
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    assert isinstance(troubles.public(error, tmp_path), StoreFull)
