"""Words to bytes: a submission becomes the immutable MIME message, checked by parsing what was written.

``Date`` and ``DKIM-Signature`` are not part of it: they are the only fields added when a message leaves (law 5).
The header is written here, field by field: Python's writer folds a long Message-ID into encoded words, which no
program recognises, and loses blanks between words of different scripts. The MIME parts are Python's.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from mailmcp.errors import BadAddress, BadInput
from mailmcp.language.characters import cleaned
from mailmcp.language.domains import ascii_host
from mailmcp.mail import parse
from mailmcp.mail.mime import filenames
from mailmcp.models import Address, OutgoingFile, Submission

MAX_SUBJECT = 998
MAX_NAME = 500
MAX_DISPLAY_NAME = 100
MAX_RECIPIENTS = 100
MAX_FILES = 100
MAX_TEXT_BYTES = 1024 * 1024
MAX_HTML_BYTES = 2 * 1024 * 1024
MAX_REFERENCE_BYTES = 8_000
"""Of the ids in References the first and the nearest ones: a longer field is cut by many programs."""
LINE = 78
"""Characters of a header line (RFC 5322 §2.1.1)."""

# RFC 5321 §4.1.2 Dot-string, with the UTF-8 of RFC 6531; quoted local parts are not used by people.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LETTER = r"[A-Za-z0-9\u0080-\U0010ffff]"
_LABEL = re.compile(rf"{_LETTER}(?:[A-Za-z0-9\u0080-\U0010ffff-]{{0,61}}{_LETTER})?")
# What can stand in a header as it is; the rest is written in encoded words (RFC 2047).
_PLAIN = re.compile(r"[!-~]{1,900}(?: [!-~]{1,900})*")
_SPECIALS = re.compile(r'[()<>\[\]:;@\\,."]')
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_CONTENT_ID = re.compile(r"[A-Za-z0-9._+-]{1,64}(?:@[A-Za-z0-9.-]{1,64})?")
# A picture that the HTML shows: by an attribute, or by a style, which words about pictures may look like.
_SHOWS = re.compile(r"<[^<>]*[\s\"'](?:src|background|poster)\s*=\s*[\"']?\s*cid:([^\s\"'<>]{1,200})", re.IGNORECASE)
_STYLES = re.compile(r"url\(\s*[\"']?cid:([^\s\"')]{1,200})", re.IGNORECASE)
_NOT_IN_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
# Blank, invisible or dot-like characters, which other programs read as another address.
_TREACHEROUS = ("Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp")
_LOOKALIKES = frozenset("\u3002\uff0e\uff61\u2024\ufe52\uff20\ufe6b")


@dataclass(frozen=True, slots=True)
class Composed:
    """A message as it will leave, but for Date: bytes with CRLF line ends, and its Message-ID."""

    mime: bytes
    message_id: str


def address(written: str) -> Address:
    """``name@host`` or ``Name <name@host>`` as an address. Raises BadAddress naming what was written."""
    shown = written if len(written) <= 100 else written[:100] + "…"
    _refuse_controls(written, f"The address {shown!r}")
    name, email = "", written.strip()
    if email.endswith(">"):
        name, _, email = email[:-1].partition("<")
        name = name.strip('" ')
    if not _is_address(email) or ">" in name:
        raise BadAddress(f"{shown!r} is not an e-mail address: write name@host or Name <name@host>.")
    local, _, domain = email.rpartition("@")
    return Address(name, f"{local}@{domain.lower()}")


def display_name(name: str) -> str:
    """The name that recipients see beside an inbox's address. Raises BadInput for one that could mislead them."""
    name = name.strip()
    _refuse_controls(name, "The display name")
    if len(name) > MAX_DISPLAY_NAME:
        raise BadInput(f"The display name has more than {MAX_DISPLAY_NAME} characters: shorten it.")
    if any(one in name for one in "@\uff20\ufe6b<>") or any(unicodedata.category(one) == "Cf" for one in name):
        raise BadInput("The display name holds @, < or > or invisible characters: give a plain name.")
    return name


def compose(submission: Submission, *, sender: Address, message_id: str) -> Composed:
    """The MIME bytes of a submission, Bcc only in the envelope, without Date.

    A local part beyond ASCII makes a header of UTF-8 (RFC 6532), for which every server on the way must know SMTPUTF8;
    a domain beyond ASCII is written as A-labels, which all of them know. Raises BadInput when a field holds control
    characters or is too long, and when the written bytes do not parse back to what was asked.
    """
    _check(submission, sender)
    lines = [
        _address_field("From", (sender,)),
        _address_field("To", submission.to),
        *([_address_field("Cc", submission.cc)] if submission.cc else []),
        _folded("Subject", _words_of(submission.subject)),
        _folded("Message-ID", [message_id]),
        *(_folded(name, ids) for name, ids in _lineage(submission) if ids),
        *(["Auto-Submitted: auto-replied"] if submission.automatic else []),
        "MIME-Version: 1.0",
    ]
    mime = "".join(f"{line}\r\n" for line in lines).encode() + _content(submission).as_bytes()
    _compare(mime, submission, sender, message_id)
    return Composed(mime, message_id)


def dated(mime: bytes, moment: datetime) -> bytes:
    """The bytes as they leave: the approved ones with ``Date`` in front."""
    return b"Date: " + format_datetime(moment).encode() + b"\r\n" + mime


def reply_subject(subject: str) -> str:
    """``Re: `` once in front of somebody's subject, cut to what can be sent."""
    subject = _carried(subject)
    return subject if subject[:3].lower() == "re:" else f"Re: {subject}"


def forward_subject(subject: str) -> str:
    """``Fwd: `` once in front of somebody's subject, cut to what can be sent."""
    subject = _carried(subject)
    return subject if subject[:4].lower() == "fwd:" else f"Fwd: {subject}"


def _carried(subject: str) -> str:
    clean = "".join(" " if _is_control(character) else character for character in subject)
    return clean.strip()[: MAX_SUBJECT - len("Fwd: ")]


def _is_address(email: str) -> bool:
    local, at, domain = email.rpartition("@")
    return (
        bool(at)
        and not any(unicodedata.category(one) in _TREACHEROUS or one in _LOOKALIKES for one in email)
        and len(local.encode()) <= 64
        and len(domain.encode()) <= 255
        and bool(_LOCAL.fullmatch(local))
        and not any(map(_folds_into_ascii, local))
        and all(_LABEL.fullmatch(label) for label in domain.split("."))
        and ascii_host(domain) != ""  # else no rule could tell whose it is, and a relay may take it for another name
    )


def _folds_into_ascii(letter: str) -> bool:
    """Whether a letter beyond ASCII becomes one of ASCII in lower case: the sign of Kelvin would be a k."""
    return not letter.isascii() and any(map(str.isascii, unicodedata.normalize("NFC", letter.lower())))


def _check(submission: Submission, sender: Address) -> None:
    if not submission.recipients:
        raise BadInput("There is no recipient: give `to`, or `in_reply_to` to answer a message.")
    if len(submission.recipients) > MAX_RECIPIENTS:
        raise BadInput(f"There are {len(submission.recipients)} recipients: at most {MAX_RECIPIENTS} are possible.")
    for one in (sender, *submission.to, *submission.cc, *submission.bcc):
        _refuse_controls(one.name, f"The name {one.name[:60]!r}")
        if len(one.name) > MAX_NAME:
            raise BadInput(f"The name {one.name[:60]!r}… has more than {MAX_NAME} characters: shorten it.")
        if not _is_address(one.email):
            raise BadAddress(f"{one.email[:100]!r} is not an e-mail address that can be written to.")
    _refuse_controls(submission.subject, "The subject")
    if len(submission.subject) > MAX_SUBJECT:
        raise BadInput(f"The subject has {len(submission.subject)} characters: at most {MAX_SUBJECT} are possible.")
    for text, what, most in (
        (submission.body, "The body", MAX_TEXT_BYTES),
        (submission.html or "", "The HTML", MAX_HTML_BYTES),
    ):
        if _NOT_IN_TEXT.search(text):
            raise BadInput(f"{what} holds control characters: remove them.")
        if len(text.encode()) > most:
            raise BadInput(f"{what} has more than {most} bytes: shorten it, or attach it as a file.")
    if len(submission.attachments) > MAX_FILES:
        raise BadInput(f"There are {len(submission.attachments)} attachments: at most {MAX_FILES} are possible.")
    for file in submission.attachments:
        _refuse_controls(file.filename, f"The file name {file.filename!r}")
        if cleaned(file.filename)[1]:  # the human who approves would be shown another name than the recipient
            raise BadInput(f"The file name {file.filename!a} holds invisible characters: remove them.")
    _check_pictures(submission)


def _check_pictures(submission: Submission) -> None:
    """Each picture of the HTML is attached, and each attached one is shown: anything else is a slip."""
    html = submission.html or ""
    shown = set(_SHOWS.findall(html))
    attached = [file.cid for file in submission.attachments if file.cid is not None]
    for cid in attached:
        if not _CONTENT_ID.fullmatch(cid):
            raise BadInput(f"The cid {cid[:60]!r} cannot be used: give letters, digits and . _ + - such as logo1.")
        if cid not in shown and cid not in _STYLES.findall(html):
            raise BadInput(f'The HTML shows no cid:{cid}: write <img src="cid:{cid}">, or leave the cid out.')
    if len(set(attached)) < len(attached):
        raise BadInput("Two attachments have the same cid: give each its own.")
    if missing := sorted(shown - set(attached)):
        raise BadInput(f"The HTML shows cid:{missing[0][:60]}, and no attachment has that cid.")


def _refuse_controls(value: str, what: str) -> None:
    if any(map(_is_control, value)):
        raise BadInput(f"{what} holds a line break or another control character: remove it.")


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs")


def _address_field(name: str, people: Iterable[Address]) -> str:
    written = [
        " ".join((*_phrase(one.name), f"<{in_header(one.email)}>" if one.name else in_header(one.email)))
        for one in people
    ]
    return _folded(name, ", ".join(written).split(" "))


def in_header(email: str) -> str:
    """An address as a header holds it: A-labels for its domain unless its local part needs UTF-8 anyway."""
    local, _, domain = email.rpartition("@")
    if email.isascii() or not local.isascii():
        return email
    return f"{local}@{ascii_host(domain) or domain}"


def _phrase(name: str) -> Iterator[str]:
    """A display name as an address field holds it (RFC 5322 §3.2.5), in pieces that may be on lines of their own."""
    if not name:
        return
    if "=?" in name or len(name) > LINE or not _PLAIN.fullmatch(name):
        yield from _encoded(name)
    elif _SPECIALS.search(name):
        yield '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    else:
        yield name


def _words_of(subject: str) -> list[str]:
    """A subject in pieces: its words, or encoded words when it could not be read back from them."""
    if not subject or ("=?" not in subject and _PLAIN.fullmatch(subject)):
        return subject.split(" ")
    return list(_encoded(subject))


def _encoded(text: str) -> Iterator[str]:
    """Encoded words that fit behind a field's name, none of which cuts a character in two (RFC 2047 §2, §5)."""
    piece = b""
    for octets in (character.encode() for character in text):
        if len(piece) + len(octets) > 39:
            yield f"=?utf-8?b?{base64.b64encode(piece).decode()}?="
            piece = b""
        piece += octets
    yield f"=?utf-8?b?{base64.b64encode(piece).decode()}?="


def _folded(name: str, pieces: Iterable[str]) -> str:
    """A header field, its pieces with a blank between them, or a line break where the line would be too long."""
    line, lines = f"{name}:", list[str]()
    for piece in pieces:
        if len(line) + 1 + len(piece) > LINE and line != f"{name}:":
            lines.append(line)
            line = ""
        line += f" {piece}"
    return "\r\n".join((*lines, line))


def _lineage(submission: Submission) -> tuple[tuple[str, list[str]], tuple[str, list[str]]]:
    """In-Reply-To and References. An id that is no id (strangers write them) would make the field unreadable."""
    parent = submission.in_reply_to or ""
    ids = list(dict.fromkeys(filter(_MESSAGE_ID.fullmatch, submission.references)))
    # The first names the conversation for programs that never saw the rest; the nearest hold the branch together.
    nearest: list[str] = []
    room = MAX_REFERENCE_BYTES - sum(len(one) + len("\r\n ") for one in ids[:1])
    for reference in reversed(ids[1:]):
        room -= len(reference) + len("\r\n ")
        if room < 0:
            break
        nearest.append(reference)
    return (
        ("In-Reply-To", [parent] if _MESSAGE_ID.fullmatch(parent) else []),
        ("References", ids[:1] + nearest[::-1]),
    )


def _content(submission: Submission) -> EmailMessage:
    """The MIME part of the message: its texts and files, without the fields of the message itself."""
    mail = EmailMessage(policy=SMTP.clone(max_line_length=LINE))
    mail.set_content(submission.body, cte=_transfer_encoding(submission.body))
    if submission.html is not None:
        mail.add_alternative(submission.html, subtype="html", cte=_transfer_encoding(submission.html))
    pictures, files = _divided(submission.attachments)
    for file in pictures:
        html = mail.get_body(("html",))
        if html is None:  # each picture is shown by the HTML: that was checked
            raise BadInput("A picture with a cid needs `html` that shows it.")
        main, _, sub = _media_type(file.content_type).partition("/")
        html.add_related(
            file.data, maintype=main, subtype=sub, filename=file.filename, cid=f"<{file.cid}>", disposition="inline"
        )
    for file in files:
        main, _, sub = _media_type(file.content_type).partition("/")
        mail.add_attachment(file.data, maintype=main, subtype=sub, filename=file.filename)
    del mail["MIME-Version"]
    return mail


def _divided(files: Iterable[OutgoingFile]) -> tuple[list[OutgoingFile], list[OutgoingFile]]:
    """Pictures of the HTML, and what is attached to the whole: in this order they stand in the bytes."""
    files = list(files)
    return [file for file in files if file.cid is not None], [file for file in files if file.cid is None]


def _media_type(content_type: str) -> str:
    """The type of a file. Messages travel as plain files: base64 is forbidden for theirs (RFC 2046 §5.2.1)."""
    kind = content_type.lower()
    if not _MEDIA_TYPE.fullmatch(kind) or kind.startswith(("message/", "multipart/")):
        return "application/octet-stream"
    return kind


def _transfer_encoding(text: str) -> str:
    """7bit for short ASCII lines, else quoted-printable for mostly ASCII text and base64 for the rest."""
    if text.isascii():
        short = all(len(line) <= 900 for line in text.splitlines())
        return "7bit" if short else "quoted-printable"
    beyond = sum(character > "\x7f" for character in text[:10_000])
    return "quoted-printable" if beyond * 4 < min(len(text), 10_000) else "base64"


def _compare(mime: bytes, submission: Submission, sender: Address, message_id: str) -> None:
    """Parse what was written and hold it against what was asked (a header that was injected would show here)."""
    read = parse.parse(mime)
    (_, parent), (_, references) = _lineage(submission)
    pictures, others = _divided(submission.attachments)
    files, got = [*pictures, *others], read.attachments
    octets = dict(parse.contents(mime)) if got else {}
    asked_and_written: dict[str, tuple[object, object]] = {
        "sender": (_people([sender]), _people(read.from_)),
        "recipients": (_people(submission.to), _people(read.to)),
        "copies": (_people(submission.cc), _people(read.cc)),
        "subject": (submission.subject.split(), read.subject.split()),
        "Message-ID": (message_id, read.message_id),
        "place in the thread": ((parent, references), (list(read.in_reply_to), list(read.references))),
        "body": (submission.body.split(), (read.text or "").split()),
        "HTML": ((submission.html or "").split(), (read.html or "").split()),
        "header": (_fields(submission), [name for name, _ in read.headers]),
        "attachments": ([_described(file) for file in files], [(one.content_type, one.content_id) for one in got]),
        "names of attachments": (
            [
                filenames.safe(file.filename.strip(), path=one.part, content_type=one.content_type)
                for file, one in zip(files, got, strict=False)
            ],
            [one.filename for one in got],
        ),
        "attached bytes": ([file.data for file in files], [octets.get(one.part) for one in got]),
    }
    for what, (asked, written) in asked_and_written.items():
        if asked != written:
            raise BadInput(f"The message cannot be written faithfully: its {what} would change; please simplify it.")


def _people(addresses: Iterable[Address]) -> list[tuple[list[str], str]]:
    """Names word by word: folding may change the blanks between them."""
    return [(one.name.split(), in_header(one.email)) for one in addresses]


def _fields(submission: Submission) -> list[str]:
    """The header fields that a submission has, and no other."""
    (_, parent), (_, references) = _lineage(submission)
    several = submission.html is not None or submission.attachments
    optional = {
        "Cc": submission.cc,
        "In-Reply-To": parent,
        "References": references,
        "Auto-Submitted": submission.automatic,
        "Content-Transfer-Encoding": not several,
    }
    names = ["From", "To", "Cc", "Subject", "Message-ID", "In-Reply-To", "References", "Auto-Submitted"]
    names += ["MIME-Version", "Content-Type", "Content-Transfer-Encoding"]
    return [name for name in names if optional.get(name, True)]


def _described(file: OutgoingFile) -> tuple[str, str | None]:
    return _media_type(file.content_type), file.cid
