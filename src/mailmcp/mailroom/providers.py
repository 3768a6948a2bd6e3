"""The backends of one home: which of them keeps an inbox, and by which way its mail leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mailmcp.backends.contract import Backend, CreatesInboxes, DeliversWithin, Listens, ReadsMailboxes
from mailmcp.backends.services import MakesInboxes
from mailmcp.errors import Unsupported


class Providers:
    """Those that receive, the first of which is the default, and the one that sends for all if the settings say so."""

    def __init__(self, receiving: Backend | Sequence[Backend]) -> None:
        self.receiving: tuple[Backend, ...] = tuple(receiving) if isinstance(receiving, Sequence) else (receiving,)
        self._sends_for_all: Backend | None = None
        self._derived: dict[str, Backend] = {}

    def send_with(self, open_sender: Callable[[Backend], Backend | None], *, for_all: bool) -> None:
        """Open what hands in mail instead of a backend that receives: of all, or of one that names its own relay."""
        if for_all:
            self._sends_for_all = open_sender(self.default)
            return
        for one in self.receiving:
            if (sender := open_sender(one)) is not None:
                self._derived[one.name] = sender

    @property
    def default(self) -> Backend:
        """The backend of new inboxes that name none."""
        return self.receiving[0]

    @property
    def within(self) -> Backend | None:
        """The one that brings mail to inboxes of this home by itself; None when there is none."""
        return next((one for one in self.receiving if isinstance(one, DeliversWithin) and one.delivers_within), None)

    @property
    def domain(self) -> str | None:
        """The domain of new inboxes; None when none can be made."""
        default = self.default
        return default.domain if isinstance(default, CreatesInboxes | MakesInboxes) else None

    @property
    def listening(self) -> Backend:
        """The one that receives by listening; the default where none does."""
        return next((one for one in self.receiving if isinstance(one, Listens)), self.default)

    @property
    def elsewhere(self) -> ReadsMailboxes | None:
        """The one that reads a person's own mailboxes; None when none does."""
        return next((one for one in self.receiving if isinstance(one, ReadsMailboxes)), None)

    def of(self, name: str | None) -> Backend:
        """The backend that create_inbox names. Raises Unsupported with those that there are."""
        if name is None:
            return self.default
        found = next((one for one in self.receiving if one.name == name), None)
        if found is None:
            there = ", ".join(one.name for one in self.receiving)
            plural = "s" if len(self.receiving) > 1 else ""
            raise Unsupported(f"This home has the backend{plural} {there}: leave `backend` out or name one of them.")
        return found

    def keeps(self, backend: str) -> Backend:
        """The backend that keeps an inbox, by the name in its row; of one that is not there any more, the default."""
        return next((one for one in self.receiving if one.name == backend), self.default)

    def outside(self, backend: str) -> Backend | None:
        """By which way the mail of an inbox reaches others than the inboxes of this home; None when it has none."""
        if self._sends_for_all is not None:
            return self._sends_for_all
        keeper = next((one for one in self.receiving if one.name == backend), None)
        if keeper is None:
            # Made under other settings: a service sends for its own inboxes only.
            keeper = self.default
            if isinstance(keeper, MakesInboxes):
                return None
        if keeper.name in self._derived:
            return self._derived[keeper.name]
        return None if isinstance(keeper, DeliversWithin) and keeper.delivers_within else keeper

    @property
    def reaches_outside(self) -> bool:
        """Whether any inbox has a way to others."""
        return any(self.outside(one.name) is not None for one in self.receiving)

    def named(self, name: str | None) -> Backend | None:
        """Any of them by its name: to be asked what became of mail that it had."""
        return next((one for one in self if one.name == name), None)

    def __iter__(self) -> Iterator[Backend]:
        yield from self.receiving
        if self._sends_for_all is not None and self._sends_for_all not in self.receiving:
            yield self._sends_for_all
        yield from self._derived.values()

    async def aclose(self) -> None:
        """Close all of them."""
        for one in self:
            await one.aclose()
