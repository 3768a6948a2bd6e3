"""Text that is set against its direction is read as it is drawn."""

from __future__ import annotations

import time

import pytest

from mailmcp.mail.text import read
from mailmcp.models import Message


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Code <bdo dir=rtl>654321</bdo> end</p>", "Code 123456 end"),
        ('<p><span style="unicode-bidi:bidi-override;direction:rtl">65<b>43</b>(21)</span></p>', "(12)3456"),
        ('<p dir=rtl style="unicode-bidi:isolate-override">cba<br>fed <bdi>xy</bdi></p>', "abc\nxy def"),
        ('<div style="unicode-bidi:bidi-override" dir=rtl>cba<div>plain</div>fed</div>', "abc\nplain\ndef"),
        ("<p><bdo dir=rtl>654 <a href='https://a.example/'>321</a></bdo></p>", "123 456"),
        ("<p>a \u202e654321\u202c b</p>", "a 123456 b"),
    ],
)
def test_a_run_that_is_forced_from_right_to_left_is_read_backwards(html: str, text: str) -> None:
    assert read(Message(html=html)).visible == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Code <bdo dir=rtl>שלום</bdo></p>", "Code שלום"),
        ("<p dir=rtl>Order 654321</p>", "Order 654321"),
        ("<p>Code <bdo dir=ltr>12</bdo></p>", "Code 12"),
        ('<p style="direction:rtl"><span style="unicode-bidi:embed">abc</span></p>', "abc"),
    ],
)
def test_text_that_only_stands_in_a_page_from_right_to_left_is_not_turned(html: str, text: str) -> None:
    assert read(Message(html=html)).visible == text


def test_turning_what_is_nested_deep_is_given_up_in_time() -> None:
    began = time.process_time()
    read(Message(html="<bdo dir=rtl><bdo dir=ltr>" * 500 + "word " * 100_000))
    assert time.process_time() - began < 5
