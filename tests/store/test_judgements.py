"""What waits to be judged, and how a judgement is written down."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

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
    Trust,
    Verdict,
)
from mailmcp.store import inboxes, judgements, messages
from mailmcp.store.judgements import Judgement

if TYPE_CHECKING:
    from conftest import Desk


def test_an_accepted_message_is_announced_only_when_it_was_judged(desk: Desk) -> None:
    ann = desk.inbox()
    before = inboxes.newest_cursor(desk.db, ann)
    raw = desk.letter(ann.address)
    (row,) = desk.accept(raw, ann.address)
    assert (inboxes.newest_cursor(desk.db, ann), desk.found()) == (before, [])
    message = desk.judge(row, raw)
    assert inboxes.newest_cursor(desk.db, ann) == message.cursor != before
    assert desk.found() == ["Hello"]
    assert judgements.unjudged(desk.db) == []


def test_unjudged_messages_come_oldest_first_and_can_be_asked_for_by_row(desk: Desk) -> None:
    ann = desk.inbox()
    rows = [desk.accept(b"%d" % number, ann.address)[0] for number in range(5)]
    assert [item.row for item in judgements.unjudged(desk.db)] == rows
    assert [item.row for item in judgements.unjudged(desk.db, limit=2)] == rows[:2]
    assert [item.row for item in judgements.unjudged(desk.db, [rows[3], rows[1], 999])] == [rows[1], rows[3]]
    assert judgements.unjudged(desk.db, []) == []


def test_our_own_copies_can_be_asked_for_with_rows(desk: Desk) -> None:
    ann = desk.inbox()
    other, mine = (desk.accept(b"x", ann.address)[0] for _ in range(2))
    sent = messages.keep_sent(desk.db, ann.row, desk.arrival(b"y", "bob@app.example"), fingerprint="f")
    assert [item.row for item in judgements.unjudged(desk.db, [mine], or_sent=True)] == [mine, sent]
    assert [item.row for item in judgements.unjudged(desk.db)] == [other, mine, sent]


def test_what_came_before_a_moment_can_be_asked_for(desk: Desk) -> None:
    ann = desk.inbox()
    early = desk.accept(b"x", ann.address)[0]
    moment = desk.later()
    desk.later()
    desk.accept(b"y", ann.address)
    received = desk.db.execute("SELECT received_at FROM messages WHERE id = ?", (early,)).fetchone()[0]
    assert received < moment.timestamp() * 1000
    assert [item.row for item in judgements.unjudged(desk.db, received_before=moment)] == [early]


def test_a_long_message_waits_without_its_bytes(desk: Desk) -> None:
    ann = desk.inbox()
    for length in (judgements.SHORT, judgements.SHORT + 1):
        desk.accept(b"x" * length, ann.address)
    short, long = judgements.unjudged(desk.db)
    assert (short.raw, short.size) == (b"x" * judgements.SHORT, judgements.SHORT)
    assert (long.raw, long.size) == (None, judgements.SHORT + 1)


def test_a_message_is_judged_once_whoever_comes_second(desk: Desk) -> None:
    ann = desk.inbox()
    raw = desk.letter(ann.address, text="the first words")
    (row,) = desk.accept(raw, ann.address)
    first = desk.judge(row, raw, Codes(code="111111"))
    state = list(desk.db.iterdump())
    other = desk.judgement(desk.letter(ann.address, text="other words"), Codes(code="222222"))
    assert judgements.judge(desk.db, row, other, desk.later()) is False
    assert list(desk.db.iterdump()) == state
    assert messages.get(desk.db, first.id).codes.code == "111111"


def test_a_judgement_that_comes_after_the_inbox_was_deleted_is_dropped(desk: Desk) -> None:
    ann = desk.inbox()
    raw = desk.letter(ann.address)
    (row,) = desk.accept(raw, ann.address)
    inboxes.delete(desk.db, ann.address)
    bea = desk.inbox("bea")
    (other,) = desk.accept(desk.letter(bea.address), bea.address)
    assert judgements.judge(desk.db, row, desk.judgement(raw), desk.later()) is False
    assert [item.row for item in judgements.unjudged(desk.db)] == [other]  # not judged with another's words
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
    assert judgements.judge(desk.db, row, judgement, desk.now)
    (stored,) = messages.select(desk.db, "messages.id = :row", {"row": row})
    assert messages.get(desk.db, stored.id) == stored
    assert messages.channels(desk.db, row) == channels
    assert (stored.subject, stored.from_, stored.to, stored.cc) == (message.subject, people[0], people, (people[1],))
    assert (stored.reply_to, stored.date, stored.message_id) == ((people[1],), message.date, "<1@app.example>")
    assert stored.references == ("<-1@app.example>", "<0@app.example>")
    assert (stored.trust, stored.codes) == (trust, codes)
    assert stored.attachments == message.attachments
    assert stored.defects == (*message.defects, *channels.defects)
    assert (stored.read, stored.outgoing, stored.inbox) == (False, False, ann.address)


def test_a_sender_that_is_not_one_is_stored_as_nobody(desk: Desk) -> None:
    ann = desk.inbox()
    message = desk.receive(ann.address, from_="a@app.example, b@app.example")
    assert message.from_ is None
    assert "several_senders" in [reason.code for reason in message.trust.reasons]


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
