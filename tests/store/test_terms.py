"""The words of the index that begin with some letters, read from its own tables: the same as FTS5 finds."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mailmcp.store import schema, search, terms

PAGE = 64
"""Bytes of a page of the index here: a few mails make many."""


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "mailmcp.db", isolation_level=None)) as made:
        schema.migrate(made, tmp_path / "mailmcp.db")
        made.execute("INSERT INTO search (search, rank) VALUES ('pgsz', ?)", (PAGE,))
        yield made


@pytest.fixture(autouse=True)
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """However little a beginning stands for, and for however many words."""
    monkeypatch.setattr(terms, "MUCH", 0)
    monkeypatch.setattr(terms, "FEW", 10_000)
    monkeypatch.setattr(terms, "MOST_PAGES", 10_000)


def words_of(chance: random.Random, count: int) -> list[str]:
    """Words that often begin alike, some with digits, some long."""
    return ["".join(chance.choices("ab7", k=chance.randint(1, 9))) * chance.choice((1, 1, 8)) for _ in range(count)]


def found(db: sqlite3.Connection, expression: str) -> list[int]:
    rows = db.execute("SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid DESC", (expression,))
    return [row[0] for row in rows]


def fill(db: sqlite3.Connection, chance: random.Random) -> dict[int, str]:
    """Mails that come in many transactions and go in part, while the index is merged now and then."""
    vocabulary, mails = words_of(chance, 120), dict[int, str]()
    weights = [1 / (rank + 1) for rank in range(len(vocabulary))]
    for number in range(1, 120):
        text = " ".join(chance.choices(vocabulary, weights, k=chance.randint(1, 60)))
        search.add(db, number, subject="", people="", body=text)
        mails[number] = text
        if chance.random() < 0.1:
            gone = chance.choice(list(mails))
            db.execute(
                "INSERT INTO search (search, rowid, subject, people, body) VALUES ('delete', ?, '', '', ?)",
                (gone, mails.pop(gone)),
            )
        if chance.random() < 0.1:
            db.execute("INSERT INTO search (search, rank) VALUES ('merge', ?)", (chance.choice((-3, 2, 500)),))
    return mails


@pytest.mark.parametrize("seed", range(3))
def test_all_words_that_begin_so_are_found_and_with_them_the_same_mails(db: sqlite3.Connection, seed: int) -> None:
    chance = random.Random(seed)
    mails = fill(db, chance)
    known = {word for text in mails.values() for word in text.split()}
    beginnings = {word[: chance.randint(1, len(word))] for word in known} | {"b", "zz", "7"}
    for letters in beginnings:
        words = terms.beginning(db, letters)
        assert words is not None
        assert {word for word in known if word.startswith(letters)} <= set(words)
        assert all(word.startswith(letters) for word in words)
        for query in (letters, f"{chance.choice(sorted(known))} {letters}", f"a-{letters}"):
            beside = search.expression(query, lambda part: terms.beginning(db, part))
            assert beside is not None
            assert "*" not in beside
            assert found(db, beside) == found(db, search.expression(query) or ""), query


def test_a_word_beyond_ascii_leaves_it_to_the_index(db: sqlite3.Connection) -> None:
    search.add(db, 1, subject="", people="", body="abend abé ab\u0435")
    assert terms.beginning(db, "aben") == ["abend"]
    assert terms.beginning(db, "ab") is None


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM search_data WHERE id > 100",
        "UPDATE search_config SET v = 5",
        "UPDATE search_data SET block = x'000000000101000001FFFFFFFFFFFFFFFFFF0101' WHERE id = 10",  # 64 bits
    ],
)
def test_an_index_that_is_not_as_expected_is_left_to_fts5(db: sqlite3.Connection, damage: str) -> None:
    search.add(db, 1, subject="", people="", body="abend")
    db.execute(damage)
    assert terms.beginning(db, "aben") is None


def test_little_and_many_words_are_left_to_fts5(db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(db, random.Random(1))
    assert terms.beginning(db, "a")
    monkeypatch.setattr(terms, "FEW", 2)
    assert terms.beginning(db, "a") is None
    monkeypatch.setattr(terms, "FEW", 10_000)
    monkeypatch.setattr(terms, "MUCH", 10_000)
    assert terms.beginning(db, "a") is None
