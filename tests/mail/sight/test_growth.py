"""Pages whose text the parser would copy again and again are cut before it sees them; ordinary ones are not."""

from __future__ import annotations

import pytest

from mailmcp.mail.sight.growth import end_of_growth
from mailmcp.mail.text import read
from mailmcp.models import Message

GROWING = {
    "cells without a table": "<td a=1>" + "w" * 12,
    "rows with words": "<thead align=center>From: a\nTo: b\n</thead>",
    "ends of nothing": "</td a=1>" + "w" * 12,
    "bodies": "<body a=1>" + "w" * 12,
}


@pytest.mark.parametrize("name", GROWING)
def test_text_between_tags_that_are_ignored_ends_where_it_would_grow_too_often(name: str) -> None:
    page = GROWING[name] * (1_900_000 // len(GROWING[name]))
    channels = read(Message(html=page, text="The plain part."))
    assert channels.visible == "The plain part."
    assert "html_too_many_tags" in {defect.code for defect in channels.defects}


@pytest.mark.parametrize(
    "page",
    [
        *(
            f'<{name}>"<table>"</{name}>' + ("<td a=b>" + "w" * 40) * 40_000
            for name in ("script", "style", "title", "template")
        ),
        *("<table><tr>" + (sign + "w" * 40) * 40_000 for sign in ("<?x>", "<!x>", "</ x>", "<![CDATA[x]]>")),
        *(
            (tag + "w" * 40) * 40_000
            for tag in ('<td a=b">', '<td a">', '</td a=b">', "<td a='x\">", '<td ="x">', "<td/a/>")
        ),
    ],
    ids=lambda page: repr(page[:24]),
)
def test_no_sign_hides_how_often_text_grows(page: str) -> None:
    assert 0 < end_of_growth(page, len(page)) < 200_000


def test_words_between_the_rows_of_a_table_end_where_they_would_grow_too_often() -> None:
    page = "<table><tr>" + ("<!--c-->\n<!--c-->" + "w" * 40) * 32_000
    assert 0 < end_of_growth(page, len(page)) < 200_000


@pytest.mark.parametrize(
    "page",
    [
        "<table>" + "<tr>\n<td>Item number</td>\n<td>5 EUR</td>\n</tr>\n" * 30_000 + "</table>",
        "<table><tr><td>"
        + "<table><tr><td align=left>Words of a cell</td></tr></table>\n" * 20_000
        + "</td></tr></table>",
        "<p class=x>A paragraph of words</p>\n" * 40_000,
        "word <b>bold</b> word </i>" * 50_000,
        "<!-- a comment -->word " * 50_000,
        "<td style='padding:4px'>A cell that lost its table</td>" * 500,
    ],
)
def test_ordinary_pages_are_not_cut(page: str) -> None:
    assert end_of_growth(page, len(page)) == len(page)


def test_elements_in_a_drawing_or_a_formula_stand_in_each_other_whatever_they_are_called() -> None:
    page = "<math>" + "<input></tr a=1>&amp;" * 50_000
    channels = read(Message(html=page, text="The plain part."))
    assert channels.visible == "The plain part."
    assert "html_too_deep" in {defect.code for defect in channels.defects}
