"""The agentmail backend on a stand-in for the service, and the service's own client on the same stand-in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import httpx
import pytest
from agentmail import AgentMail
from agentmail.core.api_error import ApiError
from agentmail.environment import AgentMailEnvironment
from agentmail.inboxes.types import CreateInboxRequest
from fake_agentmail import KEY, FakeAgentmail, addresses, bare
from http_service import Handler, serving, transport
from letters import letter
from reception import KeepingReception
from service_contract import CALLS, Room, ServiceContract, approved, everything, opened, sent

from mailmcp.backends.agentmail import AgentmailBackend
from mailmcp.backends.agentmail_wire import asked_of, said_by
from mailmcp.backends.calls import Pace as CallPace
from mailmcp.backends.fields import differs, fields_of
from mailmcp.backends.services import Missing
from mailmcp.config import Settings, load_settings
from mailmcp.errors import BackendError, BadInput, ConfigError, NoAnswer, TryLater
from mailmcp.models import EventKind, OutgoingFile, Standing

ON = {"send": "/messages/send", "look": "/messages?", "fetch": "/raw"}


@dataclass
class Left:
    recipients: frozenset[str]
    subject: str
    text: str
    html: str | None
    in_reply_to: str | None
    references: tuple[str, ...]
    files: tuple[tuple[str, bytes], ...]
    message_id: str


@dataclass
class AgentmailStand:
    fake: FakeAgentmail = field(default_factory=FakeAgentmail)
    domain: str = "agentmail.to"
    keeps_bytes: bool = True
    names_what_is_answered: bool = True
    knows_repeats: bool = True
    has_marks: bool = True

    @property
    def handler(self) -> Handler:
        return self.fake

    @property
    def environment(self) -> dict[str, str]:
        return {
            "MAILMCP_BACKEND": "agentmail",
            "MAILMCP_AGENTMAIL__API_KEY": KEY,
            "MAILMCP_AGENTMAIL__CALLS": "6000",
        }

    def backend(self, settings: Settings, reception: Any, through: Any, pace: CallPace) -> AgentmailBackend:
        return AgentmailBackend(settings, reception, transport=through, pace=pace)

    def receive(self, address: str, raw: bytes, at: datetime | None = None) -> None:
        self.fake.receive(address, raw, at=at)

    def sent(self) -> list[Left]:
        found: list[Left] = []
        for one in self.fake.sent:
            mail = message_from_bytes(one.raw, policy=default)
            asked = one.sent or {}
            html = mail.get_body(("html",))
            found.append(
                Left(
                    recipients=frozenset(bare(to) for name in ("to", "cc", "bcc") for to in addresses(asked.get(name))),
                    subject=str(mail["Subject"]),
                    text=mail.get_body(("plain",)).get_content(),  # type: ignore[union-attr]
                    html=html.get_content() if html else None,  # type: ignore[attr-defined]
                    in_reply_to=str(mail["In-Reply-To"]) if mail["In-Reply-To"] else None,
                    references=tuple(str(mail["References"] or "").split()),
                    files=tuple((part.get_filename() or "", part.get_content()) for part in mail.iter_attachments()),
                    message_id=one.item["message_id"],
                )
            )
        return found

    def fail(self, how: str, on: str, times: int = 1) -> None:
        if how == "clear":
            self.fake.faults.clear()
        else:
            self.fake.fail(how, ON[on], times)

    def forget_cursors(self) -> None:
        self.fake.forget_pages()

    def small_pages(self, size: int) -> None:
        self.fake.page, self.fake.shuffled = size, True

    def skew(self, by: timedelta) -> None:
        self.fake.skew = by
        self.fake._last = datetime.min.replace(tzinfo=UTC)


@pytest.fixture
def stand() -> AgentmailStand:
    return AgentmailStand()


@pytest.fixture
def fake(stand: AgentmailStand) -> FakeAgentmail:
    return stand.fake


class TestAgentmail(ServiceContract):
    """It holds to the contract of services."""


# --- the traps of the service ----------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_a_message_id_of_a_stranger_reaches_no_other_path(backend: Any, fake: FakeAgentmail) -> None:
    inbox = await backend.create_inbox(name="ann", display_name="", key="k")
    for id_ in ("<x/../../../drafts@y>", "<a/b?c#d%20@y>"):
        raw = letter(inbox.address).replace(b"Message-ID: <", b"X: <")
        fake.receive(inbox.address, b"Message-ID: " + id_.encode() + b"\r\n" + raw)
    found, _ = await everything(backend, inbox)
    assert set(found) == {"<x/../../../drafts@y>", "<a/b?c#d%20@y>"}
    for one in found.values():
        assert one.id.encode() in (await backend.fetch(inbox, one)).raw
    assert {one.path[1] for one in fake.asked if one.method == "GET" and one.path[0] == "v0"} == {"inboxes"}


@pytest.mark.anyio
async def test_a_key_of_one_inbox_makes_none_and_takes_over_its_own(stand: AgentmailStand, tmp_path: Path) -> None:
    fake = stand.fake
    there = fake._create({"username": "own"}).record["inbox_id"]
    fake.scope = "inbox"
    async with opened(stand, tmp_path / "home", MAILMCP_ADOPT="own@agentmail.to") as room:
        with pytest.raises(BackendError, match="inbox_create"):
            await room.room.create_inbox(name="other")
        inbox, _, _ = await room.room.create_inbox(name="own")
        assert inbox.address == there
        fake.receive(there, letter(there, subject="for me"))
        assert (await room.wait(there)).subject == "for me"


@pytest.mark.anyio
async def test_lists_are_never_filtered_by_labels_or_words(room: Room, fake: FakeAgentmail) -> None:
    inbox, _, _ = await room.room.create_inbox(name="ann")
    fake.receive(inbox.address, letter(inbox.address), labels=["spam"])
    assert await room.wait(inbox.address)
    assert not any({"labels", "from", "to", "subject"} & one.query.keys() for one in fake.asked)


@pytest.mark.anyio
async def test_a_key_that_may_not_see_what_is_screened_reads_the_rest(backend: Any, fake: FakeAgentmail) -> None:
    fake.may_see_screened = False
    inbox = await backend.create_inbox(name="ann", display_name="", key="k")
    fake.receive(inbox.address, letter(inbox.address), labels=["spam"])
    shown = fake.receive(inbox.address, letter(inbox.address))
    found, cursor = await everything(backend, inbox)
    assert list(found) == [shown]
    asked = len(fake.asked)
    await everything(backend, inbox, cursor)
    assert len(fake.asked) == asked + 1  # it is not asked for what it may not see again


@pytest.mark.anyio
async def test_a_fresh_inbox_that_cannot_send_yet_is_given_a_moment(backend: Any, fake: FakeAgentmail) -> None:
    inbox = await backend.create_inbox(name="ann", display_name="", key="k")
    fake.fresh_404 = 2
    await sent(backend, approved(inbox.address))
    assert len(fake.sent) == 1
    with pytest.raises(BackendError, match="Nothing left"):
        await sent(backend, approved("nobody@agentmail.to"))


@pytest.mark.anyio
async def test_each_send_has_a_key_that_the_service_takes_and_an_edit_another(
    backend: Any, fake: FakeAgentmail
) -> None:
    inbox = await backend.create_inbox(name="ann", display_name="", key="k")
    for body in ("one", "one", "two"):
        await sent(backend, approved(inbox.address, body=body), "d_same")
    sends = [one for one in fake.asked if one.path[-1] == "send"]
    keys = [one.headers["idempotency-key"] for one in sends]
    assert len(set(keys)) == len(fake.sent) == 2
    assert sends[0].body == sends[1].body


@pytest.mark.anyio
async def test_a_repeat_whose_first_is_still_under_way_is_asked_again(backend: Any, fake: FakeAgentmail) -> None:
    inbox = await backend.create_inbox(name="ann", display_name="", key="k")
    mail = approved(inbox.address)
    fake.fail("500 after", "send")
    token_of = fake.keys

    class UnderWay(dict[str, Any]):
        """The first look at a key finds the first call under way."""

        looks = 0

        def __getitem__(self, key: str) -> Any:
            self.looks += 1
            content, answer = super().__getitem__(key)
            return ("another" if self.looks == 1 else content, answer)

    fake.keys = UnderWay(token_of)
    await sent(backend, mail)
    assert len(fake.sent) == 1


@pytest.mark.anyio
async def test_a_refused_recipient_means_that_nothing_went_to_anybody(backend: Any, fake: FakeAgentmail) -> None:
    inbox = await backend.create_inbox(name="ann", display_name="", key="k")
    fake.disallowed = {"eve@x.test"}
    with pytest.raises(BackendError, match=r"Nothing left.*eve@x\.test.*Remove these recipients") as raised:
        await sent(backend, approved(inbox.address, to=("bob@x.test", "eve@x.test")))
    assert not isinstance(raised.value, TryLater | NoAnswer)
    assert fake.sent == []


@pytest.mark.anyio
async def test_what_it_cannot_take_is_refused_before_it_is_asked(backend: Any, fake: FakeAgentmail) -> None:
    inbox = await backend.create_inbox(name="ann", display_name="", key="k")
    asked = len(fake.asked)
    with pytest.raises(BackendError, match="50 recipients"):
        await sent(backend, approved(inbox.address, to=tuple(f"p{number}@x.test" for number in range(51))))
    large = OutgoingFile(filename="a.bin", content_type="application/octet-stream", data=bytes(4_600_000))
    with pytest.raises(BackendError, match="6 MB"):
        await sent(backend, approved(inbox.address, attachments=(large,)))
    with pytest.raises(BadInput, match="display name"):
        await backend.create_inbox(name=None, display_name="Ann (bot)", key="k2")
    assert len(fake.asked) == asked


@pytest.mark.anyio
async def test_neither_reply_nor_reply_all_is_used(backend: Any, fake: FakeAgentmail) -> None:
    inbox = await backend.create_inbox(name="ann", display_name="", key="k")
    await sent(backend, approved(inbox.address, in_reply_to="<q@y>", references=("<q@y>",)))
    (letter_,) = fake.sent
    assert letter_.sent is not None
    assert letter_.sent["headers"] == {"In-Reply-To": "<q@y>", "References": "<q@y> <own@agentmail.to>"}
    assert letter_.sent["text"].strip() == "Hi"


@pytest.mark.anyio
async def test_a_daily_quota_is_not_waited_for(backend: Any, fake: FakeAgentmail) -> None:
    inbox = await backend.create_inbox(name="ann", display_name="", key="k")
    asked = len(fake.asked)
    fake.fail("429", "send", 9, window="daily", fix="Upgrade.")
    fake.retry_after = "50000"
    with pytest.raises(TryLater, match="Upgrade"):
        await sent(backend, approved(inbox.address))
    assert len(fake.asked) == asked + 1


@pytest.mark.anyio
async def test_empty_pages_are_not_the_end_of_a_list(backend: Any, fake: FakeAgentmail) -> None:
    fake.page, fake.empty_pages = 2, True
    for number in range(5):
        await backend.create_inbox(name=f"n{number}", display_name="", key=f"k{number}")
    assert len(await backend.list_inboxes()) == 5


@pytest.mark.anyio
async def test_a_mail_that_is_kept_back_for_a_review_comes_when_it_is_released(room: Room, fake: FakeAgentmail) -> None:
    inbox, _, _ = await room.room.create_inbox(name="ann")
    id_ = fake.receive(inbox.address, letter(inbox.address, subject="reviewed"), labels=["agent-armor-held"])

    async def waiting() -> int:
        return (await room.room.status()).services[0].waiting

    await room.until(waiting, 1)
    assert await room.subjects(inbox.address) == []
    for one in fake.all:
        if one.item["message_id"] == id_:
            one.item["labels"] = ["received"]
    await room.until(lambda: room.subjects(inbox.address), ["reviewed"])


@pytest.mark.anyio
async def test_what_the_service_says_of_a_sender_is_its_claim_and_silence_is_none(
    room: Room, fake: FakeAgentmail
) -> None:
    inbox, _, _ = await room.room.create_inbox(name="ann")
    stamped = b"Authentication-Results: amazonses.com; spf=pass; dmarc=pass header.from=app.example\r\n"
    forged = b"Authentication-Results: other.test; dkim=pass header.d=app.example\r\n"
    for subject, before, labels in (
        ("stamped", stamped + forged, ()),
        ("forged", forged + stamped, ()),
        ("silent", b"", ()),
        ("screened", b"", ("unauthenticated",)),
    ):
        fake.receive(inbox.address, before + letter(inbox.address, subject=subject), labels=labels)
    said: dict[str, list[str]] = {}
    for subject in ("stamped", "forged", "silent", "screened"):
        message = await room.wait(inbox.address, subject=subject)
        said[subject] = [one for one in message.authentication if "claims" in one]
        assert message.trust.verified_domain is None
    assert "agentmail.to claims" in said["stamped"][0]
    assert "dmarc=pass" in said["stamped"][0]
    assert "dkim" not in said["stamped"][0]
    assert (said["forged"], said["silent"]) == ([], [])
    assert "unauthenticated=yes" in said["screened"][0]


@pytest.mark.anyio
async def test_a_mail_that_is_gone_before_it_was_fetched_is_missing(backend: Any, fake: FakeAgentmail) -> None:
    inbox = await backend.create_inbox(name="ann", display_name="", key="k")
    fake.receive(inbox.address, letter(inbox.address))
    found, _ = await everything(backend, inbox)
    fake.letters[inbox.address].clear()
    with pytest.raises(Missing):
        await backend.fetch(inbox, next(iter(found.values())))


@pytest.mark.anyio
async def test_labels_of_sent_mail_say_what_became_of_it(backend: Any, fake: FakeAgentmail) -> None:
    inbox = await backend.create_inbox(name="ann", display_name="", key="k")
    ids = [(await sent(backend, approved(inbox.address, body=body), body))[0].provider_id for body in "abcd"]
    fake.label(ids[0], "delivered")
    fake.label(ids[1], "delivered", "bounced")
    fake.label(ids[2], "delivered", "complained", "opened")
    said = await backend.events(inbox, None, ids)
    kinds = {one.provider_id: one.kind for one in said.events}
    assert kinds == {ids[0]: EventKind.DELIVERED, ids[1]: EventKind.BOUNCED, ids[2]: EventKind.COMPLAINED}


@pytest.mark.anyio
async def test_the_key_is_examined_by_one_call_and_never_shown(
    backend: Any, fake: FakeAgentmail, tmp_path: Path
) -> None:
    (fine,) = await backend.examine()
    assert fine.standing is Standing.FINE
    assert "organisation" in fine.sentence
    assert len(fake.asked) == 1
    settings = load_settings(
        tmp_path, {"MAILMCP_BACKEND": "agentmail", "MAILMCP_AGENTMAIL__API_KEY": "am_us_wrongwrongwrong"}
    )
    other = AgentmailBackend(settings, KeepingReception(), transport=transport(fake), pace=CALLS)
    (wrong,) = await other.examine()
    assert wrong.standing is Standing.WRONG
    assert "am_us" not in wrong.sentence
    await other.aclose()


def test_without_a_key_it_is_refused_with_the_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="MAILMCP_AGENTMAIL__API_KEY"):
        AgentmailBackend(load_settings(tmp_path, {}), KeepingReception())


def test_a_request_reads_back_as_what_was_approved() -> None:
    mail = approved(
        "ann@agentmail.to",
        to=("bob@x.test", "eve@x.test"),
        subject='"Grüße"',
        html='<img src="cid:l1">',
        references=("<a@b>",),
        in_reply_to="<a@b>",
        attachments=(
            OutgoingFile(filename="l.png", content_type="image/png", data=b"\x89PNG\0", cid="l1"),
            OutgoingFile(filename="x y.txt", content_type="text/plain", data=b"a\r\n\xff"),
        ),
    )
    meant = fields_of(mail)
    request = json.loads(json.dumps(asked_of(meant)))
    assert differs(said_by(request, meant.sender), meant) is None
    for field_, other in {
        "to": ["eve@x.test"],
        "subject": "",
        "text": "",
        "bcc": ["z@x.test"],
        "attachments": [],
    }.items():
        assert differs(said_by({**request, field_: other}, meant.sender), meant) is not None


# --- the stand-in is honest --------------------------------------------------------------------------------------


@pytest.fixture
def sdk(fake: FakeAgentmail) -> Iterator[AgentMail]:
    """The service's own client, on the same stand-in over a real connection."""
    with serving(fake) as base, httpx.Client(timeout=20) as connections:
        environment = AgentMailEnvironment(http=base, websockets="ws://127.0.0.1:9")
        yield AgentMail(environment=environment, api_key=KEY, httpx_client=connections)


def test_the_services_own_client_is_content_with_the_stand_in(sdk: AgentMail, fake: FakeAgentmail) -> None:
    made = sdk.inboxes.create(request=CreateInboxRequest(username="ann", display_name="Ann", client_id="c1"))
    assert (made.inbox_id, made.display_name) == ("ann@agentmail.to", "Ann")
    assert sdk.inboxes.create(request=CreateInboxRequest(client_id="c1")).inbox_id == made.inbox_id
    assert [one.inbox_id for one in sdk.inboxes.list().inboxes] == [made.inbox_id]
    assert sdk.inboxes.get(made.inbox_id).email == made.email
    id_ = fake.receive(made.inbox_id, letter(made.inbox_id, subject="Hello"))
    listed = sdk.inboxes.messages.list(made.inbox_id, limit=10, ascending=True, include_spam=True)
    assert [(one.message_id, one.subject, one.labels) for one in listed.messages] == [
        (id_, "Hello", ["received", "unread"])
    ]
    assert listed.messages[0].timestamp.tzinfo is not None
    assert sdk.inboxes.messages.get(made.inbox_id, id_).message_id == id_
    raw = sdk.inboxes.messages.get_raw(made.inbox_id, id_)
    assert raw.size == len(fake.letters[made.inbox_id][0].raw)
    assert raw.download_url.startswith("http://127.0.0.1")
    sent = sdk.inboxes.messages.send(made.inbox_id, to="bob@x.test", subject="Hi", text="there", labels=["x"])
    assert sent.message_id.startswith("<")
    kept = sdk.inboxes.messages.batch_get(made.inbox_id, message_ids=[sent.message_id, id_])
    assert [one.message_id for one in kept.messages] == [sent.message_id, id_]
    assert sdk.auth.me().scope_type == "organization"
    for status, call in (
        (403, lambda: sdk.inboxes.create(request=CreateInboxRequest(username="ann"))),
        (404, lambda: sdk.inboxes.get("nobody@agentmail.to")),
        (400, lambda: sdk.inboxes.messages.list(made.inbox_id, page_token="other")),
    ):
        with pytest.raises(ApiError) as raised:
            call()
        assert raised.value.status_code == status
    sdk.inboxes.delete(made.inbox_id)
    assert fake.inboxes == {}


@pytest.mark.anyio
async def test_its_requests_and_ours_mean_the_same(sdk: AgentMail, fake: FakeAgentmail, backend: Any) -> None:
    import asyncio

    inbox = await backend.create_inbox(name="ann", display_name="Ann", key="c1")
    await sent(backend, approved(inbox.address, subject="Hi", cc=(), html="<p>x</p>"))
    await everything(backend, inbox)
    ours = [one for one in fake.asked if one.path[0] == "v0"]
    fake.asked.clear()
    request = ours[1].json

    def theirs() -> None:
        body = {"username": "bert", "domain": "agentmail.to", "display_name": "Ann", "client_id": "c2"}
        sdk.inboxes.create(request=CreateInboxRequest(**body))
        sdk.inboxes.messages.send(inbox.id, **request)
        query = ours[2].query
        sdk.inboxes.messages.list(
            inbox.id,
            limit=100,
            ascending=True,
            include_spam=True,
            include_unauthenticated=True,
            after=datetime.fromisoformat(query["after"]),
        )

    await asyncio.to_thread(theirs)
    for mine, other in zip(ours, fake.asked, strict=True):
        assert (mine.method, mine.path) == (other.method, other.path)
        assert mine.headers["authorization"] == other.headers["authorization"]
        assert mine.json.keys() == other.json.keys()
        assert mine.query.keys() == other.query.keys()
    assert ours[1].json == fake.asked[1].json
    assert {name: value for name, value in ours[2].query.items() if name != "after"} == {
        name: value for name, value in fake.asked[2].query.items() if name != "after"
    }


@pytest.mark.anyio
async def test_it_works_over_a_real_connection(fake: FakeAgentmail, tmp_path: Path) -> None:
    with serving(fake) as base:
        given = {"MAILMCP_AGENTMAIL__API_KEY": KEY, "MAILMCP_AGENTMAIL__URL": base}
        made = AgentmailBackend(load_settings(tmp_path, given), KeepingReception(), pace=CALLS)
        inbox = await made.create_inbox(name="ann", display_name="", key="k")
        raw = letter(inbox.address, text="é" * 1000)
        fake.receive(inbox.address, raw)
        found, _ = await everything(made, inbox)
        assert (await made.fetch(inbox, next(iter(found.values())))).raw == raw
        fake.fail("after", "send")
        await sent(made, approved(inbox.address))
        assert len(fake.sent) == 1
        await made.aclose()


@pytest.mark.anyio
async def test_what_left_days_ago_is_found_though_its_key_is_forgotten(backend: Any, fake: FakeAgentmail) -> None:
    inbox = await backend.create_inbox(name="ann", display_name="", key="k")
    mail = approved(inbox.address, subject="Once")
    fake.skew = timedelta(days=-5)
    receipt, _ = await sent(backend, mail)
    fake.skew = timedelta(0)
    found = await backend.find_sent(mail, "d_1")
    assert found is not None
    assert found.provider_id == receipt.provider_id
