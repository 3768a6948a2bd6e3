"""Where a waiter meets a stored message.

Wake-ups are hints and the store is the truth (law 8): a waiter listens before it looks, and looks again whenever the
bell rings. Mail that another process stored rings the bell through the database's change signal, which is asked
only while somebody listens.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from mailmcp.errors import StoreUnavailable
from mailmcp.store import Store

POLL_SECONDS = 0.02
"""Between two looks at the change signal: 4 µs each, and at most this late."""


class Arrivals:
    """Rings every listener's bell when something was announced, by this process or another."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._bells: set[asyncio.Event] = set()
        self._watch: asyncio.Task[None] | None = None

    @property
    def awaited(self) -> bool:
        """Whether anybody in this process listens."""
        return bool(self._bells)

    def announce(self) -> None:
        """Something was stored and judged."""
        for bell in self._bells:
            bell.set()

    @asynccontextmanager
    async def listen(self) -> AsyncGenerator[asyncio.Event]:
        """A bell that is set on every arrival; the listener clears it before it looks."""
        bell = asyncio.Event()
        self._bells.add(bell)
        if self._watch is None:
            self._watch = asyncio.create_task(self._watch_other_processes(), name="mailmcp-watch")
        try:
            yield bell
        finally:
            self._bells.discard(bell)
            if not self._bells:
                self._watch.cancel()
                self._watch = None

    async def _watch_other_processes(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                moved = await self._store.changed()
            except (StoreUnavailable, ValueError):
                continue
            if moved:
                self.announce()


async def set_or_late(event: asyncio.Event, seconds: float) -> None:
    """Return when the event is set, or after so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
