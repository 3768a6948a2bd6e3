"""Delivery: what is queued is taken up, put on the wire once, and what became of it is written down.

The only caller of ``backend.send``. A draft is claimed (nothing can have left), then on the wire (written down right
before the step that makes it leave), then settled. What a process that died had claimed is sent again; what it had on
the wire is asked for where the backend can tell, and is ``unknown`` otherwise: never sent again by itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import sqlite3
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from secrets import token_hex

from mailmcp.backends.contract import AboutToCommit, Backend, Divides, FindsSent
from mailmcp.config import Settings
from mailmcp.errors import BackendError, MailError, NoAnswer, Refused, TryLater
from mailmcp.mailroom import signing
from mailmcp.mailroom.clock import Clock
from mailmcp.mailroom.inbound import Inbound, own_fingerprint
from mailmcp.mailroom.legs import Heard, Leg, Lost, heard_of, is_allowed, results_of
from mailmcp.mailroom.pace import STEADY, Pace
from mailmcp.mailroom.providers import Providers
from mailmcp.mailroom.returning import Returning
from mailmcp.mailroom.sealing import Sealing
from mailmcp.models import Delivery, DeliveryState, Draft, DraftState, OutboundMail, Reason, Receipt
from mailmcp.store import Store, deliveries, inboxes, left_as, outbox, seals

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
CLAIM = "send"


class Altered(MailError):
    """A backend was about to let something else leave than what was allowed."""


class Overtaken(MailError):
    """The draft was taken from this process between its claim and the wire: it must not leave here."""


class Dispatch:
    """Hands over what may leave."""

    def __init__(
        self,
        store: Store,
        inbound: Inbound,
        providers: Providers,
        sealing: Sealing,
        returning: Returning,
        settings: Settings,
        pace: Pace = STEADY,
    ) -> None:
        self._store = store
        self._sealing = sealing
        self._inbound = inbound
        self.providers = providers
        self._within = providers.within
        self._settings = settings
        self.returning = returning
        self._pace, self.clock = pace, Clock(store)
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
        for draft in await self._store.read(outbox.begun):
            if draft.row not in self._tasks:
                await self._recover(draft)
        for draft in await self._store.read(outbox.due, now):
            if draft.row not in self._tasks and not await self._is_held_again(draft, now):
                self._started(draft, self._turn)
        if not self._tasks:
            return False
        await asyncio.wait(self._tasks.values(), timeout=self._pace.flush, return_when=asyncio.FIRST_COMPLETED)
        return True

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
                if await self._store.write(deliveries.claim, draft, token, datetime.now(UTC)):
                    await self._hand_over(await self._store.read(outbox.get, draft.id), token)
            except Overtaken:
                log.warning("draft %s was taken up by another process", draft.id)
            except MailError as error:
                log.warning("draft %s could not be sent: %s", draft.id, error)
            except Exception:  # a bug: what it had begun is found left behind, and recovered
                log.exception("the draft %s could not be sent", draft.id)
            finally:
                self._store.claims.free(CLAIM, draft.row)

    async def _hand_over(self, draft: Draft, token: str) -> None:
        approved = await self._store.read(outbox.mail, draft)
        if approved_hash(approved.mime, approved.mail_from, approved.recipients) != draft.sha256:
            await self._fail(draft, token, "The stored message is not the one that was allowed; it was not sent.")
            return
        leaves_at = datetime.now(UTC)
        doubt = await asyncio.to_thread(self._sealing.doubt, draft, await self._store.read(seals.of, draft), leaves_at)
        if doubt is not None:
            log.warning("the draft %s is held: %s", draft.id, doubt.sentence)
            await self._hold_again(draft, doubt, leaves_at, from_=DraftState.CLAIMED)
            return
        mime = await signing.on_its_way(approved, leaves_at, self._settings.home)
        legs = await self._legs(draft, await self._store.read(deliveries.outstanding, draft))
        if not legs:
            await self._store.write(deliveries.conclude, draft, token, retry_at=None, now=datetime.now(UTC))
        for leg in legs:
            leaving = OutboundMail(mime=mime, mail_from=approved.mail_from, recipients=leg.recipients)
            heard, last = await self._tried(draft, token, leg, leaving), leg is legs[-1]
            state = await self._store.write(self._recorded, draft, token, leg, heard, leaving, datetime.now(UTC), last)
            if state in (DraftState.SENT, DraftState.QUEUED):
                # Both copies shall be in their conversations when the assistant hears "sent".
                names = (draft.id, own_fingerprint(mime) or draft.id)
                await self._inbound.settle(at_most=SETTLE_SECONDS, of=names)

    def _recorded(
        self,
        db: sqlite3.Connection,
        draft: Draft,
        token: str,
        leg: Leg,
        heard: Heard,
        leaving: OutboundMail,
        now: datetime,
        last: bool,
    ) -> DraftState | None:
        """Write down what was heard of a leg, and what follows; the draft's state after the last. See ``record``."""
        if not deliveries.record(db, draft, token, heard.results, left=leaving, backend=leg.backend.name, now=now):
            raise Overtaken(f"The draft {draft.id} was taken up by another process.")
        if leg.backend is not self._within:
            left_as.keep(db, draft, leg.backend.name, heard.receipt, now)
            self.returning.handed_over(db, draft, heard.results, now)
        return deliveries.conclude(db, draft, token, retry_at=self._retry_at(draft), now=now) if last else None

    async def _tried(self, draft: Draft, token: str, leg: Leg, leaving: OutboundMail) -> Heard:
        """What became of one leg. Raises Overtaken before anything left."""

        committed = False

        async def about_to_commit(given: OutboundMail) -> None:
            nonlocal committed
            if not is_allowed(given, leaving):
                raise Altered(f"The backend {leg.backend.name} was about to send something else than what was allowed.")
            on_wire = await self._store.write(
                deliveries.about_to_leave,
                draft,
                token,
                leg.recipients,
                backend=leg.backend.name,
                now=datetime.now(UTC),
            )
            if not on_wire:
                raise Overtaken(f"The draft {draft.id} was taken up by another process.")
            committed = True

        backend = leg.backend
        try:
            receipt = await _given(backend, leaving, draft.id, about_to_commit)
        except NoAnswer as error:
            found = await self._asked(backend, leaving, draft)
            if not isinstance(found, Lost):
                return Heard(results_of(leg, found, "It did not leave this time."), found)
            return heard_of(leg, DeliveryState.UNKNOWN, f"{error.public} {deliveries.ANSWER_LOST}")
        except TryLater as error:
            return heard_of(leg, DeliveryState.POSTPONED, error.public)
        except BackendError as error:
            return heard_of(leg, DeliveryState.REFUSED, error.public)
        except Altered as error:
            log.error("draft %s: %s It was stopped.", draft.id, error)
            return heard_of(leg, DeliveryState.REFUSED, f"{error.public} Nothing was sent.")
        except MailError:
            raise
        except Exception:  # a bug of the backend's: not a reason to try without end, nor to forget what may have left
            log.exception("the backend %s failed with the draft %s", backend.name, draft.id)
            state = DeliveryState.UNKNOWN if committed else DeliveryState.POSTPONED
            return heard_of(leg, state, f"The backend {backend.name} failed.")
        found = results_of(leg, receipt, "The mail provider did not say what became of it.")
        return Heard([replace(one, gone=one.recipient in receipt.unreachable) for one in found], receipt)

    async def _legs(self, draft: Draft, recipients: Sequence[str]) -> list[Leg]:
        """Inboxes of this home first: that takes no time, and nothing else depends on it."""
        outside = self.providers.outside((await self._store.read(inboxes.get, draft.inbox)).backend)
        own: set[str] = set()
        if self._within is not None:
            # What a service keeps is reached by its own way, so that it has its mail too.
            found = await self._store.read(inboxes.by_recipient, recipients, only_here=outside is not None)
            own = {one for group in found.values() for one in group}
        within = tuple(one for one in recipients if one in own)
        beyond = tuple(one for one in recipients if one not in own)
        legs: list[Leg] = []
        if self._within is not None and (within or (beyond and outside is None)):
            # Without a way out it is the embedded backend that says in words why there is none.
            legs.append(Leg(self._within, within + (beyond if outside is None else ())))
        if outside is not None and beyond:
            groups = outside.divided(beyond) if isinstance(outside, Divides) else [beyond]
            legs += [Leg(outside, group) for group in groups]
        return legs

    async def _fail(self, draft: Draft, token: str, why: str) -> None:
        rest = [Delivery(recipient=one, state=DeliveryState.REFUSED, detail=why) for one in draft.recipients]
        now = datetime.now(UTC)
        await self._store.write(deliveries.record, draft, token, rest, left=None, backend="", now=now)
        await self._store.write(deliveries.conclude, draft, token, retry_at=None, now=now)

    def _retry_at(self, draft: Draft) -> datetime | None:
        """When what was postponed is tried again; None when it was tried often enough."""
        waits = self._pace.back_off
        return datetime.now(UTC) + timedelta(seconds=waits[draft.tries]) if draft.tries < len(waits) else None

    # --- what was left behind ------------------------------------------------------------------------------------

    async def _recover(self, draft: Draft) -> None:
        if not self._store.claims.take(CLAIM, draft.row):
            return  # its process is alive and at it
        try:
            await self._recover_claimed(await self._store.read(outbox.get, draft.id))
        except (TypeError, ValueError):  # a row that nothing can be made of keeps no other draft from leaving
            log.exception("the draft %s, left behind by another process, could not be taken up", draft.id)
        finally:
            self._store.claims.free(CLAIM, draft.row)

    async def _recover_claimed(self, draft: Draft) -> None:
        now = datetime.now(UTC)
        if draft.state is DraftState.CLAIMED:
            await self._store.write(deliveries.release, draft, now=now)
            return
        if draft.state is not DraftState.ON_WIRE:
            return  # it was settled meanwhile
        backend = self.providers.named(draft.backend)
        lost = tuple(one.recipient for one in draft.deliveries if one.state is DeliveryState.UNKNOWN and not one.detail)
        approved = await self._store.read(outbox.mail, draft)
        leaving = OutboundMail(
            mime=await signing.on_its_way(approved, now, self._settings.home),
            mail_from=approved.mail_from,
            recipients=lost,
        )
        found = await self._asked(backend, leaving, draft) if backend is not None else Lost()
        if found is None:
            await self._store.write(deliveries.release, draft, now=now)
        elif isinstance(found, Receipt) and backend is not None:
            results = results_of(Leg(backend, lost), found, deliveries.ANSWER_LOST)
            await self._store.write(_taken_over, draft, Heard(results, found), leaving, backend.name, now)
        else:
            log.warning("draft %s was on the wire when its process ended: it may have left", draft.id)
            await self._store.write(deliveries.conclude, draft, None, retry_at=now, now=now)

    async def _asked(self, backend: Backend, leaving: OutboundMail, draft: Draft) -> Receipt | Lost | None:
        """What a backend knows of a message whose answer was lost; None when it certainly did not leave."""
        if not isinstance(backend, FindsSent):
            return Lost()
        try:
            return await backend.find_sent(leaving, draft.id)
        except BackendError as error:
            log.warning("%s", error)
            return Lost()

    async def notify(self, mail: OutboundMail, key: str) -> bool:
        """Hand over a mail of mailmcp's own to a human outside; False when it may be tried again. Raises MailError."""
        outside = self.providers.outside(self.providers.default.name)
        if outside is None:
            return False
        mime = await signing.on_its_way(mail, datetime.now(UTC), self._settings.home)
        leaving = replace(mail, mime=mime)

        async def about_to_commit(given: OutboundMail) -> None:
            if not is_allowed(given, leaving):
                raise Altered("The backend was about to send something else than mailmcp wrote.")

        try:
            receipt = await _given(outside, leaving, key, about_to_commit)
        except (NoAnswer, TryLater) as error:
            return isinstance(error, NoAnswer)
        for recipient, why in receipt.refused:
            raise Refused(f"Nothing was sent to {recipient}: {why}")
        return not receipt.postponed

    async def settle(self, draft: Draft, *, arrived: bool, by: str) -> Draft:
        """A human knows what became of an unknown draft. Raises Refused when it is not unknown."""
        now = datetime.now(UTC)
        approved = await self._store.read(outbox.mail, draft)
        left = replace(approved, mime=await signing.on_its_way(approved, now, self._settings.home))
        if await self._store.write(deliveries.settle, draft, arrived=arrived, left=left, by=by, now=now) is None:
            raise Refused(f"What became of the draft {draft.id} is known: it is {draft.state}.")
        return await self._store.read(outbox.get, draft.id)

    async def _is_held_again(self, draft: Draft, now: datetime) -> bool:
        should_have_left = draft.not_before or draft.send_at or draft.created_at
        if now - should_have_left > STALE:
            late = f"It should have left at {should_have_left:%Y-%m-%d %H:%M} UTC; look whether it still may."
            why = Reason("stale", late)
        else:
            why = await self._store.read(self.returning.holds, draft)
        if why is None:
            return False
        await self._hold_again(draft, why, now, from_=DraftState.QUEUED)
        return True

    async def _hold_again(self, draft: Draft, why: Reason, now: datetime, *, from_: DraftState) -> None:
        expires_at = now + timedelta(seconds=self._settings.approval.expiry)
        await self._store.write(outbox.hold_again, draft, why, now=now, expires_at=expires_at, from_=from_)

    async def _heard_of(self, draft: Draft) -> Draft:
        """A draft that is leaving here or elsewhere: what became of it, in a moment."""
        loop = asyncio.get_running_loop()
        until = loop.time() + SETTLE_SECONDS
        while True:
            draft = await self._store.read(outbox.get, draft.id)
            if draft.state not in (DraftState.CLAIMED, DraftState.ON_WIRE) or loop.time() > until:
                return draft
            await asyncio.sleep(LOOK_AGAIN_SECONDS)


async def _given(backend: Backend, leaving: OutboundMail, key: str, about_to_commit: AboutToCommit) -> Receipt:
    return await backend.send(leaving, key, about_to_commit)


def _taken_over(
    db: sqlite3.Connection, draft: Draft, heard: Heard, leaving: OutboundMail, backend: str, now: datetime
) -> None:
    deliveries.take_over(db, draft, heard.results, left=leaving, backend=backend, now=now)
    left_as.keep(db, draft, backend, heard.receipt, now)


def approved_hash(mime: bytes, mail_from: str, recipients: tuple[str, ...]) -> str:
    """The SHA-256 of final bytes and envelope that an approval names (law 6)."""
    envelope = json.dumps([mail_from, list(recipients)]).encode()
    return hashlib.sha256(hashlib.sha256(mime).digest() + envelope).hexdigest()
