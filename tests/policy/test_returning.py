"""Whose report is believed, what it means, and when an inbox pauses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailmcp.models import Fate, ReturnKind
from mailmcp.policy import returning
from mailmcp.policy.returning import Limits, Report, Share

BOB, CAT = "bob@far.example", "cat@other.example"
SYSTEM: dict[str, Any] = {"null_path": True, "daemon": True}


def believed(
    *recipients: str, kind: ReturnKind = ReturnKind.BOUNCE, wrote: tuple[str, ...] = (), relay: str = "", **report: Any
) -> bool:
    """Whether a report about BOB is believed."""
    given_ = {"null_path": False, "daemon": False, "author_domain": "", "proved": frozenset[str](), **report}
    return returning.believed(
        BOB,
        Report(**given_),
        kind,
        told=recipients or (BOB,),
        wrote_since=wrote,
        relays=returning.reporters(relay),
    )


def test_of_the_only_recipient_anybody_may_report_unless_they_wrote_since() -> None:
    assert believed()
    assert believed(BOB, "BOB@far.example")
    assert not believed(wrote=(BOB,))
    assert not believed(BOB, CAT)


@pytest.mark.parametrize(
    ("report", "counts"),
    [
        ({**SYSTEM, "author_domain": "mx.far.example", "proved": frozenset({"far.example"})}, True),
        ({**SYSTEM, "author_domain": "mx.far.example", "proved": frozenset({"other.example"})}, False),
        ({**SYSTEM, "author_domain": "mx.far.example"}, False),
        ({**SYSTEM, "author_domain": "other.example", "proved": frozenset({"other.example"})}, False),
        ({"null_path": True, "author_domain": "far.example", "proved": frozenset({"far.example"})}, False),
        ({"daemon": True, "author_domain": "far.example", "proved": frozenset({"far.example"})}, False),
        ({**SYSTEM, "from_relay": True}, True),
        ({"from_relay": True}, False),
    ],
)
def test_among_several_recipients_a_mail_system_must_be_proved(report: dict[str, Any], counts: bool) -> None:
    assert believed(BOB, CAT, **report) is counts


def test_a_relay_may_report_under_the_names_that_it_is_known_by() -> None:
    google = {**SYSTEM, "author_domain": "googlemail.com", "proved": frozenset({"googlemail.com"})}
    assert believed(BOB, CAT, relay="smtp.gmail.com", **google)
    assert not believed(BOB, CAT, relay="smtp.fastmail.com", **google)
    assert not believed(BOB, CAT, **google)
    own = {**SYSTEM, "author_domain": "relay.example", "proved": frozenset({"relay.example"})}
    assert believed(BOB, CAT, relay="smtp.relay.example", **own)


def test_complaints_among_several_recipients_are_believed_of_the_relay_alone() -> None:
    far = {"author_domain": "far.example", "proved": frozenset({"far.example"})}
    assert not believed(BOB, CAT, kind=ReturnKind.COMPLAINT, **far)
    assert not believed(BOB, CAT, kind=ReturnKind.COMPLAINT, **SYSTEM, **far)
    assert believed(BOB, CAT, kind=ReturnKind.COMPLAINT, relay="smtp.far.example", **far)
    assert believed(kind=ReturnKind.COMPLAINT)
    assert believed(kind=ReturnKind.COMPLAINT, wrote=(BOB,), **far)
    assert not believed(kind=ReturnKind.COMPLAINT, wrote=(BOB,))


def fate(status: str = "", words: str = "", kind: ReturnKind = ReturnKind.BOUNCE) -> Fate:
    return Fate(addresses=(BOB,), kind=kind, status=status, words=words)


@pytest.mark.parametrize(
    ("status", "words", "gone"),
    [
        ("5.1.1", "", True),
        ("5.1.2", "", True),
        ("5.1.10", "RecipientNotFound", True),
        ("5.2.1", "disabled", True),
        ("5.1.7", "bad sender", False),
        ("5.1.8", "sender domain", False),
        ("5.2.2", "user unknown", False),
        ("5.7.1", "user unknown", False),
        ("5.7.606", "", False),
        ("4.1.1", "user unknown", False),
        ("", "550 no such user here", True),
        ("", "550 5.0 mailbox unavailable", True),
        ("", "552 mailbox full, unknown user", False),
        ("", "554 message refused as spam", False),
        ("5.0.0", "554 delivery error: This user doesn't have a far.example account", True),
        ("5.4.4", "Host or domain name not found. Name service error", True),
        ("5.4.4", "unable to route", False),
        ("5.5.0", "550 Requested action not taken: mailbox unavailable", True),
        ("5.3.0", "554 rejected", False),
    ],
)
def test_who_does_not_exist_is_told_from_who_does_not_take_this(status: str, words: str, gone: bool) -> None:
    assert returning.is_gone(fate(status, words)) is gone
    assert not returning.is_gone(fate(status, words, ReturnKind.DELAY))


@pytest.mark.parametrize(
    ("status", "words", "said"),
    [
        ("5.1.1", "550 no", 'It came back: there is no such mailbox (5.1.1). They said: "550 no".'),
        ("5.2.2", "", "It came back: the mailbox is full (5.2.2)."),
        ("5.7.1", "", "It came back: the other side does not want it (its policy, or its filter for spam) (5.7.1)."),
        ("", "", "It came back."),
    ],
)
def test_what_happened_is_said_in_plain_words(status: str, words: str, said: str) -> None:
    assert returning.explained(fate(status, words)) == said


def test_a_delay_says_that_it_is_not_over() -> None:
    assert "somebody goes on trying" in returning.explained(fate("4.4.1", "timed out", ReturnKind.DELAY))


@pytest.mark.parametrize(
    ("left", "bounced", "complained", "why"),
    [
        (19, 19, 19, None),
        (20, 4, 0, None),
        (20, 5, 0, "bounces"),
        (100, 5, 0, "bounces"),
        (101, 5, 0, None),
        (200, 10, 0, "bounces"),
        (20, 0, 1, None),
        (20, 0, 2, "complaints"),
        (2000, 0, 2, "complaints"),
        (2001, 0, 2, None),
    ],
)
def test_an_inbox_pauses_at_five_percent_or_one_in_a_thousand(
    left: int, bounced: int, complained: int, why: str | None
) -> None:
    found = returning.pauses(Share(left=left, bounced=bounced, complained=complained), Limits())
    assert (found.code if found else None) == why


@given(st.integers(0, 5_000), st.integers(0, 5_000), st.integers(0, 5_000))
def test_with_shares_of_zero_nothing_pauses(left: int, bounced: int, complained: int) -> None:
    share = Share(left=left, bounced=bounced, complained=complained)
    assert returning.pauses(share, Limits(bounces=0, complaints=0)) is None
