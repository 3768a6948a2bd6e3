"""A connection of HTTP that must say within a while what it wants: uvicorn itself would wait for the head for ever."""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 20
"""From the first octet of a request (or the connection's begin) to the end of its headers."""
SELF = "mailmcp.connection"
"""Where a request's state holds the connection that it came on."""


class Connection(H11Protocol):
    """uvicorn's, with that limit."""

    _head: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, SELF: self}
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        """It sent something."""
        super().data_received(data)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has gone."""
        super().connection_lost(exc)
        self._forget_head()

    async def drained(self) -> None:
        """Wait until the client has read what was written, but for a little."""
        await self.flow.drain()

    def abort(self) -> None:
        """End it with all that was not read."""
        self.transport.abort()

    def _watch_head(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._forget_head()
        elif self._head is None:
            self._head = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def _forget_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _too_slow(self) -> None:
        self._head = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()
