"""Ordinary pages are read as a browser was seen to draw them (tests/corpus/pages/drawn.jsonl), without a browser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks import sight
from benchmarks.chromium import Word

PAGES = Path(__file__).parents[2] / "corpus" / "pages"
DRAWN = {
    record["page"]: [Word(text, place not in record["unseen"]) for place, text in enumerate(record["words"])]
    for record in map(json.loads, (PAGES / "drawn.jsonl").read_text("utf-8").splitlines())
}


@pytest.mark.parametrize(("name", "html"), list(sight.pages()), ids=[name for name, _ in sight.pages()])
def test_the_words_that_were_drawn_are_read_and_no_others(name: str, html: str) -> None:
    found = sight.compared(name, DRAWN[name], html)
    assert found.lost == ()
    assert found.unseen == ()
    assert found.seen > 5


def test_words_of_the_pages_that_were_not_drawn_are_known_as_such() -> None:
    assert sum(not word.seen for words in DRAWN.values() for word in words) > 150
