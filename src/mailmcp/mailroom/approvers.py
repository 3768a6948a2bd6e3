"""The approver's passphrase: set, changed and cleared by whoever knows it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from mailmcp.mailroom.sealing import Sealing
from mailmcp.store import Store, audit


class Approvers:
    """What people do with the passphrase. No tool may call this."""

    def __init__(self, store: Store, sealing: Sealing) -> None:
        self._store = store
        self._sealing = sealing

    async def is_set(self) -> bool:
        """Whether approvals need a passphrase."""
        return await asyncio.to_thread(self._sealing.approver) is not None

    async def set(self, passphrase: str, *, old: str | None = None) -> None:
        """Ask for this one from now on. Raises Refused when another is set and ``old`` is not that, or BadInput."""
        await asyncio.to_thread(self._sealing.set_passphrase, passphrase, old=old)
        await self._store.write(audit.record, "approver.set", datetime.now(UTC))

    async def clear(self, old: str) -> None:
        """Ask for none any more. Raises Refused when ``old`` is not the one that is set."""
        await asyncio.to_thread(self._sealing.clear_passphrase, old)
        await self._store.write(audit.record, "approver.cleared", datetime.now(UTC))
