"""Codes and links that arrived within the hour are looked for in what leaves, whatever became of their mail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.backends.relay_sink import relay
from tests.mailroom.test_dispatch import ANN, environment

from mailmcp.mailroom.requests import SendRequest
from mailmcp.store import fresh_codes, removal

pytestmark = pytest.mark.anyio

CODE, LINK = "482913", "https://app.example/confirm/Zk3vQ9x7Lm2pR8tW"
MAIL = {
    "subject": "Sign in to Example App",
    "text": f"Your sign-in code is {CODE}.\n\nOr press this to sign in:\n{LINK}\n",
}
TWO = {
    "subject": "Your codes",
    "text": "Your sign-in code is 482913.\n\nYour recovery code is 771204.\n",
}


async def why_held(sent: Any) -> list[str]:
    return [one.sentence for one in sent.draft.reasons if one.code == "leak"]


@pytest.mark.parametrize("word", [CODE, LINK])
async def test_a_code_and_a_link_outlive_the_inbox_that_they_came_to(open_house: Any, word: str) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink))
        anna, bert = await house.inbox("anna"), await house.inbox("bert")
        received = await house.receive(bert, **MAIL)
        await house.room.delete_inbox(bert)
        sent = await house.send(anna, f"Use this: {word}", to=(ANN,))
        assert sent.draft.state == "held"
        (sentence,) = await why_held(sent)
        assert (received.id in sentence, word in sentence, sink.arrived) == (True, False, [])


async def test_a_code_outlives_its_mail(open_house: Any) -> None:
    """As when somebody deletes it in a mailbox of their own, or it goes by the rule of an inbox."""
    async with relay() as sink:
        house = await open_house(**environment(sink))
        anna = await house.inbox("anna")
        received = await house.receive(anna, **MAIL)
        await house.room._store.write(removal.remove, [received.row])
        assert (await house.send(anna, CODE, to=(ANN,))).draft.state == "held"


@pytest.mark.parametrize("code", ["482913", "771204"])
async def test_each_code_of_a_mail_is_held(open_house: Any, code: str) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink))
        anna = await house.inbox("anna")
        received = await house.receive(anna, **TWO)
        assert received.codes.code in ("482913", "771204")
        assert (await house.send(anna, f"It says {code}.", to=(ANN,))).draft.state == "held"
        assert (await house.send(anna, "It says 482914.", to=(ANN,))).draft.state == "sent"


async def test_a_key_hears_of_the_codes_of_its_own_inboxes_also_when_they_are_gone_and_of_no_others(
    open_house: Any,
) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink))
        gone, anna, bert = await house.inbox("gone"), await house.inbox("anna"), await house.inbox("bert")
        await house.receive(gone, **MAIL)
        states: dict[str, str] = {}
        counters: dict[str, Any] = {}
        for name, opens in (("own", (gone, anna)), ("another's", (bert,)), ("all", ())):
            _, secret = await house.room.keyring.create(
                label=name, inboxes=opens, every=not opens, abilities=("send", "create")
            )
            counters[name] = house.room.counter(await house.room.keyring.principal(secret))
        await counters["own"].delete_inbox(gone)
        for name, counter in counters.items():
            inbox = bert if name == "another's" else anna
            sent = await counter.send(SendRequest(inbox=inbox, body=f"For {name}: {CODE}", to=(ANN,)))
            states[name] = str(sent.draft.state)
        assert states == {"own": "held", "another's": "sent", "all": "held"}


async def test_after_an_hour_a_code_is_forgotten_and_may_leave(open_house: Any) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink))
        anna = await house.inbox("anna")
        await house.receive(anna, **MAIL)
        now = datetime.now(UTC)
        later = now + fresh_codes.LASTS + timedelta(minutes=1)
        assert {one.code for one in await house.room._store.read(fresh_codes.standing, now, limit=9)} == {CODE, None}
        assert await house.room._store.read(fresh_codes.standing, later, limit=9) == []
        await house.room.keeping.forget(now)
        assert len(await house.room._store.read(fresh_codes.standing, now, limit=9)) == 2
        await house.room.keeping.forget(later)
        assert await house.room._store.read(fresh_codes.standing, now, limit=9) == []
        assert (await house.send(anna, CODE, to=(ANN,))).draft.state == "sent"


async def test_a_flood_of_codes_does_not_drive_out_one_that_somebody_was_given_and_that_was_deleted(
    open_house: Any,
) -> None:
    house = await open_house()
    anna, bert = await house.inbox("anna"), await house.inbox("bert")
    await house.receive(bert, **MAIL)
    await house.take(bert, tool="wait_for_otp")
    await house.room.delete_inbox(bert)
    await house.receive(anna, subject="Your code", text="Your sign-in code is 771204.\n")
    (kept,) = await house.room._store.read(fresh_codes.standing, datetime.now(UTC), limit=1)
    assert CODE in (kept.code, kept.link) or kept.link == LINK
