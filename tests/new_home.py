"""New homes whose database was migrated once.

To make the tables takes 25 ms of CPU, and most tests begin with a home of their own. Here a new database begins as a
copy of one that was made as ever; from there on everything is done as it always is. The tests of the store itself, and
programs that start for real, make their tables anew each time.
"""

from __future__ import annotations

import contextlib
import functools
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mailmcp.store import db

_AS_EVER: Callable[[Path, Path], None] = db._prepare


@functools.cache
def migrated() -> bytes:
    """A database without any rows of ours, as the first process of a home makes it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mailmcp.db"
        _AS_EVER(path.parent, path)
        return path.read_bytes()


def prepare(home: Path, path: Path) -> None:
    """As the store does it, where there is no database yet on a copy; several processes may begin a home at once."""
    with contextlib.suppress(OSError):  # what cannot be done here is told by what follows
        if not path.exists():
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, aside = tempfile.mkstemp(dir=home.parent)  # for its owner alone, as the database is
            try:
                with open(descriptor, "wb") as file:  # closed before it is the database: that would free its locks
                    file.write(migrated())
                os.link(aside, path)  # whole, or not at all where another one was quicker
            finally:
                os.unlink(aside)
    _AS_EVER(home, path)


@pytest.fixture(autouse=True)
def tables_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the tests of a room: its homes begin so."""
    monkeypatch.setattr(db, "_prepare", prepare)
