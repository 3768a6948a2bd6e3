"""Making a new database out of what can be read of a damaged one, which is kept.

The new one is made beside the old one and takes its place at the end, in one step. Only who is alone in the home may
begin: a process that has the old file open would go on to write into it.
"""

from __future__ import annotations

import mmap
import os
import secrets
import shutil
import sqlite3
import struct
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mailmcp.errors import NewerDatabase, StoreUnavailable
from mailmcp.store import audit, mending, salvage, schema, search, soundness
from mailmcp.store.claims import alone
from mailmcp.store.columns import milliseconds
from mailmcp.store.heads import Heads
from mailmcp.store.mending import Mended
from mailmcp.store.pages import Pages, Walk, apply_log
from mailmcp.store.salvage import Taken

NAME = "mailmcp.db"
_BESIDE = ("-wal", "-journal")
_LOOKED_FOR = 20
_SHOWN = ("inboxes", "messages", "drafts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """What came of it."""

    kept: Path
    """The damaged file, under its new name."""
    counts: dict[str, int]
    """Rows of the new database, by table."""
    taken: Taken
    mended: Mended
    had_header: bool
    audit_lost: int
    """Rows of the audit log that are missing."""


def is_whole(path: Path) -> bool:
    """Whether a database has all its tables and every page, index and list of words of it is as it should be."""
    try:
        with closing(sqlite3.connect(path, timeout=5, isolation_level=None)) as db:
            if db.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
                return False
            if schema.is_nonsense(db) or not soundness.is_sound(db):
                return False
            version = int(db.execute("PRAGMA user_version").fetchone()[0])
            if schema.told_by(db) > version:
                return False
            wanted = _names(version)
            there = {row[0] for row in db.execute("SELECT name FROM sqlite_schema")}
        return wanted <= there and _search_is_whole(path)
    except UnicodeDecodeError:  # of what SQLite quotes when it finds fault with the words that made the tables
        return False
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (
            sqlite3.SQLITE_BUSY,
            sqlite3.SQLITE_CANTOPEN,
            sqlite3.SQLITE_PERM,
        ):
            raise StoreUnavailable(f"The database {path} cannot be read ({error}): see its rights.") from error
        return False


def _search_is_whole(path: Path) -> bool:
    """FTS5 compares its parts with each other; that counts as writing, and is taken back.

    An index that says of itself that it is empty is in agreement: so some messages are looked for.
    """
    with closing(_open(path)) as db:
        db.execute("BEGIN IMMEDIATE")
        try:
            db.execute("INSERT INTO search (search) VALUES ('integrity-check')")
            for row in db.execute(
                f"SELECT message, visible FROM bodies ORDER BY message DESC LIMIT {_LOOKED_FOR}"
            ).fetchall():
                word = search.expression(" ".join(row["visible"][:1000].split()[:1]))
                this = {"word": word, "message": row["message"]}
                if (
                    word
                    and not db.execute(
                        "SELECT 1 FROM search WHERE search MATCH :word AND rowid = :message", this
                    ).fetchone()
                ):
                    return False
        except sqlite3.DatabaseError:
            return False
        finally:
            db.execute("ROLLBACK")
    return True


def _names(version: int) -> set[str]:
    with closing(_open(":memory:")) as db:
        schema.build(db, version)
        return {str(row["name"]) for row in db.execute("SELECT name FROM sqlite_schema")}


def repair(home: Path, now: datetime, *, expiry: timedelta) -> Repaired | None:
    """Put a sound database in the place of a damaged one; None when the one that is there is whole.

    ``expiry`` is for how long a draft waits for a human. Raises StoreUnavailable, with what to do.
    """
    path = home / NAME
    if not path.exists():
        return None
    with alone(home) as free:
        if not free:
            raise StoreUnavailable(
                f"A mailmcp process has {path} open: close every program that uses mailmcp (and stop the service, if"
                " there is one), then type this again."
            )
        try:
            return None if path.stat().st_size == 0 else _repaired(home, path, now, expiry)
        except OSError as error:
            raise StoreUnavailable(
                f"{path} could not be repaired ({error.strerror}) and was left as it is: the disk needs room for a"
                " second and a third copy of it."
            ) from error
        except sqlite3.Error as error:
            raise StoreUnavailable(f"{path} could not be repaired ({error}) and was left as it is.") from error
        except (ValueError, TypeError, LookupError, ArithmeticError, struct.error) as error:
            raise StoreUnavailable(
                f"{path} could not be repaired and was left as it is: it is damaged in a way that nobody thought of"
                f" ({type(error).__name__}); keep a copy and report it as a fault of mailmcp."
            ) from error


def _repaired(home: Path, path: Path, now: datetime, expiry: timedelta) -> Repaired | None:
    for left in home.glob("repair-*"):  # of one that was stopped
        shutil.rmtree(left, ignore_errors=True)
    workshop = home / f"repair-{secrets.token_hex(4)}"
    workshop.mkdir(mode=0o700)
    try:
        new = workshop / "new.db"
        os.close(os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        copy = _copied(path, workshop)
        if is_whole(copy):
            return None
        with copy.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as octets:
            pages = Pages.of(octets)
            if _is_newer(pages):
                raise NewerDatabase(
                    f"The database {path} was written by a newer mailmcp (schema {pages.version}): update mailmcp, and"
                    " repair it with that."
                )
            with closing(_open(new)) as db:
                taken, mended, counts, lost = _fill(db, pages, Heads(home), new, now, expiry)
        kept = _exchange(path, new, now)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    return Repaired(kept=kept, counts=counts, taken=taken, mended=mended, had_header=pages.has_header, audit_lost=lost)


def _copied(path: Path, workshop: Path) -> Path:
    """A copy in which what a crash left unfinished is finished, or taken back, as far as that can be done."""
    copy = workshop / "old.db"
    for end in ("", *_BESIDE):
        if (beside := Path(f"{path}{end}")).exists():
            shutil.copyfile(beside, f"{copy}{end}")
    try:
        with closing(sqlite3.connect(copy, isolation_level=None)) as db:
            db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except (sqlite3.Error, UnicodeDecodeError):
        pass  # it is damaged: whatever the journals still say is read without SQLite
    apply_log(copy, Path(f"{copy}-wal"))
    return copy


def _open(path: Path | str) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.row_factory = sqlite3.Row
    return db


def _fill(
    db: sqlite3.Connection, pages: Pages, heads: Heads, path: Path, now: datetime, expiry: timedelta
) -> tuple[Taken, Mended, dict[str, int], int]:
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    db.execute("BEGIN IMMEDIATE")
    taken = salvage.take(db, pages, schema.build(db, _version(pages)), now=milliseconds(now))
    db.execute("COMMIT")
    schema.migrate(db, path)
    db.execute("BEGIN IMMEDIATE")
    mended = mending.mend(db, now, expiry=expiry)
    counts = {
        str(row["name"]): int(db.execute(f"SELECT count(*) FROM {row['name']}").fetchone()[0])
        for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%USING fts5%'")
    }
    number = max([audit.head(db)[0], *(note.last for note in heads.notes())])
    lost = number - counts["audit"]
    audit.record(
        db,
        "database.repaired",
        now,
        lost_pages=taken.lost_pages,
        lost_rows=taken.lost_rows,
        **{f"kept_{name}": counts[name] for name in _SHOWN},
    )
    db.execute("COMMIT")
    if db.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
        raise sqlite3.DatabaseError("the new database is not sound")
    return taken, mended, counts, lost


def _version(pages: Pages) -> int:
    """By which file of the schema the rows were written last. Rows of older ones fit the tables of newer ones."""
    said, walk = pages.version, Walk()
    with closing(_tables(pages, walk)) as db:
        known = 0 < said <= schema.newest() and not walk.lost_pages and not walk.lost_rows
        return max(said, schema.told_by(db)) if known else schema.newest()


def _is_newer(pages: Pages) -> bool:
    """Whether a newer mailmcp wrote it, so that only that one can tell what its tables mean."""
    if pages.version <= schema.newest():
        return False
    with closing(_tables(pages, Walk())) as db:
        return not schema.is_untrue(db, pages.version)


def _tables(pages: Pages, walk: Walk) -> sqlite3.Connection:
    """The tables of a damaged file, without rows, as far as it still tells of them."""
    db = _open(":memory:")
    for text in pages.definitions(walk):
        with suppress(sqlite3.Error):
            db.execute(text)
    return db


def _exchange(path: Path, new: Path, now: datetime) -> Path:
    """The damaged files get names of their own first: at no moment is there less than before."""
    kept = path.with_name(f"{path.name}.damaged-{now:%Y%m%dT%H%M%SZ}")
    if kept.exists():
        kept = kept.with_name(f"{kept.name}-{secrets.token_hex(2)}")
    beside = [end for end in _BESIDE if Path(f"{path}{end}").exists()]
    for end in ("", *beside):
        source, target = Path(f"{path}{end}"), Path(f"{kept}{end}")
        try:
            os.link(source, target)
        except OSError:  # a file system without links
            shutil.copyfile(source, target)
        target.chmod(0o600)
    with new.open("rb+") as opened:
        os.fsync(opened.fileno())
    for end in (*beside, "-shm"):  # they belong to the damaged file, and must not be applied to the new one
        Path(f"{path}{end}").unlink(missing_ok=True)
    new.replace(path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return kept
