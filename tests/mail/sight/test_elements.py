"""What browsers draw of elements that are no plain text: controls, formulas, tables out of order, quotations."""

from __future__ import annotations

import pytest

from mailmcp.mail.text import read
from mailmcp.models import Message


def seen(html: str) -> str:
    return read(Message(html=html)).visible


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("pick <select><option>One<option selected>Two</select> end", "pick Two end"),
        ("<select><option>One<option>Two</select>", "One"),
        ("<select><option disabled>One<option label=Short>Two</select>", "Short"),
        ("<select size=2><option>One<option>Two<option>Three</select>", "One Two"),
        ("<select multiple><option>One<option>Two</select>", "One Two"),
        ("<select style='display:none'><option>One</select>x", "x"),
        ("Name<input value=Bob>Age<input type=number value=7>", "Name Bob Age 7"),
        ("<input placeholder='Your name'><textarea placeholder=Words></textarea>", "Your name Words"),
        ("<input value=vv placeholder=p><textarea placeholder=p>ww</textarea>", "vv ww"),
        ("<input type=submit><input type=reset><input type=submit value=Go>", "Submit Reset Go"),
        ("<input type=checkbox value=c>ok<input type=hidden value=h><input type=password value=p>", "ok"),
        ("a<button>Yes</button><button>No</button>b", "a Yes No b"),
        ("a<meter value=.5>half</meter>b<progress>part</progress>c<iframe>frame</iframe>d", "a b c d"),
        ("a<datalist><option>l</datalist><template>t</template><dialog>d</dialog>b", "ab"),
        ("a <object>words</object> <noscript>without</noscript> <canvas>picture</canvas>", "a words without picture"),
        ("a<object data='data:image/png;base64,iVBORw0='>words</object>b", "ab"),
        ("<div style='background:#000;color:#fff'>a<input value=Bob><select><option>One</select></div>", "a Bob One"),
        ("<div style='background:#000;color:#fff'><input style='background:none' value=Bob>a</div>", "a"),
        ("<xmp><b>x</b></xmp><listing>y</listing>z", "<b>x</b>\ny\nz"),
    ],
)
def test_controls_and_what_stands_for_others_is_read_as_it_is_drawn(html: str, expected: str) -> None:
    assert seen(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("a <math><mi>x</mi><mo>=</mo><mn>2</mn></math> b", "a x = 2 b"),
        ("<math><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup></math>", "mc²"),
        ("<math><msub><mi>x</mi><mn>1</mn></msub></math>", "x₁"),
        ("<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math> cup", "1/2 cup"),
        ("<math><semantics><mi>y</mi><annotation>tex</annotation></semantics></math>", "y"),
        ("a<math display=block><mi>x</mi></math>b", "a\nx\nb"),
        ("<math><mi>a</mi><mphantom><mi>b</mi></mphantom></math>", "a"),
        ("<math style='display:none'><mi>a</mi></math>b", "b"),
        (
            "<math><mtable><mtr><mtd>1</mtd><mtd>2</mtd></mtr><mtr><mtd>3</mtd><mtd>4</mtd></mtr></mtable></math>",
            "1\t2\n3\t4",
        ),
    ],
)
def test_formulas_are_read(html: str, expected: str) -> None:
    assert seen(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<table><tfoot><tr><td>Foot<tbody><tr><td>Row</table>", "Row\nFoot"),
        ("<table><tbody><tr><td>Row<thead><tr><td>Head</table>", "Head\nRow"),
        ("<table><tr><td>Row</tr><caption>Title</caption></table>", "Title\nRow"),
        ("<table><tfoot><tr><td>F1<tfoot><tr><td>F2<tbody><tr><td>Row</table>", "F2\nRow\nF1"),
        ("<table><tr><td><table><tfoot><tr><td>F<tbody><tr><td>R</table><td>x</table>after", "R\nF\nx\nafter"),
    ],
)
def test_the_parts_of_a_table_are_read_in_the_order_in_which_they_are_drawn(html: str, expected: str) -> None:
    assert seen(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("He said <q>go <q>in</q> now</q>.", "He said “go ‘in’ now”."),
        ("<style>q{quotes:none}</style><q>go</q>", "go"),
        ("<p hidden><q>go</q></p>x", "x"),
    ],
)
def test_quotation_marks_are_drawn_round_quotations(html: str, expected: str) -> None:
    assert seen(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<span style='display:inline-block'>Code</span><span style='display:inline-block'>12</span>", "Code12"),
        ("<a style='padding:8px 12px'>Yes</a><a style='padding:8px 12px'>No</a>", "Yes No"),
        ("<b style='margin-right:10px'>Code</b><b>12</b>", "Code 12"),
        ("<b style='padding:0 1px'>un</b>wise", "unwise"),
        (
            "<i style='display:inline-block;width:50%'>left</i><i style='display:inline-block;width:50%'>right</i>",
            "left right",
        ),
        ("".join(f"<b style='display:inline-block;width:30px;padding:5px'>{one}</b>" for one in "4821"), "4821"),
        (
            "Code: <b>"
            + "".join(f"<b style='display:inline-block;width:30px;margin:0 4px'>{one}</b>" for one in "4821")
            + "</b> now",
            "Code: 4821 now",
        ),
        ("<div style='display:flex;flex-direction:column'><b>a</b><b>b</b>c</div>", "a\nb\nc"),
        ("<div style='display:grid'><b>a</b><b>b</b></div>", "a\nb"),
    ],
)
def test_words_that_do_not_touch_on_the_screen_do_not_in_the_text(html: str, expected: str) -> None:
    assert seen(html) == expected
