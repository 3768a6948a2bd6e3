"""What a human does at a terminal: look at inboxes, and decide on held drafts."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from typing import Protocol

from mailmcp.config import Settings, load_settings
from mailmcp.errors import BadInput, Refused
from mailmcp.mailroom.room import Mailroom
from mailmcp.models import Draft, DraftState


class OpenMailroom(Protocol):
    """How a mailroom is opened (decided in ``cli``)."""

    def __call__(self, settings: Settings, *, leads: bool) -> Awaitable[Mailroom]:
        """Open the home that the settings name."""
        ...


def inboxes(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    """``mailmcp inbox list|delete ADDRESS``."""

    async def work(room: Mailroom) -> int:
        if options.action == "list":
            for line in await room.list_inboxes():
                _say(f"{line.inbox.address}\t{line.unread} unread\t{line.inbox.label}")
            return 0
        if not options.address:
            raise BadInput("Which inbox? Write `mailmcp inbox delete ADDRESS`.")
        removed = await room.delete_inbox(options.address)
        _say(f"{options.address} is gone, with {removed['messages']} message(s) and {removed['drafts']} draft(s).")
        return 0

    return _in_room(options, open_mailroom, work)


def held(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    """``mailmcp held``."""

    async def work(room: Mailroom) -> int:
        waiting = [draft for draft in await room.open_drafts() if draft.state is DraftState.HELD]
        for draft in waiting:
            _say(f"{draft.id}\tcode {_code(draft)}\t{_plain(draft.subject)}\tto {', '.join(draft.recipients)}")
        if not waiting:
            _say("No draft waits for you.")
        return 0

    return _in_room(options, open_mailroom, work)


def approve(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    """``mailmcp approve ID``: only at a terminal, and only by typing the code that is shown there."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Refused("A draft is approved by a human at a terminal: run this command in one.")

    async def work(room: Mailroom) -> int:
        draft, mime = await room.shown(options.draft)
        if draft.state is not DraftState.HELD:
            raise Refused(f"The draft {draft.id} does not wait for approval: it is {draft.state}.")
        _say(_as_it_will_leave(draft, mime))
        typed = await asyncio.to_thread(input, f"Type {_code(draft)} to send it, anything else to leave it held: ")
        if typed.strip() != _code(draft):
            _say("Nothing was sent; the draft is still held.")
            return 1
        draft = await room.approve(draft.id, sha256=draft.sha256, approver=getpass.getuser())
        _say(f"{draft.id} is {draft.state}." + (f" {draft.error}" if draft.error else ""))
        return 0 if draft.state in (DraftState.SENT, DraftState.QUEUED) else 1

    return _in_room(options, open_mailroom, work)


def reject(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    """``mailmcp reject ID``."""

    async def work(room: Mailroom) -> int:
        draft = await room.reject(options.draft, word=options.word, approver=getpass.getuser())
        _say(f"{draft.id} is {draft.state}.")
        return 0

    return _in_room(options, open_mailroom, work)


def _in_room(
    options: argparse.Namespace, open_mailroom: OpenMailroom, work: Callable[[Mailroom], Awaitable[int]]
) -> int:
    async def run() -> int:
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
    """The message from its bytes (never a summary), every recipient, and why it is held; controls made visible."""
    lines = [
        f"From: {draft.inbox}",
        f"To every one of: {', '.join(draft.recipients)}",
        *(f"Held because: {reason.sentence}" for reason in draft.reasons),
        *([f"The assistant says: {_plain(draft.note)}"] if draft.note else []),
        "--- the message as it will leave (Date is added) ---",
        _plain(mime.decode("utf-8", "replace").replace("\r\n", "\n")),
        "--- end ---",
    ]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Control and invisible characters made visible: what a terminal would act on must not hide a recipient."""
    kept = (one if one in "\n\t" or one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
    return "".join(kept)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
