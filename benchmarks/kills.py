"""Processes that are killed at random points while mail leaves: how often one mail leaves twice, or is left lying."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

from benchmarks.figures import Figure, Part
from mailmcp.authenticity.dns import StaticResolver
from mailmcp.backends import open_backend
from mailmcp.config import load_settings
from mailmcp.mailroom import judges
from mailmcp.mailroom.pace import Pace
from mailmcp.mailroom.requests import SendRequest
from mailmcp.mailroom.room import Mailroom

QUICK = Pace(progress=0.05, share=0.1, takeover=0.02, listen_again=0.05, flush=0.02, back_off=(0.05,) * 20)
LIFE_SECONDS = 120
"""No process lives longer."""
LAST_BATCH = 100
LOADED = (
    *("aiosmtplib", "mailmcp.backends.smtp", "mailmcp.backends.local", "mailmcp.backends.desk"),
    *("mailmcp.backends.conversation", "mailparser", "publicsuffixlist", "selectolax.lexbor"),
)
"""What a process would load when it first needs it."""
SEED = 20261128


@dataclass
class Sink:
    """A relay that counts."""

    arrived: Counter[str] = field(default_factory=Counter[str])

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Every mail that reached the final dot."""
        self.arrived[str(message_from_bytes(envelope.content)["Subject"])] += 1
        return "250 OK"


@dataclass(frozen=True, slots=True)
class Count:
    """What came of it."""

    kills: int
    mails: int
    doubles: int
    """Mails that arrived more than once."""
    stranded: int
    """Mails that are neither sent nor unknown, or sent and never arrived, or that nobody knows here."""
    unknown: int
    lost: int
    """Unknown ones that had not left."""
    seconds: float


async def run(home: Path, *, kills: int, mails: int, seed: int = SEED, at_most: float = 3600) -> Count:
    """Let process after process send, kill each at a random point of its life, and count in the end.

    After ``at_most`` seconds no more are killed.
    """
    began = time.perf_counter()
    chance = random.Random(seed)
    sink = Sink()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(sink, hostname="sink.example", loop=loop), "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        each = -(-mails // (kills + 3))
        known = {f"number {number}": number for number in range(mails)}

        def missing() -> list[int]:
            there = _states(home)
            return [number for subject, number in known.items() if subject not in there]

        lives: list[float] = []
        for turn in range(3):  # of undisturbed ones, to know how long a life is
            born = time.perf_counter()
            await ended(sending(home, port, list(range(mails))[turn * each : (turn + 1) * each]))
            lives.append(time.perf_counter() - born)
        killed = 0
        for _ in range(2 * kills):  # some come to their end before they are killed
            if killed == kills or time.perf_counter() - began > at_most:
                break
            left = missing()
            child = sending(home, port, left[: -(-len(left) // (kills - killed))])
            await asyncio.sleep(chance.uniform(0, 1.5 * sorted(lives)[1]))
            child.kill()
            killed += await ended(child) != 0
        while True:  # until everything is over
            left = missing()
            await ended(sending(home, port, left[:LAST_BATCH]))
            if not left:
                break
    finally:
        server.close()
    states = _states(home)
    sent = {subject for subject, state in states.items() if state == "sent"}
    unknown = {subject for subject, state in states.items() if state == "unknown"}
    left_lying = (known.keys() - sent - unknown) | (sent - sink.arrived.keys()) | (sink.arrived.keys() - states.keys())
    return Count(
        kills=killed,
        mails=len(states),
        doubles=sum(times > 1 for times in sink.arrived.values()),
        stranded=len(left_lying),
        unknown=len(unknown),
        lost=len(unknown - sink.arrived.keys()),
        seconds=time.perf_counter() - began,
    )


def measure(*, quick: bool) -> list[Part]:
    """One part, for the page of measurements."""
    kills, mails = (20, 100) if quick else (1_000, 5_000)
    with tempfile.TemporaryDirectory(prefix="mailmcp-benchmark-") as folder:
        found = asyncio.run(run(Path(folder) / "home", kills=kills, mails=mails))
    return [
        Part(
            title="Kills while mail leaves",
            how=(
                f"{kills:,} processes of one home that send {mails:,} mails to a counting SMTP server, each killed"
                " (SIGKILL) at a random point of its life; then some that are left alone."
            ),
            figures=(
                Figure(what="processes killed at work", measured=f"{found.kills:,}"),
                Figure(what="mails that left twice", measured=f"{found.doubles}", target="0", met=not found.doubles),
                Figure(what="mails left lying", measured=f"{found.stranded}", target="0", met=not found.stranded),
                Figure(
                    what="mails whose answer was lost (unknown)",
                    measured=f"{found.unknown} of {found.mails:,}, of which {found.lost} had not left",
                ),
            ),
        )
    ]


def sending(home: Path, port: int, numbers: Sequence[int]) -> BaseProcess:
    """A process of the home that sends these mails to a port, takes up what others left, and ends."""
    # A server that has everything loaded forks them: otherwise most of a life would be imports.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.kills", *LOADED])
    child = context.Process(target=_life, args=(str(home), port, list(numbers)))
    child.start()
    return child


async def ended(child: BaseProcess) -> int:
    """The exit code, once there is one; one that lives too long is killed."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(child.sentinel, ended.set)
    try:
        async with asyncio.timeout(LIFE_SECONDS):
            await ended.wait()
    finally:
        loop.remove_reader(child.sentinel)
        if not ended.is_set():
            child.kill()
        child.join()
        code = child.exitcode
        child.close()
    return code if code is not None else -1


def _life(home: str, port: int, numbers: list[int]) -> None:
    # It is judged in this process, as where no other can be started: starting one would be most of a life.
    judges.JudgeProcess.begin = _no_process  # pyright: ignore
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what it says of that
    asyncio.run(_send(Path(home), port, numbers))


async def _no_process(*_: Any, **__: Any) -> Any:
    raise OSError("none here")


async def _send(home: Path, port: int, numbers: list[int]) -> None:
    given = {
        "SEND_BACKEND": "smtp",
        "SMTP__HOST": "127.0.0.1",
        "SMTP__PORT": str(port),
        "SMTP__SECURITY": "none",
        "LOCAL__SMTP_PORT": "0",
        "SEND__POLICY": "open",
        "SEND__UNDO": "0",
        **{f"SEND__RATE{scope}": "999999/h" for scope in ("", "_RECIPIENT", "_THREAD", "_ALL")},
    }
    settings = load_settings(home, {f"MAILMCP_{name}": value for name, value in given.items()})
    room = await Mailroom.open(
        settings,
        lambda reception: open_backend(settings.backend, settings, reception),
        QUICK,
        resolver=StaticResolver({}),
    )
    inbox = (await room.create_inbox(name="anna", key="anna"))[0].address
    requests = [
        SendRequest(inbox=inbox, to=("ann@world.example",), subject=f"number {number}", body="Some words.")
        for number in numbers
    ]
    await asyncio.gather(*(room.send(request) for request in requests))
    while any(draft.state != "unknown" for draft in await room.open_drafts()):  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.02)
    await room.aclose()


def _states(home: Path) -> dict[str, str]:
    file = next(home.glob("*.db"), None)
    if file is None:  # killed before there was one
        return {}
    db = sqlite3.connect(file)
    try:
        return dict(db.execute("SELECT subject, state FROM drafts"))
    finally:
        db.close()
