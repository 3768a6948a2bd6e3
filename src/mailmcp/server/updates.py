"""Who wants to hear of changes hears of them: `resources/subscribe` of 2025 and `subscriptions/listen` of 2026.

A notice names a resource and says nothing of what is in it. Wake-ups are hints and the store is the truth (law 8): at
every change of the database, by whichever process, each resource that somebody listens for is looked at, and named
if it is not what it was. So an assistant hears that a human decided, and that mail came, without asking again.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from mcp.server import MCPServer
from mcp.server.context import ServerRequestContext
from mcp.server.session import ServerSession
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ResourceUpdated
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    EmptyResult,
    ServerCapabilities,
    SubscribeRequestParams,
    SubscriptionFilter,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
    UnsubscribeRequestParams,
)

from mailmcp.errors import MailError, NotFound
from mailmcp.server.sentences import shown
from mailmcp.server.session import Session

if TYPE_CHECKING:
    from mailmcp.mailroom.counter import Counter
    from mailmcp.models import Principal

    _Place = tuple[Principal, str]
    """A resource (its URI) as one caller sees it."""

log = logging.getLogger("mailmcp.server")

MOST = 100
"""Resources that one process watches for a caller."""
MOST_OF_ALL = 2_000
"""For all its callers together."""
PAUSE_SECONDS = 0.02
"""Between two looks: mail that comes in a row is looked at together."""
THREADS = 20
"""Of an inbox, as many as its resource shows."""
_WATCHED = re.compile(
    r"mail://(?:(?P<list>inboxes|drafts)|drafts/(?P<draft>d_\w{1,60})|inbox/(?P<inbox>[^/?#\s]{3,400})"
    r"|thread/(?P<thread>[tm]_\w{1,60}))"
)

Ctx = ServerRequestContext[Any, Any]


@dataclass
class _Watched:
    """A resource that a caller listens for."""

    counter: Counter
    seen: str
    """What it was when it was looked at last."""
    peers: dict[int, ServerSession] = field(default_factory=dict[int, ServerSession])
    """Clients of 2025, by their connection."""
    streams: int = 0
    """Open streams of clients of 2026."""


class _Streams:
    """The open streams of one caller's clients of 2026: a notice for one caller must not reach another."""

    def __init__(self) -> None:
        self.bus = InMemorySubscriptionBus()
        self.listen = ListenHandler(self.bus)


class Updates:
    """What the clients of one process listen for."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._watched: dict[_Place, _Watched] = {}
        self._watch: asyncio.Task[None] | None = None
        self._streams: dict[Principal, _Streams] = {}

    def attach(self, server: MCPServer[Session]) -> None:
        """Serve the requests of both eras, and say so: subscriptions there are, lists that change there are not."""
        lowlevel = server._lowlevel_server  # pyright: ignore[reportPrivateUsage] - the SDK's migration guide names it
        lowlevel.add_request_handler("resources/subscribe", SubscribeRequestParams, self.subscribe)
        lowlevel.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, self.unsubscribe)
        lowlevel.add_request_handler("subscriptions/listen", SubscriptionsListenRequestParams, self.listen)
        said = lowlevel.get_capabilities

        def honest(*arguments: Any, **named: Any) -> ServerCapabilities:
            capabilities = said(*arguments, **named)
            for one in (capabilities.tools, capabilities.prompts, capabilities.resources):
                if one is not None:
                    one.list_changed = False
            return capabilities

        lowlevel.get_capabilities = honest

    async def subscribe(self, ctx: Ctx, params: SubscribeRequestParams) -> EmptyResult:
        """A client of 2025 wants to hear of a resource."""
        uri = str(params.uri)
        if not _WATCHED.fullmatch(uri):
            raise MCPError(INVALID_PARAMS, f"No updates are sent for '{shown(uri)}': {_WHICH}")
        if ctx.session.client_params is None:  # each request for itself: there is no stream that could bring a notice
            raise MCPError(INVALID_PARAMS, "Updates need a session: send `initialize` first, and keep its stream open.")
        place = self._session.caller(), uri
        watched = await self._look_after(place)
        if watched is None:
            raise MCPError(INVALID_PARAMS, f"Updates of {MOST} resources are sent already: unsubscribe from some.")
        client = id(ctx.session.client_params)
        if client not in watched.peers:
            watched.peers[client] = ctx.session
            connection = ctx.session._connection  # pyright: ignore[reportPrivateUsage] - nothing else tells of its end
            connection.exit_stack.callback(self._gone, place, client)
        return EmptyResult()

    def _gone(self, place: _Place, client: int) -> None:
        if watched := self._watched.get(place):
            watched.peers.pop(client, None)
            self._forget_unheard()

    async def unsubscribe(self, ctx: Ctx, params: UnsubscribeRequestParams) -> EmptyResult:
        """It does not any more."""
        self._gone((self._session.caller(), str(params.uri)), id(ctx.session.client_params))
        return EmptyResult()

    async def listen(self, ctx: Ctx, params: SubscriptionsListenRequestParams) -> SubscriptionsListenResult:
        """A client of 2026 listens, until it goes. What it is told of is acknowledged by the SDK's own handler."""
        caller, uris = self._session.caller(), list[str]()
        try:
            for uri in dict.fromkeys(params.notifications.resource_subscriptions or ()):
                if _WATCHED.fullmatch(uri) and (watched := await self._look_after((caller, uri))):
                    watched.streams += 1
                    uris.append(uri)
            granted = SubscriptionFilter(resource_subscriptions=uris or None)
            streams = self._streams.setdefault(caller, _Streams())
            return await streams.listen(ctx, params.model_copy(update={"notifications": granted}))
        finally:
            places = [(caller, uri) for uri in uris]
            for watched in filter(None, map(self._watched.get, places)):  # none is left when the server ends
                watched.streams -= 1
            self._forget_unheard()

    async def aclose(self) -> None:
        """Stop watching."""
        self._watched.clear()
        for streams in self._streams.values():
            streams.listen.close()
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])

    def _is_too_much(self, caller: Principal) -> bool:
        own = sum(place[0] == caller for place in self._watched)
        return own >= MOST or len(self._watched) >= MOST_OF_ALL

    async def _look_after(self, place: _Place) -> _Watched | None:
        """Watch a resource for a caller from what it is now on; None when there are too many."""
        caller, uri = place
        if place not in self._watched:
            if self._is_too_much(caller):
                return None
            try:
                counter = await self._session.counter()
                now = await _state(counter, uri)
            except MailError as error:
                raise MCPError(INVALID_PARAMS, error.public) from error
            if place not in self._watched and self._is_too_much(caller):
                return None  # of many that were asked for at once, others were looked at first
            self._watched.setdefault(place, _Watched(counter, now))
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._watching(), name="mailmcp-updates")
        return self._watched[place]

    def _forget_unheard(self) -> None:
        for place in [place for place, one in self._watched.items() if not one.peers and not one.streams]:
            del self._watched[place]
        heard = {caller for caller, _ in self._watched}
        for caller in [caller for caller in self._streams if caller not in heard]:
            del self._streams[caller]
        if not self._watched and self._watch is not None:
            self._watch.cancel()
            self._watch = None

    async def _watching(self) -> None:
        room = await self._session.room()
        async with room.arrivals.listen() as bell:
            while True:
                bell.clear()
                for place, watched in list(self._watched.items()):
                    caller, uri = place
                    try:
                        now = await _state(watched.counter, uri)
                    except MailError as error:
                        log.warning("it cannot be seen whether %s changed: %s", uri, error)
                        continue
                    if now != watched.seen:
                        watched.seen = now
                        await self._tell(caller, uri, watched)
                await asyncio.sleep(PAUSE_SECONDS)
                await bell.wait()

    async def _tell(self, caller: Principal, uri: str, watched: _Watched) -> None:
        if streams := self._streams.get(caller):
            await streams.bus.publish(ResourceUpdated(uri=uri))
        for key, peer in list(watched.peers.items()):
            try:
                await peer.send_resource_updated(uri)
            except Exception:  # it has gone, whatever the transport calls that
                watched.peers.pop(key, None)


_WHICH = "they are for mail://inboxes, mail://inbox/ADDRESS, mail://thread/ID, mail://drafts and mail://drafts/ID."


async def _state(room: Counter, uri: str) -> str:
    """What stands for all that a resource shows; something else when that changes."""
    found = _WATCHED.fullmatch(uri)
    assert found is not None, uri  # noqa: S101 - nobody watches another one
    with contextlib.suppress(NotFound):  # it may come, and may go
        if found["draft"]:
            return _digest(await room.draft(found["draft"]))
        if found["inbox"]:
            from mailmcp.mailroom.requests import Search

            return _digest(await room.reading.find(Search(inbox=unquote(found["inbox"]), limit=THREADS)))
        if found["thread"]:
            read = await room.reading.conversation(found["thread"])
            return _digest([(one.id, one.read, one.labels, one.trust) for one, _ in read.messages])
        return _digest(await (room.open_drafts() if found["list"] == "drafts" else room.list_inboxes()))
    return "nothing"


def _digest(value: object) -> str:
    return hashlib.sha256(repr(value).encode("utf-8", "replace")).hexdigest()
