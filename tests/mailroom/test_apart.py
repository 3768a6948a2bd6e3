"""Questions and answers between this process and one beside it, and every way in which the other can end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from mailmcp.mailroom import apart
from mailmcp.mailroom.apart import Ended

pytestmark = pytest.mark.anyio

LIMIT = 60


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Makes a module that ``begin`` can start."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def make(code: str) -> str:
        (tmp_path / "beside.py").write_text(f"import sys, os, time\nfrom mailmcp.mailroom import apart\n{code}\n")
        return "beside"

    return make


async def asked(process: apart.Process, octets: bytes = b"", **record: object) -> apart.Record:
    async with asyncio.timeout(LIMIT):
        await process.ask(record, len(octets), apart.all_of(octets))
        return await process.answer()


ECHO = "apart.serve(lambda record, octets: ({**record, 'pid': os.getpid()}, octets[::-1]))"


async def test_questions_are_answered_in_order_by_another_process(module):
    octets = os.urandom(3_000_000)
    async with apart.begun(module(ECHO)) as process:
        for number in range(3):
            answer = await asked(process, octets, number=number, words="Ünï ✓\n")
            assert (answer["number"], answer["words"]) == (number, "Ünï ✓\n")
            assert answer["pid"] != os.getpid()
            assert b"".join([piece async for piece in process.octets()]) == octets[::-1]


async def test_what_a_library_prints_is_no_answer(module):
    code = "def reply(record, octets):\n    print('hello')\n    return {'said': True}, b''\napart.serve(reply)"
    async with apart.begun(module(code)) as process:
        assert await asked(process) == {"said": True}


@pytest.mark.parametrize(
    "code",
    [
        "sys.exit(0)",
        "raise RuntimeError('a bug')",
        "os._exit(3)",
        "print('no frame', flush=True); time.sleep(60)",
        "print('99999999999 0', flush=True); time.sleep(60)",
        "print('5 0\\nx', flush=True)",
        "print('2 0\\n{]', flush=True); time.sleep(60)",
        "print('x' * 1_000_000, flush=True); time.sleep(60)",
        "apart.serve(lambda record, octets: 1 / 0)",
        "apart.serve(lambda record, octets: ({'x': bytearray(4 * 1024 ** 3)}, b''))",
    ],
)
async def test_a_process_that_ends_or_talks_nonsense_is_told_as_ended(module, code, capfd):
    async with apart.begun(module(code)) as process:
        with pytest.raises(Ended):
            await asked(process)


async def test_octets_that_do_not_come_whole_are_told_as_ended(module):
    code = "apart._read(sys.stdin.buffer)\nsys.stdout.buffer.write(b'2 100\\n{}only this')"
    async with apart.begun(module(code)) as process:
        assert await asked(process) == {}
        with pytest.raises(Ended):
            async for _ in process.octets():
                pass


async def test_a_process_that_takes_more_cpu_than_it_may_is_ended(module):
    code = "def reply(record, octets):\n    while True: pass\napart.serve(reply, cpu_seconds=1)"
    async with apart.begun(module(code)) as process:
        with pytest.raises(Ended):
            await asked(process)


async def test_a_process_ends_when_its_other_side_goes(module):
    async with apart.begun(module(ECHO)) as process:
        await asked(process)
        process._in.close()
        await asyncio.wait_for(process._process.wait(), LIMIT)
        assert process._process.returncode == 0


async def test_leaving_the_block_ends_a_process_that_is_busy(module):
    async with apart.begun(module("def reply(record, octets):\n    time.sleep(600)\napart.serve(reply)")) as process:
        await process.ask({}, 0, apart.all_of(b""))
        done, _ = await asyncio.wait([answering := asyncio.create_task(process.answer())], timeout=0.2)
        assert not done
        answering.cancel()
        await asyncio.wait([answering])
    assert process._process.returncode is not None


async def test_the_folder_that_a_host_starts_us_in_has_no_say(tmp_path, monkeypatch, module):
    here = tmp_path / "here"
    here.mkdir()
    (here / "json.py").write_text("raise SystemExit('taken over')")
    monkeypatch.chdir(here)
    async with apart.begun(module(ECHO)) as process:
        assert (await asked(process, number=1))["number"] == 1


async def test_a_question_whose_octets_fail_passes_the_trouble_on(module):
    async def breaks() -> AsyncGenerator[bytes]:
        yield b"x"
        raise LookupError("gone")

    async with apart.begun(module(ECHO)) as process:
        with pytest.raises(LookupError):
            await process.ask({}, 10, breaks())
