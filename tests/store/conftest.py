"""A real database in memory, and a desk at which mail is handed in and judged as the mailroom does it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailmcp.mail import parse
from mailmcp.models import (
    Address,
    Arrival,
    Channels,
    Codes,
    Draft,
    DraftState,
    Envelope,
    Inbox,
    Source,
    StoredMessage,
    Submission,
    Trust,
    Verdict,
)
from mailmcp.policy import trust
from mailmcp.store import inboxes, judgements, messages, outbox, schema, threads
from mailmcp.store.judgements import Judgement


@dataclass
class Desk:
    """What the tests of one home need: each call is a minute later than the one before."""

    db: sqlite3.Connection
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    proved: bool = False
    """Whether the senders of what is judged are taken to be who they say."""
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 100_000)))

    def later(self, **span: float) -> datetime:
        self.now += timedelta(**(span or {"minutes": 1}))
        return self.now

    def inbox(self, name: str = "ann") -> Inbox:
        return inboxes.create(
            self.db, address=f"{name}@agents.test", label="", backend="local", key=None, now=self.later()
        )[0]

    def letter(
        self,
        to: str,
        *,
        from_: str = "Bob <bob@app.example>",
        subject: str = "Hello",
        text: str = "Some words.",
        cc: str = "",
        message_id: str | None = None,
        answers: str = "",
        references: str = "",
    ) -> bytes:
        """Bytes of a mail; ``answers`` is its In-Reply-To."""
        message_id = message_id or f"<{next(self.numbers)}@app.example>"
        fields = {
            "From": from_,
            "To": to,
            "Cc": cc,
            "Subject": subject,
            "Message-ID": message_id,
            "In-Reply-To": answers,
            "References": references,
            "Content-Type": "text/plain; charset=utf-8",
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
        return f"{head}\r\n{text}\r\n".encode()

    def arrival(self, raw: bytes, *recipients: str, source: Source = Source.SMTP) -> Arrival:
        envelope = Envelope(mail_from="bob@app.example", recipients=recipients, received_at=self.later())
        return Arrival(raw=raw, envelope=envelope, source=source, backend="local")

    def accept(self, raw: bytes, *recipients: str, fingerprint: str | None = None) -> list[int]:
        return messages.accept(self.db, self.arrival(raw, *recipients), fingerprint=fingerprint)

    def judgement(self, raw: bytes, codes: Codes | None = None, first_line: str | None = None) -> Judgement:
        message = parse.parse(raw)
        visible = (message.text or "").strip()
        return Judgement(
            message=message,
            channels=Channels(visible=visible, read_from="plain"),
            codes=codes or Codes(),
            trust=Trust(verdict=Verdict.VERIFIED)
            if self.proved
            else trust.judge(message, source=Source.SMTP, peer=None),
            first_line=first_line or visible.split("\n")[0],
        )

    def judge(self, row: int, raw: bytes, codes: Codes | None = None) -> StoredMessage:
        assert judgements.judge(self.db, row, self.judgement(raw, codes), self.later())
        return messages.select(self.db, "messages.id = :row", {"row": row})[0]

    def receive(
        self, to: str, *, codes: Codes | None = None, header_to: str | None = None, **how: str
    ) -> StoredMessage:
        """A mail to an inbox, accepted and judged."""
        raw = self.letter(header_to or to, **how)
        return self.judge(self.accept(raw, to)[0], raw, codes)

    def sent(self, inbox: Inbox, to: str, **how: str) -> StoredMessage:
        """Our own copy of a mail that left."""
        raw = self.letter(to, from_=inbox.address, **how)
        arrival = self.arrival(raw, to, source=Source.SUBMITTED)
        row = messages.keep_sent(self.db, inbox.row, arrival, fingerprint=f"d_{next(self.numbers)}")
        return self.judge(row, raw)

    def draft(
        self,
        inbox: Inbox,
        *,
        key: str = "same",
        state: DraftState = DraftState.HELD,
        allow_duplicate: bool = False,
        send_at: datetime | None = None,
        expires_at: datetime | None = None,
        to: tuple[str, ...] = ("bob@app.example",),
    ) -> tuple[Draft, bool]:
        submission = Submission(
            inbox=inbox, to=tuple(Address("", one) for one in to), subject="Hello", body="Some words.", send_at=send_at
        )
        new = outbox.NewDraft(
            submission=submission,
            mime=b"Subject: Hello\r\n\r\nSome words.\r\n",
            sha256="0" * 64,
            content_key=key,
            state=state,
            reasons=(),
            note="",
            expires_at=expires_at,
        )
        until = self.now + timedelta(days=1) if allow_duplicate else None
        return outbox.submit(self.db, new, now=self.now, duplicate_expires_at=until)

    def found(self, query: str | None = None, **wanted: object) -> list[str]:
        """The subjects of the threads that find_mail would show, newest first."""
        page, _ = threads.find(self.db, threads.Filter(query=query, **wanted), limit=100, before=None)  # type: ignore[arg-type]
        return [thread.subject for thread in page]


@pytest.fixture(scope="session")
def migrated() -> bytes:
    """A database with all tables and nothing in them: to make them takes 25 ms of CPU."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        schema.migrate(connection, Path(":memory:"))
        return connection.serialize()


@pytest.fixture
def db(migrated: bytes) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(migrated)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.row_factory = sqlite3.Row
    yield connection
    connection.close()


@pytest.fixture
def desk(db: sqlite3.Connection) -> Desk:
    return Desk(db)
