"""A million stored messages of 2 KB, loaded in bulk: searching, reading, starting, and the size on the disk."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import accumulate, islice
from pathlib import Path

from benchmarks.figures import Figure, Part, p99, spread
from benchmarks.serving import Serving
from mailmcp.store import schema, search

INBOXES = 20
OF_A_THREAD = 4
TOGETHER = 10_000
BODY_WORDS = 190
"""With a header they make 2 KB."""
CALLS = 200
_CHANNELS = json.dumps(
    {
        "quoted": "",
        "signature": "",
        "hidden": [],
        "links": [],
        "emphasis": [],
        "read_from": "plain",
        "invisible": 0,
        "defects": [],
    }
)


def home(size: int) -> Path:
    """A home with so many messages, made unless the temporary folder has it from an earlier run."""
    folder = Path(tempfile.gettempdir()) / f"mailmcp-benchmarks-{os.getuid() if hasattr(os, 'getuid') else 'me'}"
    folder.mkdir(mode=0o700, exist_ok=True)
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for file in sorted((Path(schema.__file__).parent).glob("*.sql")):
        digest.update(file.read_bytes())
    made = folder / f"bulk-{size}-{digest.hexdigest()[:12]}"
    if not made.exists():
        for old in folder.glob(f"bulk-{size}-*"):
            shutil.rmtree(old)
        unfinished = folder / f"bulk-{size}-unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        _load(unfinished / "mailmcp.db", size)
        unfinished.rename(made)
    return made


def _words(chance: random.Random) -> tuple[list[str], list[float]]:
    parts = ["ba", "co", "di", "fe", "gu", "ha", "jo", "ki", "le", "mu", "na", "po", "ri", "se", "tu", "vo", "wa"]
    every = [a + b + c for a in parts for b in parts for c in ("", *parts)]
    chance.shuffle(every)
    return every, list(accumulate(1 / (rank + 10) for rank in range(len(every))))


def _load(path: Path, size: int) -> None:
    chance = random.Random(size)
    every, weights = _words(chance)
    path.touch(0o600)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for pragma in ("auto_vacuum = INCREMENTAL", "journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"):
            db.execute(f"PRAGMA {pragma}")
        schema.migrate(db, path)
        db.executemany(
            "INSERT INTO inboxes (address, backend, created_at) VALUES (?, 'local', 0)",
            [(f"inbox-{number:02}@agents.internal",) for number in range(INBOXES)],
        )
        rows = _rows(size, chance, every, weights)
        while batch := list(islice(rows, TOGETHER)):
            db.execute("BEGIN")
            for statement, place in _STATEMENTS:
                db.executemany(statement, [row[place] for row in batch if row[place]])
            db.execute("COMMIT")
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = TRUNCATE")


_STATEMENTS = (
    ("INSERT INTO raws (id, sha256, bytes) VALUES (?, ?, ?)", 0),
    (
        "INSERT INTO threads (id, public_id, inbox, subject, base_subject, who, first_line, verdict, message_count,"
        " unread_count, last_at, last_position) VALUES (?, ?, ?, ?, ?, ?, ?, 'unverified', ?, 0, ?, ?)",
        1,
    ),
    ("INSERT INTO arrivals (position, cursor, inbox, message) VALUES (?, ?, ?, ?)", 2),
    (
        "INSERT INTO messages (id, public_id, inbox, raw, outgoing, source, mail_from, recipients, received_at,"
        " fingerprint, judged_at, thread, position, message_id, subject, from_name, from_email, from_labels, to_, read)"
        " VALUES (?, ?, ?, ?, 0, 'smtp', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
        3,
    ),
    ("INSERT INTO bodies (message, visible, channels) VALUES (?, ?, ?)", 4),
    ("INSERT INTO search (rowid, subject, people, body) VALUES (?, ?, ?, ?)", 5),
)


def _rows(size: int, chance: random.Random, every: list[str], weights: list[float]) -> Iterator[tuple[object, ...]]:
    subject, who, domain = "", "", ""
    for number in range(1, size + 1):
        place = (number - 1) % OF_A_THREAD
        thread, at = (number - 1) // OF_A_THREAD + 1, 1_700_000_000_000 + number * 1000
        inbox = thread % INBOXES + 1
        if place == 0:
            subject = " ".join(chance.choices(every, cum_weights=weights, k=5)).capitalize()
            domain = f"d{chance.randrange(400):03}.example"
            who = f"person{chance.randrange(40)}@{domain}"
        text = " ".join(chance.choices(every, cum_weights=weights, k=BODY_WORDS))
        if number % (size // 12 or 1) == 0:
            text += " zanzibar"
        if number % 3 == 0:
            text += " quarterly"
        address, message_id = f"inbox-{inbox - 1:02}@agents.internal", f"<{number}.{size}@mail.example>"
        raw = (
            f"Message-ID: {message_id}\r\nFrom: Some Person <{who}>\r\nTo: {address}\r\nSubject: {subject}\r\n"
            f"Content-Type: text/plain; charset=utf-8\r\nReceived: {'x' * 500}\r\n\r\n{text}\r\n"
        ).encode()
        to = json.dumps([["", address]])
        starts = place == 0
        yield (
            (number, hashlib.sha256(raw).hexdigest(), raw),
            (
                thread,
                _id("t", thread),
                inbox,
                subject,
                subject.lower(),
                json.dumps([["Some Person", who]]),
                text[:80],
                min(OF_A_THREAD, size - number + 1),
                at + (OF_A_THREAD - 1) * 1000,
                number + OF_A_THREAD - 1,
            )
            if starts
            else None,
            (number, _id("c", number), inbox, number),
            (
                number,
                _id("m", number),
                inbox,
                number,
                who,
                json.dumps([address]),
                at,
                str(number),
                at,
                thread,
                number,
                message_id,
                subject,
                "Some Person",
                who,
                ".".join(reversed(domain.split("."))) + ".",
                to,
            ),
            (number, text, _CHANNELS),
            (number, search.folded(subject), search.folded(search.people("Some Person", who, to)), search.folded(text)),
        )


def _id(letter: str, number: int) -> str:
    letters = "23456789abcdefghjkmnpqrstvwxyz"
    text = ""
    for _ in range(13):
        number, place = divmod(number, 30)
        text = letters[place] + text
    return f"{letter}_{text}"


def measure(*, quick: bool) -> list[Part]:
    """One part, for the page of measurements."""
    return [run(20_000 if quick else 1_000_000)]


def run(size: int) -> Part:
    """Fill a home of this size, and measure through a server process."""
    folder = home(size)
    file = folder / "mailmcp.db"
    octets = file.stat().st_size
    chance = random.Random(1)
    every, weights = _words(random.Random(size))
    del weights
    begun: list[float] = []
    first: list[float] = []
    for _ in range(5):
        with Serving.mailmcp(folder) as server:
            begun.append(server.initialize())
            before = time.perf_counter()
            server.call("list_inboxes")
            first.append(time.perf_counter() - before)
    with Serving.mailmcp(folder) as server:
        server.initialize()
        server.call("list_inboxes")

        def took(tool: str, **arguments: object) -> float:
            before = time.perf_counter()
            server.call(tool, **arguments)
            return time.perf_counter() - before

        took("find_mail", query="zanzibar")
        words = [took("find_mail", query=chance.choice(every)) for _ in range(CALLS)]
        rare = [took("find_mail", query="zanzibar") for _ in range(CALLS)]
        common = [took("find_mail", query="quarterly") for _ in range(CALLS)]
        threads = [took("read_thread", thread=_id("t", chance.randrange(1, size // OF_A_THREAD))) for _ in range(CALLS)]
    return Part(
        title=f"Among {size:,} messages of 2 KB",
        how=(
            f"Loaded in bulk into {INBOXES} inboxes, conversations of {OF_A_THREAD}; each call {CALLS} times by stdio"
            " to a server process: any word, one in twelve messages of the whole store, one in a third of them."
        ),
        figures=(
            Figure(what="find_mail, any word", measured=spread(words), target="p99 under 50 ms", met=p99(words) < 50),
            Figure(what="find_mail, a rare word", measured=spread(rare), target="p99 under 50 ms", met=p99(rare) < 50),
            Figure(
                what="find_mail, a common word", measured=spread(common), target="p99 under 50 ms", met=p99(common) < 50
            ),
            Figure(what="read_thread", measured=spread(threads), target="p99 under 10 ms", met=p99(threads) < 10),
            Figure(what="start, `initialize` answered", measured=spread(begun)),
            Figure(what="the first list_inboxes after it (opens the home)", measured=spread(first)),
            Figure(
                what="size on the disk", measured=f"{octets / 1024**3:.2f} GiB, {octets / size:.0f} bytes a message"
            ),
        ),
    )
