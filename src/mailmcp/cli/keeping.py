"""`mailmcp inbox keep`: how long an inbox keeps its mail, and how much of it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mailmcp.cli.desk import in_room
from mailmcp.cli.terminal import say
from mailmcp.cli.usage import Misused
from mailmcp.mailroom.keeping import MIB

if TYPE_CHECKING:
    from mailmcp.cli.desk import OpenMailroom
    from mailmcp.mailroom.room import Mailroom


def keep(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    """Set the rule of an inbox, or show it when neither limit is given."""
    days, mib = _number("--days", options.days), _number("--size", options.size)

    async def work(room: Mailroom) -> int:
        if days is None and mib is None:
            rule = await room.keeping.rule(options.address)
        else:
            rule = await room.keeping.keep(options.address, days=days, mib=mib)
        limits = [f"mail of the last {rule.days} day(s)"] if rule.days else []
        limits += [f"the newest {rule.octets // MIB} MiB"] if rule.octets else []
        say(f"{options.address} keeps {' and of that '.join(limits) or 'all its mail'}.")
        if limits:
            say("Older mail is deleted by the process that leads, within hours; what an open draft answers stays.")
        return 0

    return in_room(options, open_mailroom, work)


def _number(option: str, given: str | None) -> int | None:
    if given is None:
        return None
    if not (given.isascii() and given.isdecimal()):
        raise Misused(f"After {option} must stand a whole number, 0 for without limit.")
    return int(given[:12])
