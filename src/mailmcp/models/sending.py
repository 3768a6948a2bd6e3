"""What leaves: a submission, the bytes that were approved, and the draft that says how far it got."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mailmcp.models.mail import Address
from mailmcp.models.stored import Inbox
from mailmcp.models.trust import Reason


class DraftState(StrEnum):
    """The life of an outgoing message. ``on_wire`` that outlives its process becomes ``unknown``."""

    HELD = "held"
    QUEUED = "queued"
    CLAIMED = "claimed"
    ON_WIRE = "on_wire"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingFile:
    """An attachment of a mail to be sent."""

    filename: str
    content_type: str
    data: bytes
    cid: str | None = None
    """The name by which the HTML shows it in its place (``<img src="cid:…">``); None: it is attached to the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What somebody asks to be sent, before it is composed: addresses validated, parent resolved."""

    inbox: Inbox
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str = ""
    body: str = ""
    html: str | None = None
    attachments: tuple[OutgoingFile, ...] = ()
    in_reply_to: str | None = None
    """The parent's Message-ID."""
    answers: str | None = None
    """The parent's m_… id: a parent without a Message-ID has no other name."""
    references: tuple[str, ...] = ()
    carries: tuple[str, ...] = ()
    """The m_… ids of stored messages that it passes on, as a forward or by a file of theirs."""
    send_at: datetime | None = None
    automatic: bool = False
    """It answers what a program sent by itself: marked as RFC 3834 §5 asks, so that the two do not go on for ever."""

    @property
    def sender(self) -> Address:
        """Whom the mail is from, with the name that the inbox goes by."""
        return Address(self.inbox.display_name, self.inbox.address)

    @property
    def recipients(self) -> tuple[str, ...]:
        """Every envelope recipient once, in header order; the case of letters makes no second one."""
        return distinct(address.email for address in (*self.to, *self.cc, *self.bcc))


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMail:
    """The immutable bytes and envelope that were approved: the only thing a backend may send."""

    mime: bytes
    mail_from: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a backend says after a send."""

    accepted: tuple[str, ...]
    refused: tuple[tuple[str, str], ...] = ()
    """(recipient, one sentence why) of each that was not accepted, for good."""
    postponed: tuple[tuple[str, str], ...] = ()
    """The same of each that may be accepted later."""
    unreachable: frozenset[str] = frozenset()
    """Those refused ones that do not exist (RFC 3463: 5.1.x): writing to them again harms whoever sends."""
    held: tuple[tuple[str, str], ...] = ()
    """(recipient, one sentence) of each for whom the provider keeps it, for a review of its own: it has not left."""
    provider_id: str | None = None
    """What the provider calls the message: events name it so."""
    message_id: str | None = None
    """The Message-ID under which it travels, with angle brackets, when that is not the one in the bytes."""


class DeliveryState(StrEnum):
    """How far a message got on its way to one recipient."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    POSTPONED = "postponed"
    """Not accepted yet; it is tried again."""
    UNKNOWN = "unknown"
    BOUNCED = "bounced"
    """It was accepted, and came back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of a draft for one of its recipients."""

    recipient: str
    state: DeliveryState
    detail: str = ""
    """One sentence why, of those that were not accepted."""
    gone: bool = False
    """Refused since there is no such recipient; not kept, it is in ``suppressions``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address to which nothing is sent any more."""

    email: str
    reason: str
    detail: str
    inbox: str
    """From which it was written to."""
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """An inbox from which too much came back: until a human lifts it, nothing leaves it without a human."""

    inbox: str
    since: datetime
    reason: str


class Decision(StrEnum):
    """What policy says of a message that wants to leave."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingVerdict:
    """A decision with the reasons of every rule that did not simply allow."""

    decision: Decision
    reasons: tuple[Reason, ...] = ()


class Leave(StrEnum):
    """Who let a message go."""

    ALLOWED = "allowed"
    """Policy, without a human."""
    APPROVED = "approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """The leave for one message to go once: exactly these bytes to exactly these recipients."""

    draft: str
    revision: int
    sha256: str
    """Of the MIME bytes and the envelope."""
    decision: Leave
    approver: str
    expires_at: datetime
    nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """An approval with what proves it."""

    approval: Approval
    mac: str
    """HMAC-SHA256 by the home's key."""
    signature: str = ""
    """Ed25519 by the key of the approver's passphrase; empty where none is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A row of the outbox."""

    row: int
    id: str
    inbox: str
    state: DraftState
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    subject: str
    sha256: str
    """Of the MIME bytes and the envelope: what an approval names."""
    reasons: tuple[Reason, ...]
    note: str
    created_at: datetime
    send_at: datetime | None
    expires_at: datetime | None
    error: str | None
    message: str | None
    """The m_… id of the sent copy once it was sent."""
    not_before: datetime | None = None
    """When it leaves at the earliest, once it is queued: the undo window, ``send_at`` or the next try."""
    decided_at: datetime | None = None
    """When a human allowed it."""
    tries: int = 0
    """How often it was begun to be handed over and put off again."""
    backend: str | None = None
    """Through which backend it went when it was last on the wire."""
    deliveries: tuple[Delivery, ...] = ()
    """What became of it for each recipient that it was tried for."""
    revision: int = 1
    """An edit makes the next one."""
    answers: str | None = None
    """The m_… id of the message that it answers."""
    carries: tuple[str, ...] = ()
    """The m_… ids of stored messages that it passes on."""

    @property
    def recipients(self) -> tuple[str, ...]:
        """Every envelope recipient once, in header order; the case of letters makes no second one."""
        return distinct(address.email for address in (*self.to, *self.cc, *self.bcc))


def distinct(emails: Iterable[str]) -> tuple[str, ...]:
    """Each address once, in the spelling that comes first."""
    first: dict[str, str] = {}
    for email in emails:
        first.setdefault(email.lower(), email)
    return tuple(first.values())
