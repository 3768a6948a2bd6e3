"""`mailmcp ui` in a terminal: the link that opens the page, of whoever serves it."""

from __future__ import annotations

import http.client
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import forking
import pytest
from terminals import LIMIT, Terminal

SETTINGS = {"MAILMCP_LOCAL__SMTP_PORT": "0"}
LINK = re.compile(r"http://127\.0\.0\.1:\d+/#token=\S{43}")


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILMCP_")}
    return {**kept, **SETTINGS, **more}


def command(home: Path, *words: str) -> list[str]:
    return [*words, "--home", str(home)]


def opens(link: str) -> int:
    """The status that the page gives to the link's token."""
    parts = urlsplit(link)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=LIMIT)
    headers = {"Origin": f"http://{parts.netloc}", "Content-Type": "application/json"}
    body = json.dumps({"token": parts.fragment.removeprefix("token=")})
    connection.request("POST", "/api/session", body, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Path]:
    """The home of a server that a host has started."""
    home = tmp_path / "home"
    process = forking.begun(command(home, "serve"), env=environment())
    assert process.stdin is not None
    assert process.stdout is not None
    greeting = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "a test", "version": "1"},
    }
    said = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": greeting}
    process.stdin.write(json.dumps(said).encode() + b"\n")
    process.stdin.flush()
    assert process.stdout.readline()
    for number, tool in ((2, "mail_status"),):
        call = {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": tool, "arguments": {}}}
        process.stdin.write(
            b'{"jsonrpc": "2.0", "method": "notifications/initialized"}\n' + json.dumps(call).encode() + b"\n"
        )
        process.stdin.flush()
        assert process.stdout.readline()
    yield home
    process.stdin.close()
    process.wait(LIMIT)
    process.stdout.close()
    assert process.stderr is not None
    process.stderr.close()


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)  # nobody tells


def test_it_shows_the_link_of_the_server_that_runs_once(server):
    window = Terminal(command(server, "ui"), environment())
    assert window.end() == 0, window.shown
    (link,) = LINK.findall(window.shown)
    assert "works once" in window.shown
    assert [opens(link), opens(link)] == [200, 401]


def test_without_a_server_it_serves_the_page_itself_until_it_is_interrupted(tmp_path):
    window = Terminal(command(tmp_path / "home", "ui"), environment())
    window.read_until("until Ctrl-C.")
    (link,) = LINK.findall(window.shown)
    assert opens(link) == 200
    window.interrupt()
    assert window.end() == 130
    assert "Traceback" not in window.shown
    with pytest.raises(ConnectionRefusedError):
        opens(link)


def test_without_a_terminal_or_a_desktop_no_link_is_given(tmp_path):
    ran = forking.ran(command(tmp_path / "home", "ui"), timeout=LIMIT, env=environment())
    assert ran.returncode == 1
    assert "terminal" in ran.stderr
    assert "token" not in ran.stdout + ran.stderr
    assert list(tmp_path.rglob("*.token")) == []


@pytest.mark.skipif(sys.platform != "linux", reason="the opener of a Linux desktop")
def test_on_a_desktop_it_opens_the_browser_and_says_no_link_to_a_pipe(server, tmp_path):
    opener = tmp_path / "bin" / "xdg-open"
    opener.parent.mkdir()
    opener.write_text('#!/bin/sh\necho "$@" > "$0.said"\n')
    opener.chmod(0o755)
    there = environment(DISPLAY=":0", PATH=f"{opener.parent}:{os.environ['PATH']}")
    for name in ("SSH_CONNECTION", "CI"):
        there.pop(name, None)
    ran = forking.ran(command(server, "ui"), timeout=LIMIT, env=there)
    assert (ran.returncode, ran.stdout) == (0, "The page opens in your browser.\n"), ran.stderr
    said = opener.with_name("xdg-open.said")
    until(lambda: said.exists() and said.read_text().strip())
    assert opens(said.read_text().strip()) == 200


def test_a_server_without_a_page_is_told_of(tmp_path, monkeypatch):
    import asyncio

    from mailmcp.backends import open_backend
    from mailmcp.cli import page
    from mailmcp.config import load_settings
    from mailmcp.errors import Refused
    from mailmcp.mailroom.room import Mailroom

    monkeypatch.setattr(page, "STARTING_SECONDS", 0.2)
    settings = load_settings(tmp_path / "home", SETTINGS)

    async def open_(settings, *, leads: bool) -> Mailroom:
        return await Mailroom.open(settings, lambda one: open_backend("local", settings, one), leads=leads)

    async def asked() -> None:
        server = await open_(settings, leads=True)
        try:
            await page._open(settings, open_, at_desktop=False)
        finally:
            await server.aclose()

    with pytest.raises(Refused, match="serves no page"):
        asyncio.run(asked())


def test_it_can_be_turned_off(tmp_path):
    window = Terminal(command(tmp_path / "home", "ui"), environment(MAILMCP_WEB__ENABLED="false"))
    assert window.end() == 1
    assert "MAILMCP_WEB__ENABLED" in window.shown
