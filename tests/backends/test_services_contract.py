"""e2a, MailKite and AgentSend hold to the contract of services, each on its stand-in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any, ClassVar

import httpx2
import pytest
from fake_agentsend import DOMAIN as AGENTSEND_DOMAIN
from fake_agentsend import AgentSend
from fake_e2a import E2A, SHARED
from fake_mailkite import MailKite
from http_service import Asked, Handler, Said, Silence
from service_contract import ServiceContract

from mailmcp.backends.agentsend import AgentSendBackend
from mailmcp.backends.calls import Pace as CallPace
from mailmcp.backends.e2a import E2aBackend
from mailmcp.backends.mailkite import MailKiteBackend
from mailmcp.config import Settings

pytestmark = pytest.mark.slow


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

    @classmethod
    def of(cls, mail: EmailMessage, envelope: tuple[str, ...]) -> Left:
        plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
        return cls(
            recipients=frozenset(envelope),
            subject=str(mail["Subject"]),
            text=plain.get_content() if plain else "",
            html=html.get_content() if html else None,
            in_reply_to=str(mail["In-Reply-To"]) if mail["In-Reply-To"] else None,
            references=tuple(str(mail["References"] or "").split()),
            files=tuple((part.get_filename() or "", part.get_content()) for part in mail.iter_attachments()),
            message_id=str(mail["Message-ID"]),
        )


@dataclass
class Failing:
    """A stand-in whose next calls fail as a test says."""

    answer: Callable[[httpx2.Request], httpx2.Response]
    base: str
    on: dict[str, Callable[[str, str], bool]]
    plan: list[tuple[Callable[[str, str], bool], str]] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Said:
        for at, (fits, how) in enumerate(self.plan):
            if fits(asked.method, asked.target):
                del self.plan[at]
                return self._failed(asked, how)
        return self._answered(asked)

    def fail(self, how: str, on: str, times: int) -> None:
        if how == "clear":
            self.plan.clear()
        else:
            self.plan += [(self.on[on], how)] * times

    def _answered(self, asked: Asked) -> Said:
        url = httpx2.URL(self.base).copy_with(raw_path=asked.target.encode())
        response = self.answer(httpx2.Request(asked.method, url, headers=dict(asked.headers), content=asked.body))
        kept = {name: value for name, value in response.headers.items() if name not in ("content-length",)}
        return Said(response.status_code, body=response.read(), headers=kept)

    def _failed(self, asked: Asked, how: str) -> Said:
        if how == "before":
            raise Silence
        if how in ("429", "500", "503"):
            return Said(int(how), {"error": {"code": "busy"}}, headers={"Retry-After": "0.01"})
        done = self._answered(asked)
        if how == "after":
            raise Silence
        if how == "500 after":
            return Said(500, {"error": {"code": "broken"}})
        return Said(done.status, body=done.octets[: len(done.octets) // 2])


def of_send(method: str, target: str) -> bool:
    return method == "POST" and target.endswith(("/messages", "/reply", "/v1/send", "/api/send"))


def of_look(method: str, target: str) -> bool:
    return method == "GET" and "/messages?" in target


def of_fetch(method: str, target: str) -> bool:
    return method == "GET" and ("/messages/" in target or "/v1/mailbox" in target)


@dataclass
class StandIn:
    """What the three have in common."""

    fake: Any
    base: str
    keeps_bytes: bool = True
    answers_strangers: bool = True
    knows_repeats: bool = True
    keeps_inboxes: bool = True

    def __post_init__(self) -> None:
        self.handler: Handler = Failing(self.fake, self.base, {"send": of_send, "look": of_look, "fetch": of_fetch})

    def sent(self) -> list[Left]:
        return [Left.of(mail, envelope) for mail, envelope in self.fake.left]

    def fail(self, how: str, on: str, times: int = 1) -> None:
        self.handler.fail(how, on, times)  # type: ignore[attr-defined]

    def forget_cursors(self) -> None:
        """They name places in lists, and stay good."""

    def small_pages(self, size: int) -> None:
        """Its pages are its own affair."""

    def skew(self, by: timedelta) -> None:
        self.fake.now = lambda: datetime.now(UTC) + by


class QuickE2a(E2aBackend):
    per_minute = 6000


class E2aStand(StandIn):
    domain = SHARED
    environment: ClassVar[dict[str, str]] = {"MAILMCP_BACKEND": "e2a", "MAILMCP_E2A__API_KEY": E2A().account_key}

    def __init__(self) -> None:
        super().__init__(E2A(), "https://api.e2a.dev", answers_strangers=False)
        self.fake.reads_left = 10**9

    def backend(self, settings: Settings, reception: Any, through: Any, pace: CallPace) -> E2aBackend:
        return QuickE2a(settings, reception, transport=through, pace=pace)

    def receive(self, address: str, raw: bytes, at: datetime | None = None) -> None:
        row = self.fake.deliver(address, raw)
        if at is not None:
            row.created_at = at

    def small_pages(self, size: int) -> None:
        whole = self.fake._paged
        self.fake._paged = lambda items, asked, parent: whole(items, {**asked, "limit": str(size)}, parent)


class QuickMailKite(MailKiteBackend):
    per_minute = 6000


class MailKiteStand(StandIn):
    domain = "anna.mailkite.example"

    def __init__(self) -> None:
        super().__init__(MailKite(), "https://api.mailkite.dev", knows_repeats=False, keeps_inboxes=False)
        self.fake.domain(self.domain)
        self.environment = {
            "MAILMCP_BACKEND": "mailkite",
            "MAILMCP_MAILKITE__API_KEY": self.fake.key,
            "MAILMCP_MAILKITE__DOMAIN": self.domain,
            "MAILMCP_MAILKITE__APP_PASSWORD": self.fake.app_password("*"),
        }

    def backend(self, settings: Settings, reception: Any, through: Any, pace: CallPace) -> MailKiteBackend:
        return QuickMailKite(settings, reception, transport=through, pace=pace)

    def receive(self, address: str, raw: bytes, at: datetime | None = None) -> None:
        self.fake.deliver(address, raw=raw, at=int(at.timestamp() * 1000) if at else None)


class QuickAgentSend(AgentSendBackend):
    per_minute = 6000


class AgentSendStand(StandIn):
    domain = AGENTSEND_DOMAIN

    def __init__(self) -> None:
        super().__init__(
            AgentSend(), "https://api.agentsend.io", keeps_bytes=False, answers_strangers=False, knows_repeats=False
        )
        self.fake._calls_left = self.fake.daily = 10**9
        self.environment = {
            "MAILMCP_BACKEND": "agentsend",
            "MAILMCP_AGENTSEND__API_KEY": self.fake.key,
            "MAILMCP_AGENTSEND__DOMAIN": self.domain,
        }

    def backend(self, settings: Settings, reception: Any, through: Any, pace: CallPace) -> AgentSendBackend:
        return QuickAgentSend(settings, reception, transport=through, pace=pace)

    def receive(self, address: str, raw: bytes, at: datetime | None = None) -> None:
        row = self.fake.deliver(address, raw)
        if at is not None:
            row.created_at = at


class TestE2a(ServiceContract):
    """e2a."""

    @pytest.fixture
    def stand(self) -> E2aStand:
        return E2aStand()


class TestMailKite(ServiceContract):
    """MailKite."""

    @pytest.fixture
    def stand(self) -> MailKiteStand:
        return MailKiteStand()


class TestAgentSend(ServiceContract):
    """AgentSend."""

    @pytest.fixture
    def stand(self) -> AgentSendStand:
        return AgentSendStand()
