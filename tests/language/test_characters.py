"""Invisible characters go, what a script or an emoji needs stays, digits of every script become ASCII."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailmcp.language.characters import ascii_digits, cleaned, comparable

INVISIBLE = [
    0x00, 0x08, 0x0B, 0x1B, 0x7F, 0x80, 0x85, 0x9F, 0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x180B, 0x180E, 0x200B,
    0x200C, 0x200D, 0x200E, 0x202E, 0x2060, 0x2066, 0x2069, 0x2800, 0x3164, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9, 0xE0001,
    0xE0041, 0xE007F, 0xE0100, 0xE01EF,
]  # fmt: skip


@pytest.mark.parametrize("point", INVISIBLE, ids=hex)
def test_an_invisible_character_inside_a_code_is_taken_out_and_counted(point: int) -> None:
    assert cleaned(f"482{chr(point)}913") == ("482913", 1)


def test_every_format_character_without_a_visible_sign_is_taken_out() -> None:
    visible = {*range(0x600, 0x606), 0x6DD, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
    hidden = [
        point for point in range(sys.maxunicode) if unicodedata.category(chr(point)) == "Cf" and point not in visible
    ]
    assert [hex(point) for point in hidden if cleaned(f"a{chr(point)}b")[0] != "ab"] == []


def test_newlines_and_tabs_stay_and_other_line_breaks_become_newlines() -> None:
    assert cleaned("a\nb\tc\r\nd\re\u2028f\u2029g") == ("a\nb\tc\nd\ne\nf\ng", 0)


def test_terminal_sequences_go_whole() -> None:
    assert cleaned("code \x1b[1;31m482913\x1b[0m")[0] == "code 482913"


@pytest.mark.parametrize(
    "text",
    ["می\u200cخواهم", "क्\u200dष", "ශ්\u200dරී", "👩\u200d🚀", "❤\u200d🔥", "ബ്\u200dള"],
    ids=["persian", "devanagari", "sinhala", "astronaut", "heart", "malayalam"],
)
def test_a_joiner_that_a_script_or_an_emoji_needs_stays(text: str) -> None:
    assert cleaned(text) == (text, 0)


@pytest.mark.parametrize(
    "text",
    ["❤\ufe0f", "©\ufe0f", "4\ufe0f\u20e3", "❤\ufe0f\u200d🔥", "🏳\ufe0f\u200d🌈", "👁\ufe0f\u200d🗨\ufe0f"],
    ids=["heart", "copyright", "keycap", "heart on fire", "rainbow flag", "eye in speech bubble"],
)
def test_the_selector_that_makes_a_picture_of_a_sign_stays(text: str) -> None:
    assert cleaned(text) == (text, 0)


@pytest.mark.parametrize(
    "text",
    ["😀\ufe0f", "a\ufe0f", "4\ufe0f", "中\ufe0f", "❤\ufe0f\ufe0f", "❤\ufe0e\ufe0f", "4\ufe0e", "4\ufe0f5\u20e3"],
)
def test_a_selector_that_changes_nothing_goes(text: str) -> None:
    assert cleaned(text)[1] == 1


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("۱۴۰۲ ه\u200d.ش", id="persian year of the hijra"),
        pytest.param("سال ۱۴۰۲ ه\u200d", id="letter that keeps its shape at the end"),
        pytest.param("(\u200dه)", id="letter that keeps its shape at the beginning"),
        pytest.param("יְרוּשָׁלַ\u034fִם", id="hebrew vowels in the order of the name"),
        pytest.param("ᠴᠢᠭ\u180eᠠ", id="mongolian vowel apart"),
        pytest.param("ᠠ\u180bᠢ", id="mongolian form of a letter"),
        pytest.param("葛\U000e0100城市の渡邊\U000e0102邉\U000e0103", id="ideographs of names"),
        pytest.param("神\ufe00", id="standard form of an ideograph"),
        pytest.param("A ∩\ufe00 B", id="sign of mathematics"),
        pytest.param("❤\ufe0e ☎\ufe0e 1\ufe0e\u20e3", id="signs drawn as text"),
        pytest.param("⚡\ufe0f ⭐\ufe0f ☕\ufe0f 👍\ufe0e", id="signs that telephones write with a selector"),
        pytest.param("⠓⠑⠇⠇⠕\u2800⠺⠕", id="blank between words of braille"),
        pytest.param("\u070fܐܒ", id="syriac abbreviation"),
    ],
)
def test_a_sign_that_gives_another_its_right_look_stays(text: str) -> None:
    assert cleaned(text) == (text, 0)
    assert comparable(text) == comparable(text.replace("\ufe0e", "").replace("\u034f", ""))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        pytest.param("葛\U000e0100\U000e0101", "葛\U000e0100", id="two selectors in a row"),
        pytest.param("a\U000e0100 48\U000e01012", "a 482", id="selectors after letters and digits"),
        pytest.param("漢\U000e0148字\U000e0165列\U000e016c", "漢字列", id="a message in selectors of ideographs"),
        pytest.param("❤\ufe00\ufe0a", "❤", id="selectors that no emoji has"),
        pytest.param("שלום\u034f", "שלום", id="joiner after a letter"),
        pytest.param("a\u0323\u034f\u0301", "a\u0323\u0301", id="joiner between marks that stay in order"),
        pytest.param("ᠴ\u180eᠢ ᠴ\u180e 4\u180e8", "ᠴᠢ ᠴ 48", id="separator before no last vowel"),
        pytest.param("ه\u200d\u200d.", "ه\u200d.", id="two joiners"),
        pytest.param("ا\u200d.", "ا.", id="joiner after a letter that never joins"),
        pytest.param("a\u2800b ⠓\u2800\u2800⠑", "ab ⠓⠑", id="blank pattern that parts no words of braille"),
    ],
)
def test_selectors_and_joiners_that_carry_words_unseen_go(text: str, left: str) -> None:
    assert cleaned(text) == (left, len(text) - len(left))


@pytest.mark.parametrize(
    "text",
    ["ยืนยัน\u200bรหัส", "ພາສາ\u200bລາວ", "ភាសា\u200bខ្មែរ", "မြန်မာ\u200bစာ"],
    ids=["thai", "lao", "khmer", "myanmar"],
)
def test_the_sign_between_words_of_scripts_without_blanks_stays_once(text: str) -> None:
    assert cleaned(text) == (text, 0)
    assert cleaned(text.replace("\u200b", "\u200b" * 3)) == (text, 2)
    assert comparable(text) == comparable(text.replace("\u200b", ""))


@pytest.mark.parametrize(
    "text", ["a\u200bb", "a\u200bก", "ก\u200b ข", "ก \u200bข", "๔\u200b๕", "ก\u200b\u0e31", "\u200bก", "中\u200b文"]
)
def test_a_break_sign_that_parts_no_words_of_such_a_script_goes(text: str) -> None:
    assert cleaned(text) == (text.replace("\u200b", ""), 1)


def test_a_joiner_whose_neighbour_was_taken_out_is_judged_by_what_is_left() -> None:
    assert cleaned("4\u200b\u200d\u200b8") == ("48", 3)
    assert cleaned("क्\u200b\u200d\u200bष") == ("क्\u200dष", 2)


@given(
    st.text(alphabet=st.sampled_from([*"a1 \nनक्ی😀❤กขក្\u20e3ه葛ᠠשִַ⠓ܐ", *map(chr, INVISIBLE), "\r", "[", "m", "\x9b"]))
)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once, _ = cleaned(text)
    assert cleaned(once) == (once, 0)


def test_digits_of_every_script_become_ascii_and_the_length_stays() -> None:
    text = "٤٨٢ ۹۱۳ ४८२ ৯১৩ ４８２ 𝟗𝟏𝟑 ๔๘๒"
    assert ascii_digits(text) == "482 913 482 913 482 913 482"
    assert len(ascii_digits(text)) == len(text)


@given(st.text())
def test_only_digits_change(text: str) -> None:
    changed = ascii_digits(text)
    assert len(changed) == len(text)
    assert all(new == old or (old.isdecimal() and int(old) == int(new)) for new, old in zip(changed, text, strict=True))


def test_comparison_ignores_width_case_and_invisible_characters() -> None:
    assert comparable("Ｅxam\u200bple") == comparable("EXAMPLE")


def test_cleaning_is_linear_in_hostile_text() -> None:
    for hostile in ("\u200d" * 150_000, "\x1b[" * 75_000, "a\u200d" * 75_000, "क\u200d" * 50_000):
        cleaned(hostile)


@pytest.mark.parametrize("region", ["gbeng", "gbsct", "gbwls"])
def test_the_tags_of_a_regions_flag_stay(region: str) -> None:
    flag = "\U0001f3f4" + "".join(chr(0xE0000 + ord(one)) for one in region) + "\U000e007f"
    assert cleaned(f"Go {flag}!") == (f"Go {flag}!", 0)
    assert cleaned(f"{flag[:-1]}x{flag[1:]}") == ("\U0001f3f4x", 11)


def test_tags_that_spell_anything_else_go_even_after_a_flag() -> None:
    smuggled = "".join(chr(0xE0000 + ord(one)) for one in "gbengdelete")
    assert cleaned(f"\U0001f3f4{smuggled}\U000e007f") == ("\U0001f3f4", 12)


def test_a_flood_of_joiners_is_taken_out_at_once() -> None:
    flood = "\U0001f468\u200d" * 150_000
    assert cleaned(flood) == ("\U0001f468" * 150_000, 150_000)
