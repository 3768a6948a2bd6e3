"""The two ends that the backends' tests are held by: a desk that keeps what it is given, and a peer that says bytes."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from mailmcp.backends.contract import Listener
from mailmcp.models import Arrival

WAIT = 60
"""Seconds after which a reply that does not come is a failed test."""


@dataclass
class FreeBudget:
    """A ``contract.Budget`` that counts and forbids nothing."""

    per_minute: int = 0
    taken: int = 0
    rests: list[float] = field(default_factory=list)

    async def take(self) -> None:
        self.taken += 1

    async def rest(self, seconds: float) -> None:
        self.rests.append(seconds)


@dataclass
class KeepingReception:
    """A ``contract.Reception`` in memory: some inboxes, and a list of what was accepted."""

    inboxes: set[str] = field(default_factory=lambda: {"agent@agents.internal", "other@agents.internal"})
    arrivals: list[Arrival] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    refused: set[tuple[str, str]] = field(default_factory=set)
    """(recipient, envelope sender) that are refused."""
    trouble: Exception | None = None
    """Raised by ``accept`` instead of storing."""
    trouble_knowing: Exception | None = None
    door: asyncio.Event | None = None
    """When given, ``accept`` commits only once it is set."""
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when ``accept`` was called."""
    broken_off: int = 0
    budgets: dict[str, FreeBudget] = field(default_factory=dict)
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    """(inbox, Message-ID) -> what its service calls that mail."""

    def budget(self, service: str, per_minute: int) -> FreeBudget:
        return self.budgets.setdefault(service, FreeBudget(per_minute))

    async def knows(self, recipient: str) -> bool:
        self.asked.append(recipient)
        if self.trouble_knowing is not None:
            raise self.trouble_knowing
        return recipient.lower() in self.inboxes

    async def called(self, service: str, inbox: str, message_id: str) -> str | None:
        return self.names.get((inbox, message_id))

    async def refuses(self, recipient: str, mail_from: str) -> bool:
        return (recipient.lower(), mail_from) in self.refused

    async def accept(self, arrival: Arrival) -> None:
        self.begun.set()
        try:
            if self.door is not None:
                await self.door.wait()
        except asyncio.CancelledError:
            self.broken_off += 1
            raise
        if self.trouble is not None:
            raise self.trouble
        self.arrivals.append(arrival)

    async def holds(self, arrival: Arrival) -> tuple[str, ...]:
        held = {one for kept in self.arrivals if kept.raw == arrival.raw for one in kept.envelope.recipients}
        return tuple(one for one in arrival.envelope.recipients if one in held)


class Peer:
    """A raw SMTP client: sends exactly the bytes it is told, and reads replies."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, port: int, *, greeted: bool = True, helo: str = "EHLO app.example") -> Peer:
        """Connect, and (unless told otherwise) read the greeting and say EHLO."""
        peer = cls(*await asyncio.open_connection("127.0.0.1", port))
        if greeted:
            assert (await peer.reply()).startswith("220 ")
            assert (await peer.ask(helo)).startswith("250")
        return peer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def reply(self) -> str:
        """The next reply, its lines joined by LF; ``""`` when the connection has ended."""
        lines: list[str] = []
        while True:
            line = (await asyncio.wait_for(self._reader.readline(), WAIT)).decode()
            assert line.endswith("\r\n") or line == "", f"a reply without its end: {line!r}"
            lines.append(line.removesuffix("\r\n"))
            if line[3:4] != "-":
                return "\n".join(lines)

    async def ask(self, command: str | bytes) -> str:
        self.send((command.encode() if isinstance(command, str) else command) + b"\r\n")
        return await self.reply()

    async def everything(self) -> str:
        """All that comes until the server closes."""
        return (await asyncio.wait_for(self._reader.read(), WAIT)).decode()

    async def begin_data(self, *recipients: str) -> None:
        """Everything up to the 354."""
        assert (await self.ask("MAIL FROM:<app@shop.example>")).startswith("250")
        for recipient in recipients or ("agent@agents.internal",):
            assert (await self.ask(f"RCPT TO:<{recipient}>")).startswith("250")
        assert (await self.ask("DATA")).startswith("354")

    async def mail(self, text: bytes, *recipients: str) -> str:
        """Send one message (``text`` as it is on the wire, without the end) and give the reply to it."""
        await self.begin_data(*recipients)
        return await self.ask(text + b"\r\n.")

    def reset(self) -> None:
        """Vanish with an RST instead of a FIN."""
        self.writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
        )
        self.writer.transport.abort()

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            pass  # the server was quicker


async def seen(port: int) -> None:
    """Returns when the server has read whatever was sent before: another peer's round trip comes after it."""
    peer = await Peer.connect(port)
    assert (await peer.ask("NOOP")).startswith("250")
    await peer.close()


Listen = Callable[..., Awaitable[Listener]]
Connect = Callable[..., Awaitable[Peer]]
