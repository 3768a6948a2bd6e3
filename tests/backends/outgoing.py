"""Mail as the outbox keeps it, and as dispatch hands it to a backend."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from mailmcp.errors import BackendError, NoAnswer, TryLater
from mailmcp.mail import compose
from mailmcp.models import Address, Inbox, OutboundMail, Receipt, Submission

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def approved(sender: str, **asked: Any) -> OutboundMail:
    """A mail that was allowed."""
    inbox = Inbox(row=1, address=sender, label="", backend="toy", created_at=NOW)
    given = {"inbox": inbox, "to": (Address("", "bob@x.test"),), "subject": "Hello", "body": "The words.", **asked}
    submission = Submission(**given)
    local = sender.partition("@")[0]
    made = compose.compose(submission, sender=Address("Anna", sender), message_id=f"<own-{local}@mailmcp.test>")
    mime = compose.dated(made.mime, NOW)
    return OutboundMail(mime=mime, mail_from=sender, recipients=submission.recipients)


class Outbox:
    """Hands a mail over as dispatch does, tries included; what it allowed, and how often it was about to leave."""

    def __init__(self, backend: Any, mail: OutboundMail, key: str = "d_1") -> None:
        self.backend, self.mail, self.key = backend, mail, key
        self.about: list[OutboundMail] = []

    async def about_to_commit(self, leaving: OutboundMail) -> None:
        self.about.append(leaving)

    async def once(self) -> Receipt | None:
        """One try, and what the backend finds out when no answer came; None: it did not leave this time.

        Raises NoAnswer when nobody knows.
        """
        try:
            return await self.backend.send(self.mail, self.key, self.about_to_commit)
        except NoAnswer as error:
            try:
                return await self.backend.find_sent(self.mail, self.key)
            except BackendError:
                raise error from None
        except TryLater:
            return None

    async def until_known(self, tries: int = 4) -> Receipt | str:
        """The receipt, or ``unknown``."""
        for _ in range(tries):
            try:
                if (receipt := await self.once()) is not None:
                    return receipt
            except NoAnswer:
                return "unknown"
        raise AssertionError("it never left")
