"""The nouns: frozen values that rooms hand to each other. No I/O, no imports of ours.

Times are timezone-aware UTC ``datetime`` values; sizes are bytes; durations are seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of a header: decoded display name (``""`` when there is none) and addr-spec."""

    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What the SMTP conversation (or the provider) said, as opposed to what the header says (RFC 5321 §2.3.1)."""

    mail_from: str
    """The reverse path without brackets; ``""`` is the null path of bounces."""
    recipients: tuple[str, ...]
    received_at: datetime
    peer: str | None = None
    """The connecting IP address, None when mail did not come over SMTP."""
    helo: str | None = None


class Source(StrEnum):
    """How the raw bytes of a message were come by."""

    SMTP = "smtp"
    SUBMITTED = "submitted"
    """Handed in by this mailroom for one of its own inboxes, without SMTP."""
    REBUILT = "rebuilt"
    """Composed here because the provider has no raw bytes: DKIM is not ours to judge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message as a backend hands it in: bytes first, nothing concluded from them yet."""

    raw: bytes
    envelope: Envelope
    source: Source
    backend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A part that is not the message's own text. ``part`` is its path, IMAP style: ``"2"``, ``"1.3"``."""

    part: str
    filename: str
    """Never empty, never a path: a nameless part gets ``part-<path>.<extension of its type>``."""
    content_type: str
    size: int
    """Bytes after the transfer encoding was undone."""
    inline: bool = False
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Defect:
    """Something wrong with a mail: a stable code and a sentence for people."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The words of a mail's bytes. Parsing never fails: what was wrong is in ``defects``."""

    message_id: str | None = None
    """With angle brackets, as References hold it."""
    subject: str = ""
    from_: tuple[Address, ...] = ()
    sender: Address | None = None
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    date: datetime | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    """Oldest first (RFC 5322 §3.6.4)."""
    text: str | None = None
    """The message's own plain text, decoded; else words that stand elsewhere (a defect says where); else None."""
    html: str | None = None
    calendar: str | None = None
    """The first text/calendar part, decoded: strangers' words like the rest."""
    attachments: tuple[Attachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    """Every header in order, decoded for display."""
    defects: tuple[Defect, ...] = ()

    @property
    def author(self) -> Address | None:
        """The one From address, or None when From is missing, plural or defective (never guess a sender)."""
        if len(self.from_) != 1 or any(defect.code.startswith("from_") for defect in self.defects):
            return None
        return self.from_[0]


@dataclass(frozen=True, slots=True)
class Hidden:
    """A piece that a person would not see. ``kind``: preheader, css, colour, size, off_screen, attribute, …"""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A hyperlink as data: the text a person would click, and where it leads."""

    text: str
    url: str
    offset: int
    """Where its text begins in ``Channels.visible`` (characters)."""
    button: bool = False
    """Drawn as a button (own background, padded cell, role=button)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """The text of a mail, split by who would see it."""

    visible: str = ""
    """New text that a person sees, invisible characters gone."""
    quoted: str = ""
    signature: str = ""
    hidden: tuple[Hidden, ...] = ()
    links: tuple[Link, ...] = ()
    emphasis: tuple[tuple[int, int], ...] = ()
    """Spans of ``visible`` (start, end) set apart by the sender: big, bold, monospaced, alone in a cell."""
    read_from: str = "none"
    """html, plain or none: which part ``visible`` was read from."""
    invisible: int = 0
    """How many invisible characters were removed."""
    defects: tuple[Defect, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """The one-time code and the sign-in link of a mail, each None when there is none."""

    code: str | None = None
    """What a person would type: groups of digits joined, letters and prefixes as shown."""
    code_confidence: float = 0.0
    link: str | None = None
    link_confidence: float = 0.0
    evidence: str = ""
    """The line (or the link's text) it was taken from, one line, at most 200 characters."""


class Verdict(StrEnum):
    """May this sender be believed? (DESIGN: ``local`` means submitted by this mailroom, without SMTP.)"""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    SUSPICIOUS = "suspicious"
    FAILED = "failed"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a judgement fell as it did: a stable code and one plain sentence."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """A verdict about a sender with its reasons."""

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    verified_domain: str | None = None
    """Set only by an aligned DMARC pass on one unambiguous From address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """An address that receives mail here."""

    row: int
    address: str
    label: str
    backend: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxSummary:
    """One line of list_inboxes."""

    inbox: Inbox
    unread: int
    last_received_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """A message of an inbox, judged, without its bodies."""

    row: int
    id: str
    inbox: str
    thread: str
    outgoing: bool
    message_id: str | None
    subject: str
    from_: Address | None
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    date: datetime | None
    received_at: datetime
    read: bool
    labels: tuple[str, ...]
    trust: Trust
    codes: Codes
    references: tuple[str, ...]
    attachments: tuple[Attachment, ...]
    defects: tuple[Defect, ...]
    position: int
    """Its place in the order of announcement, over all inboxes."""
    cursor: str
    """Names the position right after this message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadSummary:
    """One line of find_mail."""

    id: str
    inbox: str
    subject: str
    who: tuple[Address, ...]
    last_at: datetime
    count: int
    unread: int
    first_line: str
    """First line of the newest message's new text."""
    trust: Verdict
    """Of the newest message that came in; local when all were ours."""
    labels: tuple[str, ...]
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A thread (or one message of it) with its text, oldest first."""

    thread: str
    inbox: str
    count: int
    """Messages in the whole thread."""
    messages: tuple[tuple[StoredMessage, Channels], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerStatus:
    """Where the leading process (``pid``) listens, or the sentence why it does not."""

    host: str | None
    port: int | None
    pid: int
    trouble: str | None


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
    send_at: datetime | None = None

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
    """(recipient, one sentence why) of each that was not accepted."""
    provider_id: str | None = None


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
