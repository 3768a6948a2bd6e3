"""The way out up to the queue: submit, decide, hold, approve, reject. ``dispatch`` carries it from there."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from secrets import token_hex

from mailmcp.config import Settings
from mailmcp.errors import BadInput, Refused
from mailmcp.language.domains import ascii_host
from mailmcp.mail import compose
from mailmcp.mailroom.deciding import Deciding
from mailmcp.mailroom.dispatch import ANSWER_SECONDS, LOOK_AGAIN_SECONDS, Dispatch
from mailmcp.mailroom.handover import approved_hash
from mailmcp.mailroom.in_force import InForce
from mailmcp.mailroom.requests import Edit, Outcome
from mailmcp.mailroom.revising import as_read, revised
from mailmcp.mailroom.sealing import Sealing
from mailmcp.models import (
    OWNER,
    Decision,
    DeliveryState,
    Draft,
    DraftState,
    OutboundMail,
    Reason,
    SendingVerdict,
    Submission,
)
from mailmcp.policy.patterns import normal
from mailmcp.store import Store, audit, inboxes, outbox, seals

_OF_THE_DRAFT = ("duplicate", "stale", "no_approval")
"""Codes of reasons that no judgement of the words would give again."""


class Outbound:
    """Everything that may leave goes through here."""

    def __init__(
        self,
        store: Store,
        dispatch: Dispatch,
        sealing: Sealing,
        in_force: InForce,
        settings: Settings,
        *,
        caller: str = OWNER.key,
    ) -> None:
        self._store = store
        self._caller = caller
        self._sealing = sealing
        self._deciding = Deciding(store, settings)
        self._dispatch = dispatch
        self._in_force = in_force

    async def submit(
        self, submission: Submission, *, hold: bool, note: str = "", allow_duplicate: bool = False
    ) -> Outcome:
        """Compose, decide, and send, queue, hold or refuse. A repeat of the same content returns the first (law 7).

        Raises BadInput for what cannot be written as a mail, Unsupported for what no mail from there can have.
        """
        sender = submission.sender
        message_id = f"<{token_hex(16)}@{ascii_host(sender.email.rpartition('@')[2])}>"
        composed = compose.compose(submission, sender=sender, message_id=message_id)
        await self._dispatch.foresee(composed.mime, sender.email, submission.recipients)
        ruling = await self._in_force.now()
        facts, rules = await self._deciding.gathered(submission, ruling, hold=hold, key=self._caller)
        key = await asyncio.to_thread(self._sealing.key)
        now = datetime.now(UTC)  # not before: to look at a long text takes a part of the undo window
        expires_at = now + timedelta(seconds=ruling.approval.expiry)

        def decided(db: sqlite3.Connection) -> tuple[SendingVerdict, Draft | None, bool]:
            """In one transaction, so that no two processes take the last place of a rate."""
            verdict = self._deciding.verdict(db, facts, rules, submission, now)
            why = " ".join(dict.fromkeys(reason.code for reason in verdict.reasons))
            if verdict.decision is Decision.DENY:
                to = " ".join(submission.recipients)
                audit.record(db, "send.refused", now, inbox=sender.email, to=to, why=why)
                return verdict, None, False
            held = verdict.decision is Decision.ASK
            new = outbox.NewDraft(
                submission=submission,
                mime=composed.mime,
                sha256=approved_hash(composed.mime, sender.email, submission.recipients),
                content_key=_content_key(submission),
                caller=self._caller,
                state=DraftState.HELD if held else DraftState.QUEUED,
                reasons=verdict.reasons,
                note=note,
                expires_at=expires_at if held else None,
                message_id=message_id,
                not_before=_leaves_at(submission, now, undo=ruling.send.undo if facts.outside else 0),
            )
            draft, is_new = outbox.submit(
                db, new, now=now, duplicate_expires_at=expires_at if allow_duplicate else None
            )
            if is_new:
                self._record(db, draft, why, now)
            if is_new and draft.state is DraftState.QUEUED:
                seals.put(db, draft, self._sealing.allowed(draft, key, now))
                self._deciding.count(db, draft, facts, now)
            return verdict, draft, is_new

        verdict, draft, is_new = await self._store.write(decided)
        if draft is None:
            return Outcome(draft=None, recipients=submission.recipients, refused=verdict.reasons)
        if is_new and draft.state is DraftState.QUEUED and (draft.not_before or now) <= now:
            is_others = facts.outside and not self._dispatch.reaches_outside  # whoever leads can send, and does
            draft = await (self._taken_up(draft) if is_others else self._dispatch.deliver(draft))
        return Outcome(draft=draft, recipients=submission.recipients, repeated=not is_new)

    def _record(self, db: sqlite3.Connection, draft: Draft, why: str, now: datetime) -> None:
        """What the policy decided of a new draft, and why."""
        event = "draft.held" if draft.state is DraftState.HELD else "draft.allowed"
        to = " ".join(draft.recipients)
        audit.record(db, event, now, draft=draft.id, sha256=draft.sha256, inbox=draft.inbox, to=to, why=why)

    async def draft(self, draft_id: str) -> Draft:
        """One draft. Raises NotFound."""
        return await self._store.read(outbox.get, draft_id)

    async def open_drafts(self) -> list[Draft]:
        """Drafts that are held, queued or leaving."""
        return await self._store.read(outbox.open_drafts)

    async def bytes_of(self, draft: Draft) -> OutboundMail:
        """What would leave: for the human who decides."""
        return await self._store.read(outbox.mail, draft)

    async def decided(self, *, limit: int) -> list[Draft]:
        """Drafts that are over, the newest first."""
        return await self._store.read(outbox.decided, limit=limit)

    async def code(self, draft: Draft) -> str:
        """What a human types at a terminal to approve this revision. For terminals only."""
        return await asyncio.to_thread(self._sealing.code, draft)

    async def approve(
        self,
        draft_id: str,
        *,
        sha256: str,
        approver: str,
        passphrase: str | None = None,
        revision: int | None = None,
    ) -> Draft:
        """A human allowed exactly these bytes and this envelope.

        Raises Refused when they are not what is held, or when the passphrase is not the one that is set.
        """
        draft = await self._held_as_shown(draft_id, sha256, revision)
        now = datetime.now(UTC)
        seal = await asyncio.to_thread(self._sealing.approved, draft, approver=approver, passphrase=passphrase, now=now)
        check = await self._dispatch.rechecking.now()

        def decided(db: sqlite3.Connection) -> bool | Reason:
            if not outbox.is_as_shown(db, draft):
                return False
            if (news := check.news(db, draft)) is not None:
                expires_at = draft.expires_at or now
                outbox.hold_again(db, draft, news, now=now, expires_at=expires_at, from_=DraftState.HELD)
                return news
            return outbox.decide(db, draft, to=DraftState.QUEUED, approver=approver, now=now, seal=seal)

        moved = await self._store.write(decided)
        if isinstance(moved, Reason):
            raise Refused(f"{moved.sentence} Look at it again; if you approve it once more, it is sent all the same.")
        if not moved:
            raise await self._overtaken(draft_id)
        return await self.draft(draft_id)

    async def leave(self, draft: Draft, *, leads: bool, is_led: bool) -> Draft:
        """An approved draft goes when it is its time; what became of it, or what it is after a while.

        The process that leads hands it over, since it alone may know the relay: a command's environment is another.
        """
        if draft.send_at is not None and draft.send_at > datetime.now(UTC):
            return draft
        if is_led and not leads:
            return await self._taken_up(draft)
        if leads or self._dispatch.reaches_outside:
            return await self._dispatch.deliver(draft)
        own = await self._store.read(inboxes.by_recipient, draft.recipients)
        if sum(map(len, own.values())) == len(draft.recipients):
            return await self._dispatch.deliver(draft)
        return draft

    async def _taken_up(self, draft: Draft) -> Draft:
        loop = asyncio.get_running_loop()
        until, begun = loop.time() + ANSWER_SECONDS, draft.tries
        while loop.time() < until:
            draft = await self.draft(draft.id)
            waits = draft.state is DraftState.QUEUED and draft.tries == begun
            if not waits and draft.state not in (DraftState.CLAIMED, DraftState.ON_WIRE):
                break
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
        return draft

    async def edit(self, draft_id: str, edit: Edit, *, sha256: str, editor: str, revision: int | None = None) -> Draft:
        """A human wrote a held draft anew: its next revision, which is held and has a hash of its own.

        What policy forbids stays forbidden. Raises Refused, BadInput, BadAddress or Unsupported; then nothing changed.
        """
        draft = await self._held_as_shown(draft_id, sha256, revision)
        mime = (await self.bytes_of(draft)).mime
        inbox = await self._store.read(inboxes.get, draft.inbox)
        submission, message_id = await asyncio.to_thread(revised, draft, mime, inbox, edit)
        composed = compose.compose(submission, sender=submission.sender, message_id=message_id)
        await self._dispatch.foresee(composed.mime, draft.inbox, submission.recipients)
        facts, rules = await self._deciding.gathered(submission, await self._in_force.now(), hold=True)
        now = datetime.now(UTC)
        kept = tuple(reason for reason in draft.reasons if reason.code in _OF_THE_DRAFT)

        def rewritten(db: sqlite3.Connection) -> tuple[SendingVerdict, bool]:
            verdict = self._deciding.verdict(db, facts, rules, submission, now)
            if verdict.decision is Decision.DENY:
                return verdict, False
            return verdict, outbox.revise(
                db,
                draft,
                submission=submission,
                mime=composed.mime,
                sha256=approved_hash(composed.mime, draft.inbox, submission.recipients),
                why=(*verdict.reasons, *kept),
                content_key=_content_key(submission),
                editor=editor,
                now=now,
            )

        verdict, done = await self._store.write(rewritten)
        if verdict.decision is Decision.DENY:
            sentences = tuple(reason.sentence for reason in verdict.reasons)
            raise Refused(f"It cannot be changed to that: {' '.join(sentences)}", sentences)
        if not done:
            raise await self._overtaken(draft_id)
        return await self.draft(draft_id)

    async def _held_as_shown(self, draft_id: str, sha256: str, revision: int | None = None) -> Draft:
        await self._dispatch.expire()  # no process may have been up to do it in time
        draft = await self.draft(draft_id)
        if draft.state is not DraftState.HELD:
            raise Refused(f"The draft {draft_id} is no longer held: it is {draft.state}.")
        if not compare_digest(draft.sha256.encode(), sha256.encode("utf-8", "replace")) or revision not in (
            None,
            draft.revision,
        ):
            raise Refused(f"The draft {draft_id} is not what was shown: look at it again.")
        return draft

    async def _overtaken(self, draft_id: str) -> Refused:
        draft = await self.draft(draft_id)
        if draft.state is DraftState.HELD:
            return Refused(f"The draft {draft_id} is not what was shown: look at it again.")
        return Refused(f"The draft {draft_id} is no longer held: it is {draft.state}.")

    async def reject(
        self, draft_id: str, *, word: str, approver: str, sha256: str | None = None, revision: int | None = None
    ) -> Draft:
        """A human refused this draft, with a word for the assistant.

        Raises Refused when it is no longer held, or (with ``sha256``) is not what was shown.
        """
        if sha256 is not None:
            draft = await self._held_as_shown(draft_id, sha256, revision)
        else:
            await self._dispatch.expire()
            draft = await self.draft(draft_id)
        moved = await self._store.write(
            outbox.decide, draft, to=DraftState.REJECTED, approver=approver, now=datetime.now(UTC), word=word
        )
        if not moved:
            raise await self._overtaken(draft_id)
        return await self.draft(draft_id)

    async def withdraw(self, draft_id: str) -> Draft:
        """Take back a draft that has not left. Raises BadInput when it has, or was decided."""
        draft = await self.draft(draft_id)
        if not await self._store.write(outbox.withdraw, draft, now=datetime.now(UTC)):
            draft = await self.draft(draft_id)
            if draft.state is DraftState.WITHDRAWN:
                return draft  # asked for twice
            gone = [one.recipient for one in draft.deliveries if one.state is not DeliveryState.POSTPONED]
            if gone and draft.state in (DraftState.HELD, DraftState.QUEUED):
                left = f"it has left for {', '.join(gone[:5])} already"
                raise BadInput(f"The draft {draft_id} cannot be withdrawn: {left}.")
            raise BadInput(f"The draft {draft_id} cannot be withdrawn: it is {draft.state}.")
        return await self.draft(draft_id)


def _leaves_at(submission: Submission, now: datetime, *, undo: float) -> datetime:
    """Mail that leaves this home can be taken back for a moment; between its inboxes there is nothing to undo."""
    earliest = now + timedelta(seconds=undo)
    return max(earliest, submission.send_at) if submission.send_at else earliest


def _content_key(submission: Submission) -> str:
    """What makes two calls the same: recipients, subject, bodies, attachments, reply target and time.

    As it is read, so that what a human edited, whose words went through a mail and a form, is known again.
    """
    parts = [
        *(sorted({normal(one.email) for one in people}) for people in (submission.to, submission.cc, submission.bcc)),
        " ".join(submission.subject.split()),
        as_read(submission.body),
        as_read(submission.html or "") or None,
        [[file.filename, hashlib.sha256(file.data).hexdigest()] for file in submission.attachments],
        submission.answers,
        submission.send_at.isoformat() if submission.send_at else None,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
