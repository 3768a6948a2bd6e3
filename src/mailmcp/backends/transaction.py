"""The pure half of the SMTP server: limits, addresses, and mail data read from bytes (RFC 5321). No I/O.

``MailData`` exists because the library's own reader of DATA goes line by line: measured on 12 MiB of empty lines it
took 12 s of CPU and 1 GB of memory, and a line without an end grows without a limit. It also keeps bare CR and LF,
which is what SMTP smuggling is made of. See docs/decisions/004-embedded-smtp.md.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from mailmcp.backends.contract import MAX_MESSAGE_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one listener allows its peers; times in seconds, sizes in bytes."""

    message: int = MAX_MESSAGE_BYTES
    line: int = 1024 * 1024
    """Longest line of a message. RFC 5321 §4.5.3.1.6 says 1,000, and applications send a page of
    HTML as one line every day."""
    memory: int = 8 * MAX_MESSAGE_BYTES
    """Mail data that all peers together may have under way."""
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
    return found["path"] or NULL_PATH, found["rest"].strip()


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


class MailData:
    """Collects what follows DATA up to the one end that counts, CR LF . CR LF (RFC 5321 §4.1.1.4).

    Nothing else ends it, whatever lookalike it holds (``\\n.\\n``, ``\\r.\\r``, a NUL between …): the whole is one
    message, and ``fault`` refuses it. What comes after the end is handed back untouched.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        # DATA begins at the start of a line, so that ".\r\n" alone is an empty message.
        self._bytes = bytearray(b"\r\n")
        self._fault: str | None = None
        self.received = 0
        """Bytes that came so far, kept or not, without what belongs to the next command."""

    @property
    def held(self) -> int:
        """Bytes in memory."""
        return len(self._bytes)

    def feed(self, packet: bytes) -> bytes | None:
        """Take a packet. None while the end has not come, else the bytes behind the end."""
        before = len(self._bytes)
        self._bytes += packet
        at = self._bytes.find(_END, max(0, before - len(_END) + 1))
        if at >= 0:
            behind = bytes(self._bytes[at + len(_END) :])
            self.received += len(packet) - len(behind)
            del self._bytes[at + 2 :]  # the first CR LF of the end belongs to the last line
            return behind
        self.received += len(packet)
        # A dot at the start of a line travels doubled (§4.5.2): a third more at most, for a message of lone dots.
        if self._fault or len(self._bytes) > self._limits.message * 4 // 3 + len(_END):
            self.refuse(self._too_large())
        return None

    def refuse(self, reply: str) -> None:
        """Keep nothing more of this message but what finds its end; ``reply`` will be the answer."""
        self._fault = self._fault or reply
        del self._bytes[: 1 - len(_END)]

    def finish(self) -> bytes | str:
        """After the end: the message with its dots undone, or the reply that refuses it."""
        fault = self._fault
        if fault is None and len(self._bytes) - 2 - self._bytes.count(b"\r\n.") > self._limits.message:
            fault = self._too_large()
        fault = fault or self._line_fault()
        if fault:
            self._bytes = bytearray()
            return fault
        if b"\r\n." in self._bytes:
            self._bytes = self._bytes.replace(b"\r\n.", b"\r\n")  # §4.5.2
        plain = bytes(memoryview(self._bytes)[2:])
        self._bytes = bytearray()
        return plain

    def _too_large(self) -> str:
        return f"552 5.3.4 The message is larger than {self._limits.message} bytes"

    def _line_fault(self) -> str | None:
        """Why these bytes are no message of whole lines, if so. Each test is one pass in C."""
        lines = self._bytes.count(b"\r\n")
        if self._bytes.count(b"\n") != lines or self._bytes.count(b"\r") != lines:
            return "550 5.6.0 The message has a bare CR or LF; lines must end in CR LF"
        if b"\0" in self._bytes:
            return "550 5.6.0 The message has a NUL byte"
        start, end, longest = 2, len(self._bytes), self._limits.line
        while end - start > longest:
            # Jump to the last line that ends inside the window: a few steps however many lines there are.
            last = self._bytes.rfind(b"\n", start, start + longest)
            if last < 0:
                return f"550 5.6.0 The message has a line longer than {longest} bytes"
            start = last + 1
        return None
