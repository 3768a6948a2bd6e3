"""Strict arguments, and errors as one sentence with the way out."""

from __future__ import annotations

import sqlite3

import pytest
from hosts import ToolFailed
from mcp import Client, MCPError

from mailmcp.errors import StoreUnavailable
from mailmcp.server.build import build_server
from mailmcp.server.session import Session

pytestmark = pytest.mark.anyio


async def refused(door, tool: str, **arguments) -> str:
    """The words with which a call is refused: one short line without a library's ways of speaking."""
    with pytest.raises(ToolFailed) as failure:
        await door.call(tool, **arguments)
    words = str(failure.value)
    assert "\n" not in words
    assert len(words) < 500
    for foreign in ("pydantic", "http", "Traceback", "input_value", "validation error", "Error executing"):
        assert foreign not in words
    return words


async def test_an_unknown_argument_is_named_and_refused(either_door):
    words = await refused(either_door, "find_mail", form="app.example")
    assert words == "Invalid arguments for find_mail: there is no argument `form` (did you mean `from_`?)."
    words = await refused(either_door, "wait_for_otp", inbox="a@agents.internal", sender="app.example")
    assert words.endswith("there is no argument `sender` (it takes inbox, from_, since, timeout).")  # not "since"
    words = await refused(either_door, "mail_status", verbose=True)
    assert words == "Invalid arguments for mail_status: there is no argument `verbose` (it takes none)."


async def test_an_unknown_field_of_an_attachment_is_named_and_refused(either_door):
    words = await refused(
        either_door, "send", inbox="a@agents.internal", body="x", attachments=[{"path": "/etc/passwd"}]
    )
    assert "there is no argument `attachments[0].path` (did you mean `part`?)" in words


async def test_a_missing_argument_is_named(either_door):
    words = await refused(either_door, "read_thread")
    assert words == "Invalid arguments for read_thread: `thread` is required."


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("wait_for_otp", {"timeout": "soon"}, "`timeout` must be a number from 0 to 300"),
        ("wait_for_otp", {"timeout": 301}, "`timeout` must be a number from 0 to 300"),
        ("wait_for_otp", {"timeout": -1}, "`timeout` must be a number from 0 to 300"),
        ("wait_for_otp", {"timeout": "NaN"}, "`timeout` must be a number from 0 to 300"),
        ("wait_for_otp", {"timeout": "1e999"}, "`timeout` must be a number from 0 to 300"),
        ("wait_for_otp", {"timeout": True}, "`timeout` must be a number from 0 to 300"),
        ("wait_for_otp", {"inbox": 7}, "`inbox` must be a string"),
        ("find_mail", {"limit": 51}, "`limit` must be a whole number from 1 to 50"),
        ("find_mail", {"limit": 0}, "`limit` must be a whole number from 1 to 50"),
        ("find_mail", {"limit": 1.5}, "`limit` must be a whole number from 1 to 50"),
        ("find_mail", {"limit": True}, "`limit` must be a whole number from 1 to 50"),
        ("find_mail", {"unread": "perhaps"}, "`unread` must be true or false"),
        ("read_thread", {"max_chars": 10}, "`max_chars` must be a whole number from 500 to 200000"),
        ("read_thread", {"include": 5}, "`include` must be a list of quoted, hidden, links, headers or all"),
        ("read_thread", {"include": "everything"}, "`include[0]` must be quoted, hidden, links, headers or all"),
        ("read_thread", {"include": ["everything"]}, "`include[0]` must be quoted, hidden, links, headers or all"),
        ("get_attachment", {"as_": "pdf"}, "`as_` must be text, base64 or file"),
        ("send", {"to": {"b": 1}}, "`to` must be a list of strings"),
        ("send", {"to": ["b@agents.internal", 1]}, "`to[1]` must be a string"),
        ("send", {"attachments": "a.txt"}, "`attachments` must be a list of objects"),
        (
            "send",
            {"attachments": [5]},
            "`attachments[0]` must be an object with name, text, base64, message, part, file, cid",
        ),
        ("send", {"attachments": [{}, {"name": 5}]}, "`attachments[1].name` must be a string"),
        ("create_inbox", {"name": ["a"]}, "`name` must be a string"),
        ("create_inbox", {"name": ["a"], "label": 5}, "`name` must be a string; `label` must be a string"),
    ],
)
async def test_what_was_expected_is_said_in_one_sentence(door, tool, arguments, sentence):
    words = await refused(door, tool, **REQUIRED[tool] | arguments)
    assert words == f"Invalid arguments for {tool}: {sentence}."


REQUIRED = {
    "check_draft": {},
    "create_inbox": {},
    "delete_inbox": {"inbox": "a@agents.internal"},
    "draft_for_approval": {"inbox": "a@agents.internal", "body": "x"},
    "find_mail": {},
    "get_attachment": {"message": "m_1", "part": "1"},
    "list_inboxes": {},
    "mail_status": {},
    "mark": {"target": "t_1"},
    "read_thread": {"thread": "t_1"},
    "send": {"inbox": "a@agents.internal", "body": "x"},
    "wait_for_mail": {"inbox": "a@agents.internal"},
    "wait_for_otp": {"inbox": "a@agents.internal"},
}
ANYTHING = [
    None, True, False, 0, 1, -1, 10**30, 0.5, -0.5,
    "", "x", "NaN", "1e999", "null", "[1]", '{"a": 1}', "[" * 500, "a\nb\x00\u202e", "x" * 5_000,
    [], [1], [None], [[]], [{}], ["x"], [True], ["x"] * 1_000, [{"name": 5}], [{"name": "a", "x" * 500: 1}],
    {}, {"a": 1}, {"name": "a", "text": "b"},
]  # fmt: skip
TAKEN = {
    "string": (str,),
    "boolean": (bool, int, str),  # hosts write 1 and "true"
    "integer": (int, float, str),  # and 20.0 and "20"
    "number": (int, float, str),
    "array": (list, str, dict),  # and a list as JSON in a string, or the one thing that is to be in it
}
"""What may be read as each kind; anything else must be refused."""


@pytest.mark.slow
async def test_anything_at_all_given_for_any_argument_is_taken_or_named_in_one_sentence(either_door):
    await either_door.inbox("a")
    tools = (await either_door.client.list_tools()).tools
    assert {tool.name for tool in tools} == REQUIRED.keys()
    wrong = 0
    for tool in tools:
        for name, schema in tool.input_schema["properties"].items():
            for value in ANYTHING:
                if name == "timeout" and value in (None, ""):  # without a timeout it waits
                    continue
                arguments = {"timeout": 0} if "timeout" in tool.input_schema["properties"] else {}
                result = await either_door.client.call_tool(tool.name, REQUIRED[tool.name] | arguments | {name: value})
                optional = name not in tool.input_schema.get("required", [])
                kind = schema.get("type", "string")
                may_be_taken = optional if value is None else isinstance(value, TAKEN[kind])
                if isinstance(value, bool) and kind != "boolean":
                    may_be_taken = False
                case = (tool.name, name, repr(value)[:60])
                if not result.is_error:
                    assert may_be_taken, case
                    continue
                wrong += 1
                words = result.content[0].text
                assert_a_sentence(words, case)
                if not may_be_taken:
                    assert words.startswith(f"Invalid arguments for {tool.name}: `{name}"), (case, words)
    assert wrong > 1_000


def assert_a_sentence(words: str, case: object) -> None:
    """One line of ours, of bounded length."""
    assert len(words) <= 300, (case, words)
    assert "\n" not in words, case
    assert words.endswith((".", "?", ")")), (case, words)
    for foreign in ("pydantic", "Input should", "validation error", "type=", "://", "input_value", "Traceback"):
        assert foreign not in words, (case, words)


async def test_a_text_that_looks_like_json_stays_the_text_it_is(door):
    desk, other = await door.inbox("desk"), await door.inbox("other")
    for subject in ("[1]", "null", '{"a": 1}', "true", "5"):
        await door.call("send", inbox=desk, to=[other], subject=subject, body=subject)
        assert (await door.call("wait_for_mail", inbox=other, timeout=60))["subject"] == subject
    assert (await door.call("find_mail", query="null"))["threads"][0]["subject"] == "null"


async def test_lists_and_objects_may_be_json_in_a_string(door):
    """Some hosts send every argument that is no text like this."""
    desk, other = await door.inbox("desk"), await door.inbox("other")
    sent = await door.call(
        "send", inbox=desk, to=f'["{other}"]', body="x", attachments='[{"name": "a.txt", "text": "hello"}]'
    )
    assert sent["status"] == "sent"
    found = await door.call("wait_for_mail", inbox=other, timeout=60)
    assert (await door.call("get_attachment", message=found["message"], part="a.txt"))["text"].strip() == "hello"


async def test_one_text_or_object_stands_for_the_list_of_it(door):
    desk, other = await door.inbox("desk"), await door.inbox("other")
    sent = await door.call("send", inbox=desk, to=other, body="x", attachments={"name": "a.txt", "text": "hello"})
    assert (sent["status"], sent["recipients"]) == ("sent", [other])
    found = await door.call("wait_for_mail", inbox=other, timeout=60)
    read = await door.call("read_thread", thread=found["message"], include="headers")
    assert read["messages"][0]["headers"]
    assert (await door.call("mark", target=found["message"], add_labels="seen"))["labels"] == ["seen"]
    words = await refused(door, "send", inbox=desk, to=f"{other}, {desk}", body="x")  # several are not guessed at
    assert words.endswith("is not an e-mail address: write name@host or Name <name@host>.")


async def test_blanks_for_what_may_be_left_out_leave_it_out(door):
    desk, other = await door.inbox("desk"), await door.inbox("other")
    blank = dict.fromkeys(("cc", "reply_all", "in_reply_to", "forward", "attachments", "send_at"), "")
    sent = await door.call("send", inbox=desk, to=[other], subject="S", body="x", **blank)
    assert (sent["status"], sent["recipients"]) == ("sent", [other])
    listed = await door.call("find_mail", inbox=other, unread=" ", limit="", since=" ", cursor="", from_=" ")
    assert [one["subject"] for one in listed["threads"]] == ["S"]
    words = await refused(door, "wait_for_otp", inbox=" ", timeout=0)
    assert words.startswith("There is no inbox")


@pytest.mark.parametrize(
    "written", [" desk@agents.internal\n", "Desk <DESK@agents.internal>", "mailto:desk@agents.internal"]
)
async def test_an_inbox_is_found_however_its_address_is_written(door, written):
    desk = await door.inbox("desk")
    for tool, arguments in (
        ("send", {"to": [desk], "body": "x"}),
        ("draft_for_approval", {"to": [desk], "body": "y"}),
        ("find_mail", {}),
        ("wait_for_mail", {"timeout": 60}),
        ("wait_for_otp", {"timeout": 0}),
    ):
        await door.call(tool, inbox=written, **arguments)
    assert (await door.call("delete_inbox", inbox=written))["address"] == desk


async def test_blanks_round_an_id_do_not_belong_to_it(door):
    desk = await door.inbox("desk")
    await door.call("send", inbox=desk, to=[desk], subject="S", body="x", attachments=[{"name": "a.txt", "text": "a"}])
    found = await door.call("wait_for_mail", inbox=desk, timeout=60)
    message, thread, cursor = (f" {found[name]}\n" for name in ("message", "thread", "cursor"))
    assert (await door.call("read_thread", thread=thread))["thread"] == found["thread"]
    assert (await door.call("mark", target=message, read=True))["unread"] == 0
    assert (await door.call("get_attachment", message=message, part="a.txt"))["name"] == "a.txt"
    assert (await door.call("wait_for_mail", inbox=desk, since=cursor, timeout=0))["status"] == "pending"
    answered = await door.call("send", inbox=desk, in_reply_to=message, body="y")
    assert (await door.call("check_draft", draft=f" {answered['draft']} "))["drafts"][0]["draft"] == answered["draft"]


async def test_a_null_for_what_may_be_left_out_leaves_it_out(door):
    assert (await door.call("find_mail", limit=None, unread=None, query=None))["threads"] == []
    inbox = await door.inbox()
    assert (await door.call("wait_for_otp", inbox=inbox, timeout=0, from_=None, since=None))["status"] == "pending"
    words = await refused(door, "wait_for_otp", inbox=None)
    assert words == "Invalid arguments for wait_for_otp: `inbox` must be a string."


async def test_a_name_that_is_no_argument_may_be_anything(door):
    for name in ("", "x" * 5_000_000, "a\nb\x00\u202e", "\U0001f600" * 100):
        words = await refused(door, "find_mail", **{name: 1})
        assert_a_sentence(words, name[:20])
        assert words.startswith("Invalid arguments for find_mail: there is no argument `")


@pytest.mark.parametrize("long", ["x" * 5_000_000, "a\nb " * 1000], ids=["one_word", "lines"])
async def test_what_a_caller_made_long_is_not_said_again_in_full(door, long):
    inbox = await door.inbox()
    for tool, arguments in (
        ("delete_inbox", {"inbox": long}),
        ("read_thread", {"thread": f"t_{long}"}),
        ("read_thread", {"thread": long}),
        ("get_attachment", {"message": f"m_{long}", "part": "1"}),
        ("check_draft", {"draft": f"d_{long}"}),
        ("mark", {"target": long, "read": True}),
        ("find_mail", {"cursor": f"c_{long}"}),
        ("find_mail", {"inbox": long}),
        ("wait_for_otp", {"inbox": inbox, "since": long}),
        ("wait_for_mail", {"inbox": inbox, "from_": f"{long} x"}),
        ("create_inbox", {"name": long}),
        ("create_inbox", {"backend": long}),
        ("send", {"inbox": long, "body": "x"}),
        ("send", {"inbox": inbox, "body": "x", "to": [long]}),
        ("send", {"inbox": inbox, "body": "x", "in_reply_to": f"m_{long}"}),
        (long, {}),
    ):
        assert_a_sentence(await refused(door, tool, **arguments), (tool[:20], list(arguments)))


async def test_many_wrong_arguments_still_make_a_short_answer(door):
    words = await refused(door, "find_mail", **{f"wrong_{number}": number for number in range(200)})
    assert "`wrong_0`" in words


async def test_an_unknown_tool_is_answered_with_the_tools_there_are(either_door):
    words = await refused(either_door, "approve_draft")
    assert words.startswith("There is no tool 'approve_draft': the tools are check_draft, create_inbox, ")


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("wait_for_otp", {"inbox": "nobody@agents.internal"}, "There is no inbox nobody@agents.internal: "),
        ("find_mail", {"inbox": "nobody@agents.internal"}, "There is no inbox nobody@agents.internal: "),
        ("find_mail", {"cursor": "c_none"}, "The cursor 'c_none' is not known here: "),
        ("delete_inbox", {"inbox": "nobody@agents.internal"}, "There is no inbox nobody@agents.internal: "),
        ("read_thread", {"thread": "t_none"}, "There is no thread t_none: "),
        ("read_thread", {"thread": "m_none"}, "There is no message m_none: "),
        ("read_thread", {"thread": "everything"}, "'everything' is no thread (t_…) or message (m_…): "),
        ("get_attachment", {"message": "m_none", "part": "1"}, "There is no message m_none: "),
        ("check_draft", {"draft": "d_none"}, "There is no draft d_none: "),
        ("mark", {"target": "d_none", "withdraw": True}, "There is no draft d_none: "),
        ("mark", {"target": "d_none"}, "A draft can only be withdrawn: "),
        ("mark", {"target": "t_none", "withdraw": True}, "`withdraw` takes a draft"),
        ("mark", {"target": "t_none"}, "Nothing to mark: "),
        ("mark", {"target": "t_none", "add_labels": ["two words"]}, "The label 'two words' cannot be used: "),
        ("create_inbox", {"name": "not an address!"}, "'not an address!' cannot be an address: "),
        ("create_inbox", {"name": "a@elsewhere.example"}, "New inboxes are at @agents.internal: "),
        ("create_inbox", {"backend": "imap"}, "This home has the backend local: "),
        ("create_inbox", {"label": "x" * 201}, "The label is longer than 200 characters"),
        ("send", {"inbox": "nobody@agents.internal", "body": "x"}, "There is no inbox nobody@agents.internal: "),
    ],
)
async def test_what_cannot_be_done_is_one_sentence_with_the_way_out(door, tool, arguments, sentence):
    assert (await refused(door, tool, **arguments)).startswith(sentence)


async def test_a_name_that_is_taken_is_said(door):
    await door.inbox("desk")
    words = await refused(door, "create_inbox", name="desk")
    assert words == "The inbox desk@agents.internal exists already: use it, or choose another name."


@pytest.mark.parametrize("tool", ["mail_status", "list_inboxes", "create_inbox", "find_mail"])
async def test_a_home_that_is_a_file_is_said_by_every_call_with_the_way_out(home, open_door, tool):
    home.write_text("a file, not a folder")
    async with open_door() as door:
        assert str(home) in await refused(door, tool)


async def test_a_database_of_a_newer_mailmcp_is_left_alone_and_said(home, open_door):
    home.mkdir()
    database = sqlite3.connect(home / "mailmcp.db")
    database.execute("CREATE TABLE later (word TEXT)")
    database.execute("PRAGMA user_version = 999")
    database.close()
    async with open_door() as door:
        for tool in ("mail_status", "create_inbox"):
            words = await refused(door, tool)
            assert "newer mailmcp" in words
            assert "update mailmcp" in words


async def test_a_home_that_is_put_right_works_without_a_restart(home, open_door):
    home.write_text("in the way")
    async with open_door() as door:
        await refused(door, "list_inboxes")
        home.unlink()
        assert (await door.call("list_inboxes"))["inboxes"] == []


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("MAILMCP_SEND__POLICY", "sometimes", "MAILMCP_SEND__POLICY"),
        ("MAILMCP_LOCAL__SMTP_PROT", "25", "MAILMCP_LOCAL__SMTP_PROT"),
        ("MAILMCP_LOCAL__DOMAIN", "not a domain", "MAILMCP_LOCAL__DOMAIN"),
        ("MAILMCP_BACKEND", "pigeon", "pigeon"),
    ],
)
async def test_a_wrong_setting_is_named_by_every_call(open_door, setting, value, named):
    async with open_door(**{setting: value}) as door:
        assert named in await refused(door, "mail_status")


async def test_a_bug_of_ours_says_nothing_of_its_insides_but_to_the_log(door, monkeypatch, caplog):
    async def broken(*_args, **_kwargs):
        raise RuntimeError("a secret in a message")

    monkeypatch.setattr(await door.session.room(), "status", broken)
    words = await refused(door, "mail_status")
    assert words.startswith("mail_status failed inside mailmcp")
    assert "secret" not in words
    assert "the tool mail_status failed" in caplog.text
    assert "RuntimeError" in caplog.text


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_same_holds_for_what_is_no_tool(mode, caplog):
    async def closed():
        raise StoreUnavailable("It stays closed.")

    server = build_server(Session(closed), list)

    @server.prompt()
    def broken() -> str:
        raise RuntimeError("a secret in a message")

    async with Client(server, mode=mode) as client:
        with pytest.raises(MCPError) as failure:
            await client.get_prompt("broken")
    assert (failure.value.code, failure.value.message) == (
        -32603,
        "prompts/get failed inside mailmcp; its log says why.",
    )
    assert "RuntimeError" in caplog.text
