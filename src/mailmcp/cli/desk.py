"""What a human does at a terminal: look at inboxes, and decide on held drafts."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable, Iterator
from email import message_from_bytes
from email.policy import default
from typing import Protocol, TypeVar, cast

from mailmcp.cli.terminal import plain as _plain
from mailmcp.cli.terminal import say as _say
from mailmcp.cli.usage import Misused
from mailmcp.config import Settings, load_settings
from mailmcp.errors import Refused
from mailmcp.mailroom.room import Mailroom
from mailmcp.models import Draft, DraftState

T = TypeVar("T")
TEXT_SHOWN = 200_000
"""Bytes of each text part that are shown to the human who decides."""


class OpenMailroom(Protocol):
    """How a mailroom is opened (decided in ``cli``)."""

    def __call__(self, settings: Settings, *, leads: bool) -> Awaitable[Mailroom]:
        """Open the home that the settings name."""
        ...


def inboxes(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    """``mailmcp inbox list|delete|block|allow|unlist``."""
    if options.action != "list" and not options.address:
        raise Misused(f"Which inbox? Write `mailmcp inbox {options.action} ADDRESS`; `mailmcp inbox list` lists them.")
    if options.action == "resume":
        from mailmcp.cli import afterwards

        return afterwards.resume(options, open_mailroom)
    if options.action in _LISTING:
        return _list_sender(options, open_mailroom)
    if options.pattern:
        raise Misused(f"`mailmcp inbox {options.action}` takes no pattern.")

    async def work(room: Mailroom) -> int:
        if options.action == "list":
            for line in (listed := await room.list_inboxes()):
                _say(f"{line.inbox.address}\t{line.unread} unread\t{_plain(line.inbox.label)}")
            if not listed:
                _say(
                    f"There is no inbox in {room.settings.home} yet. An assistant makes one with its tool create_inbox;"
                    " `mailmcp try` shows that, and how to add mailmcp to your assistant's program."
                )
            return 0
        removed = await room.delete_inbox(options.address)
        _say(f"{options.address} is gone, with {removed['messages']} message(s) and {removed['drafts']} draft(s).")
        return 0

    return in_room(options, open_mailroom, work)


_LISTING = {"block": False, "allow": True, "unlist": None}


def _list_sender(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    async def work(room: Mailroom) -> int:
        if options.pattern:
            await room.list_sender(options.address, options.pattern, allowed=_LISTING[options.action])
        for pattern, allowed in (lists := await room.sender_lists(options.address)).items():
            _say(f"{'allowed' if allowed else 'blocked'}\t{pattern}")
        if not lists:
            _say(f"{options.address} takes mail of everybody.")
        return 0

    return in_room(options, open_mailroom, work)


def quarantine(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    """``mailmcp quarantine [--release MESSAGE]``."""

    async def work(room: Mailroom) -> int:
        if options.release:
            await room.release(options.release)
            _say(f"{options.release} is let in; it shows within seconds.")
            return 0
        for one in (found := await room.quarantined()):
            words = (one.id, f"{one.received_at:%Y-%m-%d %H:%M}", one.inbox, one.from_.email, one.subject)
            _say("\t".join(_plain(word) for word in words))
        if not found:
            _say("No mail is in quarantine.")
        return 0

    return in_room(options, open_mailroom, work)


def held(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    """``mailmcp held``."""

    async def work(room: Mailroom) -> int:
        drafts = await room.open_drafts()
        waiting = [draft for draft in drafts if draft.state is DraftState.HELD]
        for draft in waiting:
            _say(f"{draft.id}\tcode {_code(draft)}\t{_plain(draft.subject)}\tto {', '.join(draft.recipients)}")
        if not waiting:
            _say("No draft waits for you.")
        for draft in drafts:
            if draft.state is DraftState.UNKNOWN:
                to = ", ".join(draft.recipients)
                _say(f"{draft.id}\tmay have left\t{_plain(draft.subject)}\tto {to}: ask them; it is not sent again.")
                _say(f"\tThen write `mailmcp settle {draft.id} --arrived`, or --not-arrived.")
        return 0

    return in_room(options, open_mailroom, work)


def approve(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    """``mailmcp approve ID``: only at a terminal, and only by typing the code that is shown there."""
    _which(options)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Refused("A draft is approved by a human at a terminal: run this command in one.")

    async def look(room: Mailroom) -> tuple[Draft, bytes]:
        draft, mime = await room.shown(options.draft)
        if draft.state is not DraftState.HELD:
            raise Refused(f"The draft {draft.id} does not wait for approval: it is {draft.state}.")
        return draft, mime

    # The home is closed while the human reads, and the key that interrupts works as everywhere.
    draft, mime = in_room(options, open_mailroom, look)
    _say(_as_it_will_leave(draft, mime))
    try:
        typed = input(f"Type {_code(draft)} to send it, anything else to leave it held: ")
    except EOFError:
        typed = ""
    if typed.strip() != _code(draft):
        _say("Nothing was sent; the draft is still held.")
        return 1

    async def let_go(room: Mailroom) -> Draft:
        return await room.approve(draft.id, sha256=draft.sha256, approver=getpass.getuser())

    gone = in_room(options, open_mailroom, let_go)
    _say(f"{gone.id} is {gone.state}." + (f" {gone.error}" if gone.error else ""))
    return 0 if gone.state in (DraftState.SENT, DraftState.QUEUED) else 1


def reject(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    """``mailmcp reject ID``."""
    _which(options)

    async def work(room: Mailroom) -> int:
        draft = await room.reject(options.draft, word=options.word or "", approver=getpass.getuser())
        _say(f"{draft.id} is {draft.state}.")
        return 0

    return in_room(options, open_mailroom, work)


def _which(options: argparse.Namespace) -> None:
    if not options.draft:
        raise Misused(f"Which draft? Write `mailmcp {options.command} DRAFT`; `mailmcp held` lists them.")


def in_room(options: argparse.Namespace, open_mailroom: OpenMailroom, work: Callable[[Mailroom], Awaitable[T]]) -> T:
    """Do something in the home that the options name."""

    async def run() -> T:
        room = await open_mailroom(load_settings(options.home), leads=False)
        try:
            return await work(room)
        finally:
            await room.aclose()

    return asyncio.run(run())


def _code(draft: Draft) -> str:
    """Four characters of what is approved: typed by somebody who has seen them."""
    return draft.sha256[:4]


def _as_it_will_leave(draft: Draft, mime: bytes) -> str:
    """The message from its bytes (never a summary), every recipient, and why it is held; controls made visible.

    The recipients stand at the end as well: a long message scrolls its beginning away.
    """
    lines = [
        f"From: {draft.inbox}",
        f"To every one of: {', '.join(draft.recipients)}",
        *(f"Held because: {reason.sentence}" for reason in draft.reasons),
        *([f"The assistant says: {_plain(' '.join(draft.note.split()))}"] if draft.note else []),
        "--- the message as it will leave (Date is added) ---",
        *map(_plain, _words(mime)),
        f"--- end; it leaves to {', '.join(draft.recipients)} ---",
    ]
    return "\n".join(lines)


def _words(mime: bytes) -> Iterator[str]:
    """Every header and every part with its transfer encoding undone: nobody can read base64 at a terminal."""
    mail = message_from_bytes(mime, policy=default)
    yield from (f"{name}: {value}" for name, value in mail.items())
    for part in mail.walk():
        if part.is_multipart():
            continue
        name, data = part.get_filename(), cast(bytes, part.get_payload(decode=True))
        yield f"\n[{part.get_content_type()}, {len(data)} bytes{f', attached as {name}' if name else ''}]"
        if part.get_content_maintype() == "text":
            yield data[:TEXT_SHOWN].decode("utf-8", "replace").replace("\r\n", "\n")
            if len(data) > TEXT_SHOWN:
                yield f"[{len(data) - TEXT_SHOWN} more bytes]"
