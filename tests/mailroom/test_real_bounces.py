"""Bounces made by a real Postfix, the relay of this home: sent by SMTP, refused by SMTP, and come back by SMTP."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ports import free_port
from postfix import can_run, postfix
from tests.backends.relay_sink import relay, through

from mailmcp.store import messages

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(not can_run, reason="Postfix and root are needed")]

LIMIT = 30
ANN, BOB, CAT = "ann@far.example", "bob@far.example", "cat@far.example"


async def test_a_real_bounce_reaches_the_draft_its_recipient_and_the_thread(open_house: Any) -> None:
    port = free_port()
    async with relay() as world:
        world.answers = {BOB: "550 5.1.1 <bob@far.example>: no such user", CAT: "552 5.2.2 mailbox full"}
        house = await open_house(
            **through(port),
            MAILMCP_SEND__POLICY="open",
            MAILMCP_SEND__UNDO="0",
        )
        anna = await house.inbox("anna")
        listener = (await house.room.status()).listener
        running = postfix(port, {"far.example": world.port, "agents.internal": listener.port})
        await asyncio.to_thread(running.__enter__)  # its mail is taken by this very loop meanwhile
        try:
            draft = (await house.send(anna, to=(ANN, BOB, CAT), subject="Offer")).draft
            assert draft.state == "sent"
            async with asyncio.timeout(LIMIT):
                notice = (await house.wait(anna, timeout=LIMIT, since="1970-01-01")).message
        finally:
            await asyncio.to_thread(running.__exit__, None, None, None)
        after = await house.room.draft(draft.id)
        assert {one.recipient: str(one.state) for one in after.deliveries} == {
            ANN: "accepted",
            BOB: "bounced",
            CAT: "bounced",
        }
        assert "there is no such mailbox (5.1.1)" in after.error
        assert "the mailbox is full (5.2.2)" in after.error
        assert [one.email for one in await house.room.suppressed()] == [BOB]
        assert notice.automatic == "bounce"
        sent = await house.room._store.read(messages.get, after.message)
        assert notice.thread == sent.thread
        raw = await house.room._store.read(messages.raw, notice.row)
        assert f"Original-Envelope-Id: {draft.id}".encode() in raw
        assert notice.from_.email.lower() == "mailer-daemon@relay.example"
