"""What lives as long as the MCP server does: the mailroom, opened when it is needed, and results on their way out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mailmcp.errors import MailError, Refused
from mailmcp.server.callers import visit
from mailmcp.server.leaving import Leaving

if TYPE_CHECKING:
    from mailmcp.mailroom.asking import Asking
    from mailmcp.mailroom.counter import Counter
    from mailmcp.mailroom.requests import Waited
    from mailmcp.mailroom.room import Mailroom
    from mailmcp.models import Principal

log = logging.getLogger("mailmcp.server")

QUIET_SECONDS = 0.1
LONGEST_SECONDS = 2
"""A client that never stops asking has the mailroom opened all the same, so long after its first answer."""

OpenRoom = Callable[[], Awaitable["Mailroom"]]


@dataclass(frozen=True, slots=True)
class _OnItsWay:
    room: Counter
    waited: Waited


class Session:
    """The state behind all tools.

    The mailroom is opened after the first answer was written, since nothing slow may come before it; a call that
    comes earlier opens it. A transport that can tell when a result was written sets ``confirms_writes`` and calls
    ``written``.
    """

    def __init__(self, open_room: OpenRoom, *, for_owner: bool = True) -> None:
        """``for_owner``: a request that does not tell who asks is the owner's; otherwise it is refused."""
        self._open_room = open_room
        self._for_owner = for_owner
        self._opening: asyncio.Future[Mailroom] | None = None
        self._quiet: asyncio.TimerHandle | None = None
        self._open_by: float | None = None
        self._on_their_way: dict[str, _OnItsWay] = {}
        self._recordings: set[asyncio.Task[None]] = set()
        self._questions: set[asyncio.Task[None]] = set()
        self._declared: list[dict[str, Any]] = []
        self.confirms_writes = False
        self.leaving_watch = Leaving(idle=self._idle_limit)
        """Tells when a process shall end though its input is open."""

    def start(self) -> asyncio.Future[Mailroom]:
        """Begin to open the mailroom, if that was not begun or failed."""
        opening = self._opening
        if opening is None or _failed(opening):
            opening = asyncio.ensure_future(self._open_room())
            opening.add_done_callback(_log_failure)
            opening.add_done_callback(lambda _: self._write_declared())
            self._opening = opening
        return opening

    def asked(self) -> None:
        """A question came: opening the mailroom does not begin before it is answered, unless it needs that."""
        late = self._open_by is not None and asyncio.get_running_loop().time() >= self._open_by
        if self._quiet is not None and not late:
            self._quiet.cancel()

    def start_when_quiet(self) -> None:
        """Open the mailroom once nothing was asked for a moment: a host's first questions come in a row."""
        self.asked()
        if self._opening is None:
            loop = asyncio.get_running_loop()
            self._open_by = self._open_by or loop.time() + LONGEST_SECONDS
            pause = QUIET_SECONDS if loop.time() < self._open_by else 0
            self._quiet = loop.call_later(pause, self.start)

    def declare(self, record: dict[str, Any]) -> None:
        """Write down what a client said of itself, once the mailroom is open: it is not opened for that."""
        self._declared.append(record)
        self._write_declared()

    def _write_declared(self) -> None:
        opening = self._opening
        if opening is None or not opening.done() or _failed(opening) or not self._declared:
            return
        declared, self._declared = self._declared, []
        task = asyncio.create_task(_keep(opening.result(), declared))
        self._recordings.add(task)
        task.add_done_callback(self._recordings.discard)

    async def room(self) -> Mailroom:
        """The open mailroom. Raises what kept it from opening; the next call tries again."""
        return await asyncio.shield(self.start())

    def caller(self) -> Principal:
        """For whom the present request is handled. Raises Refused when that is not known."""
        from mailmcp.models import OWNER

        if came := visit():
            return came.principal
        if not self._for_owner:
            raise Refused("It is not known who asks: come with a key.")
        return OWNER

    async def counter(self) -> Counter:
        """Where the caller of the present request is served. Raises what kept the mailroom from opening."""
        principal = self.caller()
        return (await self.room()).counter(principal)

    def _idle_limit(self) -> float:
        """Seconds after which this process may end unused: only while another one leads, and nothing is under way."""
        opening = self._opening
        if opening is None or not opening.done() or _failed(opening) or self._on_their_way or self._questions:
            return 0
        room = opening.result()
        return 0 if room.leads or room.is_awaited else room.settings.process.idle_exit

    async def aclose(self) -> None:
        """Close the mailroom if it was opened."""
        if self._quiet is not None:
            self._quiet.cancel()
        for question in self._questions:
            question.cancel()
        if going_on := self._recordings | self._questions:
            await asyncio.wait(going_on, timeout=2)
        if self._opening is None:
            return
        try:
            room = await self._opening
        except (Exception, asyncio.CancelledError):
            return  # it never opened; whoever asked for it has heard why
        await room.aclose()

    @cached_property
    def asking(self) -> Asking:
        """What the human before the client may decide."""
        from mailmcp.mailroom.asking import Asking  # loads what the mailroom has loaded by then

        return Asking()

    def keep(self, question: asyncio.Task[None]) -> None:
        """Let a question to the human go on after its call, until the mailroom closes."""
        self._questions.add(question)
        question.add_done_callback(self._questions.discard)

    async def leaving(self, request_id: str, room: Counter, waited: Waited) -> None:
        """A wait's result is about to be written under this request id, or in the response of this visit."""
        if (came := visit()) is not None:
            await came.leaving(room, waited)
        elif not self.confirms_writes:
            await room.handed_out(waited)
        else:
            self._on_their_way[request_id] = _OnItsWay(room, waited)

    def written(self, request_id: str) -> None:
        """A response was written to the transport."""
        if parcel := self._on_their_way.pop(request_id, None):
            task = asyncio.create_task(_record(parcel))
            self._recordings.add(task)
            task.add_done_callback(self._recordings.discard)

    def lost(self, request_id: str) -> None:
        """A response will not be written: its caller has gone."""
        if parcel := self._on_their_way.pop(request_id, None):
            parcel.room.dropped(parcel.waited)


async def _keep(room: Mailroom, declared: list[dict[str, Any]]) -> None:
    try:
        await room.keep_clients(declared)
    except MailError as error:
        log.warning("what a client declares could not be recorded: %s", error)


async def _record(parcel: _OnItsWay) -> None:
    try:
        await parcel.room.handed_out(parcel.waited)
    except MailError as error:
        log.warning("a result that was handed out could not be recorded: %s", error)


def _log_failure(opening: asyncio.Future[Mailroom]) -> None:
    if opening.cancelled() or (error := opening.exception()) is None:
        return
    if isinstance(error, MailError):
        log.error("the mailroom cannot be opened: %s", error)
    else:
        log.error("the mailroom cannot be opened", exc_info=error)


def _failed(task: asyncio.Future[Mailroom]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
