"""The line of a home's processes that want to write, in the order of their coming.

SQLite lets whoever waits for its lock try again after pauses of up to 100 ms: among many processes that write, some
come first again and again and one waits for seconds. An OS lock on a file beside the database wakes the next one. It
only makes a line: SQLite's own lock guards the database, also against programs that know nothing of this one.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import ParamSpec, TypeVar

from mailmcp.store.oslocks import HAS_LINE, Place, lock, opened, unlock

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger("mailmcp.store")

PATIENCE = 2.0
"""Seconds after which who stands in line goes on without it: a process that was stopped (Ctrl-Z, a debugger) keeps its
place, and SQLite tells then whether the database itself is free."""


class Line:
    """A process's place in the line; for one thread at a time."""

    def __init__(self, home: Path) -> None:
        self._path = home / "writers.lock"
        self._file: int | None = None
        self._waits: Place | None = None
        """A place that was left while it still waits."""

    @contextmanager
    def turn(self) -> Generator[None]:
        """Held while nobody else of the line writes; after ``PATIENCE`` also when somebody does."""
        file = self._first()
        try:
            yield
        finally:
            if file is not None:
                unlock(file)

    def of(self, work: Callable[P, T]) -> Callable[P, T]:
        """The same work, done in a turn."""

        def in_turn(*args: P.args, **kwargs: P.kwargs) -> T:
            with self.turn():
                return work(*args, **kwargs)

        return in_turn

    def close(self) -> None:
        """Leave the line; safe to call twice."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _first(self) -> int | None:
        """The file with the lock; None where there is no line, or it does not move."""
        if not HAS_LINE or (self._waits is not None and not self._waits.over):
            return None
        self._waits = None
        try:
            if self._file is None:
                self._file = opened(self._path)
            lock(self._file)
        except BlockingIOError:
            return self._next()
        except OSError as error:
            self._without(error)
            return None
        return self._file

    def _next(self) -> int | None:
        """Wait for the lock, which belongs to the file that waited: that is ours from then on."""
        woken = threading.Event()
        try:
            place = Place(self._path, opened(self._path), woken.set)
        except OSError as error:
            self._without(error)
            return None
        woken.wait(PATIENCE)
        if (file := place.given()) is None:
            place.leave()
            self._waits = place
            return None
        self.close()
        self._file = file
        return file

    def _without(self, error: OSError) -> None:
        # A full disk, a file system without locks: SQLite's own waiting remains.
        log.debug("no line of writers at %s: %s", self._path, error)
