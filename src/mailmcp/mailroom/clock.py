"""The hour of drafts, on machines whose clock jumps.

A clock that is a day ahead would let every held draft expire, and one that is put back would keep queued mail for a
day. What really passed is told by a clock that nobody sets: where the two part, expiry waits until a human had time to
look, and the undo window of what is queued is counted anew.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from mailmcp.store import Store, outbox

log = logging.getLogger("mailmcp.clock")

JUMP = timedelta(minutes=5)
"""A clock that is set by less than this is being put right."""
PATIENCE_SECONDS = 3600
"""So long nothing expires after a jump ahead."""


def passed() -> float:
    """Seconds by a clock that nobody sets; where the system has one, it goes on while the machine sleeps."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Clock:
    """What time it is for drafts, as one process sees it."""

    def __init__(self, store: Store, passed_: Callable[[], float] | None = None) -> None:
        self._store = store
        self._passed = passed_ or (lambda: passed())
        self._offset: float | None = None
        self._patient_until = 0.0
        self._jumped = 0.0

    async def tend(self, now: datetime) -> None:
        """Let drafts expire whose time is over, unless it was the clock that moved."""
        lived = self._passed()
        offset = now.timestamp() - lived
        jump = 0.0 if self._offset is None else offset - self._offset
        if self._offset is None or abs(jump) > JUMP.total_seconds():
            self._offset = offset
            if jump:
                self._jumped = jump
                log.warning("the clock of this machine jumped by %.0f seconds", jump)
            # Also at the beginning: it may have been put back while no process was there.
            await self._store.write(outbox.count_anew, now, later_than=now + JUMP)
        if jump > JUMP.total_seconds():
            self._patient_until = lived + PATIENCE_SECONDS
        if lived >= self._patient_until and await self._store.read(outbox.has_expired, now):
            await self._store.write(outbox.expire, now)

    def said(self) -> str | None:
        """A sentence on a jump that still matters; None when there was none."""
        if self._passed() >= self._patient_until:
            return None
        return (
            f"The clock of this machine jumped ahead by {self._jumped / 3600:.1f} hours: no held draft expires within"
            " an hour of that. See that its date is right."
        )
