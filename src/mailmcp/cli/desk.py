"""What a human does at a terminal: look at inboxes, and decide on held drafts."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from email import message_from_bytes
from email.policy import default
from typing import Protocol, TypeVar, cast

from mailmcp.cli.terminal import agreed
from mailmcp.cli.terminal import plain as _plain
from mailmcp.cli.terminal import say as _say
from mailmcp.cli.usage import Misused
from mailmcp.config import Settings, load_settings
from mailmcp.errors import Refused
from mailmcp.mailroom.requests import UNPROVED, Presented
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
    """``mailmcp inbox list|delete|export|import|block|allow|unlist|resume|keep``."""
    if options.action != "list" and not options.address:
        raise Misused(f"Which inbox? Write `mailmcp inbox {options.action} ADDRESS`; `mailmcp inbox list` lists them.")
    if options.action == "resume":
        from mailmcp.cli import afterwards

        return afterwards.resume(options, open_mailroom)
    if options.action in ("export", "import"):
        from mailmcp.cli import archives

        return archives.archives(options, open_mailroom)
    if options.action == "keep":
        from mailmcp.cli import keeping

        return keeping.keep(options, open_mailroom)
    if options.days or options.size:
        raise Misused("--days and --size belong to `mailmcp inbox keep`.")
    if options.maildir:
        raise Misused("--maildir belongs to `mailmcp inbox export`.")
    if options.action in _LISTING:
        return _list_sender(options, open_mailroom)
    if options.pattern:
        raise Misused(f"`mailmcp inbox {options.action}` takes no pattern.")
    # Only a human is asked: a script has no second thoughts.
    asks = options.action == "delete" and sys.stdin.isatty()
    if asks and not agreed(f"{_plain(options.address)} and all its mail go for good. Delete it?"):
        _say("Nothing was deleted: `mailmcp inbox export` keeps a copy of its mail.")
        return 1

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
        await room.keeping.free(after_deletion=True)
        _say(f"{options.address} is gone, with {removed['messages']} message(s) and {removed['drafts']} draft(s).")
        return 0

    return in_room(options, open_mailroom, work)


_LISTING = {"block": False, "allow": True, "unlist": None}


def _list_sender(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    async def work(room: Mailroom) -> int:
        if options.pattern:
            await room.admitting.list_sender(options.address, options.pattern, allowed=_LISTING[options.action])
        for pattern, allowed in (lists := await room.admitting.sender_lists(options.address)).items():
            _say(f"{'allowed' if allowed else 'blocked'}\t{pattern}")
        if not lists:
            _say(f"{options.address} takes mail of everybody.")
        return 0

    return in_room(options, open_mailroom, work)


def quarantine(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    """``mailmcp quarantine [--release MESSAGE]``."""

    async def work(room: Mailroom) -> int:
        if options.release:
            await room.admitting.release(options.release)
            _say(f"{options.release} is let in; it shows within seconds.")
            return 0
        for one in (found := await room.admitting.quarantined()):
            words = (one.id, f"{one.received_at:%Y-%m-%d %H:%M}", one.inbox, one.from_.email, one.subject)
            _say("\t".join(_plain(word) for word in words))
        if not found:
            _say("No mail is in quarantine.")
        return 0

    return in_room(options, open_mailroom, work)


def held(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    """``mailmcp held``. Codes are for whoever sits at a terminal: a pipe gets none."""
    codes = sys.stdout.isatty()

    async def work(room: Mailroom) -> int:
        drafts = await room.open_drafts()
        waiting = [draft for draft in drafts if draft.state is DraftState.HELD]
        for draft in waiting:
            code = f"code {await room.code(draft)}\t" if codes else ""
            _say(f"{draft.id}\t{code}{_plain(draft.subject)}\tto {', '.join(draft.recipients)}")
        if not waiting:
            _say("No draft waits for you.")
        elif address := await room.pages.address():
            _say(
                f"`mailmcp approve DRAFT` shows one and lets it go; so does the page {address} (`mailmcp ui` opens it)."
            )
        else:
            _say("`mailmcp approve DRAFT` shows one and lets it go.")
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

    async def look(room: Mailroom) -> tuple[Presented, str]:
        shown = await room.presenting.present(options.draft)
        if shown.draft.state is not DraftState.HELD:
            raise Refused(f"The draft {shown.draft.id} does not wait for approval: it is {shown.draft.state}.")
        return shown, await room.code(shown.draft)

    # The home is closed while the human reads, and the key that interrupts works as everywhere.
    shown, code = in_room(options, open_mailroom, look)
    draft = shown.draft
    _say(_as_it_will_leave(shown))
    try:
        typed = input(f"Type {code} to send it, anything else to leave it held: ")
        passphrase = getpass.getpass("The approver's passphrase: ") if _is(typed, code) and shown.passphrase else None
    except EOFError:
        typed, passphrase = "", None
        _say("")  # the question has no end of line yet
    if not _is(typed, code):
        _say("Nothing was sent; the draft is still held.")
        return 1

    async def let_go(room: Mailroom) -> Draft:
        return await room.approve(draft.id, sha256=draft.sha256, approver=who(), passphrase=passphrase)

    gone = in_room(options, open_mailroom, let_go)
    if gone.state is DraftState.QUEUED:
        when = "at its time" if gone.send_at else "as soon as a mailmcp server of this home can send it"
        _say(f"{gone.id} is approved, and leaves {when}.")
        return 0
    _say(f"{gone.id} is {gone.state}." + (f" {gone.error}" if gone.error else ""))
    return 0 if gone.state is DraftState.SENT else 1


def reject(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    """``mailmcp reject ID``."""
    _which(options)

    async def work(room: Mailroom) -> int:
        draft = await room.reject(options.draft, word=options.word or "", approver=who())
        _say(f"{draft.id} is {draft.state}.")
        return 0

    return in_room(options, open_mailroom, work)


def approver(options: argparse.Namespace, open_mailroom: OpenMailroom) -> int:
    """``mailmcp approver set|clear|status``."""
    if options.action == "status":
        return in_room(options, open_mailroom, _say_approver)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Refused("A passphrase is typed by a human at a terminal: run this command in one.")
    is_set = in_room(options, open_mailroom, lambda room: room.approver.is_set())
    if options.action == "clear" and not is_set:
        _say("No passphrase is set.")
        return 0
    try:
        old = getpass.getpass("The passphrase that is set now: ") if is_set else None
        new = getpass.getpass("A new passphrase: ") if options.action == "set" else ""
        if options.action == "set" and getpass.getpass("The same once more: ") != new:
            raise Refused("The two are not the same; nothing has changed.")
    except EOFError:
        raise Refused("Nothing has changed.") from None

    async def work(room: Mailroom) -> int:
        if options.action == "set":
            await room.approver.set(new, old=old)
        else:
            await room.approver.clear(old or "")
        return await _say_approver(room)

    return in_room(options, open_mailroom, work)


async def _say_approver(room: Mailroom) -> int:
    if await room.approver.is_set():
        _say("Approvals need the approver's passphrase.")
    else:
        _say(f"Approvals need no passphrase. {UNPROVED} `mailmcp approver set` asks for one from then on.")
    return 0


def who() -> str:
    """Who sits here, for the audit log."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, in a container
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "somebody"


def _is(typed: str, code: str) -> bool:
    return typed.strip().lower() == code


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


def _as_it_will_leave(shown: Presented) -> str:
    """The message from its bytes (never a summary), every recipient, and why it is held; controls made visible.

    The recipients stand at the end as well: a long message scrolls its beginning away.
    """
    draft = shown.draft
    named = {one.address.email: f"{one.address.email} ({one.ascii})" for one in shown.people if one.ascii}
    recipients = ", ".join(named.get(one, one) for one in draft.recipients)
    lines = [
        f"From: {draft.inbox}",
        f"To every one of: {recipients}",
        *(f"Held because: {reason.sentence}" for reason in draft.reasons),
        *(f"Mind: {_plain(notice)}" for notice in shown.notices),
        *([f"The assistant says: {_plain(' '.join(draft.note.split()))}"] if draft.note else []),
        "--- the message as it will leave (Date is added) ---",
        *map(_plain, _words(shown.mime)),
        *([f"--- hidden in its HTML: {_plain(' '.join(words.split()))}" for _, words in shown.hidden]),
        f"--- end; it leaves to {recipients} ---",
        f"Version {draft.revision}, SHA-256 {draft.sha256}; {_audited(shown)}.",
        *([] if shown.passphrase else [UNPROVED]),
    ]
    return "\n".join(lines)


def _audited(shown: Presented) -> str:
    return f"audit log at line {shown.audit[0]}, {shown.audit[1]}" if shown.audit else "the audit log is empty"


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
