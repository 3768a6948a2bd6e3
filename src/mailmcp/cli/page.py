"""``mailmcp ui``: open the approval page."""

from __future__ import annotations

import argparse
import asyncio
import sys

from mailmcp.cli.desk import OpenMailroom
from mailmcp.config import Settings, load_settings
from mailmcp.errors import Refused
from mailmcp.mailroom.room import Mailroom
from mailmcp.web import desktop
from mailmcp.web.serving import opening

STARTING_SECONDS = 10
LOOK_AGAIN_SECONDS = 0.05


def ui(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    """Open the page of the process that serves it; serve it here until interrupted when there is none."""
    settings = load_settings(options.home)
    if not settings.web.enabled:
        raise Refused("The page is turned off by MAILMCP_WEB__ENABLED; `mailmcp held` lists what waits.")
    at_desktop = desktop.is_there()
    if not at_desktop and not sys.stdout.isatty():
        raise Refused("The page's link is shown at a terminal only: run this command in one.")
    return asyncio.run(_open(settings, open_mailroom, at_desktop=at_desktop))


async def _open(settings: Settings, open_mailroom: OpenMailroom, *, at_desktop: bool) -> int:
    room = await open_mailroom(settings, leads=False)
    try:
        address = await _served(room) if room.is_led() else None
    finally:
        await room.aclose()
    if address is not None:
        _show(address, settings, at_desktop=at_desktop)
        return 0
    room = await open_mailroom(settings, leads=True)
    try:
        _show(await _served(room), settings, at_desktop=at_desktop)
        sys.stdout.write("No mailmcp server runs for this home: this one does, until Ctrl-C.\n")
        sys.stdout.flush()
        await asyncio.Event().wait()
    finally:
        await room.aclose()
    return 0


async def _served(room: Mailroom) -> str:
    """The address of the page; a server that has just begun has it in a moment. Raises Refused."""
    loop = asyncio.get_running_loop()
    until = loop.time() + STARTING_SECONDS
    while loop.time() < until:
        if address := await room.pages.address():
            return address
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
    raise Refused(
        "The mailmcp server of this home serves no page: it is turned off there, or its port is taken"
        " (MAILMCP_WEB__PORT names another). `mailmcp held` lists what waits."
    )


def _show(address: str, settings: Settings, *, at_desktop: bool) -> None:
    link = opening(address, settings.home)
    shown = at_desktop and desktop.show(link)
    if sys.stdout.isatty():
        begin = "The page opens in your browser. If it does not, open this" if shown else "Open this"
        sys.stdout.write(f"{begin} within five minutes; it works once:\n  {link}\n")
    else:
        sys.stdout.write("The page opens in your browser.\n" if shown else "There is no browser to open.\n")
    sys.stdout.flush()
