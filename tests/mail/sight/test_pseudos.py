"""Selectors that ask what stands in an element or behind it, and pseudo-elements that lie over it."""

from __future__ import annotations

import pytest

from mailmcp.mail.sight.html import drawn
from mailmcp.mail.sight.limits import Effort
from mailmcp.mail.text import read
from mailmcp.models import Message


def seen(css: str, body: str) -> str:
    return " ".join(read(Message(html=f"<style>{css}</style>{body}")).visible.split())


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("b:last-child", "one two i"),
        ("b:nth-last-child(2)", "one three i"),
        ("b:last-of-type", "one two i"),
        ("i:only-of-type", "one two three"),
        ("i:only-child", "one two three i"),
        ("b:has(u)", "one three i"),
        ("b:has(> u.k)", "one three i"),
        ("b:has(> .other)", "one two three i"),
        ("b:has(+ b)", "three i"),
        ("b:has(~ b > u)", "two three i"),
        ("b:not(:has(u))", "two i"),
        ("p:has(b u) i", "one two three"),
        ("b:empty", "one two three i"),
        ("p:lang(de) i", "one two three"),
        ("p:lang(fr) i", "one two three i"),
        ("p:dir(rtl) b", "i"),
        ("p:dir(ltr) b", "one two three i"),
    ],
)
def test_what_stands_in_and_behind_an_element_decides(selector: str, expected: str) -> None:
    body = "<p lang=de-AT dir=rtl><i>i </i><b>one </b><b><u class=k>two </u></b><b>three</b></p>"
    words = set(seen(f"{selector}{{display:none}}", body).split())
    assert words == set(expected.split())


@pytest.mark.parametrize(
    ("css", "expected"),
    [
        (".c{position:relative}.c::after{content:'';position:absolute;inset:0;background:#fff}", "before after"),
        (".c{position:relative}.c:before{content:'';position:absolute;inset:0;background:#fff}", "before after"),
        (".c{position:relative}.c::after{position:absolute;inset:0;background:#fff}", "before words after"),
        (".c{position:relative}.c::after{content:'';position:absolute;inset:0}", "before words after"),
        (".c::after{content:'';position:relative;background:#fff}", "before words after"),
        (".c{position:relative;box-shadow:0 0 0 900px #fff}", "words"),
        (".c{position:relative;outline:900px solid #fff}", "words"),
        (".c{position:relative;box-shadow:0 0 9px 2px #fff}", "before words after"),
        (".c{box-shadow:0 0 0 900px #fff}", "before words after"),
    ],
)
def test_what_lies_over_words_hides_them(css: str, expected: str) -> None:
    assert seen(css, "<p>before</p><div class=c>words</div><p>after</p>") == expected


def test_a_float_is_parted_from_the_words_before_it() -> None:
    assert seen("", "<div>Left<div style='float:right'>right</div></div>") == "Left right"


def test_readings_of_a_page_share_what_may_be_spent_on_it() -> None:
    effort = Effort(left=1_000)
    first = drawn("<p>a</p>" * 200, 10_000, cut_quotes=False, effort=effort)
    assert not first.spent
    assert first.visible.count("a") == 200
    second = drawn("<p>a</p>" * 400, 10_000, cut_quotes=False, effort=effort)
    assert second.spent
    assert 0 < second.visible.count("a") < 400
    assert effort.left <= 0


def test_a_style_costs_by_how_long_it_is() -> None:
    cheap, dear = Effort(left=10_000), Effort(left=10_000)
    drawn("<p style='color:red'>a", 100, cut_quotes=False, effort=cheap)
    drawn(f"<p style='color:red;{'top:1px;' * 500}'>a", 100, cut_quotes=False, effort=dear)
    assert dear.left < cheap.left - 500


def test_names_without_number_cut_off_the_end_and_are_said() -> None:
    # The parser's time grows with the square of them.
    for one in ("<p a{}=1>x", "<p a{}>x", "<x{0}>x</x{0}>"):
        channels = read(Message(html="<p>before</p>" + "".join(one.format(10_000 + n) for n in range(21_000))))
        assert channels.visible.startswith("before")
        assert "html_too_many_names" in [defect.code for defect in channels.defects]
    usual = "".join(f"<p class=c{n} style='left:{n}px' title='name{n} name{n + 1}'>x" for n in range(5_000))
    assert read(Message(html=usual)).defects == ()
