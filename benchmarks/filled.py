"""A home with many stored messages, put there by the store's own functions, kept between runs."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path

import mailmcp
from mailmcp.models import (
    Address,
    Arrival,
    Channels,
    Codes,
    Envelope,
    Link,
    Message,
    Reason,
    Source,
    Trust,
    Verdict,
)
from mailmcp.store import Store, inboxes, judgements, marks, messages
from mailmcp.store.judgements import Judgement

INBOXES = tuple(f"inbox-{number:02}@agents.internal" for number in range(20))
COMMON_WORD, RARE_WORD = "quarterly", "zanzibar"
"""In a third of all texts, and in twelve texts of the whole store."""
COMMON_DOMAIN, RARE_DOMAIN, RARE_SENDER = "d000.example", "seldom.example", "once@seldom.example"
"""A domain that one message in eight comes from, and one with twelve messages in the whole store."""
COMMON_LABEL, RARE_LABEL = "receipts", "keepsake"
"""On one conversation in ten, and on twelve messages of the whole store."""
RARE = 12

_TOGETHER = 1_000
"""Messages in one transaction."""
_AT_ONCE = 200
"""Conversations that go on beside each other."""
_LONGEST = 12
_OURS = 0.3
"""Share of answers that this home wrote."""


def home(size: int) -> Path:
    """A home with ``size`` messages, made unless the temporary folder still has it from an earlier run."""
    folder = Path(tempfile.gettempdir()) / f"mailmcp-benchmarks-{os.getuid() if hasattr(os, 'getuid') else 'me'}"
    folder.mkdir(mode=0o700, exist_ok=True)
    made = folder / f"{size}-{_edition()}"
    if not made.exists():
        for old in folder.glob(f"{size}-*"):
            shutil.rmtree(old)
        unfinished = folder / f"{size}-unfinished-{os.getpid()}"
        try:
            asyncio.run(_fill(unfinished, size))
            unfinished.rename(made)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return made


def _edition() -> str:
    """What the content of a filled home depends on: this file and the store."""
    root = Path(mailmcp.__file__).parent
    digest = hashlib.sha256()
    for file in (Path(__file__), *sorted((root / "store").rglob("*.py")), *sorted((root / "store").rglob("*.sql"))):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


async def _fill(folder: Path, size: int) -> None:
    store = await Store.open(folder)
    try:
        rows: dict[str, int] = {}
        for address in INBOXES:
            inbox, _ = await store.write(
                inboxes.create, address=address, label="", backend="local", key=None, now=datetime.now(UTC)
            )
            rows[address] = inbox.row
        posts = _posts(size)
        while batch := list(islice(posts, _TOGETHER)):
            await store.write(_put, batch, rows)
    finally:
        await store.aclose()


@dataclass(frozen=True, slots=True)
class _Post:
    """A message on its way into the store."""

    inbox: str
    arrival: Arrival
    judgement: Judgement
    outgoing: bool
    read: bool
    labels: tuple[str, ...]


def _put(db: sqlite3.Connection, batch: list[_Post], inbox_rows: dict[str, int]) -> None:
    for post in batch:
        now = post.arrival.envelope.received_at
        message_id = post.judgement.message.message_id or ""
        if post.outgoing:
            row = messages.keep_sent(db, inbox_rows[post.inbox], post.arrival, fingerprint=message_id)
        else:
            (row,) = messages.accept(db, post.arrival, fingerprint=message_id)
        judgements.judge(db, row, post.judgement, now)
        if post.read or post.labels:
            marks.mark(db, [row], read=True if post.read else None, add=post.labels, remove=())


# --- what the messages say -------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Talk:
    """A conversation that goes on."""

    inbox: str
    people: list[Address]
    subject: str
    left: int
    labels: tuple[str, ...]
    ids: list[str] = field(default_factory=list[str])
    last_text: str = ""


class _Words:
    """Made-up words, some frequent and most rare, as in a language."""

    def __init__(self, chance: random.Random) -> None:
        parts = ["ba", "co", "di", "fe", "gu", "ha", "jo", "ki", "le", "mu", "na", "po", "ri", "se", "tu", "vo", "wa"]
        every = [a + b + c for a in parts for b in parts for c in ("", *parts)]
        chance.shuffle(every)
        self._chance = chance
        self._every = every
        self._weights = list(accumulate(1 / (rank + 10) for rank in range(len(every))))

    def some(self, count: int) -> str:
        return " ".join(self._chance.choices(self._every, cum_weights=self._weights, k=count))


def _posts(size: int) -> Iterator[_Post]:
    chance = random.Random(size)
    words = _Words(chance)
    start = datetime(2025, 1, 1, tzinfo=UTC)
    step = timedelta(days=365) / size
    rare_words, rare_senders, rare_labels = (set(chance.sample(range(size), RARE)) for _ in range(3))
    talks: list[_Talk] = []
    for number in range(size):
        while len(talks) < _AT_ONCE:
            talks.append(_talk(chance, words))
        place = chance.randrange(len(talks))
        talk = talks[place]
        text = _text(chance, words, rare=number in rare_words)
        # The newest mail is unread in part; of the older mail somebody has left a little.
        unread = chance.random() < (0.4 if number > size * 0.97 else 0.005)
        yield _post(
            chance,
            talk,
            f"<{number}.{size}@mail.example>",
            text,
            start + step * number,
            author=Address("", RARE_SENDER) if number in rare_senders else None,
            read=not unread,
            labels=(RARE_LABEL,) if number in rare_labels else (),
        )
        talk.left -= 1
        if talk.left == 0:
            talks[place] = talks[-1]
            talks.pop()


def _talk(chance: random.Random, words: _Words) -> _Talk:
    people = [_person(chance, words) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
    return _Talk(
        inbox=chance.choice(INBOXES),
        people=people,
        subject=words.some(chance.randint(3, 8)).capitalize(),
        left=chance.randint(1, _LONGEST),
        labels=(COMMON_LABEL,) if chance.random() < 0.1 else (),
    )


def _person(chance: random.Random, words: _Words) -> Address:
    domain = 0 if chance.random() < 0.125 else chance.randint(1, 399)
    host = chance.choice(("", "", "mail.", "notify.eu."))
    return Address(words.some(2).title(), f"person{chance.randint(1, 40)}@{host}d{domain:03}.example")


def _text(chance: random.Random, words: _Words, *, rare: bool) -> str:
    count = min(40, 3 + int(chance.expovariate(0.15)))
    lines = [words.some(chance.randint(6, 14)).capitalize() + "." for _ in range(count)]
    if chance.random() < 1 / 3:
        lines.insert(chance.randrange(len(lines)), f"The {COMMON_WORD} numbers {words.some(5)}.")
    if rare:
        lines.insert(chance.randrange(len(lines)), f"Greetings from {RARE_WORD}.")
    return "\n".join(lines)


def _post(
    chance: random.Random,
    talk: _Talk,
    message_id: str,
    text: str,
    when: datetime,
    *,
    author: Address | None,
    read: bool,
    labels: tuple[str, ...],
) -> _Post:
    outgoing = bool(talk.ids) and author is None and chance.random() < _OURS
    me = Address("", talk.inbox)
    sender = me if outgoing else (author or chance.choice(talk.people))
    to = tuple(talk.people) if outgoing else (me,)
    message = Message(
        message_id=message_id,
        subject=f"Re: {talk.subject}" if talk.ids else talk.subject,
        from_=(sender,),
        to=to,
        date=when,
        in_reply_to=tuple(talk.ids[-1:]),
        references=tuple(talk.ids),
        text=text,
    )
    quoted = "\n".join(f"> {line}" for line in talk.last_text.splitlines())
    url = f"https://example.test/view/{message_id[1:-1]}"
    raw = (
        f"Message-ID: {message_id}\r\nFrom: {sender.email}\r\nTo: {to[0].email}\r\nSubject: {message.subject}\r\n"
        f"References: {' '.join(talk.ids)}\r\n\r\n{text}\n\n{quoted}\n{url}\n"
    ).encode()
    arrival = Arrival(
        raw=raw,
        envelope=Envelope(
            mail_from=sender.email,
            recipients=tuple(one.email for one in to),
            received_at=when,
            peer=None if outgoing else "127.0.0.1",
            helo=None if outgoing else "mail.example",
        ),
        source=Source.SUBMITTED if outgoing else Source.SMTP,
        backend="local",
    )
    first = not talk.ids
    code = f"{chance.randrange(10**6):06}" if first and chance.random() < 0.2 else None
    judgement = Judgement(
        message=message,
        channels=Channels(
            visible=text,
            quoted=quoted,
            links=(Link("View it", url, 0),),
            emphasis=((0, 10),),
            read_from="html",
        ),
        codes=Codes(code=code, code_confidence=0.9 if code else 0.0, evidence=f"Your code is {code}" if code else ""),
        trust=Trust(
            verdict=Verdict.LOCAL if outgoing else Verdict.UNVERIFIED,
            reasons=(Reason("loopback_peer", "It came from a program on this machine; the sender was not checked."),),
        ),
        first_line=text.partition("\n")[0],
    )
    talk.ids.append(message_id)
    talk.last_text = text
    return _Post(talk.inbox, arrival, judgement, outgoing, read, (*labels, *(talk.labels if first else ())))
