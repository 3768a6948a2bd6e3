"""imapclient with bounds: no line and no literal of a server is read into memory beyond what a message may have.

What of it is called is written down as ``Client``, since the library itself has no types.
"""

from __future__ import annotations

import imaplib
import logging
import ssl
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol, cast

import imapclient  # pyright: ignore[reportMissingTypeStubs]
import imapclient.exceptions  # pyright: ignore[reportMissingTypeStubs]
from imapclient import imap4, imap_utf7, tls  # pyright: ignore[reportMissingTypeStubs]

from mailmcp.backends.contract import MAX_MESSAGE_BYTES
from mailmcp.errors import TryLater

CONNECT_SECONDS = 15.0
ANSWER_SECONDS = 60.0
MOST_BYTES = MAX_MESSAGE_BYTES + 1024 * 1024
MOST_ANSWERED = 2 * MOST_BYTES
"""Bytes that a server may say after one command: it is never asked for as many."""

log = logging.getLogger("mailmcp.backends.imap")

# At DEBUG the library writes down what is said on the wire.
logging.getLogger("imapclient").setLevel(logging.WARNING)


class CommandRefused(TryLater):
    """The server does not do what it was asked, and the conversation goes on."""


class Found(Protocol):
    """What a search gives: UIDs, and the newest change among them where the server counts changes."""

    modseq: int | None

    def __iter__(self) -> Any: ...


class Client(Protocol):
    """The part of ``imapclient.IMAPClient`` that is used."""

    def starttls(self, ssl_context: ssl.SSLContext | None = None) -> Any: ...
    def login(self, username: str, password: str) -> Any: ...
    def plain_login(self, identity: str, password: str) -> Any: ...
    def oauth2_login(self, user: str, access_token: str) -> Any: ...
    def oauthbearer_login(self, identity: str, access_token: str) -> Any: ...
    def capabilities(self) -> Sequence[bytes]: ...
    def has_capability(self, capability: str) -> bool: ...
    def list_folders(self) -> list[tuple[tuple[bytes, ...], bytes | None, str]]: ...
    def select_folder(self, folder: str, readonly: bool = False) -> dict[bytes, Any]: ...
    def noop(self) -> Any: ...
    def idle(self) -> None: ...
    def idle_check(self, timeout: float | None = None) -> list[Any]: ...
    def idle_done(self) -> Any: ...
    def search(self, criteria: list[Any], charset: str | None = None) -> Found: ...
    def fetch(self, messages: list[int], data: list[str]) -> dict[int, dict[bytes, Any]]: ...
    def add_flags(self, messages: list[int], flags: Sequence[str]) -> dict[int, tuple[bytes, ...]]: ...
    def remove_flags(self, messages: list[int], flags: Sequence[str]) -> dict[int, tuple[bytes, ...]]: ...
    def append(self, folder: str, msg: bytes, flags: Sequence[str] = (), msg_time: datetime | None = None) -> Any: ...
    def expunge(self, messages: list[int]) -> Any: ...
    def socket(self) -> Any: ...
    def shutdown(self) -> None: ...


class _Bounded(imaplib.IMAP4):
    _answered = 0

    def send(self, data: Any) -> None:
        """A command, or a part of it: the answer begins anew."""
        self._answered = 0
        super().send(data)

    def read(self, size: int) -> bytes:
        """A literal; one that is larger than any message may be ends the connection before it is read."""
        if size > MOST_BYTES:
            raise self.abort("a literal is too large")
        self._count(size)
        return super().read(size)

    def readline(self) -> bytes:
        """A line; the library bounds it, but not how many there are."""
        line = super().readline()
        self._count(len(line))
        return line

    def _count(self, size: int) -> None:
        self._answered += size
        if self._answered > MOST_ANSWERED:
            raise self.abort("an answer is too large")

    def _get_capabilities(self) -> None:
        """Asked for at the greeting and after STARTTLS: what was said until then may be anybody's, and is forgotten."""
        self.untagged_responses: dict[str, Any] = {}
        if hasattr(self, "_readbuf"):  # from Python 3.14 on; until then it goes with the file of the bare socket
            self._readbuf: list[bytes] = []
        cast(Any, super())._get_capabilities()


class _Plain(_Bounded, imap4.IMAP4WithTimeout):
    pass


class _Tls(_Bounded, tls.IMAP4_TLS):
    pass


class _BoundedClient(imapclient.IMAPClient):
    def _create_IMAP4(self) -> Any:
        if self.ssl:
            return _Tls(self.host, self.port, self.ssl_context, CONNECT_SECONDS)
        return _Plain(self.host, self.port, CONNECT_SECONDS)

    def _proc_folder_list(self, folder_data: Any) -> list[Any]:
        """Folders by their names; one bad name shall not hide all of them."""
        self.folder_encode = False
        try:
            found = cast("Any", super())._proc_folder_list(folder_data)
        finally:
            self.folder_encode = True
        return [(flags, delimiter, text) for flags, delimiter, name in found if (text := _readable(name)) is not None]


def _readable(name: Any) -> str | None:
    """A folder's name (RFC 3501 §5.1.3); None when it is none that the server would know again."""
    octets = name.encode() if isinstance(name, str) else name
    try:
        text = imap_utf7.decode(octets)
        if imap_utf7.encode(text) == octets:
            return text
    except (UnicodeError, TypeError, ValueError):
        pass
    log.warning("a folder is left out: its name is no modified UTF-7")
    return None


def goes_on(client: Client, error: Exception) -> bool:
    """Whether a conversation can be continued after an error: the server refused, and answers the next command."""
    if isinstance(error, imaplib.IMAP4.abort | imapclient.exceptions.ProtocolError):
        return False
    try:
        client.noop()
    except Exception:
        return False
    return True


def connected(host: str, port: int, context: ssl.SSLContext | None) -> Client:
    """A connection on which nothing was said yet; with a context it is encrypted from the first byte."""
    client = _BoundedClient(
        host,
        port,
        ssl=context is not None,
        ssl_context=context,
        timeout=cast(Any, imapclient.SocketTimeout(CONNECT_SECONDS, ANSWER_SECONDS)),
    )
    client.normalise_times = False  # times with their zone
    return cast(Client, client)
