"""What the contract of services asks of a stand-in, for those that are functions of httpx2's requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any, ClassVar

from faults import Fault, Faulty
from http_service import Handler
from loopback_service import handler_of

FAULTS = {
    "before": Fault.SILENT_BEFORE,
    "after": Fault.SILENT_AFTER,
    "500 after": Fault.BROKEN_AFTER,
    "429": Fault.BUSY,
    "500": Fault.BROKEN_BEFORE,
    "503": Fault.BROKEN_BEFORE,
    "cut": Fault.CUT,
}


@dataclass
class Left:
    """A mail that went out."""

    recipients: frozenset[str]
    subject: str
    text: str
    html: str | None
    in_reply_to: str | None
    references: tuple[str, ...]
    files: tuple[tuple[str, bytes], ...]
    message_id: str


class FakeStand:
    """A stand-in with faults before it."""

    on: ClassVar[dict[str, str]]
    """What the request lines of sends, looks and fetches hold."""
    names_what_is_answered = True
    knows_repeats = True
    has_marks = True

    def __init__(self, fake: Any) -> None:
        self.fake = fake
        self.faulty = Faulty(fake)

    @property
    def handler(self) -> Handler:
        return handler_of(self.faulty)

    def sent(self) -> list[Left]:
        return [_left(mail, envelope) for mail, envelope in self.fake.left]

    def fail(self, how: str, on: str, times: int = 1) -> None:
        if how == "clear":
            self.faulty.plan.clear()
        else:
            self.faulty.plan += [(self.on[on], FAULTS[how])] * times

    def forget_cursors(self) -> None:
        """There are none that it could forget."""

    def small_pages(self, size: int) -> None:
        self.fake.page = size

    def skew(self, by: timedelta) -> None:
        self.fake.now = lambda: datetime.now(UTC) + by


def _left(mail: EmailMessage, envelope: tuple[str, ...]) -> Left:
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    return Left(
        recipients=frozenset(one.lower() for one in envelope),
        subject=str(mail["Subject"]),
        text=plain.get_content(),
        html=html.get_content() if html is not None else None,
        in_reply_to=str(mail["In-Reply-To"]) if mail["In-Reply-To"] else None,
        references=tuple(str(mail["References"] or "").split()),
        files=tuple((part.get_filename() or "", part.get_content()) for part in mail.iter_attachments()),
        message_id=str(mail["Message-ID"]),
    )
