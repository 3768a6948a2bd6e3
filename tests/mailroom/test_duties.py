"""Who leads, and what the leader does: listening and the outbox."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import sys
from datetime import UTC, datetime, timedelta

import pytest

from mailmcp.errors import Refused
from mailmcp.mailroom import clock as clocks
from mailmcp.mailroom import dispatch, handover, left_behind, outbound
from mailmcp.mailroom.duties import Leadership, Listening
from mailmcp.mailroom.lock import LockFile
from mailmcp.mailroom.pace import Pace
from mailmcp.models import DraftState
from mailmcp.store import outbox

pytestmark = pytest.mark.anyio


async def until(condition, seconds: float = 60) -> None:
    """Return when a condition holds."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - what it looks at is in a database
            await asyncio.sleep(0.01)


async def test_one_of_a_home_leads_and_the_next_takes_over_when_it_goes(open_house):
    one, other = await open_house(), await open_house()
    assert (await one.room.status()).leads
    assert not (await other.room.status()).leads
    await one.room.aclose()

    async def other_leads() -> bool:
        return (await other.room.status()).leads

    await until(other_leads)
    assert (await other.room.status()).listener.pid == os.getpid()


async def test_a_leader_whose_database_was_replaced_gives_the_lead_to_one_that_has_the_new_one(home, open_house):
    one, path = await open_house(), home / "mailmcp.db"
    assert one.room.leads
    path.rename(home / "aside.db")
    other = await open_house()

    async def other_leads() -> bool:
        return other.room.leads

    await until(other_leads)
    assert not one.room.leads
    assert (await other.room.status()).listener.pid == os.getpid()


async def test_who_has_an_old_database_stands_in_no_line_until_it_is_put_back(tmp_path):
    quick, right = Pace(takeover=0.001), asyncio.Event()
    first, second = Leadership(tmp_path, [], quick), Leadership(tmp_path, [], quick, may_lead=right.is_set)
    first.start()
    second.start()
    lock = LockFile(tmp_path / "leader.lock")
    try:
        assert first.leads
        await first.aclose()
        for _ in range(50):
            await asyncio.sleep(0.001)
            assert not second.leads
        assert lock.acquire()
        lock.release()
        right.set()

        async def second_leads() -> bool:
            return second.leads

        await until(second_leads)
    finally:
        lock.release()
        await second.aclose()


async def test_a_command_that_only_looks_in_does_not_lead(home, open_house):
    from mailmcp.backends import open_backend
    from mailmcp.mailroom.room import Mailroom

    house = await open_house()
    await house.room.aclose()
    room = await Mailroom.open(
        house.settings, lambda reception: open_backend("local", house.settings, reception), leads=False
    )
    try:
        status = await room.status()
        assert (status.leads, status.listener) == (False, None)
    finally:
        await room.aclose()


async def test_the_lock_is_held_by_one_and_free_when_it_is_given_back(tmp_path):
    one, other = LockFile(tmp_path / "lock"), LockFile(tmp_path / "lock")
    assert one.acquire()
    assert not other.acquire()
    one.release()
    one.release()
    assert other.acquire()
    other.release()
    assert stat.S_IMODE((tmp_path / "lock").stat().st_mode) == 0o600


class Failing:
    """A duty that fails at first."""

    name = "failing"

    def __init__(self) -> None:
        self.runs = 0
        self.well = asyncio.Event()

    async def run(self) -> None:
        self.runs += 1
        if self.runs < 3:
            raise RuntimeError("a bug")
        self.well.set()
        await asyncio.Event().wait()


async def test_a_duty_that_fails_is_begun_again(tmp_path, caplog):
    duty = Failing()
    leadership = Leadership(tmp_path, [duty], Pace(listen_again=0.01))
    leadership.start()
    try:
        async with asyncio.timeout(60):
            await duty.well.wait()
    finally:
        await leadership.aclose()
    assert duty.runs == 3
    assert "begun again" in caplog.text


async def test_a_leader_that_closes_before_its_first_step_gives_the_lock_back(tmp_path):
    leadership = Leadership(tmp_path, [])
    leadership.start()
    await leadership.aclose()
    next_one = LockFile(tmp_path / "leader.lock")
    assert next_one.acquire()
    next_one.release()


async def test_a_leader_whose_lock_file_was_removed_stops_so_that_two_never_lead(tmp_path):
    quick = Pace(takeover=0.01)
    first, second = Leadership(tmp_path, [], quick), Leadership(tmp_path, [], quick)
    first.start()
    assert first.leads
    (tmp_path / "leader.lock").unlink()
    second.start()  # finds no file, so makes one and gets its lock
    assert second.leads

    async def steps_down() -> bool:
        return not first.leads

    await until(steps_down)
    await second.aclose()

    async def leads_again() -> bool:
        return first.leads

    await until(leads_again)
    await first.aclose()


async def test_a_taken_port_is_said_and_the_listener_comes_up_when_it_is_free(open_house):
    with socket.socket() as foreign:
        foreign.bind(("127.0.0.1", 0))
        foreign.listen()
        port = foreign.getsockname()[1]
        house = await open_house(MAILMCP_LOCAL__SMTP_PORT=str(port))
        listener = (await house.room.status()).listener
        assert listener.port is None
        assert str(port) in listener.trouble
        assert sys.platform != "linux" or f"(process {os.getpid()}) uses it" in listener.trouble
        inbox = await house.inbox()
        assert (await house.send(inbox, to=(inbox,))).draft.state is DraftState.SENT

    async def listens() -> bool:
        now = (await house.room.status()).listener
        return now is not None and now.port == port and now.trouble is None

    await until(listens)


class SlowListener:
    """A backend whose listener is up before it is known to be."""

    name = "slow"
    supports: frozenset[str] = frozenset()
    host, port = "127.0.0.1", 1

    def __init__(self) -> None:
        self.up = asyncio.Event()
        self.may_be_known = asyncio.Event()
        self.closed = False

    async def listen(self):
        self.up.set()
        await self.may_be_known.wait()
        return self

    async def send(self, mail, key, about_to_commit):
        raise NotImplementedError

    async def aclose(self) -> None:
        self.closed = True


async def test_a_listener_that_comes_up_while_the_process_closes_is_closed(tmp_path, house):
    backend = SlowListener()
    leadership = Leadership(tmp_path, [Listening(house.room._store, backend)])
    leadership.start()
    async with asyncio.timeout(60):
        await backend.up.wait()
        closing = asyncio.create_task(leadership.aclose())
        await asyncio.wait([closing], timeout=0.05)
        backend.may_be_known.set()
        await closing
    assert backend.closed


# --- the outbox ------------------------------------------------------------------------------------------------------


class Moved(datetime):
    """A clock that can be put forward."""

    forward = timedelta()

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + cls.forward


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(outbound, "datetime", Moved)
    for module in (dispatch, handover, left_behind):
        monkeypatch.setattr(module, "datetime", Moved)
    monkeypatch.setattr(Moved, "forward", timedelta())
    passed = clocks.passed  # time passes, and it is not the clock alone that moves
    monkeypatch.setattr(clocks, "passed", lambda: passed() + Moved.forward.total_seconds())
    return Moved


async def hold(house, inbox: str):
    from mailmcp.mailroom.requests import SendRequest

    request = SendRequest(inbox=inbox, to=(inbox,), subject="May I?", body="x")
    return (await house.room.draft_for_approval(request, note="")).draft


async def test_a_held_draft_expires_and_can_not_be_approved_any_more(house, clock):
    inbox = await house.inbox()
    draft = await hold(house, inbox)
    assert draft.expires_at - draft.created_at == timedelta(days=1)
    clock.forward = timedelta(days=1, seconds=1)
    with pytest.raises(Refused, match="no longer held: it is expired"):
        await house.room.approve(draft.id, sha256=draft.sha256, approver="human")
    assert (await house.room.draft(draft.id)).state is DraftState.EXPIRED
    assert (await house.wait(inbox, timeout=0)).message is None
    again = await hold(house, inbox)
    assert again.id != draft.id


async def test_the_leader_expires_held_drafts_by_itself(house, clock):
    draft = await hold(house, await house.inbox())
    clock.forward = timedelta(days=1, seconds=1)

    async def expired() -> bool:
        return (await house.room.draft(draft.id)).state is DraftState.EXPIRED

    await until(expired)


async def test_an_approval_names_what_was_shown_and_counts_once(house):
    inbox = await house.inbox()
    draft = await hold(house, inbox)
    with pytest.raises(Refused, match="not what was shown"):
        await house.room.approve(draft.id, sha256="0" * 64, approver="human")
    assert (await house.room.draft(draft.id)).state is DraftState.HELD
    results = await asyncio.gather(
        *(house.room.approve(draft.id, sha256=draft.sha256, approver="human") for _ in range(3)), return_exceptions=True
    )
    assert sum(not isinstance(result, Refused) for result in results) == 1
    assert (await house.wait(inbox)).message.subject == "May I?"
    assert (await house.room.delete_inbox(inbox))["messages"] == 2  # ours and theirs


async def test_bytes_that_were_changed_after_the_approval_are_not_sent(house):
    inbox = await house.inbox()
    draft = await hold(house, inbox)

    def tamper(db):
        db.execute("UPDATE drafts SET mime = CAST(replace(CAST(mime AS TEXT), 'May I?', 'Hello!') AS BLOB)")

    await house.room._store.write(tamper)
    failed = await house.room.approve(draft.id, sha256=draft.sha256, approver="human")
    assert failed.state is DraftState.FAILED
    assert "not the one that was allowed" in failed.error
    assert (await house.wait(inbox, timeout=0)).message is None


async def test_a_recipient_that_was_changed_after_the_approval_is_not_sent_to(house):
    inbox, other = await house.inbox(), await house.inbox("other")
    draft = await hold(house, inbox)

    def tamper(db):
        db.execute('UPDATE drafts SET to_ = \'[["", "other@agents.internal"]]\'')

    await house.room._store.write(tamper)
    assert (await house.room.approve(draft.id, sha256=draft.sha256, approver="x")).state is DraftState.FAILED
    assert (await house.wait(other, timeout=0)).message is None


@pytest.mark.parametrize("state", [DraftState.CLAIMED, DraftState.ON_WIRE])
async def test_what_a_process_that_died_had_begun_to_send_is_sent_once(open_house, clock, state):
    house = await open_house()
    inbox = await house.inbox()
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    draft = (await house.send(inbox, to=(inbox,), subject="Once", send_at=later)).draft
    long_ago = datetime.now(UTC)
    await house.room._store.write(outbox.move, draft, from_=(DraftState.QUEUED,), to=state, now=long_ago)
    clock.forward = timedelta(hours=1, seconds=1)

    async def sent() -> bool:
        return (await house.room.draft(draft.id)).state is DraftState.SENT

    await until(sent)
    assert (await house.wait(inbox)).message.subject == "Once"
    assert (await house.room.delete_inbox(inbox))["messages"] == 2


async def test_many_sends_and_the_outbox_beside_them_send_each_once(open_house):
    one, other = await open_house(), await open_house()
    inbox = await one.inbox()
    requests = [(house, number) for number in range(12) for house in (one, other)]
    outcomes = await asyncio.gather(
        *(house.send(inbox, to=(inbox,), subject=f"Number {number}") for house, number in requests)
    )
    assert len({outcome.draft.id for outcome in outcomes}) == 12
    assert sum(not outcome.repeated for outcome in outcomes) == 12
    assert (await one.room.delete_inbox(inbox))["messages"] == 24


class Prepared:
    """A duty that can be prepared."""

    name = "prepared"

    def __init__(self) -> None:
        self.prepared = 0
        self.ran = asyncio.Event()

    def prepare(self) -> None:
        self.prepared += 1

    async def run(self) -> None:
        self.ran.set()
        await asyncio.Event().wait()


async def test_what_a_duty_begins_with_is_done_once_while_another_process_still_leads(tmp_path):
    quick, duty = Pace(takeover=0.001), Prepared()
    first, second = Leadership(tmp_path, [], quick), Leadership(tmp_path, [duty], quick)
    first.start()
    second.start()

    async def prepared() -> bool:
        return duty.prepared > 0

    await until(prepared)
    assert not duty.ran.is_set()
    await first.aclose()
    await asyncio.wait_for(duty.ran.wait(), 60)
    await second.aclose()
    assert duty.prepared == 1
