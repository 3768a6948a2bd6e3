"""The detector on the mails of our corpus, each put into the legacy charsets of its language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailmcp.mail.mime import decoding, detection
from mailmcp.mail.parse import parse
from mailmcp.mail.text import read

CODES = Path(__file__).parents[2] / "corpus" / "codes"
WEST = "de fr es it nl pt sv da fi nb is ca"
CHARSETS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(WEST.split(), ("cp1252",)),
    **dict.fromkeys(("ro", "hr", "sl", "sk"), ("cp1250",)),
    **dict.fromkeys(("pl", "cs", "hu"), ("cp1250", "iso8859_2")),
    **dict.fromkeys(("lt", "lv"), ("cp1257",)),
    **dict.fromkeys(("bg", "sr"), ("cp1251",)),
    **dict.fromkeys(("ar", "fa"), ("cp1256",)),
    "ru": ("cp1251", "koi8_r", "iso8859_5"),
    "uk": ("cp1251", "koi8_u"),
    "el": ("cp1253", "iso8859_7"),
    "tr": ("cp1254",),
    "he": ("cp1255",),
    "vi": ("cp1258",),
    "th": ("cp874",),
    "zh": ("gb18030",),
    "ja": ("cp932", "euc_jp"),
    "ko": ("cp949",),
}


@pytest.fixture(scope="module")
def pieces() -> list[tuple[str, bytes]]:
    """(codec, octets) of every third mail: its subject, the line richest in letters beyond ASCII, its text."""
    return list(_pieces())


def _pieces() -> Iterator[tuple[str, bytes]]:
    for path in sorted(CODES.glob("dev_*/*.eml"))[::3]:
        language = path.stem.split("-")[1]
        if language not in CHARSETS:
            continue
        message = parse(path.read_bytes())
        text = read(message).visible
        line = max(text.split("\n"), key=lambda one: sum(letter > "\x7f" for letter in one), default="")
        for codec in CHARSETS[language]:
            if codec == "gb18030" and not _fits(text, "gb2312"):
                continue
            for words in (message.subject, line, text[:2000]):
                octets = words.encode(codec, "ignore")
                if sum(octet > 127 for octet in octets) >= 2:
                    yield codec, octets


def _fits(text: str, codec: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeError:
        return False
    return True


@pytest.mark.slow
def test_mail_of_our_corpus_without_a_charset_is_read_rightly(pieces: list[tuple[str, bytes]]) -> None:
    """docs/decisions/008 has the figures for all mails."""
    right = sum(decoding.decode(octets).text == octets.decode(codec) for codec, octets in pieces)
    assert len(pieces) > 300
    assert right >= 0.98 * len(pieces)


def test_mail_of_our_corpus_with_its_own_charset_is_never_doubted(pieces: list[tuple[str, bytes]]) -> None:
    assert [(codec, octets[:60]) for codec, octets in pieces if decoding.decode(octets, codec).problem] == []


@pytest.mark.parametrize(
    ("octets", "codec"),
    [
        (b"\xff", "cp1252"),
        (b"5 \x80", "cp1252"),
        (b"caf\xe9", "cp1252"),
        (b"\xa9 2026 \x95 \xa3 5", "cp1252"),
        ("ありがとうございます".encode("cp932"), "cp932"),
        ("ありがとうございます".encode("euc-jp"), "euc_jp"),
        (b"", "cp1252"),
    ],
)
def test_where_there_is_no_evidence_it_is_windows_1252_and_kana_are_japanese(octets: bytes, codec: str) -> None:
    assert detection.detected(octets) == codec


def test_what_is_seen_of_a_long_text_is_bounded_and_whole_characters() -> None:
    text = ("你好世界，验证码。\n" * 20_000).encode("gb18030")
    assert len(detection.probe(text)) <= 8 * detection.SAMPLE
    detection.probe(text).decode("gb18030")
    assert detection.detected(text) == "gb18030"
    assert detection.detected(b"x" * 500_000 + "Привет, мир, как дела".encode("koi8-r")) == "koi8_r"
    assert len(detection.probe(b"\xff" * 10**6)) == 8 * detection.SAMPLE
