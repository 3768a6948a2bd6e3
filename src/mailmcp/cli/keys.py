"""`mailmcp keys`: who may come in over HTTP. A secret is shown once, where it was asked for, and kept nowhere."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mailmcp.cli.usage import Misused
from mailmcp.models import ABILITIES, Ability, Key

if TYPE_CHECKING:
    from mailmcp.cli.desk import OpenMailroom
    from mailmcp.mailroom.keyring import Keyring

OVERLAP_HOURS = 24
LONGEST_OVERLAP = 24 * 30


def keys(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    """Create, list, rotate or revoke."""
    if options.action in ("rotate", "revoke") and not options.key:
        raise Misused(f"`mailmcp keys {options.action}` takes a key, such as k_…; `mailmcp keys list` lists them.")
    if options.action in ("create", "list") and options.key:
        raise Misused(f"`mailmcp keys {options.action}` takes no further '{options.key[:40]}'.")
    abilities, overlap = _abilities(options.can), _overlap(options.overlap)

    async def run() -> int:
        from mailmcp.config import load_settings

        room = await open_mailroom(load_settings(options.home), leads=False)
        try:
            return await _carry_out(options, room.keyring, abilities, overlap)
        finally:
            await room.aclose()

    return asyncio.run(run())


async def _carry_out(
    options: argparse.Namespace, keyring: Keyring, abilities: tuple[Ability, ...], overlap: timedelta
) -> int:
    match options.action:
        case "create":
            key, secret = await keyring.create(
                abilities=abilities, inboxes=tuple(options.inbox or ()), every=options.all, label=options.label or ""
            )
            sys.stdout.write(f"{_line(key)}\n\n  {secret}\n\n{_SHOWN_ONCE}\n")
        case "rotate":
            key, secret = await keyring.rotate(options.key, overlap=overlap)
            until = f" The secret before is taken until {_time(key.old_until)}." if overlap and key.old_until else ""
            sys.stdout.write(f"{_line(key)}\n\n  {secret}\n\n{_SHOWN_ONCE}{until}\n")
        case "revoke":
            key = await keyring.revoke(options.key)
            sys.stdout.write(f"{key.id} opens nothing any more.\n")
        case _:
            listed = await keyring.listed()
            sys.stdout.write("".join(f"{_line(one)}\n" for one in listed) or "There are no keys.\n")
    return 0


_SHOWN_ONCE = (
    "This is shown once. A client sends it with each request as `Authorization: Bearer` and the key, to the address"
    " that `mailmcp serve --transport http` names."
)


def _line(key: Key) -> str:
    opens = "all inboxes" if key.every else ", ".join(key.inboxes) or "the inboxes that it will make"
    words = [key.id, "can", ",".join(one for one in ABILITIES if one in key.abilities), "in", opens]
    if key.label:
        words.append(f"({''.join(one if one.isprintable() else '?' for one in key.label)})")
    if key.revoked_at:
        words.append(f"revoked {_time(key.revoked_at)}")
    elif key.used_at:
        words.append(f"used {_time(key.used_at)}")
    return " ".join(words)


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "never"


def _abilities(written: str | None) -> tuple[Ability, ...]:
    words = [one.strip() for one in (written or "read").split(",") if one.strip()]
    if strange := [one for one in words if one not in ABILITIES]:
        raise Misused(f"--can takes {', '.join(ABILITIES)}, not '{strange[0][:40]}'.")
    return tuple(one for one in ABILITIES if one in words)


def _overlap(written: str | None) -> timedelta:
    if written is None:
        return timedelta(hours=OVERLAP_HOURS)
    if not re.fullmatch(r"[0-9]{1,6}", written) or int(written) > LONGEST_OVERLAP:
        raise Misused(f"--overlap takes hours, at most {LONGEST_OVERLAP}, not '{written[:20]}'.")
    return timedelta(hours=int(written))
