"""A draft is decided in a shell that knows nothing of the server's settings: what the server said is enough."""

from __future__ import annotations

import asyncio
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from terminals import LIMIT, Terminal
from tests.backends.relay_sink import relay

from mailmcp.backends import open_backend
from mailmcp.config import load_settings
from mailmcp.mailroom.pace import Pace
from mailmcp.mailroom.requests import SendRequest
from mailmcp.mailroom.room import Mailroom
from mailmcp.server import outcomes

pytestmark = pytest.mark.anyio

ANN = "ann@world.example"
QUICK = Pace(progress=0.05, share=0.1, takeover=0.02, listen_again=0.05, flush=0.02)


async def opened(home: Path, port: int) -> Mailroom:
    settings = load_settings(
        home,
        {
            "MAILMCP_LOCAL__SMTP_PORT": "0",
            "MAILMCP_SEND_BACKEND": "smtp",
            "MAILMCP_SMTP__HOST": "127.0.0.1",
            "MAILMCP_SMTP__PORT": str(port),
            "MAILMCP_SMTP__SECURITY": "none",
        },
    )
    return await Mailroom.open(settings, lambda reception: open_backend("local", settings, reception), QUICK)


async def held(room: Mailroom) -> tuple[str, str]:
    """(a held draft, the command that the assistant is told)."""
    inbox = (await room.create_inbox(name="anna"))[0].address
    request = SendRequest(inbox=inbox, to=(ANN,), subject="May I?", body="The words.")
    outcome = await room.draft_for_approval(request, note="")
    assert outcome.draft is not None
    said = outcomes.sent(outcome, room.settings.home, None)[1].how_to_decide or ""
    return outcome.draft.id, re.findall(r"`([^`]+)`", said)[0]


def typed(command: str) -> tuple[int, str]:
    """Run the command in an empty environment and type the code that it shows."""
    window = Terminal([], {}, program=shlex.split(command))
    window.read_until("leave it held: ")
    window.type(re.search(r"Type (\S+) to send it", window.shown)[1] + "\n")  # type: ignore[index]
    return window.end(), window.shown


async def test_the_command_that_is_shown_works_in_an_empty_environment_and_the_server_sends(tmp_path: Path) -> None:
    async with relay() as sink:
        room = await opened(tmp_path / "a home", sink.port)
        try:
            draft, command = await held(room)
            code, shown = await asyncio.wait_for(asyncio.to_thread(typed, command), 2 * LIMIT)
            assert (code, f"{draft} is sent." in shown) == (0, True), shown
            assert [one.rcpt_tos for one in sink.arrived] == [[ANN]]
        finally:
            await room.aclose()


async def test_without_a_server_it_is_approved_and_leaves_when_one_runs_again(tmp_path: Path) -> None:
    async with relay() as sink:
        home: Any = tmp_path / "home"
        room = await opened(home, sink.port)
        draft, command = await held(room)
        await room.aclose()
        code, shown = await asyncio.wait_for(asyncio.to_thread(typed, command), 2 * LIMIT)
        assert (code, "leaves as soon as a mailmcp server of this home can send it" in shown) == (0, True), shown
        assert sink.arrived == []
        room = await opened(home, sink.port)
        try:
            async with asyncio.timeout(LIMIT):
                while (await room.draft(draft)).state != "sent":  # noqa: ASYNC110 - the leader tells nobody
                    await asyncio.sleep(0.01)
            assert [one.rcpt_tos for one in sink.arrived] == [[ANN]]
        finally:
            await room.aclose()


def test_the_command_names_the_home_whatever_it_is(tmp_path: Path) -> None:
    from mailmcp.config import default_home
    from mailmcp.server.launcher import command

    for home in (default_home(), tmp_path / "with 'quotes' and blanks"):
        assert shlex.split(command(home, "held"))[-2:] == ["--home", str(home)]
    ran = subprocess.run(shlex.split(command(tmp_path, "held")), env={}, capture_output=True, text=True, timeout=LIMIT)
    assert (ran.returncode, ran.stdout) == (0, "No draft waits for you.\n")
