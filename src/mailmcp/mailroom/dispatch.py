"""Delivery: when what is queued is taken up, by which process, and who is told what became of it.

How one message leaves is told in ``handover``, what becomes of those that a process left behind in ``left_behind``.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from secrets import token_hex

from mailmcp.errors import MailError
from mailmcp.mailroom.clock import Clock
from mailmcp.mailroom.handover import Handover, HeldAgain, Overtaken
from mailmcp.mailroom.inbound import Inbound
from mailmcp.mailroom.left_behind import CLAIM, LeftBehind
from mailmcp.mailroom.pace import STEADY, Pace
from mailmcp.mailroom.providers import Providers
from mailmcp.mailroom.rechecking import Rechecking
from mailmcp.mailroom.returning import Returning
from mailmcp.models import Draft, DraftState, OutboundMail, Reason
from mailmcp.store import Store, outbox

log = logging.getLogger("mailmcp.dispatch")

SETTLE_SECONDS = 2
LOOK_AGAIN_SECONDS = 0.01
ANSWER_SECONDS = 20
"""So long whoever asked for a send waits for its end; it goes on after that."""
AT_ONCE = 4
"""Messages that one process hands over at the same time."""
STALE = timedelta(hours=1)
"""A queued message that is found so much later than it should have left is held again: much may have changed."""
LAST_ROUND_SECONDS = 15
"""So long at most a process that closes goes on sending what is about to fall due."""


class Dispatch:
    """Hands over what may leave."""

    def __init__(
        self,
        store: Store,
        inbound: Inbound,
        providers: Providers,
        rechecking: Rechecking,
        returning: Returning,
        pace: Pace = STEADY,
    ) -> None:
        self._store = store
        self.providers = providers
        self.rechecking = rechecking
        self.returning = returning
        self._handover = Handover(store, inbound, providers, rechecking, returning, pace)
        self._left_behind = LeftBehind(store, providers, rechecking.home)
        self._pace, self.clock = pace, Clock(store)
        self.is_led_elsewhere: Callable[[], bool] = lambda: False
        """Whether another process does the duties of this home."""
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._turn = asyncio.Semaphore(AT_ONCE)

    @property
    def reaches_outside(self) -> bool:
        """Whether there is a way to anybody but the inboxes of this home."""
        return self.providers.reaches_outside

    async def deliver(self, draft: Draft) -> Draft:
        """Hand a queued draft over, whoever else is at it; gives what became of it, or what it is after a while.

        Cancelling this does not break off what is on the wire: ``aclose`` waits for it.
        """
        await asyncio.wait([self._started(draft)], timeout=ANSWER_SECONDS)
        return await self._heard_of(draft)

    async def flush(self) -> bool:
        """Send what is due and take up what a process that died had begun; whether there was anything to do."""
        now = datetime.now(UTC)
        await self.clock.tend(now)
        begun, due = await self._store.read(_at_hand, now)
        for draft in begun:
            if draft.row not in self._tasks:
                await self._left_behind.recover(draft)
        for draft in due:
            if draft.row not in self._tasks and not await self._is_stale(draft, now):
                self._started(draft, self._turn)
        if not self._tasks:
            return False
        await asyncio.wait(self._tasks.values(), timeout=self._pace.flush, return_when=asyncio.FIRST_COMPLETED)
        return True

    async def expire(self) -> None:
        """Let held drafts expire whose time is over. Whoever leads does it: it alone knows whether the clock jumped."""
        if not self.is_led_elsewhere():
            await self.clock.tend(datetime.now(UTC))

    async def nothing_due(self) -> bool:
        """Whether nothing waits for the end of its undo window."""
        horizon = datetime.now(UTC) + timedelta(seconds=LAST_ROUND_SECONDS)
        try:
            return not await self._store.read(outbox.due, horizon)
        except MailError:
            return True

    async def last_round(self) -> None:
        """Before this process ends, and no other is there: send what falls due within the undo window."""
        loop = asyncio.get_running_loop()
        until = loop.time() + LAST_ROUND_SECONDS
        horizon = datetime.now(UTC) + timedelta(seconds=LAST_ROUND_SECONDS)
        while (left := until - loop.time()) > 0 and await self._store.read(outbox.due, horizon):
            if not await self.flush():
                await asyncio.sleep(min(self._pace.flush, left))

    async def aclose(self, *, at_most: float = LAST_ROUND_SECONDS) -> None:
        """Let what is being handed over come to its end, within reason."""
        tasks = list(self._tasks.values())
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=at_most)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    async def foresee(self, mime: bytes, inbox: str, recipients: tuple[str, ...]) -> None:
        """See ``Handover.foresee``."""
        await self._handover.foresee(OutboundMail(mime=mime, mail_from=inbox, recipients=recipients))

    async def notify(self, mail: OutboundMail, key: str) -> bool:
        """See ``Handover.notify``."""
        return await self._handover.notify(mail, key)

    async def settle(self, draft: Draft, *, arrived: bool, by: str) -> Draft:
        """See ``LeftBehind.settle``."""
        return await self._left_behind.settle(draft, arrived=arrived, by=by)

    # --- one draft -----------------------------------------------------------------------------------------------

    def _started(self, draft: Draft, turn: asyncio.Semaphore | None = None) -> asyncio.Task[None]:
        task = self._tasks.get(draft.row)
        if task is None:
            task = asyncio.create_task(self._send(draft, turn or nullcontext()), name=f"mailmcp-send-{draft.id}")
            self._tasks[draft.row] = task
            task.add_done_callback(lambda _: self._tasks.pop(draft.row, None))
        return task

    async def _send(self, draft: Draft, turn: AbstractAsyncContextManager[None]) -> None:
        async with turn:
            if not self._store.claims.take(CLAIM, draft.row):
                return  # another process is at it
            try:
                token = token_hex(8)
                if await self._handover.claim(draft, token):
                    await self._handover.hand_over(await self._store.read(outbox.get, draft.id), token)
            except Overtaken:
                log.warning("draft %s was taken up by another process", draft.id)
            except HeldAgain:
                pass  # it was told when it was held
            except MailError as error:
                log.warning("draft %s could not be sent: %s", draft.id, error)
            except Exception:  # a bug: what it had begun is found left behind, and recovered
                log.exception("the draft %s could not be sent", draft.id)
            finally:
                self._store.claims.free(CLAIM, draft.row)

    async def _is_stale(self, draft: Draft, now: datetime) -> bool:
        """Whether a due draft is so late that a human is asked; then it is held."""
        should_have_left = draft.not_before or draft.send_at or draft.created_at
        if now - should_have_left <= STALE:
            return False
        late = f"It should have left at {should_have_left:%Y-%m-%d %H:%M} UTC; look whether it still may."
        check = await self.rechecking.now()
        await self._store.write(
            outbox.hold_again,
            draft,
            Reason("stale", late),
            now=now,
            expires_at=now + check.expiry,
            from_=DraftState.QUEUED,
        )
        return True

    async def _heard_of(self, draft: Draft) -> Draft:
        """A draft that is leaving here or elsewhere: what became of it, in a moment."""
        loop = asyncio.get_running_loop()
        until = loop.time() + SETTLE_SECONDS
        while True:
            draft = await self._store.read(outbox.get, draft.id)
            if draft.state not in (DraftState.CLAIMED, DraftState.ON_WIRE) or loop.time() > until:
                return draft
            await asyncio.sleep(LOOK_AGAIN_SECONDS)


def _at_hand(db: sqlite3.Connection, now: datetime) -> tuple[list[Draft], list[Draft]]:
    """In one look, since there is one each second: what some process has begun, and what is due."""
    return outbox.begun(db), outbox.due(db, now)
