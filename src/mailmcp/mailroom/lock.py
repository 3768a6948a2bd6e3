"""The OS lock of the leader, which the kernel frees when its holder dies, and the line of those that wait for it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mailmcp.errors import StoreUnavailable

LEADER_LOCK = "leader.lock"
HAS_LINE = sys.platform != "win32"
"""Whether the kernel itself wakes who waits for a lock; elsewhere a lock has to be tried again and again."""


class LockFile:
    """An OS lock that the kernel frees when its holder dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self) -> bool:
        """Take the lock if nobody holds it; never waits."""
        file = _opened(self._path)
        try:
            _lock(file)
        except OSError:
            os.close(file)
            return False
        self._have(file)
        return True

    def line_up(self, woken: Callable[[], object]) -> Place:
        """Wait in the kernel's line; ``woken`` is called by another thread when there is something to look at.

        Raises StoreUnavailable when the file cannot be opened.
        """
        return Place(self._path, _opened(self._path), woken)

    def step_forward(self, place: Place) -> bool:
        """Take the lock over from a place that was given it; False when it was not, or is no longer the right one."""
        file = place.given() if place.in_place() else None
        if file is None:
            return False
        self._have(file)
        return True

    def in_place(self) -> bool:
        """Whether the lock that is held is still the one that other processes would find."""
        return self._file is not None and _lies_at(self._path, self._file)

    def release(self) -> None:
        """Give the lock back; safe to call without holding it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _have(self, file: int) -> None:
        os.ftruncate(file, 0)
        os.write(file, str(os.getpid()).encode())
        self._file = file


class Place:
    """A place in the line for a lock: whoever stands there has it the moment that its holder is gone.

    A thread waits, since the kernel knows no other way to be told. It cannot be called off: after ``leave`` it gives
    the lock back as soon as it gets it, and it keeps no process from ending.
    """

    def __init__(self, path: Path, file: int, woken: Callable[[], object]) -> None:
        self._path = path
        self._file: int | None = file
        self._woken = woken
        self._turn = threading.Lock()
        self._has_lock = self._left = self.over = False
        threading.Thread(target=self._wait, args=(file,), name="mailmcp-next-leader", daemon=True).start()

    def in_place(self) -> bool:
        """Whether the lock that is waited for is still the one that other processes would find."""
        return not self.over and self._file is not None and _lies_at(self._path, self._file)

    def given(self) -> int | None:
        """The file with the lock, from now on the caller's; None while it was not given."""
        with self._turn:
            if not self._has_lock:
                return None
            file, self._file, self._has_lock = self._file, None, False
            return file

    def leave(self) -> None:
        """Wait no more; a lock that nobody took from here is given back."""
        with self._turn:
            self._left = True
            if self._has_lock and self._file is not None:
                os.close(self._file)
                self._file, self._has_lock = None, False

    def _wait(self, file: int) -> None:
        try:
            _wait_for_lock(file)
            given = True
        except OSError:  # the file system knows no such wait
            given = False
        with self._turn:
            if self._left or not given:
                os.close(file)
                self._file, self.over = None, True
            self._has_lock = given and not self._left
        with suppress(RuntimeError):  # whom it would tell may have ended
            self._woken()


def stopped_holder(home: Path, proc: Path = Path("/proc")) -> int | None:
    """The leading process, if somebody stopped it (a terminal, a debugger): it keeps its lock and does nothing.

    None when it runs, or where the system does not tell (proc(5)).
    """
    try:
        pid = int((home / LEADER_LOCK).read_text("ascii"))
        state = (proc / str(pid) / "stat").read_text("utf-8", "replace").rpartition(") ")[2][:1]
    except (OSError, ValueError):
        return None
    return pid if state in ("T", "t") else None


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreUnavailable(f"The lock file {path} cannot be opened: {error.strerror}.") from error


def _lies_at(path: Path, file: int) -> bool:
    try:
        found = path.stat()
    except OSError:
        return False
    held = os.fstat(file)
    return (found.st_dev, found.st_ino) == (held.st_dev, held.st_ino)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        os.lseek(file, 1024, os.SEEK_SET)  # beyond the process id: locked bytes cannot be read by others there
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

    def _wait_for_lock(file: int) -> None:
        raise OSError("there is no line")
else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _wait_for_lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)
