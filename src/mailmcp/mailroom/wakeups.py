"""Services that tell of news by themselves: whom they are listened to for, and how a stream that ends is opened again.

What a stream says is a hint to look and nothing else, so neither its silence nor its lies lose or bring any mail.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from mailmcp.backends.services import DividesStreams, StreamOver, Streams
from mailmcp.errors import BackendError, TryLater
from mailmcp.mailroom.pace import Pace
from mailmcp.models import RemoteInbox

log = logging.getLogger("mailmcp.fetching")

Group = tuple[RemoteInbox, ...]


@dataclass(slots=True)
class _Stream:
    """What is known of the stream of one group."""

    task: asyncio.Task[None] | None = None
    open: bool = False
    told: bool = False
    """It has told of something since it is open: only then looks are left to it."""
    trouble: str = ""


class Wakeups:
    """The streams of one service, for as long as this process leads."""

    def __init__(self, backend: object, name: str, pace: Pace, tasks: asyncio.TaskGroup) -> None:
        """``backend`` may have none. The streams run in ``tasks``, and end with it."""
        self._backend = backend if isinstance(backend, Streams) else None
        self._name = name
        self._pace = pace
        self._tasks = tasks
        self._streams: dict[Group, _Stream] = {}
        self._news: set[str] = set()
        self.bell = asyncio.Event()
        """Rung when there may be news."""

    def follow(self, inboxes: Sequence[RemoteInbox]) -> None:
        """Listen for these inboxes, and for no others any more."""
        backend = self._backend
        if backend is None:
            return
        try:
            groups = _divided(backend, inboxes)
        except Exception:  # a bug of the backend's: without a stream mail is looked for as well
            log.exception("the streams of %s failed", self._name)
            self._backend, groups = None, ()
        for gone in self._streams.keys() - set(groups):
            if (task := self._streams.pop(gone).task) is not None:
                task.cancel()
        for group in groups:
            if group not in self._streams:
                stream = self._streams[group] = _Stream()
                name = f"mailmcp-stream-{self._name}"
                stream.task = self._tasks.create_task(self._keep(backend, group, stream), name=name)

    def taken(self) -> frozenset[str]:
        """The addresses of which there may be news since this was asked last."""
        news = frozenset(self._news)
        self._news.clear()
        self.bell.clear()
        return news

    def tells_of(self, address: str) -> bool:
        """Whether news of an inbox is told at the moment, as far as anybody can know."""
        return any(
            stream.open and stream.told and any(one.address == address for one in group)
            for group, stream in self._streams.items()
        )

    @property
    def said(self) -> str:
        """How it stands with the streams, in words; empty where there are none."""
        streams = self._streams.values()
        up = sum(one.open for one in streams)
        if up and up == len(streams):
            return "tells of news by itself"
        if up:
            return f"tells of news by itself on {up} of {len(streams)} streams"
        trouble = next((one.trouble for one in streams if one.trouble), "")
        return f"does not tell of news by itself now ({trouble.rstrip('.')})" if trouble else ""

    async def _keep(self, backend: Streams, group: Group, stream: _Stream) -> None:
        """Listen, and begin again whenever that ends: at once it would only end again, and with all others' streams."""
        clock = asyncio.get_running_loop().time
        pause = self._pace.listen_again
        while True:
            began = clock()
            refused = False
            try:
                await self._listen(backend, group, stream)
                stream.trouble = f"{self._name} ended its stream."
            except StreamOver as error:
                log.warning("no further word of news: %s", error)
                stream.trouble = error.public
                return
            except BackendError as error:
                log.info("no word of news: %s", error)
                stream.trouble, refused = error.public, not isinstance(error, TryLater)
            except Exception:  # a bug of the backend's: without a stream mail is looked for as well
                log.exception("the stream of %s failed", self._name)
                stream.trouble, refused = f"The stream of {self._name} failed.", True
            finally:
                stream.open = stream.told = False
            if clock() - began >= self._pace.stream_held:
                pause = self._pace.listen_again
            wait = self._pace.stream_longest if refused else pause
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - so that not all come back at once
            pause = min(2 * pause, self._pace.stream_longest)

    async def _listen(self, backend: Streams, group: Group, stream: _Stream) -> None:
        addresses = {one.address for one in group}
        watching = backend.watch(group)
        try:
            async for address in watching:
                stream.told, stream.open, stream.trouble = stream.open, True, ""
                self._news |= addresses if address is None else addresses & {address}
                self.bell.set()
        finally:
            if isinstance(watching, AsyncGenerator):
                await watching.aclose()


def _divided(backend: Streams, inboxes: Sequence[RemoteInbox]) -> Sequence[Group]:
    if not inboxes:
        return ()
    return backend.streams_for(inboxes) if isinstance(backend, DividesStreams) else (tuple(inboxes),)
