"""The lock of the leader, and the line of those that wait for it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mailmcp.errors import StoreUnavailable
from mailmcp.mailroom import duties
from mailmcp.mailroom.duties import Leadership
from mailmcp.mailroom.lock import LockFile
from mailmcp.mailroom.pace import Pace
from mailmcp.store.oslocks import HAS_LINE

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not HAS_LINE, reason="this system has no line for a lock"),
]

HOLDER = (
    "import sys\nfrom pathlib import Path\nfrom mailmcp.mailroom.lock import LockFile\n"
    "lock = LockFile(Path(sys.argv[1]))\nprint(lock.acquire(), flush=True)\nsys.stdin.read()\n"
)


def holder(path: Path) -> subprocess.Popen[bytes]:
    """Another process that has the lock."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"True\n"
    return process


def test_a_lock_is_not_taken_through_a_link_whose_target_would_be_overwritten(tmp_path):
    (tmp_path / "target").write_text("precious")
    (tmp_path / "lock").symlink_to(tmp_path / "target")
    with pytest.raises(StoreUnavailable, match="it is a link"):
        LockFile(tmp_path / "lock").acquire()
    assert (tmp_path / "target").read_text() == "precious"


def test_who_stands_in_line_has_the_lock_when_its_holder_was_killed(tmp_path):
    path, woken = tmp_path / "lock", threading.Event()
    with holder(path) as process:
        lock = LockFile(path)
        place = lock.line_up(woken.set)
        assert place.in_place()
        assert not lock.step_forward(place)
        process.send_signal(signal.SIGKILL)
        assert woken.wait(60)
    assert lock.step_forward(place)
    assert not LockFile(path).acquire()
    assert path.read_text() == str(os.getpid())
    place.leave()  # the lock is no longer the place's
    assert lock.in_place()
    lock.release()
    assert LockFile(path).acquire()


def test_who_left_the_line_gives_the_lock_back(tmp_path):
    holding, leaving, woken = LockFile(tmp_path / "lock"), LockFile(tmp_path / "lock"), threading.Event()
    assert holding.acquire()
    place = leaving.line_up(woken.set)
    place.leave()
    holding.release()
    assert woken.wait(60)
    assert not leaving.step_forward(place)
    assert holding.acquire()
    holding.release()


def test_a_lock_that_was_given_and_not_taken_is_given_back(tmp_path):
    holding, waiting, woken = LockFile(tmp_path / "lock"), LockFile(tmp_path / "lock"), threading.Event()
    assert holding.acquire()
    place = waiting.line_up(woken.set)
    holding.release()
    assert woken.wait(60)
    assert not holding.acquire()
    place.leave()
    assert holding.acquire()
    holding.release()


def test_the_lock_of_a_file_that_was_replaced_is_not_taken(tmp_path):
    path, woken = tmp_path / "lock", threading.Event()
    holding, waiting, newer = LockFile(path), LockFile(path), LockFile(path)
    assert holding.acquire()
    place = waiting.line_up(woken.set)
    path.unlink()
    assert newer.acquire()
    holding.release()
    assert woken.wait(60)
    assert not place.in_place()
    assert not waiting.step_forward(place)
    place.leave()
    newer.release()


class Tries(LockFile):
    """A lock that counts how often it was tried for."""

    count = 0

    def acquire(self) -> bool:
        self.count += 1
        return super().acquire()


async def in_line(leadership: Leadership) -> None:
    """Return when a leadership has tried so often that it stands in line."""
    leadership._lock = lock = Tries(leadership._lock._path)
    lined_up, line_up = asyncio.Event(), lock.line_up

    def noted(woken):
        lined_up.set()
        return line_up(woken)

    lock.line_up = noted
    await asyncio.wait_for(lined_up.wait(), 60)


async def leads(leadership: Leadership) -> None:
    """Return when it leads."""
    async with asyncio.timeout(60):
        while not leadership.leads:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.001)


async def test_a_follower_in_line_leads_next_without_trying_again(tmp_path):
    quick = Pace(takeover=0.001)
    first, second = Leadership(tmp_path, [], quick), Leadership(tmp_path, [], quick)
    first.start()
    second.start()
    await in_line(second)
    await first.aclose()
    await leads(second)
    assert second._lock.count <= duties.PREPARE_AFTER
    await second.aclose()
    assert LockFile(tmp_path / "leader.lock").acquire()


async def test_a_follower_in_line_for_a_file_that_was_removed_finds_the_new_one(tmp_path):
    quick = Pace(takeover=0.001)
    old, second = LockFile(tmp_path / "leader.lock"), Leadership(tmp_path, [], quick)
    assert old.acquire()
    second.start()
    await in_line(second)
    (tmp_path / "leader.lock").unlink()
    await leads(second)  # though the old lock is held still
    assert second._lock.in_place()
    await second.aclose()
    old.release()


class Door:
    """A duty that opens when it is let."""

    name = "door"

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.begun = asyncio.Event()

    def opening(self) -> asyncio.Event:
        return self.opened

    async def run(self) -> None:
        self.begun.set()
        await asyncio.Event().wait()


async def test_the_other_duties_begin_when_the_door_is_open(tmp_path, monkeypatch):
    monkeypatch.setattr(duties, "OPEN_SECONDS", 60)
    first, other = Door(), Door()
    other.opened.set()
    leadership = Leadership(tmp_path, [first, other])
    leadership.start()
    await asyncio.wait_for(first.begun.wait(), 60)
    assert not other.begun.is_set()
    first.opened.set()
    await asyncio.wait_for(other.begun.wait(), 60)
    await leadership.aclose()


async def test_the_other_duties_begin_though_the_door_stays_shut(tmp_path, monkeypatch):
    monkeypatch.setattr(duties, "OPEN_SECONDS", 0.01)
    first, other = Door(), Door()
    leadership = Leadership(tmp_path, [first, other])
    leadership.start()
    await asyncio.wait_for(other.begun.wait(), 60)
    await leadership.aclose()
