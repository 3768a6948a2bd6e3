"""Waiting: nothing is missed, nothing is given away twice, nothing is lost when a caller goes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailmcp.errors import BadInput, NotFound
from mailmcp.mailroom import waiting as waiting_module
from mailmcp.mailroom.pace import Pace
from mailmcp.mailroom.requests import Wanted
from mailmcp.mailroom.waiting import Waiting
from mailmcp.store import handouts, inboxes

pytestmark = pytest.mark.anyio

PATIENT = Pace(progress=0.05, share=5, takeover=0.02, listen_again=0.05, flush=0.02)


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
    wait = asyncio.create_task(house.wait(inbox, timeout=0.2))
    await asyncio.wait([wait], timeout=0.05)
    await house.room.delete_inbox(inbox)
    with pytest.raises(NotFound, match=f"no inbox {inbox}"):
        await wait


# --- no race ---------------------------------------------------------------------------------------------------


class Interleaved:
    """The store, with something happening at the moment after one read has its result and before its caller does."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.after: dict[Any, Callable[[], Awaitable[None]]] = {}
        self.skip: dict[Any, int] = {}
        """How many of such reads pass before it happens."""
        self.reads: list[Any] = []

    async def read(self, work: Any, *args: Any, **kwargs: Any) -> Any:
        self.reads.append(work)
        result = await self._store.read(work, *args, **kwargs)
        if self.skip.get(work, 0):
            self.skip[work] -= 1
        elif happening := self.after.pop(work, None):
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
    await house.desk.settle(at_most=5)


async def test_a_mail_announced_between_the_look_and_its_answer_ends_the_wait_at_once(house, interleaved):
    waiting, store = interleaved
    inbox = await house.inbox()
    store.after[handouts.matching] = lambda: announced(house, inbox, **code_mail())
    wait = waiting.wait(Wanted(tool="wait_for_otp", inbox=inbox), timeout=300)
    waited = await asyncio.wait_for(wait, 5)
    assert (waited.message.codes.code, waited.repeated) == ("482913", False)


async def test_what_is_announced_after_the_cursor_was_read_is_found_by_the_last_look(house, interleaved):
    waiting, store = interleaved
    inbox = await house.inbox()
    store.skip[inboxes.newest_cursor] = 1  # the first reading says where the wait began
    store.after[inboxes.newest_cursor] = lambda: announced(house, inbox, **code_mail())
    waited = await waiting.wait(Wanted(tool="wait_for_otp", inbox=inbox), timeout=0)
    assert waited.message.codes.code == "482913"


@pytest.mark.parametrize("from_cursor", [False, True])
async def test_what_is_announced_after_the_last_look_is_found_from_the_cursor_given(house, interleaved, from_cursor):
    waiting, store = interleaved
    inbox = await house.inbox()
    since = (await house.wait(inbox, timeout=0)).cursor if from_cursor else None
    store.skip[handouts.matching] = 0 if from_cursor else 1  # without a cursor it also looks for what to share
    store.after[handouts.matching] = lambda: announced(house, inbox, **code_mail())
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
    assert store.reads.count(handouts.matching) < 30


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
    waited = await asyncio.wait_for(house.room.wait(wanted, timeout=60, progress=progress), 10)
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


# --- handing out ---------------------------------------------------------------------------------------------------


async def test_the_same_digits_sent_twice_are_two_codes(house):
    inbox = await house.inbox()
    first = await house.receive(inbox, **code_mail("482913"))
    assert (await house.take(inbox, tool="wait_for_otp", timeout=0)).message.id == first.id
    second = await house.receive(inbox, **code_mail("482913"))
    again = await house.take(inbox, tool="wait_for_otp", timeout=0)
    assert (again.message.id, again.repeated) == (second.id, False)


async def test_what_a_wait_for_mail_gave_is_still_there_for_a_wait_for_a_code(house):
    inbox = await house.inbox()
    mail = await house.receive(inbox, **code_mail())
    await house.take(inbox, tool="wait_for_mail", timeout=0)
    waited = await house.take(inbox, tool="wait_for_otp", timeout=0)
    assert (waited.message.id, waited.repeated) == (mail.id, False)


async def test_a_result_that_was_never_written_leaves_the_message_for_the_next_call(house):
    inbox = await house.inbox()
    mail = await house.receive(inbox, **code_mail())
    lost = await house.wait(inbox, tool="wait_for_otp", timeout=0)
    house.room.dropped(lost)
    waited = await house.wait(inbox, tool="wait_for_otp", timeout=0)
    assert (waited.message.id, waited.repeated) == (mail.id, False)


async def test_a_result_that_was_never_written_goes_to_the_waiter_beside_it_at_once(open_house):
    house = await open_house(pace=PATIENT)
    inbox = await house.inbox()
    mail = await house.receive(inbox, **code_mail())
    lost = await house.wait(inbox, tool="wait_for_otp", timeout=0)
    beside = asyncio.create_task(house.wait(inbox, tool="wait_for_otp", timeout=60))
    done, _ = await asyncio.wait([beside], timeout=0.1)
    assert not done
    house.room.dropped(lost)
    waited = await asyncio.wait_for(beside, 2)
    assert (waited.message.id, waited.repeated) == (mail.id, False)


async def test_a_reader_from_a_cursor_that_goes_frees_nothing_that_another_holds(house):
    inbox = await house.inbox()
    cursor = (await house.wait(inbox, timeout=0)).cursor
    mail = await house.receive(inbox, **code_mail())
    held = await house.wait(inbox, tool="wait_for_otp", timeout=0)
    house.room.dropped(await house.wait(inbox, tool="wait_for_otp", since=cursor, timeout=0))
    other = await house.wait(inbox, tool="wait_for_otp", from_="app.example", timeout=0)
    assert (held.message.id, held.repeated) == (mail.id, False)
    assert (other.message.id, other.repeated) == (mail.id, True)


async def test_a_wait_that_is_cancelled_leaves_the_message_for_the_next_call(house):
    inbox = await house.inbox()
    cancelled = asyncio.create_task(house.wait(inbox, tool="wait_for_otp", timeout=300))
    await asyncio.wait([cancelled], timeout=0.05)
    cancelled.cancel()
    await asyncio.wait_for(asyncio.wait([cancelled]), 1)
    assert cancelled.cancelled()
    mail = await house.receive(inbox, **code_mail())
    waited = await house.wait(inbox, tool="wait_for_otp", timeout=0)
    assert (waited.message.id, waited.repeated) == (mail.id, False)


async def test_an_identical_call_gets_the_same_again_at_once_with_a_cursor_for_a_newer_one(house):
    inbox = await house.inbox()
    mail = await house.receive(inbox, **code_mail())
    await house.take(inbox, tool="wait_for_otp", from_="app.example", timeout=0)
    again = await asyncio.wait_for(house.take(inbox, tool="wait_for_otp", from_="app.example", timeout=300), 2)
    assert (again.message.id, again.repeated) == (mail.id, True)
    newer = asyncio.create_task(house.wait(inbox, tool="wait_for_otp", since=again.cursor))
    second = await house.receive(inbox, **code_mail("999000"))
    assert (await newer).message.id == second.id


async def test_an_identical_call_gets_the_same_again_also_from_another_process_of_the_home(open_house):
    one, other = await open_house(), await open_house()
    inbox = await one.inbox()
    mail = await one.receive(inbox, **code_mail())
    await one.take(inbox, tool="wait_for_otp", timeout=0)
    again = await other.take(inbox, tool="wait_for_otp", timeout=0)
    assert (again.message.id, again.repeated) == (mail.id, True)


async def test_a_newer_message_wins_over_the_repeat(house):
    inbox = await house.inbox()
    await house.receive(inbox, **code_mail("111111"))
    await house.take(inbox, tool="wait_for_otp", timeout=0)
    await house.receive(inbox, **code_mail("222222"))
    waited = await house.take(inbox, tool="wait_for_otp", timeout=0)
    assert (waited.message.codes.code, waited.repeated) == ("222222", False)


async def test_a_repeat_never_gives_an_older_code_than_the_one_given_before(house):
    inbox = await house.inbox()
    await house.receive(inbox, **code_mail("111111"))
    await house.receive(inbox, **code_mail("222222"))
    for repeated in (False, True):
        waited = await house.take(inbox, tool="wait_for_otp", timeout=0)
        assert (waited.message.codes.code, waited.repeated) == ("222222", repeated)


async def test_a_call_with_other_filters_is_no_repeat(house):
    inbox = await house.inbox()
    await house.receive(inbox, **code_mail())
    await house.take(inbox, tool="wait_for_otp", timeout=0)
    assert (await house.take(inbox, tool="wait_for_otp", from_="app.example", timeout=0)).message is None


async def test_after_two_minutes_an_identical_call_waits_for_a_newer_message(house, monkeypatch):
    assert timedelta(seconds=120) == waiting_module.REPEAT_WINDOW
    inbox = await house.inbox()
    await house.receive(inbox, **code_mail())
    await house.take(inbox, tool="wait_for_otp", timeout=0)
    later = datetime.now(UTC) + timedelta(seconds=121)

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return later

    monkeypatch.setattr(waiting_module, "datetime", Later)
    assert (await house.wait(inbox, tool="wait_for_otp", timeout=0)).message is None


# --- side by side ----------------------------------------------------------------------------------------------------


async def test_two_waiters_get_two_messages_when_two_come(open_house):
    house = await open_house(pace=PATIENT)
    inbox = await house.inbox()
    waits = [asyncio.create_task(house.take(inbox, tool="wait_for_otp")) for _ in range(2)]
    await asyncio.wait(waits, timeout=0.05)
    await house.accept(inbox, **code_mail("111111"))
    await asyncio.wait(waits, timeout=5, return_when=asyncio.FIRST_COMPLETED)
    await house.accept(inbox, **code_mail("222222"))
    ended = await asyncio.gather(*waits)
    assert {waited.message.codes.code for waited in ended} == {"111111", "222222"}
    assert not any(waited.repeated for waited in ended)


async def test_four_waiters_get_four_messages_that_come_at_once(open_house):
    house = await open_house(pace=PATIENT)
    inbox = await house.inbox()
    waits = [asyncio.create_task(house.take(inbox)) for _ in range(4)]
    await asyncio.wait(waits, timeout=0.05)
    await asyncio.gather(*(house.accept(inbox, subject=f"Number {number}") for number in range(4)))
    ended = await asyncio.gather(*waits)
    assert len({waited.message.id for waited in ended}) == 4


async def test_two_waiters_share_the_only_message_that_comes(house):
    inbox = await house.inbox()
    waits = [asyncio.create_task(house.take(inbox, tool="wait_for_otp")) for _ in range(2)]
    await asyncio.wait(waits, timeout=0.05)
    mail = await house.receive(inbox, **code_mail())
    ended = await asyncio.gather(*waits)
    assert [waited.message.id for waited in ended] == [mail.id, mail.id]
    assert sorted(waited.repeated for waited in ended) == [False, True]


async def test_a_waiter_shares_what_one_with_other_filters_got_when_that_is_all_that_comes(house):
    inbox = await house.inbox()
    wide = asyncio.create_task(house.take(inbox, tool="wait_for_otp"))
    await asyncio.wait([wide], timeout=0.05)
    narrow = asyncio.create_task(house.take(inbox, tool="wait_for_otp", from_="app.example"))
    await asyncio.wait([narrow], timeout=0.05)
    mail = await house.receive(inbox, **code_mail())
    ended = await asyncio.gather(wide, narrow)
    assert [waited.message.id for waited in ended] == [mail.id, mail.id]


async def test_a_waiter_does_not_get_what_its_own_filters_leave_out(house):
    inbox = await house.inbox()
    wide = asyncio.create_task(house.take(inbox, tool="wait_for_otp"))
    narrow = asyncio.create_task(house.take(inbox, tool="wait_for_otp", from_="other.example", timeout=0.5))
    await asyncio.wait([wide, narrow], timeout=0.05)
    await house.accept(inbox, **code_mail())
    assert (await wide).message is not None
    assert (await narrow).message is None


async def test_inboxes_do_not_see_each_others_mail(house):
    mine, other = await house.inbox(), await house.inbox()
    await house.receive(other, **code_mail())
    assert (await house.wait(mine, tool="wait_for_otp", timeout=0)).message is None


async def test_mail_that_another_process_of_the_home_received_ends_a_wait(open_house):
    one, other = await open_house(), await open_house()
    inbox = await one.inbox()
    wait = asyncio.create_task(other.wait(inbox, tool="wait_for_otp"))
    await asyncio.wait([wait], timeout=0.05)
    await one.accept(inbox, **code_mail())
    assert (await asyncio.wait_for(wait, 5)).message.codes.code == "482913"
