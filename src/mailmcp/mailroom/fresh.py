"""Mail that this process has just accepted: judged at once, since somebody may be waiting for it."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import takewhile

from mailmcp.errors import MailError
from mailmcp.mailroom.announcing import SWEEP_SECONDS, Announcing, Patience
from mailmcp.mailroom.arrivals import Arrivals, set_or_late
from mailmcp.mailroom.judges import Judge, JudgeProcess, JudgeThread, Stuck
from mailmcp.mailroom.set_aside import SetAside
from mailmcp.models import Arrival
from mailmcp.store import Store, judgements
from mailmcp.store.judgements import SHORT, TOGETHER, Unjudged

log = logging.getLogger("mailmcp.inbound")

BATCH = 32
"""Most messages that are judged together."""
STREAM_SECONDS = 0.2
SMALL_STREAM, GREAT_STREAM = 4, 16
"""So many messages within that time are a stream: a small one's judgements share commits, a great one's judge is a
process of its own."""
LINGER_SECONDS = 10
"""How long that process stays after the stream."""


class Fresh:
    """Brings fresh mail to a judge: to a thread of this process, or in a stream to a process beside it."""

    def __init__(
        self,
        store: Store,
        arrivals: Arrivals,
        announcing: Announcing,
        aside: SetAside,
        rows: dict[int, Unjudged | None],
    ) -> None:
        self._store = store
        self._arrivals = arrivals
        self._announcing = announcing
        self._aside = aside
        self._bell = asyncio.Event()
        self.rows = rows
        """Of the messages that wait, in order; None for one whose bytes are only in the store."""
        self._held = 0
        self._sent = False
        self._came: deque[float] = deque(maxlen=GREAT_STREAM)
        self._thread = JudgeThread()
        self._beside: asyncio.Task[JudgeProcess] | None = None

    def accepted(self, rows: Iterable[int], arrival: Arrival) -> None:
        """These messages were stored by this process."""
        self._came.append(asyncio.get_running_loop().time())
        size = len(arrival.raw)
        for row in rows:
            if size > SHORT:
                self._aside.add(row)
                continue
            item = None
            if isinstance(arrival.raw, bytes) and self._held + size <= TOGETHER:
                self._held += size
                item = Unjudged(
                    row=row,
                    size=size,
                    raw=arrival.raw,
                    source=arrival.source,
                    envelope=arrival.envelope,
                    outgoing=False,
                )
            self.rows[row] = item
        self._bell.set()

    def look(self) -> None:
        """A copy of sent mail may have been stored."""
        self._sent = True
        self._bell.set()

    async def run(self) -> None:
        """Judge until cancelled."""
        patience = Patience()
        pause: float = SWEEP_SECONDS
        self._thread.warm()
        try:
            while True:
                await set_or_late(self._bell, pause)
                if not self._bell.is_set() and not self.rows:
                    await self._end_beside()
                self._bell.clear()
                try:
                    while items := await self._next():
                        await self._judge_all(items)
                        patience.regained()
                    pause = LINGER_SECONDS if self._beside is not None else SWEEP_SECONDS
                except MailError as error:
                    # The bytes are safe, and tried again.
                    log.warning("mail waits to be judged: %s", error)
                    pause = patience.lost()
                except Exception:
                    log.exception("mail waits to be judged")
                    pause = patience.lost()
        finally:
            self._thread.close()
            await self._end_beside()

    async def _next(self) -> list[Unjudged]:
        """The oldest messages that wait, with their bytes; none when none waits."""
        while True:
            ahead = [self.rows[row] for row in list(self.rows)[:BATCH]]
            ready = [item for item in takewhile(lambda item: item is not None, ahead) if item is not None]
            if not self._sent and (ready or not ahead):
                return ready
            await self._fetch([row for row in list(self.rows)[:BATCH] if self.rows[row] is None])

    async def _fetch(self, rows: Sequence[int]) -> None:
        """Get the bytes of these messages, or of the first of them, and copies of sent mail if there may be some."""
        limit = BATCH + len(self._aside.rows)
        found = await self._store.read(judgements.unjudged, rows, or_sent=self._sent, limit=limit)
        self._sent = False
        for item in found:
            if item.row in self._aside.rows:
                continue
            if item.raw is None:
                self._set_aside(item.row)
            elif self.rows.get(item.row) is None:
                self.rows[item.row] = item
                self._held += item.size
        # What is missing in front of the last is judged already, or deleted.
        end = found[-1].row if found else math.inf
        for row in {row for row in rows if row < end} - {item.row for item in found}:
            self._forget(row)

    async def _judge_all(self, items: Sequence[Unjudged]) -> None:
        judge = await self._judge()
        try:
            found = await judge.judge_all(items)
        except Stuck as stuck:
            found = stuck.found
            log.warning("a message of %d bytes is set aside: it stalls the judge", items[len(found)].size)
            self._set_aside(items[len(found)].row)
            if judge is not self._thread:
                await self._end_beside()
        done = items[: len(found)]
        # A commit of its own would cost as much as accepting the next message.
        share = self._streams(SMALL_STREAM) and not self._arrivals.awaited
        await self._announcing.announce(done, found, share_commit=share)
        for item in done:
            self._forget(item.row)

    def _set_aside(self, row: int) -> None:
        self._aside.add(row)
        self._forget(row)

    def _forget(self, row: int) -> None:
        item = self.rows.pop(row, None)
        if item is not None:
            self._held -= item.size

    def _streams(self, many: int) -> bool:
        """Whether so much mail is coming in."""
        now = asyncio.get_running_loop().time()
        return len(self._came) >= many and now - self._came[-many] < STREAM_SECONDS

    async def _judge(self) -> Judge:
        """The thread, or for a stream (and while the thread is stuck) the process, as soon as it is there."""
        if not (self._thread.stuck or self._streams(GREAT_STREAM) or len(self.rows) >= BATCH):
            return self._thread
        if self._beside is None:
            self._beside = asyncio.create_task(JudgeProcess.begin(self._store), name="mailmcp-judge-begin")
        if self._thread.stuck:
            await asyncio.wait([self._beside])
        if not self._beside.done():
            return self._thread
        if (error := self._beside.exception()) is None:
            return self._beside.result()
        log.warning("no process could be started, mail is judged in this one: %s", error)
        return self._thread

    async def _end_beside(self) -> None:
        beside, self._beside = self._beside, None
        if beside is not None:
            await asyncio.wait([beside])
            if beside.exception() is None:
                await beside.result().aclose()
