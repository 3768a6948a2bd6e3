"""Where the judge works: in a thread of this process, or in a process of its own.

The thread is there at once, for the mail that somebody waits for. A process can be ended when a mail takes too long,
does not share our interpreter lock, and gives back what a large mail took: it gets whatever is long, whatever comes in
a stream, and whatever an earlier process did not live to judge.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Protocol

from pydantic import TypeAdapter

from mailmcp.errors import MailError
from mailmcp.mailroom import apart, judging
from mailmcp.models import Envelope, Source
from mailmcp.store import Store, messages
from mailmcp.store.judgements import Judgement, Unjudged
from mailmcp.store.raws import PIECE_BYTES

log = logging.getLogger("mailmcp.inbound")

MODULE = "mailmcp.mailroom.judging"
"""What such a process runs."""
SECONDS = 5.0
"""For one short mail, which takes milliseconds: past it something is wrong with it, or the machine is very busy."""
SECONDS_ALONE = 180.0
"""For a mail that has a process to itself."""
CPU_SECONDS_ALONE = 30
"""Of work that such a process may do, where the system can limit it: other work on the machine does not count."""


class Stuck(Exception):
    """A mail takes too long, or ended the process that judged it; ``found`` was concluded from those before it."""

    def __init__(self, found: list[Judgement]) -> None:
        super().__init__()
        self.found = found


class Judge(Protocol):
    """Somebody who judges mails, one after another."""

    async def judge_all(self, items: Sequence[Unjudged]) -> list[Judgement]:
        """What is concluded from each. Raises Stuck."""
        ...


class JudgeThread:
    """Judges in this process. A thread that is stuck is left to itself, and the next mail gets a new one."""

    def __init__(self, seconds: float | None = None) -> None:
        self._seconds = SECONDS if seconds is None else seconds
        self._thread: _Thread | None = None
        self._left: _Thread | None = None

    @property
    def stuck(self) -> bool:
        """Whether a thread that was left to itself still works: another one now might be one too many."""
        return self._left is not None and self._left.is_alive()

    def warm(self) -> _Thread:
        """Start, and load what judging needs."""
        if self._thread is None:
            self._thread = _Thread(asyncio.get_running_loop())
            self._thread.start()
        return self._thread

    async def judge_all(self, items: Sequence[Unjudged]) -> list[Judgement]:
        """As ``Judge`` says; the items must have their bytes."""
        thread = self.warm()
        await thread.warm.wait()  # loading takes as long as the disk likes
        answers = thread.put(items)
        found: list[Judgement] = []
        for _ in items:
            try:
                async with asyncio.timeout(self._seconds):
                    found.append(await answers.get())
            except TimeoutError as error:
                thread.leave()
                self._thread, self._left = None, thread
                raise Stuck(found) from error
        return found

    def close(self) -> None:
        """End the thread, unless it is stuck; then it ends with the process."""
        if self._thread is not None:
            self._thread.leave()
            self._thread = None


class _Thread(threading.Thread):
    """A daemon, unlike those of an executor: one that is stuck must not keep the process from ending."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(name="mailmcp-judge", daemon=True)
        self.warm = asyncio.Event()
        self._loop = loop
        self._work: queue.SimpleQueue[tuple[Sequence[Unjudged], asyncio.Queue[Judgement]] | None] = queue.SimpleQueue()
        self._leaving = False

    def put(self, items: Sequence[Unjudged]) -> asyncio.Queue[Judgement]:
        """Where the judgements of these will come."""
        answers: asyncio.Queue[Judgement] = asyncio.Queue()
        self._work.put((items, answers))
        return answers

    def leave(self) -> None:
        """End after the mail that is under judgement."""
        self._leaving = True
        self._work.put(None)

    def run(self) -> None:
        try:
            try:
                judging.judge(judging.SAMPLE, source=Source.SMTP, peer=None, outgoing=False)
            finally:
                self._loop.call_soon_threadsafe(self.warm.set)
            while (work := self._work.get()) is not None:
                items, answers = work
                for item in items:
                    if self._leaving:
                        return
                    found = judging.judge(item.raw or b"", source=item.source, peer=item.peer, outgoing=item.outgoing)
                    self._loop.call_soon_threadsafe(answers.put_nowait, found)
        except RuntimeError:
            if not self._loop.is_closed():  # else nobody is there any more to be told
                raise


class JudgeProcess:
    """Judges in a process of its own."""

    def __init__(self, store: Store, process: apart.Process, *, seconds: float, header_only: bool) -> None:
        self._store = store
        self._process = process
        self._seconds = seconds
        self._header_only = header_only

    @classmethod
    async def begin(cls, store: Store, *, alone: bool = False, header_only: bool = False) -> JudgeProcess:
        """Start one: for one mail ``alone``, which may take its time, or for many. ``header_only`` reads only headers.

        Raises OSError when there is no process to be had.
        """
        limit = (str(CPU_SECONDS_ALONE),) if alone else ()
        seconds = SECONDS_ALONE if alone else SECONDS
        process = await apart.begin(MODULE, *limit)
        return cls(store, process, seconds=seconds, header_only=header_only)

    async def judge_all(self, items: Sequence[Unjudged]) -> list[Judgement]:
        """As ``Judge`` says; long items are read from the store piece by piece.

        Raises NotFound when such a message is deleted meanwhile, and StoreUnavailable.
        """
        asking = asyncio.create_task(self._ask(items))
        found: list[Judgement] = []
        try:
            for _ in items:
                async with asyncio.timeout(self._seconds):
                    record = await self._process.answer()
                found.append(_adapter().validate_python(record))
            await asking
        except (apart.Ended, TimeoutError, ValueError) as error:
            await self.aclose()
            await asyncio.wait([asking])
            trouble = asking.exception()
            if trouble is not None and not isinstance(trouble, apart.Ended):
                raise trouble from error
            raise Stuck(found) from error
        finally:
            asking.cancel()
        return found

    async def _ask(self, items: Sequence[Unjudged]) -> None:
        try:
            for item in items:
                record = {
                    "source": item.source,
                    "peer": item.peer,
                    "outgoing": item.outgoing,
                    "header_only": self._header_only,
                }
                size = min(item.size, judging.HEADER_BYTES) if self._header_only else item.size
                whole = pieces(self._store, item.row, size) if item.raw is None else apart.all_of(item.raw[:size])
                await self._process.ask(record, size, whole)
        except MailError:
            self._process.kill()  # else it would wait for the rest, and we for its answer
            raise

    async def warm(self) -> None:
        """Return when it has loaded what judging needs. Raises Stuck."""
        seconds, self._seconds = self._seconds, SECONDS_ALONE
        raw, envelope = judging.SAMPLE, Envelope(mail_from="", recipients=(), received_at=datetime.now(UTC))
        sample = Unjudged(row=0, size=len(raw), raw=raw, source=Source.SMTP, envelope=envelope, outgoing=False)
        await self.judge_all([sample])
        self._seconds = seconds

    async def aclose(self) -> None:
        """End it, whatever it is doing; safe to call twice."""
        await self._process.aclose()


async def pieces(store: Store, row: int, size: int) -> AsyncGenerator[bytes]:
    """The first ``size`` bytes of a message, piece by piece. Raises NotFound when it is deleted meanwhile."""
    for start in range(0, size, PIECE_BYTES):
        piece = await store.read(messages.raw_piece, row, start)
        yield piece[: size - start]


@cache
def _adapter() -> TypeAdapter[Judgement]:
    return TypeAdapter(Judgement)
