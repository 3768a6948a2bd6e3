"""The header block: fields out of bytes, encoded words, parameters (RFC 5322 §2.2, RFC 2047, RFC 2231)."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from mailmcp.mail import charsets, transfer

MAX_BLOCK_BYTES = 64 * 1024
MAX_FIELDS = 1000
MAX_DECODED = 8 * 1024
"""Characters of one decoded header."""
MAX_PARAMETERS = 100

_FIELD = re.compile(rb"([!-9;-~]{1,998})([ \t]{0,100}):")
_BLANK_LINES = (b"\n\n", b"\n\r\n", b"\n\r\r\n")
_FROM_AT_CR = re.compile(rb"\rfrom[ \t]{0,100}:", re.IGNORECASE)
_FROM_AT_LINE = re.compile(rb"^from[ \t]{0,100}:", re.IGNORECASE | re.MULTILINE)
_MBOX_LINE = re.compile(rb">?From (?![ \t]{0,100}:)[^\n]{0,998}\n")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# The text of a word may hold question marks of its own: some programs forget to encode them.
_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([BbQq])\?([^?]*(?:\?(?!=)[^?\s]{0,200}){0,5})\?=")

_MAIN = re.compile(r"[\s;]*([^\s;]*)")
_PARAMETER = re.compile(
    r"(?:\A|;|(?<=\"))\s*([^\s=;\"/]{1,200})\s*=\s*(?:\"((?:[^\"\\]|\\.)*)(?:\"|\\?\Z)|([^;]*))", re.DOTALL
)
_SECTION = re.compile(r"(.+?)(?:\*(\d{1,3}))?(\*?)")
_BACKSLASH = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Field:
    """One header field: its name as written, and its body unfolded but not decoded."""

    name: str
    body: bytes
    spaced: bool = False
    """A blank stands before the colon: obsolete, and programs disagree on whether it is that field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A header block that was read within its budgets."""

    fields: tuple[Field, ...]
    body_at: int
    """Where the body begins in the bytes that were read."""
    problems: tuple[str, ...] = ()
    """Defect codes, see :func:`split`."""

    def all(self, name: str) -> list[Field]:
        """The fields of a name (lower case), in order."""
        return [field for field in self.fields if field.name.lower() == name]

    def first(self, name: str) -> bytes | None:
        """The body of the first field of a name (lower case)."""
        return next((field.body for field in self.fields if field.name.lower() == name), None)


def header_block(raw: bytes) -> bytes:
    """The bytes before the first empty line, with their last line end; all of them when there is none."""
    ends = [at for at in (raw.find(blank) for blank in _BLANK_LINES) if at >= 0]
    if raw.startswith((b"\n", b"\r\n")):
        return b""
    return raw[: min(ends) + 1] if ends else raw


def split(raw: bytes) -> Block:
    """The fields of a message and where its body begins.

    As mail servers do, the first line that is no field and no continuation ends the header, also without an empty
    line. Problems: ``mbox_line``, ``header_junk`` (a line at the top that is nobody's continuation),
    ``headers_missing``, ``header_unended`` (no empty line before the body), ``from_hidden`` (a From line behind that
    place), ``headers_too_long``, ``headers_too_many`` and with either ``from_unread`` (a further From may be out of
    sight).
    """
    problems: list[str] = []
    start = 0
    if mbox := _MBOX_LINE.match(raw):
        start = mbox.end()
        problems.append("mbox_line")
    block = header_block(raw[start:] if start else raw)
    body_at = start + len(block)
    if raw.startswith(b"\r", body_at):
        body_at += 1 + raw.startswith(b"\r\r\n", body_at)
    body_at += raw.startswith(b"\n", body_at)
    if len(block) > MAX_BLOCK_BYTES:
        problems += ["headers_too_long", "from_unread"]
        block = block[:MAX_BLOCK_BYTES]

    if _FROM_AT_CR.search(block):
        problems.append("from_hidden")

    found: list[tuple[str, list[bytes], bool]] = []
    at = 0
    # Lines end at LF only: a bare CR ends none, else one program would see a field where another sees none.
    for line in block.split(b"\n"):
        words = line.rstrip(b"\r\n")
        if words[:1] in (b" ", b"\t"):
            if found:
                found[-1][1].append(words)
            else:
                problems.append("header_junk")
        elif match := _FIELD.match(words):
            if len(found) == MAX_FIELDS:
                problems += ["headers_too_many", "from_unread"]
                break
            found.append((match[1].decode("ascii"), [words[match.end() :]], bool(match[2])))
        elif words:
            problems.append("header_unended" if found else "headers_missing")
            if found and _FROM_AT_LINE.search(block, at):
                problems.append("from_hidden")
            body_at = start + at
            break
        at += len(line) + 1
    fields = tuple(Field(name, b"".join(lines).strip(b" \t\r\n"), spaced) for name, lines, spaced in found)
    return Block(fields=fields, body_at=body_at, problems=tuple(dict.fromkeys(problems)))


def display(body: bytes, charset: str | None = None) -> str:
    """A field's body for people: octets and encoded words decoded, control characters as blanks, 8 KiB at most."""
    return _CONTROLS.sub(" ", words(characters(body, charset)[: 4 * MAX_DECODED]))[:MAX_DECODED].strip()


def characters(body: bytes, charset: str | None = None) -> str:
    """The octets of a field as text: UTF-8 (RFC 6532), else the charset that the mail's body declares, else a guess."""
    if body.isascii():
        return body.decode("ascii")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        if charset and charsets.decode(b"Az09@", charset)[0] == "Az09@":  # one that leaves ASCII alone
            text, problem = charsets.decode(body, charset)
            if not problem:
                return text
        return charsets.guess(body)


def words(text: str) -> str:
    """Text with its encoded words decoded (RFC 2047), tolerant: bad ones stay as they stand.

    Blanks between two encoded words vanish (§6.2). Neighbours of one charset are joined before they are decoded,
    because many programs cut characters in two there.
    """
    if "=?" not in text:
        return text
    out: list[str] = []
    octets: list[bytes] = []
    open_charset = ""
    end = 0
    for match in _ENCODED_WORD.finditer(text):
        charset = match[1].split("*", 1)[0].lower()
        decoded = _octets(match[2], match[3], charset)
        if decoded is None:
            continue
        between = text[end : match.start()]
        if octets and (charset != open_charset or between.strip(" \t\r\n")):
            out.append(charsets.decode(b"".join(octets), open_charset)[0])
            octets.clear()
            if between.strip(" \t\r\n"):
                out.append(between)
        elif not octets:
            out.append(between)
        octets.append(decoded)
        open_charset = charset
        end = match.end()
    if octets:
        out.append(charsets.decode(b"".join(octets), open_charset)[0])
    out.append(text[end:])
    return "".join(out)


def _octets(encoding: str, encoded: str, charset: str) -> bytes | None:
    """The octets of one encoded word; None when it is better left as it stands."""
    try:
        # 8-bit letters have no business here; programs that leave them in mean the word's own charset.
        data = encoded.encode("ascii" if encoded.isascii() else charsets.codec_of(charset[:60]) or "utf-8")
    except UnicodeError:
        return None
    if encoding in "Bb":
        octets, problem = transfer.decode_base64(data)
        return None if problem and octets == data else octets
    return binascii.a2b_qp(data.replace(b" ", b"_"), header=True)


@dataclass(frozen=True, slots=True)
class Parameterised:
    """A value with parameters, as in Content-Type: ``value`` in lower case, parameter names in lower case."""

    value: str
    parameters: dict[str, str]


def parameterised(body: bytes) -> Parameterised:
    """Read ``value; name=…; name*0*=…`` (RFC 2045 §5.1, RFC 2231); a missing semicolon after the value is forgiven.

    Of repeated parameters the first counts; the encoded form of a parameter counts more than the plain one.
    """
    text = characters(body[:MAX_DECODED])
    main = _MAIN.match(text)
    value = main[1] if main else ""
    rest = text[main.end() :] if main else ""
    if "=" in value:  # the value itself is missing
        value, rest = "", text
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for count, match in enumerate(_PARAMETER.finditer(rest)):
        if count == MAX_PARAMETERS:
            break
        written = _BACKSLASH.sub(r"\1", match[2]) if match[2] is not None else match[3].strip()
        name = _SECTION.fullmatch(match[1].lower())
        if name is None:
            continue
        if name[2] is None and not name[3]:
            plain.setdefault(name[1], written)
        else:
            sections.setdefault(name[1], {}).setdefault(int(name[2] or 0), (written, bool(name[3])))
    joined = {name: _joined(numbered) for name, numbered in sections.items()}
    return Parameterised(value.lower(), {**plain, **joined})


def _joined(sections: dict[int, tuple[str, bool]]) -> str:
    """Put the numbered sections of a parameter together (RFC 2231 §3, §4)."""
    charset: str | None = None
    octets: list[bytes] = []
    for number in sorted(sections):
        written, encoded = sections[number]
        if encoded:
            if not octets and written.count("'") >= 2:
                charset, _, written = written.split("'", 2)
            octets.append(unquote_to_bytes(written))
        else:
            octets.append(written.encode("utf-8", "replace"))
    return charsets.decode(b"".join(octets), charset or "utf-8")[0]
