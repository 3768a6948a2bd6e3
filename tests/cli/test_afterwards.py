"""What a human says at a terminal about mail that left, in a real one."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.cli.test_desk import hold, in_room, run, state

from mailmcp.models import Draft
from mailmcp.store import Store


def change(home: Path, *statements: str) -> None:
    """Change the database behind everybody's back."""

    async def work() -> None:
        store = await Store.open(home)
        for statement in statements:
            await store.write(lambda db, statement=statement: db.execute(statement))
        await store.aclose()

    asyncio.run(work())


def may_have_left(home: Path) -> Draft:
    """A draft whose answer was lost when it was on the wire."""
    draft = hold(home, subject="Offer\u202e")
    now = int(datetime.now(UTC).timestamp() * 1000)
    change(
        home,
        "UPDATE drafts SET state = 'unknown', backend = 'smtp'",
        f"INSERT INTO deliveries VALUES ({draft.row}, 'bert@agents.internal', 'unknown', 'Nobody knows.', {now})",
    )
    return draft


def digits(shown: str) -> str:
    return re.search(r"Type (\d{4}) to ", shown)[1]


@pytest.mark.parametrize(("flag", "becomes"), [("--arrived", "sent"), ("--not-arrived", "failed")])
def test_a_human_says_what_became_of_an_unknown_draft(home, terminal, flag, becomes):
    draft = may_have_left(home)
    listed = run("held", home=home).stdout
    assert f"mailmcp settle {draft.id} --arrived" in listed
    window = terminal("settle", draft.id, flag)
    window.read_until(" to say that it ")
    assert "to bert@agents.internal" in window.shown
    assert "\u202e" not in window.shown
    window.read_until(". " if flag == "--arrived" else "anew")
    window.type(digits(window.shown) + "\n")
    assert window.end() == 0
    assert f"{draft.id} is {becomes}." in window.shown
    after = state(home, draft)
    assert (after.state, after.message is not None) == (becomes, flag == "--arrived")
    again = terminal("settle", draft.id, flag)
    assert again.end() == 1
    assert f"it is {becomes}" in again.shown


def test_without_a_terminal_or_the_digits_nothing_is_settled(home, terminal):
    draft = may_have_left(home)
    ran = run("settle", draft.id, "--arrived", home=home)
    assert (ran.returncode, "terminal" in ran.stderr) == (1, True)
    window = terminal("settle", draft.id, "--not-arrived")
    window.read_until("anew")
    window.type("yes\n")
    assert window.end() == 1
    assert state(home, draft).state == "unknown"


@pytest.mark.parametrize("given", [(), ("d_1",), ("d_1", "--arrived", "--not-arrived")])
def test_settling_needs_a_draft_and_one_answer(home, given):
    ran = run("settle", *given, home=home)
    assert (ran.returncode, "mailmcp settle" in ran.stderr) == (2, True)


def test_an_assistant_hears_how_an_unknown_draft_is_settled(home):
    from mailmcp.server import outcomes

    draft = may_have_left(home)

    async def look(room):
        return await room.open_drafts(), await room.status()

    found, status = in_room(home, look)
    text, _ = outcomes.drafts(found, home, None)
    assert f"settle {draft.id} --arrived --home {home}" in text
    assert "--not-arrived" in text
    warned, _ = outcomes.status(status)
    assert "how a human says what became of them" in warned


def test_suppressed_addresses_are_listed_and_one_is_written_to_again(home, terminal):
    hold(home)
    assert "everybody" in run("suppression", "list", home=home).stdout
    change(
        home,
        "INSERT INTO suppressions VALUES"
        " ('ann@world.example', 'it came back', 'said \u202e so', 'anna@agents.internal', 0)",
    )
    listed = run("suppression", "list", home=home).stdout
    assert listed.startswith("ann@world.example\t1970-01-01 00:00\tanna@agents.internal\tit came back\t")
    assert "\u202e" not in listed
    assert run("suppression", "remove", home=home).returncode == 2
    ran = run("suppression", "remove", "ann@world.example", home=home)
    assert (ran.returncode, "terminal" in ran.stderr) == (1, True)
    window = terminal("suppression", "remove", "Ann@World.example")
    window.read_until("again:")
    window.type(digits(window.shown) + "\n")
    assert window.end() == 0
    assert "everybody" in run("suppression", "list", home=home).stdout


def test_a_pause_is_ended_by_a_human_at_a_terminal(home, terminal):
    hold(home)
    change(home, "INSERT INTO pauses VALUES ('anna@agents.internal', 0, 'too much came back', NULL)")
    assert len(in_room(home, lambda room: room.status()).pauses) == 1
    assert run("inbox", "resume", "anna@agents.internal", home=home).returncode == 1
    window = terminal("inbox", "resume", "anna@agents.internal")
    window.read_until("again:")
    window.type(digits(window.shown) + "\n")
    assert window.end() == 0
    assert in_room(home, lambda room: room.status()).pauses == ()
