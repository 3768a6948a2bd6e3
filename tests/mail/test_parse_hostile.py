"""Nothing a stranger sends raises, hangs, or is cut in silence."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutations import sound

from mailmcp.errors import NotFound
from mailmcp.mail.parse import MAX_MESSAGE_BYTES, attachment_bytes, parse
from mailmcp.models import Message

OWN = sorted((Path(__file__).parent.parent / "corpus" / "mime").glob("*.eml"))
TOP = b"From: a@g.test\r\nSubject: x\r\n"
MB = 1024 * 1024
SECONDS = 20
"""A generous net for a busy machine; the measured times lie below two seconds."""


def codes(message: Message) -> set[str]:
    return {defect.code for defect in message.defects}


def nested(levels: int, kind: bytes = b"multipart/mixed") -> bytes:
    return (
        TOP + b"".join(b"Content-Type: %s; boundary=b%d\n\n--b%d\n" % (kind, n, n) for n in range(levels)) + b"\nleaf\n"
    )


def parts(part: bytes, count: int) -> bytes:
    return TOP + b"Content-Type: multipart/mixed; boundary=b\n\n" + (b"--b\n" + part + b"\n") * count


def typed(fields: bytes, body: bytes) -> bytes:
    return TOP + fields + b"\n\n" + body


def signed(content: bytes) -> bytes:
    """An S/MIME envelope without certificates or signers round content (BER, so that its length need not be known)."""
    piece = b"\x04\x84" + len(content).to_bytes(4, "big") + content
    inner = bytes.fromhex("308006092a864886f70d010701a0802480") + piece + b"\0" * 6
    return bytes.fromhex("308006092a864886f70d010702a0803080020101" + "3100") + inner + b"\0" * 6


# name -> (makes the mail, a defect that must be named; None when the mail is merely strange)
HOSTILE: dict[str, tuple[Callable[[], bytes], str | None]] = {
    "empty": (lambda: b"", "empty"),
    "only NULs": (lambda: b"\0" * MB, "headers_missing"),
    "only line feeds": (lambda: b"\n" * 4 * MB, "too_many_lines"),
    "only carriage returns": (lambda: b"\r" * 4 * MB, "line_ends"),
    "25 MiB without a line end": (lambda: b"\xff" * 25 * MB, "headers_missing"),
    "40 MiB": (lambda: TOP + b"\n" + b"x" * 40 * MB, "message_too_big"),
    "random octets": (lambda: random.Random(1).randbytes(8 * MB), "headers_missing"),
    "Subject of 1 MB": (lambda: b"Subject: " + b"a " * (MB // 2) + b"\n\nx", "headers_too_long"),
    "Subject of 1 MB in lines": (lambda: b"Subject: " + b"a\n " * (MB // 3) + b"\n\nx", "headers_too_long"),
    "encoded words that never end": (lambda: b"Subject: " + b"=?utf-8?q?a" * 6000 + b"\n\nx", "headers_too_long"),
    "question marks": (lambda: b"Subject: =?a?q?" + b"?b" * 30_000 + b"\n\nx", "header_too_long"),
    "From of commas": (lambda: b"From: " + b"," * 60_000 + b"\n\nx", "from_too_long"),
    "To of commas": (lambda: b"To: " + b"," * 60_000 + b"\n\nx", "to_too_many"),
    "To of 7,000 addresses": (lambda: b"To: " + b"a@b.test," * 7000 + b"\n\nx", "to_too_many"),
    "To of quotes": (lambda: b"To: " + b'"' * 60_001 + b"\n\nx", "to_invalid"),
    "To of brackets": (lambda: b"To: " + b"(" * 60_001 + b"\n\nx", "to_invalid"),
    "To of angles": (lambda: b"To: " + b"<" * 60_001 + b"\n\nx", "to_invalid"),
    "To of dots": (lambda: b"To: " + b"a." * 30_001 + b"\n\nx", "to_invalid"),
    "To of groups": (lambda: b"To: " + b"a:;" * 20_000 + b"\n\nx", "to_too_many"),
    "From of deep comments": (lambda: b"From: " + b"(" * 4000 + b")" * 4000 + b" a@b.test\n\nx", None),
    "200,000 header fields": (lambda: b"X: y\n" * 200_000 + b"\nx", "headers_too_long"),
    "12,000 empty fields": (lambda: b"X:\n" * 12_000 + b"\nx", "headers_too_many"),
    "header of blanks": (lambda: (b" " * 70 + b"\n") * 100_000, "header_junk"),
    "12,000 parameters": (lambda: typed(b"Content-Type: text/plain;" + b" a=b;" * 9000, b"x"), "header_too_long"),
    "parameters of semicolons": (lambda: parts(b"Content-Type: text/plain" + b";" * 100_000 + b"\n\nx", 30), None),
    "parameters of quotes": (lambda: parts(b"Content-Type: text/plain" + b';a="' * 25_000 + b"\n\nx", 30), None),
    "parameters of blanks": (lambda: parts(b"Content-Type: text/plain;" + b" " * 100_000 + b"=\n\nx", 30), None),
    "20,000 parts": (lambda: parts(b"\nx", 20_000), "too_many_parts"),
    "1,000,000 boundaries": (lambda: parts(b"", 1_000_000), "too_many_lines"),
    "a part with 500,000 fields": (lambda: parts(b"X: y\n" * 500_000 + b"\n\nx", 1), "boundary_unclosed"),
    "2,000 levels": (lambda: nested(2000), "too_deep"),
    "2,000 levels of digests": (lambda: nested(2000, b"multipart/digest"), "too_deep"),
    "2,000 attached messages": (lambda: TOP + b"Content-Type: message/rfc822\n\n" * 2000 + b"x", None),
    "19 levels of lines": (lambda: nested(19) + b"--\n" * 700_000, "boundary_unclosed"),
    "a boundary of 60,000 letters": (
        lambda: typed(b"Content-Type: multipart/mixed; boundary=" + b"x" * 60_000, b"x"),
        "boundary_missing",
    ),
    "a status report of 4 MB": (
        lambda: typed(b"Content-Type: message/delivery-status", b"a: b\n\n" * 700_000),
        "too_many_lines",
    ),
    "base64 of padding": (
        lambda: typed(b"Content-Transfer-Encoding: base64", b"=a" * 4 * MB + b"\n" + b"A" * 80 + b"\n"),
        "base64_broken",
    ),
    "base64 of junk": (lambda: typed(b"Content-Transfer-Encoding: base64", b"!a" * 4 * MB), "base64_broken"),
    "base64 of blanks": (lambda: typed(b"Content-Transfer-Encoding: base64", b"a " * 4 * MB + b"!"), "base64_broken"),
    "quoted-printable of equals": (
        lambda: typed(b"Content-Transfer-Encoding: quoted-printable", b"= \t" * 2 * MB),
        "quoted_printable_broken",
    ),
    "uuencode of begins": (
        lambda: typed(b"Content-Transfer-Encoding: x-uuencode", b"begin 644 " * 400_000),
        "uuencode_broken",
    ),
    "a size of many gigabytes": (
        lambda: typed(b"Content-Length: 99999999999999\nContent-Disposition: attachment; size=9999999999", b"x"),
        None,
    ),
    "charset that never fits": (
        lambda: typed(b"Content-Type: text/plain; charset=shift_jis", b"\xff" * 8 * MB),
        "text_too_long",
    ),
    "utf-7 that never fits": (
        lambda: typed(b"Content-Type: text/plain; charset=utf-7", b"+AAA-\xff" * MB),
        "charset_wrong",
    ),
    "flowed without an end": (lambda: typed(b"Content-Type: text/plain; format=flowed", b"a \n" * 300_000), None),
    "flowed, deeply quoted": (
        lambda: typed(b"Content-Type: text/plain; format=flowed", b">" * 4 * MB),
        "text_too_long",
    ),
    "many big HTML parts": (lambda: parts(b"Content-Type: text/html\n\n" + b"&" * 100_000, 99), "html_too_long"),
    "References of angles": (lambda: b"References: " + b"<" * 60_000 + b"\n\n", "header_too_long"),
    "Date of digits": (lambda: b"Date: " + b"1 " * 30_000 + b"\n\n", "date_invalid"),
    "escapes of ISO-2022-JP": (lambda: typed(b"X: y", b"\x1b$B0!\x1b(B" * 2 * MB), "text_too_long"),
    "a subject of escapes": (lambda: b"Subject: " + b"\x1b$B" * 20_000 + b"\n\nx", "header_charset_undeclared"),
    "8-bit letters in 900 headers": (lambda: b"X: \xe9\xe8\xe7 \xf1\n" * 900 + b"\nx", "header_charset_undeclared"),
    "one letter in a megabyte": (lambda: typed(b"X: y", b"a" * MB + b"\xe9"), "text_too_long"),
    "envelopes of end marks": (
        lambda: typed(b"Content-Type: application/pkcs7-mime", b"\x30\x80" * 10 * MB),
        "smime_unreadable",
    ),
    "an envelope round 20 MB": (
        lambda: typed(
            b"Content-Type: application/pkcs7-mime", signed(b"Content-Type: text/plain\n\n" + b"word\n" * 4 * MB)
        ),
        "text_too_long",
    ),
    "files that never end": (lambda: typed(b"X: y", b"begin 644 a\n#86)C\n" * MB), "text_too_long"),
    "200,000 files": (lambda: typed(b"X: y", b"begin 644 a\n#86)C\nend\n" * 200_000), "text_too_long"),
    "yEnc of equals": (lambda: typed(b"X: y", b"=ybegin name=a\n" + b"=" * 20 * MB + b"\n=yend\n"), "yenc_broken"),
    "calendars in calendars": (
        lambda: typed(b"Content-Type: text/calendar", b"BEGIN:VEVENT\nSUMMARY:x\n" * 200_000),
        "text_of_calendar",
    ),
    "a calendar of folds": (
        lambda: typed(b"Content-Type: text/calendar", b"BEGIN:VEVENT\nSUMMARY:x" + b"\n x" * 300_000),
        "text_of_calendar",
    ),
    "armour without an end": (
        lambda: typed(b"X: y", b"-----BEGIN PGP MESSAGE-----\n" * 500_000),
        "encrypted",
    ),
    "signed armour without a signature": (
        lambda: typed(b"X: y", b"-----BEGIN PGP SIGNED MESSAGE-----\n\n" * 300_000),
        "text_too_long",
    ),
    "boundaries that nobody declared": (
        lambda: typed(
            b"Content-Type: multipart/mixed",
            b"".join(b"--b%d\nContent-Type: multipart/mixed\n\n" % n for n in range(100)) + b"word\n" * MB,
        ),
        "boundary_missing",
    ),
    "messages in messages in 20 MB": (
        lambda: TOP + b"Content-Type: message/rfc822\n\n" * 50 + b"\n" + (b"word " * 12 + b"\n") * 350_000,
        "forward_too_long",
    ),
    "99 forwarded messages": (
        lambda: parts(b"Content-Type: message/rfc822\n\nSubject: x\n\n" + b"word " * 50_000, 99),
        "text_too_long",
    ),
    "enriched commands": (lambda: typed(b"Content-Type: text/enriched", b"<param><x>" * 2 * MB), "text_too_long"),
    "a page of open tags": (lambda: typed(b"Content-Type: text/html", b"<p <" * 15_000), None),
    "From 4,000 times": (lambda: b"From: a@b.test\n" * 4000 + b"\nx", "from_repeated"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.slow
def test_hostile_mails_end_soon_and_say_what_was_left_out(name: str) -> None:
    make, code = HOSTILE[name]
    raw = make()
    start = time.process_time()
    message = parse(raw)
    assert time.process_time() - start < SECONDS
    assert code is None or code in codes(message)
    sound(message)


def test_headers_are_read_up_to_the_budget_and_the_body_after_them() -> None:
    message = parse(TOP + b"X: " + b"y" * 100_000 + b"\nTo: late@g.test\n\nwords")
    assert message.subject == "x"
    assert message.to == ()
    assert message.text == "words"
    assert message.author is None


def test_the_first_200_parts_are_read() -> None:
    message = parse(parts(b"Content-Type: image/png\n\npng", 300))
    assert len(message.attachments) == 199  # the multipart itself is a part too
    assert message.attachments[-1].size == 3


def test_levels_up_to_the_budget_are_read_and_the_next_one_is_an_attachment() -> None:
    assert parse(nested(19)).text == "leaf"
    deep = parse(nested(21))
    assert deep.text is None
    assert [one.content_type for one in deep.attachments] == ["multipart/mixed"]
    assert "too_deep" in codes(deep)


def test_a_mail_of_exactly_the_limit_is_whole() -> None:
    head = TOP + b"Content-Type: application/octet-stream\r\n\r\n"
    message = parse(head + b"x" * (MAX_MESSAGE_BYTES - len(head)))
    assert message.attachments[0].size == MAX_MESSAGE_BYTES - len(head)
    assert message.defects == ()


def test_parts_may_be_asked_for_by_any_name() -> None:
    for part in ("", "0", "1.1.1", "-1", "1\n", "9" * 5000, "\0"):
        with pytest.raises(NotFound) as refused:
            attachment_bytes(parts(b"\nx", 3), part)
        assert len(str(refused.value)) < 300


FIELDS = b"From:|To:|Subject:|Date:|Content-Type:|Content-Transfer-Encoding:|Content-Disposition:".split(b"|")
VALUES = (
    b"multipart/mixed; boundary=b|message/rfc822|text/html; charset=|text/plain; format=flowed|base64|quoted-printable|"
    b"x-uuencode|attachment; filename*0*=|utf-16|utf-7|=?utf-8?q?|?=|''%ff|a@g.test|QUFB|begin 644 x\n"
).split(b"|")
MARKS = [b"--b", b"\r\n", *(bytes([octet]) for octet in b'\n\r \t;"<>@,:()\\=-\x00\xff'), "ß".encode()]
ALPHABET = st.sampled_from([*FIELDS, *VALUES, *MARKS])


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=2000))
def test_no_octets_make_parse_raise(raw: bytes) -> None:
    message = parse(raw)
    sound(message)
    assert "unreadable" not in codes(message)


@settings(max_examples=300, deadline=None)
@given(st.lists(ALPHABET, max_size=60).map(b"".join))
def test_no_heap_of_mail_syntax_makes_parse_raise(raw: bytes) -> None:
    message = parse(raw)
    sound(message)
    assert "unreadable" not in codes(message)
    assert "mime_unreadable" not in codes(message)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(OWN).map(Path.read_bytes),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 8), st.binary(max_size=4) | ALPHABET), max_size=8),
)
def test_damaged_mails_do_not_make_parse_raise(raw: bytes, wounds: list[tuple[float, int, bytes]]) -> None:
    for where, gone, put in wounds:
        at = int(where * len(raw))
        raw = raw[:at] + put + raw[at + gone :]
    message = parse(raw)
    sound(message)
    assert "unreadable" not in codes(message)
    for attachment in message.attachments:
        fetched, octets = attachment_bytes(raw, attachment.part)
        assert (fetched, len(octets)) == (attachment, attachment.size)
