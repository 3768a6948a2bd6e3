"""A home with mail in it, and ways to damage its database as disks and programs do."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mailmcp.mail import parse
from mailmcp.models import (
    Address,
    Arrival,
    Channels,
    Codes,
    DraftState,
    Envelope,
    Source,
    Submission,
    Trust,
    Verdict,
)
from mailmcp.store import Store, inboxes, judgements, messages, outbox, suppressions
from mailmcp.store.judgements import Judgement

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
INBOXES = ("ann@agents.test", "bea@agents.test")
PAGE = 4096


def letter(number: int, to: str) -> bytes:
    words = f"Letter number{number} of the quarter.\r\n" * (1 + number % 40)
    return (
        f"From: Bob <bob@app.example>\r\nTo: {to}\r\nSubject: Subject {number}\r\n"
        f"Message-ID: <{number}@app.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{words}"
    ).encode()


def fill(db: sqlite3.Connection, count: int) -> None:
    """So many judged letters, turn by turn in two inboxes, a held and a queued draft, and a suppressed address."""
    rows = [
        inboxes.create(db, address=one, label=f"label of {one}", backend="local", key=None, now=NOW)[0]
        for one in INBOXES
    ]
    for number in range(count):
        to, at = INBOXES[number % 2], NOW + timedelta(minutes=number)
        raw = letter(number, to)
        envelope = Envelope(mail_from="bob@app.example", recipients=(to,), received_at=at)
        arrival = Arrival(raw=raw, envelope=envelope, source=Source.SMTP, backend="local")
        (row,) = messages.accept(db, arrival, fingerprint=str(number))
        message = parse.parse(raw)
        judgement = Judgement(
            message=message,
            channels=Channels(visible=(message.text or "").strip(), read_from="plain"),
            codes=Codes(),
            trust=Trust(verdict=Verdict.UNVERIFIED),
            first_line="Letter",
        )
        assert judgements.judge(db, row, judgement, at)
    for state in (DraftState.HELD, DraftState.QUEUED):
        submission = Submission(inbox=rows[0], to=(Address("", "bob@app.example"),), subject=state, body="Words.")
        new = outbox.NewDraft(
            submission=submission,
            mime=f"From: {INBOXES[0]}\r\nSubject: {state}\r\n\r\nWords.\r\n".encode(),
            sha256="0" * 64,
            content_key=state,
            state=state,
            reasons=(),
            note="",
            expires_at=NOW + timedelta(days=1),
        )
        outbox.submit(db, new, now=NOW)
    suppressions.add(db, "never@app.example", reason="bounce", detail="", inbox=INBOXES[0], now=NOW)


def home(folder: Path, count: int = 200) -> Path:
    """A home with a database that was closed."""

    async def make() -> None:
        store = await Store.open(folder)
        await store.write(fill, count)
        await store.aclose()

    asyncio.run(make())
    return folder


def root_of(path: Path, name: str) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,)).fetchone()[0])


def zero(path: Path, *pages: int, filler: bytes = b"\0") -> None:
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * PAGE)
            file.write(filler * PAGE)


def leaves_of(path: Path, name: str) -> list[int]:
    """The pages below the root of a table."""
    from mailmcp.store.pages import INTERIOR, Pages

    pages = Pages.of(path.read_bytes())
    todo, found = [root_of(path, name)], []
    while todo:
        number = todo.pop()
        page = pages.page(number)
        if page[0] == INTERIOR:
            todo += pages._children(page, 0)
        else:
            found.append(number)
    return sorted(found)


def leaves_of_schema(path: Path) -> list[int]:
    """The pages that say which tables there are."""
    from mailmcp.store.pages import Pages

    pages = Pages.of(path.read_bytes())
    return sorted(pages._children(pages.page(1), 100))


Damage = Callable[[Path], None]
