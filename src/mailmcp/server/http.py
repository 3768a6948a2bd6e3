"""`mailmcp serve --transport http`: many clients of one home at `/mcp`, in both protocol eras; `sse` adds the old pair.

The SDK's own transports speak the protocol, behind our door (``door``). A client that takes JSON only, or that of the
handshake era calls without a session, is served each request by itself; everybody else gets streams and sessions.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import uvicorn
from mcp.server.runner import serve_loop
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from mailmcp.config import HttpSettings, load_settings
from mailmcp.errors import ConfigError, MailError
from mailmcp.server.admission import Admission
from mailmcp.server.build import build_server
from mailmcp.server.connections import Connection
from mailmcp.server.door import BODY, METADATA, Door, Names, Receive, Scope, Send, is_loopback
from mailmcp.server.session import Session
from mailmcp.server.tools import all_tools

if TYPE_CHECKING:
    from mailmcp.mailroom.room import Mailroom
    from mailmcp.server.serving import OpenMailroom

log = logging.getLogger("mailmcp.http")

PATH, SSE, MESSAGES = "/mcp", "/sse", "/messages/"
CONNECTIONS = 1024
SESSIONS = 2_000
WAITING = 256
"""Connections that may wait to be taken."""
REVOKED_SECONDS = 0.5
"""Between two looks whether the secret of a request that lasts is still taken; new ones are refused at once."""
CLOSING_SECONDS = 2


def serve(home: Path | None, open_mailroom: OpenMailroom, *, host: str | None, port: int | None, sse: bool) -> int:
    """Serve until the process is asked to end. Raises MailError when it cannot begin."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="mailmcp %(levelname)s %(name)s: %(message)s", force=True
    )
    return asyncio.run(_serve(home, open_mailroom, host, port, sse))


async def _serve(home: Path | None, open_mailroom: OpenMailroom, host: str | None, port: int | None, sse: bool) -> int:
    settings = load_settings(home)
    given = {"host": host or settings.http.host, "port": settings.http.port if port is None else port}
    http = settings.http.model_copy(update=given)
    session = Session(lambda: open_mailroom(settings), caller=None)
    try:
        room = await session.room()
        listener = await listening(http, room)
        with contextlib.closing(listener):
            await serve_on(listener, http, room, session, sse=sse)
    finally:
        await session.aclose()
    return 0


async def listening(settings: HttpSettings, room: Mailroom) -> socket.socket:
    """The port. Raises ConfigError: one that others reach needs a key."""
    if not is_loopback(settings.host) and not await room.keyring.any_opens():
        raise ConfigError(
            f"{settings.host} is reached by others and there is no key yet: make one with `mailmcp keys create`, or"
            " serve on 127.0.0.1."
        )
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        reuse = socket.SO_EXCLUSIVEADDRUSE if sys.platform == "win32" else socket.SO_REUSEADDR
        listener.setsockopt(socket.SOL_SOCKET, reuse, 1)
        listener.bind((settings.host, settings.port))
        listener.listen(WAITING)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"The port {settings.port} of {settings.host} cannot be had ({error.strerror}): give another with --port."
        ) from error
    return listener


async def serve_on(
    listener: socket.socket, settings: HttpSettings, room: Mailroom, session: Session, *, sse: bool
) -> None:
    """Serve whoever connects, until the process is asked to end."""
    host, port = listener.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}{PATH}"
    url = settings.url or address
    lowlevel = build_server(session, all_tools())._lowlevel_server  # pyright: ignore[reportPrivateUsage] - see serve_stdio
    async with _Transports(lowlevel, session).run() as transports:
        door = Door(
            transports,
            Admission(room.keyring, settings, metadata=_metadata_address(url) if settings.issuer else None),
            Names(settings, port),
            paths=(PATH, SSE, MESSAGES) if sse else (PATH,),
            metadata=_metadata(url, settings.issuer) if settings.issuer else None,
        )
        watch = asyncio.create_task(_show_out(door, room), name="mailmcp-http-revoked")
        whom = "whoever has a key" if await room.keyring.any_was_made() else "this user, without a key (none was made)"
        sys.stderr.write(f"mailmcp serves MCP at {address} for {whom}.\n")
        if sse:
            sys.stderr.write(f"mailmcp also serves HTTP+SSE at {SSE}, which MCP has given up: for old clients only.\n")
        sys.stderr.flush()
        server = _Server(_config(door))
        serving = asyncio.create_task(server.serve(sockets=[listener]), name="mailmcp-http")
        try:
            await asyncio.shield(serving)
        finally:
            server.should_exit = True
            watch.cancel()
            await asyncio.wait([watch, serving], timeout=CLOSING_SECONDS + 1)


class _Transports:
    """ASGI: the SDK's transports, each request at the one that its client asks for."""

    def __init__(self, lowlevel: Any, session: Session) -> None:
        self._lowlevel = lowlevel
        self._session = session
        self._streams = StreamableHTTPSessionManager(lowlevel, max_request_body_size=BODY, max_sessions=SESSIONS)
        self._single = StreamableHTTPSessionManager(
            lowlevel, max_request_body_size=BODY, stateless=True, json_response=True
        )
        from mcp.server.sse import SseServerTransport

        self._sse = SseServerTransport(MESSAGES, max_request_body_size=BODY)

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncGenerator[_Transports]:
        """As long as they serve."""
        async with self._streams.run(), self._single.run():
            yield self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["path"] == SSE:
            await self._old_stream(scope, receive, send)
        elif scope["path"] == MESSAGES:
            await self._sse.handle_post_message(scope, receive, send)
        elif scope["method"] == "POST":
            message = await receive()
            manager = self._single if _asks_for_one_answer(scope, message.get("body", b"")) else self._streams

            taken = False

            async def receiving() -> Any:
                nonlocal taken
                if not taken:
                    taken = True
                    return message
                return await receive()

            await manager.handle_request(scope, receiving, send)
        else:
            await self._streams.handle_request(scope, receive, send)

    async def _old_stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            await send({"type": "http.response.start", "status": 405, "headers": [(b"allow", b"GET")]})
            await send({"type": "http.response.body", "body": b""})
            return
        async with self._sse.connect_sse(scope, receive, send) as (read, write):
            await serve_loop(self._lowlevel, read, write, lifespan_state=self._session)


def _asks_for_one_answer(scope: Scope, body: bytes) -> bool:
    """Whether a request stands for itself: its client takes JSON only, or calls in the old era without a session."""
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    accepts = headers.get(b"accept", "")
    streams = "text/event-stream" in accepts or "*/*" in accepts or "text/*" in accepts
    version = headers.get(b"mcp-protocol-version")
    if version is not None and version not in HANDSHAKE_PROTOCOL_VERSIONS:
        return not streams
    if b"mcp-session-id" in headers:
        return False
    return not streams or (version is not None and not _opens_a_session(body))


def _opens_a_session(body: bytes) -> bool:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return True  # what it is not is said there
    return isinstance(message, dict) and cast(dict[str, Any], message).get("method") == "initialize"


async def _show_out(door: Door, room: Mailroom) -> None:
    """End what lasts for whoever came with a secret that was revoked or replaced meanwhile."""
    while True:
        await asyncio.sleep(REVOKED_SECONDS)
        for proof in door.inside():
            with contextlib.suppress(MailError):  # it cannot be looked up now
                if not await room.keyring.still_opens(proof):
                    door.show_out(proof)


def _metadata(url: str, issuer: str) -> dict[str, Any]:
    """What RFC 9728 says of this resource."""
    return {
        "resource": url,
        "authorization_servers": [issuer],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["read", "send", "create"],
        "resource_name": "mailmcp",
    }


def _metadata_address(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{METADATA}{parts.path}"


class _Server(uvicorn.Server):
    """One that ends when the process is asked to, and leaves the process alone then: the mailroom is handed over."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        loop = asyncio.get_running_loop()
        names = (signal.SIGTERM, signal.SIGINT)
        with contextlib.suppress(NotImplementedError):  # Windows: the default action ends the process
            for name in names:
                loop.add_signal_handler(name, setattr, self, "should_exit", True)
        yield
        with contextlib.suppress(NotImplementedError):
            for name in names:
                loop.remove_signal_handler(name)


def _config(door: Door) -> uvicorn.Config:
    return uvicorn.Config(
        cast(Any, door),
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS,
        backlog=WAITING,
        h11_max_incomplete_event_size=16 * 1024,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=CLOSING_SECONDS,
    )
