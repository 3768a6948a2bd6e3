"""Where the messages of an mbox begin and end, whoever wrote it.

Four dialects have the one name. All part messages by an empty line and a line "From sender time". mboxo and mboxrd put
a ``>`` before such a line of a message, mboxcl and mboxcl2 say in Content-Length how long its body is. A sentence may
begin with "From " as well, and a length be wrong: so the line must look like an envelope's, and a length counts only
where it leads to such a line, or to the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_PIECE = 64 * 1024
_LONGEST_LINE = 1000
_EMPTY = (b"\n", b"\r\n")
_SENDER = rb'(?:\S{1,320}|\S{1,160} at \S{1,160}|"[^"\r\n]{1,160}"@\S{1,160})'
_DAY, _MONTH = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)", rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_WHEN = rb"(?:%b[ ]+\d{1,2}|\d{1,2}[ ]+%b)[ ]+(?:\d{4}[ ]+)?\d{1,2}:\d\d" % (_MONTH, _MONTH)
_ENVELOPE = re.compile(rb"From[ ]+%b[ \t]+%b,?[ ]+%b(?![^\s:])" % (_SENDER, _DAY, _WHEN))
_LENGTH = re.compile(rb"content-length:[ \t]*(\d{1,15})[ \t]*\r?\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A message as it stands in the file."""

    at: int
    """Where its "From " line begins."""
    line: bytes
    octets: bytes | None
    """None when it is larger than what was asked for."""


def parts(file: BinaryIO, largest: int) -> Iterator[Part]:
    """The messages of a file that begins with "From "; of one larger than ``largest`` nothing is kept in memory."""
    first = line = file.readline(_PIECE)
    at = 0
    while line:
        reader = _Reader(file, first, largest)
        reader.read()
        yield Part(at=at, line=line[:_LONGEST_LINE], octets=reader.octets)
        line, at = reader.following, file.tell() - len(reader.following)


class _Reader:
    """Reads one message, from behind its "From " line to behind the next one."""

    def __init__(self, file: BinaryIO, first: bytes, largest: int) -> None:
        self._file = file
        self._first = first
        self._largest = largest
        self._kept = bytearray()
        self._fits = True
        self.following = b""

    @property
    def octets(self) -> bytes | None:
        return bytes(self._kept) if self._fits else None

    def read(self) -> None:
        length, header, begins = None, True, True
        before = b""
        while line := self._file.readline(_PIECE):
            if before in _EMPTY and self._parts(line):
                self._without_last(before)
                self.following = line
                return
            if header and begins:
                if found := _LENGTH.fullmatch(line):
                    length = int(found[1])
                header = line not in _EMPTY
            self._keep(line)
            if not header and length is not None:
                if self._body(length):
                    return
                length = None
            before, begins = (line if begins else b"x"), line.endswith(b"\n")
        self._without_last(before)

    def _parts(self, line: bytes) -> bool:
        """Whether a line begins a message: an envelope's, or the very one that the file begins with (some are odd)."""
        if not line.startswith(b"From "):
            return False
        return (len(line) <= _LONGEST_LINE and _ENVELOPE.match(line) is not None) or line == self._first

    def _keep(self, octets: bytes) -> None:
        if self._fits and len(self._kept) + len(octets) <= self._largest:
            self._kept += octets
        else:
            self._fits = False
            self._kept.clear()

    def _without_last(self, line: bytes) -> None:
        """The empty line before a "From " line, or at the end, is none of the message."""
        if line in _EMPTY and self._fits:
            del self._kept[-len(line) :]

    def _body(self, length: int) -> bool:
        """Take a body of this length, if it leads to the beginning of another message or to the end."""
        begin = self._file.tell()
        if not self._leads(begin + length):
            self._file.seek(begin)
            return False
        self._file.seek(begin)
        if self._fits and len(self._kept) + length <= self._largest:
            self._kept += self._file.read(length)
        else:
            self._fits = False
            self._kept.clear()
            self._file.seek(begin + length)
        self.following = self._file.readline(_PIECE)
        while self.following in _EMPTY:
            self.following = self._file.readline(_PIECE)
        return True

    def _leads(self, end: int) -> bool:
        size = self._file.seek(0, 2)
        if end > size:
            return False
        self._file.seek(end - 1)
        last = self._file.read(1)
        rest = self._file.read(_LONGEST_LINE + 4)
        if end + len(rest) == size and not rest.strip(b"\r\n"):
            return len(rest) <= 4
        line = re.sub(rb"\A\r?\n", b"", rest)
        return (last == b"\n" or line != rest) and self._parts(line[: line.find(b"\n") + 1])
