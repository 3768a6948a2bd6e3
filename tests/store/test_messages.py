"""Messages: accepted once and to the byte, judged once, read back as they were, marked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from mailmcp.errors import BadInput, NotFound
from mailmcp.models import (
    Address,
    Attachment,
    Channels,
    Codes,
    Defect,
    Hidden,
    Link,
    Message,
    Reason,
    Source,
    Trust,
    Verdict,
)
from mailmcp.store import inboxes, marks, messages, threads
from mailmcp.store.messages import Judgement

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


# --- accepting -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", AWKWARD, ids=range(len(AWKWARD)))
def test_bytes_are_stored_exactly(desk: Desk, raw: bytes) -> None:
    ann = desk.inbox()
    (row,) = desk.accept(raw, ann.address)
    assert messages.raw(desk.db, row) == raw
    assert [item.raw for item in messages.unjudged(desk.db)] == [raw]


def test_the_envelope_is_stored_with_the_bytes(desk: Desk) -> None:
    ann = desk.inbox()
    arrival = desk.arrival(b"x", "Ann+shop@agents.test")
    arrival = replace(arrival, envelope=replace(arrival.envelope, mail_from="", peer="192.0.2.7", helo="mx.example"))
    (row,) = messages.accept(desk.db, arrival, fingerprint=None)
    stored = desk.db.execute("SELECT * FROM messages WHERE id = ?", (row,)).fetchone()
    assert (stored["mail_from"], stored["peer"], stored["helo"]) == ("", "192.0.2.7", "mx.example")
    assert stored["recipients"] == '["Ann+shop@agents.test"]'
    assert (stored["inbox"], stored["source"], stored["outgoing"]) == (ann.row, "smtp", 0)
    (waiting,) = messages.unjudged(desk.db)
    assert (waiting.inbox, waiting.peer, waiting.source) == (ann.address, "192.0.2.7", Source.SMTP)


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
    assert len(messages.unjudged(desk.db)) == 2


def test_a_repeat_that_is_for_one_inbox_more_reaches_only_that_one(desk: Desk) -> None:
    ann, bea = desk.inbox("ann"), desk.inbox("bea")
    desk.accept(b"x", ann.address, fingerprint="f")
    assert len(desk.accept(b"x", ann.address, bea.address, fingerprint="f")) == 1
    assert [item.inbox for item in messages.unjudged(desk.db)] == [ann.address, bea.address]


def test_what_one_inbox_sends_to_another_is_two_messages(desk: Desk) -> None:
    ann, bea = desk.inbox("ann"), desk.inbox("bea")
    desk.accept(b"x", bea.address, fingerprint="f")
    row = messages.keep_sent(desk.db, ann.row, desk.arrival(b"x", bea.address), fingerprint="f")
    assert messages.keep_sent(desk.db, ann.row, desk.arrival(b"y", bea.address), fingerprint="f") == row
    assert [(item.inbox, item.outgoing) for item in messages.unjudged(desk.db)] == [
        (bea.address, False),
        (ann.address, True),
    ]


def test_a_mail_to_oneself_is_both_sent_and_received(desk: Desk) -> None:
    ann = desk.inbox()
    messages.keep_sent(desk.db, ann.row, desk.arrival(b"x", ann.address), fingerprint="f")
    assert len(desk.accept(b"x", ann.address, fingerprint="f")) == 1


# --- judging ----------------------------------------------------------------------------------------------------


def test_an_accepted_message_is_announced_only_when_it_was_judged(desk: Desk) -> None:
    ann = desk.inbox()
    before = inboxes.newest_cursor(desk.db, ann)
    raw = desk.letter(ann.address)
    (row,) = desk.accept(raw, ann.address)
    assert (inboxes.newest_cursor(desk.db, ann), desk.found()) == (before, [])
    message = desk.judge(row, raw)
    assert inboxes.newest_cursor(desk.db, ann) == message.cursor != before
    assert desk.found() == ["Hello"]
    assert messages.unjudged(desk.db) == []


def test_unjudged_messages_come_oldest_first_and_can_be_asked_for_by_row(desk: Desk) -> None:
    ann = desk.inbox()
    rows = [desk.accept(b"%d" % number, ann.address)[0] for number in range(5)]
    assert [item.row for item in messages.unjudged(desk.db)] == rows
    assert [item.row for item in messages.unjudged(desk.db, limit=2)] == rows[:2]
    assert [item.row for item in messages.unjudged(desk.db, [rows[3], rows[1], 999])] == [rows[1], rows[3]]
    assert messages.unjudged(desk.db, []) == []


def test_a_message_is_judged_once_whoever_comes_second(desk: Desk) -> None:
    ann = desk.inbox()
    raw = desk.letter(ann.address, text="the first words")
    (row,) = desk.accept(raw, ann.address)
    first = desk.judge(row, raw, Codes(code="111111"))
    state = list(desk.db.iterdump())
    other = desk.judgement(desk.letter(ann.address, text="other words"), Codes(code="222222"))
    assert messages.judge(desk.db, row, other, desk.later()) is False
    assert list(desk.db.iterdump()) == state
    assert messages.get(desk.db, first.id).codes.code == "111111"


def test_a_judgement_that_comes_after_the_inbox_was_deleted_is_dropped(desk: Desk) -> None:
    ann = desk.inbox()
    raw = desk.letter(ann.address)
    (row,) = desk.accept(raw, ann.address)
    inboxes.delete(desk.db, ann.address)
    bea = desk.inbox("bea")
    (other,) = desk.accept(desk.letter(bea.address), bea.address)
    assert messages.judge(desk.db, row, desk.judgement(raw), desk.later()) is False
    assert [item.row for item in messages.unjudged(desk.db)] == [other]  # not judged with another's words
    assert desk.found() == []


def test_everything_that_was_concluded_is_read_back_as_it_was(desk: Desk) -> None:
    ann = desk.inbox()
    people = (Address('Bøb, "the" b\'uilder', "bob@mail.app.example"), Address("", "用户@例子.test"))
    message = Message(
        message_id="<1@app.example>",
        subject='Ünicode "quoted" 😀',
        from_=(people[0],),
        reply_to=(people[1],),
        to=people,
        cc=(people[1],),
        date=datetime(2025, 12, 31, 23, 59, 58, tzinfo=UTC),
        in_reply_to=("<0@app.example>",),
        references=("<-1@app.example>", "<0@app.example>"),
        attachments=(
            Attachment(part="2", filename="é.pdf", content_type="application/pdf", size=7),
            Attachment(part="10", filename="i.png", content_type="image/png", size=9, inline=True, content_id="i"),
        ),
        defects=(Defect("odd", "Something is odd."),),
    )
    channels = Channels(
        visible="New text\x00 with NUL",
        quoted="> old",
        signature="-- \nBob",
        hidden=(Hidden("css", "hidden words"),),
        links=(Link("here", "https://app.example/?a=b&c", 3, button=True),),
        emphasis=((0, 3), (4, 8)),
        read_from="html",
        invisible=4,
        defects=(Defect("torn", "A part is torn."),),
    )
    trust = Trust(verdict=Verdict.VERIFIED, reasons=(Reason("dmarc", "It passed."),), verified_domain="app.example")
    codes = Codes(code="123456", code_confidence=0.9, link="https://l.example", link_confidence=0.5, evidence="e")
    (row,) = desk.accept(b"x", ann.address)
    judgement = Judgement(message=message, channels=channels, codes=codes, trust=trust, first_line="New text")
    assert messages.judge(desk.db, row, judgement, desk.now)
    (stored,) = messages.select(desk.db, "messages.id = :row", {"row": row})
    assert messages.get(desk.db, stored.id) == stored
    assert messages.channels(desk.db, row) == channels
    assert (stored.subject, stored.from_, stored.to, stored.cc) == (message.subject, people[0], people, (people[1],))
    assert (stored.reply_to, stored.date, stored.message_id) == ((people[1],), message.date, "<1@app.example>")
    assert stored.references == ("<-1@app.example>", "<0@app.example>")
    assert (stored.trust, stored.codes) == (trust, codes)
    assert {one.part: one for one in stored.attachments} == {one.part: one for one in message.attachments}
    assert stored.defects == (*message.defects, *channels.defects)
    assert (stored.read, stored.outgoing, stored.inbox) == (False, False, ann.address)


def test_a_sender_that_is_not_one_is_stored_as_nobody(desk: Desk) -> None:
    ann = desk.inbox()
    message = desk.receive(ann.address, from_="a@app.example, b@app.example")
    assert message.from_ is None
    assert "ambiguous_sender" in [reason.code for reason in message.trust.reasons]


def test_our_own_copy_counts_as_read(desk: Desk) -> None:
    ann = desk.inbox()
    message = desk.sent(ann, "bob@app.example")
    assert (message.outgoing, message.read) == (True, True)


def test_people_are_remembered_with_how_often_and_the_last_name_they_gave(desk: Desk) -> None:
    ann = desk.inbox()
    desk.receive(ann.address, from_="Bob <Bob@app.example>")
    desk.receive(ann.address, from_="bob@app.example")
    desk.sent(ann, "bob@app.example", cc="Cyd <cyd@app.example>")
    rows = desk.db.execute("SELECT email, name, received, sent FROM contacts ORDER BY email").fetchall()
    assert [tuple(row) for row in rows] == [("bob@app.example", "Bob", 2, 1), ("cyd@app.example", "Cyd", 0, 1)]


# --- reading and marking ---------------------------------------------------------------------------------------


def test_an_unknown_message_is_refused_with_the_way_on(desk: Desk) -> None:
    with pytest.raises(NotFound, match="no message m_nothing: read_thread shows the ids"):
        messages.get(desk.db, "m_nothing")


def test_what_was_deleted_between_two_looks_is_refused_in_words(desk: Desk) -> None:
    for look in (messages.raw, messages.channels):
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
