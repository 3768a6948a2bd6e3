"""The line of those that write: one after another, in turn, and never stuck behind who does not move."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from another_process import another

from mailmcp.store import Store, turns
from mailmcp.store.turns import Line

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no line on Windows")
LIMIT = 60
"""No wait of a test is longer, in seconds."""
HOLDER = """
import sys
from pathlib import Path
from mailmcp.store.turns import Line
with Line(Path(sys.argv[1])).turn():
    print("first", flush=True)
    sys.stdin.readline()
"""


def another_process(home: Path) -> AbstractContextManager[subprocess.Popen[str]]:
    """A process whose turn it is until it is told a line, or killed."""
    return another(HOLDER, home, says="first")


@contextmanager
def somebody_who_waits(line: Line) -> Iterator[threading.Event]:
    """A thread that asks for its turn; set once it has had it."""
    had = threading.Event()

    def wait() -> None:
        with line.turn():
            had.set()

    thread = threading.Thread(target=wait)
    thread.start()
    try:
        yield had
    finally:
        thread.join(LIMIT)
        assert not thread.is_alive()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", LIMIT)


@pytest.mark.usefixtures("patient")
def test_one_has_a_turn_at_a_time_and_the_next_is_woken_when_it_ends(tmp_path: Path) -> None:
    with (
        closing(Line(tmp_path)) as line,
        another_process(tmp_path) as first,
        somebody_who_waits(line) as had,
    ):
        assert not had.wait(0.05)
        assert first.stdin is not None
        first.stdin.write("\n")
        first.stdin.flush()
        assert had.wait(LIMIT)


@pytest.mark.usefixtures("patient")
def test_the_turn_of_a_process_that_was_killed_is_over(tmp_path: Path) -> None:
    with closing(Line(tmp_path)) as line, another_process(tmp_path) as first, somebody_who_waits(line) as had:
        first.kill()
        assert had.wait(LIMIT)


def test_who_does_not_move_is_passed_and_the_line_forms_again_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.01)
    with closing(Line(tmp_path)) as line, closing(Line(tmp_path)) as other:
        with another_process(tmp_path):
            for _ in range(3):  # the place that was kept in vain is not taken a second time
                with line.turn():
                    pass
        gave_up = line._waits
        assert gave_up is not None
        until = time.monotonic() + LIMIT
        while not gave_up.over:
            assert time.monotonic() < until
            threading.Event().wait(0.01)
        monkeypatch.setattr(turns, "PATIENCE", LIMIT)
        with ExitStack() as waiting:
            with line.turn():
                assert line._waits is None
                had = waiting.enter_context(somebody_who_waits(other))
                assert not had.wait(0.05)
            assert had.wait(LIMIT)


@pytest.mark.anyio
async def test_where_no_line_can_be_made_everything_is_written_as_before(tmp_path: Path) -> None:
    (tmp_path / "writers.lock").mkdir()
    store = await Store.open(tmp_path)
    try:
        await store.write(lambda db: db.execute("CREATE TABLE notes (word TEXT)"))
        assert await store.read(lambda db: db.execute("SELECT count(*) FROM notes").fetchone()[0]) == 0
    finally:
        await store.aclose()


@pytest.mark.anyio
async def test_a_file_that_others_may_read_or_that_is_a_link_is_not_made(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"words")
    (tmp_path / "writers.lock").symlink_to(tmp_path / "elsewhere")
    with closing(Line(tmp_path)) as line, line.turn():
        assert (tmp_path / "elsewhere").read_bytes() == b"words"
        assert line._file is None
    (tmp_path / "writers.lock").unlink()
    with closing(Line(tmp_path)) as line, line.turn():
        assert (tmp_path / "writers.lock").stat().st_mode & 0o777 == 0o600


@pytest.mark.anyio
@pytest.mark.usefixtures("patient")
async def test_what_is_written_waits_for_its_turn(tmp_path: Path) -> None:
    store = await Store.open(tmp_path)
    try:
        with another_process(tmp_path) as first:
            writing = asyncio.create_task(store.write(lambda db: db.execute("CREATE TABLE notes (word TEXT)")))
            done, _ = await asyncio.wait([writing], timeout=0.05)
            assert not done
            assert first.stdin is not None
            first.stdin.write("\n")
            first.stdin.flush()
            await asyncio.wait_for(writing, LIMIT)
    finally:
        await store.aclose()
