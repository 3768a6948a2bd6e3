"""Fetching from a service: how often it is looked, whom one bad mail holds up, and what a stream is good for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from letters import letter
from tests.mailroom.toy_service import LIMIT, NEVER, QUICK, Toy, opened

from mailmcp.backends.contract import MAX_MESSAGE_BYTES
from mailmcp.backends.services import Missing
from mailmcp.errors import BackendError, TryLater
from mailmcp.mailroom.requests import Search, Wanted
from mailmcp.mailroom.room import Mailroom
from mailmcp.models import Found, Incoming, RemoteInbox

pytestmark = pytest.mark.anyio


class Streaming(Toy):
    """The same, which tells of news by itself."""

    news = asyncio.Event()
    watched: Sequence[RemoteInbox] = ()

    async def watch(self, inboxes: Sequence[RemoteInbox]) -> AsyncIterator[None]:
        self.watched = inboxes
        yield
        while True:
            await self.news.wait()
            self.news.clear()
            yield


class Slow(Toy):
    """The same, which hands nothing over but the mail called quick until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.open = asyncio.Event(), asyncio.Event()

    async def fetch(self, inbox: RemoteInbox, found: Found) -> Incoming:
        if found.id != "quick":
            self.begun.set()
            await self.open.wait()
        return await super().fetch(inbox, found)


async def _subjects(room: Mailroom, inbox: str) -> list[str]:
    found = await room.reading.find(Search(inbox=inbox, limit=50))
    return sorted(one.subject for one in found.threads)


async def _until(look: Any, expected: Any) -> None:
    found: Any = None
    for _ in range(LIMIT * 100):
        if (found := await look()) == expected:
            return
        await asyncio.sleep(0.01)
    assert found == expected


async def _looked(toy: Toy, more: int) -> None:
    before = len(toy.looks)

    async def enough() -> bool:
        return len(toy.looks) >= before + more

    await _until(enough, True)


async def test_mails_that_fail_stand_in_nobodys_way_and_come_when_they_can(home: Path) -> None:
    toy = Toy()
    async with opened(home, toy) as room:
        inbox = (await room.create_inbox(name="ann"))[0].address
        bad = toy.arrive(inbox, TryLater("Not now."))
        worse = toy.arrive(inbox, BackendError("Never, it says."))
        toy.arrive(inbox, letter(inbox, subject="good"))
        await _until(lambda: _subjects(room, inbox), ["good"])
        assert (await room.status()).services[0].waiting == 2
        for at, (found, _) in enumerate(toy.kept[inbox]):
            if found.id in (bad, worse):
                toy.kept[inbox][at] = (found, letter(inbox, subject=found.id))
        await _until(lambda: _subjects(room, inbox), sorted(["good", bad, worse]))
        assert (await room.status()).services[0].waiting == 0


async def test_what_is_gone_or_too_large_is_not_asked_for_again(home: Path) -> None:
    toy = Toy()
    async with opened(home, toy) as room:
        inbox = (await room.create_inbox(name="ann"))[0].address
        gone = toy.arrive(inbox, Missing("It is gone."))
        large = toy.arrive(inbox, b"X: 1\r\n\r\n" + bytes(MAX_MESSAGE_BYTES))
        toy.arrive(inbox, letter(inbox, subject="good"))
        await _until(lambda: _subjects(room, inbox), ["good"])
        await _looked(toy, 3)
        assert (toy.fetched.count(gone), toy.fetched.count(large)) == (1, 1)
        assert (await room.status()).services[0].waiting == 0


async def test_the_same_id_is_one_mail_and_the_same_bytes_by_two_ids_are_two(home: Path) -> None:
    toy = Toy()
    async with opened(home, toy) as room:
        inbox = (await room.create_inbox(name="ann"))[0].address
        raw = letter(inbox, subject="twin")
        toy.arrive(inbox, raw, "a")
        toy.arrive(inbox, raw, "a")
        toy.arrive(inbox, raw, "b")

        async def count() -> int:
            return sum(one.count for one in (await room.reading.find(Search(inbox=inbox))).threads)

        await _until(count, 2)
        await _looked(toy, 3)
        assert await count() == 2
        assert sorted(toy.fetched) == ["a", "b"]


async def test_while_somebody_waits_their_inbox_is_looked_at_often_and_others_are_not(home: Path) -> None:
    toy = Toy()
    async with opened(home, toy, NEVER) as room:
        one, other = [(await room.create_inbox(name=name))[0].address for name in ("one", "other")]
        await _until(lambda: _counts(toy, one, other), (1, 1))
        waiting = asyncio.create_task(room.wait(Wanted(tool="wait_for_mail", inbox=one), timeout=LIMIT))
        await _looked(toy, 5)
        assert toy.looks.count(other) == 1
        toy.arrive(one, letter(one, subject="awaited"))
        found = await waiting
        assert found.message is not None
        assert found.message.subject == "awaited"
        await room.handed_out(found)


async def _counts(toy: Toy, *inboxes: str) -> tuple[int, ...]:
    return tuple(toy.looks.count(one) for one in inboxes)


async def test_a_wait_in_another_process_counts_as_well(home: Path) -> None:
    toy = Toy()
    async with opened(home, toy, NEVER) as leader:
        inbox = (await leader.create_inbox(name="ann"))[0].address
        await _until(lambda: _counts(toy, inbox), (1,))
        async with opened(home, Toy(kept=toy.kept), NEVER) as follower:
            waiting = asyncio.create_task(follower.wait(Wanted(tool="wait_for_mail", inbox=inbox), timeout=LIMIT))
            await _looked(toy, 3)
            toy.arrive(inbox, letter(inbox, subject="awaited"))
            found = await waiting
            assert found.message is not None
            await follower.handed_out(found)


async def test_a_small_budget_makes_looks_rare_even_while_somebody_waits(home: Path) -> None:
    toy = Toy(per_minute=10)
    async with opened(home, toy, NEVER) as room:
        inbox = (await room.create_inbox(name="ann"))[0].address
        found = await room.wait(Wanted(tool="wait_for_mail", inbox=inbox), timeout=1)
        assert found.message is None
        assert toy.looks.count(inbox) == 1  # sixty seconds and six looks: the next is far away


async def test_an_inbox_with_much_mail_keeps_nobody_else_waiting(home: Path) -> None:
    toy = Slow()
    async with opened(home, toy, NEVER) as room:
        full = "full@toy.test"
        toy.kept[full] = []
        for number in range(8):  # before it is looked at for the first time
            toy.arrive(full, letter(full, subject=str(number)))
        await room.create_inbox(name="full")
        await asyncio.wait_for(toy.begun.wait(), LIMIT)
        other = (await room.create_inbox(name="other"))[0].address
        toy.arrive(other, letter(other, subject="awaited"), "quick")
        found = await room.wait(Wanted(tool="wait_for_mail", inbox=other), timeout=LIMIT)
        assert found.message is not None
        assert found.message.subject == "awaited"
        await room.handed_out(found)
        assert await _subjects(room, full) == []
        toy.open.set()
        await _until(lambda: _subjects(room, full), [str(number) for number in range(8)])


async def test_a_bug_in_a_backend_is_said_and_stops_no_other_inbox(home: Path) -> None:
    toy = Toy()
    async with opened(home, toy) as room:
        bad, good = [(await room.create_inbox(name=name))[0].address for name in ("bad", "good")]
        toy.kept[bad] = None  # type: ignore[assignment]
        toy.kept[good].append((Found(id="1", at=datetime.now(UTC)), letter(good, subject="fine")))
        await _until(lambda: _subjects(room, good), ["fine"])

        async def trouble() -> str:
            return (await room.status()).services[0].trouble

        await _until(trouble, "The backend toy failed.")


async def test_a_stream_is_a_hint_to_look_and_no_more(home: Path) -> None:
    toy = Streaming()
    async with opened(home, toy, NEVER) as room:
        inbox = (await room.create_inbox(name="ann"))[0].address

        async def watched() -> list[str]:
            return [one.address for one in toy.watched]

        await _until(watched, [inbox])
        toy.news.set()  # there is none
        await _until(lambda: _no_news(toy), True)
        toy.arrive(inbox, letter(inbox, subject="news"))
        toy.news.set()
        await _until(lambda: _subjects(room, inbox), ["news"])
        other = (await room.create_inbox(name="bert"))[0].address
        await _until(watched, [inbox, other])  # a new inbox is watched too


async def _no_news(toy: Streaming) -> bool:
    return not toy.news.is_set()


async def test_an_inbox_that_cannot_be_looked_at_is_left_alone_for_longer_and_longer(home: Path) -> None:
    toy = Toy()
    async with opened(home, toy, replace(QUICK, fetch_again=10)) as room:
        inbox = (await room.create_inbox(name="ann"))[0].address
        await _looked(toy, 1)
        toy.trouble = TryLater("The toy is away.")
        toy.looks.clear()

        async def trouble() -> str:
            return (await room.status()).services[0].trouble

        await _until(trouble, "The toy is away.")
        seen = len(toy.looks)
        assert (await room.wait(Wanted(tool="wait_for_mail", inbox=inbox), timeout=0.3)).message is None
        assert len(toy.looks) == seen


async def test_a_forgotten_cursor_goes_back_a_day_behind_what_was_met(home: Path) -> None:
    toy = Toy()
    async with opened(home, toy) as room:
        inbox = (await room.create_inbox(name="ann"))[0].address
        toy.arrive(inbox, letter(inbox, subject="one"))
        await _until(lambda: _subjects(room, inbox), ["one"])
        met = toy.kept[inbox][0][0].at
        toy.forgetful = True
        toy.sinces.clear()
        toy.arrive(inbox, letter(inbox, subject="two"))
        await _until(lambda: _subjects(room, inbox), ["one", "two"])
        assert abs(toy.sinces[0] - (met - timedelta(days=1))) < timedelta(seconds=1)


async def test_an_inbox_that_is_deleted_while_it_is_read_leaves_nothing(home: Path) -> None:
    toy = Toy()
    async with opened(home, toy) as room:
        inbox = (await room.create_inbox(name="ann"))[0].address
        for number in range(20):
            toy.arrive(inbox, letter(inbox, subject=str(number)))
        kept = toy.kept[inbox]

        async def begun() -> bool:
            return bool(await _subjects(room, inbox))

        await _until(begun, True)
        await room.delete_inbox(inbox)
        toy.kept[inbox] = kept  # the service is slow to forget it
        again = (await room.create_inbox(name="ann"))[0].address
        toy.arrive(again, letter(again, subject="new"), "new")

        async def there() -> bool:
            return "new" in await _subjects(room, again)

        await _until(there, True)
        assert (await room.status()).services[0].trouble == ""
