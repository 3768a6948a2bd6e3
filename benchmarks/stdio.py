"""An MCP server as a host starts it, asked in raw lines: nothing of a client library is in what is measured."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any


class Server:
    """One process; its answers in the order in which they are read."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._ids = itertools.count(1)
        self._answers: dict[int, Any] = {}

    def ask(self, method: str, **params: Any) -> int:
        """Send a request; its number."""
        number = next(self._ids)
        self._say({"id": number, "method": method, "params": params})
        return number

    def answer(self, number: int) -> Any:
        """The result of a request, once it comes. Raises RuntimeError for an error, or when the server ended."""
        assert self._process.stdout is not None
        while number not in self._answers:
            line = self._process.stdout.readline()
            if not line:
                raise RuntimeError("the server ended")
            said = json.loads(line)
            if "id" in said and "method" not in said:
                self._answers[said["id"]] = said
        said = self._answers.pop(number)
        if "error" in said or said["result"].get("isError"):
            raise RuntimeError(str(said.get("error") or said["result"]["content"])[:500])
        return said["result"]

    def tool(self, name: str, **arguments: Any) -> int:
        """Call a tool; the number of the request."""
        return self.ask("tools/call", name=name, arguments=arguments)

    def call(self, name: str, **arguments: Any) -> Any:
        """Call a tool; its record."""
        return self.answer(self.tool(name, **arguments)).get("structuredContent")

    def _say(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self._process.stdin.flush()

    def _begin(self) -> None:
        client = {"name": "benchmark", "version": "1"}
        self.answer(self.ask("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=client))
        self._say({"method": "notifications/initialized"})


@contextlib.contextmanager
def started(command: Sequence[str], errors: Path, **environment: str) -> Iterator[Server]:
    """A server until the end of the block; what it says on standard error goes into a file."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAILMCP_", "MCP_EMAIL"))}
    with errors.open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env={**kept, **environment}
        )
    server = Server(process)
    try:
        server._begin()
        yield server
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
