"""What a client is told of the tools: names, titles, hints, schemas, and how much room it takes."""

from __future__ import annotations

import json

import jsonschema
import pytest

pytestmark = pytest.mark.anyio

NAMES = [
    "check_draft",
    "create_inbox",
    "delete_inbox",
    "draft_for_approval",
    "find_mail",
    "get_attachment",
    "list_inboxes",
    "mail_status",
    "mark",
    "read_thread",
    "send",
    "wait_for_mail",
    "wait_for_otp",
]
READ_ONLY = {
    "check_draft",
    "find_mail",
    "get_attachment",
    "list_inboxes",
    "mail_status",
    "read_thread",
    "wait_for_mail",
    "wait_for_otp",
}
DESTRUCTIVE = {"delete_inbox", "send"}
SHOWS_STRANGERS_WORDS = {"find_mail", "get_attachment", "read_thread", "wait_for_mail", "wait_for_otp"}
ARGUMENTS = {
    "check_draft": "draft",
    "create_inbox": "name label display_name key backend",
    "delete_inbox": "inbox",
    "draft_for_approval": "inbox body to subject html cc bcc in_reply_to reply_all forward attachments send_at"
    " allow_duplicate note",
    "find_mail": "inbox query from_ unread label since limit cursor",
    "get_attachment": "message part as_ offset",
    "list_inboxes": "",
    "mail_status": "",
    "mark": "target read add_labels remove_labels withdraw",
    "read_thread": "thread include max_chars cursor",
    "send": "inbox body to subject html cc bcc in_reply_to reply_all forward attachments send_at allow_duplicate",
    "wait_for_mail": "inbox from_ subject since timeout",
    "wait_for_otp": "inbox from_ since timeout",
}
REQUIRED = {
    "delete_inbox": "inbox",
    "draft_for_approval": "inbox body",
    "get_attachment": "message part",
    "mark": "target",
    "read_thread": "thread",
    "send": "inbox body",
    "wait_for_mail": "inbox",
    "wait_for_otp": "inbox",
}


@pytest.fixture
async def tools(either_door):
    return (await either_door.client.list_tools()).tools


async def test_there_are_thirteen_tools_in_an_order_that_never_changes(tools):
    assert [tool.name for tool in tools] == NAMES


async def test_each_tool_takes_the_arguments_that_were_promised(tools):
    assert {tool.name: " ".join(tool.input_schema["properties"]) for tool in tools} == ARGUMENTS
    assert {
        tool.name: " ".join(tool.input_schema["required"]) for tool in tools if tool.input_schema.get("required")
    } == (REQUIRED)


async def test_each_tool_has_a_title_and_four_truthful_hints(tools):
    for tool in tools:
        assert tool.title
        hints = tool.annotations
        assert hints.read_only_hint is (tool.name in READ_ONLY), tool.name
        assert hints.destructive_hint is (tool.name in DESTRUCTIVE), tool.name
        assert hints.open_world_hint is (tool.name in SHOWS_STRANGERS_WORDS | {"send"}), tool.name
        assert hints.idempotent_hint is (tool.name != "create_inbox"), tool.name


async def test_each_tool_says_in_a_sentence_when_to_use_it(tools):
    for tool in tools:
        assert 20 < len(tool.description) < 400, tool.name
        assert "\n    " not in tool.description.strip("\n "), tool.name


async def test_each_tool_refuses_unknown_fields_and_has_schemas_that_clients_can_use(tools):
    for tool in tools:
        assert tool.input_schema["additionalProperties"] is False
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
        jsonschema.Draft202012Validator.check_schema(tool.output_schema)
        assert tool.output_schema["type"] == "object"
        for name, argument in tool.input_schema["properties"].items():
            assert "type" in argument or "enum" in argument, (tool.name, name)
            assert argument.get("type") != "array" or "items" in argument, (tool.name, name)


async def test_what_a_model_must_read_of_the_list_stays_under_nine_thousand_characters(tools):
    seen = [{"name": tool.name, "description": tool.description, "inputSchema": tool.input_schema} for tool in tools]
    assert len(json.dumps(seen, ensure_ascii=False)) < 9_000


async def test_both_eras_are_told_the_same(open_door):
    told = []
    for mode in ("auto", "legacy"):
        async with open_door(mode) as door:
            tools = (await door.client.list_tools()).tools
            told.append([tool.model_dump(mode="json", by_alias=True) for tool in tools])
    assert told[0] == told[1]


async def test_no_tool_can_approve_or_reject_a_draft(tools):
    for tool in tools:
        assert not {"approve", "approved", "reject", "code", "sha256"} & set(tool.input_schema["properties"])
    assert not any("approve" in tool.name or "reject" in tool.name for tool in tools)


async def test_the_list_is_the_same_when_the_home_cannot_be_opened(home, open_door):
    home.write_text("a file, not a folder")
    async with open_door() as door:
        assert [tool.name for tool in (await door.client.list_tools()).tools] == NAMES
