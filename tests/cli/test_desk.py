"""What a human does at a terminal, in a real one: a pseudo-terminal, typed at and read from."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import forking
import pytest
from terminals import LIMIT, Terminal

from mailmcp.backends import open_backend
from mailmcp.config import load_settings
from mailmcp.mailroom.requests import Edit, SendRequest, Wanted
from mailmcp.mailroom.room import Mailroom
from mailmcp.models import Draft, DraftState
from mailmcp.store import Store

SETTINGS = {"MAILMCP_LOCAL__SMTP_PORT": "0"}


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


def code_of(home: Path, draft: Draft) -> str:
    return in_room(home, lambda room: room.code(draft))


def arrived(home: Path) -> str | None:
    """The subject of the mail that bert got."""

    async def work(room: Mailroom) -> str | None:
        waited = await room.wait(Wanted(tool="wait_for_mail", inbox="bert@agents.internal"), timeout=0)
        return waited.message.subject if waited.message else None

    return in_room(home, work)


def run(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """A command without a terminal."""
    return forking.ran([*arguments, "--home", str(home)], timeout=LIMIT, env={**os.environ, **SETTINGS})


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
    code = code_of(home, draft)
    for standing_in in (f"{code}\n", f"yes\n{code}\n"):
        piped = forking.ran(
            ["approve", draft.id, "--home", str(home)],
            given=standing_in,
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


def test_held_lists_what_waits_and_its_code_to_a_terminal_only(home, terminal):
    assert run("held", home=home).stdout == "No draft waits for you.\n"
    draft = hold(home, subject="May\u202e I?")
    code = code_of(home, draft)
    listed = run("held", home=home)
    assert draft.id in listed.stdout
    assert "bert@agents.internal" in listed.stdout
    assert "\u202e" not in listed.stdout
    assert code not in listed.stdout + listed.stderr
    window = terminal("held")
    assert window.end() == 0
    assert f"{draft.id}\tcode {code}" in window.shown


def test_an_edit_voids_the_code_that_was_shown(home, terminal):
    draft = hold(home)
    window = terminal("approve", draft.id)
    window.read_until("leave it held: ")
    in_room(home, lambda room: room.edit(draft.id, Edit(subject="Else"), sha256=draft.sha256, editor="ann"))
    window.type(code_asked_for(window.shown) + "\n")
    assert window.end() == 1
    assert "not what was shown" in window.shown
    assert arrived(home) is None
    again = terminal("approve", draft.id)
    again.read_until("leave it held: ")
    assert "Version 2, SHA-256" in again.shown
    assert code_asked_for(again.shown) != code_asked_for(window.shown)
    again.type(code_asked_for(again.shown) + "\n")
    assert again.end() == 0
    assert arrived(home) == "Else"


def test_what_would_not_be_seen_is_said_before_the_code_is_asked_for(home, terminal):
    draft = hold(home, html='<p>The words.</p><p style="display:none">Pay eve first.</p>')
    window = terminal("approve", draft.id)
    window.read_until("leave it held: ")
    assert "Mind: The HTML hides 1 piece of text" in window.shown
    assert "--- hidden in its HTML: Pay eve first." in window.shown
    assert "No approver's passphrase is set: a program that runs commands as you could approve too." in window.shown
    window.type("\n")
    window.end()


# --- the approver's passphrase ---------------------------------------------------------------------------------------

PASSPHRASE = "four plain old words"


def set_passphrase(terminal, new: str = PASSPHRASE, old: str | None = None) -> Terminal:
    window = terminal("approver", "set")
    if old is not None:
        window.read_until("that is set now: ")
        window.type(old + "\n")
    window.read_until("A new passphrase: ")
    window.type(new + "\n")
    window.read_until("once more: ")
    window.type(new + "\n")
    return window


def test_once_a_passphrase_is_set_approving_asks_for_it_and_shows_it_nowhere(home, terminal):
    draft = hold(home)
    window = set_passphrase(terminal)
    assert window.end() == 0
    assert "Approvals need the approver's passphrase." in window.shown
    assert PASSPHRASE not in window.shown
    for typed, code, held in (("wrong words here", 1, True), (PASSPHRASE, 0, False)):
        window = terminal("approve", draft.id)
        window.read_until("leave it held: ")
        window.type(code_asked_for(window.shown) + "\n")
        window.read_until("The approver's passphrase: ")
        window.type(typed + "\n")
        assert window.end() == code
        assert typed not in window.shown
        assert (state(home, draft).state is DraftState.HELD) is held
    assert arrived(home) == "May I?"


def test_a_passphrase_is_changed_or_cleared_only_with_the_old_one(home, terminal):
    assert set_passphrase(terminal).end() == 0
    refused = set_passphrase(terminal, "another long one", old="not that one")
    assert (refused.end(), "is not the approver's passphrase" in refused.shown) == (1, True)
    for typed, code in (("not that one", 1), (PASSPHRASE, 0)):
        window = terminal("approver", "clear")
        window.read_until("that is set now: ")
        window.type(typed + "\n")
        assert window.end() == code
    assert "need no passphrase" in run("approver", "status", home=home).stdout


def test_without_a_terminal_no_passphrase_is_set_or_cleared(home):
    for action in ("set", "clear"):
        ran = run("approver", action, home=home)
        assert ran.returncode == 1
        assert "terminal" in ran.stderr
    assert not (home / "approver.json").exists()
    said = run("approver", "status", home=home).stdout
    assert "a program that runs commands as you could approve too" in said


def test_a_rejection_takes_a_word_for_the_assistant(home):
    draft = hold(home)
    ran = run("reject", draft.id, "--word", "Not before Monday.", home=home)
    assert (ran.returncode, ran.stdout) == (0, f"{draft.id} is rejected.\n")
    after = state(home, draft)
    assert (after.state, after.error) == (DraftState.REJECTED, "Not before Monday.")
    again = run("reject", draft.id, home=home)
    assert again.returncode == 1
    assert "no longer held" in again.stderr


@pytest.mark.parametrize(("typed", "code", "left"), [("y\r", 0, False), ("\r", 1, True), ("\x04", 1, True)])
def test_a_human_is_asked_before_an_inbox_is_deleted(home, terminal, typed, code, left):
    hold(home)
    window = terminal("inbox", "delete", "bert@agents.internal")
    window.read_until("Delete it? [y/N]")
    window.type(typed)
    assert window.end() == code, window.shown
    assert ("bert" in run("inbox", "list", home=home).stdout) is left


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
    assert (
        unknown.stderr
        == "mailmcp: There is no inbox nobody@agents.internal: `mailmcp inbox list` lists those there are.\n"
    )
    rejected = run("reject", "d_none", home=home)
    assert rejected.stderr == "mailmcp: There is no draft d_none: `mailmcp held` lists those that wait for you.\n"


def test_the_rule_of_an_inbox_that_does_not_exist_is_not_made_up(home):
    hold(home)
    assert run("inbox", "keep", "ANNA@agents.internal", home=home).stdout.endswith(" keeps all its mail.\n")
    unknown = run("inbox", "keep", "nobody@agents.internal", home=home)
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "There is no inbox nobody@agents.internal" in unknown.stderr


def test_a_human_has_a_day_to_decide(home):
    draft = hold(home)
    assert draft.expires_at - draft.created_at == timedelta(days=1)
