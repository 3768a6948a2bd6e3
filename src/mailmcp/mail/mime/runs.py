"""Long runs of base64 lines: most of a large mail, and no part of its structure.

The library that cuts a mail into parts keeps every line of it as a string, several times the size of the mail. A line
of nothing but letters and digits can be no boundary, no header and no empty line, so that of a run of them one is as
good as a thousand: the library is given a stand-in for all but the last, and the octets are put back when they are
asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MIN_BODY = 64 * 1024
"""Octets up to which a body is read as it is."""
PIECE = 256 * 1024

_RUN = re.compile(rb"^(?:[A-Za-z0-9+/=]{32,998}+\r?+\n){8,2000}+", re.MULTILINE)
# No octet of a mail becomes such a character: 8-bit ones are surrogates here.
_MARK = "\ue000"
_STAND_IN = re.compile(f"{_MARK}([0-9]+)\n")


class Abridged:
    """A body without its runs, and the way back."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._runs: list[tuple[int, int]] = []
        if len(body) > MIN_BODY:
            # The last line stays: it loses its end where a boundary follows.
            self._runs = [(match.start(), body.rfind(b"\n", 0, match.end() - 1) + 1) for match in _RUN.finditer(body)]

    def text(self) -> Iterator[str]:
        """The body for the library, piece by piece: it keeps a copy of each at four bytes a character for a moment."""
        at = 0
        for number, (start, end) in enumerate(self._runs):
            yield from self._between(at, start)
            yield f"{_MARK}{number}\n"
            at = end
        yield from self._between(at, len(self._body))

    def pieces(self, payload: str) -> Iterator[bytes]:
        """The octets that a part of the text stands for, in pieces of any size."""
        at = 0
        for match in _STAND_IN.finditer(payload):
            if match.start() > at:
                yield _octets(payload[at : match.start()])
            start, end = self._runs[int(match[1])]
            yield self._body[start:end]
            at = match.end()
        if at < len(payload):
            yield _octets(payload[at:])

    def _between(self, start: int, end: int) -> Iterator[str]:
        for at in range(start, end, PIECE):
            yield self._body[at : min(at + PIECE, end)].decode("ascii", "surrogateescape")


def _octets(text: str) -> bytes:
    return text.encode("ascii", "surrogateescape")
