"""The way in: accept (durable), then have it judged: parse, read, find codes, trust; store the verdict, announce.

Two tasks bring mail to the judge. ``fresh`` takes the short mails that this process has just accepted, ``set_aside``
what may take long or may have ended an earlier process.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Sequence
from mmap import mmap

from mailmcp.errors import StoreUnavailable
from mailmcp.mailroom.announcing import Announcing
from mailmcp.mailroom.arrivals import Arrivals
from mailmcp.mailroom.budgets import Budget
from mailmcp.mailroom.checking import Checking
from mailmcp.mailroom.fresh import Fresh
from mailmcp.mailroom.returning import Returning
from mailmcp.mailroom.set_aside import SetAside
from mailmcp.models import Arrival, Source
from mailmcp.store import Store, blocks, inboxes, judgements, messages, raws, service_names
from mailmcp.store.judgements import Unjudged

_MESSAGE_ID = re.compile(rb"^message-id[ \t]{0,10}:[ \t\r\n]{0,10}(\S{1,998})", re.IGNORECASE | re.MULTILINE)
HEADER_SCAN = 64 * 1024


class Inbound:
    """The desk where backends hand mail in (``contract.Reception``), and the judge behind it."""

    def __init__(self, store: Store, arrivals: Arrivals, checking: Checking, returning: Returning) -> None:
        self._store = store
        self._arrivals = arrivals
        self._announcing = announcing = Announcing(store, arrivals, checking, returning)
        fresh: dict[int, Unjudged | None] = {}
        self._aside = SetAside(store, announcing, fresh)
        self._fresh = Fresh(store, arrivals, announcing, self._aside, fresh)
        self._tasks: list[asyncio.Task[None]] = []
        self._one_long = asyncio.Lock()

    def budget(self, service: str, per_minute: int) -> Budget:
        """The budget of a service, shared by all processes of the home."""
        return Budget(self._store, service, per_minute)

    async def knows(self, recipient: str) -> bool:
        """Whether an inbox of this home receives mail for this address."""
        return await self._store.read(inboxes.for_recipient, recipient) is not None

    async def refuses(self, recipient: str, mail_from: str) -> bool:
        """Whether the inbox of this recipient has a list that refuses this envelope sender."""
        return await self._store.read(blocks.refused_at_the_door, recipient, mail_from)

    async def accept(self, arrival: Arrival) -> None:
        """Store the bytes; returns after the commit. Judging follows by itself."""
        if isinstance(arrival.raw, mmap) or len(arrival.raw) > raws.PIECE_BYTES:
            # One at a time: a group of them in one transaction would keep other processes from the store for seconds.
            async with self._one_long:
                await self._accept(arrival, await asyncio.to_thread(raws.digest, arrival.raw))
        else:
            await self._accept(arrival, hashlib.sha256(arrival.raw).hexdigest())

    async def holds(self, arrival: Arrival) -> tuple[str, ...]:
        """Those of its recipients for whom this very message is stored already."""
        known_by = fingerprint(arrival, hashlib.sha256(arrival.raw).hexdigest())
        if known_by is None:
            return ()
        return await self._store.read(messages.holders, arrival.envelope.recipients, fingerprint=known_by)

    async def called(self, service: str, inbox: str, message_id: str) -> str | None:
        """What a service calls the mail with this Message-ID; None when it is not known here."""
        return await self._store.read(service_names.called, service, inbox, message_id)

    def taken(self, rows: list[int], arrival: Arrival) -> None:
        """These messages were stored from a mailbox elsewhere; judging follows."""
        self._fresh.accepted(rows, arrival)

    async def _accept(self, arrival: Arrival, sha256: str) -> None:
        known_by = fingerprint(arrival, sha256)
        rows = await self._store.write(messages.accept, arrival, fingerprint=known_by, sha256=sha256)
        self._fresh.accepted(rows, arrival)

    @property
    def waiting(self) -> int:
        """How many messages that this process stored are still to be judged."""
        return len(self._fresh.rows)

    def start(self) -> None:
        """Begin to judge, first whatever an earlier process left unjudged."""
        self._tasks = [
            asyncio.create_task(self._fresh.run(), name="mailmcp-judge"),
            asyncio.create_task(self._aside.run(), name="mailmcp-judge-aside"),
        ]

    async def aclose(self) -> None:
        """Judge what waits, for at most a second, then stop: the next process takes up the rest."""
        tasks = [task for task in self._tasks if not task.done()]
        if not tasks:
            return
        await self.settle(at_most=1)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await self._announcing.aclose()

    async def settle(self, *, at_most: float, of: Sequence[str] = ()) -> None:
        """Return when every message that this process stored was judged, or after ``at_most`` seconds.

        ``of`` are the fingerprints of one mail's copies: then only they are waited for, whatever else comes.
        """
        try:
            async with asyncio.timeout(at_most), self._arrivals.listen() as bell:
                while True:
                    bell.clear()  # before the look: what is announced from here on rings again
                    mine = [*self._fresh.rows, *self._aside.rows, *self._announcing.rows]
                    if of:
                        waits = await self._store.read(judgements.waits, of)
                    else:
                        waits = bool(await self._store.read(judgements.unjudged, mine, or_sent=True, limit=1))
                    if not waits:
                        return
                    self._fresh.look()
                    await bell.wait()
        except (TimeoutError, StoreUnavailable):
            pass  # the judge goes on by itself


def fingerprint(arrival: Arrival, sha256: str) -> str | None:
    """What makes a second copy a retransmission: the bytes of a message that has a Message-ID.

    A program that sends the same bytes twice without one may mean two messages. Our own messages are known by their
    Message-ID alone, since Date is added anew when a send is tried again.
    """
    own = own_fingerprint(arrival.raw)
    return own if own is None or arrival.source is Source.SUBMITTED else sha256


def own_fingerprint(raw: bytes | mmap) -> str | None:
    """That of a message of our own: its Message-ID."""
    found = _MESSAGE_ID.search(raw[:HEADER_SCAN].partition(b"\r\n\r\n")[0])
    return None if found is None else found[1].decode("ascii", "replace")
