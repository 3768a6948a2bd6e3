"""A WebSocket to a service, by the library websockets; ``streams`` loads it in a thread when the first is opened."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast
from urllib.parse import urlsplit

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from mailmcp import __version__
from mailmcp.backends.calls import Answer
from mailmcp.errors import BackendError, TryLater

LARGEST_FRAME = 1024 * 1024
"""Bytes of a message; a longer one ends the connection before it is read."""
MOST_GARBAGE = 100
"""Messages one after another that nobody can read, before the connection is ended."""
PING_SECONDS = 30.0
"""Between two questions whether the other side still lives, and how long it may be silent about that."""
GOODBYE_SECONDS = 1.0

log = logging.getLogger("mailmcp.services.sockets")
log.setLevel(logging.WARNING)  # below that the library writes down each frame, and the key with the first


class Ended(TryLater):
    """The other side ended the connection; ``code`` says why (RFC 6455 §7.4), None when it just broke."""

    def __init__(self, public: str, code: int | None) -> None:
        super().__init__(public)
        self.code = code


class Socket:
    """An open WebSocket that carries JSON objects."""

    def __init__(self, name: str, connection: ClientConnection) -> None:
        self._name = name
        self._connection = connection

    async def say(self, record: Mapping[str, Any]) -> None:
        """Send an object. Raises Ended."""
        try:
            await self._connection.send(json.dumps(record))
        except ConnectionClosed as error:
            raise self._ended(error) from None

    async def heard(self) -> dict[str, Any]:
        """The next object; whatever else comes is passed over. Raises Ended, and BackendError if only that comes."""
        for _ in range(MOST_GARBAGE):
            try:
                said: Any = json.loads(await self._connection.recv())
            except ConnectionClosed as error:
                raise self._ended(error) from None
            except (ValueError, RecursionError):
                continue
            if isinstance(said, dict):
                return cast(dict[str, Any], said)
        raise BackendError(f"{self._name} says nothing on its WebSocket that can be read: it was closed.")

    def _ended(self, error: ConnectionClosed) -> Ended:
        code = error.rcvd.code if error.rcvd is not None else None
        return Ended(f"{self._name} ended its WebSocket{f' ({code})' if code is not None else ''}.", code)


class _Straight(connect):
    """Goes where it is sent and nowhere else: the key travels with the handshake."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


@asynccontextmanager
async def opened(
    name: str, url: str, headers: Mapping[str, str], seconds: float, judged: Callable[[Answer], Answer]
) -> AsyncGenerator[Socket]:
    """A WebSocket until the end of the block. ``judged`` raises what an answer means that is no handshake.

    Raises TryLater when the service cannot be reached, and what ``judged`` raises.
    """
    try:
        connection = await _Straight(
            url,
            additional_headers=dict(headers),
            user_agent_header=f"mailmcp/{__version__}",
            # As for calls: what the system trusts is trusted, and a proxy of the environment is used.
            ssl=httpx2.create_ssl_context() if url.startswith("wss://") else None,
            proxy=None if urlsplit(url).scheme == "ws" else True,
            compression=None,
            open_timeout=seconds,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            close_timeout=GOODBYE_SECONDS,
            max_size=LARGEST_FRAME,
            logger=log,
        )
    except InvalidStatus as error:
        response = error.response
        judged(
            Answer(
                status=response.status_code,
                body=bytes(response.body),
                headers={key.lower(): value for key, value in response.headers.raw_items()},
            )
        )
        raise BackendError(f"{name} opens no WebSocket there ({response.status_code}).") from None
    except (ImportError, ValueError) as error:  # a proxy that wants another library, a key that no header can hold
        raise BackendError(f"No WebSocket of {name} can be opened here.") from ConnectionError(type(error).__name__)
    except (OSError, TimeoutError, WebSocketException) as error:
        raise TryLater(f"The WebSocket of {name} cannot be reached now.") from ConnectionError(type(error).__name__)
    try:
        yield Socket(name, connection)
    finally:
        await connection.close()  # in peace: the library's own context would call it a failure of ours
