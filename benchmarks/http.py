"""Many clients over HTTP at once: a server process on loopback, a key and an inbox for each client, a minute long."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, Part, p99, spread
from mailmcp.config import LocalSettings, Settings
from mailmcp.mailroom.keyring import Keyring
from mailmcp.models import Key
from mailmcp.store import Store, inboxes

_CLIENTS, _SECONDS = 200, 60
_PAUSE = 1.0
"""Seconds between two calls of a client, on average: a model thinks longer."""
_MOST_MS, _GROWTH = 250, 1.2
_VERSION = "2026-07-28"
_META = {
    "io.modelcontextprotocol/protocolVersion": _VERSION,
    "io.modelcontextprotocol/clientCapabilities": {},
}
_HOW = (
    "A server process (`serve --transport http`) and clients in another process on the same machine, each with a"
    " connection, a key and an inbox of its own. Each makes about one call a second: find_mail, list_inboxes,"
    " mail_status, a wait that finds nothing, and now and then a mail to itself. From the first octet of"
    " a request to the last of its answer. Errors are whatever is not a result. Memory is that of the server."
)


@dataclass
class _Run:
    seconds: list[float] = field(default_factory=list[float])
    errors: list[str] = field(default_factory=list[str])
    memory: list[int] = field(default_factory=list[int])


def measure(*, quick: bool) -> list[Part]:
    """A new home each time."""
    clients, seconds = (20, 4) if quick else (_CLIENTS, _SECONDS)
    with tempfile.TemporaryDirectory(prefix="mailmcp-benchmark-") as folder:
        home = Path(folder) / "home"
        keys = asyncio.run(_keys(home, clients))
        run = _served(home, keys, seconds)
    third = run.memory[len(run.memory) // 3]
    grew = run.memory[-1] / third
    figures = (
        Figure(
            what=f"{len(run.seconds):,} calls of {clients} clients in {seconds} s",
            measured=spread(run.seconds),
            target=f"p99 under {_MOST_MS} ms",
            met=p99(run.seconds) < _MOST_MS,
        ),
        Figure(
            what="errors",
            measured=f"{len(run.errors)}{f' ({run.errors[0]})' if run.errors else ''}",
            target="0",
            met=not run.errors,
        ),
        Figure(
            what="memory of the server",
            measured=f"{run.memory[0] / 1024:.0f} MiB before, {max(run.memory) / 1024:.0f} MiB at most;"
            f" {grew:.2f} times in the last two thirds",
            target=f"at most {_GROWTH} times",
            met=grew <= _GROWTH,
        ),
    )
    return [Part(title=f"{clients} clients over HTTP", how=_HOW, figures=figures)]


async def _keys(home: Path, clients: int) -> list[tuple[str, str]]:
    """(secret, inbox) of each client."""
    settings = Settings(home=home, local=LocalSettings(smtp_port=0))
    store = await Store.open(settings.home)
    made: list[tuple[str, str]] = []
    try:
        for number in range(clients):
            address, now = f"client-{number}@agents.internal", datetime.now(UTC)
            await store.write(inboxes.create, address=address, label="", backend="local", key=None, now=now)
            created: tuple[Key, str] = await Keyring(store).create(
                abilities=("read", "send"), inboxes=(address,), every=False
            )
            made.append((created[1], address))
    finally:
        await store.aclose()
    return made


def _served(home: Path, keys: list[tuple[str, str]], seconds: float) -> _Run:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILMCP_")}
    command = [sys.executable, "-m", "mailmcp", "--home", str(home), "serve", "--transport", "http", "--port", "0"]
    environment = {**kept, "MAILMCP_LOCAL__SMTP_PORT": "0", "MAILMCP_WEB__OPEN": "false"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            port = int(re.findall(r":(\d+)/mcp", process.stderr.readline())[0])
            return asyncio.run(_asked(port, process.pid, keys, seconds))
        finally:
            process.terminate()


async def _asked(port: int, pid: int, keys: list[tuple[str, str]], seconds: float) -> _Run:
    run, chance = _Run(), random.Random(1)
    ends = time.perf_counter() + seconds
    first = _Client(port, *keys[0])
    await first.call("mail_status")  # the mailroom is open
    await first.close()
    run.memory.append(_memory(pid))
    clients = [asyncio.create_task(_one(_Client(port, *key), run, ends, chance.random())) for key in keys]
    while time.perf_counter() < ends:
        await asyncio.sleep(0.5)
        run.memory.append(_memory(pid))
    await asyncio.gather(*clients)
    return run


async def _one(client: _Client, run: _Run, ends: float, offset: float) -> None:
    chance = random.Random(offset)
    await asyncio.sleep(offset * _PAUSE)
    while time.perf_counter() < ends:
        tool, arguments = client.next(chance)
        began = time.perf_counter()
        try:
            await client.call(tool, **arguments)
        except Exception as error:
            run.errors.append(f"{tool}: {type(error).__name__} {error}"[:200])
        else:
            run.seconds.append(time.perf_counter() - began)
        await asyncio.sleep(chance.uniform(0.5, 1.5) * _PAUSE)
    await client.close()


class _Client:
    """One connection that is kept; nothing of a client library is in what is measured."""

    def __init__(self, port: int, secret: str, inbox: str) -> None:
        self._port, self._secret, self._inbox = port, secret, inbox
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._number = 0

    def next(self, chance: random.Random) -> tuple[str, dict[str, Any]]:
        """The next call."""
        self._number += 1
        if chance.random() < 1 / 60:
            mail = {"inbox": self._inbox, "to": [self._inbox], "subject": f"Number {self._number}", "body": "Words."}
            return "send", mail
        calls: list[tuple[str, dict[str, Any]]] = [
            ("find_mail", {"inbox": self._inbox}),
            ("list_inboxes", {}),
            ("mail_status", {}),
            ("wait_for_otp", {"inbox": self._inbox, "timeout": 0}),
        ]
        return chance.choice(calls)

    async def call(self, tool: str, **arguments: Any) -> Any:
        """A tool's record. Raises RuntimeError with whatever else came."""
        params = {"name": tool, "arguments": arguments, "_meta": _META}
        body = json.dumps({"jsonrpc": "2.0", "id": self._number, "method": "tools/call", "params": params}).encode()
        head = (
            f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nAuthorization: Bearer {self._secret}\r\n"
            f"Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
            f"MCP-Protocol-Version: {_VERSION}\r\nMcp-Method: tools/call\r\nMcp-Name: {tool}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(head.encode() + body)
        status, answer = await _answer(reader)
        if status != 200 or answer.get("result", {}).get("isError", True):
            raise RuntimeError(f"{status} {answer}")
        return answer["result"]["structuredContent"]

    async def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            await self._streams[1].wait_closed()
            self._streams = None


async def _answer(reader: asyncio.StreamReader) -> tuple[int, Any]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status = int(head.split()[1])
    if length := re.search(r"content-length: (\d+)", head, re.IGNORECASE):
        body = await reader.readexactly(int(length[1]))
    else:
        pieces: list[bytes] = []
        while size := int(await reader.readuntil(b"\r\n"), 16):
            pieces.append((await reader.readexactly(size + 2))[:-2])
        await reader.readexactly(2)
        events = b"".join(pieces).split(b"data: ")
        body = events[-1].strip()
    try:
        return status, json.loads(body)
    except ValueError:
        return status, {"words": body[:200].decode("utf-8", "replace")}


def _memory(pid: int) -> int:
    """KiB that a process holds; 0 where the system does not say."""
    try:
        found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("ascii"), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0
