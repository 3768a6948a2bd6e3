"""Waiting: nothing is missed, nothing is given away twice, nothing is lost when a caller goes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from mailmcp.errors import BadInput, NotFound
from mailmcp.mailroom import waiting as waiting_module
from mailmcp.mailroom.pace import Pace
from mailmcp.mailroom.requests import Wanted
from mailmcp.mailroom.waiting import Waiting
from mailmcp.store import handouts

pytestmark = pytest.mark.anyio

PATIENT = Pace(progress=0.05, share=3600, takeover=0.02, listen_again=0.05, flush=0.02)


def code_mail(digits: str = "482913", **fields: Any) -> dict[str, Any]:
    return {"subject": "Your code", "text": f"Your sign-in code is {digits}\n"} | fields


# --- finding -------------------------------------------------------------------------------------------------


async def test_a_code_that_came_just_before_the_call_is_found_at_once(house):
    inbox = await house.inbox()
    mail = await house.receive(inbox, **code_mail())
    waited = await house.wait(inbox, tool="wait_for_otp", timeout=0)
    assert waited.message.id == mail.id
    assert waited.message.codes.code == "482913"
    assert not waited.repeated


async def test_a_code_that_comes_during_the_wait_ends_it(house):
    inbox = await house.inbox()
    wait = asyncio.create_task(house.wait(inbox, tool="wait_for_otp"))
    await house.accept(inbox, **code_mail())
    assert (await wait).message.codes.code == "482913"


async def test_a_wait_for_an_address_with_a_detail_looks_where_its_mail_comes(house):
    inbox = await house.inbox()
    detailed = inbox.replace("@", "+shop@")
    mail = await house.receive(detailed, **code_mail())
    waited = await house.wait(detailed, tool="wait_for_otp", timeout=0)
    assert (waited.message.id, waited.message.codes.code) == (mail.id, "482913")
    assert (await house.wait(inbox, tool="wait_for_otp", timeout=0)).repeated
    with pytest.raises(NotFound, match=r"no inbox nobody\+shop@agents\.internal"):
        await house.wait("nobody+shop@agents.internal", timeout=0)


async def test_mail_without_a_code_does_not_end_a_wait_for_a_code(house):
    inbox = await house.inbox()
    await house.receive(inbox, text="No digits in here.")
    assert (await house.wait(inbox, tool="wait_for_otp", timeout=0)).message is None
    assert (await house.wait(inbox, tool="wait_for_mail", timeout=0)).message is not None


async def test_of_several_codes_the_newest_of_the_wanted_sender_is_given(house):
    inbox = await house.inbox()
    await house.receive(inbox, **code_mail("111111", from_="a@app.example"))
    await house.receive(inbox, **code_mail("222222", from_="a@app.example"))
    await house.receive(inbox, **code_mail("333333", from_="a@other.example"))
    waited = await house.wait(inbox, tool="wait_for_otp", from_="app.example", timeout=0)
    assert waited.message.codes.code == "222222"


@pytest.mark.parametrize(
    ("sender", "wanted", "fits"),
    [
        ("no-reply@app.example", "no-reply@app.example", True),
        ("No-Reply@App.Example", "no-reply@app.example", True),
        ("no-reply@app.example", "other@app.example", False),
        ("no-reply@app.example", "app.example", True),
        ("no-reply@app.example", "@app.example", True),
        ("no-reply@mail.eu.app.example", "app.example", True),
        ("no-reply@notapp.example", "app.example", False),
        ("no-reply@app.example.attacker.test", "app.example", False),
        ("no-reply@app-example", "app.example", False),
        ("no-reply@app.example", "mail.app.example", False),
        ("app.example@attacker.test", "app.example", False),
        ("no-reply@mail.app.example", "no-reply@app.example", False),
    ],
)
async def test_a_sender_filter_is_an_exact_address_or_a_domain_with_its_sub_domains(house, sender, wanted, fits):
    inbox = await house.inbox()
    await house.receive(inbox, from_=sender)
    waited = await house.wait(inbox, from_=wanted, timeout=0)
    assert (waited.message is not None) is fits


async def test_the_sender_filter_reads_the_header_not_the_envelope_or_the_display_name(house):
    inbox = await house.inbox()
    await house.receive(inbox, from_='"app.example" <x@attacker.test>', headers={"Sender": "no-reply@app.example"})
    assert (await house.wait(inbox, from_="app.example", timeout=0)).message is None


async def test_a_mail_with_two_from_headers_is_nobodys_and_fits_no_sender_filter(house):
    inbox = await house.inbox()
    raw = b"From: a@app.example\r\nFrom: b@attacker.test\r\nSubject: x\r\n\r\nYour code is 123456\r\n"
    await house.receive(inbox, raw=raw)
    for wanted in ("app.example", "attacker.test", "a@app.example"):
        assert (await house.wait(inbox, from_=wanted, timeout=0)).message is None


async def test_a_subject_filter_is_a_part_of_the_subject_in_any_case(house):
    inbox = await house.inbox()
    await house.receive(inbox, subject="Bestätigen: IHRE ANMELDUNG")
    assert (await house.wait(inbox, subject="ihre anmeld", timeout=0)).message is not None
    assert (await house.wait(inbox, subject="100%_", timeout=0)).message is None


async def test_an_unknown_inbox_an_unknown_cursor_and_a_time_that_is_none_are_named(house):
    inbox = await house.inbox()
    with pytest.raises(NotFound, match=r"no inbox nobody@agents\.internal"):
        await house.wait("nobody@agents.internal", timeout=0)
    with pytest.raises(NotFound, match="c_unknown"):
        await house.wait(inbox, since="c_unknown", timeout=0)
    with pytest.raises(BadInput, match="`since` is 'yesterday'"):
        await house.wait(inbox, since="yesterday", timeout=0)


async def test_an_inbox_that_is_deleted_during_a_wait_ends_it_in_words(house):
    inbox = await house.inbox()
    wait = asyncio.create_task(house.wait(inbox))
    await house.standing()
    await house.room.delete_inbox(inbox)
    with pytest.raises(NotFound, match=f"no inbox {inbox}"):
        await wait


# --- no race ---------------------------------------------------------------------------------------------------


class Interleaved:
    """The store, with something happening at the moment after one read has its result and before its caller does."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.after: dict[Any, Callable[[], Awaitable[None]]] = {}
        self.reads: list[Any] = []
        self.claims = store.claims

    async def read(self, work: Any, *args: Any, **kwargs: Any) -> Any:
        self.reads.append(work)
        result = await self._store.read(work, *args, **kwargs)
        if happening := self.after.pop(work, None):
            await happening()
        return result

    async def write(self, work: Any, *args: Any, **kwargs: Any) -> Any:
        return await self._store.write(work, *args, **kwargs)


@pytest.fixture
def interleaved(house, monkeypatch):
    """A Waiting over the house's own store in which happenings can be put between two steps."""
    monkeypatch.setattr("mailmcp.mailroom.arrivals.POLL_SECONDS", 3600)  # only the announcement itself may wake it
    store = Interleaved(house.room._store)
    return Waiting(store, house.room._arrivals, Pace(progress=3600, share=3600)), store


async def announced(house, inbox: str, **fields: Any) -> None:
    """Hand a mail in and return when it was announced."""
    await house.accept(inbox, **fields)
    await house.desk.settle(at_most=60)


async def test_a_mail_announced_between_the_look_and_its_answer_ends_the_wait_at_once(house, interleaved):
    waiting, store = interleaved
    inbox = await house.inbox()
    store.after[waiting_module._seen] = lambda: announced(house, inbox, **code_mail())
    wait = waiting.wait(Wanted(tool="wait_for_otp", inbox=inbox), timeout=300)
    waited = await asyncio.wait_for(wait, 60)
    assert (waited.message.codes.code, waited.repeated) == ("482913", False)


async def test_what_is_announced_after_the_wait_began_is_found_by_its_only_look(house, interleaved):
    waiting, store = interleaved
    inbox = await house.inbox()
    store.after[waiting_module._begun] = lambda: announced(house, inbox, **code_mail())
    waited = await waiting.wait(Wanted(tool="wait_for_otp", inbox=inbox), timeout=0)
    assert waited.message.codes.code == "482913"


@pytest.mark.parametrize("from_cursor", [False, True])
async def test_what_is_announced_after_the_last_look_is_found_from_the_cursor_given(house, interleaved, from_cursor):
    waiting, store = interleaved
    inbox = await house.inbox()
    since = (await house.wait(inbox, timeout=0)).cursor if from_cursor else None
    store.after[waiting_module._seen] = lambda: announced(house, inbox, **code_mail())
    pending = await waiting.wait(Wanted(tool="wait_for_otp", inbox=inbox, since=since), timeout=0)
    assert pending.message is None
    found = await waiting.wait(Wanted(tool="wait_for_otp", inbox=inbox, since=pending.cursor), timeout=0)
    assert found.message.codes.code == "482913"


async def test_a_wait_that_nobody_hears_from_does_not_look_again_and_again(house, interleaved):
    _, store = interleaved
    waiting = Waiting(store, house.room._arrivals, PATIENT)
    inbox = await house.inbox()
    waited = await waiting.wait(Wanted(tool="wait_for_mail", inbox=inbox), timeout=0.3)
    assert waited.message is None
    assert 1 < store.reads.count(waiting_module._seen) < 30


async def test_a_timeout_of_nothing_looks_once_and_answers(house):
    inbox = await house.inbox()
    pending = await house.wait(inbox, timeout=0)
    assert pending.message is None
    assert pending.cursor.startswith("c_")
    await house.receive(inbox)
    assert (await house.wait(inbox, timeout=0)).message is not None


async def test_progress_is_told_again_and_again_in_whole_seconds(house):
    inbox = await house.inbox()
    told: list[int] = []

    async def progress(seconds: int) -> None:
        told.append(seconds)
        if len(told) == 3:
            await house.accept(inbox)

    wanted = Wanted(tool="wait_for_mail", inbox=inbox)
    waited = await asyncio.wait_for(house.room.wait(wanted, timeout=300, progress=progress), 60)
    assert waited.message is not None
    assert len(told) >= 3
    assert told == sorted(told)
    assert all(isinstance(seconds, int) for seconds in told)


def test_progress_is_told_every_five_seconds_unless_a_laboratory_says_otherwise():
    assert Pace().progress == 5


# --- since -------------------------------------------------------------------------------------------------------


async def test_with_a_cursor_a_wait_is_a_pure_read(house):
    inbox = await house.inbox()
    start = (await house.wait(inbox, timeout=0)).cursor
    mail = await house.receive(inbox, **code_mail())
    for _ in range(2):
        waited = await house.take(inbox, tool="wait_for_otp", since=start, timeout=0)
        assert (waited.message.id, waited.repeated) == (mail.id, False)
    assert (await house.take(inbox, tool="wait_for_otp", since=waited.cursor, timeout=0)).message is None
    fresh = await house.take(inbox, tool="wait_for_otp", timeout=0)
    assert (fresh.message.id, fresh.repeated) == (mail.id, False)


async def test_with_a_time_a_wait_is_a_pure_read_of_what_came_after_it(house):
    inbox = await house.inbox()
    mail = await house.receive(inbox, **code_mail())
    before, after = (mail.received_at + timedelta(seconds=shift) for shift in (-1, 1))
    for written in (before.isoformat(), before.replace(tzinfo=None).isoformat(), f"{before:%Y-%m-%dT%H:%M:%SZ}"):
        assert (await house.take(inbox, tool="wait_for_otp", since=written, timeout=0)).message.id == mail.id
    assert (await house.take(inbox, tool="wait_for_otp", since=after.isoformat(), timeout=0)).message is None
    assert not (await house.take(inbox, tool="wait_for_otp", timeout=0)).repeated


async def test_mail_is_read_on_from_a_cursor_in_its_order_without_a_gap(house):
    inbox = await house.inbox()
    cursor = (await house.wait(inbox, timeout=0)).cursor
    sent = [(await house.receive(inbox, subject=f"Number {number}")).id for number in range(5)]
    seen = []
    while (waited := await house.wait(inbox, since=cursor, timeout=0)).message is not None:
        seen.append(waited.message.id)
        cursor = waited.cursor
    assert seen == sent


async def test_of_codes_after_a_cursor_the_newest_is_given(house):
    inbox = await house.inbox()
    cursor = (await house.wait(inbox, timeout=0)).cursor
    await house.receive(inbox, **code_mail("111111"))
    await house.receive(inbox, **code_mail("222222"))
    waited = await house.wait(inbox, tool="wait_for_otp", since=cursor, timeout=0)
    assert waited.message.codes.code == "222222"


async def test_a_look_without_waiting_finds_mail_that_was_accepted_and_is_only_being_judged(house, monkeypatch):
    monkeypatch.setattr(waiting_module, "JUDGE_SECONDS", 60)
    inbox = await house.inbox()
    for _ in range(10):
        await house.accept(inbox)
        waited = await house.take(inbox, timeout=0)
        assert waited.message is not None
        assert not waited.repeated


async def test_a_look_without_waiting_is_not_held_up_by_mail_that_comes_after_it(house, monkeypatch):
    monkeypatch.setattr(waiting_module, "JUDGE_SECONDS", 3600)
    inbox = await house.inbox()
    rows = iter(range(1, 10_000))
    older = [3]

    def unjudged(db, inbox, up_to=None):
        """Of a stream that never ends: the first three are judged by and by."""
        if up_to is None:
            return 3
        older[0] -= 1
        return older[0] if up_to <= 3 else next(rows)

    monkeypatch.setattr(handouts, "unjudged", unjudged)
    ring = asyncio.create_task(_rings(house))
    try:
        assert (await asyncio.wait_for(house.wait(inbox, timeout=0), 60)).message is None
    finally:
        ring.cancel()
    assert older == [0]


async def _rings(house) -> None:
    while True:
        house.room._arrivals.announce()
        await asyncio.sleep(0.001)


async def test_a_wait_ends_in_time_when_mail_is_never_judged(house, monkeypatch):
    inbox = await house.inbox()
    monkeypatch.setattr(handouts, "unjudged", lambda db, inbox, up_to=None: 7)
    monkeypatch.setattr(waiting_module, "JUDGE_SECONDS", 0.05)
    assert (await house.wait(inbox, timeout=0)).message is None
