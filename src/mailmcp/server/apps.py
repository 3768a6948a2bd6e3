"""Views in the chat (MCP Apps): held drafts and a conversation, for hosts that show such pages beside a tool's result.

A view informs. It is built of what the tool's result says anyway and of the address of the approval page, which opens
nothing by itself; no tool approves, so a view cannot either. Clients that do not declare the extension see none of it.
Whoever asks for data through a view is the client's caller, served at the same counter as the model.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from mcp.server import MCPServer
from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID, client_supports_apps
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.extension import Extension

from mailmcp.server.launcher import command
from mailmcp.server.session import Session

DRAFTS, THREAD = "ui://mailmcp/drafts.html", "ui://mailmcp/thread.html"
OPENS = {"check_draft": DRAFTS, "draft_for_approval": DRAFTS, "read_thread": THREAD, "send": DRAFTS}
"""Which view shows the result of which tool."""
FOR_VIEWS = frozenset({"check_draft", "read_thread"})
"""Of these, the tools that a view may call itself: they only read."""
PAGE = "io.mailmcp/page"
"""Under this key of a result's ``_meta`` a view finds where a human decides, and of a draft that was just held what
check_draft would say: to ask by itself some hosts let a view only with a human's consent."""
_OLD_KEY = "ui/resourceUri"
"""Where hosts looked for the link before January 2026."""


class Views(Extension):
    """The extension, as the server's capabilities name it."""

    identifier = EXTENSION_ID


def add_views(server: MCPServer[Session]) -> None:
    """Offer the two pages. They are the same for everybody: what they show comes with a tool's result."""
    for uri, title, script, words in (
        (DRAFTS, "Held drafts", "drafts.js", "For hosts that show it: drafts, and where a human decides."),
        (THREAD, "A conversation", "thread.js", "For hosts that show it: the messages of read_thread."),
    ):
        # No domain of any kind: a host that goes by this lets the page load and reach nothing.
        csp: dict[str, Any] = {}
        meta = {"ui": {"csp": csp, "prefersBorder": True}}
        offer = server.resource(uri, title=title, description=words, mime_type=APP_MIME_TYPE, meta=meta)
        offer(_reading(script, title))


def _reading(script: str, title: str) -> Any:
    async def read() -> str:
        return page(script, title)

    return read


@cache
def page(script: str, title: str) -> str:
    """A view in one file. It runs the one script in it and nothing else, whatever else its host would allow."""
    folder = files("mailmcp.server").joinpath("app")
    style = folder.joinpath("look.css").read_text("utf-8")
    code = "\n".join(folder.joinpath(name).read_text("utf-8") for name in ("host.js", script))
    policy = (
        f"default-src 'none'; script-src '{_sha256(code)}'; style-src '{_sha256(style)}'; base-uri 'none';"
        " form-action 'none'"
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>mailmcp: {title}</title>
<style>{style}</style>
</head>
<body>
<main id="main"><p class="soft">Waiting for the result …</p></main>
<script>{code}</script>
</body>
</html>
"""


def _sha256(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


class ForHostsWithViews:
    """Middleware: clients that declare the extension are told of the views, others of none."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Handle the request, then add to the result what a host with views needs, or take it out for others."""
        result = await call_next(ctx)
        if ctx.method not in ("tools/list", "resources/list", "tools/call") or not isinstance(result, dict):
            return result
        answer: dict[str, Any] = result
        shows = client_supports_apps(ctx)
        if ctx.method == "resources/list" and not shows:
            kept = [one for one in answer["resources"] if not str(one["uri"]).startswith("ui://")]
            return {**answer, "resources": kept}
        if not shows:
            return answer
        if ctx.method == "tools/call":
            return await self._with_page(answer, ctx.params or {})
        if "cacheScope" in answer:
            answer = {**answer, "cacheScope": "private"}  # others of the same caller are told something else
        return {**answer, "tools": [_linked(one) for one in answer["tools"]]} if "tools" in answer else answer

    async def _with_page(self, answer: dict[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
        if OPENS.get(str(params.get("name"))) != DRAFTS or not answer.get("structuredContent"):
            return answer
        from mailmcp.server import outcomes

        room = await self._session.counter()
        home, page = room.settings.home, await room.pages.address()
        told: dict[str, Any] = {"command": command(home, "ui")} | ({"address": page} if page else {})
        record = answer["structuredContent"]
        if record.get("status") == "held":  # as send and draft_for_approval say it, without its subject
            line = outcomes.drafts([await room.draft(record["draft"])], home, page)[1]
            told |= line.model_dump(mode="json", exclude_none=True)
        return {**answer, "_meta": {**answer.get("_meta", {}), PAGE: told}}


def _linked(tool: dict[str, Any]) -> dict[str, Any]:
    uri = OPENS.get(tool["name"])
    if uri is None:
        return tool
    callers = ["model", "app"] if tool["name"] in FOR_VIEWS else ["model"]
    link = {"ui": {"resourceUri": uri, "visibility": callers}, _OLD_KEY: uri}
    return {**tool, "_meta": {**tool.get("_meta", {}), **link}}
