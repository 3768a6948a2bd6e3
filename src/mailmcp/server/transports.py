"""Standard input and output, tolerant of both protocol eras on one pipe.

Four things are done here that the SDK's own stdio loop does not do. A line that is no message is answered (``wire``).
A ``server/discover`` probe or a ``ping`` is answered without choosing the era, so that a client may send ``initialize``
after it (the SDK would refuse that, and some hosts do it). The moment at which a response was really written is known,
since only then a code counts as handed out. And a client that leaves ends the server, whichever pipe it closes first.
"""

from __future__ import annotations

import asyncio
import logging
import os
import stat
import sys
from typing import Any, BinaryIO, cast

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.server import MCPServer, NotificationOptions
from mcp.shared.inbound import unsupported_protocol_version_rejection
from mcp.shared.message import SessionMessage
from mcp_types import (
    INTERNAL_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
)
from mcp_types.version import LATEST_MODERN_VERSION, MODERN_PROTOCOL_VERSIONS

from mailmcp.server.session import Session
from mailmcp.server.wire import LineReader, NoMessage, failure, understood, write_all

log = logging.getLogger("mailmcp.server")

Item = SessionMessage | Exception
VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
SERVER_INFO_KEY = "io.modelcontextprotocol/serverInfo"
LAST_ANSWERS_SECONDS = 5
"""How long what was asked before the end of input may take: a script writes its requests and closes the pipe."""
LAST_WRITES_SECONDS = 5
"""How long a client that has closed its output may take to read the last answers."""


async def serve_stdio(server: MCPServer[Session], session: Session) -> None:
    """Serve one client until its side of standard input closes, or of standard output."""
    lowlevel = server._lowlevel_server  # pyright: ignore[reportPrivateUsage] - the SDK's migration guide names it
    options = lowlevel.create_initialization_options(NotificationOptions())
    session.confirms_writes = True
    wire_in, wire_out = _take_standard_streams()
    relay = _Relay(lowlevel, session, LineReader(wire_in), wire_out)
    async with anyio.create_task_group() as tasks:
        to_server, from_client = anyio.create_memory_object_stream[Item](0)
        to_client, from_server = anyio.create_memory_object_stream[SessionMessage](0)
        tasks.start_soon(relay.inward, to_server)
        tasks.start_soon(relay.outward, from_server)
        tasks.start_soon(relay.watch)
        await lowlevel.run(from_client, to_client, options)
        with anyio.move_on_after(LAST_WRITES_SECONDS):
            await relay.all_written.wait()
        tasks.cancel_scope.cancel()


class _Relay:
    """Between the wire and the SDK's loop."""

    def __init__(self, lowlevel: Any, session: Session, lines: LineReader, wire_out: int) -> None:
        self._lowlevel = lowlevel
        self._session = session
        self._lines = lines
        self._wire_out = wire_out
        self._writing = anyio.Lock()
        self._reading = anyio.CancelScope()
        self._asked: set[int | str] = set()
        """Requests that were read, are to be answered soon, and have no answer yet."""
        self._answered = anyio.Event()
        self._chosen = False
        self.all_written = anyio.Event()
        """Set once the server has nothing more to say and all of it was written."""

    async def inward(self, to_server: MemoryObjectSendStream[Item]) -> None:
        """From the wire to the server, until the client has left."""
        async with to_server:
            with self._reading:
                while line := await self._next_line():
                    self._session.leaving_watch.used()
                    try:
                        message = understood(line)
                    except NoMessage as trouble:
                        await self._send(trouble.answer)
                        continue
                    if message is not None and not await self._answer_here(message):
                        self._note(message)
                        await to_server.send(SessionMessage(message))
                with anyio.move_on_after(LAST_ANSWERS_SECONDS):
                    while self._asked:
                        await self._answered.wait()

    async def outward(self, from_server: MemoryObjectReceiveStream[SessionMessage]) -> None:
        """From the server to the wire."""
        async for item in from_server:
            await self._send(item.message)
        self.all_written.set()

    async def watch(self) -> None:
        """Stop reading when the client closes the pipe that it should read: nobody would hear an answer.

        Only a pipe tells. At a socket the next write fails.
        """
        if not stat.S_ISFIFO(os.fstat(self._wire_out).st_mode):
            return
        loop, left = asyncio.get_running_loop(), asyncio.Event()
        try:
            loop.add_reader(self._wire_out, left.set)  # nothing can be read there but that its other end has gone
        except (NotImplementedError, OSError):  # Windows
            return
        try:
            await left.wait()
            self._leave()
        finally:
            loop.remove_reader(self._wire_out)

    async def _next_line(self) -> bytes:
        while True:
            try:
                return await anyio.to_thread.run_sync(self._lines.next, abandon_on_cancel=True)
            except NoMessage as trouble:
                await self._send(trouble.answer)

    async def _answer_here(self, message: JSONRPCMessage) -> bool:
        """Whether this was a probe before the first real request: it is answered here and chooses no era."""
        if self._chosen or not isinstance(message, JSONRPCRequest):
            return False
        version = _version(message)
        if message.method == "server/discover" and isinstance(version, str):
            await self._send(_discovered(self._lowlevel, message, version))
        elif message.method == "ping" and version is None:
            await self._send(JSONRPCResponse(jsonrpc="2.0", id=message.id, result={}))
        else:
            self._chosen = True
        return not self._chosen

    def _note(self, message: JSONRPCMessage) -> None:
        """Keep in mind what is to be answered, and let go what is not wanted any more."""
        if isinstance(message, JSONRPCRequest) and not _lasts(message):
            self._asked.add(message.id)
            self._session.asked()
        elif isinstance(message, JSONRPCNotification) and message.method == "notifications/cancelled":
            cancelled = (message.params or {}).get("requestId")
            self._session.lost(str(cancelled))
            for one in [one for one in self._asked if str(one) == str(cancelled)]:  # clients write 1 and "1"
                self._settle(one)

    def _settle(self, request_id: int | str | None) -> None:
        self._asked -= {request_id}
        if not self._asked:
            self._session.start_when_quiet()
        self._answered.set()
        self._answered = anyio.Event()

    async def _send(self, message: JSONRPCMessage) -> None:
        line, message = _written(message)
        async with self._writing:
            gone = self._reading.cancel_called
            if not gone:
                try:
                    await anyio.to_thread.run_sync(write_all, self._wire_out, line, abandon_on_cancel=True)
                except OSError:
                    self._leave()
                    gone = True
        if isinstance(message, JSONRPCResponse) and not gone:
            self._session.written(str(message.id))
        elif isinstance(message, JSONRPCResponse | JSONRPCError):
            self._session.lost(str(message.id))
        if isinstance(message, JSONRPCResponse | JSONRPCError):
            self._settle(message.id)

    def _leave(self) -> None:
        self._reading.cancel()


def _written(message: JSONRPCMessage) -> tuple[bytes, JSONRPCMessage]:
    """A message as a line, and that message; when JSON cannot hold a result, an error in its place."""
    try:
        line = message.model_dump_json(by_alias=True, exclude_unset=True).encode()
    except ValueError as error:
        log.error("a message cannot be written as JSON: %s", error)
        if not isinstance(message, JSONRPCResponse):
            return b"", message
        message = failure(message.id, INTERNAL_ERROR, "The result cannot be written as JSON; mailmcp's log says why.")
        line = message.model_dump_json(by_alias=True, exclude_unset=True).encode()
    return line + b"\n", message


def _lasts(request: JSONRPCRequest) -> bool:
    """Whether a request is open for as long as its caller wants: nobody waits for it at the end."""
    tool = (request.params or {}).get("name") if request.method == "tools/call" else None
    return request.method == "subscriptions/listen" or (isinstance(tool, str) and tool.startswith("wait_"))


def _version(request: JSONRPCRequest) -> Any:
    """The protocol version that a request of the stateless era names."""
    meta = (request.params or {}).get("_meta")
    return cast(dict[str, Any], meta).get(VERSION_KEY) if isinstance(meta, dict) else None


def _discovered(lowlevel: Any, request: JSONRPCRequest, version: str) -> JSONRPCResponse | JSONRPCError:
    """The answer to a probe: what is served here, or that this version is not."""
    if refused := unsupported_protocol_version_rejection(version):
        error = ErrorData(code=refused.code, message=refused.message, data=refused.data)
        return JSONRPCError(jsonrpc="2.0", id=request.id, error=error)
    capabilities = lowlevel.get_capabilities(protocol_version=LATEST_MODERN_VERSION)
    result: dict[str, Any] = {
        "resultType": "complete",
        "supportedVersions": list(MODERN_PROTOCOL_VERSIONS),
        "capabilities": capabilities.model_dump(mode="json", by_alias=True, exclude_none=True),
        "ttlMs": 0,
        "cacheScope": "private",
        "_meta": {SERVER_INFO_KEY: lowlevel.server_info_stamp},
    }
    if lowlevel.instructions:
        result["instructions"] = lowlevel.instructions
    return JSONRPCResponse(jsonrpc="2.0", id=request.id, result=result)


def _take_standard_streams() -> tuple[BinaryIO, int]:
    """The wire on private descriptors; fd 0 then reads nothing and fd 1 is standard error: a stray print is harmless.

    The descriptors are never closed: a thread may still be reading when the process ends.
    """
    sys.stdout.flush()
    wire_in, wire_out = os.dup(0), os.dup(1)
    if sys.platform != "win32":
        for wire in (wire_in, wire_out):
            os.set_blocking(wire, True)  # a host may hand over what it used without blocking; threads wait here
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return os.fdopen(wire_in, "rb", buffering=2**16, closefd=False), wire_out
