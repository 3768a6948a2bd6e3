"""What is held, and what a human decides about it: seen by the assistant that asked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hosts import newest

import mailmcp

pytestmark = pytest.mark.anyio


async def test_a_draft_for_approval_is_held_and_says_how_a_human_decides(door, desks):
    anna, bert, _ = desks
    arguments = {"inbox": anna, "to": [bert], "subject": "May I?", "body": "x"}
    text, held = await door.ask("draft_for_approval", note="The customer waits.", **arguments)
    assert held["status"] == "held"
    assert f"approve {held['draft']}" in held["how_to_decide"]
    assert held["how_to_decide"] in text
    assert (await door.call("mail_status"))["held"] == 1
    draft = (await door.call("check_draft", draft=held["draft"]))["drafts"][0]
    assert (draft["status"], draft["subject"]) == ("held", "May I?")
    assert draft["expires_at"] > draft["created_at"]
    assert (await door.call("wait_for_mail", inbox=bert, timeout=0))["status"] == "pending"
    # The same content by send is the same mail, and still held.
    assert (await door.call("send", **arguments))["status"] == "held"


async def test_under_the_policy_approve_everything_is_held(open_door):
    async with open_door(MAILMCP_SEND__POLICY="approve") as door:
        anna, bert = await door.inbox("anna"), await door.inbox("bert")
        held = await door.call("send", inbox=anna, to=[bert], subject="x", body="x")
        assert held["status"] == "held"
        assert "MAILMCP_SEND__POLICY" in " ".join(held["reasons"])


async def test_under_the_policy_never_nothing_is_sent_or_held(open_door):
    async with open_door(MAILMCP_SEND__POLICY="never") as door:
        anna, bert = await door.inbox("anna"), await door.inbox("bert")
        for tool in ("send", "draft_for_approval"):
            refused = await door.call(tool, inbox=anna, to=[bert], subject="x", body="x")
            assert refused["status"] == "refused"
            assert "MAILMCP_SEND__POLICY" in " ".join(refused["reasons"])
        assert (await door.call("create_inbox"))["can_send"] is False


async def test_what_a_human_must_type_stands_in_nothing_that_a_tool_gives(door, desks):
    anna, bert, _ = desks
    arguments = {"inbox": anna, "to": [bert], "subject": "May I?", "body": "x", "note": "please"}
    seen = [str(await door.ask("draft_for_approval", **arguments))]
    draft = (await door.call("check_draft"))["drafts"][0]["draft"]
    for tool, arguments in (("check_draft", {}), ("check_draft", {"draft": draft}), ("mail_status", {})):
        seen.append(str(await door.ask(tool, **arguments)))
    room = await door.session.room()
    sha256, code = (await room.draft(draft)).sha256, await room.code(await room.draft(draft))
    for answer in seen:
        assert code not in answer
        assert sha256[:8] not in answer
        assert f" {sha256[:4]}" not in answer


async def test_a_tool_says_how_a_human_decides_and_what_an_approval_is_worth(door, desks):
    anna, bert, _ = desks
    room = await door.session.room()
    await room.pages.opened("http://127.0.0.1:4711/")
    text, status = await door.ask("mail_status")
    assert status["page"] == "http://127.0.0.1:4711/"
    assert "a program that runs commands as you could approve too" in status["approval"]
    assert status["approval"] in text
    held = await door.call("draft_for_approval", inbox=anna, to=[bert], subject="May I?", body="x")
    assert "at http://127.0.0.1:4711/ (`" in held["how_to_decide"]
    assert " ui --home " in held["how_to_decide"]
    await room.approver.set("four plain old words")
    status = await door.call("mail_status")
    assert status["approval"].endswith("and types the approver's passphrase.")


def test_the_code_that_lets_a_draft_go_is_out_of_the_reach_of_tools():
    """No file of the door that an assistant comes through so much as names what decides."""
    deciding = re.compile(r"\.(?:approve|reject|edit|approver\.(?:set|clear)|presenting)\b")
    folder = Path(mailmcp.__file__).parent / "server"
    found = [(file.name, line) for file in folder.glob("*.py") for line in deciding.findall(file.read_text("utf-8"))]
    assert found == []
    assert "mailmcp.web" not in "".join(file.read_text("utf-8") for file in folder.glob("*.py"))


async def test_a_human_approves_and_the_mail_arrives_as_it_was_shown(door, desks):
    anna, bert, _ = desks
    held = await door.call("draft_for_approval", inbox=anna, to=[bert], subject="May I?", body="x")
    room = await door.session.room()
    draft, mime = await room.shown(held["draft"])
    assert b"May I?" in mime
    approved = await room.approve(draft.id, sha256=draft.sha256, approver="human")
    assert approved.state == "sent"
    got = await newest(door, bert)
    raw = await room.reading.raw(got["id"])
    assert raw.endswith(mime)
    assert raw.removesuffix(mime).startswith(b"Date: ")
    assert (await door.call("check_draft", draft=draft.id))["drafts"][0]["status"] == "sent"


async def test_a_rejection_and_its_word_reach_the_assistant_also_on_a_repeat(door, desks):
    anna, bert, _ = desks
    arguments = {"inbox": anna, "to": [bert], "subject": "May I?", "body": "x"}
    held = await door.call("draft_for_approval", **arguments)
    room = await door.session.room()
    await room.reject(held["draft"], word="Ask me in person first.", approver="human")
    checked = (await door.call("check_draft", draft=held["draft"]))["drafts"][0]
    assert (checked["status"], checked["error"]) == ("rejected", "Ask me in person first.")
    for tool in ("send", "draft_for_approval"):
        again = await door.call(tool, **arguments)
        assert (again["status"], again["draft"]) == ("rejected", held["draft"])
        assert "Ask me in person first." in again["reasons"]
    assert (await door.call("wait_for_mail", inbox=bert, timeout=0))["status"] == "pending"
