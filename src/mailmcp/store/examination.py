"""Looking at a database without opening it for work: nothing is made, migrated or locked for long."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailmcp.errors import StoreDamaged
from mailmcp.models import Finding, ListenerStatus, Standing
from mailmcp.store import schema, status

MOST_FAULTS = 5


@dataclass(frozen=True, slots=True)
class Examination:
    """What a database holds, and how it is."""

    findings: list[Finding]
    listener: ListenerStatus | None = None
    held: int = 0
    unknown: int = 0
    leader: str | None = None
    """The settings of the process that leads or led last, as it said (JSON)."""


def examined(path: Path) -> Examination:
    """Examine a database: its schema, whether every page of it is whole, how it is written, and what waits in it."""
    if not path.exists():
        return Examination([_finding(Standing.MISSING, f"{path} does not exist yet: it is made at the first run.")])
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as db:
            db.row_factory = sqlite3.Row
            return _examined(path, db)
    except sqlite3.Error as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_READONLY_ROLLBACK:  # who only looks may not take it back
            sentence = (
                f"A process was killed while it wrote to {path}: the next run takes back what it left unfinished;"
                " nothing acknowledged is lost."
            )
            return Examination([_finding(Standing.WEAK, sentence)])
        damaged = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
        damaged = damaged or str(error).startswith("no such table")
        sentence = (
            StoreDamaged.of(path.parent).public if damaged else f"{path} cannot be read ({error}): see its rights."
        )
        return Examination([_finding(Standing.WRONG, sentence, stops=True)])


def clients(path: Path) -> list[dict[str, Any]]:
    """What the clients that were here said of themselves; nothing of a database that cannot be read."""
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as db:
            db.row_factory = sqlite3.Row
            return status.clients(db)
    except sqlite3.Error:
        return []


def _examined(path: Path, db: sqlite3.Connection) -> Examination:
    version, newest = int(db.execute("PRAGMA user_version").fetchone()[0]), schema.newest()
    if schema.is_nonsense(db):
        return Examination([_finding(Standing.WRONG, StoreDamaged.of(path.parent).public, stops=True)])
    if version > newest:
        sentence = f"{path} was written by a newer mailmcp (schema {version}, this one knows {newest}): update mailmcp."
        return Examination([_finding(Standing.WRONG, sentence, stops=True)])
    faults = [row[0] for row in db.execute(f"PRAGMA quick_check({MOST_FAULTS})")]
    if faults != ["ok"]:
        sentence = f"{StoreDamaged.of(path.parent).public} ({'; '.join(faults)[:200]})"
        return Examination([_finding(Standing.WRONG, sentence, stops=True)])
    if version < newest:
        sentence = f"{path} has schema {version}: the next run brings it to {newest}, and keeps a copy."
        return Examination([_finding(Standing.FINE, sentence)])
    messages, inboxes = (
        int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) for table in ("messages", "inboxes")
    )
    mode = "write-ahead log" if db.execute("PRAGMA journal_mode").fetchone()[0] == "wal" else "rollback journal"
    sentence = (
        f"{messages:,} message(s) in {inboxes} inbox(es), {path.stat().st_size / 1024**2:.1f} MiB, every page whole"
        f" (schema {version}, SQLite {sqlite3.sqlite_version}, {mode})."
    )
    counts = dict(db.execute("SELECT state, count(*) FROM drafts GROUP BY state").fetchall())
    return Examination(
        [_finding(Standing.FINE, sentence)],
        status.listener(db),
        counts.get("held", 0),
        counts.get("unknown", 0),
        (status.kept(db, status.LEADER_SETTINGS) or {}).get("said"),
    )


def _finding(standing: Standing, sentence: str, *, stops: bool = False) -> Finding:
    return Finding(subject="database", standing=standing, sentence=sentence, stops=stops)
