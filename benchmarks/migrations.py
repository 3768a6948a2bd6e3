"""Migrations that are killed at random moments, step by step: the database is the old one or the new one."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Figure, Part
from mailmcp.store import schema

LIMIT = 120
SEED = 20261128
_CHILD = """
import sqlite3, sys, time
from pathlib import Path
from mailmcp.store import schema

path, journal, step = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
steps = schema._steps()
schema._steps = lambda: {number: text for number, text in steps.items() if number <= step}
db = sqlite3.connect(path, isolation_level=None)
db.execute(f"PRAGMA journal_mode = {journal}")
print("ready", flush=True)
sys.stdin.readline()
began = time.perf_counter()
schema.migrate(db, path)
print(time.perf_counter() - began, flush=True)
"""
_FILL = """
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :mails)
"""


@dataclass(frozen=True, slots=True)
class Count:
    """What came of it."""

    steps: int
    kills: int
    old: int
    new: int
    between: int
    """Neither the old database nor the new one, not sound, or one that could not be brought up afterwards."""


def filled(path: Path, mails: int) -> None:
    """A database of the first schema with so many mails; every later step can begin with it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA journal_mode = TRUNCATE")
        db.execute("BEGIN")
        schema.build(db, 1)
        db.execute("INSERT INTO inboxes (address, backend, created_at) VALUES ('ann@agents.test', 'local', 1)")
        for statement in (
            "INSERT INTO raws (sha256, bytes) SELECT hex(randomblob(32)), randomblob(1500) FROM n",
            "INSERT INTO threads (public_id, inbox, subject, base_subject, who, first_line, verdict, message_count,"
            " unread_count, last_at, last_position) SELECT 't_' || i, 1, 'Hello', 'hello', '[]', 'x', 'unverified', 1,"
            " 1, i, i FROM n",
            "INSERT INTO arrivals (cursor, inbox, message) SELECT 'c_' || i, 1, i FROM n",
            "INSERT INTO messages (public_id, inbox, raw, outgoing, source, mail_from, recipients, received_at,"
            " judged_at, thread, position, message_id, subject) SELECT 'm_' || i, 1, i, 0, 'smtp', 'bob@app.example',"
            " '[]', i, i, i, i, '<' || i || '@app.example>', 'Hello ' || i FROM n",
            "INSERT INTO bodies (message, visible, channels) SELECT i, hex(randomblob(400)), '{}' FROM n",
            "INSERT INTO drafts (public_id, inbox, state, content_key, sha256, mime, to_, cc, bcc, subject, reasons,"
            " created_at, changed_at, message) SELECT 'd_' || i, 1, 'sent', '', '', x'', '[]', '[]', '[]', 'Hi', '[]',"
            " i, i, i FROM n WHERE i % 10 = 0",
            "INSERT INTO audit (at, event, detail, previous, hash) SELECT i, 'x', '{}', '', '' FROM n WHERE i % 10 = 0",
        ):
            db.execute(_FILL + statement, {"mails": mails})
        db.execute("COMMIT")


def run(*, mails: int, kills: int, seed: int = SEED, journals: tuple[str, ...] = ("TRUNCATE", "WAL")) -> Count:
    """Kill so many migrations of every step in each journal mode."""
    chance = random.Random(seed)
    old = new = between = killed = 0
    with tempfile.TemporaryDirectory(prefix="mailmcp-migrations-") as folder:
        base, path = Path(folder) / "base.db", Path(folder) / "mailmcp.db"
        filled(base, mails)
        steps = range(2, schema.newest() + 1)
        for step in steps:
            for journal in journals:
                lasted = _migrated(_copy(base, path), journal, step)
                after = _shape(path)
                for _ in range(kills):
                    before = _shape(_copy(base, path))
                    ended = _killed(path, journal, step, chance.uniform(0, 1.1 * lasted))
                    killed += ended
                    found = _shape(path)
                    if found not in (before, after) or not _goes_on(path, journal, step, after):
                        between += 1
                    elif found == before:
                        old += 1
                    else:
                        new += 1
            _migrated(_copy(base, path), "TRUNCATE", step)  # the next step begins where this one ends
            shutil.copyfile(path, base)
    return Count(len(steps), killed, old, new, between)


def measure(*, quick: bool) -> list[Part]:
    """One part, for the page of measurements."""
    mails, kills = (500, 1) if quick else (10_000, 8)
    found = run(mails=mails, kills=kills)
    return [
        Part(
            title="Killed migrations",
            how=(
                f"A database with {mails:,} mails, brought up by each of the {found.steps} schema steps alone, killed"
                f" (SIGKILL) at a random moment {kills} times in each journal mode; then opened again."
            ),
            figures=(
                Figure(what="migrations killed before their end", measured=f"{found.kills}"),
                Figure(what="left the old database, or the new one", measured=f"{found.old}, {found.new}"),
                Figure(what="left anything else", measured=f"{found.between}", target="0", met=not found.between),
            ),
        )
    ]


def _copy(base: Path, path: Path) -> Path:
    for beside in path.parent.glob("mailmcp.db*"):
        beside.unlink()
    shutil.copyfile(base, path)
    return path


def _started(path: Path, journal: str, step: int) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(path), journal, str(step)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout
    assert child.stdin
    assert child.stdout.readline() == "ready\n"
    child.stdin.write("go\n")
    child.stdin.flush()
    return child


def _migrated(path: Path, journal: str, step: int) -> float:
    child = _started(path, journal, step)
    said, _ = child.communicate(timeout=LIMIT)
    return float(said)


def _killed(path: Path, journal: str, step: int, after: float) -> bool:
    child = _started(path, journal, step)
    time.sleep(after)
    child.kill()
    child.communicate(timeout=LIMIT)
    return child.returncode != 0


def _shape(path: Path) -> tuple[object, ...]:
    """What makes a database the old or the new one: its version, tables and rows, when it is sound."""
    with closing(sqlite3.connect(path)) as db:
        sound = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
        tables = tuple(db.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall())
        names = [
            name for name, sql in tables if (sql or "").startswith("CREATE TABLE") and not name.startswith("search")
        ]
        rows = tuple((name, db.execute(f"SELECT count(*) FROM {name}").fetchone()[0]) for name in names)
        return sound, db.execute("PRAGMA user_version").fetchone()[0], tables, rows


def _goes_on(path: Path, journal: str, step: int, after: tuple[object, ...]) -> bool:
    _migrated(path, journal, step)
    return _shape(path) == after
