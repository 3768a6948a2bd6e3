"""The way in: bytes first, judged once, never lost and never stuck."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime

import pytest

from mailmcp.errors import NotFound
from mailmcp.mail import text
from mailmcp.mailroom import announcing, judging
from mailmcp.mailroom.inbound import fingerprint
from mailmcp.models import Arrival, Channels, Envelope, Source
from mailmcp.store import Store, judgements, messages

pytestmark = pytest.mark.anyio


def arrival(raw: bytes, *to: str, source: Source = Source.SMTP) -> Arrival:
    envelope = Envelope(mail_from="", recipients=to, received_at=datetime.now(UTC), peer="192.0.2.1", helo="x")
    return Arrival(raw=raw, envelope=envelope, source=source, backend="local")


async def test_bytes_are_kept_as_they_came_whatever_they_are(house):
    inbox = await house.inbox()
    for raw in (b"\x00\xff\xfe no mail at all", b"", b"From: a@app.example\n\nbare line ends\n", b"\r\n" * 50):
        stored = await house.receive(inbox, raw=raw)
        assert await house.room.reading.raw(stored.id) == raw


async def test_only_inboxes_of_the_home_and_their_details_are_known(house):
    inbox = await house.inbox("desk")
    assert await house.desk.knows(inbox)
    assert await house.desk.knows("Desk@AGENTS.internal")
    assert await house.desk.knows("desk+shop@agents.internal")
    for other in ("desk@elsewhere.example", "other@agents.internal", "", "desk", "+@agents.internal"):
        assert not await house.desk.knows(other)
    with pytest.raises(NotFound):
        await house.desk.accept(arrival(b"Subject: x\r\n\r\n", "nobody@agents.internal"))


async def test_a_mail_for_two_inboxes_is_a_message_of_each(house):
    one, other = await house.inbox(), await house.inbox()
    await house.desk.accept(arrival(b"From: a@app.example\r\nSubject: Both\r\n\r\nx\r\n", one, other))
    first, second = [await house.wait(inbox) for inbox in (one, other)]
    assert first.message.id != second.message.id
    assert {first.message.subject, second.message.subject} == {"Both"}


async def test_a_retransmission_is_stored_once_and_two_mails_without_an_id_are_two(house):
    inbox = await house.inbox()
    with_id = b"Message-ID: <1@app.example>\r\nFrom: a@app.example\r\nSubject: x\r\n\r\nx\r\n"
    without = b"From: a@app.example\r\nSubject: y\r\n\r\nx\r\n"
    for raw in (with_id, with_id, without, without):
        await house.desk.accept(arrival(raw, inbox))
    await house.desk.settle(at_most=60)
    removed = await house.room.delete_inbox(inbox)
    assert removed["messages"] == 3


def test_the_fingerprint_reads_the_header_only_and_is_bounded():
    body = b"Subject: x\r\n\r\nMessage-ID: <1@app.example>\r\n"
    assert fingerprint(arrival(body, "a@b.example"), "digest") is None
    folded = b"Subject: x\r\nmessage-id:\r\n <1@app.example>\r\n\r\n"
    assert fingerprint(arrival(folded, "a@b.example"), "digest") == "digest"
    assert fingerprint(arrival(folded, "a@b.example", source=Source.SUBMITTED), "digest") == "<1@app.example>"
    assert fingerprint(arrival(b"A" * 10_000_000, "a@b.example"), "digest") is None


async def test_what_a_process_stored_and_did_not_live_to_judge_is_judged_by_the_next(open_house, home):
    first = await open_house()
    inbox = await first.inbox()
    await first.room.aclose()
    store = await Store.open(home)
    raw = b"From: a@app.example\r\nSubject: Your code\r\n\r\nYour sign-in code is 482913\r\n"
    await store.write(messages.accept, arrival(raw, inbox), fingerprint=None)
    await store.aclose()
    second = await open_house()
    assert (await second.wait(inbox, tool="wait_for_otp")).message.codes.code == "482913"


async def test_mail_is_announced_in_the_order_in_which_it_was_stored(house, monkeypatch):
    monkeypatch.setattr(announcing, "AT_ONCE_SECONDS", 60)  # a check that is late is announced by itself, later
    inbox = await house.inbox()
    cursor = (await house.wait(inbox, timeout=0)).cursor
    for number in range(70):
        await house.accept(inbox, subject=f"Number {number}")
    for number in range(70):
        waited = await house.wait(inbox, since=cursor)
        assert waited.message.subject == f"Number {number}"
        cursor = waited.cursor


async def test_settling_waits_for_what_is_under_way_and_ends_at_once_when_nothing_is(house):
    inbox = await house.inbox()
    await house.accept(inbox)
    async with asyncio.timeout(60):
        await house.desk.settle(at_most=120)
        await house.desk.settle(at_most=120)
    assert (await house.wait(inbox, timeout=0)).message is not None


async def test_settling_does_not_miss_the_announcement_that_comes_while_it_looks(house, monkeypatch):
    monkeypatch.setattr("mailmcp.mailroom.arrivals.POLL_SECONDS", 3600)
    inbox = await house.inbox()
    await house.desk.settle(at_most=60)
    may_judge, announced = threading.Event(), asyncio.Event()
    judge, read, announce = judging.judge, house.room._store.read, house.room._arrivals.announce

    def judge_when_allowed(raw, **about):
        may_judge.wait(60)
        return judge(raw, **about)

    async def answered_late(work, /, *args, **kwargs):
        found = await read(work, *args, **kwargs)
        if work is judgements.unjudged and found and kwargs.get("limit") == 1:
            may_judge.set()
            await announced.wait()
        return found

    def announce_and_tell() -> None:
        announce()
        announced.set()

    monkeypatch.setattr(judging, "judge", judge_when_allowed)
    monkeypatch.setattr(house.room._store, "read", answered_late)
    monkeypatch.setattr(house.room._arrivals, "announce", announce_and_tell)
    await house.accept(inbox)
    async with asyncio.timeout(60):
        await house.desk.settle(at_most=60)
    assert announced.is_set()


async def test_a_bug_in_reading_the_text_does_not_keep_the_mail_away(house, monkeypatch, caplog):
    def broken(_message):
        raise RuntimeError("a bug")

    monkeypatch.setattr(text, "read", broken)
    inbox = await house.inbox()
    stored = await house.receive(inbox, subject="Still here", text="The words.")
    assert stored.subject == "Still here"
    assert "unreadable_text" in {defect.code for defect in stored.defects}


async def test_conclusions_that_the_store_cannot_hold_do_not_stop_the_judge(house, monkeypatch, caplog):
    real = text.read

    def sometimes_wrong(message):
        return Channels(visible="\udc80") if message.subject == "Poison" else real(message)

    monkeypatch.setattr(text, "read", sometimes_wrong)
    inbox = await house.inbox()
    cursor = (await house.wait(inbox, timeout=0)).cursor
    await house.accept(inbox, subject="Poison")
    await house.accept(inbox, subject="After it")
    first = await house.wait(inbox, since=cursor)
    second = await house.wait(inbox, since=first.cursor)
    assert {first.message.subject, second.message.subject} == {"", "After it"}
    poisoned = next(waited.message for waited in (first, second) if not waited.message.subject)
    assert [defect.code for defect in poisoned.defects] == ["unreadable"]
    assert b"Poison" in await house.room.reading.raw(poisoned.id)
