"""The view of read_thread: the messages of a thread with their new text, and one line on what was left out.

A part of the window ``server/views.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mailmcp.language.graphemes import shortened
from mailmcp.models import Address, Channels, Conversation, Provenance, Reason, StoredMessage, Verdict
from mailmcp.server import absence, results
from mailmcp.server.fence import Page, inert
from mailmcp.server.paging import end_before, first_past, page_end
from mailmcp.server.targets import FLAGS, harmless, host, named_by, numbered, places

LINKS_SHOWN = 15
LINK_CHARACTERS = (300, 1_500)
"""Least and most for the links of a message: the more it says in words, the less its links (often those of click
trackers, a thousand characters each) matter. The link that signs in is always given whole."""
NAME_SHOWN = 60
PEOPLE_SHOWN = 8
"""Of each header; like attachments, all of them with ``include`` all."""
ATTACHMENTS_SHOWN = 15
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
"""Pieces of hidden text of a message."""
ANSWER_MARKS = 12
"""Characters that answers put before a subject ("Re: ", "AW: Re: "): with more, it is another subject."""
QUOTES_NAMED = 20
PUT_IN_SHOWN = 600
"""Characters of lines put into a quote up to which they are shown."""
QUOTES_SAID = 6
"""Messages of a page up to which it is said of each whom it quotes; on a longer one only what is not right before."""
NO_SENDER = "no one sender (include=headers)"
SIGNS = {"verified": "✓", "unverified": "?", "suspicious": "!", "failed": "✗", "local": "⌂"}
"""How a list says trust; its first line explains those that occur."""
_USUAL = frozenset(("loopback_peer", "not_checked", "first_contact", "dmarc_pass"))
"""Reasons that say no more than "unverified" does."""


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
    telling = _Telling(page, read.inbox, several=several, few=few)
    next_cursor: str | None = None
    previous = ""
    left_out = absence.LeftOut()
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


def person(address: Address) -> str:
    """A name and address as a header shows them, a long name cut."""
    name = harmless(address.name)
    if len(name) > NAME_SHOWN:
        name = f"{shortened(name, NAME_SHOWN - 1)}…"
    return f"{name} <{address.email}>" if name else address.email


def titled(subject: str) -> str:
    """A subject as it is shown, a long one cut."""
    return harmless(shortened(subject, results.SUBJECT_SHOWN))


def short(moment: datetime) -> str:
    """Day and time (UTC) in this year, with the year in others."""
    here = moment.astimezone(UTC)
    return f"{here:%m-%d %H:%M}Z" if here.year == datetime.now(UTC).year else f"{here:%Y-%m-%d %H:%M}Z"


def legend(verdicts: Iterable[str]) -> str:
    """What the signs of these verdicts mean."""
    return f"{', '.join(f'{SIGNS[one]} {one}' for one in dict.fromkeys(verdicts))}. "


def size(count: int) -> str:
    """A size in bytes for people."""
    if count < 1024:
        return f"{count} bytes"
    return f"{count / 1024:.0f} KiB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MiB"


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

    The message's own text comes first, then (where asked for) quoted history, then hidden text; what the budget cuts
    is counted.
    """
    everything = "all" in include
    found = places(channels.visible, channels.links)
    stop = page_end(channels.visible, found, offset, budget)
    asked = everything or "links" in include
    if asked and (past := first_past(channels.links, found, offset, stop, budget)) is not None:
        stop = end_before(channels.visible, past, offset)
    text = channels.visible[offset:stop]
    people = None if everything else PEOPLE_SHOWN
    left = max(0, budget - len(text))
    quoted: str | None = None
    if channels.quoted and ("quoted" in include or everything):
        quoted = shortened(inert(channels.quoted), left)
        left -= len(quoted)
    signed = left if everything else SIGNATURE_SHOWN
    hidden = _hidden(channels, left if "hidden" in include or everything else None)
    links, linked = _links(message, channels, offset, stop, budget if asked else None)
    files = message.attachments if everything else message.attachments[:ATTACHMENTS_SHOWN]
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
        quoted_left_out=(len(channels.quoted) - len(quoted or "")) or None,
        signature=harmless(shortened(inert(channels.signature), signed)) or None,
        hidden=hidden or None,
        links=links or None,
        links_left_out=(linked - len(links)) or None,
        attachments=[
            results.AttachmentLine(part=one.part, name=one.filename, type=one.content_type, size=one.size)
            for one in files
        ]
        or None,
        attachments_left_out=(len(message.attachments) - len(files)) or None,
        headers=[f"{name}: {value}" for name, value in headers] or None,
        authentication=list(message.authentication) if headers else None,
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
    for piece in channels.hidden[:HIDDEN_LISTED]:
        text = None if budget is None else shortened(inert(piece.text), budget)
        budget = None if text is None or budget is None else budget - len(text)
        lines.append(
            results.HiddenLine(
                kind=piece.kind, chars=len(piece.text), text=harmless(text) if text is not None else None
            )
        )
    return lines


def _links(
    message: StoredMessage, channels: Channels, offset: int, stop: int, budget: int | None
) -> tuple[list[results.LinkLine], int]:
    """The links of a page that fit, in their order, and how many it has; each stands on the page of its words.

    Without a budget (nobody asked for links) only the first of them. The one that signs in is on the first page, too.
    """
    here = [
        (number, link)
        for number, link in enumerate(channels.links, 1)
        if offset <= link.offset < stop
        or (stop == len(channels.visible) <= link.offset)
        or (not offset and link.url == message.codes.link)
    ]
    most, asked = len(here), budget is not None
    if budget is None:
        least, budget = LINK_CHARACTERS
        budget, most = max(least, budget - len(channels.visible) // 2), LINKS_SHOWN
    shown: list[results.LinkLine] = []
    for number, link in here:
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
    return shown, len(here)


class _Telling:
    """Messages as text, one after another: what the ones before have said is not said again."""

    def __init__(self, page: Page, inbox: str, *, several: bool, few: bool) -> None:
        self._page = page
        self._inbox = inbox
        self._several = several
        self._few = few
        self._previous = ""
        self._topic = ""
        self._day = ""
        self._known: set[str] = set()
        self._put_in: set[str] = set()

    def message(self, body: results.MessageBody, reasons: tuple[Reason, ...], absent: str, *, everything: bool) -> None:
        """The lines of one message: trust and sender, recipients and subject where they say something new, text."""
        page = self._page
        self._head(body, reasons)
        if body.about:
            page.say("it is:", body.about)
        # Each under a name of its own: a text may begin with what looks like a verdict on its sender.
        for name, lines in (("headers:", body.headers), ("how it came, and what was checked:", body.authentication)):
            if lines:
                page.say(name)
            for line in lines or ():
                page.quote(line)
        if body.headers:
            page.say("text:")
        if body.text:
            page.quote(body.text)
        else:
            page.say(absent)
        if body.signature and everything:
            page.say("signature:")
            page.quote(body.signature)
        self._quote(body)
        if body.quoted:
            page.say("quoted:")
            page.quote(body.quoted)
        for piece in body.hidden or ():
            if piece.text:
                page.say(f"hidden ({piece.kind}):")
                page.quote(piece.text)
        for link in body.links or ():
            flags = "".join(f"; {FLAGS.get(flag, flag)}" for flag in link.flags or ())
            page.say(f"link {link.number}{flags}:", link.url)
        for one in body.attachments or ():
            page.say(f"attachment {one.part}, {size(one.size)}:", f"{one.name} ({one.type})")
        if body.defects:
            page.say("defects:", " ".join(body.defects))

    def _quote(self, body: results.MessageBody) -> None:
        """Whose words are quoted (the newest of them stands first), and that some are nobody's here."""
        newest = (body.quotes or [""])[0]
        if newest and (self._few or newest != self._previous):
            more = f" and {len(body.quotes or ()) - 1} before it" if len(body.quotes or ()) > 1 else ""
            self._page.say(f"quotes {newest}{more}")
        if body.quoted_unverified:
            what = f"quoted text that no stored message has: {body.quoted_unverified} characters, unverified"
            put_in = [line for line in body.put_in or () if line not in self._put_in]
            self._page.say(f"{what}; perhaps answers in the quote:" if put_in else what)
            for line in put_in:
                self._page.quote(line)
            self._put_in.update(put_in)
        self._previous = body.id

    def _head(self, body: results.MessageBody, reasons: tuple[Reason, ...]) -> None:
        page, when = self._page, self._when(body.received_at)
        if body.direction == "out":
            page.say(f"sent {body.id} {when} to", ", ".join(body.to))
        else:
            verdict = SIGNS[body.trust] if self._several else body.trust
            # Beside any other verdict a domain, though proved, would read as praise.
            verdict += f" {body.verified_domain}" if body.trust == Verdict.VERIFIED and body.verified_domain else ""
            if body.sender:
                page.say(f"{verdict} {body.id} {when}", self._sender(body.sender))
            else:
                page.say(f"{verdict} {body.id} {when} from {NO_SENDER}")
            told = [one.sentence for one in reasons if one.code not in _USUAL]
            if told and body.trust in (Verdict.SUSPICIOUS, Verdict.FAILED, Verdict.UNVERIFIED):
                page.say(f"{body.trust}: {' '.join(told)}")
            if [_bare(one) for one in body.to] != [self._inbox]:
                page.say("to" if body.to else "to nobody by name", ", ".join(body.to) or None)
        if body.cc:
            page.say("cc", ", ".join(body.cc))
        if body.reply_to:
            page.say("answers go to", ", ".join(body.reply_to))
        if body.labels:
            page.say(f"labels: {' '.join(body.labels)}")
        if body.subject and not _says_topic(body.subject, self._topic):
            page.say("subject", body.subject)
        self._topic = self._topic or body.subject

    def _when(self, moment: datetime) -> str:
        """Day and time; the time alone on the day of the message before."""
        day, _, time = short(moment).partition(" ")
        same, self._day = day == self._day, day
        return time if same else f"{day} {time}"

    def _sender(self, sender: str) -> str:
        """The sender; one who was named before in this way by the address alone."""
        if sender in self._known:
            return _bare(sender)
        self._known.add(sender)
        return sender


def _bare(person: str) -> str:
    """The address alone of what :func:`person` made."""
    return person.rpartition(" <")[2].removesuffix(">").lower()


def _says_topic(subject: str, topic: str) -> bool:
    """Whether a subject is the topic, perhaps with what answers put before it."""
    return bool(topic) and subject.casefold().endswith(topic.casefold()) and len(subject) - len(topic) <= ANSWER_MARKS
