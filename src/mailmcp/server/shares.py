"""What is being served over HTTP at once: bounded in all, and for each caller, so that none takes the room of others.

A caller is known here by the hash of the secret that it came with (``Keyring.still_opens``).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Generator
from typing import Any

from mailmcp.server.admission import Unwelcome

BODY = 32 * 2**20
"""Octets of a request: as many as a line on standard input may have."""
ALL_BODIES = 4 * BODY
"""Octets of all requests that are being read or served; of one caller's half of that."""
REQUESTS = 512
"""Requests of one caller at once, those that last among them: half of all connections that are served."""


class Shares:
    """The requests that are under way in one process."""

    def __init__(self) -> None:
        self._going: dict[asyncio.Task[Any], str] = {}
        self._shown_out: set[asyncio.Task[Any]] = set()
        self._held: Counter[str] = Counter()

    def callers(self) -> frozenset[str]:
        """Whose requests are being served now."""
        return frozenset(self._going.values())

    def show_out(self, caller: str) -> None:
        """End the requests of one."""
        going = {task for task, whose in self._going.items() if whose == caller}
        self._shown_out |= going
        for task in going:
            task.cancel()

    def was_shown_out(self) -> bool:
        """Whether the request that is handled now was ended so."""
        return asyncio.current_task() in self._shown_out

    @contextlib.contextmanager
    def under_way(self, caller: str) -> Generator[None]:
        """As long as a request is served. Raises Unwelcome when its caller has too many."""
        if sum(whose == caller for whose in self._going.values()) >= REQUESTS:
            sentence = f"{REQUESTS} requests of this key are under way: end some first."
            raise Unwelcome(503, sentence, {"retry-after": "1"})
        task = asyncio.current_task()
        assert task is not None  # noqa: S101
        self._going[task] = caller
        try:
            yield
        finally:
            del self._going[task]
            self._shown_out.discard(task)

    def hold(self, caller: str, octets: int) -> None:
        """So much more of a body was read. Raises Unwelcome."""
        if self._held.total() + octets > ALL_BODIES or self._held[caller] + octets > ALL_BODIES // 2:
            raise Unwelcome(503, "Too much is being sent at once: try again.", {"retry-after": "1"})
        self._held[caller] += octets

    def let_go(self, caller: str, octets: int) -> None:
        """So much is over."""
        self._held[caller] -= octets
        if self._held[caller] <= 0:
            del self._held[caller]
