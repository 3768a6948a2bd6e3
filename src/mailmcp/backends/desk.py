"""What all conversations of one listener share, and the answers about mail: aiosmtpd's handler.

The hooks (``handle_MAIL`` …) are called by the library with the conversation, its session and its envelope, once the
command's syntax is right; what they return is the reply.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from mailmcp.backends.contract import Reception
from mailmcp.backends.transaction import NO_ROOM, NOT_NOW, NULL_PATH, Limits, lower_domain
from mailmcp.errors import NotFound, StoreFull, StoreUnavailable
from mailmcp.models import Arrival

if TYPE_CHECKING:
    from aiosmtpd.smtp import Envelope, Session

    from mailmcp.backends.conversation import Conversation
    from mailmcp.backends.tls import Certificate

log = logging.getLogger("mailmcp.backends.local")

NEEDS_SMTPUTF8 = "553 5.6.7 An address beyond ASCII needs SMTPUTF8 in MAIL FROM"


class Desk:
    """What the conversations of one listener share: who they are, where mail goes, and how much is going on."""

    def __init__(
        self,
        backend: str,
        domain: str,
        reception: Reception,
        limits: Limits,
        folder: Path,
        *,
        hostname: str | None = None,
        certificate: Certificate | None = None,
    ) -> None:
        self.backend = backend
        self.domain = domain
        self.hostname = hostname or domain
        self.certificate = certificate
        """With it STARTTLS is offered."""
        self.reception = reception
        self.limits = limits
        self.folder = folder
        """Where the files of long messages are while they come in."""
        self.closing = False
        self.in_memory = 0
        """Bytes of mail data that are under way in memory, of all conversations together."""
        self.in_files = 0
        """The same in files."""
        self.conversations: set[Conversation] = set()
        self.storing: set[asyncio.Task[str]] = set()
        """Messages that came whole and are on their way into the store."""
        self._silent_until = 0.0

    def turned_one_away(self) -> None:
        """Say so in the log, but not of each of thousands."""
        now = asyncio.get_running_loop().time()
        if now >= self._silent_until:
            log.warning("turned a peer away: %d are connected already", len(self.conversations))
            self._silent_until = now + self.limits.silence

    async def handle_HELO(self, server: Conversation, session: Session, envelope: Envelope, name: str) -> str:
        if not _is_host_name(name):
            return "501 5.5.4 Syntax: HELO hostname"
        session.host_name = name
        return f"250 {self.hostname}"

    async def handle_EHLO(
        self, server: Conversation, session: Session, envelope: Envelope, name: str, _lines: list[str]
    ) -> list[str]:
        if not _is_host_name(name):
            return ["501 5.5.4 Syntax: EHLO hostname"]
        session.host_name = name
        extensions = ["PIPELINING", f"SIZE {self.limits.message}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        if self.certificate is not None and server.tls is None:
            extensions.append("STARTTLS")
        # One reply, so that it leaves in one packet.
        return ["\r\n".join([f"250-{self.hostname}", *(f"250-{word}" for word in extensions), "250 HELP"])]

    async def handle_MAIL(
        self,
        server: Conversation,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if not address.isascii() and not envelope.smtp_utf8:
            return NEEDS_SMTPUTF8
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self,
        server: Conversation,
        session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if address == NULL_PATH:
            return "501 5.1.3 A recipient is needed"
        if not address.isascii() and not envelope.smtp_utf8:
            return NEEDS_SMTPUTF8
        recipient = lower_domain(address if "@" in address else f"{address}@{self.domain}")
        if recipient in envelope.rcpt_tos:
            return "250 2.1.5 OK"
        if len(envelope.rcpt_tos) >= self.limits.recipients:
            return f"452 4.5.3 At most {self.limits.recipients} recipients in one message"
        try:
            known = await self.reception.knows(recipient)
            sender = "" if envelope.mail_from in (None, NULL_PATH) else envelope.mail_from
            refused = known and await self.reception.refuses(recipient, sender)
        except StoreUnavailable as error:
            return _store_reply(error)
        if not known:
            log.info("%s: refused the recipient %r: no such inbox", server.peer, recipient)
            return "550 5.1.1 There is no such inbox here"
        if refused:
            log.info("%s: refused mail to %r: the inbox does not take mail of its sender", server.peer, recipient)
            return "550 5.7.1 This inbox does not take mail of this sender"
        envelope.rcpt_tos.append(recipient)
        return "250 2.1.5 OK"

    def store(self, arrival: Arrival) -> asyncio.Task[str]:
        """Hand a message in; the task gives the reply to its sender, and lives on when that sender hangs up."""
        task = asyncio.create_task(self._store(arrival), name="mailmcp-smtp-store")
        self.storing.add(task)
        task.add_done_callback(self.storing.discard)
        return task

    async def _store(self, arrival: Arrival) -> str:
        peer, size, count = arrival.envelope.peer, len(arrival.raw), len(arrival.envelope.recipients)
        try:
            await self.reception.accept(arrival)
        except StoreUnavailable as error:
            log.warning("%s: could not store a message of %d bytes: %s", peer, size, error)
            return _store_reply(error)
        except NotFound:
            log.info("%s: refused a message: its recipients' inboxes were deleted meanwhile", peer)
            return "550 5.1.1 There is no such inbox here any more"
        except Exception as error:
            log.error("%s: could not store a message of %d bytes: %s", peer, size, in_a_line(error))
            return "451 4.3.0 The message could not be stored; try again later"
        log.info("%s: stored a message of %d bytes for %d recipients", peer, size, count)
        return "250 2.0.0 OK, stored"


def _is_host_name(name: str) -> bool:
    """Whether it can stand in a Received line; names that do not exist are none of our business (RFC 5321 §4.1.4)."""
    return name.isprintable() and " " not in name and len(name) <= 255


def _store_reply(error: StoreUnavailable) -> str:
    return NO_ROOM if isinstance(error, StoreFull) else NOT_NOW


def in_a_line(error: BaseException) -> str:
    """An unforeseen error for the log: its kind and the start of its words, line breaks escaped."""
    return f"{type(error).__name__}: {str(error)[:200]!r}"
