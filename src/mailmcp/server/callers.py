"""For whom a request is handled: set once for each, before anything of ours looks at it.

Standard input and output have one caller, the owner. Over HTTP the door knows who came (``http``) and leaves it in the
request; without that nothing is served. Handlers and whatever they start find the caller in the context they run in.
"""

from __future__ import annotations

import logging
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

from mailmcp.errors import MailError

if TYPE_CHECKING:
    from mailmcp.mailroom.counter import Counter
    from mailmcp.mailroom.requests import Waited
    from mailmcp.models import Principal

log = logging.getLogger("mailmcp.server")

SCOPE_KEY = "mailmcp.visit"
"""Where the door leaves a visit in an ASGI scope."""


@dataclass(slots=True)
class Visit:
    """An HTTP exchange of a caller who was let in."""

    principal: Principal
    _leaving: list[tuple[Counter, Waited]] = field(default_factory=list["tuple[Counter, Waited]"])
    _written: bool | None = None

    async def leaving(self, counter: Counter, waited: Waited) -> None:
        """A wait's result is about to be written in the answer to this request, or in a stream beside it."""
        self._leaving.append((counter, waited))
        if self._written is not None:
            await self.settle(written=self._written)

    async def settle(self, *, written: bool) -> None:
        """The answer is over: what it held is handed out if it was written, and free again if nobody read it."""
        self._written = written
        taken, self._leaving = self._leaving, []
        for counter, waited in taken:
            if not written:
                counter.dropped(waited)
                continue
            try:
                await counter.handed_out(waited)
            except MailError as error:
                log.warning("a result that was handed out could not be recorded: %s", error)


_visit: ContextVar[Visit | None] = ContextVar("mailmcp-visit", default=None)


def visit() -> Visit | None:
    """The HTTP exchange that is handled now; None on standard input and output."""
    return _visit.get()


async def for_its_caller(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware: what is asked is done for the caller who came with this request."""
    scope: Any = getattr(ctx.request, "scope", None)
    token = _visit.set(scope.get(SCOPE_KEY) if scope is not None else None)
    try:
        return await call_next(ctx)
    finally:
        _visit.reset(token)
