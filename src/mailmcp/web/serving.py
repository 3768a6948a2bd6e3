"""The duty of serving the page: the leading process has the port, and loads the rest when somebody comes.

Binding is all that is done at the start. Starlette and uvicorn are imported when the first connection waits, so that
the assistant's first answer does not wait for them.
"""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import logging
import os
import socket
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mailmcp.errors import MailError
from mailmcp.mailroom.room import Mailroom
from mailmcp.web import desktop, sessions

if TYPE_CHECKING:
    from mailmcp.web.app import Desk

log = logging.getLogger("mailmcp.web")

WAITING = 16
"""Connections that may wait until the page is loaded."""
AT_ONCE = 64
HEADERS = 16 * 1024
CLOSING_SECONDS = 3


class Screen(Protocol):
    """A desktop: its browser and its notifications."""

    def is_there(self) -> bool:
        """Whether somebody sits before it."""
        ...

    def show(self, address: str) -> bool:
        """Open an address in the browser."""
        ...

    def notify(self, words: str) -> bool:
        """Say something."""
        ...


class Serving:
    """The approval page, for as long as this process leads."""

    name = "page"

    def __init__(self, room: Mailroom, screen: Screen = desktop) -> None:  # type: ignore[assignment]
        self._room = room
        self._settings = room.settings.web
        self._screen = screen
        self._desk: Desk | None = None
        self._is_looked_at = False
        self.looks = 0
        """How often it looked for held drafts, to tell a desktop of them."""

    async def run(self) -> None:
        """Have the port, load the page when it is asked for, and tell the desktop when a draft waits."""
        if not self._settings.enabled:
            await self._room.pages.opened(None)
            return
        listener, kept = await self._bound()
        address = address_of(listener)
        watching: asyncio.Task[None] | None = None
        try:
            await self._room.pages.opened(address, remember=kept)
            if (self._settings.open or self._settings.notify) and self._screen.is_there():
                watching = asyncio.create_task(self._watch(address), name="mailmcp-page-watch")
            await _connection(listener)
            await self._serve(listener)
        finally:
            if watching is not None:
                watching.cancel()
                await asyncio.wait([watching])
            listener.close()
            with contextlib.suppress(MailError):
                await self._room.pages.opened(None)

    async def _bound(self) -> tuple[socket.socket, bool]:
        """(the socket, whether its port is the home's from now on); waits while the port that is set is taken."""
        wanted = self._settings.port
        before = None if wanted else await self._room.pages.port()
        said = False
        while True:
            try:
                return bind(self._settings.host, wanted or before or 0), True
            except OSError as error:
                if not wanted and before:
                    # Somebody else has the home's port just now; the address that people know stays as it was.
                    return bind(self._settings.host, 0), False
                if not said:
                    log.warning("the approval page has no port: %s", error.strerror)
                said = True
                await asyncio.sleep(self._room.pace.listen_again)

    async def _serve(self, listener: socket.socket) -> None:
        server_of = await asyncio.to_thread(_load)
        from mailmcp.web.app import Desk

        self._desk = Desk(self._room, await self._room.pages.key(), approver=f"{_user()} on the page")
        server = server_of(self._desk, listener)
        task = asyncio.create_task(server.serve(sockets=[listener]), name="mailmcp-page-server")
        try:
            await asyncio.shield(task)
        finally:
            server.should_exit = server.force_exit = True
            _, late = await asyncio.wait([task], timeout=CLOSING_SECONDS)
            for one in late:
                one.cancel()

    async def _watch(self, address: str) -> None:
        """The first draft that is held from now on opens the page; every new one is told."""
        told: int | None = None
        opened = False
        while True:
            try:
                count, newest = await self._room.pages.held()
                if told is not None and newest > told:
                    opened = await self._tell(count, address, opened=opened)
                told = max(told or 0, newest)
            except (MailError, OSError) as error:
                log.warning("nobody is told of held drafts now: %s", error)
            self.looks += 1
            seen = self._desk.seen if self._desk else 0
            await asyncio.sleep(self._room.pace.flush)
            self._is_looked_at = (self._desk.seen if self._desk else 0) > seen

    async def _tell(self, count: int, address: str, *, opened: bool) -> bool:
        """A new draft is held; whether the page has been opened in the browser by now."""
        if self._settings.notify:
            self._screen.notify(f"{count} message{'s wait' if count > 1 else ' waits'} for your approval.")
        if not self._settings.open or opened or self._is_looked_at:
            return opened
        return await asyncio.to_thread(lambda: self._screen.show(opening(address, self._room.settings.home)))


def opening(address: str, home: Path) -> str:
    """The address that opens the page once. The token stands behind the #, which no server is told by a browser."""
    return f"{address}#token={sessions.issue(home)}"


def address_of(listener: socket.socket) -> str:
    """Where a socket is reached by a browser."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def bind(host: str, port: int) -> socket.socket:
    """A listening socket of this machine alone. Raises OSError."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(WAITING)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


async def _connection(listener: socket.socket) -> None:
    """Wait until somebody connects; where that cannot be waited for, not at all."""
    loop, came = asyncio.get_running_loop(), asyncio.Event()
    try:
        loop.add_reader(listener, came.set)
    except NotImplementedError:
        return
    try:
        await came.wait()
    finally:
        loop.remove_reader(listener)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "somebody"


def _load() -> Callable[[Desk, socket.socket], _Server]:
    """Import what serves the page; gives what makes a server of a desk and a socket."""
    import uvicorn

    from mailmcp.web.app import build

    class Quiet(uvicorn.Server):
        """One that leaves the signals to the program it is part of."""

        @contextlib.contextmanager
        def capture_signals(self) -> Generator[None]:
            yield

    def server_of(desk: Desk, listener: socket.socket) -> _Server:
        host, port = listener.getsockname()[:2]
        config = uvicorn.Config(
            build(desk, host=host, port=port),  # type: ignore[arg-type]
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=AT_ONCE,
            backlog=WAITING,
            h11_max_incomplete_event_size=HEADERS,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=1,
        )
        return Quiet(config)

    return server_of


class _Server(Protocol):
    should_exit: bool
    force_exit: bool

    async def serve(self, sockets: list[socket.socket] | None = None) -> None: ...
