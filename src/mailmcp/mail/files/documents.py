"""Attachments as text: what a person who opens the file would read, as far as text goes.

Rooms behind it: ``pdf``, and for the ZIP formats ``archives`` and ``story`` with ``office`` (docx, pptx), ``sheets``
(xlsx) and ``opendocument`` (odt, ods, odp).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass

from mailmcp.errors import BadInput, MailError, Unsupported
from mailmcp.language.characters import cleaned
from mailmcp.mail.files import office, opendocument, pdf, sheets
from mailmcp.mail.files.archives import DAMAGED, Archive
from mailmcp.mail.files.contents import is_known
from mailmcp.mail.mime import charsets, decoding
from mailmcp.mail.parse import parse
from mailmcp.mail.text import read
from mailmcp.models import Address, Attachment, Message

MAX_BYTES = 25 * 1024 * 1024

_WORDS = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SLIDES = "application/vnd.openxmlformats-officedocument.presentationml"
_OPEN = "application/vnd.oasis.opendocument"
_BY_TYPE = {
    "application/pdf": "pdf",
    "application/x-pdf": "pdf",
    "message/rfc822": "mail",
    "message/global": "mail",
    "text/html": "html",
    "application/xhtml+xml": "html",
    f"{_WORDS}.document": "docx",
    f"{_WORDS}.template": "docx",
    "application/vnd.ms-word.document.macroenabled.12": "docx",
    f"{_SHEETS}.sheet": "xlsx",
    f"{_SHEETS}.template": "xlsx",
    "application/vnd.ms-excel.sheet.macroenabled.12": "xlsx",
    f"{_SLIDES}.presentation": "pptx",
    f"{_SLIDES}.slideshow": "pptx",
    f"{_SLIDES}.template": "pptx",
    "application/vnd.ms-powerpoint.presentation.macroenabled.12": "pptx",
    f"{_OPEN}.text": "odt",
    f"{_OPEN}.text-template": "odt",
    f"{_OPEN}.spreadsheet": "ods",
    f"{_OPEN}.spreadsheet-template": "ods",
    f"{_OPEN}.presentation": "odp",
    f"{_OPEN}.presentation-template": "odp",
    # text/rtf and text/enriched are markup that nobody reads as it stands.
    "text/rtf": "",
    "text/enriched": "",
}
_TEXT_SUBTYPES = """
    csv ecmascript graphql ics javascript json json5 jsonl ndjson pgp-keys pgp-signature sql toml typescript x-csv x-ics
    x-javascript x-json x-ndjson x-sh x-shellscript x-sql x-subrip x-tex x-toml x-yaml xml xml-dtd yaml
"""
_TEXT_TYPES = frozenset(f"application/{name}" for name in _TEXT_SUBTYPES.split())
_TEXT_EXTENSIONS = """
    txt text md markdown rst csv tsv json jsonl ndjson xml xsd xsl ics ical ifb vcf vcard yaml yml toml ini cfg conf env
    properties log asc diff patch sql tex bib srt vtt po css js mjs ts tsx jsx py rb go rs c h cc cpp hpp cs java kt
    swift php pl sh bash zsh ps1 bat lua r
"""
_EXTENSIONS_OF = {
    "pdf": "pdf",
    "docx": "docx docm dotx dotm",
    "xlsx": "xlsx xlsm xltx xltm",
    "pptx": "pptx pptm ppsx ppsm potx",
    "odt": "odt ott",
    "ods": "ods ots",
    "odp": "odp otp",
    "html": "html htm xhtml",
    "mail": "eml",
    "": "rtf",
    "text": _TEXT_EXTENSIONS,
}
_BY_EXTENSION = {name: kind for kind, names in _EXTENSIONS_OF.items() for name in names.split()}
_FAMILIES: dict[str, Callable[[Archive, int], tuple[str, bool]]] = {
    "docx": office.words,
    "pptx": office.slides,
    "xlsx": sheets.tables,
    "odt": opendocument.words,
    "odp": opendocument.slides,
    "ods": opendocument.tables,
}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark begins it
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_TELLING = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "pptx": "ppt/presentation.xml"}
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_XML_CHARSET = re.compile(rb"<\?xml[^>]{0,100}?encoding\s{0,5}=\s{0,5}[\"']([A-Za-z0-9._:-]{1,40})")
_HTML_START = re.compile(rb"\s{0,200}<(?:!doctype\s{1,5}html|html[\s>])", re.IGNORECASE)
_CONTROLS = bytes({*range(0x20), 0x7F} - {*b"\t\n\x0b\x0c\r\x1a\x1b"})
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_GAPS = re.compile(r"\n{3,}")
_LOCKED = "The document is encrypted or in the format of an older office program; ask for base64 or file instead."
_TOO_LARGE = "The document is larger than 25 MiB; ask for base64 or file instead."


@dataclass(frozen=True, slots=True)
class DocumentText:
    """The text of an attachment."""

    text: str
    """Paragraphs are lines, the cells of a table row are separated by tabs; invisible characters are gone."""
    truncated: bool
    """There was more: past the caller's limit, or past a limit of this room (pages, time, nesting)."""
    pages: int | None = None
    """How many pages a PDF has in all; None for everything else."""


def text_of(attachment: Attachment, data: bytes, *, max_chars: int = 200_000) -> DocumentText:
    """The text of an attachment's bytes, at most ``max_chars`` characters.

    The type is the declared one; where that says nothing, the file name's extension, then the first bytes. A PDF is
    read for at most 200 pages. A scanned PDF has an empty text. Raises Unsupported for types without
    text, BadInput for documents that are damaged, encrypted or too large to be unpacked.
    """
    if len(data) > MAX_BYTES:
        raise BadInput(_TOO_LARGE)
    limit = max(0, max_chars)
    kind = _kind(attachment, data)
    pages: int | None = None
    try:
        if kind == "pdf":
            text, truncated, pages = pdf.pages(data, limit)
        elif kind == "mail":
            text, truncated = _mail(data, attachment.part)
        elif kind == "html":
            text, truncated = _page(data)
        elif kind in _FAMILIES:
            if data.startswith(_OLD_OFFICE):
                raise BadInput(_LOCKED)
            text, truncated = _FAMILIES[kind](Archive(data), limit)
        else:
            return _bounded(_decoded(data), limit, False, None)
    except MailError:
        raise
    except Exception as error:  # strangers' bytes in libraries that promise nothing about what they raise
        raise BadInput(DAMAGED) from error
    return _bounded(_GAPS.sub("\n\n", text).strip("\n"), limit, truncated, pages)


def _kind(attachment: Attachment, data: bytes) -> str:
    declared = attachment.content_type.partition(";")[0].strip().lower()
    extension = attachment.filename.rpartition(".")[2].lower() if "." in attachment.filename else ""
    kind = _by_type(declared)
    if kind is None:
        kind = _BY_EXTENSION.get(extension)
    if kind == "text" and data.startswith((b"%PDF-", b"PK\x03\x04")):
        kind = None
    if kind is None:
        kind = _by_bytes(data)
        if kind == "text" and declared.partition("/")[0] in ("image", "audio", "video", "font", "model"):
            kind = ""
    if not kind or (kind == "text" and not _is_text(data)):
        named = f"of type {declared}" if is_known(declared) else "of this type"
        raise Unsupported(f"Files {named} have no text that can be read; ask for base64 or file instead.")
    return kind


def _by_type(declared: str) -> str | None:
    """The kind that a content type names; ``""`` when it has no text, None when it says too little."""
    if (kind := _BY_TYPE.get(declared)) is not None:
        return kind
    main, _, sub = declared.partition("/")
    if main in ("text", "message") or declared in _TEXT_TYPES or sub.endswith(("+json", "+xml", "+yaml")):
        return "text"
    return None


def _by_bytes(data: bytes) -> str:
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        try:
            names = Archive(data).names
        except BadInput:
            return ""
        return next((kind for kind, part in _TELLING.items() if part in names), "") or opendocument.kind(data)
    if _HTML_START.match(data):
        return "html"
    if data.startswith(b"{\\rtf"):
        return ""
    return "text" if not _BINARY.search(_decoded(data[:8192])) else ""


def _is_text(data: bytes) -> bool:
    """Octets that a text editor would show, whatever their name says: no NUL and hardly another control character.

    A mark at the start may say that characters are wider than one octet.
    """
    sample = data[:8192]
    if sample.startswith(tuple(mark for mark, _ in _MARKS)):
        return True
    return b"\0" not in sample and len(sample) - len(sample.translate(None, _CONTROLS)) <= len(sample) // 20


def _decoded(data: bytes) -> str:
    """Characters by the byte order mark, the charset that XML names, UTF-8, else windows-1252."""
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(codec, "replace")
    if declared := _XML_CHARSET.match(data):
        return decoding.decode(data, declared[1].decode("ascii")).text
    return decoding.guess(data)


def _page(data: bytes) -> tuple[str, bool]:
    named = charsets.named_in_html(data)
    marked = data.startswith(tuple(mark for mark, _ in _MARKS))
    html = decoding.decode(data, named).text if named and not marked else _decoded(data)
    return _seen(Message(html=html))


def _mail(data: bytes, part: str) -> tuple[str, bool]:
    """``part`` is that of the mail itself, to which the parts inside it belong."""
    message = parse(data)
    codes = {defect.code for defect in message.defects}
    if "unreadable" in codes:
        raise BadInput(DAMAGED)
    head = [
        ("From", ", ".join(map(_mailbox, message.from_))),
        ("To", ", ".join(map(_mailbox, message.to))),
        ("Subject", message.subject),
        ("Date", message.date.strftime("%Y-%m-%dT%H:%M:%SZ") if message.date else ""),
        ("Attachments", ", ".join(f"{one.filename} (part {part}/{one.part})" for one in message.attachments)),
    ]
    text, truncated = _seen(message)
    lines = [f"{name}: {' '.join(value.split())}" for name, value in head if value]
    return "\n".join(lines) + "\n\n" + text, truncated or "message_too_big" in codes


def _mailbox(address: Address) -> str:
    return f"{address.name} <{address.email}>" if address.name else address.email


def _seen(message: Message) -> tuple[str, bool]:
    """All that a person sees of it: in a document, unlike in a conversation, what it quotes belongs to it."""
    channels = read(message)
    hidden = sum(len(piece.text) for piece in channels.hidden)
    leading = [link for link in channels.every_link if link.text != link.url]
    parts = (
        channels.visible,
        channels.signature,
        channels.quoted,
        "\n".join(f"link {number}, {link.text}: {link.url}" for number, link in enumerate(leading, 1)),
        f"(left out: {hidden} characters of hidden text)" if hidden else "",
    )
    return "\n\n".join(part for part in parts if part), bool(channels.defects)


def _bounded(text: str, limit: int, truncated: bool, pages: int | None) -> DocumentText:
    # Invisible characters may make up most of a text; cutting before cleaning keeps the work in proportion.
    wide = 4 * limit + 64
    truncated = truncated or len(text) > wide
    text = cleaned(text[:wide].replace("\x0c", "\n").replace("\x0b", "\n"))[0]
    return DocumentText(text[:limit], truncated or len(text) > limit, pages)
