"""Words that a style sheet draws before and after what an element holds are read as they are drawn."""

from __future__ import annotations

import pytest

from mailmcp.mail.text import read
from mailmcp.models import Message


def seen(html: str) -> str:
    return read(Message(html=html)).visible


@pytest.mark.parametrize(
    ("style", "body", "text"),
    [
        ('.c::after{content:"482913"}', "<p>Your code is <b class=c></b></p>", "Your code is 482913"),
        ('.c:after{content:" not"}', "<p>You are<b class=c></b> entitled</p>", "You are not entitled"),
        (".l::before{content:attr(data-label) ': '}", "<p class=l data-label=Price>9 EUR</p>", "Price: 9 EUR"),
        ('p::before{content:attr(data-x, "none")}', "<p>.</p>", "none."),
        ('p::before{content:"a;b}c\\2014 d"}', "<p>.</p>", "a;b}c—d."),
        ('p::before{content:"Hi! " !important}p::before{content:"Ho"}', "<p>you</p>", "Hi! you"),
        ('p::before{content:"Total"/"spoken";display:block}', "<p>9 EUR</p>", "Total\n9 EUR"),
        (':root{--w:"MiXed"}p::before{content:var(--w)}', "<p>.</p>", "MiXed."),
        ('q::before{content:"«"}q::after{content:"»"}', "<p><q>Yes</q></p>", "«Yes»"),
        ('p::before{content:"A\\A B ";white-space:pre}', "<p>.</p>", "A\nB ."),
    ],
)
def test_words_of_the_style_sheet_stand_where_they_are_drawn(style: str, body: str, text: str) -> None:
    assert seen(f"<style>{style}</style>{body}") == text


def test_letters_keep_their_case_in_a_page_with_and_without_a_document_type() -> None:
    page = '<style>.Key::after{content:" K7xQ"}</style><p class=Key>Key:</p>'
    assert seen(page) == seen("<!doctype html>" + page) == "Key: K7xQ"


@pytest.mark.parametrize(
    "style",
    [
        'p::after{content:"zebra";display:none}',
        'p::after{content:"zebra";color:#fff}',
        'p::after{content:"zebra";font-size:0}',
        'p::after{content:"zebra";position:absolute;left:-9999px}',
        'p::after{content:"zebra"}p::after{content:none}',
        'p::after{content:"zebra"}p::after{content:""}',
        'p:hover::after{content:"zebra"}',
        '@media print{p::after{content:"zebra"}}',
        'p{visibility:hidden}p::after{content:"zebra"}b::after{content:"x"}',
        'img::after,input::before{content:"zebra"}',
        'p::after{content:"" / "zebra"}',
        'p{content:"zebra"}',
    ],
)
def test_what_is_not_drawn_is_not_read(style: str) -> None:
    given = read(Message(html=f"<style>{style}</style><p>Hello</p><img src=x><input><p>Kind regards</p>"))
    assert "zebra" not in given.visible


def test_the_pictures_of_an_icon_font_are_no_words() -> None:
    assert seen('<style>i::before{content:"\\e900"}b::before{content:"New "}</style><p><i></i><b>mail</b></p>') == (
        "New mail"
    )
