"""A real server process, spoken to as a host does: one JSON line a message over its standard streams."""

from __future__ import annotations

import itertools
import json
import os
import queue
import re
import smtplib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

TIME_LIMIT = 60.0
"""Seconds that any one answer may take."""
LOOK_SECONDS = 0.01
"""Between two looks at the memory of all processes of a server."""
_INITIALIZE = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "benchmark", "version": "1"},
}


class ServerFailed(Exception):
    """The server ended, did not answer in time, or answered with an error."""


class Serving:
    """A server process, from its start to its end; used as a context manager by one thread."""

    def __init__(self, command: Sequence[str], environment: dict[str, str] | None = None) -> None:
        self.began = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if not name.startswith("MAILMCP_")}
            | (environment or {}),
        )
        self._ids = itertools.count(1)
        self._lines: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        self._answers: dict[int, tuple[float, dict[str, Any]]] = {}
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    @classmethod
    def mailmcp(cls, home: Path) -> Self:
        """mailmcp in this home, on a free port of the loopback address."""
        return cls(
            [sys.executable, "-m", "mailmcp", "serve", "--home", str(home)],
            {"MAILMCP_LOCAL__SMTP_PORT": "0", "MAILMCP_LOCAL__SMTP_HOST": "127.0.0.1"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        assert self._process.stdout is not None
        self._reader.join(10)
        self._process.stdout.close()

    def initialize(self) -> float:
        """The handshake; gives the seconds from exec to its answer."""
        when, _ = self.answer(self.ask("initialize", _INITIALIZE))
        self._write({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return when - self.began

    def ask(self, method: str, params: dict[str, Any] | None = None) -> int:
        """Send a request; its number is what ``answer`` takes."""
        number = next(self._ids)
        self._write({"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}})
        return number

    def answer(self, number: int) -> tuple[float, dict[str, Any]]:
        """(``time.perf_counter`` when the answer's line was read, its result)."""
        deadline = time.monotonic() + TIME_LIMIT
        while number not in self._answers:
            try:
                when, line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise ServerFailed(f"no answer within {TIME_LIMIT:.0f} s") from None
            if not line:
                raise ServerFailed("the server ended")
            message = json.loads(line)
            if "result" in message or "error" in message:
                self._answers[message["id"]] = (when, message)
        when, message = self._answers.pop(number)
        if "error" in message:
            raise ServerFailed(str(message["error"]))
        return when, message["result"]

    def ask_tool(self, tool: str, **arguments: Any) -> int:
        """Send a tool call."""
        return self.ask("tools/call", {"name": tool, "arguments": arguments})

    def tool_answer(self, number: int) -> tuple[float, dict[str, Any]]:
        """(when it came, the structured result) of a tool call."""
        when, result = self.answer(number)
        if result.get("isError") or not isinstance(result.get("structuredContent"), dict):
            raise ServerFailed(str(result.get("content")))
        return when, result["structuredContent"]

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """A tool's structured result."""
        return self.tool_answer(self.ask_tool(tool, **arguments))[1]

    def smtp(self) -> smtplib.SMTP:
        """A connection to the server's listener, as soon as there is one."""
        for _ in range(500):
            where = self.call("mail_status").get("smtp")
            if where:
                host, _, port = where.rpartition(":")
                connection = smtplib.SMTP(host, int(port), timeout=TIME_LIMIT)
                connection.ehlo()
                return connection
            time.sleep(0.02)
        raise ServerFailed("the SMTP listener did not come up")

    def memory(self) -> tuple[int, int]:
        """Bytes resident at the most so far, and now; zeros where the system does not tell."""
        return _resident(self._process.pid)

    @contextmanager
    def watched(self) -> Iterator[dict[str, int]]:
        """``together``: the most that this process and those it started had resident at once, looked at in between."""
        most = {"together": 0}
        over = threading.Event()

        def watch() -> None:
            while not over.wait(LOOK_SECONDS):
                pids = [self._process.pid, *_children(self._process.pid)]
                most["together"] = max(most["together"], sum(_resident(pid)[1] for pid in pids))

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            yield most
        finally:
            over.set()
            watching.join()

    def _write(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        while True:
            line = self._process.stdout.readline()
            self._lines.put((time.perf_counter(), line))
            if not line:
                return


def _resident(pid: int) -> tuple[int, int]:
    try:
        about = Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return 0, 0
    kilobytes = dict(re.findall(r"^(VmHWM|VmRSS):\s*(\d+) kB", about, re.MULTILINE))
    return int(kilobytes.get("VmHWM", 0)) * 1024, int(kilobytes.get("VmRSS", 0)) * 1024


def _children(pid: int) -> list[int]:
    try:
        lists = [path.read_text("utf-8") for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    return [int(child) for one in lists for child in one.split()]
