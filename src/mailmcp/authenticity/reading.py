"""What a signature leaves open about how a message reads (RFC 6376 §8.15, §5.4.1).

The hash is one over the octets of the body; what they say depends on Content-Type and Content-Transfer-Encoding.
Whoever passes a mail on may change a field that the signature leaves out, add one that is not there or take one away,
and the signature holds: signed octets then show other words. Many honest signers leave these fields out, so such a
signature counts where the body speaks for itself: where it can hardly have been written to be read otherwise than it is
declared.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mailmcp.authenticity.fields import Field, Octets
from mailmcp.language.domains import same_organisation

LARGEST_TEXT = 512 * 1024
"""Octets of a text that is looked at so closely."""
LEAST_BROKEN = 60
"""Octets before a soft line break of an encoder, which fills its lines of 76 (RFC 2045 §6.7)."""
REPLY = "reply-to"
_TYPE, _ENCODING, _DISPOSITION = "content-type", "content-transfer-encoding", "content-disposition"

# Plain forms only: what programs read in different ways is not evident (RFC 2045 §5.1).
_PLAIN_TYPE = re.compile(
    r"([a-z]{1,20})/([a-z.+-]{1,40})"
    r"((?:[ \t]*;[ \t]*[a-z-]{1,20}=(?:[\w.:'=+-]{1,200}|\"[^\"\\]{0,200}\"))*)[ \t]*;?\Z",
    re.IGNORECASE | re.ASCII,
)
_PARAMETER = re.compile(r";[ \t]*([a-z-]{1,20})=(\"[^\"]*\"|[^ \t;]*)", re.IGNORECASE)
_PARAMETERS = {
    "text": frozenset(("charset", "format")),
    "multipart": frozenset(("boundary", "type", "charset", "differences", "report-type", "protocol", "micalg")),
}
_SUBTYPES = frozenset(("mixed", "alternative", "related", "report", "signed"))
_IDENTITY = frozenset(("", "7bit", "8bit", "binary"))

# Lines that a multipart may begin with before its first delimiter; elsewhere text there is a text of its own.
_PREAMBLE = re.compile(
    rb"(?:\s*This is a (?:cryptographically signed )?multi-?part message in MIME format\.?[ \t]*\r\n)?\s*\Z",
    re.IGNORECASE,
)
_LONGEST_PREAMBLE = 200
_DIVIDED = re.compile(rb"^--[^\r\n]{1,250}\r\n(?:Content-[a-z-]{1,40}|MIME-Version):", re.IGNORECASE | re.MULTILINE)
_MARKUP = re.compile(
    rb"<(?:!--|(?:!doctype|/?(?:html|head|body|style|script|table|t[dr]|div|p|br|h[1-6]|span|a|img|font|b))\b)",
    re.IGNORECASE,
)
_HTML_BEGINS = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(?:!--|(?:!doctype|html|head|body|style|meta|table|div|p|h[1-6]|center|span|font|a|img)\b)",
    re.IGNORECASE,
)
_SOFT_BREAK = re.compile(rb"[^=\s]=[ \t]*\r\n")
_SHORT_LINE = re.compile(rb"^(?:[^\r\n]{0,%d}[^=\s\r\n])?=[ \t]*\r?$" % (LEAST_BROKEN - 2), re.MULTILINE)
_ESCAPE = re.compile(rb"=(?:[ \t]*\r\n|([0-9A-F]{2}))", re.IGNORECASE)
# Line ends, blanks at the end of a line, the equals sign, what is no ASCII; a dot that begins a line (RFC 2045 §6.7).
_NEEDED_ESCAPE = re.compile(
    rb"=(?:[ \t]*\r\n|0[9AD]|3D|[89A-F][0-9A-F]|(?:20|09)(?==?[ \t]*(?:\r\n|\Z)|=0[AD])|(?<=\n=)(?:2E|46(?=rom )))",
    re.IGNORECASE,
)
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}\Z")
_LEAST_WRAPPED = 60
_ASCII_BASED = re.compile(
    r"(?:utf-?8|us-ascii|(iso-8859-\d{1,2}|windows-125\d|koi8-[ru]|tis-620)|gbk|gb2312|gb18030|big5|euc-(?:jp|kr))\Z"
)
_NO_CODE = frozenset("\u00aa\u00ba\u00b2\u00b3\u00b9\u2122\u2116")
"""Signs of everyday words that only look like letters and digits in small."""
_JAPANESE_LINES = re.compile(rb"(?:[^\x1b\r\n]|\x1b\$[@B][!-~]*\x1b\([BJ]|\r\n)*\Z")


@dataclass(frozen=True, slots=True)
class _Declared:
    """What the header says of the body."""

    main: str
    sub: str
    parameters: dict[str, str]
    encoding: str

    @property
    def charset(self) -> str:
        return self.parameters.get("charset", "us-ascii").lower()


class Reading:
    """One message, looked at once however many signatures ask."""

    def __init__(self, message: Octets) -> None:
        self._message = message
        self._counts = Counter(field.key for field in message.fields)
        self._evident: dict[frozenset[str], bool] = {}

    def left_open(self, signed: Sequence[str], domain: str) -> tuple[str, ...]:
        """The fields (lower case) by which it could have been made to say something else or to be answered elsewhere.

        ``signed`` are the names of h=, ``domain`` is the signer's. A name that is covered and not there cannot be added
        (RFC 6376 §5.4).
        """
        message, covered = self._message, Counter(signed)
        free = [name for name in (_TYPE, _ENCODING) if covered[name] < max(1, self._counts[name])]
        if self._counts[_DISPOSITION] > covered[_DISPOSITION] and not _is_inline(message):
            free.append(_DISPOSITION)
        found = tuple(free) if free and not self._is_evident(frozenset(free)) else ()
        answered = covered[REPLY] or all(_is_address_at(field, domain) for field in message.all(REPLY))
        return found if answered else (*found, REPLY)

    def _is_evident(self, free: frozenset[str]) -> bool:
        if free not in self._evident:
            self._evident[free] = _speaks_for_itself(self._message, free)
        return self._evident[free]


def _is_address_at(field: Field, domain: str) -> bool:
    text = field.unfolded.decode("utf-8", "replace")
    match = re.fullmatch(r"(?:[^@<>(),:;\\]*<)?[^@<>(),:;\\\s\"]+@([^@<>(),:;\\\s\"]+)>?", text)
    return match is not None and same_organisation(match[1], domain)


def _is_inline(message: Octets) -> bool:
    return all(field.unfolded.lower() == b"inline" for field in message.all(_DISPOSITION))


def _speaks_for_itself(message: Octets, free: frozenset[str]) -> bool:
    declared = _declared(message)
    if declared is None or _DISPOSITION in free:
        return False
    if declared.main == "multipart":
        # Whatever encoding a multipart declares is ignored (RFC 2045 §6.4), as long as its boundary is one.
        delimiter = b"--" + declared.parameters.get("boundary", "").encode("utf-8", "replace")
        if len(delimiter) < 3 or declared.encoding not in _IDENTITY:
            return False
        if _TYPE not in free:
            return re.search(rb"^" + re.escape(delimiter) + rb"[ \t]*\r\n", message.body, re.MULTILINE) is not None
        return declared.sub in _SUBTYPES and _is_divided(message.body, delimiter)
    octets = _decoded(message.body, declared, free) if len(message.body) <= LARGEST_TEXT else None
    if octets is None:
        return False
    if _TYPE not in free:
        return True
    if not _is_unambiguous(octets, declared.charset):
        return False
    if declared.sub == "html" and (b"<" in octets or b"&" in octets):
        return _HTML_BEGINS.match(octets) is not None and octets.rstrip().endswith(b">")
    return declared.sub in ("plain", "html") and not _MARKUP.search(octets) and not _DIVIDED.search(octets)


def _declared(message: Octets) -> _Declared | None:
    """What the header declares; None for what is written in any but the plain way, or is neither text nor multipart."""
    types, encodings = message.all(_TYPE), message.all(_ENCODING)
    if len(types) > 1 or len(encodings) > 1:
        return None
    encoding = encodings[0].unfolded.decode("ascii", "replace").lower() if encodings else ""
    if not types:
        return _Declared("text", "plain", {}, encoding)
    value = types[0].unfolded
    match = _PLAIN_TYPE.match(value.decode("ascii")) if value.isascii() and b"=?" not in value else None
    if match is None:
        return None
    main = match[1].lower()
    pairs = [(name.lower(), value.strip('"')) for name, value in _PARAMETER.findall(match[3])]
    parameters = dict(pairs)
    known = _PARAMETERS.get(main)
    if known is None or len(parameters) < len(pairs) or not known.issuperset(parameters):
        return None
    return _Declared(main, match[2].lower(), parameters, encoding)


def _is_divided(body: bytes, delimiter: bytes) -> bool:
    """Whether a body begins with its first delimiter and ends with its last: written as a multipart and nothing else.

    A text of somebody else in the midst of a mail could hold delimiters; what stands around them would go unread.
    """
    first = re.search(rb"^" + re.escape(delimiter) + rb"[ \t]*\r\n", body, re.MULTILINE)
    if first is None or first.start() > _LONGEST_PREAMBLE or not _PREAMBLE.match(body[: first.start()]):
        return False
    # What stands behind the last delimiter goes unread as well.
    last = re.search(rb"^" + re.escape(delimiter) + rb"--[ \t]*\r?$", body, re.MULTILINE)
    return last is not None and not body[last.end() :].strip() and _DIVIDED.match(body, first.start()) is not None


def _decoded(body: bytes, declared: _Declared, free: frozenset[str]) -> bytes | None:
    """The octets of a text; None when they may have been meant otherwise than they are encoded now."""
    wrapped = _is_wrapped_base64(body)
    if declared.encoding in _IDENTITY:
        return None if _ENCODING in free and (wrapped or _SOFT_BREAK.search(body)) else body
    if declared.encoding == "base64":
        # A line by itself may be a token that somebody is sent; many full lines are an encoder's (RFC 2045 §6.8).
        return base64.b64decode(body) if wrapped or (_ENCODING not in free and _is_base64(body)) else None
    if declared.encoding != "quoted-printable":
        return None
    octets = _ESCAPE.sub(lambda one: bytes.fromhex(one[1].decode()) if one[1] else b"", body)
    if _ENCODING not in free:
        return octets
    # Written so by an encoder: what needs no escape has none, so that no word stands there in hiding (RFC 2045 §6.7).
    if (
        _SHORT_LINE.search(body)
        or _NEEDED_ESCAPE.sub(b"", body).count(b"=")
        or not _ASCII_BASED.match(declared.charset)
    ):
        return None
    return None if _hides_digits(octets, declared.charset) else octets


def _is_base64(body: bytes) -> bool:
    octets = b"".join(body.split())
    return len(octets) % 4 == 0 and _BASE64.match(octets) is not None


def _is_wrapped_base64(body: bytes) -> bool:
    lines = body.rstrip().split(b"\r\n")
    width = len(lines[0])
    return (
        len(lines) > 1
        and width >= _LEAST_WRAPPED
        and all(len(line) == width for line in lines[:-1])
        and len(lines[-1]) <= width
        and _is_base64(body)
    )


def _hides_digits(octets: bytes, charset: str) -> bool:
    """Whether escaped characters are digits or letters of ASCII in another shape: a code that the raw text hides."""
    try:
        words = octets.decode(charset)
    except (LookupError, UnicodeDecodeError):
        return True
    return any(one.isdecimal() or _is_alphanumeric(one) for one in set(words) - _NO_CODE if not one.isascii())


def _is_alphanumeric(character: str) -> bool:
    folded = unicodedata.normalize("NFKC", character)
    return folded.isascii() and folded.isalnum()


def _is_unambiguous(octets: bytes, charset: str) -> bool:
    """Whether octets read the same in every charset that they may have been written in.

    Between charsets of one octet a letter, no digit and no address, becomes another letter.
    """
    if b"\x1b" in octets:  # RFC 1468: each line ends in ASCII
        return charset == "iso-2022-jp" and _JAPANESE_LINES.match(octets) is not None
    known = _ASCII_BASED.match(charset)
    if octets.isascii() or known is None:
        return known is not None
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return known[1] is not None
    return charset in ("utf-8", "utf8")
