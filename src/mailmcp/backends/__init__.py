"""The only room that speaks to mail providers: one file, one test file and one row of ``BACKENDS`` each.

``contract.py`` says what a backend promises; ``relays.py`` is the table of relays that ``smtp.py`` knows by name;
``transaction.py``, ``desk.py`` and ``conversation.py`` are the SMTP server that ``local.py`` listens with; ``mailbox``
holds the parts of ``imap.py``.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from mailmcp.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mailmcp.backends.contract import Backend, Reception
    from mailmcp.config import Settings


@dataclass(frozen=True, slots=True)
class Row:
    """One backend that can be chosen."""

    name: str
    """What MAILMCP_BACKEND says."""
    class_path: str
    """``module:Class``; imported only when it is chosen."""
    summary: str
    """One sentence for people."""
    extra: str | None = None
    """The extra of the package that brings its libraries, None when nothing more is needed."""


BACKENDS: tuple[Row, ...] = (
    Row(
        "local",
        "mailmcp.backends.local:LocalBackend",
        "An SMTP server inside the process, and mail between the inboxes of this home; needs no account.",
    ),
    Row(
        "imap",
        "mailmcp.backends.imap:ImapBackend",
        "Reads a mailbox that you have elsewhere by IMAP; the smtp backend sends for it.",
    ),
    Row("smtp", "mailmcp.backends.smtp:SmtpBackend", "Sends through a relay by SMTP; it receives nothing."),
)


def open_backend(name: str, settings: Settings, reception: Reception) -> Backend:
    """Make the backend called ``name``; nothing is connected or listened on yet.

    Raises ConfigError when there is no such backend, or when its libraries are not installed.
    """
    row = next((row for row in BACKENDS if row.name == name), None)
    if row is None:
        known = ", ".join(row.name for row in BACKENDS)
        raise ConfigError(f"There is no backend {name!r}; MAILMCP_BACKEND can be: {known}.")
    module, _, class_name = row.class_path.partition(":")
    try:
        loaded = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if row.extra is None:
            raise
        raise ConfigError(f"The backend {name} needs more libraries: install mailmcp[{row.extra}].") from error
    make = cast("Callable[[Settings, Reception], Backend]", getattr(loaded, class_name))
    return make(settings, reception)
