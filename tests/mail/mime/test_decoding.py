"""Octets to text: charset names as mail writes them, and octets that do not fit their name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mailmcp.mail.mime import charsets, decoding

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


WORDS = {
    "ru": "Здравствуйте! Ваш код подтверждения 482913",
    "uk": "Вітаємо! Ваш код підтвердження 482913",
    "el": "Γεια σας, ο κωδικός επαλήθευσης είναι 482913",
    "he": "שלום, קוד האימות שלך הוא 482913",
    "ar": "مرحبا بكم، رمز التحقق الخاص بك هو 482913",
    "th": "สวัสดีค่ะ รหัสยืนยันของคุณคือ 482913",
    "zh": "您好，您的验证码是 482913，请勿告诉他人",
    "tw": "您好，您的驗證碼是 482913，請勿告訴他人",
    "ja": "こんにちは。認証コードは 482913 です",
    "ko": "안녕하세요, 인증번호는 482913 입니다",
    "pl": "Cześć, proszę użyć tego kodu, żeby potwierdzić zmianę: 482913",
    "cs": "Dobrý den, váš ověřovací kód je 482913, nikomu ho neříkejte",
    "hu": "Kedves Ügyfelünk! Az Ön ellenőrző kódja: 482913, őrizze meg",
    "tr": "Merhaba, doğrulama kodunuz 482913, kimseyle paylaşmayın",
    "lt": "Sveiki, jūsų patvirtinimo kodas 482913, nesidalykite juo su niekuo, ačiū už dėmesį",
    "de": "Grüße aus Köln, Ihr Bestätigungscode für später lautet 482913",
    "fr": "Voilà le code de vérification demandé à l’instant : 482913",
    "es": "¡Hola! Aquí está tu código de verificación: 482913, señor Núñez",
}
LEGACY = [
    *[("ru", codec) for codec in ("cp1251", "koi8-r", "iso8859-5")],
    *[("uk", codec) for codec in ("cp1251", "koi8-u")],
    *[("el", "cp1253"), ("el", "iso8859-7"), ("he", "cp1255"), ("ar", "cp1256"), ("th", "cp874")],
    *[("zh", "gb18030"), ("tw", "big5"), ("ja", "cp932"), ("ja", "euc-jp"), ("ko", "cp949")],
    *[("pl", "cp1250"), ("pl", "iso8859-2"), ("cs", "cp1250"), ("cs", "iso8859-2"), ("hu", "cp1250")],
    *[("tr", "cp1254"), ("lt", "cp1257"), ("de", "cp1252"), ("fr", "cp1252"), ("es", "cp1252")],
]


@pytest.mark.parametrize(("language", "codec"), LEGACY)
def test_undeclared_text_is_read_in_the_charset_it_is_in(language: str, codec: str) -> None:
    decoded = decoding.decode(WORDS[language].encode(codec))
    assert decoded[:2] == (WORDS[language], "charset_undeclared")


@pytest.mark.parametrize(("language", "codec"), LEGACY)
def test_text_under_its_own_name_is_never_doubted(language: str, codec: str) -> None:
    assert decoding.decode(WORDS[language].encode(codec), codec)[:2] == (WORDS[language], None)


@pytest.mark.parametrize("label", ["us-ascii", "utf-8", "no-such-charset", "iso-2022-jp"])
@pytest.mark.parametrize(("language", "codec"), LEGACY)
def test_a_name_that_the_octets_refute_is_overruled_aloud(language: str, codec: str, label: str) -> None:
    decoded = decoding.decode(WORDS[language].encode(codec), label)
    assert decoded.text == WORDS[language]
    assert decoded.problem in ("charset_wrong", "charset_unknown")


@pytest.mark.parametrize("label", ["iso-8859-1", "windows-1252", "iso-8859-15"])
@pytest.mark.parametrize("language", ["ru", "el", "he", "ar", "th", "zh", "ja", "ko"])
def test_what_is_no_latin_text_is_not_shown_as_latin(language: str, label: str) -> None:
    codec = dict(LEGACY)[language]
    decoded = decoding.decode(WORDS[language].encode(codec), label)
    assert decoded[:2] == (WORDS[language], "charset_wrong")


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("Umlaute äöüÄÖÜß", "iso-8859-1"),
        ("So: äöü ÄÖÜ ß", "windows-1252"),
        ("Try äöüßÄÖÜß€", "iso-8859-15"),
        ("åäö ÅÄÖ", "iso-8859-1"),
        ("áéíóú ÁÉÍÓÚ ñÑ ¿¡", "iso-8859-1"),
        ("äöüß éèàç ñ", "iso-8859-1"),
        (4 * "ÅåØøÆæ", "iso-8859-1"),
        ("ąćęłńóśźż", "iso-8859-2"),
        ("ěščřžýáíé", "windows-1250"),
        ("çğıöşü ÇĞÖŞÜ", "iso-8859-9"),
    ],
)
def test_accents_that_somebody_tries_out_in_a_row_are_what_they_are_declared(written: str, label: str) -> None:
    assert decoding.decode(written.encode(label), label)[:2] == (written, None)


@pytest.mark.parametrize(
    ("real", "label"), [("koi8-r", "windows-1251"), ("cp1251", "koi8-r"), ("koi8-r", "iso-8859-5")]
)
def test_cyrillic_charsets_that_are_taken_for_each_other_are_told_apart(real: str, label: str) -> None:
    assert decoding.decode(WORDS["ru"].encode(real), label)[:2] == (WORDS["ru"], "charset_wrong")


def test_capitals_alone_are_no_reason_to_doubt_a_cyrillic_name() -> None:
    loud = "ВНИМАНИЕ! ВАШ ЗАКАЗ ОТМЕНЁН"
    for label in ("windows-1251", "koi8-r"):
        assert decoding.decode(loud.encode(label), label)[:2] == (loud, None)


@pytest.mark.parametrize("label", ["iso-8859-1", "windows-1251", "koi8-r", "us-ascii", "iso-8859-2", "tis-620"])
@pytest.mark.parametrize("words", [*WORDS.values(), "Grüße", "5 €", "naïve"])
def test_valid_utf8_is_utf8_under_any_name_of_single_octets(words: str, label: str) -> None:
    assert decoding.decode(words.encode(), label)[:2] == (words, "charset_wrong" if not words.isascii() else None)


@pytest.mark.parametrize("label", ["gb2312", "shift_jis", "euc-kr", "big5", "euc-jp"])
@pytest.mark.parametrize("language", ["zh", "ja", "ko", "ru"])
def test_a_sentence_of_utf8_is_utf8_under_east_asian_names_too(language: str, label: str) -> None:
    assert decoding.decode(WORDS[language].encode(), label).text == WORDS[language]


@pytest.mark.parametrize(
    ("octets", "label", "hints", "text", "codec"),
    [
        ("Код".encode("koi8-r"), None, ("koi8_r",), "Код", "koi8_r"),
        ("Код".encode("cp1251"), None, ("cp1251", "koi8_r"), "Код", "cp1251"),
        ("确认".encode("gbk"), None, ("gb18030",), "确认", "gb18030"),
        ("确认".encode("gbk"), "us-ascii", ("utf_8", "gb18030"), "确认", "gb18030"),
        ("Grüße".encode("cp1252"), "utf-8", ("gb18030", "cp1252"), "Grüße", "cp1252"),
        ("Grüße".encode(), None, ("koi8_r",), "Grüße", "utf_8"),
        ("Ваш заказ отправлен".encode("koi8-r"), None, ("cp1252",), "Ваш заказ отправлен", "koi8_r"),
    ],
)
def test_what_the_rest_of_the_mail_is_in_counts_before_any_guess_if_it_makes_words(
    octets: bytes, label: str | None, hints: tuple[str, ...], text: str, codec: str
) -> None:
    decoded = decoding.decode(octets, label, hints)
    assert (decoded.text, decoded.codec) == (text, codec)


def test_damage_is_shown_as_damage_and_does_not_change_the_charset() -> None:
    for codec, label in (("utf-8", "utf-8"), ("gb18030", "gb2312"), ("cp949", "euc-kr"), ("cp932", "shift_jis")):
        words = WORDS["ko" if codec == "cp949" else "ja" if codec == "cp932" else "zh"]
        decoded = decoding.decode(words.encode(codec) + b"\xff\xff", label)
        assert decoded.text.startswith(words[:-1])
        assert "\ufffd" in decoded.text
        assert decoded.problem == "charset_wrong"
    assert (
        decoding.decode("Grüße, größer, schöner aus Köln für Jürgen in Österreich".encode() + b"\xff").codec == "utf_8"
    )


@pytest.mark.parametrize(
    ("mark", "codec", "label"),
    [
        (b"\xef\xbb\xbf", "utf-8", "iso-8859-1"),
        (b"\xff\xfe", "utf-16-le", "us-ascii"),
        (b"\xfe\xff", "utf-16-be", None),
    ],
)
def test_a_byte_order_mark_counts_more_than_any_name(mark: bytes, codec: str, label: str | None) -> None:
    assert decoding.decode(mark + "Grüße, 5 €".encode(codec), label).text == "Grüße, 5 €"


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("utf-8", "utf-8"),
        ("'utf-8'", "utf-8"),
        ("\"'koi8-r'", "koi8-r"),
        ("charset=utf-8", "utf-8"),
        ("utf-8, format=flowed", "utf-8"),
        ("iso-8859-1 (Latin)", "iso-8859-1"),
        ("  ", None),
        ("", None),
    ],
)
def test_charset_names_are_found_in_what_programs_make_of_the_parameter(written: str, label: str | None) -> None:
    assert charsets.label_in(written) == label


@pytest.mark.parametrize(
    ("page", "name"),
    [
        (b'<meta charset="koi8-r">', "koi8-r"),
        (b"<META HTTP-EQUIV='Content-Type' content='text/html; charset=GB2312'>", "GB2312"),
        (b'<?xml version="1.0" encoding="windows-1251"?>', "windows-1251"),
        (b"<meta charset=utf-16>", "utf-8"),
        (b"<p>charset=koi8-r</p>", None),
        (b"<style>" + b" " * 5000 + b'</style><meta charset="koi8-r">', None),
    ],
)
def test_pages_name_their_charset_near_their_beginning(page: bytes, name: str | None) -> None:
    assert charsets.named_in_html(page) == name


def test_names_for_people_are_those_that_mail_uses() -> None:
    codecs = ["cp1252", "cp874", "cp932", "cp949", "utf_8", "iso8859_2", "iso2022_jp", "koi8_r", "gb18030"]
    assert [charsets.spoken(codec) for codec in codecs] == [
        *(
            "windows-1252",
            "windows-874",
            "shift_jis",
            "euc-kr",
            "utf-8",
            "iso-8859-2",
            "iso-2022-jp",
            "koi8-r",
            "gb18030",
        )
    ]


@pytest.mark.parametrize("label", [None, "iso-8859-1", "koi8-r", "gb2312", "iso-2022-jp", "utf-8", "utf-16", "utf-7"])
@pytest.mark.parametrize(
    "octets",
    [b"\xff" * 2**20, bytes(range(256)) * 2**12, b"<\xe9" * 2**19, b"\0\x81" * 2**19, b"\x1b$B\x81" * 2**18],
    ids=["ff", "all", "tags", "nul", "escapes"],
)
@pytest.mark.slow
def test_a_megabyte_of_nonsense_is_decoded_all_the_same(octets: bytes, label: str | None) -> None:
    decoded = decoding.decode(octets, label, ("cp1251", "gb18030", "cp932"))
    decoded.text.encode()
    assert decoded.text


def test_the_detector_is_loaded_for_undeclared_mail_only() -> None:
    script = "import sys; from mailmcp.mail.parse import parse; top = b'From: a@g.test\\n'; "
    script += "parse(top + 'Content-Type: text/plain; charset=koi8-r\\n\\nПривет'.encode('koi8-r')); "
    script += (
        "a = 'chardet' in sys.modules; parse(top + '\\nПривет'.encode('koi8-r')); print(a, 'chardet' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=200)
    assert done.stdout.split() == ["False", "True"]
