"""Tags with values that are longer than any that people write: the words behind them are read."""

from __future__ import annotations

import time

import pytest

from mailmcp.mail.parse import parse
from mailmcp.mail.text import read
from mailmcp.models import Channels, Message

OCTETS = "iVBORw0KGgoAAAANSUhEUgAA" * 4_000
LINES = [OCTETS[at : at + 76] for at in range(0, len(OCTETS), 76)]
DRAWN = "<path d='M1,2 L3-4'/>" * 5_000


def page(tag: str) -> Channels:
    return read(Message(html=f"<p>Before</p>{tag}<p>Behind</p>"))


@pytest.mark.parametrize(
    "tag",
    [
        f'<div style="background-image:url(&quot;data:image/png;base64,{OCTETS}&quot;)"></div>',
        f"<div style='background:url( &#39;data:image/png;base64,{OCTETS}&#39; )'></div>",
        f'<div style="background:url( data:image/png;base64,{OCTETS} )"></div>',
        f'<img src=" data:image/png;base64,{OCTETS}">',
        f'<img src="\ndata:image/png;base64, {OCTETS}">',
        "<img src='data:image/png;base64,{}'>".format("\r\n   ".join(LINES)),
        "<img src='data:image/png;base64,{}'>".format("&#13;&#10;".join(LINES)),
        f'<IMG SRC="DATA:image/png;base64,{OCTETS}">',
        f'<img src="data:;base64,{OCTETS}">',
        f"<img src=data:image/png;base64,{OCTETS}>",
        f"<img src=\"data:image/svg+xml;utf8,<svg xmlns='a:b'>{DRAWN}</svg>\">",
        f'<div style="background:url(&quot;data:image/svg+xml;utf8,<svg>{DRAWN}</svg>&quot;);color:red"></div>',
        f'<span data-buffer="&lt;!--(figma){OCTETS}(/figma)--&gt;"></span>',
        f'<v:shape o:gfxdata="{OCTETS}"></v:shape>',
        f'<input type="hidden" name="state" value="{OCTETS}">',
        f'<p data-a="{OCTETS[:60_000]}" data-b=\'{OCTETS[:60_000]}\' data-c="1"></p>',
    ],
)
def test_no_words_are_lost_behind_what_is_pasted_into_a_tag(tag: str) -> None:
    channels = page(tag)
    assert channels.visible == "Before\n\nBehind"
    assert channels.defects == ()


@pytest.mark.parametrize(
    ("tag", "seen"),
    [
        (f'<img alt="Invoice {OCTETS}">', "Invoice"),
        (f'<p title="{OCTETS}">Words</p>', "Words"),
        (f'<a href="https://a.example/?d={OCTETS}">Words</a>', "Words"),
    ],
)
def test_a_long_value_that_says_something_is_cut_and_that_is_said(tag: str, seen: str) -> None:
    channels = page(tag)
    assert seen in channels.visible
    assert channels.visible.endswith("Behind")
    assert channels.links == ()
    assert [one.code for one in channels.defects] == ["html_value_too_long"]


@pytest.mark.parametrize(
    "tag",
    [
        f'<p style="{"color:red;" * 10_000}display:none">Unseen</p>',
        f'<p style="x:{OCTETS};display:none">Unseen</p>',
        f'<style>.h{{display:none}}</style><p class="{"a " * 40_000}h">Unseen</p>',
        f'<style>[data-x$="z"]{{display:none}}</style><p data-x="{OCTETS}z">Unseen</p>',
        f'<p style="background:url(&quot;data:image/svg+xml,{DRAWN}&quot;);display:none">Unseen</p>',
        f'<p style="background:url(&quot;data:image/png;base64,{OCTETS}&quot;);display:none">Unseen</p>',
    ],
)
def test_nothing_that_a_long_value_hides_is_taken_for_seen(tag: str) -> None:
    channels = page(tag)
    assert channels.visible == "Before\n\nBehind"
    assert [one.text for one in channels.hidden] == ["Unseen"]


def test_a_long_value_is_no_reason_to_read_what_is_nested_too_deep_otherwise() -> None:
    deep = "<div>" * 1_200
    channels = page(f'{deep}<div data-x="{OCTETS}">inside')
    assert channels.visible == "Before\n\ninside\n\nBehind"
    assert [one.code for one in channels.defects] == ["html_flattened"]


def test_a_tag_that_nothing_closes_ends_the_page_as_in_a_browser() -> None:
    channels = page(f'<p data-x="{OCTETS}')
    assert channels.visible == "Before"
    assert [one.code for one in channels.defects] == ["html_tag_too_long"]


def test_a_picture_in_a_style_may_be_longer_than_all_words_may_be() -> None:
    style = f'<div style="background:url(&quot;data:image/png;base64,{OCTETS * 25}&quot;)">Inside</div>'
    message = parse(f"From: a@g.test\nContent-Type: text/html\n\n<p>Before</p>{style}<p>Behind</p>".encode())
    assert read(message).visible == "Before\n\nInside\n\nBehind"
    assert message.defects == ()


@pytest.mark.parametrize(
    "html",
    [
        f'<p data-x="{"y" * 66_000}">x</p>' * 30,
        f'<p style="{"url(&quot;data:" * 5_000}">x</p>' * 26,
        f'<p style="url(&quot;data:{"&quot;         " * 5_000}">x</p>' * 26,
        f"<p {' '.join(f'a{n}={chr(34)}{chr(121) * 150}{chr(34)}' for n in range(490))}>x</p>" * 25,
        '"data:,' * 280_000,
        f'"data:,{"&#10;" * 390_000}',
    ],
)
@pytest.mark.slow
def test_long_tags_take_no_longer_than_others(html: str) -> None:
    began = time.process_time()
    read(Message(html=html))
    assert time.process_time() - began < 2
