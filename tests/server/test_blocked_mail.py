"""Mail that an inbox does not take: refused where the sender can be told, else absent from every tool."""

from __future__ import annotations

import os
import smtplib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import forking
import pytest
from hosts import LIMIT, ToolFailed
from letters import letter
from outside import World, world

from mailmcp.errors import BadInput, NotFound
from mailmcp.models import Arrival, Envelope, Source

pytestmark = pytest.mark.anyio
EVE = "eve@evil.example"


@pytest.fixture
async def door(home: Path) -> AsyncIterator[World]:
    async with world(home) as door:
        yield door


async def arrive(door: World, inbox: str, from_: str, mail_from: str) -> None:
    """Hand a mail in as a backend does that cannot refuse; a second mail tells when the first was judged."""
    envelope = Envelope(mail_from=mail_from, recipients=(inbox,), received_at=datetime.now(UTC), peer="203.0.113.9")
    raw = letter(inbox, from_=from_, subject="Your code", text="Blocked words. Your sign-in code is 482913")
    await door.desks[-1].accept(Arrival(raw=raw, envelope=envelope, source=Source.SMTP, backend="local"))
    await door.desks[-1].settle(at_most=60)


async def test_blocked_mail_is_in_no_tool_and_listed_for_the_human(door):
    anna = await door.inbox("anna")
    room = await door.session.room()
    assert await room.admitting.list_sender(anna, "Evil.example", allowed=False) == "evil.example"
    await arrive(door, anna, EVE, "bounce@mailer.test")
    (kept,) = await room.admitting.quarantined()
    assert (kept.inbox, kept.from_.email, kept.subject) == (anna, EVE, "Your code")
    assert (await door.call("find_mail"))["threads"] == []
    assert (await door.call("find_mail", query="blocked"))["threads"] == []
    for tool in ("wait_for_mail", "wait_for_otp"):
        assert (await door.call(tool, inbox=anna, timeout=0))["status"] == "pending"
    for tool, arguments in (
        ("read_thread", {"thread": kept.id}),
        ("get_attachment", {"message": kept.id, "part": "1"}),
        ("mark", {"target": kept.id, "read": True}),
        ("send", {"inbox": anna, "in_reply_to": kept.id, "body": "x"}),
        ("send", {"inbox": anna, "forward": kept.id, "to": [anna], "body": "x"}),
    ):
        with pytest.raises(ToolFailed, match="no message"):
            await door.call(tool, **arguments)
    (line,) = (await door.call("list_inboxes"))["inboxes"]
    assert (line["unread"], line.get("last_received_at")) == (0, None)


async def test_other_mail_and_other_inboxes_are_not_touched(door):
    anna, bert = await door.inbox("anna"), await door.inbox("bert")
    await (await door.session.room()).admitting.list_sender(anna, "evil.example", allowed=False)
    assert (await door.call("read_thread", thread=await door.mail(bert)))["count"] == 1
    assert (await door.call("read_thread", thread=await door.mail(anna, from_="bob@app.example")))["count"] == 1


async def test_released_mail_comes_in_as_if_it_had_just_come(home):
    async with world(home) as door:
        anna = await door.inbox("anna")
        room = await door.session.room()
        await room.admitting.list_sender(anna, "*", allowed=False)
        await arrive(door, anna, EVE, EVE)
        (kept,) = await room.admitting.quarantined()
        await room.admitting.release(kept.id)
        assert await room.admitting.quarantined() == []
        with pytest.raises(NotFound):
            await room.admitting.release(kept.id)
    async with world(home) as door:  # a process that starts takes up what is not judged
        found = await door.call("wait_for_otp", inbox=anna, timeout=LIMIT)
        assert (found["code"], found["message"]) == ("482913", kept.id)


async def test_by_smtp_a_blocked_sender_is_refused_as_the_command_line_says(home, serve):
    server = serve()
    server.initialize()
    anna = server.call("create_inbox", name="anna")["address"]
    host, port = server.listener()

    def run(*words: str) -> str:
        ran = forking.ran(["--home", str(home), *words], env=os.environ, timeout=LIMIT)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    assert run("inbox", "block", anna, "evil.example") == "blocked\tevil.example\n"
    with smtplib.SMTP(host, port, timeout=LIMIT) as smtp:
        with pytest.raises(smtplib.SMTPRecipientsRefused, match=r"5\.7\.1 This inbox does not take mail"):
            smtp.sendmail("x@mail.evil.example", [anna], letter(anna))
        smtp.sendmail("bob@app.example", [anna], letter(anna))
    assert run("inbox", "allow", anna, "mail.evil.example").splitlines()[-1] == "allowed\tmail.evil.example"
    with smtplib.SMTP(host, port, timeout=LIMIT) as smtp:
        smtp.sendmail("x@mail.evil.example", [anna], letter(anna, from_="x@mail.evil.example"))
        smtp.sendmail("bounce@app.example", [anna], letter(anna, from_=EVE, subject="Blocked"))
    server.call("wait_for_mail", inbox=anna, timeout=LIMIT)
    for _ in range(100):
        if EVE in (listed := run("quarantine")):
            break
    assert EVE in listed
    assert "Blocked" in listed


@pytest.mark.parametrize("written", ["", "a b", "x@"])
async def test_what_is_no_pattern_is_said(door, written):
    anna = await door.inbox("anna")
    with pytest.raises(BadInput, match="name@host"):
        await (await door.session.room()).admitting.list_sender(anna, written, allowed=False)


async def test_what_is_not_listed_cannot_be_unlisted(door):
    anna = await door.inbox("anna")
    with pytest.raises(NotFound, match=r"do not hold evil\.example"):
        await (await door.session.room()).admitting.list_sender(anna, "evil.example", allowed=None)
