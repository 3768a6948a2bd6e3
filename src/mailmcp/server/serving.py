"""`mailmcp serve`: one MCP client on standard input and output, until it closes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from mailmcp.server.build import build_server
from mailmcp.server.lasting import made_to_last
from mailmcp.server.session import Session
from mailmcp.server.transports import serve_stdio

if TYPE_CHECKING:
    from mcp.server.mcpserver.tools import Tool

    from mailmcp.config import Settings
    from mailmcp.mailroom.room import Mailroom

    OpenMailroom = Callable[[Settings], Awaitable[Mailroom]]


log = logging.getLogger("mailmcp.server")


def serve(home: Path | None, open_mailroom: OpenMailroom) -> int:
    """Serve until standard input closes or the process is asked to end."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="mailmcp %(levelname)s %(name)s: %(message)s", force=True
    )

    if sys.stdin.isatty():
        sys.stderr.write(
            "mailmcp serves MCP here, one JSON-RPC message a line, until Ctrl-D. Programs start it by themselves:"
            " `mailmcp --help` tells how.\n"
        )

    async def open_room() -> Mailroom:
        from mailmcp.config import load_settings

        return await open_mailroom(load_settings(home))

    return asyncio.run(_serve(Session(open_room)))


def all_tools() -> list[Tool]:
    """The thirteen tools. Their module brings half of all that a start loads."""
    with made_to_last():
        from mailmcp.server import tools

        return tools.all_tools()


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = cast(BaseExceptionGroup[BaseException], error).exceptions[0]
    return error


async def _serve(session: Session) -> int:
    serving = asyncio.create_task(serve_stdio(build_server(session, all_tools), session))
    loop = asyncio.get_running_loop()
    asked_to_end = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(name, asked_to_end.set)
        except NotImplementedError:  # Windows: the default action ends the process
            pass
    asked = asyncio.create_task(asked_to_end.wait())
    alone = asyncio.create_task(session.leaving_watch.wait())
    await asyncio.wait([serving, asked, alone], return_when=asyncio.FIRST_COMPLETED)
    if alone.done():
        log.warning("mailmcp ends: %s", alone.result())
    await session.aclose()
    error = serving.exception() if serving.done() else None
    if error is not None:
        log.error("the connection to the client broke: %s", _innermost(error))
    # A thread may still be reading standard input and cannot be interrupted, and the event loop would wait for it;
    # everything else is closed by now.
    logging.shutdown()
    with contextlib.suppress(OSError):  # nobody may be there to read it
        sys.stderr.flush()
    os._exit(0 if error is None else 1)
