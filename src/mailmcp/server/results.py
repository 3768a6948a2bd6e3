"""What each tool gives back as ``structuredContent``: the shapes, and nothing else.

Ids: an inbox is its address; thread t_…, message m_…, draft d_…, cursor c_…. Times are RFC 3339 UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from mcp.types import CallToolResult, TextContent
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

Time = Annotated[
    datetime,
    PlainSerializer(lambda moment: f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", return_type=str),
    Field(json_schema_extra={"format": "date-time"}),
]
Trust = Literal["verified", "unverified", "suspicious", "failed", "local"]


SUBJECT_SHOWN = 200
"""Characters of a subject: the rest is in the headers."""


class Result(BaseModel):
    """Base of all results."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def answer(text: str, data: Result) -> CallToolResult:
    """A short text and the same facts as a record."""
    record = data.model_dump(mode="json", by_alias=True, exclude_none=True)
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=record)


class InboxCreated(Result):
    """create_inbox."""

    address: str
    created: bool
    cursor: str
    can_send: bool
    """Whether policy lets it send at all; to whom is said by each send."""
    reach: Literal["this_machine", "internet"]
    how_to_reach: str


class InboxLine(Result):
    """One inbox of list_inboxes."""

    address: str
    label: str | None = None
    unread: int
    reach: Literal["this_machine", "internet"]
    last_received_at: Time | None = None


class InboxList(Result):
    """list_inboxes."""

    inboxes: list[InboxLine]
    left_out: int | None = None


class InboxDeleted(Result):
    """delete_inbox."""

    address: str
    messages: int
    threads: int
    drafts: int


class ThreadLine(Result):
    """One thread of find_mail."""

    id: str
    inbox: str
    subject: str
    who: list[str]
    when: Time
    count: int
    unread: int
    first_line: str
    trust: Trust
    labels: list[str] | None = None


class ThreadList(Result):
    """find_mail."""

    threads: list[ThreadLine]
    next_cursor: str | None = None
    searched: list[str] | None = None
    """What was asked elsewhere about mail that is not stored."""


class LinkLine(Result):
    """A link of a message, as data."""

    number: int
    """Stands in brackets behind its words in the message's text."""
    text: str
    url: str
    host: str
    flags: list[str] | None = None


class AttachmentLine(Result):
    """An attachment of a message; ``part`` is what get_attachment takes."""

    part: str
    name: str
    type: str
    size: int


class HiddenLine(Result):
    """What a person would not see: the kind of hiding, and the text only when it was asked for."""

    kind: str
    chars: int
    text: str | None = None


class MessageBody(Result):
    """One message of read_thread."""

    id: str
    direction: Literal["in", "out"]
    sender: str | None = None
    to: list[str]
    cc: list[str] | None = None
    reply_to: list[str] | None = None
    people_left_out: int | None = None
    subject: str
    received_at: Time
    sent_at: Time | None = None
    about: str | None = None
    """What it is, when a program wrote it about mail that was sent, or as an automatic answer."""
    read: bool
    labels: list[str] | None = None
    trust: Trust
    trust_reasons: list[str] | None = None
    verified_domain: str | None = None
    text: str
    text_cut_at: int | None = None
    quoted: str | None = None
    quoted_chars: int | None = None
    quoted_left_out: int | None = None
    quotes: list[str] | None = None
    """Stored messages whose words are quoted."""
    quoted_unverified: int | None = None
    """Characters of quoted lines that no stored message of the thread has."""
    put_in: list[str] | None = None
    """Those lines, where they stand below quoted words of a stored message and are few: perhaps answers."""
    signature: str | None = None
    hidden: list[HiddenLine] | None = None
    hidden_left_out: int | None = None
    """Further pieces."""
    invisible_characters: int | None = None
    """Characters without a picture that were taken out of the text."""
    links: list[LinkLine] | None = None
    links_left_out: int | None = None
    attachments: list[AttachmentLine] | None = None
    attachments_left_out: int | None = None
    headers: list[str] | None = None
    headers_left_out: int | None = None
    authentication: list[str] | None = None
    defects: list[str] | None = None


class ThreadBody(Result):
    """read_thread."""

    thread: str
    inbox: str
    count: int
    messages: list[MessageBody]
    next_cursor: str | None = None


class Waited(Result):
    """wait_for_mail."""

    status: Literal["found", "pending"]
    cursor: str
    waited: float
    repeated: bool | None = None
    message: str | None = None
    thread: str | None = None
    sender: str | None = None
    subject: str | None = None
    received_at: Time | None = None
    trust: Trust | None = None
    verified_domain: str | None = None


class Otp(Waited):
    """wait_for_otp."""

    code: str | None = None
    link: str | None = None
    link_flags: list[str] | None = None
    confidence: float | None = None
    evidence: str | None = None
    without_code: str | None = None
    """pending: the newest mail that came, when it holds none."""


class Delivered(Result):
    """What became of a mail for one of its recipients."""

    recipient: str
    status: Literal["accepted", "refused", "postponed", "held", "unknown", "bounced"]
    detail: str | None = None


class Sent(Result):
    """send and draft_for_approval."""

    status: Literal["sent", "queued", "held", "held_elsewhere", "refused", "rejected", "failed", "unknown"]
    draft: str | None = None
    message: str | None = None
    recipients: list[str]
    reasons: list[str] | None = None
    repeated: bool | None = None
    send_at: Time | None = None
    deliveries: list[Delivered] | None = None
    """Of each recipient that was tried, when not all of them accepted it."""
    how_to_decide: str | None = None


class DraftLine(Result):
    """One draft of check_draft."""

    draft: str
    status: str
    inbox: str
    recipients: list[str]
    recipients_left_out: int | None = None
    subject: str
    created_at: Time
    send_at: Time | None = None
    expires_at: Time | None = None
    message: str | None = None
    reasons: list[str] | None = None
    error: str | None = None
    deliveries: list[Delivered] | None = None


class DraftList(Result):
    """check_draft."""

    drafts: list[DraftLine]


class AttachmentBody(Result):
    """get_attachment."""

    message: str
    part: str
    name: str
    type: str
    size: int
    sha256: str
    content: str | None = None
    """The type that its bytes tell, when they tell one."""
    doubt: str | None = None
    """What that says against its name or type."""
    text: str | None = None
    """A page of its text."""
    next_offset: int | None = None
    """Where the next page begins."""
    chars: int | None = None
    """Of the whole text."""
    truncated: bool | None = None
    """There is more in the file than what is read of it."""
    base64: str | None = None
    file: str | None = None


class Marked(Result):
    """mark."""

    target: str
    messages: int | None = None
    unread: int | None = None
    labels: list[str] | None = None
    status: str | None = None


class AccountLine(Result):
    """An account elsewhere that mail is fetched from."""

    address: str
    state: str


class ServiceLine(Result):
    """A service that keeps inboxes."""

    name: str
    state: str
    """How it stands with it, and how often it may still be called."""


class MailStatus(Result):
    """mail_status."""

    version: str
    backend: str
    home: str
    domain: str
    smtp: str | None = None
    listener: Literal["this_process", "another_process", "off"]
    leader: bool
    policy: str
    inboxes: int
    held: int
    approval: str
    """How a human approves, and what that is worth."""
    page: str | None = None
    queued: int
    audit_head: str
    """Last row and hash of the audit log; `mailmcp audit verify --head` takes it."""
    accounts: list[AccountLine] | None = None
    services: list[ServiceLine] | None = None
    warnings: list[str]
    next: str
