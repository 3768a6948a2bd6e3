"""The budgets that backends ask before they call a service (``contract.Budget``)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from mailmcp.errors import TryLater
from mailmcp.models import BudgetStatus
from mailmcp.store import Store, budgets

PATIENCE = 10.0
"""Seconds that a call waits for its turn; then its caller hears that it is to be tried later."""


class Budget:
    """The budget of one service: its state is in the store, where all processes meet."""

    def __init__(self, store: Store, service: str, per_minute: int, *, patience: float = PATIENCE) -> None:
        self._store = store
        self._service = service
        self._per_minute = per_minute
        self._patience = patience

    async def take(self) -> None:
        """Return once one more call may be made. Raises TryLater when it may not within a moment."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience
        while wait := await self._store.write(budgets.take, self._service, self._per_minute, datetime.now(UTC)):
            if loop.time() + wait > until:
                raise TryLater(
                    f"{self._service} allows no more calls now: the next may be made in {wait:.0f} seconds. The budget"
                    f" is {self._per_minute} a minute for all processes."
                )
            await asyncio.sleep(wait)

    async def rest(self, seconds: float) -> None:
        """Nobody calls it for so long."""
        now = datetime.now(UTC)
        await self._store.write(budgets.rest, self._service, self._per_minute, now + timedelta(seconds=seconds), now)

    async def status(self) -> BudgetStatus:
        """What is left of it."""
        return await self._store.read(budgets.status, self._service, self._per_minute, datetime.now(UTC))
