"""The view of read_thread: the messages of a thread with their new text, and one line on what was left out.

A part of the window ``server/views.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mailmcp.models import Address, Channels, Conversation, Reason, StoredMessage, Verdict
from mailmcp.server import results
from mailmcp.server.fence import Page, inert

LINKS_SHOWN = 15
LINK_CHARACTERS = 1_600
"""Of all links of a page together: click trackers write addresses of a thousand characters and more."""
NAME_SHOWN = 60
PEOPLE_SHOWN = 8
"""Of each header; like attachments, all of them with ``include`` all."""
ATTACHMENTS_SHOWN = 15
LEAST_BUDGET = 300
"""A message that would get less begins the next page of read_thread."""
MESSAGES_READ = 200
"""Most messages of a thread that the store gives at once: when it gave so many, there may be more."""
HIDDEN_LISTED = 20
"""Pieces of hidden text of a message."""
ANSWER_MARKS = 12
"""Characters that answers put before a subject ("Re: ", "AW: Re: "): with more, it is another subject."""
_USUAL = frozenset(("loopback_peer", "not_checked"))
"""Reasons that say no more than "unverified" does."""
_PARAGRAPH_ENDS = ("\n\n", "\n", ". ", " ")


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
    budget, link_budget = max_chars, max_chars if "all" in include else LINK_CHARACTERS
    bodies: list[results.MessageBody] = []
    page = Page()
    page.say(f"{_place(read)}. {{mark}} marks mail text.")
    next_cursor: str | None = None
    previous, topic = "", ""
    for (message, channels), lines in zip(read.messages, headers, strict=True):
        if bodies and budget < LEAST_BUDGET:
            next_cursor = previous
            break
        body, used = _body(message, channels, lines, include, offset=offset, budget=budget, links=link_budget)
        budget -= used
        link_budget -= sum(len(link.url) + len(link.text) for link in body.links or ())
        bodies.append(body)
        _write(page, body, channels, message.trust.reasons, inbox=read.inbox, topic=topic)
        topic = topic or body.subject
        if body.text_cut_at is not None:
            next_cursor = f"{message.cursor}.{body.text_cut_at}"
            break
        offset, previous = 0, message.cursor
    if next_cursor is None and len(read.messages) >= MESSAGES_READ:
        next_cursor = previous
    if next_cursor:
        page.say(f"More of this thread: call read_thread again with cursor={next_cursor}.")
    return page.text(), results.ThreadBody(
        thread=read.thread, inbox=read.inbox, count=read.count, messages=bodies, next_cursor=next_cursor
    )


def person(address: Address) -> str:
    """A name and address as a header shows them, a long name cut."""
    name = inert(address.name if len(address.name) <= NAME_SHOWN else address.name[: NAME_SHOWN - 1] + "…")
    return f"{name} <{address.email}>" if name else address.email


def size(count: int) -> str:
    """A size in bytes for people."""
    if count < 1024:
        return f"{count} bytes"
    return f"{count / 1024:.0f} KiB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MiB"


def _place(read: Conversation) -> str:
    if read.count == 1:
        return f"1 message in {read.inbox}"
    if len(read.messages) == 1:
        return f"1 of {read.count} messages of {read.thread} in {read.inbox}"
    return f"{read.thread} in {read.inbox}, {read.count} messages, oldest first"


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
    """The record of one message, and how many characters of the budget it used.

    The message's own text comes first, then (where asked for) quoted history, then hidden text; what the budget cuts
    is counted.
    """
    stop = _cut(channels.visible, offset, budget)
    text = channels.visible[offset:stop]
    everything = "all" in include
    people = None if everything else PEOPLE_SHOWN
    left = max(0, budget - len(text))
    quoted: str | None = None
    if channels.quoted and ("quoted" in include or everything):
        quoted = channels.quoted[:left]
        left -= len(quoted)
    hidden = _hidden(channels, left if "hidden" in include or everything else None)
    shown = [] if offset else _links(channels, links, everything)
    files = message.attachments if everything else message.attachments[:ATTACHMENTS_SHOWN]
    reply_to = [one for one in message.reply_to if one != message.from_]
    cut_off = sum(len(one) - len(one[:people]) for one in (message.to, message.cc, reply_to))
    body = results.MessageBody(
        id=message.id,
        direction="out" if message.outgoing else "in",
        sender=person(message.from_) if message.from_ else None,
        to=[person(one) for one in message.to[:people]],
        cc=[person(one) for one in message.cc[:people]] or None,
        reply_to=[person(one) for one in reply_to[:people]] or None,
        people_left_out=cut_off or None,
        subject=inert(message.subject[: results.SUBJECT_SHOWN]),
        received_at=message.received_at,
        sent_at=message.date,
        read=message.read,
        labels=list(message.labels) or None,
        trust=message.trust.verdict.value,
        trust_reasons=[reason.sentence for reason in message.trust.reasons] or None,
        verified_domain=message.trust.verified_domain,
        text=inert(text),
        text_cut_at=stop if stop < len(channels.visible) else None,
        quoted=inert(quoted) if quoted is not None else None,
        quoted_chars=len(channels.quoted) or None,
        quoted_left_out=(len(channels.quoted) - len(quoted or "")) or None,
        signature=inert(channels.signature[:500]) or None,
        hidden=hidden or None,
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


def _cut(text: str, offset: int, budget: int) -> int:
    """Where a page of a text ends: all of it, or the last paragraph, line, sentence or word that fits."""
    stop = offset + budget
    if stop >= len(text):
        return len(text)
    for end in _PARAGRAPH_ENDS:
        at = text.rfind(end, offset + budget // 2, stop)
        if at >= 0:
            return at + len(end)
    return stop


def _hidden(channels: Channels, budget: int | None) -> list[results.HiddenLine]:
    """What a person would not see: kinds and sizes, and text as far as the budget goes (None: nobody asked for it)."""
    lines: list[results.HiddenLine] = []
    for piece in channels.hidden[:HIDDEN_LISTED]:
        text = None if budget is None else piece.text[:budget]
        budget = None if text is None or budget is None else budget - len(text)
        lines.append(
            results.HiddenLine(kind=piece.kind, chars=len(piece.text), text=inert(text) if text is not None else None)
        )
    return lines


def _links(channels: Channels, budget: int, everything: bool) -> list[results.LinkLine]:
    shown: list[results.LinkLine] = []
    for link in channels.links if everything else channels.links[:LINKS_SHOWN]:
        budget -= len(link.url) + len(link.text)
        if budget < 0:
            break
        shown.append(results.LinkLine(text=inert(link.text[:200]), url=link.url))
    return shown


def _write(
    page: Page,
    body: results.MessageBody,
    channels: Channels,
    reasons: tuple[Reason, ...],
    *,
    inbox: str,
    topic: str,
) -> None:
    """The lines of one message: trust and sender, recipients and subject where they say something new, text."""
    _write_head(page, body, reasons, inbox=inbox, topic=topic)
    for header in body.headers or ():
        page.quote(header)
    if body.text:
        page.quote(body.text)
    else:
        page.say("(no text)")
    if body.quoted:
        page.say("quoted:")
        page.quote(body.quoted)
    for piece in body.hidden or ():
        if piece.text:
            page.say(f"hidden ({piece.kind}):")
            page.quote(piece.text)
    for number, link in enumerate(body.links or (), 1):
        page.say(f"link {number}:", link.url if link.text in ("", link.url) else f"{link.text} -> {link.url}")
    for one in body.attachments or ():
        page.say(f"attachment {one.part}, {size(one.size)}:", f"{one.name} ({one.type})")
    left = list(_left_out(body, channels))
    if left:
        page.say(f"left out: {'; '.join(left)}")
    if body.defects:
        page.say("defects:", " ".join(body.defects))


def _write_head(page: Page, body: results.MessageBody, reasons: tuple[Reason, ...], *, inbox: str, topic: str) -> None:
    verdict = f"{body.trust} {body.verified_domain}" if body.verified_domain else body.trust
    when = f"{body.received_at:%Y-%m-%d %H:%M}Z"
    if body.direction == "out":
        page.say(f"sent {body.id} {when} to", ", ".join(body.to))
    else:
        page.say(f"{verdict} {body.id} {when}", body.sender or "no one sender")
        told = [one.sentence for one in reasons if one.code not in _USUAL]
        if told and body.trust in (Verdict.SUSPICIOUS, Verdict.FAILED, Verdict.UNVERIFIED):
            page.say(f"{body.trust}: {' '.join(told)}")
        if [one.rpartition("<")[2].rstrip(">").lower() for one in body.to] != [inbox]:
            page.say("to", ", ".join(body.to))
    if body.cc:
        page.say("cc", ", ".join(body.cc))
    if body.reply_to:
        page.say("answers go to", ", ".join(body.reply_to))
    if body.labels:
        page.say(f"labels: {' '.join(body.labels)}")
    if body.subject and not _says_topic(body.subject, topic):
        page.say("subject", body.subject)


def _says_topic(subject: str, topic: str) -> bool:
    """Whether a subject is the topic, perhaps with what answers put before it."""
    return bool(topic) and subject.casefold().endswith(topic.casefold()) and len(subject) - len(topic) <= ANSWER_MARKS


def _left_out(body: results.MessageBody, channels: Channels) -> Iterable[str]:
    if body.text_cut_at is not None:
        yield f"{len(channels.visible) - body.text_cut_at} characters of text"
    if body.quoted_left_out:
        yield f"{body.quoted_left_out} quoted characters ({_way(body.quoted is None, 'quoted')})"
    silent = [piece for piece in body.hidden or () if len(piece.text or "") < piece.chars]
    if silent:
        kinds = ", ".join(dict.fromkeys(piece.kind for piece in silent))
        chars = sum(piece.chars - len(piece.text or "") for piece in silent)
        yield f"{chars} hidden characters ({kinds}; {_way(silent[0].text is None, 'hidden')})"
    if len(channels.hidden) > HIDDEN_LISTED:
        yield f"{len(channels.hidden) - HIDDEN_LISTED} more hidden pieces"
    if channels.invisible:
        yield f"{channels.invisible} invisible characters"
    if body.links_left_out:
        yield f"{body.links_left_out} links (include all, for this message alone)"
    if body.people_left_out:
        yield f"{body.people_left_out} addresses (include all)"
    if body.attachments_left_out:
        yield f"{body.attachments_left_out} attachments (include all)"


def _way(silent: bool, name: str) -> str:
    """How to get what was left out: ask for it; once that was done, ask for more."""
    return f"include {name}" if silent else "read this message alone with a larger max_chars"
