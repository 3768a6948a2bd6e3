"""What a human does at a terminal about mail that left: say what became of it when nobody else can, let somebody be
written to again, let an inbox send again.
"""

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


def suppression(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    """``mailmcp suppression list|remove ADDRESS``."""
    if options.action == "list":
        return in_room(options, open_mailroom, _list_suppressed)
    if not options.address:
        raise Misused("Which address? Write `mailmcp suppression remove ADDRESS`; `suppression list` lists them.")
    in_a_terminal("An address is written to again when that is allowed")
    if not confirmed(f"to let {plain(options.address)} be written to again:"):
        say("Nothing was changed.")
        return 1

    async def work(room: Mailroom) -> str:
        return await room.unsuppress(options.address, by=getpass.getuser())

    say(f"{plain(in_room(options, open_mailroom, work))} may be written to again.")
    return 0


def resume(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    """``mailmcp inbox resume ADDRESS``."""
    in_a_terminal("The pause of an inbox is ended")
    if not confirmed(f"to let {plain(options.address)} send again:"):
        say("Nothing was changed.")
        return 1

    async def work(room: Mailroom) -> None:
        await room.resume(options.address, by=getpass.getuser())

    in_room(options, open_mailroom, work)
    say(f"{plain(options.address)} sends again; what was held meanwhile waits for you: `mailmcp held`.")
    return 0


async def _list_suppressed(room: Mailroom) -> int:
    for one in (found := await room.suppressed()):
        say(
            "\t".join(
                plain(word) for word in (one.email, f"{one.since:%Y-%m-%d %H:%M}", one.inbox, one.reason, one.detail)
            )
        )
    if not found:
        say("Mail may go to everybody, as far as what came back is concerned.")
    return 0
