"""The keys with which callers come in over HTTP: made, rotated and revoked by a human, looked up at every request."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from mailmcp.errors import BadInput, StoreUnavailable
from mailmcp.models import Ability, Key, Principal
from mailmcp.store import Store, audit, keys

PREFIX = "mailmcp_"
"""Of every secret: whoever finds one in a file or a log knows what it is."""
LONGEST_LABEL = 100
LONGEST_SECRET = 200


class Keyring:
    """The keys of one home."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._notes: set[asyncio.Task[None]] = set()

    async def create(
        self, *, abilities: Iterable[Ability], inboxes: tuple[str, ...], every: bool, label: str = ""
    ) -> tuple[Key, str]:
        """(a new key, its secret, which is told this once). Raises NotFound, BadInput."""
        can = frozenset(abilities)
        if not can:
            raise BadInput("A key must allow something: read, send, create.")
        if every and inboxes:
            raise BadInput("A key opens all inboxes, or those that are named: not both.")
        if not every and not inboxes and "create" not in can:
            raise BadInput("The key would open nothing: name an inbox, or take all, or let it create its own.")
        if len(label) > LONGEST_LABEL:
            raise BadInput(f"The label is longer than {LONGEST_LABEL} characters: shorten it.")
        secret, now = _new_secret(), datetime.now(UTC)

        def made(db: sqlite3.Connection) -> Key:
            key = keys.create(
                db,
                sha256=keys.digest(secret),
                label=label,
                abilities=can,
                addresses=inboxes,
                every=every,
                now=now,
            )
            opens = "all" if every else " ".join(key.inboxes)
            audit.record(db, "key.created", now, key=key.id, opens=opens, can=" ".join(sorted(can)))
            return key

        return await self._store.write(made), secret

    async def listed(self) -> list[Key]:
        """All keys, oldest first, the revoked ones too."""
        return await self._store.read(keys.listed)

    async def rotate(self, key_id: str, *, overlap: timedelta) -> tuple[Key, str]:
        """(the key, its new secret); the one before is taken for so long. Raises NotFound."""
        secret, now = _new_secret(), datetime.now(UTC)

        def rotated(db: sqlite3.Connection) -> Key:
            key = keys.rotate(db, key_id, sha256=keys.digest(secret), old_until=now + overlap, now=now)
            audit.record(db, "key.rotated", now, key=key.id)
            return key

        return await self._store.write(rotated), secret

    async def revoke(self, key_id: str) -> Key:
        """From now on the key opens nothing. Raises NotFound."""
        now = datetime.now(UTC)

        def revoked(db: sqlite3.Connection) -> Key:
            key = keys.revoke(db, key_id, now)
            audit.record(db, "key.revoked", now, key=key.id)
            return key

        return await self._store.write(revoked)

    async def principal(self, secret: str) -> Principal | None:
        """Who comes with this secret; None when it opens nothing. The store is asked each time: it may be revoked."""
        if not secret.startswith(PREFIX) or len(secret) > LONGEST_SECRET:
            return None
        now = datetime.now(UTC)
        found = await self._store.read(keys.principal, keys.digest(secret), now)
        if found is None:
            return None
        principal, to_note = found
        if to_note and principal.row is not None:
            noting = asyncio.create_task(self._note(principal.row, now))  # nobody waits for it
            self._notes.add(noting)
            noting.add_done_callback(self._notes.discard)
        return principal

    async def _note(self, key: int, now: datetime) -> None:
        with contextlib.suppress(StoreUnavailable):
            await self._store.write_soon(keys.used, key, now)

    def proof(self, secret: str) -> str:
        """What stands for a secret while its request lasts."""
        return keys.digest(secret)

    async def still_opens(self, proof: str) -> bool:
        """Whether a caller that came in may stay: with the secret of this hash, or ("") without any."""
        if not proof:
            return not await self.any_was_made()
        return await self._store.read(keys.principal, proof, datetime.now(UTC)) is not None

    async def any_was_made(self) -> bool:
        """Whether this home has, or ever had, a key."""
        return await self._store.read(keys.any_was_made)

    async def any_opens(self) -> bool:
        """Whether there is a key with which somebody could come in."""
        return await self._store.read(keys.any_opens)


def _new_secret() -> str:
    return f"{PREFIX}{secrets.token_urlsafe(32)}"
