"""The mailroom: one method for each thing that the product can do. Doors call this and nothing below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mailmcp.authenticity.dns import Resolver
from mailmcp.authenticity.nameservers import SystemResolver
from mailmcp.backends import open_sender
from mailmcp.backends.contract import Backend, Listens, Reception
from mailmcp.config import Settings
from mailmcp.mailroom.admitting import Admitting
from mailmcp.mailroom.approvers import Approvers
from mailmcp.mailroom.arrivals import Arrivals, set_or_late
from mailmcp.mailroom.auditing import Auditing
from mailmcp.mailroom.auditing import begin as begin_audit
from mailmcp.mailroom.checking import Checking, rules_of, system_resolver
from mailmcp.mailroom.composing import Composing
from mailmcp.mailroom.dispatch import Dispatch
from mailmcp.mailroom.duties import Duty, Flushing, Leadership, Listening
from mailmcp.mailroom.fetching import Fetching
from mailmcp.mailroom.hooks import Hooks
from mailmcp.mailroom.in_force import InForce, Stating, differ
from mailmcp.mailroom.inbound import Inbound
from mailmcp.mailroom.keeping import Keeping
from mailmcp.mailroom.mailboxes import Mailboxes
from mailmcp.mailroom.making import Making
from mailmcp.mailroom.outbound import Outbound
from mailmcp.mailroom.pace import STEADY, Pace
from mailmcp.mailroom.pages import Pages
from mailmcp.mailroom.presenting import Presenting
from mailmcp.mailroom.providers import Providers
from mailmcp.mailroom.reading import Reading
from mailmcp.mailroom.requests import Edit, Outcome, Progress, SendRequest, Status, Waited, Wanted
from mailmcp.mailroom.returning import Returning
from mailmcp.mailroom.reviewing import Mailing
from mailmcp.mailroom.sealing import Sealing
from mailmcp.mailroom.succession import Succession
from mailmcp.mailroom.tainting import Tainting
from mailmcp.mailroom.waiting import Waiting
from mailmcp.models import Draft, DraftState, Inbox, InboxSummary, Suppression
from mailmcp.policy import sending
from mailmcp.store import Store, departures, handouts, inboxes, status, suppressions

if TYPE_CHECKING:
    from mailmcp.mailroom.archiving import Archiving
    from mailmcp.mailroom.domains import Domains

LISTENER_SECONDS = 2
OpenReceiving = Callable[[Reception], Backend | Sequence[Backend]]


class Mailroom:
    """Everything that can be done with the mail of one home."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        open_receiving: OpenReceiving,
        pace: Pace = STEADY,
        resolver: Resolver | None = None,
        further: Callable[[Mailroom], Sequence[Duty]] | None = None,
    ) -> None:
        self.settings = settings
        self.pace = pace
        self._store = store
        self._arrivals = Arrivals(store)
        self._resolver = resolver or system_resolver(settings)
        self._checking = Checking(store, self._arrivals, self._resolver, rules_of(settings))
        returning = Returning(store, settings)
        self._inbound = Inbound(store, self._arrivals, self._checking, returning)
        self._providers = providers = Providers(open_receiving(self._inbound))
        if (elsewhere := providers.elsewhere) is not None:
            returning.ask_for_relay(elsewhere.sends_with)
        self._mailboxes = Mailboxes(store, elsewhere, self._inbound, self._arrivals)
        providers.send_with(
            lambda receiving: open_sender(settings, receiving, self._inbound, self._resolver),
            for_all=settings.send_backend is not None,
        )
        self._sealing = Sealing(settings.home)
        self._dispatch = Dispatch(store, self._inbound, providers, self._sealing, returning, settings, pace)
        self._approvers = Approvers(store, self._sealing)
        self.in_force = InForce(store, self._sealing, settings, self._dispatch, lambda: self._leadership.leads)
        self._outbound = Outbound(store, self._dispatch, self._sealing, self.in_force, settings)
        self._reading = Reading(store, settings.home, self._mailboxes, marks_elsewhere=elsewhere is not None)
        self._presenting = Presenting(store, self._reading, self._sealing)
        self._tainting = Tainting(store)
        self._composing = Composing(store, self._reading, settings.home)
        self._waiting = Waiting(store, self._arrivals, pace)
        self._making = Making(store, providers)
        self._listening = Listening(store, providers.listening, pace)
        self._fetching = Fetching(store, providers, self._inbound, pace)
        self.hooks = Hooks(store, providers.receiving, self._fetching.bring)
        self.pages, self.arrivals = Pages(store, self._sealing, self._dispatch, settings), self._arrivals
        flushing = Flushing(self._dispatch, pace)
        duties: Sequence[Duty] = (self._listening, self._fetching, flushing, self._checking, returning, self._mailboxes)
        stating, mailing = Stating(self.in_force), Mailing(self.pages.reviewing, every=pace.flush)
        self._succession, clock = Succession(store), self._dispatch.clock
        self.keeping = Keeping(store, settings, pace, is_doubtful=clock.said, after=self._reading.forget_files)
        duties = (*duties, stating, mailing, self._succession, self.keeping, *(further(self) if further else ()))
        self._leadership = Leadership(settings.home, duties, pace, self._succession.asked)

    @classmethod
    async def open(
        cls,
        settings: Settings,
        open_receiving: OpenReceiving,
        pace: Pace = STEADY,
        *,
        leads: bool = True,
        resolver: Resolver | None = None,
        further: Callable[[Mailroom], Sequence[Duty]] | None = None,
    ) -> Mailroom:
        """Open a home; ``leads`` is False for a command that only looks in. Without a resolver, real DNS is asked.

        ``further`` gives the duties of doors, which this room does not know.

        Raises StoreUnavailable (or a kind of it) or ConfigError, with the way out.
        """
        store = await Store.open(settings.home)
        try:
            room = cls(settings, store, open_receiving, pace, resolver, further)
        except BaseException:
            await store.aclose()
            raise
        if leads:
            await begin_audit(store, settings, is_led=room.is_led())
            await room._succession.begin()
        await room._mailboxes.begin()
        room._inbound.start()
        if leads:
            room._leadership.start()
        return room

    async def aclose(self) -> None:
        """Hand over: stop the duties, judge what waits for a moment, close the store.

        The leader sees to it that what is within its undo window leaves: another process does it, or it does itself.
        """
        led = self._leadership.leads
        await self._leadership.aclose()
        if led and not await self._dispatch.nothing_due() and await self._leadership.is_alone():
            await self._dispatch.last_round()
            self._leadership.release()
        await self._dispatch.aclose()
        await self._inbound.aclose()
        await self._checking.aclose()
        if isinstance(self._resolver, SystemResolver):
            await self._resolver.aclose()
        await self._providers.aclose()
        await self._store.aclose()

    # --- inboxes ---------------------------------------------------------------------------------------------

    async def create_inbox(
        self,
        *,
        name: str | None = None,
        label: str = "",
        display_name: str = "",
        key: str | None = None,
        backend: str | None = None,
    ) -> tuple[Inbox, bool, str]:
        """(inbox, whether it was made now, its newest cursor); see ``Making.create``."""
        return await self._making.create(name=name, label=label, display_name=display_name, key=key, backend=backend)

    async def list_inboxes(self) -> list[InboxSummary]:
        """All inboxes of this home, oldest first."""
        return await self._store.read(inboxes.summaries)

    async def delete_inbox(self, address: str) -> dict[str, int]:
        """Remove an inbox and its mail; gives how many messages, threads and drafts went. Raises NotFound."""
        removed = await self._making.delete(address)
        self._arrivals.announce()  # whoever waits for its mail hears that it is gone
        await self._reading.forget_files()
        return removed

    @property
    def admitting(self) -> Admitting:
        """list_sender, sender_lists, quarantined, release: whose mail an inbox takes. No tool may change that."""
        return Admitting(self._store)

    # --- reading ---------------------------------------------------------------------------------------------

    @property
    def reading(self) -> Reading:
        """find, conversation, attachment…, mark."""
        return self._reading

    @property
    def tainting(self) -> Tainting:
        """showing, listing: what a caller is about to be given."""
        return self._tainting

    # --- waiting ---------------------------------------------------------------------------------------------

    async def wait(self, wanted: Wanted, *, timeout: float, progress: Progress | None = None) -> Waited:
        """Wait for mail or a code; ``handed_out`` or ``dropped`` must follow."""
        return await self._waiting.wait(wanted, timeout=timeout, progress=progress)

    async def handed_out(self, waited: Waited) -> None:
        """A wait's result was written to the transport."""
        await self._waiting.handed_out(waited)

    def dropped(self, waited: Waited) -> None:
        """A wait's result was not written."""
        self._waiting.dropped(waited)

    # --- sending ---------------------------------------------------------------------------------------------

    async def send(self, request: SendRequest, *, allow_duplicate: bool = False) -> Outcome:
        """Send, queue, hold or refuse, as policy says."""
        submission = await self._composing.submission(request)
        if refused := self._mailboxes.refusal(submission):
            return refused
        return await self._outbound.submit(submission, hold=False, allow_duplicate=allow_duplicate)

    async def draft_for_approval(self, request: SendRequest, *, note: str, allow_duplicate: bool = False) -> Outcome:
        """Hold a message for a human, whatever policy would allow."""
        submission = await self._composing.submission(request)
        if refused := self._mailboxes.refusal(submission):
            return refused
        return await self._outbound.submit(submission, hold=True, note=note, allow_duplicate=allow_duplicate)

    async def draft(self, draft_id: str) -> Draft:
        """One draft's state. Raises NotFound."""
        return await self._outbound.draft(draft_id)

    async def open_drafts(self) -> list[Draft]:
        """Drafts that are held, queued, leaving, or of which nobody knows whether they left."""
        return await self._outbound.open_drafts()

    async def withdraw(self, draft_id: str) -> Draft:
        """Take back a draft that has not left."""
        return await self._outbound.withdraw(draft_id)

    @property
    def presenting(self) -> Presenting:
        """present, html, file: what a human looks at before deciding."""
        return self._presenting

    async def decided(self, *, limit: int) -> list[Draft]:
        """Drafts that are over, the newest first."""
        return await self._outbound.decided(limit=limit)

    async def shown(self, draft_id: str) -> tuple[Draft, bytes]:
        """A draft with the bytes that would leave, for the human who decides."""
        draft = await self._outbound.draft(draft_id)
        return draft, (await self._outbound.bytes_of(draft)).mime

    async def approve(
        self,
        draft_id: str,
        *,
        sha256: str,
        approver: str,
        passphrase: str | None = None,
        revision: int | None = None,
    ) -> Draft:
        """A human allowed exactly these bytes; what became of the mail. No tool may call this."""
        draft = await self._outbound.approve(
            draft_id, sha256=sha256, approver=approver, passphrase=passphrase, revision=revision
        )
        return await self._outbound.leave(draft, leads=self._leadership.leads, is_led=self.is_led())

    async def code(self, draft: Draft) -> str:
        """What a human types at a terminal to approve this revision. No tool may call this."""
        return await self._outbound.code(draft)

    def is_led(self) -> bool:
        """Whether some process does the duties of this home: sends, and serves the approval page."""
        return self._leadership.leads or self._leadership.is_led_elsewhere()

    @property
    def leads(self) -> bool:
        """Whether this process does the duties of the home."""
        return self._leadership.leads

    @property
    def is_awaited(self) -> bool:
        """Whether somebody waits for mail in this process."""
        return self._arrivals.awaited

    @property
    def approver(self) -> Approvers:
        """is_set, set, clear: the passphrase that approvals need."""
        return self._approvers

    async def edit(self, draft_id: str, edit: Edit, *, sha256: str, editor: str, revision: int | None = None) -> Draft:
        """A human wrote a held draft anew; it stays held. No tool may call this."""
        return await self._outbound.edit(draft_id, edit, sha256=sha256, editor=editor, revision=revision)

    async def reject(
        self, draft_id: str, *, word: str, approver: str, sha256: str | None = None, revision: int | None = None
    ) -> Draft:
        """A human refused this draft, with a word for the assistant."""
        return await self._outbound.reject(draft_id, word=word, approver=approver, sha256=sha256, revision=revision)

    async def settle(self, draft_id: str, *, arrived: bool, by: str) -> Draft:
        """A human found out what became of an unknown draft. No tool may call this. Raises Refused, NotFound."""
        return await self._dispatch.settle(await self.draft(draft_id), arrived=arrived, by=by)

    async def suppressed(self) -> list[Suppression]:
        """To whom nothing is sent any more, newest first."""
        return await self._store.read(suppressions.listed)

    async def unsuppress(self, address: str, *, by: str) -> str:
        """Let an address be written to again; gives it as it was kept. No tool may call this. Raises NotFound."""
        return await self._store.write(suppressions.remove, address, by=by, now=datetime.now(UTC))

    async def resume(self, inbox: str, *, by: str) -> None:
        """End the pause of an inbox. No tool may call this. Raises NotFound when it does not pause."""
        await self._store.write(departures.lift, inbox, by=by, now=datetime.now(UTC))

    # --- domains ---------------------------------------------------------------------------------------------

    @property
    def domains(self) -> Domains:
        """add, check: at a terminal only."""
        from mailmcp.mailroom.domains import Domains  # no server needs it

        return Domains(self._store, self._resolver, self.settings)

    @property
    def archiving(self) -> Archiving:
        """export, take_in: at a terminal only."""
        from mailmcp.mailroom.archiving import Archiving  # no server needs it

        return Archiving(self._store, self._inbound)

    @property
    def auditing(self) -> Auditing:
        """head, rows, verify."""
        return Auditing(self._store)

    # --- state -----------------------------------------------------------------------------------------------

    async def status(self) -> Status:
        """How this home is; a listener that is just being opened is waited for."""
        if self._leadership.leads:
            await set_or_late(self._listening.tried, LISTENER_SECONDS)
        drafts = await self._outbound.open_drafts()
        held, ruling = sum(draft.state is DraftState.HELD for draft in drafts), await self.in_force.now()
        return Status(
            home=self.settings.home,
            backend=",".join(one.name for one in self._providers.receiving),
            domain=self._providers.domain or self.settings.local.domain,
            policy=ruling.send.policy,
            leads=self._leadership.leads,
            listener=await self._store.read(status.listener),
            unjudged=await self._store.read(handouts.count_unjudged),
            held=held,
            queued=sum(draft.state not in (DraftState.HELD, DraftState.UNKNOWN) for draft in drafts),
            unknown=sum(draft.state is DraftState.UNKNOWN for draft in drafts),
            inboxes=len(await self._store.read(inboxes.summaries)),
            unwise=(
                *filter(None, [differ(ruling.differences), self._dispatch.clock.said()]),
                *await self.pages.unwise(self.settings.home),
            ),
            page=await self.pages.address(),
            passphrase=await self._approvers.is_set(),
            trusted_clients=ruling.approval.trusted_clients,
            pauses=tuple(sending.paused_sentence(one) for one in await self._store.read(departures.pauses)),
            suppressed=await self._store.read(suppressions.count),
            audit_head=await self.auditing.head(),
            accounts=await self._mailboxes.accounts(),
            services=await self._fetching.services(),
            listens=isinstance(self._providers.listening, Listens),
        )
