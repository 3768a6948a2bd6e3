"""What a human does at a terminal, in a real one: a pseudo-terminal, typed at and read from."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailmcp.backends import open_backend
from mailmcp.config import load_settings
from mailmcp.mailroom.requests import SendRequest, Wanted
from mailmcp.mailroom.room import Mailroom
from mailmcp.models import Draft, DraftState
from mailmcp.store import Store

LIMIT = 60
SETTINGS = {"MAILMCP_LOCAL__SMTP_PORT": "0"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def in_room(home: Path, work: Callable):
    """Something done in the home by another process, which is gone afterwards."""

    async def run():
        settings = load_settings(home, SETTINGS)
        room = await Mailroom.open(settings, lambda reception: open_backend("local", settings, reception))
        try:
            return await work(room)
        finally:
            await room.aclose()

    return asyncio.run(run())


def hold(home: Path, *, body: str = "The words.", note: str = "", **fields) -> Draft:
    """A held draft from anna to bert."""

    async def work(room: Mailroom) -> Draft:
        if not await room.list_inboxes():
            for name in ("anna", "bert"):
                await room.create_inbox(name=name)
        request = SendRequest(
            inbox="anna@agents.internal",
            body=body,
            **({"to": ("bert@agents.internal",), "subject": "May I?"} | fields),
        )
        return (await room.draft_for_approval(request, note=note)).draft

    return in_room(home, work)


def state(home: Path, draft: Draft) -> Draft:
    return in_room(home, lambda room: room.draft(draft.id))


def arrived(home: Path) -> str | None:
    """The subject of the mail that bert got."""

    async def work(room: Mailroom) -> str | None:
        waited = await room.wait(Wanted(tool="wait_for_mail", inbox="bert@agents.internal"), timeout=0)
        return waited.message.subject if waited.message else None

    return in_room(home, work)


class Terminal:
    """A command in a pseudo-terminal."""

    def __init__(self, *arguments: str, home: Path) -> None:
        self._fd, theirs = pty.openpty()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILMCP_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mailmcp", *arguments, "--home", str(home)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=_control_the_terminal,
            env={**kept, **SETTINGS},
        )
        os.close(theirs)
        self.shown = ""

    def read_until(self, words: str) -> None:
        """Read what is shown until it holds these words."""
        until = time.monotonic() + LIMIT
        while words not in self.shown:
            left = until - time.monotonic()
            assert left > 0, f"{words!r} was not shown, but: {self.shown}"
            if not self._read(left):
                raise AssertionError(f"{words!r} was not shown, but: {self.shown}")

    def type(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def interrupt(self) -> None:
        """The key that interrupts, until it is heard: one that falls between prompt and reading is not."""
        seconds = 0.25
        while seconds < LIMIT:
            self.type("\x03")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
                return
            seconds *= 2  # one more key shall not fall into an end that a busy machine makes long

    def end(self) -> int:
        """The exit code, and the rest in ``shown``."""
        until = time.monotonic() + LIMIT
        while self._read(max(0.0, until - time.monotonic())):
            pass
        code = self.process.wait(LIMIT)
        os.close(self._fd)
        return code

    def _read(self, seconds: float) -> bool:
        if not select.select([self._fd], [], [], seconds)[0]:
            return False
        with contextlib.suppress(OSError):  # the other side is closed
            if chunk := os.read(self._fd, 65_536):
                self.shown += chunk.decode("utf-8", "replace").replace("\r\n", "\n")
                return True
        return False


def _control_the_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that the key that interrupts does


@pytest.fixture
def terminal(home: Path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def open_(*arguments: str) -> Terminal:
        opened.append(Terminal(*arguments, home=home))
        return opened[-1]

    yield open_
    for one in opened:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def run(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """A command without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "mailmcp", *arguments, "--home", str(home)],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **SETTINGS},
    )


def code_asked_for(shown: str) -> str:
    return re.search(r"Type (\S+) to send it", shown)[1]


# --- approve ---------------------------------------------------------------------------------------------------------


def test_a_human_who_types_the_code_sends_the_mail(home, terminal):
    draft = hold(home, note="The customer waits.", cc=("anna@agents.internal",))
    window = terminal("approve", draft.id)
    window.read_until("anything else to leave it held: ")
    for words in (
        "From: anna@agents.internal",
        "To every one of: bert@agents.internal, anna@agents.internal",
        "The assistant says: The customer waits.",
        "Subject: May I?",
        "The words.",
    ):
        assert words in window.shown
    assert arrived(home) is None
    window.type(code_asked_for(window.shown) + "\n")
    assert window.end() == 0
    assert f"{draft.id} is sent." in window.shown
    assert arrived(home) == "May I?"
    assert state(home, draft).state is DraftState.SENT


@pytest.mark.parametrize("typed", ["y\n", "yes\n", "\n", "\x04", "0000\n"], ids=["y", "yes", "enter", "end", "zeros"])
def test_anything_else_leaves_it_held(home, terminal, typed):
    draft = hold(home)
    window = terminal("approve", draft.id)
    window.read_until("leave it held: ")
    assert code_asked_for(window.shown) != "0000"
    window.type(typed)
    assert window.end() == 1
    assert "still held" in window.shown
    assert state(home, draft).state is DraftState.HELD
    assert arrived(home) is None


def test_the_key_that_interrupts_ends_it_at_once_and_leaves_it_held(home, terminal):
    draft = hold(home)
    window = terminal("approve", draft.id)
    window.read_until("leave it held: ")
    window.interrupt()
    assert window.end() == 130
    assert "Traceback" not in window.shown
    assert state(home, draft).state is DraftState.HELD


def test_what_is_shown_can_be_read_whatever_its_transfer_encoding(home, terminal):
    body = "Привет! Вот пароль от сервера.\n" + "漢字かな交じり文です。" * 10
    files = ({"name": "list.csv", "text": "a;ü\n" * 3},)
    from mailmcp.mailroom.requests import FileRequest

    attachments = tuple(FileRequest(**one) for one in files)
    draft = hold(home, body=body, subject="Grüße", html="<p>Schöne <b>Grüße</b></p>", attachments=attachments)
    window = terminal("approve", draft.id)
    window.read_until("leave it held: ")
    for words in ("Вот пароль от сервера.", "漢字かな交じり文です。", "Subject: Grüße", "<p>Schöne", "a;ü", "list.csv"):
        assert words in window.shown
    window.type("\n")
    window.end()


def test_what_a_terminal_would_act_on_is_shown_as_signs(home, terminal):
    note = "fine\x1b[2J\x1b[Hbert is safe\u202etxt\u200b"
    draft = hold(home, note=note, body="zero\u200bwidth \u202eback")
    window = terminal("approve", draft.id)
    window.read_until("leave it held: ")
    for sign in ("\x1b", "\u202e", "\u200b"):
        assert sign not in window.shown
    assert "\ufffd" in window.shown
    window.type("\n")
    window.end()


def test_without_a_terminal_nothing_is_approved(home):
    draft = hold(home)
    ran = run("approve", draft.id, home=home)
    assert ran.returncode == 1
    assert "terminal" in ran.stderr
    code = state(home, draft).sha256[:4]
    for standing_in in (f"{code}\n", f"yes\n{code}\n"):
        piped = subprocess.run(
            [sys.executable, "-m", "mailmcp", "approve", draft.id, "--home", str(home)],
            input=standing_in,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            env={**os.environ, **SETTINGS},
        )
        assert piped.returncode == 1
        assert code not in piped.stdout + piped.stderr
    assert state(home, draft).state is DraftState.HELD


def test_a_draft_that_is_not_held_is_not_approved_again(home, terminal):
    draft = hold(home)
    in_room(home, lambda room: room.reject(draft.id, word="", approver="human"))
    window = terminal("approve", draft.id)
    assert window.end() == 1
    assert "it is rejected" in window.shown
    assert arrived(home) is None


def test_a_draft_that_changed_while_the_human_read_is_not_sent(home, terminal):
    draft = hold(home)
    window = terminal("approve", draft.id)
    window.read_until("leave it held: ")

    async def tamper() -> None:
        store = await Store.open(home)
        await store.write(lambda db: db.execute("UPDATE drafts SET sha256 = 'another'"))
        await store.aclose()

    asyncio.run(tamper())
    window.type(code_asked_for(window.shown) + "\n")
    assert window.end() == 1
    assert "not what was shown" in window.shown
    assert arrived(home) is None


def test_a_draft_that_expired_while_the_human_read_is_not_sent(home, terminal):
    draft = hold(home)
    window = terminal("approve", draft.id)
    window.read_until("leave it held: ")

    async def expire() -> None:
        store = await Store.open(home)
        await store.write(lambda db: db.execute("UPDATE drafts SET expires_at = 1"))
        await store.aclose()

    asyncio.run(expire())
    window.type(code_asked_for(window.shown) + "\n")
    assert window.end() == 1
    assert "expired" in window.shown
    assert arrived(home) is None


# --- held, reject, inbox ---------------------------------------------------------------------------------------------


def test_held_lists_what_waits_with_its_code(home):
    assert run("held", home=home).stdout == "No draft waits for you.\n"
    draft = hold(home, subject="May\u202e I?")
    listed = run("held", home=home).stdout
    assert draft.id in listed
    assert draft.sha256[:4] in listed
    assert "bert@agents.internal" in listed
    assert "\u202e" not in listed


def test_a_rejection_takes_a_word_for_the_assistant(home):
    draft = hold(home)
    ran = run("reject", draft.id, "--word", "Not before Monday.", home=home)
    assert (ran.returncode, ran.stdout) == (0, f"{draft.id} is rejected.\n")
    after = state(home, draft)
    assert (after.state, after.error) == (DraftState.REJECTED, "Not before Monday.")
    again = run("reject", draft.id, home=home)
    assert again.returncode == 1
    assert "no longer held" in again.stderr


def test_inboxes_are_listed_and_deleted(home):
    hold(home)
    listed = run("inbox", "list", home=home).stdout.splitlines()
    assert [line.split("\t")[:2] for line in listed] == [
        ["anna@agents.internal", "0 unread"],
        ["bert@agents.internal", "0 unread"],
    ]
    gone = run("inbox", "delete", "bert@agents.internal", home=home)
    assert gone.returncode == 0
    assert "bert" not in run("inbox", "list", home=home).stdout
    assert run("inbox", "delete", home=home).returncode == 2
    unknown = run("inbox", "delete", "nobody@agents.internal", home=home)
    assert unknown.returncode == 1
    assert unknown.stderr.startswith("mailmcp: There is no inbox nobody@agents.internal")


def test_a_human_has_a_day_to_decide(home):
    draft = hold(home)
    assert draft.expires_at - draft.created_at == timedelta(days=1)
