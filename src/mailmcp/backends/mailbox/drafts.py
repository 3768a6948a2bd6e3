"""Copies of held drafts in the account's folder of drafts, for the human to see; what is decided goes by mailmcp alone.

Each copy carries a field of ours in its header, and nothing without this very field is ever taken out: a draft that the
human has changed in another program is the human's. A copy is written down before it is put there, so that one whose
answer was lost is found again.
"""

from __future__ import annotations

import logging
import re
import time
from dataclasses import replace
from functools import partial
from typing import Any

from mailmcp.backends.contract import Ledger
from mailmcp.backends.mailbox import commands
from mailmcp.backends.mailbox.accounts import Account
from mailmcp.backends.mailbox.client import Client, CommandRefused
from mailmcp.backends.mailbox.connection import Connection
from mailmcp.backends.mailbox.folders import Listed
from mailmcp.models import DraftCopy

log = logging.getLogger("mailmcp.backends.imap")

FIELD = "X-Mailmcp-Draft"
REST_SECONDS = 60
"""After the server refused: its mailbox may be full."""
_APPENDED = re.compile(rb"\[APPENDUID (\d{1,10}) (\d{1,10})\]", re.IGNORECASE)


class DraftsKept:
    """The copies of one account."""

    def __init__(self, account: Account, ledger: Ledger) -> None:
        self._account = account
        self._ledger = ledger
        self._rests_until = 0.0

    async def keep(self, connection: Connection, listed: Listed) -> None:
        """Put there what is held, and take out what is no more, or is another by now."""
        if not self._account.writes or time.monotonic() < self._rests_until:
            return
        address, folder = self._account.address, shown_in(self._account, listed)
        added, removed = await self._ledger.draft_copies(address, wanted=folder is not None)
        try:
            for copy in removed:
                if copy.folder in listed.names:
                    await connection.run(partial(_take_out, copy=copy))
                await self._ledger.draft_taken_out(address, copy.draft)
            for copy in added if folder is not None else ():
                meant = replace(copy, folder=str(folder))
                await self._ledger.keep_draft_copy(address, meant, filed=False)
                await self._ledger.keep_draft_copy(address, await connection.run(partial(_put, copy=meant)), filed=True)
        except CommandRefused:
            log.warning("the server does not let the folder of drafts of %s be changed", address)
            self._rests_until = time.monotonic() + REST_SECONDS


def shown_in(account: Account, listed: Listed) -> str | None:
    """The folder in which held drafts are shown; None when they are not, or there is none."""
    return listed.uses.get("\\drafts") if account.writes and account.settings.save_drafts else None


def _put(client: Client, copy: DraftCopy) -> DraftCopy:
    """In the thread: the copy as it lies there, put there unless a lost answer has left it."""
    selected = commands.select(client, copy.folder)
    lying = _ours(client, copy)
    if lying:
        return replace(copy, uidvalidity=selected.uidvalidity, uid=lying[0])
    said = client.append(copy.folder, _marked(copy), ("\\Draft", "\\Seen"))
    told = _APPENDED.search(said) if isinstance(said, bytes) else None
    return replace(copy, uidvalidity=int(told[1]), uid=int(told[2])) if told else copy


def _take_out(client: Client, copy: DraftCopy) -> None:
    """In the thread. Without UIDPLUS it is only marked as deleted: EXPUNGE would take others' with it."""
    selected = commands.select(client, copy.folder, writable=True)
    known = copy.uid and selected.uidvalidity == copy.uidvalidity and _bear_it(client, [copy.uid], copy)
    found = known or _ours(client, copy)
    if not found:
        return
    client.add_flags(found, ["\\Deleted"])
    if client.has_capability("UIDPLUS"):
        client.expunge(found)


def _ours(client: Client, copy: DraftCopy) -> list[int]:
    return _bear_it(client, sorted(client.search(["UNDELETED", "HEADER", FIELD, copy.draft])), copy)


def _bear_it(client: Client, uids: list[int], copy: DraftCopy) -> list[int]:
    """Those of the mails of the folder that bear exactly our mark of this state of the draft."""
    if not uids:
        return []
    said = client.fetch(uids, [f"BODY.PEEK[HEADER.FIELDS ({FIELD.upper()})]"])
    return [uid for uid in uids if _mark(copy).encode() in map(bytes.strip, _octets(said.get(uid, {})))]


def _octets(said: dict[bytes, Any]) -> list[bytes]:
    return [value for name, value in said.items() if name.upper().startswith(b"BODY[") and isinstance(value, bytes)]


def _mark(copy: DraftCopy) -> str:
    return f"{FIELD}: {copy.draft} {copy.sha256}"


def _marked(copy: DraftCopy) -> bytes:
    """The draft with our mark, and with the recipients that no other recipient sees."""
    hidden = ",\r\n ".join(one for one in copy.hidden if one.isascii() and one.isprintable())
    fields = f"{_mark(copy)}\r\n" + (f"Bcc: {hidden}\r\n" if hidden else "")
    return fields.encode() + copy.octets
