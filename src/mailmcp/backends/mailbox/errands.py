"""What is done in an account: marks that were set here, and copies of what was sent."""

from __future__ import annotations

import logging
import re
from functools import partial

from mailmcp.backends.contract import Ledger
from mailmcp.backends.mailbox import commands
from mailmcp.backends.mailbox.accounts import Account
from mailmcp.backends.mailbox.client import Client, CommandRefused
from mailmcp.backends.mailbox.connection import Connection
from mailmcp.backends.mailbox.folders import Listed
from mailmcp.errors import BackendError
from mailmcp.models import Errand

log = logging.getLogger("mailmcp.backends.imap")

MOST_TRIES = 8
_MESSAGE_ID = re.compile(rb"^message-id[ \t]*:[ \t\r\n]*(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE)


async def do_all(connection: Connection, account: Account, ledger: Ledger, folders: Listed) -> None:
    """Do what is due. One that cannot be done is tried again later; what breaks the connection is raised."""
    for errand in await ledger.errands(account.address):
        if not account.writes or errand.tries >= MOST_TRIES:
            await ledger.done(errand)
            continue
        try:
            if errand.kind == "copy":
                await _file(connection, account, folders, errand.octets)
                await ledger.done(errand)
            else:
                await ledger.done(errand, await connection.run(partial(_mark, errand=errand)))
        except CommandRefused:
            await ledger.put_off(errand)  # others may be done all the same
        except BackendError:
            await ledger.put_off(errand)
            raise


def _mark(client: Client, errand: Errand) -> tuple[str, ...] | None:
    """In the thread: what flags the mail has then; None when it is not there any more."""
    if commands.select(client, errand.folder, writable=True).uidvalidity != errand.uidvalidity:
        return None
    if errand.add:
        client.add_flags([errand.uid], errand.add)
    if errand.remove:
        client.remove_flags([errand.uid], errand.remove)
    return commands.flags(client, [errand.uid]).get(errand.uid)


def filed_in(account: Account, folders: Listed) -> str | None:
    """The folder in which copies of what was sent are filed; None when none are, or there is none."""
    how = account.settings.save_sent
    by_itself = account.preset is not None and account.preset.files_sent
    if not account.writes or how == "never" or (how == "auto" and by_itself):
        return None
    return folders.uses.get("\\sent")


async def _file(connection: Connection, account: Account, folders: Listed, octets: bytes) -> None:
    folder = filed_in(account, folders)
    if folder is None:
        if "\\sent" not in folders.uses:
            log.warning("%s has no folder for sent mail: no copy is filed", account.address)
        return
    await connection.run(partial(_append, folder=folder, octets=octets))


def _append(client: Client, folder: str, octets: bytes) -> None:
    """In the thread. A copy that is there already, from the provider or from a try whose answer was lost, is enough."""
    found = _MESSAGE_ID.search(octets.partition(b"\r\n\r\n")[0] + b"\r\n")
    if found is not None:
        commands.select(client, folder)
        if list(client.search(["HEADER", "Message-ID", found[1].decode("ascii", "replace")])):
            return
    client.append(folder, octets, ("\\Seen",))
