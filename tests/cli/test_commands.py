"""The command line itself: help, wrong usage, and errors in words."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from mailmcp import __version__
from mailmcp.cli import main

LIMIT = 20


def run(*arguments: str, stdin=subprocess.DEVNULL, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILMCP_")}
    return subprocess.run(
        [sys.executable, "-m", "mailmcp", *arguments],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        stdin=stdin,
        env={**kept, **environment},
    )


def test_the_version_is_said(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"mailmcp {__version__}\n"


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    for command in ("serve", "try", "inbox", "held", "approve", "reject", "backends"):
        assert f"\n    {command} " in told


@pytest.mark.parametrize("arguments", [["fly"], ["approve"], ["inbox", "paint"], ["serve", "--fast"]])
def test_wrong_usage_ends_with_two(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: mailmcp" in capsys.readouterr().err


def test_without_a_command_help_is_shown_at_a_terminal_and_nothing_is_opened(tmp_path):
    ours, theirs = pty.openpty()
    ran = run(stdin=theirs, MAILMCP_HOME=str(tmp_path / "home"))
    os.close(theirs)
    os.close(ours)
    assert ran.returncode == 0
    assert "usage: mailmcp" in ran.stdout
    assert not (tmp_path / "home").exists()


def test_without_a_command_and_a_terminal_it_serves(tmp_path):
    ran = run(MAILMCP_HOME=str(tmp_path / "home"), MAILMCP_LOCAL__SMTP_PORT="0")
    assert (ran.returncode, ran.stdout) == (0, "")


def test_backends_are_listed(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["backends"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("local ")


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"MAILMCP_SEND__POLICY": "sometimes"}, "MAILMCP_SEND__POLICY"),
        ({"MAILMCP_BACKEND": "pigeon"}, "pigeon"),
        ({"MAILMCP_SEND_BACKEND": "smtp"}, "MAILMCP_SEND_BACKEND"),
    ],
)
def test_a_wrong_setting_is_one_line_and_an_exit_code(tmp_path, environment, named):
    ran = run("held", "--home", str(tmp_path / "home"), **environment)
    assert ran.returncode == 1
    assert ran.stderr.startswith("mailmcp: ")
    assert named in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_a_home_that_cannot_be_used_is_one_line_and_an_exit_code(tmp_path):
    (tmp_path / "home").write_text("a file")
    ran = run("inbox", "list", "--home", str(tmp_path / "home"))
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert str(tmp_path / "home") in ran.stderr


@pytest.mark.slow
def test_the_trial_holds_from_beginning_to_end(tmp_path: Path):
    ran = run("try", TMPDIR=str(tmp_path))
    assert ran.returncode == 0, ran.stdout
    assert "Everything held" in ran.stdout
    assert list(tmp_path.iterdir()) == []
