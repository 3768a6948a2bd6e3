"""Bringing the mail of one folder in: what is new at once, what is older afterwards, and what others change.

A mail is handed in before it is written down that it was looked at, so that a connection which ends at any moment
costs nothing but another look; and what was handed in is known by its bytes, so that it is never handed in twice.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

from mailmcp.backends.contract import MAX_MESSAGE_BYTES, Ledger
from mailmcp.backends.mailbox import commands
from mailmcp.backends.mailbox.accounts import Account
from mailmcp.backends.mailbox.addressing import addressed
from mailmcp.backends.mailbox.client import Client, CommandRefused
from mailmcp.backends.mailbox.commands import Head, Selected
from mailmcp.backends.mailbox.connection import Connection
from mailmcp.errors import TryLater
from mailmcp.models import Arrival, Envelope, Folder, Place, Source

T = TypeVar("T")

log = logging.getLogger("mailmcp.backends.imap")

JUST_BEFORE = timedelta(minutes=10)
"""Mail that came so shortly before an account is first seen is new: somebody may wait for its code."""
TOGETHER_BYTES = 4 * 1024 * 1024
TOGETHER = 50
"""Mails that are fetched in one go."""
NEWEST_WATCHED = 500
"""Of a server that does not count changes, the marks of so many newest mails are looked at again and again."""


_SEARCHED = re.compile(r'[^\s\x00-\x1f\x7f(){}%*"\\]{1,100}')
"""What of a query can be asked for: the library writes other characters as if they were the command's."""


class FolderReading:
    """How far one folder is read, and the steps that take it further."""

    def __init__(self, account: Account, ledger: Ledger, name: str) -> None:
        self._account = account
        self._ledger = ledger
        self.name = name
        self._folder: Folder | None = None
        self._exists: int | None = None
        self._next_seen = 0
        self._together = TOGETHER
        self._older: list[int] | None = None
        """UIDs of what is older than what was looked at, in order; None when they were not asked for yet."""
        self.kept_back: set[int] = set()
        """UIDs of what the server says it has and does not hand over."""
        self.refused = False
        """Whether the server does not open it."""
        self.authserv = ""
        self.older_left = True
        """Whether there may be mail that is older than what was looked at."""

    async def catch_up(self, connection: Connection, *, thoroughly: bool) -> None:
        """Bring in what is new, and what was changed or taken away by others.

        ``thoroughly`` compares all that lies there, also where the server gives no sign of a change.
        """
        selected = await connection.run(partial(commands.select, name=self.name))
        folder = await self._begun(connection, selected)
        brought = 0
        if selected.uid_next == 0 or selected.uid_next != self._next_seen:
            found = await connection.run(partial(commands.uids, low=folder.next_uid))
            taken = await self._ledger.places(folder, low=folder.next_uid)  # of a look that was broken off
            await self._bring(connection, folder, [uid for uid in found if uid not in taken], history=False)
            brought = len(found)
            if found:
                folder = await self._ledger.advance(folder, next_uid=found[-1] + 1)
        folder = await self._look_at_marks(connection, folder, selected, thoroughly=thoroughly)
        expected = None if self._exists is None else self._exists + brought
        if thoroughly or selected.exists != expected:
            await self._compare(connection, folder)
        self._exists, self._next_seen = selected.exists, selected.uid_next
        now = datetime.now(UTC)
        if now - folder.fresh_from > 2 * JUST_BEFORE and not self.older_left:
            folder = await self._ledger.advance(folder, fresh_from=now - JUST_BEFORE)
        self._folder = folder

    async def older(self, connection: Connection, most: int) -> int:
        """Bring in at most so many mails that are older than what was looked at, the newest first; gives how many."""
        folder = self._folder
        if folder is None or folder.oldest_uid <= 1:
            self.older_left = False
        if folder is None or not self.older_left:
            return 0
        selected = await connection.run(partial(commands.select, name=self.name))
        left = await self._left_below(connection, folder, selected)
        taken = left[-most:]
        for start in range(len(taken), 0, -TOGETHER):
            await self._bring(connection, folder, taken[max(0, start - TOGETHER) : start], history=True)
        del left[-most:]
        self.older_left = bool(left)
        oldest = taken[0] if left else 1
        self._folder = await self._ledger.advance(folder, oldest_uid=oldest)
        return len(taken)

    async def search(self, connection: Connection, query: str, most: int) -> int:
        """Have the server look for words in what is older, and bring in the newest of what it finds."""
        folder = self._folder or await self._ledger.folder(self._account.address, self.name)
        if folder is None or folder.oldest_uid <= 1:
            return 0
        await connection.run(partial(commands.select, name=self.name))
        found = await connection.run(partial(_matching, query=query, high=folder.oldest_uid - 1, since=self._since()))
        known = await self._ledger.places(folder)
        wanted = [uid for uid in found if uid not in known][-most:]
        await self._bring(connection, folder, wanted, history=True)
        return len(wanted)

    @property
    def left(self) -> int:
        """How many mails are older than what was looked at, as far as they were counted."""
        return len(self._older or ())

    async def count_left(self, connection: Connection) -> None:
        """Count them, of a folder of which no more is fetched."""
        if self._folder is not None and self._folder.oldest_uid > 1:
            selected = await connection.run(partial(commands.select, name=self.name))
            await self._left_below(connection, self._folder, selected)

    # --- steps ---------------------------------------------------------------------------------------------------

    async def _left_below(self, connection: Connection, folder: Folder, selected: Selected) -> list[int]:
        if self._older is None:
            known = await self._ledger.places(folder)  # of searches
            below = partial(commands.older, exists=selected.exists, below=folder.oldest_uid, since=self._since())
            self._older = [uid for uid in await connection.run(below) if uid not in known]
        return self._older

    async def _begun(self, connection: Connection, selected: Selected) -> Folder:
        address = self._account.address
        folder = self._folder or await self._ledger.folder(address, self.name)
        if folder is not None and folder.uidvalidity == selected.uidvalidity:
            return folder
        if folder is not None:
            log.warning("the server has given the mails of %s in %s other numbers", self.name, address)
        next_uid = selected.uid_next or await connection.run(commands.highest) + 1
        begun = await self._ledger.begin_folder(
            address,
            self.name,
            uidvalidity=selected.uidvalidity,
            next_uid=next_uid,
            fresh_from=datetime.now(UTC) - JUST_BEFORE,
        )
        self._exists, self._next_seen, self.older_left, self._older = None, 0, True, None
        self.kept_back.clear()
        return begun

    async def _look_at_marks(
        self, connection: Connection, folder: Folder, selected: Selected, *, thoroughly: bool
    ) -> Folder:
        if selected.modseq:
            if folder.modseq and selected.modseq > folder.modseq:
                known = await self._ledger.places(folder)
                low = min(known, default=folder.oldest_uid)
                found = await connection.run(partial(commands.changed, since=folder.modseq, low=low, known=known))
                await self._ledger.flagged(folder, found)
            if selected.modseq != folder.modseq:
                return await self._ledger.advance(folder, modseq=selected.modseq)
        elif thoroughly:
            newest = sorted(await self._ledger.places(folder))[-NEWEST_WATCHED:]
            await self._ledger.flagged(folder, await connection.run(partial(commands.flags, wanted=newest)))
        return folder

    async def _compare(self, connection: Connection, folder: Folder) -> None:
        """What lies there against what is known: some may have been taken away, or come back."""
        known = await self._ledger.places(folder)
        low = min([folder.oldest_uid, *known])
        look = partial(commands.there, known=sorted(known), low=low, high=folder.next_uid - 1)
        there = await connection.run(look)
        gone = [uid for uid in known if uid not in there]
        back = sorted(uid for uid in there if uid >= folder.oldest_uid and uid not in known)
        if back and (since := self._since()) is not None:  # what is too old was left out on purpose
            recent = partial(commands.uids, low=back[0], high=back[-1], since=since)
            back = sorted(set(back) & set(await connection.run(recent)))
        if gone:
            await self._ledger.vanished(folder, gone)
        self.kept_back &= there
        await self._bring(connection, folder, back, history=True)

    async def _bring(self, connection: Connection, folder: Folder, wanted: Sequence[int], *, history: bool) -> None:
        """Fetch mails and hand them in. Of ``history`` what came in the meantime is new all the same; of what is found
        at the end, only what came long before is none: it was moved or copied there.
        """
        now = datetime.now(UTC)
        for start in range(0, len(wanted), commands.AT_ONCE):
            part = wanted[start : start + commands.AT_ONCE]
            heads = await self._asked_apart(connection, part, partial(commands.heads, now=now))
            unknown = [uid for uid in part if uid not in heads and uid not in self.kept_back]
            if unknown:
                still_there = await connection.run(partial(commands.uids, low=part[0], high=part[-1]))
                if any(uid in still_there for uid in unknown):
                    raise TryLater(f"T{connection.at[1:]} says nothing of mails that it says it has.")
            drafts: set[int] = set()
            for uid, head in heads.items():
                if head.size > MAX_MESSAGE_BYTES:
                    log.warning("a mail of %d bytes in %s is too large to be fetched", head.size, self.name)
                    await self._ledger.skip(folder, Place(uid=uid, flags=head.flags))
                elif "\\draft" in head.flags and self.name.upper() != "INBOX":
                    await self._ledger.skip(folder, Place(uid=uid, flags=head.flags))  # it was never sent
                    drafts.add(uid)
            small = {uid: head for uid, head in heads.items() if head.size <= MAX_MESSAGE_BYTES and uid not in drafts}
            while group := _next_group(small, self._together):
                found = await self._bodies(connection, group)
                for uid in group:
                    del small[uid]
                await asyncio.gather(
                    *(
                        self._hand_in(
                            folder,
                            Place(uid=uid, flags=heads[uid].flags),
                            found[uid],
                            heads[uid],
                            history=_is_past(heads[uid], folder, older=history),
                        )
                        for uid in group
                        if uid in found
                    )
                )

    async def _bodies(self, connection: Connection, group: list[int]) -> dict[int, bytes]:
        """Some at a time: fewer after a connection broke meanwhile, else a bad one would never bring any."""
        try:
            found = await self._asked_apart(connection, group, commands.bodies)
        except TryLater:
            self._together = max(1, len(group) // 4)
            raise
        self._together = min(TOGETHER, 2 * self._together)
        return found

    async def _asked_apart(
        self, connection: Connection, wanted: Sequence[int], ask: Callable[[Client, list[int]], dict[int, T]]
    ) -> dict[int, T]:
        """Ask for mails together, or each by itself when the server refuses that: one bad mail shall not hide others.

        What it refuses even so is asked for again at each thorough look.
        """
        try:
            found: dict[int, T] = await connection.run(lambda client: ask(client, list(wanted)))
        except CommandRefused:
            if len(wanted) > 1:
                found = {}
                for one in wanted:
                    found |= await self._asked_apart(connection, [one], ask)
                return found
            if wanted[0] not in self.kept_back:
                log.warning("the server does not hand over a mail that it says it has in %s", self.name)
            self.kept_back.add(wanted[0])
            return {}
        self.kept_back -= found.keys()
        return found

    async def _hand_in(self, folder: Folder, place: Place, raw: bytes, head: Head, *, history: bool) -> None:
        own = self._account.address
        told = await addressed(raw, own, partial(self._ledger.inbox_of, own))
        if told.authserv and not history:
            self.authserv = told.authserv
        received_at = head.received_at
        if history and not head.dated:  # it came before, at a time that nobody knows
            received_at = min(told.dated or folder.fresh_from, folder.fresh_from)
        envelope = Envelope(mail_from=told.mail_from, recipients=told.recipients, received_at=received_at)
        arrival = Arrival(raw=raw, envelope=envelope, source=Source.IMAP, backend="imap")
        await self._ledger.take(folder, place, arrival, history=history)

    def _since(self) -> datetime | None:
        days = self._account.settings.days
        return datetime.now(UTC) - timedelta(days=days) if days else None


def _is_past(head: Head, folder: Folder, *, older: bool) -> bool:
    """Whether a mail came before the time from which mail of its folder is new."""
    if older:
        return not head.dated or head.received_at < folder.fresh_from
    return head.dated and head.received_at < folder.fresh_from - commands.CLOCKS_DIFFER


def _next_group(heads: Mapping[int, Head], most: int) -> list[int]:
    """The first of these, as many as may be in memory together."""
    group: list[int] = []
    held = 0
    for uid in sorted(heads):
        held += heads[uid].size
        if group and (len(group) >= most or held > TOGETHER_BYTES):
            break
        group.append(uid)
    return group


def _matching(client: commands.Client, query: str, high: int, since: datetime | None) -> list[int]:
    """In the thread: the UIDs of mails that have all words of a query, somewhere."""
    words = _SEARCHED.findall(query)[:8]
    if not words:
        return []
    criteria: list[object] = ["UID", f"1:{high}"]
    if since is not None:
        criteria += ["SINCE", since]
    for word in words:
        criteria += ["TEXT", word]
    charset = None if query.isascii() else "UTF-8"
    return sorted(uid for uid in client.search(criteria, charset) if uid <= high)
