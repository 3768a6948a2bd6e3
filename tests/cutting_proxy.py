"""A wire between a client and a server on loopback that breaks at any byte."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

PIECE = 512


@dataclass
class Wire:
    """Breaks each of its connections after some bytes, as long as it is told to."""

    target: int
    chance: random.Random
    port: int = 0
    breaking: bool = True
    breaks: int = 0
    most_bytes: int = 40_000
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            further, to_server = await asyncio.open_connection("127.0.0.1", self.target)
        except BaseException as error:
            writer.transport.abort()
            if isinstance(error, OSError):
                return
            raise
        left = [self.chance.randrange(1, self.most_bytes)]

        def ended(task: asyncio.Task[None]) -> None:  # also where it was cancelled before its first step
            self._tasks.discard(task)
            writer.transport.abort()
            to_server.transport.abort()

        for one in (self._pass_on(reader, to_server, left), self._pass_on(further, writer, left)):
            task = asyncio.create_task(one)
            self._tasks.add(task)
            task.add_done_callback(ended)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: list[int]) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(PIECE):
                left[0] -= len(piece)
                if self.breaking and left[0] < 0:
                    self.breaks += 1
                    writer.write(piece[: self.chance.randrange(len(piece))])
                    break
                writer.write(piece)
                await writer.drain()

    def cut(self) -> int:
        """Break what is open now; gives how many connections that were."""
        open_now = len(self._tasks) // 2
        for task in self._tasks:
            task.cancel()
        return open_now

    async def aclose(self) -> None:
        while self._tasks:
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=5)


@contextlib.asynccontextmanager
async def wire(target: int, *, seed: int) -> AsyncIterator[Wire]:
    """A wire that listens until the end of the block."""
    between = Wire(target, random.Random(seed))
    listening = await asyncio.start_server(between.serve, "127.0.0.1", 0)
    between.port = listening.sockets[0].getsockname()[1]
    try:
        yield between
    finally:
        listening.close()
        await between.aclose()
