"""Examining a database: what it holds is told, what is wrong is said, and nothing is changed."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailmcp.models import ListenerStatus, Standing
from mailmcp.store import Store, examination, inboxes, status


@pytest.fixture
def path(tmp_path):
    """A database with an inbox and a listener."""
    asyncio.run(_filled(tmp_path))
    return tmp_path / "mailmcp.db"


async def _filled(home: Path) -> None:
    store = await Store.open(home)
    now = datetime.now(UTC)
    await store.write(inboxes.create, address="ann@agents.test", label="", backend="local", key=None, now=now)
    await store.write(status.set_listener, ListenerStatus(host="127.0.0.1", port=25, pid=1, trouble=None))
    await store.aclose()


def test_a_whole_database_tells_what_it_holds(path):
    found = examination.examined(path)
    assert [one.standing for one in found.findings] == [Standing.FINE]
    assert "0 message(s) in 1 inbox(es)" in found.findings[0].sentence
    assert found.listener == ListenerStatus(host="127.0.0.1", port=25, pid=1, trouble=None)


def test_a_database_that_is_not_there_is_not_made(tmp_path):
    assert examination.examined(tmp_path / "mailmcp.db").findings[0].standing is Standing.MISSING
    assert list(tmp_path.iterdir()) == []


def test_a_newer_database_is_left_to_a_newer_mailmcp(path):
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 900")
        db.execute("CREATE TABLE of_a_newer_one (word TEXT)")
    found = examination.examined(path).findings[0]
    assert found.stops
    assert "newer mailmcp (schema 900" in found.sentence


def test_an_older_database_is_not_brought_up_by_looking_at_it(path):
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 1")
    before = path.read_bytes()
    assert "the next run brings it" in examination.examined(path).findings[0].sentence
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", [lambda raw: b"x" * 200, lambda raw: raw[:4096] + b"\xff" * 40_960 + raw[45_056:]])
def test_a_damaged_database_is_called_so(path, damage):
    path.write_bytes(damage(path.read_bytes()))
    found = examination.examined(path).findings[0]
    assert found.stops
    assert "damaged" in found.sentence


@pytest.mark.parametrize("version", [0, -1, 2**31 - 1])
def test_a_version_that_cannot_be_true_is_called_damage(path, version):
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {version}")
    found = examination.examined(path).findings[0]
    assert found.stops
    assert "doctor --repair" in found.sentence


KILLED = """
import os, signal, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA journal_mode = TRUNCATE")
db.execute("PRAGMA cache_size = 1")
db.execute("BEGIN IMMEDIATE")
db.execute("CREATE TABLE large AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
    " SELECT i, zeroblob(500) FROM n")
os._exit(9)
"""


def test_what_a_killed_process_left_unfinished_is_no_matter_of_rights(path):
    subprocess.run([sys.executable, "-c", KILLED, str(path)], timeout=60, check=False)
    before = path.read_bytes()
    found = examination.examined(path).findings[0]
    assert not found.stops
    assert "takes back what it left unfinished" in found.sentence
    assert path.read_bytes() == before
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'large'").fetchone() is None
    assert "1 inbox(es)" in examination.examined(path).findings[0].sentence
