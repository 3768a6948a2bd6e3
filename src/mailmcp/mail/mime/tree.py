"""The MIME tree (RFC 2045, RFC 2046): the standard library cuts, this file keeps it within bounds.

The library asks each part what it is before it goes on. :class:`Part` answers so that nothing runs away: an attached
message is opaque (its insides are another mail's business, and stay byte for byte), so is a multipart that lies too
deep, and the part that is one too many ends the work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.feedparser import FeedParser
from email.message import Message as LibraryMessage
from email.policy import Compat32, compat32
from typing import TYPE_CHECKING, cast

from mailmcp.mail.mime import headers
from mailmcp.mail.mime.headers import Block, Field, Parameterised
from mailmcp.mail.mime.runs import Abridged

# The class is generic for type checkers only.
_Node = LibraryMessage[str, str] if TYPE_CHECKING else LibraryMessage

MAX_PARTS = 200
MAX_DEPTH = 20
MAX_LINES = 750_000
"""Lines of a body; 25 MiB of base64 have some 430,000."""
MAX_BOUNDARY = 250
MAX_DIVIDED = 8 * 1024 * 1024
"""Octets that are read a second time, to divide them at another boundary than the declared one."""
MAX_PART_DEFECTS = 50

_TYPE = re.compile(r"([a-z0-9!#$&^_.+-]{1,127})/([a-z0-9!#$&^_.+-]{1,127})")
_USED_BOUNDARY = re.compile(
    rb"^--([!#-\[\]-~](?:[ !#-\[\]-~]{0,200}[!#-\[\]-~])?)[ \t]{0,80}\r?\n(?:Content-[a-z-]{1,40}|MIME-Version):",
    re.IGNORECASE | re.MULTILINE,
)
# Half a type is still a word.
_BARE_TYPES = {"html": "text/html", "calendar": "text/calendar", "multipart": "multipart/mixed"}
_MIME_FIELDS = ("content-type", "content-transfer-encoding", "content-disposition", "content-id")
_LIBRARY_DEFECTS = {
    "NoBoundaryInMultipartDefect": "boundary_missing",
    "StartBoundaryNotFoundDefect": "boundary_unused",
    "CloseBoundaryNotFoundDefect": "boundary_unclosed",
    "InvalidMultipartContentTransferEncodingDefect": "multipart_encoded",
    "MissingHeaderBodySeparatorDefect": "part_header_unended",
    "FirstHeaderLineIsContinuationDefect": "part_header_junk",
    "InvalidHeaderDefect": "part_header_junk",
    "MisplacedEnvelopeHeaderDefect": "part_header_junk",
}


_SENTENCES = {
    "boundary_missing": "{part} is declared as multipart without a boundary; it is shown as one text.",
    "boundary_unused": "{part} is declared as multipart, but its boundary never comes; it is shown as one text.",
    "boundary_guessed": "{part} declares no boundary that it uses; it was divided at the one that it uses.",
    "boundary_unclosed": "{part} ends without its closing boundary; the mail may be cut off.",
    "multipart_encoded": "{part} is multipart with a transfer encoding, which is not allowed; it was ignored.",
    "part_header_unended": "The header of {part} runs into its body without an empty line.",
    "part_header_junk": "The header of {part} has lines that are no header fields.",
    "content_type_invalid": "The content type of {part} is not valid; the part is taken as text.",
    "content_type_repeated": "{part} declares its content type several times; the first one counts.",
    "too_deep": "{part} lies deeper than 20 levels and was not taken apart.",
}


class _BudgetSpent(Exception):
    """The part that is one too many; carries the tree as it has grown so far."""

    def __init__(self, root: Part) -> None:
        super().__init__()
        self.root = root


class Part(_Node):
    """A node of the tree, in the library's shape.

    ``get_content_type`` and its like are what the library is told; what the part really declares is ``kind``.
    ``inside`` are the parts that were found in a leaf's octets, ``rest`` what of its text is left without them
    (``inside.unfold``).
    """

    def __init__(self, policy: Compat32 = compat32) -> None:
        super().__init__(policy)
        self.depth = 0
        self.root: Part = self
        self.within = ""  # the subtype of the multipart that it stands in: mixed, related, …
        self.parts = 1  # of the whole tree, counted at its root
        self.room = MAX_PARTS  # how many these may be
        self.inside: list[Part] = []
        self.rest: bytes | None = None
        self.abridged = Abridged(b"")  # where the octets are that its payload only names
        self._type: Parameterised | None = None

    @property
    def kind(self) -> str:
        """The declared type, lower case, such as ``text/plain``; what is no type is text/plain (RFC 2045 §5.2)."""
        declared = self.content_type.value
        if not declared:
            return self.get_default_type()
        match = _TYPE.match(declared)
        return match[0] if match else _BARE_TYPES.get(declared, "text/plain")

    @property
    def content_type(self) -> Parameterised:
        """Content-Type with its parameters."""
        if self._type is None:
            self._type = headers.parameterised(self.field("content-type"))
        return self._type

    @property
    def encoding(self) -> str:
        """The transfer encoding's name, lower case, ``""`` when none is declared."""
        return headers.parameterised(self.field("content-transfer-encoding")).value.strip("\"'")

    @property
    def children(self) -> list[Part]:
        """The parts of a multipart that was taken apart; empty for everything else."""
        payload = cast(object, self.get_payload()) if self.is_multipart() else None
        return cast(list[Part], payload) if isinstance(payload, list) else []

    @property
    def octets(self) -> bytes:
        """The body as it stands in the mail."""
        # Not get_payload(): it undoes the transfer encoding, or decodes 8-bit octets by the name the mail gives.
        return b"".join(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """The same piece by piece."""
        payload: object = vars(self).get("_payload")
        return self.abridged.pieces(payload) if isinstance(payload, str) else iter(())

    def field(self, name: str) -> bytes:
        """The first header field of a name (lower case), unfolded, at most 8 KiB; ``b""`` when there is none."""
        for key, value in self.raw_items():
            if key.lower() == name:
                folded = str(value)[: headers.MAX_DECODED].encode("ascii", "surrogateescape")
                return folded.replace(b"\r", b"").replace(b"\n", b"").strip()
        return b""

    def repeats(self, name: str) -> bool:
        """Whether a header field (lower case) stands more than once."""
        return sum(key.lower() == name for key in self.keys()) > 1

    # --- what the library asks -------------------------------------------------------------------------------

    def get_content_type(self) -> str:
        return "application/octet-stream" if self.opaque else self.kind

    def get_content_maintype(self) -> str:
        return self.get_content_type().partition("/")[0]

    def get_boundary(self, failobj: object = None) -> str | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        boundary = self.content_type.parameters.get("boundary", "").rstrip()
        if not 0 < len(boundary) <= MAX_BOUNDARY:
            return None
        return boundary.encode("utf-8", "replace").decode("ascii", "surrogateescape")

    def attach(self, payload: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        part = cast(Part, payload)
        part.depth, part.root, part.within = self.depth + 1, self.root, self.kind.partition("/")[2]
        if self.root.parts >= self.root.room:
            raise _BudgetSpent(self.root)
        self.root.parts += 1
        super().attach(part)

    def adopt(self, other: Part) -> None:
        """Take over the parts, and the defects, of a tree that was grown from the same octets."""
        vars(self)["_payload"] = other.children
        self.defects = other.defects
        for _, inner in walk(other):
            inner.root = self.root
        self.root.parts += other.parts - 1

    @property
    def opaque(self) -> bool:
        """Not to be taken apart: an attached message, or a multipart below the deepest level."""
        return self.kind.startswith("message/") or (self.depth >= MAX_DEPTH and self.kind.startswith("multipart/"))


def grow(
    block: Block, body: bytes, *, room: int = MAX_PARTS, depth: int = 0, path: str = "", again: int = MAX_DIVIDED
) -> tuple[Part, dict[str, str]]:
    """The tree of a message from its header and its body, and its defects: code -> sentence; never raises.

    One that stands inside another mail's part begins at its ``depth`` and ``path`` and has less ``room`` for parts.
    ``again`` is how many octets may be read a second time, because they are divided otherwise than they declare.
    """
    defects: dict[str, str] = {}
    cut = _end_of_lines(body)
    if cut < len(body):
        defects["too_many_lines"] = f"The body has more than {MAX_LINES:,} lines; the rest was not read."
        body = body[:cut]
    abridged = Abridged(body)

    def part(policy: Compat32 = compat32) -> Part:
        made = Part(policy)
        made.room, made.depth, made.abridged = room, depth, abridged
        return made

    mime = b"".join(_line(name, block.first(name)) for name in _MIME_FIELDS)
    parser = FeedParser(part, policy=compat32)
    try:
        parser.feed((mime + b"\n").decode("ascii", "surrogateescape"))
        for text in abridged.text():
            parser.feed(text)
        root = cast(Part, parser.close())
    except _BudgetSpent as spent:
        root = spent.root
        defects["too_many_parts"] = f"The mail has more than {MAX_PARTS} parts; the rest was not read."
    except Exception:  # the library met something nobody foresaw: the mail is shown as one text
        root = part()
        root.set_payload(body.decode("ascii", "surrogateescape"))
        defects["mime_unreadable"] = "The mail's structure could not be read."
    if len(block.all("content-type")) > 1:
        _add(defects, "content_type_repeated", "")
    _divide(root, path, again, defects)
    for where, one in walk(root, path):
        _note(one, where, defects)
    return root, defects


def walk(part: Part, path: str = "") -> Iterator[tuple[str, Part]]:
    """Every part with its path, in order.

    Paths are IMAP's (RFC 9051 §6.4.5): ``"1"``, ``"2.1"``; that of a multipart at the root is ``""``. What stands
    inside a leaf is numbered below it.
    """
    if not part.children:
        path = path or "1"
        yield path, part
        for number, inner in enumerate(part.inside, 1):
            yield from walk(inner, f"{path}.{number}")
        return
    yield path, part
    for number, child in enumerate(part.children, 1):
        yield from walk(child, f"{path}.{number}" if path else str(number))


def _divide(root: Part, path: str, budget: int, defects: dict[str, str]) -> None:
    """Multiparts whose boundary is missing or never comes are divided at the one that they use.

    Also cuts the last boundary off a text that it follows without a line break.
    """
    for where, part in list(walk(root, path)):
        if part.children:
            _trim(part)
        elif part.kind.startswith("multipart/") and not part.opaque:
            octets = part.octets
            budget -= len(octets)
            used = _USED_BOUNDARY.search(octets) if budget > 0 else None
            if used is None or part.root.parts >= part.root.room:
                continue
            block = Block(
                fields=(Field("content-type", b'%s; boundary="%s"' % (part.kind.encode(), used[1])),), body_at=0
            )
            room = part.root.room - part.root.parts + 1
            again, problems = grow(block, octets, room=room, depth=part.depth, path=where, again=budget)
            if not again.children:
                continue
            part.adopt(again)
            defects.update((code, sentence) for code, sentence in problems.items() if code not in defects)
            _add(defects, "boundary_guessed", where)


def _trim(part: Part) -> None:
    last = part.children[-1]
    text = vars(last).get("_payload")
    ending = f"--{part.get_boundary() or 'x'}--"
    if isinstance(text, str) and not last.children and text[-MAX_BOUNDARY - 8 :].rstrip().endswith(ending):
        last.set_payload(text[: text.rindex(ending)])


def _line(name: str, body: bytes | None) -> bytes:
    if body is None:
        return b""
    return b"%s: %s\n" % (name.encode("ascii"), body[: headers.MAX_DECODED].replace(b"\r", b" ").replace(b"\n", b" "))


def _end_of_lines(body: bytes) -> int:
    """Where line number MAX_LINES ends, as the library counts lines (CR, LF and CRLF)."""
    if len(body) <= MAX_LINES or _lines_of(body, len(body)) <= MAX_LINES:
        return len(body)
    low, high = 0, len(body)
    while low < high:
        middle = (low + high + 1) // 2
        if _lines_of(body, middle) <= MAX_LINES:
            low = middle
        else:
            high = middle - 1
    return low


def _lines_of(body: bytes, end: int) -> int:
    return body.count(b"\n", 0, end) + body.count(b"\r", 0, end) - body.count(b"\r\n", 0, end)


def _note(part: Part, path: str, defects: dict[str, str]) -> None:
    for defect in part.defects[:MAX_PART_DEFECTS]:
        if code := _LIBRARY_DEFECTS.get(type(defect).__name__):
            _add(defects, code, path)
    if part.opaque and part.kind.startswith("multipart/"):
        _add(defects, "too_deep", path)
    declared = part.content_type.value
    if declared and not _TYPE.match(declared):
        _add(defects, "content_type_invalid", path)
    if part.repeats("content-type"):
        _add(defects, "content_type_repeated", path)


def _add(defects: dict[str, str], code: str, path: str) -> None:
    """Once for each code, naming the first part that has it."""
    sentence = _SENTENCES[code].format(part=f"part {path}" if path else "the mail")
    defects.setdefault(code, sentence[0].upper() + sentence[1:])
