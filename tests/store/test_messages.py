"""Messages: accepted once and to the byte, judged once, read back as they were, marked."""

from __future__ import annotations

import hashlib
import mmap
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mailmcp.errors import BadInput, NotFound
from mailmcp.models import Arrival, Envelope, Source
from mailmcp.store import judgements, marks, messages, raws, threads

if TYPE_CHECKING:
    from conftest import Desk

AWKWARD = [
    b"",
    b"\x00",
    bytes(range(256)) * 4,
    b"From: a@b.test\r\n\r\n.\r\n..\r\n\r\n\r\n",
    b"From: a@b.test\n\nbare line feeds\n",
    b"Subject: \xff\xfe\x80\r\rno end",
    "Subject: 你好 😀\r\n\r\n".encode(),
    b"x" * 300_000,
]


def waiting(desk: Desk) -> list[tuple[str, bool]]:
    """(inbox, whether it is our own copy) of each message that waits to be judged."""
    inbox_of = "SELECT address FROM inboxes JOIN messages ON messages.inbox = inboxes.id WHERE messages.id = ?"
    return [
        (desk.db.execute(inbox_of, (item.row,)).fetchone()["address"], item.outgoing)
        for item in judgements.unjudged(desk.db)
    ]


# --- accepting -------------------------------------------------------------------------------------------------


def test_the_whole_envelope_is_kept_with_how_it_was_encrypted(desk: Desk) -> None:
    ann = desk.inbox()
    envelope = Envelope(
        mail_from="bounce@app.example",
        recipients=(ann.address,),
        received_at=desk.later(),
        peer="203.0.113.9",
        helo="mx.app.example",
        tls="TLSv1.3 TLS_AES_256_GCM_SHA384",
    )
    messages.accept(
        desk.db, Arrival(raw=b"x", envelope=envelope, source=Source.SMTP, backend="local"), fingerprint=None
    )
    assert [one.envelope for one in judgements.unjudged(desk.db)] == [envelope]


@pytest.mark.parametrize("raw", AWKWARD, ids=range(len(AWKWARD)))
def test_bytes_are_stored_exactly(desk: Desk, raw: bytes) -> None:
    ann = desk.inbox()
    (row,) = desk.accept(raw, ann.address)
    assert messages.raw(desk.db, row) == raw
    assert messages.raw_size(desk.db, row) == len(raw)
    pieces = [messages.raw_piece(desk.db, row, start) for start in range(0, len(raw), raws.PIECE_BYTES)]
    assert b"".join(pieces) == raw


def test_a_mapped_file_is_stored_exactly_and_read_piece_by_piece(desk: Desk, tmp_path: Path) -> None:
    ann = desk.inbox()
    raw = bytes(range(256)) * (2 * raws.PIECE_BYTES // 256) + b"the rest"
    (tmp_path / "mail").write_bytes(raw)
    with (tmp_path / "mail").open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        (row,) = messages.accept(desk.db, replace(desk.arrival(b"", ann.address), raw=mapped), fingerprint=None)
    assert messages.raw(desk.db, row) == raw
    assert messages.raw_piece(desk.db, row, 2 * raws.PIECE_BYTES) == b"the rest"
    stored = desk.db.execute("SELECT sha256 FROM raws").fetchone()["sha256"]
    assert stored == hashlib.sha256(raw).hexdigest()


def test_the_envelope_is_stored_with_the_bytes(desk: Desk) -> None:
    ann = desk.inbox()
    arrival = desk.arrival(b"x", "Ann+shop@agents.test")
    arrival = replace(arrival, envelope=replace(arrival.envelope, mail_from="", peer="192.0.2.7", helo="mx.example"))
    (row,) = messages.accept(desk.db, arrival, fingerprint=None)
    stored = desk.db.execute("SELECT * FROM messages WHERE id = ?", (row,)).fetchone()
    assert (stored["mail_from"], stored["peer"], stored["helo"]) == ("", "192.0.2.7", "mx.example")
    assert stored["recipients"] == '["Ann+shop@agents.test"]'
    assert (stored["inbox"], stored["source"], stored["outgoing"]) == (ann.row, "smtp", 0)
    (item,) = judgements.unjudged(desk.db)
    assert (item.peer, item.source) == ("192.0.2.7", Source.SMTP)


def test_each_inbox_of_an_arrival_gets_a_message_and_the_bytes_are_kept_once(desk: Desk) -> None:
    for name in ("ann", "bea", "cyd"):
        desk.inbox(name)
    rows = desk.accept(b"hello", "ann@agents.test", "bea+x@agents.test", "nobody@agents.test", "ANN+y@agents.test")
    owners = desk.db.execute("SELECT address, recipients FROM messages JOIN inboxes ON inboxes.id = inbox").fetchall()
    assert [tuple(owner) for owner in owners] == [
        ("ann@agents.test", '["ann@agents.test", "ANN+y@agents.test"]'),
        ("bea@agents.test", '["bea+x@agents.test"]'),
    ]
    assert len(rows) == 2
    assert desk.db.execute("SELECT count(*) FROM raws").fetchone()[0] == 1


def test_an_arrival_for_nobody_here_is_refused_and_leaves_nothing(desk: Desk) -> None:
    desk.inbox()
    with pytest.raises(NotFound, match="No inbox here receives mail for these recipients"):
        desk.accept(b"x", "nobody@agents.test")
    assert desk.db.execute("SELECT count(*) FROM raws").fetchone()[0] == 0


def test_the_same_mail_handed_in_again_is_stored_once(desk: Desk) -> None:
    ann = desk.inbox()
    assert len(desk.accept(b"x", ann.address, fingerprint="f")) == 1
    assert desk.accept(b"x", ann.address, fingerprint="f") == []
    assert desk.db.execute("SELECT count(*) FROM raws").fetchone()[0] == 1


def test_what_nothing_identifies_is_stored_each_time(desk: Desk) -> None:
    ann = desk.inbox()
    desk.accept(b"x", ann.address)
    desk.accept(b"x", ann.address)
    assert len(judgements.unjudged(desk.db)) == 2


def test_a_repeat_that_is_for_one_inbox_more_reaches_only_that_one(desk: Desk) -> None:
    ann, bea = desk.inbox("ann"), desk.inbox("bea")
    desk.accept(b"x", ann.address, fingerprint="f")
    assert len(desk.accept(b"x", ann.address, bea.address, fingerprint="f")) == 1
    assert waiting(desk) == [(ann.address, False), (bea.address, False)]


def test_what_one_inbox_sends_to_another_is_two_messages(desk: Desk) -> None:
    ann, bea = desk.inbox("ann"), desk.inbox("bea")
    desk.accept(b"x", bea.address, fingerprint="f")
    row = messages.keep_sent(desk.db, ann.row, desk.arrival(b"x", bea.address), fingerprint="f")
    assert messages.keep_sent(desk.db, ann.row, desk.arrival(b"y", bea.address), fingerprint="f") == row
    assert waiting(desk) == [(bea.address, False), (ann.address, True)]


def test_a_mail_to_oneself_is_both_sent_and_received(desk: Desk) -> None:
    ann = desk.inbox()
    messages.keep_sent(desk.db, ann.row, desk.arrival(b"x", ann.address), fingerprint="f")
    assert len(desk.accept(b"x", ann.address, fingerprint="f")) == 1


# --- reading and marking ---------------------------------------------------------------------------------------


def test_an_unknown_message_is_refused_with_the_way_on(desk: Desk) -> None:
    with pytest.raises(NotFound, match="no message m_nothing: read_thread shows the ids"):
        messages.get(desk.db, "m_nothing")


def test_what_was_deleted_between_two_looks_is_refused_in_words(desk: Desk) -> None:
    for look in (messages.raw, messages.raw_size, messages.channels):
        with pytest.raises(NotFound, match="no longer there"):
            look(desk.db, 999)
    marks.mark(desk.db, [999], read=True, add=["a"], remove=["b"])
    assert desk.db.execute("SELECT count(*) FROM labels").fetchone()[0] == 0


def test_a_thread_is_read_oldest_first_from_any_place(desk: Desk) -> None:
    ann = desk.inbox()
    first = desk.receive(ann.address)
    others = [desk.receive(ann.address, answers=first.message_id or "") for _ in range(4)]
    row, _ = threads.get(desk.db, first.thread)
    assert messages.of_thread(desk.db, row) == [first, *others]
    assert messages.of_thread(desk.db, row, after=others[1].position) == others[2:]
    assert messages.of_thread(desk.db, row, limit=2) == [first, others[0]]
    assert messages.count_of_thread(desk.db, row) == 5


def test_marks_and_labels_are_set_taken_off_and_set_twice_without_harm(desk: Desk) -> None:
    ann = desk.inbox()
    message = desk.receive(ann.address)

    def marked(*, read: bool | None = None, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> object:
        marks.mark(desk.db, [message.row], read=read, add=add, remove=remove)
        now = messages.get(desk.db, message.id)
        return now.read, now.labels

    assert marked(read=True, add=("b", "a")) == (True, ("a", "b"))
    assert marked(add=("a",)) == (True, ("a", "b"))
    assert marked(read=False, remove=("a", "nothing")) == (False, ("b",))
    assert marked() == (False, ("b",))


def test_a_message_has_only_so_many_labels(desk: Desk) -> None:
    message = desk.receive(desk.inbox().address)
    names = [f"label-{number:02}" for number in range(marks.MOST_LABELS)]
    marks.mark(desk.db, [message.row], read=None, add=names, remove=())
    with pytest.raises(BadInput, match=r"at most 20 labels: remove some with `remove_labels` first"):
        marks.mark(desk.db, [message.row], read=None, add=["one more"], remove=())
    marks.mark(desk.db, [message.row], read=None, add=["one-more"], remove=["one more", names[0]])
    assert messages.get(desk.db, message.id).labels == (*names[1:], "one-more")


def test_the_counts_of_a_thread_follow_the_marks(desk: Desk) -> None:
    ann = desk.inbox()
    first = desk.receive(ann.address)
    second = desk.receive(ann.address, answers=first.message_id or "")
    (summary,), _ = threads.find(desk.db, threads.Filter(), limit=10, before=None)
    assert (summary.count, summary.unread) == (2, 2)
    marks.mark(desk.db, [first.row, second.row], read=True, add=["done"], remove=[])
    (summary,), _ = threads.find(desk.db, threads.Filter(), limit=10, before=None)
    assert (summary.count, summary.unread, summary.labels) == (2, 0, ("done",))
