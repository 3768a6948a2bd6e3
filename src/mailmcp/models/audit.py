"""The audit log as it is shown, and what a look at it found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """Something that was done or decided."""

    id: int
    at: datetime
    event: str
    detail: dict[str, Any]
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCheck:
    """Whether the log is what was written."""

    rows: int
    head: str
    """The hash of the last row: it stands for all of them."""
    broken: int | None
    """The first row that is not what was written, or is missing."""
    why: str = ""
    late: tuple[tuple[int, int], ...] = ()
    """Rows that were noted outside only later: by a process that died at that moment, or by hand."""
    begun: int = 0
    """The last row that was there before anything was noted outside."""
