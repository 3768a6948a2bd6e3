"""A service in memory for the mailroom's tests, and a mailroom that has it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mailmcp.authenticity.dns import StaticResolver
from mailmcp.backends.contract import AboutToCommit
from mailmcp.backends.services import CursorGone
from mailmcp.config import load_settings
from mailmcp.errors import BackendError
from mailmcp.mailroom.pace import Pace
from mailmcp.mailroom.room import Mailroom
from mailmcp.models import Found, Incoming, OutboundMail, Page, Receipt, RemoteInbox

QUICK = Pace(
    progress=0.05,
    share=0.1,
    takeover=0.02,
    listen_again=0.05,
    flush=0.02,
    fetch_awaited=0.02,
    fetch_idle=0.05,
    fetch_again=0.005,
    glance=0.01,
)
NEVER = replace(QUICK, fetch_idle=10_000)
"""Without somebody who waits it is looked once."""
LIMIT = 30


@dataclass
class Toy:
    """A service in memory: what a backend of one looks like to the mailroom."""

    name: str = "toy"
    domain: str = "toy.test"
    supports: frozenset[str] = frozenset()
    per_minute: int = 6000
    kept: dict[str, list[tuple[Found, Any]]] = field(default_factory=dict)
    looks: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    trouble: BackendError | None = None
    forgetful: bool = False
    """It forgets every cursor at once."""
    sinces: list[datetime] = field(default_factory=list)

    async def create_inbox(self, *, name: str | None, display_name: str, key: str) -> RemoteInbox:
        address = f"{name or key[-6:]}@{self.domain}"
        self.kept.setdefault(address, [])
        return RemoteInbox(address=address, id=address)

    async def list_inboxes(self) -> tuple[RemoteInbox, ...]:
        return tuple(RemoteInbox(address=one, id=one) for one in self.kept)

    async def delete_inbox(self, inbox: RemoteInbox) -> None:
        self.kept.pop(inbox.address, None)

    async def look(self, inbox: RemoteInbox, cursor: str | None, since: datetime) -> Page:
        self.looks.append(inbox.address)
        if self.trouble is not None:
            raise self.trouble
        if cursor is not None and self.forgetful:
            raise CursorGone("It knows no such cursor.")
        self.sinces.append(since)
        there = self.kept[inbox.address]
        return Page(found=tuple(one for one, _ in there[int(cursor or 0) :]), cursor=str(len(there)))

    async def fetch(self, inbox: RemoteInbox, found: Found) -> Incoming:
        self.fetched.append(found.id)
        what = next(what for one, what in self.kept[inbox.address] if one.id == found.id)
        if isinstance(what, Exception):
            raise what
        return Incoming(raw=what, received_at=found.at)

    async def send(self, mail: OutboundMail, key: str, about_to_commit: AboutToCommit) -> Receipt:
        raise BackendError("The toy sends nothing.")

    async def aclose(self) -> None:
        pass

    def arrive(self, address: str, what: bytes | Exception, id_: str | None = None) -> str:
        id_ = id_ or f"id-{sum(map(len, self.kept.values()))}"
        self.kept[address].append((Found(id=id_, at=datetime.now(UTC)), what))
        return id_


@asynccontextmanager
async def opened(home: Path, toy: Any, pace: Pace = QUICK) -> AsyncIterator[Mailroom]:
    room = await Mailroom.open(load_settings(home, {}), lambda _: toy, pace, resolver=StaticResolver({}))
    try:
        yield room
    finally:
        await room.aclose()
