"""What is concluded from the octets of one mail."""

from __future__ import annotations

import pytest

from mailmcp.mailroom.judging import FIRST_LINE, judge
from mailmcp.models import Source


def first_line(body: str) -> str:
    raw = f"From: a@shop.example\r\nSubject: Offer\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}".encode()
    return judge(raw, source=Source.SMTP, peer=None, outgoing=False).first_line


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("Hello Ann,\r\n\r\nwe can offer 20 chairs.\r\nBest", "Hello Ann, we can offer 20 chairs."),
        ("山田様、\r\n\r\n椅子を二十脚ご用意できます。", "山田様、 椅子を二十脚ご用意できます。"),
        ("We can offer 20 chairs.\r\n\r\nBest", "We can offer 20 chairs."),
        ("Hello Ann,", "Hello Ann,"),
        ("", "Offer"),
    ],
)
def test_a_line_of_a_list_says_what_a_mail_is_about_and_not_only_whom_it_greets(body, shown):
    assert first_line(body) == shown


def test_a_line_of_a_list_is_bounded():
    assert len(first_line("Hello Ann,\r\n" + "word " * 200)) == FIRST_LINE
