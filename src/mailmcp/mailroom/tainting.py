"""What a caller was shown: words of senders of whom nothing is proved taint what the caller sends for an hour."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from datetime import UTC, datetime

from mailmcp.models import Draft, StoredMessage, Verdict
from mailmcp.policy.patterns import normal
from mailmcp.policy.sending import GRAVE
from mailmcp.store import Store, taints
from mailmcp.store.taints import OWNER, Shown

AGAIN_SECONDS = 60
"""What would change nothing is not written down again within this time: reading a thread shall not cost a commit."""


class Tainting:
    """Writes down what is shown, before it is shown: a result that cannot be noted is not given."""

    def __init__(self, store: Store, *, key: str = OWNER) -> None:
        self._store = store
        self._key = key
        self._noted: dict[str, Shown] = {}
        """Of each inbox: what this process has written down of late, as it stands then."""
        self._at: dict[str, float] = {}

    async def showing(self, messages: Iterable[StoredMessage]) -> None:
        """Text of these messages is about to be given to a caller."""
        messages = list(messages)
        sent = [one.id for one in messages if one.outgoing]
        passed_on = set(await self._store.read(taints.carried, sent)) if sent else set[Shown]()
        await self._note(
            passed_on
            | {
                Shown(
                    inbox=one.inbox,
                    thread=one.thread,
                    sender=(normal(one.from_.email) or None) if one.from_ else None,
                    grave=one.trust.verdict in GRAVE,
                )
                for one in messages
                if not one.outgoing and one.trust.verdict is not Verdict.VERIFIED
            },
        )

    async def told_of(self, drafts: Iterable[Draft]) -> None:
        """What somebody reported about these is about to be given to a caller: anybody may have worded it."""
        nobody = {Shown(inbox=one.inbox, thread=one.id, sender=None, grave=False) for one in drafts}
        await self._note(nobody)

    async def listing(self, threads: Iterable[str]) -> None:
        """Lines of these conversations (t_…) are about to be given to a caller."""
        if shown := tuple(threads):
            await self._note(set(await self._store.read(taints.of_threads, shown)))

    async def _note(self, shown: set[Shown]) -> None:
        now = time.monotonic()
        new = [one for one in shown if self._adds(one, now)]
        if not new:
            return

        def write(db: sqlite3.Connection) -> None:
            taints.add(db, new, key=self._key, now=datetime.now(UTC))

        await self._store.write(write)
        for one in new:
            before = self._noted.get(one.inbox)
            self._noted[one.inbox] = one if before is None else taints.both(before, one)
            self._at[one.inbox] = now

    def _adds(self, one: Shown, now: float) -> bool:
        """Whether it would change what stands for its inbox; what was noted too long ago counts as not noted."""
        if now - self._at.get(one.inbox, -AGAIN_SECONDS) >= AGAIN_SECONDS:
            self._noted.pop(one.inbox, None)
        noted = self._noted.get(one.inbox)
        return noted is None or taints.both(noted, one) != noted
