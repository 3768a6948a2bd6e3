"""The counter at which one caller is served: everything that a tool or a resource may do, and nothing a human decides.

The owner's counter is the mailroom itself. That of a key is made of the same parts over a database in which only the
key's inboxes exist (``store.scopes``): no question that is asked here, or comes to be asked, can find another's mail.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mailmcp.backends.contract import Listens
from mailmcp.config import Settings
from mailmcp.errors import Refused
from mailmcp.mailroom.approvers import Approvers
from mailmcp.mailroom.arrivals import Arrivals, set_or_late
from mailmcp.mailroom.composing import Composing
from mailmcp.mailroom.dispatch import Dispatch
from mailmcp.mailroom.duties import Leadership, Listening
from mailmcp.mailroom.fetching import Fetching
from mailmcp.mailroom.in_force import InForce, differ
from mailmcp.mailroom.lock import stopped_holder
from mailmcp.mailroom.mailboxes import Mailboxes
from mailmcp.mailroom.making import Making
from mailmcp.mailroom.outbound import Outbound
from mailmcp.mailroom.pace import Pace
from mailmcp.mailroom.pages import Pages
from mailmcp.mailroom.providers import Providers
from mailmcp.mailroom.reading import Reading
from mailmcp.mailroom.requests import Outcome, Progress, SendRequest, Status, Waited, Wanted
from mailmcp.mailroom.sealing import Sealing
from mailmcp.mailroom.tainting import Tainting
from mailmcp.mailroom.waiting import Waiting
from mailmcp.models import Ability, Draft, DraftState, Inbox, InboxSummary, Principal, ServiceStatus
from mailmcp.policy import sending
from mailmcp.store import Store, audit, departures, handouts, inboxes, outbox, status, suppressions

LISTENER_SECONDS = 2


@dataclass(frozen=True, kw_only=True)
class House:
    """What all counters of a home share: each of these sees the whole of it."""

    settings: Settings
    pace: Pace
    providers: Providers
    arrivals: Arrivals
    mailboxes: Mailboxes
    sealing: Sealing
    dispatch: Dispatch
    in_force: InForce
    approvers: Approvers
    pages: Pages
    listening: Listening
    fetching: Fetching
    leadership: Callable[[], Leadership]
    forget_files: Callable[[], Awaitable[None]]
    """Of messages that are no longer there: a caller would take all others' for gone."""


class Counter:
    """Everything that one caller can do with the mail of its inboxes."""

    def __init__(self, principal: Principal, store: Store, house: House) -> None:
        self.principal = principal
        self.settings, self.pace = house.settings, house.pace
        self.pages, self.in_force = house.pages, house.in_force
        self.arrivals = self._arrivals = house.arrivals
        self._house = house
        self._store = store
        self._mailboxes, self._approvers = house.mailboxes, house.approvers
        self._making = Making(store, house.providers, house.settings.adopt, principal)
        self._outbound = Outbound(
            store, house.dispatch, house.sealing, house.in_force, house.settings, caller=principal.key
        )
        elsewhere = house.providers.elsewhere is not None
        self._reading = Reading(store, house.settings.home, house.mailboxes, marks_elsewhere=elsewhere)
        self._tainting = Tainting(store, key=principal.key)
        self._composing = Composing(store, self._reading, house.settings.home / "outgoing" / principal.key)
        self._waiting = Waiting(store, house.arrivals, house.pace)

    def _may(self, *abilities: Ability) -> None:
        """Raises Refused unless the caller's key allows one of these: the same words whatever it asks about."""
        if not self.principal.abilities.intersection(abilities):
            raise Refused(
                f"This key does not allow it: it takes one that can {' or '.join(abilities)}, which whoever runs"
                f" mailmcp makes with `mailmcp keys create --can {abilities[0]}`."
            )

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
        """(inbox, whether it was made now, its newest cursor); see ``Making.create``. It belongs to the caller."""
        self._may("create")
        return await self._making.create(name=name, label=label, display_name=display_name, key=key, backend=backend)

    async def list_inboxes(self) -> list[InboxSummary]:
        """All inboxes of the caller, oldest first."""
        return await self._store.read(inboxes.summaries)

    async def delete_inbox(self, address: str) -> dict[str, int]:
        """Remove an inbox and its mail; gives how many messages, threads and drafts went. Raises NotFound."""
        self._may("create")
        removed = await self._making.delete(address)
        self._arrivals.announce()  # whoever waits for its mail hears that it is gone
        await self._house.forget_files()
        return removed

    # --- reading ---------------------------------------------------------------------------------------------

    @property
    def reading(self) -> Reading:
        """find, conversation, attachment…, mark."""
        self._may("read")
        return self._reading

    @property
    def tainting(self) -> Tainting:
        """showing, listing: what a caller is about to be given."""
        return self._tainting

    # --- waiting ---------------------------------------------------------------------------------------------

    async def wait(self, wanted: Wanted, *, timeout: float, progress: Progress | None = None) -> Waited:
        """Wait for mail or a code; ``handed_out`` or ``dropped`` must follow."""
        self._may("read")
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
        return await self._submit(request, hold=False, note="", allow_duplicate=allow_duplicate)

    async def draft_for_approval(self, request: SendRequest, *, note: str, allow_duplicate: bool = False) -> Outcome:
        """Hold a message for a human, whatever policy would allow."""
        return await self._submit(request, hold=True, note=note, allow_duplicate=allow_duplicate)

    async def _submit(self, request: SendRequest, *, hold: bool, note: str, allow_duplicate: bool) -> Outcome:
        self._may("send")
        if request.in_reply_to or request.forward or any(one.message for one in request.attachments):
            self._may("read")  # else a stored mail could be read by sending it on
        submission = await self._composing.submission(request)
        if refused := self._mailboxes.refusal(submission):
            return refused
        return await self._outbound.submit(submission, hold=hold, note=note, allow_duplicate=allow_duplicate)

    async def draft(self, draft_id: str) -> Draft:
        """One draft's state. Raises NotFound."""
        self._may("send", "read")
        return await self._outbound.draft(draft_id)

    async def open_drafts(self) -> list[Draft]:
        """Drafts that are held, queued, leaving, or of which nobody knows whether they left."""
        self._may("send", "read")
        return await self._outbound.open_drafts()

    async def withdraw(self, draft_id: str) -> Draft:
        """Take back a draft that has not left."""
        self._may("send")
        return await self._outbound.withdraw(draft_id)

    # --- state -----------------------------------------------------------------------------------------------

    async def status(self) -> Status:
        """How it stands with the home, as far as it is the caller's; a listener just being opened is waited for."""
        leadership = self._house.leadership()
        if leadership.leads:
            await set_or_late(self._house.listening.tried, LISTENER_SECONDS)
        stopped = None if leadership.leads else stopped_holder(self.settings.home)
        ruling, known = await self.in_force.now(), await self._mailboxes.accounts()
        passphrase, unwise = await self._approvers.is_set(), tuple[str, ...]()
        services: tuple[ServiceStatus, ...] = ()
        if self.principal.row is None:
            services = await self._house.fetching.services()
            said = differ(ruling.differences), self._house.dispatch.clock.said()
            unwise = (*filter(None, said), *await self.pages.unwise(self.settings.home))

        def looked(db: sqlite3.Connection) -> Status:
            """All at one moment: each look by itself would take as long as all of them."""
            states, own = [draft.state for draft in outbox.open_drafts(db)], inboxes.summaries(db)
            accounts = {one.inbox.account for one in own}
            return Status(
                home=self.settings.home,
                backend=",".join(one.name for one in self._house.providers.receiving),
                domain=self._house.providers.domain or self.settings.local.domain,
                policy=ruling.send.policy,
                leads=leadership.leads,
                listener=status.listener(db),
                unjudged=handouts.count_unjudged(db),
                held=states.count(DraftState.HELD),
                queued=sum(map(states.count, (DraftState.QUEUED, DraftState.CLAIMED, DraftState.ON_WIRE))),
                unknown=states.count(DraftState.UNKNOWN),
                inboxes=len(own),
                unwise=unwise,
                stopped=stopped,
                page=status.page(db),
                passphrase=passphrase,
                trusted_clients=ruling.approval.trusted_clients,
                pauses=tuple(sending.paused_sentence(one) for one in departures.pauses(db)),
                suppressed=suppressions.count(db),
                audit_head=audit.head(db),
                accounts=tuple(one for one in known if self.principal.row is None or one.account in accounts),
                services=services,
                listens=isinstance(self._house.providers.listening, Listens),
            )

        return await self._store.read(looked)
