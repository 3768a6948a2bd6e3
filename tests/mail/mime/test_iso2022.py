"""ISO-2022-JP beyond what Python's codecs take."""

from __future__ import annotations

import pytest

from mailmcp.mail.mime import iso2022

# windows-31j, through which the characters are read, writes these six with other code points, as mail programs do.
OTHER_CODE_POINTS = {"〜": "～", "‖": "∥", "−": "－", "¢": "￠", "£": "￡", "¬": "￢"}


def test_every_character_of_jis_x_0208_is_the_one_that_python_reads() -> None:
    compared = 0
    for row in range(0x21, 0x7F):
        for cell in range(0x21, 0x7F):
            octets = b"\x1b$B" + bytes((row, cell)) + b"\x1b(B"
            try:
                expected = octets.decode("iso2022_jp")
            except UnicodeDecodeError:
                continue
            compared += 1
            assert iso2022.read(octets) == (OTHER_CODE_POINTS.get(expected, expected), True)
    assert compared > 6_000


@pytest.mark.parametrize(
    ("octets", "text", "sound"),
    [
        (b"\x1b$B-!\x1b(B 1", "① 1", True),
        (b"\x1b$B-j\x1b(B", "㈱", True),
        (b"\x1b$B|b\x1b(B", "髙", True),
        (b"\x1b(I123\x1b(B", "ｱｲｳ", True),
        (b"\x1b$(D\x30\x21\x1b(B", "丂", True),
        (b"\x1b$B$\x22\nplain", "あ\nplain", False),
        (b"\x1b$B$", "\ufffd", False),
        (b"\x1b$B$\x22\x1b(B \x82\xa2", "あ い", True),
        (b"plain", "plain", True),
        (b"", "", True),
    ],
)
def test_rows_of_nec_and_ibm_half_width_letters_and_lost_escapes(octets: bytes, text: str, sound: bool) -> None:
    assert iso2022.read(octets) == (text, sound)


def test_octets_that_are_mostly_escapes_are_no_text_in_it() -> None:
    assert iso2022.read(b"\x1b$B" * 100_000)[1] is False
