"""A database that is damaged, newer, full or read-only while it is served: one sentence, no crash."""

from __future__ import annotations

import smtplib
import sqlite3
from contextlib import closing

from hosts import LIMIT
from letters import code_letter

from mailmcp.store import schema

CALLS = {
    "create_inbox": {},
    "list_inboxes": {},
    "delete_inbox": {"inbox": "ann@agents.internal"},
    "find_mail": {"query": "x"},
    "read_thread": {"thread": "t_2222222222222"},
    "wait_for_mail": {"inbox": "ann@agents.internal", "timeout": 0},
    "wait_for_otp": {"inbox": "ann@agents.internal", "timeout": 0},
    "send": {"inbox": "ann@agents.internal", "to": ["bob@app.example"], "subject": "Hi", "body": "x"},
    "draft_for_approval": {"inbox": "ann@agents.internal", "to": ["bob@app.example"], "subject": "Hi", "body": "x"},
    "check_draft": {},
    "get_attachment": {"message": "m_2222222222222", "part": "1"},
    "mark": {"target": "t_2222222222222", "read": True},
    "mail_status": {},
}


def refused(served, tool: str) -> str:
    """The sentence with which a tool fails."""
    result = served.answer(served.ask("tools/call", {"name": tool, "arguments": CALLS[tool]}))["result"]
    assert result["isError"], tool
    (said,) = result["content"]
    return said["text"]


def reply_to_mail(address: tuple[str, int], inbox: str) -> tuple[int, bytes]:
    """What SMTP says to a mail, at whichever step it says no; (250, …) when it takes it."""
    with smtplib.SMTP(*address, timeout=LIMIT) as smtp:
        smtp.ehlo("app.example")
        smtp.mail("bob@app.example")
        code, said = smtp.rcpt(inbox)
        return smtp.data(code_letter(inbox)) if code == 250 else (code, said)


def damage(home) -> bytes:
    """Overwrite all of the database in its place; gives what it was."""
    path = home / "mailmcp.db"
    before = path.read_bytes()
    with path.open("r+b") as file:
        file.write(b"\xff" * len(before))
    return before


def test_every_tool_of_a_home_that_is_damaged_says_the_way_out_and_smtp_asks_to_try_again(serve, home):
    served = serve()
    served.initialize()
    inbox = served.call("create_inbox", name="ann")["address"]
    address = served.listener()
    before = damage(home)
    for tool in CALLS:
        said = refused(served, tool)
        assert "doctor --repair" in said, tool
        assert str(home) in said
        assert len(said.splitlines()) == 1
    assert reply_to_mail(address, inbox)[0] in (451, 452)
    with (home / "mailmcp.db").open("r+b") as file:
        file.write(before)
    assert served.call("list_inboxes")["inboxes"][0]["address"] == inbox
    assert reply_to_mail(address, inbox)[0] == 250
    assert served.close() == 0


def test_a_home_that_is_damaged_before_the_start_is_told_by_every_tool_and_served_after_the_repair(serve, home):
    from datetime import UTC, datetime, timedelta

    from mailmcp.store import repair

    first = serve()
    first.initialize()
    inbox = first.call("create_inbox", name="ann")["address"]
    assert first.close() == 0
    with (home / "mailmcp.db").open("r+b") as file:
        file.write(b"\xff" * 100)
    served = serve()
    served.initialize()
    for tool in CALLS:
        assert "doctor --repair" in refused(served, tool)
    assert repair.repair(home, datetime.now(UTC), expiry=timedelta(days=1)) is not None
    assert [one["address"] for one in served.call("list_inboxes")["inboxes"]] == [inbox]
    assert reply_to_mail(served.listener(), inbox)[0] == 250


def test_a_home_of_a_newer_mailmcp_is_told_by_every_tool_and_not_touched(serve, home):
    first = serve()
    first.initialize()
    first.call("create_inbox")
    assert first.close() == 0
    with closing(sqlite3.connect(home / "mailmcp.db")) as db:
        db.execute(f"PRAGMA user_version = {schema.newest() + 1}")
    before = (home / "mailmcp.db").read_bytes()
    served = serve()
    served.initialize()
    for tool in CALLS:
        assert "was written by a newer mailmcp" in refused(served, tool)
    assert served.close() == 0
    assert (home / "mailmcp.db").read_bytes() == before
