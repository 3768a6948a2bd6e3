"""A clock that jumps a day either way: nothing is lost, nothing leaves twice, and all goes on by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mailmcp.errors import Refused
from mailmcp.mailroom import clock as clocks
from mailmcp.mailroom.clock import Clock
from mailmcp.mailroom.requests import Edit, SendRequest
from mailmcp.models import DraftState
from mailmcp.store import outbox

pytestmark = pytest.mark.anyio
DAY = timedelta(days=1)


class Time:
    """What really passes, and what the clock on the wall shows."""

    def __init__(self) -> None:
        self.passed = 1000.0
        self.wall = datetime.now(UTC)

    def goes_on(self, **span: float) -> datetime:
        self.passed += timedelta(**span).total_seconds()
        self.wall += timedelta(**span)
        return self.wall

    def jumps(self, span: timedelta) -> datetime:
        self.wall += span
        return self.wall


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def held(house):
    """A held draft that expires in a day."""
    inbox = await house.inbox()
    request = SendRequest(inbox=inbox, to=(inbox,), subject="Hi", body="x")
    return (await house.room.draft_for_approval(request, note="")).draft


@pytest.fixture
def clock(house, time) -> Clock:
    return Clock(house.room._store, lambda: time.passed)


async def state(house, draft) -> DraftState:
    return (await house.room.draft(draft.id)).state


async def test_a_draft_expires_when_its_day_has_passed(house, clock, time, held):
    await clock.tend(time.wall)
    await clock.tend(time.goes_on(hours=23))
    assert await state(house, held) is DraftState.HELD
    await clock.tend(time.goes_on(hours=2))
    assert await state(house, held) is DraftState.EXPIRED


async def test_a_clock_that_jumps_a_day_ahead_lets_no_draft_expire_for_an_hour_and_says_so(house, clock, time, held):
    await clock.tend(time.wall)
    await clock.tend(time.jumps(DAY + timedelta(hours=1)))
    await clock.tend(time.goes_on(minutes=59))
    assert await state(house, held) is DraftState.HELD
    assert "jumped ahead by 25.0 hours" in clock.said()
    await clock.tend(time.goes_on(minutes=2))
    assert clock.said() is None
    assert await state(house, held) is DraftState.EXPIRED


async def test_a_clock_that_is_put_right_again_has_cost_no_draft(house, clock, time, held):
    await clock.tend(time.wall)
    await clock.tend(time.jumps(2 * DAY))
    await clock.tend(time.goes_on(minutes=10))
    await clock.tend(time.jumps(-2 * DAY))
    await clock.tend(time.goes_on(hours=2))
    assert await state(house, held) is DraftState.HELD


async def test_a_clock_that_is_put_right_by_minutes_is_no_jump(house, clock, time, held):
    await clock.tend(time.wall)
    await clock.tend(time.jumps(timedelta(minutes=4)))
    assert clock.said() is None


async def queued(house, time, undo=10):
    """A draft that was queued a moment ago."""

    def put(db, draft):
        db.execute(
            "UPDATE drafts SET state = 'queued', changed_at = :now, not_before = :now + :undo WHERE id = :id",
            {"now": int(time.wall.timestamp() * 1000), "undo": undo * 1000, "id": draft.row},
        )

    inbox = await house.inbox()
    request = SendRequest(inbox=inbox, to=(inbox,), subject="Hi", body="x")
    draft = (await house.room.draft_for_approval(request, note="")).draft
    await house.room._leadership.aclose()  # nobody else looks at it
    await house.room._store.write(put, draft)
    return draft


@pytest.mark.parametrize("restarted", [False, True])
async def test_mail_queued_before_the_clock_was_put_back_a_day_leaves_after_its_undo_window(house, time, restarted):
    draft, store = await queued(house, time), house.room._store
    clock = Clock(store, lambda: time.passed)
    if not restarted:
        await clock.tend(time.wall)
    await clock.tend(time.jumps(-DAY))
    assert await store.read(outbox.due, time.goes_on(seconds=9)) == []
    assert [one.id for one in await store.read(outbox.due, time.goes_on(seconds=2))] == [draft.id]


async def test_mail_with_an_hour_of_its_own_keeps_that_hour(house, time):
    draft, store = await queued(house, time), house.room._store
    hour = int((time.wall + DAY).timestamp() * 1000)
    await store.write(lambda db: db.execute("UPDATE drafts SET send_at = :at, not_before = :at", {"at": hour}))
    clock = Clock(store, lambda: time.passed)
    await clock.tend(time.jumps(-DAY))
    assert await store.read(outbox.due, time.wall + 2 * DAY - timedelta(seconds=1)) == []
    assert [one.id for one in await store.read(outbox.due, time.wall + 2 * DAY)] == [draft.id]


async def test_what_should_have_left_a_day_ago_by_a_clock_that_jumped_is_held_and_not_lost(house, time):
    draft = await queued(house, time, undo=-90_000)
    await house.room._dispatch.flush()
    assert await state(house, draft) is DraftState.HELD


def test_time_passes_by_a_clock_that_nobody_sets():
    first = clocks.passed()
    assert clocks.passed() >= first


async def test_after_a_jump_ahead_a_human_can_still_decide_in_whichever_process(house, open_house, held):
    """Looking at a held draft lets none expire that the leader has patience with."""
    clock, jump = house.room._dispatch.clock, (2 * DAY).total_seconds()
    now = datetime.now(UTC)
    await clock.tend(now)
    clock._passed = lambda: clocks.passed() - jump  # less has passed than the clock on the wall says
    await clock.tend(now)
    assert clock.said() is not None
    await house.room._store.write(lambda db: db.execute("UPDATE drafts SET expires_at = 1000"))
    window = await open_house()
    assert not window.room.leads
    edited = await window.room.edit(held.id, Edit(body="y"), sha256=held.sha256, editor="ann")
    assert edited.state is DraftState.HELD
    assert (await house.room.approve(held.id, sha256=edited.sha256, approver="ann")).state is DraftState.SENT


async def test_a_draft_whose_time_is_over_cannot_be_approved_where_nobody_leads(house, held):
    await house.room._leadership.aclose()
    await house.room._store.write(lambda db: db.execute("UPDATE drafts SET expires_at = 1000"))
    with pytest.raises(Refused, match="it is expired"):
        await house.room.approve(held.id, sha256=held.sha256, approver="ann")
