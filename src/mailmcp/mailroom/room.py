"""The mailroom: one method for each thing that the product can do. Doors call this and nothing below it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from secrets import choice
from typing import TYPE_CHECKING

from mailmcp.authenticity.dns import Resolver
from mailmcp.authenticity.nameservers import SystemResolver
from mailmcp.backends import open_backend
from mailmcp.backends.contract import (
    Backend,
    CreatesInboxes,
    NamesInboxes,
    ReadsMailboxes,
    Reception,
    TakesTokens,
)
from mailmcp.config import Settings
from mailmcp.errors import AddressTaken, BadAddress, BadInput, ConfigError, NotFound, Unsupported
from mailmcp.mailroom.arrivals import Arrivals, set_or_late
from mailmcp.mailroom.checking import Checking, rules_of
from mailmcp.mailroom.composing import Composing
from mailmcp.mailroom.dispatch import Dispatch
from mailmcp.mailroom.duties import Duty, Flushing, Leadership, Listening
from mailmcp.mailroom.inbound import Inbound
from mailmcp.mailroom.mailboxes import Mailboxes
from mailmcp.mailroom.outbound import Outbound
from mailmcp.mailroom.pace import STEADY, Pace
from mailmcp.mailroom.reading import Reading
from mailmcp.mailroom.requests import Outcome, Progress, SendRequest, Status, Waited, Wanted
from mailmcp.mailroom.tainting import Tainting
from mailmcp.mailroom.waiting import Waiting
from mailmcp.models import Draft, DraftState, Inbox, InboxSummary, QuarantinedMessage, Reason, Submission
from mailmcp.policy import patterns
from mailmcp.store import Store, audit, blocks, handouts, inboxes, status

if TYPE_CHECKING:
    from mailmcp.mailroom.domains import Domains

LISTENER_SECONDS = 2

_LOCAL_PART = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_WORDS = (
    *("amber", "birch", "cedar", "coral", "delta", "ember", "fjord", "grove", "heron", "ivory", "juniper", "kestrel"),
    *("lark", "maple", "north", "ocean", "pine", "quartz", "river", "slate", "tide", "umber", "vale", "willow"),
)
"""What made-up addresses consist of: easy to read aloud and to tell apart."""


class Mailroom:
    """Everything that can be done with the mail of one home."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        open_receiving: Callable[[Reception], Backend],
        pace: Pace = STEADY,
        resolver: Resolver | None = None,
    ) -> None:
        self.settings = settings
        self._store = store
        self._arrivals = Arrivals(store)
        self._resolver = resolver or _system_resolver(settings)
        self._checking = Checking(store, self._arrivals, self._resolver, rules_of(settings))
        self._inbound = Inbound(store, self._arrivals, self._checking)
        self._backend = open_receiving(self._inbound)
        self._mailboxes = Mailboxes(store, self._backend, self._inbound, self._arrivals)
        self._sender = _sender(settings, self._backend, self._inbound)
        self._dispatch = Dispatch(store, self._inbound, self._backend, self._sender, settings, pace)
        self._outbound = Outbound(store, self._dispatch, settings)
        self._reading = Reading(
            store, settings.home, self._mailboxes, marks_elsewhere=isinstance(self._backend, ReadsMailboxes)
        )
        self._tainting = Tainting(store)
        self._composing = Composing(store, self._reading, settings.home)
        self._waiting = Waiting(store, self._arrivals, pace)
        self._listening = Listening(store, self._backend, pace)
        duties: Sequence[Duty] = (self._listening, Flushing(self._dispatch, pace), self._checking, self._mailboxes)
        self._leadership = Leadership(settings.home, duties, pace)

    @classmethod
    async def open(
        cls,
        settings: Settings,
        open_receiving: Callable[[Reception], Backend],
        pace: Pace = STEADY,
        *,
        leads: bool = True,
        resolver: Resolver | None = None,
    ) -> Mailroom:
        """Open a home; ``leads`` is False for a command that only looks in. Without a resolver, real DNS is asked.

        Raises StoreUnavailable (or a kind of it) or ConfigError, with the way out.
        """
        store = await Store.open(settings.home)
        try:
            room = cls(settings, store, open_receiving, pace, resolver)
        except BaseException:
            await store.aclose()
            raise
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
        await self._backend.aclose()
        if self._sender is not None:
            await self._sender.aclose()
        await self._store.aclose()

    # --- inboxes ---------------------------------------------------------------------------------------------

    async def create_inbox(
        self, *, name: str | None = None, label: str = "", key: str | None = None, backend: str | None = None
    ) -> tuple[Inbox, bool, str]:
        """(inbox, whether it was made now, its newest cursor). The same ``key`` gives the same inbox again.

        Raises BadAddress for an unusable name, AddressTaken, or Unsupported for a backend that is not this home's.
        """
        if backend not in (None, self._backend.name):
            raise Unsupported(f"This home has the backend {self._backend.name}: leave `backend` out.")
        if not isinstance(self._backend, CreatesInboxes):
            raise Unsupported(f"The backend {self._backend.name} cannot create addresses.")
        if len(label) > 200:
            raise BadInput("The label is longer than 200 characters: shorten it.")
        for _ in range(5):
            address, account = self._address(name)
            now = datetime.now(UTC)
            try:
                inbox, made = await self._store.write(
                    inboxes.create,
                    address=address,
                    label=label,
                    backend=self._backend.name,
                    key=key,
                    now=now,
                    account=account,
                )
            except AddressTaken:
                if name is not None:
                    raise
                continue  # a made-up name met an existing one
            if made:
                await self._store.write(audit.record, "inbox.created", now, inbox=address)
            return inbox, made, await self._store.read(inboxes.newest_cursor, inbox)
        raise AddressTaken("No free address was found: give a `name`.")

    def _address(self, name: str | None) -> tuple[str, str | None]:
        """The address of a new inbox, and the account in which its mail will lie."""
        assert isinstance(self._backend, CreatesInboxes)  # noqa: S101 - looked at before
        domain = self._backend.domain
        if not isinstance(self._backend, NamesInboxes):
            return f"{_local_part(name, domain)}@{domain}", None
        wanted = name.strip().lower() if name is not None else None
        own = self._backend.address_for("")
        if wanted is not None and "+" in wanted and own.partition("@")[0].endswith("+"):
            wanted = wanted.removeprefix(own.partition("@")[0])  # the whole address was given
        address = self._backend.address_for(_local_part(wanted, domain))
        return address, self._backend.account_of(address)

    async def list_inboxes(self) -> list[InboxSummary]:
        """All inboxes of this home, oldest first."""
        return await self._store.read(inboxes.summaries)

    async def delete_inbox(self, address: str) -> dict[str, int]:
        """Remove an inbox and its mail; gives how many messages, threads and drafts went. Raises NotFound."""
        removed = await self._store.write(inboxes.delete, address)
        self._arrivals.announce()  # whoever waits for its mail hears that it is gone
        await self._reading.forget_files()
        await self._store.write(audit.record, "inbox.deleted", datetime.now(UTC), inbox=address.lower())
        return removed

    async def list_sender(self, address: str, written: str, *, allowed: bool | None) -> str:
        """Let an inbox take (True) or refuse (False) the mail of whoever fits a pattern, or forget it (None).

        Gives the pattern as it is kept. No tool may call this: what a mail says must not decide whose mail comes in.
        Raises NotFound, or BadInput for what is no pattern.
        """
        try:
            pattern = patterns.pattern(written)
        except ValueError as error:
            raise BadInput(f"{written[:60]!r} {error}: write name@host, a domain, or * for everybody.") from error
        now = datetime.now(UTC)
        if allowed is None:
            if not await self._store.write(blocks.remove, address, pattern):
                raise NotFound(f"The lists of {address} do not hold {pattern}.")
        else:
            await self._store.write(blocks.put, address, pattern, allowed=allowed, now=now)
        event = "inbox.unlisted" if allowed is None else "inbox.allowed" if allowed else "inbox.blocked"
        await self._store.write(audit.record, event, now, inbox=address.lower(), pattern=pattern)
        return pattern

    async def sender_lists(self, address: str) -> dict[str, bool]:
        """The patterns of an inbox, and whether each allows. Raises NotFound."""
        inbox = await self._store.read(inboxes.get, address)
        return await self._store.read(blocks.rules, inbox.row)

    async def quarantined(self) -> list[QuarantinedMessage]:
        """Mail that an inbox's lists kept out, newest first."""
        return await self._store.read(blocks.quarantined)

    async def release(self, message_id: str) -> None:
        """Let a quarantined message in. No tool may call this. Raises NotFound."""
        await self._store.write(blocks.release, message_id)
        await self._store.write(audit.record, "message.released", datetime.now(UTC), message=message_id)

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
        if refused := self._only_read(submission):
            return refused
        return await self._outbound.submit(submission, hold=False, allow_duplicate=allow_duplicate)

    async def draft_for_approval(self, request: SendRequest, *, note: str, allow_duplicate: bool = False) -> Outcome:
        """Hold a message for a human, whatever policy would allow."""
        submission = await self._composing.submission(request)
        if refused := self._only_read(submission):
            return refused
        return await self._outbound.submit(submission, hold=True, note=note, allow_duplicate=allow_duplicate)

    def _only_read(self, submission: Submission) -> Outcome | None:
        """The refusal, when the settings let nothing leave from this inbox."""
        why = (
            self._backend.why_not_from(submission.inbox.address) if isinstance(self._backend, ReadsMailboxes) else None
        )
        if why is None:
            return None
        return Outcome(draft=None, recipients=submission.recipients, refused=(Reason("only_read", why),))

    async def draft(self, draft_id: str) -> Draft:
        """One draft's state. Raises NotFound."""
        return await self._outbound.draft(draft_id)

    async def open_drafts(self) -> list[Draft]:
        """Drafts that are held, queued, leaving, or of which nobody knows whether they left."""
        return await self._outbound.open_drafts()

    async def withdraw(self, draft_id: str) -> Draft:
        """Take back a draft that has not left."""
        return await self._outbound.withdraw(draft_id)

    async def shown(self, draft_id: str) -> tuple[Draft, bytes]:
        """A draft with the bytes that would leave, for the human who decides."""
        draft = await self._outbound.draft(draft_id)
        return draft, (await self._outbound.bytes_of(draft)).mime

    async def approve(self, draft_id: str, *, sha256: str, approver: str) -> Draft:
        """A human allowed exactly these bytes. No tool may call this."""
        return await self._outbound.approve(draft_id, sha256=sha256, approver=approver)

    async def reject(self, draft_id: str, *, word: str, approver: str) -> Draft:
        """A human refused this draft, with a word for the assistant."""
        return await self._outbound.reject(draft_id, word=word, approver=approver)

    # --- domains ---------------------------------------------------------------------------------------------

    @property
    def domains(self) -> Domains:
        """add, check: at a terminal only."""
        from mailmcp.mailroom.domains import Domains  # no server needs it

        return Domains(self._store, self._resolver, self.settings)

    # --- state -----------------------------------------------------------------------------------------------

    async def status(self) -> Status:
        """How this home is; a listener that is just being opened is waited for."""
        if self._leadership.leads:
            await set_or_late(self._listening.tried, LISTENER_SECONDS)
        drafts = await self._outbound.open_drafts()
        held = sum(draft.state is DraftState.HELD for draft in drafts)
        return Status(
            home=self.settings.home,
            backend=self._backend.name,
            domain=self._backend.domain if isinstance(self._backend, CreatesInboxes) else self.settings.local.domain,
            policy=self.settings.send.policy,
            leads=self._leadership.leads,
            listener=await self._store.read(status.listener),
            unjudged=await self._store.read(handouts.count_unjudged),
            held=held,
            queued=sum(draft.state not in (DraftState.HELD, DraftState.UNKNOWN) for draft in drafts),
            unknown=sum(draft.state is DraftState.UNKNOWN for draft in drafts),
            inboxes=len(await self._store.read(inboxes.summaries)),
            accounts=await self._mailboxes.accounts(),
        )


def _system_resolver(settings: Settings) -> SystemResolver:
    try:
        return SystemResolver(settings.dns.servers)
    except ValueError as error:
        raise ConfigError(f"The setting MAILMCP_DNS__SERVERS cannot be used: {error}.") from error


def _sender(settings: Settings, receiving: Backend, reception: Reception) -> Backend | None:
    """The backend that sends, when it is not the one that receives."""
    name = settings.send_backend
    if name is None and isinstance(receiving, ReadsMailboxes):
        with_relay = receiving.sends_with()
        if with_relay is None:
            return None
        sending = open_backend("smtp", with_relay, reception)
        if (token := receiving.sending_token()) is not None and isinstance(sending, TakesTokens):
            sending.log_in_with(token)
        return sending
    return None if name in (None, settings.backend) else open_backend(name, settings, reception)


def _local_part(name: str | None, domain: str) -> str:
    if name is None:
        digits = "".join(choice("0123456789") for _ in range(4))
        return f"{choice(_WORDS)}-{choice(_WORDS)}-{digits}"
    wanted = name.strip().lower()
    local, at, given_domain = wanted.partition("@")
    if at and given_domain != domain:
        raise BadAddress(f"New inboxes are at @{domain}: give only the part before it.")
    if not _LOCAL_PART.fullmatch(local) or ".." in local:
        raise BadAddress(f"{name[:60]!r} cannot be an address: use letters a to z, digits, and . _ - between them.")
    return local
