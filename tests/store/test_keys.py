"""Keys as they are kept: hashed, of two secrets while one is replaced, and gone when revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from mailmcp.errors import NotFound
from mailmcp.models import Key
from mailmcp.store import keys

if TYPE_CHECKING:
    from conftest import Desk


def make(desk: Desk, *addresses: str, secret: str = "first", every: bool = False) -> Key:
    return keys.create(
        desk.db,
        sha256=keys.digest(secret),
        label="ci",
        abilities=("send", "read"),
        addresses=addresses,
        every=every,
        now=desk.now,
    )


def comes(desk: Desk, secret: str) -> str | None:
    found = keys.principal(desk.db, keys.digest(secret), desk.now)
    return found[0].key if found else None


def test_who_comes_with_a_secret_is_known_and_the_secret_is_nowhere_in_the_database(desk: Desk) -> None:
    ann = desk.inbox()
    made = make(desk, ann.address, secret="a secret word")
    assert (made.label, made.abilities, made.inboxes) == ("ci", {"read", "send"}, (ann.address,))
    assert comes(desk, "a secret word") == made.id
    assert comes(desk, "A secret word") is None
    assert "a secret word" not in "\n".join(desk.db.iterdump())


def test_a_key_for_an_inbox_that_is_not_there_is_not_made(desk: Desk) -> None:
    with pytest.raises(NotFound, match="nobody@agents"):
        make(desk, "nobody@agents.test")


def test_while_a_key_is_rotated_both_secrets_are_taken_and_then_only_the_new_one(desk: Desk) -> None:
    made = make(desk, every=True)
    until = desk.now + timedelta(hours=1)
    rotated = keys.rotate(desk.db, made.id, sha256=keys.digest("second"), old_until=until, now=desk.now)
    assert rotated.old_until == until
    assert comes(desk, "first") == comes(desk, "second") == made.id
    desk.later(hours=1)
    assert (comes(desk, "first"), comes(desk, "second")) == (None, made.id)


def test_a_second_rotation_ends_the_secret_before_the_last(desk: Desk) -> None:
    made = make(desk, every=True)
    for secret in ("second", "third"):
        until = desk.now + timedelta(hours=1)
        keys.rotate(desk.db, made.id, sha256=keys.digest(secret), old_until=until, now=desk.now)
    assert [comes(desk, secret) for secret in ("first", "second", "third")] == [None, made.id, made.id]


def test_a_revoked_key_opens_nothing_stays_listed_and_can_be_neither_rotated_nor_revoked_again(desk: Desk) -> None:
    made = make(desk, every=True)
    keys.revoke(desk.db, made.id, desk.now)
    assert comes(desk, "first") is None
    assert (keys.any_opens(desk.db), keys.any_was_made(desk.db)) == (False, True)
    assert [one.revoked_at for one in keys.listed(desk.db)] == [desk.now]
    with pytest.raises(NotFound):
        keys.revoke(desk.db, made.id, desk.now)
    with pytest.raises(NotFound):
        keys.rotate(desk.db, made.id, sha256="0", old_until=desk.now, now=desk.now)


def test_the_last_use_is_asked_to_be_noted_once_a_minute(desk: Desk) -> None:
    made = make(desk, every=True)

    def to_note() -> bool:
        found = keys.principal(desk.db, keys.digest("first"), desk.now)
        assert found is not None
        return found[1]

    assert to_note()
    keys.used(desk.db, made.row, desk.now)
    assert not to_note()
    desk.later(minutes=2)
    assert to_note()
    assert [one.used_at for one in keys.listed(desk.db)] == [made.created_at]
