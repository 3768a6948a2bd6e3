"""Handing out: by message and not by digits, once it was written, again to who asks again, to each waiter another."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from name_servers import Deaf

from mailmcp.mailroom import waiting as waiting_module
from mailmcp.mailroom.pace import Pace

pytestmark = pytest.mark.anyio

PATIENT = Pace(progress=0.05, share=3600, takeover=0.02, listen_again=0.05, flush=0.02)


def code_mail(digits: str = "482913", **fields: Any) -> dict[str, Any]:
    return {"subject": "Your code", "text": f"Your sign-in code is {digits}\n"} | fields


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
    waited = await beside
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
    await house.standing()
    cancelled.cancel()
    await asyncio.wait([cancelled], timeout=60)
    assert cancelled.cancelled()
    mail = await house.receive(inbox, **code_mail())
    waited = await house.wait(inbox, tool="wait_for_otp", timeout=0)
    assert (waited.message.id, waited.repeated) == (mail.id, False)


async def test_an_identical_call_gets_the_same_again_at_once_with_a_cursor_for_a_newer_one(house):
    inbox = await house.inbox()
    mail = await house.receive(inbox, **code_mail())
    await house.take(inbox, tool="wait_for_otp", from_="app.example", timeout=0)
    again = await asyncio.wait_for(house.take(inbox, tool="wait_for_otp", from_="app.example", timeout=300), 60)
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
    await house.standing(2)
    await house.accept(inbox, **code_mail("111111"))
    done, _ = await asyncio.wait(waits, timeout=60, return_when=asyncio.FIRST_COMPLETED)
    assert len(done) == 1
    await house.accept(inbox, **code_mail("222222"))
    ended = await asyncio.gather(*waits)
    assert {waited.message.codes.code for waited in ended} == {"111111", "222222"}
    assert not any(waited.repeated for waited in ended)


async def test_four_waiters_get_four_messages_that_come_at_once(open_house):
    house = await open_house(pace=PATIENT)
    inbox = await house.inbox()
    waits = [asyncio.create_task(house.take(inbox)) for _ in range(4)]
    await house.standing(4)
    await asyncio.gather(*(house.accept(inbox, subject=f"Number {number}") for number in range(4)))
    ended = await asyncio.gather(*waits)
    assert len({waited.message.id for waited in ended}) == 4


async def test_a_waiter_gets_what_is_older_than_what_was_given_beside_it(open_house, monkeypatch):
    house = await open_house(pace=PATIENT)
    inbox = await house.inbox()
    beside = asyncio.create_task(house.take(inbox))
    await house.standing()
    go, woken = asyncio.Event(), waiting_module.set_or_late

    async def wakes_late(bell: asyncio.Event, seconds: float) -> None:
        if asyncio.current_task() is beside:
            await go.wait()
        await woken(bell, seconds)

    monkeypatch.setattr(waiting_module, "set_or_late", wakes_late)
    cursor = (await house.wait(inbox, timeout=0, since=datetime.now(UTC).isoformat())).cursor
    for number in range(2):
        await house.accept(inbox, subject=f"Number {number}")
        cursor = (await house.wait(inbox, since=cursor)).cursor
    assert (await house.take(inbox)).message.subject == "Number 1"
    go.set()
    assert (await beside).message.subject == "Number 0"


async def test_two_waiters_share_the_only_message_that_comes(house):
    inbox = await house.inbox()
    waits = [asyncio.create_task(house.take(inbox, tool="wait_for_otp")) for _ in range(2)]
    await house.standing(2)
    mail = await house.receive(inbox, **code_mail())
    ended = await asyncio.gather(*waits)
    assert [waited.message.id for waited in ended] == [mail.id, mail.id]
    assert sorted(waited.repeated for waited in ended) == [False, True]


async def test_a_waiter_shares_what_one_with_other_filters_got_when_that_is_all_that_comes(house):
    inbox = await house.inbox()
    wide = asyncio.create_task(house.take(inbox, tool="wait_for_otp"))
    await house.standing()
    narrow = asyncio.create_task(house.take(inbox, tool="wait_for_otp", from_="app.example"))
    await house.standing(2)
    mail = await house.receive(inbox, **code_mail())
    ended = await asyncio.gather(wide, narrow)
    assert [waited.message.id for waited in ended] == [mail.id, mail.id]


async def test_a_waiter_does_not_get_what_its_own_filters_leave_out(house):
    inbox = await house.inbox()
    wide = asyncio.create_task(house.take(inbox, tool="wait_for_otp"))
    narrow = asyncio.create_task(house.take(inbox, tool="wait_for_otp", from_="other.example", timeout=0.5))
    await house.standing(2)
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
    await other.standing()
    await one.accept(inbox, **code_mail())
    assert (await wait).message.codes.code == "482913"


async def test_no_call_is_given_a_code_older_than_one_that_somebody_was_given(house):
    inbox = await house.inbox()
    await house.receive(inbox, **code_mail("111111"))
    await house.receive(inbox, **code_mail("222222"))
    assert (await house.take(inbox, tool="wait_for_otp", timeout=0)).message.codes.code == "222222"
    assert (await house.wait(inbox, tool="wait_for_otp", from_="app.example", timeout=0)).message is None
    await house.receive(inbox, **code_mail("333333"))
    again = await house.wait(inbox, tool="wait_for_otp", from_="app.example", timeout=0)
    assert again.message.codes.code == "333333"


async def test_the_same_is_not_given_again_while_newer_mail_is_only_being_judged(open_house, monkeypatch):
    monkeypatch.setattr(waiting_module, "JUDGE_SECONDS", 0.05)
    monkeypatch.setattr("mailmcp.mailroom.checking.WAITER_SECONDS", 30)
    deaf = Deaf()
    house = await open_house(resolver=deaf)
    inbox = await house.inbox()
    await house.receive(inbox, **code_mail("111111"), peer="127.0.0.1")
    await house.take(inbox, tool="wait_for_otp", timeout=0)
    await house.accept(inbox, **code_mail("222222"))  # its sender is being checked, so it is not announced yet
    waiting = asyncio.create_task(house.wait(inbox, tool="wait_for_otp"))
    done, _ = await asyncio.wait([waiting], timeout=0.3)
    assert not done
    deaf.speak.set()
    waited = await waiting
    assert (waited.message.codes.code, waited.repeated) == ("222222", False)
