"""Mail that this process has just accepted: judged at once, since somebody may be waiting for it."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice, takewhile

from mailmcp.errors import MailError
from mailmcp.mailroom.announcing import SWEEP_SECONDS, Announcing, Patience
from mailmcp.mailroom.arrivals import Arrivals, set_or_late
from mailmcp.mailroom.judges import Judge, JudgeProcess, JudgeThread, Stuck
from mailmcp.mailroom.set_aside import SetAside
from mailmcp.models import Arrival
from mailmcp.store import Store, judgements
from mailmcp.store.judgements import SHORT, TOGETHER, Judgement, Unjudged

log = logging.getLogger("mailmcp.inbound")

BATCH = 32
"""Most messages that are judged together."""
STREAM_SECONDS = 0.2
SMALL_STREAM, GREAT_STREAM = 4, 8
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
        self._written: set[int] = set()
        """Those of them that are under judgement or being written down."""
        self._held = 0
        self._sent = False
        self._came: deque[float] = deque(maxlen=GREAT_STREAM)
        self._thread = JudgeThread()
        self._beside: asyncio.Task[JudgeProcess | None] | None = None

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
                over = not self._bell.is_set() and not self.rows
                self._bell.clear()
                try:
                    if over:
                        await self._end_beside()
                    await self._judge_waiting()
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

    async def _judge_waiting(self) -> None:
        """Judge until none waits. While some judgements are written down the next messages are judged already."""
        writing: asyncio.Task[None] | None = None
        try:
            while items := await self._next():
                found = await self._concluded(items)
                if writing is not None:
                    await writing
                writing = asyncio.create_task(self._announce(items[: len(found)], found), name="mailmcp-announce")
            if writing is not None:
                await writing
        finally:
            if writing is not None:
                writing.cancel()
                await asyncio.gather(writing, return_exceptions=True)
            self._written.clear()

    def _waiting(self) -> list[int]:
        """The next rows in order."""
        return list(islice((row for row in self.rows if row not in self._written), BATCH))

    async def _next(self) -> list[Unjudged]:
        """The oldest messages that wait, with their bytes; none when none waits."""
        while True:
            ahead = [self.rows[row] for row in self._waiting()]
            ready = [item for item in takewhile(lambda item: item is not None, ahead) if item is not None]
            if not self._sent and (ready or not ahead):
                self._written.update(item.row for item in ready)
                return ready
            await self._fetch([row for row in self._waiting() if self.rows[row] is None])

    async def _fetch(self, rows: Sequence[int]) -> None:
        """Get the bytes of these messages, or of the first of them, and copies of sent mail if there may be some."""
        limit = BATCH + len(self._aside.rows)
        sent, self._sent = self._sent, False  # before the read: what is stored after it is told again
        try:
            found = await self._store.read(judgements.unjudged, rows, or_sent=sent, limit=limit)
        except MailError:
            self._sent = sent
            raise
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

    async def _concluded(self, items: Sequence[Unjudged]) -> list[Judgement]:
        """What was concluded from these, up to one that stalls the judge: it is set aside."""
        judge = await self._judge()
        try:
            return await judge.judge_all(items)
        except Stuck as stuck:
            stalling = items[len(stuck.found)]
            log.warning("a message of %d bytes is set aside: it stalls the judge", stalling.size)
            self._set_aside(stalling.row)
            self._written.difference_update(item.row for item in items[len(stuck.found) :])
            if judge is not self._thread:
                await self._end_beside()
            return stuck.found

    async def _announce(self, items: Sequence[Unjudged], found: Sequence[Judgement]) -> None:
        # In a stream a commit of its own would cost as much as accepting the next message.
        share = self._streams(SMALL_STREAM) and not self._arrivals.awaited
        try:
            await self._announcing.announce(items, found, share_commit=share)
            for item in items:
                self._forget(item.row)
        finally:
            self._written.difference_update(item.row for item in items)

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
        """The thread, or for a stream (and while the thread is stuck) the process, as long as it is there."""
        if self._beside is None:
            if not (self._thread.stuck or self._streams(GREAT_STREAM) or len(self.rows) >= BATCH):
                return self._thread
            self._beside = asyncio.create_task(self._begin_beside(), name="mailmcp-judge-begin")
        if self._thread.stuck:
            await asyncio.wait([self._beside])
        return (self._beside.result() if self._beside.done() else None) or self._thread

    async def _begin_beside(self) -> JudgeProcess | None:
        try:
            judge = await JudgeProcess.begin(self._store)
        except OSError as error:
            log.warning("no process could be started, mail is judged in this one: %s", error)
            return None
        try:
            await judge.warm()  # so long the thread goes on
            return judge
        except Stuck:
            log.warning("the process that was to judge mail ended, it is judged in this one")
            await judge.aclose()
            return None
        except BaseException:
            await judge.aclose()
            raise

    async def _end_beside(self) -> None:
        beside, self._beside = self._beside, None
        if beside is None:
            return
        beside.cancel()
        await asyncio.wait([beside])
        if not beside.cancelled() and (judge := beside.result()) is not None:
            await judge.aclose()
