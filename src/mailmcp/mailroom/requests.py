"""What doors ask of the mailroom and what they are given: values only, so that a door can name them without loading
the rooms that do the work.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mailmcp.models import AccountStatus, Draft, ListenerStatus, Reason, StoredMessage, ThreadSummary

Tool = Literal["wait_for_mail", "wait_for_otp"]
Progress = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What find_mail asks for; None means any."""

    inbox: str | None = None
    query: str | None = None
    from_: str | None = None
    unread: bool | None = None
    label: str | None = None
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRequest:
    """One attachment asked for: content (text or base64), a stored attachment, or a file of the outgoing folder."""

    name: str | None = None
    text: str | None = None
    base64: str | None = None
    message: str | None = None
    part: str | None = None
    file: str | None = None


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
    accounts: tuple[AccountStatus, ...] = ()
    """Accounts elsewhere that mail is fetched from."""
