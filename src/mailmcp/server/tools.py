"""The thirteen tools: one short function each. The docstring is what the model reads, the result is a view."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, InputRequiredResult, ToolAnnotations
from pydantic import BaseModel, ConfigDict, Field

from mailmcp.errors import BadInput
from mailmcp.mailroom.requests import FileRequest, Search, SendRequest, Wanted
from mailmcp.server import asking, outcomes, results, views
from mailmcp.server.absence import MOST_CHARS
from mailmcp.server.arguments import BARE_ADDRESS, STRIPPED, bare_address, strict
from mailmcp.server.results import answer
from mailmcp.server.sentences import shown
from mailmcp.server.session import Session

if TYPE_CHECKING:
    from mailmcp.mailroom.counter import Counter

Ctx = Context[Session, Any]

_SENDER = re.compile(
    r"(?:[^\s@<>()\[\],;:\"*]{1,64}@)?(?:(?:[^\W_][\w-]{0,62}\.){1,10}[^\W_][\w-]{0,62}|localhost|\[[\w.:]+\])"
)
"""An address, or a domain; both with letters of any script."""

Inbox = Annotated[str, BARE_ADDRESS, Field(description="inbox address")]
SenderInbox = Annotated[str, BARE_ADDRESS, Field(description="inbox address to send from")]
From = Annotated[str | None, Field(description="sender: an address, or a domain with its sub-domains")]
Since = Annotated[str | None, STRIPPED, Field(description="cursor or time: only mail after it")]
Id = Annotated[str | None, STRIPPED]
Timeout = Annotated[float, Field(ge=0, le=300, description="seconds")]
Addresses = Annotated[list[str] | None, Field(description="addresses")]


class File(BaseModel):
    """An attachment to send: name with text or base64; or message with part; or file."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = None
    text: str | None = None
    base64: str | None = None
    message: str | None = Field(default=None, description="m_… that holds it")
    part: str | None = None
    file: str | None = Field(default=None, description="bare name in the home's outgoing folder")
    cid: str | None = Field(default=None, description="of a picture that html shows as cid:…")


async def _counter(ctx: Ctx) -> Counter:
    return await ctx.request_context.lifespan_context.counter()


async def create_inbox(
    ctx: Ctx,
    name: Annotated[str | None, STRIPPED, Field(description="wanted part before the @; made up if left out")] = None,
    label: Annotated[str | None, Field(description="note on what it is for")] = None,
    display_name: Annotated[str | None, Field(description="name that recipients see as sender")] = None,
    key: Annotated[str | None, Field(description="your own id: repeating it gives the same inbox")] = None,
    backend: str | None = None,
) -> Annotated[CallToolResult, results.InboxCreated]:
    """Make a new e-mail address to receive mail at. Start here before signing up anywhere."""
    room = await _counter(ctx)
    inbox, made, cursor = await room.create_inbox(
        name=name or None,
        label=label or "",
        display_name=display_name or "",
        key=key or None,
        backend=backend or None,
    )
    return answer(*outcomes.created(inbox, made, cursor, await room.status()))


async def list_inboxes(ctx: Ctx) -> Annotated[CallToolResult, results.InboxList]:
    """List the addresses there are, with unread counts."""
    return answer(*outcomes.inboxes(await (await _counter(ctx)).list_inboxes()))


async def delete_inbox(ctx: Ctx, inbox: Inbox) -> Annotated[CallToolResult, results.InboxDeleted]:
    """Delete an inbox with all its mail, for good. The audit log stays."""
    room = await _counter(ctx)
    removed = await room.delete_inbox(inbox)
    data = results.InboxDeleted(address=inbox.lower(), **removed)
    return answer(f"{data.address} is gone, with {data.messages} message(s) and {data.drafts} draft(s).", data)


async def find_mail(
    ctx: Ctx,
    inbox: Annotated[str | None, BARE_ADDRESS, Field(description="only this inbox")] = None,
    query: Annotated[
        str | None, Field(description="words, all of them, in subject, people, text or file names")
    ] = None,
    from_: From = None,
    unread: bool | None = None,
    label: str | None = None,
    since: Since = None,
    limit: Annotated[int, Field(ge=1, le=50)] = 20,
    cursor: Annotated[str | None, STRIPPED, Field(description="next_cursor of the page before")] = None,
) -> Annotated[CallToolResult, results.ThreadList]:
    """Search or list mail as threads, newest first. To wait for mail to come use wait_for_mail."""
    room = await _counter(ctx)
    found = await room.reading.find(
        Search(
            inbox=inbox or None,
            query=(query or "").strip() or None,
            from_=_sender(from_),
            unread=unread,
            label=label or None,
            since=since or None,
            limit=limit,
            cursor=cursor or None,
        )
    )
    await room.tainting.listing(one.id for one in found.threads)
    return answer(*views.threads(found, query))


async def read_thread(
    ctx: Ctx,
    thread: Annotated[str, STRIPPED, Field(description="t_…, or m_… for one message")],
    include: Annotated[
        list[Literal["quoted", "hidden", "links", "headers", "all"]] | None,
        Field(description="what is left out otherwise"),
    ] = None,
    max_chars: Annotated[int, Field(ge=500, le=MOST_CHARS)] = 7000,
    cursor: Annotated[str | None, STRIPPED, Field(description="next_cursor of the page before")] = None,
) -> Annotated[CallToolResult, results.ThreadBody]:
    """Read a conversation, oldest first, each message with its new text only. Does not mark it read."""
    room = await _counter(ctx)
    wanted = frozenset[str](include or ())
    after, offset = _page(cursor)
    # A page that ended inside a message goes on in that message, not after it.
    read = await room.reading.conversation(thread, after=after, inclusive=offset > 0)
    await room.tainting.showing(message for message, _ in read.messages)
    headers = [
        await room.reading.headers(message) if wanted & {"headers", "all"} else () for message, _ in read.messages
    ]
    quotes = await room.reading.provenance(read)
    shown = views.conversation(read, headers, quotes=quotes, include=wanted, max_chars=max_chars, offset=offset)
    return answer(*shown)


async def wait_for_mail(
    ctx: Ctx,
    inbox: Inbox,
    from_: From = None,
    subject: Annotated[str | None, Field(description="part of the subject")] = None,
    since: Since = None,
    timeout: Timeout = 45,
) -> Annotated[CallToolResult, results.Waited]:
    """Wait until mail comes, or get what came and was not handed out yet. For codes use wait_for_otp."""
    room = await _counter(ctx)
    wanted = Wanted(
        tool="wait_for_mail",
        inbox=inbox.lower(),
        from_=_sender(from_),
        subject=subject or None,
        since=since or None,
    )
    return await _wait(ctx, room, wanted, timeout)


async def wait_for_otp(
    ctx: Ctx, inbox: Inbox, from_: From = None, since: Since = None, timeout: Timeout = 45
) -> Annotated[CallToolResult, results.Otp]:
    """Get the one-time code or sign-in link mailed to an inbox, waiting for it if need be. One call is enough:
    it also finds a code that came just before. `pending` is normal: call again with its cursor as `since`."""
    room = await _counter(ctx)
    wanted = Wanted(tool="wait_for_otp", inbox=inbox.lower(), from_=_sender(from_), since=since or None)
    return await _wait(ctx, room, wanted, timeout)


async def send(
    ctx: Ctx,
    inbox: SenderInbox,
    body: Annotated[str, Field(description="plain text")],
    to: Addresses = None,
    subject: str | None = None,
    html: str | None = None,
    cc: Addresses = None,
    bcc: Addresses = None,
    in_reply_to: Annotated[
        str | None, STRIPPED, Field(description="m_… to answer; then to and subject may be left out")
    ] = None,
    reply_all: bool = False,
    forward: Annotated[str | None, STRIPPED, Field(description="m_… to forward")] = None,
    attachments: list[File] | None = None,
    send_at: Annotated[str | None, STRIPPED, Field(description="time, as 2026-01-31T12:00:00Z")] = None,
    allow_duplicate: Annotated[bool, Field(description="the same again within 10 minutes, if a human agrees")] = False,
) -> Annotated[CallToolResult, results.Sent] | InputRequiredResult:
    """Send mail, answer or forward. Policy may hold it for a human or refuse it; a repeat is not sent twice."""
    request = _request(inbox, body, to, subject, html, cc, bcc, in_reply_to, reply_all, forward, attachments, send_at)
    room = await _counter(ctx)
    outcome = await asking.resumed(ctx, room) or await room.send(request, allow_duplicate=allow_duplicate)
    return await asking.told(ctx, room, outcome)


async def draft_for_approval(
    ctx: Ctx,
    inbox: SenderInbox,
    body: Annotated[str, Field(description="plain text")],
    to: Addresses = None,
    subject: str | None = None,
    html: str | None = None,
    cc: Addresses = None,
    bcc: Addresses = None,
    in_reply_to: Id = None,
    reply_all: bool = False,
    forward: Id = None,
    attachments: list[File] | None = None,
    send_at: Id = None,
    allow_duplicate: bool = False,
    note: Annotated[str | None, Field(description="why, for the human")] = None,
) -> Annotated[CallToolResult, results.Sent] | InputRequiredResult:
    """Write mail that a human must approve before it leaves; arguments as for send. It is always held."""
    request = _request(inbox, body, to, subject, html, cc, bcc, in_reply_to, reply_all, forward, attachments, send_at)
    room = await _counter(ctx)
    outcome = await asking.resumed(ctx, room)
    outcome = outcome or await room.draft_for_approval(request, note=note or "", allow_duplicate=allow_duplicate)
    return await asking.told(ctx, room, outcome)


async def check_draft(
    ctx: Ctx, draft: Annotated[str | None, STRIPPED, Field(description="d_…; all open ones if left out")] = None
) -> Annotated[CallToolResult, results.DraftList]:
    """See what became of a draft, or list the drafts that are held or queued."""
    room = await _counter(ctx)
    found = [await room.draft(draft)] if draft else await room.open_drafts()
    await room.tainting.told_of([one for one in found if outcomes.reported(one)])
    return answer(*outcomes.drafts(found, room.settings.home, await room.pages.address()))


async def get_attachment(
    ctx: Ctx,
    message: Annotated[str, STRIPPED, Field(description="m_…")],
    part: Annotated[str, Field(description="part, or file name, from read_thread")],
    as_: Annotated[
        Literal["text", "base64", "file"], Field(description="text of PDF, office, plain; bytes; or saved to a file")
    ] = "text",
    offset: Annotated[int, Field(ge=0, description="characters of a long text to skip")] = 0,
) -> Annotated[CallToolResult, results.AttachmentBody]:
    """Get one attachment of a message."""
    room = await _counter(ctx)
    reading = room.reading
    await room.tainting.showing((await reading.message(message),))
    if as_ == "file":
        found, content, path = await reading.attachment_file(message, part)
        return answer(*views.attachment(message, found, content, file=str(path)))
    if as_ == "base64":
        found, content, data = await reading.attachment_bytes(message, part)
        if len(data) > views.BASE64_BYTES:
            raise BadInput(f"The attachment is too large for base64 ({len(data):,} bytes): get it as a file.")
        return answer(*views.attachment(message, found, content, data=data))
    found, content, document = await reading.attachment_text(message, part)
    text, truncated = document.text, document.truncated
    return answer(*views.attachment(message, found, content, text=text, truncated=truncated, offset=offset))


async def mark(
    ctx: Ctx,
    target: Annotated[str, STRIPPED, Field(description="t_…, m_… or d_…")],
    read: bool | None = None,
    add_labels: list[str] | None = None,
    remove_labels: list[str] | None = None,
    withdraw: Annotated[bool, Field(description="take back a draft that has not left")] = False,
) -> Annotated[CallToolResult, results.Marked]:
    """Mark mail read or unread, label it, or withdraw a draft."""
    room = await _counter(ctx)
    if target.startswith("d_"):
        if not withdraw:
            raise BadInput("A draft can only be withdrawn: set `withdraw`.")
        draft = await room.withdraw(target)
        return answer(f"{draft.id} is {draft.state}.", results.Marked(target=draft.id, status=draft.state))
    if withdraw:
        raise BadInput("`withdraw` takes a draft (d_…).")
    if read is None and not add_labels and not remove_labels:
        raise BadInput("Nothing to mark: give `read`, `add_labels` or `remove_labels`.")
    marked = await room.reading.mark(target, read=read, add=tuple(add_labels or ()), remove=tuple(remove_labels or ()))
    unread = sum(not one.read for one in marked)
    labels = sorted({label for one in marked for label in one.labels})
    data = results.Marked(target=target, messages=len(marked), unread=unread, labels=labels)
    return answer(f"{target}: {len(marked)} message(s), {unread} unread, labels: {' '.join(labels) or 'none'}.", data)


async def mail_status(ctx: Ctx) -> Annotated[CallToolResult, results.MailStatus]:
    """See how the mail system is doing and what to do when something does not work."""
    return answer(*outcomes.status(await (await _counter(ctx)).status()))


async def _wait(ctx: Ctx, room: Counter, wanted: Wanted, timeout: float) -> CallToolResult:
    async def progress(seconds: int) -> None:
        await ctx.report_progress(seconds, timeout, f"waiting for mail to {wanted.inbox}")

    ended = await room.wait(wanted, timeout=timeout, progress=progress)
    try:
        if wanted.tool == "wait_for_otp":  # a code taints nothing: otherwise every sign-up would
            flags = await room.reading.flags_of_sign_in(ended.message) if ended.message else ()
            shown: tuple[str, results.Result] = views.waited_code(ended, flags)
        else:
            await room.tainting.showing((ended.message,) if ended.message else ())
            shown = views.waited_mail(ended)
        result = answer(*shown)
        await ctx.request_context.lifespan_context.leaving(ctx.request_id, room, ended)
    except BaseException:
        room.dropped(ended)
        raise
    return result


def _sender(wanted: str | None) -> str | None:
    """A sender filter as the store takes it: an address or a domain; models write ``Name <address>`` too.

    What is neither would match no mail and look as if none had come, so it is refused.
    """
    if wanted is None or not wanted.strip():
        return None
    named = bare_address(wanted).lower().removeprefix("@")
    if not _SENDER.fullmatch(named):
        raise BadInput(
            f"`from_` is {shown(wanted.strip())!r}: give one address, or a domain such as app.example"
            " (find_mail finds names by `query`)."
        )
    return named


def _page(cursor: str | None) -> tuple[str | None, int]:
    """A read_thread cursor: after a message, or (``c_….N``) inside one after N characters."""
    if cursor is None:
        return None, 0
    after, _, offset = cursor.partition(".")
    return after, int(offset) if offset.isdecimal() and len(offset) < 10 else 0


def _request(
    inbox: str,
    body: str,
    to: list[str] | None,
    subject: str | None,
    html: str | None,
    cc: list[str] | None,
    bcc: list[str] | None,
    in_reply_to: str | None,
    reply_all: bool,
    forward: str | None,
    attachments: list[File] | None,
    send_at: str | None,
) -> SendRequest:
    return SendRequest(
        inbox=inbox,
        body=body,
        to=tuple(to or ()),
        subject=subject,
        html=html,
        cc=tuple(cc or ()),
        bcc=tuple(bcc or ()),
        in_reply_to=in_reply_to,
        reply_all=reply_all,
        forward=forward,
        attachments=tuple(FileRequest(**file.model_dump()) for file in attachments or ()),
        send_at=send_at or None,
    )


def _hints(
    *, read_only: bool = False, destructive: bool = False, idempotent: bool = True, open_world: bool = False
) -> ToolAnnotations:
    return ToolAnnotations(
        read_only_hint=read_only,
        destructive_hint=destructive,
        idempotent_hint=idempotent,
        open_world_hint=open_world,
    )


def all_tools() -> list[Tool]:
    """The whole set, in the order in which clients list it: alphabetical, so that it never changes."""
    untrusted = {"io.mailmcp/untrusted": True}
    reads = _hints(read_only=True, open_world=True)
    sends = _hints(destructive=True, open_world=True)
    return [
        strict(check_draft, title="Check draft", annotations=_hints(read_only=True)),
        strict(create_inbox, title="Create inbox", annotations=_hints(idempotent=False)),
        strict(delete_inbox, title="Delete inbox", annotations=_hints(destructive=True)),
        strict(draft_for_approval, title="Draft for approval", annotations=_hints()),
        strict(find_mail, title="Find mail", annotations=reads, meta=untrusted),
        strict(get_attachment, title="Get attachment", annotations=reads, meta=untrusted),
        strict(list_inboxes, title="List inboxes", annotations=_hints(read_only=True)),
        strict(mail_status, title="Mail status", annotations=_hints(read_only=True)),
        strict(mark, title="Mark", annotations=_hints()),
        strict(read_thread, title="Read thread", annotations=reads, meta=untrusted),
        strict(send, title="Send mail", annotations=sends),
        strict(wait_for_mail, title="Wait for mail", annotations=reads, meta=untrusted),
        strict(wait_for_otp, title="Wait for one-time code", annotations=reads, meta=untrusted),
    ]
