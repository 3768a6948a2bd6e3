"""The OS lock of the leader, and the line of those that wait for it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

from mailmcp.errors import StoreUnavailable
from mailmcp.store.oslocks import Place, lies_at, lock, opened

LEADER_LOCK = "leader.lock"


class LockFile:
    """An OS lock that the kernel frees when its holder dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self) -> bool:
        """Take the lock if nobody holds it; never waits."""
        file = _opened(self._path)
        try:
            lock(file)
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
        return self._file is not None and lies_at(self._path, self._file)

    def release(self) -> None:
        """Give the lock back; safe to call without holding it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _have(self, file: int) -> None:
        os.ftruncate(file, 0)
        os.write(file, str(os.getpid()).encode())
        self._file = file


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
        return opened(path)
    except OSError as error:
        why = "it is a link" if error.errno == errno.ELOOP else error.strerror
        raise StoreUnavailable(f"The lock file {path} cannot be opened ({why}): take it away.") from error
