"""`mailmcp inbox export|import`: an inbox's mail to and from files of mail."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mailmcp.cli.desk import in_room
from mailmcp.cli.terminal import say
from mailmcp.cli.usage import Misused

if TYPE_CHECKING:
    from mailmcp.cli.desk import OpenMailroom
    from mailmcp.mailroom.room import Mailroom


def archives(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    """Write an inbox to an mbox or a Maildir, or take in the mail of one."""
    if not options.pattern:
        what = "to write" if options.action == "export" else "to read"
        raise Misused(f"Which file {what}? Write `mailmcp inbox {options.action} ADDRESS PATH`.")
    path = Path(options.pattern).expanduser().absolute()

    async def work(room: Mailroom) -> int:
        if options.action == "export":
            done = await room.archiving.export(options.address, path, maildir=options.maildir)
            beside = f", {done.sent} sent one(s) in {'its folder .Sent' if options.maildir else f'{path.name}.sent'}"
            say(f"{done.received} message(s) are in {path}{beside if done.sent else ''}.")
            return 0
        taken = await room.archiving.take_in(options.address, path)
        known = f", {taken.known} were there already" if taken.known else ""
        large = f", {taken.too_large} were too large" if taken.too_large else ""
        say(f"{taken.stored} message(s) are in {options.address} now{known}{large}.")
        return 1 if taken.too_large else 0

    return in_room(options, open_mailroom, work)
