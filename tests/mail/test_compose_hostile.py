"""Addresses that are none, and attempts to slip something into a message: refused in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailmcp.errors import BadAddress, BadInput
from mailmcp.mail import compose, parse
from mailmcp.models import Address, Inbox, Message, OutgoingFile, Submission

ANN = Inbox(row=1, address="ann@agents.test", label="", backend="local", created_at=datetime(2026, 1, 1, tzinfo=UTC))
BOB = Address("Bob", "bob@app.example")
ID = "<1@agents.test>"


def asked(**fields: object) -> Submission:
    values: dict[str, object] = {"to": (BOB,), "subject": "Hello", "body": "Some words."} | fields
    return Submission(inbox=ANN, **values)  # type: ignore[arg-type]


def composed(**fields: object) -> bytes:
    return compose.compose(asked(**fields), sender=Address("", ANN.address), message_id=ID).mime


def read(**fields: object) -> Message:
    message = parse.parse(composed(**fields))
    assert message.defects == ()
    return message


# --- addresses ----------------------------------------------------------------------------------------------------

ADDRESSES = [
    ("bob@app.example", Address("", "bob@app.example")),
    ("  bob@app.example ", Address("", "bob@app.example")),
    ("Bob@App.EXAMPLE", Address("", "Bob@app.example")),
    ("Bob <bob@app.example>", Address("Bob", "bob@app.example")),
    ("<bob@app.example>", Address("", "bob@app.example")),
    ('"Smith, Bob" <bob@app.example>', Address("Smith, Bob", "bob@app.example")),
    ("Bob Smith  <bob@app.example>", Address("Bob Smith", "bob@app.example")),
    ("bob+tag@app.example", Address("", "bob+tag@app.example")),
    ("o'neil@app.example", Address("", "o'neil@app.example")),
    ("a.b.c@a.b.c.example", Address("", "a.b.c@a.b.c.example")),
    ("bob@localhost", Address("", "bob@localhost")),
    ("b@1and1.example", Address("", "b@1and1.example")),
    ("用户@例子.test", Address("", "用户@例子.test")),
    ("Zoë <zoë@app.example>", Address("Zoë", "zoë@app.example")),
    ("l" * 64 + "@app.example", Address("", "l" * 64 + "@app.example")),
]


@pytest.mark.parametrize(("written", "expected"), ADDRESSES)
def test_an_address_is_read(written: str, expected: Address) -> None:
    assert compose.address(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "@",
        "bob",
        "bob@",
        "@app.example",
        "bob@@app.example",
        "a@b@app.example",
        "bob@app..example",
        "bob@.app.example",
        "bob@app.example.",
        "bob@-app.example",
        "bob@app-.example",
        "bob@app_x.example",
        "bob@app.example/x",
        ".bob@app.example",
        "bob.@app.example",
        "b..ob@app.example",
        "b ob@app.example",
        "bob@app .example",
        "bob@app.example, eve@evil.example",
        "bob@app.example; eve@evil.example",
        "bob@app.example eve@evil.example",
        "bob@app.example <eve@evil.example",
        "Bob <bob@app.example> eve@evil.example",
        "Bob <bob@app.example>, <eve@evil.example>",
        "<<bob@app.example>>",
        "Bob <>",
        '"bob"@app.example',
        '"b ob"@app.example',
        "bob(comment)@app.example",
        "bob@[192.0.2.1]",
        "bob:eve@app.example",
        "bob\\eve@app.example",
        "l" * 65 + "@app.example",
        "é" * 33 + "@app.example",
        "bob@" + "d" * 64 + ".example",
        "bob@" + "d." * 130 + "example",
        "bob@app\u3002example",
        "bob\uff20evil.example@app.example",
        "bob\u200b@app.example",
        "bob\u00ad@app.example",
        "bob\u202e@app.example",
        "\ufeffbob@app.example",
        "bob\u00a0@app.example",
        "bob\u3000x@app.example",
        "bob\ue000@app.example",
        "bob@app.example\u2060",
        "bob@app.example\r\nBcc: eve@evil.example",
        "bob@app.example\n",
        "Bob\r\nBcc: eve@evil.example <bob@app.example>",
        "bob\x00@app.example",
        "bob@app\x85.example",
        "bob@app\u2028.example",
        "bob\ud800@app.example",
        "x" * 100_000,
        "<" * 50_000,
        ("a." * 50_000) + "@app.example",
        " " * 100_000 + "<",
    ],
    ids=lambda written: repr(written[:40]),
)
def test_what_is_no_address_is_refused_in_a_short_sentence(written: str) -> None:
    with pytest.raises(BadInput) as caught:
        compose.address(written)
    assert len(str(caught.value)) < 1_000


def test_a_malformed_address_is_a_bad_address() -> None:
    with pytest.raises(BadAddress, match="'bob' is not an e-mail address: write name@host or Name <name@host>"):
        compose.address("bob")


# --- nothing can be slipped in -----------------------------------------------------------------------------------

CONTROLS = ["\r\n", "\r", "\n", "\x00", "\x0b", "\x0c", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ud800", "\r\n "]


@pytest.mark.parametrize("control", CONTROLS, ids=repr)
@pytest.mark.parametrize("where", ["subject", "name", "cc_name", "bcc_name", "email", "bcc_email", "file"])
def test_a_control_character_in_a_header_field_is_refused(where: str, control: str) -> None:
    evil = f"x{control}Bcc: eve@evil.example{control}{control}"
    person, mailbox = (Address(evil, "p@app.example"),), (Address("", f"p{control}Bcc@app.example"),)
    fields = {
        "subject": {"subject": evil},
        "name": {"to": person},
        "cc_name": {"cc": person},
        "bcc_name": {"bcc": person},
        "email": {"to": mailbox},
        "bcc_email": {"bcc": mailbox},
        "file": {"attachments": (OutgoingFile(filename=evil, content_type="text/plain", data=b""),)},
    }[where]
    with pytest.raises(BadInput):
        composed(**fields)


CONTROL = st.sampled_from([*map(chr, range(32)), "\x7f", "\x85", "\u2028", "\u2029", "\r\n", "\ud800"])
FIELDS = ["subject", "name", "email", "file name", "cid", "display name", "address", "sender"]


@given(before=st.text(max_size=20), control=CONTROL, after=st.text(max_size=20), field=st.sampled_from(FIELDS))
@settings(max_examples=600, deadline=None)
def test_no_field_takes_a_control_character_wherever_it_stands(
    before: str, control: str, after: str, field: str
) -> None:
    evil = f"a{before}{control}{after}z"
    people = {"to": (Address(evil, "p@app.example"),), "bcc": (Address("", f"{evil}@app.example"),)}
    file = OutgoingFile(filename=evil, content_type="text/plain", data=b"")
    picture = OutgoingFile(filename="a.png", content_type="image/png", data=b"", cid=evil)
    tries: dict[str, Callable[[], object]] = {
        "subject": lambda: composed(subject=evil),
        "name": lambda: composed(to=people["to"]),
        "email": lambda: composed(bcc=people["bcc"]),
        "file name": lambda: composed(attachments=(file,)),
        "cid": lambda: composed(html=f'<img src="cid:{evil}">', attachments=(picture,)),
        "display name": lambda: compose.display_name(evil),
        "address": lambda: compose.address(f"{evil} <p@app.example>"),
        "sender": lambda: compose.compose(asked(), sender=Address(evil, ANN.address), message_id=ID),
    }
    with pytest.raises(BadInput):
        tries[field]()


@given(
    kind=st.text(alphabet="abc/;=\r\n :\x00\u2028", max_size=30),
    reference=st.text(alphabet="<>a@.\r\n :\x00\u2028", max_size=30),
)
@settings(max_examples=300, deadline=None)
@pytest.mark.slow
def test_what_strangers_write_and_an_answer_repeats_cannot_add_a_field(kind: str, reference: str) -> None:
    file = OutgoingFile(filename="a.bin", content_type=kind, data=b"x")
    message = read(attachments=(file,), in_reply_to=reference, references=(reference, "<0@g.test>"))
    known = {"from", "to", "subject", "message-id", "in-reply-to", "references", "mime-version", "content-type"}
    assert {name.lower() for name, _ in message.headers} <= known


@pytest.mark.parametrize("control", ["\x00", "\x07", "\x0c", "\x1b", "\ud800"], ids=repr)
@pytest.mark.parametrize("field", ["body", "html"])
def test_a_control_character_in_the_text_is_refused(field: str, control: str) -> None:
    with pytest.raises(BadInput, match="holds control characters: remove them"):
        composed(**{field: f"a{control}b"})


@pytest.mark.parametrize(
    "evil", ["<a@b.test>\r\nBcc: eve@evil.example", "<a@b.test\n>", "a@b.test", "<a b@c.test>", "<é@b.test>", "<>", ""]
)
def test_an_id_that_is_none_is_left_out_of_the_lineage(evil: str) -> None:
    message = read(in_reply_to=evil, references=("<0@g.test>", evil, "<1@g.test>"))
    assert (message.in_reply_to, message.references) == ((), ("<0@g.test>", "<1@g.test>"))
    assert "bcc" not in {name.lower() for name, _ in message.headers}


@pytest.mark.parametrize("email", ["a@b.test>, <eve@evil.example", "a@b.test, eve@evil.example", "eve", '"a b"@c.test'])
def test_an_address_that_would_be_read_as_another_is_refused(email: str) -> None:
    with pytest.raises(BadAddress):
        composed(to=(Address("", email),))


@pytest.mark.parametrize(
    "kind", ["text/plain\r\nBcc: x@evil.example", 'text/plain; name="x"', "nonsense", "a/b/c", "", "/"]
)
def test_a_media_type_that_is_none_becomes_plain_bytes(kind: str) -> None:
    file = OutgoingFile(filename="a", content_type=kind, data=b"x")
    assert [one.content_type for one in read(attachments=(file,)).attachments] == ["application/octet-stream"]


@pytest.mark.parametrize("kind", ["message/rfc822", "message/partial", "multipart/mixed", "MESSAGE/global"])
def test_a_message_is_attached_as_a_file_to_the_byte(kind: str) -> None:
    data = b"From: a@b.test\nSubject: \xff\n\n--x\r\n.\r\n"
    mime = composed(attachments=(OutgoingFile(filename="m.eml", content_type=kind, data=data),))
    (attachment,) = parse.parse(mime).attachments
    assert parse.attachment_bytes(mime, attachment.part)[1] == data


@pytest.mark.parametrize("name", ["invoice\u202efdp.exe", "a\u200bb.txt", "\u2800.txt"])
def test_a_file_name_that_nobody_would_see_whole_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="invisible characters"):
        composed(attachments=(OutgoingFile(filename=name, content_type="text/plain", data=b"x"),))


@pytest.mark.parametrize("email", ["x@\uff45vil.example", "\u212aate@app.example", "\u0130@app.example"])
def test_an_address_that_programs_may_take_for_another_is_refused(email: str) -> None:
    with pytest.raises(BadAddress):
        compose.address(email)
    with pytest.raises(BadAddress):
        composed(to=(Address("", email),))
