"""e2a, MailKite and AgentSend hold to the contract of services, each as far as its stand-in says it can."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from fake_agentsend import DOMAIN, AgentSend
from fake_e2a import E2A, SHARED
from fake_mailkite import MailKite
from letters import letter
from service_contract import Room, ServiceContract, opened
from stands import FakeStand

from mailmcp.backends.agentsend import AgentSendBackend
from mailmcp.backends.calls import Pace
from mailmcp.backends.e2a import E2aBackend
from mailmcp.backends.mailkite import MailKiteBackend
from mailmcp.config import Settings
from mailmcp.errors import AddressTaken
from mailmcp.models import DeliveryState, DraftState

KITE = "anna.mailkite.example"


class E2aStand(FakeStand):
    """e2a, as the contract asks for it."""

    on: ClassVar = {"send": r"/messages\?wait=sent", "look": r"/messages\?direction=inbound", "fetch": "/messages/msg_"}
    domain = SHARED
    keeps_bytes = True
    names_what_is_answered = False

    @property
    def environment(self) -> dict[str, str]:
        key = self.fake.account_key
        return {"MAILMCP_BACKEND": "e2a", "MAILMCP_E2A__API_KEY": key, "MAILMCP_E2A__CALLS": "6000"}

    def backend(self, settings: Settings, reception: Any, through: Any, pace: Pace) -> E2aBackend:
        self.fake.reads_left = 1_000_000
        return E2aBackend(settings, reception, transport=through, pace=pace)

    def receive(self, address: str, raw: bytes, at: datetime | None = None) -> None:
        row = self.fake.deliver(address, raw)
        row.created_at = at or row.created_at

    def forget_cursors(self) -> None:
        self.fake.generation += 1


class TestE2a(ServiceContract):
    """Its headers are its own: what a mail answers it names only when it knows that mail."""

    @pytest.fixture
    def stand(self) -> E2aStand:
        return E2aStand(E2A())

    async def test_an_event_that_is_posted_while_it_is_looked_brings_its_mail_once(
        self, stand: Any, tmp_path: Path
    ) -> None:
        async with opened(stand, tmp_path / "home", MAILMCP_E2A__HOOK_SECRETS="whsec_of_a_test") as room:
            inbox, _, _ = await room.room.create_inbox(name="ann")
            for number in range(5):
                stand.receive(inbox.address, letter(inbox.address, subject=f"{number}"))
                _, body = stand.fake.signed(stand.fake.events[-1], "whsec_of_a_test")
                await asyncio.gather(*(room.room.hooks.take("e2a", body) for _ in range(4)))
                assert any(stand.fake.rows[-1].id in line for line in stand.fake.calls), "it was fetched by then"
            await room.until(lambda: room.subjects(inbox.address), ["0", "1", "2", "3", "4"])
            await room.rested()
            assert await room.subjects(inbox.address) == ["0", "1", "2", "3", "4"]

    @pytest.mark.parametrize(("decision", "state"), [("approve", DraftState.SENT), ("reject", DraftState.FAILED)])
    async def test_what_it_holds_for_a_review_is_not_called_sent_until_a_person_there_has_let_it_go(
        self, room: Room, stand: Any, decision: str, state: DraftState
    ) -> None:
        inbox, _, _ = await room.room.create_inbox(name="ann")
        stand.fake.holds = True
        draft = await room.send(inbox.address, to=["bob@x.test"], subject="Lunch")

        async def deliveries() -> list[DeliveryState]:
            return [one.state for one in (await room.room.draft(draft.id)).deliveries]

        await room.until(deliveries, [DeliveryState.HELD])
        assert (await room.room.draft(draft.id)).state is not DraftState.SENT
        assert stand.sent() == []
        stand.fake._decide(stand.fake.rows[-1].id, decision)

        async def now() -> DraftState:
            return (await room.room.draft(draft.id)).state

        await room.until(now, state)
        assert len(stand.sent()) == (1 if decision == "approve" else 0)
        assert len([row for row in stand.fake.rows if row.direction == "outbound"]) == 1


class MailKiteStand(FakeStand):
    """MailKite, as the contract asks for it."""

    on: ClassVar = {"send": "POST /v1/send", "look": r"GET /api/messages\?", "fetch": "GET /api/messages/msg_"}
    domain = KITE
    keeps_bytes = True
    knows_repeats = False

    def __init__(self, fake: MailKite) -> None:
        super().__init__(fake)
        fake.domain(KITE)
        self.password = fake.app_password(f"*@{KITE}")
        self._ticks = itertools.count()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "MAILMCP_BACKEND": "mailkite",
            "MAILMCP_MAILKITE__API_KEY": self.fake.key,
            "MAILMCP_MAILKITE__DOMAIN": KITE,
            "MAILMCP_MAILKITE__APP_PASSWORD": self.password,
            "MAILMCP_MAILKITE__CALLS": "6000",
        }

    def backend(self, settings: Settings, reception: Any, through: Any, pace: Pace) -> MailKiteBackend:
        return MailKiteBackend(settings, reception, transport=through, pace=pace)

    def receive(self, address: str, raw: bytes, at: datetime | None = None) -> None:
        # Two of a page of three may share a millisecond; with more than a page no list of that kind could be read.
        moment = int((at or self.fake.now()).timestamp() * 1000) + next(self._ticks) // 2
        self.fake.deliver(address, raw=raw, at=moment)


@pytest.mark.slow
class TestMailKite(ServiceContract):
    """Every address of its domain receives, so none is made, listed, taken or deleted there."""

    @pytest.fixture
    def stand(self) -> MailKiteStand:
        return MailKiteStand(MailKite())

    async def test_an_inbox_is_made_listed_and_deleted(self, backend: Any, stand: Any) -> None:
        made = await backend.create_inbox(name="ann", display_name="Ann", key="k1")
        await backend.delete_inbox(made)
        assert (made.address, await backend.list_inboxes()) == (f"ann@{KITE}", ())

    async def test_a_name_that_is_taken_is_refused_in_words(self, backend: Any) -> None:
        first = await backend.create_inbox(name="ann", display_name="", key="k1")
        assert await backend.create_inbox(name="ann", display_name="", key="k2") == first

    async def test_a_key_makes_inboxes_and_takes_over_none_that_the_account_has(self, room: Room) -> None:
        """What nobody here has may be had by whoever makes inboxes; what the owner has may not."""
        await room.room.create_inbox(name="boss")
        _, secret = await room.room.keyring.create(abilities=("read", "create"), inboxes=(), every=False)
        principal = await room.room.keyring.principal(secret)
        assert principal is not None
        counter = room.room.counter(principal)
        with pytest.raises(AddressTaken, match="boss cannot be had: choose another name"):
            await counter.create_inbox(name="boss")
        made, _, _ = await counter.create_inbox(name="mine")
        assert [one.inbox.address for one in await counter.list_inboxes()] == [made.address]

    async def test_an_inbox_that_was_there_is_nobodys_to_take_unless_the_settings_say_so(self, room: Room) -> None:
        """No address is there before another; one that this home has is not made twice."""
        await room.room.create_inbox(name="old")
        with pytest.raises(AddressTaken):
            await room.room.create_inbox(name="old")

    async def test_an_inbox_that_is_taken_over_has_its_mail_and_is_never_deleted_there(
        self, room: Room, stand: Any
    ) -> None:
        stand.receive(f"old@{KITE}", letter(f"old@{KITE}", subject="before"), datetime.now(UTC) - timedelta(days=2))
        inbox, _, _ = await room.room.create_inbox(name="old")
        stand.receive(inbox.address, letter(inbox.address, subject="after"))
        assert (await room.wait(inbox.address)).subject == "after"
        assert await room.subjects(inbox.address) == ["after"]
        await room.room.delete_inbox(inbox.address)
        assert len(stand.fake.rows) == 2


class AgentSendStand(FakeStand):
    """AgentSend, as the contract asks for it."""

    on: ClassVar = {"send": r"POST /inboxes/\S+/messages", "look": "&status=received", "fetch": "GET /messages/"}
    domain = DOMAIN
    keeps_bytes = False
    names_what_is_answered = False
    knows_repeats = has_marks = False

    def __init__(self, fake: AgentSend) -> None:
        super().__init__(fake)
        fake.daily = 1000

    @property
    def environment(self) -> dict[str, str]:
        return {
            "MAILMCP_BACKEND": "agentsend",
            "MAILMCP_AGENTSEND__API_KEY": self.fake.key,
            "MAILMCP_AGENTSEND__DOMAIN": DOMAIN,
            "MAILMCP_AGENTSEND__CALLS": "6000",
        }

    def backend(self, settings: Settings, reception: Any, through: Any, pace: Pace) -> AgentSendBackend:
        self.fake._calls_left = 1_000_000
        return AgentSendBackend(settings, reception, transport=through, pace=pace)

    def receive(self, address: str, raw: bytes, at: datetime | None = None) -> None:
        row = self.fake.deliver(address, raw)
        row.created_at = at or row.created_at


@pytest.mark.slow
class TestAgentSend(ServiceContract):
    """It has no bytes, and neither a key nor a mark for what is sent."""

    @pytest.fixture
    def stand(self) -> AgentSendStand:
        return AgentSendStand(AgentSend())
