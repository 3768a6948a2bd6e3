"""What services say by themselves, as a reason to look: WebSockets, and events over HTTP (SSE).

Both go to the service's own host with the same key, budget and limits as calls do. What comes is never mail, only a
hint; whoever watches begins anew when a stream ends, and looks again and again in any case.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from mailmcp.backends.calls import encoded, origin_of
from mailmcp.backends.http import Service
from mailmcp.errors import BackendError, NoAnswer, TryLater

if TYPE_CHECKING:
    from mailmcp.backends.sockets import Socket

LARGEST_EVENT = 1024 * 1024
SILENCE_SECONDS = 90.0
"""A stream of events that says nothing for so long, not even that it lives, is begun anew."""


class StreamingService(Service):
    """A service that may be listened to."""

    @property
    def opens_sockets(self) -> bool:
        """Whether a WebSocket may be opened: not beside a transport that somebody gave as the only way out."""
        return self._transport is None

    @asynccontextmanager
    async def socket(self, path: Sequence[str], *, at: str | None = None) -> AsyncGenerator[Socket]:
        """A WebSocket until the end of the block; ``at``: the service's address for them, if it has one of its own.

        Raises TryLater, Declined or another BackendError, as a call does.
        """
        origin = self.base + self._prefix if at is None else origin_of(self.name, at)
        url = f"ws{origin.removeprefix('http')}{encoded(path)}"
        # The library takes longer to load than anybody should wait for an answer.
        await asyncio.to_thread(importlib.import_module, "mailmcp.backends.sockets")
        from mailmcp.backends import sockets

        await self._budget.take()
        judged = partial(self._judged, octets=False)
        try:
            async with sockets.opened(self.name, url, self._headers, self._pace.seconds, judged) as opened:
                yield opened
        except NoAnswer as error:
            raise TryLater(error.public) from error
        except TimeoutError as error:
            raise TryLater(f"{self.name} says nothing on its WebSocket.") from error

    async def events(self, path: Sequence[str]) -> AsyncGenerator[str | None]:
        """The data of each event of a stream, after a None once it is open. Raises as ``socket`` does."""
        import httpx2

        await self._budget.take()
        url = self.base + self._prefix + encoded(path)
        headers = {**self._headers, "Accept": "text/event-stream", "Accept-Encoding": "identity"}
        silence = httpx2.Timeout(self._pace.seconds, read=SILENCE_SECONDS)
        try:
            async with self._asked("GET", url, None, headers, silence) as response:
                kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
                if response.status_code != 200 or kind != "text/event-stream":
                    async with asyncio.timeout(self._pace.seconds):
                        self._judged(await self._received(response, LARGEST_EVENT), octets=True)
                    raise BackendError(f"{self.name} streams nothing there.")
                yield None
                async for one in httpx2.EventSource(response, LARGEST_EVENT):
                    yield one.data
        except NoAnswer as error:
            raise TryLater(error.public) from error
        except UnicodeError as error:
            raise BackendError(f"{self.name} cannot be asked that.") from ConnectionError(type(error).__name__)
        except (httpx2.HTTPError, TimeoutError) as error:
            raise TryLater(f"The stream of {self.name} broke off.") from ConnectionError(type(error).__name__)
