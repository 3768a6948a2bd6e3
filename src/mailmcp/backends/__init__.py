"""The only room that speaks to mail providers: one file, one test file and one row of ``BACKENDS`` each.

``contract.py`` says what a backend promises; ``dialogue.py`` is what ``smtp.py`` and ``direct.py`` say to a server, and
``meanings.py`` what its answers mean; ``relays.py`` is the table of relays that ``smtp.py`` knows by name, and
``oauth.py`` and ``forms.py`` have access tokens; ``exchangers.py`` and ``sts.py`` find the servers that ``direct.py``
may speak to; ``https.py`` is one request to a web server; ``transaction.py``, ``desk.py`` and ``conversation.py`` are
the SMTP server that ``local.py`` listens with; ``mailbox`` holds the parts of ``imap.py``. Services that keep inboxes
elsewhere promise what ``services.py`` says; ``http.py`` and ``calls.py`` are their shared half, ``streams.py`` and
``sockets.py`` that of those that tell of news by themselves, ``fields.py`` lies between MIME and what they take.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from mailmcp.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mailmcp.authenticity.dns import Resolver
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
    asks_dns: bool = False
    """Whether it is made with the mailroom's resolver besides."""
    rewrites: str = ""
    """What the service changes in a mail that was approved, in a sentence; nothing when the wire is the bytes."""
    proven: str = "real servers"
    """What it was tried with; of a service whose own client could not be had: not proven against the service."""


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
    Row(
        "agentmail",
        "mailmcp.backends.agentmail:AgentmailBackend",
        "AgentMail (agentmail.to): inboxes on the internet by an API key.",
        proven="a stand-in that its own client drives",
        rewrites="AgentMail gives the mail its own Message-ID and Date, shows the name that the inbox has there, and on"
        " its shared domain adds a List-Unsubscribe field, on free plans a footer.",
    ),
    Row(
        "e2a",
        "mailmcp.backends.e2a:E2aBackend",
        "e2a (e2a.dev): inboxes by an API key, with its evidence about senders; it may hold mail for a review there.",
        proven="a stand-in that its own client drives",
        rewrites="e2a gives the mail its own Message-ID, Date and References, leaves out the names of recipients, shows"
        " the name that the inbox has there, and names what an answer answers only where it would address it alike.",
    ),
    Row(
        "mailkite",
        "mailmcp.backends.mailkite:MailKiteBackend",
        "MailKite (mailkite.dev): addresses of a domain by an API key, with its verdicts about senders.",
        proven="a stand-in that its own client drives",
        rewrites="MailKite leaves out the names of recipients, and may give the mail its own Message-ID.",
    ),
    Row(
        "agentsend",
        "mailmcp.backends.agentsend:AgentSendBackend",
        "AgentSend (agentsend.io): inboxes by an API key.",
        proven="not proven against the service",
        rewrites="AgentSend gives the mail its own Message-ID, Date and References, leaves out the names of people, and"
        " names the newest message of its own thread as what an answer answers.",
    ),
    Row("smtp", "mailmcp.backends.smtp:SmtpBackend", "Sends through a relay by SMTP; it receives nothing."),
    Row(
        "direct",
        "mailmcp.backends.direct:DirectBackend",
        "Sends to the recipients' own servers, for a domain of your own; it receives nothing.",
        asks_dns=True,
    ),
)


def open_backend(name: str, settings: Settings, reception: Reception, resolver: Resolver | None = None) -> Backend:
    """Make the backend called ``name``; nothing is connected or listened on yet.

    Raises ConfigError when there is no such backend, when its libraries are not installed, or when it sends only and
    is named as the one that receives (then there is no ``resolver``).
    """
    row = next((row for row in BACKENDS if row.name == name), None)
    if row is None:
        known = ", ".join(row.name for row in BACKENDS)
        raise ConfigError(f"There is no backend {name!r}; MAILMCP_BACKEND can be: {known}.")
    if row.asks_dns and resolver is None:
        raise ConfigError(f"The backend {name} receives nothing: set MAILMCP_SEND_BACKEND to it, not MAILMCP_BACKEND.")
    make = class_of(row)
    return make(settings, reception, resolver) if row.asks_dns else make(settings, reception)


def class_of(row: Row) -> Callable[..., Backend]:
    """The class of a row, loaded. Raises ConfigError when its libraries are not installed."""
    module, _, class_name = row.class_path.partition(":")
    try:
        loaded = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if row.extra is None:
            raise
        raise ConfigError(f"The backend {row.name} needs more libraries: install mailmcp[{row.extra}].") from error
    return cast("Callable[..., Backend]", getattr(loaded, class_name))


def open_backends(settings: Settings, reception: Reception) -> tuple[Backend, ...]:
    """Make all backends that receive; the first is the default. Raises ConfigError as ``open_backend`` does."""
    if not settings.backends:
        raise ConfigError("The setting MAILMCP_BACKEND names no backend: leave it out, or name one such as local.")
    return tuple(open_backend(name, settings, reception) for name in settings.backends)


def open_sender(settings: Settings, receiving: Backend, reception: Reception, resolver: Resolver) -> Backend | None:
    """The backend that sends, when it is not the one that receives. Raises ConfigError as ``open_backend`` does."""
    from mailmcp.backends.contract import ReadsMailboxes, TakesTokens

    name = settings.send_backend
    if name is not None and name == receiving.name:
        return None
    if name is not None:
        return open_backend(name, settings, reception, resolver)
    if not isinstance(receiving, ReadsMailboxes):
        return None
    with_relay = receiving.sends_with()
    if with_relay is None:
        return None
    sending = open_backend("smtp", with_relay, reception, resolver)
    if (token := receiving.sending_token()) is not None and isinstance(sending, TakesTokens):
        sending.log_in_with(token)
    return sending
