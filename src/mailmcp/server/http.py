"""`mailmcp serve --transport http`: many clients of one home at `/mcp`, in both protocol eras; `sse` adds the old pair.

The SDK's own transports speak the protocol, behind our door (``door``). A client that takes JSON only, or that of the
handshake era calls without a session, is served each request by itself; everybody else gets streams and sessions.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import re
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import uvicorn
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser, authorization_context
from mcp.server.runner import serve_loop
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types import INVALID_PARAMS, INVALID_REQUEST, JSONRPCRequest
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.responses import Response

from mailmcp.config import HttpSettings, load_settings
from mailmcp.errors import ConfigError, MailError
from mailmcp.server.admission import Admission
from mailmcp.server.build import build_server
from mailmcp.server.connections import Connection
from mailmcp.server.door import METADATA, Door, Names, Receive, Scope, Send, is_loopback
from mailmcp.server.session import Session
from mailmcp.server.shares import BODY
from mailmcp.server.tools import all_tools
from mailmcp.server.wire import NoMessage, for_others, understood

if TYPE_CHECKING:
    from mailmcp.mailroom.room import Mailroom
    from mailmcp.server.serving import OpenMailroom

log = logging.getLogger("mailmcp.http")

PATH, SSE, MESSAGES = "/mcp", "/sse", "/messages/"
_SESSION = re.compile(rb"session_id=[0-9a-f]{32}")
CONNECTIONS = 1024
LONGEST_OPENING = 64 * 1024
"""Octets of `initialize`: what it says is kept as long as its session."""
SESSIONS, OWN_SESSIONS = 2_000, 500
"""Open at once in all, and of one key: a client that opens one for each call and closes none must not keep out others,
nor itself until they have been idle for half an hour."""
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
    session = Session(lambda: open_mailroom(settings), for_owner=False)
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
    lowlevel = build_server(session, all_tools).furnished()._lowlevel_server  # pyright: ignore[reportPrivateUsage] - see serve_stdio
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
        elif scope["method"] != "POST":
            # No event is kept to be sent again: a stream that goes on is a new one. The SDK would answer nothing.
            scope["headers"] = [one for one in scope["headers"] if one[0].lower() != b"last-event-id"]
            await (self._sse.handle_post_message if scope["path"] == MESSAGES else self._streams.handle_request)(
                scope, receive, send
            )
        else:
            await self._posted(scope, receive, send)

    async def _posted(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A message. What is none is answered here: the SDK would say so in pydantic's words, and log what it was."""
        body = (await receive()).get("body", b"")
        try:
            said = understood(body)
            if said is None:
                raise NoMessage(INVALID_REQUEST, "There is no message in it: send one JSON object.")
            opening = said if isinstance(said, JSONRPCRequest) and said.method == "initialize" else None
            if opening and len(body) > LONGEST_OPENING:
                sentence = f"What a client says of itself is longer than {LONGEST_OPENING // 1024} KiB: say less."
                raise NoMessage(INVALID_PARAMS, sentence, opening.id)
        except NoMessage as trouble:
            answer = trouble.answer.model_dump_json(by_alias=True, exclude_unset=True)
            await Response(answer, 400, media_type="application/json")(scope, receive, send)
            return
        body, taken = for_others(body, said), False

        async def receiving() -> Any:
            nonlocal taken
            if taken:
                return await receive()
            taken = True
            return {"type": "http.request", "body": body, "more_body": False}

        if scope["path"] == MESSAGES:
            if _SESSION.fullmatch(scope["query_string"]):
                await self._sse.handle_post_message(scope, receiving, send)
            else:  # which would be written to the log as it is
                await Response("Could not find session", 404)(scope, receive, send)
        else:
            manager = self._single if _asks_for_one_answer(scope, opens=opening is not None) else self._streams
            if manager is self._streams and not any(name == b"mcp-session-id" for name, _ in scope["headers"]):
                await self._make_room(scope.get("user"))
            await manager.handle_request(scope, receiving, send)

    async def _make_room(self, user: Any) -> None:
        """A session may be opened now: of too many, the one idle the longest ends (its client opens another)."""
        streams = self._streams
        every, owners = streams._server_instances, streams._session_owners  # pyright: ignore[reportPrivateUsage] - it has no word on that
        who = authorization_context(user) if isinstance(user, AuthenticatedUser) else None
        crowd = [one for one in every if owners.get(one) == who]
        if len(crowd) < OWN_SESSIONS:
            crowd = list(every) if len(every) >= SESSIONS else []
        idle = {one: scope.deadline for one in crowd if (scope := every[one].idle_scope) and scope.deadline < math.inf}
        if idle:
            oldest = min(idle, key=lambda one: idle[one])
            await streams._discard_session(oldest, every[oldest])  # pyright: ignore[reportPrivateUsage]

    async def _old_stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            await send({"type": "http.response.start", "status": 405, "headers": [(b"allow", b"GET")]})
            await send({"type": "http.response.body", "body": b""})
            return
        async with self._sse.connect_sse(scope, receive, send) as (read, write):
            await serve_loop(self._lowlevel, read, write, lifespan_state=self._session)


def _asks_for_one_answer(scope: Scope, *, opens: bool) -> bool:
    """Whether a request stands for itself: its client takes JSON only, or calls in the old era without a session.

    ``opens`` tells of a request that opens one.
    """
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    accepts = headers.get(b"accept", "")
    streams = "text/event-stream" in accepts or "*/*" in accepts or "text/*" in accepts
    version = headers.get(b"mcp-protocol-version")
    if version is not None and version not in HANDSHAKE_PROTOCOL_VERSIONS:
        return not streams
    if b"mcp-session-id" in headers:
        return False
    return not streams or (version is not None and not opens)


async def _show_out(door: Door, room: Mailroom) -> None:
    """End what lasts for whoever came with a secret that was revoked or replaced meanwhile."""
    while True:
        await asyncio.sleep(REVOKED_SECONDS)
        for proof in door.shares.callers():
            with contextlib.suppress(MailError):  # it cannot be looked up now
                if not await room.keyring.still_opens(proof):
                    door.shares.show_out(proof)


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
