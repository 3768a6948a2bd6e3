"""What doors ask of the mailroom and what they are given: values only, so that a door can name them without loading
the rooms that do the work.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from mailmcp.errors import BadInput
from mailmcp.models import (
    AccountStatus,
    Address,
    Content,
    Draft,
    Link,
    ListenerStatus,
    Reason,
    ServiceStatus,
    StoredMessage,
    ThreadSummary,
    Verdict,
)

Tool = Literal["wait_for_mail", "wait_for_otp"]
Progress = Callable[[int], Awaitable[None]]
UNPROVED = "No approver's passphrase is set: a program that runs commands as you could approve too."
"""Said wherever a human approves."""


def moment(since: str | None) -> datetime | None:
    """A ``since`` that is no cursor, as a time. Raises BadInput."""
    if since is None or since.startswith("c_"):
        return None
    try:
        moment = datetime.fromisoformat(since)
    except ValueError as error:
        raise BadInput(
            f"`since` is {since[:60]!r}: give a cursor (c_…) from an earlier result, or a time such as"
            " 2026-01-31T12:00:00Z."
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What find_mail asks for; None means any."""

    inbox: str | None = None
    query: str | None = None
    from_: str | None = None
    unread: bool | None = None
    label: str | None = None
    since: str | None = None
    """A cursor, or a time: only threads with mail after it."""
    limit: int = 20
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of threads, newest first, and where the next page begins (None on the last)."""

    threads: tuple[ThreadSummary, ...]
    next_cursor: str | None
    searched: tuple[str, ...] = ()
    """What was asked elsewhere about mail that is not stored, as sentences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a wait looks for."""

    tool: Tool
    inbox: str
    from_: str | None = None
    subject: str | None = None
    since: str | None = None
    """A cursor, or an RFC 3339 time."""

    @property
    def call(self) -> str:
        """The same for identical calls without ``since``."""
        return hashlib.sha256(json.dumps([self.inbox, self.from_, self.subject]).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """How a wait ended: with a message, or pending (``message`` is None), and the cursor to go on from."""

    wanted: Wanted
    message: StoredMessage | None
    cursor: str
    repeated: bool = False
    waited: float = 0.0
    without_code: str | None = None
    """Pending, for a code: the newest mail, when it is new and holds none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRequest:
    """One attachment asked for: content (text or base64), a stored attachment, or a file of the outgoing folder."""

    name: str | None = None
    text: str | None = None
    base64: str | None = None
    message: str | None = None
    part: str | None = None
    file: str | None = None
    cid: str | None = None
    """The name by which the HTML shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRequest:
    """What send and draft_for_approval are asked."""

    inbox: str
    body: str
    to: tuple[str, ...] = ()
    subject: str | None = None
    html: str | None = None
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    in_reply_to: str | None = None
    reply_all: bool = False
    forward: str | None = None
    attachments: tuple[FileRequest, ...] = field(default=())
    send_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What a human changed of a held draft; None is as it was. Addresses as ``name@host`` or ``Name <name@host>``."""

    subject: str | None = None
    body: str | None = None
    to: tuple[str, ...] | None = None
    cc: tuple[str, ...] | None = None
    bcc: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of somebody's words; ``sign`` is the name of a character in it that nobody would see."""

    text: str
    sign: str = ""


Words = tuple[Piece, ...]
"""Words with every invisible character named where it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAddress:
    """Somebody that a draft names."""

    role: Literal["from", "reply_to", "to", "cc", "bcc"]
    name: Words
    address: Address
    ascii: str | None = None
    """The domain as machines read it, where it is written in other letters."""
    own: bool = False
    """An inbox of this home."""
    new: bool = False
    """No human has let this inbox write there yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFile:
    """An attachment of a draft."""

    part: str
    name: Words
    filename: str
    content_type: str
    size: int
    content: Content


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMessage:
    """A message of the conversation that a draft answers."""

    id: str
    outgoing: bool
    from_: str
    when: datetime
    text: str
    verdict: Verdict
    cut: bool
    answered: bool
    """It is the one that the draft answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """A draft as a human must see it, read from the bytes that would leave."""

    draft: Draft
    mime: bytes
    people: tuple[ShownAddress, ...]
    subject: Words
    text: Words
    html: bool
    links: tuple[Link, ...]
    hidden: tuple[tuple[str, str], ...]
    """(kind, words) of what the HTML keeps from its reader."""
    notices: tuple[str, ...]
    """What a human should know before deciding, as sentences."""
    files: tuple[ShownFile, ...]
    note: Words
    thread: tuple[ShownMessage, ...]
    thread_count: int
    audit: tuple[int, str] | None
    """Number and hash of the newest line of the audit log."""
    passphrase: bool
    """Whether an approval needs the approver's passphrase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a submission. ``draft`` is None only when policy refused it."""

    draft: Draft | None
    recipients: tuple[str, ...]
    refused: tuple[Reason, ...] = ()
    repeated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What mail_status tells."""

    home: Path
    backend: str
    domain: str
    policy: str
    leads: bool
    listener: ListenerStatus | None
    unjudged: int
    """Messages that are stored and not judged yet, so that no tool shows them."""
    held: int
    queued: int
    unknown: int
    """Drafts that may have left: the answer was lost."""
    inboxes: int
    unwise: tuple[str, ...] = ()
    """What is unwise about where the home lies, in sentences."""
    stopped: int | None = None
    """The number of the leading process, when somebody stopped it: nothing is received or sent meanwhile."""
    page: str | None = None
    """The address of the approval page, without power; None when no process serves it."""
    passphrase: bool = False
    """Whether approvals need the approver's passphrase."""
    trusted_clients: tuple[str, ...] = ()
    """Clients in which a human may approve, with a code."""
    pauses: tuple[str, ...] = ()
    """Of inboxes from which too much came back, a sentence for each."""
    suppressed: int = 0
    """Addresses to which nothing is sent any more."""
    audit_head: tuple[int, str] = (0, "")
    """The last row of the audit log, and the hash that stands for all of them."""
    accounts: tuple[AccountStatus, ...] = ()
    """Accounts elsewhere that mail is fetched from."""
    services: tuple[ServiceStatus, ...] = ()
    """Services that keep inboxes, and how often they may be called."""
    listens: bool = True
    """Whether a backend of this home receives by listening."""
