"""The way out: submit, decide, hold, approve, reject, flush. The only caller of ``backend.send``."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import sqlite3
from datetime import UTC, datetime, timedelta
from secrets import token_hex

from mailmcp.backends.contract import Backend
from mailmcp.config import Settings
from mailmcp.errors import BackendError, BadInput, MailError, Refused
from mailmcp.mail import compose
from mailmcp.mailroom import signing
from mailmcp.mailroom.deciding import Deciding
from mailmcp.mailroom.inbound import Inbound
from mailmcp.mailroom.requests import Outcome
from mailmcp.models import (
    Address,
    Decision,
    Draft,
    DraftState,
    OutboundMail,
    SendingVerdict,
    Submission,
)
from mailmcp.store import Store, outbox

log = logging.getLogger("mailmcp.outbound")

LEFT_BEHIND = timedelta(seconds=60)
"""After this long, a message that a process took up is taken to be orphaned."""
SETTLE_SECONDS = 2
LOOK_AGAIN_SECONDS = 0.01


class Outbound:
    """Everything that may leave goes through here."""

    def __init__(self, store: Store, inbound: Inbound, backend: Backend, settings: Settings) -> None:
        self._store = store
        self._deciding = Deciding(store, settings, way_out=(settings.send_backend or settings.backend) != "local")
        self._inbound = inbound
        self._backend = backend
        self._settings = settings

    async def submit(
        self, submission: Submission, *, hold: bool, note: str = "", allow_duplicate: bool = False
    ) -> Outcome:
        """Compose, decide, and send, queue, hold or refuse. A repeat of the same content returns the first (law 7).

        Raises BadInput for what cannot be written as a mail.
        """
        now = datetime.now(UTC)
        sender = Address("", submission.inbox.address)
        message_id = f"<{token_hex(16)}@{sender.email.rpartition('@')[2]}>"
        composed = compose.compose(submission, sender=sender, message_id=message_id)
        facts = await self._deciding.gathered(submission, hold=hold)

        def decided(db: sqlite3.Connection) -> tuple[SendingVerdict, Draft | None, bool]:
            """In one transaction, so that no two processes take the last place of a rate."""
            verdict = self._deciding.verdict(db, facts, submission, now)
            if verdict.decision is Decision.DENY:
                return verdict, None, False
            held = verdict.decision is Decision.ASK
            new = outbox.NewDraft(
                submission=submission,
                mime=composed.mime,
                sha256=_approved_hash(composed.mime, sender.email, submission.recipients),
                content_key=_content_key(submission),
                state=DraftState.HELD if held else DraftState.QUEUED,
                reasons=verdict.reasons,
                note=note,
                expires_at=now + timedelta(seconds=self._settings.approval.expiry) if held else None,
            )
            draft, is_new = outbox.submit(db, new, now=now, allow_duplicate=allow_duplicate)
            if is_new and not held:
                self._deciding.count(db, draft, facts, now)
            return verdict, draft, is_new

        verdict, draft, is_new = await self._store.write(decided)
        if draft is None:
            return Outcome(draft=None, recipients=submission.recipients, refused=verdict.reasons)
        if is_new and draft.state is DraftState.QUEUED and (draft.send_at is None or draft.send_at <= now):
            draft = await self._deliver(draft)
        return Outcome(draft=draft, recipients=submission.recipients, repeated=not is_new)

    async def draft(self, draft_id: str) -> Draft:
        """One draft. Raises NotFound."""
        return await self._store.read(outbox.get, draft_id)

    async def open_drafts(self) -> list[Draft]:
        """Drafts that are held, queued or leaving."""
        return await self._store.read(outbox.open_drafts)

    async def bytes_of(self, draft: Draft) -> OutboundMail:
        """What would leave: for the human who decides."""
        return await self._store.read(outbox.mail, draft)

    async def approve(self, draft_id: str, *, sha256: str, approver: str) -> Draft:
        """A human allowed exactly these bytes and this envelope. Raises Refused when they are not what is held."""
        await self._store.write(outbox.expire, datetime.now(UTC))  # no process may have been up to do it in time
        draft = await self.draft(draft_id)
        if draft.sha256 != sha256:
            raise Refused(f"The draft {draft_id} is not what was shown: look at it again.")
        moved = await self._store.write(
            outbox.decide, draft, to=DraftState.QUEUED, approver=approver, now=datetime.now(UTC)
        )
        if not moved:
            raise Refused(f"The draft {draft_id} is no longer held: it is {(await self.draft(draft_id)).state}.")
        draft = await self.draft(draft_id)
        if draft.send_at is None or draft.send_at <= datetime.now(UTC):
            draft = await self._deliver(draft)
        return draft

    async def reject(self, draft_id: str, *, word: str, approver: str) -> Draft:
        """A human refused this draft, with a word for the assistant. Raises Refused when it is no longer held."""
        await self._store.write(outbox.expire, datetime.now(UTC))
        draft = await self.draft(draft_id)
        moved = await self._store.write(
            outbox.decide, draft, to=DraftState.REJECTED, approver=approver, now=datetime.now(UTC), word=word
        )
        if not moved:
            raise Refused(f"The draft {draft_id} is no longer held: it is {(await self.draft(draft_id)).state}.")
        return await self.draft(draft_id)

    async def withdraw(self, draft_id: str) -> Draft:
        """Take back a draft that has not left. Raises BadInput when it has, or was decided."""
        draft = await self.draft(draft_id)
        moved = await self._store.write(
            outbox.move,
            draft,
            from_=(DraftState.HELD, DraftState.QUEUED),
            to=DraftState.WITHDRAWN,
            now=datetime.now(UTC),
        )
        if not moved:
            raise BadInput(f"The draft {draft_id} cannot be withdrawn: it is {(await self.draft(draft_id)).state}.")
        return await self.draft(draft_id)

    async def flush(self) -> None:
        """Send what is due, and take up what a process that died had begun."""
        now = datetime.now(UTC)
        await self._store.write(outbox.expire, now)
        for draft in await self._store.read(outbox.left_behind, now - LEFT_BEHIND):
            # The embedded backend keeps a message once however often it is handed in, so trying again is safe.
            await self._store.write(
                outbox.move, draft, from_=(DraftState.CLAIMED, DraftState.ON_WIRE), to=DraftState.QUEUED, now=now
            )
        for draft in await self._store.read(outbox.due, now):
            try:
                await self._deliver(draft)
            except MailError as error:
                log.warning("draft %s could not be sent: %s", draft.id, error)

    async def _deliver(self, draft: Draft) -> Draft:
        now = datetime.now(UTC)
        if not await self._store.write(outbox.move, draft, from_=(DraftState.QUEUED,), to=DraftState.CLAIMED, now=now):
            return await self._delivered_elsewhere(draft)
        approved = await self._store.read(outbox.mail, draft)
        if _approved_hash(approved.mime, approved.mail_from, approved.recipients) != draft.sha256:
            await self._fail(draft, "The stored message is not the one that was allowed; it was not sent.")
            return await self.draft(draft.id)
        leaving = OutboundMail(
            mime=await signing.on_its_way(approved, now, self._settings.home),
            mail_from=approved.mail_from,
            recipients=approved.recipients,
        )
        await self._store.write(outbox.move, draft, from_=(DraftState.CLAIMED,), to=DraftState.ON_WIRE, now=now)
        try:
            receipt = await self._backend.send(leaving, draft.id)
        except BackendError as error:
            await self._fail(draft, error.public)
            return await self.draft(draft.id)
        trouble = "; ".join(f"{recipient}: {why}" for recipient, why in receipt.refused) or None
        await self._store.write(
            outbox.sent, draft, leaving, backend=self._backend.name, trouble=trouble, now=datetime.now(UTC)
        )
        # Both copies shall be in their conversations when the assistant hears "sent".
        await self._inbound.settle(at_most=SETTLE_SECONDS)
        return await self.draft(draft.id)

    async def _delivered_elsewhere(self, draft: Draft) -> Draft:
        """A draft that the outbox's duty, of this process or another, took up first: what became of it, in a moment."""
        loop = asyncio.get_running_loop()
        until = loop.time() + SETTLE_SECONDS
        while True:
            draft = await self.draft(draft.id)
            if draft.state not in (DraftState.CLAIMED, DraftState.ON_WIRE) or loop.time() > until:
                return draft
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def _fail(self, draft: Draft, why: str) -> None:
        await self._store.write(
            outbox.move,
            draft,
            from_=(DraftState.CLAIMED, DraftState.ON_WIRE),
            to=DraftState.FAILED,
            now=datetime.now(UTC),
            error=why,
        )


def _content_key(submission: Submission) -> str:
    """What makes two calls the same: recipients, subject, bodies, attachments, reply target and time."""
    parts = [
        sorted(one.email.lower() for one in submission.to),
        sorted(one.email.lower() for one in submission.cc),
        sorted(one.email.lower() for one in submission.bcc),
        submission.subject,
        submission.body,
        submission.html,
        [[file.filename, hashlib.sha256(file.data).hexdigest()] for file in submission.attachments],
        submission.answers,
        submission.send_at.isoformat() if submission.send_at else None,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _approved_hash(mime: bytes, mail_from: str, recipients: tuple[str, ...]) -> str:
    """The SHA-256 of final bytes and envelope that an approval names (law 6)."""
    envelope = json.dumps([mail_from, list(recipients)]).encode()
    return hashlib.sha256(hashlib.sha256(mime).digest() + envelope).hexdigest()
