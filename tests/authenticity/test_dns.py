"""Plain data as a resolver, and what one message may ask."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mailmcp.authenticity.dns import Answer, Metered, Outcome, StaticResolver, normal

pytestmark = pytest.mark.anyio

ZONE: dict[str, dict[str, Any]] = {
    "Shop.example": {"A": ["192.0.2.1"], "TXT": [["v=spf1 ", "-all"]], "MX": [(20, "b.example."), (10, "a.example")]},
    "alias.example": {"CNAME": ["shop.example"]},
    "loop.example": {"CNAME": ["loop.example"]},
    "mute.example": {"A": ["192.0.2.2"], "ANY": Outcome.TROUBLE},
    "x.deep.example": {"A": ["192.0.2.3"]},
    "192.0.2.1": {"PTR": ["shop.example."]},
    "2001:db8::1": {"PTR": ["shop.example"]},
}


class Stuck(StaticResolver):
    """Answers only when it is let go."""

    def __init__(self) -> None:
        super().__init__({"a.example": {"A": ["192.0.2.1"]}})
        self.go = asyncio.Event()

    async def ask(self, kind: str, name: str) -> Answer[Any]:
        await self.go.wait()
        return await super().ask(kind, name)


async def test_plain_data_answers_as_dns_would() -> None:
    found = StaticResolver(ZONE)
    assert (await found.a("SHOP.example.")).values == ("192.0.2.1",)
    assert (await found.txt("shop.example")).values == (b"v=spf1 -all",)
    assert (await found.mx("shop.example")).values == ((10, "a.example"), (20, "b.example"))
    assert (await found.a("alias.example")).values == ("192.0.2.1",)
    assert (await found.ptr("192.0.2.1")).values == ("shop.example",)
    assert (await found.ptr("2001:DB8::1")).values == ("shop.example",)


async def test_plain_data_tells_absence_from_nonexistence_and_trouble() -> None:
    found = StaticResolver(ZONE)
    outcomes = [
        (await found.aaaa("shop.example")).outcome,
        (await found.a("gone.example")).outcome,
        (await found.a("deep.example")).outcome,
        (await found.txt("mute.example")).outcome,
        (await found.a("mute.example")).outcome,
        (await found.a("loop.example")).outcome,
    ]
    assert outcomes == [
        *(Outcome.NODATA, Outcome.NXDOMAIN, Outcome.NODATA, Outcome.TROUBLE, Outcome.ANSWER, Outcome.TROUBLE),
    ]


@pytest.mark.parametrize("name", ["", ".", "a..b", "x" * 64, "a." * 127 + "a", "ä.example"])
def test_a_name_that_dns_cannot_hold_is_no_name(name: str) -> None:
    assert normal(name) == ""


async def test_a_message_asks_each_question_once() -> None:
    data = StaticResolver(ZONE)
    message = Metered(data)
    await asyncio.gather(*(message.a("shop.example") for _ in range(5)))
    await message.a("SHOP.EXAMPLE.")
    await message.txt("shop.example")
    assert data.asked == [("A", "shop.example"), ("TXT", "shop.example")]
    assert message.lookups == 2


async def test_what_a_message_asks_beyond_its_budget_is_trouble() -> None:
    data = StaticResolver(ZONE)
    message = Metered(data, lookups=3)
    answers = [await message.a(f"n{number}.example") for number in range(5)]
    assert [one.outcome for one in answers] == [Outcome.NXDOMAIN] * 3 + [Outcome.TROUBLE] * 2
    assert "3 look-ups" in answers[-1].detail
    assert (await message.a("n0.example")).outcome is Outcome.NXDOMAIN
    assert (len(data.asked), message.lookups, message.spent, message.troubled) == (3, 3, True, False)


async def test_a_message_does_not_wait_beyond_its_time() -> None:
    stuck = Stuck()
    message = Metered(stuck, seconds=0.05)
    async with asyncio.timeout(60):
        first, second = await asyncio.gather(message.a("a.example"), message.a("b.example"))
        third = await message.a("c.example")
    assert first.troubled
    assert second.troubled
    assert third.troubled
    assert message.troubled


async def test_every_kind_of_question_passes_through_the_budget() -> None:
    message = Metered(StaticResolver(ZONE))
    assert (await message.mx("shop.example")).values[0] == (10, "a.example")
    assert (await message.ptr("192.0.2.1")).values == ("shop.example",)
    assert (await message.ptr("2001:db8::1")).values == ("shop.example",)
    assert (await message.aaaa("shop.example")).outcome is Outcome.NODATA
    assert message.lookups == 4


async def test_look_ups_can_be_kept_back_for_what_comes_later() -> None:
    metered = Metered(StaticResolver({name: {"A": ["192.0.2.1"]} for name in "abcd"}), lookups=3)
    assert (await metered.a("a")).values
    with metered.keeping([("A", "a"), ("A", "b"), ("A", "B."), ("A", "")]):
        assert (await metered.a("c")).values
        assert (await metered.a("d")).left_out
    assert (await metered.a("b")).values
    assert metered.spent
