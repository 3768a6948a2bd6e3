"""Whatever stands in the answers of the four services: an error of ours in one sentence, or something that is sound."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fake_agentmail import FakeAgentmail
from fake_agentsend import AgentSend
from fake_e2a import E2A
from fake_mailkite import MailKite
from fake_pigeon import Pigeon
from http_service import Asked, Said, transport
from letters import letter
from reception import KeepingReception
from service_contract import approved
from tampering import JUNK, Tampered, variants
from test_agentmail import AgentmailStand
from test_pigeon import PigeonStand
from test_services_keep_the_contract import AgentSendStand, E2aStand, MailKiteStand

from mailmcp.backends.calls import Pace
from mailmcp.backends.services import ListsEvents
from mailmcp.config import load_settings
from mailmcp.errors import BackendError, MailError, NoAnswer
from mailmcp.models import OutboundMail, Receipt

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
AT_ONCE = Pace(tries=1, back_off=0.0, longest=0.0, seconds=5)
MAKE: dict[str, Callable[[], Any]] = {
    "agentmail": AgentmailStand,
    "e2a": lambda: E2aStand(E2A()),
    "mailkite": lambda: MailKiteStand(MailKite()),
    "agentsend": lambda: AgentSendStand(AgentSend()),
    "pigeon": lambda: PigeonStand(Pigeon()),
}


@pytest.fixture(params=MAKE)
def stand(request: pytest.FixtureRequest) -> Tampered:
    return Tampered(MAKE[request.param]())


@pytest.fixture
async def backend(stand: Tampered, tmp_path: Path) -> Any:
    settings = load_settings(tmp_path / "home", stand.environment)
    made = stand.backend(settings, KeepingReception(), transport(stand.handler), AT_ONCE)
    yield made
    await made.aclose()


def unlimited(stand: Tampered) -> None:
    """A service has limits, which are not what is tried here; nor has it to remember all that was tried."""
    fake = stand.fake
    if isinstance(fake, E2A):
        fake.sends_left.clear()
        fake.reads_left = 1_000_000
    if isinstance(fake, AgentSend):
        fake._calls_left = 1_000_000
    if not isinstance(fake, FakeAgentmail):
        fake.left.clear()
        getattr(fake, "rows", []).clear()


async def never(_: OutboundMail) -> None:
    pass


def sound(word: Any) -> bool:
    """Whether it is a word that a service may have given as an id."""
    return isinstance(word, str) and word not in ("", "None", "True", "\ud800") and word[0] not in "[{"


async def through_all(
    stand: Tampered, call: Callable[[], Awaitable[Any]], judge: Callable[[Any], bool], junk: tuple[Any, ...] = JUNK
) -> list[str]:
    """What came of a call with each JSON answer of it tampered with in each way: the ways that went wrong."""
    seen: list[tuple[str, Any]] = []

    def watch(asked: Asked, said: Said) -> Said:
        try:
            seen.append((f"{asked.method} {asked.target.partition('?')[0]}", json.loads(said.octets)))
        except ValueError:
            pass
        return said

    stand.tamper = watch
    await call()
    wrong: list[str] = []
    for line, record in seen:
        for path, what, body in variants(record, junk):

            def other(asked: Asked, said: Said, line: str = line, body: bytes = body) -> Said:
                here = f"{asked.method} {asked.target.partition('?')[0]}" == line
                return Said(said.status, body=body, headers=said.headers) if here else said

            stand.tamper = other
            try:
                found = await call()
                if not judge(found):
                    wrong.append(f"{line} {path} {what} -> {found!r}"[:300])
            except MailError as error:
                if len(error.public.splitlines()) != 1 or "0123456789abcdef" in error.public:
                    wrong.append(f"{line} {path} {what} -> {error.public!r}")
            except Exception as error:
                wrong.append(f"{line} {path} {what} -> {error!r}"[:300])
    stand.tamper = None
    return wrong


async def test_a_list_of_mail_is_sound_or_refused(backend: Any, stand: Tampered) -> None:
    inbox = await backend.create_inbox(name="ann", display_name="", key="k1")
    for number in range(2):
        stand.receive(inbox.address, letter(inbox.address, subject=str(number)))
    since = datetime.now(UTC) - timedelta(days=1)

    def judge(page: Any) -> bool:
        return all(sound(one.id) and one.at.tzinfo for one in page.found)

    assert await through_all(stand, lambda: backend.look(inbox, None, since), judge) == []


async def test_a_mail_is_sound_or_refused(backend: Any, stand: Tampered) -> None:
    inbox = await backend.create_inbox(name="ann", display_name="", key="k1")
    files = (("a.txt", "text/plain", b"words"),)
    stand.receive(inbox.address, letter(inbox.address, html="<p>x</p>", files=files))
    page = await backend.look(inbox, None, datetime.now(UTC) - timedelta(days=1))

    def judge(mail: Any) -> bool:
        return isinstance(mail.raw, bytes) and len(mail.raw) > 0 and isinstance(mail.mail_from, str)

    assert await through_all(stand, lambda: backend.fetch(inbox, page.found[0]), judge) == []


async def test_inboxes_are_sound_or_refused(backend: Any, stand: Tampered) -> None:
    made = iter(range(10_000))

    async def make() -> Any:
        return await backend.create_inbox(name=f"a{next(made)}", display_name="", key=f"k{next(made)}")

    def judge(inbox: Any) -> bool:
        return sound(inbox.id) and inbox.address.count("@") == 1 and inbox.address.isprintable()

    wrong = await through_all(stand, make, judge)
    wrong += await through_all(stand, backend.list_inboxes, lambda found: all(map(judge, found)))
    wrong += await through_all(stand, backend.examine, lambda found: len(found) == 1)
    assert wrong == []


async def test_what_left_is_never_said_not_to_have_left(backend: Any, stand: Tampered) -> None:
    inbox = await backend.create_inbox(name="ann", display_name="", key="k1")
    numbers = iter(range(100_000))
    committed: list[OutboundMail] = []

    async def send() -> Any:
        number = next(numbers)
        unlimited(stand)
        mail, before = approved(inbox.address, subject=str(number)), len(stand.sent())
        committed.clear()

        async def commit(one: OutboundMail) -> None:
            committed.append(one)

        try:
            return await backend.send(mail, f"d_{number}", commit)
        except NoAnswer:
            raise
        except BackendError as error:
            if len(stand.sent()) > before:
                raise AssertionError(f"it left, and that is not known: {error!r}") from error
            raise

    def judge(receipt: Receipt) -> bool:
        return sound(receipt.provider_id) and (receipt.message_id is None or sound(receipt.message_id))

    wrong = await through_all(stand, send, judge, (None, {}))
    mail = approved(inbox.address, subject="Once")
    sent = [(await backend.send(mail, "d_x", never)).provider_id]

    def same(found: Any) -> bool:
        return stand.knows_repeats if found is None else judge(found)

    wrong += await through_all(stand, lambda: backend.find_sent(mail, "d_x"), same, (None, {}))
    if isinstance(backend, ListsEvents):
        wrong += await through_all(
            stand,
            lambda: backend.events(inbox, None, sent),
            lambda found: all(one.provider_id for one in found.events),
            (None, {}),
        )
    assert wrong == []
