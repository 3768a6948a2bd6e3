"""What clients say of themselves, kept in the home for `mailmcp doctor --wire`: which host declares what changes often.

Nothing here decides anything. It is written down once for each client of a process, after the mailroom is open.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

from mailmcp.server.callers import visit
from mailmcp.server.fence import one_line
from mailmcp.server.session import Session

LONGEST = 60
"""Of a name or a version, which come from outside."""
LONGEST_CAPABILITIES = 4_000
MOST = 100
"""Clients of one process that are written down."""


class Declared:
    """Middleware that notes each client once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: set[str] = set()

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Handle the request, then note who made it."""
        try:
            return await call_next(ctx)
        finally:
            self._note(ctx)

    def _note(self, ctx: ServerRequestContext[Any, Any]) -> None:
        client, capabilities = ctx.session.client_params, ctx.session.client_capabilities
        if client is None or len(self._known) >= MOST:
            return
        declared = capabilities.model_dump(mode="json", by_alias=True, exclude_none=True) if capabilities else {}
        said = json.dumps(declared, sort_keys=True)
        record: dict[str, Any] = {
            "client": one_line(client.client_info.name)[:LONGEST],
            "version": one_line(client.client_info.version)[:LONGEST],
            "protocol": str(ctx.protocol_version),
            "transport": "http" if visit() is not None else "stdio",
            "capabilities": declared if len(said) <= LONGEST_CAPABILITIES else {"too long": {}},
        }
        known = json.dumps(record, sort_keys=True)
        if known not in self._known:
            self._known.add(known)
            self._session.declare({**record, "at": datetime.now(UTC).isoformat(timespec="milliseconds")})
