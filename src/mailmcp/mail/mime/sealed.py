"""Mail in an envelope: S/MIME (RFC 8551, CMS of RFC 5652) and OpenPGP armour in plain text (RFC 9580 §6, §7).

What is only signed is opened, since anybody can read it; no signature is checked here. What is encrypted is said to
be. The reader of CMS knows the one way to the content and no other ASN.1; it never raises and is linear.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PKCS7 = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07"
_SMIME_CT = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01"
_KINDS = {
    _PKCS7 + b"\x02": "signed",
    _PKCS7 + b"\x03": "encrypted",
    _PKCS7 + b"\x06": "encrypted",
    _SMIME_CT + b"\x17": "encrypted",
    _SMIME_CT + b"\x09": "compressed",
}
_SEQUENCE, _SET, _INTEGER, _OID, _OCTETS, _OCTETS_IN_PIECES, _EXPLICIT = 0x30, 0x31, 0x02, 0x06, 0x04, 0x24, 0xA0

SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
ENCRYPTED_MARK = "[encrypted OpenPGP message]"

_SIGNED = re.compile(
    r"^-----BEGIN PGP SIGNED MESSAGE-----[ \t]*\n(?:[A-Za-z]{1,30}: [^\n]{0,200}\n){0,10}[ \t]*\n", re.MULTILINE
)
_SIGNATURE = re.compile(r"^-----BEGIN PGP SIGNATURE-----[ \t]*$", re.MULTILINE)
_SIGNATURE_END = re.compile(r"^-----END PGP SIGNATURE-----[ \t]*(?:\n|\Z)", re.MULTILINE)
_MESSAGE = re.compile(r"^-----BEGIN PGP MESSAGE-----[ \t]*$", re.MULTILINE)
_MESSAGE_END = re.compile(r"^-----END PGP MESSAGE-----[ \t]*$", re.MULTILINE)
_DASHED = re.compile(r"^- ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a CMS object is (signed, encrypted, compressed, certificates, or "" when it is none), and what is in it."""

    kind: str
    content: bytes = b""


class _Unreadable(Exception):
    """Not the structure that was looked for."""


def envelope(octets: bytes) -> Envelope:
    """Look into a CMS object, DER or BER; the content only of signed ones."""
    try:
        inner = _enter(octets, 0, _SEQUENCE)
        oid, at = _value(octets, inner, _OID)
        kind = _KINDS.get(oid, "")
        return _signed(octets, at) if kind == "signed" else Envelope(kind)
    except (_Unreadable, IndexError):
        return Envelope("")


def without_armour(text: str) -> tuple[str, bool]:
    """Plain text without the armour of signatures, encrypted messages as one line; and whether there were any.

    The text may stand in front of a signed passage, in it and behind it: which words are signed is not said, since
    no signature is checked.
    """
    if "-----BEGIN PGP " not in text:
        return text, False
    out: list[str] = []
    at = 0
    while (begin := _SIGNED.search(text, at)) is not None:
        end = _SIGNATURE.search(text, begin.end())
        close = _SIGNATURE_END.search(text, end.end()) if end else None
        if end is None:
            break
        out += [text[at : begin.start()], _DASHED.sub("", text[begin.end() : end.start()])]
        at = close.end() if close else len(text)
    text = "".join(out) + text[at:]
    out, at, encrypted = [], 0, False
    while (begin := _MESSAGE.search(text, at)) is not None:
        close = _MESSAGE_END.search(text, begin.end())
        out += [text[at : begin.start()], ENCRYPTED_MARK]
        at = close.end() if close else len(text)
        encrypted = True
    return "".join(out) + text[at:], encrypted


def _signed(octets: bytes, at: int) -> Envelope:
    at = _enter(octets, _enter(octets, at, _EXPLICIT), _SEQUENCE)
    at = _after(octets, at, _INTEGER)
    at = _after(octets, at, _SET)
    tag, at, length = _head(octets, at)
    end = len(octets) if length is None else at + length
    if tag != _SEQUENCE:
        raise _Unreadable
    _, at = _value(octets, at, _OID)
    if at >= end or octets[at] != _EXPLICIT:
        return Envelope("certificates")
    at = _enter(octets, at, _EXPLICIT)
    tag, start, length = _head(octets, at)
    if tag == _OCTETS and length is not None:
        return Envelope("signed", octets[start : start + length])
    if tag != _OCTETS_IN_PIECES:
        raise _Unreadable
    pieces: list[bytes] = []
    end = len(octets) if length is None else start + length
    while start < min(end, len(octets)) and octets[start] == _OCTETS:
        piece, start = _value(octets, start, _OCTETS)
        pieces.append(piece)
    return Envelope("signed", b"".join(pieces))


def _head(octets: bytes, at: int) -> tuple[int, int, int | None]:
    """Tag, where the content begins, and its length (None: until an end mark)."""
    tag, length = octets[at], octets[at + 1]
    if tag & 0x1F == 0x1F:
        raise _Unreadable
    if length < 0x80:
        return tag, at + 2, length
    if length == 0x80:
        return tag, at + 2, None
    count = length & 0x7F
    if count > 4:
        raise _Unreadable
    return tag, at + 2 + count, int.from_bytes(octets[at + 2 : at + 2 + count], "big")


def _enter(octets: bytes, at: int, tag: int) -> int:
    found, start, _ = _head(octets, at)
    if found != tag:
        raise _Unreadable
    return start


def _value(octets: bytes, at: int, tag: int) -> tuple[bytes, int]:
    found, start, length = _head(octets, at)
    if found != tag or length is None:
        raise _Unreadable
    return octets[start : start + length], start + length


def _after(octets: bytes, at: int, tag: int) -> int:
    """Where an element ends, whatever is in it."""
    if octets[at] != tag:
        raise _Unreadable
    open_ends = 0
    while True:
        found, at, length = _head(octets, at)
        if length is None:
            open_ends += 1
        elif open_ends and not found and not length:
            open_ends -= 1
        else:
            at += length
        if not open_ends:
            return at
