"""What a human does at a terminal about mail that left: say what became of it when nobody else can."""

from __future__ import annotations

import argparse
import getpass

from mailmcp.cli.desk import OpenMailroom, in_room
from mailmcp.cli.terminal import confirmed, in_a_terminal, plain, say
from mailmcp.cli.usage import Misused
from mailmcp.errors import Refused
from mailmcp.mailroom.room import Mailroom
from mailmcp.models import Draft, DraftState


def settle(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    """``mailmcp settle DRAFT --arrived|--not-arrived``: what became of a draft that may have left."""
    if not options.draft:
        raise Misused(
            "Which draft? Write `mailmcp settle DRAFT --arrived` (or --not-arrived); `mailmcp held` lists them."
        )
    if options.arrived == options.not_arrived:
        raise Misused(f"Did it arrive? Write `mailmcp settle {options.draft} --arrived` or --not-arrived.")
    in_a_terminal("What became of a draft is said")

    async def look(room: Mailroom) -> Draft:
        draft = await room.draft(options.draft)
        if draft.state is not DraftState.UNKNOWN:
            raise Refused(f"What became of the draft {draft.id} is known: it is {draft.state}.")
        return draft

    draft = in_room(options, open_mailroom, look)
    say(f"From {draft.inbox} to {', '.join(draft.recipients)}: {plain(draft.subject)}")
    follows = (
        "it counts as sent, and a copy is kept." if options.arrived else "it counts as failed, and may be sent anew."
    )
    if not confirmed(f"to say that it {'arrived' if options.arrived else 'did not arrive'}: {follows}"):
        say("Nothing was changed; what became of the draft is still unknown.")
        return 1

    async def work(room: Mailroom) -> Draft:
        return await room.settle(draft.id, arrived=options.arrived, by=getpass.getuser())

    settled = in_room(options, open_mailroom, work)
    say(f"{settled.id} is {settled.state}.")
    return 0
