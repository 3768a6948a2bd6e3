"""The door of MCP over HTTP: what a request must be before the protocol looks at it, and what becomes of its answer.

A page that a browser shows may send requests to this machine, and a name bound anew may make them look like its own
(DNS rebinding): Host must be a name of ours and Origin, if there is one, ours or one that the settings name. Then who
comes is asked, before a byte of the body is read; the body is read whole, in bounded time and room; and a client that
does not read what it asked for is left after a while.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken

from mailmcp.config import HttpSettings
from mailmcp.errors import MailError
from mailmcp.models import Principal
from mailmcp.server.admission import NOT_KNOWN, Admission, Unwelcome
from mailmcp.server.callers import SCOPE_KEY, Visit
from mailmcp.server.connections import SELF, Connection

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

log = logging.getLogger("mailmcp.http")

BODY = 32 * 2**20
"""Octets of a request: as many as a line on standard input may have."""
ALL_BODIES = 4 * BODY
"""Octets of all requests that are being read or served."""
BODY_SECONDS, SEND_SECONDS = 60, 60
METADATA = "/.well-known/oauth-protected-resource"
_ALWAYS = {b"cache-control": b"no-store", b"x-content-type-options": b"nosniff"}


class Names:
    """By which names this server may be called, and from which pages."""

    def __init__(self, settings: HttpSettings, port: int) -> None:
        own = [f"{host}:{port}" for host in ("127.0.0.1", "localhost", "[::1]")]
        named = [urlsplit(settings.url).netloc] if settings.url else []
        for one in settings.names:
            named += [one] if ":" in one else [one, f"{one}:{port}"]
        self._port = port
        self._hosts = {one.lower() for one in (*own, *named)}
        self._origins = {one.lower() for one in settings.origins}

    def knows(self, host: str, scope: Scope) -> bool:
        """Whether a Host header is ours. One that is the number at which the request came is no name to be bound."""
        if host.lower() in self._hosts:
            return True
        address = (scope.get("server") or ("",))[0]
        return host == (f"[{address}]:{self._port}" if ":" in address else f"{address}:{self._port}")

    def welcomes(self, origin: str, host: str) -> bool:
        """Whether a page of this origin may call."""
        return origin.lower() in self._origins or origin.lower() in (
            f"http://{host}".lower(),
            f"https://{host}".lower(),
        )


class Door:
    """ASGI: lets in whom it may, and hands out what waits gave them once it was written."""

    def __init__(
        self,
        inside: App,
        admission: Admission,
        names: Names,
        *,
        paths: tuple[str, ...],
        metadata: Mapping[str, Any] | None,
    ) -> None:
        self._inside = AuthContextMiddleware(inside)  # the SDK binds what it seals to who came
        self._admission = admission
        self._names = names
        self._paths = paths
        self._metadata = metadata
        self._held = 0
        self._inside_now: dict[asyncio.Task[Any], str] = {}
        self._shown_out: set[asyncio.Task[Any]] = set()

    def inside(self) -> frozenset[str]:
        """By what those are known whose requests are being served now (``Keyring.still_opens``)."""
        return frozenset(self._inside_now.values())

    def show_out(self, proof: str) -> None:
        """End the requests of whoever is known by this."""
        going = {task for task, known_by in self._inside_now.items() if known_by == proof}
        self._shown_out |= going
        for task in going:
            task.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        exchange = _Exchange(scope["state"][SELF], receive, send)
        try:
            await self._let_in(scope, exchange)
        except Unwelcome as refusal:
            await exchange.refuse(refusal)
        except MailError as error:  # who comes could not be looked up
            await exchange.refuse(Unwelcome(503, error.public, {"retry-after": "1"}))
        finally:
            self._held -= exchange.held

    async def _let_in(self, scope: Scope, exchange: _Exchange) -> None:
        given: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            given.setdefault(name.lower(), []).append(value)
        self._check(scope, given)
        if self._metadata is not None and scope["path"].startswith(METADATA):
            await exchange.say(200, json.dumps(self._metadata).encode(), {"content-type": "application/json"})
            return
        principal, proof = await self._admission.principal(scope, given)
        exchange.replay(await exchange.body(_longest(scope, given), self._hold))
        await self._serve(scope, exchange, principal, proof)

    def _hold(self, octets: int) -> None:
        if self._held + octets > ALL_BODIES:
            raise Unwelcome(503, "Too much is being sent at once: try again.", {"retry-after": "1"})
        self._held += octets

    def _check(self, scope: Scope, given: Mapping[bytes, list[bytes]]) -> None:
        hosts = given.get(b"host", [])
        host = hosts[0].decode("latin-1") if len(hosts) == 1 else ""
        if not host or not self._names.knows(host, scope):
            raise Unwelcome(421, "There is nothing under this name; MAILMCP_HTTP__NAMES says by which it is called.")
        origins = given.get(b"origin", [])
        if len(origins) > 1 or any(not self._names.welcomes(one.decode("latin-1"), host) for one in origins):
            raise Unwelcome(403, "Pages of this origin may not call; MAILMCP_HTTP__ORIGINS names those that may.")
        site = given.get(b"sec-fetch-site", [b"none"])[0]
        if not origins and site not in (b"none", b"same-origin"):
            raise Unwelcome(403, "This request comes from another page.")
        metadata = self._metadata is not None and scope["path"].startswith(METADATA)
        if scope["path"] not in self._paths and not metadata:
            raise Unwelcome(404, f"There is nothing here: MCP is at {self._paths[0]}.")
        if scope["method"] not in ("GET", "POST", "DELETE") or (metadata and scope["method"] != "GET"):
            raise Unwelcome(405, "This method is not answered here.", {"allow": "GET, POST, DELETE"})

    async def _serve(self, scope: Scope, exchange: _Exchange, principal: Principal, proof: str) -> None:
        visit = Visit(principal)
        scope[SCOPE_KEY] = visit
        if principal.row is not None:
            token = AccessToken(token="-", client_id=principal.key, scopes=sorted(principal.abilities))  # noqa: S106
            scope["user"] = AuthenticatedUser(token)
        task = asyncio.current_task()
        assert task is not None  # noqa: S101
        self._inside_now[task] = proof
        try:
            await self._inside(scope, exchange.receive, exchange.send)
        except asyncio.CancelledError:  # which the HTTP server would call a crash, with a page of its own code
            await exchange.break_off(
                Unwelcome(401, NOT_KNOWN)
                if task in self._shown_out
                else Unwelcome(503, "mailmcp ends here: try again.", {"retry-after": "1"})
            )
        except BaseException:
            if exchange.gave_up:
                log.warning("a client did not read its answer for %d seconds: left", SEND_SECONDS)
                exchange.abort()
                return
            raise
        finally:
            del self._inside_now[task]
            self._shown_out.discard(task)
            await visit.settle(written=exchange.written)


class _Exchange:
    """A request and its answer, on their way through the door."""

    def __init__(self, connection: Connection, receive: Receive, send: Send) -> None:
        self._connection = connection
        self.abort = connection.abort
        self._receive = receive
        self._send = send
        self._waiting: bytes | None = None
        self._gone = False
        self._begun = self._ended = False
        self.gave_up = False
        """Whether the client did not read what was sent."""
        self.held = 0
        """Octets of the body that were read."""

    @property
    def written(self) -> bool:
        """Whether the whole answer was handed to a client that was still there."""
        return self._ended and not self._gone

    def replay(self, body: bytes) -> None:
        """What was read is what is received inside."""
        self._waiting = body

    async def receive(self) -> Message:
        """ASGI: the body in one piece, then word that the client has gone."""
        if self._waiting is not None:
            body, self._waiting = self._waiting, None
            return {"type": "http.request", "body": body, "more_body": False}
        message = await self._receive()
        self._gone = self._gone or (message["type"] == "http.disconnect" and not self._ended)
        return message

    async def send(self, message: Message) -> None:
        """ASGI: not for ever to a client that does not read."""
        if message["type"] == "http.response.start":
            kept = [(name, value) for name, value in message.get("headers", ()) if name.lower() not in _ALWAYS]
            message["headers"] = [*kept, *_ALWAYS.items()]
            self._begun = True
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._send(message)
                await self._connection.drained()
        except TimeoutError:
            self._gone = self.gave_up = True
            raise
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self._ended = True

    async def body(self, most: int, hold: Callable[[int], None]) -> bytes:
        """The body. Raises Unwelcome."""
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while True:
                    message = await self._receive()
                    if message["type"] != "http.request":
                        raise Unwelcome(400, "The request broke off.")
                    piece = message.get("body", b"")
                    hold(len(piece))
                    self.held += len(piece)
                    body += piece
                    if len(body) > most:
                        raise Unwelcome(413, f"The request is larger than {BODY // 2**20} MiB: send less at once.")
                    if not message.get("more_body", False):
                        return bytes(body)
        except TimeoutError:
            raise Unwelcome(408, "The request came too slowly.") from None

    async def refuse(self, refusal: Unwelcome) -> None:
        """Say no; the connection is closed, since what is left of a body is not read."""
        about = {"content-type": "text/plain; charset=utf-8", "connection": "close", **refusal.headers}
        await self.say(refusal.status, refusal.sentence.encode(), about)

    async def break_off(self, refusal: Unwelcome) -> None:
        """End what lasts: say why, if nothing was said yet."""
        self._gone = True
        if self._begun:
            self.abort()
        else:
            await self.refuse(refusal)

    async def say(self, status: int, words: bytes, about: Mapping[str, str]) -> None:
        """A whole answer."""
        headers = [(name.encode(), value.encode("latin-1")) for name, value in about.items()]
        headers.append((b"content-length", str(len(words)).encode()))
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": words})


def _longest(scope: Scope, given: Mapping[bytes, list[bytes]]) -> int:
    """How long the body may be: what its length says, if it says one. Raises Unwelcome."""
    if scope["method"] != "POST":
        return 0
    said = given.get(b"content-length")
    if said is None:
        return BODY
    if len(said) != 1 or not said[0].isdigit() or len(said[0]) > 12 or int(said[0]) > BODY:
        raise Unwelcome(413, f"The request is larger than {BODY // 2**20} MiB: send less at once.")
    return int(said[0])


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine alone."""
    return ipaddress.ip_address(host).is_loopback
