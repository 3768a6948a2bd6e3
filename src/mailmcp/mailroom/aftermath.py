"""What services say became of mail that they took: the draft, its recipient and its inbox follow it.

A service's word about its own mail needs no proof, unlike a report that comes by mail (``returning``).
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mailmcp.backends.services import CursorGone, Fetches, ListsEvents
from mailmcp.errors import BackendError, MailError
from mailmcp.mailroom import signing
from mailmcp.mailroom.pace import STEADY, Pace
from mailmcp.mailroom.providers import Providers
from mailmcp.mailroom.returning import GONE, Returning
from mailmcp.models import DeliveryState, Draft, Event, EventKind, Events, Fate, OutboundMail, ReturnKind
from mailmcp.policy import returning
from mailmcp.policy.patterns import normal
from mailmcp.store import Store, deliveries, fetching, left_as, outbox, suppressions
from mailmcp.store.fetching import Kept

log = logging.getLogger("mailmcp.aftermath")

LISTENED_FOR = timedelta(days=4)
"""So long after a mail left it is asked what became of it."""
MOST_PAGES = 20
_KINDS = {
    EventKind.BOUNCED: ReturnKind.BOUNCE,
    EventKind.COMPLAINED: ReturnKind.COMPLAINT,
    EventKind.DELAYED: ReturnKind.DELAY,
}
_LAST = (EventKind.BOUNCED, EventKind.COMPLAINED, EventKind.REJECTED)
"""After these nothing more is asked."""


class Aftermath:
    """The duty of the leading process that asks services what became of sent mail."""

    name = "aftermath"

    def __init__(
        self, store: Store, providers: Providers, returning: Returning, home: Path, pace: Pace = STEADY
    ) -> None:
        self._store = store
        self._providers = providers
        self._returning = returning
        self._home = home
        self._pace = pace

    async def run(self) -> None:
        """Ask again and again, until cancelled."""
        while True:
            for one in self._providers.receiving:
                if isinstance(one, ListsEvents) and isinstance(one, Fetches):
                    try:
                        await self._ask(one, one.name)
                    except MailError as error:
                        log.warning("what became of mail sent by %s is not known: %s", one.name, error)
            await asyncio.sleep(self._pace.events)

    async def _ask(self, backend: ListsEvents, name: str) -> None:
        for inbox in await self._store.read(fetching.kept, name):
            since = datetime.now(UTC) - LISTENED_FOR
            sent = await self._store.read(left_as.listened_for, inbox.row, name, since)
            if not sent:
                continue
            try:
                await self._read(backend, name, inbox, sent)
            except BackendError as error:
                log.warning("what became of mail from %s is not known: %s", inbox.remote.address, error)

    async def _read(self, backend: ListsEvents, name: str, inbox: Kept, sent: list[str]) -> None:
        cursor = inbox.events
        for _ in range(MOST_PAGES):
            try:
                page = await backend.events(inbox.remote, cursor, sent)
            except CursorGone:
                if cursor is None:
                    raise
                cursor = None
                continue
            for event in page.events:
                await self._follow(name, event)
            if page.cursor not in (None, cursor):  # after what it goes past was followed
                await self._store.write(fetching.keep_events, inbox.row, page.cursor)
            if not _goes_on(page, cursor):
                return
            cursor = page.cursor

    async def _follow(self, name: str, event: Event) -> None:
        draft = await self._store.read(left_as.draft_of, name, event.provider_id)
        if draft is None:
            return
        left: OutboundMail | None = None
        if any(one.state is DeliveryState.HELD for one in draft.deliveries):
            approved = await self._store.read(outbox.mail, draft)
            mime = await signing.on_its_way(approved, datetime.now(UTC), self._home)
            left = OutboundMail(mime=mime, mail_from=approved.mail_from, recipients=approved.recipients)
        await self._store.write(self._followed, name, event, draft, left, datetime.now(UTC))

    def _followed(
        self, db: sqlite3.Connection, name: str, event: Event, draft: Draft, left: OutboundMail | None, now: datetime
    ) -> None:
        for recipient in _about(event, draft):
            if event.kind in (EventKind.SENT, EventKind.DELIVERED, EventKind.BOUNCED) and left is not None:
                deliveries.released(db, draft, recipient, left=left, now=now)
            if event.kind is EventKind.REJECTED:
                said = f'{name} did not let it leave: "{event.words}".' if event.words else f"{name} did not send it."
                deliveries.came_back(db, draft, recipient, said, state=DeliveryState.REFUSED, now=now)
            elif (kind := _KINDS.get(event.kind)) is not None:
                fate = Fate(addresses=(recipient,), kind=kind, status=event.status, words=event.words)
                said = self._returning.told(db, draft, fate, recipient, now)
                if kind is ReturnKind.BOUNCE and not event.status and not returning.is_full(fate):
                    # For good, says the service, and nothing more exact.
                    suppressions.add(db, recipient, reason=GONE, detail=said, inbox=draft.inbox, now=now)
        if event.kind in _LAST:
            left_as.end(db, name, event.provider_id)


def _goes_on(page: Events, cursor: str | None) -> bool:
    return page.more and page.cursor not in (None, cursor)


def _about(event: Event, draft: Draft) -> list[str]:
    """Those of a draft's recipients that an event is about; one that names nobody means the only one."""
    if not event.recipients:
        return list(draft.recipients) if len(draft.recipients) == 1 or event.kind in _OF_ALL else []
    named = {normal(one) or one.lower() for one in event.recipients}
    return [one for one in draft.recipients if (normal(one) or one.lower()) in named]


_OF_ALL = (EventKind.SENT, EventKind.REJECTED)
"""What happens to a mail as a whole."""
