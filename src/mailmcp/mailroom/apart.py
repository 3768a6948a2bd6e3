"""Work on strangers' bytes in a process of its own: it can be ended, it may take only so much, and what it took is free
again when it ends.

Libraries bound most of what a mail or a document can ask of them, but not all, and a thread that runs Python cannot be
stopped from outside. Requests and answers are a record (JSON) and octets, in one frame each.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from contextlib import asynccontextmanager
from typing import Any, BinaryIO

from mailmcp.errors import Unsupported

MEMORY = 1024 * 1024 * 1024
"""Bytes of address space that the process may take, where the system can limit it."""

Record = dict[str, Any]
_NEVER_SO_LONG = 64 * 1024 * 1024
"""No frame of a sound process has more octets of either kind."""


class Ended(Exception):
    """The process ended before it had answered."""


class Process:
    """A running one; its questions are answered one after another."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("the process has no pipes")
        self._process = process
        self._in = process.stdin
        self._out = process.stdout
        self._left = 0
        """Octets of the last answer that nobody has read yet."""

    async def ask(self, record: Record, size: int, octets: AsyncIterable[bytes]) -> None:
        """Put a question with ``size`` octets. Raises Ended."""
        body = json.dumps(record).encode()
        try:
            self._in.write(b"%d %d\n%b" % (len(body), size, body))
            async for piece in octets:
                self._in.write(piece)
                await self._in.drain()
            await self._in.drain()
        except OSError as error:
            raise Ended from error

    async def answer(self) -> Record:
        """The record of the next answer; its octets follow, see ``octets``. Raises Ended."""
        try:
            head, size = (int(number) for number in (await self._out.readuntil()).split())
            if max(head, size) > _NEVER_SO_LONG:
                raise Ended
            self._left = size
            return json.loads(await self._out.readexactly(head))
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            raise Ended from error

    async def octets(self) -> AsyncGenerator[bytes]:
        """Those of the last answer, piece by piece. Raises Ended."""
        while self._left:
            piece = await self._out.read(min(self._left, 1024 * 1024))
            if not piece:
                raise Ended
            self._left -= len(piece)
            yield piece

    def kill(self) -> None:
        """End it, whatever it is doing."""
        if self._process.returncode is None:
            try:
                self._process.kill()
            except ProcessLookupError:
                pass  # it was quicker

    async def aclose(self) -> None:
        """End it and wait until it has; safe to call twice."""
        self.kill()
        await self._process.wait()


async def begin(module: str, *arguments: str) -> Process:
    """Start ``python -m module``, which must call ``serve``. Raises OSError when the system has no process to spare."""
    # -P: what lies in the folder that a host happened to start us in is none of our modules.
    command = (sys.executable, "-P", "-m", module, *arguments)
    pipe = asyncio.subprocess.PIPE
    return Process(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe))


@asynccontextmanager
async def begun(module: str) -> AsyncGenerator[Process]:
    """A process for the time of a block. Raises Unsupported when the system has none to spare."""
    try:
        process = await begin(module)
    except OSError as error:
        raise Unsupported(f"The system starts no further process ({error.strerror}): try again later.") from error
    try:
        yield process
    finally:
        await process.aclose()


async def all_of(octets: bytes) -> AsyncGenerator[bytes]:
    """Octets that are in memory, for ``Process.ask``."""
    yield octets


def serve(reply: Callable[[Record, bytes], tuple[Record, bytes]], *, cpu_seconds: int | None = None) -> None:
    """In the process: answer until the other side closes. ``reply`` gets a record and octets, and gives the same."""
    _limit(cpu_seconds)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # typed at a terminal it is meant for the other side, which ends us
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    # Whatever a library prints must not come between the answers.
    sys.stdout = sys.stderr
    while (question := _read(asked)) is not None:
        record, octets = reply(*question)
        del question
        head = json.dumps(record).encode()
        answers.write(b"%d %d\n%b" % (len(head), len(octets), head))
        answers.write(octets)
        answers.flush()


def _read(asked: BinaryIO) -> tuple[Record, bytes] | None:
    line = asked.readline()
    if not line:
        return None
    head, size = (int(number) for number in line.split())
    record, octets = asked.read(head), asked.read(size)
    return (json.loads(record), octets) if len(octets) == size else None


def _limit(cpu_seconds: int | None) -> None:
    try:
        import resource
    except ImportError:  # Windows has none
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold somebody's mail
    if cpu_seconds is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
