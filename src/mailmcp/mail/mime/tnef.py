"""Outlook's container, winmail.dat (MS-OXTNEF): the files in it, and the text.

A stream of attributes, each with its length; those of one file follow each other, and some of them are lists of
properties (MS-OXCDATA §2.11). Only what names a file or is its content is read. It never raises and is linear; what is
cut off ends with the last whole attribute.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailmcp.mail.mime import decoding

KINDS = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
NAME = "winmail.dat"

_SIGNATURE = b"\x78\x9f\x3e\x22"
_HEAD = struct.Struct("<BII")
_CHECKSUM = 2
# Attributes (MS-OXTNEF §2.1.3.2), then properties (MS-OXPROPS).
_BODY, _CODEPAGE, _MESSAGE_PROPERTIES = 0x0002800C, 0x00069007, 0x00069003
_BEGINS_FILE, _TITLE, _DATA, _FILE_PROPERTIES = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
_TEXT, _HTML, _HTML_CODEPAGE, _CONTENT, _MIME = 0x1000, 0x1013, 0x3FDE, 0x3701, 0x370E
_NAMES = (0x3707, 0x3704, 0x3001)
"""The long name, the short one, the one that is shown."""
_NAMED = 0x8000
_STRING, _UNICODE, _OBJECT, _BINARY, _MULTIPLE = 0x1E, 0x1F, 0x0D, 0x102, 0x1000
_OF_ANY_LENGTH = (_STRING, _UNICODE, _OBJECT, _BINARY)
_WIDTHS = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")
"""The class of an object that is a message: a container of its own follows."""
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+_-]{0,80}/[a-z0-9][a-z0-9.+_-]{0,80}")

_Properties = dict[int, tuple[int, bytes]]
"""Type and first value by the property's number."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of a container."""

    name: str
    """``""`` when it has none."""
    kind: str
    """Its content type, lower case."""
    content: bytes


@dataclass(frozen=True, slots=True)
class Container:
    """What a container holds."""

    files: tuple[File, ...]
    text: str
    html: str


@dataclass(slots=True)
class _Begun:
    """A file as its attributes come."""

    title: bytes = b""
    data: bytes = b""
    properties: _Properties = field(default_factory=_Properties)


def opened(octets: bytes, room: int) -> Container | None:
    """The files of a container, at most ``room``, and its text; None when it is none."""
    if not octets.startswith(_SIGNATURE):
        return None
    charset, body, properties = "", b"", _Properties()
    begun: list[_Begun] = []
    for tag, content in _attributes(octets):
        if tag == _CODEPAGE and len(content) >= 4:
            charset = _charset(content)
        elif tag == _BODY:
            body = content
        elif tag == _MESSAGE_PROPERTIES:
            properties = _properties(content)
        elif tag == _BEGINS_FILE:
            if len(begun) >= room:
                break
            begun.append(_Begun())
        elif begun and tag == _TITLE:
            begun[-1].title = content
        elif begun and tag == _DATA:
            begun[-1].data = content
        elif begun and tag == _FILE_PROPERTIES:
            begun[-1].properties = _properties(content)
    pages = properties.get(_HTML_CODEPAGE, (0, b""))[1]
    return Container(
        files=tuple(_file(one, charset) for one in begun),
        text=_words(properties, _TEXT, charset) or _read(_STRING, body, charset),
        html=_words(properties, _HTML, _charset(pages) if len(pages) >= 4 else charset),
    )


def _attributes(octets: bytes) -> Iterator[tuple[int, bytes]]:
    at = len(_SIGNATURE) + 2
    while at + _HEAD.size <= len(octets):
        level, tag, length = _HEAD.unpack_from(octets, at)
        start = at + _HEAD.size
        at = start + length + _CHECKSUM
        if level not in (1, 2) or start + length > len(octets):
            return
        yield tag, octets[start : start + length]


def _properties(octets: bytes) -> _Properties:
    """The properties of a list, as far as it is sound."""
    found = _Properties()
    at = 4
    try:
        while at + 4 <= len(octets):
            kind, number = struct.unpack_from("<HH", octets, at)
            at += 4
            if number >= _NAMED:  # an identifier, and a number or a name
                by_name, length = struct.unpack_from("<II", octets, at + 16)
                at += 24 + (_padded(length) if by_name else 0)
            base, count = kind & ~_MULTIPLE, 1
            if base in _OF_ANY_LENGTH or kind & _MULTIPLE:
                (count,) = struct.unpack_from("<I", octets, at)
                at += 4
            for _ in range(count):
                if base in _OF_ANY_LENGTH:
                    (length,) = struct.unpack_from("<I", octets, at)
                    at, step = at + 4, _padded(length)
                else:
                    length = step = _WIDTHS[base]
                if at + length > len(octets):
                    return found
                found.setdefault(number, (base, octets[at : at + length]))
                at += step
    except (struct.error, KeyError):
        pass  # cut off, or of a type that nobody can skip
    return found


def _padded(length: int) -> int:
    return length + -length % 4


def _file(one: _Begun, charset: str) -> File:
    kind, content = one.properties.get(_CONTENT, (_BINARY, b""))
    declared = _words(one.properties, _MIME, charset).strip().lower()
    usable = _TYPE.fullmatch(declared) and not declared.startswith("multipart/")  # a file is one part
    type_ = declared if usable else "application/octet-stream"
    if kind == _OBJECT:
        type_ = "application/ms-tnef" if content.startswith(_MESSAGE) else type_
        content = content[len(_MESSAGE) :]
    names = (_words(one.properties, number, charset) for number in _NAMES)
    name = next(filter(None, names), "") or _read(_STRING, one.title, charset)
    return File(name=name.strip(), kind=type_, content=one.data or content)


def _words(properties: _Properties, number: int, charset: str) -> str:
    kind, octets = properties.get(number, (_STRING, b""))
    return _read(kind, octets, charset)


def _read(kind: int, octets: bytes, charset: str) -> str:
    label = "utf-16-le" if kind == _UNICODE else charset
    return decoding.decode(octets, label).text.partition("\0")[0] if octets else ""


def _charset(octets: bytes) -> str:
    """The charset of a Windows code page's number."""
    (number,) = struct.unpack_from("<I", octets)
    return {65001: "utf-8", 20127: "us-ascii", 20866: "koi8-r", 28591: "iso-8859-1"}.get(number, f"windows-{number}")
