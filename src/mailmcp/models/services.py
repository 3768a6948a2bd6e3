"""Mail services that keep inboxes elsewhere: what they have, what they say arrived, and what became of sent mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from mailmcp.models.authentication import Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteInbox:
    """An inbox as a service has it."""

    address: str
    """In lower case."""
    id: str
    """What the service calls it; often the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A mail that a service says it has: enough to know it by, and to ask for the rest."""

    id: str
    """The service's own id of it, the same for ever: by it a mail is stored once."""
    at: datetime
    """When it arrived, by the service's clock."""
    detail: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What the backend wants to find again when it fetches the mail, as JSON holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some of what arrived in an inbox."""

    found: tuple[Found, ...]
    cursor: str | None
    """Where to look on; None leaves it as it was."""
    more: bool = False
    """There is more to be had at once from ``cursor`` on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A mail as a service hands it over."""

    raw: bytes
    received_at: datetime
    mail_from: str = ""
    rebuilt: bool = False
    """The bytes were composed here from what the service said: signatures are not ours to judge."""
    claim: Claim | None = None
    """What the service says it found out about the sender, by its name; results that it does not know are left out."""


class EventKind(StrEnum):
    """What a service says became of mail that it took."""

    SENT = "sent"
    """It left the service."""
    DELIVERED = "delivered"
    DELAYED = "delayed"
    BOUNCED = "bounced"
    """It came back for good."""
    COMPLAINED = "complained"
    REJECTED = "rejected"
    """The service did not let it leave after all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that became of a mail."""

    provider_id: str
    """As ``Receipt.provider_id`` named the mail."""
    kind: EventKind
    recipients: tuple[str, ...] = ()
    """Whom it is about; none when the service does not say."""
    status: str = ""
    """As RFC 3463 writes it (``5.1.1``); ``""`` when nothing says it."""
    words: str = ""
    """What the service or the other side said: a stranger's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Some of what became of sent mail."""

    events: tuple[Event, ...]
    cursor: str | None
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """How it stands with a service, as the leading process says."""

    service: str
    trouble: str = ""
    """One sentence why it is not reached."""
    looked_at: datetime | None = None
    stream: str = ""
    """How it stands with what it tells by itself, in words; empty where it tells nothing."""
    waiting: int = 0
    """Mails that it has and that are still to be fetched."""
    budget: BudgetStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStatus:
    """How many calls a service may still be asked now."""

    service: str
    per_minute: int
    left: int
    rests_until: datetime | None = None
    """The service asked to be left alone until then."""
