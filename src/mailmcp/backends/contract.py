"""What a backend promises to the mailroom, and what the mailroom promises to a backend.

The required surface is ``Backend``; every further power is a small protocol of its own, and ``isinstance`` decides
whether a backend has it. A backend gets what it needs from above as the protocols ``Reception`` and ``ListenerWatch``,
implemented in the mailroom: backends never import the store or the mailroom.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from mailmcp.models import Arrival, OutboundMail, Receipt

MAX_MESSAGE_BYTES = 25 * 1024 * 1024
"""The largest message that is accepted or composed (25 MiB), whatever the way in."""


class Reception(Protocol):
    """The desk where a backend hands in what it received."""

    async def knows(self, recipient: str) -> bool:
        """Whether an inbox of this home receives mail for this address (case does not matter in the domain).

        Raises StoreUnavailable when the store cannot be asked: answer 451, not 550.
        """
        ...

    async def refuses(self, recipient: str, mail_from: str) -> bool:
        """Whether the inbox of this address has a list that refuses mail with this envelope sender.

        A backend that can say so to the sender does; what it hands in all the same is kept apart by the mailroom.
        Raises StoreUnavailable when the store cannot be asked.
        """
        ...

    async def accept(self, arrival: Arrival) -> None:
        """Store the raw bytes and the envelope; returns only after the commit is durable (law 9).

        Raises StoreFull (answer 452) or StoreUnavailable (answer 451). A message that was stored already is not
        stored again and is no error.
        """
        ...

    async def holds(self, arrival: Arrival) -> tuple[str, ...]:
        """Those of its recipients for whom this very message is stored already."""
        ...


class AboutToCommit(Protocol):
    """What a send awaits at the last moment in which nothing can have left."""

    async def __call__(self, leaving: OutboundMail, /) -> None:
        """Returns once it is on the disk that the message may have left from here on.

        ``leaving`` is what this backend has really told the other side: the bytes, read back from what was written,
        and the recipients it named. What is not what was allowed is refused here. What it raises must pass through the
        send, and then nothing may leave.
        """
        ...


@runtime_checkable
class Backend(Protocol):
    """The surface that every backend has."""

    @property
    def name(self) -> str:
        """The row's name in ``backends.BACKENDS``."""
        ...

    @property
    def supports(self) -> frozenset[str]:
        """What a message may have here (cc, bcc, html, attachments …); the rest is refused aloud, never dropped."""
        ...

    async def send(self, mail: OutboundMail, key: str, about_to_commit: AboutToCommit) -> Receipt:
        """Hand over exactly these bytes to exactly these recipients.

        ``key`` is the same for every try of one approved message, so that a provider with idempotency keys can
        recognise a repeat. ``about_to_commit`` is awaited once, right before the step that makes it leave (the final
        dot of SMTP, a provider's call), and never after it. Raises NoAnswer when it may have left, TryLater or
        another BackendError when nothing did.
        """
        ...

    async def aclose(self) -> None:
        """Free connections; safe to call twice."""
        ...


@runtime_checkable
class FindsSent(Protocol):
    """A backend that can tell what became of a message whose answer was lost."""

    async def find_sent(self, mail: OutboundMail, key: str) -> Receipt | None:
        """What was accepted of it; None when it certainly did not leave. Raises BackendError when it cannot be told."""
        ...


@runtime_checkable
class Divides(Protocol):
    """A backend that reaches recipients by different servers, so that a message leaves in several steps."""

    def divided(self, recipients: Sequence[str]) -> list[tuple[str, ...]]:
        """The groups that ``send`` is called for one by one: each commits, leaves and is answered by itself."""
        ...


@runtime_checkable
class DeliversWithin(Protocol):
    """A backend that brings mail to the inboxes of this home by itself, so that it does not leave."""

    @property
    def delivers_within(self) -> bool:
        """Whether it does."""
        ...


class Listener(Protocol):
    """A listening server, held until ``aclose``."""

    @property
    def host(self) -> str:
        """The address it really listens on."""
        ...

    @property
    def port(self) -> int:
        """The port it really listens on."""
        ...

    async def aclose(self) -> None:
        """Stop listening; conversations in the middle of DATA get a bounded time to end."""
        ...


@runtime_checkable
class Listens(Protocol):
    """A backend that receives by listening (run only by the leading process)."""

    async def listen(self) -> Listener:
        """Start to listen. Raises BackendError with the address in words when it cannot."""
        ...


@runtime_checkable
class CreatesInboxes(Protocol):
    """A backend on which create_inbox can make addresses."""

    @property
    def domain(self) -> str:
        """The domain of new inboxes."""
        ...
