"""Mail without a text of its own: where the words come from, in which order, and when there are none."""

from __future__ import annotations

import pytest

from mailmcp.mail import text
from mailmcp.mail.parse import parse
from mailmcp.models import Message

TOP = b"From: a@g.test\nSubject: x\n"
ICS = b"Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:Tea\nEND:VEVENT\n"
INNER = b"From: ida@e.test\nSubject: Inner\n\ninner words"
MESSAGE = b"Content-Type: message/rfc822\n\n" + INNER
PICTURE = b"Content-Type: image/png\n\npng"
BLANK = b"\n \n"
BLANK_PAGE = (
    b"Content-Type: text/html\n\n<html><head><style>p{margin:0}</style></head><body><p>&nbsp;<br></p></body></html>"
)
ATTACHED = b"Content-Disposition: attachment; filename=a.txt\n\nattached words"
REPORT = b"Content-Type: message/delivery-status\n\nAction: failed\n"


def multipart(*parts: bytes, kind: bytes = b"mixed") -> bytes:
    inner = b"".join(b"--zz\n" + part + b"\n" for part in parts)
    return TOP + b"Content-Type: multipart/" + kind + b"; boundary=zz\n\n" + inner + b"--zz--\n"


def codes(message: Message) -> set[str]:
    return {defect.code for defect in message.defects}


@pytest.mark.parametrize(
    ("parts", "shown", "code"),
    [
        ((BLANK, ICS), "Invitation: Tea", "text_of_calendar"),
        ((BLANK_PAGE, ICS), "Invitation: Tea", "text_of_calendar"),
        ((PICTURE, ATTACHED), "attached words", "text_attached"),
        ((BLANK, MESSAGE), "inner words", "text_forwarded"),
        ((BLANK_PAGE, MESSAGE), "inner words", "text_forwarded"),
        ((PICTURE, REPORT), "Action: failed", "text_of_report"),
        ((b"Content-Type: text/x-own\n\nown words", PICTURE), "own words", None),
        ((b"Content-Type: text/enriched\n\n<bold>rich</bold> words", PICTURE), "rich words", None),
        ((b"Content-Type: text/richtext\n\nrich<nl>words", PICTURE), "rich\nwords", None),
        ((ICS, MESSAGE), "Invitation: Tea", "text_of_calendar"),
        ((BLANK, REPORT, MESSAGE), "Action: failed", "text_of_report"),
    ],
)
@pytest.mark.parametrize("kind", [b"mixed", b"related"])
def test_words_are_found_where_they_stand_and_a_defect_says_where(
    parts: tuple[bytes, ...], shown: str, code: str | None, kind: bytes
) -> None:
    message = parse(multipart(*parts, kind=kind))
    visible = text.read(message).visible
    assert shown in visible
    assert codes(message) == ({code} if code else set())


@pytest.mark.parametrize("parts", [(ICS,), (ATTACHED,), (MESSAGE,), (REPORT,)])
def test_own_words_are_enough(parts: tuple[bytes, ...]) -> None:
    for own in (b"\nown words", b"Content-Type: text/html\n\n<p>own words</p>"):
        message = parse(multipart(own, *parts))
        assert text.read(message).visible.endswith("own words")
        assert codes(message) <= {"calendar_added"}


def test_a_page_with_a_picture_is_no_blank_page() -> None:
    page = b'Content-Type: text/html\n\n<p><img src="cid:a" alt="Hello"></p>'
    message = parse(multipart(page, MESSAGE))
    assert text.read(message).visible == "[image: Hello]"
    assert codes(message) == set()


@pytest.mark.parametrize(
    "part", [PICTURE, BLANK, BLANK_PAGE, b"Content-Type: text/css\n\np {}", b"Content-Type: application/pdf\n\npdf"]
)
def test_where_there_are_no_words_none_are_made_up(part: bytes) -> None:
    message = parse(multipart(part))
    assert text.read(message).visible == ""
    assert message.defects == ()


def test_a_forwarded_page_stays_a_page_under_its_sender_and_subject() -> None:
    inner = b"From: Ida <ida@e.test>\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nContent-Type: text/html\n\n"
    inner += b"<p>inner <b>words</b></p>"
    message = parse(multipart(b"Content-Type: message/rfc822\n\n" + inner))
    assert text.read(message).visible == (
        "---------- Forwarded message ----------\nFrom: Ida <ida@e.test>\nSubject: Grüße\n\ninner words"
    )


def test_what_is_wrong_inside_a_forwarded_message_is_said_to_be_there() -> None:
    inner = b"From: ida@e.test\n\n" + "Здравствуйте, вот ваш заказ".encode("cp1251")
    message = parse(multipart(b"Content-Type: message/rfc822\n\n" + inner))
    assert "Здравствуйте" in (message.text or "")
    said = {defect.code: defect.detail for defect in message.defects}["charset_undeclared"]
    assert said.startswith("In the message that is handed on: Part 1 has 8-bit text")
    assert said.endswith("read as windows-1251.")


def test_at_most_ten_messages_and_three_levels_are_handed_on() -> None:
    assert (parse(multipart(*[MESSAGE] * 30)).text or "").count("Forwarded") == 10
    deep = INNER
    for _ in range(8):
        deep = b"Content-Type: message/rfc822\n\n" + deep
    assert (parse(TOP + deep).text or "").count("Forwarded") == 3


def test_forwarded_words_share_the_budget_of_text() -> None:
    big = b"Content-Type: message/rfc822\n\nSubject: x\n\n" + b"word " * 100_000
    message = parse(multipart(*[big] * 5))
    assert len(message.text or "") <= 1024 * 1024
    assert "text_too_long" in codes(message)


def test_a_forwarded_stranger_is_not_the_author() -> None:
    message = parse(multipart(MESSAGE))
    assert message.author is not None
    assert message.author.email == "a@g.test"
    assert message.subject == "x"


def test_text_that_is_cut_at_its_budget_ends_with_a_whole_line() -> None:
    message = parse(TOP + b"Content-Type: text/plain; charset=utf-8\n\n" + "eine Zeile mit ü\n".encode() * 80_000)
    assert (message.text or "").endswith("mit ü\n")
    assert codes(message) == {"text_too_long"}


# --- boundaries ------------------------------------------------------------------------------------------------


def test_parts_are_divided_at_the_boundary_that_is_used() -> None:
    for declared in (b"multipart/mixed", b"multipart/mixed; boundary=yy", b'multipart/mixed; boundary=""'):
        raw = multipart(b"\nwords", PICTURE).replace(b"multipart/mixed; boundary=zz", declared)
        message = parse(raw)
        assert message.text == "words"
        assert [one.part for one in message.attachments] == ["2"]
        assert codes(message) == {"boundary_guessed"}


def test_dividing_again_keeps_the_budget_of_parts() -> None:
    typed = b"Content-Type: image/png\n\npng"
    raw = multipart(*[typed] * 300).replace(b"boundary=zz", b"boundary=yy")
    message = parse(raw)
    assert len(message.attachments) == 199
    assert "too_many_parts" in codes(message)


def test_boundaries_that_are_never_declared_at_any_level_end_soon() -> None:
    raw = TOP + b"Content-Type: multipart/mixed\n\n"
    raw += b"".join(b"--b%d\nContent-Type: multipart/mixed\n\n" % level for level in range(200)) + b"x" * 2_000_000
    parse(raw)
