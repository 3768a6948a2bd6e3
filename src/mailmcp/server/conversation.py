"""The view of read_thread: the messages of a thread with their new text, and one line on what was left out.

A part of the window ``server/views.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mailmcp.language.graphemes import shortened
from mailmcp.models import Channels, Conversation, Provenance, StoredMessage
from mailmcp.server import absence, results
from mailmcp.server.fence import Page, inert
from mailmcp.server.paging import end_before, first_past, page_end
from mailmcp.server.targets import harmless, host, named_by, numbered, places
from mailmcp.server.telling import Telling, legend, person, titled

LINKS_SHOWN = 15
LINK_CHARACTERS = (300, 1_500)
"""Least and most for the links of a message: the more it says in words, the less its links (often those of click
trackers, a thousand characters each) matter. The link that signs in is always given whole."""
PEOPLE_SHOWN = 8
"""Of each header; like attachments, as many as the budget allows with ``include`` all."""
ATTACHMENTS_SHOWN = 15
LISTED_CHARACTERS = 60
"""What a recipient or an attachment costs of the budget where all were asked for."""
RECORD_CHARACTERS = 14_000
"""Of a page as a record: addresses, reasons and names count as well there."""
MESSAGE_CHARACTERS = 60
"""What the line of a message costs besides its words."""
LEAST_BUDGET = 300
"""A message that would get less begins the next page of read_thread."""
MESSAGES_READ = 200
"""Most messages of a thread that the store gives at once: when it gave so many, there may be more."""
SIGNATURE_SHOWN = 500
"""Characters of a signature in the record; in the text, and whole, with ``include`` all."""
HIDDEN_LISTED = 20
"""Pieces of hidden text of a message, where nobody asked for the text."""
QUOTES_NAMED = 20
PUT_IN_SHOWN = 600
"""Characters of lines put into a quote up to which they are shown."""
QUOTES_SAID = 6
"""Messages of a page up to which it is said of each whom it quotes; on a longer one only what is not right before."""


def conversation(
    read: Conversation,
    headers: Sequence[tuple[tuple[str, str], ...]],
    *,
    quotes: Mapping[str, Provenance],
    include: frozenset[str],
    max_chars: int,
    offset: int,
) -> tuple[str, results.ThreadBody]:
    """The messages of read_thread, oldest first, until ``max_chars`` characters of mail text are used up.

    ``offset`` is how many characters of the first message's text an earlier page has shown. ``headers`` has an entry
    for each message, empty ones unless they were asked for; ``quotes`` says by message id where quotes come from.
    """
    budget, record = max_chars, max(RECORD_CHARACTERS, 2 * max_chars)
    bodies: list[results.MessageBody] = []
    page = Page()
    several = len(read.messages) > 1
    signs = legend(message.trust.verdict for message, _ in read.messages) if several else ""
    page.say(f"{_place(read)}. {signs}{{mark}} = mail text.")
    few = len(read.messages) <= QUOTES_SAID
    telling = Telling(page, read.inbox, several=several, few=few)
    next_cursor: str | None = None
    previous = ""
    left_out = absence.LeftOut(max_chars)
    for (message, channels), lines in zip(read.messages, headers, strict=True):
        if bodies and (budget < LEAST_BUDGET or record < 0):
            next_cursor = previous
            break
        body = _body(message, channels, lines, include, offset=offset, budget=budget)
        if quote := quotes.get(message.id):
            body = body.model_copy(update=_named(quote, whole=body.quoted_left_out is None))
        budget -= _words_of(body)
        record -= len(body.model_dump_json(exclude_none=True))
        bodies.append(body)
        left_out.count(body, channels, include)
        telling.message(body, message.trust.reasons, absence.said(message, channels), everything="all" in include)
        if body.text_cut_at is not None:
            next_cursor = f"{message.cursor}.{body.text_cut_at}"
            break
        offset, previous = 0, message.cursor
    if next_cursor is None and len(read.messages) >= MESSAGES_READ:
        next_cursor = previous
    if left_out:
        page.say(f"left out: {left_out}")
    if next_cursor:
        newest = f" Its newest message is {read.newest}." if read.newest not in {body.id for body in bodies} else ""
        page.say(f"More of this thread: call read_thread again with cursor={next_cursor}.{newest}")
    return page.text(), results.ThreadBody(
        thread=read.thread, inbox=read.inbox, count=read.count, messages=bodies, next_cursor=next_cursor
    )


def _place(read: Conversation) -> str:
    if read.count == 1:
        return read.inbox
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
) -> results.MessageBody:
    """The record of one message.

    The message's own text comes first, then, on its last page and where asked for, quoted history and hidden text;
    headers and attachments stand on its first page. What the budget cuts is counted.
    """
    everything = "all" in include
    found = places(channels.visible, channels.links)
    stop = page_end(channels.visible, found, offset, budget)
    asked = everything or "links" in include
    if asked and (past := first_past(channels.links, found, offset, stop, budget)) is not None:
        stop = end_before(channels.visible, past, offset)
    text = channels.visible[offset:stop]
    first, last = not offset, stop == len(channels.visible)
    left = max(0, budget - len(text)) if last else 0
    listed = (budget - len(text)) // LISTED_CHARACTERS if everything and first else 0
    people = max(PEOPLE_SHOWN, listed)
    quoted: str | None = None
    if channels.quoted and last and ("quoted" in include or everything):
        quoted = shortened(inert(channels.quoted), left)
        left -= len(quoted)
    signed = left if everything else SIGNATURE_SHOWN
    unseen = "hidden" in include or everything
    hidden = _hidden(channels, left if unseen else None) if (last if unseen else first) else []
    links, linked = _links(message, channels, offset, stop, budget if asked else None)
    every_file = message.attachments if first else ()
    files = every_file[: max(ATTACHMENTS_SHOWN, listed)]
    headers = headers if first else ()
    lines = _as_far_as([inert(f"{name}: {value}") for name, value in headers], max(0, budget - len(text)))
    reply_to = [one for one in message.reply_to if one != message.from_]
    cut_off = sum(len(one) - len(one[:people]) for one in (message.to, message.cc, reply_to))
    return results.MessageBody(
        id=message.id,
        direction="out" if message.outgoing else "in",
        sender=person(message.from_) if message.from_ else None,
        to=[person(one) for one in message.to[:people]],
        cc=[person(one) for one in message.cc[:people]] or None,
        reply_to=[person(one) for one in reply_to[:people]] or None,
        people_left_out=cut_off or None,
        subject=titled(message.subject),
        received_at=message.received_at,
        sent_at=message.date,
        about=harmless(message.about) or None,
        read=message.read,
        labels=list(message.labels) or None,
        trust=message.trust.verdict.value,
        trust_reasons=[reason.sentence for reason in message.trust.reasons] or None,
        verified_domain=message.trust.verified_domain,
        text=inert(numbered(inert(channels.visible), found, offset, stop)),
        text_cut_at=stop if stop < len(channels.visible) else None,
        quoted=harmless(quoted) if quoted is not None else None,
        quoted_chars=len(channels.quoted) or None,
        quoted_left_out=(len(channels.quoted) - len(quoted or "")) or None if last else None,
        signature=harmless(shortened(inert(channels.signature), signed)) or None,
        hidden=hidden or None,
        hidden_left_out=(len(channels.hidden) - len(hidden)) or None if hidden else None,
        invisible_characters=channels.invisible or None if first else None,
        links=links or None,
        links_left_out=(linked - len(links)) or None,
        attachments=[
            results.AttachmentLine(part=one.part, name=inert(one.filename), type=one.content_type, size=one.size)
            for one in files
        ]
        or None,
        attachments_left_out=(len(every_file) - len(files)) or None,
        headers=lines or None,
        headers_left_out=(len(headers) - len(lines)) or None,
        authentication=[inert(line) for line in message.authentication] if headers else None,
        defects=[defect.detail for defect in message.defects[:10]] or None,
    )


def _named(quote: Provenance, *, whole: bool) -> dict[str, Any]:
    """Where a quote comes from; lines that were put into it are answers to it as a rule, and shown if it is not."""
    few = not whole and sum(map(len, quote.put_in)) <= PUT_IN_SHOWN
    return {
        "quotes": list(quote.sources[:QUOTES_NAMED]) or None,
        "quoted_unverified": quote.unknown or None,
        "put_in": [harmless(line) for line in quote.put_in] or None if few else None,
    }


def _words_of(body: results.MessageBody) -> int:
    """Characters of the budget that a message used."""
    hidden = sum(len(piece.text or "") for piece in body.hidden or ())
    links = sum(len(link.url) + len(link.text) for link in body.links or ())
    headers = sum(map(len, body.headers or ()))
    quoted = len(body.quoted or "") + sum(map(len, body.put_in or ()))
    return len(body.text) + quoted + hidden + links + headers + MESSAGE_CHARACTERS


def _hidden(channels: Channels, budget: int | None) -> list[results.HiddenLine]:
    """What a person would not see: kinds and sizes, and text as far as the budget goes (None: nobody asked for it)."""
    lines: list[results.HiddenLine] = []
    for piece in channels.hidden:
        if not budget and len(lines) >= HIDDEN_LISTED:
            break
        text = None if budget is None else shortened(inert(piece.text), budget)
        budget = None if text is None or budget is None else budget - len(text)
        lines.append(
            results.HiddenLine(
                kind=piece.kind, chars=len(piece.text), text=harmless(text) if text is not None else None
            )
        )
    return lines


def _as_far_as(lines: Sequence[str], budget: int) -> list[str]:
    """As many of the lines as the budget allows, and one at least."""
    shown: list[str] = []
    for line in lines:
        budget -= len(line)
        if shown and budget < 0:
            break
        shown.append(line)
    return shown


def _links(
    message: StoredMessage, channels: Channels, offset: int, stop: int, budget: int | None
) -> tuple[list[results.LinkLine], int]:
    """The links of a page that fit, in their order, and how many it has; each stands on the page of its words.

    Without a budget (nobody asked for links) only the first of them. The one that signs in is on the first page, too.
    Those of quoted history and of the signature are given behind the last page when links are asked for.
    """
    here = [
        (number, link)
        for number, link in enumerate(channels.links, 1)
        if offset <= link.offset < stop
        or (stop == len(channels.visible) <= link.offset)
        or (not offset and link.url == message.codes.link)
    ]
    behind = list(enumerate(channels.links_apart, len(channels.links) + 1)) if stop == len(channels.visible) else []
    most, asked = len(here) + len(behind), budget is not None
    if budget is None:
        least, budget = LINK_CHARACTERS
        budget, most = max(least, budget - len(channels.visible) // 2), LINKS_SHOWN
    shown: list[results.LinkLine] = []
    for number, link in (*here, *(behind if asked else ())):
        cost = len(link.url) + len(link.text)
        least = asked and not shown  # a page that was asked for its links ends before the second that does not fit
        if least or link.url == message.codes.link or (cost <= budget and len(shown) < most):
            budget -= cost
            shown.append(
                results.LinkLine(
                    number=number,
                    text=named_by(link),
                    url=link.url,
                    host=host(link.url),
                    flags=list(link.flags) or None,
                )
            )
    return shown, len(here) + len(behind)
