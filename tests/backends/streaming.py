"""Stand-ins on a loopback port with what they say by themselves: WebSockets, and events over HTTP (SSE)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from http_service import Asked, Handler, Said, Silence

LIMIT = 30


class Line:
    """An open stream, from the service's side."""

    def __init__(self, asked: Asked, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]):
        self.asked = asked
        self.ended: int | None = None
        """With which code the other side ended it (1006: without one)."""
        self.topics: set[str] | None = None
        """What it wants to hear of; None: everything."""
        self._receive, self._send = receive, send

    async def accept(self) -> None:
        await self._send({"type": "websocket.accept"})

    async def refuse(self, said: Said) -> None:
        headers = [(name.lower().encode(), value.encode()) for name, value in said.headers.items()]
        begin = {"type": "websocket.http.response.start", "status": said.status, "headers": headers}
        await self._send(begin)
        await self._send({"type": "websocket.http.response.body", "body": said.octets})

    async def say(self, what: Any) -> None:
        """Bytes and text as they are, anything else as JSON."""
        if isinstance(what, bytes):
            await self._send({"type": "websocket.send", "bytes": what})
        else:
            text = what if isinstance(what, str) else json.dumps(what)
            await self._send({"type": "websocket.send", "text": text})

    async def end(self, code: int) -> None:
        await self._send({"type": "websocket.close", "code": code})

    async def heard(self) -> str | None:
        """What the other side says; None when it has gone."""
        while True:
            said = await self._receive()
            if said["type"] == "websocket.disconnect":
                self.ended = said.get("code") or 1006
                return None
            if said["type"] == "websocket.receive":
                return str(said.get("text") or "")


class Events(Line):
    """An open stream of events."""

    async def say(self, what: Any) -> None:
        """Text as it is, anything else as the data of an event."""
        text = what if isinstance(what, str | bytes) else f"event: news\ndata: {json.dumps(what)}\n\n"
        octets = text if isinstance(text, bytes) else text.encode()
        await self._send({"type": "http.response.body", "body": octets, "more_body": True})

    async def end(self, code: int) -> None:
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def heard(self) -> str | None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.ended = 1006
        return None


@dataclass
class Streams:
    """What a service does with streams; each service's own is a subclass."""

    handler: Handler
    refusal: Said | None = None
    """What it says to whoever wants to listen."""
    lines: list[Line] = field(default_factory=list)
    """Those that are open and listen."""
    tried: int = 0
    past: list[Line] = field(default_factory=list)

    def is_stream(self, asked: Asked) -> bool:
        """Whether a request opens a stream of events."""
        return False

    async def serve(self, line: Line) -> None:
        """As long as a line is open."""
        raise NotImplementedError

    async def tell(self, topic: str, what: Any) -> None:
        """Say something on all lines that want to hear of it."""
        for one in list(self.lines):
            if one.topics is None or topic in one.topics:
                await one.say(what)

    async def until(self, open_: int, tried: int = 0) -> None:
        """Returns once so many lines listen, and so many were tried."""
        async with asyncio.timeout(LIMIT):
            while len(self.lines) != open_ or self.tried < tried:  # noqa: ASYNC110 - the other side rings no bell
                await asyncio.sleep(0.01)

    @contextlib.contextmanager
    def listening(self, line: Line) -> Generator[None]:
        self.lines.append(line)
        try:
            yield
        finally:
            self.lines.remove(line)
            self.past.append(line)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        target = scope["raw_path"].decode() + (f"?{scope['query_string'].decode()}" if scope["query_string"] else "")
        if scope["type"] == "websocket":
            self.tried += 1
            line = Line(Asked("GET", target, headers), receive, send)
            await receive()
            if self.refusal is not None:
                return await line.refuse(self.refusal)
            return await self.serve(line)
        asked = Asked(scope["method"], target, headers, await _body(receive))
        if self.is_stream(asked):
            self.tried += 1
            if self.refusal is None:
                start = [(b"content-type", b"text/event-stream")]
                await send({"type": "http.response.start", "status": 200, "headers": start})
                return await self.serve(Events(asked, receive, send))
        try:
            said = self.refusal if self.refusal and self.is_stream(asked) else self.handler(asked)
        except Silence:
            return None  # the server says 500 then, which is an answer that is none as well
        named = {"Content-Type": "application/json", **said.headers}
        sent = [(name.lower().encode(), value.encode()) for name, value in named.items()]
        await send({"type": "http.response.start", "status": said.status, "headers": sent})
        return await send({"type": "http.response.body", "body": said.octets})


async def _body(receive: Any) -> bytes:
    octets = b""
    while True:
        said = await receive()
        octets += said.get("body", b"")
        if not said.get("more_body"):
            return octets


class _Quiet(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@contextlib.asynccontextmanager
async def streaming(streams: Streams) -> AsyncIterator[str]:
    """Its address, until the end of the block."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        streams,
        http="h11",
        ws="websockets-sansio",
        lifespan="off",
        log_config=None,
        log_level="error",  # below that it writes down keys that it was shown
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = _Quiet(config)
    serving = asyncio.create_task(server.serve([listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await asyncio.wait([serving], timeout=10)
        listener.close()
