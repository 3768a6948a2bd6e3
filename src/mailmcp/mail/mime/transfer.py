"""Transfer encodings (RFC 2045 §6): what a part's body was before it was made safe for the way.

Nothing here raises: a broken encoding gives what can be read of it and a defect code.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable

_PLAIN = frozenset({"", "7bit", "8bit", "binary"})
_UUENCODE = frozenset({"x-uuencode", "uuencode", "x-uue", "uue"})

_YENC = frozenset({"x-yenc", "yenc"})

_BLANKS = b" \t\r\n\v\f"
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_ALPHABET = bytes(set(range(256)) - set(_ALPHABET))
MAX_ESCAPES = 1000
MAX_BLOCKS = 1000
"""Most separately padded blocks of base64 that are put together."""
MIN_WORD = 16
"""Letters that a first line must have before its junk to be taken as base64 rather than as words."""
# Where base64 ends for a reader: a foreign character, a blank inside a line, anything after the padding.
_JUNK = re.compile(rb"[^A-Za-z0-9+/=\s]|[A-Za-z0-9+/=][ \t]+[A-Za-z0-9+/=]|=\s*[A-Za-z0-9+/]")
_BASE64_LINE = re.compile(rb"^[A-Za-z0-9+/]{40,}={0,2}[ \t]*\r?$", re.MULTILINE)
_BAD_ESCAPE = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*(?:\r?\n|\Z))")
_Y_LINE = re.compile(rb"^=y(?:begin|part|end)[^\r\n]*(?:\r?\n|\Z)", re.MULTILINE)
_Y_SHIFT = bytes((octet - 42) % 256 for octet in range(256))
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\r\n]{0,255}\r?\n", re.MULTILINE)


def decode(body: bytes, encoding: str) -> tuple[bytes, str | None]:
    """The octets of a part, and a defect code when the encoding was broken.

    The codes: ``base64_broken``, ``base64_junk`` (something follows the encoded text; it is left out),
    ``quoted_printable_broken``, ``uuencode_broken``, ``yenc_broken``, ``transfer_encoding_unknown`` (the body is taken
    as it is).
    """
    if encoding in _PLAIN:
        return body, None
    if encoding == "base64":
        return decode_base64(body)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body), "quoted_printable_broken" if _BAD_ESCAPE.search(body) else None
    if encoding in _UUENCODE:
        return _uudecode(body)
    if encoding in _YENC:
        return _ydecode(body)
    return body, "transfer_encoding_unknown"


def size(pieces: Iterable[bytes], encoding: str) -> int | None:
    """How many octets :func:`decode` would give, without having them; None when only decoding can tell."""
    if encoding in _PLAIN:
        return sum(map(len, pieces))
    if encoding != "base64":
        return None
    total, left = 0, b""
    try:
        for piece in pieces:
            left += piece.translate(None, _BLANKS)
            # Whole groups, but for the last: only that one may be padded.
            end = (len(left) - 1) // 4 * 4
            if end > 0:
                if b"=" in left[:end]:
                    return None
                total += len(binascii.a2b_base64(left[:end], strict_mode=True))
                left = left[end:]
        return total + len(binascii.a2b_base64(left, strict_mode=True))
    except binascii.Error:
        return None


def decode_base64(body: bytes) -> tuple[bytes, str | None]:
    """As :func:`decode` for base64: also without padding, with characters damaged, or with a footer below it."""
    packed = body.translate(None, _BLANKS)
    try:
        return binascii.a2b_base64(packed, strict_mode=True), None
    except binascii.Error:
        pass
    junk = _JUNK.search(body)
    if junk is None:
        return _leniently(packed), "base64_broken"
    if _BASE64_LINE.search(body, junk.start()):
        # Encoded lines go on after it: characters were damaged on the way, or blocks were encoded one by one.
        return b"".join(map(_leniently, body.split(b"=", MAX_BLOCKS))), "base64_broken"
    line = body.rfind(b"\n", 0, junk.start() + 1) + 1
    head = body[: junk.start() + 1] if junk[0].startswith(b"=") or not line else body[:line]
    octets = _leniently(head) if line or b"=" in head or len(head) >= MIN_WORD else b""
    if octets:
        return octets, "base64_junk"
    return body, "base64_broken"  # not base64 at all: the words themselves are the better answer


def _leniently(body: bytes) -> bytes:
    """Decode what is of the alphabet, up to the padding, and leave a torn last group out."""
    packed = body.split(b"=", 1)[0].translate(None, _NOT_ALPHABET)
    if len(packed) % 4 == 1:
        packed = packed[:-1]
    return binascii.a2b_base64(packed + b"=" * (-len(packed) % 4))


def _uudecode(body: bytes) -> tuple[bytes, str | None]:
    begin = _UU_BEGIN.search(body)
    if begin is None:
        return body, "uuencode_broken"
    out: list[bytes] = []
    for line in body[begin.end() :].splitlines():
        if line.strip() in (b"end", b"`", b""):
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Some encoders pad the last group with characters of their own: take only what the length octet claims.
            claimed = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                out.append(binascii.a2b_uu(line[:claimed]))
            except binascii.Error:
                return b"".join(out), "uuencode_broken"
    return b"".join(out), None


def _ydecode(body: bytes) -> tuple[bytes, str | None]:
    """yEnc (1.3): every octet 42 further on, critical ones 64 further on again behind an equals sign."""
    packed = _Y_LINE.sub(b"", body).translate(None, b"\r\n")
    if packed.count(b"=") > MAX_ESCAPES + len(packed) // 16:
        return body, "yenc_broken"  # one octet in sixty is critical; this is something else
    first, *escaped = packed.split(b"=")
    out = [first.translate(_Y_SHIFT)]
    for piece in escaped:
        out += [bytes([(octet - 106) % 256]) for octet in piece[:1]]
        out.append(piece[1:].translate(_Y_SHIFT))
    return b"".join(out), None if all(escaped) else "yenc_broken"
