"""The pure half of the SMTP server: limits, addresses, and mail data read from bytes (RFC 5321).

``MailData`` exists because the library's own reader of DATA goes line by line: measured on 12 MiB of empty lines it
took 12 s of CPU and 1 GB of memory, and a line without an end grows without a limit. It also keeps bare CR and LF,
which is what SMTP smuggling is made of. See docs/decisions/004-embedded-smtp.md.
"""

from __future__ import annotations

import errno
import ipaddress
import re
from dataclasses import dataclass
from mmap import mmap

from mailmcp.backends.contract import MAX_MESSAGE_BYTES
from mailmcp.backends.spool import Spool
from mailmcp.language.mailboxes import unquoted

NO_ROOM = "452 4.3.1 There is no room to store the message; try again later"
NOT_NOW = "451 4.3.0 The message cannot be stored now; try again later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one listener allows its peers; times in seconds, sizes in bytes."""

    message: int = MAX_MESSAGE_BYTES
    line: int = 1024 * 1024
    """Longest line of a message. RFC 5321 §4.5.3.1.6 says 1,000, and applications send a page of
    HTML as one line every day."""
    short: int = 256 * 1024
    """Up to so many bytes a message that comes in is held in memory; what is longer goes into a file."""
    memory: int = 16 * 1024 * 1024
    """Mail data that all peers together may have under way in memory."""
    files: int = 20 * MAX_MESSAGE_BYTES
    """The same in files."""
    recipients: int = 100
    peers: int = 100
    commands: int = 1000
    """How often a peer may say one of the commands that carry no mail; a hundred times as often those that do."""
    command_wait: float = 60
    """From one command to the end of the next: a command that drips in byte by byte does not prolong it."""
    data_wait: float = 180
    """Between two packets of mail data."""
    data_total: float = 1800
    """For the whole of one message's data."""
    silence: float = 60
    """Between two lines of the log on peers that were turned away."""
    grace: float = 5
    """That a message under way gets to end when the listener closes."""


# --- addresses ------------------------------------------------------------------------------------------------

NULL_PATH = "<>"
"""What ``split_path`` gives for the reverse path of bounces: the library takes an empty string for no path at all."""

# RFC 5321 §4.1.2, with two liberties: dots may stand anywhere in a local part (some providers gave such addresses
# away), and a source route is read over (§3.3). Characters past ASCII are RFC 6531's; lone surrogates, which stand
# for bytes that are no UTF-8, are not among them.
_TEXT = r"A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-\u00a1-\ud7ff\ue000-\U0010ffff"
_QUOTED = r'"(?:[^"\\\x00-\x1f\x7f-\xa0\ud800-\udfff]|\\[\x20-\x7e])*"'
_DOMAIN = r"(?:[A-Za-z0-9._\-\u00a1-\ud7ff\ue000-\U0010ffff]+|\[[A-Za-z0-9.:\-]+\])"
_MAILBOX = rf"(?:[{_TEXT}]+|{_QUOTED})@{_DOMAIN}"
_PATH = re.compile(rf"<(?:@[^:<>\s]*:)?(?P<path>{_MAILBOX}|postmaster)?>(?P<rest>(?:\s[\x20-\x7e]*)?)\Z", re.IGNORECASE)
_BARE = re.compile(rf"(?P<path>{_MAILBOX})(?P<rest>(?:\s[\x20-\x7e]*)?)\Z")


def split_path(argument: str) -> tuple[str | None, str | None]:
    """The address of MAIL FROM: or RCPT TO: and the parameters behind it; (None, None) when it is not well formed.

    ``<>`` gives NULL_PATH. An address without brackets is taken too: people type it so by hand.
    """
    found = _PATH.match(argument.strip()) or _BARE.match(argument.strip())
    if found is None or not argument.isprintable():
        return None, None
    return unquoted(found["path"] or NULL_PATH), found["rest"].strip()


def lower_domain(address: str) -> str:
    """``Ann@Example.TEST`` -> ``Ann@example.test``: only the domain is the same in any case (RFC 5321 §2.4)."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{domain.lower()}"


def peer_address(host: str) -> str:
    """The IP address of a peer as SPF knows it: without scope, and IPv4 that came mapped into IPv6 as IPv4."""
    plain = host.partition("%")[0]
    try:
        address = ipaddress.ip_address(plain)
    except ValueError:
        return plain
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


# --- mail data --------------------------------------------------------------------------------------------------

_END = b"\r\n.\r\n"
_PIECE = 64 * 1024
"""Bytes that come together before their lines are looked at."""


class MailData:
    """Takes what follows DATA up to the one end that counts, CR LF . CR LF (RFC 5321 §4.1.1.4).

    Nothing else ends it, whatever lookalike it holds (``\\n.\\n``, ``\\r.\\r``, a NUL between …): the whole is one
    message, and a flaw refuses it. What comes after the end is handed back untouched. Whole lines go to the spool as
    they come; only the line that has no end yet stays here.
    """

    def __init__(self, limits: Limits, spool: Spool) -> None:
        self._limits = limits
        self._spool = spool
        # What was not looked at yet, behind the CR LF of the line before it. DATA begins at the start of a line, so
        # that ".\r\n" alone is an empty message.
        self._open = bytearray(b"\r\n")
        self._no_line_end_before = 2
        self._size = 0
        self._flaws: set[str] = set()
        self._fault: str | None = None
        self.received = 0
        """Bytes that came so far, kept or not, without what belongs to the next command."""

    @property
    def in_memory(self) -> int:
        """Bytes in memory."""
        return len(self._open) + self._spool.in_memory

    @property
    def in_file(self) -> int:
        """Bytes in the spool's file."""
        return self._spool.in_file

    def feed(self, packet: bytes) -> bytes | None:
        """Take a packet. None while the end has not come, else the bytes behind the end."""
        before = len(self._open)
        self._open += packet
        at = self._open.find(_END, max(0, before - len(_END) + 1))
        behind: bytes | None = None
        if at >= 0:
            behind = bytes(self._open[at + len(_END) :])
            del self._open[at + 2 :]  # the first CR LF of the end belongs to the last line
        self.received += len(packet) - len(behind or b"")
        if self._refused:
            # A dot at the start of a line travels doubled (§4.5.2): a third more at most, for a message of lone dots.
            if self.received > self._limits.message * 4 // 3 + len(_END):
                self._flaws.add("size")
            self._forget()
        elif behind is not None or len(self._open) >= min(_PIECE, self._limits.message):
            self._take_lines()
        return behind

    def refuse(self, reply: str) -> None:
        """Keep nothing more of this message but what finds its end; ``reply`` will be the answer."""
        self._fault = self._fault or reply
        self._forget()

    def finish(self) -> bytes | mmap | str:
        """After the end: the message with its dots undone, or the reply that refuses it."""
        fault = self._fault or next((reply for flaw, reply in self._replies() if flaw in self._flaws), None)
        try:
            return fault or self._spool.whole()
        finally:
            self._spool.drop()

    def give_up(self) -> None:
        """Free what is held; its end will not come."""
        self._spool.drop()

    @property
    def _refused(self) -> bool:
        return self._fault is not None or bool(self._flaws)

    def _take_lines(self) -> None:
        """Give the spool every whole line that came."""
        end = self._open.rfind(b"\r\n", self._no_line_end_before) + 2
        if end > 2:
            lines = bytes(memoryview(self._open)[:end])
            del self._open[: end - 2]
            plain = lines.replace(b"\r\n.", b"\r\n")[2:]  # §4.5.2
            self._size += len(plain)
            self._flaws |= _flaws(lines, self._limits.line)
            if self._size > self._limits.message:
                self._flaws.add("size")
            if not self._flaws:
                self._keep(plain)
        if len(self._open) - 2 > self._limits.line:
            self._flaws |= _flaws(bytes(self._open), self._limits.line)
        self._no_line_end_before = max(2, len(self._open) - 1)  # its CR may have come without its LF
        if self._refused:
            self._forget()

    def _keep(self, plain: bytes) -> None:
        try:
            self._spool.add(plain)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            self._fault = NO_ROOM if full else NOT_NOW

    def _forget(self) -> None:
        self._spool.drop()
        del self._open[: 1 - len(_END)]

    def _replies(self) -> tuple[tuple[str, str], ...]:
        return (
            ("size", f"552 5.3.4 The message is larger than {self._limits.message} bytes"),
            ("bare", "550 5.6.0 The message has a bare CR or LF; lines must end in CR LF"),
            ("nul", "550 5.6.0 The message has a NUL byte"),
            ("line", f"550 5.6.0 The message has a line longer than {self._limits.line} bytes"),
        )


def _flaws(lines: bytes, longest: int) -> set[str]:
    """Why these bytes, from the CR LF before their first line on, are no message of lines. Each test is a pass in C."""
    flaws: set[str] = set()
    ends = lines.count(b"\r\n")
    torn = lines.endswith(b"\r")  # the LF may still come
    if lines.count(b"\n") != ends or lines.count(b"\r") - torn != ends:
        flaws.add("bare")
    if b"\0" in lines:
        flaws.add("nul")
    start, end = 2, len(lines)
    while end - start > longest:
        # Jump to the last line that ends inside the window: a few steps however many lines there are.
        last = lines.rfind(b"\n", start, start + longest)
        if last < 0:
            flaws.add("line")
            break
        start = last + 1
    return flaws
