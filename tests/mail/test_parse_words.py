"""Octets to words: charsets, transfer encodings, format=flowed."""

from __future__ import annotations

import base64
import binascii

import pytest

from mailmcp.mail import charsets, flowed, transfer

GERMAN, RUSSIAN, JAPANESE, KOREAN, CHINESE = "Grüße, 5", "Привет", "認証コード", "인증번호", "验证码"


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("UTF-8", "utf-8", GERMAN + RUSSIAN + JAPANESE),
        ("utf8", "utf-8", GERMAN),
        ("unicode-1-1-utf-7", "utf-7", RUSSIAN),
        ("utf-16le", "utf-16-le", CHINESE),
        ("UTF-16", "utf-16", KOREAN),
        ("iso-8859-1", "cp1252", "“" + GERMAN + "€”"),
        ("ISO_8859-1:1987", "cp1252", GERMAN),
        ("latin1", "cp1252", GERMAN),
        ("cp1252", "cp1252", GERMAN),
        ("x-ansi", "cp1252", GERMAN),
        ("iso-8859-15", "iso8859-15", "5 €"),
        ("iso-8859-9", "cp1254", "İstanbul €"),
        ("windows-1251", "cp1251", RUSSIAN),
        ("koi8-r", "koi8-r", RUSSIAN),
        ("KOI8-U", "koi8-u", "Привіт"),
        ("iso-8859-8-i", "iso8859-8", "שלום"),
        ("windows-874", "cp874", "รหัส"),
        ("tis-620", "cp874", "รหัส"),
        ("macintosh", "mac-roman", GERMAN),
        ("iso-2022-jp", "iso2022-jp", JAPANESE),
        ("x-sjis", "shift_jis", JAPANESE),
        ("Shift_JIS", "cp932", JAPANESE + "①"),
        ("windows-31j", "cp932", JAPANESE + "①"),
        ("euc-jp", "euc-jp", JAPANESE),
        ("gb2312", "gb18030", CHINESE + "镕"),
        ("x-gbk", "gbk", CHINESE),
        ("gb18030", "gb18030", CHINESE + "😀"),
        ("hz-gb-2312", "hz", CHINESE),
        ("big5", "big5", "驗證碼"),
        ("Big5-HKSCS", "big5hkscs", "嘅"),
        ("euc-kr", "cp949", KOREAN + "똠"),
        ("ks_c_5601-1987", "cp949", KOREAN),
        ("iso-2022-kr", "iso2022-kr", KOREAN),
        ("cp437", "cp437", GERMAN),
        ("'utf-8'", "utf-8", GERMAN),
    ],
)
def test_charsets_of_mail_are_known_by_the_names_mail_uses(label: str, codec: str, text: str) -> None:
    assert charsets.decode(text.encode(codec), label) == (text, None)


@pytest.mark.parametrize(
    "label", ["rot13", "rot_13", "base64", "hex", "zlib", "bz2", "uu", "quopri", "idna", "punycode"]
)
def test_codecs_that_are_no_charset_are_unknown(label: str) -> None:
    assert charsets.decode(b"uryyb \xff", label) == ("uryyb ÿ", "charset_unknown")


@pytest.mark.parametrize(
    "label", ["unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem", "charmap", "no-such", "../x"]
)
def test_other_names_that_python_would_take_are_unknown(label: str) -> None:
    assert charsets.decode(b"\\u0041", label) == ("\\u0041", "charset_unknown")


@pytest.mark.parametrize(
    ("octets", "label", "text", "problem"),
    [
        (GERMAN.encode(), None, GERMAN, "charset_undeclared"),
        (GERMAN.encode("cp1252"), None, GERMAN, "charset_undeclared"),
        (b"plain", None, "plain", None),
        (b"plain", "us-ascii", "plain", None),
        (GERMAN.encode(), "us-ascii", GERMAN, "charset_wrong"),
        (GERMAN.encode("cp1252"), "ascii", GERMAN, "charset_wrong"),
        (GERMAN.encode("cp1252"), "utf-8", GERMAN, "charset_wrong"),
        (GERMAN.encode() + b"\xff", "utf-8", GERMAN + "\ufffd", "charset_wrong"),
        (b"\xef\xbb\xbfwords", "utf-8", "words", None),
        (b"odd", "utf-16", "摯\ufffd", "charset_wrong"),
        (b"+2AA-", "utf-7", "\ufffd", None),
        (JAPANESE.encode("iso2022-jp"), None, JAPANESE, None),
        (b"\xff", "unknown-8bit", "ÿ", "charset_undeclared"),
        (b"\x81", "windows-1252", "\ufffd", "charset_wrong"),
        (b"", "utf-8", "", None),
    ],
)
def test_octets_that_do_not_fit_their_charset_are_guessed_aloud(
    octets: bytes, label: str | None, text: str, problem: str | None
) -> None:
    assert charsets.decode(octets, label) == (text, problem)


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
