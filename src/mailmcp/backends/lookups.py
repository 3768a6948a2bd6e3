"""What became of sent mail, where a service has nothing for that but its own lists."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from mailmcp.backends.calls import Pace
from mailmcp.backends.services import Missing
from mailmcp.errors import BackendError
from mailmcp.models import Event, Events, Receipt

LOOKS = (0, 2, 4, 8, 16)
"""Before each look for a send without an answer, this many times the pause of a call."""
MOST_ASKED = 20
"""Sent mails whose state is asked for in one go."""


async def looked_for(service: str, pace: Pace, look: Callable[[], Awaitable[Receipt | None]]) -> Receipt:
    """A send without an answer, looked for again and again. Raises BackendError when it is not seen: nobody knows."""
    for wait in LOOKS:
        await asyncio.sleep(wait * pace.back_off)
        if (found := await look()) is not None:
            return found
    raise unseen(service)


def unseen(service: str) -> BackendError:
    """What is said of a send of which nobody knows whether it left."""
    return BackendError(f"{service} does not show whether the message left: look there before it is sent again.")


async def states(cursor: str | None, sent: Sequence[str], ask: Callable[[str], Awaitable[Event | None]]) -> Events:
    """What ``ask`` says of sent mails, some at a time and in turn; one that is Missing was deleted there."""
    begin = int(cursor or 0) % max(len(sent), 1)
    told: list[Event] = []
    for one in [*sent[begin:], *sent[:begin]][:MOST_ASKED]:
        try:
            event = await ask(one)
        except Missing:
            continue
        if event is not None:
            told.append(event)
    return Events(events=tuple(told), cursor=str(begin + MOST_ASKED))
