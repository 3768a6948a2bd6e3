"""What a service calls a mail that is kept here, by its Message-ID."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mailmcp.store import schema
from mailmcp.store.service_names import called

ANNA, BERTA = "anna@svc.test", "berta@svc.test"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "mailmcp.db", isolation_level=None)) as opened:
        opened.row_factory = sqlite3.Row
        schema.migrate(opened, tmp_path / "mailmcp.db")
        for row, address in enumerate((ANNA, BERTA), 1):
            opened.execute(
                "INSERT INTO inboxes (id, address, label, backend, created_at) VALUES (?, ?, '', 'e2a', 0)",
                (row, address),
            )
        opened.execute("INSERT INTO raws (id, sha256, bytes) VALUES (1, 'x', x'00')")
        yield opened


def stored(db: sqlite3.Connection, inbox: int, message_id: str, fingerprint: str | None) -> None:
    db.execute(
        "INSERT INTO messages (public_id, inbox, raw, outgoing, source, mail_from, recipients, received_at,"
        " fingerprint, message_id) VALUES (lower(hex(randomblob(8))), ?, 1, 0, 'service', '', '[]', 0, ?, ?)",
        (inbox, fingerprint, message_id),
    )


def test_a_mail_is_named_by_its_own_service_in_its_own_inbox(db):
    stored(db, 1, "<a@b>", "e2a msg_1")
    stored(db, 2, "<b@b>", "e2a msg_2")
    stored(db, 1, "<c@b>", "agentmail am_3")
    stored(db, 1, "<d@b>", None)
    assert called(db, "e2a", ANNA.upper(), "<a@b>") == "msg_1"
    assert called(db, "e2a", ANNA, "<b@b>") is None
    assert called(db, "e2a", ANNA, "<c@b>") is None
    assert called(db, "e2a", ANNA, "<d@b>") is None
    assert called(db, "e2a", ANNA, "<none@b>") is None


def test_of_two_mails_with_one_message_id_neither_is_meant(db):
    stored(db, 1, "<a@b>", "e2a msg_1")
    stored(db, 1, "<a@b>", "e2a msg_2")
    assert called(db, "e2a", ANNA, "<a@b>") is None
