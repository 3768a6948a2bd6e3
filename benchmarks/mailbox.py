"""A mailbox elsewhere: the first look at one with many mails, calls on what is stored, new mail to its announcement.

Against Debian's Dovecot on loopback, through an in-memory MCP client; beside it the same things asked of the server
directly, with imapclient, as a program without a store would have to.
"""

from __future__ import annotations

import asyncio
import gc
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, Part, p99, spread

_TESTS = Path(__file__).parents[1] / "tests"
_WORDS = ("account", "order", "invoice", "meeting", "report", "project", "delivery", "update", "question", "answer")
RARE = "xylophone"
THREAD = 12


def measure(*, quick: bool) -> list[Part]:
    """One mailbox from its first sight on."""
    sys.path[:0] = [str(_TESTS), str(_TESTS / "server")]
    import dovecot_server  # type: ignore[import-not-found] # shared with the tests

    if not dovecot_server.is_there():
        return [Part(title="A mailbox elsewhere", how=f"Not measured: {dovecot_server.MISSING}.", figures=())]
    mails = 300 if quick else 5000
    with dovecot_server.running() as server, tempfile.TemporaryDirectory() as home:
        _fill(server, mails)
        figures = asyncio.run(_measured(server, Path(home), mails, 5 if quick else 40))
    how = f"{mails:,} mails of 1 to 4 KB, a conversation of {THREAD} among the newest; TLS; IDLE."
    return [Part(title="A mailbox elsewhere", how=how, figures=tuple(figures))]


def _fill(server: Any, mails: int) -> None:
    from letters import letter  # type: ignore[import-not-found]

    chance = random.Random(7)
    now = datetime.now(UTC)
    with server.session() as client:
        for number in range(mails):
            headers = {"Message-ID": f"<{number}@app.example>"}
            of_thread = mails - 200 < number <= mails - 200 + THREAD
            if of_thread and number > mails - 200 + 1:
                headers["In-Reply-To"] = f"<{number - 1}@app.example>"
            words = " ".join(chance.choices(_WORDS, k=chance.randrange(120, 600)))
            text = f"{words} {RARE}" if number in (mails - 30, 3) else words
            subject = "Re: The plan" if of_thread else f"Number {number}"
            raw = letter(server.users[0], subject=subject, text=text, headers=headers)
            client.append("INBOX", raw, (), now - timedelta(days=30) + timedelta(minutes=number))


async def _measured(server: Any, home: Path, mails: int, rounds: int) -> list[Figure]:
    from mcp import Client

    from mailmcp.authenticity.dns import StaticResolver
    from mailmcp.backends import open_backend
    from mailmcp.config import load_settings
    from mailmcp.mailroom.room import Mailroom
    from mailmcp.server.build import build_server
    from mailmcp.server.session import Session
    from mailmcp.server.tools import all_tools

    settings = load_settings(home, server.environment(MAILMCP_IMAP__CACHE=str(2 * mails)))

    async def open_room() -> Mailroom:
        return await Mailroom.open(
            settings, lambda desk: open_backend("imap", settings, desk), resolver=StaticResolver({})
        )

    session = Session(open_room)
    inbox = server.users[0]
    async with Client(build_server(session, all_tools())) as client:

        async def call(tool: str, **arguments: Any) -> Any:
            return (await client.call_tool(tool, arguments)).structured_content

        began = time.perf_counter()

        async def listed() -> int:
            return len((await call("find_mail", inbox=inbox, limit=50))["threads"])

        first = await _until(listed, 1, began)

        async def stored() -> int:
            status = await (await session.room()).status()
            return sum(one.stored for one in status.accounts) - status.unjudged

        newest = await _until(stored, min(500, mails), began)
        gc.collect()
        announced = await _announced(server, call, inbox, rounds)
        all_of_it = await _until(stored, mails + rounds, began)
        calls = await _calls(call, inbox, rounds)
    directly = await asyncio.to_thread(_directly, server, rounds)
    figures = [
        Figure(
            what="first list after a start with nothing stored", measured=f"{first:.2f} s", target="3 s", met=first < 3
        ),
        Figure(what="the newest 500 stored and judged", measured=f"{newest:.1f} s"),
        Figure(what="all of them, while new mail comes", measured=f"{all_of_it:.0f} s"),
        Figure(
            what="LMTP's 250 to the result of wait_for_mail, while older mail is fetched",
            measured=spread(announced),
            target="p99 1 s",
            met=p99(announced) < 1000,
        ),
    ]
    for what, seconds in calls.items():
        beside = f"; asked directly {spread(directly[what])}" if what in directly else ""
        met = sorted(seconds)[len(seconds) // 2] < 0.01
        figures.append(Figure(what=what, measured=f"{spread(seconds)}{beside}", target="10 ms", met=met))
    return figures


async def _until(look: Callable[[], Awaitable[int]], count: int, began: float) -> float:
    while await look() < count:  # noqa: ASYNC110 - what is measured is when a caller can see it
        await asyncio.sleep(0.02)
    return time.perf_counter() - began


async def _announced(server: Any, call: Any, inbox: str, rounds: int) -> list[float]:
    seconds: list[float] = []
    for number in range(rounds):
        waiting = asyncio.create_task(call("wait_for_mail", inbox=inbox, subject=f"new {number}.", timeout=30))
        await asyncio.sleep(0.3)
        await asyncio.to_thread(server.deliver, inbox, subject=f"new {number}.")
        began = time.perf_counter()
        assert (await waiting)["status"] == "found"
        seconds.append(time.perf_counter() - began)
    return seconds


async def _calls(call: Any, inbox: str, rounds: int) -> dict[str, list[float]]:
    listed = await call("find_mail", inbox=inbox, limit=50)
    one = listed["threads"][30]["id"]
    (plan,) = [thread["id"] for thread in (await call("find_mail", query="plan"))["threads"]]
    kinds: dict[str, tuple[str, dict[str, Any]]] = {
        "list 50 threads": ("find_mail", {"inbox": inbox, "limit": 50}),
        "read one": ("read_thread", {"thread": one}),
        "search a rare word": ("find_mail", {"query": RARE}),
        f"read a thread of {THREAD}": ("read_thread", {"thread": plan}),
    }
    seconds: dict[str, list[float]] = {what: [] for what in kinds}
    for _ in range(rounds):
        for what, (tool, arguments) in kinds.items():
            began = time.perf_counter()
            await call(tool, **arguments)
            seconds[what].append(time.perf_counter() - began)
    return seconds


def _directly(server: Any, rounds: int) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {"list 50 threads": [], "read one": [], "search a rare word": []}
    with server.session() as client:
        for _ in range(rounds):
            began = time.perf_counter()
            newest = client.search()[-50:]
            client.fetch(newest, ["ENVELOPE", "FLAGS"])
            listed = time.perf_counter()
            client.fetch(newest[-1:], ["BODY.PEEK[]"])
            read = time.perf_counter()
            client.search(["TEXT", RARE])
            searched = time.perf_counter()
            for what, span in zip(seconds, (listed - began, read - listed, searched - read), strict=True):
                seconds[what].append(span)
    return seconds
