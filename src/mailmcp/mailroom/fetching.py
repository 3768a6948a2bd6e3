"""Fetching mail from services: the duty of the leading process that looks what arrived, and stores it once.

What a look finds is written down with the cursor that goes past it; then each mail is fetched and stored by itself.
Where somebody waits, in whichever process, an inbox is looked at as often as the budget allows, else rarely; where
the service tells of news by itself, at once then, and more rarely otherwise.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from mailmcp.backends.calls import TooLong
from mailmcp.backends.contract import MAX_MESSAGE_BYTES
from mailmcp.backends.services import CursorGone, Fetches, Missing
from mailmcp.errors import BackendError, MailError
from mailmcp.mailroom.inbound import Inbound
from mailmcp.mailroom.pace import STEADY, Pace
from mailmcp.mailroom.providers import Providers
from mailmcp.mailroom.wakeups import Wakeups
from mailmcp.models import Arrival, Envelope, Hook, Incoming, ServiceStatus, Source
from mailmcp.store import Store, budgets, fetching, status
from mailmcp.store.fetching import Kept

log = logging.getLogger("mailmcp.fetching")

OVERLAP = timedelta(days=1)
"""How far a look without a cursor goes back behind what is known: clocks differ, and lists lag."""
HISTORY = timedelta(days=30)
"""How far back an inbox is read that was there before it was known here."""
FRESH = timedelta(minutes=10)
"""What had arrived in such an inbox so shortly before may still be waited for."""
AT_ONCE = 4
"""Inboxes that are looked at, and mails that are fetched, at the same time."""
BEHIND = 32
"""Mails to be judged that nothing more is fetched before."""
PUT_OFF = (2, 10, 60, 300, 1800, 3600)
"""Seconds before a mail that could not be fetched is tried again, and so on with the last."""
AWAITED_SHARE, IDLE_SHARE = 0.6, 0.2
"""Parts of a service's budget that looks may take; the rest is for fetching, sending and other windows."""
STREAMED = 5
"""So many times as rarely an inbox is looked at whose news the service tells: a stream may end without a word."""


@dataclass(slots=True)
class _Round:
    """What one process knows of the looks at one service."""

    looked: dict[int, float] = field(default_factory=dict[int, float])
    """When each inbox (its row) was looked at last."""
    blocked: dict[int, tuple[float, int]] = field(default_factory=dict[int, tuple[float, int]])
    """Until when an inbox that could not be looked at is left alone, and how often that was so."""
    busy: set[int] = field(default_factory=set[int])
    """Those that are looked at now: one with much mail keeps no other from being looked at."""
    troubles: dict[int, str] = field(default_factory=dict[int, str])
    """What the last look at each came to, in a sentence; empty when it went well."""
    news: set[int] = field(default_factory=set[int])
    """Of which inboxes the service said that there may be news, until they are looked at."""
    rung: dict[int, float] = field(default_factory=dict[int, float])
    """When each was looked at for that reason last."""
    said: tuple[str, str] | None = None
    """The trouble and the word on streams that were written down last; None before the first look."""
    told_at: float = 0.0


class Fetching:
    """The duty."""

    name = "fetching"

    def __init__(self, store: Store, providers: Providers, inbound: Inbound, pace: Pace = STEADY) -> None:
        self._store = store
        self._providers = providers
        self._inbound = inbound
        self._pace = pace
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """As a duty: keep all services' inboxes until cancelled."""
        services = [one for one in self._providers.receiving if isinstance(one, Fetches)]
        async with asyncio.TaskGroup() as group:
            for one in services:
                group.create_task(self._attend(one), name=f"mailmcp-fetching-{one.name}")

    async def bring(self, backend: str, hook: Hook) -> None:
        """A service posted that there is news: look now, in this inbox or in all; what is there is stored or noted.

        Raises BackendError or StoreUnavailable when that could not be done.
        """
        service = next(one for one in self._providers.receiving if isinstance(one, Fetches) and one.name == backend)
        for inbox in await self._store.read(fetching.kept, backend):
            if hook.inbox is None or hook.inbox.lower() == inbox.remote.address:
                async with self._turn:
                    await self._catch_up(service, backend, inbox)

    async def services(self) -> tuple[ServiceStatus, ...]:
        """How it stands with each service."""
        found: list[ServiceStatus] = []
        for one in self._providers.receiving:
            if isinstance(one, Fetches):
                trouble, looked_at, stream = await self._store.read(status.service, one.name)
                found.append(
                    ServiceStatus(
                        service=one.name,
                        trouble=trouble,
                        looked_at=looked_at,
                        stream=stream,
                        waiting=await self._store.read(fetching.count_waiting, one.name),
                        budget=await self._store.read(budgets.status, one.name, one.per_minute, datetime.now(UTC)),
                    )
                )
        return tuple(found)

    # --- when ----------------------------------------------------------------------------------------------------

    async def _attend(self, backend: Fetches) -> None:
        name = backend.name
        now_ = _Round()
        async with asyncio.TaskGroup() as group:
            wakeups = Wakeups(backend, name, self._pace, group)
            while True:
                try:
                    await self._round(backend, name, now_, group, wakeups)
                except MailError as error:
                    log.warning("mail at %s waits: %s", name, error)
                    await asyncio.sleep(self._pace.glance)
                try:
                    async with asyncio.timeout(self._pace.glance):
                        await wakeups.bell.wait()
                except TimeoutError:
                    pass

    async def _round(
        self, backend: Fetches, name: str, state: _Round, group: asyncio.TaskGroup, wakeups: Wakeups
    ) -> None:
        """Begin to look at those inboxes whose time it is."""
        clock = asyncio.get_running_loop().time
        kept = await self._store.read(fetching.kept, name)
        awaited = await self._store.read(status.awaited_in, datetime.now(UTC)) if kept else frozenset[int]()
        wakeups.follow([one.remote for one in kept])
        news = wakeups.taken()
        state.news |= {one.row for one in kept if one.remote.address in news}
        many = sum(one.row in awaited or one.row in state.news for one in kept)
        quick = max(self._pace.fetch_awaited, 60 * many / (backend.per_minute * AWAITED_SHARE))
        slow = max(self._pace.fetch_idle, 60 * len(kept) / (backend.per_minute * IDLE_SHARE))
        for one in kept:
            last, (until, _) = state.looked.get(one.row), state.blocked.get(one.row, (0.0, 0))
            pause = quick if one.row in awaited else slow
            if wakeups.tells_of(one.remote.address):
                pause *= STREAMED
            due = last is None or clock() - last >= pause
            # However much a service says: it is not called more often for that than if somebody waited.
            told = one.row in state.news and clock() - state.rung.get(one.row, -quick) >= quick
            if one.row in state.busy or clock() < until or not (due or told):
                continue
            state.busy.add(one.row)
            state.looked[one.row] = clock()
            if one.row in state.news:
                state.news.discard(one.row)
                state.rung[one.row] = clock()
            # Whom somebody waits for has not to wait for a turn behind all those that are looked through at leisure.
            turn = nullcontext() if one.row in awaited else self._turn
            group.create_task(self._looked(backend, name, one, state, turn), name=f"mailmcp-look-{one.remote.address}")
        rows = {one.row for one in kept}
        state.news &= rows
        state.troubles = {row: said for row, said in state.troubles.items() if row in rows}
        trouble = next(filter(None, state.troubles.values()), "")
        said = (trouble, wakeups.said)
        if state.troubles and (said != state.said or clock() - state.told_at >= self._pace.fetch_idle):
            await self._store.write(status.set_service, name, trouble, datetime.now(UTC), wakeups.said)
            state.said, state.told_at = said, clock()

    async def _looked(
        self,
        backend: Fetches,
        name: str,
        inbox: Kept,
        state: _Round,
        turn: AbstractAsyncContextManager[object],
    ) -> None:
        clock = asyncio.get_running_loop().time
        try:
            async with turn:
                await self._catch_up(backend, name, inbox)
            state.blocked.pop(inbox.row, None)
            state.troubles[inbox.row] = ""
        except Exception as error:
            tries = state.blocked.get(inbox.row, (0.0, 0))[1]
            pause = self._pace.fetch_again * PUT_OFF[min(tries, len(PUT_OFF) - 1)]
            state.blocked[inbox.row] = (clock() + pause, tries + 1)
            if isinstance(error, MailError):
                log.warning("%s: %s", inbox.remote.address, error)
                state.troubles[inbox.row] = error.public
            else:  # a bug, most likely in how a backend reads what its service says: others are looked at all the same
                log.exception("%s cannot be looked at", inbox.remote.address)
                state.troubles[inbox.row] = f"The backend {name} failed."
        finally:
            state.busy.discard(inbox.row)

    # --- what ----------------------------------------------------------------------------------------------------

    async def _catch_up(self, backend: Fetches, name: str, inbox: Kept) -> None:
        """Read an inbox from its cursor on, and fetch whatever is still to be fetched. Raises BackendError."""
        cursor, since = inbox.cursor, _since(inbox)
        anew, met = False, {cursor}
        while True:
            try:
                page = await backend.look(inbox.remote, cursor, since)
            except CursorGone:
                if anew:
                    raise
                log.warning("%s forgot how far %s was read: it is looked through again", name, inbox.remote.address)
                await self._store.write(fetching.forget_cursor, inbox.row)
                cursor, anew = None, True
                continue
            new = await self._store.read(fetching.unknown, inbox.row, [one.id for one in page.found])
            if new or page.cursor not in (None, cursor):
                await self._store.write(fetching.note, inbox.row, page)
            await self._fetch(backend, name, inbox)
            if not page.more or page.cursor in (None, cursor):
                return
            if page.cursor in met:
                await self._store.write(fetching.forget_cursor, inbox.row)
                raise BackendError(f"{name} leads round in a circle through its list: it is looked through again.")
            met.add(cursor := page.cursor)

    async def _fetch(self, backend: Fetches, name: str, inbox: Kept) -> None:
        while found := await self._store.read(fetching.waiting, inbox.row, datetime.now(UTC), limit=AT_ONCE):
            while self._inbound.waiting > BEHIND:  # noqa: ASYNC110 - the judge rings for waits, not for this
                await asyncio.sleep(self._pace.glance)
            awaited = await self._store.read(status.awaited_in, datetime.now(UTC))
            if awaited and inbox.row not in awaited:
                await asyncio.sleep(self._pace.fetch_awaited)  # the calls are theirs first
            fetched = await asyncio.gather(*(self._fetched(backend, inbox, one) for one in found))
            for one, mail in zip(found, fetched, strict=True):  # stored in their order
                if mail is not None:
                    await self._store_one(name, inbox, one, mail)

    async def _fetched(self, backend: Fetches, inbox: Kept, waiting: fetching.Waiting) -> Incoming | None:
        """One mail; None when it is not to be had, now or ever. One that fails stands in nobody's way."""
        found = waiting.found
        try:
            mail = await backend.fetch(inbox.remote, found)
            if len(mail.raw) <= MAX_MESSAGE_BYTES:
                return mail
            log.warning("a mail of %d bytes in %s is too large to be stored", len(mail.raw), inbox.remote.address)
        except (Missing, TooLong) as error:
            log.warning("a mail in %s is not stored: %s", inbox.remote.address, error)
        except Exception as error:
            if isinstance(error, MailError) and not isinstance(error, BackendError):
                raise  # the store's
            if isinstance(error, BackendError):
                log.warning("a mail in %s waits: %s", inbox.remote.address, error)
            else:  # a bug, most likely in how a backend reads what its service says
                log.exception("a mail in %s waits: the backend %s failed", inbox.remote.address, backend.name)
            pause = self._pace.fetch_again * PUT_OFF[min(waiting.tries, len(PUT_OFF) - 1)]
            until = datetime.now(UTC) + timedelta(seconds=pause)
            await self._store.write(fetching.put_off, inbox.row, found, until)
            return None
        await self._store.write(fetching.skip, inbox.row, found)
        return None

    async def _store_one(self, name: str, inbox: Kept, waiting: fetching.Waiting, mail: Incoming) -> None:
        arrival = Arrival(
            raw=mail.raw,
            envelope=Envelope(
                mail_from=mail.mail_from, recipients=(inbox.remote.address,), received_at=mail.received_at
            ),
            source=Source.REBUILT if mail.rebuilt else Source.SERVICE,
            backend=name,
            claim=mail.claim,
        )
        sha256 = await asyncio.to_thread(lambda: hashlib.sha256(mail.raw).hexdigest())
        history = inbox.adopted and mail.received_at < inbox.created_at - FRESH
        rows = await self._store.write(fetching.take, inbox.row, waiting.found, arrival, sha256=sha256, history=history)
        self._inbound.taken(rows, arrival)


def _since(inbox: Kept) -> datetime:
    """From when on an inbox is looked through when there is no cursor."""
    if inbox.read_at is not None:
        return min(inbox.read_at, datetime.now(UTC)) - OVERLAP
    return inbox.created_at - (HISTORY if inbox.adopted else OVERLAP)
