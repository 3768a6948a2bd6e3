"""Accounts elsewhere: what is kept about them here (``contract.Ledger``), and the duty of reading them."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from mailmcp.backends.contract import ReadsMailboxes
from mailmcp.errors import MailError
from mailmcp.mailroom.arrivals import Arrivals
from mailmcp.mailroom.inbound import Inbound, fingerprint
from mailmcp.mailroom.requests import Outcome
from mailmcp.models import AccountStatus, Arrival, DraftCopy, Errand, Folder, Place, Reason, Submission
from mailmcp.store import Store, accounts, draft_copies, errands, inboxes, status

log = logging.getLogger("mailmcp.mailboxes")

GONE_AFTER = timedelta(seconds=90)
"""A mail that vanished may only have been moved: so long it has to turn up in another folder."""
FEW = 5
"""Mails to be judged that new mail may have before it."""
PUT_OFF = (30, 120, 600, 3600)
"""Seconds before an errand is tried again, and so on with the last."""


class Mailboxes:
    """The ledger, and the duty."""

    name = "mailboxes"

    def __init__(self, store: Store, backend: ReadsMailboxes | None, inbound: Inbound, arrivals: Arrivals) -> None:
        """``backend`` is the one that reads a person's own mailboxes; None when none does."""
        self._store = store
        self._backend = backend
        self._inbound = inbound
        self._arrivals = arrivals
        self._awaited_elsewhere = False

    async def begin(self) -> None:
        """The accounts' own addresses become inboxes the first time that they are met."""
        if self._backend is not None:
            for address in self._backend.addresses:
                await self._store.write(accounts.begin, address, datetime.now(UTC))

    async def run(self) -> None:
        """As a duty: read the accounts until cancelled."""
        if self._backend is None:
            return
        asking = asyncio.create_task(self._ask_for_waits(), name="mailmcp-mailboxes-awaited")
        try:
            await self._backend.attend(self)
        finally:
            asking.cancel()

    async def accounts(self) -> tuple[AccountStatus, ...]:
        """How it stands with those accounts that the settings name."""
        if self._backend is None:
            return ()
        known = self._backend.addresses
        return tuple(one for one in await self._store.read(status.accounts) if one.account in known)

    def refusal(self, submission: Submission) -> Outcome | None:
        """What is said to a message that the settings do not let leave from its inbox; None when they do."""
        if self._backend is None or submission.inbox.backend != self._backend.name:
            return None
        why = self._backend.why_not_from(submission.inbox.address)
        if why is None:
            return None
        return Outcome(draft=None, recipients=submission.recipients, refused=(Reason("only_read", why),))

    async def search(self, account: str, query: str) -> int | None:
        """Look on the server for what is not stored; how many mails were found, None when it cannot be asked."""
        if self._backend is None:
            return None
        found = await self._backend.search(self, account, query)
        if found:
            await self._inbound.settle(at_most=2)
        return found

    # --- contract.Ledger -----------------------------------------------------------------------------------------

    async def folder(self, account: str, name: str) -> Folder | None:
        """How far a folder was read; None when it never was."""
        return await self._store.read(accounts.folder, account, name)

    async def begin_folder(
        self, account: str, name: str, *, uidvalidity: int, next_uid: int, fresh_from: datetime
    ) -> Folder:
        """Begin to read a folder, or begin anew since its UIDs have changed."""
        return await self._store.write(
            accounts.begin_folder,
            account,
            name,
            uidvalidity=uidvalidity,
            next_uid=next_uid,
            fresh_from=fresh_from,
            now=datetime.now(UTC),
        )

    async def advance(
        self,
        folder: Folder,
        *,
        next_uid: int | None = None,
        oldest_uid: int | None = None,
        modseq: int | None = None,
        fresh_from: datetime | None = None,
    ) -> Folder:
        """Write down how far it was read."""
        await self._store.write(
            accounts.advance,
            folder.row,
            next_uid=next_uid,
            oldest_uid=oldest_uid,
            modseq=modseq,
            fresh_from=fresh_from,
        )
        return await self.folder(folder.account, folder.name) or folder

    async def places(self, folder: Folder, *, low: int = 0) -> dict[int, Place]:
        """What lies in it from a UID on, as far as it was looked at."""
        return await self._store.read(accounts.places, folder.row, low=low)

    async def inbox_of(self, account: str, recipient: str) -> str | None:
        """The inbox of an account that receives the mail of an address."""
        inbox = await self._store.read(inboxes.for_recipient, recipient)
        # One of no account was made before its mail came into one, as after a change of the backend.
        return inbox.address if inbox is not None and inbox.account in (account, None) else None

    async def take(self, folder: Folder, place: Place, arrival: Arrival, *, history: bool) -> None:
        """Store a mail, once; returns after the commit, and judging follows by itself."""
        raw = bytes(arrival.raw)
        sha256 = await asyncio.to_thread(lambda: hashlib.sha256(raw).hexdigest())
        # Without a Message-ID the same bytes twice may be two mails.
        known_by = fingerprint(arrival, sha256) or f"{folder.name}/{folder.uidvalidity}/{place.uid}"
        rows = await self._store.write(
            accounts.take, folder, place, arrival, fingerprint=known_by, sha256=sha256, history=history
        )
        self._inbound.taken(rows, arrival)

    async def skip(self, folder: Folder, place: Place) -> None:
        """Remember a mail that is not stored."""
        await self._store.write(accounts.skip, folder.row, place)

    async def flagged(self, folder: Folder, found: Mapping[int, tuple[str, ...]]) -> None:
        """What flags the server says these have."""
        if found and await self._store.write(accounts.flagged, folder.row, found):
            self._arrivals.announce()

    async def vanished(self, folder: Folder, uids: Iterable[int]) -> None:
        """These lie in the folder no more."""
        await self._store.write(accounts.vanished, folder.row, tuple(uids), datetime.now(UTC))

    async def sweep(self, account: str) -> None:
        """Remove what vanished a while ago and did not turn up elsewhere."""
        if await self._store.write(accounts.sweep, account, datetime.now(UTC) - GONE_AFTER):
            self._arrivals.announce()

    async def errands(self, account: str) -> list[Errand]:
        """What is to be done in an account now."""
        now = datetime.now(UTC)
        if not await self._store.read(errands.any_due, account, now):
            return []
        return await self._store.write(errands.due, account, now)

    async def done(self, errand: Errand, flags: tuple[str, ...] | None = None) -> None:
        """It was done; ``flags`` is what the mail has now."""
        await self._store.write(errands.done, errand, flags)

    async def put_off(self, errand: Errand) -> None:
        """It could not be done now."""
        seconds = PUT_OFF[min(errand.tries, len(PUT_OFF) - 1)]
        await self._store.write(errands.put_off, errand, datetime.now(UTC) + timedelta(seconds=seconds))

    async def draft_copies(self, account: str, *, wanted: bool) -> tuple[list[DraftCopy], list[DraftCopy]]:
        """Copies of held drafts that are to be put into the account, and those to be taken out."""
        return await self._store.read(draft_copies.due, account, wanted=wanted)

    async def keep_draft_copy(self, account: str, copy: DraftCopy, *, filed: bool) -> None:
        """A copy is about to be put there, or lies there."""
        await self._store.write(draft_copies.keep, account, copy, filed=filed)

    async def draft_taken_out(self, account: str, draft: str) -> None:
        """Its copy is there no more."""
        await self._store.write(draft_copies.taken_out, account, draft)

    async def stored(self, account: str) -> int:
        """How many mails of an account are stored."""
        return await self._store.read(accounts.count, account)

    async def too_large(self, account: str) -> int:
        """How many mails of an account are not stored since they are too large."""
        return await self._store.read(accounts.skipped, account)

    async def report(self, account: AccountStatus) -> None:
        """How it stands with an account."""
        await self._store.write(status.set_account, account)

    def awaited(self) -> bool:
        """Whether somebody waits for mail at this moment, in any process of the home."""
        return self._arrivals.awaited or self._awaited_elsewhere

    def behind(self) -> bool:
        """Whether so much of what was handed in is still to be judged that new mail would have to wait for it."""
        return self._inbound.waiting > FEW

    async def _ask_for_waits(self) -> None:
        """Waits of other processes leave word in the store (``waiting``)."""
        while True:
            try:
                self._awaited_elsewhere = await self._store.read(status.awaited, datetime.now(UTC))
            except MailError:
                pass
            await asyncio.sleep(1)
