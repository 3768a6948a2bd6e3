"""`mailmcp inbox export|import`: an inbox's mail to and from files of mail."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mailmcp.cli.desk import in_room
from mailmcp.cli.terminal import plain, say
from mailmcp.cli.usage import Misused

if TYPE_CHECKING:
    from mailmcp.cli.desk import OpenMailroom
    from mailmcp.mailroom.archiving import Exported
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
            say(_written(done, path, maildir=options.maildir))
            return 0
        taken = await room.archiving.take_in(options.address, path, progress=lambda done: say(f"{done:,} so far …"))
        for sentence in taken.left_out:
            say(plain(sentence))
        counts = (
            (taken.known, "were there already"),
            (taken.too_large, "were too large"),
            (taken.unreadable, "could not be read"),
        )
        rest = "".join(f", {count} {what}" for count, what in counts if count)
        say(f"{taken.stored} message(s) are in {options.address} now{rest}.")
        return 1 if taken.too_large or taken.unreadable else 0

    return in_room(options, open_mailroom, work)


def _written(done: Exported, path: Path, *, maildir: bool) -> str:
    """Only files that are there are spoken of: an mbox without a message is none."""
    sent = f"{done.sent} sent one(s) in {'its folder .Sent' if maildir else f'{path.name}.sent'}"
    if done.received or maildir:
        return f"{done.received} message(s) are in {path}{f', {sent}' if done.sent else ''}."
    if done.sent:
        return f"There are only {sent}, beside {path}, which was not written: nothing was received."
    return f"The inbox holds no mail: {path} was not written."
