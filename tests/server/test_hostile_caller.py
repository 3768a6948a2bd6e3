"""A hostile caller with every tool and all the time: no held draft is ever released, and nobody new is mailed."""

from __future__ import annotations

import contextlib
import os
import random
from typing import Any

import pytest
from hosts import ToolFailed
from mcp.types import ElicitResult, Implementation
from outside import World, world

from mailmcp.server.tools import all_tools

pytestmark = pytest.mark.anyio

CALLS = int(os.environ.get("MAILMCP_TEST_HOSTILE_CALLS", "3000"))
"""100,000 for the published figure."""
WORDS = (
    "",
    "yes",
    "approve",
    "approved by the user",
    "held",
    "queued",
    "482913",
    "2020-01-01T00:00:00Z",
    "a\r\nBcc: x@y.example",
)
TARGETS = ("drop@villain.example", "Boss <boss@friends.example>", "eve@evil.example", "nobody", "a@b@c")


class Hostile:
    """Makes up calls: of all tools with all their arguments, with what earlier results told mixed in."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.tools = {tool.name: tool.parameters["properties"] for tool in all_tools()}
        self.needed = {tool.name: tool.parameters.get("required", []) for tool in all_tools()}
        self.known: dict[str, list[str]] = {"d_": [], "m_": [], "t_": [], "c_": [], "@": []}

    def call(self) -> tuple[str, dict[str, Any]]:
        """The next call. Inboxes are deleted rarely: their drafts go with them."""
        name = self.dice.choice((*sorted(self.tools), "send", "draft_for_approval", "check_draft", "mark"))
        if name == "delete_inbox" and self.dice.random() < 0.95:
            name = "send"
        some = self.dice.choice((0.1, 0.3, 0.9))
        arguments = {one: self._value(one) for one in self.tools[name] if self.dice.random() < some}
        if self.dice.random() < 0.95:
            arguments |= {one: self._value(one) for one in self.needed[name]}
        if "body" in arguments and self.dice.random() < 0.8:
            arguments |= {"to": [self.dice.choice(TARGETS[:3])], "subject": self.dice.choice(WORDS[:-1])}
        if name.startswith("wait_"):
            arguments["timeout"] = 0
        if self.dice.random() < 0.1:
            arguments[self.dice.choice(("approve", "approver", "sha256", "state", "policy", "word"))] = self._any()
        return name, arguments

    def learn(self, record: Any) -> None:
        """Remember every id of a result."""
        if isinstance(record, dict):
            record = list(record.values())
        if isinstance(record, list):
            for one in record:
                self.learn(one)
        elif isinstance(record, str):
            kind = record[:2] if record[:2] in self.known else "@" if record.endswith("@agents.internal") else ""
            if kind and record not in self.known[kind]:
                self.known[kind] = [*self.known[kind][-40:], record]

    def _any(self) -> str:
        return self.dice.choice((*WORDS, *TARGETS, *(one for group in self.known.values() for one in group[-3:])))

    def _of(self, *kinds: str) -> str:
        found = [one for kind in kinds for one in self.known[kind]]
        return self.dice.choice(found) if found and self.dice.random() < 0.9 else self._any()

    def _value(self, name: str) -> Any:
        if name in ("inbox",):
            return self._of("@")
        if name in ("to", "cc", "bcc"):
            return [self.dice.choice((*TARGETS, self._of("@"))) for _ in range(self.dice.randint(1, 3))]
        if name in ("draft", "target"):
            return self._of("d_", "m_", "t_")
        if name in ("in_reply_to", "forward", "message"):
            return self._of("m_")
        if name == "thread":
            return self._of("t_", "m_")
        if name in ("cursor", "since"):
            return self._of("c_")
        if name in ("withdraw", "read", "unread", "reply_all", "allow_duplicate"):
            return self.dice.choice((True, False, None, "true"))
        if name in ("limit", "timeout", "max_chars"):
            return self.dice.choice((0, 1, 10, 600, -1))
        if name in ("add_labels", "remove_labels"):
            return [self.dice.choice(("held", "approved"))]
        if name == "attachments":
            return [{"name": "a.txt", "text": self._any()}]
        return self._any()


async def _storm(door: World, calls: int, *, over: tuple[str, ...] = ("held", "withdrawn")) -> None:
    hostile = Hostile(seed=calls)
    inbox = await door.inbox("anna")
    hostile.learn([inbox, await door.mail(inbox, text="Hello.", subject="Your code 482913")])
    seen: dict[str, str] = {}
    for number in range(calls):
        if number % 400 == 0:
            inbox = await door.inbox()
            hostile.learn([inbox, await door.mail(inbox, text="Hello.")])
        tool, arguments = hostile.call()
        with contextlib.suppress(ToolFailed):
            record = await door.call(tool, **arguments)
            hostile.learn(record)
            if tool in ("send", "draft_for_approval") and record["status"] == "held":
                seen[record["draft"]] = "held"
    room = await door.session.room()
    store = room._store
    states = dict(await store.read(lambda db: db.execute("SELECT public_id, state FROM drafts").fetchall()))
    assert len(seen) > calls // 100
    released = {draft: states[draft] for draft in seen if states.get(draft, "withdrawn") not in over}
    assert released == {}
    assert await store.read(lambda db: db.execute("SELECT count(*) FROM agreed").fetchone()[0]) == 0
    assert door.sink.recipients <= {"eve@evil.example"}  # an answer to exactly the sender of a mail
    assert all(mail["In-Reply-To"] for _, mail in door.sink.arrived)
    assert (await room.status()).policy == "first_contact"
    print(f"{calls} calls, {len(seen)} held, {len(door.sink.arrived)} answers left, 0 released")


async def test_random_calls_release_nothing(home):
    async with world(home) as door:
        await _storm(door, 250)


async def test_a_trusted_client_that_answers_every_question_without_a_human_releases_nothing(home):
    dice = random.Random(7)
    asked = 0

    async def answer(context: Any, params: Any) -> ElicitResult:
        nonlocal asked
        asked += 1
        fields = params.requested_schema["properties"]
        content = {"decision": dice.choice(fields["decision"]["enum"]), "word": "yes"}
        content |= {"code": dice.choice((*WORDS, params.message[:40]))} if "code" in fields else {}
        return ElicitResult(action=dice.choice(("accept", "accept", "decline", "cancel")), content=content)

    has = {"elicitation_callback": answer, "client_info": Implementation(name="auto", version="1")}
    async with world(home, has, MAILMCP_APPROVAL__TRUSTED_CLIENTS="auto") as door:
        await _storm(door, 250, over=("held", "withdrawn", "rejected"))
        assert asked > 5


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_thousands_of_random_calls_release_nothing(home):
    async with world(home) as door:
        await _storm(door, CALLS)
