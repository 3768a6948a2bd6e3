"""The text of PDF documents, read by pypdf inside limits of ours.

pypdf bounds what it unpacks and how deep it follows, but a small file can still ask for minutes of work (a page with
thousands of fonts, each with a full character map): whoever reads strangers' documents does it in a process that can
be ended (``mailroom.documents``).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

from mailmcp.errors import BadInput
from mailmcp.mail.files.inks import Page, seen
from mailmcp.mail.files.planes import Box

if TYPE_CHECKING:
    from pypdf import PageObject

MAX_PAGES = 200
MAX_STREAM = 10_000_000
"""Bytes that one stream (a page's drawing, a font's map) may unpack to."""

_DAMAGED = "The PDF is damaged; ask for base64 or file instead."
_TOO_MUCH = "The PDF asks for more work than is given to a stranger's file; ask for base64 or file instead."
_ENCRYPTED = "The PDF is encrypted with a password; ask for base64 or file instead."
_END = b"%%EOF"


def pages(data: bytes, limit: int) -> tuple[str, bool, int]:
    """The text of at most MAX_PAGES pages, whether there was more, and how many pages there are in all.

    Reading stops at ``limit`` characters. A page that cannot be read is left out, which counts
    as more. Raises BadInput for documents that are damaged, need a password, or unpack or draw too much.
    """
    # Behind the last end mark stands nothing that belongs to the document, and pypdf looks for it line by line.
    end = data.rfind(_END)
    if end < 0:
        raise BadInput(_DAMAGED)
    reading = _Reading(data[: end + len(_END)], limit)
    try:
        reading.run()
    except BadInput:
        raise
    except Exception as error:  # pypdf: "broken PDF files might cause other exceptions"
        raise BadInput(_TOO_MUCH if type(error).__name__ == "LimitReachedError" else _DAMAGED) from error
    return "\n\n".join(reading.texts), reading.truncated, reading.count


def _text(page: PageObject) -> str:
    """The text of a page without letters that leave no mark on it."""
    from pypdf.generic import ContentStream, NameObject

    with suppress(AttributeError, KeyError):  # a page without content, or with some that is none
        drawing = ContentStream(page["/Contents"].get_object(), page.pdf, "bytes")
        drawing.operations = seen(drawing.operations, _about(page))
        page[NameObject("/Contents")] = drawing
    # Whoever looks on is given the operators as they are: they are not packed and unpacked once more.
    return page.extract_text(visitor_operand_before=_look_on)


def _about(page: PageObject) -> Page:
    """What the resources of a page and the layers of its document say; nothing where they are broken."""
    with suppress(Exception):  # as above
        resources = _entries(page.get("/Resources"))
        hidden = _hidden_layers(page)
        shown = _box(page.mediabox).within(_box(page.cropbox))
        return Page(
            shown,
            {name: _opacity(state) for name, state in _entries(resources.get("/ExtGState")).items()},
            frozenset(name for name, layer in _entries(resources.get("/Properties")).items() if layer in hidden),
            frozenset(name for name, font in _entries(resources.get("/Font")).items() if _is_wide(font)),
        )
    return Page()


def _entries(thing: Any) -> dict[str, Any]:
    """The entries of a dictionary as they stand in it, references among them."""
    found = None if thing is None else thing.get_object()
    return dict(cast(dict[str, Any], found).items()) if isinstance(found, dict) else {}


def _box(sides: Sequence[float]) -> Box:
    left, bottom, right, top = map(float, sides)
    return Box(min(left, right), min(bottom, top), max(left, right), max(bottom, top))


def _opacity(state: Any) -> float:
    """Of what is painted in a graphics state (§11.6.4); one that blends or masks lets something through."""
    said = _entries(state)
    mixed = said.get("/BM", "/Normal") not in ("/Normal", "/Compatible") or said.get("/SMask", "/None") != "/None"
    return min(float(said.get("/ca", 1)), 0.99 if mixed else 1.0)


def _is_wide(font: Any) -> bool:
    return _entries(font).get("/Subtype") == "/Type0"


def _hidden_layers(page: PageObject) -> list[Any]:
    """The references of layers that are not shown when the document is opened (§8.11.4)."""
    root = page.pdf.root_object if page.pdf is not None else None
    layers = _entries(_entries(root).get("/OCProperties"))
    shown = _entries(layers.get("/D"))
    if shown.get("/BaseState") == "/OFF":
        on = _listed(shown.get("/ON"))
        return [layer for layer in _listed(layers.get("/OCGs")) if layer not in on]
    return _listed(shown.get("/OFF"))


def _listed(thing: Any) -> list[Any]:
    found = None if thing is None else thing.get_object()
    return list(cast(list[Any], found)) if isinstance(found, list) else []


def _look_on(operator: object, operands: object, matrix: object, letters: object) -> None:
    pass


class _Reading:
    """What has been read so far."""

    def __init__(self, data: bytes, limit: int) -> None:
        self.data = data
        self.limit = limit
        self.texts: list[str] = []
        self.truncated = False
        self.count = 0

    def run(self) -> None:
        # Imported here: the library is large, and most attachments are something else.
        import pypdf

        logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)  # it reports every flaw of a document as a warning
        limits = pypdf.Configuration(
            maximum_declared_stream_length=len(self.data),
            array_based_stream_maximum_output_length=MAX_STREAM,
            lzw_maximum_output_length=MAX_STREAM,
            run_length_maximum_output_length=MAX_STREAM,
            zlib_maximum_output_length=MAX_STREAM,
            brotli_maximum_output_length=MAX_STREAM,
            stream_decoding_work_maximum_length=3 * MAX_STREAM,
            stream_parsing_work_maximum_count=500_000,
            page_tree_maximum_entries=20_000,
            jbig2dec_binary=None,
        )
        with pypdf.apply_configuration(limits):
            reader = pypdf.PdfReader(BytesIO(self.data), root_object_recovery_limit=1_000)
            if reader.is_encrypted and not reader.decrypt(""):
                raise BadInput(_ENCRYPTED)
            self.count = len(reader.pages)
            self._read_pages(reader.pages)

    def _read_pages(self, found: Sequence[PageObject]) -> None:
        size = 0
        unread: Exception | None = None
        for number in range(min(self.count, MAX_PAGES)):
            if size > self.limit:
                self.truncated = True
                return
            try:
                text = _text(found[number])
            except Exception as error:  # one broken page does not make the others unreadable
                unread = error
                self.truncated = True
                continue
            size += len(text)
            self.texts.append("\n".join(line.rstrip() for line in text.split("\n")).strip("\n")[: self.limit + 1])
        self.truncated = self.truncated or self.count > MAX_PAGES
        if unread is not None and not self.texts:
            raise unread
