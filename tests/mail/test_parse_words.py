"""Octets to words: transfer encodings, format=flowed."""

from __future__ import annotations

import base64
import binascii

import pytest

from mailmcp.mail.mime import flowed, transfer

WORDS = b"The code is 482913. Thank you for using it, and good bye."
PACKED = base64.b64encode(WORDS)


@pytest.mark.parametrize(
    ("body", "octets", "problem"),
    [
        (PACKED, WORDS, None),
        (b"\r\n".join(PACKED[at : at + 20] for at in range(0, 80, 20)), WORDS, None),
        (PACKED.rstrip(b"="), WORDS, None),
        (PACKED[:-5], WORDS[:53], "base64_broken"),
        (PACKED + b"\n-- \nlist footer\n", WORDS, "base64_junk"),
        (PACKED + b" ignored", WORDS, "base64_junk"),
        (PACKED + b"\nfooter of words\n", WORDS, "base64_junk"),
        (PACKED[:10] + b"!*" + PACKED[10:] + b"\n" + PACKED, WORDS + WORDS, "base64_broken"),
        (base64.b64encode(b"x" * 40) + b"\n" + base64.b64encode(b"y" * 40), b"x" * 40 + b"y" * 40, "base64_broken"),
        (b"no base64 at all!", b"no base64 at all!", "base64_broken"),
        (b"====", b"", "base64_broken"),
        (b"A", b"", "base64_broken"),
        (b"", b"", None),
    ],
)
def test_damaged_base64_still_gives_its_octets(body: bytes, octets: bytes, problem: str | None) -> None:
    got, why = transfer.decode(body, "base64")
    assert got == octets
    # Missing padding alone is harmless, and whether it is called broken does not matter.
    assert why == problem or body == PACKED.rstrip(b"=")


@pytest.mark.parametrize(
    ("body", "octets", "problem"),
    [
        (b"caf=C3=A9 =\r\nau lait=20", "café au lait ".encode(), None),
        (b"caf=c3=a9", "café".encode(), None),
        (b"a=\n\nb", b"a\nb", None),
        (b"1 = 1 =ZZ", b"1 = 1 =ZZ", "quoted_printable_broken"),
        (b"ends with =", b"ends with ", None),
    ],
)
def test_damaged_quoted_printable_still_gives_its_octets(body: bytes, octets: bytes, problem: str | None) -> None:
    assert transfer.decode(body, "quoted-printable") == (octets, problem)


def test_uuencode_is_undone_and_its_damage_named() -> None:
    lines = b"".join(binascii.b2a_uu(WORDS[at : at + 45]) for at in range(0, len(WORDS), 45))
    assert transfer.decode(b"text before\nbegin 644 a.txt\n" + lines + b"`\nend\n", "x-uuencode") == (WORDS, None)
    assert transfer.decode(b"no such thing", "x-uuencode") == (b"no such thing", "uuencode_broken")
    assert transfer.decode(b"begin 644 a\n\xff\xff\xff\n", "uuencode")[1] == "uuencode_broken"


@pytest.mark.parametrize("encoding", ["", "7bit", "8bit", "binary"])
def test_plain_bodies_are_taken_as_they_are(encoding: str) -> None:
    assert transfer.decode(b"=C3 \xff\x00", encoding) == (b"=C3 \xff\x00", None)
    assert transfer.decode(b"=C3", "6bit") == (b"=C3", "transfer_encoding_unknown")


@pytest.mark.parametrize(
    ("lines", "paragraphs"),
    [
        ("one \ntwo \nthree\nnext", "one two three\nnext"),
        ("fixed\nlines", "fixed\nlines"),
        ("> one \n> two\nmine", "> one two\nmine"),
        (">one \n>two", "> one two"),
        ("> one \n>> deeper", "> one\n>> deeper"),
        (">> one \n>> two \n> less", ">> one two\n> less"),
        (" >not a quote", ">not a quote"),
        (" From here", "From here"),
        ("  two blanks", " two blanks"),
        ("flows \n-- \nSam", "flows \n-- \nSam"),
        ("> flows \n> -- \n> Sam", "> flows\n> --\n> Sam"),
        ("ends open ", "ends open "),
        (">\n> \n", ">\n>\n"),
        ("", ""),
        ("\n\n", "\n\n"),
    ],
)
def test_flowed_lines_become_paragraphs(lines: str, paragraphs: str) -> None:
    assert flowed.unfold(lines) == paragraphs


def test_delsp_takes_the_blank_at_the_break_with_it() -> None:
    assert flowed.unfold("认证 \n码 \n123", delsp=True) == "认证码123"
    assert flowed.unfold("a  \nb", delsp=True) == "a b"
