"""The family of errors: every one is one sentence for people, and knows its kind."""

from __future__ import annotations

import inspect
import re

import pytest

from mailmcp import errors
from mailmcp.errors import MailError, Refused

FAMILY = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", FAMILY)
def test_every_error_carries_its_public_sentence_and_nothing_else(kind: type[MailError]) -> None:
    error = kind("What happened, and what to do.")
    assert isinstance(error, MailError)
    assert str(error) == error.public == "What happened, and what to do."
    assert error.args == ("What happened, and what to do.",)


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    line = re.compile(r"^ {4}((?:[│├└─ ]{4})*)([A-Z]\w+)(?: {2,}|$)", re.MULTILINE)
    drawn = [(len(branches) // 4, name) for branches, name in line.findall(errors.__doc__ or "")]
    parents: dict[str, str] = {}
    path: list[str] = []
    for depth, name in drawn:
        del path[depth:]
        parents[name] = path[-1] if path else "Exception"
        path.append(name)
    assert parents == {kind.__name__: kind.__base__.__name__ for kind in FAMILY if kind.__base__}


def test_a_refusal_has_the_sentence_of_each_rule_or_its_own() -> None:
    assert Refused("No.").reasons == ("No.",)
    assert Refused("No.", ("One.", "Two.")).reasons == ("One.", "Two.")
