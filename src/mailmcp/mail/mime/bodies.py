"""Which part is the mail's own words, and which is attached (the reading order of RFC 8621 §4.1.4)."""

from __future__ import annotations

import re

from mailmcp.mail.mime import elsewhere, filenames, headers, inside, transfer
from mailmcp.mail.mime.guide import Guide
from mailmcp.mail.mime.tree import Part
from mailmcp.mail.mime.words import (
    HTML,
    MAX_BYTES,
    Reading,
    Words,
    calendar_of,
    is_attached,
    joined,
    name_of,
    octets_of,
    text_of,
    words_of,
)
from mailmcp.models import Attachment

_PGP = "application/pgp-encrypted"
_CALENDARS = frozenset({"text/calendar", "application/ics"})
# The same words once more, for mail programs that run them and for watches: nothing that a reader misses.
_OTHER_DEVICES = frozenset({"text/x-amp-html", "text/watch-html"})


def read(root: Part, guide: Guide) -> Reading:
    """The own text and HTML, the calendar and the attachments of a tree; never raises.

    Where a multipart/mixed holds HTML and plain text one after the other, its HTML carries the plain text too (a
    mail program shows both), and its plain text is what is plain in it.
    """
    reading = Reading(guide)
    words = _read(root, reading)
    reading.text, reading.html = words.text, words.html
    if reading.html and len(reading.html) > MAX_BYTES["html"]:
        reading.html = reading.html[: MAX_BYTES["html"]]
        reading.note("html_too_long", "1")
    if reading.text and len(reading.text) > MAX_BYTES["text"]:
        reading.text = reading.text[: MAX_BYTES["text"]]
        reading.note("text_too_long", "1")
    return reading


def _read(root: Part, reading: Reading) -> Words:
    words = _walk(root, "", True, reading)
    words = (elsewhere.found(root, reading, _read) or words) if elsewhere.are_blank(words) else words
    if reading.calendar and "text_of_calendar" not in reading.defects:
        words = elsewhere.with_entry(words, reading)
    reading.attachments.sort(key=lambda one: [int(number) for number in one.part.split(".")])
    return words


def size_of(part: Part) -> tuple[int, str | None]:
    """The size of a leaf's content, and the defect code of its encoding; without having the content if that can be."""
    size = transfer.size(part.pieces(), part.encoding)
    if size is not None:
        return size, None
    octets, problem = octets_of(part)
    return len(octets), problem


def attachment_of(part: Part, path: str, size: int, guide: Guide | None = None) -> Attachment:
    """A part described as an attachment; ``size`` is that of its decoded content."""
    disposition = headers.parameterised(part.field("content-disposition"))
    content_id = headers.display(part.field("content-id")).strip("<> ") or None
    inline = disposition.value == "inline" or (
        not disposition.value and part.within == "related" and content_id is not None
    )
    return Attachment(
        part=path,
        filename=filenames.safe(name_of(part, guide) or _subject(part), path=path, content_type=part.kind),
        content_type=part.kind,
        size=size,
        inline=inline,
        content_id=content_id,
    )


def _walk(part: Part, path: str, first: bool, reading: Reading) -> Words:
    """The words of a part; ``first`` says that it is the one of its multipart that is read first."""
    if not part.children:
        return _leaf(part, path or "1", first, reading)
    subtype = part.kind.partition("/")[2]
    main = _root_of(part) if subtype == "related" else 0
    if place := _encrypted(part, subtype):
        reading.note("encrypted", f"{path}.{place}".lstrip("."))
    found: list[tuple[str, Part, Words]] = []
    for index, child in enumerate(part.children):
        child_path = f"{path}.{index + 1}" if path else str(index + 1)
        words = _walk(child, child_path, index == main, reading)
        if subtype == "related" and index == main and words.html is not None and main and _is_moved(part):
            reading.note("root_not_text", child_path)
        if words.text is not None or words.html is not None:
            found.append((child_path, child, words))
    return _best(found, reading) if subtype == "alternative" else joined([words for _, _, words in found])


def _encrypted(part: Part, subtype: str) -> int:
    """Which child of a multipart is encrypted, counted from 1; 0 when none is said to be.

    OpenPGP's two parts (RFC 3156 §4) stand in a multipart/mixed after gateways that know no multipart/encrypted.
    """
    if subtype == "encrypted":
        return len(part.children)
    kinds = [child.kind for child in part.children]
    place = kinds.index(_PGP) + 2 if _PGP in kinds else 0
    return place if place <= len(kinds) else 0


def _leaf(part: Part, path: str, first: bool, reading: Reading) -> Words:
    kind = part.kind
    if not (kind.startswith("multipart/") or kind in _CALENDARS or _is_body(part, kind, first)):
        size, problem = size_of(part)  # the content may be most of 25 MiB
        reading.note(problem, path)
        return _listed(part, path, size, reading)
    octets, problem = octets_of(part)
    reading.note(problem, path)
    if kind.startswith("multipart/") and not part.opaque:
        # Declared as multipart and never divided: its words are shown rather than lost.
        return Words(text=text_of(part, path, octets, reading)) if octets.strip() else Words()
    if kind in _CALENDARS and not reading.calendar:
        reading.calendar, reading.calendar_path = calendar_of(part, path, octets, reading), path
    if _is_body(part, kind, first):
        for number, file in enumerate(part.inside, 1):
            _leaf(file, f"{path}.{number}", False, reading)
        return words_of(part, path, octets if part.rest is None else part.rest, reading)
    return _listed(part, path, len(octets), reading)


def _listed(part: Part, path: str, size: int, reading: Reading) -> Words:
    """A leaf that is listed as an attachment; and of what is inside it, if it is an envelope or a container."""
    kind = part.kind
    if kind in _OTHER_DEVICES and part.within == "alternative":
        return Words()
    attachment = attachment_of(part, path, size, reading.guide)
    reading.attachments.append(attachment)
    if inside.is_container(part) and not part.inside:
        reading.note("tnef", path)
    return joined([_walk(one, f"{path}.{number}", True, reading) for number, one in enumerate(part.inside, 1)])


def _is_body(part: Part, kind: str, first: bool) -> bool:
    """Own words are inline plain text or HTML: the first of its multipart, or one without a file name."""
    if (kind != "text/plain" and kind not in HTML) or is_attached(part):
        return False
    return first or (part.within != "related" and not name_of(part))


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


def _best(found: list[tuple[str, Part, Words]], reading: Reading) -> Words:
    """Of alternatives each kind once: the first text, and the last HTML, that has words (RFC 2046 §5.1.4: the last is
    the best). A further leaf of that kind is listed as attached.
    """
    text = _first_of(found, "text")
    html = _first_of(found[::-1], "html")
    for path, part, words in found:
        if words is not text and words is not html:
            reading.note("alternatives_repeated", path)
            if not part.children:
                reading.attachments.append(attachment_of(part, path, size_of(part)[0], reading.guide))
    return Words(text.text if text else None, html.html if html else None)


def _first_of(found: list[tuple[str, Part, Words]], kind: str) -> Words | None:
    candidates = [words for _, _, words in found if getattr(words, kind) is not None]
    return next((words for words in candidates if getattr(words, kind).strip()), candidates[0] if candidates else None)


def _subject(part: Part) -> str:
    """The name for an attached message: its subject."""
    if part.kind != "message/rfc822":
        return ""
    octets, _ = transfer.decode(part.octets, part.encoding)
    subject = headers.split(octets[: headers.MAX_BLOCK_BYTES]).first("subject")
    title = re.sub(r"[/\\]", "-", headers.display(subject or b"")[:100]).strip()
    return f"{title}.eml" if title else ""
