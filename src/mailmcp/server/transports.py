"""Standard input and output, tolerant of both protocol eras on one pipe.

Two things are done here that the SDK's own stdio loop does not do. A ``server/discover`` probe is answered without
choosing the era, so that a client may send ``initialize`` after it (the SDK would refuse that, and some hosts do it).
And the moment at which a response was really written is known, since only then a code counts as handed out.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from io import TextIOWrapper
from typing import Any, BinaryIO, cast

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.server import MCPServer, NotificationOptions
from mcp.server.stdio import stdio_server
from mcp.shared.inbound import unsupported_protocol_version_rejection
from mcp.shared.message import SessionMessage
from mcp_types import ErrorData, JSONRPCError, JSONRPCNotification, JSONRPCRequest, JSONRPCResponse
from mcp_types.version import LATEST_MODERN_VERSION, MODERN_PROTOCOL_VERSIONS

from mailmcp.server.session import Session

Item = SessionMessage | Exception
VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
SERVER_INFO_KEY = "io.modelcontextprotocol/serverInfo"


async def serve_stdio(server: MCPServer[Session], session: Session) -> None:
    """Serve one client until its side of standard input closes."""
    lowlevel = server._lowlevel_server  # pyright: ignore[reportPrivateUsage] - the SDK's migration guide names it
    options = lowlevel.create_initialization_options(NotificationOptions())
    session.confirms_writes = True
    wire_in, wire_out = _take_standard_streams()
    output = _ConfirmedOutput(wire_out, session)
    stdin = anyio.wrap_file(TextIOWrapper(wire_in, encoding="utf-8", errors="replace"))
    async with stdio_server(stdin, output) as (read, write), anyio.create_task_group() as tasks:
        to_server, from_client = anyio.create_memory_object_stream[Item](0)
        to_client, from_server = anyio.create_memory_object_stream[SessionMessage](0)
        relay = _Relay(lowlevel, session, output, cast(MemoryObjectSendStream[SessionMessage], write))
        tasks.start_soon(relay.inward, cast(MemoryObjectReceiveStream[Item], read), to_server)
        tasks.start_soon(relay.outward, from_server)
        await lowlevel.run(from_client, to_client, options)
        tasks.cancel_scope.cancel()
        await write.aclose()  # the SDK's writer ends when nobody can send to it any more


class _ConfirmedOutput(anyio.AsyncFile[str]):
    """Standard output that tells the session of each response once it was flushed."""

    def __init__(self, wire: BinaryIO, session: Session) -> None:
        super().__init__(cast(Any, TextIOWrapper(wire, encoding="utf-8", newline="\n")))
        self._session = session
        self.order: deque[SessionMessage] = deque()
        """The messages handed to the writer and not yet flushed, oldest first."""

    async def flush(self) -> None:
        """Flush, then tell."""
        await super().flush()
        message = self.order.popleft().message if self.order else None
        if isinstance(message, JSONRPCResponse):
            self._session.written(str(message.id))
            self._session.start_when_quiet()
        elif isinstance(message, JSONRPCError):
            self._session.lost(str(message.id))


class _Relay:
    """Between the wire and the SDK's loop."""

    def __init__(
        self, lowlevel: Any, session: Session, output: _ConfirmedOutput, write: MemoryObjectSendStream[SessionMessage]
    ) -> None:
        self._lowlevel = lowlevel
        self._session = session
        self._output = output
        self._write = write
        self._writing = anyio.Lock()

    async def inward(self, read: MemoryObjectReceiveStream[Item], to_server: MemoryObjectSendStream[Item]) -> None:
        """From the wire to the server; probes before the first real request are answered here."""
        chosen = False
        async with to_server:
            async for item in read:  # an Exception is a line that was no message: the server's loop ignores it
                message = item.message if isinstance(item, SessionMessage) else None
                if isinstance(message, JSONRPCRequest):
                    if not chosen and (version := _probed(message)) is not None:
                        await self._send(SessionMessage(_discovered(self._lowlevel, message, version)))
                        continue
                    chosen = True
                elif isinstance(message, JSONRPCNotification) and message.method == "notifications/cancelled":
                    self._session.lost(str((message.params or {}).get("requestId")))
                await to_server.send(item)

    async def outward(self, from_server: MemoryObjectReceiveStream[SessionMessage]) -> None:
        """From the server to the wire."""
        async for item in from_server:
            await self._send(item)

    async def _send(self, item: SessionMessage) -> None:
        async with self._writing:
            self._output.order.append(item)
            await self._write.send(item)


def _probed(request: JSONRPCRequest) -> str | None:
    """The protocol version of a ``server/discover``; None when it is no such request."""
    meta = (request.params or {}).get("_meta")
    version = cast(dict[str, Any], meta).get(VERSION_KEY) if isinstance(meta, dict) else None
    return version if request.method == "server/discover" and isinstance(version, str) else None


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


def _take_standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """The wire on private descriptors; fd 0 then reads nothing and fd 1 is standard error: a stray print is harmless.

    The descriptors are never closed: a thread may still be reading when the process ends.
    """
    sys.stdout.flush()
    wire_in, wire_out = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return os.fdopen(wire_in, "rb", closefd=False), os.fdopen(wire_out, "wb", closefd=False)
