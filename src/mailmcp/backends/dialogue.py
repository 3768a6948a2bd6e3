"""The dialogue in which a message is handed to an SMTP server (RFC 5321 §3.3), once a connection to it stands.

The final dot is a step of its own: right before it the mailroom writes down that the message may have left. What
fails before the dot has certainly not left, and what gets no answer after it may have.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from dataclasses import dataclass, field

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponse, SMTPResponseException

from mailmcp.backends import meanings
from mailmcp.backends.contract import MAX_MESSAGE_BYTES, AboutToCommit
from mailmcp.errors import BackendError, NoAnswer, TryLater
from mailmcp.language.domains import ascii_host
from mailmcp.models import OutboundMail, Receipt

log = logging.getLogger("mailmcp.backends")

TIMEOUT_SECONDS = 60.0
"""For each reply; the one to the final dot gets more (RFC 5321 §4.5.3.2.6)."""
DOT_SECONDS = 600.0
PIECE_BYTES = 64 * 1024
LONGEST_WORDS = 200
_DOTS = re.compile(rb"^\.", re.MULTILINE)
_LINE_ENDS = re.compile(rb"\r\n|\r|\n")
_LINKS = re.compile(r"\b[a-z][a-z+.-]*://\S+|\bwww\.\S+", re.IGNORECASE)
_NOBODY = re.compile(r"\s*5\.1\.(?:1|2|3|6|10)\b")  # RFC 3463 §3.2, RFC 7505 §4.2
_UNSAFE = re.compile(r"[\s<>\x00-\x1f\x7f]")


def hang_up(client: aiosmtplib.SMTP) -> None:
    """End a connection at once and without a word: after an error QUIT might be read as a line of the mail.

    To close it politely would keep an encrypted one open for as long as the other side owes its own goodbye.
    """
    if isinstance(client.transport, asyncio.Transport):
        client.transport.abort()
    client.close()


@dataclass(slots=True)
class _Said:
    """What the relay said of each recipient."""

    taken: list[str] = field(default_factory=list[str])
    refused: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    postponed: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    unreachable: set[str] = field(default_factory=set[str])

    def receipt(self, accepted: bool = False) -> Receipt:
        return Receipt(
            accepted=tuple(self.taken) if accepted else (),
            refused=tuple(self.refused),
            postponed=tuple(self.postponed),
            unreachable=frozenset(self.unreachable),
        )


class Dialogue:
    """One message over one connection.

    ``peer`` is what the server is called in sentences; ``quotes`` whether its words are told, as those of a relay are
    that the user chose: a stranger's are not.
    """

    def __init__(
        self,
        client: aiosmtplib.SMTP,
        *,
        peer: str = "the relay",
        secret: str = "",
        quotes: bool = True,
        timeout: float = TIMEOUT_SECONDS,
        dot_timeout: float = DOT_SECONDS,
    ) -> None:
        self._client = client
        self._peer = peer
        self._secret = secret
        self._quotes = quotes
        self._timeout = timeout
        self._dot_timeout = dot_timeout

    async def hand_over(self, mail: OutboundMail, key: str, about_to_commit: AboutToCommit) -> Receipt:
        """Exactly these bytes to exactly these recipients, each with a result of its own; and part with the server.

        Raises TryLater or BackendError when nothing left, NoAnswer when it may have. A recipient of whom nothing was
        said after the final dot is in no part of the receipt.
        """
        said = await self._addressed(mail, key)
        receipt = await self._handed_over(mail, said, about_to_commit) if said.taken else said.receipt()
        await self._parted()
        return receipt

    async def _addressed(self, mail: OutboundMail, key: str) -> _Said:
        """MAIL and RCPT. Raises TryLater or BackendError when the message as such is not taken."""
        sender, recipients = _on_wire(mail.mail_from), {one: _on_wire(one) for one in mail.recipients}
        options = self._options(mail, (sender, *recipients.values()))
        if self._client.supports_extension("dsn"):
            options += ["RET=HDRS", f"ENVID={key}"]  # what comes back names it, whoever changes the header on the way
        said = _Said()
        try:
            await self._client.mail(sender, options=options, encoding="utf-8")
            for recipient, written in recipients.items():
                try:
                    await self._client.rcpt(written, encoding="utf-8")
                except SMTPResponseException as error:
                    if error.code == 421:
                        raise
                    (said.refused if error.code >= 500 else said.postponed).append((recipient, self._words(error)))
                    if error.code >= 500 and _NOBODY.match(error.message):
                        said.unreachable.add(recipient)
                else:
                    said.taken.append(recipient)
        except SMTPResponseException as error:
            kind = BackendError if error.code >= 500 else TryLater
            raise kind(f"Nothing left: {self._words(error)}") from error
        except (SMTPException, OSError) as error:
            raise TryLater(f"Nothing left: {self._peer} ended the connection.") from error
        return said

    def _options(self, mail: OutboundMail, addresses: tuple[str, ...]) -> list[str]:
        head = mail.mime.partition(b"\r\n\r\n")[0]
        options: list[str] = []
        if not mail.mime.isascii():
            if not self._client.supports_extension("8bitmime"):
                raise BackendError(f"Nothing left: {self._peer} takes no 8-bit text (8BITMIME), which this mail has.")
            options.append("BODY=8BITMIME")
        if not head.isascii() or not all(one.isascii() for one in addresses):
            if not self._client.supports_extension("smtputf8"):
                raise BackendError(
                    f"Nothing left: an address with letters beyond ASCII needs SMTPUTF8, which {self._peer} does not"
                    " offer."
                )
            options.append("SMTPUTF8")
        most = self._client.esmtp_extensions.get("size", "")
        if most.isdecimal() and 0 < int(most) < len(mail.mime):
            raise BackendError(f"Nothing left: {self._peer} takes at most {most} bytes, and this mail is larger.")
        return options

    async def _handed_over(self, mail: OutboundMail, said: _Said, about_to_commit: AboutToCommit) -> Receipt:
        try:
            reply = await self._client.execute_command(b"DATA")
            if reply.code != 354:
                return self._not_taken(said, reply)
            content = quoted(mail.mime)
            await self._written(content)
        except (SMTPException, OSError) as error:
            raise TryLater(f"Nothing left: {self._peer} ended the connection.") from error
        await about_to_commit(
            OutboundMail(mime=unquoted(content), mail_from=mail.mail_from, recipients=tuple(said.taken))
        )
        if not self._client.is_connected:
            raise TryLater(f"Nothing left: {self._peer} ended the connection before the end of the mail.")
        try:
            reply = await self._client.execute_command(b".", timeout=self._dot_timeout)
        except (SMTPException, OSError) as error:
            if not (said.refused or said.postponed):
                raise NoAnswer(f"{_capital(self._peer)} took the mail and gave no answer.") from error
            return said.receipt()
        if 200 <= reply.code < 300:
            return said.receipt(accepted=True)
        if not 400 <= reply.code < 600:  # neither yes nor no: it may have the mail, so it is not given it again
            if not (said.refused or said.postponed):
                raise NoAnswer(f"{_capital(self._peer)} took the mail and gave an answer that means nothing.")
            return said.receipt()
        return self._not_taken(said, reply)

    def _not_taken(self, said: _Said, reply: SMTPResponse) -> Receipt:
        group = said.refused if reply.code >= 500 else said.postponed
        group += [(one, self._words(reply)) for one in said.taken]
        return said.receipt()

    async def _written(self, content: bytes) -> None:
        """All of it but the dot is on its way: the moment of which nobody can tell stays short."""
        protocol = self._client.protocol
        for start in range(0, len(content), PIECE_BYTES):
            if protocol is None:
                raise aiosmtplib.SMTPServerDisconnected("Connection lost")
            protocol.write(content[start : start + PIECE_BYTES])
            transport = protocol.transport
            async with asyncio.timeout(self._timeout):
                while isinstance(transport, asyncio.WriteTransport) and transport.get_write_buffer_size():
                    if transport.is_closing():
                        raise aiosmtplib.SMTPServerDisconnected("Connection lost")
                    await asyncio.sleep(0.002)

    def _words(self, reply: SMTPResponse | SMTPResponseException) -> str:
        return words(reply, peer=self._peer, secret=self._secret) if self._quotes else meaning(reply, peer=self._peer)

    async def _parted(self) -> None:
        try:
            if self._client.is_connected:
                async with asyncio.timeout(2):
                    await self._client.quit()
        except (SMTPException, OSError):  # what was said before counts
            pass


def check_size(mail: OutboundMail) -> None:
    """Raises BackendError for a message larger than any way out takes."""
    if len(mail.mime) > MAX_MESSAGE_BYTES:
        raise BackendError(f"The message is larger than {MAX_MESSAGE_BYTES} bytes; nothing was sent.")


def words(reply: SMTPResponse | SMTPResponseException, *, peer: str, secret: str = "") -> str:
    """What a server said, as one sentence without links, marks and our own secrets."""
    said = "".join(one if one.isprintable() else " " for one in reply.message)
    said = _LINKS.sub("[link]", said)
    if secret:
        said = said.replace(secret, "[password]")
    said = " ".join(said.replace('"', "'").split())[:LONGEST_WORDS]
    return f'{_capital(peer)} said {reply.code}: "{said}".'


def meaning(reply: SMTPResponse | SMTPResponseException, *, peer: str) -> str:
    """What a stranger's server said, by its code."""
    log.info("%s", words(reply, peer=peer))
    return f"{peer} said {meanings.of(reply.code, reply.message)}."


def tls_trouble(error: BaseException | None) -> ssl.SSLError | None:
    """The trouble with TLS that an error comes from, if it does."""
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error


def quoted(mime: bytes) -> bytes:
    """The message as it stands between DATA and the final dot: every line ended by CRLF, a leading dot doubled."""
    lines = _LINE_ENDS.sub(b"\r\n", mime)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    return _DOTS.sub(b"..", lines)


def unquoted(content: bytes) -> bytes:
    """What a server makes of it (RFC 5321 §4.5.2)."""
    return _DOTS.sub(b"", content)


def _on_wire(address: str) -> str:
    """An address as it may stand in an envelope: its domain in ASCII, so that fewer mails need SMTPUTF8."""
    local, _, domain = address.rpartition("@")
    if not local or _UNSAFE.search(address):
        raise BackendError(f"Nothing left: {address[:60]!r} cannot stand in an envelope.")
    return f"{local}@{ascii_host(domain) or domain}"


def _capital(peer: str) -> str:
    """At the head of a sentence; a host's name stays as it is."""
    return f"The{peer[3:]}" if peer.startswith("the ") else peer
