"""read_thread and find_mail in homes with many messages: through the mailroom, and through an in-memory client."""

from __future__ import annotations

import asyncio
import gc
import random
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcp import Client
from mcp.types import CallToolRequest, CallToolRequestParams, CallToolResult

from benchmarks import filled
from benchmarks.figures import Figure, Part, median, spread
from mailmcp.backends.contract import Reception
from mailmcp.config import Settings
from mailmcp.mailroom.reading import Search
from mailmcp.mailroom.room import Mailroom
from mailmcp.models import OutboundMail, Receipt
from mailmcp.server.build import build_server
from mailmcp.server.session import Session
from mailmcp.server.tools import all_tools

TARGET_READ_MS = 5
TARGET_FIND_MS = 20
TARGET_SIZE = 100_000
"""The targets are for a home of this many messages."""

KINDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("newest page", {}),
    ("one inbox", {"inbox": filled.INBOXES[3]}),
    ("a page far down (`cursor`)", {"cursor": "far"}),
    ("rare word", {"query": filled.RARE_WORD}),
    ("common word (in a third of all texts)", {"query": filled.COMMON_WORD}),
    ("common word in one inbox", {"query": filled.COMMON_WORD, "inbox": filled.INBOXES[3]}),
    ("first letters that many words have", {"query": "ba"}),
    ("common and rare word", {"query": f"{filled.COMMON_WORD} {filled.RARE_WORD}"}),
    ("from a frequent domain", {"from_": filled.COMMON_DOMAIN}),
    ("from a rare domain", {"from_": filled.RARE_DOMAIN}),
    ("from a rare address", {"from_": filled.RARE_SENDER}),
    ("from somebody who never wrote", {"from_": "nobody@nowhere.example"}),
    ("from a rare domain, in one inbox", {"from_": filled.RARE_DOMAIN, "inbox": filled.INBOXES[3]}),
    ("unread", {"unread": True}),
    ("unread, in one inbox", {"unread": True, "inbox": filled.INBOXES[3]}),
    ("frequent label", {"label": filled.COMMON_LABEL}),
    ("rare label", {"label": filled.RARE_LABEL}),
    ("label that nothing has", {"label": "nothing"}),
)


class _Silent:
    """A backend that neither receives nor sends."""

    name = "local"
    supports: frozenset[str] = frozenset()

    async def send(self, mail: OutboundMail, key: str) -> Receipt:
        raise NotImplementedError

    async def aclose(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class _Samples:
    room: list[float]
    answered: list[float]
    checked: list[float]


def measure(*, quick: bool) -> list[Part]:
    """Fill (or find) the homes, then ask."""
    gc.freeze()  # as `mailmcp serve` does: else every collection goes through all that was imported
    sizes = (2_000,) if quick else (10_000, TARGET_SIZE)
    return [_part(size, asyncio.run(_measure(filled.home(size), rounds=20 if quick else 200))) for size in sizes]


def _part(size: int, samples: dict[str, _Samples]) -> Part:
    figures: list[Figure] = []
    for kind, taken in samples.items():
        limit = TARGET_READ_MS if kind.startswith("read_thread") else TARGET_FIND_MS
        judged = size >= TARGET_SIZE
        figures.append(
            Figure(
                what=kind,
                measured=(
                    f"mailroom {spread(taken.room)}; answered {spread(taken.answered)};"
                    f" checked {median(taken.checked):.1f} ms"
                ),
                target=f"median at most {limit} ms" if judged else "",
                met=median(taken.answered) <= limit if judged else None,
            )
        )
    return Part(
        title=f"Reading among {size:,} messages",
        how=(
            f"Conversations of 1 to 12 messages in {len(filled.INBOXES)} inboxes; 20 threads a page. Each call"
            " through the mailroom alone, and until an MCP client in the same process has the answer (this decides),"
            " warm. Then that client compares the record with the tool's schema, in Python: not every client does."
        ),
        figures=tuple(figures),
    )


async def _measure(home: Path, *, rounds: int) -> dict[str, _Samples]:
    def backend(_: Reception) -> _Silent:
        return _Silent()

    room = await Mailroom.open(Settings(home=home), backend)

    async def opened() -> Mailroom:
        return room

    samples: dict[str, _Samples] = {}
    # Leaving the client closes the session, and that the mailroom.
    async with Client(build_server(Session(opened), all_tools)) as client:

        async def tool(name: str, arguments: dict[str, Any]) -> CallToolResult:
            params = CallToolRequestParams(name=name, arguments=arguments)
            result = await client.session.send_request(CallToolRequest(params=params), CallToolResult)
            if result.is_error:
                raise RuntimeError(f"{name} {arguments}: {result.content}")
            return result

        async def timed(name: str, arguments: Callable[[int], dict[str, Any]]) -> tuple[list[float], list[float]]:
            results: list[CallToolResult] = []
            answered = await _timed(rounds, lambda number: tool(name, arguments(number)), results)
            checked = await _timed(
                rounds, lambda number: client.session.validate_tool_result(name, results[-rounds + number])
            )
            return answered, checked

        threads, cursor = _chosen(home / "mailmcp.db", rounds)
        samples["read_thread"] = _Samples(
            await _timed(rounds, lambda number: room.reading.conversation(threads[number])),
            *await timed("read_thread", lambda number: {"thread": threads[number]}),
        )
        for kind, wanted in KINDS:
            arguments = wanted | ({"cursor": cursor} if "cursor" in wanted else {})
            search = Search(**arguments)
            samples[f"find_mail: {kind}"] = _Samples(
                await _timed(rounds, lambda _, search=search: room.reading.find(search)),
                *await timed("find_mail", lambda _, arguments=arguments: arguments),
            )
    return samples


async def _timed(rounds: int, call: Callable[[int], Awaitable[Any]], results: list[Any] | None = None) -> list[float]:
    for number in range(3):
        await call(number)
    taken: list[float] = []
    for number in range(rounds):
        began = time.perf_counter()
        result = await call(number)
        taken.append(time.perf_counter() - began)
        if results is not None:
            results.append(result)
    return taken


def _chosen(database: Path, count: int) -> tuple[list[str], str]:
    """Threads of all ages and lengths, and the cursor of a page beyond two thirds of all mail."""
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        every = [row[0] for row in db.execute("SELECT public_id FROM threads WHERE merged_into IS NULL")]
        far = "SELECT cursor FROM arrivals WHERE position > (SELECT max(position) / 3 FROM arrivals) LIMIT 1"
        return random.Random(1).choices(every, k=count), db.execute(far).fetchone()[0]
    finally:
        db.close()
