"""Strict arguments, and errors as one sentence with the way out."""

from __future__ import annotations

import sqlite3

import pytest
from hosts import ToolFailed

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
    words = await refused(either_door, "mail_status", verbose=True)
    assert words == "Invalid arguments for mail_status: there is no argument `verbose` (it takes none)."


async def test_an_unknown_field_of_an_attachment_is_named_and_refused(either_door):
    words = await refused(
        either_door, "send", inbox="a@agents.internal", body="x", attachments=[{"path": "/etc/passwd"}]
    )
    assert "`attachments.0.path`" in words


async def test_a_missing_argument_is_named(either_door):
    words = await refused(either_door, "read_thread")
    assert words == "Invalid arguments for read_thread: `thread` is required."


@pytest.mark.parametrize(
    ("tool", "arguments", "named"),
    [
        ("wait_for_otp", {"inbox": "a@agents.internal", "timeout": "soon"}, "`timeout`"),
        ("wait_for_otp", {"inbox": "a@agents.internal", "timeout": 301}, "`timeout`: input should be less than or"),
        ("wait_for_otp", {"inbox": "a@agents.internal", "timeout": -1}, "`timeout`: input should be greater than or"),
        ("wait_for_otp", {"inbox": 7}, "`inbox`"),
        ("find_mail", {"limit": 51}, "`limit`"),
        ("find_mail", {"limit": 0}, "`limit`"),
        ("find_mail", {"unread": "perhaps"}, "`unread`"),
        ("read_thread", {"thread": "t_1", "max_chars": 10}, "`max_chars`"),
        ("read_thread", {"thread": "t_1", "include": ["everything"]}, "`include.0`"),
        ("get_attachment", {"message": "m_1", "part": "1", "as_": "pdf"}, "`as_`"),
        ("send", {"inbox": "a@agents.internal", "body": "x", "to": [1]}, "`to.0`"),
        ("create_inbox", {"name": ["a"]}, "`name`"),
    ],
)
async def test_a_wrong_type_or_range_is_said_in_one_sentence(door, tool, arguments, named):
    words = await refused(door, tool, **arguments)
    assert words.startswith(f"Invalid arguments for {tool}: ")
    assert named in words


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


async def test_a_bug_of_ours_says_nothing_of_its_insides(door, monkeypatch, caplog):
    async def broken(*_args, **_kwargs):
        raise RuntimeError("a secret in a message")

    monkeypatch.setattr(await door.session.room(), "status", broken)
    words = await refused(door, "mail_status")
    assert words.startswith("mail_status failed inside mailmcp")
    assert "secret" not in words
