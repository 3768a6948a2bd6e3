"""`mailmcp try`: what it prints when every step holds, and how it ends when one does not."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import forking
import pytest
from hosts import LIMIT

from mailmcp.server.trial import FREE_PORT, run_trial

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a trial in a process group of its own, as a shell does, and ends it."""
    started: list[subprocess.Popen[str]] = []

    def start_(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "mailmcp", "try", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start_
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=LIMIT)


@pytest.mark.slow
def test_the_trial_holds_from_beginning_to_end_and_leaves_nothing_behind(start: Start, tmp_path: Path) -> None:
    """Whatever is set in the shell: the trial is of the defaults."""
    trial = start(TMPDIR=str(tmp_path), MAILMCP_SEND__POLICY="never", MAILMCP_NO__SUCH="setting")
    told, errors = trial.communicate(timeout=200)
    assert (trial.returncode, errors) == (0, ""), told
    assert "Everything held" in told
    assert "mailmcp connect claude-desktop\n" in told
    assert "claude mcp add mailmcp -- " in told
    assert '{"mcpServers": {"mailmcp": {"command": ' in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_each_trial_counts_its_steps_from_one_and_says_what_each_took(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert run_trial() == 0
        steps = re.findall(r"^ +(\d+) +\d+\.\d\d s  \S", capsys.readouterr().out, re.MULTILINE)
        assert steps == [str(number) for number in range(1, len(steps) + 1)]
        assert len(steps) > 6


def test_a_home_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for folder in (tmp_path / "file", tmp_path / "missing"):
        trial = forking.ran(["try", "--home", str(folder)], env=os.environ, timeout=LIMIT)
        told = trial.stdout
        assert (trial.returncode, trial.stderr) == (1, "")
        assert told.splitlines()[-1].startswith("FAILED after step 0, ")
        assert f"no home can be made in {folder}: " in told
        assert told.endswith("Name another folder with --home.\n")


@pytest.mark.slow
def test_a_port_that_cannot_be_opened_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run_trial(tmp_path, {**FREE_PORT, "MAILMCP_LOCAL__SMTP_PORT": str(port)}) == 1
    told = capsys.readouterr().out
    assert re.search(r"\nFAILED after step 2, \d+\.\d s from the start: ", told)
    assert f"cannot listen on 127.0.0.1 port {port}: " in told
    assert "Everything held" not in told
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_start_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run_trial(tmp_path, {**FREE_PORT, "PYTHONHOME": str(tmp_path / "nowhere")}) == 1
    told = capsys.readouterr().out
    assert re.search(r"\nFAILED after step 0, \d+\.\d s from the start: the server did not answer \(.*\); ", told)
    assert len(told.splitlines()) == 4


@pytest.mark.slow
def test_an_interrupted_trial_ends_at_once_and_leaves_nothing_behind(start: Start, tmp_path: Path) -> None:
    for _ in range(5):
        trial = start("--home", str(tmp_path))
        assert trial.stdout is not None
        assert any("create_inbox" in line for line in trial.stdout)
        os.killpg(trial.pid, signal.SIGINT)
        told, errors = trial.communicate(timeout=LIMIT)
        if "Everything held" not in told:  # otherwise it was at its end before it could be interrupted
            break
    assert (trial.returncode, errors) == (130, "")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.killpg(trial.pid, 0)  # its server has ended as well


@pytest.mark.slow
def test_a_reader_that_has_heard_enough_ends_it_without_a_traceback(start: Start, tmp_path: Path) -> None:
    trial = start("--home", str(tmp_path))
    assert trial.stdout is not None
    trial.stdout.readline()
    trial.stdout.close()
    assert trial.stderr is not None
    assert "Traceback" not in trial.stderr.read()
    assert trial.wait(LIMIT) == 1
    assert list(tmp_path.iterdir()) == []
