"""send and draft_for_approval between the inboxes of a home, and what is refused, held, repeated or taken back."""

from __future__ import annotations

import base64
import os
from datetime import UTC, datetime, timedelta

import pytest
from hosts import newest, obeys, words_of
from letters import letter

pytestmark = pytest.mark.anyio


# --- sent ----------------------------------------------------------------------------------------------------------


async def test_mail_between_inboxes_arrives_as_local(either_door):
    door = either_door
    anna, bert = await door.inbox("anna"), await door.inbox("bert")
    text, sent = await door.ask("send", inbox=anna, to=[f"Bert <{bert}>"], subject="Grüße", body="Schöne Grüße.\n\nA.")
    schema = next(one.output_schema for one in (await door.client.list_tools()).tools if one.name == "send")
    assert obeys(sent, schema)
    assert (sent["status"], sent["recipients"]) == ("sent", [bert])
    assert sent["draft"].startswith("d_")
    assert sent["message"].startswith("m_")
    assert sent["draft"] in text
    mail = await newest(door, bert)
    assert (mail["subject"], mail["text"].strip(), mail["trust"]) == ("Grüße", "Schöne Grüße.\n\nA.", "local")
    assert (mail["sender"], mail["to"], mail["direction"]) == (anna, [f"Bert <{bert}>"], "in")


async def test_our_own_copy_is_read_and_stands_in_the_senders_thread(door, desks):
    anna, bert, _ = desks
    sent = await door.call("send", inbox=anna, to=[bert], subject="Plan", body="One.")
    own = (await door.call("read_thread", thread=sent["message"]))["messages"][0]
    assert (own["direction"], own["read"]) == ("out", True)
    assert (await door.call("wait_for_mail", inbox=anna, timeout=0))["status"] == "pending"


async def test_an_answer_needs_neither_to_nor_subject_and_joins_the_thread_on_both_sides(door, desks):
    anna, bert, _ = desks
    await door.call("send", inbox=anna, to=[bert], subject="Plan", body="One.")
    first = await newest(door, bert)
    reply = await door.call("send", inbox=bert, in_reply_to=first["id"], body="Two.")
    assert reply["recipients"] == [anna]
    second = await newest(door, anna)
    assert second["subject"] == "Re: Plan"
    third = await door.call("send", inbox=anna, in_reply_to=second["id"], body="Three.")
    assert third["recipients"] == [bert]
    last = await newest(door, bert)
    assert last["subject"] == "Re: Plan"
    for inbox, thread in ((anna, second["thread"]), (bert, first["thread"])):
        read = await door.call("read_thread", thread=thread)
        assert [one["text"].strip() for one in read["messages"]] == ["One.", "Two.", "Three."]
        assert read["inbox"] == inbox
    headers = dict(line.split(": ", 1) for line in last["headers"])
    assert headers["References"].split()[-1] == headers["In-Reply-To"]
    assert len(headers["References"].split()) == 2


async def test_an_answer_goes_to_reply_to_and_one_to_our_own_mail_to_whom_it_went(door, desks):
    anna, bert, cleo = desks
    raw = letter(anna, from_=bert, headers={"Reply-To": cleo}, subject="List")
    mail = await door.receive(anna, raw)
    assert (await door.call("send", inbox=anna, in_reply_to=mail["message"], body="x"))["recipients"] == [cleo]
    sent = await door.call("send", inbox=anna, to=[bert, cleo], subject="Both", body="x")
    again = await door.call("send", inbox=anna, in_reply_to=sent["message"], body="One more thing.")
    assert again["recipients"] == [bert, cleo]


async def test_an_answer_to_all_goes_to_everybody_but_oneself_once(door, desks):
    anna, bert, cleo = desks
    dora = await door.inbox("dora")
    raw = letter(f"{anna}, {cleo}", from_=f"Bert <{bert}>", headers={"Cc": f"{dora}, {bert.upper()}"}, subject="All")
    mail = await door.receive(anna, raw)
    sent = await door.call("send", inbox=anna, in_reply_to=mail["message"], reply_all=True, body="x")
    assert sent["recipients"] == [bert, cleo, dora]
    got = await newest(door, cleo)
    assert got["to"] == [f"Bert <{bert}>"]
    assert got["cc"] == [cleo, dora]


async def test_a_mail_from_nobody_in_particular_is_answered_only_when_told_to_whom(door, desks):
    anna, bert, _ = desks
    mail = await door.receive(anna, b"From: a@app.example\r\nFrom: b@other.example\r\nSubject: x\r\n\r\nHi\r\n")
    assert "give `to`" in await words_of(door, "send", inbox=anna, in_reply_to=mail["message"], body="x")
    sent = await door.call("send", inbox=anna, in_reply_to=mail["message"], to=[bert], body="x")
    assert sent["recipients"] == [bert]


async def test_copies_are_seen_and_blind_copies_are_not(door, desks):
    anna, bert, cleo = desks
    dora = await door.inbox("dora")
    sent = await door.call("send", inbox=anna, to=[bert], cc=[cleo], bcc=[dora], subject="Copies", body="x")
    assert sent["recipients"] == [bert, cleo, dora]
    for inbox in (bert, cleo, dora):
        mail = await newest(door, inbox)
        assert mail["cc"] == [cleo]
        assert dora not in str([mail["to"], mail["cc"], mail["headers"]])


async def test_a_recipient_named_twice_gets_one_mail(door, desks):
    anna, bert, _ = desks
    sent = await door.call("send", inbox=anna, to=[bert, bert], cc=[bert], subject="Once", body="x")
    assert sent["recipients"] == [bert]
    first = await newest(door, bert)
    assert first["subject"] == "Once"
    found = await door.call("find_mail", inbox=bert)
    assert [one["count"] for one in found["threads"]] == [1]


async def test_mail_to_a_detail_of_an_inbox_is_not_outside(door, desks):
    anna, bert, _ = desks
    sent = await door.call("send", inbox=anna, to=[bert.replace("@", "+shop@")], subject="Detail", body="x")
    assert sent["status"] == "sent"
    assert (await newest(door, bert))["subject"] == "Detail"


async def test_html_goes_beside_the_text(door, desks):
    anna, bert, _ = desks
    await door.call("send", inbox=anna, to=[bert], subject="H", body="plain words", html="<p>HTML <b>words</b></p>")
    mail = await newest(door, bert)
    assert "words" in mail["text"]
    assert any(line.startswith("Content-Type: multipart/alternative") for line in mail["headers"])


# --- attachments ---------------------------------------------------------------------------------------------------


async def test_attachments_go_as_text_as_bytes_from_a_message_and_from_the_outgoing_folder(door, desks, home):
    anna, bert, _ = desks
    pdf = b"%PDF-1.7 \x00\xff not really"
    raw = letter(anna, files=(("invoice.pdf", "application/pdf", pdf),))
    mail = await door.receive(anna, raw)
    (home / "outgoing").mkdir()
    (home / "outgoing" / "notes.txt").write_bytes(b"from the user")
    await door.call(
        "send",
        inbox=anna,
        to=[bert],
        subject="Files",
        body="see below",
        attachments=[
            {"name": "table.csv", "text": "a,b\nä,2\n"},
            {"name": "image.png", "base64": base64.b64encode(b"\x89PNG\x00").decode()},
            {"message": mail["message"], "part": "invoice.pdf"},
            {"file": "notes.txt"},
        ],
    )
    got = await newest(door, bert)
    types = {one["name"]: one["type"] for one in got["attachments"]}
    assert types == {
        "table.csv": "text/csv",
        "image.png": "image/png",
        "invoice.pdf": "application/pdf",
        "notes.txt": "text/plain",
    }
    parts = {one["name"]: one["part"] for one in got["attachments"]}
    for name, data in (
        ("table.csv", "a,b\nä,2\n".encode()),
        ("image.png", b"\x89PNG\x00"),
        ("invoice.pdf", pdf),
        ("notes.txt", b"from the user"),
    ):
        record = await door.call("get_attachment", message=got["id"], part=parts[name], as_="base64")
        assert base64.b64decode(record["base64"]) == data


async def test_a_mail_as_an_attachment_arrives_to_the_byte(door, desks):
    anna, bert, _ = desks
    inner = letter(anna, subject="Inner", text="öäü " * 100)
    files = [{"name": "inner.eml", "base64": base64.b64encode(inner).decode()}]
    await door.call("send", inbox=anna, to=[bert], subject="Outer", body="see", attachments=files)
    got = await newest(door, bert)
    record = await door.call("get_attachment", message=got["id"], part="inner.eml", as_="base64")
    assert base64.b64decode(record["base64"]) == inner


async def test_a_forward_carries_the_words_and_the_attachments(door, desks):
    anna, bert, _ = desks
    raw = letter(
        anna, subject="Invoice", text="Please pay.", files=(("a.bin", "application/octet-stream", b"\x00\x01"),)
    )
    mail = await door.receive(anna, raw)
    sent = await door.call("send", inbox=anna, to=[bert], forward=mail["message"], body="For you.")
    assert sent["status"] == "sent"
    got = await newest(door, bert)
    assert got["subject"] == "Fwd: Invoice"
    whole = got["text"] + (got.get("quoted") or "")
    for words in ("For you.", "Please pay.", "Example App <no-reply@app.example>"):
        assert words in whole
    assert [one["name"] for one in got["attachments"]] == ["a.bin"]


async def test_a_forward_says_where_the_links_of_html_lead(door, desks):
    anna, bert, _ = desks
    page = "<p><a href='https://pay.example/i/7?t=x'>Pay the invoice</a> or see https://shop.example/i</p>"
    mail = await door.receive(anna, subject="Invoice", html=page)
    await door.call("send", inbox=anna, to=[bert], forward=mail["message"], body="For you.")
    got = (await door.call("read_thread", thread=(await newest(door, bert))["id"], include=["links"]))["messages"][0]
    assert {link["url"] for link in got["links"]} == {"https://pay.example/i/7?t=x", "https://shop.example/i"}
    assert "Pay the invoice" in got["text"]


async def test_an_address_given_again_and_again_is_written_once(open_door):
    async with open_door() as door:
        anna, bert = await door.inbox("anna"), await door.inbox("bert")
        sent = await door.call("send", inbox=anna, to=[bert.upper(), f"Bert <{bert}>"] * 200, subject="x", body="x")
        assert (sent["status"], [one.lower() for one in sent["recipients"]]) == ("sent", [bert])


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        ({}, "exactly one of"),
        ({"name": "a.txt", "text": "x", "base64": "eA=="}, "exactly one of"),
        ({"text": "x"}, "needs a `name`"),
        ({"name": "a.txt", "base64": "not base64!"}, "is not valid"),
        ({"message": "m_none"}, "both `message` and `part`"),
        ({"message": "m_none", "part": "1"}, "no message m_none"),
        ({"name": "..", "text": "x"}, "plain file name"),
        ({"file": "absent.txt"}, "cannot be read"),
        ({"file": "../mailmcp.db"}, "not a bare file name"),
        ({"file": "/etc/passwd"}, "not a bare file name"),
        ({"file": ".."}, "not a bare file name"),
        ({"file": ""}, "not a bare file name"),
        ({"file": "a\x00b"}, "not a bare file name"),
        ({"file": "link.txt"}, "cannot be read"),
        ({"file": "hard.txt"}, "not an ordinary file"),
        ({"file": "folder"}, "cannot be read"),
        ({"file": "pipe"}, "not an ordinary file"),
        ({"file": ".hidden"}, "plain file name"),
    ],
)
async def test_an_attachment_that_is_not_the_users_to_give_is_refused_in_words(door, desks, home, wanted, named):
    anna, bert, _ = desks
    folder = home / "outgoing"
    folder.mkdir()
    (home / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(home / "secret.txt")
    os.link(home / "secret.txt", folder / "hard.txt")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / ".hidden").write_text("x")
    words = await words_of(door, "send", inbox=anna, to=[bert], subject="x", body="x", attachments=[wanted])
    assert named in words
    assert (await door.call("check_draft"))["drafts"] == []


async def test_attachments_that_are_too_large_are_refused_before_anything_is_written(door, desks):
    anna, bert, _ = desks
    files = [{"name": f"{number}.txt", "text": "x" * 5_000_000} for number in range(4)]
    words = await words_of(door, "send", inbox=anna, to=[bert], subject="x", body="x", attachments=files)
    assert "25 MiB" in words


# --- refused -------------------------------------------------------------------------------------------------------


async def test_mail_to_the_world_is_refused_with_the_setting_that_would_allow_it(door, desks):
    anna, bert, _ = desks
    text, refused = await door.ask("send", inbox=anna, to=[bert, "x@example.com"], subject="x", body="x")
    assert refused["status"] == "refused"
    assert "draft" not in refused
    assert refused["recipients"] == [bert, "x@example.com"]
    assert "MAILMCP_SEND_BACKEND" in " ".join(refused["reasons"])
    assert "x@example.com" in refused["reasons"][0]
    assert "Refused, nothing was sent." in text
    assert (await door.call("wait_for_mail", inbox=bert, timeout=0))["status"] == "pending"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({}, "There is no recipient"),
        ({"to": ["nobody"]}, "is not an e-mail address"),
        ({"to": ["a@agents.internal\r\nBcc: b@agents.internal"]}, "line break"),
        ({"to": ["anna@agents.internal"], "subject": "a\nBcc: b@agents.internal"}, "The subject holds a line break"),
        ({"to": ["anna@agents.internal"], "subject": "x" * 999}, "at most 998"),
        ({"to": [f"a{number}@agents.internal" for number in range(101)]}, "at most 100"),
        ({"to": ["anna@agents.internal"], "send_at": "tomorrow"}, "`send_at`"),
        ({"to": ["anna@agents.internal"], "send_at": "0001-01-01T00:00:00+14:00"}, "`send_at`"),
        ({"to": ["anna@agents.internal"], "send_at": "0001-01-01T00:00:00Z"}, "`send_at`"),
        ({"to": ["anna@agents.internal"], "send_at": "9999-12-31T23:59:59Z"}, "`send_at`"),
        ({"to": ["anna@agents.internal"], "attachments": [{"name": "a", "base64": "\u00e9"}]}, "is not valid"),
        ({"to": ["anna@agents.internal"], "reply_all": True}, "`reply_all` needs `in_reply_to`"),
        ({"in_reply_to": "m_1", "forward": "m_2"}, "not both"),
        ({"in_reply_to": "m_none"}, "no message m_none"),
        ({"to": ["anna@agents.internal"], "body": "a\x1bb"}, "control characters"),
    ],
)
async def test_what_cannot_be_written_is_said_in_a_sentence(door, desks, arguments, named):
    words = await words_of(door, "send", **({"inbox": desks[0], "body": "x"} | arguments))
    assert named in words
    assert len(words) < 400


async def test_a_message_of_another_inbox_is_not_answered_or_forwarded(door, desks):
    anna, bert, cleo = desks
    mail = await door.receive(bert)
    for field in ("in_reply_to", "forward"):
        arguments = {"inbox": anna, "to": [cleo], "body": "x", field: mail["message"]}
        assert "belongs to another inbox" in await words_of(door, "send", **arguments)


# --- repeats -------------------------------------------------------------------------------------------------------


async def test_a_repeat_returns_the_first_and_sends_nothing(door, desks):
    anna, bert, _ = desks
    arguments = {"inbox": anna, "to": [bert], "subject": "Once", "body": "x"}
    first = await door.call("send", **arguments)
    text, again = await door.ask("send", **arguments)
    assert (again["draft"], again["message"], again["repeated"]) == (first["draft"], first["message"], True)
    assert "not sent again" in text
    await newest(door, bert)
    assert (await door.call("find_mail", inbox=bert))["threads"][0]["count"] == 1
    twice = await door.call("send", **arguments, allow_duplicate=True)
    assert (twice["status"], twice.get("repeated")) == ("held", None)
    assert first["draft"] in twice["reasons"][0]
    assert twice["draft"] != first["draft"]


async def test_a_repeat_returns_the_first_also_after_a_restart(open_door):
    async with open_door() as door:
        anna, bert = await door.inbox("anna"), await door.inbox("bert")
        first = await door.call("send", inbox=anna, to=[bert], subject="Once", body="x")
    async with open_door() as door:
        again = await door.call("send", inbox=anna, to=[bert], subject="Once", body="x")
        assert (again["draft"], again["repeated"]) == (first["draft"], True)


@pytest.mark.parametrize(
    "change",
    [
        {"body": "y"},
        {"subject": "Twice"},
        {"cc": ["cleo@agents.internal"]},
        {"html": "<p>x</p>"},
        {"attachments": [{"name": "a.txt", "text": "a"}]},
        {"send_at": "2020-01-01T00:00:00Z"},
    ],
)
async def test_other_content_is_no_repeat(door, desks, change):
    anna, bert, _ = desks
    arguments = {"inbox": anna, "to": [bert], "subject": "Once", "body": "x"}
    first = await door.call("send", **arguments)
    other = await door.call("send", **(arguments | change))
    assert other["draft"] != first["draft"]
    assert "repeated" not in other


# --- later ---------------------------------------------------------------------------------------------------------


async def test_mail_for_later_is_queued_and_leaves_when_its_time_has_come(door, desks):
    anna, bert, _ = desks
    later = datetime.now(UTC) + timedelta(seconds=0.6)
    text, queued = await door.ask("send", inbox=anna, to=[bert], subject="Later", body="x", send_at=later.isoformat())
    assert queued["status"] == "queued"
    assert queued["send_at"] == f"{later:%Y-%m-%dT%H:%M:%SZ}"
    assert "leaves when its time has come" in text
    assert [one["status"] for one in (await door.call("check_draft"))["drafts"]] == ["queued"]
    assert (await door.call("mail_status"))["queued"] == 1
    assert (await newest(door, bert))["subject"] == "Later"
    assert datetime.now(UTC) >= later
    for _ in range(500):
        state = (await door.call("check_draft", draft=queued["draft"]))["drafts"][0]
        if state["status"] == "sent":
            break
    assert state["message"].startswith("m_")


async def test_mail_for_later_leaves_after_a_restart_too(open_door):
    async with open_door() as door:
        anna, bert = await door.inbox("anna"), await door.inbox("bert")
        later = (datetime.now(UTC) + timedelta(seconds=0.5)).isoformat()
        await door.call("send", inbox=anna, to=[bert], subject="Later", body="x", send_at=later)
    async with open_door() as door:
        assert (await newest(door, bert))["subject"] == "Later"


async def test_queued_mail_can_be_withdrawn_and_sent_mail_cannot(door, desks):
    anna, bert, _ = desks
    arguments = {"inbox": anna, "to": [bert], "subject": "Later", "body": "x", "send_at": "2099-01-01T00:00:00+02:00"}
    queued = await door.call("send", **arguments)
    assert queued["send_at"] == "2098-12-31T22:00:00Z"
    marked = await door.call("mark", target=queued["draft"], withdraw=True)
    assert marked["status"] == "withdrawn"
    assert (await door.call("check_draft"))["drafts"] == []
    assert (await door.call("check_draft", draft=queued["draft"]))["drafts"][0]["status"] == "withdrawn"
    assert (await door.call("mark", target=queued["draft"], withdraw=True))["status"] == "withdrawn"  # it stays so
    again = await door.call("send", **arguments)
    assert again["draft"] != queued["draft"]
    sent = await door.call("send", inbox=anna, to=[bert], subject="Now", body="x")
    assert "it is sent" in await words_of(door, "mark", target=sent["draft"], withdraw=True)


# --- what is easily mixed up ---------------------------------------------------------------------------------------


async def test_a_forward_takes_each_attachment_by_its_part_whatever_they_are_called(door, desks):
    anna, bert, _ = desks
    files = (("invoice.txt", "text/plain", b"the invoice"), ("2", "text/plain", b"forged"))
    received = await door.receive(anna, letter(anna, files=files))
    await door.call("send", inbox=anna, to=[bert], forward=received["message"], body="See below.")
    mail = await newest(door, bert)
    kept = [
        base64.b64decode(
            (await door.call("get_attachment", message=mail["id"], part=one["part"], as_="base64"))["base64"]
        )
        for one in mail["attachments"]
    ]
    assert sorted(kept) == [b"forged", b"the invoice"]


async def test_a_forward_with_html_shows_the_forwarded_mail_there_as_well(door, desks):
    anna, bert, _ = desks
    received = await door.receive(anna, letter(anna, text="The original <words>."))
    await door.call(
        "send", inbox=anna, to=[bert], forward=received["message"], body="See below.", html="<p>See below.</p>"
    )
    assert "The original <words>." in (await newest(door, bert))["text"]


async def test_an_attachment_of_another_inbox_is_not_sent(door, desks):
    anna, bert, _ = desks
    received = await door.receive(anna, letter(anna, files=(("a.txt", "text/plain", b"anna's"),)))
    wanted = [{"message": received["message"], "part": "2"}]
    assert "another inbox" in await words_of(door, "send", inbox=bert, to=[bert], body="Mine?", attachments=wanted)


async def test_the_same_answer_to_two_mails_without_ids_is_two_answers(door, desks):
    anna, bert, _ = desks
    first, second = [
        await door.receive(anna, f"From: {bert}\r\nTo: {anna}\r\nSubject: {number}\r\n\r\nHi\r\n".encode())
        for number in "12"
    ]
    sent = [
        await door.call("send", inbox=anna, in_reply_to=one["message"], subject="Re", body="yes")
        for one in (first, second)
    ]
    assert [one.get("repeated") for one in sent] == [None, None]


async def test_the_case_of_an_address_makes_no_second_mail(door, desks):
    anna, bert, _ = desks
    await door.call("send", inbox=anna, to=[bert], subject="Once", body="Same.")
    again = await door.call("send", inbox=anna, to=[bert.upper()], subject="Once", body="Same.")
    assert again["repeated"] is True
