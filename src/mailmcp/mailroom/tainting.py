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
"""The same words shown again within this time are not written down again: reading a thread shall not cost a commit."""


class Tainting:
    """Writes down what is shown, before it is shown: a result that cannot be noted is not given."""

    def __init__(self, store: Store, *, key: str = OWNER) -> None:
        self._store = store
        self._key = key
        self._noted: dict[Shown, float] = {}

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
        await self._note(set(await self._store.read(taints.of_threads, tuple(threads))))

    async def _note(self, shown: set[Shown]) -> None:
        now = time.monotonic()
        new = [one for one in shown if now - self._noted.get(one, -AGAIN_SECONDS) >= AGAIN_SECONDS]
        if not new:
            return

        def write(db: sqlite3.Connection) -> None:
            taints.add(db, new, key=self._key, now=datetime.now(UTC))

        await self._store.write(write)
        self._noted = {told: at for told, at in self._noted.items() if now - at < AGAIN_SECONDS}
        self._noted.update((one, now) for one in new)
