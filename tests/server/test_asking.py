"""A human who is told of a held draft by the client: may reject there, and approve only where the settings trust it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from hosts import LIMIT
from mcp import MCPError
from mcp.types import ElicitResult, ErrorData, Implementation
from test_stdio import MODERN

from mailmcp.mailroom.requests import Edit

pytestmark = pytest.mark.anyio

LEAVE, REJECT, APPROVE = "leave it held", "reject it", "approve it"
TRUST = {"MAILMCP_APPROVAL__TRUSTED_CLIENTS": "other, trusty"}


class Human:
    """Somebody before a client, who answers what is asked."""

    def __init__(self, action: str = "accept", content: dict[str, Any] | None = None, **fields: Any) -> None:
        self.action = action
        self.content = content if content is not None or not fields else fields
        self.asked: list[Any] = []
        self.read_code = False
        self.room: Any = None
        self.is_asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.gave_up = False

    async def __call__(self, context: Any, params: Any) -> ElicitResult | ErrorData:
        self.asked.append(params)
        self.is_asked.set()
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.gave_up = True
            raise
        content = self.content
        if self.read_code:
            draft = (await self.room.open_drafts())[-1]
            content = {**(content or {}), "code": f" {(await self.room.code(draft)).upper()} "}
        return ElicitResult(action=self.action, content=content)


@pytest.fixture(params=["auto", "legacy"])
def before(request, open_door):
    """Opens a door with a human before the client, in both eras."""

    def opened(human: Human, name: str = "host", **environment: str):
        has = {"elicitation_callback": human, "client_info": Implementation(name=name, version="1")}
        return open_door(request.param, has, **environment)

    return opened


async def held(door, tool="draft_for_approval", **more: Any) -> dict[str, Any]:
    """What a call answers that is held."""
    anna, bert = await door.inbox(), await door.inbox()
    return await door.call(tool, inbox=anna, to=[bert], subject="May I?", body="x", **more)


async def test_the_human_is_told_what_it_is_about_and_where_it_is_approved_but_no_code(before):
    human = Human("decline")
    async with before(human, **TRUST) as door:
        bert = await door.inbox("bert")
        given = {"inbox": await door.inbox("anna"), "to": [bert], "subject": "May\u202e I\u200b?", "body": "x"}
        result = await door.call("draft_for_approval", **given)
        assert result["status"] == "held"
        [asked] = human.asked
        room = await door.session.room()
        draft = await room.draft(result["draft"])
        for words in (bert, "anna@agents.internal", f"approve {draft.id}", draft.reasons[0].sentence, "U+202E"):
            assert words in asked.message
        told = asked.model_dump_json()
        assert await room.code(draft) not in told.lower()
        assert draft.sha256 not in told
        assert "token" not in told
        assert "\u202e" not in asked.message
        assert asked.requested_schema["properties"]["decision"]["enum"] == [LEAVE, REJECT]
        assert "code" not in asked.requested_schema["properties"]


async def test_a_rejection_with_a_word_reaches_the_assistant_in_the_answer_itself(before):
    async with before(Human(decision=REJECT, word="Not\nbefore Monday.")) as door:
        result = await held(door)
        assert result["status"] == "rejected"
        assert "Not before Monday." in result["reasons"]
        assert (await door.call("check_draft", draft=result["draft"]))["drafts"][0]["status"] == "rejected"


NO_DECISIONS: tuple[tuple[str, dict[str, Any] | None], ...] = (
    ("decline", None),
    ("cancel", None),
    ("decline", {"decision": REJECT}),
    ("accept", None),
    ("accept", {}),
    ("accept", {"decision": LEAVE, "word": "x"}),
    ("accept", {"decision": "approve"}),
    ("accept", {"decision": True, "word": 7}),
    ("accept", {"word": "reject it"}),
    ("accept", {"decision": APPROVE}),
    ("accept", {"decision": APPROVE, "code": ""}),
    ("accept", {"decision": APPROVE, "code": "222222"}),
)


async def test_whatever_is_no_decision_leaves_it_held_also_in_a_trusted_client(before):
    human = Human()
    async with before(human, "trusty", **TRUST) as door:
        anna, bert = await door.inbox(), await door.inbox()
        for number, (human.action, human.content) in enumerate(NO_DECISIONS):
            given = {"inbox": anna, "to": [bert], "subject": f"number {number}", "body": "x"}
            assert (await door.call("draft_for_approval", **given))["status"] == "held"
        assert len(human.asked) == len(NO_DECISIONS)


async def test_a_client_that_nobody_trusts_approves_nothing_even_with_the_code(before):
    human = Human(decision=APPROVE)
    human.read_code = True
    async with before(human, "other host", **TRUST) as door:
        human.room = await door.session.room()
        assert (await held(door))["status"] == "held"


async def test_a_trusted_client_approves_with_the_code_that_is_shown_elsewhere(before):
    human = Human(decision=APPROVE)
    human.read_code = True
    async with before(human, "trusty", **TRUST) as door:
        human.room = room = await door.session.room()
        result = await held(door)
        assert result["status"] == "sent"
        [asked] = human.asked
        assert asked.requested_schema["properties"]["decision"]["enum"] == [LEAVE, REJECT, APPROVE]
        assert await room.code(await room.draft(result["draft"])) not in asked.model_dump_json()
        rows = [row async for row in room.auditing.rows()]
        [approved] = [row for row in rows if row.event == "draft.approved"]
        assert "the client trusty, unproved" in str(approved)


async def test_whoever_guesses_codes_can_approve_no_more_in_a_client(before):
    human = Human(decision=APPROVE, code="222222")
    async with before(human, "trusty", **TRUST) as door:
        human.room = await door.session.room()
        for number in range(5):
            assert (await held(door, note=str(number)))["status"] == "held"
        human.read_code = True
        assert (await held(door))["status"] == "held"
        assert APPROVE not in human.asked[-1].requested_schema["properties"]["decision"]["enum"]


async def test_with_a_passphrase_no_client_approves(before):
    human = Human(decision=APPROVE)
    human.read_code = True
    async with before(human, "trusty", **TRUST) as door:
        human.room = room = await door.session.room()
        await room.approver.set("correct horse battery")
        assert (await held(door))["status"] == "held"
        assert "code" not in human.asked[0].requested_schema["properties"]


async def test_a_repeat_of_a_held_mail_asks_nobody_again(before):
    human = Human("decline")
    async with before(human) as door:
        given = {"inbox": await door.inbox(), "to": [await door.inbox("b")], "subject": "x", "body": "x"}
        for tool in ("draft_for_approval", "send", "draft_for_approval"):
            assert (await door.call(tool, **given))["status"] == "held"
        assert len(human.asked) == 1


async def test_what_policy_lets_go_asks_nobody_and_where_asking_is_off_nobody_is_asked(before):
    human = Human(decision=REJECT)
    async with before(human, MAILMCP_APPROVAL__ASK="0") as door:
        assert (await held(door, "send"))["status"] == "sent"
        assert (await held(door))["status"] == "held"
    assert human.asked == []


# --- clients that are asked while the call runs ------------------------------------------------------------------


@pytest.fixture
def slow(open_door):
    """A client of 2025 whose human takes time; the call waits a tenth of a second for it."""
    human = Human(decision=REJECT, word="No.")
    human.may_answer.clear()

    def opened(seconds: str = "0.1"):
        return human, open_door("legacy", {"elicitation_callback": human}, MAILMCP_APPROVAL__ASK=seconds)

    return opened


async def until(condition) -> None:
    async with asyncio.timeout(LIMIT):
        while not await condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_human_who_takes_time_does_not_hold_the_answer_up_and_a_late_rejection_counts(slow):
    human, opened = slow()
    async with opened as door:
        result = await held(door)
        assert result["status"] == "held"
        human.may_answer.set()
        room = await door.session.room()

        async def rejected() -> bool:
            return (await room.draft(result["draft"])).state == "rejected"

        await until(rejected)


async def test_a_late_answer_changes_nothing_that_was_decided_elsewhere(slow):
    human, opened = slow()
    async with opened as door:
        result = await held(door)
        room = await door.session.room()
        draft = await room.draft(result["draft"])
        await room.approve(draft.id, sha256=draft.sha256, approver="human")
        [question] = door.session._questions
        human.may_answer.set()
        await asyncio.wait([question], timeout=LIMIT)
        assert (await room.draft(draft.id)).state == "sent"


async def test_a_decision_elsewhere_ends_the_wait_and_closes_the_question(slow):
    human, opened = slow("300")
    async with opened as door:
        room = await door.session.room()
        call = asyncio.create_task(held(door))
        await asyncio.wait_for(human.is_asked.wait(), LIMIT)
        [draft] = await room.open_drafts()
        await room.approve(draft.id, sha256=draft.sha256, approver="human")
        assert (await asyncio.wait_for(call, LIMIT))["status"] in ("sent", "queued")

        async def closed() -> bool:
            return human.gave_up

        await until(closed)


async def test_an_edit_makes_the_answer_about_the_old_words_void(slow):
    human, opened = slow()
    async with opened as door:
        result = await held(door)
        room = await door.session.room()
        draft = await room.draft(result["draft"])
        await room.edit(draft.id, Edit(body="Other words."), sha256=draft.sha256, editor="human")
        [question] = door.session._questions
        human.may_answer.set()
        await asyncio.wait([question], timeout=LIMIT)
        assert (await room.draft(draft.id)).state == "held"


async def test_a_client_that_fails_at_asking_gets_the_usual_answer(open_door):
    async def broken(context: Any, params: Any) -> ErrorData:
        return ErrorData(code=-32603, message="no dialogues here")

    async with open_door("legacy", {"elicitation_callback": broken}) as door:
        assert (await held(door))["status"] == "held"


async def test_the_server_ends_though_a_question_is_open(slow):
    _, opened = slow()
    async with asyncio.timeout(LIMIT):
        async with opened as door:
            await held(door)
            [question] = door.session._questions
    assert question.done()


# --- clients that come back with the answer ----------------------------------------------------------------------


async def test_an_answer_counts_only_for_the_call_that_asked(open_door):
    async with open_door("auto", {"elicitation_callback": Human("decline")}) as door:
        anna, bert = await door.inbox("anna"), await door.inbox("bert")
        given = {"inbox": anna, "to": [bert], "subject": "One", "body": "x"}
        ask = door.client.session.call_tool
        first = await ask("draft_for_approval", given, allow_input_required=True)
        answered = {"decision": ElicitResult(action="accept", content={"decision": REJECT})}
        for other, state in (({**given, "subject": "Two"}, first.request_state), (given, first.request_state + "x")):
            with pytest.raises(MCPError, match="requestState"):
                await ask("draft_for_approval", other, input_responses=answered, request_state=state)
        room = await door.session.room()
        assert [draft.state for draft in await room.open_drafts()] == ["held"]
        again = await ask("draft_for_approval", given, input_responses=answered, request_state=first.request_state)
        assert again.structured_content["status"] == "rejected"
        # The state may be sent twice; what was decided stays.
        again = await ask("draft_for_approval", given, input_responses=answered, request_state=first.request_state)
        assert again.structured_content["status"] == "rejected"


async def test_a_client_that_comes_back_without_an_answer_is_not_asked_without_end(open_door):
    async with open_door("auto", {"elicitation_callback": Human("decline")}) as door:
        given = {"inbox": await door.inbox(), "to": [await door.inbox("b")], "subject": "x", "body": "x"}
        ask = door.client.session.call_tool
        first = await ask("draft_for_approval", given, allow_input_required=True)
        again = await ask("draft_for_approval", given, request_state=first.request_state)
        assert again.structured_content["status"] == "held"


# --- on the wire -------------------------------------------------------------------------------------------------


def test_over_the_pipe_a_client_of_2025_is_asked_and_its_answer_counts(serve):
    served = serve()
    capabilities = {"elicitation": {}}
    served.request(
        "initialize",
        {
            "protocolVersion": "2025-06-18",
            "capabilities": capabilities,
            "clientInfo": {"name": "host", "version": "1"},
        },
    )
    served.say({"method": "notifications/initialized"})
    anna, bert = (served.call("create_inbox", name=name)["address"] for name in ("anna", "bert"))
    arguments = {"inbox": anna, "to": [bert], "subject": "May I?", "body": "x"}
    number = served.ask("tools/call", {"name": "draft_for_approval", "arguments": arguments})
    question = next(one for one in iter(served.next, None) if one.get("method") == "elicitation/create")
    assert "May I?" in question["params"]["message"]
    served.say({"id": question["id"], "result": {"action": "accept", "content": {"decision": REJECT}}})
    assert served.answer(number)["result"]["structuredContent"]["status"] == "rejected"
    assert served.close() == 0


@pytest.mark.parametrize("forms", [{}, {"form": {}}, {"form": {}, "url": {}}])
def test_over_the_pipe_a_client_of_2026_gets_the_question_as_the_result_if_it_has_forms(serve, forms):
    served = serve()
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {"elicitation": forms},
    }

    def call(tool: str, arguments: dict[str, Any], **more: Any) -> dict[str, Any]:
        return served.request("tools/call", {"name": tool, "arguments": arguments, "_meta": meta, **more})["result"]

    anna, bert = (call("create_inbox", {"name": name})["structuredContent"]["address"] for name in ("anna", "bert"))
    arguments = {"inbox": anna, "to": [bert], "subject": "May I?", "body": "x"}
    result = call("draft_for_approval", arguments)
    assert result["resultType"] == "input_required"
    assert result["inputRequests"]["decision"]["method"] == "elicitation/create"
    state = result["requestState"]
    answer = {"decision": {"action": "accept", "content": {"decision": REJECT, "word": "No."}}}
    result = call("draft_for_approval", arguments, inputResponses=answer, requestState=state)
    assert result["structuredContent"]["status"] == "rejected"
    assert result["structuredContent"]["draft"] not in state
    assert "No." in json.dumps(result)
    with contextlib.suppress(OSError):
        served.close()


# --- clients that open pages and have no forms ---------------------------------------------------------------------


def opened(serve, capabilities: dict[str, Any], **environment: str):
    """A server that a client of 2025 with these kinds of questions began to speak to."""
    served = serve(MAILMCP_WEB__OPEN="false", **environment)
    who = {"name": "host", "version": "1"}
    has = {"elicitation": capabilities}
    served.request("initialize", {"protocolVersion": "2025-11-25", "capabilities": has, "clientInfo": who})
    served.say({"method": "notifications/initialized"})
    return served


def given(served) -> dict[str, Any]:
    anna, bert = (served.call("create_inbox", name=name)["address"] for name in ("anna", "bert"))
    return {"inbox": anna, "to": [bert], "subject": "May I?", "body": "x"}


def question_of(served) -> dict[str, Any]:
    return next(one for one in iter(served.next, None) if one.get("method") == "elicitation/create")


def test_a_client_that_only_opens_pages_is_asked_to_open_the_page_which_ends_the_wait_when_decided(serve, home):
    served = opened(serve, {"url": {}}, MAILMCP_APPROVAL__ASK="300")
    page, arguments = served.page(), given(served)
    number = served.ask("tools/call", {"name": "draft_for_approval", "arguments": arguments})
    question = question_of(served)
    asked = question["params"]
    draft = asked["url"].removeprefix(f"{page}#")
    assert (asked["mode"], draft[:2]) == ("url", "d_")
    assert "May I?" in asked["message"]
    assert "decides nothing" in asked["message"]
    assert "token" not in json.dumps(asked)
    served.say({"id": question["id"], "result": {"action": "accept"}})
    command = [sys.executable, "-m", "mailmcp", "--home", str(home), "reject", draft, "--word", "Not now."]
    subprocess.run(command, check=True, capture_output=True, timeout=LIMIT, stdin=subprocess.DEVNULL)
    result = served.answer(number)["result"]["structuredContent"]
    assert (result["status"], "Not now." in result["reasons"]) == ("rejected", True)
    [done] = [one for one in served.notices if one["method"] == "notifications/elicitation/complete"]
    assert done["params"]["elicitationId"] == asked["elicitationId"]


def test_who_does_not_open_it_or_says_more_leaves_it_held(serve):
    served = opened(serve, {"url": {}})
    served.page()
    arguments = given(served)
    for action in ("decline", "cancel"):
        asked = {"name": "draft_for_approval", "arguments": {**arguments, "subject": action}}
        number = served.ask("tools/call", asked)
        said = {"action": action, "content": {"decision": REJECT}}
        served.say({"id": question_of(served)["id"], "result": said})
        assert served.answer(number)["result"]["structuredContent"]["status"] == "held"


def test_a_client_of_2026_that_only_opens_pages_comes_back_and_it_is_held_whatever_it_says(serve):
    served = serve(MAILMCP_WEB__OPEN="false")
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"url": {}}},
    }

    def call(tool: str, arguments: dict[str, Any], **more: Any) -> dict[str, Any]:
        return served.request("tools/call", {"name": tool, "arguments": arguments, "_meta": meta, **more})["result"]

    anna, bert = (call("create_inbox", {"name": name})["structuredContent"]["address"] for name in ("anna", "bert"))
    until = time.monotonic() + LIMIT
    while "page" not in (status := call("mail_status", {})["structuredContent"]) and time.monotonic() < until:
        threading.Event().wait(0.02)
    arguments = {"inbox": anna, "to": [bert], "subject": "May I?", "body": "x"}
    result = call("draft_for_approval", arguments)
    asked = result["inputRequests"]["decision"]["params"]
    assert (asked["mode"], asked["url"].startswith(f"{status['page']}#d_")) == ("url", True)
    answer = {"decision": {"action": "accept", "content": {"decision": REJECT}}}
    result = call("draft_for_approval", arguments, inputResponses=answer, requestState=result["requestState"])
    assert result["structuredContent"]["status"] == "held"


def test_without_a_page_there_is_nothing_to_open(serve):
    served = opened(serve, {"url": {}}, MAILMCP_WEB__ENABLED="false")
    served.listener(this_process=True)
    assert served.call("draft_for_approval", **given(served))["status"] == "held"
    assert not [one for one in served.notices if one["method"] == "elicitation/create"]
