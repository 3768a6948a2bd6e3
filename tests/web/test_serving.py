"""The duty of serving: its port, when it loads what it needs, and what it asks of a desktop."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from ports import free_port
from rig import LIMIT, Rig, Screen, Session

from mailmcp.backends import open_backend
from mailmcp.config import load_settings
from mailmcp.mailroom import peers
from mailmcp.mailroom.room import Mailroom
from mailmcp.web import desktop
from mailmcp.web.serving import Serving, address_of, bind


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)  # nobody tells


def looks(rig: Rig) -> None:
    """Until it has looked twice more, so that what it would do of what is there is done."""
    before = rig.serving.looks
    until(lambda: rig.serving.looks >= before + 3)


def test_the_port_is_kept_for_the_home(open_rig, tmp_path):
    first = open_rig(tmp_path / "one", MAILMCP_WEB__PORT=str(free_port()))  # that nobody takes between two servers
    port = first.port
    other = open_rig(tmp_path / "two")
    assert other.port != port
    first.do(first.room.aclose())
    again = open_rig(tmp_path / "one")
    assert again.port == port


def test_while_somebody_else_has_the_port_another_is_taken_and_the_old_one_not_forgotten(open_rig, tmp_path):
    first = open_rig(tmp_path / "one", MAILMCP_WEB__PORT=str(free_port()))
    port = first.port
    first.do(first.room.aclose())
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind(("127.0.0.1", port))
        thief.listen()
        second = open_rig(tmp_path / "one")
        assert second.port != port
        assert second.session().get("/api/drafts").status == 200
        second.do(second.room.aclose())
    assert open_rig(tmp_path / "one").port == port


def test_a_port_that_is_set_is_waited_for(open_rig, caplog):
    with socket.socket() as thief:
        port = free_port()
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind(("127.0.0.1", port))
        thief.listen()
        given = threading.Thread(target=lambda: (until(lambda: "has no port" in caplog.text), thief.close()))
        given.start()
        rig = open_rig(MAILMCP_WEB__PORT=str(port))
        given.join(LIMIT)
        assert rig.address == f"http://127.0.0.1:{port}/"


def test_when_the_process_ends_the_port_is_free_and_nobody_is_told_of_a_page(open_rig):
    rig = open_rig()
    rig.session()  # it serves
    rig.do(rig.room.aclose())
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((rig.host, rig.port), timeout=LIMIT)


def test_it_can_be_turned_off(tmp_path):
    async def served() -> str | None:
        settings = load_settings(tmp_path / "home", {"MAILMCP_LOCAL__SMTP_PORT": "0", "MAILMCP_WEB__ENABLED": "false"})
        room = await Mailroom.open(
            settings, lambda reception: open_backend("local", settings, reception), further=lambda one: [Serving(one)]
        )
        try:
            await room.pages.opened("http://127.0.0.1:1/")  # as a process that died left it
            await asyncio.wait_for(Serving(room).run(), LIMIT)
            return await room.pages.address()
        finally:
            await room.aclose()

    assert asyncio.run(served()) is None


LAZY = """
import asyncio, sys, pathlib
from mailmcp.cli.opening import open_mailroom
from mailmcp.config import load_settings
from mailmcp.mailroom.room import Mailroom

assert "selectolax" not in sys.modules, "a draft is not shown yet"

async def main():
    room = await open_mailroom(load_settings(pathlib.Path(sys.argv[1]), {"MAILMCP_LOCAL__SMTP_PORT": "0"}))
    while (address := await room.pages.address()) is None:
        await asyncio.sleep(0.01)
    print([one for one in ("uvicorn", "starlette", "h11", "cryptography") if one in sys.modules], flush=True)
    host, port = address.removeprefix("http://").rstrip("/").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET / HTTP/1.1\\r\\nHost: {host}:{port}\\r\\nConnection: close\\r\\n\\r\\n".encode())
    print((await reader.read()).split(b"\\r\\n")[0].decode(), "uvicorn" in sys.modules, flush=True)
    writer.close()
    await room.aclose()

asyncio.run(main())
"""


def test_nothing_of_it_is_loaded_before_somebody_comes(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", LAZY, str(tmp_path / "home")], capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert (ran.stdout.splitlines(), ran.returncode) == (["[]", "HTTP/1.1 200 OK True"], 0), ran.stderr


# --- the desktop -----------------------------------------------------------------------------------------------------


def test_the_first_held_draft_opens_the_page_and_each_one_is_told(open_rig):
    screen = Screen(there=True)
    rig = open_rig(screen=screen)
    rig.inbox("anna")
    looks(rig)
    assert (screen.shown, screen.told) == ([], [])
    rig.hold()
    until(lambda: screen.shown and screen.told)
    rig.hold()
    until(lambda: len(screen.told) == 2)
    assert screen.told == ["1 message waits for your approval.", "2 messages wait for your approval."]
    (link,) = screen.shown
    parts = urlsplit(link)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == rig.address
    answer = Session(rig, "", "").post("/api/session", {"token": parts.fragment.removeprefix("token=")})
    assert answer.status == 200


def test_what_was_held_before_opens_nothing(open_rig, tmp_path):
    first = open_rig(tmp_path / "home")
    first.hold()
    first.do(first.room.aclose())
    screen = Screen(there=True)
    again = open_rig(tmp_path / "home", screen=screen)
    looks(again)
    assert (screen.shown, screen.told) == ([], [])
    again.hold(subject="Another")
    until(lambda: screen.shown)


@pytest.mark.parametrize(("setting", "shown", "told"), [("OPEN", 0, 1), ("NOTIFY", 1, 0)])
def test_both_can_be_turned_off(open_rig, setting, shown, told):
    screen = Screen(there=True)
    rig = open_rig(screen=screen, **{f"MAILMCP_WEB__{setting}": "false"})
    rig.inbox("anna")
    looks(rig)
    rig.hold()
    looks(rig)
    assert (len(screen.shown), len(screen.told)) == (shown, told)


def test_without_a_desktop_nothing_is_opened_or_told(open_rig):
    screen = Screen(there=False)
    rig = open_rig(screen=screen)
    rig.hold()
    rig.session()
    assert (screen.shown, screen.told) == ([], [])


@pytest.mark.skipif(sys.platform != "linux", reason="the rules of a Linux desktop")
def test_a_desktop_has_a_display_and_somebody_before_it(monkeypatch, tmp_path):
    opener = tmp_path / "xdg-open"
    opener.write_text('#!/bin/sh\necho "$@" > "$0.said"\n')
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert desktop.is_there({"DISPLAY": ":0"})
    assert desktop.is_there({"WAYLAND_DISPLAY": "wayland-0"})
    assert not desktop.is_there({})
    assert not desktop.is_there({"DISPLAY": ":0", "SSH_CONNECTION": "203.0.113.9 1 203.0.113.5 22"})
    assert not desktop.is_there({"DISPLAY": ":0", "CI": "true"})
    assert desktop.show("http://127.0.0.1:1/#token=x")
    said = tmp_path / "xdg-open.said"
    until(lambda: said.exists() and said.read_text())
    assert said.read_text() == "http://127.0.0.1:1/#token=x\n"
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert not desktop.is_there({"DISPLAY": ":0"})
    assert not desktop.show("http://127.0.0.1:1/")
    assert not desktop.notify("x")


@pytest.mark.skipif(sys.platform != "linux", reason="where the kernel tells")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_kernel_tells_whose_program_asks(host):
    try:
        listener = bind(host, 0)
    except OSError:
        pytest.skip(f"this machine has no {host}")
    with listener, socket.create_connection(listener.getsockname()[:2]) as connection:
        listener.setblocking(True)
        accepted, client = listener.accept()
        with accepted:
            assert peers.owner_of(client, accepted.getsockname()) == os.getuid()
            assert not peers.is_stranger(client, accepted.getsockname())
            assert connection.getsockname() == client
            assert peers.owner_of((host, 1), accepted.getsockname()) == peers.GONE


@pytest.mark.skipif(sys.platform != "linux", reason="where the kernel tells")
@pytest.mark.parametrize("at_once", [True, False])
def test_a_program_that_has_closed_its_end_is_a_stranger_whoever_it_was(at_once):
    with bind("127.0.0.1", 0) as listener:
        listener.setblocking(True)
        connection = socket.create_connection(listener.getsockname()[:2])
        accepted, client = listener.accept()
        with accepted:
            if at_once:  # nothing of it is left then
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
            assert peers.owner_of(client, accepted.getsockname()) == peers.GONE
            assert peers.is_stranger(client, accepted.getsockname())


@pytest.mark.parametrize(
    ("address", "kind", "written"),
    [
        ("127.0.0.1", 0, "0100007F"),
        ("::1", 1, "00000000000000000000000001000000"),
        ("::ffff:127.0.0.1", 0, "0100007F"),  # at a socket of IPv6, from one of IPv4
    ],
)
def test_another_users_program_is_a_stranger(tmp_path, monkeypatch, address, kind, written):
    tables = tmp_path / "tcp", tmp_path / "tcp6"
    uid = os.getuid() + 4711
    line = f"   1: {written}:D431 {written}:1F90 01 00000000:00000000 00:00000000 00000000  {uid}        0 1 1 0"
    others = f"   0: {written}:0001 {written}:0002 01 00000000:00000000 00:00000000 00000000     0        0 1 1 0\n"
    many = others * (5 * 2**20 // len(others))
    tables[kind].write_text(f"  sl  local_address rem_address   st\n{many}{line}\n")
    tables[1 - kind].touch()
    ends = (address, 0xD431), (address, 0x1F90)
    assert peers.owner_of(*ends, tables=tables) == (uid if sys.byteorder == "little" else peers.GONE)
    owner_of = peers.owner_of
    monkeypatch.setattr(peers, "owner_of", lambda *_: uid)
    assert peers.is_stranger(*ends)
    tables[kind].write_text("  sl  local_address rem_address   st\n")
    assert owner_of(*ends, tables=tables) is None  # a system that has the table and never fills it
    for nobody in (0, None, os.getuid()):
        monkeypatch.setattr(peers, "owner_of", lambda *_, nobody=nobody: nobody)
        assert not peers.is_stranger(*ends)


def test_an_address_of_version_six_stands_in_brackets():
    try:
        listener = bind("::1", 0)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listener:
        assert address_of(listener) == f"http://[::1]:{listener.getsockname()[1]}/"
