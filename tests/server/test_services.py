"""The main job with inboxes that a service keeps: a real MCP client, and the service's stand-in on a loopback port."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hosts import LIMIT, QUICK, Door, Served, ToolFailed
from http_service import serving
from letters import code_letter, letter
from made_once import all_tools
from mcp import Client
from outside import world
from tests.backends.fake_agentmail import KEY, FakeAgentmail

from mailmcp.authenticity.dns import StaticResolver
from mailmcp.backends import open_backends
from mailmcp.config import load_settings
from mailmcp.mailroom.room import Mailroom
from mailmcp.server.build import build_server
from mailmcp.server.session import Session

pytestmark = pytest.mark.anyio
OFTEN = replace(QUICK, fetch_idle=0.2)
"""What becomes of a service shows soon, though nobody waits for mail."""


@pytest.fixture
def fake() -> FakeAgentmail:
    return FakeAgentmail()


@pytest.fixture
def environment(fake: FakeAgentmail) -> Iterator[dict[str, str]]:
    with serving(fake) as base:
        yield {
            "MAILMCP_BACKEND": "agentmail",
            "MAILMCP_AGENTMAIL__API_KEY": KEY,
            "MAILMCP_AGENTMAIL__URL": base,
            "MAILMCP_AGENTMAIL__CALLS": "6000",
            "MAILMCP_LOCAL__SMTP_PORT": "0",
            "MAILMCP_SEND__UNDO": "0",
        }


@contextlib.asynccontextmanager
async def opened(home: Path, environment: dict[str, str]) -> AsyncIterator[Door]:
    """A server of a home whose backends the settings name, and a client of it."""

    async def open_room() -> Mailroom:
        settings = load_settings(home, environment)
        return await Mailroom.open(
            settings, lambda reception: open_backends(settings, reception), OFTEN, resolver=StaticResolver({})
        )

    session = Session(open_room)
    async with Client(build_server(session, all_tools)) as client:
        yield Door(client, session, [])


@pytest.fixture
async def door(home: Path, environment: dict[str, str]) -> AsyncIterator[Door]:
    async with opened(home, environment) as door:
        yield door


async def _approved(door: Door, draft: str) -> None:
    room = await door.session.room()
    held = await room.draft(draft)
    await room.approve(draft, sha256=held.sha256, approver="a human")


@pytest.fixture
async def strict(home: Path, environment: dict[str, str]) -> AsyncIterator[Door]:
    """A home in which a human decides about every mail."""
    async with opened(home, {**environment, "MAILMCP_SEND__POLICY": "approve"}) as door:
        yield door


async def test_an_assistant_signs_up_reads_the_code_and_answers_once_a_human_agrees(
    strict: Door, fake: FakeAgentmail
) -> None:
    door = strict
    text, made = await door.ask("create_inbox", name="shop", display_name="The Shop")
    assert (made["address"], made["reach"]) == ("shop@agentmail.to", "internet")
    assert "kept by agentmail" in text
    waiting = asyncio.create_task(door.call("wait_for_otp", inbox=made["address"], timeout=LIMIT))
    fake.receive(made["address"], code_letter(made["address"], "739154"))
    found = await waiting
    assert (found["status"], found["code"]) == ("found", "739154")
    read = await door.call("read_thread", thread=found["thread"])
    assert "739154" in read["messages"][0]["text"]
    answer = {"inbox": made["address"], "body": "Thank you.\nBye", "in_reply_to": found["message"]}
    held = await door.call("send", **answer)
    assert held["status"] == "held"
    assert fake.sent == []
    assert (await door.call("send", **answer))["draft"] == held["draft"]
    shown = await (await door.session.room()).presenting.present(held["draft"])
    assert any("its own Message-ID" in one for one in shown.notices)  # what the service changes is said before
    fake.fail("after", "send")  # it leaves, and the answer is lost
    await _approved(door, held["draft"])
    for _ in range(500):
        if (now := await door.call("check_draft", draft=held["draft"]))["drafts"][0]["status"] == "sent":
            break
        await asyncio.sleep(0.02)
    assert now["drafts"][0]["status"] == "sent"
    (left,) = fake.sent
    assert left.sent is not None
    assert left.sent["to"] == ["Example App <no-reply@app.example>"]
    assert left.sent["text"].splitlines() == ["Thank you.", "Bye"]
    assert left.sent["headers"]["In-Reply-To"] == fake.letters[made["address"]][0].item["message_id"]
    assert (await door.call("read_thread", thread=found["thread"]))["count"] == 2
    # Their answer names the Message-ID that the service gave: it comes into the same conversation.
    named = {"In-Reply-To": left.item["message_id"], "References": left.item["message_id"]}
    fake.receive(made["address"], letter(made["address"], subject="another subject", headers=named))
    come = await door.call("wait_for_mail", inbox=made["address"], since=found["cursor"], timeout=LIMIT)
    assert come["thread"] == found["thread"]


async def test_the_status_tells_the_budget_and_no_listener(door: Door) -> None:
    await door.inbox("shop")
    for _ in range(500):
        text, status = await door.ask("mail_status")
        if "again and again" in text:
            break
        await asyncio.sleep(0.02)
    assert (status["backend"], status["domain"], status["warnings"]) == ("agentmail", "agentmail.to", [])
    (service,) = status["services"]
    assert service["name"] == "agentmail"
    assert "6000 in a minute" in service["state"]
    assert "SMTP" not in text


async def test_what_the_service_says_is_wrong_comes_with_its_advice_and_without_the_key(
    door: Door, fake: FakeAgentmail
) -> None:
    await door.inbox("shop")
    with pytest.raises(ToolFailed, match=r"shop@agentmail\.to"):
        await door.inbox("shop")
    fake.key = "another"
    with pytest.raises(ToolFailed) as failed:
        await door.inbox("other")
    assert KEY not in str(failed.value)
    for _ in range(500):
        warnings = (await door.call("mail_status"))["warnings"]
        if warnings:
            break
        await asyncio.sleep(0.02)
    assert "agentmail said 403" in warnings[0]


async def test_a_second_inbox_of_the_service_is_written_to_through_the_service(door: Door, fake: FakeAgentmail) -> None:
    ann, bert = await door.inbox("ann"), await door.inbox("bert")
    sent = await door.call("send", inbox=ann, to=[bert], subject="Hi", body="Hello.")
    assert sent["status"] == "sent", sent  # an inbox of this home needs nobody's agreement
    assert len(fake.sent) == 1
    found = await door.call("wait_for_mail", inbox=bert, timeout=LIMIT)
    assert found["subject"] == "Hi"


# --- several backends ------------------------------------------------------------------------------------------------


async def test_each_inbox_has_a_backend_and_sends_by_it(
    home: Path, environment: dict[str, str], fake: FakeAgentmail
) -> None:
    given = {**environment, "MAILMCP_BACKEND": "local,agentmail", "MAILMCP_SEND__POLICY": "open"}
    async with opened(home, given) as door:
        here = await door.call("create_inbox", name="here")
        there = await door.call("create_inbox", name="there", backend="agentmail")
        assert (here["address"], here["reach"]) == ("here@agents.internal", "this_machine")
        assert (there["address"], there["reach"]) == ("there@agentmail.to", "internet")
        with pytest.raises(ToolFailed, match="backends local, agentmail"):
            await door.call("create_inbox", backend="imap")
        outside = await door.call("send", inbox=there["address"], to=["bob@x.test"], subject="Out", body="Hello.")
        assert outside["status"] == "sent", outside
        assert [one.sent["to"] for one in fake.sent if one.sent] == [["bob@x.test"]]
        within = await door.call("send", inbox=there["address"], to=[here["address"]], subject="In", body="Hello.")
        assert within["status"] == "sent"
        assert (await door.call("wait_for_mail", inbox=here["address"], timeout=LIMIT))["subject"] == "In"
        assert len(fake.sent) == 1
        no_way = await door.call("send", inbox=here["address"], to=["bob@x.test"], subject="No", body="Hello.")
        assert no_way["status"] == "refused"
        assert len(fake.sent) == 1
        fake.receive(there["address"], letter(there["address"], subject="From outside"))
        assert (await door.call("wait_for_mail", inbox=there["address"], timeout=LIMIT))["subject"] == "From outside"
        status = await door.call("mail_status")
        assert status["backend"] == "local,agentmail"
        assert status["smtp"] is not None
        assert [one["name"] for one in status["services"]] == ["agentmail"]


async def test_mail_comes_through_one_provider_and_leaves_through_another(
    home: Path, environment: dict[str, str], fake: FakeAgentmail
) -> None:
    async with world(home, **{**environment, "MAILMCP_SEND__POLICY": "open", "MAILMCP_SEND_BACKEND": "smtp"}) as door:
        inbox = await door.inbox("shop")
        fake.receive(inbox, letter(inbox, from_="bob@x.test", subject="Question"))
        found = await door.call("wait_for_mail", inbox=inbox, timeout=LIMIT)
        answer = await door.call("send", inbox=inbox, body="Yes.", in_reply_to=found["message"])
        assert answer["status"] == "sent", answer
        ((recipients, mail),) = door.sink.arrived
        assert recipients == ("bob@x.test",)
        assert fake.sent == []
        own = str(mail["Message-ID"])
        fake.receive(
            inbox,
            letter(inbox, from_="bob@x.test", subject="Thanks", headers={"In-Reply-To": own, "References": own}),
        )
        come = await door.call("wait_for_mail", inbox=inbox, since=found["cursor"], timeout=LIMIT)
        assert come["thread"] == found["thread"]


async def test_an_inbox_keeps_its_backend_when_the_default_changes(
    home: Path, environment: dict[str, str], fake: FakeAgentmail
) -> None:
    async with opened(home, {**environment, "MAILMCP_BACKEND": "agentmail"}) as door:
        there = await door.inbox("there")
    changed = {**environment, "MAILMCP_BACKEND": "local,agentmail", "MAILMCP_SEND__POLICY": "open"}
    async with opened(home, changed) as door:
        assert (await door.call("send", inbox=there, to=["bob@x.test"], body="Hi"))["status"] == "sent"
        assert len(fake.sent) == 1
        fake.receive(there, letter(there, subject="Still here"))
        assert (await door.call("wait_for_mail", inbox=there, timeout=LIMIT))["subject"] == "Still here"
    async with opened(home, {**environment, "MAILMCP_BACKEND": "local"}) as door:
        with pytest.raises(ToolFailed, match="MAILMCP_BACKEND"):
            await door.call("delete_inbox", inbox=there)
    assert list(fake.inboxes) == [there]


# --- processes -------------------------------------------------------------------------------------------------------


def test_two_real_processes_share_a_service_and_nothing_comes_twice(
    serve: Callable[..., Served], environment: dict[str, str], fake: FakeAgentmail
) -> None:
    one, other = serve(**environment), serve(**environment)
    for served in (one, other):
        served.initialize()
    inbox = other.call("create_inbox", name="shop")["address"]
    fake.receive(inbox, code_letter(inbox, "482913"))
    found: list[dict[str, Any]] = [served.call("wait_for_otp", inbox=inbox, timeout=LIMIT) for served in (other, one)]
    assert [one["code"] for one in found] == ["482913", "482913"]
    assert other.call("find_mail", inbox=inbox)["threads"][0]["count"] == 1
    assert [one.close(), other.close()] == [0, 0]
    assert KEY.encode() not in one.errors + other.errors
