"""HTML made harmless: nothing in it runs, leads away or is fetched, and it looks as before."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailmcp.mail.sight.inert import inert

EVIL = "http://evil.example/x"
HARMFUL = (
    f"<script src='{EVIL}'>alert(1)</script>",
    "<p onclick=alert(1)>words</p>",
    "<p ONMOUSEOVER=alert(1)>words</p>",
    "<svg onload=alert(1)><a xlink:href='javascript:alert(1)'>words</a></svg>",
    f"<math><mi xlink:href='{EVIL}'>words</mi></math>",
    f"<a href='{EVIL}'>words</a>",
    "<a href='javascript:alert(1)'>words</a>",
    f"<a href='#' ping='{EVIL}'>words</a>",
    f"<area href='{EVIL}'>",
    f"<img src='{EVIL}'>",
    f"<img srcset='{EVIL} 2x'>",
    f"<img src='data:image/svg+xml;base64,PHN2Zz4='><img src='{EVIL}'>",
    f"<picture><source srcset='{EVIL}'></picture>",
    f"<video src='{EVIL}' poster='{EVIL}'></video><audio src='{EVIL}'></audio>",
    f"<iframe src='{EVIL}' srcdoc='<script>alert(1)</script>'></iframe>",
    f"<object data='{EVIL}'></object><embed src='{EVIL}'><applet archive='{EVIL}'></applet>",
    f"<form action='{EVIL}'><button formaction='{EVIL}'>words</button><input type=image src='{EVIL}'></form>",
    f"<link rel=stylesheet href='{EVIL}'><base href='{EVIL}'><meta http-equiv=refresh content='0;url={EVIL}'>",
    f"<style>@import '{EVIL}'; p {{ background: url({EVIL}) }}</style>",
    f"<style>@IMPORT url({EVIL})</style><p style='background:URL( {EVIL} )'>words</p>",
    f"<p style=\"background-image:image-set('{EVIL}' 1x)\">words</p>",
    f"<table background='{EVIL}'><tr><td background='{EVIL}'>words</td></tr></table>",
    f"<blockquote cite='{EVIL}'>words</blockquote><q cite='{EVIL}'>words</q>",
    f"<noscript><img src='{EVIL}'></noscript><template><script>alert(1)</script></template>",
    f"<noscript><p title='</noscript><img src={EVIL} onerror=alert(1)>'></noscript>",
    f"<style></style><!--</style><img src={EVIL}>--><p>words</p>",
    f"<style><img src={EVIL} onerror=alert(1)></style>",
    f"<math><mtext><table><mglyph><style><!--</style><img title='--><img src={EVIL} onerror=alert(1)>'>",
)


@pytest.mark.parametrize("html", HARMFUL, ids=lambda one: one[:40])
def test_nothing_runs_leads_away_or_is_fetched(html):
    shown = inert(html).lower()
    if not any(word in html for word in ("<img title", "<p title", "<!--", "<style><img")):  # there they are words
        assert "evil.example" not in shown
        assert "alert(" not in shown
    again = inert(shown)
    for word in ("<script", "<iframe", "<object", "<embed", "<link", "<base", "<meta", "<svg", "<math", "javascript:"):
        assert word not in again
    assert 'src="http' not in again
    assert "href=" not in again


def test_what_it_looks_like_stays():
    html = (
        "<html><head><style>p { color: #333; }</style></head><body bgcolor=white>"
        '<p style="font-weight:bold" class=a>Words <b>and</b> more</p>'
        '<img alt="A tree" width=10 src="data:image/png;base64,iVBORw0KGgo=">'
        "<table border=1><tr><td colspan=2>x</td></tr></table>"
    )
    shown = inert(html)
    for kept in (
        "<style>p { color: #333; }</style>",
        'bgcolor="white"',
        'style="font-weight:bold"',
        'alt="A tree"',
        'src="data:image/png;base64,iVBORw0KGgo="',
        'colspan="2"',
        "<b>and</b>",
    ):
        assert kept in shown


def test_a_picture_stays_however_long_it_is_and_what_stands_behind_it() -> None:
    picture = "data:image/png;base64," + "iVBORw0KGgoA" * 20_000
    page = inert(f'<p>Before</p><img src="{picture}"><img src="data:,0"><p>Behind data:,0</p>' + "data:,0 " * 10)
    assert page.count(picture) == 1
    assert f'<img src="{picture}">' in page
    assert "Behind" in page
    assert len(page) < len(picture) + 500


@pytest.mark.parametrize("html", ["", "words", "<", "<p", "<" * 5_000, "<div>" * 5_000 + "deep", "\x00<p>\ud83d"])
def test_whatever_is_given_gives_a_page(html):
    assert isinstance(inert(html), str)


LEADS = ("href", "srcset", "action", "formaction", "background", "ping", "data", "poster")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from((*HARMFUL, "<", ">", "'", '"', "<!--", "-->", "</style>", "<p>", "&lt;")), max_size=8))
def test_however_it_is_mixed_no_element_that_acts_is_left(pieces):
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(inert("".join(pieces)))
    assert tree.css("script, iframe, object, embed, link, base, meta, svg, math, noscript, form[action]") == []
    for node in tree.css("*"):
        for name in node.attributes:
            assert not name.lower().startswith("on")
            assert name.lower() not in (
                "href",
                "srcset",
                "action",
                "formaction",
                "background",
                "ping",
                "data",
                "poster",
            )
