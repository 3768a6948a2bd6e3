"""What a mail looks like that leaves, as the tools ask for it and a relay receives it."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
from hosts import LIMIT, newest, words_of
from outside import World, world

from mailmcp.mail import compose
from mailmcp.mailroom import composing
from mailmcp.mailroom.requests import Wanted

pytestmark = pytest.mark.anyio

ANN, BOB, CLEO = "ann@world.example", "bob@world.example", "cleo@world.example"
OPEN = {"MAILMCP_SEND__POLICY": "open"}


@pytest.fixture
async def out(home):
    async with world(home, **OPEN) as opened:
        yield opened


async def sent(out: World, **arguments: Any) -> Any:
    """The mail as the relay has it."""
    record = await out.call("send", **({"body": "Some words."} | arguments))
    assert record["status"] == "sent", record
    return out.sink.arrived[-1][1]


async def received(out: World, inbox: str, raw: bytes) -> str:
    """The m_… id of a mail from outside of which nobody was shown a word: reading it would hold what follows."""
    room = await out.session.room()
    wanted = Wanted(tool="wait_for_mail", inbox=inbox, since="9999-01-01")
    cursor = (await room.wait(wanted, timeout=0)).cursor
    await out.accept(inbox, raw)
    found = await room.wait(replace(wanted, since=cursor), timeout=LIMIT)
    assert found.message is not None
    return found.message.id


def mail(inbox: str, *lines: str) -> bytes:
    return "\r\n".join((f"To: {inbox}", "Subject: Plan", *lines, "", "Hi", "")).encode()


# --- the place in the thread (RFC 5322 §3.6.4) ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of_the_parent", "in_reply_to", "references"),
    [
        (("Message-ID: <3@w>", "References: <1@w> <2@w>", "In-Reply-To: <2@w>"), "<3@w>", "<1@w> <2@w> <3@w>"),
        (("Message-ID: <3@w>", "In-Reply-To: <2@w>"), "<3@w>", "<2@w> <3@w>"),
        (("Message-ID: <3@w>", "In-Reply-To: <1@w> <2@w>"), "<3@w>", "<3@w>"),
        (("Message-ID: <3@w>", "References: <1@w>", "In-Reply-To: <2@w>"), "<3@w>", "<1@w> <3@w>"),
        (("Message-ID: <3@w>",), "<3@w>", "<3@w>"),
        (("References: <1@w> <2@w>",), None, "<1@w> <2@w>"),
        ((), None, None),
    ],
)
async def test_an_answer_names_its_parent_as_the_standard_says(out, of_the_parent, in_reply_to, references):
    anna = await out.inbox("anna")
    parent = await received(out, anna, mail(anna, f"From: {ANN}", *of_the_parent))
    got = await sent(out, inbox=anna, in_reply_to=parent)
    assert (got["In-Reply-To"], got["References"]) == (in_reply_to, references)
    assert (got["Subject"], got["To"]) == ("Re: Plan", ANN)


async def test_a_long_lineage_keeps_its_root_and_the_nearest_within_the_limit(out):
    anna = await out.inbox("anna")
    ids = [f"<{number:03}.{'x' * 100}@world.example>" for number in range(180)]
    parent = await received(
        out, anna, mail(anna, f"From: {ANN}", "Message-ID: <last@w>", "References: " + "\r\n ".join(ids))
    )
    kept = (await sent(out, inbox=anna, in_reply_to=parent))["References"].split()
    assert (kept[0], kept[-1], kept[-2]) == (ids[0], "<last@w>", ids[-1])
    assert sum(map(len, kept)) < compose.MAX_REFERENCE_BYTES
    assert len(kept) > 50


async def test_each_draft_has_a_message_id_of_its_own_in_the_domain_of_the_inbox(out):
    anna = await out.inbox("anna")
    ids = {(await sent(out, inbox=anna, to=[ANN], subject=subject))["Message-ID"] for subject in ("a", "b", "c")}
    assert len(ids) == 3
    assert all(one.endswith("@agents.internal>") and len(one) > 40 for one in ids)


# --- to whom an answer goes -------------------------------------------------------------------------------------------


async def test_an_answer_to_all_leaves_out_every_address_of_this_inbox(out):
    anna = await out.inbox("anna")
    shop = anna.replace("@", "+shop@")
    raw = mail(anna, f"From: {ANN}", f"Cc: {shop}, {BOB}, {anna.upper()}, {CLEO}, {BOB.upper()}")
    parent = await received(out, anna, raw)
    got = await sent(out, inbox=anna, in_reply_to=parent, reply_all=True)
    assert (got["To"], got["Cc"]) == (ANN, f"{BOB}, {CLEO}")
    assert out.sink.recipients == {ANN, BOB, CLEO}


async def test_an_answer_keeps_the_capitals_of_the_address_it_goes_to(out):
    anna = await out.inbox("anna")
    parent = await received(out, anna, mail(anna, "From: Desk <Reply+4fK-Zq@World.example>"))
    assert (await sent(out, inbox=anna, in_reply_to=parent))["To"] == "Desk <Reply+4fK-Zq@world.example>"


async def test_an_answer_to_all_goes_to_reply_to_and_not_where_mail_followup_to_points(out):
    anna = await out.inbox("anna")
    raw = mail(anna, f"From: {ANN}", f"Reply-To: {BOB}", f"Cc: {CLEO}", "Mail-Followup-To: eve@evil.example")
    parent = await received(out, anna, raw)
    await out.call("send", inbox=anna, in_reply_to=parent, reply_all=True, body="x")
    assert [recipients for recipients, _ in out.sink.arrived] == [(BOB, CLEO)]


async def test_a_reply_to_that_is_this_inbox_itself_is_not_answered_to_oneself(out):
    anna = await out.inbox("anna")
    parent = await received(out, anna, mail(anna, f"From: {ANN}", f"Reply-To: {anna}"))
    assert (await sent(out, inbox=anna, in_reply_to=parent))["To"] == ANN


async def test_who_is_named_beside_an_answer_to_all_is_asked_once(out):
    anna = await out.inbox("anna")
    parent = await received(out, anna, mail(anna, f"From: {ANN}", f"Cc: {BOB}, {CLEO}"))
    got = await sent(out, inbox=anna, in_reply_to=parent, reply_all=True, cc=[f"Bob <{BOB}>"])
    assert (got["To"], got["Cc"]) == (ANN, f"Bob <{BOB}>, {CLEO}")


# --- who sends --------------------------------------------------------------------------------------------------------


async def test_recipients_see_the_display_name_and_never_the_label(out):
    made = await out.call("create_inbox", name="anna", label="for the shop in secret", display_name="Anna Ä., Sales")
    got = await sent(out, inbox=made["address"], to=[ANN])
    (author,) = got["From"].addresses
    assert (author.display_name, author.addr_spec) == ("Anna Ä., Sales", made["address"])
    assert "secret" not in got.as_string()


async def test_a_repeated_create_inbox_gives_a_new_display_name_and_keeps_it_when_none_is_given(out):
    for name, seen in (("First", "First"), (None, "First"), ("Second", "Second")):
        made = await out.call("create_inbox", name="anna", key="k", display_name=name)
        got = await sent(out, inbox=made["address"], to=[ANN], subject=f"{name}")
        assert got["From"].addresses[0].display_name == seen


@pytest.mark.parametrize(
    "name", ["ceo@bank.example", "Anna\r\nBcc: eve@evil.example", "A\u200bnna", "<Anna>", "x" * 101, "a\x00"]
)
async def test_a_display_name_that_could_mislead_is_refused(out, name):
    assert "display name" in await words_of(out, "create_inbox", name="anna", display_name=name)
    assert (await out.call("list_inboxes"))["inboxes"] == []


async def test_a_secret_in_the_display_name_is_held_as_one_in_the_text(out):
    made = await out.call("create_inbox", name="anna", display_name="GB82 WEST 1234 5698 7654 32")
    record = await out.call("send", inbox=made["address"], to=[ANN], body="x")
    assert record["status"] == "held"
    assert "display name" in " ".join(record["reasons"])


# --- pictures in the text ---------------------------------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
PICTURE = {"name": "logo.png", "base64": base64.b64encode(PNG).decode(), "cid": "logo1"}


async def test_a_picture_is_shown_in_its_place_and_a_file_is_attached_beside_it(out):
    anna = await out.inbox("anna")
    got = await sent(
        out,
        inbox=anna,
        to=[ANN],
        body="See the logo.",
        html='<p>See <img src="cid:logo1" alt="the logo"></p>',
        attachments=[PICTURE, {"name": "notes.txt", "text": "words"}],
    )
    assert got.get_content_type() == "multipart/mixed"
    alternative, notes = got.iter_parts()
    text, related = alternative.iter_parts()
    html, picture = related.iter_parts()
    assert [one.get_content_type() for one in (alternative, text, related, html, picture)] == [
        *("multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png")
    ]
    assert (picture["Content-ID"], picture.get_content_disposition()) == ("<logo1>", "inline")
    assert (picture.get_content(), picture.get_filename()) == (PNG, "logo.png")
    assert (notes.get_filename(), notes.get_content()) == ("notes.txt", "words")
    assert text.get_content().strip() == "See the logo."


@pytest.mark.parametrize(
    ("html", "cid", "named"),
    [
        ("<p>x</p>", "logo1", "shows no cid:logo1"),
        (None, "logo1", "shows no cid:logo1"),
        ('<img src="cid:logo1"><img src="cid:other">', "logo1", "shows cid:other, and no attachment"),
        ('<img src="cid:logo1">', None, "shows cid:logo1, and no attachment"),
        ('<img src="cid:a">', "a>\r\nX: y", "cannot be used"),
        ('<img src="cid:a b">', "a b", "cannot be used"),
    ],
)
async def test_a_picture_that_could_not_be_shown_is_refused_in_words(out, html, cid, named):
    anna = await out.inbox("anna")
    files = [{key: value for key, value in (PICTURE | {"cid": cid}).items() if value is not None}]
    words = await words_of(out, "send", inbox=anna, to=[ANN], body="x", html=html, attachments=files)
    assert named in words
    assert out.sink.arrived == []


async def test_two_pictures_of_one_name_are_refused(out):
    anna = await out.inbox("anna")
    html = '<img src="cid:logo1">'
    words = await words_of(out, "send", inbox=anna, to=[ANN], body="x", html=html, attachments=[PICTURE, PICTURE])
    assert "same cid" in words


async def test_a_picture_that_came_with_a_mail_is_forwarded_with_it(out):
    anna, bert = await out.inbox("anna"), await out.inbox("bert")
    await out.call(
        "send", inbox=bert, to=[anna], subject="Logo", body="x", html='<img src="cid:logo1">', attachments=[PICTURE]
    )
    first = await newest(out, anna)
    await out.call("send", inbox=anna, forward=first["id"], to=[bert], body="x")
    again = await newest(out, bert)
    (part,) = again["attachments"]
    kept = await out.call("get_attachment", message=again["id"], part=part["part"], as_="base64")
    assert (part["name"], base64.b64decode(kept["base64"])) == ("logo.png", PNG)


# --- international ----------------------------------------------------------------------------------------------------


async def test_a_domain_beyond_ascii_needs_nothing_of_the_relay(out):
    anna = await out.inbox("anna")
    got = await sent(out, inbox=anna, to=["Zoë <zoe@münchen.example>"], subject="Grüße")
    assert [(one.display_name, one.addr_spec) for one in got["To"].addresses] == [("Zoë", "zoe@xn--mnchen-3ya.example")]
    assert out.sink.recipients == {"zoe@xn--mnchen-3ya.example"}
    assert got.as_bytes().isascii()


async def test_a_local_part_beyond_ascii_is_refused_in_words_by_a_relay_that_cannot_take_it(out):
    record = await out.call("send", inbox=await out.inbox("anna"), to=["zoë@world.example"], body="x")
    assert record["status"] == "failed"
    assert "SMTPUTF8" in str(record)
    assert out.sink.arrived == []


async def test_names_of_files_in_any_script_arrive(out):
    anna = await out.inbox("anna")
    files = [
        {"name": name, "text": "x"} for name in ("Übersicht 2026.txt", "报告.txt", "a'b;c%20.txt", "x" * 120 + ".txt")
    ]
    got = await sent(out, inbox=anna, to=[ANN], attachments=files)
    assert [one.get_filename() for one in got.iter_attachments()] == [one["name"] for one in files]


# --- the outgoing folder ----------------------------------------------------------------------------------------------


async def test_an_outgoing_folder_that_is_a_link_is_not_followed(out, home, tmp_path):
    anna = await out.inbox("anna")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.txt").write_text("secret")
    (home / "outgoing").symlink_to(tmp_path / "elsewhere")
    words = await words_of(out, "send", inbox=anna, to=[ANN], body="x", attachments=[{"file": "a.txt"}])
    assert "cannot be read" in words
    assert out.sink.arrived == []


async def test_a_file_that_is_too_large_is_refused_without_being_read_whole(out, home, monkeypatch):
    anna = await out.inbox("anna")
    (home / "outgoing").mkdir()
    (home / "outgoing" / "large.bin").write_bytes(b"x" * 2_001)
    monkeypatch.setattr(composing, "MAX_MESSAGE_BYTES", 2_000)
    words = await words_of(out, "send", inbox=anna, to=[ANN], body="x", attachments=[{"file": "large.bin"}])
    assert "more than 2000 bytes" in words


# --- what was written is read again -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "changed"),
    [
        ("_content", lambda part: (part.add_header("Bcc", "eve@evil.example"), part)[1]),
        ("_folded", lambda line: line.replace(ANN, "eve@evil.example")),
        ("_folded", lambda line: line.replace("Hello", "Goodbye")),
        ("_folded", lambda line: line + "\r\nX-More: 1" if line.startswith("Subject") else line),
        ("_content", lambda part: (next(part.iter_attachments()).set_payload("AAAA"), part)[1]),
    ],
)
async def test_a_mail_that_does_not_read_as_it_was_asked_is_an_error_and_loses_nothing(
    out, monkeypatch, function, changed
):
    anna = await out.inbox("anna")
    written = getattr(compose, function)
    arguments: dict[str, Any] = {"inbox": anna, "to": [ANN], "subject": "Hello", "body": "x"}
    arguments["attachments"] = [{"name": "a.bin", "base64": "AQID"}]
    with monkeypatch.context() as fault:
        fault.setattr(compose, function, lambda *given: changed(written(*given)))
        assert "cannot be written faithfully" in await words_of(out, "send", **arguments)
    assert (await out.call("check_draft"))["drafts"] == []
    assert out.sink.arrived == []
    assert (await sent(out, **arguments))["To"] == ANN


# --- what became of it ------------------------------------------------------------------------------------------------


async def test_each_recipient_has_a_result_of_its_own_when_not_all_accepted_it(out):
    out.sink.answers = {BOB: "550 5.1.1 no such user", CLEO: "451 4.7.1 greylisted"}
    anna = await out.inbox("anna")
    text, record = await out.ask("send", inbox=anna, to=[ANN, BOB, CLEO], subject="Three", body="x")
    assert record["status"] == "queued"
    assert [(one["recipient"], one["status"]) for one in record["deliveries"]] == [
        *((ANN, "accepted"), (BOB, "refused"), (CLEO, "postponed"))
    ]
    assert "550" in record["deliveries"][1]["detail"]
    assert "tried again" in text
    (line,) = (await out.call("check_draft", draft=record["draft"]))["drafts"]
    assert line["deliveries"] == record["deliveries"]
    assert "deliveries" not in await out.call("send", inbox=anna, to=[ANN], subject="One", body="x")
