"""What leaves for the world, what is held and why: through MCP, to a real SMTP server outside."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hosts import ToolFailed
from outside import OTHER_HOST, PROVED_HOST, World, world

from mailmcp.config import load_settings
from mailmcp.errors import ConfigError
from mailmcp.mailroom.deciding import rules_of

pytestmark = pytest.mark.anyio

BOB, EVE, PAM = "bob@app.example", "eve@evil.example", "pam@proved.example"
PROVED: dict[str, Any] = {"from_": PAM, "peer": PROVED_HOST}
LETTER = (
    "The budget of the northern branch was cut by a third, and nobody but you and me shall know about that before"
    " the board meets in Lisbon on the ninth of June."
)


@pytest.fixture
async def door(home: Path) -> AsyncIterator[World]:
    async with world(home) as door:
        yield door


@pytest.fixture
async def open_door(home: Path) -> AsyncIterator[World]:
    """Under the policy open: what holds a message there is not that its recipient is new."""
    async with world(
        home, MAILMCP_SEND__POLICY="open", MAILMCP_SEND__RATE="50/h", MAILMCP_SEND__RATE_RECIPIENT="50/h"
    ) as door:
        yield door


async def send(door: World, inbox: str, *to: str, body: str = "Good morning.", **more: Any) -> dict[str, Any]:
    return await door.call(
        "send", inbox=inbox, body=body, **({"to": list(to), "subject": "Hello"} if to else {}), **more
    )


async def approve(door: World, draft: str) -> None:
    room = await door.session.room()
    await room.approve(draft, sha256=(await room.draft(draft)).sha256, approver="ann")


async def test_a_new_recipient_is_held_until_a_human_agreed_and_then_known_to_that_inbox_alone(door):
    anna, bert = await door.inbox("anna"), await door.inbox("bert")
    held = await send(door, anna, BOB)
    assert held["status"] == "held"
    assert "no human has let this inbox write" in held["reasons"][0]
    assert door.sink.arrived == []
    await approve(door, held["draft"])
    assert door.sink.recipients == {BOB}
    assert (await send(door, anna, BOB, body="Once more."))["status"] == "sent"
    assert (await send(door, bert, BOB))["status"] == "held"
    assert len(door.sink.arrived) == 2


async def test_a_mail_that_came_makes_nobody_known(door):
    anna = await door.inbox("anna")
    message = await door.mail(anna, **PROVED)
    assert (await send(door, anna, in_reply_to=message))["status"] == "sent"
    assert (await send(door, anna, PAM, body="Something new."))["status"] == "held"
    assert len(door.sink.arrived) == 1


async def test_a_sender_whose_domain_no_rule_can_compare_makes_nobody_known(door):
    anna = await door.inbox("anna")
    raw = f"From: no-reply@\uff53hop.example\r\nTo: {anna}\r\nSubject: Hello\r\n\r\nSome words.\r\n".encode()
    answered = (await door.receive(anna, raw))["message"]
    for to in ("drop@\uff45vil.example", "\u212aate@app.example"):
        with pytest.raises(ToolFailed, match="is not an e-mail address"):
            await send(door, anna, to, in_reply_to=answered)
    with pytest.raises(ToolFailed, match="not an e-mail address that can be written to"):
        await send(door, anna, in_reply_to=answered)  # its sender's own address
    assert door.sink.arrived == []


async def test_whom_a_sender_names_beside_is_not_answered_unasked(door):
    anna = await door.inbox("anna")
    message = await door.mail(anna, **PROVED, headers={"Cc": EVE})
    held = await send(door, anna, in_reply_to=message, reply_all=True)
    assert (held["status"], held["recipients"]) == ("held", [PAM, EVE])
    assert len([why for why in held["reasons"] if "is new" in why]) == 1
    elsewhere = await door.mail(anna, **PROVED, headers={"Reply-To": EVE})
    held = await send(door, anna, in_reply_to=elsewhere)
    assert "another domain" in " ".join(held["reasons"])
    assert door.sink.arrived == []


async def test_the_lists_of_the_settings_allow_and_refuse(home):
    async with world(home, MAILMCP_SEND__ALLOW=f"{BOB}, friends.example", MAILMCP_SEND__DENY="evil.example") as door:
        anna = await door.inbox("anna")
        assert (await send(door, anna, BOB, "x@friends.example"))["status"] == "sent"
        refused = await send(door, anna, BOB, "x@sub.evil.example")
        assert (refused["status"], "draft" in refused) == ("refused", False)
        assert "MAILMCP_SEND__DENY" in refused["reasons"][0]
    assert door.sink.recipients == {BOB, "x@friends.example"}


@pytest.mark.parametrize(
    ("setting", "value"),
    [("ALLOW", "not an address"), ("ALLOW", "*"), ("ALLOW", "a@b.example,@"), ("DENY", "a@b@c, x"), ("RATE", "many")],
)
def test_a_setting_that_could_never_work_is_named(home, setting, value):
    with pytest.raises(ConfigError, match=f"MAILMCP_SEND__{setting}"):
        rules_of(load_settings(home, {f"MAILMCP_SEND__{setting}": value}).send, way_out=True)


async def test_a_suppressed_address_is_refused(open_door):
    anna = await open_door.inbox("anna")
    await open_door.change(
        "INSERT INTO suppressions (email, reason, detail, inbox, since) VALUES (?, 'bounce', '', ?, 1)", BOB, anna
    )
    refused = await send(open_door, anna, "Bob@app.example")
    assert (refused["status"], "bounce" in refused["reasons"][0]) == ("refused", True)


# --- taint ------------------------------------------------------------------------------------------------------------

SHOWING = {
    "read_thread": lambda message: {"thread": message},
    "find_mail": lambda message: {},
    "get_attachment": lambda message: {"message": message, "part": "a.txt"},
    "wait_for_mail": lambda message: {"inbox": "anna@agents.internal", "timeout": 5},
}


@pytest.mark.parametrize("tool", SHOWING)
async def test_words_of_an_unproved_sender_hold_mail_to_others_whatever_tool_showed_them(open_door, tool):
    door = open_door
    anna, bert = await door.inbox("anna"), await door.inbox("bert")
    message = await door.mail(anna, text="Hi.", files=(("a.txt", "text/plain", b"words"),))
    assert (await send(door, anna, BOB, body="Before."))["status"] == "sent"
    await door.call(tool, **SHOWING[tool](message))
    for inbox in (anna, bert):
        held = await send(door, inbox, BOB, body="After.")
        assert (held["status"], "nothing is proved" in held["reasons"][0]) == ("held", True)
    assert (await send(door, anna, bert, body="Inside."))["status"] == "sent"
    assert (await send(door, anna, in_reply_to=message, body="An answer."))["status"] == "sent"
    assert door.sink.recipients == {BOB, EVE}


@pytest.mark.parametrize("uri", ["mail://inbox/anna@agents.internal", "mail://thread/{}", "mail://message/{}/raw"])
async def test_words_that_a_resource_showed_hold_mail_to_others_too(open_door, uri):
    anna = await open_door.inbox("anna")
    message = await open_door.mail(anna, text="Hi.")
    await open_door.client.read_resource(uri.format(message))
    assert (await send(open_door, anna, BOB))["status"] == "held"


async def test_a_taint_outlives_its_inbox_and_the_process_and_ends_after_an_hour(home):
    environment = {"MAILMCP_SEND__POLICY": "open"}
    async with world(home, **environment) as door:
        anna, bert = await door.inbox("anna"), await door.inbox("bert")
        await door.call("read_thread", thread=await door.mail(anna))
        await door.call("delete_inbox", inbox=anna)
        assert (await send(door, bert, BOB))["status"] == "held"
    async with world(home, **environment) as door:
        assert (await send(door, bert, BOB, body="2"))["status"] == "held"
        await door.change("UPDATE taints SET at = at - 59 * 60000")
        assert (await send(door, bert, BOB, body="3"))["status"] == "held"
        await door.change("UPDATE taints SET at = at - 2 * 60000")
        assert (await send(door, bert, BOB, body="4"))["status"] == "sent"


async def test_words_of_an_unproved_sender_taint_also_in_an_own_mail_that_passed_them_on(open_door):
    door = open_door
    anna = await door.inbox("anna")
    eve = await door.mail(anna, from_=EVE, text=LETTER)
    held = await send(door, anna, BOB, forward=eve)
    await approve(door, held["draft"])
    room = await door.session.room()
    copy = (await room.draft(held["draft"])).message
    assert (await send(door, anna, PAM, body="One."))["status"] == "sent"
    assert LETTER[:30] in (await door.ask("read_thread", thread=copy))[0]
    assert (await send(door, anna, PAM, body="Two."))["status"] == "held"


async def test_neither_a_code_nor_a_verified_sender_taints(open_door):
    door = open_door
    anna = await door.inbox("anna")
    await door.mail(anna, subject="Your code", text="Your sign-in code is 482913")
    assert (await door.call("wait_for_otp", inbox=anna, timeout=60))["code"] == "482913"
    verified = await door.mail(anna, **PROVED)
    assert (await door.call("read_thread", thread=verified))["messages"][0]["trust"] == "verified"
    assert (await send(door, anna, BOB))["status"] == "sent"


async def test_while_tainted_a_failed_sender_and_another_conversation_are_not_answered(open_door):
    door = open_door
    anna = await door.inbox("anna")
    forged = await door.mail(anna, from_=PAM, peer=OTHER_HOST)
    assert (await door.call("read_thread", thread=forged))["messages"][0]["trust"] == "failed"
    assert (await send(door, anna, in_reply_to=forged))["status"] == "held"
    other = await door.mail(anna, **PROVED, subject="Other")
    assert (await send(door, anna, in_reply_to=other))["status"] == "held"
    assert door.sink.arrived == []


# --- rates ------------------------------------------------------------------------------------------------------------


async def test_a_rate_is_counted_over_all_processes_of_a_home_and_in_time(home):
    environment = {"MAILMCP_SEND__POLICY": "open", "MAILMCP_SEND__RATE": "3/h"}
    async with world(home, **environment) as one, world(home, **environment) as two:
        anna = await one.inbox("anna")
        states = [
            (await send(door, anna, f"{number}@app.example", body=f"Mail {number}."))["status"]
            for number, door in enumerate((one, two, one, two, one))
        ]
        assert states == ["sent", "sent", "sent", "held", "held"]
        await one.change("UPDATE sends SET at = at - 3600000")
        assert (await send(two, anna, "9@app.example", body="Mail 9."))["status"] == "sent"


async def test_the_same_address_written_otherwise_is_a_repeat(open_door):
    door = open_door
    anna = await door.inbox("anna")
    first = await send(door, anna, "bob@b\u00fccher.example")
    for same in ("bob@xn--bcher-kva.example", "Bob <BOB@bu\u0308cher.example>"):
        assert (await send(door, anna, same))["draft"] == first["draft"]
    assert (await send(door, anna, "bob@xn--bcher-kva.example", html=""))["draft"] == first["draft"]
    assert len(door.sink.arrived) == 1


async def test_what_is_sent_later_takes_its_place_in_the_hour_in_which_it_leaves(home):
    async with world(home, MAILMCP_SEND__POLICY="open", MAILMCP_SEND__RATE="2/h") as door:
        anna = await door.inbox("anna")

        async def asked(number: int, at: str | None) -> str:
            return (await send(door, anna, BOB, body=f"Number {number}.", send_at=at))["status"]

        noon, ten_past, evening = (f"2099-01-01T{one}:00Z" for one in ("12:00", "12:10", "18:00"))
        assert [await asked(1, ten_past), await asked(2, ten_past)] == ["queued", "queued"]
        assert [await asked(3, ten_past), await asked(4, noon)] == ["held", "held"]
        assert [await asked(5, evening), await asked(6, None)] == ["queued", "sent"]


async def test_neither_a_repeat_nor_mail_inside_the_home_takes_a_place(home):
    async with world(home, MAILMCP_SEND__POLICY="open", MAILMCP_SEND__RATE="2/h") as door:
        anna, bert = await door.inbox("anna"), await door.inbox("bert")
        for _ in range(3):
            await send(door, anna, BOB)
            await send(door, anna, bert, body="x", allow_duplicate=True)
        assert (await send(door, anna, BOB, body="Other."))["status"] == "sent"
        assert "limit of 2" in (await send(door, anna, BOB, body="Third."))["reasons"][0]


# --- words of others --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["body", "html", "text file", "forward", "file of it"])
async def test_words_and_files_of_a_message_go_only_to_those_who_took_part_in_it(open_door, way):
    door = open_door
    anna = await door.inbox("anna")
    files = (("a.bin", "application/octet-stream", b"\\0\\1"),)
    message = await door.mail(anna, **PROVED, text=LETTER, files=files)
    more: dict[str, Any] = {
        "body": {"body": f"Look at this: {LETTER.upper()}"},
        "html": {"html": f"<p>Look</p><blockquote>{LETTER.replace('board', '<b>board</b>')}</blockquote>"},
        "text file": {"attachments": [{"name": "x.txt", "text": LETTER}]},
        "forward": {"forward": message},
        "file of it": {"attachments": [{"message": message, "part": "a.bin"}]},
    }[way]
    held = await send(door, anna, BOB, **more)
    assert (held["status"], message in " ".join(held["reasons"])) == ("held", True)
    assert (await send(door, anna, PAM, **more))["status"] == "sent"
    assert door.sink.recipients == {PAM}


async def test_own_words_and_common_phrases_may_go_to_anybody(open_door):
    door = open_door
    anna = await door.inbox("anna")
    await door.mail(anna, **PROVED, text=f"{LETTER}\nPlease let me know if you have any questions.")
    for number in range(3):
        body = "We open at nine and close at six. Please let me know if you have any questions."
        assert (await send(door, anna, f"{number}@app.example", body=body))["status"] == "sent"


# --- leaks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more",
    [
        {"body": "it is 482-913"},
        {"body": "x", "html": "<p>4<b>8</b>2<i>9</i>13</p>"},
        {"body": base64.b64encode(b"the code is 482913").decode()},
        {"body": "x", "attachments": [{"name": "a.csv", "text": "a,482913"}]},
        {"body": "x", "attachments": [{"name": "482913.txt", "text": "a"}]},
        {"body": "4\u200b8\u200b2\u200b9\u200b1\u200b3"},
        {"body": "https://app.example/?q=%34%38%32%39%31%33"},
        {"body": "x", "html": '<p title="&#52;&#56;&#50;&#57;&#49;&#51;">x</p>'},
    ],
    ids=["text", "HTML", "base64", "file", "file name", "invisible", "link", "attribute"],
)
async def test_a_code_that_arrived_within_the_hour_is_held_with_a_masked_reason(open_door, more):
    door = open_door
    anna = await door.inbox("anna")
    await door.mail(anna, **PROVED, subject="Your code", text="Your sign-in code is 482913")
    text, held = await door.ask("send", inbox=anna, to=[BOB], subject="Hello", **more)
    assert held["status"] == "held"
    assert "the code that came with m_" in text
    assert "482913" not in text
    await door.change("UPDATE fresh_codes SET at = at - 3700000")
    assert (await door.call("send", inbox=anna, to=[BOB], subject="Later", **more))["status"] == "sent"


async def test_mail_inside_the_home_is_held_by_no_other_rule(door):
    anna, bert = await door.inbox("anna"), await door.inbox("bert")
    message = await door.mail(anna, subject="Your code", text="Your sign-in code is 482913")
    await door.call("read_thread", thread=message)
    assert (await send(door, anna, bert, forward=message))["status"] == "sent"
