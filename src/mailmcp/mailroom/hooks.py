"""What providers post by themselves: each event is a reason to fetch now, and is done once its mail is stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime

from mailmcp.backends.contract import Backend
from mailmcp.backends.services import ReadsHooks
from mailmcp.models import Hook, HookSigning
from mailmcp.store import Store, hooks

Bring = Callable[[str, Hook], Awaitable[None]]
"""Fetch what a backend's event tells of; returns after the commit. Raises MailError when it could not be."""


class Hooks:
    """The events of a home's backends."""

    def __init__(self, store: Store, backends: Iterable[Backend], bring: Bring) -> None:
        self._store = store
        self._bring = bring
        self._backends = {one.name: one for one in backends if isinstance(one, ReadsHooks) and one.hook_signing.secrets}

    @property
    def signings(self) -> Mapping[str, HookSigning]:
        """How each backend signs whose secret is set; no others take anything."""
        return {name: one.hook_signing for name, one in self._backends.items()}

    async def take(self, backend: str, body: bytes) -> None:
        """A verified event came; returns once its mail is stored, and at once when that was so before.

        Raises BadInput when it cannot be read, or what went wrong on the way: then it is to be delivered again.
        """
        hook = self._backends[backend].read_hook(body)
        if await self._store.read(hooks.is_taken, backend, hook.id):
            return
        await self._bring(backend, hook)
        await self._store.write(hooks.take, backend, hook.id, datetime.now(UTC))
