"""Headers in octets that name no charset, and what one part of a mail says about the others."""

from __future__ import annotations

import pytest

from mailmcp.mail.mime import headers
from mailmcp.mail.mime.guide import Guide
from mailmcp.mail.parse import parse
from mailmcp.models import Message

RUSSIAN, CHINESE, JAPANESE, KOREAN = "Ваш заказ отправлен", "订单确认通知", "ご予約の表示", "주문이 확인되었습니다"


def jis(text: str) -> bytes:
    return text.encode("iso2022_jp")


def codes(message: Message) -> set[str]:
    return {defect.code for defect in message.defects}


def mail(subject: bytes, *fields: bytes, body: bytes = b"x") -> Message:
    return parse(b"\n".join([b"From: a@g.test", b"Subject: " + subject, *fields, b"", body]))


@pytest.mark.parametrize(
    ("words", "codec"),
    [
        (RUSSIAN, "koi8-r"),
        (RUSSIAN, "cp1251"),
        (CHINESE, "gbk"),
        (JAPANESE, "cp932"),
        (JAPANESE, "euc-jp"),
        (KOREAN, "cp949"),
    ],
)
def test_a_raw_subject_is_read_by_detection_and_that_is_said(words: str, codec: str) -> None:
    message = mail(words.encode(codec))
    assert message.subject == words
    assert codes(message) == {"header_charset_undeclared"}


def test_raw_utf8_is_no_defect() -> None:
    message = mail(RUSSIAN.encode())
    assert (message.subject, message.defects) == (RUSSIAN, ())


def test_the_charset_of_a_text_part_counts_for_the_header_also_inside_a_multipart() -> None:
    part = b"--b\nContent-Type: text/plain; charset=koi8-r\n\n" + RUSSIAN.encode("koi8-r") + b"\n--b--"
    message = mail("Да".encode("koi8-r"), b"Content-Type: multipart/mixed; boundary=b", body=part)
    assert message.subject == "Да"
    assert "koi8-r" in message.defects[0].detail


def test_what_the_body_turned_out_to_be_counts_for_the_header() -> None:
    message = mail("Да".encode("cp1251"), body=(RUSSIAN + ", спасибо").encode("cp1251"))
    assert message.subject == "Да"
    assert codes(message) == {"charset_undeclared", "header_charset_undeclared"}


def test_encoded_words_of_one_header_speak_for_the_raw_octets_of_another() -> None:
    field = b"To: " + "Да".encode("koi8-r") + b" <b@g.test>"
    message = mail(b"=?koi8-r?B?5MEg8sHe?=", field)
    assert message.to[0].name == "Да"


def test_all_raw_headers_are_judged_together() -> None:
    field = b"To: " + "Ян".encode("koi8-r") + b" <b@g.test>"
    message = mail(RUSSIAN.encode("koi8-r"), field)
    assert message.to[0].name == "Ян"


def test_a_charset_that_cannot_stand_in_a_header_gives_no_hint() -> None:
    message = mail("Grüße".encode("cp1252"), b"Content-Type: text/plain; charset=utf-16", body="x".encode("utf-16"))
    assert message.subject == "Grüße"


def test_escape_sequences_in_a_subject_are_letters() -> None:
    message = mail(jis(JAPANESE))
    assert message.subject == JAPANESE
    assert codes(message) == {"header_charset_undeclared"}


@pytest.mark.parametrize(
    ("written", "subject", "defects"),
    [
        (b"=?utf-8?B?R3LD?= =?UTF8?B?vMOfZQ==?=", "Grüße", set()),
        (b"=?gb2312?B?tqnW?= =?GBK?B?3A==?=", "订周", set()),
        (b"=? utf-8 ? Q ?Gr=C3=BC=C3=9Fe? =", "Grüße", set()),
        (b"=?utf-8?Q?Gr=C3=BC=C3=9Fe?=x=?utf-8?Q?=C3=BC?=", "Grüßexü", set()),
        (b"=?utf-8?B?R3LDvMOfZSBhdXMgS8O2", "Grüße aus Kö", set()),
        (b"=?utf-8?B?R3LDvMOfZSBhdXMgS8O2bA?", "Grüße aus Köl", set()),
        (b"=?utf-8?Q?Gr=FC=DFe?=", "Grüße", {"header_charset_wrong"}),
        (b"=?iso-8859-1?Q?Gr=C3=BC=C3=9Fe?=", "Grüße", {"header_charset_wrong"}),
        (b"=?x-own?Q?Gr=C3=BC=C3=9Fe?=", "Grüße", {"header_charset_unknown"}),
        (b"=?utf-8?Q?Gr=C3=BC=C3=9Fe=2C_gr=C3=B6=C3=9Fer=C3?=", "Grüße, größer\ufffd", {"header_charset_wrong"}),
        (b'"=?utf-8?Q?Gr=C3=BC=C3=9Fe?="', '"Grüße"', set()),
    ],
)
def test_encoded_words_are_read_although_they_are_torn_misnamed_or_badly_written(
    written: bytes, subject: str, defects: set[str]
) -> None:
    message = mail(written)
    assert message.subject == subject
    assert codes(message) == defects


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (b"attachment; filename=\"x.pdf\"; filename*=UTF-8''%C3%9Cber.pdf", "Über.pdf"),
        (b"attachment; filename*0*=UTF-8''%C3%9C; filename*1=ber; filename*2*=%2Epdf", "Über.pdf"),
        (b"attachment; filename*=koi8-r''%E4%C1.pdf", "Да.pdf"),
        (b"attachment; filename*=us-ascii''%C3%9Cber.pdf", "Über.pdf"),
        (b'attachment; filename="=?koi8-r?B?5ME=?=.pdf"', "Да.pdf"),
        (b"attachment; filename==?koi8-r?B?5ME=?=.pdf", "Да.pdf"),
        (b'attachment; filename="' + "表の表示.pdf".encode("cp932") + b'"', "表の表示.pdf"),
        (b'attachment; filename="' + "表示の一覧.pdf".encode("iso2022_jp") + b'"', "表示の一覧.pdf"),
        (b"attachment; filename=" + "Да, нет.pdf".encode("koi8-r"), "Да, нет.pdf"),
    ],
)
def test_parameters_are_read_in_every_way_that_programs_write_them(written: bytes, name: str) -> None:
    guide = Guide(["koi8-r"] if "Да".encode("koi8-r") in written else [], [written])
    assert headers.words(headers.parameterised(written, guide).parameters["filename"], guide) == name


def test_a_hint_is_taken_once_and_there_are_not_endlessly_many() -> None:
    guide = Guide(["koi8-r", "KOI8-R", "us-ascii", "no-such", *[f"windows-125{one}" for one in range(9)] * 9])
    assert guide.hints[:2] == ["koi8_r", "cp1250"]
    assert len(guide.hints) == 10
