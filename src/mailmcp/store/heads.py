"""What is noted of the audit log outside of the database, so that rows removed from its end are missed too.

A file of one line for each transaction that wrote rows: the first and the last of them, the hash of the last, and when.
It is written right after the commit, by the thread that made it. A process that dies in between leaves rows unnoted:
the next one that begins to work notes them, marked as ``late``.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from mailmcp.models import AuditCheck
from mailmcp.store import audit

log = logging.getLogger("mailmcp.audit")

NAME = "audit.heads"
SETTLE_SECONDS = 0.1
"""So long a process that has just committed may need for its line."""


@dataclass(frozen=True, slots=True)
class Note:
    """One line: the rows ``first`` to ``last`` were written, and ``hash`` is that of the last."""

    first: int
    last: int
    hash: str
    how: str = "written"
    """``written``; ``late``: by a process that died before it could note them, or by hand; ``begun``: before the
    first note was made."""
    at: int = 0


class Heads:
    """The file of one home; used by the writing thread of one process."""

    def __init__(self, home: Path) -> None:
        self._path = home / NAME

    def add(self, before: int, after: tuple[int, str], how: str = "written") -> None:
        """Note the rows behind ``before`` up to ``after`` (its number and hash). Trouble is for the log only."""
        number, digest = after
        if number <= before:
            return
        line = f"{before + 1} {number} {digest} {how} {int(time.time() * 1000)}\n"
        try:
            # Appended in one call: lines of several processes do not mix.
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
            file = os.open(self._path, flags, 0o600)
            try:
                os.write(file, line.encode("ascii"))
            finally:
                os.close(file)
        except OSError as error:
            log.warning("the head of the audit log could not be noted in %s: %s", self._path, error.strerror)

    def notes(self) -> list[Note]:
        """What was noted, as far as lines can be read."""
        try:
            lines = self._path.read_text("ascii", "replace").splitlines()
        except OSError:
            return []
        return [note for line in lines if (note := _read(line)) is not None]

    def verified(self, db: sqlite3.Connection, *, head: tuple[int, str] | None = None) -> AuditCheck:
        """Inside a transaction that writes: whether the log is what was written and noted."""
        check = audit.verified(db, self.notes(), head_=head)
        if check.broken is None:
            return check
        time.sleep(SETTLE_SECONDS)  # the process that committed last may be about to write its line
        return audit.verified(db, self.notes(), head_=head)

    def catch_up(self, db: sqlite3.Connection) -> None:
        """Inside a transaction: note the rows that nobody noted."""
        head = audit.head(db)
        noted = self.notes()
        if head[0] > _covered(noted):
            time.sleep(SETTLE_SECONDS)  # no other process commits meanwhile, but one may be about to write its line
            noted = self.notes()
        if head[0] > _covered(noted):
            self.add(_covered(noted), head, "late" if noted else "begun")


def _covered(notes: list[Note]) -> int:
    return max((note.last for note in notes), default=0)


def _read(line: str) -> Note | None:
    pieces = line.split(" ")
    if len(pieces) != 5 or not (pieces[0].isdecimal() and pieces[1].isdecimal() and pieces[4].isdecimal()):
        return None
    return Note(int(pieces[0]), int(pieces[1]), pieces[2], pieces[3], int(pieces[4]))
