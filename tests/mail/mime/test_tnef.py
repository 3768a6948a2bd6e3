"""Outlook's container: its files and its text, whole, nested, cut off and hostile."""

from __future__ import annotations

import base64
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailmcp.mail.mime import tnef
from mailmcp.mail.parse import attachment_bytes, parse
from mailmcp.models import Message

HEAD = b"\x78\x9f\x3e\x22" + b"\x01\x00"
MESSAGE_CLASS = bytes.fromhex("0703020000000000c000000000000046")


def attribute(level: int, tag: int, content: bytes) -> bytes:
    return struct.pack("<BII", level, tag, len(content)) + content + struct.pack("<H", sum(content) & 0xFFFF)


def padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % 4)


def long(number: int, content: bytes, kind: int = 0x1F) -> bytes:
    """A property of any length, with one value."""
    return struct.pack("<HHII", kind, number, 1, len(content)) + padded(content)


def properties(*those: bytes) -> bytes:
    return struct.pack("<I", len(those)) + b"".join(those)


def wide(words: str) -> bytes:
    return (words + "\0").encode("utf-16-le")


NUMBER = struct.pack("<HHI", 0x03, 0x3705, 1)
TWO_TIMES = struct.pack("<HHI", 0x1040, 0x3008, 2) + bytes(16)
NAMED_BY_NUMBER = struct.pack("<HH", 0x0B, 0x8001) + bytes(16) + struct.pack("<III", 0, 7, 1)
NAMED_BY_NAME = (
    struct.pack("<HH", 0x03, 0x8002) + bytes(16) + struct.pack("<II", 1, 6) + padded(b"a\0b\0\0\0") + bytes(4)
)


def file(title: bytes, content: bytes, *more: bytes) -> bytes:
    """A file of a container; ``more`` are properties."""
    parts = [
        attribute(2, 0x00069002, bytes(14)),
        attribute(2, 0x00018010, title + b"\0"),
        attribute(2, 0x0006800F, content) if content else b"",
        attribute(2, 0x00069005, properties(*more)) if more else b"",
    ]
    return b"".join(parts)


def mail(container: bytes, words: bytes = b"See the files.", kind: bytes = b"application/ms-tnef") -> Message:
    return parse(raw_mail(container, words, kind))


def raw_mail(container: bytes, words: bytes, kind: bytes) -> bytes:
    head = b"From: a@g.test\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n"
    type_ = b"\n--b\nContent-Type: " + kind + b'; name="winmail.dat"\nContent-Transfer-Encoding: base64\n\n'
    return head + words + type_ + base64.encodebytes(container) + b"--b--\n"


def listed(message: Message) -> dict[str, str]:
    return {one.part: one.filename for one in message.attachments}


def files(container: bytes) -> tuple[tnef.File, ...]:
    found = tnef.opened(container, 10)
    assert found is not None
    return found.files


@pytest.mark.parametrize("kind", [b"application/ms-tnef", b"application/vnd.ms-tnef", b"application/octet-stream"])
def test_the_files_of_a_container_are_attachments_with_their_whole_names(kind: bytes) -> None:
    container = HEAD + file(b"REPORT~1.TXT", b"first", long(0x3707, wide("Bericht für Mai.txt"))) + file(b"b.bin", b"2")
    message = mail(container, kind=kind)
    assert listed(message) == {"2": "winmail.dat", "2.1": "Bericht für Mai.txt", "2.2": "b.bin"}
    assert (message.text or "").strip() == "See the files."
    assert message.defects == ()


def test_a_file_of_a_container_has_its_octets_and_its_type() -> None:
    octets = bytes(range(256)) * 3
    container = HEAD + file(b"a.png", octets, long(0x370E, b"IMAGE/PNG\0", kind=0x1E))
    listed_as, given_out = attachment_bytes(raw_mail(container, b"words", b"application/ms-tnef"), "2.1")
    assert (listed_as.filename, listed_as.content_type, listed_as.size) == ("a.png", "image/png", len(octets))
    assert given_out == octets


def test_other_properties_are_stepped_over() -> None:
    more = (NUMBER, TWO_TIMES, NAMED_BY_NUMBER, NAMED_BY_NAME, long(0x3707, wide("long name.txt")))
    (found,) = files(HEAD + file(b"LONGNA~1.TXT", b"x", *more))
    assert found.name == "long name.txt"


def test_names_of_one_octet_a_letter_are_in_the_code_page_of_the_container() -> None:
    codepage = attribute(1, 0x00069007, struct.pack("<II", 1251, 0))
    (found,) = files(HEAD + codepage + file("Отчёт.txt".encode("cp1251"), b"x"))
    assert found.name == "Отчёт.txt"


def test_a_name_with_quotation_marks_and_line_breaks_is_one_name() -> None:
    message = mail(HEAD + file(b'a "b"\r\nX-Other: c.txt', b"x"))
    assert "b" in listed(message)["2.1"]
    assert len(message.attachments) == 2


def test_a_message_in_a_container_is_opened_too() -> None:
    inner = HEAD + file(b"inner.txt", b"deep")
    outer = HEAD + file(b"note", b"", long(0x3701, MESSAGE_CLASS + inner, kind=0x0D), long(0x3001, wide("A note")))
    assert listed(mail(outer)) == {"2": "winmail.dat", "2.1": "A note", "2.1.1": "inner.txt"}


def test_containers_in_containers_end() -> None:
    container = HEAD + file(b"a.txt", b"x")
    for _ in range(50):
        container = HEAD + file(b"note", b"", long(0x3701, MESSAGE_CLASS + container, kind=0x0D))
    assert len(mail(container).attachments) < 10


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        (attribute(1, 0x0002800C, "Grüße aus dem Behälter".encode("cp1252") + b"\0"), "Grüße aus dem Behälter"),
        (attribute(1, 0x00069003, properties(long(0x1000, wide("Words of the property")))), "Words of the property"),
        (
            attribute(1, 0x00069003, properties(long(0x1013, "<p>Grüße</p>".encode(), kind=0x102)))
            + attribute(1, 0x00069007, struct.pack("<II", 65001, 0)),
            "<p>Grüße</p>",
        ),
    ],
)
def test_the_text_of_a_container_is_that_of_a_mail_that_has_no_other(more: bytes, shown: str) -> None:
    alone = mail(HEAD + more + file(b"a.txt", b"x"), words=b"")
    assert shown in (alone.html or alone.text or "")
    assert listed(alone) == {"2": "winmail.dat", "2.2": "a.txt"}
    beside = mail(HEAD + more + file(b"a.txt", b"x"))
    assert (beside.text or "").strip() == "See the files."
    assert listed(beside) == {"2": "winmail.dat", "2.1": "a.txt"}


@pytest.mark.parametrize("container", [b"", b"no container", HEAD, HEAD + attribute(1, 0x0002800C, b"words\0")])
def test_a_container_in_which_no_file_is_found_is_said_to_be_one(container: bytes) -> None:
    message = mail(container)
    assert listed(message) == {"2": "winmail.dat"}
    assert [one.code for one in message.defects if one.code == "tnef"] == ["tnef"]


def test_of_a_container_that_is_cut_off_the_whole_files_are_given() -> None:
    container = HEAD + file(b"a.txt", b"first") + file(b"b.txt", b"second" * 100)
    assert [(one.name, one.content) for one in files(container[:-300])] == [("a.txt", b"first"), ("b.txt", b"")]


def test_no_more_files_are_taken_than_there_is_room_for() -> None:
    found = tnef.opened(HEAD + file(b"a.txt", b"x") * 100, 7)
    assert found is not None
    assert len(found.files) == 7
    assert len(mail(HEAD + file(b"a.txt", b"x") * 5000).attachments) < 1000


@given(st.binary(max_size=300), st.integers(0, 200))
def test_it_never_raises(noise: bytes, at: int) -> None:
    sound = HEAD + file(b"a.txt", b"x", NAMED_BY_NAME, long(0x3707, wide("a.txt")))
    tnef.opened(HEAD + noise, 10)
    tnef.opened(sound[:at] + noise + sound[at:], 10)


@pytest.mark.parametrize(
    "list_",
    [
        struct.pack("<IHHI", 2**31, 0x101F, 0x3707, 2**32 - 1) + bytes(4_000_000),
        struct.pack("<IHHI", 2**31, 0x1003, 0x3707, 2**32 - 1) + bytes(4_000_000),
        properties(*(NUMBER for _ in range(400_000))),
    ],
    ids=["strings without end", "numbers without end", "many"],
)
def test_a_list_that_claims_to_be_endless_is_read_in_linear_time(list_: bytes) -> None:
    began = time.process_time()
    tnef.opened(HEAD + attribute(1, 0x00069003, list_), 10)
    assert time.process_time() - began < 3
