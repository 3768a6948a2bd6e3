"""Mail that this process has just accepted: judged at once, since somebody may be waiting for it."""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections import deque
from collections.abc import Iterable

from mailmcp.errors import MailError
from mailmcp.mailroom.announcing import SWEEP_SECONDS, Announcing, Patience
from mailmcp.mailroom.arrivals import Arrivals, set_or_late
from mailmcp.mailroom.judges import Judge, JudgeProcess, JudgeThread, Stuck
from mailmcp.mailroom.set_aside import SetAside
from mailmcp.store import Store, judgements

log = logging.getLogger("mailmcp.inbound")

BATCH = 32
"""Most messages that are judged together."""
STREAM = 8
STREAM_SECONDS = 0.2
"""So many messages within such a time are a stream: 40 a second."""
GATHER_SECONDS = 0.03
"""While mail streams in and nobody here waits for it, so long are messages gathered to be judged together: each
judgement alone would pay a commit of its own."""
LINGER_SECONDS = 10
"""How long the process that judges a stream stays after it."""


class Fresh:
    """Brings fresh mail to a judge: alone to a thread of this process, in a stream to a process beside it."""

    def __init__(
        self, store: Store, arrivals: Arrivals, announcing: Announcing, aside: SetAside, rows: set[int]
    ) -> None:
        self._store = store
        self._arrivals = arrivals
        self._announcing = announcing
        self._aside = aside
        self._rows = rows
        self._bell = asyncio.Event()
        self._came: deque[float] = deque(maxlen=STREAM)
        self._thread = JudgeThread()
        self._beside: asyncio.Task[JudgeProcess] | None = None

    def accepted(self, rows: Iterable[int]) -> None:
        """These messages were stored by this process."""
        self._rows.update(rows)
        self._came.append(asyncio.get_running_loop().time())
        self._bell.set()

    def look(self) -> None:
        """A copy of sent mail may have been stored."""
        self._bell.set()

    async def run(self) -> None:
        """Judge until cancelled."""
        patience = Patience()
        pause: float = SWEEP_SECONDS
        self._thread.warm()
        try:
            while True:
                await set_or_late(self._bell, pause)
                if not self._bell.is_set() and not self._rows:
                    await self._end_beside()
                self._bell.clear()
                pause = LINGER_SECONDS if self._beside is not None else SWEEP_SECONDS
                try:
                    while await self._judge_some():
                        patience.regained()
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

    async def _judge_some(self) -> bool:
        """Judge the oldest messages that wait, in the order in which they came; whether there were any."""
        if self._streams and not self._arrivals.awaited and len(self._rows) < BATCH:
            await asyncio.sleep(GATHER_SECONDS)
        wanted = heapq.nsmallest(BATCH, self._rows)
        limit = BATCH + len(self._aside.rows)
        found = await self._store.read(judgements.unjudged, wanted, or_sent=True, limit=limit)
        if len(found) < limit:  # the others are judged already, or deleted
            self._rows.difference_update(set(wanted) - {item.row for item in found})
        waiting = [item for item in found if item.row not in self._aside.rows]
        for item in waiting:
            if item.raw is None:
                self._set_aside(item.row)
        short = [item for item in waiting if item.raw is not None]
        if short:
            judge = await self._judge()
            try:
                concluded = await judge.judge_all(short)
            except Stuck as stuck:
                concluded = stuck.found
                log.warning("a message of %d bytes is set aside: it stalls the judge", short[len(concluded)].size)
                self._set_aside(short[len(concluded)].row)
                if judge is not self._thread:
                    await self._end_beside()
            await self._announcing.announce(short[: len(concluded)], concluded)
            self._rows.difference_update(item.row for item in short[: len(concluded)])
        return bool(waiting)

    @property
    def _streams(self) -> bool:
        """Whether much mail is coming in, or has come."""
        clock = asyncio.get_running_loop().time
        many = len(self._came) == STREAM and clock() - self._came[0] < STREAM_SECONDS
        return many or len(self._rows) >= BATCH

    def _set_aside(self, row: int) -> None:
        self._aside.add(row)
        self._rows.discard(row)

    async def _judge(self) -> Judge:
        """The thread, or for a stream (and while the thread is stuck) the process, as soon as it is there."""
        if not self._streams and not self._thread.stuck:
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
