"""Locks that the kernel keeps on files and frees when their holder dies, and the line of those that wait for one."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

HAS_LINE = sys.platform != "win32"
"""Whether the kernel itself wakes who waits for a lock; elsewhere a lock has to be tried again and again."""


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
        threading.Thread(target=self._wait, args=(file,), name=f"mailmcp-next-at-{path.stem}", daemon=True).start()

    def in_place(self) -> bool:
        """Whether the lock that is waited for is still the one that other processes would find."""
        return not self.over and self._file is not None and lies_at(self._path, self._file)

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
            _wait(file)
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


def opened(path: Path) -> int:
    """A lock's file, made if it is not there; a link is not followed. Raises OSError."""
    return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)


def lies_at(path: Path, file: int) -> bool:
    """Whether an open file is the one that others find at a path."""
    try:
        found = path.stat()
    except OSError:
        return False
    held = os.fstat(file)
    return (found.st_dev, found.st_ino) == (held.st_dev, held.st_ino)


if sys.platform == "win32":
    import msvcrt

    def lock(file: int) -> None:
        """Take the lock of an open file if nobody has it, else raise OSError."""
        os.lseek(file, 1024, os.SEEK_SET)  # beyond the process id: locked bytes cannot be read by others there
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

    def unlock(file: int) -> None:
        """Give the lock of an open file back."""
        os.lseek(file, 1024, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

    def _wait(file: int) -> None:
        raise OSError("there is no line")
else:
    import fcntl

    def lock(file: int) -> None:
        """Take the lock of an open file if nobody has it, else raise OSError."""
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def unlock(file: int) -> None:
        """Give the lock of an open file back."""
        fcntl.flock(file, fcntl.LOCK_UN)

    def _wait(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)
