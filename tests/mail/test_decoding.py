"""Octets to text: charset names as mail writes them, and octets that do not fit their name."""

from __future__ import annotations

import pytest

from mailmcp.mail import decoding

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
    assert decoding.decode(text.encode(codec), label)[:2] == (text, None)


@pytest.mark.parametrize(
    "label", ["rot13", "rot_13", "base64", "hex", "zlib", "bz2", "uu", "quopri", "idna", "punycode"]
)
def test_codecs_that_are_no_charset_are_unknown(label: str) -> None:
    assert decoding.decode(b"uryyb \xff", label)[:2] == ("uryyb ÿ", "charset_unknown")


@pytest.mark.parametrize(
    "label", ["unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem", "charmap", "no-such", "../x"]
)
def test_other_names_that_python_would_take_are_unknown(label: str) -> None:
    assert decoding.decode(b"\\u0041", label)[:2] == ("\\u0041", "charset_unknown")


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
        (b"odd", "utf-16", "odd", "charset_wrong"),
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
    assert decoding.decode(octets, label)[:2] == (text, problem)
