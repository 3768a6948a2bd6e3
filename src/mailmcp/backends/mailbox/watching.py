"""Hearing of changes in a folder: by IDLE where the server offers it (RFC 2177), on a connection of its own."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any, cast

from mailmcp.backends.mailbox import commands
from mailmcp.backends.mailbox.client import Client
from mailmcp.backends.mailbox.connection import Connection, LoginRefused
from mailmcp.errors import BackendError, TryLater

log = logging.getLogger("mailmcp.backends.imap")

RENEW_SECONDS = 540.0
"""IDLE is begun anew: servers, and the routers between, end what is silent for 10 to 30 minutes."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 300.0
_NEWS = frozenset((b"EXISTS", b"RECENT", b"EXPUNGE", b"VANISHED", b"FETCH"))
_TAKEN_AWAY = frozenset((b"EXPUNGE", b"VANISHED"))


class Bell:
    """Rung when something may have changed in a folder; coalesces."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.thoroughly = False

    def ring(self, *, thoroughly: bool = False) -> None:
        """Something changed; ``thoroughly``: something may have been taken away."""
        self.thoroughly = self.thoroughly or thoroughly
        self.event.set()

    def taken(self) -> bool:
        """Rung no more; gives whether a thorough look was asked for."""
        thoroughly, self.thoroughly = self.thoroughly, False
        self.event.clear()
        return thoroughly


class Watch:
    """Watches one folder for as long as it runs."""

    def __init__(
        self,
        connect: Callable[[str], Awaitable[Connection]],
        folder: str,
        bell: Bell,
        *,
        renew: float = RENEW_SECONDS,
    ) -> None:
        self._connect = connect
        self._folder = folder
        self._bell = bell
        self._renew = renew
        self.idles = False
        """Whether the server tells of changes by itself at this moment."""

    async def run(self) -> None:
        """Until cancelled, or until the server turns out not to offer IDLE. Raises LoginRefused."""
        pause = FIRST_PAUSE
        while True:
            began = time.monotonic()
            try:
                connection = await self._connect("watch")
                try:
                    if not await connection.run(_offers_idle):
                        return
                    await self._idle(connection)
                finally:
                    self.idles = False
                    connection.close()
            except LoginRefused:
                raise
            except BackendError as error:
                log.info("watching %s: %s", self._folder, error)
                self._bell.ring()  # what came in between is looked for now
            if time.monotonic() - began > 60:
                pause = FIRST_PAUSE
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _idle(self, connection: Connection) -> None:
        await connection.run(partial(commands.select, name=self._folder))
        while True:
            await connection.run(_begin)
            self.idles = True
            # From here on changes are told; what was before has to be looked for, and so has what was said with the
            # answer to IDLE, which the library keeps in its buffer.
            self._bell.ring()
            until = time.monotonic() + self._renew
            while (left := until - time.monotonic()) > 0:
                said = await connection.run(partial(_listen, seconds=left), seconds=left + 30)
                if said is None:
                    break
                if said & _NEWS:
                    self._bell.ring(thoroughly=bool(said & _TAKEN_AWAY))
            await connection.run(_end)


def _offers_idle(client: Client) -> bool:
    return client.has_capability("IDLE")


def _begin(client: Client) -> None:
    client.idle()


def _end(client: Client) -> None:
    client.idle_done()


def _listen(client: Client, seconds: float) -> set[Any] | None:
    """In the thread: kinds of what the server says next; None when it said nothing for so long."""
    began = time.monotonic()
    said = client.idle_check(seconds)
    if not said:
        if time.monotonic() - began < seconds - 1:
            raise TryLater("The IMAP server ended the connection.")  # the library keeps silent about that
        return None
    kinds = {word for one in said for word in _words(one)}
    if b"BYE" in kinds:
        raise TryLater("The IMAP server says that it ends the connection.")
    return kinds


def _words(response: Any) -> list[Any]:
    """``(3, b"EXISTS")`` or ``(b"BYE", b"…")``: the word that says what it is."""
    parts = list(cast("Iterable[Any]", response)) if isinstance(response, list | tuple) else []
    return [one for one in parts[:2] if isinstance(one, bytes)][:1]
