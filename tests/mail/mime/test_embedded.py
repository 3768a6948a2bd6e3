"""Files between the words: uuencode and yEnc."""

from __future__ import annotations

import base64
import binascii

import pytest

from mailmcp.mail.mime import embedded, transfer
from mailmcp.mail.parse import attachment_bytes, parse

DATA = bytes(range(256)) * 3


def uu(data: bytes, name: str = "a.bin") -> bytes:
    lines = b"".join(binascii.b2a_uu(data[at : at + 45]) for at in range(0, len(data), 45))
    return b"begin 644 " + name.encode() + b"\n" + lines + b"`\nend\n"


def yenc(data: bytes, name: str = "a.bin") -> bytes:
    out = bytearray()
    for octet in data:
        moved = (octet + 42) % 256
        out += bytes([0x3D, (moved + 64) % 256]) if moved in b"\0\n\r=" else bytes([moved])
        if len(out) % 128 == 0:
            out += b"\n"
    return b"=ybegin line=128 size=%d name=%s\n%s\n=yend size=%d\n" % (len(data), name.encode(), bytes(out), len(data))


def mail(text: bytes) -> bytes:
    return b"From: a@g.test\nContent-Type: text/plain\nContent-Transfer-Encoding: 8bit\n\n" + text


@pytest.mark.parametrize("encode", [uu, yenc], ids=["uuencode", "yenc"])
def test_files_in_the_text_become_attachments_and_the_words_stay(encode: object) -> None:
    assert callable(encode)
    raw = mail(b"before\n" + encode(DATA, "one.bin") + b"between\n" + encode(b"x", "two.bin") + b"after\n")
    message = parse(raw)
    assert message.text == "before\nbetween\nafter\n"
    assert [(one.part, one.filename, one.size) for one in message.attachments] == [
        ("1.1", "one.bin", len(DATA)),
        ("1.2", "two.bin", 1),
    ]
    assert attachment_bytes(raw, "1.1")[1] == DATA
    assert message.defects == ()


def test_the_base64_form_of_uuencode_is_read_too() -> None:
    block = b"begin-base64 644 a.bin\n" + base64.encodebytes(DATA) + b"====\n"
    assert attachment_bytes(mail(b"words\n" + block), "1.1")[1] == DATA


def test_files_in_quoted_printable_text_are_found_under_it() -> None:
    text = uu(b"abc").replace(b"=", b"=3D").replace(b"`", b"=60")
    raw = b"From: a@g.test\nContent-Transfer-Encoding: quoted-printable\n\nwords\n" + text
    assert parse(raw).text == "words\n"
    assert attachment_bytes(raw, "1.1")[1] == b"abc"


@pytest.mark.parametrize(
    "text",
    [
        b"begin 644 times\n\nend\n",
        b"begin 644 a.txt\nplain words that are longer than their first letter says they are\nend\n",
        b"begin 644 a.txt\n#86)C\nwithout an end\n",
        b"we begin 644 a.txt\n#86)C\nend\n",
        b"begin the day\n#86)C\nend\n",
        b"=ybegin without a name\nx\n=yend\n",
    ],
)
def test_words_that_look_like_a_file_stay_words(text: bytes) -> None:
    assert embedded.taken_out(text, 10) == (text, [])
    assert parse(mail(text)).attachments == ()


def test_files_are_parts_and_share_their_budget() -> None:
    message = parse(mail(uu(b"x") * 300))
    assert len(message.attachments) == 199
    assert (message.text or "").count("begin 644") == 101


def test_a_name_cannot_break_out_of_its_quotes() -> None:
    message = parse(mail(uu(b"x", 'a"; name="../b\\')))
    assert [one.filename for one in message.attachments] == ["b"]


@pytest.mark.parametrize(
    "text", [b"begin 644 a\n" * 200_000, b"begin 644 a\n#86)C\n" * 100_000, b"=ybegin name=a\n" * 100_000]
)
def test_beginnings_without_an_end_take_linear_time(text: bytes) -> None:
    assert embedded.taken_out(text, 10) == (text, [])


def test_damaged_yenc_is_named() -> None:
    assert transfer.decode(yenc(DATA), "x-yenc") == (DATA, None)
    assert transfer.decode(b"=ybegin name=a\nabc=\n=yend\n", "x-yenc")[1] == "yenc_broken"
    assert transfer.decode(b"=" * 100_000, "x-yenc") == (b"=" * 100_000, "yenc_broken")
