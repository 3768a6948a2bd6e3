"""Mail to several domains without a relay: DNS and a server for each domain on loopback, a result for each person."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dkim
import pytest
from tests.authenticity.name_server import NameServer
from tests.backends.relay_sink import Relay, relay

from mailmcp.authenticity import sign
from mailmcp.authenticity.nameservers import SystemResolver
from mailmcp.mailroom import signing
from mailmcp.mailroom.pace import Pace

pytestmark = pytest.mark.anyio

LIMIT = 10
IMPATIENT = Pace(progress=0.05, share=0.1, takeover=0.02, listen_again=0.05, flush=0.02, back_off=(0.05,) * 20)
ZONE = """
$ORIGIN example.
$TTL 600
@         SOA ns.example. host.example. 1 3600 600 86400 60
@         NS  ns
world     MX  10 mx.world
mx.world  A   127.0.0.2
shop      MX  10 mx.shop
mx.shop   A   127.0.0.3
bank      MX  10 mx.bank
mx.bank   A   127.0.0.4
mute      MX  0 .
"""


@dataclass
class Outside:
    """Three domains, each with its server."""

    world: Relay
    shop: Relay
    bank: Relay
    resolver: SystemResolver

    def settings(self, **more: str) -> dict[str, str]:
        given = {
            "SEND_BACKEND": "direct",
            "DIRECT__PORT": str(self.world.port),
            "DIRECT__PRIVATE": "true",
            "LOCAL__DOMAIN": "agents.example",
            "SEND__POLICY": "open",
            "SEND__UNDO": "0",
        }
        return {f"MAILMCP_{name}": value for name, value in (given | more).items()}


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    names = NameServer(ZONE)
    await names.start()
    resolver = SystemResolver((f"127.0.0.1:{names.port}",))
    async with contextlib.AsyncExitStack() as stack:
        world = await stack.enter_async_context(relay(host="127.0.0.2"))
        shop = await stack.enter_async_context(relay(host="127.0.0.3", port=world.port))
        bank = await stack.enter_async_context(relay(host="127.0.0.4", port=world.port))
        yield Outside(world, shop, bank, resolver)
    await resolver.aclose()
    await names.stop()


async def settled(house: Any, draft_id: str, *states: str) -> Any:
    async with asyncio.timeout(LIMIT):
        while (draft := await house.room.draft(draft_id)).state not in states:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    return draft


async def test_each_domain_gets_one_connection_and_each_recipient_its_own_result(
    outside: Outside, open_house: Any
) -> None:
    outside.shop.answers = {"carl@shop.example": "550 5.1.1 no such user"}
    house = await open_house(resolver=outside.resolver, **outside.settings())
    everybody = ("ann@world.example", "bob@shop.example", "carl@shop.example", "dora@world.example", "e@mute.example")
    draft = (await house.send(await house.inbox("anna"), to=everybody)).draft
    results = {one.recipient: (one.state, one.detail) for one in draft.deliveries}
    assert draft.state == "sent"
    assert {who: state for who, (state, _) in results.items()} == {
        **dict.fromkeys(("ann@world.example", "dora@world.example", "bob@shop.example"), "accepted"),
        **dict.fromkeys(("carl@shop.example", "e@mute.example"), "refused"),
    }
    assert "mx.shop.example said 550" in results["carl@shop.example"][1]
    assert "takes no mail" in results["e@mute.example"][1]
    assert [one.rcpt_tos for one in outside.world.arrived] == [["ann@world.example", "dora@world.example"]]
    assert [one.rcpt_tos for one in outside.shop.arrived] == [["bob@shop.example"]]
    assert (len(outside.world.greeted), len(outside.shop.greeted), outside.bank.greeted) == (1, 1, [])
    assert outside.world.arrived[0].content == outside.shop.arrived[0].content


async def test_a_domain_that_puts_it_off_is_tried_again_and_the_others_hear_nothing_more(
    outside: Outside, open_house: Any
) -> None:
    outside.bank.answers = {"MAIL": "451 4.7.1 greylisted"}
    house = await open_house(pace=IMPATIENT, resolver=outside.resolver, **outside.settings())
    draft = (await house.send(await house.inbox("anna"), to=("ann@world.example", "b@bank.example"))).draft
    assert {one.recipient: one.state for one in draft.deliveries} == {
        "ann@world.example": "accepted",
        "b@bank.example": "postponed",
    }
    outside.bank.answers = {}
    assert (await settled(house, draft.id, "sent", "failed")).state == "sent"
    assert (len(outside.world.arrived), len(outside.bank.arrived)) == (1, 1)


async def test_an_answer_lost_in_one_domain_leaves_the_other_results_as_they_are(
    outside: Outside, open_house: Any
) -> None:
    outside.world.cut = "dot"
    house = await open_house(pace=IMPATIENT, resolver=outside.resolver, **outside.settings())
    draft = (await house.send(await house.inbox("anna"), to=("ann@world.example", "b@bank.example"))).draft
    assert (draft.state, {one.recipient: one.state for one in draft.deliveries}) == (
        "unknown",
        {"ann@world.example": "unknown", "b@bank.example": "accepted"},
    )
    assert (len(outside.world.arrived), len(outside.bank.arrived)) == (1, 1)


async def test_mail_of_a_domain_with_keys_arrives_signed(outside: Outside, open_house: Any, home: Path) -> None:
    house = await open_house(resolver=outside.resolver, **outside.settings())
    signing.make_keys(home, "agents.example")
    await house.send(await house.inbox("anna"), to=("ann@world.example",), subject="Grüße")
    raw = outside.world.arrived[0].content
    keys = signing.keys_of(home, "agents.example")
    records = {f"{one.name}.".encode(): sign.public_record(one).encode() for one in keys}
    judge = dkim.DKIM(raw)
    verified = [judge.verify(at, dnsfunc=lambda name, timeout=0: records.get(name)) for at in range(len(keys))]
    assert verified == [True, True]


async def test_mail_for_an_inbox_that_this_home_does_not_have_goes_nowhere(outside: Outside, open_house: Any) -> None:
    house = await open_house(resolver=outside.resolver, **outside.settings(LOCAL__DOMAIN="world.example"))
    draft = (await house.send(await house.inbox("anna"), to=("nobody@world.example",))).draft
    assert draft.state == "failed"
    assert "no such inbox" in draft.error
    assert outside.world.greeted == []
