"""The words of one leaf: its octets without transfer encoding, charset and soft breaks; what was wrong is noted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape

from mailmcp.mail.mime import charsets, decoding, flowed, headers, sealed, transfer
from mailmcp.mail.mime.detection import strictly
from mailmcp.mail.mime.guide import Guide
from mailmcp.mail.mime.pasted import without_pictures
from mailmcp.mail.mime.tree import Part, walk
from mailmcp.models import Attachment

MAX_BYTES = {"text": 1024 * 1024, "html": 2 * 1024 * 1024, "calendar": 1024 * 1024}
"""Octets of each kind that are decoded, all parts of a mail together."""
HTML = frozenset({"text/html", "application/xhtml+xml"})

_LINE_ENDS = re.compile("\r\n?")
_FOLD = re.compile(rb"\r?\n[ \t]")
_LAST_LINE = 4096
_SENTENCES = {
    "charset_unknown": "{part} declares a charset that is not known; it was read as {charset}.",
    "charset_wrong": "The text of {part} does not fit the charset that it declares; it was read as {charset}.",
    "charset_damaged": "The text of {part} has octets that are no {charset}, its charset; they are shown as \ufffd.",
    "charset_undeclared": "{part} has 8-bit text without a declared charset; it was read as {charset}.",
    "base64_broken": "The base64 of {part} is damaged; what could be read of it is shown.",
    "base64_junk": "Something follows the base64 of {part}; it was left out.",
    "quoted_printable_broken": "The quoted-printable encoding of {part} is damaged.",
    "uuencode_broken": "The uuencoding of {part} is damaged.",
    "yenc_broken": "The yEnc encoding of {part} is damaged.",
    "transfer_encoding_unknown": "The transfer encoding of {part} is not known; its octets were taken as they are.",
    "nul_characters": "{part} contains NUL characters; they were removed.",
    "text_too_long": "The mail has more than 1 MiB of text; {part} is cut there.",
    "html_too_long": "The mail has more than 2 MiB of HTML; {part} is cut there.",
    "calendar_too_long": "The mail has more than 1 MiB of calendar; {part} is cut there.",
    "root_not_text": "The first part of a multipart/related is no text; {part} is shown as the mail's words.",
    "alternatives_repeated": "{part} is one more alternative of a kind that the mail already has.",
    "encrypted": "{part} is encrypted with OpenPGP; what it says can only be read with its recipient's key.",
    "tnef": "{part} is a container of Outlook (winmail.dat); no file was found in it.",
    "text_attached": "{part}, the only text of the mail, is marked as attached; it is shown as the mail's words too.",
    "text_of_calendar": "The mail has no text; what is shown are the words of its calendar entry, {part}.",
    "calendar_added": "The calendar entry, {part}, says when and where; its words are shown above the text.",
    "text_forwarded": "The mail has no text of its own; the message that it hands on, {part}, is shown.",
    "forward_too_long": "The message that is handed on, {part}, is larger than 4 MiB; what follows was not read.",
    "text_behind_end": "The mail has no text but behind its last boundary; that is shown.",
    "text_of_report": "The mail has no text for people; the status report, {part}, is shown.",
}


@dataclass(frozen=True, slots=True)
class Words:
    """The own words of a part: as plain text, as HTML, or both when it has alternatives."""

    text: str | None = None
    html: str | None = None


@dataclass(slots=True)
class Reading:
    """What was found in a tree."""

    guide: Guide
    text: str | None = None
    html: str | None = None
    calendar: str | None = None
    calendar_path: str = ""
    attachments: list[Attachment] = field(default_factory=list[Attachment])
    defects: dict[str, str] = field(default_factory=dict[str, str])
    level: int = 0
    """How many messages this one stands in."""
    rooms: dict[str, int] = field(default_factory=lambda: dict(MAX_BYTES))
    """Octets of each kind that may still be decoded."""

    def within(self, kind: str, octets: bytes, path: str) -> bytes:
        """As much of the octets as the budget of their kind still allows, cut at the end of a line if there is one."""
        room = self.rooms[kind]
        if len(octets) <= room:
            self.rooms[kind] -= len(octets)
            return octets
        self.rooms[kind] = 0
        self.note(f"{kind}_too_long", path)
        line = octets.rfind(b"\n", max(0, room - _LAST_LINE), room)
        return octets[: line + 1 or room]

    def note(self, code: str | None, path: str, charset: str = "") -> None:
        """Remember a defect once, naming the first part that has it."""
        if code:
            sentence = _SENTENCES[code].format(part=f"part {path}", charset=charset)
            self.defects.setdefault(code.replace("_damaged", "_wrong"), sentence[0].upper() + sentence[1:])


def joined(found: list[Words]) -> Words:
    """One after the other, as a mail program shows them: list footers, text between pictures."""
    texts = [words.text for words in found if words.text is not None]
    text = "\n".join(piece.removesuffix("\n") for piece in texts[:-1]) + "\n" + texts[-1] if len(texts) > 1 else None
    if text is None and texts:
        text = texts[0]
    if all(words.html is None for words in found):
        return Words(text=text)
    page = ""
    for words in found:
        piece = words.html if words.html is not None else _as_html(words.text or "")
        if page and piece:
            # Two pages make one document for the parser: without a break their words would stand on one line.
            page += "\n<br>\n" if words.html is not None else "\n"
        page += piece
    return Words(text=text, html=page)


def _as_html(text: str) -> str:
    lines = escape(text.strip("\n")).replace("\n", "<br>\n")
    return f"<div>{lines}</div>" if lines.strip() else ""


def labels(root: Part) -> list[str]:
    """The charset names that the texts of a tree declare."""
    found = (label_of(part) for _, part in walk(root) if part.kind.startswith("text/"))
    return [label for label in found if label]


def octets_of(part: Part) -> tuple[bytes, str | None]:
    """A leaf's content without its transfer encoding, and the defect code of that."""
    return transfer.decode(part.octets, part.encoding)


def label_of(part: Part) -> str | None:
    """The charset name that a part declares."""
    return charsets.label_in(part.content_type.parameters.get("charset", ""))


def name_of(part: Part, guide: Guide | None = None) -> str:
    """The file name that a part gives itself, decoded; ``""`` when it gives none (RFC 2183 §2.3, RFC 2045 §5.1)."""
    disposition = headers.parameterised(part.field("content-disposition"), guide)
    name = disposition.parameters.get("filename")
    if not name:
        name = headers.parameterised(part.field("content-type"), guide).parameters.get("name") or ""
    return headers.words(name, guide).strip()


def is_attached(part: Part) -> bool:
    """Whether a part declares itself an attachment."""
    return headers.parameterised(part.field("content-disposition")).value == "attachment"


def words_of(part: Part, path: str, octets: bytes, reading: Reading) -> Words:
    """The words of a leaf that is HTML or, whatever it declares, plain text."""
    if part.kind in HTML:
        return Words(html=html_of(part, path, octets, reading))
    return Words(text=text_of(part, path, octets, reading))


def text_of(part: Part, path: str, octets: bytes, reading: Reading) -> str:
    """Plain text: format=flowed unfolded, the armour of OpenPGP taken off."""
    parameters = part.content_type.parameters
    text = decoded(reading.within("text", octets, path), label_of(part), path, reading)
    if parameters.get("format", "").strip().lower() == "flowed":
        text = flowed.unfold(text, delsp=parameters.get("delsp", "").strip().lower() == "yes")
    text, encrypted = sealed.without_armour(text)
    if encrypted:
        reading.note("encrypted", path)
    return text


def html_of(part: Part, path: str, octets: bytes, reading: Reading) -> str:
    """HTML; what it names as its charset in itself counts where its header names none or a wrong one."""
    if len(octets) > reading.rooms["html"]:
        octets = without_pictures(octets.decode("latin-1")).encode("latin-1")
    label = label_of(part)
    named = None if octets.isascii() else charsets.named_in_html(octets)
    return decoded(reading.within("html", octets, path), label or named, path, reading, named)


def calendar_of(part: Part, path: str, octets: bytes, reading: Reading) -> str:
    """A calendar as text. Its lines may be folded in the middle of a character (RFC 5545 §3.1)."""
    octets = reading.within("calendar", octets, path)
    if not octets.isascii() and strictly(octets, "utf_8") is None:
        octets = _FOLD.sub(b"", octets)
    return decoded(octets, label_of(part) or "utf-8", path, reading)


def decoded(octets: bytes, label: str | None, path: str, reading: Reading, named: str | None = None) -> str:
    """Octets under a charset name, with what was wrong noted; ``named`` is what they name in themselves."""
    hints = reading.guide.hints
    if named and (codec := charsets.codec_of(named)):
        hints = [codec, *hints]
    text, problem, codec = decoding.decode(octets, label, hints)
    if problem == "charset_wrong" and label and codec == charsets.codec_of(label):
        reading.note("charset_damaged", path, charsets.spoken(codec))
    else:
        reading.note(problem, path, charsets.spoken(codec))
    if problem:
        reading.guide.hint(codec)
    if "\x00" in text:
        reading.note("nul_characters", path)
        text = text.replace("\x00", "")
    return _LINE_ENDS.sub("\n", text) if "\r" in text else text
