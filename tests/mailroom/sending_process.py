"""A process of a home that sends a number of mails at once and ends when none is open: it is made to be killed.

Arguments: home, first number, how many. Settings come from the environment.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from mailmcp.authenticity.dns import StaticResolver
from mailmcp.backends import open_backend
from mailmcp.config import load_settings
from mailmcp.mailroom.pace import Pace
from mailmcp.mailroom.requests import SendRequest
from mailmcp.mailroom.room import Mailroom

QUICK = Pace(progress=0.05, share=0.1, takeover=0.02, listen_again=0.05, flush=0.02, back_off=(0.05,) * 20)


async def run(home: Path, first: int, count: int) -> None:
    settings = load_settings(home)
    room = await Mailroom.open(
        settings,
        lambda reception: open_backend(settings.backend, settings, reception),
        QUICK,
        resolver=StaticResolver({}),
    )
    inbox = (await room.create_inbox(name="anna", key="anna"))[0].address
    requests = [
        SendRequest(inbox=inbox, to=("ann@world.example",), subject=f"number {number}", body="Some words.")
        for number in range(first, first + count)
    ]
    await asyncio.gather(*(room.send(request) for request in requests))
    while any(draft.state != "unknown" for draft in await room.open_drafts()):  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.02)
    await room.aclose()


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
