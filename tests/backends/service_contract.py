"""What every service that keeps inboxes must hold to, tried on a stand-in for it.

A service's test file has a class that inherits ``ServiceContract`` and a fixture ``stand`` that gives a ``Stand``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest
from http_service import Handler, transport
from letters import letter
from reception import KeepingReception

from mailmcp.authenticity.dns import StaticResolver
from mailmcp.backends.calls import Pace as CallPace
from mailmcp.backends.contract import FindsSent
from mailmcp.config import Settings, load_settings
from mailmcp.errors import AddressTaken, BackendError
from mailmcp.mail import compose
from mailmcp.mailroom.pace import Pace
from mailmcp.mailroom.requests import Search, SendRequest, Wanted
from mailmcp.mailroom.room import Mailroom
from mailmcp.models import Address, DraftState, Inbox, OutboundMail, OutgoingFile, Page, RemoteInbox, Submission
from mailmcp.store import Store, deliveries, outbox

CALLS = CallPace(back_off=0.002, longest=0.1, seconds=5)
PACE = Pace(
    progress=0.05,
    share=0.1,
    takeover=0.02,
    listen_again=0.05,
    back_off=(0.02,) * 8,
    fetch_awaited=0.01,
    fetch_idle=0.05,
    fetch_again=0.005,
    events=0.02,
    glance=0.01,
    flush=0.02,
)
LIMIT = 30
"""No wait is longer, in seconds."""
SEND_FAULTS = ("before", "after", "500 after", "429", "503", "cut")
LOOK_FAULTS = ("before", "after", "429", "500", "503", "cut")


class Sent(Protocol):
    """A mail as the stand-in let it go."""

    recipients: frozenset[str]
    subject: str
    text: str
    html: str | None
    in_reply_to: str | None
    references: tuple[str, ...]
    files: tuple[tuple[str, bytes], ...]
    message_id: str


class Stand(Protocol):
    """A stand-in for a service, and how tests work it."""

    handler: Handler
    domain: str
    keeps_bytes: bool
    """Whether the service has raw MIME."""
    names_what_is_answered: bool
    """Whether it can be told what a mail answers, also when it does not know that mail."""
    knows_repeats: bool
    """Whether it makes one mail of all tries; else a send without an answer is looked for, or nobody knows."""
    has_marks: bool
    """Whether another process than the one that sent a mail finds it in the service's lists."""
    environment: dict[str, str]
    """The settings with which it is used."""

    def backend(self, settings: Settings, reception: Any, through: Any, pace: CallPace) -> Any:
        """The backend of the service."""
        ...

    def receive(self, address: str, raw: bytes, at: datetime | None = None) -> None:
        """A mail arrives."""
        ...

    def sent(self) -> list[Sent]:
        """All that left."""
        ...

    def fail(self, how: str, on: str, times: int = 1) -> None:
        """The next calls to ``send``, ``look`` or ``fetch`` fail, before or after they took effect."""
        ...

    def forget_cursors(self) -> None:
        """What it gave as cursors until now means nothing any more."""
        ...

    def small_pages(self, size: int) -> None:
        """Lists have so many items on a page, in any order, and some items twice."""
        ...

    def skew(self, by: timedelta) -> None:
        """Its clock is off."""
        ...


class Room:
    """A home whose inboxes the service keeps."""

    def __init__(self, room: Mailroom) -> None:
        self.room = room

    async def wait(self, inbox: str, *, tool: Any = "wait_for_mail", timeout: float = LIMIT, **how: Any) -> Any:
        wanted = Wanted(tool=tool, inbox=inbox, **how)
        found = await asyncio.wait_for(self.room.wait(wanted, timeout=timeout), LIMIT + 5)
        await self.room.handed_out(found)
        return found.message

    async def subjects(self, inbox: str) -> list[str]:
        found = await self.room.reading.find(Search(inbox=inbox, limit=50))
        return sorted(one.subject for one in found.threads for _ in range(one.count))

    async def until(self, look: Callable[[], Awaitable[Any]], expected: Any) -> None:
        """Returns once a look gives what is expected."""
        found: Any = None
        for _ in range(LIMIT * 50):
            if (found := await look()) == expected:
                break
            await asyncio.sleep(0.02)
        assert found == expected

    async def rested(self) -> None:
        """Returns after two more whole looks at everything."""
        for _ in range(2):
            before = (await self.room.status()).services[0].looked_at

            async def again(before: Any = before) -> bool:
                return (await self.room.status()).services[0].looked_at != before

            await self.until(again, True)

    async def send(self, inbox: str, **fields: Any) -> Any:
        return (await self.room.send(SendRequest(**{"inbox": inbox, "body": "Hi", **fields}))).draft

    async def ended(self, draft: str) -> Any:
        """A draft once it is over."""
        over = (DraftState.SENT, DraftState.FAILED, DraftState.UNKNOWN, DraftState.HELD)

        async def state() -> bool:
            return (await self.room.draft(draft)).state in over

        await self.until(state, True)
        return await self.room.draft(draft)


@asynccontextmanager
async def opened(stand: Stand, home: Path, **environment: str) -> AsyncIterator[Room]:
    """A process of a home."""
    given = {"MAILMCP_SEND__POLICY": "open", "MAILMCP_SEND__UNDO": "0", **stand.environment, **environment}
    settings = load_settings(home, given)
    room = await Mailroom.open(
        settings,
        lambda reception: stand.backend(settings, reception, transport(stand.handler), CALLS),
        PACE,
        resolver=StaticResolver({}),
    )
    try:
        yield Room(room)
    finally:
        await room.aclose()


@pytest.fixture
async def room(stand: Stand, tmp_path: Path) -> AsyncIterator[Room]:
    async with opened(stand, tmp_path / "home") as room:
        yield room


@pytest.fixture
async def backend(stand: Stand, tmp_path: Path) -> AsyncIterator[Any]:
    settings = load_settings(tmp_path / "home", stand.environment)
    made = stand.backend(settings, KeepingReception(), transport(stand.handler), CALLS)
    yield made
    await made.aclose()


def approved(sender: str, *, to: tuple[str, ...] = ("bob@x.test",), **asked: Any) -> OutboundMail:
    """A mail as the outbox keeps it."""
    inbox = Inbox(row=1, address=sender, label="", backend="x", created_at=datetime.now(UTC))
    people = tuple(Address("Böb, 2nd" if one == to[0] else "", one) for one in to)
    submission = Submission(**{"inbox": inbox, "to": people, "body": "Hi", **asked})
    made = compose.compose(submission, sender=Address("", sender), message_id=f"<own@{sender.partition('@')[2]}>")
    mime = compose.dated(made.mime, datetime.now(UTC))
    return OutboundMail(mime=mime, mail_from=sender, recipients=submission.recipients)


async def everything(backend: Any, inbox: RemoteInbox, cursor: str | None = None) -> tuple[dict[str, Any], str | None]:
    """All that a service says it has after a cursor, by id; and the cursor after it."""
    found: dict[str, Any] = {}
    since = datetime.now(UTC) - timedelta(days=1)
    for _ in range(50):
        page: Page = await backend.look(inbox, cursor, since)
        found |= {one.id: one for one in page.found}
        cursor = page.cursor or cursor
        if not page.more:
            return found, cursor
    raise AssertionError("the pages have no end")


@pytest.mark.anyio
class ServiceContract:
    """The contract."""

    # --- inboxes -----------------------------------------------------------------------------------------------

    async def test_an_inbox_is_made_listed_and_deleted(self, backend: Any, stand: Stand) -> None:
        made = await backend.create_inbox(name="ann", display_name="Ann", key="k1")
        other = await backend.create_inbox(name=None, display_name="", key="k2")
        assert made.address == f"ann@{stand.domain}"
        assert other.address.endswith(f"@{stand.domain}")
        assert {one.address for one in await backend.list_inboxes()} == {made.address, other.address}
        await backend.delete_inbox(made)
        await backend.delete_inbox(made)
        assert {one.address for one in await backend.list_inboxes()} == {other.address}

    async def test_a_name_that_is_taken_is_refused_in_words(self, backend: Any) -> None:
        await backend.create_inbox(name="ann", display_name="", key="k1")
        with pytest.raises(AddressTaken, match="another"):
            await backend.create_inbox(name="ann", display_name="", key="k2")

    async def test_a_key_makes_inboxes_and_takes_over_none_that_the_account_has(self, room: Room, backend: Any) -> None:
        await backend.create_inbox(name="boss", display_name="", key="k1")
        _, secret = await room.room.keyring.create(abilities=("read", "create"), inboxes=(), every=False)
        principal = await room.room.keyring.principal(secret)
        assert principal is not None
        counter = room.room.counter(principal)
        with pytest.raises(AddressTaken, match="boss cannot be had: choose another name"):
            await counter.create_inbox(name="boss")
        made, _, _ = await counter.create_inbox(name="mine", key="one")
        assert (await counter.create_inbox(key="one"))[0].address == made.address
        assert [one.inbox.address for one in await counter.list_inboxes()] == [made.address]
        assert (await counter.status()).services == ()
        with pytest.raises(AddressTaken, match="MAILMCP_ADOPT"):  # the owner may, and is told how
            await room.room.create_inbox(name="boss")
        assert len(await counter.list_inboxes()) == 1

    # --- the way in --------------------------------------------------------------------------------------------

    async def test_what_arrived_is_found_once_and_what_was_sent_is_not(self, backend: Any, stand: Stand) -> None:
        inbox = await backend.create_inbox(name="ann", display_name="", key="k1")
        raw = letter(inbox.address, subject="Zwölf", text="Grüße\r\n.\r\n€ 123456")
        stand.receive(inbox.address, raw)
        await sent(backend, approved(inbox.address, subject="Out"))
        found, cursor = await everything(backend, inbox)
        assert len(found) == 1
        mail = await backend.fetch(inbox, next(iter(found.values())))
        assert mail.rebuilt is not stand.keeps_bytes
        if stand.keeps_bytes:
            assert mail.raw == raw
        assert abs(mail.received_at - datetime.now(UTC)) < timedelta(minutes=5)
        stand.receive(inbox.address, letter(inbox.address, subject="Two"))
        further, _ = await everything(backend, inbox, cursor)
        assert len(further.keys() - found.keys()) == 1

    async def test_pages_in_any_order_lose_nothing(self, backend: Any, stand: Stand) -> None:
        inbox = await backend.create_inbox(name="ann", display_name="", key="k1")
        for number in range(11):
            stand.receive(inbox.address, letter(inbox.address, subject=str(number)))
        stand.small_pages(3)
        found, cursor = await everything(backend, inbox)
        assert len(found) == 11
        stand.receive(inbox.address, letter(inbox.address, subject="late"))
        further, _ = await everything(backend, inbox, cursor)
        assert len(further.keys() - found.keys()) == 1

    # --- the way out -------------------------------------------------------------------------------------------

    async def test_what_leaves_is_what_was_approved(self, backend: Any, stand: Stand) -> None:
        inbox = await backend.create_inbox(name="ann", display_name="", key="k1")
        asked: dict[str, Any] = {
            "subject": "Re: Grüße " + "lang " * 30,
            "body": "Zeile\n\n  zwei\t€ 漢字\n.\nEnde",
        }
        if "html" in backend.supports:
            asked["html"] = "<p>Grüße</p>"
        if "in_reply_to" in backend.supports:
            asked |= {"in_reply_to": "<a/b?c#d@y.test>", "references": ("<root@y.test>", "<a/b?c#d@y.test>")}
        if "cc" in backend.supports:
            asked["cc"] = (Address("Carl", "carl@x.test"),)
        if "bcc" in backend.supports:
            asked["bcc"] = (Address("", "dora@x.test"),)
        if "attachments" in backend.supports:
            octets = b"%PDF\r\n\xff"
            asked["attachments"] = (OutgoingFile(filename="ä.pdf", content_type="application/pdf", data=octets),)
        mail = approved(inbox.address, to=("bob@x.test", "eve@x.test"), **asked)
        receipt, committed = await sent(backend, mail)
        (left,) = stand.sent()
        assert set(receipt.accepted) == set(mail.recipients) == left.recipients == set(committed.recipients)
        assert (committed.mime, committed.mail_from) == (mail.mime, mail.mail_from)
        assert left.subject == asked["subject"].strip()
        assert left.text.replace("\r\n", "\n").strip() == asked["body"]
        assert (left.html or "").strip() == asked.get("html", "")
        if stand.names_what_is_answered:
            assert left.in_reply_to == asked["in_reply_to"]
            assert left.references[:2] == asked["references"]
        assert [data for _, data in left.files] == [one.data for one in asked.get("attachments", ())]
        assert receipt.message_id in (None, left.message_id)
        assert receipt.provider_id

    async def test_nothing_is_told_to_the_service_before_it_may_leave(self, backend: Any, stand: Stand) -> None:
        inbox = await backend.create_inbox(name="ann", display_name="", key="k1")

        class Stopped(Exception):
            pass

        async def stop(_: OutboundMail) -> None:
            raise Stopped

        with pytest.raises(Stopped):
            await backend.send(approved(inbox.address), "d_1", stop)
        assert stand.sent() == []

    async def test_a_mail_that_left_is_found_again_and_another_is_not(self, backend: Any, stand: Stand) -> None:
        inbox = await backend.create_inbox(name="ann", display_name="", key="k1")
        assert isinstance(backend, FindsSent)
        mail = approved(inbox.address, subject="Once")
        assert await found_sent(backend, stand, mail, "d_1") is None
        receipt, _ = await sent(backend, mail)
        found = await backend.find_sent(mail, "d_1")
        assert found is not None
        assert (found.provider_id, set(found.accepted)) == (receipt.provider_id, set(receipt.accepted))
        assert await found_sent(backend, stand, approved(inbox.address, subject="Twice"), "d_2") is None

    # --- in a home ---------------------------------------------------------------------------------------------

    async def test_a_code_comes_to_whoever_waits_for_it(self, room: Room, stand: Stand) -> None:
        inbox, made, _ = await room.room.create_inbox(name="ann")
        assert (made, inbox.address) == (True, f"ann@{stand.domain}")
        waiting = asyncio.create_task(room.wait(inbox.address, tool="wait_for_otp"))
        stand.receive(inbox.address, letter(inbox.address, text="Your code is 482913. It expires soon."))
        message = await waiting
        assert message.codes.code == "482913"
        assert any("service" in line for line in message.authentication)

    async def test_the_same_key_gives_the_same_inbox_and_deleting_it_deletes_it_there(
        self, room: Room, stand: Stand, backend: Any
    ) -> None:
        inbox, made, _ = await room.room.create_inbox(name="ann", key="mine")
        again, made_again, _ = await room.room.create_inbox(key="mine")
        assert (made, made_again, again.address) == (True, False, inbox.address)
        stand.receive(inbox.address, letter(inbox.address))
        await room.wait(inbox.address)
        assert (await room.room.delete_inbox(inbox.address))["messages"] == 1
        assert await backend.list_inboxes() == ()

    async def test_an_inbox_that_was_there_is_nobodys_to_take_unless_the_settings_say_so(
        self, room: Room, stand: Stand, backend: Any
    ) -> None:
        there = await backend.create_inbox(name="old", display_name="", key="elsewhere")
        with pytest.raises(AddressTaken, match="MAILMCP_ADOPT"):
            await room.room.create_inbox(name="old")
        assert await room.room.list_inboxes() == []
        assert [one.address for one in await backend.list_inboxes()] == [there.address]

    async def test_an_inbox_that_is_taken_over_has_its_mail_and_is_never_deleted_there(
        self, stand: Stand, backend: Any, tmp_path: Path
    ) -> None:
        there = await backend.create_inbox(name="old", display_name="", key="elsewhere")
        stand.receive(there.address, letter(there.address, subject="before"), datetime.now(UTC) - timedelta(days=2))
        async with opened(stand, tmp_path / "home", MAILMCP_ADOPT=there.address) as room:
            inbox, _, _ = await room.room.create_inbox(name="old")
            await room.until(lambda: room.subjects(inbox.address), ["before"])
            assert await room.wait(inbox.address, timeout=0) is None  # it is history, and given to no wait
            stand.receive(there.address, letter(there.address, subject="after"))
            assert (await room.wait(inbox.address)).subject == "after"
            await room.room.delete_inbox(inbox.address)
            assert [one.address for one in await backend.list_inboxes()] == [there.address]

    async def test_an_answer_joins_the_conversation_of_what_wassent(self, room: Room, stand: Stand) -> None:
        inbox, _, _ = await room.room.create_inbox(name="ann")
        draft = await room.ended((await room.send(inbox.address, to=["bob@x.test"], subject="Lunch")).id)
        assert draft.state is DraftState.SENT
        (left,) = stand.sent()
        for answered in {left.message_id, left.references[-1] if left.references else left.message_id}:
            stand.receive(
                inbox.address,
                letter(
                    inbox.address,
                    from_="bob@x.test",
                    subject="quite another subject",
                    headers={"In-Reply-To": answered, "References": answered},
                ),
            )
        count = len({left.message_id, *left.references[-1:]})
        await room.until(lambda: room.subjects(inbox.address), ["Lunch"] * (1 + count))

    @pytest.mark.parametrize("how", SEND_FAULTS)
    async def test_whatever_fails_a_mail_leaves_once(self, room: Room, stand: Stand, how: str) -> None:
        inbox, _, _ = await room.room.create_inbox(name="ann")
        for times in (1, 5):
            before = len(stand.sent())
            stand.fail(how, "send", times)
            draft = await room.send(inbox.address, to=["bob@x.test"], subject=f"{how} {times}")
            ended = await room.ended(draft.id)
            stand.fail("clear", "send")
            if how in ("before", "503") and not stand.knows_repeats:
                assert (ended.state, len(stand.sent())) == (DraftState.UNKNOWN, before)
            else:
                assert (ended.state, len(stand.sent())) == (DraftState.SENT, before + 1)

    @pytest.mark.parametrize("left", [True, False], ids=["it had left", "it had not"])
    async def test_what_was_on_the_wire_when_its_process_died_leaves_once(
        self, stand: Stand, backend: Any, tmp_path: Path, left: bool
    ) -> None:
        async with opened(stand, tmp_path / "home", MAILMCP_SEND__UNDO="3600") as room:
            inbox, _, _ = await room.room.create_inbox(name="ann")
            draft = await room.send(inbox.address, to=["bob@x.test"], subject="Once")
            assert draft.state is DraftState.QUEUED
        store = await Store.open(tmp_path / "home")
        now = datetime.now(UTC)
        assert await store.write(deliveries.claim, draft, "a process that died", now)
        assert await store.write(
            deliveries.about_to_leave, draft, "a process that died", draft.recipients, backend=backend.name, now=now
        )
        kept = await store.read(outbox.mail, draft)
        await store.write(lambda db: db.execute("UPDATE drafts SET not_before = created_at"))
        await store.aclose()
        if left:
            leaving = OutboundMail(
                mime=compose.dated(kept.mime, now), mail_from=kept.mail_from, recipients=kept.recipients
            )
            await sent(backend, leaving, draft.id)
        found_out = stand.knows_repeats or (left and stand.has_marks)
        async with opened(stand, tmp_path / "home") as room:
            ended = DraftState.SENT if found_out else DraftState.UNKNOWN
            assert (await room.ended(draft.id)).state is ended
            assert len(stand.sent()) == (1 if left or found_out else 0)

    @pytest.mark.parametrize("on", ["look", "fetch"])
    @pytest.mark.parametrize("how", LOOK_FAULTS)
    async def test_whatever_fails_a_mail_is_stored_once(self, room: Room, stand: Stand, how: str, on: str) -> None:
        inbox, _, _ = await room.room.create_inbox(name="ann")
        stand.fail(how, on, 4)
        for number in range(3):
            stand.receive(inbox.address, letter(inbox.address, subject=f"{number}"))
        stand.fail(how, on, 2)
        await room.until(lambda: room.subjects(inbox.address), ["0", "1", "2"])
        await room.rested()
        assert await room.subjects(inbox.address) == ["0", "1", "2"]

    @pytest.mark.parametrize("minutes", [-600, -5, 5, 600])
    async def test_a_clock_that_is_off_loses_nothing(self, room: Room, stand: Stand, minutes: int) -> None:
        stand.skew(timedelta(minutes=minutes))
        inbox, _, _ = await room.room.create_inbox(name="ann")
        stand.receive(inbox.address, letter(inbox.address, subject="one"))
        await room.until(lambda: room.subjects(inbox.address), ["one"])
        stand.skew(timedelta(minutes=minutes, seconds=-30))  # set back a little
        stand.receive(inbox.address, letter(inbox.address, subject="two"))
        await room.until(lambda: room.subjects(inbox.address), ["one", "two"])

    async def test_a_cursor_that_vanished_costs_a_longer_look_and_no_mail(self, room: Room, stand: Stand) -> None:
        inbox, _, _ = await room.room.create_inbox(name="ann")
        stand.small_pages(2)
        for number in range(5):
            stand.receive(inbox.address, letter(inbox.address, subject=f"{number}"))
            stand.forget_cursors()
        await room.until(lambda: room.subjects(inbox.address), ["0", "1", "2", "3", "4"])
        stand.forget_cursors()
        stand.receive(inbox.address, letter(inbox.address, subject="5"))
        await room.until(lambda: room.subjects(inbox.address), ["0", "1", "2", "3", "4", "5"])
        await room.rested()
        assert len(await room.subjects(inbox.address)) == 6

    async def test_what_was_found_before_a_restart_is_fetched_after_it(self, stand: Stand, tmp_path: Path) -> None:
        async with opened(stand, tmp_path / "home") as room:
            inbox, _, _ = await room.room.create_inbox(name="ann")
            stand.fail("503", "fetch", 10_000)
            stand.receive(inbox.address, letter(inbox.address, subject="one"))

            async def waiting() -> int:
                return (await room.room.status()).services[0].waiting

            await room.until(waiting, 1)
        stand.fail("clear", "fetch")
        async with opened(stand, tmp_path / "home") as room:
            await room.until(lambda: room.subjects(inbox.address), ["one"])

    async def test_its_budget_and_its_trouble_are_told(self, room: Room, stand: Stand) -> None:
        inbox, _, _ = await room.room.create_inbox(name="ann")
        stand.fail("503", "look", 10_000)

        async def trouble() -> bool:
            return bool((await room.room.status()).services[0].trouble)

        await room.until(trouble, True)
        (service,) = (await room.room.status()).services
        assert service.budget is not None
        assert 0 <= service.budget.left <= service.budget.per_minute
        stand.fail("clear", "look")
        await room.until(trouble, False)
        assert inbox.address


async def found_sent(backend: Any, stand: Stand, mail: OutboundMail, key: str) -> Any:
    """What a service says of a mail that it does not have: that it did not leave, or that nobody can tell."""
    if stand.knows_repeats:
        return await backend.find_sent(mail, key)
    with pytest.raises(BackendError):
        await backend.find_sent(mail, key)
    return None


async def sent(backend: Any, mail: OutboundMail, key: str = "d_1") -> tuple[Any, OutboundMail]:
    """The receipt of a send, and what was committed right before it."""
    committed: list[OutboundMail] = []

    async def about_to_commit(given: OutboundMail) -> None:
        committed.append(given)

    receipt = await backend.send(mail, key, about_to_commit)
    assert len(committed) == 1
    return receipt, committed[0]
