"""Names for attachments: what a stranger wrote becomes a name that is safe to show and to save."""

from __future__ import annotations

import re
import unicodedata

MAX_NAME = 150
MAX_NAME_BYTES = 240
"""Most file systems take 255 bytes."""

_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
# Names that are devices on Windows, with any extension.
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|\Z)", re.IGNORECASE)
_EXTENSIONS = {
    "text/plain": "txt",
    "text/html": "html",
    "text/calendar": "ics",
    "text/csv": "csv",
    "text/markdown": "md",
    "text/vcard": "vcf",
    "text/x-vcard": "vcf",
    "text/xml": "xml",
    "text/rfc822-headers": "txt",
    "text/enriched": "txt",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/jpg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/svg+xml": "svg",
    "image/tiff": "tiff",
    "image/bmp": "bmp",
    "image/heic": "heic",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/ogg": "ogg",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "application/pdf": "pdf",
    "application/json": "json",
    "application/xml": "xml",
    "application/zip": "zip",
    "application/gzip": "gz",
    "application/rtf": "rtf",
    "application/ics": "ics",
    "application/msword": "doc",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/ms-tnef": "dat",
    "application/pgp-signature": "asc",
    "application/pgp-keys": "asc",
    "application/pkcs7-signature": "p7s",
    "application/x-pkcs7-signature": "p7s",
    "application/pkcs7-mime": "p7m",
    "application/x-pkcs7-mime": "p7m",
    "message/rfc822": "eml",
    "message/global": "eml",
    "message/partial": "eml",
    "message/delivery-status": "txt",
    "message/disposition-notification": "txt",
    "message/feedback-report": "txt",
}
_SHORT_EXTENSION = re.compile("[A-Za-z0-9]{1,5}")
_TYPES = {extension: kind for kind, extension in reversed(_EXTENSIONS.items()) if extension != "dat"}
_TYPES["jpeg"] = "image/jpeg"


def safe(name: str, *, path: str, content_type: str) -> str:
    """A file name without folders, control or direction characters, never empty, at most 150 characters.

    A name of which nothing is left, or none at all, becomes ``part-<path>.<extension of its type>``.
    """
    visible = "".join(
        letter for letter in name[:2000] if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
    )
    last = re.split(r"[/\\]", visible.rstrip("/\\ "))[-1]
    clean = _FORBIDDEN.sub("_", last).strip(" .")
    if _DEVICES.match(clean):
        clean = f"_{clean}"
    if not clean.strip("_"):
        return saved_as("", path=path, content_type=content_type)
    return _short(clean)


def saved_as(name: str, *, path: str, content_type: str) -> str:
    """The name of a file that is made of an attachment: nothing of what a stranger wrote but a short extension."""
    extension = name.rpartition(".")[2] if "." in name else ""
    if not _SHORT_EXTENSION.fullmatch(extension):
        extension = _EXTENSIONS.get(content_type, "bin")
    return f"part-{path.replace('/', '-')}.{extension.lower()}"


def type_of_name(name: str) -> str | None:
    """The type that a file name's extension claims, among those that are known here."""
    return _TYPES.get(name.rpartition(".")[2].lower()) if "." in name else None


def known_types() -> frozenset[str]:
    """The types that have an extension here."""
    return frozenset(_EXTENSIONS)


def _short(name: str) -> str:
    """Cut in the middle, so that the extension stays."""
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 20:
        stem, dot, extension = name, "", ""
    room = MAX_NAME - len(dot + extension)
    stem = stem[:room]
    while len(f"{stem}{dot}{extension}".encode()) > MAX_NAME_BYTES:
        stem = stem[:-1]
    return f"{stem}{dot}{extension}"
