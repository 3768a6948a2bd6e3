"""The way in when something is wrong: mails that stall or end the judge, a full or locked store, no further process."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from letters import letter

from mailmcp.mailroom import announcing, fresh, judges, judging
from mailmcp.models import Arrival, Envelope, Source
from mailmcp.store import Store, db, messages
from mailmcp.store.judgements import SHORT, Judgement

pytestmark = pytest.mark.anyio

LIMIT = 60
"""No wait of a test is longer, in seconds."""
NEVER = 3600
"""Seconds that no test lives to see."""


@pytest.fixture
def crashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes of the judge that some mails end."""
    monkeypatch.setattr(judges, "MODULE", "crashing_judge")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))


@pytest.fixture
def only_in_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A judge that works in processes and fails here."""

    def fails(raw: bytes, **about: object) -> Judgement:
        if raw != judging.SAMPLE:
            pytest.fail("this mail was to be judged in a process of its own")
        return judge(raw, **about)  # type: ignore[arg-type]

    judge = judging.judge
    monkeypatch.setattr(judging, "judge", fails)


def long(to: str, **fields: Any) -> bytes:
    return letter(to, **fields) + (b"x" * 70 + b"\r\n") * (SHORT // 72 + 1)


async def left_by_a_process_that_died(home: Path, inbox: str, *mails: bytes) -> None:
    store = await Store.open(home)
    for raw in mails:
        envelope = Envelope(mail_from="", recipients=(inbox,), received_at=datetime.now(UTC), peer="192.0.2.1")
        arrival = Arrival(raw=raw, envelope=envelope, source=Source.SMTP, backend="local")
        await store.write(messages.accept, arrival, fingerprint=None)
    await store.aclose()


# --- mails that are too much ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("only_in_processes")
async def test_a_long_mail_is_judged_in_a_process_of_its_own(house):
    inbox = await house.inbox()
    raw = long(inbox, subject="Long", text="Your sign-in code is 482913")
    stored = await house.receive(inbox, raw=raw)
    assert (stored.subject, stored.codes.code) == ("Long", "482913")
    assert await house.room.reading.raw(stored.id) == raw


async def test_a_mail_that_stalls_the_thread_is_judged_in_a_process_and_holds_up_nobody(house, monkeypatch):
    may_end, judge = threading.Event(), judging.judge

    def stalls(raw: bytes, **about: Any) -> Judgement:
        if b"stalls" in raw:
            may_end.wait(LIMIT)
        return judge(raw, **about)

    monkeypatch.setattr(judging, "judge", stalls)
    monkeypatch.setattr(judges, "SECONDS", LIMIT)
    inbox = await house.inbox()
    await house.receive(inbox, subject="Before")
    monkeypatch.setattr(house.room._inbound._fresh._thread, "_seconds", 0.3)
    cursor = (await house.wait(inbox, timeout=0)).cursor
    try:
        for text in ("It stalls here.", "Behind it."):
            await house.accept(inbox, text=text)
        first = await house.wait(inbox, since=cursor)
        second = await house.wait(inbox, since=first.cursor)
        assert not may_end.is_set()
    finally:
        may_end.set()
    shown = [await house.room.reading.conversation(waited.message.id) for waited in (first, second)]
    assert {one.messages[0][1].visible for one in shown} == {"It stalls here.", "Behind it."}


@pytest.mark.usefixtures("crashing")
@pytest.mark.slow
async def test_a_long_mail_that_ends_its_process_is_shown_by_its_header(house):
    inbox = await house.inbox()
    raw = long(inbox, subject="Poison", text="ends here")
    stored = await house.receive(inbox, raw=raw)
    assert stored.subject == "Poison"
    assert stored.from_.email == "no-reply@app.example"
    assert [defect.code for defect in stored.defects] == ["unreadable_text"]
    assert await house.room.reading.raw(stored.id) == raw
    assert (await house.receive(inbox, raw=long(inbox, subject="After it"))).subject == "After it"


@pytest.mark.usefixtures("crashing")
@pytest.mark.slow
async def test_a_mail_that_is_never_read_to_its_end_is_given_up(house, monkeypatch):
    monkeypatch.setattr(judges, "SECONDS_ALONE", 2)
    inbox = await house.inbox()
    cursor = (await house.wait(inbox, timeout=0)).cursor
    await house.accept(inbox, raw=long(inbox, subject="Endless", text="never ends"))
    await house.accept(inbox, subject="Behind it")
    found: dict[str, list[str]] = {}
    for _ in range(2):
        waited = await house.wait(inbox, since=cursor)
        cursor = waited.cursor
        found[waited.message.subject] = [defect.code for defect in waited.message.defects]
    assert found.pop("Behind it") == []
    # On a machine so busy that even the header took too long, nothing is known of the mail but that it is there.
    assert found in ({"Endless": ["unreadable_text"]}, {"": ["unreadable"]})


@pytest.mark.usefixtures("crashing")
async def test_a_mail_whose_very_header_ends_the_process_is_announced_and_kept(house):
    inbox = await house.inbox()
    raw = long(inbox, headers={"X-Ends": "here"})
    stored = await house.receive(inbox, raw=raw)
    assert stored.subject == ""
    assert [defect.code for defect in stored.defects] == ["unreadable"]
    assert await house.room.reading.raw(stored.id) == raw


@pytest.mark.usefixtures("crashing", "only_in_processes")
@pytest.mark.slow
async def test_what_may_have_ended_an_earlier_process_does_not_end_the_next(open_house, home):
    first = await open_house()
    inbox = await first.inbox()
    await first.room.aclose()
    mails = [letter(inbox, subject=f"Number {number}", text="words") for number in range(5)]
    mails[2] = letter(inbox, subject="Number 2", text="ends here")
    await left_by_a_process_that_died(home, inbox, *mails)
    second = await open_house()
    cursor, found = (await second.wait(inbox, timeout=0, since="2020-01-01")).cursor, {}
    for _ in mails:
        waited = await second.wait(inbox, since=cursor if found else "2020-01-01")
        cursor = waited.cursor
        found[waited.message.subject] = [defect.code for defect in waited.message.defects]
    assert found == {f"Number {number}": ["unreadable_text"] if number == 2 else [] for number in range(5)}


async def test_what_another_process_left_is_found_while_this_one_lives(house, home, monkeypatch):
    monkeypatch.setattr("mailmcp.mailroom.set_aside.LOOK_SECONDS", 0.05)
    monkeypatch.setattr("mailmcp.mailroom.set_aside.LEFT_AFTER", datetime.now(UTC) - datetime.now(UTC))
    other = await house.inbox()
    await house.receive(other, raw=long(other))  # its task looks again, with the times of this test
    inbox = await house.inbox()
    await left_by_a_process_that_died(home, inbox, letter(inbox, subject="Left"))
    assert (await house.wait(inbox)).message.subject == "Left"


# --- a stream of mail ----------------------------------------------------------------------------------------------


async def test_a_stream_is_judged_beside_this_process_and_nothing_of_it_is_lost(house, monkeypatch):
    monkeypatch.setattr(fresh, "GREAT_STREAM", 2)
    monkeypatch.setattr(fresh, "STREAM_SECONDS", NEVER)
    here: list[bytes] = []
    judge = judging.judge

    def counts(raw: bytes, **about: Any) -> Judgement:
        here.append(raw)
        return judge(raw, **about)

    monkeypatch.setattr(judging, "judge", counts)
    inboxes = [await house.inbox() for _ in range(3)]
    for number in range(6):
        await house.accept(inboxes[0], subject=f"Number {number}")
    await house.desk.settle(at_most=60)
    beside = house.room._inbound._fresh._beside
    assert beside is not None
    await asyncio.wait([beside])
    here.clear()
    for number in range(120):
        await house.accept(inboxes[number % 3], subject=f"Number {number}")
    await house.desk.settle(at_most=60)
    assert here == []
    summaries = {one.inbox.address: one.unread for one in await house.room.list_inboxes()}
    assert [summaries[inbox] for inbox in inboxes] == [46, 40, 40]


async def test_the_process_of_a_stream_goes_when_the_stream_is_over(house, monkeypatch):
    monkeypatch.setattr(fresh, "GREAT_STREAM", 2)
    monkeypatch.setattr(fresh, "LINGER_SECONDS", 0.05)
    monkeypatch.setattr(fresh, "STREAM_SECONDS", NEVER)
    ended = asyncio.Event()
    end = house.room._inbound._fresh._end_beside

    async def ends() -> None:
        await end()
        ended.set()

    monkeypatch.setattr(house.room._inbound._fresh, "_end_beside", ends)
    inbox = await house.inbox()
    for _ in range(4):
        await house.accept(inbox)
    await house.desk.settle(at_most=60)
    await asyncio.wait_for(ended.wait(), 60)
    assert house.room._inbound._fresh._beside is None
    assert (await house.receive(inbox, subject="Afterwards")).subject == "Afterwards"


@pytest.mark.usefixtures("crashing")
@pytest.mark.slow
async def test_a_mail_of_a_stream_that_ends_the_process_is_set_aside(house, monkeypatch):
    monkeypatch.setattr(fresh, "GREAT_STREAM", 2)
    monkeypatch.setattr(fresh, "STREAM_SECONDS", NEVER)
    inbox = await house.inbox()
    for _ in range(3):
        await house.receive(inbox)
    await asyncio.wait([house.room._inbound._fresh._beside])
    cursor = (await house.wait(inbox, timeout=0, since=datetime.now(UTC).isoformat())).cursor
    for number in range(20):
        await house.accept(inbox, subject=f"Number {number}", text="ends here" if number == 7 else "words")
    found = {}
    for _ in range(20):
        waited = await house.wait(inbox, since=cursor)
        cursor = waited.cursor
        found[waited.message.subject] = [defect.code for defect in waited.message.defects]
    assert found == {f"Number {number}": ["unreadable_text"] if number == 7 else [] for number in range(20)}


async def test_without_further_processes_all_mail_is_judged_here(house, monkeypatch, caplog):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    monkeypatch.setattr(fresh, "GREAT_STREAM", 2)
    monkeypatch.setattr(fresh, "STREAM_SECONDS", NEVER)
    inbox = await house.inbox()
    for number in range(5):
        assert (await house.receive(inbox, subject=f"Number {number}")).subject == f"Number {number}"
    assert (await house.receive(inbox, raw=long(inbox, subject="Long"))).subject == "Long"
    assert "no process could be started" in caplog.text


# --- trouble with the store ----------------------------------------------------------------------------------------


@pytest.fixture
def held_judge(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Once cleared, no mail is judged until it is set, nor given to a process because the thread takes too long."""
    monkeypatch.setattr(judges, "SECONDS", NEVER)
    may_judge, judge = threading.Event(), judging.judge
    may_judge.set()

    def when_allowed(raw: bytes, **about: Any) -> Judgement:
        may_judge.wait(LIMIT)
        return judge(raw, **about)

    monkeypatch.setattr(judging, "judge", when_allowed)
    return may_judge


async def told(caplog: pytest.LogCaptureFixture, words: str) -> None:
    async with asyncio.timeout(60):
        while words not in caplog.text:  # noqa: ASYNC110 - the log rings no bell
            await asyncio.sleep(0.01)


def limit_pages(spare: int) -> Callable[[sqlite3.Connection], None]:
    def work(connection: sqlite3.Connection) -> None:
        used = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {used + spare}")

    return work


async def test_mail_that_a_full_disk_kept_from_being_judged_shows_soon_after_there_is_room(
    held_judge, house, monkeypatch, caplog
):
    monkeypatch.setattr(announcing, "SWEEP_SECONDS", NEVER)
    monkeypatch.setattr(fresh, "SWEEP_SECONDS", NEVER)
    store = house.room._store
    inbox = await house.inbox()
    await house.receive(inbox)
    held_judge.clear()
    cursor = (await house.wait(inbox, timeout=0, since=datetime.now(UTC).isoformat())).cursor
    await house.accept(inbox, subject="Patient", text="words " * 20_000)
    await store.write(limit_pages(0))
    held_judge.set()
    await told(caplog, "mail waits to be judged")
    await store.write(limit_pages(100_000))
    assert (await house.wait(inbox, since=cursor)).message.subject == "Patient"


@pytest.mark.parametrize("count", [1, 70])
async def test_mail_that_a_locked_store_kept_from_being_judged_shows_soon_after_it_is_free(
    held_judge, open_house, monkeypatch, caplog, count
):
    monkeypatch.setattr(announcing, "SWEEP_SECONDS", NEVER)
    monkeypatch.setattr(fresh, "SWEEP_SECONDS", NEVER)
    monkeypatch.setattr(db, "BUSY_TIMEOUT_MS", 50)
    house = await open_house()
    inbox = await house.inbox()
    await house.receive(inbox)
    held_judge.clear()
    cursor = (await house.wait(inbox, timeout=0, since=datetime.now(UTC).isoformat())).cursor
    for number in range(count):
        await house.accept(inbox, subject=f"Patient {number}")
    other = sqlite3.connect(house.room._store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    held_judge.set()
    await told(caplog, "mail waits to be judged")
    other.execute("ROLLBACK")
    other.close()
    shown: set[str] = set()  # in any order: mail whose check takes its time does not hold up the mail behind it
    for _ in range(count):
        waited = await house.wait(inbox, since=cursor)
        shown.add(waited.message.subject)
        cursor = waited.cursor
    assert shown == {f"Patient {number}" for number in range(count)}


def test_trouble_is_waited_for_longer_each_time_and_forgotten_when_it_is_over() -> None:
    patience = announcing.Patience()
    waits = [patience.lost() for _ in range(9)]
    assert waits[0] == 0.5
    assert waits == sorted(waits)
    assert waits[-1] == announcing.SWEEP_SECONDS
    patience.regained()
    assert patience.lost() == 0.5
