"""How often the services may be called, by all processes of a home together."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from mailmcp.models import BudgetStatus
from mailmcp.store.columns import milliseconds, moment

BURST = 4
"""The part of a minute's calls that may be made at once: with what comes back while they are made, no minute of a
service's clock ever sees more than it allows."""


def take(db: sqlite3.Connection, service: str, per_minute: int, now: datetime) -> float:
    """Take one call; else the seconds after which one may be there (0: it was taken)."""
    at = milliseconds(now)
    left, rests_until = _left(db, service, per_minute, at)
    if rests_until > at:
        return (rests_until - at) / 1000
    taken = left >= 1
    _put(db, service, per_minute, left - 1 if taken else left, at)
    return 0.0 if taken else (1 - left) / _a_second(per_minute)


def rest(db: sqlite3.Connection, service: str, per_minute: int, until: datetime, now: datetime) -> None:
    """The service is to be left alone until then."""
    left, _ = _left(db, service, per_minute, milliseconds(now))
    _put(db, service, per_minute, left, milliseconds(now))
    db.execute(
        "UPDATE budgets SET rests_until = max(rests_until, :until) WHERE service = :service",
        {"service": service, "until": milliseconds(until)},
    )


def status(db: sqlite3.Connection, service: str, per_minute: int, now: datetime) -> BudgetStatus:
    """What is left of a budget."""
    left, rests_until = _left(db, service, per_minute, milliseconds(now))
    return BudgetStatus(
        service=service,
        per_minute=per_minute,
        left=int(left),
        rests_until=moment(rests_until) if rests_until > milliseconds(now) else None,
    )


def _left(db: sqlite3.Connection, service: str, per_minute: int, at: int) -> tuple[float, int]:
    row = db.execute("SELECT left, at, rests_until FROM budgets WHERE service = :service", {"service": service})
    found = row.fetchone()
    if found is None:
        return float(_at_once(per_minute)), 0
    gone = max(0, at - found["at"]) / 1000  # a clock may have been set back
    return min(found["left"] + gone * _a_second(per_minute), float(_at_once(per_minute))), found["rests_until"]


def _put(db: sqlite3.Connection, service: str, per_minute: int, left: float, at: int) -> None:
    db.execute(
        "INSERT INTO budgets (service, per_minute, left, at) VALUES (:service, :per_minute, :left, :at)"
        " ON CONFLICT (service) DO UPDATE SET per_minute = :per_minute, left = :left, at = :at",
        {"service": service, "per_minute": per_minute, "left": left, "at": at},
    )


def _at_once(per_minute: int) -> int:
    return max(1, per_minute // BURST)


def _a_second(per_minute: int) -> float:
    return max(1, per_minute - _at_once(per_minute)) / 60
