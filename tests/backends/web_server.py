"""A web server on loopback that says over TLS what a test tells it."""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field


@dataclass
class Page:
    """What it answers, and how often it was asked."""

    body: str = ""
    status: str = "200 OK"
    kind: str = "text/plain"
    more: str = ""
    asked: int = 0
    forms: list[str] = field(default_factory=list)
    """What it was sent, each time."""
    port: int = 0


@contextlib.asynccontextmanager
async def page(tls: ssl.SSLContext, *, host: str = "127.0.0.1") -> AsyncIterator[Page]:
    """A web server that listens until the end of the block."""
    told = Page()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            told.asked += 1
            length = re.search(rb"content-length: (\d+)", head.lower())
            told.forms.append((await reader.readexactly(int(length[1])) if length else b"").decode())
            octets = told.body.encode()
            answered = f"HTTP/1.1 {told.status}\r\nContent-Type: {told.kind}\r\nContent-Length: {len(octets)}\r\n"
            writer.write(f"{answered}{told.more}\r\n".encode() + octets)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, host, 0, ssl=tls)
    told.port = server.sockets[0].getsockname()[1]
    try:
        yield told
    finally:
        server.close()
