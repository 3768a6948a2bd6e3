"""The command line itself: help, wrong usage, and errors in words."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import forking
import pytest

from mailmcp import __version__
from mailmcp.cli import main

LIMIT = 60


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


def test_help_names_every_command_the_options_and_the_exit_codes(capsys):
    told = said(["--help"], 0, capsys)[0]
    for command in (
        "serve",
        "try",
        "inbox list",
        "inbox delete ADDRESS",
        "ui",
        "held",
        "approve DRAFT",
        "approver set|clear|status",
        "backends",
    ):
        assert f"\n  {command} " in told
    for code in ("0", "1", "2", "130"):
        assert f"\n  {code}  " in told
    assert "--home FOLDER" in told
    assert "`mailmcp try`" in told
    assert said(["-h"], 0, capsys) == said(["help"], 0, capsys) == (told, "")


INBOX_TAKES = "`mailmcp inbox` takes list, delete, export, import, block, allow, unlist, keep or resume"


@pytest.mark.parametrize("arguments", [["help", "reject"], ["reject", "--help"], ["reject", "d_1", "-h"]])
def test_help_of_one_command_shows_how_it_is_written(arguments, capsys):
    told = said(arguments, 0, capsys)[0]
    assert "\n  mailmcp reject DRAFT [--word WORD]" in told
    assert "a word for the assistant" in told
    assert "held" not in told.splitlines()[1:]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sevre"], "There is no command 'sevre' (did you mean serve?)."),
        (["HELD"], "There is no command 'HELD' (did you mean held?)."),
        (["help", "aprove"], "There is no command 'aprove' (did you mean approve?)."),
        (["--help", "nonsense"], "There is no command 'nonsense'; `mailmcp --help` tells what there is."),
        (["nonsense"], "There is no command 'nonsense'; `mailmcp --help` tells what there is."),
        (["fly"], "There is no command 'fly'; `mailmcp --help` tells what there is."),
        ([""], "There is no command ''; `mailmcp --help` tells what there is."),
        (["x" * 500], f"There is no command '{'x' * 39}…'; `mailmcp --help` tells what there is."),
        (["a\nb\x1b[2J"], "There is no command 'a\ufffdb\ufffd[2J'; `mailmcp --help` tells what there is."),
        (["--hom", "x", "held"], "There is no option '--hom' (did you mean --home?)."),
        (["-q", "held"], "There is no option '-q'; `mailmcp --help` tells what there is."),
        (["held", "--hme", "x"], "`mailmcp held` has no option '--hme' (did you mean --home?)."),
        (["held", "--ho", "x"], "`mailmcp held` has no option '--ho' (did you mean --home?)."),
        (["reject", "d_1", "--wrod=x"], "`mailmcp reject` has no option '--wrod' (did you mean --word?)."),
        (["serve", "--xyzzy"], "`mailmcp serve` has no option '--xyzzy'; `mailmcp --help` tells what there is."),
        (["held", "d_1"], "`mailmcp held` takes no further 'd_1'; `mailmcp --help` tells what there is."),
        (["approve", "d_1", "d_2"], "`mailmcp approve` takes no further 'd_2'; `mailmcp --help` tells what there is."),
        (["inbox"], f"{INBOX_TAKES}."),
        (
            ["inbox", "lst"],
            f"{INBOX_TAKES}, not 'lst' (did you mean list?).",
        ),
        (["inbox", "paint"], f"{INBOX_TAKES}, not 'paint'."),
        (["inbox", "delete"], "Which inbox? Write `mailmcp inbox delete ADDRESS`; `mailmcp inbox list` lists them."),
        (["approve"], "Which draft? Write `mailmcp approve DRAFT`; `mailmcp held` lists them."),
        (["reject", "--word", "no"], "Which draft? Write `mailmcp reject DRAFT`; `mailmcp held` lists them."),
        (["--home"], "After --home must stand a folder."),
        (["--home=", "held"], "After --home must stand a folder."),
        (["--home", "--version"], "After --home must stand a folder."),
        (["held", "--home", ""], "After --home must stand a folder."),
        (["held", "--home"], "After --home must stand a value."),
    ],
)
def test_a_mistyped_line_is_answered_in_one_sentence_and_ends_with_two(arguments, sentence, capsys):
    assert said(arguments, 2, capsys) == ("", f"mailmcp: {sentence}\n")


def said(arguments: list[str], code: int, capsys) -> tuple[str, str]:
    """What a line says on standard output and standard error."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == code
    told = capsys.readouterr()
    return told.out, told.err


@pytest.mark.parametrize("place", ["before", "after", "equals", "both"])
def test_the_home_may_stand_before_the_command_or_after_it(tmp_path, place, monkeypatch, capsys):
    monkeypatch.setenv("MAILMCP_HOME", str(tmp_path / "other"))
    home = str(tmp_path / "home")
    lines = {
        "before": ["--home", home, "inbox", "list"],
        "after": ["inbox", "list", "--home", home],
        "equals": [f"--home={home}", "inbox", "list"],
        "both": ["--home", str(tmp_path / "far"), "inbox", "--home", home, "list"],
    }
    assert home in said(lines[place], 0, capsys)[0]
    assert [folder.name for folder in tmp_path.iterdir()] == ["home"]


def test_an_empty_home_says_how_an_inbox_comes_about(tmp_path, capsys):
    told, _ = said(["inbox", "list", "--home", str(tmp_path)], 0, capsys)
    assert told.startswith(f"There is no inbox in {tmp_path} yet. An assistant makes one with its tool create_inbox;")
    assert told.count("\n") == 1


def test_without_a_command_help_is_shown_at_a_terminal_and_nothing_is_opened(tmp_path):
    ours, theirs = pty.openpty()
    ran = run(stdin=theirs, MAILMCP_HOME=str(tmp_path / "home"))
    os.close(theirs)
    os.close(ours)
    assert ran.returncode == 0
    assert "usage: mailmcp" in ran.stdout
    assert "`mailmcp try`" in ran.stdout
    assert not (tmp_path / "home").exists()


@pytest.mark.slow
def test_whoever_serves_in_a_terminal_is_told_what_is_going_on(tmp_path):
    ours, theirs = pty.openpty()
    os.write(ours, b"\x04")  # Ctrl-D
    ran = run("serve", "--home", str(tmp_path / "home"), stdin=theirs)
    os.close(theirs)
    os.close(ours)
    assert (ran.returncode, ran.stdout) == (0, "")
    assert ran.stderr.startswith("mailmcp serves MCP here, ")
    assert ran.stderr.count("\n") == 1


def test_without_a_command_and_a_terminal_it_serves(tmp_path):
    ran = run(MAILMCP_HOME=str(tmp_path / "home"), MAILMCP_LOCAL__SMTP_PORT="0")
    assert (ran.returncode, ran.stdout) == (0, "")


def test_a_home_without_a_command_is_served(tmp_path):
    request = (
        b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},'
    )
    request += b'"clientInfo":{"name":"h","version":"1"}}}\n'
    request += b'{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"create_inbox","arguments":{}}}\n'
    ran = subprocess.run(
        [sys.executable, "-m", "mailmcp", "--home", str(tmp_path / "home")],
        input=request,
        capture_output=True,
        timeout=LIMIT,
        check=True,
        env={**os.environ, "MAILMCP_LOCAL__SMTP_PORT": "0"},
    )
    assert b"@agents.internal" in ran.stdout
    assert (tmp_path / "home" / "mailmcp.db").exists()


@pytest.mark.parametrize("closed", ["0<&-", "1>&-"])
def test_closed_standard_streams_are_said(tmp_path, closed):
    ran = subprocess.run(
        ["sh", "-c", f'"$0" -m mailmcp serve --home "$1" {closed}', sys.executable, str(tmp_path / "home")],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (1, "mailmcp: standard input and standard output must be open.\n")


@pytest.mark.slow
def test_a_host_that_gives_no_standard_error_is_served(tmp_path):
    ran = subprocess.run(
        ["sh", "-c", '"$0" -m mailmcp serve --home "$1" 2>&-', sys.executable, str(tmp_path / "home")],
        input=b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n',
        stdout=subprocess.PIPE,
        timeout=LIMIT,
        check=True,
    )
    assert ran.stdout == b'{"jsonrpc":"2.0","id":1,"result":{}}\n'


def test_a_reader_that_has_heard_enough_gets_no_traceback(tmp_path):
    read, write = os.pipe()
    os.close(read)
    ran = subprocess.run(
        [sys.executable, "-m", "mailmcp", "--help"],
        stdout=write,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        timeout=LIMIT,
        check=False,
    )
    os.close(write)
    assert (ran.returncode, ran.stderr) == (1, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device here is full")
def test_a_full_disk_behind_the_output_gets_no_traceback():
    with open("/dev/full", "wb") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "mailmcp", "--help"],
            stdout=full,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            timeout=LIMIT,
            check=False,
        )
    assert (ran.returncode, ran.stderr) == (1, b"mailmcp: no space is left where this is written.\n")


def test_backends_are_listed(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["backends"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith("local ")
    assert "at the service" in shown
    assert "AgentMail gives the mail its own Message-ID" in " ".join(shown.split())


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"MAILMCP_SEND__POLICY": "sometimes"}, "MAILMCP_SEND__POLICY"),
        ({"MAILMCP_BACKEND": "pigeon"}, "pigeon"),
        ({"MAILMCP_SEND_BACKEND": "smtp"}, "MAILMCP_SMTP__HOST"),
    ],
)
def test_a_wrong_setting_is_one_line_and_an_exit_code(tmp_path, environment, named):
    ran = forking.ran(["held", "--home", str(tmp_path / "home")], env=os.environ | environment, timeout=LIMIT)
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
