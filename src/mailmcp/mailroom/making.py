"""Making and removing inboxes, here and at the services that keep them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from mailmcp.backends.contract import Backend, CreatesInboxes
from mailmcp.backends.services import MakesInboxes
from mailmcp.errors import AddressTaken, BackendError, BadInput, NoAnswer, TryLater, Unsupported
from mailmcp.mail import compose
from mailmcp.mailroom import logged
from mailmcp.mailroom.addressing import local_part, new_address
from mailmcp.mailroom.providers import Providers
from mailmcp.models import OWNER, Inbox, Principal, RemoteInbox
from mailmcp.store import Store, inboxes


class Making:
    """Makes inboxes, and removes them."""

    def __init__(self, store: Store, providers: Providers, adopt: Sequence[str], principal: Principal = OWNER) -> None:
        """``adopt`` are the addresses that may be taken over where they exist already; ``*`` stands for all."""
        self._store = store
        self._principal = principal
        self._providers = providers
        self._adopt = frozenset(one.lower() for one in adopt)

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
        asked = {
            "label": label,
            "display_name": compose.display_name(display_name),
            "backend": keeper.name,
            "key": self._own(key),
        }
        try:
            if isinstance(keeper, MakesInboxes):
                inbox, made = await self._at_a_service(keeper, name, asked)
            else:
                inbox, made = await self._here(keeper, name, asked)
        except AddressTaken as error:
            raise await self._taken(error, name) from None
        return inbox, made, await self._store.read(inboxes.newest_cursor, inbox)

    def _own(self, key: str | None) -> str | None:
        """A caller's own id for an inbox: two callers may use the same one."""
        return key if key is None or self._principal.row is None else f"{self._principal.key} {key}"

    async def _taken(self, error: AddressTaken, name: str | None) -> AddressTaken:
        """What the caller is told of an address that somebody has: only of an own inbox that it can be used."""
        own = {one.inbox.address for one in await self._store.read(inboxes.summaries)}
        wanted = (name or "").strip().lower()
        if not wanted or self._principal.row is None or any(wanted in (one, one.partition("@")[0]) for one in own):
            return error
        return AddressTaken(f"The address {wanted[:100]} cannot be had: choose another name.")

    async def _written(self, **how: Any) -> tuple[Inbox, bool]:
        now = datetime.now(UTC)
        return await self._store.write(logged.created, now=now, for_key=self._principal.row, **how)

    async def _here(self, keeper: Backend, name: str | None, asked: dict[str, str | None]) -> tuple[Inbox, bool]:
        if not isinstance(keeper, CreatesInboxes):
            raise Unsupported(f"The backend {keeper.name} cannot create addresses.")
        for _ in range(5):
            address, account = new_address(keeper, name)
            if account == address and self._principal.row is not None:
                raise AddressTaken("A whole account elsewhere is its owner's.")
            try:
                return await self._written(address=address, account=account, **asked)
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
            return await self._written(address=known.address, remote=known.remote, **asked)
        wanted = local_part(name, keeper.domain) if name is not None else None
        token = hashlib.sha256(key.encode()).hexdigest()[:32] if key is not None else token_hex(16)
        adopted = False
        try:
            there = await keeper.create_inbox(
                name=wanted, display_name=asked["display_name"] or "", key=f"mailmcp-{token}"
            )
        except (AddressTaken, BackendError) as error:
            # A key of one inbox makes none, and may be shown the one.
            found = None if isinstance(error, TryLater | NoAnswer) else await self._ours(keeper, name, wanted)
            if found is None or self._principal.row is not None:  # what the account has already is its owner's
                raise
            there, adopted = found, True
        return await self._written(address=there.address, remote=there.id, adopted=adopted, **asked)

    async def _ours(self, keeper: MakesInboxes, name: str | None, wanted: str | None) -> RemoteInbox | None:
        """An inbox of this name that the account at the service has already.

        Raises AddressTaken when the settings do not let it be taken over: its mail may be somebody else's.
        """
        if wanted is None:
            return None
        given = (name or "").strip().lower()
        address = given if "@" in given else f"{wanted}@{keeper.domain}"
        try:
            found = next((one for one in await keeper.list_inboxes() if one.address == address), None)
        except BackendError:
            return None  # why it could not be made is told
        if found is not None and not self._adopt & {address, "*"}:
            raise AddressTaken(
                f"{address} exists at the service already: choose another name; whoever has its key can name it in"
                " MAILMCP_ADOPT, then it is taken over with its mail."
            )
        return found

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
        held = await self._store.read(inboxes.holdings, inbox)
        before = {"messages": 0, "threads": 0}
        if held["messages"] > logged.AT_ONCE:
            while gone := await self._store.write(logged.thinned, inbox):
                before["messages"] += gone
            before["threads"] = held["threads"] - (await self._store.read(inboxes.holdings, inbox))["threads"]
        return await self._store.write(logged.deleted, inbox, datetime.now(UTC), before=before)
