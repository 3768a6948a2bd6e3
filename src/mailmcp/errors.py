"""The family of errors, drawn once.

Every error has two audiences. ``str(error)`` (the same as ``error.public``) is one sentence for the assistant and
the human: what happened and what to do next, without secrets, bodies or provider replies. The cause chained with
``raise … from`` is for the log.

    MailError
    ├── BadInput            an argument cannot be used; the sentence names it
    │   ├── BadAddress      not an e-mail address we may use
    │   └── AddressTaken    create_inbox asked for an address that exists
    ├── NotFound            no such inbox, thread, message, draft, part or cursor
    ├── Refused             policy said no; carries the reasons
    ├── Unsupported         the backend cannot express what was asked: never dropped in silence
    ├── StoreUnavailable    the database cannot be read or written now
    │   ├── StoreFull       no room on the disk
    │   ├── StoreDamaged    the database can be read in part only; `mailmcp doctor --repair` saves that
    │   └── NewerDatabase   written by a newer mailmcp; this one will not touch it
    ├── BackendError        the mail provider or listener failed; of a send: nothing left, and nothing will
    │   ├── TryLater        nothing left this time: trying again may help
    │   └── NoAnswer        the message was handed over and the answer was lost: it may have left
    └── ConfigError         a setting is wrong; deliberately not caught where MailError of a call is

"""

from __future__ import annotations

import shlex
from pathlib import Path


class MailError(Exception):
    """Base of the family: one public sentence."""

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public


class BadInput(MailError):
    """An argument cannot be used."""


class BadAddress(BadInput):
    """Not an e-mail address that can be used here."""


class AddressTaken(BadInput):
    """The wanted inbox exists already."""


class NotFound(MailError):
    """What the call names does not exist (here, or for this caller).

    ``at_terminal`` is the sentence for somebody who types commands and has no tools.
    """

    def __init__(self, public: str, at_terminal: str | None = None) -> None:
        super().__init__(public)
        self.at_terminal = at_terminal or public


class Refused(MailError):
    """Policy said no.

    ``reasons`` are the sentences of each rule that refused, in the order they were judged.
    """

    def __init__(self, public: str, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(public)
        self.reasons = reasons or (public,)


class Unsupported(MailError):
    """The backend cannot express what was asked."""


class StoreUnavailable(MailError):
    """The database cannot be read or written at the moment."""


class StoreFull(StoreUnavailable):
    """The disk that holds the database is full."""


class StoreDamaged(StoreUnavailable):
    """The database of a home is damaged.

    ``home`` is its folder: a door that knows how mailmcp was started says the whole command.
    """

    def __init__(self, public: str, home: Path | None = None) -> None:
        super().__init__(public)
        self.home = home

    @classmethod
    def of(cls, home: Path, repair: str | None = None) -> StoreDamaged:
        """The error with its sentence; ``repair`` is the command that saves what can be read."""
        repair = repair or f"mailmcp doctor --repair --home {shlex.quote(str(home))}"
        return cls(
            f"The database of this home is damaged: close every program that uses it, and type `{repair}` in a"
            " terminal; that saves what can be read, and keeps the damaged file.",
            home,
        )


class NewerDatabase(StoreUnavailable):
    """The database was written by a newer mailmcp."""


class BackendError(MailError):
    """A mail provider, relay or listener failed."""


class TryLater(BackendError):
    """Nothing left; the same may succeed later."""


class NoAnswer(BackendError):
    """The message was handed over, and nobody said what became of it."""


class ConfigError(MailError):
    """A setting is wrong."""
