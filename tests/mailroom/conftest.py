"""Mailrooms with the real embedded backend, each in a home of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from kept_keys import rsa_keys_made_once  # noqa: F401 - a fixture
from letters import letter
from new_home import tables_made_once  # noqa: F401 - a fixture
from patience import patient  # noqa: F401 - a fixture
from tests.mailroom.mailbox_reader import dovecot, looks, open_reader  # noqa: F401 - fixtures

from mailmcp.authenticity.dns import Resolver, StaticResolver
from mailmcp.backends import open_backend
from mailmcp.backends.contract import Reception
from mailmcp.config import Settings, load_settings
from mailmcp.mailroom.pace import Pace
from mailmcp.mailroom.requests import SendRequest, Wanted
from mailmcp.mailroom.room import Mailroom
from mailmcp.models import Arrival, Envelope, Source, StoredMessage

QUICK = Pace(progress=0.05, share=0.1, takeover=0.02, listen_again=0.05, flush=0.02)
LIMIT = 60
"""No wait of a test is longer, in seconds: room for a busy machine, as nothing that passes waits so long."""


@dataclass
class House:
    """One process of a home: its mailroom, and the desk at which its backend hands mail in."""

    room: Mailroom
    desk: Any
    settings: Settings

    async def inbox(self, name: str | None = None) -> str:
        """A new inbox."""
        return (await self.room.create_inbox(name=name))[0].address

    async def accept(
        self,
        to: str,
        *,
        raw: bytes | None = None,
        peer: str = "203.0.113.9",
        mail_from: str = "bounces@app.example",
        **letter_fields: Any,
    ) -> None:
        """Hand a mail in as the SMTP server does; it is stored when this returns, and judged soon after."""
        envelope = Envelope(mail_from=mail_from, recipients=(to,), received_at=datetime.now(UTC), peer=peer, helo="app")
        raw = letter(to, **letter_fields) if raw is None else raw
        await self.desk.accept(Arrival(raw=raw, envelope=envelope, source=Source.SMTP, backend="local"))

    async def receive(self, to: str, **fields: Any) -> StoredMessage:
        """Hand a mail in and give it as it was stored and judged."""
        cursor = (await self.wait(to, timeout=0, since="9999-01-01")).cursor
        await self.accept(to, **fields)
        found = await self.wait(to, since=cursor)
        assert found.message is not None
        return found.message

    async def wait(self, inbox: str, *, timeout: float = LIMIT, tool: Any = "wait_for_mail", **filters: Any) -> Any:
        """A wait whose result nobody has written anywhere yet."""
        return await asyncio.wait_for(
            self.room.wait(Wanted(tool=tool, inbox=inbox, **filters), timeout=timeout), LIMIT + 5
        )

    async def take(self, inbox: str, **filters: Any) -> Any:
        """A wait whose result reached its caller."""
        waited = await self.wait(inbox, **filters)
        await self.room.handed_out(waited)
        return waited

    async def standing(self, count: int = 1) -> None:
        """Return when so many waits of this process have looked at what is there and hear what comes."""
        async with asyncio.timeout(LIMIT):
            while self._listening() < count:  # noqa: ASYNC110 - a wait that begins rings no bell
                await asyncio.sleep(0)

    def _listening(self) -> int:
        """Waits that sleep until their bell rings."""
        return sum(bool(bell._waiters) for bell in self.room._arrivals._bells)

    async def send(self, inbox: str, body: str = "Some words.", **fields: Any) -> Any:
        """What became of a message sent from an inbox."""
        return await self.room.send(SendRequest(inbox=inbox, body=body, **fields))


OpenHouse = Callable[..., Awaitable[House]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
async def open_house(home: Path) -> AsyncIterator[OpenHouse]:
    """Opens mailrooms of one home, as processes would, and closes them in the end."""
    opened: list[House] = []

    async def open_(
        *, pace: Pace = QUICK, at: Path | None = None, resolver: Resolver | None = None, **environment: str
    ) -> House:
        settings = load_settings(at or home, {"MAILMCP_LOCAL__SMTP_PORT": "0", **environment})
        desks: list[Reception] = []

        def backend(reception: Reception) -> Any:
            desks.append(reception)
            return open_backend(settings.backend, settings, reception)

        # Nobody's name servers are asked: without a resolver, DNS knows no name at all.
        room = await Mailroom.open(settings, backend, pace, resolver=resolver or StaticResolver({}))
        house = House(room, desks[0], settings)
        opened.append(house)
        return house

    yield open_
    for house in reversed(opened):
        await house.room.aclose()


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    """A mailroom of an empty home."""
    return await open_house()
