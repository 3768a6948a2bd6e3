"""Canonical forms of header fields and bodies (RFC 6376 §3.4), each linear in its input."""

from __future__ import annotations

import base64
import hashlib
import re

# A single space stays as it is, and most are: only what changes is looked for.
_BLANKS = re.compile(rb"[ \t]{2,}|\t")
_SIGNATURE = re.compile(rb"((?:\A|;)[ \t\r\n]*b[ \t\r\n]*=)[^;]*")


def relaxed_field(name: str, value: bytes) -> bytes:
    """``name:value`` with the name in lower case and white space reduced, without a line end (§3.4.2)."""
    return name.lower().encode("ascii") + b":" + _BLANKS.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")


def without_signature(value: bytes) -> bytes:
    """A signature field's value with an empty b= (§3.5, §3.7)."""
    return _SIGNATURE.sub(rb"\1", value, count=1)


def canonical_body(body: bytes, *, relaxed: bool) -> bytes:
    """The body in its simple (§3.4.3) or relaxed (§3.4.4) form; line ends in it are CRLF."""
    if body and not body.endswith(b"\r\n"):
        body += b"\r\n"
    if relaxed:
        # Runs are reduced first, so that what stands before a line end is one blank at most.
        body = _BLANKS.sub(b" ", body).replace(b" \r\n", b"\r\n")
    body = _without_empty_lines_at_end(body)
    return body if relaxed else body or b"\r\n"


def _without_empty_lines_at_end(body: bytes) -> bytes:
    words = len(body.rstrip(b"\r\n"))
    # A CR of its own is no line end: what follows the last of them are empty lines.
    tail = body[words:].replace(b"\r\n", b"\n\n")
    kept = words + tail.rfind(b"\r") + 1
    return body[: kept + 2] if kept else b""


class Bodies:
    """The hashes of one body: each form is made once, however many signatures ask for it."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._forms: dict[bool, bytes] = {}
        self._hashes: dict[tuple[bool, int | None], bytes] = {}

    def length(self, *, relaxed: bool) -> int:
        """Octets of a canonical form."""
        return len(self._form(relaxed))

    def sha256(self, *, relaxed: bool, length: int | None = None) -> bytes:
        """The hash of a canonical form, of its first ``length`` octets if that is given (§3.7)."""
        key = (relaxed, length)
        if key not in self._hashes:
            form = memoryview(self._form(relaxed))
            self._hashes[key] = hashlib.sha256(form if length is None else form[:length]).digest()
        return self._hashes[key]

    def _form(self, relaxed: bool) -> bytes:
        if relaxed not in self._forms:
            self._forms[relaxed] = canonical_body(self._body, relaxed=relaxed)
        return self._forms[relaxed]


def octets_of(base64_text: str) -> bytes | None:
    """What base64 stands for, None when it is none."""
    try:
        return base64.b64decode(base64_text, validate=True)
    except ValueError:
        return None
