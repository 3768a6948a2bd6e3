"""Which part is the mail's own words, and which is attached (the reading order of RFC 8621 §4.1.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape

from mailmcp.mail import charsets, filenames, flowed, headers, transfer
from mailmcp.mail.tree import Part, walk
from mailmcp.models import Attachment

MAX_BYTES = {"text": 1024 * 1024, "html": 2 * 1024 * 1024, "calendar": 1024 * 1024}
"""Octets of each kind that are decoded, all parts of a mail together."""

_LINE_ENDS = re.compile("\r\n?")
_TOKEN = re.compile(r"[^\s;,()]+")
_SENTENCES = {
    "charset_unknown": "The charset of {part} is not known; its text was guessed.",
    "charset_wrong": "The text of {part} does not fit the charset it declares; what does not fit was guessed.",
    "charset_undeclared": "{part} has 8-bit text without a declared charset; it was guessed.",
    "base64_broken": "The base64 of {part} is damaged; what could be read of it is shown.",
    "base64_junk": "Something follows the base64 of {part}; it was left out.",
    "quoted_printable_broken": "The quoted-printable encoding of {part} is damaged.",
    "uuencode_broken": "The uuencoding of {part} is damaged.",
    "transfer_encoding_unknown": "The transfer encoding of {part} is not known; its octets were taken as they are.",
    "nul_characters": "{part} contains NUL characters; they were removed.",
    "text_too_long": "The mail has more than 1 MiB of text; {part} is cut there.",
    "html_too_long": "The mail has more than 2 MiB of HTML; {part} is cut there.",
    "calendar_too_long": "The mail has more than 1 MiB of calendar; {part} is cut there.",
    "root_not_text": "The first part of a multipart/related is no text; {part} is shown as the mail's words.",
    "text_attached": "{part}, the only text of the mail, is marked as attached; it is shown as the mail's words too.",
    "alternatives_repeated": "{part} is one more alternative of a kind that the mail already has.",
}


@dataclass(slots=True)
class Reading:
    """What was found in a tree."""

    text: str | None = None
    html: str | None = None
    calendar: str | None = None
    attachments: list[Attachment] = field(default_factory=list[Attachment])
    defects: dict[str, str] = field(default_factory=dict[str, str])
    rooms: dict[str, int] = field(default_factory=lambda: dict(MAX_BYTES))
    """Octets of each kind that may still be decoded."""

    def within(self, kind: str, octets: bytes, path: str) -> bytes:
        """As much of the octets as the budget of their kind still allows."""
        taken = octets[: self.rooms[kind]]
        self.rooms[kind] -= len(taken)
        if len(taken) < len(octets):
            self.note(f"{kind}_too_long", path)
        return taken

    def note(self, code: str | None, path: str) -> None:
        """Remember a defect once, naming the first part that has it."""
        if code:
            sentence = _SENTENCES[code].format(part=f"part {path}")
            self.defects.setdefault(code, sentence[0].upper() + sentence[1:])


@dataclass(frozen=True, slots=True)
class _Words:
    """The own words of a part: as plain text, as HTML, or both when it has alternatives."""

    text: str | None = None
    html: str | None = None


def read(root: Part) -> Reading:
    """The own text and HTML, the calendar and the attachments of a tree; never raises.

    Where a multipart/mixed holds HTML and plain text one after the other, its HTML carries the plain text too (a
    mail program shows both), and its plain text is what is plain in it.
    """
    reading = Reading()
    words = _walk(root, "", True, reading)
    if root.children and words.text is None and words.html is None:
        words = _attached_words(root, reading)
    reading.text, reading.html = words.text, words.html
    reading.attachments.sort(key=lambda one: [int(number) for number in one.part.split(".")])
    if reading.html and len(reading.html) > MAX_BYTES["html"]:
        reading.html = reading.html[: MAX_BYTES["html"]]
        reading.note("html_too_long", "1")
    return reading


def _attached_words(root: Part, reading: Reading) -> _Words:
    """The words of a mail whose only text is marked as attached; it stays listed as an attachment."""
    texts = [
        (path, part) for path, part in walk(root) if not part.children and part.kind in ("text/plain", "text/html")
    ]
    if len(texts) != 1:
        return _Words()
    path, part = texts[0]
    octets, _ = octets_of(part)
    reading.note("text_attached", path)
    if part.kind == "text/html":
        return _Words(html=_html(part, path, octets, reading))
    return _Words(text=_text(part, path, octets, reading))


def octets_of(part: Part) -> tuple[bytes, str | None]:
    """A leaf's content without its transfer encoding, and the defect code of that."""
    return transfer.decode(part.octets, part.encoding)


def size_of(part: Part) -> tuple[int, str | None]:
    """The size of a leaf's content, and that defect code, without having the content where it can be had so."""
    size = transfer.size(part.pieces(), part.encoding)
    if size is not None:
        return size, None
    octets, problem = octets_of(part)
    return len(octets), problem


def attachment_of(part: Part, path: str, size: int) -> Attachment:
    """A part described as an attachment; ``size`` is that of its decoded content."""
    disposition = headers.parameterised(part.field("content-disposition"))
    content_id = headers.display(part.field("content-id")).strip("<> ") or None
    inline = disposition.value == "inline" or (
        not disposition.value and part.within == "related" and content_id is not None
    )
    return Attachment(
        part=path,
        filename=filenames.safe(_name(part) or _subject(part), path=path, content_type=part.kind),
        content_type=part.kind,
        size=size,
        inline=inline,
        content_id=content_id,
    )


def _walk(part: Part, path: str, first: bool, reading: Reading) -> _Words:
    """The words of a part; ``first`` says that it is the one of its multipart that is read first."""
    if not part.children:
        return _leaf(part, path or "1", first, reading)
    subtype = part.kind.partition("/")[2]
    main = _root_of(part) if subtype == "related" else 0
    found: list[tuple[str, Part, _Words]] = []
    for index, child in enumerate(part.children):
        child_path = f"{path}.{index + 1}" if path else str(index + 1)
        words = _walk(child, child_path, index == main, reading)
        if subtype == "related" and index == main and words.html is not None and main and _is_moved(part):
            reading.note("root_not_text", child_path)
        if words.text is not None or words.html is not None:
            found.append((child_path, child, words))
    return _best(found, reading) if subtype == "alternative" else _joined([words for _, _, words in found])


def _leaf(part: Part, path: str, first: bool, reading: Reading) -> _Words:
    kind = part.kind
    if not (kind.startswith("multipart/") or kind == "text/calendar" or _is_body(part, kind, first)):
        # Only listed: its content may be most of 25 MiB.
        size, problem = size_of(part)
        reading.note(problem, path)
        reading.attachments.append(attachment_of(part, path, size))
        return _Words()
    octets, problem = octets_of(part)
    reading.note(problem, path)
    if kind.startswith("multipart/") and not part.opaque:
        # Declared as multipart and never divided: its words are shown rather than lost.
        return _Words(text=_text(part, path, octets, reading)) if octets.strip() else _Words()
    if kind == "text/calendar" and reading.calendar is None:
        reading.calendar = _decoded(reading.within("calendar", octets, path), _charset(part), path, reading)
    if _is_body(part, kind, first):
        if kind == "text/html":
            return _Words(html=_html(part, path, octets, reading))
        return _Words(text=_text(part, path, octets, reading))
    reading.attachments.append(attachment_of(part, path, len(octets)))
    return _Words()


def _is_body(part: Part, kind: str, first: bool) -> bool:
    """Own words are inline plain text or HTML: the first of its multipart, or one without a file name."""
    if kind not in ("text/plain", "text/html"):
        return False
    if headers.parameterised(part.field("content-disposition")).value == "attachment":
        return False
    return first or (part.within != "related" and not _name(part))


def _root_of(related: Part) -> int:
    """Which child is the root of a multipart/related: the one that ``start`` names, else the first (RFC 2387 §3.2).

    Where that is no text and holds none, the first HTML after it.
    """
    start = related.content_type.parameters.get("start", "").strip("<> ")
    if start:
        for index, child in enumerate(related.children):
            if child.field("content-id").decode("ascii", "replace").strip("<> ") == start:
                return index
    kinds = [child.kind for child in related.children]
    if not kinds[0].startswith(("text/", "multipart/")) and "text/html" in kinds:
        return kinds.index("text/html")
    return 0


def _is_moved(related: Part) -> bool:
    """Whether the root of a multipart/related is not the one that RFC 2387 names."""
    return not related.children[0].kind.startswith(("text/", "multipart/")) and not related.content_type.parameters.get(
        "start"
    )


def _best(found: list[tuple[str, Part, _Words]], reading: Reading) -> _Words:
    """Of alternatives each kind once: the first that has words. A further leaf of that kind is listed as attached."""
    text = _first_of(found, "text")
    html = _first_of(found, "html")
    for path, part, words in found:
        if words is not text and words is not html:
            reading.note("alternatives_repeated", path)
            if not part.children:
                reading.attachments.append(attachment_of(part, path, size_of(part)[0]))
    return _Words(text.text if text else None, html.html if html else None)


def _first_of(found: list[tuple[str, Part, _Words]], kind: str) -> _Words | None:
    candidates = [words for _, _, words in found if getattr(words, kind) is not None]
    return next((words for words in candidates if getattr(words, kind).strip()), candidates[0] if candidates else None)


def _joined(found: list[_Words]) -> _Words:
    """One after the other, as a mail program shows them: list footers, text between pictures."""
    texts = [words.text for words in found if words.text is not None]
    text = "\n".join(piece.removesuffix("\n") for piece in texts[:-1]) + "\n" + texts[-1] if len(texts) > 1 else None
    if text is None and texts:
        text = texts[0]
    if all(words.html is None for words in found):
        return _Words(text=text)
    pages = [words.html if words.html is not None else _as_html(words.text or "") for words in found]
    return _Words(text=text, html="\n".join(filter(None, pages)))


def _as_html(text: str) -> str:
    lines = escape(text.strip("\n")).replace("\n", "<br>\n")
    return f"<div>{lines}</div>" if lines.strip() else ""


def _text(part: Part, path: str, octets: bytes, reading: Reading) -> str:
    parameters = part.content_type.parameters
    text = _decoded(reading.within("text", octets, path), _charset(part), path, reading)
    if parameters.get("format", "").strip().lower() == "flowed":
        text = flowed.unfold(text, delsp=parameters.get("delsp", "").strip().lower() == "yes")
    return text


def _html(part: Part, path: str, octets: bytes, reading: Reading) -> str:
    charset = _charset(part)
    if charset is None and not octets.isascii():
        charset = charsets.named_in_html(octets)
    return _decoded(reading.within("html", octets, path), charset, path, reading)


def _charset(part: Part) -> str | None:
    named = _TOKEN.match(part.content_type.parameters.get("charset", "").strip().strip("'"))
    return named[0] if named else None


def _decoded(octets: bytes, charset: str | None, path: str, reading: Reading) -> str:
    text, problem = charsets.decode(octets, charset)
    reading.note(problem, path)
    if "\x00" in text:
        reading.note("nul_characters", path)
        text = text.replace("\x00", "")
    return _LINE_ENDS.sub("\n", text) if "\r" in text else text


def _name(part: Part) -> str:
    """The file name that a part gives itself, decoded; ``""`` when it gives none (RFC 2183 §2.3, RFC 2045 §5.1)."""
    disposition = headers.parameterised(part.field("content-disposition"))
    name = disposition.parameters.get("filename") or part.content_type.parameters.get("name") or ""
    return headers.words(name).strip()


def _subject(part: Part) -> str:
    """The name for an attached message: its subject."""
    if part.kind != "message/rfc822":
        return ""
    octets, _ = transfer.decode(part.octets, part.encoding)
    subject = headers.split(octets[: headers.MAX_BLOCK_BYTES]).first("subject")
    title = re.sub(r"[/\\]", "-", headers.display(subject or b"")[:100]).strip()
    return f"{title}.eml" if title else ""
