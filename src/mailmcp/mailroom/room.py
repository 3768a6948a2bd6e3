"""The mailroom: one method for each thing that the product can do. Doors call this (or a ``Counter`` of it) and nothing
below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mailmcp.authenticity.dns import Resolver
from mailmcp.authenticity.nameservers import SystemResolver
from mailmcp.backends import open_sender
from mailmcp.backends.contract import Backend, Reception
from mailmcp.config import Settings
from mailmcp.mailroom.admitting import Admitting
from mailmcp.mailroom.aftermath import Aftermath
from mailmcp.mailroom.approvers import Approvers
from mailmcp.mailroom.arrivals import Arrivals
from mailmcp.mailroom.auditing import Auditing, Heading
from mailmcp.mailroom.auditing import begin as begin_audit
from mailmcp.mailroom.checking import Checking, rules_of, system_resolver
from mailmcp.mailroom.counter import Counter, House
from mailmcp.mailroom.dispatch import Dispatch
from mailmcp.mailroom.duties import Duty, Flushing, Leadership, Listening
from mailmcp.mailroom.fetching import Fetching
from mailmcp.mailroom.hooks import Hooks
from mailmcp.mailroom.in_force import InForce, Stating
from mailmcp.mailroom.inbound import Inbound
from mailmcp.mailroom.keeping import Keeping
from mailmcp.mailroom.keyring import Keyring
from mailmcp.mailroom.mailboxes import Mailboxes
from mailmcp.mailroom.pace import STEADY, Pace
from mailmcp.mailroom.pages import Pages
from mailmcp.mailroom.presenting import Presenting
from mailmcp.mailroom.providers import Providers
from mailmcp.mailroom.reading import Reading
from mailmcp.mailroom.rechecking import Rechecking
from mailmcp.mailroom.requests import Edit
from mailmcp.mailroom.returning import Returning
from mailmcp.mailroom.reviewing import Mailing
from mailmcp.mailroom.sealing import Sealing
from mailmcp.mailroom.succession import Succession
from mailmcp.models import OWNER, Draft, Principal, Suppression
from mailmcp.store import Store, departures, status, suppressions
from mailmcp.store.scopes import SeenBy

if TYPE_CHECKING:
    from mailmcp.mailroom.archiving import Archiving
    from mailmcp.mailroom.domains import Domains

OpenReceiving = Callable[[Reception], Backend | Sequence[Backend]]


class Mailroom(Counter):
    """Everything that can be done with the mail of one home: the owner's counter, and what a human decides."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        open_receiving: OpenReceiving,
        pace: Pace = STEADY,
        resolver: Resolver | None = None,
        further: Callable[[Mailroom], Sequence[Duty]] | None = None,
    ) -> None:
        arrivals = Arrivals(store)
        self._resolver = resolver or system_resolver(settings)
        self._checking = Checking(store, arrivals, self._resolver, rules_of(settings))
        returning = Returning(store, settings)
        self._inbound = Inbound(store, arrivals, self._checking, returning)
        self._providers = providers = Providers(open_receiving(self._inbound))
        if (elsewhere := providers.elsewhere) is not None:
            returning.ask_for_relay(elsewhere.sends_with)
        mailboxes = Mailboxes(store, elsewhere, self._inbound, arrivals)
        providers.send_with(
            lambda receiving: open_sender(settings, receiving, self._inbound, self._resolver),
            for_all=settings.send_backend is not None,
        )
        sealing = Sealing(settings.home)
        in_force = InForce(store, sealing, settings, providers, lambda: self._leadership.leads)
        rechecking = Rechecking(sealing, in_force, settings.home)
        self._dispatch = Dispatch(store, self._inbound, providers, rechecking, returning, pace)
        listening = Listening(store, providers.listening, pace)
        fetching = Fetching(store, providers, self._inbound, pace)
        self.hooks = Hooks(store, providers.receiving, fetching.bring)
        house = House(
            settings=settings,
            pace=pace,
            providers=providers,
            arrivals=arrivals,
            mailboxes=mailboxes,
            sealing=sealing,
            dispatch=self._dispatch,
            in_force=in_force,
            approvers=Approvers(store, sealing),
            pages=Pages(store, sealing, self._dispatch, settings),
            listening=listening,
            fetching=fetching,
            leadership=lambda: self._leadership,
            forget_files=Reading(store, settings.home).forget_files,
        )
        super().__init__(OWNER, store, house)
        self._counters: dict[Principal, Counter] = {OWNER: self}
        self._presenting = Presenting(store, self._reading, sealing, providers)
        flushing = Flushing(self._dispatch, pace)
        aftermath = Aftermath(store, providers, returning, settings.home, pace)
        duties: Sequence[Duty] = (listening, fetching, flushing, self._checking, returning, aftermath, mailboxes)
        stating, mailing = Stating(in_force), Mailing(self.pages.reviewing, every=pace.flush)
        self._succession, clock = Succession(store), self._dispatch.clock
        self.keeping = Keeping(store, settings, pace, is_doubtful=clock.said, after=house.forget_files)
        duties = (*duties, stating, mailing, self._succession, self.keeping, Heading(store))
        duties = (*duties, *(further(self) if further else ()))
        self._leadership = Leadership(settings.home, duties, pace, self._succession.asked, store.in_place)
        self._dispatch.is_led_elsewhere = lambda: not self.leads and self._leadership.is_led_elsewhere()

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

    def counter(self, principal: Principal) -> Counter:
        """Where a caller is served."""
        if principal.row is None:
            return self
        if principal not in self._counters:
            self._counters[principal] = Counter(principal, SeenBy(self._store, principal.row), self._house)
        return self._counters[principal]

    @property
    def keyring(self) -> Keyring:
        """create, listed, rotate, revoke: at a terminal only; principal: who comes with a secret."""
        return Keyring(self._store)

    async def keep_clients(self, declared: list[dict[str, Any]]) -> None:
        """Keep what clients said of themselves, for who looks after them (`mailmcp doctor --wire`)."""
        for one in declared:
            await self._store.write_soon(status.keep_client, one)

    @property
    def admitting(self) -> Admitting:
        """list_sender, sender_lists, quarantined, release: whose mail an inbox takes. No tool may change that."""
        return Admitting(self._store)

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
