"""``mailmcp connect``: the entry in a client's settings, written once, with a copy, and taken back."""

from __future__ import annotations

import functools
import json
import os
import pty
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from mailmcp import __version__
from mailmcp.cli import main
from mailmcp.cli.clients import CLIENTS, NAME

LIMIT = 60
CURSOR = Path(".cursor", "mcp.json")


@pytest.fixture(autouse=True)
def user(tmp_path, monkeypatch):
    """A user whose folders are empty."""
    for name in ("XDG_CONFIG_HOME", "CODEX_HOME", "CLAUDE_CONFIG_DIR", "MAILMCP_HOME", "XDG_DATA_HOME", "UV"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def typed(capsys, *arguments: str) -> tuple[int, str, str]:
    """(exit code, standard output, standard error) of a command."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    told = capsys.readouterr()
    return ended.value.code, told.out, told.err


@functools.cache
def _answers(*command: str) -> bool:
    """Whether a command starts the server: most clients get the same, which is tried once."""
    answer = subprocess.run(
        command,
        input=b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n',
        capture_output=True,
        timeout=LIMIT,
        env={"HOME": os.environ["HOME"], "MAILMCP_LOCAL__SMTP_PORT": "0"},  # no PATH, as a desktop program has it
        check=False,
    )
    return json.loads(answer.stdout.splitlines()[0])["id"] == 1


@pytest.mark.parametrize("client", CLIENTS, ids=lambda one: one.name)
def test_every_client_gets_an_entry_that_starts_the_server_and_loses_it_again(client, user, capsys):
    code, told, _ = typed(capsys, "connect", client.name, "--yes")
    assert code == 0
    assert client.after in told
    file = client.file(sys.platform, os.environ, user)
    text = file.read_text("utf-8")
    servers = (tomllib.loads if client.is_toml else json.loads)(text)[client.keys[0]]
    command = [servers[NAME]["command"], *servers[NAME]["args"]]
    assert Path(command[0]).is_absolute()
    assert _answers(*command)
    assert typed(capsys, "connect", client.name, "--yes")[1].endswith("nothing to change.\n")
    assert typed(capsys, "disconnect", client.name, "--yes")[0] == 0
    assert NAME not in file.read_text("utf-8")


def test_other_servers_the_rights_and_a_link_are_kept_and_a_copy_of_before(user, capsys):
    real = user / "dotfiles" / "cursor.json"
    real.parent.mkdir()
    real.write_text('{"mcpServers": {"other": {"command": "x", "env": {"TOKEN": "secret"}}}}')
    real.chmod(0o640)
    (user / CURSOR).parent.mkdir()
    (user / CURSOR).symlink_to(real)
    before = real.read_text()
    code, told, _ = typed(capsys, "connect", "cursor", "--yes", "--home", str(user / "mail box"))
    assert code == 0
    servers = json.loads(real.read_text())["mcpServers"]
    assert servers["other"] == {"command": "x", "env": {"TOKEN": "secret"}}
    assert servers[NAME]["args"][-2:] == ["--home", str(user / "mail box")]
    assert (user / CURSOR).is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert real.with_name("cursor.json.before-mailmcp").read_text() == before
    assert "before-mailmcp" in told


def test_a_copy_is_never_written_over_and_none_is_made_twice(user, capsys):
    (user / CURSOR).parent.mkdir()
    own = '{"mcpServers": {"mailmcp": {"command": "x", "env": {"MAILMCP_SMTP__PASSWORD": "only here"}}}}'
    (user / CURSOR).write_text(own)
    for _ in range(4):
        for command in ("disconnect", "connect"):
            code, told, _ = typed(capsys, command, "cursor", "--yes")
            assert code == 0
            assert f"{CURSOR.name}.before-mailmcp" in told
    copies = sorted((user / CURSOR).parent.glob("*.before-mailmcp*"))
    assert copies[0].read_text() == own
    assert len(copies) == 4  # as it was, without an entry, with ours, and without that
    assert len({one.read_text() for one in copies}) == 4


def test_a_file_that_is_read_only_is_left_as_it_is(user, capsys):
    (user / CURSOR).parent.mkdir()
    (user / CURSOR).write_text("{}")
    (user / CURSOR).chmod(0o444)
    code, _, complaint = typed(capsys, "connect", "cursor", "--yes")
    assert (code, "read-only" in complaint) == (1, True)
    assert [(one.name, one.read_text()) for one in (user / CURSOR).parent.iterdir()] == [("mcp.json", "{}")]


def test_what_is_no_ordinary_file_is_neither_waited_for_nor_replaced(user, capsys):
    pipe = user / "pipe.json"
    os.mkfifo(pipe)
    for command in ("connect", "disconnect"):
        code, _, complaint = typed(capsys, command, "cursor", "--file", str(pipe), "--yes")
        assert (code, "no ordinary file" in complaint) == (1, True)
    assert pipe.is_fifo()


@pytest.mark.parametrize("name", ["url", "serverUrl", "httpUrl"])
def test_an_entry_that_reaches_one_over_http_keeps_its_key_until_it_is_taken_out(user, capsys, name):
    (user / CURSOR).parent.mkdir()
    entry = {name: "https://u:pw@mail.example.com/mcp?key=k", "headers": {"Authorization": "Bearer mailmcp_x"}}
    own = json.dumps({"mcpServers": {NAME: entry}})
    (user / CURSOR).write_text(own)
    code, _, complaint = typed(capsys, "connect", "cursor", "--yes")
    assert code == 1
    assert "over HTTP, at https://mail.example.com/mcp. " in complaint
    assert (user / CURSOR).read_text() == own
    assert any(line.startswith("cursor ") and " connected " in line for line in typed(capsys, "connect")[1].split("\n"))
    assert typed(capsys, "disconnect", "cursor", "--yes")[0] == 0
    assert typed(capsys, "connect", "cursor", "--yes")[0] == 0
    assert set(json.loads((user / CURSOR).read_text())["mcpServers"][NAME]) == {"command", "args"}


@pytest.mark.parametrize(
    ("client", "path", "text"),
    [
        ("cursor", CURSOR, '{"mcpServers": {"mailmcp": {"env": {"A": "\\ud800"}}}}'),
        ("cursor", CURSOR, '{"mcpServers": null}'),
        ("codex", Path(".codex", "config.toml"), "a = " + "[" * 5_000),
        ("codex", Path(".codex", "config.toml"), "[mcp_servers.mailmcp]\nsince = 2026-01-01\n"),
    ],
)
def test_what_cannot_be_written_back_is_left_as_it_is(user, capsys, client, path, text):
    (user / path).parent.mkdir()
    (user / path).write_text(text)
    code, _, complaint = typed(capsys, "connect", client, "--yes")
    assert (code, "left as it is" in complaint) == (1, True)
    assert [one.read_text() for one in (user / path).parent.iterdir()] == [text]


def test_only_lines_that_change_are_shown_and_what_somebody_added_to_the_entry_stays(user, capsys):
    (user / CURSOR).parent.mkdir()
    entry = {"command": "old", "args": [], "env": {"MAILMCP_LOCAL__DOMAIN": "a.example"}}
    (user / CURSOR).write_text(json.dumps({"mcpServers": {"x": {"env": {"K": "sk-1"}}, NAME: entry}}, indent=2))
    _, told, _ = typed(capsys, "connect", "cursor", "--yes")
    assert "sk-1" not in told
    assert '-      "command": "old",' in told
    written = json.loads((user / CURSOR).read_text())["mcpServers"][NAME]
    assert written["env"] == entry["env"]
    assert written["args"][-1] == "serve"


def test_without_a_terminal_nothing_is_written_unless_told_so(user, capsys):
    code, told, _ = typed(capsys, "connect", "cursor")
    assert code == 1
    assert "add --yes" in told
    assert not (user / CURSOR).exists()


@pytest.mark.parametrize(("answer", "written"), [(b"y\n", True), (b"\n", False), (b"no\n", False), (b"\4", False)])
def test_in_a_terminal_it_asks_first(user, answer, written):
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "mailmcp", "connect", "cursor"], stdin=theirs, stdout=theirs, stderr=theirs
    ) as running:
        os.close(theirs)
        os.write(ours, answer)
        code = running.wait(LIMIT)
        told = os.read(ours, 65_536).decode()
        os.close(ours)
    assert (code, (user / CURSOR).exists()) == (0 if written else 1, written)
    assert "Traceback" not in told


def test_a_file_that_cannot_be_read_is_left_as_it_is(user, capsys):
    (user / CURSOR).parent.mkdir()
    (user / CURSOR).write_text('{"mcpServers": {"a": 1')
    code, _, complaint = typed(capsys, "connect", "cursor", "--yes")
    assert code == 1
    assert "left as it is" in complaint
    assert (user / CURSOR).read_text() == '{"mcpServers": {"a": 1'
    assert [one.name for one in (user / CURSOR).parent.iterdir()] == ["mcp.json"]


def test_the_list_says_which_clients_are_there_and_which_have_it(user, capsys):
    (user / ".cursor").mkdir()
    (user / ".gemini").mkdir()
    typed(capsys, "connect", "gemini", "--yes")
    lines = {line.split()[0]: line.split()[1] for line in typed(capsys, "connect")[1].splitlines()[: len(CLIENTS)]}
    assert lines == {**dict.fromkeys([one.name for one in CLIENTS], "-"), "cursor": "found", "gemini": "connected"}


def test_an_entry_of_what_uvx_runs_names_uvx_and_the_version(user, capsys, monkeypatch):
    (user / "bin").mkdir()
    uvx = user / "bin" / "uvx"
    uvx.write_text("#!/bin/sh\n")
    uvx.chmod(0o755)
    monkeypatch.setenv("UV", str(user / "bin" / "uv"))
    monkeypatch.setattr(sys, "prefix", str(user / ".cache" / "uv" / "archive-v0" / "Kq1"))
    typed(capsys, "connect", "cursor", "--yes")
    written = json.loads((user / CURSOR).read_text())["mcpServers"][NAME]
    assert (written["command"], written["args"]) == (str(uvx), [f"mailmcp@{__version__}", "serve"])


def test_a_client_that_is_not_known_is_said_with_the_nearest(capsys):
    code, _, complaint = typed(capsys, "connect", "vs-code")
    assert (code, "did you mean vscode?" in complaint) == (2, True)


@pytest.mark.parametrize(
    ("name", "system", "path"),
    [
        ("claude-desktop", "darwin", "/u/Library/Application Support/Claude/claude_desktop_config.json"),
        ("claude-desktop", "win32", "/u/AppData/Roaming/Claude/claude_desktop_config.json"),
        ("vscode", "darwin", "/u/Library/Application Support/Code/User/mcp.json"),
        ("vscode", "linux", "/u/.config/Code/User/mcp.json"),
        ("zed", "darwin", "/u/.config/zed/settings.json"),
        ("zed", "win32", "/u/AppData/Roaming/Zed/settings.json"),
        ("claude-code", "win32", "/u/.claude.json"),
        ("codex", "linux", "/u/.codex/config.toml"),
    ],
)
def test_each_system_has_its_own_place(name, system, path):
    client = next(one for one in CLIENTS if one.name == name)
    assert client.file(system, {}, Path("/u")) == Path(path)


def test_folders_that_the_environment_names_are_used():
    places = {one.name: one for one in CLIENTS}
    moved = {"XDG_CONFIG_HOME": "/x", "CODEX_HOME": "/c", "CLAUDE_CONFIG_DIR": "/l", "APPDATA": "/r"}
    assert places["vscode"].file("linux", moved, Path("/u")) == Path("/x/Code/User/mcp.json")
    assert places["codex"].file("darwin", moved, Path("/u")) == Path("/c/config.toml")
    assert places["claude-code"].file("linux", moved, Path("/u")) == Path("/l/.claude.json")
    assert places["vscode"].file("win32", moved, Path("/u")) == Path("/r/Code/User/mcp.json")
