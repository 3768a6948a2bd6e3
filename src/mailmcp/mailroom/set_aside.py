"""Mail that is judged in a process of its own, one message after another.

Set aside are long messages, those that stalled the judge of fresh mail, and what other processes accepted and did not
live to judge: one of those may be what ended them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mailmcp.errors import MailError, NotFound
from mailmcp.mailroom import judging
from mailmcp.mailroom.announcing import Announcing, Patience
from mailmcp.mailroom.arrivals import set_or_late
from mailmcp.mailroom.judges import SECONDS_ALONE, JudgeProcess, JudgeThread, Stuck
from mailmcp.store import Store, judgements, messages
from mailmcp.store.judgements import Judgement, Unjudged

log = logging.getLogger("mailmcp.inbound")

BATCH = 32
"""Most left messages that one process judges before it gives back what it took."""
LOOK_SECONDS = 5
"""Between two looks for what other processes left."""
LEFT_AFTER = timedelta(seconds=5)
"""A message that another process accepted and has not judged for so long is taken to be left behind."""


class SetAside:
    """Judges what must not stand in the way of other mail."""

    def __init__(self, store: Store, announcing: Announcing, fresh: Collection[int]) -> None:
        self._store = store
        self._announcing = announcing
        self._fresh = fresh
        self._bell = asyncio.Event()
        self.rows: dict[int, None] = {}
        """Of the messages that were set aside, in order."""

    def add(self, row: int) -> None:
        """Set a message aside."""
        self.rows[row] = None
        self._bell.set()

    async def run(self) -> None:
        """Judge until cancelled, first whatever earlier processes left."""
        patience = Patience()
        age = timedelta()
        while True:
            try:
                await self._judge_added()
                await self._judge_left(datetime.now(UTC) - age)
                age, pause = LEFT_AFTER, LOOK_SECONDS
                patience.regained()
            except MailError as error:
                log.warning("mail that was set aside waits to be judged: %s", error)
                pause = patience.lost()
            except Exception:
                log.exception("mail that was set aside waits to be judged")
                pause = patience.lost()
            await set_or_late(self._bell, pause)
            self._bell.clear()

    async def _judge_added(self) -> None:
        while self.rows:
            row = next(iter(self.rows))
            for item in await self._store.read(judgements.unjudged, [row]):
                found = await self._judged_alone(item)
                if found is not None:
                    await self._announcing.announce([item], [found])
            del self.rows[row]

    async def _judge_left(self, before: datetime) -> None:
        """Judge what was accepted before a moment and is not this process's own fresh mail."""
        while True:
            found = await self._store.read(judgements.unjudged, received_before=before, limit=BATCH)
            left = [item for item in found if item.row not in self._fresh]
            if not left:
                return
            for item in left:
                if item.raw is None:
                    self.add(item.row)
            await self._judge_together([item for item in left if item.raw is not None])
            await self._judge_added()

    async def _judge_together(self, items: Sequence[Unjudged]) -> None:
        """Judge short messages in one process; the one that stalls it is judged alone, those behind it later."""
        if not items:
            return
        judge = await self._begin()
        try:
            found = await judge.judge_all(items)
        except Stuck as stuck:
            found = stuck.found
            self.add(items[len(found)].row)
        finally:
            await judge.aclose()
        await self._announcing.announce(items[: len(found)], found)

    async def _judged_alone(self, item: Unjudged) -> Judgement | None:
        """What is concluded from a message, or at least from its header; None when it is not there any more."""
        for header_only in (False, True):
            judge = await self._begin(header_only=header_only, alone=True)
            try:
                return (await judge.judge_all([item]))[0]
            except NotFound:
                return None
            except Stuck:
                what = "the header of a message" if header_only else "a message"
                log.warning("%s of %d bytes could not be read in time", what, item.size)
            finally:
                await judge.aclose()
        return judging.unreadable(source=item.source, peer=item.peer)

    async def _begin(self, *, header_only: bool = False, alone: bool = False) -> JudgeProcess | _Here:
        try:
            return await JudgeProcess.begin(self._store, alone=alone, header_only=header_only)
        except OSError as error:
            log.warning("no process could be started, mail is judged in this one: %s", error)
            return _Here(self._store)


class _Here:
    """Judges in this process because no other is to be had."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._thread = JudgeThread(SECONDS_ALONE)

    async def judge_all(self, items: Sequence[Unjudged]) -> list[Judgement]:
        """As ``Judge`` says."""
        whole = [replace(item, raw=await self._store.read(messages.raw, item.row)) for item in items]
        return await self._thread.judge_all(whole)

    async def aclose(self) -> None:
        """End its thread."""
        self._thread.close()
