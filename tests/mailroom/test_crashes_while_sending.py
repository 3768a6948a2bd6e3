"""Processes that are killed while mail leaves: nothing is sent twice, and nothing is left lying."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import sys
from collections import Counter
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from tests.backends.relay_sink import Relay, relay

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

KILLS, MAILS = 10, 12
LIMIT = 60


async def process(home: Path, sink: Relay, first: int, count: int) -> asyncio.subprocess.Process:
    given = {
        "SEND_BACKEND": "smtp",
        "SMTP__HOST": "127.0.0.1",
        "SMTP__PORT": str(sink.port),
        "SMTP__SECURITY": "none",
        "LOCAL__SMTP_PORT": "0",
        "SEND__POLICY": "open",
        "SEND__UNDO": "0",
        **{f"SEND__RATE{scope}": "9999/h" for scope in ("", "_RECIPIENT", "_THREAD", "_ALL")},
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILMCP_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("sending_process.py")),
        str(home),
        str(first),
        str(count),
        env={**kept, **{f"MAILMCP_{name}": value for name, value in given.items()}},
    )


class Killer(Relay):
    """A relay that kills the process that talks to it, at the n-th thing it hears, before or after it answers."""

    child: asyncio.subprocess.Process | None = None
    left = 0

    def heard(self, after: float) -> None:
        self.left -= 1
        if self.left == 0 and self.child is not None and self.child.returncode is None:
            if after:
                asyncio.get_running_loop().call_later(after, self.child.kill)
            else:
                self.child.kill()


@pytest.mark.timeout(300)
async def test_after_kills_at_any_point_no_mail_is_sent_twice_and_none_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(20261128)
    killer = Killer()

    async def heard(*_: Any) -> str:
        killer.heard(chance.choice((0, 0.001, 0.003, 0.01)))
        return await asyncio.sleep(0, "")

    for name in ("handle_MAIL", "handle_RCPT", "handle_DATA"):
        original = getattr(Relay, name)

        async def and_answer(self: Any, *arguments: Any, answer: Any = original) -> str:
            await heard()
            return await answer(self, *arguments)

        monkeypatch.setattr(Relay, name, and_answer)
    home, killed = tmp_path / "home", 0
    async with relay() as sink, asyncio.timeout(240):
        for turn in range(KILLS):
            child = await process(home, sink, turn * MAILS, MAILS)
            killer.left, killer.child = chance.randrange(1, 3 * MAILS), child
            killed += await asyncio.wait_for(child.wait(), LIMIT) != 0
        killer.child = None
        last = await process(home, sink, KILLS * MAILS, MAILS)
        assert await asyncio.wait_for(last.wait(), LIMIT) == 0
    arrived = Counter(str(message_from_bytes(one.content)["Subject"]) for one in sink.arrived)
    (file,) = home.glob("*.db")
    db = sqlite3.connect(file)
    states = dict(db.execute("SELECT subject, state FROM drafts"))
    db.close()
    with capsys.disabled():
        unknown = [subject for subject, state in states.items() if state == "unknown"]
        lost = sum(subject not in arrived for subject in unknown)
        print(f"\n{killed} kills, {len(states)} mails, {len(unknown)} unknown, of which {lost} had not left")
    assert killed >= KILLS // 2
    assert [subject for subject, times in arrived.items() if times > 1] == []
    assert set(states.values()) <= {"sent", "unknown"}
    assert {subject for subject, state in states.items() if state == "sent"} <= set(arrived)
    assert set(arrived) <= set(states)
    undisturbed = {f"number {number}" for number in range(KILLS * MAILS, (KILLS + 1) * MAILS)}
    assert {states[subject] for subject in undisturbed} == {"sent"}
