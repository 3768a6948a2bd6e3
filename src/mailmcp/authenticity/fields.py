"""A message as signatures see it: header fields as octets in their order, and the body (RFC 6376 §3.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_BLOCK = 256 * 1024
MAX_FIELDS = 1000
ONCE_ONLY = frozenset(
    (
        *("from", "sender", "reply-to", "to", "cc", "bcc", "message-id", "in-reply-to", "references", "subject"),
        *("date", "mime-version", "content-type", "content-transfer-encoding", "content-disposition"),
    )
)
"""Fields that a message has once at most (RFC 5322 §3.6, RFC 2045 §3)."""

_BARE_LF = re.compile(rb"(?<!\r)\n")
_BARE_CR = re.compile(rb"\r(?!\n)")
_FIELD = re.compile(rb"([\x21-\x39\x3b-\x7e]+):")
_MBOX = re.compile(rb">?From (?![ \t]*:)[^\r\n]*\r\n")


@dataclass(frozen=True, slots=True)
class Field:
    """One header field as it came: name, and everything after the colon without the last line end."""

    name: str
    value: bytes

    @property
    def key(self) -> str:
        """The name in lower case."""
        return self.name.lower()

    @property
    def unfolded(self) -> bytes:
        """The value on one line (RFC 5322 §2.2.3)."""
        return self.value.replace(b"\r\n", b"").strip(b" \t")


@dataclass(frozen=True, slots=True)
class Octets:
    """A message, read. ``problem`` says why no signature over it can be judged, ``""`` when it can."""

    fields: tuple[Field, ...]
    body: bytes
    problem: str = ""

    def all(self, key: str) -> list[Field]:
        """The fields of a name (lower case), from the top."""
        return [field for field in self.fields if field.key == key]


def read(raw: bytes) -> Octets:
    """Split a message. Line ends become CRLF, as they are on the wire; never raises."""
    if raw.count(b"\n") != raw.count(b"\r\n"):
        raw = _BARE_LF.sub(b"\r\n", raw)
    if mbox := _MBOX.match(raw):
        raw = raw[mbox.end() :]
    if raw.startswith(b"\r\n"):
        return Octets((), raw[2:], "The header is empty.")
    end = raw.find(b"\r\n\r\n")
    block, body = (raw, b"") if end < 0 else (raw[:end], raw[end + 4 :])
    if len(block) > MAX_BLOCK:
        return Octets((), body, f"The header is larger than {MAX_BLOCK // 1024} KiB.")
    problem = ""
    if _BARE_CR.search(block.removesuffix(b"\r\n")):
        problem = "The header holds a bare CR."
    parts: list[tuple[str, list[bytes]]] = []
    for line in block.removesuffix(b"\r\n").split(b"\r\n"):
        if line[:1] in (b" ", b"\t") and parts:
            parts[-1][1].append(line)
        elif match := _FIELD.match(line):
            parts.append((match[1].decode("ascii"), [line[match.end() :]]))
        else:
            problem = problem or "The header holds a line that is no field."
    if len(parts) > MAX_FIELDS:
        return Octets((), body, f"The header has more than {MAX_FIELDS} fields.")
    return Octets(tuple(Field(name, b"\r\n".join(lines)) for name, lines in parts), body, problem)
