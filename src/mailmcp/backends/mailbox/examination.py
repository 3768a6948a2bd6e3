"""What a user would ask about an account, found out by logging in once; nothing is changed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from mailmcp.backends.mailbox import commands, drafts, errands, folders
from mailmcp.backends.mailbox.accounts import Account
from mailmcp.backends.mailbox.client import Client, CommandRefused
from mailmcp.backends.mailbox.connection import Connection
from mailmcp.errors import BackendError, TryLater
from mailmcp.models import Finding, Standing

SECONDS = 30
SUBJECT = "mailbox"


async def examined(account: Account, connect: Callable[[], Awaitable[Connection]]) -> list[Finding]:
    """How it stands with an account, each finding in a sentence."""
    try:
        async with asyncio.timeout(SECONDS):
            connection = await connect()
            try:
                return await _looked_at(account, connection)
            finally:
                connection.close()
    except TimeoutError:
        return [_wrong(f"The server of {account.address} does not answer in {SECONDS} seconds.")]
    except TryLater as error:
        return [_wrong(error.public)]
    except BackendError as error:
        return [_wrong(error.public, stops=True)]


async def _looked_at(account: Account, connection: Connection) -> list[Finding]:
    listed = await connection.run(folders.listed)
    found: list[Finding] = []
    read: list[str] = []
    for wanted in account.settings.folders:
        name = listed.found(wanted)
        try:
            if name is None:
                raise CommandRefused("There is none of this name.")
            selected = await connection.run(partial(commands.select, name=name))
            read.append(f"{name} with {selected.exists:,} mail(s)")
        except CommandRefused:
            found.append(_weak(f"{account.address} has no folder {wanted!r} that can be read: {_names(listed)}."))
    idles, uidplus = await connection.run(_offers)
    told = "new mail is told by IDLE" if idles else "the server tells of nothing, so it is asked again and again"
    access = "read and written" if account.writes else "only read"
    what = f"the login works at {connection.at}; {access}; {', '.join(read) or 'no folder is read'}; {told}."
    first = _fine(f"{account.address}: {what}") if read else _wrong(f"{account.address}: {what}", stops=True)
    return [first, *found, *_written(account, listed, uidplus=uidplus)]


def _written(account: Account, listed: folders.Listed, *, uidplus: bool) -> list[Finding]:
    """Where copies go."""
    found: list[Finding] = []
    if (sent := errands.filed_in(account, listed)) is not None:
        found.append(_fine(f"Copies of what is sent from {account.address} are filed in {sent}."))
    elif account.writes and account.settings.save_sent != "never" and "\\sent" not in listed.uses:
        found.append(_weak(f"{account.address} has no folder for sent mail: no copies are filed. {_names(listed)}."))
    if account.settings.save_drafts:
        shown = drafts.shown_in(account, listed)
        if shown is not None:
            how = "" if uidplus else " Without UIDPLUS they are only marked as deleted afterwards."
            found.append(_fine(f"Held drafts are shown in {shown}.{how}"))
        else:
            why = f"set {account.called('access')} to write" if not account.writes else _names(listed)
            found.append(_weak(f"Held drafts are not shown in {account.address}: {why}."))
    return found


def _offers(client: Client) -> tuple[bool, bool]:
    """In the thread: whether the server tells of changes, and whether single mails can be taken out."""
    return client.has_capability("IDLE"), client.has_capability("UIDPLUS")


def _names(listed: folders.Listed) -> str:
    return f"its folders are {', '.join(listed.names[:30])}"


def _fine(sentence: str) -> Finding:
    return Finding(subject=SUBJECT, standing=Standing.FINE, sentence=sentence)


def _weak(sentence: str) -> Finding:
    return Finding(subject=SUBJECT, standing=Standing.WEAK, sentence=sentence)


def _wrong(sentence: str, *, stops: bool = False) -> Finding:
    return Finding(subject=SUBJECT, standing=Standing.WRONG, sentence=sentence, stops=stops)
