"""Drafts that a process had taken up and did not finish: sent again when nothing can have left, else asked about.

What was only claimed is queued again. What was on the wire is asked for where the backend can tell, and is ``unknown``
otherwise: never sent again by itself; a human may say what became of it.
"""

from __future__ import annotations

import logging
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from mailmcp.errors import Refused
from mailmcp.mailroom import signing
from mailmcp.mailroom.handover import asked
from mailmcp.mailroom.legs import Heard, Leg, Lost, results_of
from mailmcp.mailroom.providers import Providers
from mailmcp.models import DeliveryState, Draft, DraftState, OutboundMail, Receipt
from mailmcp.store import Store, deliveries, left_as, outbox

log = logging.getLogger("mailmcp.dispatch")

CLAIM = "send"
"""The claim that a process holds on a draft while it is at it."""


class LeftBehind:
    """Finds out what became of such drafts."""

    def __init__(self, store: Store, providers: Providers, home: Path) -> None:
        self._store = store
        self._providers = providers
        self._home = home

    async def recover(self, draft: Draft) -> None:
        """Take a draft up that some process has begun, unless it is alive and at it."""
        if not self._store.claims.take(CLAIM, draft.row):
            return
        try:
            await self._recover(await self._store.read(outbox.get, draft.id))
        except (TypeError, ValueError):  # a row that nothing can be made of keeps no other draft from leaving
            log.exception("the draft %s, left behind by another process, could not be taken up", draft.id)
        finally:
            self._store.claims.free(CLAIM, draft.row)

    async def settle(self, draft: Draft, *, arrived: bool, by: str) -> Draft:
        """A human knows what became of an unknown draft. Raises Refused when it is not unknown."""
        now = datetime.now(UTC)
        approved = await self._store.read(outbox.mail, draft)
        left = OutboundMail(
            mime=await signing.on_its_way(approved, now, self._home),
            mail_from=approved.mail_from,
            recipients=approved.recipients,
        )
        if await self._store.write(deliveries.settle, draft, arrived=arrived, left=left, by=by, now=now) is None:
            raise Refused(f"What became of the draft {draft.id} is known: it is {draft.state}.")
        return await self._store.read(outbox.get, draft.id)

    async def _recover(self, draft: Draft) -> None:
        now = datetime.now(UTC)
        if draft.state is DraftState.CLAIMED:
            await self._store.write(deliveries.release, draft, now=now)
            return
        if draft.state is not DraftState.ON_WIRE:
            return  # it was settled meanwhile
        backend = self._providers.named(draft.backend)
        lost = tuple(one.recipient for one in draft.deliveries if one.state is DeliveryState.UNKNOWN and not one.detail)
        approved = await self._store.read(outbox.mail, draft)
        leaving = OutboundMail(
            mime=await signing.on_its_way(approved, now, self._home),
            mail_from=approved.mail_from,
            recipients=lost,
        )
        found = await asked(backend, leaving, draft) if backend is not None else Lost()
        if found is None:
            await self._store.write(deliveries.release, draft, now=now)
        elif isinstance(found, Receipt) and backend is not None:
            results = results_of(Leg(backend, lost), found, deliveries.ANSWER_LOST)
            await self._store.write(_taken_over, draft, Heard(results, found), leaving, backend.name, now)
        else:
            log.warning("draft %s was on the wire when its process ended: it may have left", draft.id)
            await self._store.write(deliveries.conclude, draft, None, retry_at=now, now=now)


def _taken_over(
    db: sqlite3.Connection, draft: Draft, heard: Heard, leaving: OutboundMail, backend: str, now: datetime
) -> None:
    deliveries.take_over(db, draft, heard.results, left=leaving, backend=backend, now=now)
    left_as.keep(db, draft, backend, heard.receipt, now)
