"""A world outside the home: a real SMTP server that keeps what it is sent, reached through the real sending backend."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any, cast

from aiosmtpd.smtp import SMTP
from hosts import LIMIT, QUICK, Door
from letters import letter
from made_once import all_tools
from mcp import Client

from mailmcp.authenticity.dns import StaticResolver
from mailmcp.backends import open_backend
from mailmcp.backends.contract import Backend, Reception
from mailmcp.config import Settings, load_settings
from mailmcp.mailroom.requests import Wanted
from mailmcp.mailroom.room import Mailroom
from mailmcp.models import Arrival, Envelope, Source
from mailmcp.server.build import build_server
from mailmcp.server.session import Session

PROVED_HOST, OTHER_HOST = "192.0.2.10", "203.0.113.66"
ZONE: dict[str, dict[str, Any]] = {
    "proved.example": {"TXT": [f"v=spf1 ip4:{PROVED_HOST} -all"]},
    "_dmarc.proved.example": {"TXT": ["v=DMARC1; p=reject"]},
}
"""Mail from PROVED_HOST for proved.example is verified, from elsewhere it fails; of other domains nothing is proved."""


@dataclass
class Sink:
    """What arrived outside, as (envelope recipients, message)."""

    arrived: list[tuple[tuple[str, ...], EmailMessage]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    """What is said to a recipient instead of yes."""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mail = BytesParser(policy=default).parsebytes(envelope.content)
        self.arrived.append((tuple(envelope.rcpt_tos), cast(EmailMessage, mail)))
        return "250 OK"

    @property
    def recipients(self) -> set[str]:
        """Everybody who was sent anything."""
        return {one.lower() for recipients, _ in self.arrived for one in recipients}


@dataclass
class World(Door):
    """A client of a home that can send, and what arrived outside."""

    sink: Sink = field(default_factory=Sink)
    room: list[Mailroom] = field(default_factory=list)

    async def mail(self, to: str, *, from_: str = "eve@evil.example", peer: str = OTHER_HOST, **fields: Any) -> str:
        """Mail from outside; its m_… id, learnt without showing anybody a word of it."""
        room = await self.session.room()
        wanted = Wanted(tool="wait_for_mail", inbox=to, since="9999-01-01")
        cursor = (await room.wait(wanted, timeout=0)).cursor
        mail_from = from_.rpartition("<")[2].rstrip(">")
        envelope = Envelope(
            mail_from=mail_from, recipients=(to,), received_at=datetime.now(UTC), peer=peer, helo="mx.evil.example"
        )
        raw = letter(to, from_=from_, **fields)
        await self.desks[-1].accept(Arrival(raw=raw, envelope=envelope, source=Source.SMTP, backend="local"))
        found = await room.wait(replace(wanted, since=cursor), timeout=LIMIT)
        assert found.message is not None
        return found.message.id

    async def change(self, statement: str, *values: Any) -> None:
        """Change the database behind the server's back: time that passed, a bounce that came."""
        store = (await self.session.room())._store

        def work(db: Any) -> None:
            db.execute(statement, values)

        await store.write(work)


@contextlib.asynccontextmanager
async def world(home: Path, client_has: dict[str, Any] | None = None, **environment: str) -> AsyncIterator[World]:
    """A server of the home in memory whose mail leaves through a real relay on loopback."""
    sink = Sink()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(sink, hostname="outside.example", loop=loop), "127.0.0.1", 0)
    try:
        given = {
            "MAILMCP_LOCAL__SMTP_PORT": "0",
            "MAILMCP_SEND_BACKEND": "smtp",
            "MAILMCP_SMTP__HOST": "127.0.0.1",
            "MAILMCP_SMTP__PORT": str(server.sockets[0].getsockname()[1]),
            "MAILMCP_SMTP__SECURITY": "none",
            "MAILMCP_SEND__UNDO": "0",
            **environment,
        }
        desks: list[Reception] = []
        rooms: list[Mailroom] = []

        async def open_room() -> Mailroom:
            settings: Settings = load_settings(home, given)

            def backend(reception: Reception) -> Backend:
                desks.append(reception)
                return open_backend(settings.backend, settings, reception)

            rooms.append(await Mailroom.open(settings, backend, QUICK, resolver=StaticResolver(ZONE)))
            return rooms[-1]

        session = Session(open_room)
        async with Client(build_server(session, all_tools), **(client_has or {})) as client:
            yield World(client, session, desks, sink=sink, room=rooms)
    finally:
        server.close()
        await server.wait_closed()
