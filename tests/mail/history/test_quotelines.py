"""Which lines HTML calls quoted, cited or signed, and what it costs to find them."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest

from mailmcp.mail.history import quotelines
from mailmcp.mail.history.quotelines import Lines, Spans, lines_of

UNIT = "word\n\n"


def nested(kind: str, count: int) -> Lines:
    """The lines of a text in which every other begins an element of a kind that reaches to the end."""
    text = (UNIT * count).rstrip()
    spans = [(at, len(text)) for at in range(0, len(text), len(UNIT))]
    said: dict[str, Any] = {kind: spans}
    return lines_of(text, Spans(**said), html=True)


def steps(kind: str, count: int) -> int:
    """How many lines of code are run to find the lines of nested elements."""
    taken = 0

    def count_lines(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal taken
        taken += event == "line"
        return count_lines if frame.f_code.co_filename == quotelines.__file__ else None

    before = sys.gettrace()
    sys.settrace(count_lines)
    try:
        nested(kind, count)
    finally:
        sys.settrace(before)
    return taken


@pytest.mark.parametrize("kind", ["citations", "signatures"])
def test_twice_as_many_nested_elements_take_twice_as_many_steps(kind: str) -> None:
    assert steps(kind, 400) < 2.5 * steps(kind, 200)


def test_nested_elements_hold_the_lines_from_their_first_to_their_last() -> None:
    assert nested("citations", 3).citation_ends == {0: 5, 2: 5, 4: 5}
    assert nested("signatures", 3).signed == frozenset(range(5))


def test_a_line_that_an_element_holds_in_part_is_none_of_its_lines() -> None:
    text = "a b\n\nc\nd e"
    spans = Spans(citations=[(0, len(text) - 1), (2, 6), (5, len(text))], signatures=[(4, 6), (9, 10)])
    lines = lines_of(text, spans, html=True)
    assert lines.citation_ends == {0: 3, 2: 4}
    assert lines.signed == frozenset((2,))
