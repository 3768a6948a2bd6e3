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
from mailmcp.mailroom.checking import Checking
from mailmcp.store import Store, judgements
from mailmcp.store.judgements import Judgement, Unjudged

log = logging.getLogger("mailmcp.inbound")

RETRY_SECONDS = 0.5
"""Until judging is tried again after trouble, at first; then twice as long each time."""
SWEEP_SECONDS = 20
"""Longest such time, and the time between two looks for messages that no process lived to judge."""
AT_ONCE_SECONDS = 0.1
"""So long the next mail waits for the checks of the ones before."""


class Announcing:
    """The last step of the way in."""

    def __init__(self, store: Store, arrivals: Arrivals, checking: Checking) -> None:
        self._store = store
        self._arrivals = arrivals
        self._checking = checking
        self._late: dict[asyncio.Task[None], int] = {}

    async def announce(
        self, items: Sequence[Unjudged], found: Sequence[Judgement], *, share_commit: bool = False
    ) -> None:
        """Check the sender of each, store the judgements, then ring.

        Those whose check takes its time are announced by themselves when it is done: other mail does not wait for
        somebody's slow name servers. ``share_commit`` lets storing wait a moment for other writes. Raises
        StoreUnavailable: then some are stored and some not.
        """
        if not found:
            return
        tasks = {
            asyncio.create_task(self._announce_one(item, judgement, share_commit)): item.row
            for item, judgement in zip(items, found, strict=True)
        }
        done, late = await asyncio.wait(tasks, timeout=AT_ONCE_SECONDS)
        self._arrivals.announce()
        for task in late:
            self._late[task] = tasks[task]
            task.add_done_callback(self._came_late)
        failed = [task.exception() for task in done if task.exception() is not None]
        if failed and failed[0] is not None:
            raise failed[0]

    @property
    def rows(self) -> tuple[int, ...]:
        """Of the messages that were judged and wait for the check of their sender."""
        return tuple(self._late.values())

    async def aclose(self) -> None:
        """Leave what is not finished to the next process."""
        for task in self._late:
            task.cancel()
        if self._late:
            await asyncio.wait(self._late)

    async def _announce_one(self, item: Unjudged, judgement: Judgement, share_commit: bool) -> None:
        await self._write_down(item, await self._checking.checked(item, judgement), share_commit)

    def _came_late(self, task: asyncio.Task[None]) -> None:
        self._late.pop(task, None)
        self._arrivals.announce()
        if not task.cancelled() and task.exception() is not None:
            log.warning("mail waits to be announced: %s", task.exception())  # it counts as left behind, and is found

    async def _write_down(self, item: Unjudged, judgement: Judgement, share_commit: bool) -> None:
        """Write a judgement down; of one that the store cannot hold, only that the mail is there."""
        record = partial(judgements.judge, now=datetime.now(UTC))
        for conclusion in (judgement, judging.unreadable(source=item.source, peer=item.peer)):
            try:
                if share_commit:
                    await self._store.write_with_next(record, item.row, conclusion)
                else:
                    await self._store.write(record, item.row, conclusion)
                return
            except MailError:
                raise
            except Exception:  # not the next mail's fault: it must not wait for this one
                log.exception("what was concluded from a message cannot be stored")


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
