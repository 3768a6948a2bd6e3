"""The leader's settings count for every process of its home, and whoever has others is told so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.backends.relay_sink import relay, through

from mailmcp.backends import open_backend
from mailmcp.config import load_settings
from mailmcp.mailroom.room import Mailroom
from mailmcp.store.status import LEADER_SETTINGS as KEPT_AS

pytestmark = pytest.mark.anyio

ANN = "ann@world.example"
LIMIT = 60


@pytest.fixture
async def led(open_house: Any) -> AsyncIterator[Callable[..., Awaitable[Any]]]:
    """Opens a home that leads, with a relay."""
    async with relay() as sink:

        async def opened(**environment: str) -> Any:
            house = await open_house(
                **through(sink.port),
                **{"MAILMCP_SEND__UNDO": "0", **environment},
            )
            async with asyncio.timeout(LIMIT):
                while await house.room._store.read(_kept) is None:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            house.sink = sink
            return house

        yield opened


def _kept(db: Any) -> Any:
    return db.execute("SELECT value FROM meta WHERE key = ?", (KEPT_AS,)).fetchone()


async def test_a_window_with_looser_settings_is_held_to_those_of_the_leader(led, open_house):
    leader = await led(MAILMCP_SEND__POLICY="approve", MAILMCP_APPROVAL__EXPIRY="3600")
    window = await open_house(MAILMCP_SEND__POLICY="open", MAILMCP_SEND__ALLOW=ANN)
    inbox = await window.inbox("anna")
    held = (await window.send(inbox, to=(ANN,), subject="x")).draft
    assert (held.state, held.reasons[0].code) == ("held", "policy_approve")
    assert 3500 < (held.expires_at - held.created_at).total_seconds() < 3700
    assert (await window.room.status()).policy == "approve"
    assert (await leader.room.status()).unwise == ()


async def test_a_window_without_a_relay_sends_through_the_leader_who_has_one(led, open_house):
    leader = await led(MAILMCP_SEND__POLICY="open")
    window = await open_house()
    inbox = await window.inbox("anna")
    sent = (await window.send(inbox, to=(ANN,), subject="x")).draft
    assert sent.state == "sent"
    assert [one.rcpt_tos for one in leader.sink.arrived] == [[ANN]]


async def test_it_is_told_which_settings_differ_and_how_without_secrets(led, open_house):
    await led(MAILMCP_SEND__POLICY="open", MAILMCP_SMTP__PASSWORD="hunter2-secret", MAILMCP_SMTP__USERNAME="ann")
    window = await open_house(MAILMCP_SEND__DENY="evil.example, bad.example")
    [told] = (await window.room.status()).unwise
    for words in (
        "MAILMCP_SEND_BACKEND is not set here and smtp there",
        "MAILMCP_SEND__POLICY is first_contact here and open there",
        "MAILMCP_SEND__DENY is evil.example,bad.example here and not set there",
        "MAILMCP_SEND__UNDO is 10 here and 0 there",
        "config.toml",
    ):
        assert words in told
    kept = await window.room._store.read(_kept)
    assert "hunter2" not in str(tuple(kept))


async def test_with_the_same_settings_nothing_is_said(led, open_house):
    leader = await led()
    same = await open_house(
        **through(leader.sink.port),
        MAILMCP_SEND__UNDO="0",
    )
    assert (await same.room.status()).unwise == ()


async def test_whoever_takes_over_uses_its_own_settings_and_says_so_in_the_log(led, open_house):
    leader = await led(MAILMCP_SEND__POLICY="approve")
    window = await open_house(MAILMCP_SEND__POLICY="open")
    assert (await window.room.status()).policy == "approve"
    rows = [row.event async for row in window.room.auditing.rows()]
    assert "settings.changed" not in rows  # they do not count yet
    await leader.room.aclose()
    async with asyncio.timeout(LIMIT):
        while (await window.room.status()).policy != "open":  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        while "settings.changed" not in [row.event async for row in window.room.auditing.rows()]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_who_can_only_write_into_the_database_loosens_nothing(led, open_house):
    await led(MAILMCP_SEND__POLICY="approve")
    window = await open_house(MAILMCP_SEND__POLICY="first_contact")
    forge = "UPDATE meta SET value = replace(value, '\\\"approve\\\"', '\\\"open\\\"') WHERE key = ?"

    def forged(db: Any) -> int:
        return db.execute(forge, (KEPT_AS,)).rowcount

    assert await window.room._store.write(forged) == 1
    assert "open" in str(tuple(await window.room._store.read(_kept)))
    assert (await window.room.in_force.now()).send.policy == "first_contact"


async def test_a_command_in_another_shell_goes_by_what_the_server_uses(led, home: Path):
    await led(MAILMCP_APPROVAL__TRUSTED_CLIENTS="claude-code")
    settings = load_settings(home, {})
    room = await Mailroom.open(settings, lambda reception: open_backend("local", settings, reception), leads=False)
    try:
        ruling = await room.in_force.now()
        assert (ruling.approval.trusted_clients, ruling.way_out) == (("claude-code",), True)
    finally:
        await room.aclose()
