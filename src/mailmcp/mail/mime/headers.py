"""The header block: fields out of bytes, encoded words, parameters (RFC 5322 §2.2, RFC 2047, RFC 2231)."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from mailmcp.mail.mime import charsets, transfer
from mailmcp.mail.mime.guide import Guide

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
_ENCODED_WORD = re.compile(r"=\?\s?([^?\s]{1,60})\s?\?\s?([BbQq])\s?\?([^?]*(?:\?(?!=)[^?\s]{0,200}){0,5})\?\s?=")
# One that was cut off at the end of its field.
_CUT_WORD = re.compile(r"=\?([^?\s]{1,60})\?([Bb])\?([A-Za-z0-9+/]{8,}={0,2})\??\s*\Z")

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


def display(body: bytes, guide: Guide | None = None) -> str:
    """A field's body for people: octets and encoded words decoded, control characters as blanks, 8 KiB at most."""
    guide = guide or Guide(bodies=[body])
    return _CONTROLS.sub(" ", words(guide.raw(body)[: 4 * MAX_DECODED], guide))[:MAX_DECODED].strip()


def words(text: str, guide: Guide | None = None) -> str:
    """Text with its encoded words decoded (RFC 2047), tolerant: bad ones stay as they stand.

    Blanks between two encoded words vanish (§6.2). Neighbours of one charset are joined before they are decoded,
    because many programs cut characters in two there.
    """
    if "=?" not in text:
        return text
    guide = guide or Guide()
    out: list[str] = []
    joined: list[bytes] = []
    open_label = ""
    end = 0
    for match in (*_ENCODED_WORD.finditer(text), *_CUT_WORD.finditer(text)):
        if match.start() < end:
            continue
        label = match[1].split("*", 1)[0].lower()
        decoded = _octets(match[2], match[3], label)
        if decoded is None:
            continue
        between = text[end : match.start()]
        if joined and (not _same_charset(label, open_label) or between.strip(" \t\r\n")):
            out.append(guide.word(b"".join(joined), open_label))
            joined.clear()
            if between.strip(" \t\r\n"):
                out.append(between)
        elif not joined:
            out.append(between)
        joined.append(decoded)
        open_label = label
        end = match.end()
    if joined:
        out.append(guide.word(b"".join(joined), open_label))
    out.append(text[end:])
    return "".join(out)


def _same_charset(one: str, other: str) -> bool:
    return one == other or ((codec := charsets.codec_of(one)) is not None and codec == charsets.codec_of(other))


def _octets(encoding: str, encoded: str, charset: str) -> bytes | None:
    """The octets of one encoded word; None when it is better left as it stands."""
    try:
        # 8-bit letters have no business here; programs that leave them in mean the word's own charset.
        data = encoded.encode("ascii" if encoded.isascii() else charsets.codec_of(charset[:60]) or "utf-8")
    except UnicodeError:
        return None
    if encoding in "Bb":
        decoded, problem = transfer.decode_base64(data)
        return None if problem and decoded == data else decoded
    return binascii.a2b_qp(data.replace(b" ", b"_"), header=True)


@dataclass(frozen=True, slots=True)
class Parameterised:
    """A value with parameters, as in Content-Type: ``value`` in lower case, parameter names in lower case."""

    value: str
    parameters: dict[str, str]


def parameterised(body: bytes, guide: Guide | None = None) -> Parameterised:
    """Read ``value; name=…; name*0*=…`` (RFC 2045 §5.1, RFC 2231); a missing semicolon after the value is forgiven.

    Of repeated parameters the first counts; the encoded form of a parameter counts more than the plain one.
    """
    body = body[:MAX_DECODED]
    guide = guide or Guide(bodies=() if body.isascii() else [body])
    text = guide.raw(body)
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
    joined = {name: _joined(numbered, guide) for name, numbered in sections.items()}
    return Parameterised(value.lower(), {**plain, **joined})


def _joined(sections: dict[int, tuple[str, bool]], guide: Guide) -> str:
    """Put the numbered sections of a parameter together (RFC 2231 §3, §4)."""
    charset: str | None = None
    pieces: list[bytes] = []
    for number in sorted(sections):
        written, encoded = sections[number]
        if encoded:
            if not pieces and written.count("'") >= 2:
                charset, _, written = written.split("'", 2)
            pieces.append(unquote_to_bytes(written))
        else:
            pieces.append(written.encode("utf-8", "replace"))
    return guide.word(b"".join(pieces), charset or "utf-8")
