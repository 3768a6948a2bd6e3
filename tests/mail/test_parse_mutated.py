"""Mails of the corpora, damaged by a seeded hand: each is read, nothing raises, nothing is cut in silence."""

from __future__ import annotations

import pytest
from mutations import CORPORA, mutated, own_mails, their_mails, tried

from mailmcp.mail.parse import parse

SEED = 20261120


def test_500_damaged_mails_of_ours_are_read() -> None:
    for raw in mutated(own_mails(), 500, SEED):
        tried(raw)


@pytest.mark.corpora
@pytest.mark.skipif(not CORPORA, reason="MAILMCP_TEST_CORPORA does not name a folder with mime/ in it")
def test_250_damaged_mails_of_others_are_read() -> None:
    mails = their_mails()
    assert len(mails) == 107
    for raw in mutated(mails, 250, SEED):
        tried(raw)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("share", range(10))
def test_10000_damaged_mails_are_read(share: int) -> None:
    for raw in mutated([*own_mails(), *their_mails()], 1000, SEED + 1 + share):
        tried(raw, seen=True)


def test_the_same_seed_damages_in_the_same_way() -> None:
    mails = own_mails()
    assert list(mutated(mails, 20, 1)) == list(mutated(mails, 20, 1))
    assert list(mutated(mails, 20, 1)) != list(mutated(mails, 20, 2))


def test_damage_is_real() -> None:
    """Most of the damaged mails are neither like a mail of the corpus nor without a defect."""
    whole = set(own_mails())
    damaged = list(mutated(own_mails(), 200, SEED))
    assert len(set(damaged) - whole) > 180
    assert sum(bool(parse(raw).defects) for raw in damaged) > 100
