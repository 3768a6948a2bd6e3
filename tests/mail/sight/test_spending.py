"""What hostile pages may cost: every look at a page is counted, and one that costs too much says so."""

from __future__ import annotations

import time

import pytest

from mailmcp.mail.sight.cascade import sheet
from mailmcp.mail.text import read
from mailmcp.models import Message

SECONDS = 3.0
"""Of processor time; two are meant, the machine of a test may be slower than the one that was measured on."""
WORDS = "a " * 30_000
RULES = 5_000
MANY = " ".join(f"c{number}" for number in range(8_000))
PLAIN = "<p>x</p>" * 50_000


def styles(rule: str, count: int = RULES) -> str:
    """A style sheet of one rule in many forms: ``@`` stands for a number."""
    return "<style>" + "".join(rule.replace("@", str(number)) for number in range(count)) + "</style>"


def described(times: int = 30) -> str:
    return f'<p title="{WORDS}">x</p>' * times


PAGES = {
    "words of attributes": styles('[title~="a@"]{color:red}') + described(),
    "pieces of attributes": styles('[title*="a@" i]{color:red}') + described(),
    "attributes not had": styles('p:not([title~="a@"]){color:red}') + described(),
    "attributes of ancestors": styles('[title~="a@"] p{color:red}', 3_000) + f'<div title="{WORDS}">' * 25 + PLAIN,
    "attributes of siblings": styles('[title~="a@"]~p{color:red}', 3_000) + described(25) + PLAIN,
    "attributes of what is inside": styles("p:has([title~=x@]){color:red}") + "<p>" + f'<b title="{WORDS}"></b>' * 25,
    "classes of one element": styles("p.x.c@{color:red}") + f"<p class='x {MANY}'>" * 30,
    "choices in choices": styles(f"p:is({','.join([':is(a,b,c)'] * 36)}){{color:red}}", 700) + PLAIN,
    "steps of choices": styles(f"p:is({','.join(f'u b{n} i' for n in range(20))}){{color:red}}", 900) + PLAIN,
    "comments in the empty": styles("p:empty{color:red}") + f"<p>{'<!---->' * 150}" * 1_200,
    "comments beside": styles("p:has(~b.x@){color:red}") + f"<p>x</p>{'<!---->' * 3_000}" * 60,
    "places from the end": styles("p:nth-last-child(@n+1 of p,b,:not(i)){color:red}", 3_000) + PLAIN,
    "selectors in selectors": styles(f"p{':not(a)' * 55}{{{'&{a:b}' * 50}}}", 400) + PLAIN,
    "long rules": styles(f"p{{{'z@:1;' * 6_000}}}", 5).replace("z", "a")
    + "".join(f"<p style=x:{n}>x" for n in range(50_000)),
    "different declarations": f"<style>p{{{''.join(f'a{n}:1;' for n in range(30_000))}}}</style>"
    + "".join(f"<p bgcolor=#{n:06x}>x" for n in range(50_000)),
    "declarations of variables": f"<style>p{{{''.join(f'a{n}:var(--a)var(--b);' for n in range(10_000))}}}</style>"
    + "".join(f"<p bgcolor=#{n:06x}>x" for n in range(50_000)),
    "declarations taken back": "<style>"
    + "".join(f"@layer a{n}{{p{{{''.join(f'a{m}:revert-layer;' for m in range(100))}}}}}" for n in range(100))
    + "</style>"
    + "".join(f"<p bgcolor=#{n:06x}>x" for n in range(50_000)),
    "veils deep inside": "<style>i::after{content:'';position:absolute;inset:0;background:#fff}</style>"
    + "<div>" * 900
    + "<i>x</i>" * 40_000,
    "options": "<select>" + "<option>x</option>" * 50_000,
    "groups of options": "<optgroup>" * 60_000,
    "items in items": "<li><dd>" * 90_000,
    "items past lists": "<li><ul></ul><dd>" * 90_000,
    "lines": "<pre>" + "\t a\n\n" * 300_000,
    "read three times": styles('[title~="a@"]{color:red}')
    + "<div class=gmail_quote><div style='position:relative'>y"
    + "<p style='position:absolute;inset:0;background:#fff'>x</div>"
    + described(10),
}


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_no_page_costs_more_than_seconds(page: str) -> None:
    began = time.process_time()
    read(Message(html=PAGES[page]))
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize(
    ("rule", "page"),
    [
        ("[title~=b]{color:red}", "<p title='{}'>x</p>"),
        ("[title~=b] i{color:red}", "<p title='{}'><i>x</i></p>"),
        ("[title~=b]~i{color:red}", "<p title='{}'></p><i>x</i>"),
        ("p:not([title~=b]){color:red}", "<p title='{}'>x</p>"),
        ("div:has([title~=b]){color:red}", "<div><p title='{}'>x</div>"),
        ("div:has(.b){color:red}", "<div><p class='{}'>x</div>"),
        ("p:lang(de){color:red}", "<p lang='{}'>x</p>"),
    ],
)
def test_the_letters_of_an_attribute_are_paid_for_each_time_they_are_looked_at(rule: str, page: str) -> None:
    html = "<style>" + rule * 500 + "</style>" + page * 12
    short, long = (read(Message(html=html.replace("{}", "a" * length))) for length in (3, 30_000))
    assert [one.code for one in short.defects] == []
    assert "html_too_many_tags" in [one.code for one in long.defects]


@pytest.mark.parametrize(
    ("few", "many"),
    [
        ("p:is(a,b){color:red}", "p:is(a,b,i,u,s,a,b,i,u,s,a,b,i,u,s){color:red}"),
        ("p:nth-child(1 of p){color:red}", "p:nth-child(1 of p,:not(a,b,i,u,s,q,small,big)){color:red}"),
    ],
)
def test_each_choice_of_a_selector_is_paid_for(few: str, many: str) -> None:
    def spent(css: str) -> int:
        found = sheet(css)
        before = found.budget.left
        for _ in range(50):
            found.rules_for("p", {}, 1)
        return before - found.budget.left

    assert spent(many) > 1.5 * spent(few)


def test_a_text_ends_where_the_page_is_full_however_many_lines_it_has() -> None:
    channels = read(Message(html="<pre>" + "\t a\n\n" * 300_000))
    assert len(channels.visible) <= 1024 * 1024 + 8
    assert [one.code for one in channels.defects] == ["text_truncated"]


@pytest.mark.parametrize("inside", ["<b>b</b> ", "<ul><li>x</ul>", "<select><option>y</select>"])
def test_many_items_and_options_lose_no_words(inside: str) -> None:
    items = "".join(f"<li>word{number} {inside}" for number in range(2_500))
    terms = "".join(f"<dt>term{number}<dd>said{number}" for number in range(2_500))
    channels = read(Message(html=f"<ul>{items}</ul><dl>{terms}</dl>"))
    assert "word2499" in channels.visible
    assert "said2499" in channels.visible
    assert channels.defects == ()
