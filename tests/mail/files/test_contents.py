"""What an attachment is by its bytes, and what they say against its name and type."""

from __future__ import annotations

import hashlib
import io
import random
import zipfile

import pytest

from mailmcp.mail.files.contents import Examiner, examined
from mailmcp.models import Attachment

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXE = "application/vnd.microsoft.portable-executable"


def zipped(*names: str, padding: int = 0) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        if padding:
            archive.writestr("padding", random.Random(1).randbytes(padding))
        for name in names:
            archive.writestr(name, "application/epub+zip" if name == "mimetype" else "x")
    return out.getvalue()


def attachment(name: str, declared: str) -> Attachment:
    return Attachment(part="2", filename=name, content_type=declared, size=1)


KINDS = {
    "application/pdf": b"junk\n%PDF-1.7 rest",
    "image/png": b"\x89PNG\r\n\x1a\nrest",
    "image/jpeg": b"\xff\xd8\xff\xe0rest",
    "image/webp": b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    "image/heic": b"\x00\x00\x00\x18ftypheic\x00",
    "video/mp4": b"\x00\x00\x00\x18ftypisom\x00",
    "application/zip": zipped("a.txt"),
    DOCX: zipped("[Content_Types].xml", "word/document.xml", padding=200_000),
    "application/epub+zip": zipped("mimetype", "a"),
    "application/java-archive": zipped("META-INF/MANIFEST.MF"),
    "application/x-ole-storage": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    EXE: b"MZ\x90\x00",
    "application/x-iso9660-image": bytes(32_769) + b"CD001\x01",
    "text/html": b"\xef\xbb\xbf <!DOCTYPE html><p>x",
    "image/svg+xml": b"<?xml version='1.0'?>\n<svg xmlns='x'>",
    "text/calendar": b"BEGIN:VCALENDAR\r\n",
    "text/plain": "Zeile ä\n".encode(),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_type_is_told_by_the_bytes_however_they_come(kind: str) -> None:
    data = KINDS[kind]
    examiner = Examiner()
    for start in range(0, len(data), 7_001):
        examiner.see(data[start : start + 7_001])
    unnamed = attachment("part-2.bin", "application/octet-stream")
    assert examiner.content(unnamed) == examined(unnamed, data)
    assert examined(unnamed, data).kind == kind
    assert examined(unnamed, data).sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("name", "declared", "data", "called", "content"),
    [
        (
            "invoice.pdf",
            "application/pdf",
            b"MZ\x90\x00",
            "declared as application/pdf",
            f"{EXE} (a program for Windows)",
        ),
        (
            "invoice.pdf",
            "application/octet-stream",
            b"MZ",
            "named as application/pdf",
            f"{EXE} (a program for Windows)",
        ),
        ("a.png", "image/png", KINDS["image/jpeg"], "declared as image/png", "image/jpeg"),
        ("a.pdf", "application/pdf", b"hello", "declared as application/pdf", "text/plain"),
        ("a.pdf", "application/pdf", b"\x00\x01", "declared as application/pdf", "something else"),
        ("a.txt", "text/plain", KINDS["application/zip"], "declared as text/plain", "application/zip"),
        ("a.bin", "application/do-as.this-says", b"MZ", "declared as something else", f"{EXE} (a program for Windows)"),
        ("page.pdf", "application/x-unheard-of", b"<html>", "named as application/pdf", "text/html"),
    ],
)
def test_a_content_that_is_something_else_is_said_in_words(
    name: str, declared: str, data: bytes, called: str, content: str
) -> None:
    assert examined(attachment(name, declared), data).doubt == f"It is {called}, but its content is {content}."


def test_what_runs_is_named_whatever_it_is_called() -> None:
    found = examined(attachment("setup.bin", "application/octet-stream"), b"MZ")
    assert found.doubt == f"Its content is {EXE} (a program for Windows): opening it would run it."


@pytest.mark.parametrize(
    ("name", "declared", "data"),
    [
        ("a.docx", DOCX, KINDS[DOCX]),
        ("a.docx", DOCX, KINDS["application/zip"]),
        ("a.zip", "application/x-zip-compressed", KINDS["application/zip"]),
        ("a.doc", "application/msword", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("a.doc", "application/msword", b"{\\rtf1 x}"),
        ("a.jpg", "image/jpg", KINDS["image/jpeg"]),
        ("a.ics", "text/calendar", KINDS["text/calendar"]),
        ("a.xml", "text/xml", b"<?xml version='1.0'?><a/>"),
        ("a.csv", "text/csv", b"a;b\n1;2\n"),
        ("a.sketch", "application/x-sketch", KINDS["application/zip"]),
        ("a.odt", "application/vnd.oasis.opendocument.text", KINDS["application/zip"]),
        ("a.dat", "application/octet-stream", b"\x01\x02\x03"),
        ("empty.pdf", "application/pdf", b""),
    ],
)
def test_what_agrees_or_is_not_known_raises_no_doubt(name: str, declared: str, data: bytes) -> None:
    assert examined(attachment(name, declared), data).doubt is None
