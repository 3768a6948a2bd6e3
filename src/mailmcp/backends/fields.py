"""Between MIME and the fields that services take and give instead of it.

``fields_of`` reads the approved bytes; a backend makes its request of that, reads the request back into ``Fields``, and
``differs`` says what would leave otherwise than it was approved (law 5). ``rebuilt`` is the way back for a mail that a
service hands over in fields.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from mailmcp.backends.contract import MAX_MESSAGE_BYTES
from mailmcp.errors import BackendError
from mailmcp.language.characters import cleaned
from mailmcp.mail import parse
from mailmcp.models import Address, OutboundMail

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,996}>")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
LONGEST_FIELD = 900
_SPECIALS = re.compile(r'[()<>\[\]:;@\\,."]')
_MAILBOX = re.compile(r'(?:"((?:[^"\\]|\\.)*)"|([^"<>]*?))\s*<([^<>]+)>|([^\s<>"]+)', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An attachment; with a ``cid`` the HTML shows it."""

    filename: str
    content_type: str
    data: bytes
    cid: str | None = None
    """Without angle brackets."""


def missing(filename: str, why: str) -> File:
    """What stands in the place of a file that a service has no more."""
    words = f"This file was not to be had: {why}\n".encode()
    return File(filename=f"{filename}.missing.txt", content_type="text/plain", data=words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """A mail in the form in which services take it."""

    sender: Address
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    html: str | None = None
    reply_to: tuple[Address, ...] = ()
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    automatic: str | None = None
    """Auto-Submitted, of what answers a program."""
    message_id: str | None = None
    """Our own; many services give the mail another."""

    @property
    def recipients(self) -> tuple[str, ...]:
        """Everybody it goes to."""
        return (*(one.email for one in (*self.to, *self.cc)), *self.bcc)

    @property
    def lineage(self) -> tuple[str, ...]:
        """References as they should travel: with our own id, which an answer then names whatever id a service gives."""
        own = (self.message_id,) if self.message_id else ()
        return tuple(dict.fromkeys((*self.references, *own)))


def fields_of(mail: OutboundMail) -> Fields:
    """The approved bytes as fields, for the recipients of the envelope: whoever else is named is reached otherwise.

    Raises BackendError when the bytes hold what no field can say; then nothing leaves.
    """
    message = parse.parse(mail.mime)
    if message.author is None:
        raise BackendError("Nothing left: the message does not name exactly one sender.")
    meant = {one.lower(): one for one in mail.recipients}
    to = tuple(one for one in message.to if meant.pop(one.email.lower(), None))
    cc = tuple(one for one in message.cc if meant.pop(one.email.lower(), None))
    found = (parse.attachment_bytes(mail.mime, one.part) for one in message.attachments)
    automatic = next((value for name, value in message.headers if name.lower() == "auto-submitted"), None)
    return Fields(
        sender=message.author,
        to=to,
        cc=cc,
        bcc=tuple(meant.values()),
        subject=message.subject,
        text=message.text or "",
        html=message.html,
        reply_to=message.reply_to,
        in_reply_to=message.in_reply_to[0] if message.in_reply_to else None,
        references=message.references,
        files=tuple(
            File(
                filename=about.filename,
                content_type=about.content_type,
                data=data,
                cid=about.content_id.strip("<>") if about.content_id else None,
            )
            for about, data in found
        ),
        automatic=automatic,
        message_id=message.message_id,
    )


def differs(said: Fields, meant: Fields) -> str | None:
    """The first field in which a request says something else than was approved; None when none does.

    Of addresses their spelling may differ in case; names, words and files must be the same. What is said as References
    may have our own id at its end, as ``lineage`` has it.
    """
    for field in fields(Fields):
        one, other = getattr(said, field.name), getattr(meant, field.name)
        if field.name == "references" and one == meant.lineage:
            continue
        if _comparable(one) != _comparable(other) and field.name != "message_id":
            return field.name.replace("_", " ")
    return None


def checked(said: Fields, meant: Fields, service: str) -> None:
    """Raises BackendError, and nothing leaves, when a request does not say what was approved."""
    if (field := differs(said, meant)) is not None:
        what = "that a mail is automatic" if field == "automatic" else f"the {field} as approved"
        raise BackendError(f"Nothing left: {service} cannot be told {what}.")


def without_pictures(meant: Fields, service: str) -> None:
    """Raises BackendError, and nothing leaves, when the HTML shows a file, of which a service cannot be told."""
    if any(one.cid for one in meant.files):
        raise BackendError(
            f"Nothing left: {service} cannot be told that the HTML shows an image in its place: attach it without"
            " `cid`."
        )


def once(key: str, request: Any) -> str:
    """The key of one mail at a service: the same for each try of the same request, another after an edit.

    Forty hexadecimal digits, which every service takes.
    """
    content = json.dumps(request, sort_keys=True, ensure_ascii=False).encode()
    return hashlib.sha256(key.encode() + b"\0" + content).hexdigest()[:40]


def written(address: Address) -> str:
    """``Name <a@b>`` as services take it: in Unicode, the name in quotation marks where it needs them."""
    if not address.name:
        return address.email
    name = address.name
    if _SPECIALS.search(name):
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name} <{address.email}>"


def mailbox(said: str) -> Address:
    """The way back of ``written``. Raises BackendError for what is none."""
    found = _MAILBOX.fullmatch(said.strip())
    if found is None:
        raise BackendError("Nothing left: an address cannot be written as it was approved.")
    quoted, bare, inside, alone = found.groups()
    name = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare or ""
    return Address(name, inside or alone)


def _comparable(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_comparable, value))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, Address):
        return value.name, value.email.lower()
    if isinstance(value, File):
        return value.filename, value.content_type, value.data, value.cid
    return value


# --- the way in ------------------------------------------------------------------------------------------------------


def rebuilt(
    *,
    service: str,
    from_: str,
    to: Sequence[str],
    date: datetime,
    message_id: str | None = None,
    cc: Sequence[str] = (),
    reply_to: Sequence[str] = (),
    subject: str = "",
    in_reply_to: str | None = None,
    references: Sequence[str] = (),
    text: str | None = None,
    html: str | None = None,
    files: Iterable[File] = (),
) -> bytes:
    """A mail as bytes, of what a service says about it; whatever is in the words, they stay in their field.

    Addresses are as the service writes them (``Name <a@b>``). The same words give the same bytes.
    """
    lines = [
        ("X-Mailmcp-Rebuilt", service),
        ("Date", format_datetime(date)),
        ("From", from_),
        ("To", ", ".join(to)),
        ("Cc", ", ".join(cc)),
        ("Reply-To", ", ".join(reply_to)),
        ("Subject", subject),
        ("Message-ID", " ".join(_ids([message_id or ""]))),
        ("In-Reply-To", " ".join(_ids([in_reply_to or ""]))),
        ("References", " ".join(_ids(references))),
        ("MIME-Version", "1.0"),
    ]
    header = "".join(f"{name}: {said}\r\n" for name, value in lines if (said := _one_line(value)))
    body = _body(text, html, list(files))
    raw = header.encode("utf-8", "replace") + body
    if len(raw) > MAX_MESSAGE_BYTES:
        raise BackendError(f"{service} has a mail that is larger than {MAX_MESSAGE_BYTES} bytes: it is not stored.")
    return raw


def _body(text: str | None, html: str | None, files: list[File]) -> bytes:
    mail = EmailMessage(policy=SMTP.clone(max_line_length=78))
    if text is not None or html is None:
        mail.set_content(_encodable(text or ""))
        if html is not None:
            mail.add_alternative(_encodable(html), subtype="html")
    else:
        mail.set_content(_encodable(html), subtype="html")
    for file in files:
        kind = file.content_type.lower()
        plain = _MEDIA_TYPE.fullmatch(kind) and not kind.startswith(("message/", "multipart/"))
        main, _, sub = (kind if plain else "application/octet-stream").partition("/")
        mail.add_attachment(
            file.data,
            maintype=main,
            subtype=sub,
            filename=_one_line(file.filename) or None,
            disposition="inline" if file.cid else "attachment",
            cid=f"<{re.sub(r'[^!-~]|[<>]', '', file.cid)}>" if file.cid else None,
        )
    del mail["MIME-Version"]
    if mail.is_multipart():
        # A boundary of the content, so that the same words give the same bytes.
        digest = hashlib.sha256(f"{text}\0{html}\0{[file.data for file in files]}".encode("utf-8", "replace"))
        for at, part in enumerate(one for one in mail.walk() if one.is_multipart()):
            part.set_boundary(f"=_{at}_{digest.hexdigest()[:32]}")
    return mail.as_bytes()


def _encodable(words: str) -> str:
    return words.encode("utf-8", "replace").decode()


def _ids(ids: Iterable[str]) -> list[str]:
    return [one for one in ids if _MESSAGE_ID.fullmatch(one)]


def _one_line(value: str) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in cleaned(value)[0]).split())[:LONGEST_FIELD]
