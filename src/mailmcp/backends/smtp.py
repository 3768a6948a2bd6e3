"""Submission to a relay by SMTP (RFC 6409): STARTTLS, TLS or neither, one connection for each message.

The final dot is a step of its own: right before it the mailroom writes down that the message may have left. What
fails before the dot has certainly not left, and what gets no answer after it may have.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import ssl
from dataclasses import dataclass, field

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponse, SMTPResponseException

from mailmcp.backends.contract import MAX_MESSAGE_BYTES, AboutToCommit, Reception, Token
from mailmcp.backends.relays import RELAYS
from mailmcp.config import Settings, SmtpSettings
from mailmcp.errors import BackendError, ConfigError, NoAnswer, TryLater
from mailmcp.language.domains import ascii_host
from mailmcp.models import OutboundMail, Receipt

TIMEOUT_SECONDS = 60.0
"""For each reply; the one to the final dot gets more (RFC 5321 §4.5.3.2.6)."""
DOT_SECONDS = 600.0
PIECE_BYTES = 64 * 1024
LONGEST_WORDS = 200
_DOTS = re.compile(rb"^\.", re.MULTILINE)
_LINE_ENDS = re.compile(rb"\r\n|\r|\n")
_LINKS = re.compile(r"\b[a-z][a-z+.-]*://\S+|\bwww\.\S+", re.IGNORECASE)
_UNSAFE = re.compile(r"[\s<>\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Relayer:
    """The relay as the settings name it."""

    host: str
    port: int
    security: str


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


class SmtpBackend:
    """Sends through one relay; it receives nothing."""

    name = "smtp"
    supports = frozenset(
        {"mime", "cc", "bcc", "html", "attachments", "inline", "reply_to", "in_reply_to", "forward", "send_at"}
    )

    def __init__(self, settings: Settings, reception: Reception) -> None:
        self._settings = settings.smtp
        self._relay = relay_of(settings.smtp)
        self._token: Token | None = None
        self._secret = settings.smtp.password.get_secret_value() if settings.smtp.password else ""
        self._timeout = TIMEOUT_SECONDS
        self._dot_timeout = DOT_SECONDS

    async def send(self, mail: OutboundMail, key: str, about_to_commit: AboutToCommit) -> Receipt:
        """Submit to the relay. SMTP knows no ``key``: a repeat would be a second mail.

        Raises TryLater or BackendError when nothing left, NoAnswer when it may have. A recipient of whom the relay
        said nothing after the final dot is in no part of the receipt.
        """
        if len(mail.mime) > MAX_MESSAGE_BYTES:
            raise BackendError(f"The message is larger than {MAX_MESSAGE_BYTES} bytes; nothing was sent.")
        client = aiosmtplib.SMTP(
            hostname=self._relay.host,
            port=self._relay.port,
            timeout=self._timeout,
            use_tls=self._relay.security == "tls",
            start_tls=self._relay.security == "starttls",
            tls_context=None if self._relay.security == "none" else ssl.create_default_context(),
        )
        try:
            await self._connected(client)
            said = await self._addressed(client, mail)
            receipt = await self._handed_over(client, mail, said, about_to_commit) if said.taken else said.receipt()
            await _parted(client)
            return receipt
        finally:
            client.close()  # without a word: after an error QUIT might be read as a line of the mail

    def log_in_with(self, token: Token) -> None:
        """Log in with access tokens (XOAUTH2)."""
        self._token = token

    async def aclose(self) -> None:
        """Every message has a connection of its own: none is open."""

    # --- the dialogue --------------------------------------------------------------------------------------------

    async def _connected(self, client: aiosmtplib.SMTP) -> None:
        at = f"the relay {self._relay.host} port {self._relay.port}"
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
        except (SMTPException, OSError) as error:
            raise TryLater(f"Nothing left: {self._why_unreachable(at, error)}") from error
        user, method = self._settings.username, self._settings.auth
        if user is None or self._settings.password is None:
            return
        if self._token is not None:
            method = "xoauth2"
            try:
                self._secret = await self._token()
            except BackendError as error:
                raise TryLater(f"Nothing left: {error.public}") from error
        try:
            offered = client.server_auth_methods
            if method == "auto":
                method = "plain" if "plain" in offered or "login" not in offered else "login"
            if method == "xoauth2":
                await client.auth_xoauth2(user, self._secret)
            elif method == "login":
                await client.auth_login(user, self._secret)
            else:
                await client.auth_plain(user, self._secret)
        except SMTPResponseException as error:
            # Its own words may repeat what was given, in some coding: they are not said again.
            kind = TryLater if error.code < 500 else BackendError
            raise kind(
                f"Nothing left: {at} did not accept the login ({error.code}); look at MAILMCP_SMTP__USERNAME,"
                " MAILMCP_SMTP__PASSWORD and MAILMCP_SMTP__AUTH."
            ) from None
        except (SMTPException, OSError) as error:
            raise TryLater(f"Nothing left: {at} ended the login.") from _kind(error)

    def _why_unreachable(self, at: str, error: Exception) -> str:
        chain: BaseException | None = error
        while chain is not None:
            if isinstance(chain, ssl.SSLCertVerificationError):
                return f"the certificate of {at} cannot be trusted ({chain.verify_message})."
            if isinstance(chain, ssl.SSLError):
                return f"{at} does not speak TLS as MAILMCP_SMTP__SECURITY={self._relay.security} expects."
            chain = chain.__cause__ or chain.__context__
        if isinstance(error, SMTPResponseException):
            return f"{at} did not take the connection: {self._words(error)}"
        if self._relay.security == "starttls" and isinstance(error, SMTPException) and "STARTTLS" in str(error):
            return f"{at} offers no STARTTLS; look at MAILMCP_SMTP__SECURITY and MAILMCP_SMTP__PORT."
        return f"{at} cannot be reached."

    async def _addressed(self, client: aiosmtplib.SMTP, mail: OutboundMail) -> _Said:
        """MAIL and RCPT. Raises TryLater or BackendError when the message as such is not taken."""
        sender, recipients = _on_wire(mail.mail_from), {one: _on_wire(one) for one in mail.recipients}
        options = self._options(client, mail, (sender, *recipients.values()))
        said = _Said()
        try:
            await client.mail(sender, options=options, encoding="utf-8")
            for recipient, written in recipients.items():
                try:
                    await client.rcpt(written, encoding="utf-8")
                except SMTPResponseException as error:
                    if error.code == 421:
                        raise
                    (said.refused if error.code >= 500 else said.postponed).append((recipient, self._words(error)))
                    if error.code >= 500 and "5.1.1" in error.message[:20]:
                        said.unreachable.add(recipient)
                else:
                    said.taken.append(recipient)
        except SMTPResponseException as error:
            kind = BackendError if error.code >= 500 else TryLater
            raise kind(f"Nothing left: {self._words(error)}") from error
        except (SMTPException, OSError) as error:
            raise TryLater("Nothing left: the relay ended the connection.") from error
        return said

    def _options(self, client: aiosmtplib.SMTP, mail: OutboundMail, addresses: tuple[str, ...]) -> list[str]:
        head = mail.mime.partition(b"\r\n\r\n")[0]
        options: list[str] = []
        if not mail.mime.isascii():
            if not client.supports_extension("8bitmime"):
                raise BackendError("Nothing left: the relay takes no 8-bit text (8BITMIME), which this mail has.")
            options.append("BODY=8BITMIME")
        if not head.isascii() or not all(one.isascii() for one in addresses):
            if not client.supports_extension("smtputf8"):
                raise BackendError(
                    "Nothing left: an address with letters beyond ASCII needs SMTPUTF8, which the relay does not offer."
                )
            options.append("SMTPUTF8")
        most = client.esmtp_extensions.get("size", "")
        if most.isdecimal() and 0 < int(most) < len(mail.mime):
            raise BackendError(f"Nothing left: the relay takes at most {most} bytes, and this mail is larger.")
        return options

    async def _handed_over(
        self, client: aiosmtplib.SMTP, mail: OutboundMail, said: _Said, about_to_commit: AboutToCommit
    ) -> Receipt:
        try:
            reply = await client.execute_command(b"DATA")
            if reply.code != 354:
                return self._not_taken(said, reply)
            await self._written(client, quoted(mail.mime))
        except (SMTPException, OSError) as error:
            raise TryLater("Nothing left: the relay ended the connection.") from error
        await about_to_commit()
        if not client.is_connected:
            raise TryLater("Nothing left: the relay ended the connection before the end of the mail.")
        try:
            reply = await client.execute_command(b".", timeout=self._dot_timeout)
        except (SMTPException, OSError) as error:
            if not (said.refused or said.postponed):
                raise NoAnswer("The relay took the mail and gave no answer.") from error
            return said.receipt()
        return said.receipt(accepted=True) if 200 <= reply.code < 300 else self._not_taken(said, reply)

    def _not_taken(self, said: _Said, reply: SMTPResponse) -> Receipt:
        group = said.refused if reply.code >= 500 else said.postponed
        group += [(one, self._words(reply)) for one in said.taken]
        return said.receipt()

    async def _written(self, client: aiosmtplib.SMTP, content: bytes) -> None:
        """All of it but the dot is on its way: the moment of which nobody can tell stays short."""
        protocol = client.protocol
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
        """What a relay said, as one line without links, marks and our own secrets."""
        words = "".join(one if one.isprintable() else " " for one in reply.message)
        words = _LINKS.sub("[link]", words)
        if self._secret:
            words = words.replace(self._secret, "[password]")
        words = " ".join(words.replace('"', "'").split())[:LONGEST_WORDS]
        return f'The relay said {reply.code}: "{words}".'


def relay_of(settings: SmtpSettings) -> Relayer:
    """Where the settings send. Raises ConfigError naming what is missing."""
    preset = next((one for one in RELAYS if one.name == (settings.provider or "").lower()), None)
    if settings.provider and preset is None:
        known = ", ".join(one.name for one in RELAYS)
        raise ConfigError(f"The setting MAILMCP_SMTP__PROVIDER is none of {known}: set MAILMCP_SMTP__HOST instead.")
    host = settings.host or (preset.host if preset else None)
    if host is None:
        raise ConfigError("The backend smtp needs a relay: set MAILMCP_SMTP__HOST or MAILMCP_SMTP__PROVIDER.")
    security = settings.security or (preset.security if preset else "starttls")
    if (settings.username is None) != (settings.password is None):
        raise ConfigError("MAILMCP_SMTP__USERNAME and MAILMCP_SMTP__PASSWORD belong together: set both or neither.")
    if security == "none" and settings.password is not None and not _is_loopback(host):
        raise ConfigError(
            "MAILMCP_SMTP__SECURITY=none would show the password to everybody on the way: use starttls or tls."
        )
    asked = preset.port if preset and settings.security in (None, preset.security) else None
    port = settings.port or asked or (465 if security == "tls" else 587)
    return Relayer(host=host, port=port, security=security)


def quoted(mime: bytes) -> bytes:
    """The message as it stands between DATA and the final dot: every line ended by CRLF, a leading dot doubled."""
    lines = _LINE_ENDS.sub(b"\r\n", mime)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    return _DOTS.sub(b"..", lines)


def _on_wire(address: str) -> str:
    """An address as it may stand in an envelope: its domain in ASCII, so that fewer mails need SMTPUTF8."""
    local, _, domain = address.rpartition("@")
    if not local or _UNSAFE.search(address):
        raise BackendError(f"Nothing left: {address[:60]!r} cannot stand in an envelope.")
    return f"{local}@{ascii_host(domain) or domain}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _kind(error: Exception) -> Exception:
    """The same kind of error without its words, in which there might be a password."""
    return ConnectionError(type(error).__name__)


async def _parted(client: aiosmtplib.SMTP) -> None:
    try:
        if client.is_connected:
            async with asyncio.timeout(2):
                await client.quit()
    except (SMTPException, OSError):  # what was said before counts
        pass
