"""What is nested in a plain text keeps how deeply; blanks that say nothing go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailmcp.mail import text
from mailmcp.mail.nesting import MAX_LINES, laid_out
from mailmcp.models import Message

SETTINGS = "server:\n  port: 80\n  hosts:\n    - a\n\n  tls:\n    on: true"
CODE = "def f(a):\n    if a:\n        return 1\n    return g(\n        a\n    )"
PATCH = "@@ -1,3 +1,3 @@ class A:\n def f():\n-    return  1\n+\treturn 2"


@pytest.mark.parametrize("nested", [SETTINGS, CODE, PATCH])
def test_settings_code_and_patches_stay_as_they_are_nested(nested: str) -> None:
    channels = text.read(Message(text=f"Hello  Ann,\n\n{nested}\n\nThanks  \n"))
    assert channels.visible == f"Hello Ann,\n\n{nested}\n\nThanks"


def test_what_is_set_in_as_a_whole_is_so_only_from_its_first_line_on() -> None:
    assert laid_out("  Agenda:\n\tone  two\n\tthree\n") == "Agenda:\n  one two\n  three\n"


@pytest.mark.parametrize(
    "letter",
    [
        "Your code is:\n    482913\nIt is valid for an hour.",
        "Your code is:\n\n    482913\n    (for an hour)",
        "   Hi:   \n  you",
    ],
)
def test_a_letter_loses_the_blanks_before_its_lines(letter: str) -> None:
    assert laid_out(letter) == "\n".join(line.strip() for line in letter.split("\n"))


def test_an_answer_below_a_patch_is_found_as_ever() -> None:
    channels = text.read(Message(text=f"Fine.\n\nOn 2 Feb 2026, Ben <b@x.test> wrote:\n> {SETTINGS[:7]}\n>   port: 80"))
    assert channels.visible == "Fine."


@given(st.text(alphabet=":{ \t\nab@-+1,", max_size=400))
def test_nothing_but_blanks_at_the_edges_of_lines_is_lost_or_made(given_: str) -> None:
    assert laid_out(given_).split() == given_.split()
    assert laid_out(given_).count("\n") == given_.count("\n")


def test_a_text_of_very_many_lines_is_not_looked_at() -> None:
    assert laid_out(" a:\n" * MAX_LINES) == "a:\n" * MAX_LINES
