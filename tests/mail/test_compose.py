"""Words to bytes: what is accepted parses back to the same words, and nothing can be slipped in."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailmcp.errors import BadInput
from mailmcp.language.characters import cleaned
from mailmcp.mail import compose, parse
from mailmcp.mail.mime import filenames
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


# --- the shape of the bytes ---------------------------------------------------------------------------------------


def test_a_plain_message_has_these_fields_in_this_order_and_no_date() -> None:
    mime = composed(
        cc=(Address("", "cyd@app.example"),),
        bcc=(Address("Dan", "dan@app.example"),),
        in_reply_to="<0@app.example>",
        references=("<-1@app.example>", "<0@app.example>"),
    )
    assert mime.decode() == (
        "From: ann@agents.test\r\nTo: Bob <bob@app.example>\r\nCc: cyd@app.example\r\nSubject: Hello\r\n"
        "Message-ID: <1@agents.test>\r\nIn-Reply-To: <0@app.example>\r\n"
        "References: <-1@app.example> <0@app.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: 7bit\r\n\r\nSome words.\r\n'
    )


def test_blind_copies_are_in_the_envelope_and_nowhere_in_the_bytes() -> None:
    submission = asked(to=(), bcc=(Address("Secret Dan", "dan@app.example"),))
    mime = compose.compose(submission, sender=Address("", ANN.address), message_id=ID).mime
    assert submission.recipients == ("dan@app.example",)
    assert b"dan" not in mime.lower()
    assert b"bcc" not in mime.lower()


def test_the_date_is_added_in_front_when_the_message_leaves() -> None:
    mime = composed()
    dated = compose.dated(mime, datetime(2026, 11, 21, 8, 7, 6, tzinfo=UTC))
    assert dated == b"Date: Sat, 21 Nov 2026 08:07:06 +0000\r\n" + mime
    assert parse.parse(dated).date == datetime(2026, 11, 21, 8, 7, 6, tzinfo=UTC)


@pytest.mark.parametrize("html", [None, "<p>é</p>"])
@pytest.mark.parametrize("body", ["a\nb", "a\r\nb", "a\rb", "é\n" * 100, "中\n" * 100, "x" * 5_000, "\n\n", ""])
def test_lines_end_in_crlf_and_are_within_the_limit(body: str, html: str | None) -> None:
    mime = composed(body=body, html=html, subject="中 long " * 50, references=tuple(f"<{n}@g.test>" for n in range(90)))
    assert b"\n" not in mime.replace(b"\r\n", b"")
    assert b"\r" not in mime.replace(b"\r\n", b"")
    assert max(map(len, mime.split(b"\r\n"))) <= 998
    head = mime.partition(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 78
    assert all(not line or line.strip() for line in head.split(b"\r\n"))


def test_another_reader_sees_the_same_words() -> None:
    file = OutgoingFile(filename="brève.pdf", content_type="application/pdf", data=b"%PDF")
    mail = message_from_bytes(
        composed(
            subject="Prüfung der Räume in München und 北京 mit vielen Wörtern in mehr als nur einer Zeile",
            to=(Address("Zoë, Jr. 中", "z@app.example"), Address('a"b\\c', "a@app.example")),
            body="Grüße\n.\nFrom me",
            html="<p>Grüße</p>",
            attachments=(file,),
        ),
        policy=default,
    )
    assert mail["Subject"] == "Prüfung der Räume in München und 北京 mit vielen Wörtern in mehr als nur einer Zeile"
    assert [(one.display_name, one.addr_spec) for one in mail["To"].addresses] == [
        ("Zoë, Jr. 中", "z@app.example"),
        ('a"b\\c', "a@app.example"),
    ]
    assert mail.get_body(("plain",)).get_content().split() == ["Grüße", ".", "From", "me"]
    assert mail.get_body(("html",)).get_content().strip() == "<p>Grüße</p>"
    assert [(one.get_filename(), one.get_content()) for one in mail.iter_attachments()] == [("brève.pdf", b"%PDF")]


# --- subjects -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "x",
        "Prüfung",
        "Your code — 4829 — is here",
        "日本語の件名 with english words と 混ざった " * 8,
        "😀" * 200,
        "👨‍👩‍👧‍👦 family 👩🏽‍🚀",
        "é " * 400,
        "e\u0301" * 300,
        "a" * 998,
        "word " * 190,
        "x" * 70 + " " + "y" * 70,
        "two  blanks and   three",
        "=?utf-8?q?not_an_encoded_word?=",
        "a =?utf-8?b?eA==?= b =?x",
        'Re: [list] (comment) "quoted" <angle> a@b; c, d: e\\f',
        "السلام عليكم",
        "שלום",
        "%0d%0aBcc: x@evil.example",
        "\\r\\nBcc: x@evil.example",
    ],
    ids=lambda subject: repr(subject[:24]),
)
def test_a_subject_arrives_as_it_was_written(subject: str) -> None:
    assert read(subject=subject).subject == subject.strip()


def test_a_subject_that_is_too_long_is_refused_with_its_length() -> None:
    with pytest.raises(BadInput, match="The subject has 999 characters: at most 998"):
        composed(subject="x" * 999)


@pytest.mark.parametrize(("make", "prefix"), [(compose.reply_subject, "Re:"), (compose.forward_subject, "Fwd:")])
@pytest.mark.parametrize("subject", ["Plans", "", "  Plans ", "a\r\nb\x00\u2028c", "é" * 8_192, "\ud800", "x " * 4_096])
def test_the_subject_of_an_answer_can_always_be_sent(make: object, prefix: str, subject: str) -> None:
    made = make(subject)  # type: ignore[operator]
    assert made.startswith(prefix)
    assert read(subject=made).subject.split() == made.split()


def test_re_and_fwd_stand_in_front_once() -> None:
    assert compose.reply_subject("Plans") == "Re: Plans"
    assert compose.reply_subject("RE: Plans") == "RE: Plans"
    assert compose.reply_subject("Fwd: Plans") == "Re: Fwd: Plans"
    assert compose.forward_subject("FWD: Plans") == "FWD: Plans"
    assert compose.forward_subject("Re: Plans") == "Fwd: Re: Plans"


# --- people -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Bob",
        "Bob Smith-Jones Jr",
        "Smith, Bob",
        "Bob (the builder)",
        'Bob "the" builder',
        "back\\slash",
        "Zoë Müller",
        "山田 太郎",
        "Владимир Великий " * 10,
        "x" * 400,
        "many words " * 30,
        "bob@other.example",
        "<bob@other.example>",
        "=?utf-8?q?x?=",
        "a, b@evil.example, c",
        "; : < > [ ] @",
        "😀",
        "O'Neil",
        ".",
        "two  blanks",
    ],
    ids=lambda name: repr(name[:24]),
)
def test_names_arrive_as_they_were_written(name: str) -> None:
    people = (Address(name, "one@app.example"), Address("Second", "two@app.example"), Address(name, "x@app.example"))
    message = read(to=people, cc=people)
    assert [person.email for person in message.to] == ["one@app.example", "two@app.example", "x@app.example"]
    assert [person.name.split() for person in message.to] == [name.split(), ["Second"], name.split()]
    assert message.cc == message.to


def test_a_hundred_recipients_are_possible_and_no_more() -> None:
    people = tuple(Address(f"Person {number}", f"p{number}@app.example") for number in range(101))
    assert read(to=people[:50], cc=people[50:100]).cc == people[50:100]
    with pytest.raises(BadInput, match="There are 101 recipients: at most 100"):
        composed(to=people)


def test_a_message_to_nobody_is_refused() -> None:
    with pytest.raises(BadInput, match="There is no recipient"):
        composed(to=())


@pytest.mark.parametrize("email", ["用户@例子.test", "zoë@app.example", "δοκιμή@παράδειγμα.test"])
def test_addresses_with_a_local_part_beyond_ascii_are_written_in_utf8(email: str) -> None:
    people = (Address("Zoë", email), BOB)
    assert read(to=people).to == people
    assert email.encode() in composed(to=people)


@pytest.mark.parametrize(
    ("email", "written"),
    [
        ("z@münchen.example", "z@xn--mnchen-3ya.example"),
        ("z@例え.test", "z@xn--r8jz45g.test"),
        ("Z@a.test", "Z@a.test"),
    ],
)
def test_a_domain_beyond_ascii_is_written_so_that_every_server_takes_it(email: str, written: str) -> None:
    assert read(to=(Address("Zoë", email),), cc=(BOB,)).to == (Address("Zoë", written),)
    assert composed(to=(Address("Zoë", email),)).isascii()


@pytest.mark.parametrize("email", ["l" * 64 + "@" + ".".join(["d" * 62] * 4), "a.b+c=d_e-f!#$%&'*/?^`{|}~@app.example"])
def test_long_and_odd_but_proper_addresses_are_written_whole(email: str) -> None:
    assert read(to=(Address("Name", email), Address("", email))).to[1].email == email


# --- the lineage --------------------------------------------------------------------------------------------------

LONG_ID = "<" + "A1B2C3D4" * 9 + "@" + "mail-server-with-a-long-name." * 3 + "example>"


def test_long_message_ids_are_written_whole() -> None:
    ids = (LONG_ID, "<short@g.test>", LONG_ID.replace("A1", "Z9"), "<" + "x" * 890 + "@g.test>")
    message = read(in_reply_to=LONG_ID, references=ids)
    assert (message.in_reply_to, message.references) == ((LONG_ID,), ids)


def test_the_id_of_a_long_domain_is_written_whole() -> None:
    message_id = f"<{'0' * 32}@{'.'.join(['d' * 60] * 4)}>"
    mime = compose.compose(asked(), sender=Address("", ANN.address), message_id=message_id).mime
    assert parse.parse(mime).message_id == message_id


def test_of_very_many_ids_the_first_and_the_nearest_are_kept() -> None:
    ids = tuple(f"<{number:04}{'x' * 500}@g.test>" for number in range(100))
    kept = read(references=ids).references
    assert len(kept) == 15
    assert kept == (ids[0], *ids[-14:])


# --- bodies and files ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "",
        "Some words.",
        "x" * 3_000,
        "word " * 1_000,
        "é" * 3_000,
        "中" * 3_000,
        "mostly ascii " * 300 + "é",
        ".\n..\n.hidden\n\n.\r\n",
        "From me\nFrom you\n>From them",
        "--\n-- \nsignature\n--boundary--",
        "=3D =\n=20\n= soft",
        "trailing blanks   \n\ttabs\t\n",
        "\n\n\nfirst\n\n\nlast\n\n\n",
        "=?utf-8?q?x?=",
        "begin 644 x\nend",
        "> quoted\n>> deeper",
        "😀 👩🏽‍🚀 🇩🇪",
        "\u202eright to left\u202c",
        "nel\x85 and separators\u2028 \u2029",
        "Subject: not a header\n\nstill the body",
        "%s {0} \\n $HOME",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_a_body_arrives_as_it_was_written(body: str) -> None:
    got = read(body=body).text or ""
    assert got.rstrip("\n") == body.replace("\r\n", "\n").rstrip("\n")
    assert read(body=body, html="<p>x</p>").text == got


def test_text_that_is_too_long_is_refused_with_the_limit() -> None:
    with pytest.raises(BadInput, match="The body has more than 1048576 bytes: shorten it, or attach it as a file"):
        composed(body="é" * 600_000)
    with pytest.raises(BadInput, match="The HTML has more than 2097152 bytes"):
        composed(html="é" * 1_100_000)


def test_html_is_the_alternative_of_the_text() -> None:
    html = "<html><body><p style='color: red'>Grüße &amp; <b>mehr</b></p>" + "<i>x</i>" * 300 + "</body></html>"
    message = read(body="Grüße & mehr", html=html)
    assert (message.text, message.attachments) == ("Grüße & mehr\n", ())
    assert (message.html or "").strip() == html
    assert b"Content-Type: multipart/alternative" in composed(html=html)


PNG = OutgoingFile(filename="a.png", content_type="image/png", data=b"\x89PNG", cid="a.1")


@pytest.mark.parametrize(
    "html",
    [
        '<img src="cid:a.1">',
        "<IMG alt='x' SRC='CID:a.1'>",
        "<img src=cid:a.1 width=1>",
        '<td background="cid:a.1">x</td>',
        '<p style="background-image: url(cid:a.1)">x</p>',
        "<style>p { background: url('cid:a.1') }</style>",
        '<img src="cid:a.1"><img src="cid:a.1"><p>write src=cid:other or "cid:other" or url(cid:other)</p>',
    ],
)
def test_a_picture_is_found_wherever_html_can_show_it_and_words_about_one_are_words(html: str) -> None:
    (attachment,) = read(html=html, attachments=(PNG,)).attachments
    assert (attachment.content_id, attachment.inline) == ("a.1", True)


def test_a_large_page_is_searched_for_pictures_in_one_go() -> None:
    for html in ("<a " * 600_000, "<" + " src" * 400_000, "<img " + "x=cid:" * 300_000):
        with pytest.raises(BadInput, match="shows no cid"):
            composed(html=html, attachments=(PNG,))


FILES = [
    ("a.bin", "application/octet-stream", bytes(range(256)) * 40),
    ("empty", "application/octet-stream", b""),
    ("a.txt", "text/plain", b"plain\n.\nFrom me\r\nbare\rcr \xff\x00"),
    ("page.html", "text/html", "<p>é</p>".encode()),
    ("data.csv", "text/csv", b"a;b\n1;2"),
    ("note.ics", "text/calendar", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"),
    ("x.json", "application/json", b"{}"),
    ("i.png", "image/png", b"\x89PNG\r\n\x1a\n"),
    ("s.mp3", "audio/mpeg", b"ID3"),
    ("v.mp4", "video/mp4", b"\x00" * 100),
    ("t.tar.gz", "application/gzip", b"\x1f\x8b"),
    ("Zoë – Übersicht (2).pdf", "application/pdf", b"%PDF"),
    ("报告.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK"),
    ("a;b='c' d%20e.txt", "text/plain", b"x"),
    ("l" * 140 + ".txt", "text/plain", b"x"),
    ("😀.png", "image/png", b"x"),
]


def test_files_of_every_kind_arrive_to_the_byte_with_their_names_and_types() -> None:
    mime = composed(
        html="<p>x</p>", attachments=tuple(OutgoingFile(filename=n, content_type=t, data=d) for n, t, d in FILES)
    )
    message = parse.parse(mime)
    assert message.text == "Some words.\n"
    got = [(one.filename, one.content_type, parse.attachment_bytes(mime, one.part)[1]) for one in message.attachments]
    assert got == FILES


# --- properties -----------------------------------------------------------------------------------------------------

TEXT = st.text(max_size=300)
MIXED = st.lists(
    st.one_of(
        st.sampled_from(
            ["=?utf-8?q?x?=", "\r\n", "\n", "\r", " ", "  ", "\t", ".", "\n.\n", "From ", "é", "中文", "😀"]
        ),
        st.text(max_size=20),
        st.text(alphabet='abc =?<>,;:@"\\\r\n', max_size=20),
    ),
    max_size=20,
).map("".join)


@given(subject=st.one_of(TEXT, MIXED), body=st.one_of(TEXT, MIXED), name=st.one_of(st.text(max_size=40), MIXED))
@settings(max_examples=250, deadline=None)
def test_whatever_is_accepted_parses_back_to_the_same_words(subject: str, body: str, name: str) -> None:
    try:
        mime = composed(subject=subject, body=body, to=(Address(name[:500], "p@app.example"), BOB))
    except BadInput:
        return
    message = parse.parse(mime)
    assert (message.subject.split(), (message.text or "").split()) == (subject.split(), body.split())
    assert [one.email for one in message.to] == ["p@app.example", "bob@app.example"]
    assert message.to[0].name.split() == name[:500].split()
    names = [name.lower() for name, _ in message.headers]
    assert names == [
        *("from", "to", "subject", "message-id", "mime-version", "content-type", "content-transfer-encoding")
    ]


LINES = st.text(
    alphabet=st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufeff"), max_size=90
)


@given(subject=LINES, body=st.lists(LINES, max_size=6).map("\n".join), name=LINES)
@settings(max_examples=250, deadline=None)
def test_words_of_any_script_without_controls_are_always_accepted(subject: str, body: str, name: str) -> None:
    message = parse.parse(composed(subject=subject, body=body, to=(Address(name, "p@app.example"),)))
    assert message.subject == subject.strip() or message.subject.split() == subject.split()


@given(data=st.binary(max_size=500), name=st.text(min_size=1, max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_bytes_under_any_name_arrive(data: bytes, name: str) -> None:
    try:
        mime = composed(attachments=(OutgoingFile(filename=name, content_type="application/pdf", data=data),))
    except BadInput:
        assert re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", name) or cleaned(name)[1]
        return
    (attachment,) = parse.parse(mime).attachments
    assert parse.attachment_bytes(mime, attachment.part)[1] == data
    assert attachment.filename == filenames.safe(name.strip(), path=attachment.part, content_type="application/pdf")
