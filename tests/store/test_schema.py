"""Numbered schema files: applied in one exclusive transaction, a copy kept before, nothing half done after a crash."""

from __future__ import annotations

import re
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from mailmcp.errors import NewerDatabase
from mailmcp.store import fresh_codes, schema

LIMIT = 60
NEWEST = max(schema._steps())
LATER = {NEWEST + 1: "CREATE TABLE later (word TEXT);\n", NEWEST + 2: "INSERT INTO later VALUES ('a;b');\n-- end\n"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database of today with a row in it."""
    path = tmp_path / "mailmcp.db"
    with closing(_open(path)) as db:
        schema.migrate(db, path)
        db.execute("INSERT INTO meta VALUES ('word', 'kept')")
    return path


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


def _add_steps(monkeypatch: pytest.MonkeyPatch, steps: dict[int, str]) -> None:
    today = schema._steps()
    monkeypatch.setattr(schema, "_steps", lambda: today | steps)


def _state(path: Path) -> tuple[int, str, bool]:
    """(user_version, the row that was there, whether the later table exists) of a sound database."""
    with closing(_open(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        word = db.execute("SELECT value FROM meta WHERE key = 'word'").fetchone()[0]
        later = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'later'").fetchone()
        return db.execute("PRAGMA user_version").fetchone()[0], word, later is not None


def _migrate(path: Path) -> None:
    with closing(_open(path)) as db:
        schema.migrate(db, path)


def test_the_files_are_numbered_without_a_gap_and_end_with_a_whole_statement() -> None:
    names = sorted(entry.name for entry in files("mailmcp.store.schema").iterdir() if entry.name.endswith(".sql"))
    assert all(re.fullmatch(r"\d{3}_[a-z_]+\.sql", name) for name in names)
    assert [int(name[:3]) for name in names] == list(range(1, len(names) + 1))
    for script in schema._steps().values():
        rest = script[script.rindex(";") + 1 :]
        assert all(not line.strip() or line.strip().startswith("--") for line in rest.splitlines())


def test_a_new_database_gets_every_file_and_needs_no_copy(path: Path) -> None:
    assert _state(path) == (NEWEST, "kept", False)
    assert [entry.name for entry in path.parent.iterdir()] == ["mailmcp.db"]


def test_opening_an_up_to_date_database_changes_nothing(path: Path) -> None:
    before = path.read_bytes()
    _migrate(path)
    assert path.read_bytes() == before


def test_a_statement_may_hold_semicolons_in_strings_comments_and_triggers() -> None:
    script = (
        "-- one; two\nCREATE TABLE t (a TEXT DEFAULT ';');\n"
        "CREATE TRIGGER g AFTER INSERT ON t BEGIN\n  DELETE FROM t;\n  SELECT 1;\nEND;\n"
    )
    statements = list(schema._statements(script))
    assert len(statements) == 2
    assert "".join(statements) == script


def test_an_older_database_gets_the_files_that_it_lacks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _add_steps(monkeypatch, LATER)
    _migrate(path)
    assert _state(path) == (NEWEST + 2, "kept", True)
    with closing(_open(path)) as db:
        assert db.execute("SELECT word FROM later").fetchall() == [("a;b",)]


def test_a_copy_of_the_old_state_is_kept_for_its_owner_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _add_steps(monkeypatch, LATER)
    _migrate(path)
    copy = path.with_name(f"mailmcp.db.before-{NEWEST + 2:03}")
    assert _state(copy) == (NEWEST, "kept", False)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["mailmcp.db", copy.name]


def test_a_copy_that_an_earlier_attempt_left_is_replaced_by_the_state_of_now(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = path.with_name(f"mailmcp.db.before-{NEWEST + 2:03}")
    copy.write_bytes(b"half a copy")
    _add_steps(monkeypatch, LATER)
    _migrate(path)
    assert _state(copy) == (NEWEST, "kept", False)


@pytest.mark.parametrize("broken", ["CREATE TABLE later (word TEXT);\nSELECT nothing FROM nowhere;\n", "NONSENSE;\n"])
def test_a_migration_that_fails_leaves_the_old_state(path: Path, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    _add_steps(monkeypatch, {NEWEST + 1: LATER[NEWEST + 1].replace("later", "sooner"), NEWEST + 2: broken})
    with pytest.raises(sqlite3.OperationalError):
        _migrate(path)
    assert _state(path) == (NEWEST, "kept", False)


def test_a_newer_database_is_refused_in_words(path: Path) -> None:
    with closing(_open(path)) as db:
        db.execute(f"PRAGMA user_version = {NEWEST + 7}")
    with pytest.raises(NewerDatabase, match=rf"schema {NEWEST + 7}, this one knows {NEWEST}\): update mailmcp"):
        _migrate(path)
    assert _state(path) == (NEWEST + 7, "kept", False)
    assert [entry.name for entry in path.parent.iterdir()] == ["mailmcp.db"]


def test_several_that_migrate_at_once_do_it_once_and_keep_one_whole_copy(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A second run of the last file would leave two rows; of the one before it would fail.
    _add_steps(monkeypatch, LATER)
    together = threading.Barrier(6)
    troubles: list[Exception] = []

    def work() -> None:
        try:
            with closing(_open(path)) as db:
                together.wait(LIMIT)
                schema.migrate(db, path)
        except Exception as error:
            troubles.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    assert troubles == []
    assert _state(path) == (NEWEST + 2, "kept", True)
    with closing(_open(path)) as db:
        assert db.execute("SELECT count(*) FROM later").fetchone()[0] == 1
    copy = path.with_name(f"mailmcp.db.before-{NEWEST + 2:03}")
    assert _state(copy) == (NEWEST, "kept", False)
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["mailmcp.db", copy.name]


def test_a_copy_that_was_made_after_another_process_had_migrated_is_not_kept(path: Path) -> None:
    with closing(_open(path)) as db:
        schema._keep_copy(db, path, NEWEST)
    assert [entry.name for entry in path.parent.iterdir()] == ["mailmcp.db"]


_KILLED = """
import os, signal, sqlite3, sys
from pathlib import Path
from mailmcp.store import fresh_codes, schema

path = Path(sys.argv[1])
db = sqlite3.connect(path, isolation_level=None)
db.execute(f"PRAGMA journal_mode = {sys.argv[2]}")
db.execute("PRAGMA cache_size = 4")  # so that changed pages reach the file before the commit
db.create_function("die", 0, lambda: os.kill(os.getpid(), signal.SIGKILL))
newest = max(schema._steps())
today = schema._steps()
many = "WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
schema._steps = lambda: today | {
    newest + 1: f"CREATE TABLE later (word TEXT);\\nUPDATE meta SET value = 'lost';\\n"
    f"{many} INSERT INTO later SELECT hex(randomblob(200)) FROM n;\\nSELECT die();\\n"
}
schema.migrate(db, path)
"""


@pytest.mark.parametrize("journal", ["truncate", "wal"])
def test_a_migration_that_is_killed_leaves_the_old_state_and_can_be_done_again(
    path: Path, monkeypatch: pytest.MonkeyPatch, journal: str
) -> None:
    size = path.stat().st_size
    run = subprocess.run([sys.executable, "-c", _KILLED, str(path), journal], timeout=LIMIT, check=False)
    assert run.returncode == -signal.SIGKILL
    half_done = path.stat().st_size + sum(entry.stat().st_size for entry in path.parent.glob("*-wal"))
    assert half_done > size + 500_000  # the changes were on the disk, so that there was something to take back
    assert _state(path) == (NEWEST, "kept", False)
    assert _state(path.with_name(f"mailmcp.db.before-{NEWEST + 1:03}")) == (NEWEST, "kept", False)
    _add_steps(monkeypatch, {NEWEST + 1: LATER[NEWEST + 1]})
    _migrate(path)
    assert _state(path) == (NEWEST + 1, "kept", True)


def test_codes_of_the_last_hour_are_known_after_the_step_that_keeps_them_by_themselves() -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.row_factory = sqlite3.Row
    schema.build(db, 15)
    now = datetime.now(UTC)
    db.execute("INSERT INTO inboxes (id, address, backend, created_at) VALUES (1, 'ann@agents.test', 'local', 0)")
    db.execute("INSERT INTO raws (id, sha256, bytes) VALUES (1, '', '')")
    for number, minutes in ((1, 5), (2, 61)):
        db.execute(
            "INSERT INTO messages (id, public_id, inbox, raw, outgoing, source, mail_from, recipients, received_at,"
            " code, link) VALUES (:id, :id, 1, 1, 0, 'smtp', '', '[]', :at, '482913', 'https://app.example/x')",
            {"id": number, "at": int((now - timedelta(minutes=minutes)).timestamp() * 1000)},
        )
    db.execute("INSERT INTO handouts (tool, message, call, handed_at) VALUES ('wait_for_otp', 1, '', 0)")
    schema._apply(db, schema._steps(), 15, schema.newest())
    found = fresh_codes.standing(db, now, limit=9)
    assert sorted((one.message, one.code or one.link) for one in found) == [
        ("1", "482913"),
        ("1", "https://app.example/x"),
    ]
    assert [row["handed"] for row in db.execute("SELECT handed FROM fresh_codes")] == [1, 1]
