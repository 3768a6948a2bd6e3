"""Envelopes: S/MIME that is opened or said to be closed, and the armour of OpenPGP."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailmcp.mail.mime import sealed
from mailmcp.mail.parse import attachment_bytes, parse

OWN = Path(__file__).parents[2] / "corpus" / "mime"
OIDS = {"signed": "2a864886f70d010702", "encrypted": "2a864886f70d010703", "data": "2a864886f70d010701"}


def der(tag: int, *content: bytes) -> bytes:
    """An element with a definite length."""
    body = b"".join(content)
    size = len(body)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + body


def ber(tag: int, *content: bytes) -> bytes:
    """An element that ends with an end mark."""
    return bytes([tag, 0x80]) + b"".join(content) + b"\0\0"


def oid(name: str) -> bytes:
    return der(0x06, bytes.fromhex(OIDS[name]))


def signed(content: bytes) -> bytes:
    inner = der(0x30, oid("data"), der(0xA0, der(0x04, content)))
    return der(0x30, oid("signed"), der(0xA0, der(0x30, der(0x02, b"\1"), der(0x31), inner)))


def envelope_mail(octets: bytes) -> bytes:
    return (
        b"From: a@g.test\nContent-Type: application/pkcs7-mime; name=smime.p7m\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(octets)
    )


def test_what_is_signed_is_opened_with_lengths_and_with_end_marks() -> None:
    assert sealed.envelope(signed(b"words" * 40)) == sealed.Envelope("signed", b"words" * 40)
    pieces = ber(0x24, der(0x04, b"wo"), der(0x04, b"rds"))
    inner = ber(0x30, oid("data"), ber(0xA0, pieces))
    algorithms = ber(0x31, ber(0x30, der(0x06, b"\x60")))
    stream = ber(0x30, oid("signed"), ber(0xA0, ber(0x30, der(0x02, b"\1"), algorithms, inner)))
    assert sealed.envelope(stream) == sealed.Envelope("signed", b"words")


def test_what_is_encrypted_or_only_certificates_is_told_apart() -> None:
    assert sealed.envelope(der(0x30, oid("encrypted"), der(0xA0, der(0x30)))).kind == "encrypted"
    bare = der(
        0x30, oid("signed"), der(0xA0, der(0x30, der(0x02, b"\1"), der(0x31), der(0x30, oid("data")), der(0xA0)))
    )
    assert sealed.envelope(bare).kind == "certificates"
    assert sealed.envelope(b"no such thing").kind == ""
    assert sealed.envelope(b"").kind == ""


def test_an_envelope_that_was_cut_anywhere_never_raises() -> None:
    for name in ("smime-signed-in-one-piece", "smime-signed-as-stream", "smime-encrypted"):
        raw = (OWN / f"{name}.eml").read_bytes()
        whole = attachment_bytes(raw, "1")[1]
        for end in range(len(whole)):
            sealed.envelope(whole[:end])


@given(st.binary(max_size=200), st.integers(0, 60), st.integers(0, 255))
def test_no_octets_make_the_reader_of_envelopes_raise(octets: bytes, at: int, octet: int) -> None:
    sealed.envelope(octets)
    damaged = bytearray(signed(b"words"))
    damaged[at % len(damaged)] = octet
    sealed.envelope(bytes(damaged))


def test_end_marks_within_end_marks_take_linear_time() -> None:
    deep = der(0x30, oid("signed"), der(0xA0, der(0x30, der(0x02, b"\1"))))[:-1] + b"\x31\x80" * 500_000
    assert sealed.envelope(deep).kind == ""


def test_an_envelope_in_an_envelope_is_opened_and_a_fourth_one_is_not() -> None:
    def mime(octets: bytes) -> bytes:
        head = b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        return head + base64.encodebytes(octets)

    octets = signed(b"Content-Type: text/plain\r\n\r\nThe innermost words.")
    texts: list[str | None] = []
    for _ in range(4):
        texts.append(parse(envelope_mail(octets)).text)
        octets = signed(mime(octets))
    assert texts == ["The innermost words."] * 3 + [None]


def test_parts_in_an_envelope_have_paths_and_can_be_fetched() -> None:
    raw = (OWN / "smime-signed-as-stream.eml").read_bytes()
    assert [(one.part, one.filename) for one in parse(raw).attachments] == [("1", "smime.p7m"), ("1.1.2", "plan.pdf")]
    assert attachment_bytes(raw, "1.1.2")[1] == b"pdf"


def test_parts_in_an_envelope_count_with_those_outside() -> None:
    many = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\nContent-Type: image/png\r\n\r\nx\r\n" * 300
    message = parse(envelope_mail(signed(many)))
    assert len(message.attachments) <= 200
    assert "too_many_parts" in {defect.code for defect in message.defects}


def test_an_envelope_that_a_gateway_renamed_is_opened_by_its_name() -> None:
    raw = envelope_mail(signed(b"Content-Type: text/plain\r\n\r\nwords")).replace(b"pkcs7-mime", b"octet-stream")
    assert parse(raw).text == "words"


def test_an_envelope_that_cannot_be_opened_is_said_to_be_one() -> None:
    message = parse(envelope_mail(b"\x30\x03abc"))
    assert [defect.code for defect in message.defects] == ["smime_unreadable"]
    assert [one.filename for one in message.attachments] == ["smime.p7m"]


@pytest.mark.parametrize(
    ("text", "shown", "encrypted"),
    [
        ("no armour", "no armour", False),
        (
            "a\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nb\n- --\n-----BEGIN PGP SIGNATURE-----\nx\n"
            "-----END PGP SIGNATURE-----\nc",
            "a\nb\n--\nc",
            False,
        ),
        ("-----BEGIN PGP SIGNED MESSAGE-----\n\nb\n-----BEGIN PGP SIGNATURE-----\nx\n", "b\n", False),
        (
            "-----BEGIN PGP SIGNED MESSAGE-----\n\nnever signed",
            "-----BEGIN PGP SIGNED MESSAGE-----\n\nnever signed",
            False,
        ),
        (
            "a\n-----BEGIN PGP MESSAGE-----\n\nx\n-----END PGP MESSAGE-----\nb",
            f"a\n{sealed.ENCRYPTED_MARK}\nb",
            True,
        ),
        ("-----BEGIN PGP MESSAGE-----\ncut off", sealed.ENCRYPTED_MARK, True),
        ("> -----BEGIN PGP MESSAGE-----\n> x", "> -----BEGIN PGP MESSAGE-----\n> x", False),
    ],
)
def test_armour_is_taken_off_and_nothing_else(text: str, shown: str, encrypted: bool) -> None:
    assert sealed.without_armour(text) == (shown, encrypted)


def test_a_megabyte_of_armour_lines_takes_linear_time() -> None:
    for line in ("-----BEGIN PGP SIGNED MESSAGE-----\n\n", "-----BEGIN PGP MESSAGE-----\n", "-----BEGIN PGP "):
        sealed.without_armour(line * 30_000)
