"""Whose mail an inbox takes, and what was kept out."""

from __future__ import annotations

from datetime import UTC, datetime

from mailmcp.errors import BadInput
from mailmcp.mailroom import logged
from mailmcp.models import QuarantinedMessage
from mailmcp.policy import patterns
from mailmcp.store import Store, blocks, inboxes


class Admitting:
    """The lists of the inboxes of a home, and its quarantine."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def list_sender(self, address: str, written: str, *, allowed: bool | None) -> str:
        """Let an inbox take (True) or refuse (False) the mail of whoever fits a pattern, or forget it (None).

        Gives the pattern as it is kept. No tool may call this: what a mail says must not decide whose mail comes in.
        Raises NotFound, or BadInput for what is no pattern.
        """
        try:
            pattern = patterns.pattern(written)
        except ValueError as error:
            raise BadInput(f"{written[:60]!r} {error}: write name@host, a domain, or * for everybody.") from error
        await self._store.write(logged.listed, address, pattern, allowed, datetime.now(UTC))
        return pattern

    async def sender_lists(self, address: str) -> dict[str, bool]:
        """The patterns of an inbox, and whether each allows. Raises NotFound."""
        inbox = await self._store.read(inboxes.get, address)
        return await self._store.read(blocks.rules, inbox.row)

    async def quarantined(self) -> list[QuarantinedMessage]:
        """Mail that an inbox's lists kept out, newest first."""
        return await self._store.read(blocks.quarantined)

    async def release(self, message_id: str) -> None:
        """Let a quarantined message in. No tool may call this. Raises NotFound."""
        await self._store.write(logged.released, message_id, datetime.now(UTC))
