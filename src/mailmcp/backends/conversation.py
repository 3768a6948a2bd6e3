"""The SMTP conversation: aiosmtpd's commands on the running event loop, with our own reader of mail data.

The library keeps the dialogue (order and syntax of commands, and how many); ``desk.py`` gives the answers about mail;
here are the connection, its time limits, and the reading of DATA.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from aiosmtpd import smtp

from mailmcp.backends.desk import Desk, in_a_line
from mailmcp.backends.spool import Spool
from mailmcp.backends.transaction import NULL_PATH, MailData, peer_address, split_path
from mailmcp.models import Arrival, Envelope, Source

log = logging.getLogger("mailmcp.backends.local")

# The library writes every command and reply to its own log, commands of strangers unescaped. Ours says what matters.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)

CLOSING = "421 4.3.2 This server is closing down; try again later"
_LONGEST_COMMAND = 1000


def answer(desk: Desk) -> asyncio.Protocol:
    """A protocol for the next connection: for ``loop.create_server``."""
    if desk.closing:
        return TurnedAway(CLOSING)
    if len(desk.conversations) >= desk.limits.peers:
        desk.turned_one_away()
        return TurnedAway("421 4.7.0 Too many connections; try again later")
    conversation = Conversation(desk)
    desk.conversations.add(conversation)
    return conversation


class Conversation(smtp.SMTP):
    """One connection, from the greeting to the end."""

    line_length_limit = 2 * _LONGEST_COMMAND  # of the command reader; mail data does not pass through it

    def __init__(self, desk: Desk) -> None:
        limits = desk.limits
        mail_commands = dict.fromkeys(("MAIL", "RCPT", "DATA"), limits.commands * 100)
        super().__init__(
            desk,
            hostname=desk.hostname,
            ident="ESMTP mailmcp",
            data_size_limit=limits.message,
            enable_SMTPUTF8=True,
            timeout=limits.command_wait,
            command_call_limit={"*": limits.commands, **mail_commands},
            loop=asyncio.get_running_loop(),
        )
        # The library keeps this table on the class and lets every EHLO of any peer raise it.
        self.command_size_limits = defaultdict(lambda: _LONGEST_COMMAND)
        for name in ("AUTH",) if desk.certificate else ("AUTH", "STARTTLS"):
            self._smtp_methods.pop(name, None)
        self.peer = "unknown"
        self.tls: str | None = None
        """Version and cipher once STARTTLS has succeeded."""
        self._desk = desk
        self._data: MailData | None = None
        """Where packets go now, instead of to the command reader."""
        self._data_came = asyncio.Event()
        self._data_deadline = 0.0
        self._in_memory = self._in_files = 0
        self._busy = False
        """From DATA to its reply."""
        self._last_words: str | None = None
        """What to say, and close, after that reply."""

    # --- the connection ---------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        name: tuple[Any, ...] | None = transport.get_extra_info("peername")
        if name:
            self.peer = peer_address(str(name[0]))
        super().connection_made(transport)
        if self._handler_coroutine is not None:
            self._handler_coroutine.add_done_callback(_look_at)
        if self._desk.closing:
            self._hang_up(CLOSING)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._desk.conversations.discard(self)

    def eof_received(self) -> bool | None:
        if self._busy and self._data is None:
            # Its message came whole: the reply is still due, and its reader may still be there.
            self._last_words = self._last_words or ""
            return self.tls is None  # TLS knows no half-closed connection
        return super().eof_received()

    @property
    def task(self) -> asyncio.Task[None] | None:
        """Ends when the conversation has ended."""
        return self._handler_coroutine

    def leave(self) -> None:
        """Say 421 and close: at once, or after the message that is under way."""
        if self._busy:
            self._last_words = CLOSING
        else:
            self._hang_up(CLOSING)

    def break_off(self) -> None:
        """Say 421 and close, whatever is under way."""
        self._hang_up(CLOSING)

    def _hang_up(self, reply: str) -> None:
        transport = self.transport
        if not isinstance(transport, asyncio.Transport) or transport.is_closing():
            return
        if reply:
            transport.write(reply.encode("ascii") + b"\r\n")
        if transport.get_write_buffer_size():
            transport.abort()  # the peer reads nothing: closing politely would wait for it for ever
        else:
            transport.close()

    def _timeout_cb(self) -> None:
        late = "mail data" if self._data is not None else "a command"
        log.info("%s: closed, waited too long for %s", self.peer, late)
        if self._data is not None:
            self._hang_up("421 4.4.2 The end of the message (CR LF . CR LF) did not come in time")
        else:
            self._hang_up("421 4.4.2 Nothing came in time")

    # --- replies ----------------------------------------------------------------------------------------------

    async def push(self, status: str | bytes) -> None:
        """Send a reply; in an ESMTP session those of the library get an enhanced status code too (RFC 2034)."""
        text = status if isinstance(status, str) else status.decode("ascii", "replace")
        if text[3:4] == " ":
            text = _UNPRINTABLE.sub("?", text)  # the library quotes what it did not understand
            if self.session is not None and self.session.extended_smtp and not _ENHANCED.match(text):
                text = f"{text[:3]} {_CODES.get(text[:3], f'{text[0]}.0.0')} {text[4:]}"
        await super().push(text)

    async def handle_exception(self, error: Exception) -> str:
        log.error("%s: the conversation failed: %s", self.peer, in_a_line(error))
        return "451 4.3.0 Something went wrong here; try again later"

    async def smtp_VRFY(self, arg: str | None) -> None:
        await self.push("252 2.0.0 Send mail and see" if arg else "501 5.5.4 Syntax: VRFY <address>")

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        return split_path(arg) if arg else ("", "")

    async def smtp_POST(self, arg: str | None) -> None:
        """Hang up: a web page can make a browser post to this port, and its text must not become commands."""
        log.info("%s: closed, it speaks HTTP", self.peer)
        self._hang_up("421 4.7.0 This is a mail server")

    smtp_GET = smtp_PUT = smtp_CONNECT = smtp_OPTIONS = smtp_POST

    # --- encryption ---------------------------------------------------------------------------------------------

    async def smtp_STARTTLS(self, arg: str | None) -> None:
        """Go on encrypted, as if the connection began anew (RFC 3207 §4.2).

        Whoever can change what is sent in the clear may put commands behind this one, to be read as the encrypted
        peer's. So nothing may wait behind it, and nothing more is read until the handshake reads it.
        """
        certificate, transport = self._desk.certificate, self.transport
        if arg:
            await self.push("501 5.5.4 Syntax: STARTTLS")
            return
        if certificate is None or self.tls is not None or not isinstance(transport, asyncio.Transport):
            await self.push("503 5.5.1 This connection is encrypted already")
            return
        if await self._waiting_in_the_reader():
            log.warning("%s: closed, it sent more behind STARTTLS in the clear", self.peer)
            self._hang_up("554 5.5.0 Nothing may come behind STARTTLS before the handshake")
            return
        transport.pause_reading()
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()  # the handshake has its own time limit
        try:
            context = certificate.context()
            transport.write(b"220 2.0.0 Ready to start TLS\r\n")
            secured = await self.loop.start_tls(
                transport,
                self,
                context,
                server_side=True,
                ssl_handshake_timeout=self._desk.limits.command_wait,
                ssl_shutdown_timeout=self._desk.limits.grace,
            )
        except OSError as error:  # also of TLS, and of its time limit
            log.info("%s: no encryption came about: %s", self.peer, in_a_line(error))
            transport.abort()
            return
        if secured is None:
            return  # it hung up in the middle
        self._go_on_over(secured)

    async def _waiting_in_the_reader(self) -> bytes:
        """What was sent behind the command that is being answered; it is taken out of the reader."""
        # With one byte more in it there is always something to read, so this returns at once, with all of it, before
        # another packet can come.
        self._reader.feed_data(b".")
        return (await self._reader.read(1 << 24))[:-1]

    def _go_on_over(self, secured: asyncio.Transport) -> None:
        """Forget all that was said in the clear, the greeting too."""
        self._reader._transport = secured  # pyright: ignore[reportAttributeAccessIssue]
        self._writer._transport = secured  # pyright: ignore[reportAttributeAccessIssue]
        self.transport = self._transport = secured
        self._over_ssl = True
        inside: ssl.SSLObject = secured.get_extra_info("ssl_object")
        cipher = inside.cipher()
        self.tls = " ".join(filter(None, (inside.version(), cipher[0] if cipher else None)))
        self._set_rset_state()
        self.session = self._create_session()
        self.session.peer = secured.get_extra_info("peername")
        self.session.ssl = {"ssl_object": inside}
        self._reset_timeout()

    # --- mail data ----------------------------------------------------------------------------------------------

    async def smtp_DATA(self, arg: str | None) -> None:
        """Read a message up to its true end, hand it in, and answer when it is durable."""
        envelope = self.envelope
        if await self.check_helo_needed():
            return
        if envelope is None or not envelope.rcpt_tos:
            await self.push("503 5.5.1 A recipient (RCPT) is needed first")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        self._busy = True
        data = MailData(self._desk.limits, Spool(self._desk.folder, self._desk.limits.short))
        try:
            await self._read_data(data)
            reply = await self._hand_in(envelope, data)
        except asyncio.CancelledError:
            log.info("%s: hung up before its message was answered", self.peer)
            raise
        finally:
            self._data = None
            self._busy = False
            data.give_up()
            self._weigh(0, 0)
        self._set_post_data_state()
        self._reset_timeout()
        await self.push(reply)
        if self._last_words is not None:
            self._hang_up(self._last_words)

    def data_received(self, data: bytes) -> None:
        """A packet: for the command reader, or mail data, or the end of one and the beginning of the other."""
        mail = self._data
        if mail is None:
            super().data_received(data)
            return
        behind = mail.feed(data)
        self._weigh(mail.in_memory, mail.in_file)
        if behind is not None:
            self._data = None
            self._data_came.set()
            if behind:
                super().data_received(behind)
        elif mail.received > 4 * self._desk.limits.message:
            log.warning("%s: closed, its message does not end", self.peer)
            self._hang_up("552 5.3.4 The message is far too large")
        else:
            desk, limits = self._desk, self._desk.limits
            if desk.in_memory > limits.memory or desk.in_files > limits.files:
                mail.refuse("452 4.3.1 Too much mail is coming in; try again later")
                self._weigh(mail.in_memory, mail.in_file)
            self._expect_data()

    async def _read_data(self, data: MailData) -> None:
        self._data = data
        self._data_came.clear()
        self._data_deadline = self.loop.time() + self._desk.limits.data_total
        self._expect_data()
        # What a hasty peer sent behind DATA waits in the command reader and comes first.
        if early := await self._waiting_in_the_reader():
            self.data_received(early)
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        await self._data_came.wait()

    async def _hand_in(self, envelope: smtp.Envelope, data: MailData) -> str:
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()  # it is the store's turn now, not the peer's
        raw = data.finish()
        if isinstance(raw, str):
            log.info("%s: refused a message: %s", self.peer, raw)
            return raw
        sender = envelope.mail_from or NULL_PATH
        arrival = Arrival(
            raw=raw,
            envelope=Envelope(
                mail_from="" if sender == NULL_PATH else sender,
                recipients=tuple(envelope.rcpt_tos),
                received_at=datetime.now(UTC),
                peer=self.peer,
                helo=self.session.host_name if self.session else None,
                tls=self.tls,
            ),
            source=Source.SMTP,
            backend=self._desk.backend,
        )
        # A peer that hangs up now must not tear a transaction of the store apart.
        return await asyncio.shield(self._desk.store(arrival))

    def _expect_data(self) -> None:
        left = self._data_deadline - self.loop.time()
        self._reset_timeout(max(0.001, min(self._desk.limits.data_wait, left)))

    def _weigh(self, in_memory: int, in_files: int) -> None:
        self._desk.in_memory += in_memory - self._in_memory
        self._desk.in_files += in_files - self._in_files
        self._in_memory, self._in_files = in_memory, in_files


class TurnedAway(asyncio.Protocol):
    """A connection that gets one sentence and is closed."""

    def __init__(self, reply: str) -> None:
        self._reply = reply

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            transport.write(self._reply.encode("ascii") + b"\r\n")
        transport.close()


# --- replies and log lines ----------------------------------------------------------------------------------------

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
_ENHANCED = re.compile(r"\d{3} [245]\.\d{1,3}\.\d{1,3} |[13]")
# RFC 3463 for the library's replies that name no such code themselves.
_CODES = {
    "500": "5.5.2",
    "501": "5.5.4",
    "502": "5.5.1",
    "503": "5.5.1",
    "552": "5.3.4",
    "553": "5.1.3",
    "555": "5.5.4",
}


def _look_at(task: asyncio.Task[None]) -> None:
    """Fetch what ended a conversation: a peer that vanishes is no news, and asyncio complains if nobody asks."""
    error = None if task.cancelled() else task.exception()
    if error is not None and not isinstance(error, OSError):
        log.error("a conversation broke: %s", in_a_line(error))
