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
from mailmcp.mailroom.returning import Returning
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

    def __init__(self, store: Store, arrivals: Arrivals, checking: Checking, returning: Returning) -> None:
        self._store = store
        self._arrivals = arrivals
        self._checking = checking
        self._returning = returning
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
        checks = [
            asyncio.create_task(self._checking.checked(item, judgement))
            for item, judgement in zip(items, found, strict=True)
        ]
        try:
            await asyncio.wait(checks, timeout=AT_ONCE_SECONDS)
            in_time = [(item, check) for item, check in zip(items, checks, strict=True) if check.done()]
            for item, check in zip(items, checks, strict=True):
                if not check.done():
                    late = asyncio.create_task(self._announce_late(item, check), name="mailmcp-announce-late")
                    self._late[late] = item.row
                    late.add_done_callback(self._came_late)
        except BaseException:
            for check in checks:
                check.cancel()
            raise
        await asyncio.gather(*(self._write_down(item, check.result(), share_commit) for item, check in in_time))
        self._arrivals.announce()

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

    async def _announce_late(self, item: Unjudged, check: asyncio.Task[Judgement]) -> None:
        try:
            await self._write_down(item, await check, share_commit=False)
        finally:
            check.cancel()

    def _came_late(self, task: asyncio.Task[None]) -> None:
        self._late.pop(task, None)
        self._arrivals.announce()
        if not task.cancelled() and task.exception() is not None:
            log.warning("mail waits to be announced: %s", task.exception())  # it counts as left behind, and is found

    async def _write_down(self, item: Unjudged, judgement: Judgement, share_commit: bool) -> None:
        """Write a judgement down; of one that the store cannot hold, only that the mail is there."""
        record = partial(judgements.judge, now=datetime.now(UTC), act=self._returning.act)
        write = partial(self._store.write_soon if share_commit else self._store.write, record, item.row)
        try:
            await write(judgement)
        except MailError:
            raise
        except Exception:
            log.exception("what was concluded from a message cannot be stored")
            try:
                await write(judging.unreadable(source=item.source, peer=item.peer))
            except MailError:
                raise
            except Exception:  # a bug of ours: the mails behind this one must not wait for it
                log.exception("a message cannot be announced")


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
