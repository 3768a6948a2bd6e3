"""Streams of a service: how they are opened again, what they are believed, and that they cost no more than waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.mailroom.toy_service import LIMIT, NEVER, QUICK, Toy, opened

from mailmcp.backends.services import StreamOver
from mailmcp.errors import BackendError, TryLater
from mailmcp.mailroom.requests import Wanted
from mailmcp.mailroom.room import Mailroom
from mailmcp.mailroom.wakeups import Wakeups
from mailmcp.models import RemoteInbox

pytestmark = pytest.mark.anyio
ANN, BERT = (RemoteInbox(address=f"{name}@x.test", id=name) for name in ("ann", "bert"))


class Streaming(Toy):
    """A toy with a stream that does what its test says, time after time, and in the end listens."""

    def __init__(self, *ends: BaseException | None) -> None:
        super().__init__()
        self.ends = list(ends)
        self.began: list[float] = []
        self.watched: list[tuple[str, ...]] = []
        self.open: list[asyncio.Queue[str | None]] = []

    async def watch(self, inboxes: Sequence[RemoteInbox]) -> AsyncGenerator[str | None]:
        self.began.append(asyncio.get_running_loop().time())
        self.watched.append(tuple(one.address for one in inboxes))
        if self.ends:
            if (end := self.ends.pop(0)) is not None:
                raise end
            return
        news: asyncio.Queue[str | None] = asyncio.Queue()
        self.open.append(news)
        try:
            yield None
            while (said := await news.get()) != "end":
                yield said
        finally:
            self.open.remove(news)


class Apart(Streaming):
    """The same with a stream for each inbox."""

    def streams_for(self, inboxes: Sequence[RemoteInbox]) -> list[tuple[RemoteInbox, ...]]:
        return [(one,) for one in inboxes]


async def _until(there: Callable[[], bool | Awaitable[bool]]) -> None:
    async with asyncio.timeout(LIMIT):
        while True:
            found = there()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.005)


@asynccontextmanager
async def wakeups(toy: Any, **pace: float) -> AsyncGenerator[Wakeups]:
    async with asyncio.TaskGroup() as group:
        made = Wakeups(toy, "toy", replace(QUICK, **pace), group)
        yield made
        made.follow([])


async def test_a_stream_that_keeps_ending_is_opened_later_and_later_up_to_a_limit() -> None:
    toy = Streaming(*[TryLater("Not now.")] * 7)
    async with wakeups(toy, listen_again=0.02, stream_longest=0.16) as streams:
        streams.follow([ANN])
        await _until(lambda: bool(toy.open))
    pauses = [after - before for before, after in pairwise(toy.began)]
    whole = [0.02, 0.04, 0.08, 0.16, 0.16, 0.16, 0.16]
    assert all(pause >= one / 2 for pause, one in zip(pauses, whole, strict=True)), pauses


@pytest.mark.parametrize("refusal", [BackendError("No."), RuntimeError("a bug")], ids=["refused", "a bug"])
async def test_one_that_is_refused_waits_as_long_as_any(refusal: Exception) -> None:
    toy = Streaming(refusal, refusal)
    async with wakeups(toy, listen_again=0.001, stream_longest=0.2) as streams:
        streams.follow([ANN])
        await _until(lambda: bool(toy.open))
    assert toy.began[1] - toy.began[0] >= 0.1
    assert toy.began[2] - toy.began[1] >= 0.1


async def test_one_that_lived_is_opened_again_as_soon_as_at_first() -> None:
    toy = Streaming(TryLater("1"), TryLater("2"), None, None)
    async with wakeups(toy, listen_again=0.001, stream_longest=1000, stream_held=0) as streams:
        streams.follow([ANN])
        await _until(lambda: bool(toy.open))  # else the pause would double each time; it never does


async def test_one_that_is_over_is_not_opened_again_and_others_are_kept() -> None:
    toy = Apart(StreamOver("Another program listens."))
    async with wakeups(toy, listen_again=0.001, stream_longest=0.001) as streams:
        streams.follow([ANN, BERT])
        await _until(lambda: bool(toy.open))
        for _ in range(20):
            streams.follow([ANN, BERT])
            await asyncio.sleep(0.002)
        assert len(toy.watched) == 2
        assert streams.said == "tells of news by itself on 1 of 2 streams"
        streams.follow([ANN])
        assert streams.said == "does not tell of news by itself now (Another program listens)"


async def test_only_an_inbox_that_is_watched_is_named_and_only_a_stream_that_told_is_believed() -> None:
    toy = Streaming()
    async with wakeups(toy) as streams:
        streams.follow([ANN, BERT])
        await streams.bell.wait()
        assert streams.taken() == {ANN.address, BERT.address}, "what came before it listened is looked for"
        assert not streams.tells_of(ANN.address)
        toy.open[0].put_nowait("stranger@x.test")
        await streams.bell.wait()
        assert streams.taken() == frozenset()
        toy.open[0].put_nowait(BERT.address)
        await streams.bell.wait()
        assert streams.taken() == {BERT.address}
        assert streams.tells_of(ANN.address)
        assert not streams.tells_of("stranger@x.test")


async def test_whoever_is_followed_no_more_has_no_stream_and_the_end_closes_all() -> None:
    toy = Apart()
    async with wakeups(toy) as streams:
        streams.follow([ANN, BERT])
        await _until(lambda: len(toy.open) == 2)
        streams.follow([BERT])
        await _until(lambda: len(toy.open) == 1)
        assert toy.watched == [(ANN.address,), (BERT.address,)]
        assert not streams.tells_of(ANN.address)
    assert toy.open == []


async def test_a_backend_that_cannot_say_who_shares_a_stream_is_looked_at_all_the_same(home: Path) -> None:
    class Broken(Streaming):
        def streams_for(self, inboxes: Sequence[RemoteInbox]) -> Any:
            raise RuntimeError("a bug")

    toy = Broken()
    async with opened(home, toy) as room:
        await room.create_inbox(name="ann")
        await _until(lambda: len(toy.looks) > 5)
        assert toy.watched == []


async def _waiting(room: Mailroom, inbox: str) -> asyncio.Task[Any]:
    return asyncio.create_task(room.wait(Wanted(tool="wait_for_mail", inbox=inbox), timeout=LIMIT))


async def test_a_flood_of_news_costs_no_more_calls_than_somebody_who_waits(home: Path) -> None:
    toy = Streaming()
    toy.per_minute = 60  # of which looks may take 36: one in 1.7 seconds
    async with opened(home, toy, NEVER) as room:
        inbox = (await room.create_inbox(name="ann"))[0].address
        await _until(lambda: bool(toy.open) and bool(toy.looks))
        began, before = asyncio.get_running_loop().time(), len(toy.looks)
        for _ in range(300):
            toy.open[0].put_nowait(inbox)
            await asyncio.sleep(0.002)
        passed = asyncio.get_running_loop().time() - began
        assert 1 <= len(toy.looks) - before <= 2 + passed / 1.6


async def test_while_a_stream_tells_of_news_looks_are_rarer_and_when_it_ends_they_are_as_before(home: Path) -> None:
    toy = Streaming()
    pace = replace(NEVER, fetch_awaited=0.05, listen_again=10_000, stream_longest=10_000)
    async with opened(home, toy, pace) as room:
        inbox = (await room.create_inbox(name="ann"))[0].address
        await _until(lambda: bool(toy.open) and bool(toy.looks))
        toy.open[0].put_nowait("stranger@x.test")
        await _until(lambda: toy.open[0].empty())
        waiting = await _waiting(room, inbox)
        rarely = await _times(toy, 6)
        assert rarely[-1] - rarely[0] >= 0.75, "five pauses of a quarter of a second, and not of a twentieth"
        toy.open[0].put_nowait("end")
        await _until(lambda: not toy.open)
        async with asyncio.timeout(LIMIT):
            while (times := await _times(toy, 2))[1] - times[0] >= 0.2:
                pass
        waiting.cancel()
        await asyncio.wait([waiting])


async def _times(toy: Toy, more: int) -> list[float]:
    """When the next looks were had."""
    times: list[float] = []
    for _ in range(more):
        seen = len(toy.looks)
        await _until(lambda seen=seen: len(toy.looks) > seen)
        times.append(asyncio.get_running_loop().time())
    return times
