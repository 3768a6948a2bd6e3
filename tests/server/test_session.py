"""The mailroom behind the tools: opened late, closed always, and results recorded only once they were written."""

from __future__ import annotations

import fcntl
import os

import anyio
import anyio.lowlevel
import pytest
from hosts import QUICK
from letters import code_letter

from mailmcp.backends import open_backend
from mailmcp.config import load_settings
from mailmcp.errors import StoreUnavailable
from mailmcp.mailroom.requests import Wanted
from mailmcp.mailroom.room import Mailroom
from mailmcp.server import session as sessions
from mailmcp.server.session import Session

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(home):
    return load_settings(home, {"MAILMCP_LOCAL__SMTP_PORT": "0"})


async def opened(settings) -> Mailroom:
    return await Mailroom.open(settings, lambda reception: open_backend("local", settings, reception), QUICK)


def leads_nobody(home) -> bool:
    """Whether the lock of the home is free."""
    file = os.open(home / "leader.lock", os.O_RDWR)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(file)
    return True


async def test_nothing_is_opened_before_somebody_asks(home, open_door):
    async with open_door() as door:
        await door.client.list_tools()
        assert not home.exists()


async def test_the_mailroom_is_closed_when_the_client_goes(home, open_door):
    async with open_door() as door:
        await door.inbox()
        with anyio.fail_after(60):
            assert (await door.call("mail_status"))["leader"]
        assert not leads_nobody(home)
    assert leads_nobody(home)


async def test_calls_that_come_together_open_one_mailroom(settings):
    count = 0

    async def open_room() -> Mailroom:
        nonlocal count
        count += 1
        return await opened(settings)

    session = Session(open_room)
    rooms = []

    async def ask():
        rooms.append(await session.room())

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(ask)
    assert count == 1
    assert len({id(room) for room in rooms}) == 1
    await session.aclose()


async def test_a_call_that_is_cancelled_while_the_mailroom_opens_does_not_stop_the_opening(settings):
    may_open = anyio.Event()

    async def open_room() -> Mailroom:
        await may_open.wait()
        return await opened(settings)

    session = Session(open_room)
    with anyio.move_on_after(0.05) as scope:
        await session.room()
    assert scope.cancelled_caught
    may_open.set()
    with anyio.fail_after(60):
        assert await session.room()
    await session.aclose()


async def test_an_opening_that_failed_is_tried_again_by_the_next_call(settings):
    tries = 0

    async def open_room() -> Mailroom:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise StoreUnavailable("The disk is away.")
        return await opened(settings)

    session = Session(open_room)
    with pytest.raises(StoreUnavailable):
        await session.room()
    assert await session.room()
    await session.aclose()


async def test_a_client_that_never_stops_asking_has_the_mailroom_opened_all_the_same(settings, monkeypatch):
    begun = anyio.Event()

    async def open_room() -> Mailroom:
        begun.set()
        return await opened(settings)

    monkeypatch.setattr(sessions, "LONGEST_SECONDS", 0.05)
    session = Session(open_room)
    with anyio.fail_after(60):
        while not begun.is_set():
            session.asked()
            session.start_when_quiet()
            await anyio.lowlevel.checkpoint()
    await session.aclose()


async def test_a_session_whose_opening_failed_in_an_unforeseen_way_can_be_closed(caplog):
    async def open_room() -> Mailroom:
        raise RuntimeError("a bug")

    session = Session(open_room)
    with pytest.raises(RuntimeError):
        await session.room()
    await session.aclose()
    assert "cannot be opened" in caplog.text


@pytest.fixture
async def waited(open_door):
    """A session whose transport can tell what was written, and a code that a wait has just found."""
    async with open_door() as door:
        inbox = await door.inbox()
        await door.accept(inbox, code_letter(inbox))
        room = await door.session.room()
        wanted = Wanted(tool="wait_for_otp", inbox=inbox)
        session = Session(lambda: opened(None))
        session.confirms_writes = True
        yield session, room, wanted, await room.wait(wanted, timeout=60)


async def test_a_result_counts_as_handed_out_once_it_was_written_and_not_before(waited):
    session, room, wanted, result = waited
    await session.leaving("7", room, result)
    beside = await room.wait(Wanted(tool="wait_for_otp", inbox=wanted.inbox, from_="app.example"), timeout=0)
    assert beside.repeated  # it is on its way to somebody, and could be shared
    session.written("6")
    session.written("7")
    await session.aclose()
    again = await room.wait(wanted, timeout=0)
    assert (again.message.id, again.repeated) == (result.message.id, True)
    other = Wanted(tool="wait_for_otp", inbox=wanted.inbox, from_="app.example")
    assert (await room.wait(other, timeout=0)).message is None


async def test_a_result_that_was_lost_on_the_way_is_free_again(waited):
    session, room, wanted, result = waited
    await session.leaving("7", room, result)
    session.lost("7")
    session.written("7")  # too late: nobody reads it
    await session.aclose()
    again = await room.wait(wanted, timeout=0)
    assert (again.message.id, again.repeated) == (result.message.id, False)
