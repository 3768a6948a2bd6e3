"""One connection to the server of an account, and the thread that speaks on it.

The library speaks one command at a time and blocks, so every connection has a thread of its own; cutting the socket is
what ends a call that nobody waits for any more. Errors become sentences of ours: what a server says may repeat what it
was given, and is not said again.
"""

from __future__ import annotations

import asyncio
import contextlib
import imaplib
import logging
import queue
import socket
import ssl
import threading
from collections.abc import Callable
from typing import TypeVar

from mailmcp.backends.mailbox.accounts import Account, Server
from mailmcp.backends.mailbox.client import Client, CommandRefused, connected, goes_on
from mailmcp.errors import BackendError, TryLater

T = TypeVar("T")
Work = Callable[[Client], T]

log = logging.getLogger("mailmcp.backends.imap")

LOGIN_SECONDS = 60.0
_FOR_NOW = ("UNAVAILABLE", "TEMPORARY", "INUSE", "LIMIT", "TOO MANY", "COMMAND ERROR: BAD")
"""In the answer to a login: it has nothing to do with the password (RFC 5530)."""
WORK_SECONDS = 300.0
"""Longest that one piece of work may take, whatever the server does."""


class LoginRefused(BackendError):
    """The server does not take the user name with this password or token: trying again soon would lock the account."""


class Connection:
    """Opened once, then given pieces of work until it fails or is closed."""

    def __init__(self, account: Account, server: Server, purpose: str) -> None:
        self._account = account
        self._server = server
        self._client: Client | None = None
        self._works: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        # A daemon: a server that says nothing must not keep the process from its end.
        self._thread = threading.Thread(target=self._serve, name=f"mailmcp-imap-{purpose}", daemon=True)
        self._closed = False

    @property
    def at(self) -> str:
        """The server, for sentences."""
        return f"the IMAP server {self._server.host} port {self._server.port}"

    @property
    def _begun(self) -> str:
        """The same where a sentence begins with it."""
        return f"T{self.at[1:]}"

    @property
    def closed(self) -> bool:
        """Whether it is of no more use."""
        return self._closed

    async def open(self, secret: str, *, method: str) -> None:
        """Connect and log in. Raises LoginRefused, TryLater or another BackendError in words."""
        self._thread.start()
        try:
            await self._done(lambda: self._open(secret, method), LOGIN_SECONDS)
        except BaseException:
            self.close()
            raise

    async def run(self, work: Work[T], *, seconds: float = WORK_SECONDS) -> T:
        """Do a piece of work on it.

        Raises CommandRefused when the server does not want to; what else is raised has closed the connection.
        """
        client = self._client
        if client is None or self._closed:
            raise TryLater(f"The connection to {self.at} is closed.")
        try:
            return await self._done(lambda: self._worked(client, work), seconds)
        except CommandRefused:
            raise
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Cut it; safe to call twice. No word is said: the server sees the end."""
        if self._closed:
            return
        self._closed = True
        self._works.put(None)
        if self._client is not None:
            _cut(self._client)

    # --- the thread ----------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        while (work := self._works.get()) is not None:
            work()
        if self._client is not None:
            _end(self._client)

    async def _done(self, work: Callable[[], T], seconds: float) -> T:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def tell(result: T | None, error: BaseException | None) -> None:
            if done.cancelled():
                return
            if error is not None:
                done.set_exception(error)
            else:
                done.set_result(result)  # type: ignore[arg-type]

        def carry_out() -> None:
            try:
                outcome: tuple[T | None, BaseException | None] = (work(), None)
            except BaseException as error:
                outcome = (None, error)
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(tell, *outcome)

        self._works.put(carry_out)
        try:
            async with asyncio.timeout(seconds):
                return await done
        except TimeoutError as error:
            # Where not even a greeting came, somebody may wait there for TLS from the first byte.
            look = (
                ""
                if self._client is not None
                else f": look at {self._account.called('port')} and {self._account.called('security')}"
            )
            raise TryLater(f"{self._begun} does not answer{look}.") from error
        except BackendError:
            raise
        except Exception as error:
            raise self._in_words(error) from _kind(error)

    def _worked(self, client: Client, work: Work[T]) -> T:
        """In the thread."""
        try:
            return work(client)
        except imaplib.IMAP4.error as error:
            if goes_on(client, error):
                raise CommandRefused(f"{self._begun} refused a command.") from None
            raise

    def _open(self, secret: str, method: str) -> None:
        """In the thread: connect, encrypt, log in."""
        server, context = self._server, self._context()
        self._client = client = connected(server.host, server.port, context if server.security == "tls" else None)
        if self._closed:
            return  # given up meanwhile: the thread ends, and the connection with it
        if server.security == "starttls":
            if not client.has_capability("STARTTLS"):
                raise BackendError(
                    f"{self._begun} offers no STARTTLS: look at {self._account.called('security')} and"
                    f" {self._account.called('port')}."
                )
            client.starttls(context)
        self._log_in(client, secret, method)

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        file = self._account.settings.ca_file
        if file:
            try:
                context.load_verify_locations(cafile=file)
            except (OSError, ValueError) as error:
                raise BackendError(
                    f"The file of {self._account.called('ca_file')} holds no certificate that can be read."
                ) from error
        return context

    def _log_in(self, client: Client, secret: str, method: str) -> None:
        user = self._account.username
        try:
            if method == "xoauth2":
                client.oauth2_login(user, secret)
            elif method == "oauthbearer":
                client.oauthbearer_login(user, secret)
            elif method == "plain" or (method == "auto" and client.has_capability("AUTH=PLAIN")):
                client.plain_login(user, secret)
            elif client.has_capability("LOGINDISABLED"):
                raise BackendError(
                    f"{self._begun} takes no password on this connection: look at {self._account.called('security')}."
                )
            else:
                client.login(user, secret)
        except imaplib.IMAP4.error as error:
            if isinstance(error.__context__, imaplib.IMAP4.abort):  # the library makes no difference
                raise TryLater(f"{self._begun} ended the login.") from None
            said = str(error)[:200].upper()
            if any(word in said for word in _FOR_NOW):
                raise TryLater(f"{self._begun} takes no logins at the moment.") from None
            raise LoginRefused(
                f"{self._begun} does not accept the login of {user}: look at"
                f" {self._account.called('password')}{_hint(self._account)}."
            ) from None

    def _in_words(self, error: Exception) -> BackendError:
        at = self._begun
        if isinstance(error, ssl.SSLCertVerificationError):
            return BackendError(
                f"The certificate of {self.at} cannot be trusted ({error.verify_message}); a certificate of your own is"
                f" named with {self._account.called('ca_file')}."
            )
        if isinstance(error, ssl.SSLError) and "EOF" not in str(error):
            return BackendError(
                f"{at} does not speak TLS as {self._account.called('security')}={self._server.security} expects."
            )
        if isinstance(error, socket.gaierror):
            return TryLater(f"There is no host {self._server.host}: look at {self._account.called('host')}.")
        if isinstance(error, imaplib.IMAP4.abort | OSError):
            how = "cannot be reached" if self._client is None else "ended the connection"
            return TryLater(f"{at} {how}.")
        if isinstance(error, imaplib.IMAP4.error):
            what = "refused a command" if self._client is not None else "takes no connections at the moment"
            return TryLater(f"{at} {what}.")
        log.debug("a reply could not be read: %s", type(error).__name__)
        return TryLater(f"{at} answered what is no IMAP.")


def _hint(account: Account) -> str:
    return f" ({account.preset.name} takes {account.preset.secret})" if account.preset else ""


def _cut(client: Client) -> None:
    """End a connection under whoever waits on it."""
    with contextlib.suppress(Exception):
        client.socket().shutdown(socket.SHUT_RDWR)


def _end(client: Client) -> None:
    """The same in its own thread, where it can be closed as well."""
    with contextlib.suppress(Exception):
        client.shutdown()


def _kind(error: Exception) -> Exception:
    """The same kind of error without its words, in which there might be a password or a mail."""
    return ConnectionError(type(error).__name__)
