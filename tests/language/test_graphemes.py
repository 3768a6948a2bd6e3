"""A cut never parts what reads as one sign."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailmcp.language.graphemes import last_end, shortened

SIGNS = [
    *("👩\u200d👩\u200d👧\u200d👦", "👍🏽", "🇩🇪", "❤\ufe0f\u200d🔥", "1\ufe0f\u20e3", "e\u0301\u0323"),
    *("क्षि", "श्री", "ক্ষ", "நி"),
    *("กำ", "ຳ", "ខ្មែ", "한", "한", "葛\U000e0100", "ה\u05b7\u034f\u05b4", "می\u200cخ", "ﾊﾞ"),
    *("\u06dd۱", "\r\n", "ක්\u200dර"),
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(one)) for one in "gbsct") + "\U000e007f",
]  # fmt: skip


@pytest.mark.parametrize("sign", [one for one in SIGNS if not one.startswith(("ຳ", "می"))])
def test_a_sign_is_shown_whole_or_not_at_all(sign: str) -> None:
    text = f"Hi {sign}{sign} you"
    for most in range(len(text) + 1):
        assert shortened(text, most) in {text[:end] for end in range(4)} | {
            text[: 3 + len(sign)],
            *(text[:end] for end in range(3 + 2 * len(sign), len(text) + 1)),
        }


def test_flags_in_a_row_are_parted_between_flags() -> None:
    assert [last_end("🇩🇪🇫🇷🇮🇹", at) for at in range(7)] == [0, 0, 2, 2, 4, 4, 6]


def test_a_heap_of_marks_is_cut() -> None:
    heap = "a" + "\u0301" * 10_000
    assert last_end(heap, 5_000) == 5_000


@given(st.lists(st.sampled_from([*SIGNS, "a", " ", "中"])).map("".join), st.integers(0, 200))
def test_a_cut_loses_no_more_than_one_sign(text: str, most: int) -> None:
    cut = shortened(text, most)
    assert text.startswith(cut)
    assert len(cut) <= most or not most
    assert len(text) <= most or len(cut) > most - 65
