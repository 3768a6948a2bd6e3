"""What a home keeps: inboxes, messages, conversations, and who listens for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailmcp.models.mail import Address, Attachment, Channels, Codes, Defect
from mailmcp.models.trust import Trust, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """An address that receives mail here."""

    row: int
    address: str
    label: str
    backend: str
    created_at: datetime
    display_name: str = ""
    """What recipients see beside the address; the label is a note of ours and leaves with no mail."""
    account: str | None = None
    """Where its mail lies, when that is elsewhere: the address of the account."""
    remote: str | None = None
    """What the service that keeps it calls it; None when none does."""
    adopted: bool = False
    """It was there before it was known here: it is not deleted there."""


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
    authentication: tuple[str, ...]
    """What the check of its sender found out, in lines for people; empty when there was none."""
    automatic: str
    """Why it is a program's own: bounce, auto_replied, auto_generated, list, bulk …; ``""`` when it is not."""
    about: str
    """A sentence of ours on what it is, when it is a report or an automatic answer; else ``""``."""
    position: int
    """Its place in the order of announcement, over all inboxes."""
    cursor: str
    """Names the position right after this message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedMessage:
    """A message that an inbox does not take: a human may look at its envelope, and let it in."""

    id: str
    inbox: str
    from_: Address
    subject: str
    received_at: datetime


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
    newest: str
    """The id of its newest message."""
    messages: tuple[tuple[StoredMessage, Channels], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerStatus:
    """Where the leading process (``pid``) listens, or the sentence why it does not."""

    host: str | None
    port: int | None
    pid: int
    trouble: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMail:
    """A message with its bytes, to be written elsewhere."""

    row: int
    raw: bytes
    mail_from: str
    received_at: datetime
    sent: bool
    """Our own copy of a message that left."""
    read: bool
