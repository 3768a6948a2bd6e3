"""What an attachment is by its bytes, as against what its sender calls it: the first bytes, and a SHA-256.

A name and a declared type are claims. What runs, what opens in an office program and what is only looked at begin
differently; a few dozen beginnings tell them apart (decision 016).
"""

from __future__ import annotations

import hashlib
import re

from mailmcp.mail.mime.filenames import known_types, type_of_name
from mailmcp.models import Attachment, Content

_HEAD, _TAIL = 40_000, 70_000
"""Octets that are kept: an ISO image says what it is at 32,769, an archive lists its files at its end."""
_VAGUE = frozenset(("application/octet-stream", "application/binary", "application/x-download", "application/unknown"))

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"\x00\x00\x01\x00", "image/x-icon"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"(\xb5/\xfd", "application/zstd"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"MSCF", "application/vnd.ms-cab-compressed"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-executable"),
    (b"\xca\xfe\xba\xbe", "application/x-mach-binary"),
    (b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (b"\xce\xfa\xed\xfe", "application/x-mach-binary"),
    (b"\x00asm", "application/wasm"),
    (b"#!", "text/x-script"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut"),
    (b"ITSF", "application/vnd.ms-htmlhelp"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (b"{\\rtf", "application/rtf"),
    (b"\x78\x9f\x3e\x22", "application/ms-tnef"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"\x1aE\xdf\xa3", "video/x-matroska"),
    (b"-----BEGIN PGP ", "application/pgp"),
)
_BRANDS = ((b"heic", "image/heic"), (b"heix", "image/heic"), (b"mif1", "image/heic"), (b"avif", "image/avif"))
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_MARKUP = (
    (re.compile(rb"\s{0,200}<(?:!doctype\s{1,5}html|html[\s>]|head[\s>]|body[\s>]|script[\s>])", re.I), "text/html"),
    (
        re.compile(rb"\s{0,200}(?:<\?xml[^>]{0,200}>\s{0,50})?(?:<!--[^>]{0,400}-->\s{0,50})?<svg[\s>]", re.I),
        "image/svg+xml",
    ),
    (re.compile(rb"\s{0,200}<\?xml\s"), "application/xml"),
    (re.compile(rb"\s{0,20}BEGIN:VCALENDAR", re.I), "text/calendar"),
    (re.compile(rb"\s{0,20}BEGIN:VCARD", re.I), "text/vcard"),
)
_OPENXML = "application/vnd.openxmlformats-officedocument."
_INSIDE_ZIP = (
    (b"word/document", f"{_OPENXML}wordprocessingml.document"),
    (b"xl/workbook", f"{_OPENXML}spreadsheetml.sheet"),
    (b"ppt/presentation", f"{_OPENXML}presentationml.presentation"),
    (b"AndroidManifest.xml", "application/vnd.android.package-archive"),
    (b"META-INF/MANIFEST.MF", "application/java-archive"),
)
_MIMETYPE = re.compile(rb"mimetype(application/(?:epub\+zip|vnd\.oasis\.opendocument\.[a-z-]{1,40}))")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

# What runs when it is opened: said in words whatever the sender calls it.
_RUNS = {
    "application/vnd.microsoft.portable-executable": "a program for Windows",
    "application/x-executable": "a program for Linux",
    "application/x-mach-binary": "a program for macOS or Java",
    "application/x-ms-shortcut": "a Windows shortcut, which can start programs",
    "application/vnd.android.package-archive": "a program for Android",
    "application/java-archive": "a Java program",
    "application/vnd.ms-htmlhelp": "a help file that can run programs",
    "text/x-script": "a script",
}
# Other names for the same, and what one format is built on: those are no contradiction.
_SAME = {
    "application/zip": ("application/x-zip-compressed", "application/x-zip", "multipart/x-zip"),
    "application/x-ole-storage": (
        "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
        "application/vnd.ms-outlook", "application/vnd.ms-project", "application/vnd.visio", "application/x-msi",
    ),
    "application/gzip": ("application/x-gzip", "application/x-tar", "application/x-compressed-tar", "application/tgz"),
    "application/vnd.rar": ("application/x-rar-compressed", "application/x-rar"),
    "application/vnd.microsoft.portable-executable": (
        "application/x-msdownload", "application/x-dosexec", "application/exe", "application/x-exe",
        "application/x-msdos-program",
    ),
    "application/xml": ("text/xml", "text/html", "image/svg+xml"),
    "text/html": ("application/xhtml+xml", "text/plain"),
    "text/calendar": ("application/ics", "text/plain"),
    "text/vcard": ("text/x-vcard", "text/directory", "text/plain"),
    "text/x-script": ("text/plain", "application/x-sh", "application/x-shellscript", "text/x-python", "text/x-sh"),
    "application/rtf": ("text/rtf", "application/msword"),
    "application/ms-tnef": ("application/vnd.ms-tnef",),
    "application/pgp": (
        "application/pgp-signature", "application/pgp-keys", "application/pgp-encrypted", "text/plain",
    ),
    "image/jpeg": ("image/jpg", "image/pjpeg"),
    "image/x-icon": ("image/vnd.microsoft.icon",),
    "audio/mpeg": ("audio/mp3",),
    "audio/wav": ("audio/x-wav", "audio/wave"),
    "video/mp4": ("video/quicktime", "audio/mp4", "audio/x-m4a", "video/x-m4v", "video/3gpp"),
    "video/x-matroska": ("video/webm", "audio/webm"),
    "image/heic": ("image/heif",),
}  # fmt: skip
_RECOGNISED = frozenset(
    ("application/pdf", "image/bmp", *(kind for _, kind in (*_STARTS, *_BRANDS, *_INSIDE_ZIP)), *_RIFF.values())
) - {"text/x-script", "audio/mpeg", "application/pgp", "application/x-mach-binary", "application/x-executable"}
"""Formats that always begin in the ways known here: what is called so and begins otherwise is none."""
_KNOWN = _RECOGNISED | set(_SAME) | {one for names in _SAME.values() for one in names} | known_types()
"""What is called otherwise may be built on anything."""


class Examiner:
    """Octets that go by, piece by piece."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._head = self._tail = b""

    def see(self, piece: bytes) -> None:
        """The next octets."""
        self._hash.update(piece)
        if len(self._head) < _HEAD:
            self._head += piece[: _HEAD - len(self._head)]
        self._tail = (self._tail + piece[-_TAIL:])[-_TAIL:]

    def content(self, attachment: Attachment) -> Content:
        """What they are, and what is wrong with what the sender calls them."""
        kind = _kind(self._head, self._tail)
        doubt = _doubt(attachment, kind, empty=not self._head)
        return Content(self._hash.hexdigest(), kind, doubt, named=is_known(attachment.content_type))


def examined(attachment: Attachment, data: bytes) -> Content:
    """The same of octets that are all there."""
    examiner = Examiner()
    examiner.see(data)
    return examiner.content(attachment)


def is_known(content_type: str) -> bool:
    """Is it one of the types that are known here, and so no words of a stranger?"""
    return content_type in _KNOWN or content_type in _VAGUE


def _kind(head: bytes, tail: bytes) -> str | None:
    """The type of octets by their beginning; None when it says nothing."""
    if b"%PDF-" in head[:1024]:
        return "application/pdf"
    for start, kind in _STARTS:
        if head.startswith(start):
            return _inside(kind, head, tail)
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return next((kind for brand, kind in _BRANDS if head[8:12] == brand), "video/mp4")
    if head[:2] == b"BM" and head[6:10] == b"\x00" * 4:
        return "image/bmp"
    if head[32_769:32_774] == b"CD001":
        return "application/x-iso9660-image"
    text = head.removeprefix(b"\xef\xbb\xbf")
    if found := next((kind for form, kind in _MARKUP if form.match(text)), None):
        return found
    return None if not head or _CONTROLS.search(head) else "text/plain"


def _inside(kind: str, head: bytes, tail: bytes) -> str:
    """Of an archive: what is made of it."""
    if kind != "application/zip":
        return kind
    if named := _MIMETYPE.search(head[:200]):
        return named[1].decode()
    return next((made for name, made in _INSIDE_ZIP if name in head or name in tail), kind)


def _doubt(attachment: Attachment, kind: str | None, *, empty: bool) -> str | None:
    """What its bytes say against its type or its name, in one sentence."""
    if empty:
        return None
    declared = attachment.content_type
    by_name = type_of_name(attachment.filename)
    claims = [claim for claim in (declared, by_name) if claim and claim not in _VAGUE]
    runs = f" ({_RUNS[kind]})" if kind in _RUNS else ""
    for claim in claims:
        plain = kind is None or kind == "text/plain"
        wrong = claim in _RECOGNISED if plain else (claim in _KNOWN or bool(runs)) and not _agrees(claim, str(kind))
        if wrong:
            called = "declared" if claim == declared else "named"
            called += f" as {claim}" if is_known(claim) else " as something else"
            return f"It is {called}, but its content is {kind or 'something else'}{runs}."
    return f"Its content is {kind}{runs}: opening it would run it." if runs else None


def _agrees(claim: str, kind: str) -> bool:
    if claim == kind or claim in _SAME.get(kind, ()) or kind in _SAME.get(claim, ()):
        return True
    zipped = kind == "application/zip" and (claim.startswith((_OPENXML, "application/vnd.")) or claim.endswith("+zip"))
    marked = kind in ("application/xml", "text/html") and (claim.endswith("+xml") or claim.startswith("text/"))
    return zipped or marked or claim.startswith(("message/", "multipart/"))
