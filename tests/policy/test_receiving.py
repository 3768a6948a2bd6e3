"""Whose mail comes in: the most exact pattern counts, and blocking wins a tie."""

from __future__ import annotations

import pytest

from mailmcp.policy.patterns import pattern
from mailmcp.policy.receiving import blocked, refused_at_the_door

BOB, EVE = "bob@app.example", "eve@evil.example"


@pytest.mark.parametrize("entry", ["eve@evil.example", "evil.example", "example", "*"])
@pytest.mark.parametrize("author", [EVE, "EVE@Evil.Example", "eve+x@evil.example"])
def test_a_pattern_blocks_the_address_with_its_details_and_the_domain_with_those_below(entry: str, author: str) -> None:
    assert blocked({entry: False}, author=author, mail_from="")
    assert not blocked({entry: True}, author=author, mail_from="")
    assert not blocked({entry: False} if entry != "*" else {}, author="bob@app.test", mail_from="")


@pytest.mark.parametrize("author", ["eve@evil.example.test", "eve@notevil.example", "eve2@evil.example"])
def test_another_address_is_not_meant(author: str) -> None:
    assert not blocked({"eve@evil.example": False, "evil.example.org": False}, author=author, mail_from="")


def test_what_is_allowed_more_exactly_than_blocked_comes_in() -> None:
    rules = {"*": False, "app.example": True, "eve@app.example": False}
    assert not blocked(rules, author=BOB, mail_from="bounce@mailer.test")
    assert blocked(rules, author="eve@app.example", mail_from="")
    assert blocked(rules, author="x@other.test", mail_from="")
    assert blocked(rules, author="", mail_from="")


def test_the_envelope_alone_is_enough_to_be_blocked_by_name_and_never_by_everybody() -> None:
    assert blocked({"evil.example": False}, author=BOB, mail_from=EVE)
    assert refused_at_the_door({"evil.example": False}, EVE)
    assert not refused_at_the_door({"*": False}, EVE)
    assert not refused_at_the_door({"evil.example": False}, "")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (" Eve@EVIL.example ", "eve@evil.example"),
        ("@Evil.example.", "evil.example"),
        ("*.bücher.example", "*.xn--bcher-kva.example"),
        ("*", "*"),
    ],
)
def test_a_pattern_is_kept_in_one_spelling(written: str, kept: str) -> None:
    assert pattern(written) == kept


@pytest.mark.parametrize("written", ["", "a b", "eve@", "a@b@c", "*.", "<eve@evil.example>", "e,v@evil.example"])
def test_what_could_never_match_is_no_pattern(written: str) -> None:
    with pytest.raises(ValueError, match="neither an address nor a domain"):
        pattern(written)
