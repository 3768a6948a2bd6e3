"""What comes back about mail that was sent: reports of programs, as they were read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ReturnKind(StrEnum):
    """What a report is about."""

    BOUNCE = "bounce"
    """It could not be delivered to somebody, for good."""
    DELAY = "delay"
    """It was not delivered yet; somebody goes on trying."""
    DELIVERED = "delivered"
    COMPLAINT = "complaint"
    """Somebody called it unwanted (RFC 5965)."""
    RECEIPT = "receipt"
    """It was shown to somebody, or thrown away unread (RFC 8098)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What a report says of one recipient."""

    addresses: tuple[str, ...]
    """The recipient as the report names it: as it was written to, and as it was called where it ended."""
    kind: ReturnKind
    status: str = ""
    """As RFC 3463 writes it (``5.1.1``); ``""`` when nothing says it."""
    words: str = ""
    """What the other side said, on one line without links and quotation marks: a stranger's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A report about a message that was sent: what it claims, no more."""

    kind: ReturnKind
    message_ids: tuple[str, ...]
    """Of the message that it may be about: that of the returned header first."""
    envelope_id: str = ""
    """What was given as ENVID when it was handed over (RFC 3461 §4.4)."""
    fates: tuple[Fate, ...] = ()
