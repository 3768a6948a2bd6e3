"""Where providers post what happened: ``/hooks/NAME``, there only for a backend whose secret is set.

Whatever is wrong with a request gets the same answer. 200 comes after the commit, and once more for an event that was
taken before; 503 asks for another delivery.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mailmcp.errors import BadInput, MailError
from mailmcp.mailroom.hooks import Hooks
from mailmcp.web.guard import UNSIGNED
from mailmcp.web.signatures import why_not

log = logging.getLogger("mailmcp.web")

SAY_AGAIN = 60
"""Seconds before another refused request is told of in the log: anybody can post."""


class HookDesk:
    """What is posted by providers."""

    def __init__(self, hooks: Hooks, clock: Callable[[], float] = time.time) -> None:
        self._hooks = hooks
        self._clock = clock
        self._said: dict[str, float] = {}
        self.paths = {f"/hooks/{name}": name for name in hooks.signings}

    def routes(self) -> list[Route]:
        """One address for each backend."""
        return [Route(path, self.take, methods=["POST"]) for path in self.paths]

    async def take(self, request: Request) -> Response:
        """An event, or something that is none."""
        name = self.paths[request.url.path]
        body = await request.body()
        headers: dict[str, list[str]] = {}
        for key, value in request.headers.items():
            headers.setdefault(key.lower(), []).append(value)
        try:
            if reason := why_not(self._hooks.signings[name], headers, body, self._clock()):
                raise BadInput(f"An event for {name} was refused: {reason}.")
            await self._hooks.take(name, body)
        except BadInput as error:
            self._say(name, error.public)
            return Response(UNSIGNED, 401, {"connection": "close"}, "text/plain")
        except MailError as error:
            log.warning("an event of %s is to be delivered again: %s", name, error.public)
            return JSONResponse({"status": "retry"}, 503)
        return JSONResponse({"status": "ok"})

    def _say(self, name: str, sentence: str) -> None:
        now = time.monotonic()
        if now - self._said.get(name, -SAY_AGAIN) >= SAY_AGAIN:
            self._said[name] = now
            log.warning("%s", sentence)
