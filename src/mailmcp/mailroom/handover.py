"""One message on its way: over which backends it leaves, once, and what each of them said.

The only caller of ``backend.send``. A draft that was claimed is put on the wire (written down right before the step
that makes it leave, in the transaction that looks whether it still may), and what was heard is written down.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mailmcp.backends.contract import AboutToCommit, Backend, Divides, FindsSent, Foresees
from mailmcp.errors import BackendError, MailError, NoAnswer, Refused, TryLater, Unsupported
from mailmcp.mailroom import signing
from mailmcp.mailroom.inbound import Inbound, own_fingerprint
from mailmcp.mailroom.legs import Heard, Leg, Lost, heard_of, is_allowed, results_of
from mailmcp.mailroom.pace import Pace
from mailmcp.mailroom.providers import Providers
from mailmcp.mailroom.rechecking import Recheck, Rechecking
from mailmcp.mailroom.returning import Returning
from mailmcp.models import Delivery, DeliveryState, Draft, DraftState, OutboundMail, Reason, Receipt
from mailmcp.store import Store, deliveries, inboxes, left_as, outbox

log = logging.getLogger("mailmcp.dispatch")

SETTLE_SECONDS = 2


class Altered(MailError):
    """A backend was about to let something else leave than what was allowed."""


class Overtaken(MailError):
    """The draft was taken from this process between its claim and the wire: it must not leave here."""


class HeldAgain(MailError):
    """The draft may not leave any more, and waits for a human."""


class Handover:
    """Takes claimed drafts to their backends."""

    def __init__(
        self,
        store: Store,
        inbound: Inbound,
        providers: Providers,
        rechecking: Rechecking,
        returning: Returning,
        pace: Pace,
    ) -> None:
        self._store = store
        self._inbound = inbound
        self._providers = providers
        self._within = providers.within
        self._rechecking = rechecking
        self._home = rechecking.home
        self._returning = returning
        self._pace = pace

    async def claim(self, draft: Draft, token: str) -> bool:
        """Take a queued draft up, unless it is no more or may not leave any more: then it is held in that moment."""
        check = await self._rechecking.now()

        def claimed(db: sqlite3.Connection) -> bool:
            now = datetime.now(UTC)
            found = outbox.get(db, draft.id)
            if found.state is DraftState.QUEUED and (doubts := check.by_rules(db, found)):
                self._hold_again(db, check, found, doubts)
                return False
            return deliveries.claim(db, found, token, now)

        return await self._store.write(claimed)

    async def foresee(self, mail: OutboundMail) -> None:
        """Raises Unsupported for what the backends that it would leave by cannot express."""
        if not any(isinstance(one, Foresees) for one in self._providers):
            return
        for leg in await self._legs(mail.mail_from, mail.recipients):
            if isinstance(leg.backend, Foresees):
                try:
                    leg.backend.foresee(replace(mail, recipients=leg.recipients))
                except BackendError as error:
                    raise Unsupported(error.public.removeprefix("Nothing left: ")) from error

    async def hand_over(self, draft: Draft, token: str) -> None:
        """Send a claimed draft. Raises Overtaken or HeldAgain before anything left, and what the store raises."""
        approved = await self._store.read(outbox.mail, draft)
        if approved_hash(approved.mime, approved.mail_from, approved.recipients) != draft.sha256:
            await self._fail(draft, token, "The stored message is not the one that was allowed; it was not sent.")
            return
        leaves_at = datetime.now(UTC)
        # Looked at once more in the last moment; here, so that nobody is dialled for what may not leave.
        check = await self._rechecking.now()
        if doubts := await self._store.read(check.doubts, draft, leaves_at):
            await self._store.write(self._hold_again, check, draft, doubts, token)
            raise HeldAgain(doubts[0].sentence)
        mime = await signing.on_its_way(approved, leaves_at, self._home)
        legs = await self._legs(draft.inbox, await self._store.read(deliveries.outstanding, draft))
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

    async def notify(self, mail: OutboundMail, key: str) -> bool:
        """Hand over a mail of mailmcp's own to a human outside; False when it may be tried again. Raises MailError."""
        outside = self._providers.outside(self._providers.default.name)
        if outside is None:
            return False
        mime = await signing.on_its_way(mail, datetime.now(UTC), self._home)
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

    # --- one way of it -------------------------------------------------------------------------------------------

    async def _legs(self, inbox: str, recipients: Sequence[str]) -> list[Leg]:
        """Inboxes of this home first: that takes no time, and nothing else depends on it."""
        outside = self._providers.outside((await self._store.read(inboxes.get, inbox)).backend)
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

    async def _tried(self, draft: Draft, token: str, leg: Leg, leaving: OutboundMail) -> Heard:
        """What became of one leg. Raises Overtaken or HeldAgain before anything of it left."""
        committed = False

        async def about_to_commit(given: OutboundMail) -> None:
            nonlocal committed
            if not is_allowed(given, leaving):
                raise Altered(f"The backend {leg.backend.name} was about to send something else than what was allowed.")
            check = await self._rechecking.now()
            doubts = await self._store.write(self._about_to_leave, check, draft, token, leg)
            if doubts is None:
                raise Overtaken(f"The draft {draft.id} was taken up by another process.")
            if doubts:
                raise HeldAgain(doubts[0].sentence)
            committed = True

        backend = leg.backend
        try:
            receipt = await _given(backend, leaving, draft.id, about_to_commit)
        except NoAnswer as error:
            found = await asked(backend, leaving, draft)
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

    def _about_to_leave(
        self, db: sqlite3.Connection, check: Recheck, draft: Draft, token: str, leg: Leg
    ) -> tuple[Reason, ...] | None:
        """The last look, and the word that it may have left from now on, in one transaction.

        None when the claim was lost; reasons when a human is asked after all; none of these when it leaves.
        """
        now = datetime.now(UTC)
        if doubts := check.doubts(db, draft, now):
            return doubts if self._hold_again(db, check, draft, doubts, token) else None
        leaves = deliveries.about_to_leave(db, draft, token, leg.recipients, backend=leg.backend.name, now=now)
        return () if leaves else None

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
            self._returning.handed_over(db, draft, heard.results, now)
        return deliveries.conclude(db, draft, token, retry_at=self._retry_at(draft), now=now) if last else None

    # --- what does not leave -------------------------------------------------------------------------------------

    @staticmethod
    def _hold_again(
        db: sqlite3.Connection, check: Recheck, draft: Draft, doubts: tuple[Reason, ...], token: str | None = None
    ) -> bool:
        """Hold what is queued, or what the try of this ``token`` has claimed; False when it is not so any more."""
        log.warning("the draft %s is held: %s", draft.id, doubts[0].sentence)
        now = datetime.now(UTC)
        from_ = DraftState.QUEUED if token is None else DraftState.CLAIMED
        return outbox.hold_again(
            db, draft, *doubts, now=now, expires_at=now + check.expiry, from_=from_, claimed_by=token
        )

    async def _fail(self, draft: Draft, token: str, why: str) -> None:
        rest = [Delivery(recipient=one, state=DeliveryState.REFUSED, detail=why) for one in draft.recipients]
        now = datetime.now(UTC)
        await self._store.write(deliveries.record, draft, token, rest, left=None, backend="", now=now)
        await self._store.write(deliveries.conclude, draft, token, retry_at=None, now=now)

    def _retry_at(self, draft: Draft) -> datetime | None:
        """When what was postponed is tried again; None when it was tried often enough."""
        waits = self._pace.back_off
        return datetime.now(UTC) + timedelta(seconds=waits[draft.tries]) if draft.tries < len(waits) else None


async def _given(backend: Backend, leaving: OutboundMail, key: str, about_to_commit: AboutToCommit) -> Receipt:
    return await backend.send(leaving, key, about_to_commit)


async def asked(backend: Backend, leaving: OutboundMail, draft: Draft) -> Receipt | Lost | None:
    """What a backend knows of a message whose answer was lost; None when it certainly did not leave."""
    if not isinstance(backend, FindsSent):
        return Lost()
    try:
        return await backend.find_sent(leaving, draft.id)
    except BackendError as error:
        log.warning("%s", error)
        return Lost()


def approved_hash(mime: bytes, mail_from: str, recipients: tuple[str, ...]) -> str:
    """The SHA-256 of final bytes and envelope that an approval names (law 6)."""
    envelope = json.dumps([mail_from, list(recipients)]).encode()
    return hashlib.sha256(hashlib.sha256(mime).digest() + envelope).hexdigest()
