"""``mailmcp doctor --repair`` as it is typed: what was saved and lost in plain words, and mail that can be read on."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import forking
import pytest

from mailmcp.store import repair


@pytest.fixture
def home(home_of_ann: Path) -> Path:
    return home_of_ann


def typed(home: Path, *arguments: str) -> tuple[int, str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAILMCP_", "XDG_"))}
    done = forking.ran([*arguments, "--home", str(home)], timeout=60, env={**kept, "HOME": str(home.parent)})
    return done.returncode, done.stdout, done.stderr


def test_a_whole_database_needs_no_repair(home):
    code, said, _ = typed(home, "doctor", "--repair")
    assert (code, said) == (0, f"{home / 'mailmcp.db'} needs no repair: every page of it is whole.\n")


def test_of_an_empty_one_it_is_not_said_that_it_is_whole(home):
    (home / "mailmcp.db").write_bytes(b"")
    code, said, _ = typed(home, "doctor", "--repair")
    assert (code, "put a copy in its place" in said) == (1, True)


def test_a_damaged_one_is_told_of_by_every_command_repaired_and_used_again(home):
    path = home / "mailmcp.db"
    with path.open("r+b") as file:
        file.write(b"\xff" * 100)
    code, _, trouble = typed(home, "inbox", "list")
    assert code == 1
    assert f"type `mailmcp doctor --repair --home {home}`" in trouble
    assert typed(home, "doctor")[0] == 1
    code, said, _ = typed(home, "doctor", "--repair")
    assert code == 0
    assert said.startswith("Saved: 0 message(s) in 0 conversation(s), 1 inbox(es)")
    assert f"The damaged database is kept as {path}.damaged-" in said
    code, said, _ = typed(home, "inbox", "list")
    assert (code, said.split("\t")[0]) == (0, "ann@agents.test")
    assert repair.is_whole(path)


def test_what_was_lost_is_counted(home):
    path = home / "mailmcp.db"
    with closing(sqlite3.connect(path)) as db:
        page = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'inboxes'").fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(bytes(4096))
    _, said, _ = typed(home, "doctor", "--repair")
    assert "0 inbox(es)" in said
    assert "1 page(s) could not be read at all." in said


def test_while_a_process_leads_the_home_nothing_is_touched(home):
    from mailmcp.mailroom.lock import LockFile

    path = home / "mailmcp.db"
    with path.open("r+b") as file:
        file.write(b"\xff" * 100)
    before = path.read_bytes()
    lock = LockFile(home / "leader.lock")
    assert lock.acquire()
    code, _, trouble = typed(home, "doctor", "--repair")
    assert code == 1
    assert "close every program that uses mailmcp" in trouble
    assert path.read_bytes() == before
    lock.release()
    assert typed(home, "doctor", "--repair")[0] == 0


def test_json_and_repair_do_not_go_together(home):
    assert typed(home, "doctor", "--repair", "--json")[0] == 2
