"""What a service that keeps inboxes elsewhere promises besides ``contract.Backend``: each power a protocol of its own.

``docs/backends.md`` says how a backend is written by them. Nothing that lies at a service is ever deleted there but a
whole inbox that was made from here, and nothing is marked as read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from mailmcp.errors import BackendError, TryLater
from mailmcp.models import Events, Finding, Found, Hook, HookSigning, Incoming, Page, RemoteInbox, Standing


class CursorGone(BackendError):
    """The service does not know a cursor any more: it is looked again from a moment on."""


class Missing(BackendError):
    """The service has no such mail or inbox any more."""


@runtime_checkable
class MakesInboxes(Protocol):
    """A service at which create_inbox makes addresses."""

    @property
    def domain(self) -> str:
        """The domain of new inboxes."""
        ...

    async def create_inbox(self, *, name: str | None, display_name: str, key: str) -> RemoteInbox:
        """Make an inbox. The same ``key`` (letters, digits, - and _) gives the same inbox, if the service can do that.

        Raises AddressTaken for a ``name`` that somebody has, BadAddress for one that cannot be used, BackendError.
        """
        ...

    async def list_inboxes(self) -> tuple[RemoteInbox, ...]:
        """All inboxes that the key may see."""
        ...

    async def delete_inbox(self, inbox: RemoteInbox) -> None:
        """Remove an inbox with its mail; one that is not there any more is no error. Raises BackendError."""
        ...


@runtime_checkable
class Fetches(Protocol):
    """A service from which arrivals are fetched, with a cursor that the mailroom keeps."""

    @property
    def name(self) -> str:
        """The row's name in ``backends.BACKENDS``, also that of its budget."""
        ...

    @property
    def per_minute(self) -> int:
        """How many calls it allows in a minute, to all processes together."""
        ...

    async def look(self, inbox: RemoteInbox, cursor: str | None, since: datetime) -> Page:
        """What arrived after ``cursor``, the oldest first if the service can; without one, after ``since``.

        It may give again what it gave before, in any order: a mail is stored once by ``Found.id``. It must not leave
        out anything, so a cursor of time goes back by more than the service's clocks and lists lag, and is made of the
        service's own times. What was sent from the inbox is left out. Raises CursorGone, Missing when the inbox is
        gone, TryLater or another BackendError.
        """
        ...

    async def fetch(self, inbox: RemoteInbox, found: Found) -> Incoming:
        """The mail itself; nothing changes there. Raises Missing, TryLater or another BackendError."""
        ...


class StreamOver(BackendError):
    """The service wants no further stream of this process: none is opened again."""


@runtime_checkable
class Streams(Protocol):
    """A service that tells of news by itself; a hint only, ``look`` is what counts."""

    def watch(self, inboxes: Sequence[RemoteInbox]) -> AsyncIterator[str | None]:
        """Yields whenever something may have arrived: in which inbox (its address), or None for any of them.

        The first time once it listens: what came before is looked for then. Ends or raises BackendError, and is begun
        anew, sooner after TryLater than after another; never again after StreamOver.
        """
        ...


@runtime_checkable
class DividesStreams(Protocol):
    """A service whose inboxes are watched in several streams, or not at all where the settings want none."""

    def streams_for(self, inboxes: Sequence[RemoteInbox]) -> Sequence[tuple[RemoteInbox, ...]]:
        """The groups that ``watch`` is called for one by one."""
        ...


@runtime_checkable
class ListsEvents(Protocol):
    """A service that says afterwards what became of sent mail."""

    async def events(self, inbox: RemoteInbox, cursor: str | None, sent: Sequence[str]) -> Events:
        """What became of mail from an inbox since ``cursor``, or (as the service does it) of the mails ``sent``.

        ``sent`` are the ``Receipt.provider_id`` of those of the last days that nothing final is known of. The same
        event again is no harm. Raises CursorGone, TryLater or another BackendError.
        """
        ...


@runtime_checkable
class Examines(Protocol):
    """A service that says what the key in the settings may do, by the cheapest call it has."""

    async def examine(self) -> list[Finding]:
        """What a user would ask; nothing is changed. Never raises BackendError."""
        ...


@runtime_checkable
class ReadsHooks(Protocol):
    """A service that posts what happened to an address of ours, signed: a hint only, it is looked for with ``look``."""

    @property
    def hook_signing(self) -> HookSigning:
        """How it signs, with the secrets that are set; without any nothing is taken. The door verifies."""
        ...

    def read_hook(self, body: bytes) -> Hook:
        """What a verified request says happened: only where to look. Raises BadInput when it cannot be read."""
        ...


def unanswered(service: str, error: BackendError) -> Finding:
    """What ``examine`` says when its call failed: the key is wrong, or nobody answered."""
    later = isinstance(error, TryLater)
    standing = Standing.UNKNOWN if later else Standing.WRONG
    return Finding(subject=service, standing=standing, sentence=error.public, stops=not later)
