"""Versions side by side: the newest process of a home leads, and an older one makes way and loses nothing."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from mailmcp.errors import NewerDatabase
from mailmcp.mailroom.duties import Leadership
from mailmcp.mailroom.pace import Pace
from mailmcp.mailroom.succession import Succession, Word
from mailmcp.store import schema, status

pytestmark = pytest.mark.anyio
QUICK = Pace(takeover=0.01)


async def until(condition) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("version", "than", "is_newer"),
    [
        ("0.2.0", "0.1.9", True),
        ("0.10.0", "0.9.0", True),
        ("1.0.0", "1.0.0", False),
        ("0.1.0", "0.2", False),
        ("1.0.1+local.7", "1.0.1", False),
    ],
)
def test_versions_are_compared_by_their_numbers(version, than, is_newer):
    assert status.newer(version, than=than) is is_newer


async def test_an_older_leader_makes_way_when_a_newer_process_comes_and_only_then(house, tmp_path):
    store = house.room._store
    old, same, new = (Succession(store, version) for version in ("0.1.0", "0.1.0", "0.2.0"))
    older, newer = (Leadership(tmp_path, [one], QUICK, one.asked) for one in (old, new))
    older.start()
    while (await store.read(status.kept, "leader_version") or {}).get("version") != "0.1.0":  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    await same.begin()
    assert await old.asked() is None
    await new.begin()
    newer.start()
    await until(lambda: newer.leads)
    assert not older.leads
    await newer.aclose()
    await until(lambda: older.leads)  # the newer one has gone
    await older.aclose()


async def test_a_leader_that_makes_way_for_nobody_leads_on(tmp_path):
    words = [Word("left by a process that has ended")]

    async def asked() -> Word | None:
        return words[0]

    leadership = Leadership(tmp_path, [], QUICK, asked)
    leadership.start()
    await until(lambda: not leadership.leads)
    await until(lambda: leadership.leads)
    await leadership.aclose()


async def test_a_process_whose_tables_were_changed_by_a_newer_one_touches_nothing_and_leads_no_more(house):
    inbox = await house.inbox()
    with sqlite3.connect(house.room._store.path) as db:
        db.execute(f"PRAGMA user_version = {schema.newest() + 1}")
    db.close()
    with pytest.raises(NewerDatabase, match="A newer mailmcp has taken over this home while this one runs"):
        await house.room.delete_inbox(inbox)
    with pytest.raises(NewerDatabase):
        await house.room.list_inboxes()
    await until(lambda: not house.room._leadership.leads)
    with sqlite3.connect(house.room._store.path) as db:
        assert db.execute("SELECT count(*) FROM inboxes").fetchone()[0] == 1
        db.execute(f"PRAGMA user_version = {schema.newest()}")
    db.close()
