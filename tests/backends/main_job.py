"""The main job on a service: a real server process, a real MCP client, a human at the page, and a stand-in's port."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client, StdioServerParameters
from mcp.types import TextContent

from mailmcp.web import sessions

LIMIT = 60


@dataclass
class Assistant:
    """What an assistant and its human do with one home."""

    client: Client
    home: Path
    page: str

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """A tool's result."""
        async with asyncio.timeout(LIMIT):
            result = await self.client.call_tool(tool, arguments)
        words = "".join(one.text for one in result.content if isinstance(one, TextContent))
        assert not result.is_error, words
        return dict(result.structured_content or json.loads(words))

    async def approve(self, draft: str) -> None:
        """The human approves on the page exactly what it shows."""
        async with httpx2.AsyncClient(base_url=self.page, headers={"Origin": self.page}, timeout=LIMIT) as window:
            begun = await window.post("/api/session", json={"token": sessions.issue(self.home)})
            window.headers["x-mailmcp-word"] = begun.json()["word"]
            shown = (await window.get(f"/api/drafts/{draft}")).json()
            named = {"sha256": shown["sha256"], "revision": shown["revision"]}
            answer = await window.post(f"/api/drafts/{draft}/approve", json=named)
            assert answer.status_code == 200, answer.text

    async def post_hook(self, name: str, headers: dict[str, str], body: bytes) -> int:
        """A provider posts, through a tunnel with a name of its own."""
        async with httpx2.AsyncClient(timeout=LIMIT) as tunnel:
            answer = await tunnel.post(
                f"{self.page}/hooks/{name}", content=body, headers={**headers, "Host": "hooks.example"}
            )
            return answer.status_code

    async def until(self, draft: str, *states: str) -> dict[str, Any]:
        """A draft once it is in one of these states."""
        async with asyncio.timeout(LIMIT):
            while (found := (await self.call("check_draft", draft=draft))["drafts"][0])["status"] not in states:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return found


@contextlib.asynccontextmanager
async def assistant(home: Path, **environment: str) -> AsyncIterator[Assistant]:
    """A server process of its own, until the end of the block."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILMCP_")}
    given = {"MAILMCP_SEND__UNDO": "0", "MAILMCP_WEB__OPEN": "false", "MAILMCP_WEB__NOTIFY": "false", **environment}
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "mailmcp", "serve", "--home", str(home)], env={**kept, **given}
    )
    async with Client(server) as client:
        one = Assistant(client, home, "")
        async with asyncio.timeout(LIMIT):
            while not (page := (await one.call("mail_status")).get("page")):  # noqa: ASYNC110 - another process says it
                await asyncio.sleep(0.05)
        one.page = str(page).rstrip("/")
        yield one


def code_mail(to: str, code: str, subject: str = "Your sign-in code") -> bytes:
    """What an application sends."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "App <no-reply@app.example>", to, subject
    made["Message-ID"] = f"<{code}@app.example>"
    made.set_content(f"Your verification code is {code}. It expires in ten minutes.")
    return made.as_bytes()


async def main_job(
    one: Assistant, deliver: Callable[[str, bytes], Any], left: Callable[[], list[Any]]
) -> dict[str, Any]:
    """Create an inbox, wait for a code, read its thread, answer with a human's approval; the answer leaves once."""
    inbox = (await one.call("create_inbox", name="shop"))["address"]
    waiting = asyncio.create_task(one.call("wait_for_otp", inbox=inbox, timeout=30))
    await asyncio.to_thread(deliver, inbox, code_mail(inbox, "739154"))
    found = await waiting
    assert (found["status"], found["code"]) == ("found", "739154"), found
    read = await one.call("read_thread", thread=found["thread"])
    assert "739154" in read["messages"][0]["text"]
    held = await one.call("draft_for_approval", inbox=inbox, body="Thank you, Anna.", in_reply_to=found["message"])
    assert held["status"] == "held", held
    assert left() == []
    await one.approve(held["draft"])
    sent = await one.until(held["draft"], "sent", "failed", "unknown", "refused")
    assert sent["status"] == "sent", sent
    (mail, recipients), *more = left()
    assert (recipients, more) == (("no-reply@app.example",), [])
    assert mail.get_body(("plain",)).get_content().strip() == "Thank you, Anna."
    assert (await one.call("read_thread", thread=found["thread"]))["count"] == 2
    return {"inbox": inbox, "mail": mail, **found}
