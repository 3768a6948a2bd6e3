"""Mails as fields: what was approved is what a service is told, and what it says becomes a mail again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailmcp.backends.fields import File, checked, differs, fields_of, once, rebuilt
from mailmcp.errors import BackendError
from mailmcp.mail import compose, parse
from mailmcp.models import Address, Inbox, OutboundMail, OutgoingFile, Submission

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
INBOX = Inbox(row=1, address="ann@inbox.test", label="", backend="toy", created_at=NOW)
PICTURE = b"\x89PNG\r\n\x1a\n\0\xff"


def approved(*, recipients: tuple[str, ...] | None = None, **asked: object) -> OutboundMail:
    """A mail as the outbox keeps it."""
    submission = Submission(**{"inbox": INBOX, "to": (Address("", "bob@x.test"),), "body": "Hi", **asked})  # type: ignore[arg-type]
    made = compose.compose(submission, sender=Address("Ann", INBOX.address), message_id="<own@inbox.test>")
    return OutboundMail(
        mime=compose.dated(made.mime, NOW), mail_from=INBOX.address, recipients=recipients or submission.recipients
    )


FULL = {
    "to": (Address("Böb, the 2nd", "bob@x.test"), Address("", "Carl@y.test")),
    "cc": (Address("Dora", "dora@z.test"),),
    "bcc": (Address("Eve", "eve@secret.test"),),
    "subject": "Re: Grüße =?utf-8?b?x?= " + "long " * 30,
    "body": "Zeile eins\n\n  zwei\t€ 漢字\n.\n-- \nAnn",
    "html": '<p>Grüße <img src="cid:logo1"></p>',
    "in_reply_to": "<a/b?c#d@y>",
    "references": ("<root@y>", "<a/b?c#d@y>"),
    "automatic": True,
    "attachments": (
        OutgoingFile(filename="logo.png", content_type="image/png", data=PICTURE, cid="logo1"),
        OutgoingFile(filename="Rechnung für 2026.txt", content_type="text/plain", data=b"a\r\nb\n\xff"),
        OutgoingFile(filename="empty.bin", content_type="application/octet-stream", data=b""),
    ),
}


def test_every_part_of_an_approved_mail_becomes_a_field() -> None:
    found = fields_of(approved(**FULL))
    assert found.sender == Address("Ann", "ann@inbox.test")
    assert [(one.name, one.email.lower()) for one in found.to] == [("Böb, the 2nd", "bob@x.test"), ("", "carl@y.test")]
    assert (found.cc, found.bcc) == (FULL["cc"], ("eve@secret.test",))
    assert found.subject == str(FULL["subject"]).strip()
    assert found.text.replace("\r\n", "\n").rstrip("\n") == FULL["body"]
    assert (found.html or "").strip() == FULL["html"]
    assert (found.in_reply_to, found.references) == ("<a/b?c#d@y>", ("<root@y>", "<a/b?c#d@y>"))
    assert found.lineage == ("<root@y>", "<a/b?c#d@y>", "<own@inbox.test>")
    assert found.automatic == "auto-replied"
    assert [(one.filename, one.content_type, one.data, one.cid) for one in found.files] == [
        ("logo.png", "image/png", PICTURE, "logo1"),
        ("Rechnung für 2026.txt", "text/plain", b"a\r\nb\n\xff", None),
        ("empty.bin", "application/octet-stream", b"", None),
    ]


def test_whoever_is_not_in_the_envelope_is_not_told_to_a_service() -> None:
    found = fields_of(approved(**FULL, recipients=("CARL@y.test", "eve@secret.test")))
    assert [one.email.lower() for one in (*found.to, *found.cc)] == ["carl@y.test"]
    assert found.bcc == ("eve@secret.test",)


def test_any_field_that_says_something_else_is_named_and_stops_the_mail() -> None:
    meant = fields_of(approved(**FULL))
    for field, other in {
        "sender": Address("", "eve@x.test"),
        "to": meant.to[:1],
        "cc": (),
        "bcc": (*meant.bcc, "more@x.test"),
        "subject": meant.subject + " ",
        "text": meant.text + "\n",
        "html": None,
        "reply_to": (Address("", "eve@x.test"),),
        "in_reply_to": None,
        "references": meant.references[:1],
        "files": (replace(meant.files[0], data=b""), *meant.files[1:]),
        "automatic": None,
    }.items():
        assert differs(replace(meant, **{field: other}), meant) == field.replace("_", " ")  # type: ignore[arg-type]
        with pytest.raises(BackendError, match="Nothing left"):
            checked(replace(meant, **{field: other}), meant, "toy")  # type: ignore[arg-type]
    shouted = tuple(Address(one.name, one.email.upper()) for one in meant.to)
    assert differs(replace(meant, to=shouted, message_id="<x@y>"), meant) is None
    checked(meant, meant, "toy")


def test_references_may_be_said_with_our_own_id_at_their_end_and_with_nothing_else() -> None:
    meant = fields_of(approved(**FULL))
    assert differs(replace(meant, references=meant.lineage), meant) is None
    for other in (meant.lineage[1:], (*meant.lineage, "<more@y>"), (*meant.references, "<other@y>")):
        assert differs(replace(meant, references=other), meant) == "references"


def test_a_mail_without_one_sender_does_not_leave() -> None:
    with pytest.raises(BackendError, match="Nothing left"):
        fields_of(OutboundMail(mime=b"From: a@x, b@x\r\n\r\nhi", mail_from="a@x", recipients=("c@x",)))


def test_the_key_of_a_mail_is_the_same_for_each_try_and_another_after_an_edit() -> None:
    request = {"to": ["a@x.test"], "text": "é"}
    assert once("d_1", request) == once("d_1", dict(reversed(request.items())))
    assert len({once("d_1", request), once("d_2", request), once("d_1", {**request, "text": "e"})}) == 3
    assert once("d_1", request).isalnum()


# --- the way in ----------------------------------------------------------------------------------------------------


def test_what_a_service_says_in_fields_is_a_mail_with_the_same_words() -> None:
    raw = rebuilt(
        service="toy",
        from_="Zoë Ü <zoe@x.test>",
        to=["ann@inbox.test", "Böb <bob@x.test>"],
        cc=["carl@x.test"],
        reply_to=["desk@x.test"],
        date=NOW,
        message_id="<m/1?@x.test>",
        in_reply_to="<own@inbox.test>",
        references=["<root@x>", "no id", "<own@inbox.test>"],
        subject="Grüße 漢字",
        text="Code: 123456\r\n€",
        html="<p>Code: <b>123456</b></p>",
        files=[File(filename="ä.pdf", content_type="application/pdf", data=b"%PDF\r\n\xff")],
    )
    message = parse.parse(raw)
    assert message.author == Address("Zoë Ü", "zoe@x.test")
    assert [one.email for one in message.to] == ["ann@inbox.test", "bob@x.test"]
    assert [one.email for one in (*message.cc, *message.reply_to)] == ["carl@x.test", "desk@x.test"]
    assert (message.date, message.message_id, message.subject) == (NOW, "<m/1?@x.test>", "Grüße 漢字")
    assert (message.in_reply_to, message.references) == (("<own@inbox.test>",), ("<root@x>", "<own@inbox.test>"))
    assert "Code: 123456" in (message.text or "")
    assert "<b>123456</b>" in (message.html or "")
    assert parse.attachment_bytes(raw, message.attachments[0].part)[1] == b"%PDF\r\n\xff"
    assert message.attachments[0].filename == "ä.pdf"


@settings(max_examples=40, deadline=None)
@given(st.text(), st.text(), st.text(), st.text())
def test_a_strangers_words_stay_in_their_field_and_give_the_same_bytes_again(
    subject: str, from_: str, text: str, name: str
) -> None:
    def built() -> bytes:
        return rebuilt(
            service="toy",
            from_=from_,
            to=["ann@inbox.test"],
            date=NOW,
            subject=subject + "\r\nBcc: eve@x.test\r\n\r\nbody",
            text=text,
            html=text,
            files=[File(filename=name, content_type=name, data=b"x", cid=name)],
        )

    message = parse.parse(built())
    assert {name.lower() for name, _ in message.headers} <= {
        *("x-mailmcp-rebuilt", "date", "from", "to", "subject", "mime-version", "content-type"),
    }
    assert [one.email for one in message.to] == ["ann@inbox.test"]
    assert built() == built()
