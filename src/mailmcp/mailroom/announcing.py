"""Writing down what was concluded from mail, and telling whoever waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from mailmcp.errors import MailError
from mailmcp.mailroom import judging
from mailmcp.mailroom.arrivals import Arrivals
from mailmcp.store import Store, judgements
from mailmcp.store.judgements import Judgement, Unjudged

log = logging.getLogger("mailmcp.inbound")

RETRY_SECONDS = 0.5
"""Until judging is tried again after trouble, at first; then twice as long each time."""
SWEEP_SECONDS = 20
"""Longest such time, and the time between two looks for messages that no process lived to judge."""


class Announcing:
    """The last step of the way in."""

    def __init__(self, store: Store, arrivals: Arrivals) -> None:
        self._store = store
        self._arrivals = arrivals

    async def announce(self, items: Sequence[Unjudged], found: Sequence[Judgement]) -> None:
        """Store the judgement of each, then ring. Raises StoreUnavailable: then some are stored and some not."""
        if not found:
            return
        now = datetime.now(UTC)
        await asyncio.gather(
            *(self._write_down(item, judgement, now) for item, judgement in zip(items, found, strict=True))
        )
        self._arrivals.announce()

    async def _write_down(self, item: Unjudged, judgement: Judgement, now: datetime) -> None:
        """Write a judgement down; of one that the store cannot hold, only that the mail is there."""
        write = partial(judgements.judge, now=now)
        try:
            await self._store.write(write, item.row, judgement)
        except MailError:
            raise
        except Exception:
            log.exception("what was concluded from a message cannot be stored")
            await self._store.write(write, item.row, judging.unreadable(source=item.source, peer=item.peer))


class Patience:
    """How long to wait after trouble: longer each time, until something succeeds."""

    def __init__(self) -> None:
        self._next = RETRY_SECONDS

    def lost(self) -> float:
        """Something failed; gives the seconds to wait."""
        seconds, self._next = self._next, min(2 * self._next, SWEEP_SECONDS)
        return seconds

    def regained(self) -> None:
        """Something succeeded."""
        self._next = RETRY_SECONDS
