"""An approval as a value: it fits one message once, and nobody without the keys can make it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailmcp.models import Approval, Leave, Seal
from mailmcp.policy import approval

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
KEY, OTHER_KEY = b"k" * 32, b"K" * 32
SEED, OTHER_SEED = b"s" * 32, b"S" * 32
GIVEN = Approval(
    draft="d_one",
    revision=2,
    sha256="ab" * 32,
    decision=Leave.APPROVED,
    approver="ann",
    expires_at=NOW + timedelta(hours=1),
    nonce="n",
)


def doubt(seal: Seal | None, **changed: Any) -> str | None:
    about: dict[str, Any] = {
        "draft": GIVEN.draft,
        "revision": GIVEN.revision,
        "sha256": GIVEN.sha256,
        "key": KEY,
        "public": None,
        "now": NOW,
    }
    return approval.doubt(seal, **(about | changed))


def test_a_message_may_leave_by_the_seal_that_was_made_for_it() -> None:
    assert doubt(approval.seal(GIVEN, KEY)) is None


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"draft": "d_two"}, "another message"),
        ({"revision": 1}, "another message"),
        ({"revision": 3}, "another message"),
        ({"sha256": "ac" * 32}, "another message"),
        ({"key": OTHER_KEY}, "this home's key"),
        ({"now": NOW + timedelta(hours=1)}, "run out"),
    ],
)
def test_it_fits_no_other_message_key_or_time(changed: dict[str, Any], word: str) -> None:
    assert word in (doubt(approval.seal(GIVEN, KEY), **changed) or "")


def test_without_a_seal_nothing_leaves() -> None:
    assert "nobody approved" in (doubt(None) or "")


@pytest.mark.parametrize(
    "forged",
    [
        {"draft": "d_two"},
        {"revision": 3},
        {"sha256": "ac" * 32},
        {"decision": Leave.ALLOWED},
        {"approver": "eve"},
        {"expires_at": NOW + timedelta(days=900)},
        {"nonce": "m"},
    ],
    ids=lambda one: next(iter(one)),
)
def test_no_field_of_it_can_be_changed_afterwards(forged: dict[str, Any]) -> None:
    made = approval.seal(GIVEN, KEY, SEED)
    changed = replace(made, approval=replace(GIVEN, **forged))
    about = {one: forged[one] for one in ("draft", "revision", "sha256") if one in forged}
    assert "this home's key" in (doubt(changed, **about) or "")


def test_where_a_passphrase_is_set_the_homes_key_alone_does_not_do() -> None:
    public = approval.public_of(SEED)
    assert doubt(approval.seal(GIVEN, KEY, SEED), public=public) is None
    for made in (approval.seal(GIVEN, KEY), approval.seal(GIVEN, KEY, OTHER_SEED)):
        assert "passphrase" in (doubt(made, public=public) or "")
    scrawl = replace(approval.seal(GIVEN, KEY), signature="no hex")
    assert "passphrase" in (doubt(scrawl, public=public) or "")


def test_what_policy_allowed_needs_no_passphrase() -> None:
    allowed = approval.seal(replace(GIVEN, decision=Leave.ALLOWED), KEY)
    assert doubt(allowed, public=approval.public_of(SEED)) is None


def test_a_code_belongs_to_one_revision_and_needs_the_key() -> None:
    def code(**changed: Any) -> str:
        about: dict[str, Any] = {"key": KEY, "draft": "d_one", "revision": 1, "sha256": "ab" * 32}
        about |= changed
        return approval.code(about.pop("key"), **about)

    codes = {code(), code(revision=2), code(sha256="ac" * 32), code(draft="d_two"), code(key=OTHER_KEY)}
    assert len(codes) == 5
    assert code() == code()
    assert all(len(one) == 6 and one.isalnum() and one == one.lower() for one in codes)


def test_a_passphrase_gives_one_seed_whatever_keyboard_it_was_typed_on() -> None:
    def seed(words: str, salt: bytes = b"0" * 16) -> bytes:
        return approval.derived(words, salt, cost=2**4)

    assert seed("Zürich ﬁve") == seed("Zu\u0308rich five")
    assert len({seed("one"), seed("two"), seed("one", b"1" * 16)}) == 3
