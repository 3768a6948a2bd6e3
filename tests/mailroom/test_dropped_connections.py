"""Connections that end at any byte, and a server that is killed: no mail is missed and none is doubled."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import dovecot_server
import pytest
from cutting_proxy import wire
from dovecot_server import USER
from letters import letter
from tests.mailroom.mailbox_reader import PACE, RHYTHM

from mailmcp.authenticity.dns import StaticResolver
from mailmcp.backends.imap import ImapBackend
from mailmcp.config import load_settings
from mailmcp.mailroom.requests import Wanted
from mailmcp.mailroom.room import Mailroom
from mailmcp.store import Store

pytestmark = pytest.mark.anyio


async def _announced(room: Mailroom, count: int, breaks_left) -> list[str]:
    """Subjects in the order of announcement, read from cursor to cursor, until all are there."""
    subjects: list[str] = []
    cursor: str | None = None
    while len(subjects) < count:
        waited = await room.wait(
            Wanted(tool="wait_for_mail", inbox=USER, since=cursor or "2020-01-01T00:00:00Z"), timeout=300
        )
        assert waited.message is not None, (len(subjects), breaks_left())
        subjects.append(waited.message.subject)
        cursor = waited.cursor
    return subjects


async def _run(home: Path, *, drops: int, mails: int, restarts: int, seed: int) -> None:
    with dovecot_server.running() as server:
        async with wire(server.imap, seed=seed) as between:
            given = server.environment(MAILMCP_IMAP__PORT=str(between.port), MAILMCP_IMAP__SECURITY="none")
            settings = load_settings(home, given)
            room = await Mailroom.open(
                settings, lambda desk: ImapBackend(settings, desk, RHYTHM), PACE, resolver=StaticResolver({})
            )
            try:
                wanted = [f"number {number}" for number in range(mails)]
                reading = asyncio.create_task(_announced(room, mails, lambda: drops - between.breaks))
                for number, subject in enumerate(wanted):
                    raw = letter(USER, subject=subject, text="Some words. " * (400 if number % 7 == 0 else 5))
                    await asyncio.to_thread(server.deliver, USER, raw)
                    if restarts and number % (mails // restarts) == mails // restarts - 1:
                        await asyncio.to_thread(server.stop)
                        await asyncio.to_thread(server.start)
                # Connections are made and broken on, also once everything is there.
                async with asyncio.timeout(240):
                    while between.breaks < drops:
                        between.breaks += between.cut()
                        await asyncio.sleep(0.6)  # as long as a connection needs to bring anything
                between.breaking = False
                async with asyncio.timeout(120):
                    found = await reading
            finally:
                await room.aclose()
    assert [one for one, times in Counter(found).items() if times > 1] == []
    assert set(found) == set(wanted)
    store = await Store.open(home)
    try:
        subjects = await store.read(lambda db: [row[0] for row in db.execute("SELECT subject FROM messages")])
    finally:
        await store.aclose()
    assert sorted(subjects) == sorted(wanted)


@pytest.mark.slow
async def test_twelve_dropped_connections_lose_and_double_nothing(home: Path) -> None:
    await _run(home, drops=12, mails=10, restarts=1, seed=3)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_two_hundred_dropped_connections_lose_and_double_nothing(home: Path) -> None:
    await _run(home, drops=200, mails=120, restarts=6, seed=4711)
