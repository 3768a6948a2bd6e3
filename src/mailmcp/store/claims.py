"""What processes of a home are at: messages that waits took and did not hand out yet, and drafts that are being sent.

A claim must be seen at once by every process, must end with the process that holds it, and is worth nothing after a
restart: it is a lock on one byte of a file that stays empty, not a row. A commit would put a disk's sync between a
code and whoever waits for it, and a row would outlive its owner (decision 008).

Far behind the claims every process that has the database open locks one byte more, so that a repair can tell whether
it is alone, and keeps others out while it works.
"""

from __future__ import annotations

import errno
import logging
import os
import secrets
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from mailmcp.errors import StoreUnavailable
from mailmcp.store.oslocks import opened

log = logging.getLogger("mailmcp.store")

_TOOLS = ("wait_for_mail", "wait_for_otp", "send")
_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_PRESENT = 1 << 40
"""The first byte of presence; a process locks the one with its number, or any other if that is taken."""
_MOST_PROCESSES = 2**31 - 1
_PLACES = 4
"""So many bytes are tried: two containers that share a home have processes of one number, a repair has all bytes."""
_FILES: dict[Path, _ClaimFile] = {}
"""Every claim file that this process has open: locks of this kind belong to a process, and closing any descriptor of
the file would end all of them."""

Claim = tuple[str, int]
"""(tool, row of the message, or of the draft that is sent)."""


class Claims:
    """The claims of one mailroom; free them, or close this, or end the process."""

    def __init__(self, home: Path) -> None:
        path = home.resolve() / "claims.lock"
        if path not in _FILES:  # may raise StoreUnavailable
            _FILES[path] = _ClaimFile(path)
        self._file = _FILES[path]
        self._file.users.add(self)
        self._held: set[Claim] = set()

    def take(self, tool: str, message: int) -> bool:
        """Claim a message for a tool; False when somebody has it, this mailroom included. Never waits."""
        claim = (tool, message)
        if not self._file.lock(claim):
            return False
        self._held.add(claim)
        return True

    def free(self, tool: str, message: int) -> None:
        """Give a claim back; one that is not held here is left alone."""
        claim = (tool, message)
        if claim in self._held:
            self._held.discard(claim)
            self._file.unlock(claim)

    def close(self) -> None:
        """Give back what is held; safe to call twice."""
        for claim in tuple(self._held):
            self.free(*claim)
        self._file.leave(self)


@contextmanager
def alone(home: Path) -> Generator[bool]:
    """Whether no process has the database of a home open; if so, none can open it until this ends."""
    path = home.resolve() / "claims.lock"
    if path in _FILES:
        yield False
        return
    file = opened(path)
    try:
        try:
            _lock(file, _PRESENT, _MOST_PROCESSES)
        except OSError as error:
            if error.errno in _TAKEN:
                yield False
                return
            log.debug("no locks in %s: %s", path, error)
        yield True
    finally:
        os.close(file)


class _ClaimFile:
    """One descriptor for all mailrooms of this process on a home."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = opened(path)
        self._taken: set[Claim] = set()
        self.users: set[Claims] = set()
        if not self._is_present():
            os.close(self._file)
            raise StoreUnavailable(
                f"The database in {path.parent} is being repaired: try again when `mailmcp doctor --repair` has ended."
            )

    def _is_present(self) -> bool:
        """Say to a repair that somebody is here; False when one is at work."""
        for place in (os.getpid(), *(secrets.randbelow(_MOST_PROCESSES) for _ in range(_PLACES - 1))):
            try:
                _lock(self._file, _PRESENT + place)
            except OSError as error:
                if error.errno in _TAKEN:
                    continue
                log.debug("no locks in %s: %s", self._path, error)
            return True
        return False

    def lock(self, claim: Claim) -> bool:
        if claim in self._taken:
            return False
        try:
            _lock(self._file, _byte(claim))
        except OSError as error:
            if error.errno in _TAKEN:
                return False
            log.debug("no locks in %s: %s", self._path, error)  # then claims hold within this process
        self._taken.add(claim)
        return True

    def unlock(self, claim: Claim) -> None:
        self._taken.discard(claim)
        try:
            _unlock(self._file, _byte(claim))
        except OSError as error:
            log.debug("no locks in %s: %s", self._path, error)

    def leave(self, user: Claims) -> None:
        self.users.discard(user)
        if not self.users and _FILES.get(self._path) is self:
            del _FILES[self._path]
            os.close(self._file)


def _byte(claim: Claim) -> int:
    tool, message = claim
    return len(_TOOLS) * message + _TOOLS.index(tool)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int, byte: int, count: int = 1) -> None:
        os.lseek(file, byte, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, count)

    def _unlock(file: int, byte: int) -> None:
        os.lseek(file, byte, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(file: int, byte: int, count: int = 1) -> None:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, count, byte)

    def _unlock(file: int, byte: int) -> None:
        fcntl.lockf(file, fcntl.LOCK_UN, 1, byte)
