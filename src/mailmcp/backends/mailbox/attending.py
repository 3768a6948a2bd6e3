"""Keeping one account: a connection that watches, one that works, and what is to be done in which order.

New mail comes first, then errands, then older mail, a piece at a time. A connection that ends is made again, sooner or
later as long as it keeps ending; a login that is refused waits long, so that nobody's account is locked by our trying.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mailmcp.backends.contract import Ledger
from mailmcp.backends.mailbox import drafts, errands, folders
from mailmcp.backends.mailbox.accounts import Account
from mailmcp.backends.mailbox.client import CommandRefused
from mailmcp.backends.mailbox.connection import Connection, LoginRefused
from mailmcp.backends.mailbox.drafts import DraftsKept
from mailmcp.backends.mailbox.fetching import FolderReading
from mailmcp.backends.mailbox.watching import Bell, Watch
from mailmcp.errors import BackendError, StoreUnavailable
from mailmcp.models import AccountStatus

log = logging.getLogger("mailmcp.backends.imap")

NEWEST = 500
"""Mails that are fetched at once; the older ones a piece at a time."""
PIECE = 50
SMALL_PIECE = 10
"""At first, for there shall soon be something to be seen of a mailbox; and while somebody waits for what is new."""
BREATH_SECONDS = 0.05
"""Between two looks whether what was handed in is judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """Seconds between what repeats; a laboratory takes shorter ones."""

    poll: float = 60
    """Between two looks when nobody waits, and between two thorough ones."""
    poll_awaited: float = 5
    """Between two looks while somebody waits and the server does not tell by itself."""
    glance: float = 1
    """Between two looks for errands, and between two pieces of older mail."""
    renew: float = 540
    """After which IDLE is begun anew."""
    back_off: float = 1
    """Before the first try after a connection ended; doubled each time, up to ``longest``."""
    longest: float = 300
    refused: float = 900
    """Before the next try after a refused login."""


STEADY = Rhythm()
Connect = Callable[[str], Awaitable[Connection]]


class Attendant:
    """Whoever keeps one account, in the leading process."""

    def __init__(
        self,
        account: Account,
        ledger: Ledger,
        connect: Connect,
        *,
        rhythm: Rhythm = STEADY,
        trusted_authserv: tuple[str, ...] = (),
        relay: Callable[[], str] = lambda: "",
    ) -> None:
        self._account = account
        self._ledger = ledger
        self._connect = connect
        self._rhythm = rhythm
        self._relay = relay
        self._listed: folders.Listed | None = None
        self._trusted = tuple(one.lower() for one in trusted_authserv)
        self._bell = Bell()
        self._drafts = DraftsKept(account, ledger)
        self._readings: list[FolderReading] = []
        self._watch: Watch | None = None
        self._said: AccountStatus | None = None

    async def run(self) -> None:
        """Until cancelled."""
        pause = self._rhythm.back_off
        while True:
            began = time.monotonic()
            refused = False
            try:
                await self._session()
            except LoginRefused as error:
                await self._report(trouble=error.public)
                refused = True
            except BackendError as error:
                await self._report(trouble=error.public)
                if time.monotonic() - began > 60:
                    pause = self._rhythm.back_off
            except StoreUnavailable as error:
                log.warning("%s: mail waits: %s", self._account.address, error)
            await self._pause(self._rhythm.refused if refused else pause, wakes=not refused)
            pause = min(2 * pause, self._rhythm.longest)

    async def _pause(self, seconds: float, *, wakes: bool) -> None:
        """Before the next try. One who waits for mail is not kept longer than from look to look, if it ``wakes``."""
        began = time.monotonic()
        seconds *= random.uniform(0.8, 1.2)  # noqa: S311 - no secret; not all at the same moment after a restart
        while (left := began + seconds - time.monotonic()) > 0:
            awaited = wakes and self._ledger.awaited()
            if awaited and seconds - left >= self._rhythm.poll_awaited:
                return
            await asyncio.sleep(min(left, self._rhythm.glance))

    async def _session(self) -> None:
        """As long as the working connection lives."""
        connection = await self._connect("work")
        watching: asyncio.Task[None] | None = None
        try:
            listed = self._listed = await connection.run(folders.listed)
            names = self._chosen(listed)
            kept = {one.name: one for one in self._readings}
            self._readings = [kept.get(name) or FolderReading(self._account, self._ledger, name) for name in names]
            self._watch = Watch(self._connect, names[0], self._bell, renew=self._rhythm.renew)
            watching = asyncio.create_task(self._watch.run(), name="mailmcp-imap-watch")
            self._bell.taken()
            await self._catch_up(connection, thoroughly=True)
            await self._report()
            await self._keep(connection, listed, watching)
        finally:
            connection.close()
            if watching is not None:
                watching.cancel()
                await asyncio.wait([watching])

    async def _keep(self, connection: Connection, listed: folders.Listed, watching: asyncio.Task[None]) -> None:
        thorough_at = time.monotonic() + self._rhythm.poll
        looked_at = time.monotonic()
        while True:
            if watching.done() and not watching.cancelled() and (error := watching.exception()) is not None:
                raise error
            await errands.do_all(connection, self._account, self._ledger, listed)
            await self._drafts.keep(connection, listed)
            behind = self._ledger.behind()
            older = not behind and await self._older(connection)
            await self._report()
            if behind:
                await self._rung(BREATH_SECONDS)
            elif not older or await self._ledger.stored(self._account.address) > NEWEST:
                await self._rung(self._rhythm.glance)
            now = time.monotonic()
            awaited = self._ledger.awaited() and not self._idles
            if self._bell.event.is_set():
                await self._catch_up(connection, thoroughly=self._bell.taken(), first_only=True)
                looked_at = time.monotonic()
            elif now >= thorough_at:
                await self._catch_up(connection, thoroughly=True)
                if not any(one.older_left for one in self._readings):  # what is missing may only not be found yet
                    await self._ledger.sweep(self._account.address)
                thorough_at = time.monotonic() + self._rhythm.poll
                looked_at = time.monotonic()
            elif awaited and now >= looked_at + self._rhythm.poll_awaited:
                await self._catch_up(connection, thoroughly=False)
                looked_at = time.monotonic()

    @property
    def _idles(self) -> bool:
        return self._watch is not None and self._watch.idles

    async def _rung(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._bell.event.wait()
        except TimeoutError:
            pass

    async def _catch_up(self, connection: Connection, *, thoroughly: bool, first_only: bool = False) -> None:
        for reading in self._readings[: 1 if first_only else None]:
            try:
                await reading.catch_up(connection, thoroughly=thoroughly)
                reading.refused = False
            except CommandRefused:
                if reading is self._readings[0]:
                    raise
                if not reading.refused:
                    log.warning("the server does not let %s of %s be read", reading.name, self._account.address)
                reading.refused = True

    async def _older(self, connection: Connection) -> bool:
        """Bring in a piece of what is older, unless as much as wanted is stored; whether there was any."""
        wanted = self._account.settings.cache
        stored = await self._ledger.stored(self._account.address)
        for reading in self._readings:
            if reading.refused or not reading.older_left:
                continue
            piece = PIECE if stored and not self._ledger.awaited() else SMALL_PIECE
            if stored < wanted and await reading.older(connection, min(piece, wanted - stored)):
                return True
            if reading.older_left:  # enough is stored
                reading.older_left = False
                await reading.count_left(connection)
        return False

    def _chosen(self, listed: folders.Listed) -> list[str]:
        """The folders of the settings that there are. Raises BackendError when there is none."""
        found: dict[str, None] = {}
        for wanted in self._account.settings.folders:
            name = listed.found(wanted)
            if name is None:
                log.warning("%s has no folder %r", self._account.address, wanted)
            else:
                found[name] = None
        if not found:
            wanted = ", ".join(self._account.settings.folders) or "none"
            raise BackendError(
                f"The account {self._account.address} has none of the folders that {self._account.called('folders')}"
                f" names ({wanted})."
            )
        return list(found)

    def _folders(self) -> dict[str, str]:
        """Which folders are read and written, and which are not."""
        if self._listed is None:
            return {}
        missing = [one for one in self._account.settings.folders if self._listed.found(one) not in self._listed.names]
        return {
            "folders": ", ".join(one.name for one in self._readings if not one.refused),
            "unread_folders": ", ".join([*missing, *(one.name for one in self._readings if one.refused)]),
            "sent": errands.filed_in(self._account, self._listed) or "",
            "drafts": drafts.shown_in(self._account, self._listed) or "",
        }

    async def _report(self, *, trouble: str = "") -> None:
        """Say how it stands, if that has changed."""
        authserv = next((one.authserv for one in self._readings if one.authserv), "")
        status = AccountStatus(
            account=self._account.address,
            connected=not trouble,
            trouble=trouble,
            watch="idle" if self._idles else "poll",
            stored=await self._ledger.stored(self._account.address),
            older=sum(one.left for one in self._readings),
            writes=self._account.writes,
            authserv=authserv,
            authserv_trusted=authserv in self._trusted,
            relay=self._relay(),
            left_out=await self._ledger.too_large(self._account.address)
            + sum(len(one.kept_back) for one in self._readings),
            **self._folders(),
        )
        if status == self._said:
            return
        if trouble and (self._said is None or self._said.trouble != trouble):
            log.warning("%s", trouble)
        self._said = status
        await self._ledger.report(status)
