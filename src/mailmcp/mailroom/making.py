"""Making and removing inboxes, here and at the services that keep them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from secrets import token_hex

from mailmcp.backends.contract import Backend, CreatesInboxes
from mailmcp.backends.services import MakesInboxes
from mailmcp.errors import AddressTaken, BadInput, Unsupported
from mailmcp.mail import compose
from mailmcp.mailroom import logged
from mailmcp.mailroom.addressing import local_part, new_address
from mailmcp.mailroom.providers import Providers
from mailmcp.models import Inbox, RemoteInbox
from mailmcp.store import Store, inboxes


class Making:
    """Makes inboxes, and removes them."""

    def __init__(self, store: Store, providers: Providers) -> None:
        self._store = store
        self._providers = providers

    async def create(
        self, *, name: str | None, label: str, display_name: str, key: str | None, backend: str | None
    ) -> tuple[Inbox, bool, str]:
        """(inbox, whether it was made now, its newest cursor). The same ``key`` gives the same inbox again.

        A ``display_name`` that comes with a key of an inbox is its name from then on.

        Raises BadAddress for an unusable name, AddressTaken, or Unsupported for a backend that is not this home's.
        """
        keeper = self._providers.of(backend)
        if len(label) > 200:
            raise BadInput("The label is longer than 200 characters: shorten it.")
        asked = {"label": label, "display_name": compose.display_name(display_name), "backend": keeper.name, "key": key}
        if isinstance(keeper, MakesInboxes):
            inbox, made = await self._at_a_service(keeper, name, asked)
        else:
            inbox, made = await self._here(keeper, name, asked)
        return inbox, made, await self._store.read(inboxes.newest_cursor, inbox)

    async def _here(self, keeper: Backend, name: str | None, asked: dict[str, str | None]) -> tuple[Inbox, bool]:
        if not isinstance(keeper, CreatesInboxes):
            raise Unsupported(f"The backend {keeper.name} cannot create addresses.")
        for _ in range(5):
            address, account = new_address(keeper, name)
            try:
                return await self._store.write(
                    logged.created, address=address, account=account, now=datetime.now(UTC), **asked
                )
            except AddressTaken:
                if name is not None:
                    raise
                # a made-up name met an existing one
        raise AddressTaken("No free address was found: give a `name`.")

    async def _at_a_service(
        self, keeper: MakesInboxes, name: str | None, asked: dict[str, str | None]
    ) -> tuple[Inbox, bool]:
        """First there, then here: a process that dies between leaves an inbox that the same call finds again."""
        key = asked["key"]
        if key is not None and (known := await self._store.read(inboxes.of_key, key)) is not None:
            # Here already; a display name may be new.
            return await self._store.write(
                logged.created, address=known.address, now=datetime.now(UTC), remote=known.remote, **asked
            )
        wanted = local_part(name, keeper.domain) if name is not None else None
        token = hashlib.sha256(key.encode()).hexdigest()[:32] if key is not None else token_hex(16)
        adopted = False
        try:
            there = await keeper.create_inbox(
                name=wanted, display_name=asked["display_name"] or "", key=f"mailmcp-{token}"
            )
        except AddressTaken:
            found = await self._ours(keeper, name, wanted)
            if found is None:
                raise
            there, adopted = found, True
        return await self._store.write(
            logged.created,
            address=there.address,
            now=datetime.now(UTC),
            remote=there.id,
            adopted=adopted,
            **asked,
        )

    async def _ours(self, keeper: MakesInboxes, name: str | None, wanted: str | None) -> RemoteInbox | None:
        """An inbox of this name that the account at the service has already."""
        if wanted is None:
            return None
        given = (name or "").strip().lower()
        address = given if "@" in given else f"{wanted}@{keeper.domain}"
        return next((one for one in await keeper.list_inboxes() if one.address == address), None)

    async def delete(self, address: str) -> dict[str, int]:
        """Remove an inbox and its mail; gives how many messages, threads and drafts went.

        One that was made from here is removed at its service first, with its mail. Raises NotFound, or BackendError
        when the service does not do it: then nothing was removed.
        """
        inbox = await self._store.read(inboxes.get, address)
        keeper = self._providers.named(inbox.backend)
        if inbox.remote is not None and not inbox.adopted:
            if not isinstance(keeper, MakesInboxes):
                raise Unsupported(
                    f"The inbox {inbox.address} is kept by {inbox.backend}, which the settings do not name now: name it"
                    " in MAILMCP_BACKEND to delete the inbox there too."
                )
            await keeper.delete_inbox(RemoteInbox(address=inbox.address, id=inbox.remote))
        return await self._store.write(logged.deleted, inbox.address, datetime.now(UTC))
