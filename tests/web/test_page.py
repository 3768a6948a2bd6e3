"""The page as its script sees it: what is shown of a draft, what a decision does, and who is told."""

from __future__ import annotations

import base64
import hashlib
import threading

import pytest
from letters import letter
from rig import Rig
from tests.backends.relay_sink import through

from mailmcp.mail import parse

PASSPHRASE = "four plain old words"


def plain(words: list) -> str:
    return "".join(one if isinstance(one, str) else f"[{one['sign']}]" for one in words)


# --- what is shown ---------------------------------------------------------------------------------------------------


def test_the_list_has_what_waits_what_is_leaving_and_what_was_decided(open_rig):
    rig = open_rig()
    held = rig.hold(subject="Waits")
    rejected = rig.hold(subject="No")
    rig.do(rig.room.reject(rejected.id, word="", approver="x"))
    later = rig.hold(subject="Later", send_at="2999-01-01T00:00:00Z")
    rig.do(rig.room.approve(later.id, sha256=later.sha256, approver="x"))
    listed = rig.session().get("/api/drafts").json()
    assert [(one["id"], one["subject"], one["recipients"]) for one in listed["held"]] == [
        (held.id, ["Waits"], ["bert@agents.internal"])
    ]
    assert [(one["id"], one["state"]) for one in listed["leaving"]] == [(later.id, "queued")]
    assert [(one["id"], one["state"]) for one in listed["recent"]] == [(rejected.id, "rejected")]
    assert "a program that runs commands as you could approve too" in listed["unproved"]


def test_every_recipient_is_shown_with_what_speaks_about_it(rig, session):
    bert = rig.inbox("bert")
    draft = rig.hold(to=(f"Bert <{bert}>",), cc=(rig.inbox("cleo"),), bcc=(rig.inbox("dora"),))
    people = session.shown(draft)["people"]
    assert [(one["role"], plain(one["name"]), one["email"], one["own"], one["new"]) for one in people] == [
        ("from", "", "anna@agents.internal", False, False),
        ("to", "Bert", "bert@agents.internal", True, False),
        ("cc", "", "cleo@agents.internal", True, False),
        ("bcc", "", "dora@agents.internal", True, False),
    ]


def test_what_a_glance_would_not_tell_is_said(rig, session):
    draft = rig.hold(
        subject="An in\u200bvoice \u202egnp.exe",
        body="Pay\u200b\u200b now.",
        html='<p>Pay now.</p><p style="color:#fff;background:#fff">To account 12.</p>'
        '<a href="https://evil.example/x">https://bank.example/</a>',
        to=("bert@other.example <bert@agents.internal>",),
        files=({"name": "invoice.pdf", "base64": base64.b64encode(b"MZ" + bytes(100)).decode()},),
    )
    shown = session.shown(draft)
    assert plain(shown["subject"]) == ("An in[U+200B ZERO WIDTH SPACE]voice [U+202E RIGHT-TO-LEFT OVERRIDE]gnp.exe")
    assert plain(shown["text"]).strip() == "Pay[U+200B ZERO WIDTH SPACE × 2] now."
    assert [one["text"] for one in shown["hidden"]] == ["To account 12."]
    assert plain(shown["links"][0]["url"]) == "https://evil.example/x"
    notices = " ".join(shown["notices"])
    for words in (
        "The subject holds 2 invisible characters",
        "The text holds 2 invisible characters",
        "The HTML hides 1 piece of text",
        "The name of bert@agents.internal looks like another address: bert@other.example",
        "A link shows one address and leads to another.",
        "invoice.pdf: ",
    ):
        assert words in notices
    assert session.shown(rig.hold())["notices"] == []


def test_a_link_that_is_turned_round_is_shown_as_it_leads(rig, session):
    shown = session.shown(rig.hold(body="b", html='<a href="https://evil.example/\u202emoc.knab">a \u202eb</a> b'))
    (link,) = shown["links"]
    assert plain(link["url"]) == "https://evil.example/%E2%80%AEmoc.knab"
    assert "\u202e" not in plain(link["text"])


def test_words_far_below_the_text_are_called_out(rig, session):
    far = session.shown(rig.hold(body="Thank you.\n" + " \n" * 300 + "Pay Eve 200 euros.\n\n"))
    assert "The text goes on below 300 empty lines: read it to its end." in far["notices"]
    assert session.shown(rig.hold(body="Thank you.\n\n\nAnn" + "\n" * 300))["notices"] == []


def test_an_html_version_that_says_other_things_than_the_text_is_called_out(rig, session):
    same = rig.hold(body="We agree to pay 200 euros.", html="<p>We agree to <b>pay</b> 200 euros.</p><p>Ann</p>")
    assert session.shown(same)["notices"] == []
    other = rig.hold(body="See you tomorrow.", html="<p>We agree to pay one million to Eve.</p>")
    assert session.shown(other)["notices"] == [
        "The HTML version, which most programs show, says what the text does not: we agree to pay one million eve."
    ]


def test_a_domain_in_other_letters_is_shown_as_machines_read_it(open_rig):
    rig = open_rig(
        **through(9),
    )
    shown = rig.session().shown(rig.hold(to=("käthe@bücher.example",)))
    (to,) = [one for one in shown["people"] if one["role"] == "to"]
    assert (to["ascii"], to["new"], to["own"]) == ("xn--bcher-kva.example", True, False)
    assert any("machines read it as xn--bcher-kva.example" in one for one in shown["notices"])


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("\u0430nn@far.example", "has letters beyond ASCII, which may look like others: \u0430 (U+0430)."),
        ("ann@xn--bcher-kva.example", "may show the domain of ann@xn--bcher-kva.example as b\u00fccher.example."),
        ("ann\uff20far.example <eve@evil.example>", "The name of eve@evil.example looks like another address"),
    ],
)
def test_a_recipient_that_may_be_taken_for_another_is_called_out(open_rig, to, words):
    rig = open_rig(**through(9))
    (notice,) = rig.session().shown(rig.hold(to=(to,)))["notices"]
    assert words in notice


def test_attachments_are_named_measured_and_saved_as_they_are(rig, session):
    data = bytes(range(256)) * 5
    draft = rig.hold(files=({"name": "übung 1.bin", "base64": base64.b64encode(data).decode()},))
    (file,) = session.shown(draft)["files"]
    assert (plain(file["name"]), file["type"], file["size"], file["sha256"]) == (
        "übung 1.bin",
        "application/octet-stream",
        1280,
        hashlib.sha256(data).hexdigest(),
    )
    saved = session.get(f"/api/drafts/{draft.id}/files/{file['part']}")
    assert saved.body == data
    assert saved.headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%BCbung%201.bin"


def test_the_conversation_that_it_answers_is_shown_with_what_was_proved(rig, session):
    anna = rig.inbox("anna")
    question = rig.receive(
        letter(anna, from_="Cleo <cleo@app.example>", subject="When?", text="When do you come?"), anna
    )
    shown = session.shown(rig.hold(in_reply_to=question, subject=None, body="At nine."))
    (message,) = shown["thread"]
    assert (message["from"], message["text"], message["verdict"], message["answered"]) == (
        "Cleo <cleo@app.example>",
        "When do you come?",
        "unverified",
        True,
    )
    assert plain(shown["subject"]) == "Re: When?"
    assert session.shown(rig.hold())["thread"] == []


def test_what_is_shown_is_what_would_leave(rig, session):
    draft = rig.hold(body="Grüße, 漢字 and 🙂.", note="Please.")
    shown = session.shown(draft)
    mime = rig.do(rig.room.shown(draft.id))[1]
    assert session.get(f"/api/drafts/{draft.id}/source").body == mime
    assert plain(shown["text"]) == parse.parse(mime).text
    assert (shown["sha256"], shown["revision"], plain(shown["note"])) == (draft.sha256, 1, "Please.")
    line, head = rig.do(
        rig.room._store.read(
            lambda db: tuple(db.execute("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1").fetchone())
        )
    )
    assert shown["audit"] == {"line": line, "hash": head}


# --- decisions -------------------------------------------------------------------------------------------------------


def test_an_approval_sends_exactly_what_was_shown(rig, session):
    draft = rig.hold(body="Go.")
    answer = session.decide(draft, "approve")
    assert (answer.status, answer.json()["state"]) == (200, "sent")
    sent = rig.draft(draft)
    raw = rig.do(rig.room.reading.raw(sent.message or ""))
    assert raw.endswith(rig.do(rig.room.shown(draft.id))[1])
    approved = rig.do(
        rig.room._store.read(
            lambda db: db.execute(
                "SELECT detail FROM audit WHERE event = 'draft.approved' ORDER BY id DESC"
            ).fetchone()["detail"]
        )
    )
    assert draft.sha256 in approved
    assert "on the page" in approved


def test_an_edited_draft_is_shown_anew_and_then_approved(rig, session):
    draft = rig.hold()
    edited = session.decide(
        draft, "edit", subject="Better", body="Better words.", to=["Cleo <" + rig.inbox("cleo") + ">"]
    )
    assert (edited.status, edited.json()["revision"], edited.json()["state"]) == (200, 2, "held")
    late = session.decide(draft, "approve")
    assert (late.status, "look at it again" in late.error) == (409, True)
    now = rig.draft(draft)
    assert session.decide(now, "approve").json()["state"] == "sent"
    mail = parse.parse(rig.do(rig.room.reading.raw(rig.draft(draft).message or "")))
    assert (mail.subject, (mail.text or "").strip(), mail.to[0].email) == (
        "Better",
        "Better words.",
        "cleo@agents.internal",
    )


def test_a_rejection_takes_a_word_to_the_assistant(rig, session):
    draft = rig.hold()
    assert session.decide(draft, "reject", word="Not before Monday.").json()["state"] == "rejected"
    assert (rig.draft(draft).state, rig.draft(draft).error) == ("rejected", "Not before Monday.")
    again = session.decide(draft, "approve")
    assert (again.status, again.error) == (409, f"The draft {draft.id} is no longer held: it is rejected.")
    long = session.decide(rig.hold(), "reject", word="x" * 2001)
    assert (long.status, "shorten it" in long.error) == (400, True)


def test_of_many_clicks_at_once_one_counts(rig, session):
    draft = rig.hold()
    answers: list[int] = []
    tabs = [session, rig.session(), rig.session()] * 3
    threads = [
        threading.Thread(target=lambda tab=tab: answers.append(tab.decide(draft, "approve").status)) for tab in tabs
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert sorted(answers) == [200] + [409] * 8
    copies = rig.do(
        rig.room._store.read(
            lambda db: db.execute("SELECT count(*) FROM messages WHERE subject = ?", (draft.subject,)).fetchone()[0]
        )
    )
    assert copies == 2  # ours, and the one that arrived


def test_an_expired_draft_is_not_approved(rig, session):
    draft = rig.hold()
    rig.do(
        rig.room._store.write(
            lambda db: db.execute("UPDATE drafts SET expires_at = 1 WHERE id = ?", (draft.row,)) and None
        )
    )
    answer = session.decide(draft, "approve")
    assert (answer.status, "it is expired" in answer.error) == (409, True)


def test_with_a_passphrase_the_page_needs_it(open_rig, monkeypatch):
    from mailmcp.mailroom import sealing

    monkeypatch.setattr(sealing, "COST", 2**14)
    rig = open_rig()
    draft = rig.hold()
    rig.do(rig.room.approver.set(PASSPHRASE))
    session = rig.session()
    assert session.get("/api/drafts").json()["unproved"] is None
    assert session.decide(draft, "approve").error == "The approver's passphrase is needed."
    assert session.decide(draft, "approve", passphrase=PASSPHRASE).json()["state"] == "sent"


def test_a_draft_whose_inbox_is_deleted_is_gone(open_rig):
    rig = open_rig()
    draft = rig.hold()
    session = rig.session()
    rig.do(rig.room.delete_inbox("anna@agents.internal"))
    for answer in (session.get(f"/api/drafts/{draft.id}"), session.decide(draft, "approve")):
        assert (answer.status, "There is no draft" in answer.error) == (404, True)


@pytest.mark.parametrize("body", ["", " ", "\n"])
def test_a_draft_without_words_is_shown(rig: Rig, session, body):
    shown = session.shown(rig.hold(body=body, subject="", note=repr(body)))
    assert plain(shown["text"]).strip() == ""


def test_no_code_is_shown_where_no_client_is_trusted(rig, session):
    assert session.shown(rig.hold())["code"] is None


def test_the_code_for_a_trusted_client_is_shown_while_a_draft_is_held_and_no_passphrase_is_set(open_rig):
    rig = open_rig(MAILMCP_APPROVAL__TRUSTED_CLIENTS="claude-code")
    draft, session = rig.hold(), rig.session()
    assert session.shown(draft)["code"] == rig.do(rig.room.code(draft))
    assert session.decide(draft, "reject", word="").status == 200
    assert session.shown(draft)["code"] is None
    other = rig.hold(subject="Another")
    rig.do(rig.room.approver.set(PASSPHRASE))
    assert session.shown(other)["code"] is None
