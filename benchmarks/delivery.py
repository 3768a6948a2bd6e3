"""From SMTP's 250 to the result of a wait_for_otp that was already waiting."""

from __future__ import annotations

import asyncio
import secrets
import smtplib
import tempfile
import time
from pathlib import Path

from mcp import Client

from benchmarks.figures import Figure, Part, median, spread
from benchmarks.mails import code_mail
from benchmarks.serving import ServerFailed, Serving
from mailmcp.cli.opening import open_mailroom
from mailmcp.config import LocalSettings, Settings
from mailmcp.mailroom.room import Mailroom
from mailmcp.server.build import build_server
from mailmcp.server.session import Session
from mailmcp.server.tools import all_tools

TARGET_MS = 15
SETTLE_SECONDS = 0.03
"""Between asking and mailing, so that the wait really waits."""


def measure(*, quick: bool) -> list[Part]:
    """Each mail goes to an inbox of its own, as a sign-up does."""
    count = 20 if quick else 300
    with tempfile.TemporaryDirectory(prefix="mailmcp-benchmark-") as folder:
        one = _by_process(Path(folder) / "one", count, windows=1)
        two = _by_process(Path(folder) / "two", count, windows=2)
        inside = asyncio.run(_inside(Path(folder) / "inside", count))
    size = len(code_mail("someone@agents.internal", "123456"))
    return [
        Part(
            title="From 250 to the code",
            how=(
                f"A sign-in mail of {size:,} bytes (text and HTML) by SMTP, {count} times, each to an inbox of its own"
                " on which wait_for_otp waits: from the line with 250 to the line with the result, both read by"
                " another process over loopback and stdio."
            ),
            figures=(
                Figure(
                    what="one server process receives and waits",
                    measured=spread(one),
                    target=f"median at most {TARGET_MS} ms",
                    met=median(one) <= TARGET_MS,
                ),
                Figure(what="one process receives, another of the same home waits", measured=spread(two)),
                Figure(what="listener and MCP client inside this process (no stdio)", measured=spread(inside)),
            ),
        )
    ]


def _by_process(home: Path, count: int, *, windows: int) -> list[float]:
    """With one window the same process receives and waits; with two, the second waits for what the first gets."""
    with Serving.mailmcp(home) as receiving:
        receiving.initialize()
        smtp = receiving.smtp()
        if windows == 1:
            return _waits(receiving, smtp, count)
        with Serving.mailmcp(home) as waiting:
            waiting.initialize()
            return _waits(waiting, smtp, count)


def _waits(server: Serving, smtp: smtplib.SMTP, count: int) -> list[float]:
    taken: list[float] = []
    for number in range(-2, count):  # the first two warm up and are not counted
        inbox = server.call("create_inbox")["address"]
        code = _code()
        mail = code_mail(inbox, code)
        waiting = server.ask_tool("wait_for_otp", inbox=inbox, from_="app.example", timeout=30)
        time.sleep(SETTLE_SECONDS)
        acknowledged = send(smtp, inbox, mail)
        when, found = server.tool_answer(waiting)
        if found.get("code") != code:
            raise ServerFailed(f"the code was {code}, the result {found}")
        if number >= 0:
            taken.append(when - acknowledged)
    smtp.quit()
    return taken


async def _inside(home: Path, count: int) -> list[float]:
    settings = Settings(home=home, local=LocalSettings(smtp_port=0))
    room = await open_mailroom(settings)

    async def opened() -> Mailroom:
        return room

    taken: list[float] = []
    # Leaving the client closes the session, and that the mailroom.
    async with Client(build_server(Session(opened), all_tools)) as client:
        host, port = await _listener(room)
        smtp = await asyncio.to_thread(smtplib.SMTP, host, port, timeout=30)
        await asyncio.to_thread(smtp.ehlo)
        for number in range(-2, count):
            inbox, _, _ = await room.create_inbox()
            code = _code()
            mail = code_mail(inbox.address, code)
            asked = {"inbox": inbox.address, "from_": "app.example", "timeout": 30}
            waiting = asyncio.create_task(client.call_tool("wait_for_otp", asked))
            await asyncio.sleep(SETTLE_SECONDS)
            sending = asyncio.create_task(asyncio.to_thread(send, smtp, inbox.address, mail))
            found = (await waiting).structured_content or {}
            when = time.perf_counter()
            if found.get("code") != code:
                raise ServerFailed(f"the code was {code}, the result {found}")
            if number >= 0:
                taken.append(when - await sending)
        await asyncio.to_thread(smtp.quit)
    return taken


async def _listener(room: Mailroom) -> tuple[str, int]:
    for _ in range(500):
        where = (await room.status()).listener
        if where is not None and where.host and where.port:
            return where.host, where.port
        await asyncio.sleep(0.02)
    raise ServerFailed("the SMTP listener did not come up")


def send(smtp: smtplib.SMTP, to: str, mail: bytes) -> float:
    """Hand one mail over; gives ``time.perf_counter`` when its 250 was read."""
    for code, words in (smtp.mail("no-reply@app.example"), smtp.rcpt(to), smtp.data(mail)):
        if code != 250:
            raise ServerFailed(f"the server said {code} {words!r}")
    return time.perf_counter()


def _code() -> str:
    return f"{secrets.randbelow(900_000) + 100_000}"
