"""What the approval page keeps in the home: where it is, and the key of its sessions."""

from __future__ import annotations

import asyncio
import hmac
from pathlib import Path

from mailmcp.config import Settings
from mailmcp.mailroom.dispatch import Dispatch
from mailmcp.mailroom.reviewing import Reviewing
from mailmcp.mailroom.sealing import Sealing
from mailmcp.models import DraftState
from mailmcp.store import Store, outbox, status, whereabouts


class Pages:
    """The page of one home, as its processes know it."""

    def __init__(self, store: Store, sealing: Sealing, dispatch: Dispatch, settings: Settings) -> None:
        self._store = store
        self._sealing = sealing
        self.reviewing = Reviewing(store, sealing, dispatch, settings)
        """The links to it that are mailed to a reviewer."""

    async def address(self) -> str | None:
        """Where it is; None when no process serves it."""
        return await self._store.read(status.page)

    async def port(self) -> int | None:
        """The port that it had the last time."""
        return await self._store.read(status.page_port)

    async def opened(self, address: str | None, *, remember: bool = True) -> None:
        """This process serves it there, or (None) not any more; ``remember`` keeps the port for the next time."""
        await self._store.write(status.set_page, address, remember=remember)

    async def key(self) -> bytes:
        """What its sessions are proved with: another key than that of approvals, and of this home alone."""
        return hmac.digest(await asyncio.to_thread(self._sealing.key), b"mailmcp page", "sha256")

    async def unwise(self, home: Path) -> tuple[str, ...]:
        """What is unwise about where the home lies, and why no links are mailed though they should, in sentences."""
        found = [one.sentence for one in await asyncio.to_thread(whereabouts.unwise, home)]
        return (*found, *filter(None, [await self.reviewing.unmailed()]))

    async def held(self) -> tuple[int, int]:
        """(how many drafts are held, the number of the newest of them)."""
        drafts = await self._store.read(outbox.open_drafts, (DraftState.HELD,))
        return len(drafts), max((draft.row for draft in drafts), default=0)
