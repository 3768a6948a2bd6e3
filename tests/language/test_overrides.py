"""Words that U+202E turns round are given in the order in which they are seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailmcp.language.overrides import as_drawn, turned_round
from mailmcp.mail.text import read
from mailmcp.models import Message


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Your code is \u202e319284\u202c.", "Your code is 482913."),
        ("Pay \u202e(RUE 001)\u202c now", "Pay (100 EUR) now"),
        ("\u202eolleh\nworld", "hello\nworld"),
        ("a \u202ee\u0301b\u202c c", "a be\u0301 c"),
        ("\u202eשלום\u202c", "שלום"),
        ("שלום 123", "שלום 123"),
        ("nothing turned", "nothing turned"),
    ],
)
def test_what_is_turned_round_is_read_as_it_is_drawn(text: str, seen: str) -> None:
    assert as_drawn(text).replace("\u202e", "").replace("\u202c", "") == seen


def test_a_code_that_is_turned_round_is_the_one_that_is_seen_in_text_and_html() -> None:
    assert read(Message(text="Your code is \u202e319284\u202c")).visible == "Your code is 482913"
    assert read(Message(html="<p>Your code is &#8238;319284&#8236;</p>")).visible == "Your code is 482913"


@given(st.text(alphabet="ab12 ()e\u0301\u200d👩", max_size=30))
def test_turning_round_loses_nothing(text: str) -> None:
    assert sorted(turned_round(text).translate(str.maketrans("()", "))"))) == sorted(
        text.translate(str.maketrans("()", "))"))
    )


def test_a_flag_and_a_letter_with_its_marks_stay_whole_when_they_are_turned_round() -> None:
    assert turned_round("a\U0001f1e9\U0001f1eab") == "b\U0001f1e9\U0001f1eaa"
    assert turned_round("\U0001f469\u200d\U0001f469x") == "x\U0001f469\u200d\U0001f469"
    assert turned_round("a" + "\u0301" * 100_000 + "b") == "ba" + "\u0301" * 100_000
