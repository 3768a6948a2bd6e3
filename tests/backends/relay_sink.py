"""A relay on loopback: a real SMTP server that keeps what it is sent, and does what a test tells it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

USER, PASSWORD = "relay-user", "correct horse 4711"


def through(port: int) -> dict[str, str]:
    """The settings of a home that sends through the relay at this port."""
    return {
        "MAILMCP_SEND_BACKEND": "smtp",
        "MAILMCP_SMTP__HOST": "127.0.0.1",
        "MAILMCP_SMTP__PORT": str(port),
        "MAILMCP_SMTP__SECURITY": "none",
    }


@dataclass
class Relay:
    """What it keeps, and what it answers instead of yes."""

    port: int = 0
    arrived: list[Any] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    """By recipient, or by ``MAIL`` and ``DATA``."""
    logins: list[str] = field(default_factory=list)
    greeted: list[str] = field(default_factory=list)
    """What the peers called themselves, once for each connection and again after STARTTLS."""
    encrypted: list[bool] = field(default_factory=list)
    """Of each mail that arrived."""
    token: str = ""
    """The access token that XOAUTH2 takes."""
    cut: str = ""
    """``dot``: the connection is cut once the mail is taken; no answer is given."""

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.greeted.append(hostname)
        session.host_name = hostname
        return ["421 4.3.2 closed", *responses[1:]] if self.answers.get("EHLO") else responses

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if "MAIL" in self.answers:
            return self.answers["MAIL"]
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if "DATA" in self.answers:
            return self.answers["DATA"]
        self.arrived.append(envelope)
        self.encrypted.append(session.ssl is not None)
        if self.cut == "dot":
            server.transport.abort()
        return "250 OK"

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:
        self.logins.append("XOAUTH2")
        given = base64.b64decode(args[1]).decode()
        if given == f"user={USER}\x01auth=Bearer {self.token}\x01\x01":
            return AuthResult(success=True)
        await server.push("334 " + base64.b64encode(b'{"status": "401"}').decode())
        await server._reader.readline()
        return AuthResult(success=False, handled=False)

    def login(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.logins.append(mechanism)
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=False)


@contextlib.asynccontextmanager
async def relay(
    *,
    tls: ssl.SSLContext | None = None,
    from_the_first: bool = False,
    host: str = "127.0.0.1",
    port: int = 0,
    **how: Any,
) -> AsyncIterator[Relay]:
    """A relay that listens until the end of the block."""
    sink = Relay()
    loop = asyncio.get_running_loop()

    def make() -> SMTP:
        return SMTP(
            sink,
            hostname="relay.example",
            loop=loop,
            tls_context=None if from_the_first else tls,
            authenticator=sink.login,
            enable_SMTPUTF8=True,
            **how,
        )

    server = await loop.create_server(make, host, port, ssl=tls if from_the_first else None)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
