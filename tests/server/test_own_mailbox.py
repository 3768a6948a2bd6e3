"""The main job with a mailbox that somebody has elsewhere: a real IMAP server, a real MCP client, a real relay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import dovecot_server
import pytest
from dovecot_server import USER, Dovecot
from hosts import ToolFailed
from letters import code_letter
from outside import World, world

pytestmark = pytest.mark.anyio


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    with dovecot_server.running() as server:
        yield server


@pytest.fixture
async def door(home: Path, dovecot: Dovecot) -> AsyncIterator[World]:
    given = dovecot.environment(
        MAILMCP_IMAP__ACCESS="write", MAILMCP_SEND__POLICY="open", MAILMCP_SEND_BACKEND="", MAILMCP_SMTP__PROVIDER=""
    )
    async with world(home, **given) as door:
        yield door


async def _in_mailbox(dovecot: Dovecot, folder: str, expected: int) -> list[bytes]:
    """The mails of a folder, once there are so many."""

    def look() -> list[bytes]:
        with dovecot.session(folder=folder) as client:
            return [one[b"BODY[]"] for one in client.fetch(client.search(), ["BODY.PEEK[]"]).values()]

    for _ in range(200):
        if len(found := await asyncio.to_thread(look)) >= expected:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"{len(found)} mails in {folder}")


async def test_an_assistant_signs_up_with_a_plus_address_and_answers(door: World, dovecot: Dovecot) -> None:
    made = await door.call("create_inbox", name="shop")
    assert made["address"] == "me+shop@home.example"
    assert made["reach"] == "internet"
    waiting = asyncio.create_task(door.call("wait_for_otp", inbox=made["address"], timeout=15))
    await asyncio.to_thread(dovecot.deliver, made["address"], code_letter(made["address"], "739154"))
    found = await waiting
    assert (found["status"], found["code"]) == ("found", "739154")
    read = await door.call("read_thread", thread=found["thread"])
    assert "739154" in read["messages"][0]["text"]
    sent = await door.call("send", inbox=made["address"], body="Thank you.", in_reply_to=found["message"])
    assert sent["status"] == "sent", sent
    (recipients, mail), *rest = door.sink.arrived
    assert rest == []
    assert recipients == ("no-reply@app.example",)
    assert mail["From"] == "me+shop@home.example"
    assert (await door.call("read_thread", thread=found["thread"]))["count"] == 2
    filed = await _in_mailbox(dovecot, "Gesendet", 1)
    assert len(filed) == 1
    assert str(mail["Message-ID"]).encode() in filed[0]


async def test_each_inbox_of_an_account_has_its_own_mail_alone(door: World, dovecot: Dovecot) -> None:
    shop = (await door.call("create_inbox", name="shop"))["address"]
    await asyncio.to_thread(dovecot.deliver, shop, subject="for the shop")
    await asyncio.to_thread(dovecot.deliver, USER, subject="for a person")
    await asyncio.to_thread(dovecot.deliver, "me+else@home.example", subject="for nobody in particular")
    await door.call("wait_for_mail", inbox=shop, timeout=15)
    for _ in range(2):
        assert (await door.call("wait_for_mail", inbox=USER, timeout=15))["status"] == "found"
    listed = {
        box: {one["subject"] for one in (await door.call("find_mail", inbox=box))["threads"]} for box in (shop, USER)
    }
    assert listed == {shop: {"for the shop"}, USER: {"for a person", "for nobody in particular"}}


async def test_the_status_names_the_account_and_no_smtp_listener(door: World, dovecot: Dovecot) -> None:
    await asyncio.to_thread(dovecot.deliver, USER)
    await door.call("wait_for_mail", inbox=USER, timeout=15)
    status = await door.call("mail_status")
    assert status["backend"] == "imap"
    assert status["warnings"] == []
    (account,) = status["accounts"]
    assert account["address"] == USER
    assert "read and written" in account["state"]


async def test_nothing_leaves_from_a_persons_own_address_that_is_only_read(home: Path, dovecot: Dovecot) -> None:
    given = dovecot.environment(MAILMCP_SEND__POLICY="open", MAILMCP_SEND_BACKEND="")
    async with world(home, **given) as door:
        await asyncio.to_thread(dovecot.deliver, USER)
        await door.call("wait_for_mail", inbox=USER, timeout=15)
        refused = await door.call("send", inbox=USER, to=["bob@app.example"], subject="Hello", body="Hello.")
        assert refused["status"] == "refused"
        assert "MAILMCP_IMAP__ACCESS" in refused["reasons"][0]
        held = await door.call("draft_for_approval", inbox=USER, to=["bob@app.example"], subject="Hello", body="Hi.")
        assert held["status"] == "refused"
        assert door.sink.arrived == []


async def test_a_name_that_exists_is_refused(door: World) -> None:
    await door.call("create_inbox", name="shop")
    with pytest.raises(ToolFailed, match=r"me\+shop@home.example exists already"):
        await door.call("create_inbox", name="me+shop@home.example")
