"""How long mail is kept, and that the room of what is gone is given back: a duty of the leader."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from mailmcp.config import Settings
from mailmcp.errors import BadInput, MailError
from mailmcp.mailroom.pace import Pace
from mailmcp.models import Inbox
from mailmcp.store import Store, audit, fresh_codes, retention, space
from mailmcp.store.retention import Rule

log = logging.getLogger("mailmcp.keeping")

HOLD_SECONDS = 0.05
"""Spent in one transaction: others wait for no more, however large the mails and slow the disk."""
BREATH_SECONDS = 0.02
"""Between two of them."""
MIB = 1024 * 1024
MOST_DAYS, MOST_MIB = 36_500, 1_000_000


class Keeping:
    """The rules of the inboxes, and what follows from them."""

    name = "retention"

    def __init__(
        self,
        store: Store,
        settings: Settings,
        pace: Pace,
        *,
        is_doubtful: Callable[[], object],
        after: Callable[[], Awaitable[None]],
    ) -> None:
        """``is_doubtful`` says that the clock jumped a while ago; ``after`` is told when mail has gone."""
        self._store = store
        self._usual = Rule(days=settings.retention.days, octets=settings.retention.size * MIB)
        self._pace = pace
        self._is_doubtful = is_doubtful
        self._after = after

    async def rule(self, address: str) -> Rule:
        """What an inbox keeps. Raises NotFound."""
        return await self._store.read(retention.get, address, self._usual)

    async def keep(self, address: str, *, days: int | None, mib: int | None) -> Rule:
        """Set what an inbox keeps; None leaves a limit as it is, 0 lifts it. Raises NotFound, BadInput."""
        if not 0 <= (days or 0) <= MOST_DAYS or not 0 <= (mib or 0) <= MOST_MIB:
            raise BadInput(f"Give --days up to {MOST_DAYS} and --size up to {MOST_MIB} (MiB), or 0 for without limit.")
        now = await self.rule(address)
        rule = Rule(days=now.days if days is None else days, octets=now.octets if mib is None else mib * MIB)
        inbox = await self._store.write(retention.put, address, rule)
        await self._store.write(
            audit.record, "inbox.kept", datetime.now(UTC), inbox=inbox.address, days=rule.days, bytes=rule.octets
        )
        return rule

    async def run(self) -> None:
        """Look again and again. Not right away: a clock that was wrong at the start is put right by then."""
        loop = asyncio.get_running_loop()
        next_sweep = loop.time() + self._pace.sweep
        while True:
            await asyncio.sleep(self._pace.tidy)
            try:
                if loop.time() >= next_sweep and not self._is_doubtful():
                    await self.sweep(datetime.now(UTC))
                    next_sweep = loop.time() + self._pace.sweep
                await self.forget(datetime.now(UTC))
                await self.free()
            except MailError as error:
                log.warning("old mail and empty room wait: %s", error)

    async def sweep(self, now: datetime) -> int:
        """Take away what has to go; how many messages, and drafts that are over."""
        total = 0
        for inbox, rule in await self._store.read(retention.limited, self._usual):
            gone = await self._sweep(inbox, rule, now)
            if any(gone):
                messages, drafts = gone
                log.info("%d message(s) and %d draft(s) of %s went by its rule", messages, drafts, inbox.address)
                await self._store.write(
                    audit.record, "inbox.swept", now, inbox=inbox.address, messages=messages, drafts=drafts
                )
            total += sum(gone)
        if total:
            await self._after()
            await self.free(after_deletion=True)
        return total

    async def _sweep(self, inbox: Inbox, rule: Rule, now: datetime) -> tuple[int, int]:
        messages = drafts = 0
        due = await self._store.read(retention.due, inbox, rule, now)
        while due:
            gone, due = await self._store.write(retention.remove, due, HOLD_SECONDS)
            messages, drafts = messages + len(gone.messages), drafts + len(gone.drafts)
            await asyncio.sleep(BREATH_SECONDS)
        return messages, drafts

    async def forget(self, now: datetime) -> None:
        """Codes that arrived a while ago are remembered no longer, whether their mail is there or not."""
        if await self._store.read(fresh_codes.any_stale, now):
            await self._store.write(fresh_codes.forget, now)

    async def free(self, *, after_deletion: bool = False) -> None:
        """Give unused room of the database back to the disk."""
        first = True
        while after_deletion and await self._store.write(space.merge_words, HOLD_SECONDS, first=first):
            first = False
            await asyncio.sleep(BREATH_SECONDS)
        if await self._store.read(space.is_worth_rewriting):
            await self._store.alone(space.rewrite)
        left = await self._store.read(space.unused)
        while left:
            before, left = left, await self._store.write(space.give_back, HOLD_SECONDS)
            if left >= before:
                return
            await asyncio.sleep(BREATH_SECONDS)
