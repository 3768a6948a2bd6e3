"""Updates of resources: an assistant hears of decisions and of mail without asking, in both eras, from any process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from hosts import LIMIT, Door, mail_by_smtp
from letters import letter
from mcp import MCPError
from test_stdio import modern

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:resources/(un)?subscribe is removed"),  # which is why it is tested here
]


class Ear:
    """What a client hears of changes."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[str] = asyncio.Queue()

    async def __call__(self, message: Any) -> None:
        if getattr(message, "method", None) == "notifications/resources/updated":
            self.heard.put_nowait(str(message.params.uri))

    async def next(self) -> str:
        """The next change."""
        return await asyncio.wait_for(self.heard.get(), LIMIT)


Listen = Callable[..., contextlib.AbstractAsyncContextManager[None]]


@pytest.fixture(params=["auto", "legacy"])
async def listening(request, open_door) -> AsyncIterator[tuple[Door, Ear, Listen]]:
    """A client, what it hears, and how it listens for resources."""
    ear = Ear()

    async with open_door(request.param, {"message_handler": ear}) as door:

        @contextlib.asynccontextmanager
        async def listen(*uris: str) -> AsyncIterator[None]:
            if request.param == "legacy":
                for uri in uris:
                    await door.client.session.subscribe_resource(uri)
                yield
                for uri in uris:
                    await door.client.session.unsubscribe_resource(uri)
                return
            async with door.client.listen(resource_subscriptions=list(uris)):
                yield

        yield door, ear, listen


async def hold(door: Door) -> str:
    given = {"inbox": await door.inbox(), "to": [await door.inbox()], "subject": "May I?", "body": "x"}
    return (await door.call("draft_for_approval", **given))["draft"]


async def test_a_decision_is_heard_by_who_listens_for_the_draft_and_read_there(listening):
    door, ear, listen = listening
    draft = await hold(door)
    uri = f"mail://drafts/{draft}"
    async with listen(uri):
        room = await door.session.room()
        await room.reject(draft, word="Not yet.", approver="human")
        assert await ear.next() == uri
        [content] = (await door.client.read_resource(uri)).contents
        assert "rejected" in content.text
        assert "Not yet." in content.text


async def test_an_approval_is_heard_until_the_mail_has_left(listening):
    door, ear, listen = listening
    draft = await hold(door)
    uri = f"mail://drafts/{draft}"
    async with listen(uri, "mail://drafts"):
        room = await door.session.room()
        held = await room.draft(draft)
        await room.approve(draft, sha256=held.sha256, approver="human")
        heard: set[str] = set()
        while heard != {uri, "mail://drafts"}:  # each step on its way may be heard
            heard.add(await ear.next())
        [content] = (await door.client.read_resource("mail://drafts")).contents
        assert draft not in content.text


async def test_mail_that_comes_is_heard_by_who_listens_for_its_inbox_and_no_other(listening):
    door, ear, listen = listening
    anna, bert = await door.inbox("anna"), await door.inbox("bert")
    async with listen(f"mail://inbox/{anna}"):
        await door.accept(bert, subject="For another")
        await door.accept(anna, subject="Hello")
        assert await ear.next() == f"mail://inbox/{anna}"
        found = await door.call("find_mail", inbox=anna)
        assert [one["subject"] for one in found["threads"]] == ["Hello"]
    assert ear.heard.empty()


async def test_a_new_message_and_a_new_inbox_are_heard(listening):
    door, ear, listen = listening
    anna = await door.inbox("anna")
    thread = (await door.receive(anna, subject="Plan"))["thread"]
    async with listen("mail://inboxes"):
        await door.inbox("bert")
        assert await ear.next() == "mail://inboxes"
    async with listen(f"mail://thread/{thread}"):
        await door.call("mark", target=thread, read=True)
        assert await ear.next() == f"mail://thread/{thread}"


async def test_who_has_gone_is_told_nothing_and_nothing_is_watched_for_nobody(listening):
    door, ear, listen = listening
    anna = await door.inbox("anna")
    async with listen(f"mail://inbox/{anna}"):
        pass
    await door.receive(anna)
    room = await door.session.room()
    async with asyncio.timeout(LIMIT):
        while room.arrivals.awaited:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert ear.heard.empty()


async def test_an_inbox_that_does_not_exist_yet_may_be_listened_for(listening):
    door, ear, listen = listening
    async with listen("mail://inbox/anna@agents.internal"):
        await door.receive(await door.inbox("anna"))
        assert await ear.next() == "mail://inbox/anna@agents.internal"


@pytest.mark.parametrize(
    "uri",
    [
        *("mail://message/m_x/raw", "mail://drafts/t_x", "mail://inbox/", "mail://nothing", "file:///etc/passwd"),
        *("mail://drafts/d_x/../d_y", "mail://inbox/a b@c", "x" * 5000),
    ],
)
async def test_what_never_changes_or_is_not_ours_cannot_be_listened_for(open_door, uri):
    async with open_door("legacy") as door:
        with pytest.raises(MCPError) as refusal:
            await door.client.session.subscribe_resource(uri)
        assert "No updates are sent for" in refusal.value.error.message
        assert len(refusal.value.error.message) < 600


async def test_only_so_many_resources_are_watched(open_door):
    async with open_door("legacy") as door:
        for number in range(100):
            await door.client.session.subscribe_resource(f"mail://drafts/d_{number}")
        await door.client.session.subscribe_resource("mail://drafts/d_1")
        with pytest.raises(MCPError, match="unsubscribe"):
            await door.client.session.subscribe_resource("mail://drafts")
        await door.client.session.unsubscribe_resource("mail://drafts/d_7")
        await door.client.session.subscribe_resource("mail://drafts")


async def test_of_many_resources_that_are_asked_for_at_once_no_more_are_watched(open_door):
    async with open_door("legacy") as door:
        subscribe = door.client.session.subscribe_resource
        asked = (subscribe(f"mail://drafts/d_{number}") for number in range(150))
        answers = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), LIMIT)
        assert sum(isinstance(one, MCPError) for one in answers) == 50


def test_over_the_pipe_what_another_process_receives_is_heard_in_both_eras(serve):
    first, old, new = serve(), serve(), serve()
    for one in (first, old):
        one.initialize()
    inbox = first.call("create_inbox", name="anna")["address"]
    uri = f"mail://inbox/{inbox}"
    assert old.request("resources/subscribe", {"uri": uri})["result"] == {}
    asked = {"resourceSubscriptions": [uri, "mail://nothing"], "toolsListChanged": True}
    stream = new.ask(*modern("subscriptions/listen", notifications=asked))
    acknowledged = new.next()
    assert acknowledged["method"] == "notifications/subscriptions/acknowledged"
    assert acknowledged["params"]["notifications"] == {"resourceSubscriptions": [uri]}
    mail_by_smtp(first.listener(), inbox, letter(inbox, subject="Plan"))
    assert old.next() == {"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": uri}}
    update = new.next()
    assert (update["method"], update["params"]["uri"]) == ("notifications/resources/updated", uri)
    assert update["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] == stream
    assert [one.close() for one in (new, old, first)] == [0, 0, 0]
