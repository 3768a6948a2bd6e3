"""The schema, in numbered SQL files, and how a database is brought up to it."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from importlib.resources import files
from pathlib import Path

from mailmcp.errors import NewerDatabase, StoreDamaged

HIGHEST = 999
"""The files have three digits: a version beyond them is damage, not a newer mailmcp."""
FAR = 20
"""So many files make a table or a column among them: a version so far ahead of the tables is damage as well."""


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """Apply the files that ``user_version`` lacks, all in one exclusive transaction, a copy kept before.

    Safe when several processes start at once. Raises NewerDatabase when the database knows more files than we do.
    """
    steps = _steps()
    newest = max(steps)
    if _version(db) == newest:
        return
    if is_nonsense(db):
        raise StoreDamaged.of(path.parent)
    if 0 < _version(db) < newest:
        _keep_copy(db, path, newest)
    db.execute("BEGIN EXCLUSIVE")
    try:
        version = _version(db)  # again: another process may have been quicker
        if version > newest:
            raise NewerDatabase(
                f"The database {path} was written by a newer mailmcp (schema {version}, this one knows {newest}):"
                " update mailmcp, or use another MAILMCP_HOME."
            )
        try:
            _apply(db, steps, version, newest)
        except sqlite3.OperationalError as error:
            if str(error).endswith("already exists") or "duplicate column" in str(error):
                raise StoreDamaged.of(path.parent) from error  # it says a lower version than its tables have
            raise
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def build(db: sqlite3.Connection, version: int) -> dict[str, int]:
    """Make the tables of a version in an empty database; gives how many columns each had when it was first made."""
    widths: dict[str, int] = {}
    steps, done = _steps(), 0
    for number in sorted(number for number in steps if number <= version):
        _apply(db, steps, done, number)
        done = number
        for name in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            if name[0] not in widths:
                widths[name[0]] = len(db.execute(f"PRAGMA table_info({name[0]})").fetchall())
    return widths


def _apply(db: sqlite3.Connection, steps: dict[int, str], version: int, up_to: int) -> None:
    for number in sorted(number for number in steps if version < number <= up_to):
        for statement in _statements(steps[number]):
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {up_to}")


def is_nonsense(db: sqlite3.Connection) -> bool:
    """Whether the version that a database says of itself cannot be true: it has none, and yet our tables."""
    if _version(db) == 0 and db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'messages'").fetchone() is not None:
        return _version(db) == 0  # asked again: another process may just have made the tables, and then has said so
    return is_untrue(db, _version(db))


def is_untrue(db: sqlite3.Connection, version: int) -> bool:
    """Whether a database with these tables cannot be of a version: there is none, or only known ones are in it."""
    return not 0 <= version <= HIGHEST or (version > newest() + FAR and not _has_unknown(db))


def told_by(db: sqlite3.Connection) -> int:
    """The version that the tables of a database tell of: the first one in which all of them, and their columns, were.

    The version that it says of itself may be higher, since some files make neither, but never lower.
    """
    first = _first_with()
    return max((first.get(one, 0) for one in _columns(db)), default=0)


def _has_unknown(db: sqlite3.Connection) -> bool:
    """Whether a table or a column is there that this mailmcp does not know."""
    first = _first_with()
    return any(one not in first and not one[0].startswith("sqlite") for one in _columns(db))


def _columns(db: sqlite3.Connection) -> list[tuple[str, str]]:
    """(table, column) of all that a database has."""
    rows = db.execute(
        "SELECT it.name, columns.name FROM sqlite_schema AS it, pragma_table_info(it.name) AS columns"
        " WHERE it.type = 'table'"
    ).fetchall()
    return [(row[0], row[1]) for row in rows]


@cache
def _first_with() -> dict[tuple[str, str], int]:
    """Since which version there is each column of each table."""
    first: dict[tuple[str, str], int] = {}
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        steps, done = _steps(), 0
        for number in sorted(steps):
            _apply(db, steps, done, number)
            done = number
            for one in _columns(db):
                first.setdefault(one, number)
    return first


def refuse_newer(db: sqlite3.Connection) -> None:
    """Inside a transaction: raises NewerDatabase when a newer mailmcp has changed the tables since this one began."""
    if _version(db) > newest():
        raise NewerDatabase(
            "A newer mailmcp has taken over this home while this one runs: restart the program that started it, with"
            " mailmcp updated."
        )


@cache
def newest() -> int:
    """The version that a database of this mailmcp has."""
    return max(_steps())


def _keep_copy(db: sqlite3.Connection, path: Path, newest: int) -> None:
    """A copy of the database as it is before the migration; whole or not there at all, also after a crash."""
    unfinished = path.with_name(f"{path.name}.copy-{secrets.token_hex(4)}")
    try:
        os.close(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        db.execute("VACUUM INTO ?", (str(unfinished),))
        with closing(sqlite3.connect(unfinished)) as copy:
            is_old = _version(copy) < newest  # else another process has migrated meanwhile, with a copy of its own
        if is_old:
            unfinished.replace(path.with_name(f"{path.name}.before-{newest:03}"))
    finally:
        unfinished.unlink(missing_ok=True)


def _steps() -> dict[int, str]:
    return {
        int(entry.name[:3]): entry.read_text("utf-8")
        for entry in files("mailmcp.store.schema").iterdir()
        if entry.name.endswith(".sql")
    }


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> Iterator[str]:
    """The statements of a script one by one: ``executescript`` would commit the transaction it runs in."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
