"""Whether a signed body could be made to say something else by fields that its signature leaves open.

Many large senders sign neither Content-Type nor Content-Transfer-Encoding (RFC 6376 §5.4.1 asks for neither). Whoever
sends such a mail again can write other ones, so that a part of the body disappears, or becomes text that was none. A
body that shows by itself how it is to be read, and is read so, leaves nothing to choose.
"""

from __future__ import annotations

import re
from collections import Counter

from mailmcp.authenticity.fields import Octets

FORM = ("content-type", "content-transfer-encoding")
"""The fields that say how a body is read."""

_VALUE = r'(?:[^\s()<>@,;:\\"/\[\]?=]+|"[^"\\\r\n]*")'
_CONTENT_TYPE = re.compile(rf"([a-z]+)/([a-z0-9.+-]+)((?:\s*;\s*[a-z-]+={_VALUE})*)\s*;?\Z", re.IGNORECASE)
_PARAMETER = re.compile(rf";\s*([a-z-]+)=({_VALUE})", re.IGNORECASE)
_PLAIN_ENCODINGS = frozenset(("", "7bit", "8bit", "binary"))
# Character sets in which every octet of ASCII stands for itself, whatever stands around it.
_PLAIN_CHARSET = re.compile(r"us-ascii|ascii|utf-?8|iso-8859-\d{1,2}|windows-125\d|koi8-[ru]|euc-(?:jp|kr)|gb2312")
_BLANK = re.compile(rb"[\r\n \t]*")
_PREAMBLE = re.compile(rb"(?:[^\r\n]{0,200}\b(?:MIME|multi-?part)\b[^\r\n]{0,200}\r?\n[\r\n]*){1,2}", re.IGNORECASE)
_DELIMITED = re.compile(rb"--([^\r\n]{1,70}?)[ \t]*\r?\n")
_ENCODED = re.compile(rb"=(?:[0-9A-F]{2}|[ \t]*\r?\n)")
_NEEDLESS = re.compile(rb"=(?:3[0-9]|4[1-57-9A-F]|5[0-9A]|6[1-9A-F]|7[0-9A])")
"""Digits and letters (but for the F of From) that are written as quoted-printable writes what it must not leave."""
_BASE64 = re.compile(rb"[A-Za-z0-9+/\r\n]+={0,2}[\r\n]*")
_OF_HTML = re.compile(rb"\s*<(?:!doctype|!--|html|head|body|div|p|table|center|span|meta|style)\b", re.IGNORECASE)
_LONGEST_LINE = 78


def is_open(covered: Counter[str], counts: Counter[str]) -> bool:
    """Whether a field that says how the body is read can be changed, added or taken out under this signature."""
    return any(covered[name] < max(counts[name], 1) for name in FORM)


def reads_only_so(message: Octets) -> bool:
    """Whether the body is one that no honest program would have sent with other fields of this kind."""
    found = [[field.value.decode("latin-1").strip() for field in message.all(name)] for name in FORM]
    if any(len(values) > 1 for values in found):
        return False
    written, encoding = (" ".join(values[0].split()) if values else "" for values in found)
    kind = _CONTENT_TYPE.match(written or "text/plain")
    if kind is None:
        return False
    parameters = [(name.lower(), value.strip('"')) for name, value in _PARAMETER.findall(kind[3])]
    if len({name for name, _ in parameters}) < len(parameters):
        return False
    values = dict(parameters)
    encoding = encoding.lower()
    if kind[1].lower() == "multipart":
        return encoding in _PLAIN_ENCODINGS and _delimiter(message.body) == values.get("boundary", "").encode("latin-1")
    if kind[1].lower() != "text" or kind[2].lower() not in ("plain", "html"):
        return False
    if _delimiter(message.body) is not None or not _is_encoded_so(message.body, encoding):
        return False
    charset = values.get("charset", "").lower()
    if encoding != "base64" and bool(_OF_HTML.match(message.body)) != (kind[2].lower() == "html"):
        return False
    return not charset or bool(_PLAIN_CHARSET.fullmatch(charset))


def _delimiter(body: bytes) -> bytes | None:
    """The boundary between whose lines all of a body stands, None when it is no multipart."""
    blank = _BLANK.match(body)
    start = blank.end() if blank else 0
    if preamble := _PREAMBLE.match(body, start):
        start = preamble.end()
    first = _DELIMITED.match(body, start)
    if first is None or not body.rstrip().endswith(b"--" + first[1] + b"--"):
        return None
    return first[1]


def _is_encoded_so(body: bytes, encoding: str) -> bool:
    """Whether a text is encoded as is said, and could not be taken for encoded in another way."""
    is_base64 = bool(_BASE64.fullmatch(body.strip())) and len(body.strip()) > 40
    if encoding == "base64":
        return is_base64
    if is_base64:
        return False
    signs, encoded = body.count(b"="), len(_ENCODED.findall(body))
    if encoding == "quoted-printable":
        rightly = body.isascii() and signs == encoded and max(map(len, body.splitlines()), default=0) <= _LONGEST_LINE
        return rightly and not _NEEDLESS.search(body)
    return encoding in _PLAIN_ENCODINGS and encoded == 0
