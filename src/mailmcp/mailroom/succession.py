"""Which version leads: an older leader makes way for a newer process of the same home.

Windows live for days, and one that was opened before an update would go on to do the duties as it knows them. A newer
process that finds an older leader leaves word; the leader ends its duties (what is on the wire comes to its end first)
and gives the lock back.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from secrets import token_hex

from mailmcp import __version__
from mailmcp.errors import MailError, NewerDatabase
from mailmcp.store import Store, status

log = logging.getLogger("mailmcp.duties")

LEADER, SUCCESSOR = "leader_version", "successor"


@dataclass(frozen=True, slots=True)
class Word:
    """What a newer process left for the one that leads."""

    token: str
    for_good: bool = False
    """The tables were changed too: an older process can do nothing with them."""


class Succession:
    """What one process knows of the versions of others; as a duty it says which one leads."""

    name = "succession"

    def __init__(self, store: Store, version: str = __version__) -> None:
        self._store = store
        self._version = version

    async def begin(self) -> None:
        """Leave word when an older process leads."""
        leader = await self._store.read(status.kept, LEADER)
        if leader and status.newer(self._version, than=str(leader.get("version"))):
            word = {"version": self._version, "token": token_hex(8)}
            await self._store.write(status.keep, SUCCESSOR, word)

    async def asked(self) -> Word | None:
        """The word of a newer process, if one left any."""
        try:
            found = await self._store.read(status.kept, SUCCESSOR)
        except NewerDatabase:
            return Word("tables", for_good=True)
        except MailError:
            return None
        if found and status.newer(str(found.get("version")), than=self._version):
            return Word(str(found.get("token")))
        return None

    async def run(self) -> None:
        """Say which version leads."""
        await self._store.write(status.keep, LEADER, {"version": self._version})
        await asyncio.Event().wait()
