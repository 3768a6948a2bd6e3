"""`mailmcp serve`: one MCP client on standard input and output, until it closes."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mailmcp.server.build import build_server
from mailmcp.server.session import Session
from mailmcp.server.tools import all_tools
from mailmcp.server.transports import serve_stdio

if TYPE_CHECKING:
    from mailmcp.config import Settings
    from mailmcp.mailroom.room import Mailroom

    OpenMailroom = Callable[[Settings], Awaitable[Mailroom]]


def serve(home: Path | None, open_mailroom: OpenMailroom) -> int:
    """Serve until standard input closes or the process is asked to end."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="mailmcp %(levelname)s %(name)s: %(message)s", force=True
    )

    async def open_room() -> Mailroom:
        from mailmcp.config import load_settings

        return await open_mailroom(load_settings(home))

    asyncio.run(_serve(Session(open_room)))
    # A thread may still be reading standard input and cannot be interrupted; everything else is closed by now.
    logging.shutdown()
    sys.stderr.flush()
    os._exit(0)


async def _serve(session: Session) -> None:
    serving = asyncio.create_task(serve_stdio(build_server(session, all_tools()), session))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(name, serving.cancel)
        except NotImplementedError:  # Windows: the default action ends the process
            pass
    try:
        await serving
    except asyncio.CancelledError:
        await session.aclose()
