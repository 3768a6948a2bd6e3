"""Recipients that look like somebody an inbox knows."""

from __future__ import annotations

from typing import Any

import pytest
from tests.backends.relay_sink import relay
from tests.mailroom.test_dispatch import environment, settled

pytestmark = pytest.mark.anyio

BOB, FORGED = "bob@example.test", "bob@exarnple.test"


def why(sent: Any) -> list[str]:
    return [one.code for one in sent.draft.reasons]


async def test_the_policy_open_asks_before_it_writes_to_whoever_looks_like_somebody_written_to_before(
    open_house: Any,
) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink))
        anna, bert = await house.inbox("anna"), await house.inbox("bert")
        assert (await house.send(anna, "Before.", to=(FORGED,))).draft.state == "sent"
        assert (await house.send(bert, to=(BOB,))).draft.state == "sent"
        held = await house.send(bert, to=(FORGED,))
        assert (held.draft.state, why(held)) == ("held", ["looks_like_contact"])
        assert BOB in held.draft.reasons[0].sentence
        assert (await house.send(bert, "Again.", to=(BOB,))).draft.state == "sent"
        await house.room.approve(held.draft.id, sha256=held.draft.sha256, approver="ann")
        await settled(house, held.draft.id, "sent")
        assert (await house.send(bert, "Once a human agreed.", to=(FORGED,))).draft.state == "sent"


async def test_a_human_reads_beside_the_first_contact_whom_it_looks_like(open_house: Any) -> None:
    async with relay() as sink:
        house = await open_house(
            **environment(sink, MAILMCP_SEND__POLICY="first_contact", MAILMCP_SEND__ALLOW=BOB),
        )
        anna = await house.inbox("anna")
        assert (await house.send(anna, to=(BOB,))).draft.state == "sent"
        for address in (FORGED, "b0b@example.test"):
            assert why(await house.send(anna, to=(address,))) == ["first_contact", "looks_like_contact"]
        assert why(await house.send(anna, to=("carol@elsewhere.example",))) == ["first_contact"]
