"""The embedded default: an SMTP server inside the process, and mail between the inboxes of this home.

It accepts mail for existing inboxes only, and says 250 only after the store has committed the message. With a domain
and an MX record it is a real receiving server, which offers STARTTLS once the settings name a certificate. It offers no
AUTH: mail to an inbox needs no password anywhere.

What leaves by ``send`` must stay in this home; another backend is needed to reach anybody else.
"""

from __future__ import annotations

import asyncio
import errno
import importlib
import logging
import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from mailmcp.backends.contract import MAX_MESSAGE_BYTES, AboutToCommit, Listener, Reception
from mailmcp.backends.holders import holder_of
from mailmcp.backends.transaction import Limits, lower_domain
from mailmcp.config import Settings
from mailmcp.errors import BackendError, StoreUnavailable, TryLater
from mailmcp.language.domains import ascii_host
from mailmcp.models import Arrival, Envelope, OutboundMail, Receipt, Source

if TYPE_CHECKING:
    from mailmcp.backends.desk import Desk

log = logging.getLogger("mailmcp.backends.local")

CLOSING_SECONDS, AGAIN_SECONDS = 0.5, 0.005
"""So long the port of a process that has just died may be taken still, and between two tries for it."""


class LocalBackend:
    """Receives by SMTP, and delivers between the inboxes of one home."""

    name = "local"
    supports = frozenset(
        {"mime", "cc", "bcc", "html", "attachments", "inline", "reply_to", "in_reply_to", "forward", "send_at"}
    )
    """All of it: the MIME bytes themselves are delivered (``mime``), and the outbox keeps the hour (``send_at``)."""
    delivers_within = True

    def __init__(self, settings: Settings, reception: Reception, limits: Limits | None = None) -> None:
        self._settings = settings.local
        self._home = settings.home
        self._reception = reception
        self._limits = limits or Limits()
        self._listeners: list[LocalListener] = []
        self._takes_over = False

    @property
    def domain(self) -> str:
        """The domain of new inboxes, and the name that the server greets with."""
        return self._settings.domain

    def load_listener(self) -> None:
        """Import aiosmtpd and what it needs: not at the start of every window, and not only when a leader has died."""
        importlib.import_module("mailmcp.backends.conversation")
        self._takes_over = True

    async def listen(self) -> Listener:
        """Start the SMTP server on the running event loop.

        Raises BackendError when the address cannot be listened on or the certificate not be used; it says what to do.
        """
        from mailmcp.backends.conversation import answer
        from mailmcp.backends.desk import Desk

        certificate = None
        if self._settings.tls_cert is not None:
            from mailmcp.backends.tls import Certificate

            certificate = Certificate(self._settings.tls_cert, self._settings.tls_key)
            await asyncio.to_thread(certificate.context)  # what cannot be used is refused now, not at the first mail
        desk = Desk(
            self.name,
            self.domain,
            self._reception,
            self._limits,
            self._home,
            hostname=ascii_host(self._settings.hostname or self.domain) or None,
            certificate=certificate,
        )
        host, port = self._settings.smtp_host, self._settings.smtp_port
        try:
            server = await self._served(partial(answer, desk), host, port)
        except (OSError, UnicodeError) as error:
            holder = None
            if getattr(error, "errno", None) == errno.EADDRINUSE:
                holder = await asyncio.to_thread(holder_of, port)
            raise BackendError(_cannot_listen(host, port, error, holder)) from error
        listener = LocalListener(server, desk)
        self._listeners.append(listener)
        log.info("listening for mail on %s port %d", listener.host, listener.port)
        return listener

    async def _served(self, protocol: Callable[[], asyncio.Protocol], host: str, port: int) -> asyncio.Server:
        """The server. A process that dies gives its lock back before its port: who takes over tries for a moment."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + (CLOSING_SECONDS if self._takes_over else 0)
        self._takes_over = False
        while True:
            try:
                # Never SO_REUSEPORT: two processes would share the port and split the mail between them.
                return await loop.create_server(protocol, host, port, reuse_port=False)
            except OSError as error:
                if error.errno != errno.EADDRINUSE or loop.time() >= give_up:
                    raise
            await asyncio.sleep(AGAIN_SECONDS)

    async def send(self, mail: OutboundMail, key: str, about_to_commit: AboutToCommit) -> Receipt:
        """Deliver to inboxes of this home. A repeat needs no ``key``: the reception stores a message once.

        Raises BackendError when no recipient is an inbox here or when the message is larger than MAX_MESSAGE_BYTES,
        TryLater when the store cannot take it: then nothing was delivered.
        """
        if len(mail.mime) > MAX_MESSAGE_BYTES:
            raise BackendError(f"The message is larger than {MAX_MESSAGE_BYTES} bytes; nothing was delivered.")
        recipients = tuple(dict.fromkeys(lower_domain(recipient) for recipient in mail.recipients))
        try:
            known = tuple([recipient for recipient in recipients if await self._reception.knows(recipient)])
            if not known:
                raise BackendError(
                    f"None of the recipients ({', '.join(recipients[:5])}) is an inbox of this home, and the local"
                    " backend delivers nowhere else: mail to the internet needs a sending backend, set"
                    " MAILMCP_SEND_BACKEND."
                )
            arrival = self._arrival(mail, known)
            await about_to_commit(OutboundMail(mime=mail.mime, mail_from=mail.mail_from, recipients=known))
            await self._reception.accept(arrival)
        except StoreUnavailable as error:
            raise TryLater(f"Nothing was delivered: {error.public}") from error
        refused = tuple((one, "It is not an inbox of this home.") for one in recipients if one not in known)
        return Receipt(accepted=known, refused=refused)

    async def find_sent(self, mail: OutboundMail, key: str) -> Receipt | None:
        """Which inboxes have the message: the store is asked, so that this can always be told."""
        try:
            accepted = await self._reception.holds(self._arrival(mail, mail.recipients))
        except StoreUnavailable as error:
            raise BackendError(f"It cannot be told what was delivered: {error.public}") from error
        refused = tuple((one, "It is not an inbox of this home.") for one in mail.recipients if one not in accepted)
        return Receipt(accepted=accepted, refused=refused) if accepted else None

    def _arrival(self, mail: OutboundMail, recipients: tuple[str, ...]) -> Arrival:
        envelope = Envelope(mail_from=mail.mail_from, recipients=recipients, received_at=datetime.now(UTC))
        return Arrival(raw=mail.mime, envelope=envelope, source=Source.SUBMITTED, backend=self.name)

    async def aclose(self) -> None:
        """Close every listener that is still open; safe to call twice."""
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            await listener.aclose()


class LocalListener:
    """The listening server, until it is closed."""

    def __init__(self, server: asyncio.Server, desk: Desk) -> None:
        address = server.sockets[0].getsockname()
        self._host = str(address[0])
        self._port = int(address[1])
        self._server = server
        self._desk = desk

    @property
    def host(self) -> str:
        """The address it really listens on."""
        return self._host

    @property
    def port(self) -> int:
        """The port it really listens on."""
        return self._port

    async def aclose(self) -> None:
        """Stop listening now, and part with every peer.

        Idle peers hear 421 at once. A message under way (from DATA to its reply) gets ``Limits.grace`` seconds, then
        its peer hears 421 as well; what was not answered with 250 the peer sends again.
        """
        if self._desk.closing:
            return
        self._desk.closing = True
        self._server.close()
        try:
            for conversation in tuple(self._desk.conversations):
                conversation.leave()
            await self._ended(self._desk.limits.grace)
        finally:
            for conversation in tuple(self._desk.conversations):
                conversation.break_off()
            for storing in tuple(self._desk.storing):
                storing.cancel()
            await self._ended(1)
        log.info("stopped listening on %s port %d", self._host, self._port)

    async def _ended(self, at_most: float) -> None:
        conversations = (conversation.task for conversation in self._desk.conversations)
        tasks = {*self._desk.storing, *(task for task in conversations if task is not None)}
        if tasks:
            await asyncio.wait(tasks, timeout=at_most)


def _cannot_listen(host: str, port: int, error: OSError | UnicodeError, holder: str | None = None) -> str:
    """One sentence for people: which address, why, and what to do."""
    start = f"The embedded mail server cannot listen on {host} port {port}"
    code = error.errno if isinstance(error, OSError) else None
    if code == errno.EADDRINUSE:
        holder = holder or "another program"
        return f"{start}: {holder} uses it; set MAILMCP_LOCAL__SMTP_PORT (0 picks a free one) or stop that program."
    if code == errno.EACCES:
        return (
            f"{start}: the system does not allow it (ports below 1024 need more rights); set MAILMCP_LOCAL__SMTP_PORT."
        )
    if code in (None, errno.EADDRNOTAVAIL) or isinstance(error, socket.gaierror):
        return f"{start}: this machine has no such address; set MAILMCP_LOCAL__SMTP_HOST."
    return f"{start}: {os.strerror(code)}; set MAILMCP_LOCAL__SMTP_HOST and MAILMCP_LOCAL__SMTP_PORT."
