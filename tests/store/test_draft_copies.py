"""Copies of held drafts in accounts elsewhere: which are to be put there, and which are to be taken out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mailmcp.models import Draft, DraftState, Inbox
from mailmcp.store import draft_copies, inboxes

if TYPE_CHECKING:
    from conftest import Desk

ACCOUNT = "me@home.example"


@pytest.fixture
def held(desk: Desk) -> Draft:
    inbox: Inbox = inboxes.create(
        desk.db, address="me+shop@home.example", label="", backend="imap", key=None, now=desk.now, account=ACCOUNT
    )[0]
    return desk.draft(inbox, key="one", state=DraftState.HELD)[0]


def names(desk: Desk, *, wanted: bool = True) -> tuple[list[str], list[str]]:
    added, removed = draft_copies.due(desk.db, ACCOUNT, wanted=wanted)
    return [one.draft for one in added], [one.draft for one in removed]


def test_a_held_draft_is_to_be_put_there_until_it_lies_there(desk: Desk, held: Draft) -> None:
    assert names(desk) == ([held.id], [])
    assert names(desk, wanted=False) == ([], [])
    ((copy,), _) = draft_copies.due(desk.db, ACCOUNT, wanted=True)
    draft_copies.keep(desk.db, ACCOUNT, replace(copy, folder="Drafts"), filed=False)
    assert names(desk) == ([held.id], [])  # whether it arrived is not known
    draft_copies.keep(desk.db, ACCOUNT, replace(copy, folder="Drafts", uid=7, uidvalidity=1), filed=True)
    assert names(desk) == ([], [])


def test_a_copy_of_what_is_no_more_held_or_another_by_now_is_to_be_taken_out(desk: Desk, held: Draft) -> None:
    ((copy,), _) = draft_copies.due(desk.db, ACCOUNT, wanted=True)
    draft_copies.keep(desk.db, ACCOUNT, replace(copy, folder="Drafts", uid=7, uidvalidity=1), filed=True)
    desk.db.execute("UPDATE drafts SET sha256 = 'other'")
    assert names(desk) == ([], [held.id])  # the new one is put there once the old one is out
    draft_copies.taken_out(desk.db, ACCOUNT, held.id)
    assert names(desk) == ([held.id], [])
    draft_copies.keep(desk.db, ACCOUNT, replace(copy, sha256="other", folder="Drafts"), filed=True)
    inboxes.delete(desk.db, "me+shop@home.example")
    assert names(desk) == ([], [held.id])


def test_drafts_of_other_accounts_are_left_alone(desk: Desk, held: Draft) -> None:
    assert draft_copies.due(desk.db, "me@work.example", wanted=True) == ([], [])
