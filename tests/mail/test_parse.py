"""Headers, bodies and attachments of ordinary and of awkward mails."""

from __future__ import annotations

import base64
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from mailmcp.errors import NotFound
from mailmcp.mail.parse import attachment_bytes, header_block, parse
from mailmcp.models import Message

TOP = b"From: Ann <a@g.test>\r\nTo: b@g.test\r\nSubject: Hello\r\nMIME-Version: 1.0\r\n"


def codes(message: Message) -> set[str]:
    return {defect.code for defect in message.defects}


def body(content: bytes, *fields: bytes) -> Message:
    return parse(TOP + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + content)


def multipart(subtype: bytes, *parts: bytes) -> bytes:
    inner = b"".join(b"--zz\r\n" + part + b"\r\n" for part in parts)
    return TOP + b"Content-Type: multipart/" + subtype + b"; boundary=zz\r\n\r\n" + inner + b"--zz--\r\n"


def test_an_ordinary_mail_has_all_its_fields_and_no_defect() -> None:
    message = parse(
        b"Received: from x by y; Tue, 17 Nov 2026 09:00:00 +0000\r\n"
        b"From: Ann <a@g.test>\r\nTo: B <b@g.test>, c@g.test\r\nCc: d@g.test\r\nReply-To: r@g.test\r\n"
        b"Sender: s@g.test\r\nSubject: Hello\r\n there\r\nDate: Tue, 17 Nov 2026 10:00:00 +0100\r\n"
        b"Message-ID: <3@g.test>\r\nIn-Reply-To: <2@g.test>\r\nReferences: <1@g.test>\r\n\t<2@g.test>\r\n"
        b"\r\nHi\r\nthere\r\n"
    )
    assert message.subject == "Hello there"
    assert message.date == datetime(2026, 11, 17, 9, tzinfo=UTC)
    assert message.message_id == "<3@g.test>"
    assert message.in_reply_to == ("<2@g.test>",)
    assert message.references == ("<1@g.test>", "<2@g.test>")
    assert message.text == "Hi\nthere\n"
    assert message.html is None
    assert message.headers[0] == ("Received", "from x by y; Tue, 17 Nov 2026 09:00:00 +0000")
    assert [name for name, _ in message.headers][-2:] == ["In-Reply-To", "References"]
    assert message.defects == ()


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        (b"plain", "plain"),
        (b"  two\r\n  lines ", "two  lines"),
        (b"tab\tand\x00nul\x1b[31m\x7f", "tab and nul [31m"),
        (b"=?utf-8?q?caf=C3=A9?=", "café"),
        (b"=?UTF-8*en?B?Y2Fmw6k=?=", "café"),
        (b"=?utf-8?B?Y2Fmw6k?=", "café"),
        (b"=?iso-8859-1?q?a?= b =?iso-8859-1?q?c?=", "a b c"),
        (b"=?iso-8859-1?q?a?=\r\n =?utf-8?q?b?=", "ab"),
        (b"=?utf-8?q?caf=C3?= =?utf-8?q?=A9?=", "café"),
        (b"=?utf-8?q?with blank?=", "with blank"),
        (b"=?no-such?q?caf=C3=A9?=", "café"),
        (b"=?rot13?q?uryyb?=", "uryyb"),
        (b"=?utf-8?b?!!!?=", "=?utf-8?b?!!!?="),
        (b"=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        (b"=?utf-8?q?unfinished", "=?utf-8?q?unfinished"),
        (b"=?iso-8859-1?Q?Fr\xf6sche?=", "Frösche"),
        (b"=?utf-7?q?a+2AA-b?=", "a\ufffdb"),
        ("grüße".encode(), "grüße"),
        (b"gr\xfc\xdfe", "grüße"),
        (b"=?iso-2022-jp?B?GyRCRyc+WhsoQg==?=", "認証"),
        (b"=?utf-8?q?line=E2=80=A8sep?=", "line sep"),
    ],
)
def test_subjects_are_decoded_tolerantly_and_stay_one_line(written: bytes, subject: str) -> None:
    assert parse(b"From: a@g.test\r\nSubject: " + written + b"\r\n\r\n").subject == subject


def test_a_raw_header_is_read_in_the_charset_of_the_body_when_it_is_no_utf8() -> None:
    raw = b"From: a@g.test\nSubject: " + "Привет".encode("koi8-r") + b"\nContent-Type: text/plain; charset=koi8-r\n\n"
    assert parse(raw).subject == "Привет"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (b"Tue, 17 Nov 2026 10:00:00 +0100", datetime(2026, 11, 17, 9, tzinfo=UTC)),
        (b"17 Nov 2026 10:00 GMT", datetime(2026, 11, 17, 10, tzinfo=UTC)),
        (b"Tue, 17 Nov 2026 23:59:60 -0000", datetime(2026, 11, 17, 23, 59, 59, tzinfo=UTC)),
        (b"Mon, 2 Apr 101 04:20:10 CST", datetime(2001, 4, 2, 10, 20, 10, tzinfo=UTC)),
        (b"2 Apr 99 04:20 GMT", datetime(1999, 4, 2, 4, 20, tzinfo=UTC)),
        (b"Tue, 31 Feb 2026 10:00:00 +0100", None),
        (b"Tue, 17 Nov 99999 10:00:00 +0100", None),
        (b"Fri, 31 Dec 9999 23:59:59 -2300", None),
        (b"tomorrow", None),
        (b"", None),
    ],
)
def test_dates_are_utc_or_none_with_a_defect(written: bytes, expected: datetime | None) -> None:
    message = parse(b"From: a@g.test\nDate: " + written + b"\n\n")
    assert message.date == expected
    assert ("date_invalid" in codes(message)) == (expected is None)


@pytest.mark.parametrize(
    ("written", "expected", "sound"),
    [
        (b"<a@g.test>", "<a@g.test>", True),
        (b"\r\n <a@g.test>", "<a@g.test>", True),
        (b"a@g.test", "<a@g.test>", False),
        (b"<a b@g.test>", None, False),
        (b"nonsense", None, False),
    ],
)
def test_message_ids_have_brackets(written: bytes, expected: str | None, sound: bool) -> None:
    message = parse(b"From: a@g.test\nMessage-ID: " + written + b"\n\n")
    assert message.message_id == expected
    assert ("message_id_invalid" not in codes(message)) == sound


def test_every_repeated_header_of_those_that_may_stand_once_is_a_defect() -> None:
    names = [b"Subject", b"Date", b"To", b"Reply-To", b"Sender", b"Message-ID"]
    raw = b"From: a@g.test\n" + b"".join(name + b": <x@g.test>\n" for name in names * 2) + b"\n"
    assert {"subject_repeated", "date_repeated", "to_repeated", "reply_to_repeated", "sender_repeated"} <= codes(
        parse(raw)
    )
    assert "message_id_repeated" in codes(parse(raw))
    assert parse(raw).author is not None


# --- own words ---------------------------------------------------------------------------------------------------


def test_alternatives_give_text_and_html() -> None:
    message = parse(multipart(b"alternative", b"\r\nplain", b"Content-Type: text/html\r\n\r\n<p>page</p>"))
    assert (message.text, message.html, message.attachments) == ("plain", "<p>page</p>", ())


def test_a_blank_alternative_gives_way_to_one_with_words() -> None:
    message = parse(multipart(b"alternative", b"\r\n \r\n", b"\r\nwords"))
    assert message.text == "words"


def test_a_text_declared_as_attachment_is_one_also_when_it_comes_first() -> None:
    disposed = b"Content-Disposition: attachment; filename=a.txt\r\n\r\nfile"
    message = parse(multipart(b"mixed", disposed, b"\r\nwords"))
    assert message.text == "words"
    assert [(one.part, one.filename, one.size) for one in message.attachments] == [("1", "a.txt", 4)]


def test_text_in_a_related_part_is_not_the_mails_words() -> None:
    message = parse(multipart(b"related", b"Content-Type: text/html\r\n\r\n<p>page</p>", b"\r\nstylesheet"))
    assert message.text is None
    assert [one.part for one in message.attachments] == ["2"]


def test_attached_messages_are_never_read_as_own_words() -> None:
    inner = b"Subject: =?utf-8?q?Inner?=\r\nFrom: evil@e.test\r\n\r\nstranger's words"
    for kind in (b"message/rfc822", b"message/global"):
        raw = multipart(b"mixed", b"\r\nmine", b"Content-Type: " + kind + b"\r\n\r\n" + inner)
        message = parse(raw)
        assert message.text == "mine"
        assert attachment_bytes(raw, "2")[1] == inner


def test_a_mail_that_is_nothing_but_a_message_shows_it_as_a_forward() -> None:
    inner = b"Subject: =?utf-8?q?Inner?=\r\nFrom: evil@e.test\r\n\r\nstranger's words"
    alone = body(inner, b"Content-Type: message/rfc822")
    assert alone.text == (
        "---------- Forwarded message ----------\nFrom: evil@e.test\nSubject: Inner\n\nstranger's words"
    )
    assert [one.filename for one in alone.attachments] == ["Inner.eml"]
    assert codes(alone) == {"text_forwarded"}


def test_an_attached_message_in_base64_is_decoded() -> None:
    inner = b"Subject: Inner\r\n\r\nwords"
    part = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(inner)
    raw = multipart(b"mixed", b"\r\nmine", part)
    assert parse(raw).attachments[0].filename == "Inner.eml"
    assert attachment_bytes(raw, "2")[1] == inner


def test_parts_of_a_digest_are_messages_without_saying_so() -> None:
    message = parse(multipart(b"digest", b"\r\nSubject: One\r\n\r\nfirst", b"\r\nFrom: x@g.test\r\n\r\nsecond"))
    assert (message.text or "").count("Forwarded message") == 2
    assert "first" in (message.text or "")
    assert "second" in (message.text or "")
    assert [(one.filename, one.content_type) for one in message.attachments] == [
        ("One.eml", "message/rfc822"),
        ("part-2.eml", "message/rfc822"),
    ]


def test_part_paths_are_those_of_imap() -> None:
    inner = b"Content-Type: multipart/related; boundary=yy\r\n\r\n--yy\r\nContent-Type: text/html\r\n\r\n<p>\r\n"
    inner += b"--yy\r\nContent-Type: image/png\r\nContent-ID: <pic@g.test>\r\n\r\npng\r\n--yy--\r\n"
    raw = multipart(b"mixed", inner, b"Content-Type: application/pdf; name=x.pdf\r\n\r\npdf")
    message = parse(raw)
    assert [(one.part, one.inline, one.content_id) for one in message.attachments] == [
        ("1.2", True, "pic@g.test"),
        ("2", False, None),
    ]
    assert attachment_bytes(raw, "1.2")[1] == b"png"
    assert attachment_bytes(raw, "1.1")[1] == b"<p>"


def test_the_first_calendar_is_read_also_when_it_is_attached() -> None:
    part = b"Content-Type: text/calendar; name=invite.ics\r\nContent-Disposition: attachment\r\n\r\nBEGIN:VCALENDAR\r\n"
    message = parse(multipart(b"mixed", b"\r\nwords", part))
    assert message.calendar == "BEGIN:VCALENDAR\n"
    assert [one.filename for one in message.attachments] == ["invite.ics"]


def test_attachments_stand_in_the_order_of_their_parts() -> None:
    message = parse(multipart(b"alternative", b"\r\none", b"\r\ntwo", b"Content-Type: image/png\r\n\r\npng"))
    assert [one.part for one in message.attachments] == ["2", "3"]


@pytest.mark.parametrize(
    ("raw", "code", "text"),
    [
        (multipart(b"mixed", b"no field\r\n\r\nwords"), "part_header_unended", "no field\n\nwords"),
        (multipart(b"mixed", b" continued\r\nX: y\r\n\r\nwords"), "part_header_junk", "words"),
        (multipart(b"mixed", b": nameless\r\n\r\nwords"), "part_header_junk", "words"),
        (b"Content-Transfer-Encoding: base64\r\n" + multipart(b"mixed", b"\r\nwords"), "multipart_encoded", "words"),
        (TOP + b"Content-Type: multipart/mixed\r\n\r\nwords", "boundary_missing", "words"),
        (TOP + b"Content-Type: multipart/mixed; boundary=zz\r\n\r\n--zz\r\n\r\nwords", "boundary_unclosed", "words"),
        (multipart(b"mixed", b"Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n"), "content_type_repeated", None),
        (b" junk\r\n" + TOP + b"\r\nwords", "header_junk", "words"),
    ],
)
def test_what_is_wrong_with_the_structure_is_named_and_the_words_are_kept(
    raw: bytes, code: str, text: str | None
) -> None:
    message = parse(raw)
    assert code in codes(message)
    assert message.text == text


def test_unknown_types_of_text_are_attached_and_nothing_is_lost() -> None:
    message = parse(multipart(b"alternative", b"\r\nplain", b"Content-Type: text/x-own\r\n\r\n<own>"))
    assert message.text == "plain"
    assert [one.content_type for one in message.attachments] == ["text/x-own"]


def test_pages_for_other_devices_are_not_listed_and_can_still_be_fetched() -> None:
    raw = multipart(b"alternative", b"\r\nplain", b"Content-Type: text/x-amp-html\r\n\r\n<amp>")
    assert parse(raw).attachments == ()
    assert attachment_bytes(raw, "2")[1] == b"<amp>"


def test_an_invalid_content_type_is_plain_text_with_a_defect() -> None:
    message = body(b"words", b"Content-Type: text")
    assert message.text == "words"
    assert codes(message) == {"content_type_invalid"}


def test_an_unknown_part_is_refused_with_the_parts_there_are() -> None:
    raw = multipart(b"mixed", b"\r\none", b"\r\ntwo")
    with pytest.raises(NotFound, match=r"no part '3'; its parts are 1, 2\."):
        attachment_bytes(raw, "3")
    with pytest.raises(NotFound, match=r"its parts are 1\."):
        attachment_bytes(b"", "../2")


# --- attachments' names -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        (b'Content-Disposition: attachment; filename="C:\\\\temp\\\\a.txt"', "a.txt"),
        (b'Content-Disposition: attachment; filename="/etc/passwd/"', "passwd"),
        (b'Content-Disposition: attachment; filename=".."', "part-2.bin"),
        (b'Content-Disposition: attachment; filename=".bashrc"', "bashrc"),
        (b'Content-Disposition: attachment; filename="a\x00\x1b\r\n b.txt"', "a b.txt"),
        (b'Content-Disposition: attachment; filename="a:b|c?.txt"', "a_b_c_.txt"),
        (b'Content-Disposition: attachment; filename="CON.txt"', "_CON.txt"),
        (b"Content-Disposition: attachment; filename=\xe2\x80\xae", "part-2.bin"),
        (b'Content-Disposition: attachment; filename="' + b"x" * 400 + b'.pdf"', "x" * 146 + ".pdf"),
        (b"Content-Disposition: attachment; filename*=iso-8859-1'de'Gr%FC%DFe.txt; filename=x.txt", "Grüße.txt"),
        (b"Content-Disposition: attachment; filename*1=b.txt; filename*0=a", "ab.txt"),
        (b"Content-Disposition: attachment; filename*=no-such''%41.txt", "A.txt"),
        (b"Content-Disposition: attachment; filename*=%41.txt", "A.txt"),
        (b"Content-Disposition: ; filename=a.txt", "a.txt"),
        (b'Content-Disposition: attachment; filename="a;b\\".txt', "a;b_.txt"),
        (b"Content-Type: application/pdf", "part-2.pdf"),
        (b"Content-Type: image/svg+xml", "part-2.svg"),
        (b"X: y", "part-2.txt"),
    ],
)
def test_file_names_are_never_paths_never_empty_and_free_of_controls(fields: bytes, name: str) -> None:
    if not fields.startswith(b"Content-Type") and b"Disposition: a" in fields:
        fields += b"\r\nContent-Type: application/x-some"
    elif b"Content-Type" not in fields:
        fields += b"\r\nContent-Disposition: attachment" if fields == b"X: y" else b"\r\nContent-Type: image/png"
    message = parse(multipart(b"mixed", b"\r\nwords", fields + b"\r\n\r\nfile"))
    assert [one.filename for one in message.attachments] == [name]


# --- the rest -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "block"),
    [
        (b"A: b\r\nC: d\r\n\r\nbody\r\n\r\n", b"A: b\r\nC: d\r\n"),
        (b"A: b\n\nbody", b"A: b\n"),
        (b"A: b\n\r\nbody\n\n", b"A: b\n"),
        (b"A: b", b"A: b"),
        (b"\r\nbody", b""),
        (b"", b""),
    ],
)
def test_the_header_block_ends_at_the_first_empty_line(raw: bytes, block: bytes) -> None:
    assert header_block(raw) == block


def test_mail_parser_is_only_loaded_for_a_mail() -> None:
    script = "import sys, mailmcp.mail.parse as p; a='mailparser' in sys.modules; p.parse(b'From: a@g.test\\n\\n'); "
    script += "print(a, 'mailparser' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=200)
    assert done.stdout.split() == ["False", "True"]


def test_of_two_alternatives_of_html_the_last_is_read() -> None:
    head = b"From: a@g.test\nContent-Type: multipart/alternative; boundary=b\n\n"
    pages = (b"<p>One</p>", b"<p>Two</p>", b" ")
    raw = head + b"".join(b"--b\nContent-Type: text/html\n\n" + page + b"\n" for page in pages) + b"--b--\n"
    assert parse(raw).html.strip() == "<p>Two</p>"
