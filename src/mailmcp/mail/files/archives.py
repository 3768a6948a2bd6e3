"""Office documents are ZIP archives of XML files: here they are opened and walked within limits.

A stranger's archive may unpack to terabytes, and a stranger's XML may define entities that do the same or name
files of this machine. So every byte is counted as it is unpacked, and a document type declaration ends the reading:
neither ECMA-376 nor OpenDocument files have one.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Literal
from xml.parsers import expat

from mailmcp.errors import BadInput

MAX_UNPACKED = 20_000_000
"""Bytes that may be unpacked of one document, all its parts together."""
MAX_PARTS = 10_000
MAX_EVENTS = 3_000_000
"""Tags and pieces of text that are looked at in one document."""

DAMAGED = "The document is damaged or not of the type it claims; ask for base64 or file instead."
ENCRYPTED = "The document is encrypted; ask for base64 or file instead."
_TOO_LARGE = "The document unpacks to more than 20 MB; ask for base64 or file instead."
_DECLARES = "The document declares entities, which is not safe to read; ask for base64 or file instead."

# Large pieces: older releases of expat look at an unfinished tag again from its beginning with each piece.
_PIECE = 256 * 1024
_NOTHING: Mapping[str, str] = {}

Event = tuple[Literal["start", "end", "text"], str, Mapping[str, str]]
"""What was met, the element's local name (or the text), its attributes.

An attribute without a namespace has its name, one with a namespace its local name behind a colon: ``id``, ``:id``.
"""


class Archive:
    """A document's archive. Raises BadInput when it is none, or has more than MAX_PARTS parts."""

    def __init__(self, data: bytes) -> None:
        # Every entry of the directory begins with these octets, and reading the directory takes time for each.
        if data.count(b"PK\x01\x02") > MAX_PARTS:
            raise BadInput(_TOO_LARGE)
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, OverflowError) as error:
            raise BadInput(DAMAGED) from error
        self.names = frozenset(self._zip.namelist())
        self._left = MAX_UNPACKED
        self._events = 0

    def pieces(self, name: str) -> Iterator[bytes]:
        """A part's octets as they are unpacked. Raises BadInput for what is missing, encrypted, damaged, too large."""
        try:
            part = self._zip.getinfo(name)
            if part.flag_bits & 0x1:
                raise BadInput(ENCRYPTED)
            # The formats know no other methods; those of bzip2 and LZMA unpack without a bound in one step.
            if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise BadInput(DAMAGED)
            if part.file_size > self._left:
                raise BadInput(_TOO_LARGE)
            with self._zip.open(part) as file:
                while piece := file.read(_PIECE):
                    self._left -= len(piece)
                    if self._left < 0:
                        raise BadInput(_TOO_LARGE)
                    yield piece
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
            raise BadInput(DAMAGED) from error

    def events(self, name: str) -> Iterator[Event]:
        """The tags and texts of an XML part, in order. Raises BadInput, also for any document type declaration."""
        met: list[Event] = []
        parser = _parser(met)
        try:
            for piece in self.pieces(name):
                parser.Parse(piece, False)
                yield from self._counted(met)
            parser.Parse(b"", True)
            yield from self._counted(met)
        except expat.ExpatError as error:
            raise BadInput(DAMAGED) from error

    def optional(self, name: str) -> Iterator[Event]:
        """The same of a part that need not be there: nothing where it is not."""
        return self.events(name) if name in self.names else iter(())

    def _counted(self, met: list[Event]) -> list[Event]:
        self._events += len(met)
        if self._events > MAX_EVENTS:
            raise BadInput(_TOO_LARGE)
        taken = met.copy()
        met.clear()
        return taken


def _parser(met: list[Event]) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    names: dict[str, str] = {}

    def local(name: str) -> str:
        if (short := names.get(name)) is None:
            short = name.rpartition(" ")[2]
            if len(names) < 10_000:
                names[name] = short
        return short

    def attribute(name: str) -> str:
        return ":" + local(name) if " " in name else name

    def start(name: str, attributes: dict[str, str]) -> None:
        said = {attribute(key): value for key, value in attributes.items()} if attributes else _NOTHING
        met.append(("start", local(name), said))

    def end(name: str) -> None:
        met.append(("end", local(name), _NOTHING))

    def text(data: str) -> None:
        met.append(("text", data, _NOTHING))

    def declaration(*_: object) -> None:
        raise BadInput(_DECLARES)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = declaration
    parser.EntityDeclHandler = declaration
    return parser


def outside(events: Iterator[Event], left_out: frozenset[str]) -> Iterator[Event]:
    """The events without those of the named elements and of everything inside them."""
    depth = 0
    for event in events:
        kind, name, _ = event
        if depth:
            depth += (kind == "start") - (kind == "end")
        elif kind == "start" and name in left_out:
            depth = 1
        else:
            yield event
