"""The main job with a mailbox that somebody has elsewhere: a real IMAP server, a real MCP client, a real relay."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import dovecot_server
import pytest
from dovecot_server import PASSWORD, USER, Dovecot
from hosts import Served, ToolFailed
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


async def test_a_copy_that_the_provider_has_filed_by_itself_is_enough(door: World, dovecot: Dovecot) -> None:
    inbox = (await door.call("create_inbox", name="shop"))["address"]
    sent = await door.call("send", inbox=inbox, to=["bob@app.example"], subject="Hello", body="Hello.")
    assert sent["status"] == "sent", sent

    def file() -> None:
        with dovecot.session(folder=None) as client:
            client.append("Gesendet", b"X-Provider: yes\r\n" + door.sink.arrived[0][1].as_bytes())

    await asyncio.to_thread(file)
    store = (await door.session.room())._store
    for _ in range(300):
        if not await store.read(lambda db: db.execute("SELECT count(*) FROM errands").fetchone()[0]):
            break
        await asyncio.sleep(0.05)
    (filed,) = await _in_mailbox(dovecot, "Gesendet", 1)
    assert filed.startswith(b"X-Provider")


async def test_each_inbox_of_an_account_has_its_own_mail_alone(door: World, dovecot: Dovecot) -> None:
    shop = (await door.call("create_inbox", name="shop"))["address"]
    await asyncio.to_thread(dovecot.deliver, shop, subject="for the shop")
    await asyncio.to_thread(dovecot.deliver, USER, subject="for a person")
    await asyncio.to_thread(dovecot.deliver, "me+else@home.example", subject="for nobody in particular")
    await door.call("wait_for_mail", inbox=shop, timeout=15)
    looks = await door.call("find_mail", inbox=USER)
    for _ in range(300):  # a wait without a cursor may give the first of the two again
        if len(looks["threads"]) >= 2:
            break
        await asyncio.sleep(0.05)
        looks = await door.call("find_mail", inbox=USER)
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
    assert (
        "read and written; folders INBOX; copies of sent mail in Gesendet; sends by 127.0.0.1 port" in account["state"]
    )


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


# --- as processes ------------------------------------------------------------------------------------------------


def test_when_the_process_that_reads_a_mailbox_is_killed_another_goes_on(
    serve: Callable[..., Served], dovecot: Dovecot
) -> None:
    environment = dovecot.environment()
    first, second = serve(**environment), serve(**environment)
    for one in (first, second):
        one.initialize()
    dovecot.deliver(subject="first")
    found = first.call("wait_for_mail", inbox=USER, timeout=20)
    leader, other = (first, second) if first.call("mail_status")["leader"] else (second, first)
    leader.process.kill()
    dovecot.deliver(subject="second")
    further = other.call("wait_for_mail", inbox=USER, since=found["cursor"], timeout=30)
    assert further["subject"] == "second"


def test_a_process_says_no_password_anywhere_and_ends_with_its_input(
    serve: Callable[..., Served], dovecot: Dovecot
) -> None:
    good = serve(**dovecot.environment())
    good.initialize()
    dovecot.deliver(USER, code_letter(USER, "739154"))
    assert good.call("wait_for_otp", inbox=USER, timeout=20)["code"] == "739154"
    good.call("mail_status")
    assert good.close() == 0
    wrong = serve(**dovecot.environment(MAILMCP_IMAP__PASSWORD="wrong canary"))
    wrong.initialize()
    for _ in range(200):
        warnings = wrong.call("mail_status")["warnings"]
        if any("does not accept the login" in one for one in warnings):
            break
        threading.Event().wait(0.05)
    else:
        raise AssertionError(warnings)
    assert wrong.close() == 0
    for one in (good, wrong):
        said = b"".join(one.lines) + one.errors
        assert PASSWORD.encode() not in said
        assert b"canary" not in said
    assert b"739154" not in good.errors
