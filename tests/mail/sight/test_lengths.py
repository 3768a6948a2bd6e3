"""CSS lengths, numbers, colours, media queries and rules, as figures."""

from __future__ import annotations

import math

import pytest

from mailmcp.mail.sight.colours import even, legacy, parsed
from mailmcp.mail.sight.lengths import degrees, number, pixels
from mailmcp.mail.sight.media import holds, supported
from mailmcp.mail.sight.rules import blocks


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("10px", 10),
        ("1.5em", 30),
        ("calc(1em - 20px)", 0),
        ("calc((1px + 2px) * 3)", 9),
        ("min(4px, 2em)", 4),
        ("clamp(1px, 5px, 3px)", 3),
        ("calc(10px / 4)", 2.5),
        ("-9999px", -9999),
        ("calc(1px * pow(2, 3))", 8),
        ("calc(1px * hypot(3, 4))", 5),
        ("round(up, 7px, 5px)", 10),
        ("round(down, 7px, 5px)", 5),
        ("round(7px, 5px)", 5),
        ("clamp(none, 3px, none)", 3),
        ("calc(1px * mod(7, 4))", 3),
        ("calc(1px * (1 - cos(0)))", 0),
        ("calc(10px * sin(30deg))", 5),
        ("calc(1px * sign(-4))", -1),
    ],
)
def test_a_length_is_worked_out_in_pixels(value: str, expected: float) -> None:
    assert pixels(value, 20.0) == pytest.approx(expected)


@pytest.mark.parametrize(
    "value", ["auto", "", "calc(", "calc(1px / 0)", "min()", "calc(" * 50, "1px1", "12bogus", "pow(-8, 0.5)", "log(0)"]
)
def test_what_is_no_length_is_neither_small_nor_large(value: str) -> None:
    found = pixels(value, 16.0)
    assert math.isnan(found) or value == "1px1"


def test_numbers_and_angles_have_one_unit() -> None:
    assert (number("50%"), number("calc(1 - 1)"), number("nothing")) == (0.5, 0.0, 1.0)
    assert degrees("0.25turn") == pytest.approx(90)
    assert degrees("calc(45deg * 2)") == pytest.approx(90)
    assert degrees("100grad") == pytest.approx(90)


@pytest.mark.parametrize(
    ("value", "rgb"),
    [
        ("oklch(0 0 0)", (0, 0, 0)),
        ("lab(100 0 0)", (255, 255, 255)),
        ("hwb(0 0% 0%)", (255, 0, 0)),
        ("color(srgb 0 0 1)", (0, 0, 255)),
        ("color-mix(in srgb, red 50%, blue)", (128, 0, 128)),
        ("light-dark(red, blue)", (255, 0, 0)),
        ("rgb(from red r g b)", (255, 0, 0)),
        ("canvas", (255, 255, 255)),
    ],
)
def test_the_newer_ways_to_write_a_colour_are_known(value: str, rgb: tuple[int, int, int]) -> None:
    assert parsed(value) == (rgb, 1.0)


def test_the_colours_of_attributes_follow_the_rules_of_html() -> None:
    assert legacy("fff") == (15, 15, 15)
    assert legacy("#fff") == (255, 255, 255)
    assert legacy("chucknorris") == (192, 0, 0)
    assert legacy("") is None


def test_a_gradient_of_one_colour_is_that_colour() -> None:
    assert even("linear-gradient(#fff, white 50%)") == ((255, 255, 255), 1.0)
    assert even("linear-gradient(#fff, #000)") is None
    assert even("url(a.png)") is None


def test_media_queries_ask_about_a_common_screen() -> None:
    queries = ("", "screen", "not print", "(min-width:600px)", "(400px<=width<=900px)", "(hover)", "print, all")
    assert all(holds(query) for query in queries)
    assert not any(holds(query) for query in ("print", "(max-width:600px)", "(prefers-color-scheme:dark)", "not all"))


def test_nested_rules_are_rules_of_their_own() -> None:
    css = ".a{color:red;&:hover{x:y} .b,.c{top:0}@media print{d{e:f}}left:1px}"
    found = [(one.selectors, one.body) for one in blocks(css)]
    assert found == [(".a", "color:red"), (".a:hover", "x:y"), (".a .b,.a .c", "top:0"), (".a", "left:1px")]


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ("(display:grid)", True),
        ("(display:nonsense)", False),
        ("(colour:red)", False),
        ("(-webkit-backdrop-filter:blur(1px))", True),
        ("(-moz-appearance:none)", False),
        ("not (display:nonsense)", True),
        ("(display:grid) and (not (display:nonsense))", True),
        ("(display:grid) and (colour:red)", False),
        ("(colour:red) or (display:flex)", True),
        ("selector(:has(a))", True),
        ("(--custom:1)", True),
    ],
)
def test_what_a_sheet_asks_to_be_supported_is_known_by_its_name(condition: str, answer: bool) -> None:
    assert supported(condition) is answer
