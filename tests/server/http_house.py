"""A server over real HTTP in this process: keys, clients of both eras, bare requests, and mail that is handed in."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from hosts import LIMIT, QUICK, ToolFailed
from letters import letter
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from mailmcp.authenticity.dns import StaticResolver
from mailmcp.backends import open_backend
from mailmcp.backends.contract import Reception
from mailmcp.config import load_settings
from mailmcp.mailroom.room import Mailroom
from mailmcp.models import Ability, Arrival, Envelope, Key, Source
from mailmcp.server import http
from mailmcp.server.session import Session

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
}
OPENING: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}},
}
STREAMS = {"accept": "application/json, text/event-stream"}
"""What a client says that takes both forms of an answer."""
ALL: tuple[Ability, ...] = ("read", "send", "create")


@dataclass
class HttpHouse:
    """What tests have of it."""

    room: Mailroom
    address: str
    """Without a path."""
    desks: list[Reception]
    bare: httpx2.AsyncClient
    keys: dict[str, Key] = field(default_factory=dict)
    """By their secrets."""

    @property
    def url(self) -> str:
        return f"{self.address}/mcp"

    async def key(self, *inboxes: str, can: tuple[Ability, ...] = ALL, every: bool = False) -> str:
        """The secret of a new key."""
        key, secret = await self.room.keyring.create(abilities=can, inboxes=inboxes, every=every)
        self.keys[secret] = key
        return secret

    async def inbox(self, name: str) -> str:
        """An inbox that the owner makes."""
        return (await self.room.create_inbox(name=name))[0].address

    async def post(self, secret: str | None, message: Any, **headers: str) -> httpx2.Response:
        """One message by itself, as a client that takes JSON only."""
        given = {"accept": "application/json", "content-type": "application/json", **headers}
        if secret is not None:
            given["authorization"] = f"Bearer {secret}"
        content = message if isinstance(message, bytes) else json.dumps(message).encode()
        return await self.bare.post(self.url, content=content, headers=given)

    async def request(self, secret: str, method: str, params: dict[str, Any], *, modern: bool = False) -> Any:
        """A request's response, in one of the two eras."""
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        headers: dict[str, str] = {}
        if modern:
            message["params"] = {**params, "_meta": META}
            headers = {"mcp-protocol-version": "2026-07-28", "mcp-method": method}
            if name := params.get("name", params.get("uri")):
                headers["mcp-name"] = name
        return (await self.post(secret, message, **headers)).json()

    async def ask(self, secret: str, tool: str, *, modern: bool = False, **arguments: Any) -> dict[str, Any]:
        """A tool's record. Raises ToolFailed with the tool's words."""
        params = {"name": tool, "arguments": arguments}
        result = (await self.request(secret, "tools/call", params, modern=modern))["result"]
        if result.get("isError"):
            raise ToolFailed(result["content"][0]["text"])
        return result["structuredContent"]

    @contextlib.asynccontextmanager
    async def client(self, secret: str, mode: str = "auto", **client_has: Any) -> AsyncIterator[Client]:
        """A client of the SDK."""
        headers = {"authorization": f"Bearer {secret}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=LIMIT) as carrier,
            Client(streamable_http_client(self.url, http_client=carrier), mode=mode, **client_has) as client,
        ):
            yield client

    async def accept(self, to: str, raw: bytes | None = None, **fields: Any) -> None:
        """Hand a mail in as the SMTP server does."""
        now = datetime.now(UTC)
        envelope = Envelope(
            mail_from="bounces@app.example", recipients=(to,), received_at=now, peer="203.0.113.9", helo="app"
        )
        raw = letter(to, **fields) if raw is None else raw
        await self.desks[-1].accept(Arrival(raw=raw, envelope=envelope, source=Source.SMTP, backend="local"))


@contextlib.asynccontextmanager
async def http_house(home: Path, *, sse: bool = False, **environment: str) -> AsyncIterator[HttpHouse]:
    """A home served over HTTP on a free port."""
    desks: list[Reception] = []
    settings = load_settings(home, {"MAILMCP_LOCAL__SMTP_PORT": "0", "MAILMCP_HTTP__PORT": "0", **environment})

    async def open_room() -> Mailroom:
        def backend(reception: Reception) -> Any:
            desks.append(reception)
            return open_backend(settings.backend, settings, reception)

        return await Mailroom.open(settings, backend, QUICK, resolver=StaticResolver({}))

    session = Session(open_room, for_owner=False)
    room = await session.room()
    listener = await http.listening(settings.http, room)
    serving = asyncio.create_task(http.serve_on(listener, settings.http, room, session, sse=sse))
    try:
        async with httpx2.AsyncClient(timeout=LIMIT) as bare:
            port = listener.getsockname()[1]
            yield HttpHouse(room, f"http://127.0.0.1:{port}", desks, bare)
    finally:
        serving.cancel()
        await asyncio.wait([serving], timeout=LIMIT)
        listener.close()
        await session.aclose()
