"""What common CSS hides is no text, and what it leaves in sight is not lost."""

from __future__ import annotations

import pytest

from mailmcp.mail.text import read
from mailmcp.models import Message


def seen(html: str) -> str:
    return read(Message(html=html)).visible


def styled(css: str, body: str = "<p>x</p><div><b class=h id=x>hid</b></div>") -> str:
    return " ".join(seen(f"<style>{css}</style>{body}").split())


@pytest.mark.parametrize(
    "css",
    [
        "div>.h{display:none}",
        "p+div .h{display:none}",
        "p ~ div > .h{display:none}",
        "p+div>b{display:none}",
        "[class~=h]{display:none}",
        "[id=x]{display:none}",
        "b[class='h']{display:none}",
        "[id^=x][class]{display:none}",
        "b:not(.other){display:none}",
        ":is(.h,.other){display:none}",
        ":where(.h){display:none}",
        "b:first-child{display:none}",
        "div b:nth-child(2n+1){display:none}",
        "b:last-child{display:none}",
        "b:not(:hover){display:none}",
        "@supports (display:grid){.h{display:none}}",
        "@layer a{.h{display:none}}",
        "@layer a, b;.h{display:none}",
        ".h{display:none}@layer a{.h{display:block}}",
        "@media screen{.h{display:none}}",
        "@media only screen and (min-width:480px){.h{display:none}}",
        "@media (min-width: 1px){.h{display:none}}",
        "@media print{.h{color:red}}@media all{.h{display:none}}",
        "@media screen{p{color:red}}@media print{b{color:red}}.h{display:none}",
        ".\\68{display:none}",
        ".\\000068 {display:none}",
        ".h{display:n\\6fne}",
        ".h{d\\69splay:none}",
        ".h{display:none",
        ":root{--d:none}.h{display:var(--d)}",
        "div{--d:none}.h{display:var(--d)}",
        ".h{display:var(--missing,none)}",
        ":root{--e:var(--d);--d:none}.h{display:var(--e)}",
        ".h{opacity:1e-9}",
        ".h{opacity:calc(0)}",
        ".h{font-size:calc(0px)}",
        ".h{font-size:calc(3px - 3px)}",
        ".h{-webkit-text-fill-color:transparent}",
        ".h{color:#fff;background:var(--missing)}",
        ".h{color:#fff;background-color:var(--missing)}",
        ".h{zoom:0.05}",
        ".h{display:block;scale:0}",
        ".h{display:block;max-height:0;overflow:hidden}",
    ],
)
def test_what_a_style_sheet_hides_is_not_read(css: str) -> None:
    assert styled(css) == "x"


@pytest.mark.parametrize(
    "css",
    [
        "p>.h{display:none}",
        "b+.h{display:none}",
        "u+div .h{display:none}",
        "[class=other]{display:none}",
        "[hidden]{display:none}",
        "b:not(.h){display:none}",
        "b:nth-child(2){display:none}",
        "p:first-child>b{display:none}",
        ".h:hover{display:none}",
        ".h::before{display:none}",
        "@media print{.h{display:none}}",
        "@media (max-width:600px){.h{display:none}}",
        "@media (min-width:1200px){.h{display:none}}",
        "@media screen and (prefers-color-scheme:dark){.h{display:none}}",
        "@media not screen{.h{display:none}}",
        "@supports not (display:grid){.h{display:none}}",
        ".h{display:none\\9}",
        ".h{display:var(--missing)}",
        ".h{max-height:0}",
        ".h{color:#fff;background:oklch(0.3 0.1 20)}",
        ".h{color:#fff;background-color:oklch(0.3 0.1 20)}",
        ":root{--g:#000}.h{color:#fff;background:var(--g)}",
        ".h{background:linear-gradient(red,blue);-webkit-background-clip:text;-webkit-text-fill-color:transparent}",
        "div{-webkit-text-fill-color:transparent}.h{-webkit-text-fill-color:currentcolor}",
    ],
)
def test_what_a_style_sheet_leaves_in_sight_is_read(css: str) -> None:
    assert styled(css) == "x hid"


def test_a_custom_property_of_a_style_attribute_counts() -> None:
    assert styled(".h{display:var(--d)}", "<p>x</p><div style='--d:none'><b class=h>hid</b></div>") == "x"
    assert seen("x<b style='--d:none;display:var(--d)'>hid</b>") == "x"


def test_a_fill_is_not_undone_by_the_colour_of_a_child() -> None:
    assert seen("x<b style='-webkit-text-fill-color:transparent'><i style='color:red'>hid</i></b>") == "x"


@pytest.mark.parametrize(
    "html",
    [
        "<style>" + "b~b~b~.h{display:none}" * 500 + "</style>" + "<b class=h>x</b>" * 20_000,
        "<style>" + ":is(b b b b,i) :not(b b b){display:none}" * 500 + "</style>" + "<b>" * 1_000 + "x",
        "<style>:root{" + "".join(f"--a{n}:var(--a{n + 1})var(--a{n + 1});" for n in range(90)) + "}</style>"
        "<p style='color:var(--a0)'>x</p>" * 5_000,
        "<style>" + ":nth-of-type(3){width:1px}" * 60 + "</style>" + "<b></b>" * 20_000,
        "<style>" + "@media screen{" * 10_000 + "</style>x",
        "<style>" + ":not(" * 30_000 + "</style>x",
        "<style>" + "[" * 100_000 + "{}</style>x",
        "<style>" + "}" * 200_000 + "</style>x",
    ],
    ids=["siblings", "nested", "variables", "places", "media", "not", "brackets", "braces"],
)
@pytest.mark.slow
def test_hostile_style_sheets_are_read_in_time(html: str) -> None:
    seen(html)
