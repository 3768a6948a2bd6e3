"""What a host has of a server: a client in memory, or the raw pipes of a process. And the mail that comes to it."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import queue
import smtplib
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import forking
import jsonschema
import pytest
from letters import letter
from mcp import Client

from mailmcp.mailroom.pace import Pace
from mailmcp.models import Arrival, Envelope, Source
from mailmcp.server.session import Session

QUICK = Pace(progress=0.05, share=10, takeover=0.02, listen_again=0.05, flush=0.02)
LIMIT = 60
"""No wait of a test is longer, in seconds: room for a busy machine, as nothing that passes waits so long."""


class ToolFailed(Exception):
    """A tool reported an error: its words."""


@dataclass
class Door:
    """A client and the desk at which its server's backend hands mail in."""

    client: Client
    session: Session
    desks: list[Any]

    async def ask(self, tool: str, **arguments: Any) -> tuple[str, dict[str, Any]]:
        """A tool's text and record. Raises ToolFailed with the tool's words."""
        result = await self.client.call_tool(tool, arguments)
        text = "\n".join(part.text for part in result.content)
        if result.is_error:
            raise ToolFailed(text)
        return text, result.structured_content

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """A tool's record."""
        return (await self.ask(tool, **arguments))[1]

    async def inbox(self, name: str | None = None) -> str:
        """A new inbox."""
        return (await self.call("create_inbox", name=name))["address"]

    async def accept(self, to: str, raw: bytes | None = None, **fields: Any) -> None:
        """Hand a mail in as the SMTP server does; it is stored when this returns, and judged soon after."""
        await self.session.room()
        envelope = Envelope(
            mail_from="bounces@app.example",
            recipients=(to,),
            received_at=datetime.now(UTC),
            peer="203.0.113.9",
            helo="app",
        )
        raw = letter(to, **fields) if raw is None else raw
        await self.desks[-1].accept(Arrival(raw=raw, envelope=envelope, source=Source.SMTP, backend="local"))

    async def receive(self, to: str, raw: bytes | None = None, **fields: Any) -> dict[str, Any]:
        """Hand a mail in; what wait_for_mail says of it."""
        cursor = (await self.call("wait_for_mail", inbox=to, since="9999-01-01", timeout=0))["cursor"]
        await self.accept(to, raw, **fields)
        found = await self.call("wait_for_mail", inbox=to, since=cursor, timeout=LIMIT)
        assert found["status"] == "found"
        return found


# --- processes -------------------------------------------------------------------------------------------------


class Served:
    """`mailmcp serve` as a host speaks to it: raw lines in and out, every wait bounded.

    With ``arguments`` for Python it is started as a host does, else forked (see ``forking``).
    """

    def __init__(self, home: Path, arguments: tuple[str, ...] = (), **environment: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILMCP_")}
        env = {**kept, "MAILMCP_LOCAL__SMTP_PORT": "0", **environment}
        serve = ["serve", "--home", str(home)]
        if arguments:
            command, pipe = [sys.executable, *arguments, "-m", "mailmcp", *serve], subprocess.PIPE
            self.process: Any = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=env)
        else:
            self.process = forking.begun(serve, env=env)
        self.lines: list[bytes] = []
        self.errors = b""
        self._arrived: queue.Queue[bytes] = queue.Queue()
        self._ids = itertools.count(1)
        self._answers: dict[Any, dict[str, Any]] = {}
        self._sorting = threading.Lock()
        self.notices: list[dict[str, Any]] = []
        self._readers = [threading.Thread(target=self._read), threading.Thread(target=self._read_errors)]
        for reader in self._readers:
            reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.append(line)
            self._arrived.put(line)
        self._arrived.put(b"")

    def _read_errors(self) -> None:
        self.errors = self.process.stderr.read()

    def write(self, line: bytes) -> None:
        """Raw bytes, as they are."""
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def say(self, message: dict[str, Any]) -> None:
        """One JSON-RPC message."""
        self.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    def ask(self, method: str, params: dict[str, Any] | None = None) -> int:
        """Send a request; its id."""
        number = next(self._ids)
        self.say({"id": number, "method": method, "params": params or {}})
        return number

    def next(self, seconds: float = LIMIT) -> dict[str, Any]:
        """The next message, whatever it is."""
        line = self._arrived.get(timeout=seconds)
        assert line, f"the server ended: {self.end_of_errors()}"
        return json.loads(line)

    def answer(self, number: Any, seconds: float = LIMIT) -> dict[str, Any]:
        """The response to a request: it must come, and everything on the way must be JSON."""
        while number not in self._answers:
            with self._sorting:  # what one thread takes may be what another waits for
                if number not in self._answers:
                    self._sort(self._arrived.get(timeout=seconds))
        return self._answers.pop(number)

    def answered(self, number: Any, seconds: float = 0.02) -> bool:
        """Whether the response to a request has come, or comes soon."""
        with contextlib.suppress(queue.Empty):
            while number not in self._answers:
                self._sort(self._arrived.get(timeout=seconds))
        return number in self._answers

    def _sort(self, line: bytes) -> None:
        assert line, f"the server ended: {self.end_of_errors()}"
        message = json.loads(line)
        assert message["jsonrpc"] == "2.0"
        if "id" in message:
            self._answers[message["id"]] = message
        else:
            self.notices.append(message)

    def request(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """A request and its response."""
        return self.answer(self.ask(method, params))

    def initialize(self, version: str = "2025-11-25") -> dict[str, Any]:
        """The opening that most hosts use."""
        result = self.request(
            "initialize",
            {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "host", "version": "1"}},
        )["result"]
        self.say({"method": "notifications/initialized"})
        return result

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """A tool's record (after ``initialize``)."""
        result = self.request("tools/call", {"name": tool, "arguments": arguments})["result"]
        if result.get("isError"):
            raise ToolFailed(result["content"][0]["text"])
        return result["structuredContent"]

    def listener(self, *, not_at: int | None = None, this_process: bool = False) -> tuple[str, int]:
        """Where SMTP is heard, once it is; another port than ``not_at``, and by this process if asked for."""
        until = time.monotonic() + LIMIT
        while time.monotonic() < until:
            status = self.call("mail_status")
            if status.get("smtp") and (not this_process or status["leader"]):
                host, _, port = status["smtp"].rpartition(":")
                if int(port) != not_at:
                    return host, int(port)
            threading.Event().wait(0.02)
        raise AssertionError(f"no listener came up: {status}")

    def page(self) -> str:
        """The address of the approval page, once this process serves it."""
        self.listener(this_process=True)
        until = time.monotonic() + LIMIT
        while time.monotonic() < until:
            if page := self.call("mail_status").get("page"):
                return page
            threading.Event().wait(0.02)
        raise AssertionError("no page came up")

    def end_of_errors(self) -> str:
        """What the process said on standard error, once it ended."""
        self.process.wait(LIMIT)
        for reader in self._readers:
            reader.join(LIMIT)
        return self.errors.decode()

    def close(self) -> int:
        """End of input; the exit code."""
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            return self.process.wait(LIMIT)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            for reader in self._readers:
                reader.join(LIMIT)
            self.process.stdout.close()
            self.process.stderr.close()


def first_to_answer(asked: dict[Served, int]) -> Served:
    """The first of several servers that has answered what it was asked."""
    until = time.monotonic() + LIMIT
    while time.monotonic() < until:
        for served, number in asked.items():
            if served.answered(number):
                return served
    raise AssertionError("no server answered")


def mail_by_smtp(address: tuple[str, int], to: str, raw: bytes) -> None:
    """Submit as an application does."""
    with smtplib.SMTP(*address, timeout=LIMIT) as smtp:
        smtp.sendmail("bounces@app.example", [to], raw)


def obeys(record: Any, schema: dict[str, Any]) -> bool:
    """Whether a record is what its schema says. Raises the validator's words otherwise."""
    jsonschema.Draft202012Validator(schema).validate(record)
    return True


async def schemas(door: Door) -> dict[str, Any]:
    """The output schema of each tool."""
    return {one.name: one.output_schema for one in (await door.client.list_tools()).tools}


async def words_of(door: Door, tool: str, **arguments: Any) -> str:
    """The words with which a tool refuses."""
    with pytest.raises(ToolFailed) as failure:
        await door.call(tool, **arguments)
    return str(failure.value)


async def newest(door: Door, inbox: str, **filters: Any) -> dict[str, Any]:
    """The next mail of an inbox, read whole."""
    found = await door.call("wait_for_mail", inbox=inbox, timeout=LIMIT, **filters)
    assert found["status"] == "found"
    read = await door.call("read_thread", thread=found["message"], include=["all"])
    return {**read["messages"][0], "thread": found["thread"], "count": read["count"]}
