"""The line of a home's processes that want to write, in the order of their coming.

SQLite lets whoever waits for its lock try again after pauses of up to 100 ms: among many processes that write, some
come first again and again and one waits for seconds. An OS lock on a file beside the database wakes the next one. It
only makes a line: SQLite's own lock guards the database, also against programs that know nothing of this one.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import ParamSpec, TypeVar

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
        self._waits: _Wait | None = None

    @contextmanager
    def turn(self) -> Generator[None]:
        """Held while nobody else of the line writes; after ``PATIENCE`` also when somebody does."""
        file = self._first()
        try:
            yield
        finally:
            if file is not None:
                _unlock(file)

    def of(self, work: Callable[P, T]) -> Callable[P, T]:
        """The same work, done in a turn."""

        def in_turn(*args: P.args, **kwargs: P.kwargs) -> T:
            with self.turn():
                return work(*args, **kwargs)

        return in_turn

    def close(self) -> None:
        """Leave the line; safe to call twice. A wait that was given up keeps its file until the process ends."""
        if self._file is not None and (self._waits is None or self._waits.over(0)):
            os.close(self._file)
        self._file = None

    def _first(self) -> int | None:
        """The file with the lock; None where there is no line, or it does not move."""
        if self._waits is not None:
            if not self._waits.over(0):
                return None
            self._waits = None
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
            if _lock(self._file):
                return self._file
            waits = _Wait(self._file)
        except OSError as error:  # a full disk, a file system without locks: SQLite's own waiting remains
            log.debug("no line of writers at %s: %s", self._path, error)
            return None
        if waits.over(PATIENCE):
            return self._file if waits.given else None
        self._waits = waits
        return None


class _Wait:
    """A wait for the lock by a thread of its own, since the kernel's wait has no limit of time."""

    def __init__(self, file: int) -> None:
        self.given = False
        self._file = file
        self._turn = threading.Lock()
        self._ended, self._left = threading.Event(), False
        threading.Thread(target=self._wait, name="mailmcp-writers-line", daemon=True).start()

    def over(self, seconds: float) -> bool:
        """Whether it has ended by then; if not, the lock is given back as soon as it comes."""
        if self._ended.wait(seconds):
            return True
        with self._turn:
            self._left = not self._ended.is_set()
            return not self._left

    def _wait(self) -> None:
        try:
            _wait_for(self._file)
            given = True
        except OSError:
            given = False
        with self._turn:
            if given and self._left:
                _unlock(self._file)
            self.given = given and not self._left
            self._ended.set()


if sys.platform == "win32":

    def _lock(file: int) -> bool:
        raise OSError("there is no line")

    def _wait_for(file: int) -> None:
        raise OSError("there is no line")

    def _unlock(file: int) -> None:
        """Nothing is locked."""
else:
    import fcntl

    def _lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _wait_for(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)

    def _unlock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
