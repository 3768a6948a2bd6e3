"""What is known of a message that wants to leave: gathered here, judged by ``policy.sending``.

What takes its time (copied words, leaks) is looked for before the transaction that decides; what other processes may
change at any moment (taint, rates, approvals) is read inside it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import cast

from mailmcp.config import RATE, Section, SendSettings, Settings
from mailmcp.errors import ConfigError, NotFound
from mailmcp.mail import text
from mailmcp.mailroom.in_force import Ruling
from mailmcp.models import Draft, Message, OutgoingFile, SendingVerdict, Submission
from mailmcp.policy import leaks, overlap, patterns, sending
from mailmcp.policy.leaks import Leak, Piece
from mailmcp.policy.patterns import normal
from mailmcp.policy.sending import Answered, Facts, Passage, Rate, Rules
from mailmcp.store import Store, contacts, departures, fresh_codes, inboxes, messages, passages, sends, taints

MOST_FRESH = 500
"""Newest codes that are looked for."""
MOST_WORDS = 100_000
"""Of a message, that are compared with what is stored."""
_SECONDS = {"min": 60, "h": 3600, "d": 86_400}
_SECRET_NAMES = ("password", "secret", "token", "api_key", "passphrase")


class Deciding:
    """Gathers what the policy asks, for every message of one home."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._known = (settings.send, False), rules_of(settings.send, way_out=False)
        self._secrets = tuple(secrets_of(settings))

    async def gathered(
        self, submission: Submission, ruling: Ruling, *, hold: bool, key: str = taints.OWNER
    ) -> tuple[Facts, Rules]:
        """What can be known before the decision, and by which rules it is."""
        rules = self._rules(ruling, submission.inbox.backend)
        return await self._facts(submission, rules, hold=hold, key=key), rules

    def _rules(self, ruling: Ruling, backend: str) -> Rules:
        """Those of whoever leads the home, for an inbox that this backend keeps."""
        asked = ruling.send, ruling.way_out and backend not in ruling.shut_in
        if asked != self._known[0]:
            self._known = asked, rules_of(ruling.send, way_out=asked[1])
        return self._known[1]

    async def _facts(self, submission: Submission, rules: Rules, *, hold: bool, key: str) -> Facts:
        own = await self._store.read(inboxes.by_recipient, submission.recipients)
        facts = Facts(
            recipients=submission.recipients,
            own_inboxes=frozenset(recipient for group in own.values() for recipient in group),
            home_domain=normal(submission.inbox.address).rpartition("@")[2]
            if submission.inbox.backend == "local"
            else "",
            asked_to_hold=hold,
            caller=key,
        )
        if not facts.outside and submission.answers:
            return replace(facts, answered=await self._store.read(answered, submission.answers))
        if not facts.outside or not rules.way_out:
            return facts
        pieces = await asyncio.to_thread(lambda: list(said(submission)))
        return replace(
            facts,
            answered=await self._store.read(answered, submission.answers) if submission.answers else None,
            twins=await self._twins(submission, facts, rules),
            passages=(*await self._carried(submission), *await self._copied(pieces, facts)),
            leaks=await self._leaks(pieces),
        )

    def verdict(
        self, db: sqlite3.Connection, facts: Facts, rules: Rules, submission: Submission, now: datetime
    ) -> SendingVerdict:
        """The decision, inside the transaction that writes it down."""
        if facts.outside and rules.way_out:
            inbox = submission.inbox
            facts = replace(
                facts,
                pause=departures.standing(db, inbox.address),
                suppressed=sends.suppressed(db, facts.outside),
                agreed=sends.agreed(db, inbox.row, facts.outside),
                taints=taints.standing(db, key=facts.caller, now=now),
                sent=sends.counted(
                    db,
                    rules.rates,
                    inbox=inbox.address,
                    recipients=facts.outside,
                    thread=facts.answered.thread if facts.answered else None,
                    leaves=max(now, submission.send_at or now),
                ),
            )
        rate = rules.rates.get("thread")
        if facts.answered is not None and rate is not None:
            within = sends.within(db, facts.answered.thread, now - timedelta(seconds=rate.seconds))
            facts = replace(facts, sent=replace(facts.sent, within=within))
        return sending.decide(facts, rules)

    def count(self, db: sqlite3.Connection, draft: Draft, facts: Facts, now: datetime) -> None:
        """The draft was allowed without a human: it counts in the rates."""
        if facts.outside:
            thread = facts.answered.thread if facts.answered else None
            leaves = max(now, draft.send_at or now)
            sends.count(
                db, draft.id, inbox=draft.inbox, recipients=facts.outside, thread=thread, now=now, leaves=leaves
            )

    async def _twins(self, submission: Submission, facts: Facts, rules: Rules) -> dict[str, str]:
        """Of the recipients to whom nobody wrote yet, those that look like somebody known."""
        met = await self._store.read(contacts.known, submission.inbox.row)
        wrote_to = {normal(one) for one, written in met if written}
        new = [one for one in facts.outside if normal(one) not in wrote_to]
        listed = [one.removeprefix("*.") for one in rules.allow]
        return await asyncio.to_thread(sending.twins, new, [*(one for one, _ in met), *listed]) if new else {}

    async def _carried(self, submission: Submission) -> list[Passage]:
        found = [await self._store.read(messages.get, one) for one in dict.fromkeys(submission.carries)]
        return [passages.carried(one) for one in found]

    async def _copied(self, pieces: list[Piece], facts: Facts) -> list[Passage]:
        words: list[str] = []
        for piece in pieces:
            if piece.plain and len(words) < MOST_WORDS:
                words += await asyncio.to_thread(passages.words, piece.text)
        said = await asyncio.to_thread(overlap.all_runs, words[:MOST_WORDS])
        found: dict[str, Passage] = {}
        for question in passages.questions(words[:MOST_WORDS]):
            for one in await self._store.read(passages.repeated, question, said, facts.outside):
                found[one.message] = one
        return list(found.values())

    async def _leaks(self, pieces: list[Piece]) -> tuple[Leak, ...]:
        arrived = await self._store.read(fresh_codes.standing, datetime.now(UTC), limit=MOST_FRESH)
        return await asyncio.to_thread(leaks.find, pieces, fresh=arrived, own=self._secrets)


def said(submission: Submission) -> Iterator[Piece]:
    """Everything that a message says, in pieces that people have names for."""
    yield Piece("display name", submission.inbox.display_name)
    yield Piece("subject", submission.subject)
    yield Piece("text", submission.body)
    if submission.html:
        channels = text.read(Message(html=submission.html))
        hidden = (one.text for one in channels.hidden)
        links = (one.url for one in channels.every_link)
        yield Piece("HTML", "\n".join((channels.visible, channels.quoted, channels.signature, *hidden, *links)))
        yield Piece("HTML source", submission.html)
        if (plain := unescape(submission.html)) != submission.html:  # attributes and comments are seen by programs
            yield Piece("HTML source", plain)
    people = (*submission.to, *submission.cc, *submission.bcc)
    yield Piece("list of recipients", "\n".join(f"{one.name}\n{one.email}" for one in people))
    for number, file in enumerate(submission.attachments, 1):
        yield Piece("file name", file.filename)
        yield _file(f"attachment {number}", file)


def _file(where: str, file: OutgoingFile) -> Piece:
    """A file as text if it is text, whatever its type says; else its octets, in which only sure things are found."""
    data = file.data
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8",):
        try:
            words = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in words:
            return Piece(where, words)
    return Piece(where, data.decode("latin-1"), plain=file.content_type.startswith("text/"))


def rules_of(send: SendSettings, *, way_out: bool, rated: bool = True) -> Rules:
    """What the settings say of sending. Raises ConfigError naming an entry that could never match."""
    rates = {"inbox": send.rate, "recipient": send.rate_recipient, "thread": send.rate_thread, "all": send.rate_all}
    return Rules(
        policy=send.policy,
        allow=frozenset(_patterns("ALLOW", send.allow)),
        deny=frozenset(_patterns("DENY", send.deny)),
        way_out=way_out,
        rates={scope: _rate(written) for scope, written in rates.items()} if rated else {},
    )


def secrets_of(section: Section) -> Iterator[str]:
    """The passwords and keys among the settings."""
    for name, value in section:
        if isinstance(value, Section):
            yield from secrets_of(value)
        elif isinstance(value, dict):  # tables of them, such as further accounts
            for table in cast("dict[str, Section]", value).values():
                yield from secrets_of(table)
        elif any(word in name for word in _SECRET_NAMES):
            reveal = getattr(value, "get_secret_value", None)
            shown: object = reveal() if callable(reveal) else value
            if isinstance(shown, str):
                yield shown


def _patterns(setting: str, entries: tuple[str, ...]) -> Iterator[str]:
    for entry in entries:
        try:
            found = patterns.pattern(entry)
        except ValueError as error:
            raise ConfigError(f"The setting MAILMCP_SEND__{setting} holds {entry[:60]!r}, which {error}.") from error
        if found == patterns.EVERYBODY and setting == "ALLOW":
            raise ConfigError("The setting MAILMCP_SEND__ALLOW holds '*': set MAILMCP_SEND__POLICY to open instead.")
        yield found


def _rate(written: str) -> Rate:
    found = RATE.fullmatch(written)
    if found is None:
        raise ConfigError(f"{written[:60]!r} is no rate: write a number in a min, h or d, such as 20/h.")
    return Rate(most=int(found[1]), seconds=_SECONDS[found[2]])


def answered(db: sqlite3.Connection, message_id: str) -> Answered | None:
    """What is known of the message that is answered (m_…)."""
    try:
        message = messages.get(db, message_id)
    except NotFound:  # deleted since it was looked up: nothing is known of it that would allow anything
        return None
    return Answered(
        thread=message.thread,
        author=message.from_.email if message.from_ and not message.outgoing else None,
        verdict=message.trust.verdict,
        reply_to=tuple(one.email for one in message.reply_to),
        wrote_to=sends.wrote_to(db, message.thread),
        automatic=message.automatic,
    )
