"""The one window through which strangers' words leave (law 4): what a model may see of stored mail.

Every view gives two things that say the same: a short text, and the record for ``structuredContent``. In the text,
mail stands between two fence lines that carry a random mark, so that no mail can write an end of its own.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Any

from mailmcp.mailroom.requests import Found
from mailmcp.mailroom.requests import Waited as WaitEnded
from mailmcp.models import Address, Attachment, Channels, Conversation, StoredMessage, ThreadSummary, Trust
from mailmcp.server import absence, results
from mailmcp.server.fence import Fence

LINKS_SHOWN = 15
DOCUMENT_SHOWN = 9_000
"""Characters of an attachment's text: all of it is in the file."""
LINK_SHOWN = 6_000
"""Characters of a sign-in link: a longer one is none that a person would use, and would fill the answer."""
LINK_CHARACTERS = 3_000
"""Of all links of a page together: click trackers write addresses of a thousand characters and more."""
NAME_SHOWN = 60
PEOPLE_SHOWN = 8
"""Of each header; like attachments, all of them with ``include`` all."""
ATTACHMENTS_SHOWN = 15
LIST_CHARACTERS = 16_000
"""Of one page of find_mail."""
LEAST_BUDGET = 300
"""A message that would get less begins the next page of read_thread."""
MESSAGES_READ = 200
"""Most messages of a thread that the store gives at once: when it gave so many, there may be more."""
HIDDEN_SHOWN = 2_000


def threads(found: Found) -> tuple[str, results.ThreadList]:
    """The lists of find_mail."""
    lines: list[results.ThreadLine] = []
    next_cursor, budget = found.next_cursor, LIST_CHARACTERS
    for at, one in enumerate(found.threads):
        line = _thread(one)
        budget -= len(line.model_dump_json(exclude_none=True))
        if budget < 0 and lines:
            next_cursor = found.threads[at - 1].cursor
            break
        lines.append(line)
    data = results.ThreadList(threads=lines, next_cursor=next_cursor)
    if not lines:
        return "No mail matches. Leave out a filter, or call wait_for_mail for mail that is still to come.", data
    fence = Fence()
    text = [f"{len(lines)} thread(s), newest first; read one with read_thread."]
    text += fence.around("\n".join(map(_thread_text, lines)))
    if next_cursor:
        text.append(f"More: call find_mail again with cursor={next_cursor}.")
    return "\n".join(text), data


def conversation(
    read: Conversation,
    headers: Sequence[tuple[tuple[str, str], ...]],
    *,
    include: frozenset[str],
    max_chars: int,
    offset: int,
) -> tuple[str, results.ThreadBody]:
    """The messages of read_thread, oldest first, until ``max_chars`` characters of mail text are used up.

    ``offset`` is how many characters of the first message's text an earlier page has shown. ``headers`` has an entry
    for each message, empty ones unless they were asked for.
    """
    fence, budget = Fence(), max_chars
    bodies: list[results.MessageBody] = []
    text = [f"{read.thread} in {read.inbox}: {read.count} message(s)" + (", oldest first." if read.count > 1 else ".")]
    next_cursor: str | None = None
    link_budget = LINK_CHARACTERS
    previous = ""
    for (message, channels), lines in zip(read.messages, headers, strict=True):
        if bodies and budget < LEAST_BUDGET:
            next_cursor = previous
            break
        body, used = _body(message, channels, lines, include, offset=offset, budget=budget, links=link_budget)
        budget -= used
        link_budget -= sum(len(link.url) + len(link.text) for link in body.links or ())
        bodies.append(body)
        text += _message_text(body, channels, fence, absence.said(message, channels))
        if body.text_cut_at is not None:
            next_cursor = f"{message.cursor}.{body.text_cut_at}"
            break
        offset, previous = 0, message.cursor
    if next_cursor is None and len(read.messages) >= MESSAGES_READ:
        next_cursor = previous
    if next_cursor:
        text.append(f"More of this thread: call read_thread again with cursor={next_cursor}.")
    return "\n".join(text), results.ThreadBody(
        thread=read.thread, inbox=read.inbox, count=read.count, messages=bodies, next_cursor=next_cursor
    )


def waited_mail(ended: WaitEnded) -> tuple[str, results.Waited]:
    """How wait_for_mail ended."""
    message = ended.message
    if message is None:
        return _pending(ended), results.Waited(status="pending", cursor=ended.cursor, waited=round(ended.waited, 1))
    data = results.Waited(status="found", **_arrived(ended, message))
    fence = Fence()
    lines = [f"{_again(ended)}{message.id} in {message.thread}, sender {_verdict(message.trust)}"]
    lines += fence.around("\n".join(_heading(message)))
    lines.append(f"Read it with read_thread; for a newer one call again with since={ended.cursor}.")
    return "\n".join(lines), data


def waited_code(ended: WaitEnded) -> tuple[str, results.Otp]:
    """How wait_for_otp ended."""
    message = ended.message
    if message is None:
        return _pending(ended), results.Otp(status="pending", cursor=ended.cursor, waited=round(ended.waited, 1))
    codes = message.codes
    link = codes.link if codes.link and len(codes.link) <= LINK_SHOWN else None
    confidence = max(codes.code_confidence if codes.code else 0, codes.link_confidence if codes.link else 0)
    data = results.Otp(
        status="found",
        code=codes.code,
        link=link,
        confidence=round(confidence, 2),
        evidence=codes.evidence or None,
        **_arrived(ended, message),
    )
    fence = Fence()
    given = [f"code {codes.code}"] if codes.code else []
    given += ["the link below"] if link else []
    lines = [f"{_again(ended)}{' and '.join(given)} (confidence {confidence:.2f}), sender {_verdict(message.trust)}"]
    lines.append(f"received {_when(message)}, message {message.id}, thread {message.thread}")
    heading = _heading(message)
    heading += [codes.evidence] if codes.evidence and codes.evidence != message.subject else []
    heading += [f"link: {link}"] if link else []
    lines += fence.around("\n".join(heading))
    lines.append(f"If it does not work, ask for a new one and call again with since={ended.cursor}.")
    return "\n".join(lines), data


def attachment(
    message: str,
    found: Attachment,
    *,
    text: str | None = None,
    truncated: bool = False,
    data: bytes | None = None,
    file: str | None = None,
) -> tuple[str, results.AttachmentBody]:
    """One attachment: as text (its beginning), as bytes, or where it was saved."""
    if text is not None and len(text) > DOCUMENT_SHOWN:
        text, truncated = text[:DOCUMENT_SHOWN], True
    record = results.AttachmentBody(
        message=message,
        part=found.part,
        name=found.filename,
        type=found.content_type,
        size=found.size,
        text=text,
        truncated=truncated or None,
        base64=base64.b64encode(data).decode() if data is not None else None,
        file=file,
    )
    what = f"{found.content_type}, {size(found.size)}"
    if file is not None:
        return f"Saved to {file} ({what}).", record
    if text is None:
        return f"Part {found.part} ({what}) is in the structured content as base64.", record
    end = ["It is longer than this: get it as a file for the rest."] if truncated else []
    return "\n".join([f"Part {found.part} ({what}):", *Fence().around(text), *end]), record


def size(count: int) -> str:
    """A size in bytes for people."""
    if count < 1024:
        return f"{count} bytes"
    return f"{count / 1024:.0f} KiB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MiB"


def _thread(one: ThreadSummary) -> results.ThreadLine:
    return results.ThreadLine(
        id=one.id,
        inbox=one.inbox,
        subject=one.subject[: results.SUBJECT_SHOWN],
        who=[_person(person) for person in one.who[:PEOPLE_SHOWN]],
        when=one.last_at,
        count=one.count,
        unread=one.unread,
        first_line=one.first_line,
        trust=one.trust.value,
        labels=list(one.labels) or None,
    )


def _thread_text(one: results.ThreadLine) -> str:
    unread = f", {one.unread} unread" if one.unread else ""
    labels = f" [{' '.join(one.labels)}]" if one.labels else ""
    return (
        f"{one.id} {one.when:%Y-%m-%d %H:%M}Z ({one.count}{unread}) {one.trust}{labels} {', '.join(one.who)}"
        f" | {one.subject} | {one.first_line}"
    )


def _body(
    message: StoredMessage,
    channels: Channels,
    headers: tuple[tuple[str, str], ...],
    include: frozenset[str],
    *,
    offset: int,
    budget: int,
    links: int,
) -> tuple[results.MessageBody, int]:
    """The record of one message, and how many characters of the budget it used."""
    text = channels.visible[offset : offset + budget]
    cut = offset + len(text) if offset + len(text) < len(channels.visible) else None
    everything = "all" in include
    people = None if everything else PEOPLE_SHOWN
    quoted: str | None = None
    if channels.quoted and ("quoted" in include or everything):
        quoted = channels.quoted[: max(0, budget - len(text))]
    shown = [] if offset else _links(channels, links)
    files = message.attachments if everything else message.attachments[:ATTACHMENTS_SHOWN]
    reply_to = [person for person in message.reply_to if person != message.from_]
    cut_off = sum(len(one) - len(one[:people]) for one in (message.to, message.cc, reply_to))
    body = results.MessageBody(
        id=message.id,
        direction="out" if message.outgoing else "in",
        sender=_person(message.from_) if message.from_ else None,
        to=[_person(person) for person in message.to[:people]],
        cc=[_person(person) for person in message.cc[:people]] or None,
        reply_to=[_person(person) for person in reply_to[:people]] or None,
        people_left_out=cut_off or None,
        subject=message.subject[: results.SUBJECT_SHOWN],
        received_at=message.received_at,
        sent_at=message.date,
        read=message.read,
        labels=list(message.labels) or None,
        trust=message.trust.verdict.value,
        trust_reasons=[reason.sentence for reason in message.trust.reasons] or None,
        verified_domain=message.trust.verified_domain,
        text=text,
        text_cut_at=cut,
        quoted=quoted,
        quoted_chars=len(channels.quoted) or None,
        signature=channels.signature[:500] or None,
        hidden=[
            results.HiddenLine(
                kind=piece.kind,
                chars=len(piece.text),
                text=piece.text[:HIDDEN_SHOWN] if "hidden" in include or everything else None,
            )
            for piece in channels.hidden[:20]
        ]
        or None,
        links=shown or None,
        links_left_out=(len(channels.links) - len(shown)) or None,
        attachments=[
            results.AttachmentLine(part=one.part, name=one.filename, type=one.content_type, size=one.size)
            for one in files
        ]
        or None,
        attachments_left_out=(len(message.attachments) - len(files)) or None,
        headers=[f"{name}: {value}" for name, value in headers] or None,
        defects=[defect.detail for defect in message.defects[:10]] or None,
    )
    return body, len(body.model_dump_json(exclude_none=True))


def _links(channels: Channels, budget: int) -> list[results.LinkLine]:
    shown: list[results.LinkLine] = []
    for link in channels.links[:LINKS_SHOWN]:
        budget -= len(link.url) + len(link.text)
        if budget < 0:
            break
        shown.append(results.LinkLine(text=link.text[:200], url=link.url))
    return shown


def _message_text(body: results.MessageBody, channels: Channels, fence: Fence, absent: str) -> Iterable[str]:
    verdict = f"{body.trust} ({body.verified_domain})" if body.verified_domain else body.trust
    reasons = f": {' '.join(body.trust_reasons)}" if body.trust_reasons else ""
    yield f"{body.id} {'sent' if body.direction == 'out' else 'received'} {body.received_at:%Y-%m-%d %H:%M}Z"
    yield f"trust: {verdict}{reasons}"
    inside = [f"From: {body.sender or 'no one sender'}", f"To: {', '.join(body.to)}"]
    inside += [f"Cc: {', '.join(body.cc)}"] if body.cc else []
    inside += [f"Reply-To: {', '.join(body.reply_to)}"] if body.reply_to else []
    inside += [f"Subject: {body.subject}"]
    inside += ["", *body.headers] if body.headers else []
    inside += ["", body.text or absent]
    if body.quoted:
        inside += ["", "quoted:", body.quoted]
    for piece in body.hidden or ():
        if piece.text is not None:
            inside += ["", f"hidden ({piece.kind}):", piece.text]
    inside += [f"link: {_link(link)}" for link in body.links or ()]
    inside += [f"attachment {one.part}: {one.name} ({one.type}, {size(one.size)})" for one in body.attachments or ()]
    yield from fence.around("\n".join(inside))
    yield from _left_out(body, channels)


def _link(link: results.LinkLine) -> str:
    return link.url if link.text in ("", link.url) else f"{link.text} -> {link.url}"


def _left_out(body: results.MessageBody, channels: Channels) -> Iterable[str]:
    left: list[str] = []
    if body.text_cut_at is not None:
        left.append(f"{len(channels.visible) - body.text_cut_at} characters of text")
    if channels.quoted and body.quoted is None:
        left.append(f"{len(channels.quoted)} quoted characters (include quoted)")
    silent = [piece for piece in body.hidden or () if piece.text is None]
    if silent:
        kinds = ", ".join(dict.fromkeys(piece.kind for piece in silent))
        left.append(f"{sum(piece.chars for piece in silent)} hidden characters ({kinds}; include hidden)")
    if channels.invisible:
        left.append(f"{channels.invisible} invisible characters")
    if body.links_left_out:
        left.append(f"{body.links_left_out} links")
    if body.people_left_out:
        left.append(f"{body.people_left_out} addresses (include all)")
    if body.attachments_left_out:
        left.append(f"{body.attachments_left_out} attachments (include all)")
    if left:
        yield f"left out: {'; '.join(left)}"
    if body.defects:
        yield f"defects: {' '.join(body.defects)}"


def _arrived(ended: WaitEnded, message: StoredMessage) -> dict[str, Any]:
    return {
        "cursor": ended.cursor,
        "waited": round(ended.waited, 1),
        "repeated": True if ended.repeated else None,
        "message": message.id,
        "thread": message.thread,
        "sender": _person(message.from_) if message.from_ else None,
        "subject": message.subject[: results.SUBJECT_SHOWN],
        "received_at": message.received_at,
        "trust": message.trust.verdict.value,
        "verified_domain": message.trust.verified_domain,
    }


def _pending(ended: WaitEnded) -> str:
    return (
        f"Nothing yet after {ended.waited:.0f} s. Call again with since={ended.cursor}: no mail is missed meanwhile;"
        " do not ask for a new code yet."
    )


def _again(ended: WaitEnded) -> str:
    return "The same as before, nothing newer has come: " if ended.repeated else ""


def _heading(message: StoredMessage) -> list[str]:
    sender = _person(message.from_) if message.from_ else "no one sender"
    return [f"From: {sender}", f"Subject: {message.subject[: results.SUBJECT_SHOWN]}"]


def _verdict(trust: Trust) -> str:
    if trust.verified_domain:
        return f"domain {trust.verified_domain} verified (DMARC pass)"
    return f"{trust.verdict.value}: {trust.reasons[0].sentence}" if trust.reasons else trust.verdict.value


def _when(message: StoredMessage) -> str:
    return f"{message.received_at:%Y-%m-%d %H:%M:%S}Z"


def _person(address: Address) -> str:
    name = address.name if len(address.name) <= NAME_SHOWN else address.name[: NAME_SHOWN - 1] + "…"
    return f"{name} <{address.email}>" if name else address.email
