"""`mailmcp serve --no-client`: the leader that stays, without a client. What a service of the system runs."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mailmcp.errors import ConfigError, MailError

if TYPE_CHECKING:
    from mailmcp.config import Settings
    from mailmcp.mailroom.room import Mailroom

log = logging.getLogger("mailmcp.server")

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds before a home that cannot be opened (a full disk, a repair under way) is tried again."""


def stay(home: Path | None, open_mailroom: Callable[[Settings], Awaitable[Mailroom]]) -> int:
    """Do the duties of a home until the process is asked to end. Raises ConfigError."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="mailmcp %(levelname)s %(name)s: %(message)s", force=True
    )
    from mailmcp.config import load_settings

    settings = load_settings(home)
    return asyncio.run(_stay(settings, open_mailroom))


async def _stay(settings: Settings, open_mailroom: Callable[[Settings], Awaitable[Mailroom]]) -> int:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(name, ended.set)
        except NotImplementedError:  # Windows: the default action ends the process
            pass
    pause = FIRST_PAUSE
    while not ended.is_set():
        try:
            room = await open_mailroom(settings)
        except ConfigError:
            raise
        except MailError as error:
            log.error("the mailroom cannot be opened, and is tried again: %s", error)
            await _at_most(ended, pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            continue
        sys.stderr.write(f"mailmcp stays in {settings.home} until it is asked to end.\n")
        sys.stderr.flush()
        await ended.wait()
        await room.aclose()
    return 0


async def _at_most(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
