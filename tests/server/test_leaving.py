"""Processes that nobody needs any more: they end by themselves, and those that somebody needs do not."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time

import pytest
from hosts import LIMIT

from mailmcp.server.leaving import Leaving

pytestmark = pytest.mark.anyio


async def ends(leaving: Leaving) -> str:
    return await asyncio.wait_for(leaving.wait(), LIMIT)


async def stays(leaving: Leaving, looks: list[int], count: int) -> bool:
    """Whether it still waits after so many looks."""
    waiting = asyncio.create_task(leaving.wait())
    async with asyncio.timeout(LIMIT):
        while len(looks) < count and not waiting.done():  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    stayed = not waiting.done()
    waiting.cancel()
    return stayed


async def test_it_ends_when_its_parent_has_died_and_nothing_comes_any_more():
    parents = iter([7, 7])
    leaving = Leaving(idle=lambda: 0, parent=lambda: next(parents, 1), look=0.001, alone=0.02)
    assert await ends(leaving) == "the program that started it has ended"


async def test_it_stays_when_only_a_wrapper_has_died_and_a_client_speaks_on():
    looks: list[int] = []

    def parent() -> int:
        looks.append(1)
        return 7 if len(looks) < 3 else 1

    leaving = Leaving(idle=lambda: 0, parent=parent, look=0.001, alone=0.05)
    waiting = asyncio.create_task(leaving.wait())
    async with asyncio.timeout(LIMIT):
        while len(looks) < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    await asyncio.sleep(0.002)
    leaving.used()
    done, _ = await asyncio.wait([waiting], timeout=0.2)
    assert not done
    waiting.cancel()


async def test_it_ends_unused_after_the_time_that_is_set_and_never_when_none_is():
    assert "nothing came from its client" in await ends(Leaving(idle=lambda: 0.01, look=0.001))
    looks: list[int] = []

    def never() -> float:
        looks.append(1)
        return 0

    assert await stays(Leaving(idle=never, look=0.0001), looks, 50)


@pytest.mark.slow
def test_a_follower_that_nobody_uses_ends_and_the_leader_stays(serve):
    leader = serve(MAILMCP_PROCESS__IDLE_EXIT="1")
    leader.initialize()
    leader.call("list_inboxes")
    leader.listener()
    follower = serve(MAILMCP_PROCESS__IDLE_EXIT="1")
    follower.initialize()
    follower.call("list_inboxes")
    assert follower.process.wait(LIMIT) == 0
    assert leader.call("mail_status")["leader"]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="no parents are watched there")
def test_a_server_whose_parent_is_killed_ends_though_its_input_is_open(home, tmp_path):
    """The parent hands its child a pipe that we keep open, and is killed."""
    reading, writing = os.pipe()
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys\n"
            "child = subprocess.Popen([sys.executable, '-c', 'import mailmcp.server.leaving as l; "
            " l.Leaving.__init__.__kwdefaults__[\"alone\"] = 1; from mailmcp.cli import main; main()', 'serve',"
            " '--home', sys.argv[1]], stdin=int(sys.argv[2]), stdout=subprocess.DEVNULL)\n"
            "print(child.pid, flush=True); child.wait()",
            str(home),
            str(reading),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=[reading],
        text=True,
    )
    try:
        assert parent.stdout
        assert parent.stderr
        assert int(parent.stdout.readline())
        os.write(writing, b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n')
        for _ in range(1200):  # what it has read shows that it is up, and knows its parent
            if _drained(reading):
                break
            time.sleep(0.05)
        parent.send_signal(signal.SIGKILL)
        said = parent.stderr.read()  # ends when the child has ended too
        assert "the program that started it has ended" in said
    finally:
        parent.kill()
        parent.communicate(timeout=LIMIT)
        os.close(reading)
        os.close(writing)


def _drained(pipe: int) -> bool:
    import fcntl
    import struct
    import termios

    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0] == 0
