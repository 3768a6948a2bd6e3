"""What is shown of strangers' words becomes no link and no picture, whatever reads it as Markdown or HTML."""

from __future__ import annotations

import random
import re
import time

import pytest
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from mailmcp.mail.links import plain_links
from mailmcp.models import Link
from mailmcp.server.fence import inert
from mailmcp.server.paging import end_before, first_past, page_end
from mailmcp.server.targets import inactive, numbered, places

# Extended autolinks of GitHub's Markdown, found in decoded text as some programs do.
AUTOLINK = re.compile(r"(?:https?://|ftp://|(?<![a-z0-9])www\.)[-\w]", re.IGNORECASE)
RENDERER = MarkdownIt("commonmark", {"html": True})
RENDERER.validateLink = lambda url: True


def live(words: str) -> list[str | None]:
    """What a renderer makes of words that leads anywhere or is fetched."""
    tree = LexborHTMLParser(RENDERER.render(words))
    found = [
        f"{node.tag} {name}={value}"
        for node in tree.css("*")
        for name, value in node.attributes.items()
        if value and not (node.tag == "code" and name == "class") and not (node.tag == "ol" and name == "start")
        # The address of a person leads to the person that it names.
        if not (node.tag == "a" and value == f"mailto:{node.text()}")
    ]
    found += [node.tag for node in tree.css("script, style") if node.text(deep=True).strip()]
    return [
        *found,
        *(match.group() for match in AUTOLINK.finditer(tree.root.text(deep=True, separator="\n") if tree.root else "")),
    ]


PIECES = [
    *("[", "]", "(", ")", "![", "](", "]:", "] ", "[x]", "[x]: ", "[1]", "[1]: ", "<", ">"),
    *("</", "\\", "`", "*", "_", "~"),
    *("\n", "\n\n", "\n> ", "\n- ", "\n1. ", "    ", " ", "\t", "\u00a0", '"', "'", "=", "|"),
    *("#", "\n# ", "\n---\n", "```\n"),
    *("http", "https", "://", ":", "//", "/", "www.", "evil.example", "/p.png", "ftp://"),
    *("HTTPS://", "https:", "?q=1"),
    *("smb://x", "file:///etc", "wss://x", "git+ssh://x", "slack://x", "javascript:x"),
    *("mailto:a@b.example", "data:,x", "x"),
    *("&#104;", "&#x74;", "&colon;", "&sol;", "&#47;", "&period;", "&#119;", "&amp;", "&lt;"),
    *("&bsol;", "\\:", "\\/", "\\."),
    *("<a href=", "<img src=", "<div", "<a ", "<a\n", "href=//x>", "src='//x'>", "style=x>"),
    *("<pre>\n", "<script>", "<!--", "-->"),
    *("<https:x>", "<std::x>", "<a/href=//x>", "<a@b.example>", "x <y", "a = b", "<x-y z=1>"),
    "<table background=x>",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_nothing_that_is_shown_becomes_a_link_or_a_picture(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(300):
        text = "".join(draw.choices(PIECES, k=draw.randint(1, 14)))
        links = plain_links(text)
        shown = inert(numbered(inert(text), places(text, links), 0, len(text)))
        assert live(shown) == [], (text, shown)
        assert live(inactive(text)) == [], (text, inactive(text))
        assert inactive(inactive(text)) == inactive(text), text


@pytest.mark.parametrize(
    "text",
    [
        *("![a](&#104;ttp://x)", "h&#x74;tps://x", "http&colon;//x", "[x]: &#47;&#47;y\n[x]"),
        *("[a](/&#47;x)", "[x]: /y\n[x]"),
        *("[a](smb://x)", "[a](wss://x)", "[a](git+ssh://x)", "[a]: slack://x\n[a]"),
        *("[1]: //x/p\n[1]", "[a](x)"),
        *("> [a]:\n> /x\n\n[a]", "- [a]: <x>\n\n[a]", "[a\nb]: /x\n\n[a b]", "[a\\]b]: x\n[a\\]b]"),
        '[a]: /x "t"\n[a]',
        *("https\\://x", "www\\.x.example", "_https://x_", "_www.x.example_", "w&#119;w.x.example", "<file:x>"),
        *("<div style='a:url(x)'>", "<pre>\n<a\n\nhref=//x>", "<pre>\n<a <b href=//x>", "<div>\n<a/href=//x>"),
            *("<pre>\n<x<b style=x>", "<smb:x\u2003y>"),
        "<script>x</script>",
    ],
)  # fmt: skip
def test_forms_that_were_links_are_none(text: str) -> None:
    assert live(text)
    assert live(inactive(text)) == []


@pytest.mark.parametrize("hostile", ["[", "]:", "<a ", "<a=", "\\[", "&#", "[a\n", "<a:", "](", "> ", "=<a ", "www"])
def test_making_words_inactive_is_linear(hostile: str) -> None:
    began = time.perf_counter()
    inactive(hostile * 100_000)
    inert(hostile * 100_000)
    assert time.perf_counter() - began < 10


LONG = "https://app.example/" + "a/" * 1_500


@pytest.mark.parametrize(
    "text",
    [
        f"Hello\n\nSee {LONG} now. " + "word " * 80 + f"and [the plan]({LONG}) too.\n\n" + "word " * 50,
        f"![a[1]]({LONG})\n\n" + "x" * 900 + f" <{LONG}|click here> " + "👩\u200d👩\u200d👧 🇩🇪🇫🇷क्षि" * 40,
        "क्षि" * 500 + "👍🏽" * 300,
        "word " * 60 + "<|im_start|>system " * 30,
    ],
)
@pytest.mark.parametrize("budget", [50, 97, 300, 1_000])
def test_pages_go_on_exactly_where_the_one_before_ended_and_part_no_link(text: str, budget: int) -> None:
    links = plain_links(text)
    found = places(text, links)
    assert len(found) == len(links)
    at, shown = 0, ""
    while at < len(text):
        stop = page_end(text, found, at, budget)
        assert at < stop <= max(at + budget, *(place.stop for place in found if place.begin < at + budget), 0)
        shown += numbered(inert(text), found, at, stop)
        at = stop
    assert shown == numbered(inert(text), found, 0, len(text))


def test_a_page_ends_after_a_whole_sign() -> None:
    assert [page_end("🇩🇪" * 9, (), 0, budget) for budget in (3, 4, 5)] == [2, 4, 4]


def test_a_page_that_is_asked_for_links_ends_before_one_that_does_not_fit() -> None:
    text = f"One {LONG}\ntwo {LONG}1\nthree"
    links = plain_links(text)
    found = places(text, links)
    past = first_past(links, found, 0, len(text), 4_000)
    assert past is not None
    assert past == found[1]
    assert text[: end_before(text, past, 0)] == f"One {LONG}\n"


def test_words_of_a_link_that_are_broken_over_lines_are_numbered() -> None:
    text = "See the\nwhole plan now"
    link = Link("the whole plan", "https://a.example/", 4)
    assert numbered(text, places(text, [link]), 0, len(text)) == "See the\nwhole plan[1] now"


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("[![Logo](https://a.example/1)](https://b.example/2)", ["https://a.example/1", "https://b.example/2"]),
        ("⟨https://a.example/1⟩", ["https://a.example/1"]),
        ("<https://a.example/1|click here>", ["https://a.example/1"]),
        ("请看 https://a.example。谢谢", ["https://a.example"]),
        ("https://x。example/a", ["https://x。example/a"]),
        ("[https://bank.example](https://a.example/1)", ["https://a.example/1"]),
        ("https://a.example/1।", ["https://a.example/1"]),
        ("https://a.example/1؟", ["https://a.example/1"]),
        ("https://a.example/1—see", ["https://a.example/1"]),
        ("https://a.example/1/을 누르세요", ["https://a.example/1/"]),
        ("https://a.example/1에서 봅니다", ["https://a.example/1"]),
        ("https://a.example/종로", ["https://a.example/종로"]),
        (LONG * 3, [LONG * 3]),
    ],
)
def test_the_target_of_a_link_is_whole_and_no_more(text: str, targets: list[str]) -> None:
    assert [link.url for link in plain_links(text)] == targets
