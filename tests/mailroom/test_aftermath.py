"""What a service says afterwards of sent mail: it changes the draft, and whom may still be written to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from http_service import serving
from letters import letter
from tests.backends.fake_agentmail import KEY, FakeAgentmail

from mailmcp.backends.agentmail import AgentmailBackend
from mailmcp.mailroom.pace import Pace
from mailmcp.mailroom.requests import Search
from mailmcp.models import DeliveryState, DraftState, OutboundMail, Receipt

if TYPE_CHECKING:
    from conftest import House, OpenHouse

pytestmark = pytest.mark.anyio

PACE = Pace(
    progress=0.05,
    share=0.1,
    takeover=0.02,
    listen_again=0.05,
    flush=0.02,
    fetch_awaited=0.02,
    fetch_idle=0.05,
    fetch_again=0.01,
    events=0.03,
    glance=0.02,
)


@dataclass
class Service:
    fake: FakeAgentmail
    environment: dict[str, str]


@pytest.fixture
def service() -> Iterator[Service]:
    fake = FakeAgentmail()
    with serving(fake) as base:
        given = {
            "MAILMCP_BACKEND": "agentmail",
            "MAILMCP_AGENTMAIL__API_KEY": KEY,
            "MAILMCP_AGENTMAIL__URL": base,
            "MAILMCP_AGENTMAIL__CALLS": "6000",
            "MAILMCP_SEND__POLICY": "open",
            "MAILMCP_SEND__UNDO": "0",
        }
        yield Service(fake, given)


@pytest.fixture
async def home_of(open_house: OpenHouse, service: Service) -> House:
    return await open_house(pace=PACE, **service.environment)


async def _until(house: House, draft: str, state: DraftState) -> Any:
    for _ in range(1000):
        found = await house.room.draft(draft)
        if found.state is state:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"it is {found.state}")


async def test_a_bounce_makes_the_draft_fail_and_nobody_writes_there_again(home_of: House, service: Service) -> None:
    inbox = await home_of.inbox("ann")
    sent = (await home_of.send(inbox, to=["gone@x.test"], subject="Hi")).draft
    assert sent.state is DraftState.SENT
    service.fake.label(service.fake.sent[0].item["message_id"], "bounced")
    failed = await _until(home_of, sent.id, DraftState.FAILED)
    assert [one.state for one in failed.deliveries] == [DeliveryState.BOUNCED]
    assert [one.email for one in await home_of.room.suppressed()] == ["gone@x.test"]
    again = await home_of.send(inbox, to=["gone@x.test"], subject="Hi again")
    assert again.draft is None or again.draft.state is not DraftState.SENT
    assert len(service.fake.sent) == 1


async def test_whoever_complains_is_not_written_to_again_though_it_was_sent(home_of: House, service: Service) -> None:
    inbox = await home_of.inbox("ann")
    sent = (await home_of.send(inbox, to=["bob@x.test"], subject="Hi")).draft
    service.fake.label(service.fake.sent[0].item["message_id"], "delivered", "complained")
    for _ in range(1000):
        if await home_of.room.suppressed():
            break
        await asyncio.sleep(0.02)
    assert [one.email for one in await home_of.room.suppressed()] == ["bob@x.test"]
    assert (await home_of.room.draft(sent.id)).state is DraftState.SENT


async def test_a_bounce_that_does_not_say_of_whom_accuses_none_of_several(home_of: House, service: Service) -> None:
    inbox = await home_of.inbox("ann")
    many = (await home_of.send(inbox, to=["a@x.test", "b@x.test"], subject="Hi")).draft
    one = (await home_of.send(inbox, to=["c@x.test"], subject="Hi")).draft
    first, second = service.fake.sent
    service.fake.label(first.item["message_id"], "bounced")
    service.fake.label(second.item["message_id"], "bounced")
    await _until(home_of, one.id, DraftState.FAILED)
    assert (await home_of.room.draft(many.id)).state is DraftState.SENT
    assert [one.email for one in await home_of.room.suppressed()] == ["c@x.test"]


async def test_a_notice_that_names_the_services_message_id_finds_the_draft(home_of: House, service: Service) -> None:
    inbox = await home_of.inbox("ann")
    sent = (await home_of.send(inbox, to=["bob@x.test"], subject="Hi")).draft
    answered = service.fake.sent[0].item["message_id"]
    notice = letter(
        inbox,
        from_="MAILER-DAEMON@x.test",
        subject="Undelivered",
        headers={"In-Reply-To": answered, "References": answered},
    )
    service.fake.receive(inbox, notice)
    found = await home_of.wait(inbox)
    threads = (await home_of.room.reading.find(Search(inbox=inbox))).threads
    assert [one.count for one in threads] == [2]
    assert found.message.thread == threads[0].id
    assert sent.id


@pytest.fixture
def reviewing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that keeps each mail for a review of its own before it lets it go."""
    hand_over = AgentmailBackend.send

    async def kept(self: AgentmailBackend, mail: OutboundMail, key: str, about_to_commit: Any) -> Receipt:
        receipt = await hand_over(self, mail, key, about_to_commit)
        held = tuple((one, "agentmail keeps it for a review of its own.") for one in receipt.accepted)
        return replace(receipt, accepted=(), held=held)

    monkeypatch.setattr(AgentmailBackend, "send", kept)


async def test_what_the_provider_keeps_for_a_review_is_never_said_to_be_sent(
    home_of: House, service: Service, reviewing: None
) -> None:
    inbox = await home_of.inbox("ann")
    held = (await home_of.send(inbox, to=["bob@x.test"], subject="Hi")).draft
    assert held.state is DraftState.HELD_ELSEWHERE
    assert held.message is None
    assert [(one.state, one.detail) for one in held.deliveries] == [
        (DeliveryState.HELD, "agentmail keeps it for a review of its own.")
    ]
    repeated = await home_of.send(inbox, to=["bob@x.test"], subject="Hi")
    assert (repeated.draft.id, repeated.repeated) == (held.id, True)
    assert [one.id for one in await home_of.room.open_drafts()] == [held.id]
    assert len(service.fake.sent) == 1
    service.fake.label(service.fake.sent[0].item["message_id"], "delivered")
    sent = await _until(home_of, held.id, DraftState.SENT)
    assert sent.error is None
    assert sent.message is not None
    assert len(service.fake.sent) == 1


async def test_what_the_provider_rejects_after_its_review_has_failed(
    home_of: House, service: Service, reviewing: None
) -> None:
    inbox = await home_of.inbox("ann")
    held = (await home_of.send(inbox, to=["bob@x.test"], subject="Hi")).draft
    service.fake.label(service.fake.sent[0].item["message_id"], "rejected")
    failed = await _until(home_of, held.id, DraftState.FAILED)
    assert [one.state for one in failed.deliveries] == [DeliveryState.REFUSED]
    assert failed.message is None
