"""A sign-in server on loopback: codes for devices (RFC 8628), tokens that end, and what a mail server asks of it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass
class SignInServer:
    """What it was asked, and what it answers."""

    user: str
    port: int = 0
    pending: int = 1
    """How often a code was not entered yet."""
    refusal: str = ""
    """The error that a token request gets."""
    lasts: int = 3600
    asked: list[dict[str, str]] = field(default_factory=list)
    valid: set[str] = field(default_factory=set)
    """Access tokens that a mail server is told to take."""
    refresh: str = "canary-refresh-0"
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    def environment(self) -> dict[str, str]:
        return {
            "MAILMCP_IMAP__OAUTH_CLIENT": "client-1",
            "MAILMCP_IMAP__OAUTH_SECRET": "canary-client-secret",
            "MAILMCP_IMAP__OAUTH_DEVICE_URL": self.url("device"),
            "MAILMCP_IMAP__OAUTH_TOKEN_URL": self.url("token"),
        }

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            body = (await reader.readexactly(int(fields.get("content-length", 0)))).decode()
            target = urlsplit(head.split(" ")[1])
            status, record = self._answer(target.path, dict(parse_qsl(body)), dict(parse_qsl(target.query)))
            octets = json.dumps(record).encode()
            writer.write(
                f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(octets)}\r\n"
                "Connection: close\r\n\r\n".encode()
                + octets
            )
            await writer.drain()
        writer.close()

    def _answer(self, path: str, form: dict[str, str], query: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if path == "/tokeninfo":
            good = query.get("access_token") in self.valid
            return (200, {"email": self.user, "expires_in": 60}) if good else (401, {"error": "invalid_token"})
        self.asked.append(form)
        if path == "/device":
            page = "https://sign-in.example/device"
            code = {"device_code": "canary-device-code", "user_code": "BCDF-GHJK", "verification_uri": page}
            return 200, {**code, "interval": 1, "expires_in": 60}
        if self.refusal:
            return 400, {"error": self.refusal, "error_description": "canary-description"}
        if form["grant_type"] == DEVICE and self.pending > 0:
            self.pending -= 1
            return 400, {"error": "authorization_pending"}
        if form["grant_type"] == "refresh_token" and form["refresh_token"] != self.refresh:
            return 400, {"error": "invalid_grant"}
        number = next(self._numbers)
        self.refresh = f"canary-refresh-{number}"
        access = f"canary-access-{number}"
        self.valid = {access}
        return 200, {"access_token": access, "refresh_token": self.refresh, "expires_in": self.lasts}


@contextlib.asynccontextmanager
async def sign_in_server(user: str, **how: Any) -> AsyncIterator[SignInServer]:
    """One that listens until the end of the block."""
    server = SignInServer(user, **how)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
