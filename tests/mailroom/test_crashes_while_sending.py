"""Processes that are killed while mail leaves: nothing is sent twice, and nothing is left lying."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections import Counter
from email import message_from_bytes
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from benchmarks import kills
from tests.backends.relay_sink import Relay, relay

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

KILLS, MAILS = 10, 12


class Killer(Relay):
    """A relay that kills the process that talks to it, at the n-th thing it hears, before or after it answers."""

    child: BaseProcess | None = None
    left = 0

    def heard(self, after: float) -> None:
        self.left -= 1
        if self.left == 0 and self.child is not None:
            if after:
                asyncio.get_running_loop().call_later(after, self.kill, self.child)
            else:
                self.kill(self.child)

    def kill(self, child: BaseProcess) -> None:
        if child is self.child:  # it has not come to its end
            child.kill()


@pytest.mark.timeout(300)
async def test_after_kills_at_random_points_no_mail_is_sent_twice_and_none_is_left(tmp_path: Path) -> None:
    found = await kills.run(tmp_path / "home", kills=30, mails=150, at_most=200)
    assert (found.mails, found.doubles, found.stranded) == (150, 0, 0)
    assert found.kills > 0


@pytest.mark.timeout(300)
async def test_after_kills_in_the_middle_of_the_dialogue_no_mail_is_sent_twice_and_none_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Twelve mails leave side by side, so that a kill that finds one on the wire finds most: many end as unknown."""
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
            killer.left = chance.randrange(1, 3 * MAILS)
            killer.child = kills.sending(home, sink.port, range(turn * MAILS, (turn + 1) * MAILS))
            killed += await kills.ended(killer.child) != 0
            killer.child = None
        assert await kills.ended(kills.sending(home, sink.port, range(KILLS * MAILS, (KILLS + 1) * MAILS))) == 0
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
