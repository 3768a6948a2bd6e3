"""When a process that nobody needs any more ends by itself, though its input is still open."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable

log = logging.getLogger("mailmcp.server")

LOOK_SECONDS = 2.0
"""Between two looks."""
ALONE_SECONDS = 10.0
"""So long nothing must have come after the parent's death: a wrapper that has done its work dies too, and the client
behind it goes on to speak."""


class Leaving:
    """Looks whether whoever started this process is still there, and whether anybody used it lately."""

    def __init__(
        self,
        *,
        idle: Callable[[], float],
        parent: Callable[[], int] = os.getppid,
        look: float = LOOK_SECONDS,
        alone: float = ALONE_SECONDS,
    ) -> None:
        """``idle`` gives the seconds after which an unused follower ends, 0 while it shall not."""
        self._idle = idle
        self._parent = parent
        self._look, self._alone = look, alone
        self._started_by = parent()
        self._used = time.monotonic()

    def used(self) -> None:
        """Something came from the client."""
        self._used = time.monotonic()

    async def wait(self) -> str:
        """Return when this process shall end: why, in words."""
        orphaned: float | None = None
        watches = os.name == "posix"  # elsewhere the number of a parent does not change when it dies
        while True:
            await asyncio.sleep(self._look)
            now = time.monotonic()
            if watches and orphaned is None and self._parent() != self._started_by:
                orphaned = now
            if orphaned is not None and self._used > orphaned:
                watches, orphaned = False, None  # somebody is there all the same
            if orphaned is not None and now - orphaned >= self._alone:
                return "the program that started it has ended"
            if (limit := self._idle()) and now - self._used >= limit:
                return f"nothing came from its client for {limit:.0f} seconds"
