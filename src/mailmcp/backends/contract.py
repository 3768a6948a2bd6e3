"""What a backend promises to the mailroom, and what the mailroom promises to a backend.

The required surface is ``Backend``; every further power is a small protocol of its own, and ``isinstance`` decides
whether a backend has it. Those of services that keep inboxes elsewhere are in ``services``. A backend gets what it
needs from above as the protocols ``Reception`` and ``Budget``, implemented in the mailroom: backends never import the
store or the mailroom.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from mailmcp.models import AccountStatus, Arrival, DraftCopy, Errand, Folder, OutboundMail, Place, Receipt

if TYPE_CHECKING:
    from mailmcp.config import Settings

MAX_MESSAGE_BYTES = 25 * 1024 * 1024
"""The largest message that is accepted or composed (25 MiB), whatever the way in."""


class Budget(Protocol):
    """How often a service may be called, by all processes of a home together."""

    async def take(self) -> None:
        """Return once one more call may be made, in a moment at most. Raises TryLater when it may not so soon."""
        ...

    async def rest(self, seconds: float) -> None:
        """The service asked to be left alone so long: until then nobody may call it."""
        ...


class Budgets(Protocol):
    """Where a backend that calls a service has its budget from."""

    def budget(self, service: str, per_minute: int) -> Budget:
        """The budget of a service that may be called so often in a minute."""
        ...


class Reception(Budgets, Protocol):
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

    async def called(self, service: str, inbox: str, message_id: str) -> str | None:
        """What a service calls the mail with this Message-ID that lies in an inbox; None when it is not known here.

        For services that thread an answer only by their own id of what it answers.
        """
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


class Token(Protocol):
    """Where a backend has its access tokens from."""

    async def __call__(self, *, new: bool = False) -> str:
        """One that holds now; ``new`` when the last one was refused. Raises BackendError or TryLater."""
        ...


@runtime_checkable
class TakesTokens(Protocol):
    """A backend that logs in with access tokens instead of a password."""

    def log_in_with(self, token: Token) -> None:
        """Ask this for the token of each login."""
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
        """What was accepted of it; None when it certainly did not leave. Raises BackendError when it cannot be told.

        A service that makes one mail of all tries with one ``key`` may say None too when it does not know the mail.
        """
        ...


@runtime_checkable
class Divides(Protocol):
    """A backend that reaches recipients by different servers, so that a message leaves in several steps."""

    def divided(self, recipients: Sequence[str]) -> list[tuple[str, ...]]:
        """The groups that ``send`` is called for one by one: each commits, leaves and is answered by itself."""
        ...


@runtime_checkable
class Foresees(Protocol):
    """A backend that cannot express every mail."""

    def foresee(self, mail: OutboundMail) -> None:
        """Raises BackendError, in the words of ``send``, for what it would refuse without asking the other side.

        Asked when a message is written, so that nobody approves what cannot leave.
        """
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
class LoadsItsListener(Protocol):
    """A backend whose listener needs modules that nothing else needs."""

    def load_listener(self) -> None:
        """Import them, in a thread; while another process listens, whose port this one may have to take over."""
        ...


@runtime_checkable
class CreatesInboxes(Protocol):
    """A backend on which create_inbox can make addresses."""

    @property
    def domain(self) -> str:
        """The domain of new inboxes."""
        ...


@runtime_checkable
class NamesInboxes(Protocol):
    """A backend whose new inboxes have addresses of another form than name@domain."""

    def address_for(self, local: str) -> str:
        """The address that an inbox of this name gets."""
        ...

    def account_of(self, address: str) -> str:
        """The account in which the mail of an inbox lies, by its own address."""
        ...


class Ledger(Protocol):
    """What is kept here about accounts elsewhere, for the backend that reads them. Raises StoreUnavailable."""

    async def folder(self, account: str, name: str) -> Folder | None:
        """How far a folder was read; None when it never was."""
        ...

    async def begin_folder(
        self, account: str, name: str, *, uidvalidity: int, next_uid: int, fresh_from: datetime
    ) -> Folder:
        """Begin to read a folder, or begin anew since its UIDs have changed; which mails are known stays known."""
        ...

    async def advance(
        self,
        folder: Folder,
        *,
        next_uid: int | None = None,
        oldest_uid: int | None = None,
        modseq: int | None = None,
        fresh_from: datetime | None = None,
    ) -> Folder:
        """Write down how far it was read; gives it as it is now."""
        ...

    async def places(self, folder: Folder, *, low: int = 0) -> dict[int, Place]:
        """What lies in it from a UID on, as far as it was looked at, by UID."""
        ...

    async def inbox_of(self, account: str, recipient: str) -> str | None:
        """The inbox of an account that receives the mail of an address."""
        ...

    async def take(self, folder: Folder, place: Place, arrival: Arrival, *, history: bool) -> None:
        """Store a mail, once: one that is known by its bytes gets another place. Returns after the commit.

        ``history``: no wait is given it, and it stands before all that is announced.
        """
        ...

    async def skip(self, folder: Folder, place: Place) -> None:
        """Remember a mail that is not stored, so that it is not looked at again."""
        ...

    async def flagged(self, folder: Folder, found: Mapping[int, tuple[str, ...]]) -> None:
        """What flags the server says these have."""
        ...

    async def vanished(self, folder: Folder, uids: Iterable[int]) -> None:
        """These lie in the folder no more."""
        ...

    async def sweep(self, account: str) -> None:
        """Remove what vanished a while ago and did not turn up elsewhere."""
        ...

    async def errands(self, account: str) -> list[Errand]:
        """What is to be done in an account now."""
        ...

    async def done(self, errand: Errand, flags: tuple[str, ...] | None = None) -> None:
        """It was done; ``flags`` is what the mail has now."""
        ...

    async def put_off(self, errand: Errand) -> None:
        """It could not be done now."""
        ...

    async def draft_copies(self, account: str, *, wanted: bool) -> tuple[list[DraftCopy], list[DraftCopy]]:
        """Copies of held drafts to be put into the account, if they are ``wanted``, and those to be taken out."""
        ...

    async def keep_draft_copy(self, account: str, copy: DraftCopy, *, filed: bool) -> None:
        """A copy is about to be put there, or lies there."""
        ...

    async def draft_taken_out(self, account: str, draft: str) -> None:
        """Its copy is there no more."""
        ...

    async def stored(self, account: str) -> int:
        """How many mails of an account are stored."""
        ...

    async def too_large(self, account: str) -> int:
        """How many mails of an account are not stored since they are too large."""
        ...

    async def report(self, account: AccountStatus) -> None:
        """How it stands with an account."""
        ...

    def awaited(self) -> bool:
        """Whether somebody waits for mail at this moment."""
        ...

    def behind(self) -> bool:
        """Whether so much of what was handed in is still to be judged that new mail would have to wait for it."""
        ...


@runtime_checkable
class ReadsMailboxes(Protocol):
    """A backend whose mail lies in accounts elsewhere."""

    @property
    def name(self) -> str:
        """The row's name in ``backends.BACKENDS``."""
        ...

    @property
    def addresses(self) -> tuple[str, ...]:
        """The accounts' own addresses: each is an inbox."""
        ...

    async def attend(self, ledger: Ledger) -> None:
        """Fetch new mail, then older one, and do what is to be done there, until cancelled; one process of a home."""
        ...

    async def search(self, ledger: Ledger, account: str, query: str) -> int | None:
        """Have the server look in what is not stored, and store what fits; gives how many mails that were.

        None when the server could not be asked.
        """
        ...

    def sending_token(self) -> Token | None:
        """How a relay's login is come by, when there is no password."""
        ...

    def sends_with(self) -> Settings | None:
        """The settings with which the smtp backend hands in the mail of the account; None when none is known."""
        ...

    def why_not_from(self, address: str) -> str | None:
        """Why nothing may be sent from an inbox, as a sentence; None when it may."""
        ...
