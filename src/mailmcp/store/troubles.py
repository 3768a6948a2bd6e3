"""Trouble with the database or its disk, in one sentence with the way out."""

from __future__ import annotations

import errno
import logging
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from mailmcp.errors import StoreDamaged, StoreFull, StoreUnavailable

log = logging.getLogger("mailmcp.store")


@contextmanager
def told(path: Path) -> Generator[None]:
    """What SQLite raises in here is told of the database at a path."""
    try:
        yield
    except sqlite3.Error as error:
        raise public(error, path) from error
    except UnicodeDecodeError as error:  # of what SQLite quotes when it finds fault with the words that made the tables
        raise StoreDamaged.of(path.parent) from error


def public(error: Exception, path: Path) -> StoreUnavailable:
    """The same trouble in one sentence with the way out."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL or getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return StoreFull(f"The disk that holds {path} is full: free some space, nothing acknowledged is lost.")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or str(error).startswith("no such table"):
        return StoreDamaged.of(path.parent)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreUnavailable(f"The database {path} was busy for too long: try again.")
    if code == sqlite3.SQLITE_READONLY or getattr(error, "errno", None) == errno.EROFS:
        return StoreUnavailable(
            f"The database {path} cannot be written now: the disk or the file is read-only; check the folder's rights."
            " Nothing acknowledged is lost."
        )
    if code == sqlite3.SQLITE_IOERR:
        return StoreUnavailable(f"The disk that holds {path} gives errors: try again, and have it looked at.")
    log.error("database trouble: %s", error)
    if isinstance(error, OSError) and error.filename:
        why = {errno.ELOOP: "it is a link", errno.EEXIST: "it is no folder"}.get(error.errno or 0, error.strerror)
        return StoreUnavailable(f"{error.filename} cannot be used ({why}): `mailmcp doctor` tells more of it.")
    return StoreUnavailable(f"The database {path} cannot be used ({type(error).__name__}): check the folder's rights.")
