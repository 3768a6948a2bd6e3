"""Items of numbered lists are shown with the number that a browser draws before them."""

from __future__ import annotations

import pytest

from mailmcp.mail.text import read
from mailmcp.models import Channels, Message


def html(body: str) -> Channels:
    return read(Message(html=body))


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("<ol><li>one<li>two</ol>", "1. one\n2. two"),
        ("<ul><li>one<li>two</ul>", "one\ntwo"),
        ("<ol start=3><li>c<li value=9>i<li>j</ol>", "3. c\n9. i\n10. j"),
        ("<ol reversed><li>second<li>first</ol>", "2. second\n1. first"),
        ("<ol reversed start=7><li>seven<li>six</ol>", "7. seven\n6. six"),
        ("<ol start=-1><li>a<li>b<li>c</ol>", "-1. a\n0. b\n1. c"),
        ("<ol start=x><li>a</ol>", "1. a"),
        ("<ol type=a start=26><li>z<li>aa</ol>", "z. z\naa. aa"),
        ("<ol type=A start=0><li>none<li>a</ol>", "0. none\nA. a"),
        ("<ol type=i start=4><li>four<li>five</ol>", "iv. four\nv. five"),
        ("<ol type=I start=1994><li>year</ol>", "MCMXCIV. year"),
        ("<ol type=I start=4000><li>too many</ol>", "4000. too many"),
        ("<ol><li type=a>a<li>b</ol>", "a. a\n2. b"),
        ("<ol type=disc><li>a</ol>", "a"),
        ("<ol style='list-style:none'><li>a<li>b</ol>", "a\nb"),
        ("<ol style='list-style:inside'><li>a</ol>", "a"),
        ("<ol style='list-style:upper-latin inside'><li>a</ol>", "A. a"),
        ("<ol style='list-style-type:\"x y \"'><li>a</ol>", "a"),
        ("<ol style='list-style-type:\"7) \"'><li>a</ol>", "7) a"),
        ("<ol style=\"list-style:'2.' inside\"><li>a<li>b</ol>", "2. a\n2. b"),
        ("<ol style='list-style-type:\"- \"'><li>a</ol>", "a"),
        ("<ol reversed><div><li>two</div><div><li>one</div></ol>", "2. two\n1. one"),
        ("<ol reversed><li>two<ol><li>x<li>y</ol><li>one</ol>", "2. two\n\n1. x\n2. y\n\n1. one"),
        ("<ol style='list-style-type:decimal-leading-zero' start=9><li>a<li>b</ol>", "09. a\n10. b"),
        ("<ol style='list-style-type:lower-greek' start=24><li>a<li>b</ol>", "ω. a\nαα. b"),
        ("<ol style='list-style-type:hebrew' start=15><li>a<li value=123>b</ol>", "טו. a\nקכג. b"),
        ("<ol style='list-style-type:upper-armenian' start=1999><li>a</ol>", "ՌՋՂԹ. a"),
        ("<ol style='list-style-type:cjk-ideographic' start=20><li>a<li>b</ol>", "二十、a\n二十一、b"),
        ("<ol style='list-style-type:cjk-decimal' start=10><li>a</ol>", "一〇、a"),
        ("<ol style='list-style-type:bengali'><li>a</ol>", "1. a"),
        ("<ol style='list-style-type:none'><li style='list-style-type:decimal'>a</ol>", "1. a"),
        ("<ol><li style='list-style-type:inherit'>a</ol>", "1. a"),
        ("<ul style='list-style-type:decimal'><li>a</ul>", "1. a"),
        ("<style>ol.plain{list-style-type:none}</style><ol class=plain><li>a</ol><ol><li>b</ol>", "a\n\n1. b"),
        ("<ol><li style='display:block'>a<li>b</ol>", "a\n2. b"),
        ("<ol><li style='display:none'>a<li>b</ol>", "1. b"),
        ("<ol><li><p>one</p><p>more</p><li><p>two</p></ol>", "1. one\n\nmore\n\n2. two"),
        ("<ol><li>one<ol type=a><li>in<li>side</ol><li>two</ol>", "1. one\n\na. in\nb. side\n\n2. two"),
        ("<ol><li>one<ul><li>in</ul><li>two</ol>", "1. one\n\nin\n\n2. two"),
        ("<ol><li><ol type=a><li>x<li>y</ol></ol>", "1. a. x\nb. y"),
        ("<ol><li>one<li> <li>three</ol><p>end", "1. one\n3. three\n\nend"),
        ("<ol><li>one<li></ol><p>end", "1. one\n\nend"),
        ("<ol><div><li>one</div><li>two</ol>", "1. one\n2. two"),
        ("<ol><li><img alt=map src=x.png></ol>", "1. [image: map]"),
        ("<li>alone", "alone"),
        ("<table><tr><td>a<td><ol><li>b</ol></table>", "a\t1. b"),
    ],
)
def test_an_item_has_the_number_that_is_drawn_before_it(body: str, shown: str) -> None:
    assert html(body).visible == shown


def test_numbers_of_quoted_lists_are_quoted() -> None:
    channels = html("<p>Fine.</p><blockquote type=cite><ol><li>one<li>two</ol></blockquote>")
    assert (channels.visible, channels.quoted) == ("Fine.", "1. one\n2. two")


def test_a_number_is_no_part_of_the_link_or_the_emphasis_after_it() -> None:
    words = "<p>" + "Some ordinary words of the mail. " * 6
    channels = html(f"{words}<ol><li><a href='https://x.test/1'>First</a><li><b>482913</b></ol>")
    (link,) = channels.links
    assert (link.text, channels.visible[link.offset :][:5]) == ("First", "First")
    assert [channels.visible[start:end] for start, end in channels.emphasis] == ["482913"]


def test_an_item_that_is_not_seen_has_no_number() -> None:
    body = "<ol><li style='visibility:hidden'>secret<li style='color:#fff'>secret<li>seen</ol>"
    assert html(body).visible == "3. seen"
