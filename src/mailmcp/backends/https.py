"""One request over HTTPS: the certificate checked, no redirect followed, time and size bounded."""

from __future__ import annotations

import asyncio
import http.client
import io
import ssl
from dataclasses import dataclass
from typing import Any, cast

LARGEST = 64 * 1024
SECONDS = 15


@dataclass(frozen=True, slots=True)
class Page:
    """What a server answered."""

    status: int
    kind: str
    """The media type, in lower case and without parameters."""
    body: bytes


async def ask(host: str, path: str, *, port: int = 443, address: str | None = None, kind: str = "*/*") -> Page:
    """GET a path of a host; at ``address`` if its name shall not be looked up here.

    Raises OSError (of which TimeoutError and ssl.SSLError are kinds) or http.client.HTTPException.
    """
    try:
        async with asyncio.timeout(SECONDS):
            octets = await _received(host, _request(host, path, kind), port, address)
    except UnicodeError as error:
        raise OSError("no host can have this name") from error
    response = http.client.HTTPResponse(cast(Any, _Received(octets)))
    response.begin()
    body = response.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise http.client.HTTPException("the answer is too long")
    return Page(response.status, response.getheader("Content-Type", "").partition(";")[0].strip().lower(), body)


def _request(host: str, path: str, kind: str) -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "User-Agent: mailmcp",
        f"Accept: {kind}",
        "Connection: close",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def _received(host: str, request: bytes, port: int, address: str | None) -> bytes:
    context = await asyncio.to_thread(ssl.create_default_context)
    reader, writer = await asyncio.open_connection(address or host, port, ssl=context, server_hostname=host)
    try:
        writer.write(request)
        await writer.drain()
        octets = b""
        while len(octets) <= 2 * LARGEST and (piece := await reader.read(LARGEST)):
            octets += piece
        return octets
    finally:
        writer.close()


class _Received:
    """What was received, in the form of a socket, from which the standard library reads a response."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    def makefile(self, *_: object) -> io.BytesIO:
        """Everything that was received."""
        return io.BytesIO(self._octets)
