"""From what somebody asks to a submission: parents, recipients, forwards and attachments are looked up here."""

from __future__ import annotations

import asyncio
import base64
import mimetypes
import os
import stat
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from mailmcp.backends.contract import MAX_MESSAGE_BYTES
from mailmcp.errors import BadInput, NotFound
from mailmcp.mail import compose, machines, parse
from mailmcp.mailroom.reading import Reading
from mailmcp.mailroom.requests import FileRequest, SendRequest
from mailmcp.models import Address, Inbox, Message, OutgoingFile, StoredMessage, Submission
from mailmcp.store import Store, inboxes, messages

YEARS = (1970, 2999)
"""The years that a time of sending may have; what has passed means at once."""


class Composing:
    """Looks up what a request names."""

    def __init__(self, store: Store, reading: Reading, outgoing: Path) -> None:
        self._store = store
        self._reading = reading
        self._outgoing = outgoing

    async def submission(self, request: SendRequest) -> Submission:
        """The submission of a request. Raises BadInput, BadAddress or NotFound, each naming the argument."""
        inbox = await self._store.read(inboxes.get, request.inbox)
        asked = request.to, request.cc, request.bcc
        to, cc, bcc = (_each_once(map(compose.address, given), set()) for given in asked)
        subject, body, html = request.subject, request.body, request.html
        in_reply_to: str | None = None
        references: tuple[str, ...] = ()
        automatic = False
        files = [replace(await self._file(wanted, inbox.address), cid=wanted.cid) for wanted in request.attachments]
        if request.in_reply_to and request.forward:
            raise BadInput("Give `in_reply_to` or `forward`, not both.")
        if request.reply_all and not request.in_reply_to:
            raise BadInput("`reply_all` needs `in_reply_to`.")
        if request.in_reply_to:
            parent = await self._message(request.in_reply_to, inbox.address)
            header = parse.header_block(await self._store.read(messages.raw_piece, parent.row, 0))
            written = parse.parse(header)
            in_reply_to, references = _lineage(written)
            automatic = machines.answers_a_program(header)
            subject = compose.reply_subject(parent.subject) if subject is None else subject
            parent = replace(parent, from_=_as_written(parent.from_, written.author))
            to, cc = await self._answered(parent, inbox, to, cc, everybody=request.reply_all)
        if request.forward:
            original = await self._message(request.forward, inbox.address)
            subject = compose.forward_subject(original.subject) if subject is None else subject
            forwarded = await self._forwarded(original)
            body = f"{body}\n\n{forwarded}"
            html = html if html is None else f"{html}<br><br><pre>{escape(forwarded)}</pre>"
            files += [await self._stored_file(original.id, one.part) for one in original.attachments]
        if sum(len(file.data) for file in files) > MAX_MESSAGE_BYTES * 57 // 78 - 65_536:  # base64 in lines of 76
            raise BadInput("The attachments are too large: together with the text they must fit into 25 MiB.")
        return Submission(
            inbox=inbox,
            to=to,
            cc=cc,
            bcc=bcc,
            subject=subject or "",
            body=body,
            html=html,
            attachments=tuple(files),
            in_reply_to=in_reply_to,
            answers=request.in_reply_to,
            references=references,
            carries=tuple(filter(None, (request.forward, *(wanted.message for wanted in request.attachments)))),
            send_at=_time(request.send_at),
            automatic=automatic,
        )

    async def _answered(
        self,
        parent: StoredMessage,
        inbox: Inbox,
        to: tuple[Address, ...],
        cc: tuple[Address, ...],
        *,
        everybody: bool,
    ) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
        """(To, Cc) of an answer; what was asked for wins. Raises BadInput when nobody is left."""
        people = (*parent.to, *parent.cc, *parent.reply_to)
        groups = await self._store.read(inboxes.by_recipient, [one.email for one in people])
        own = {one.lower() for one in (inbox.address, *groups.get(inbox.address, ()))}  # with details (+shop) too
        answered, copied = _answer_to(parent, own)
        to = to or answered
        if not to:
            raise BadInput(f"The message {parent.id} names no one sender to answer: give `to`.")
        if everybody:
            named = {one.email.lower() for one in (*to, *cc)}
            cc = (*cc, *(one for one in copied if one.email.lower() not in named))
        return to, cc

    async def _message(self, message_id: str, inbox: str) -> StoredMessage:
        message = await self._store.read(messages.get, message_id)
        if message.inbox != inbox:
            raise NotFound(f"There is no message {message_id} in {inbox}: it belongs to another inbox.")
        return message

    async def _forwarded(self, original: StoredMessage) -> str:
        channels = await self._store.read(messages.channels, original.row)
        date = f"{original.date:%Y-%m-%d %H:%M %z}" if original.date else "unknown"
        lines = [
            "---------- Forwarded message ----------",
            f"From: {_written(original.from_) if original.from_ else 'unknown'}",
            f"Date: {date}",
            f"Subject: {original.subject}",
            f"To: {', '.join(map(_written, original.to))}",
            "",
            channels.visible,
        ]
        if channels.quoted:
            lines += ["", channels.quoted]
        whole = f"{channels.visible}\n{channels.quoted}"
        # The words alone lead nowhere: whoever gets them must be able to pay, to sign in, to confirm.
        leading = dict.fromkeys((one.text, one.url) for one in channels.every_link if one.url not in whole)
        if leading:
            lines += ["", "Links:", *(f"{text}: {url}" if text else url for text, url in leading)]
        return "\n".join(lines)

    async def _file(self, wanted: FileRequest, inbox: str) -> OutgoingFile:
        ways = [
            way
            for way, given in (
                ("text", wanted.text is not None),
                ("base64", wanted.base64 is not None),
                ("message and part", wanted.message is not None or wanted.part is not None),
                ("file", wanted.file is not None),
            )
            if given
        ]
        if len(ways) != 1:
            raise BadInput("An attachment needs exactly one of: text, base64, message with part, or file.")
        if wanted.file is not None:
            return await asyncio.to_thread(_dropped, self._outgoing, wanted.file)
        if wanted.message is not None or wanted.part is not None:
            if wanted.message is None or wanted.part is None:
                raise BadInput("An attachment taken from a message needs both `message` and `part`.")
            await self._message(wanted.message, inbox)
            return await self._stored_file(wanted.message, wanted.part)
        if not wanted.name:
            raise BadInput("An attachment given by text or base64 needs a `name`, such as report.csv.")
        if wanted.text is not None:
            data = wanted.text.encode()
        else:
            try:
                data = base64.b64decode(wanted.base64 or "", validate=True)
            except ValueError as error:  # of letters beyond ASCII it is not binascii's
                raise BadInput(f"The base64 of the attachment {wanted.name[:60]!r} is not valid.") from error
        return OutgoingFile(filename=_file_name(wanted.name), content_type=_type(wanted.name), data=data)

    async def _stored_file(self, message_id: str, part: str) -> OutgoingFile:
        attachment, data = await self._reading.attachment(message_id, part)
        return OutgoingFile(filename=attachment.filename, content_type=_whole(attachment.content_type), data=data)


def _lineage(parent: Message) -> tuple[str | None, tuple[str, ...]]:
    """In-Reply-To and References of an answer (RFC 5322 §3.6.4).

    A parent without References has its In-Reply-To stand for them if that names one message only; one without a
    Message-ID of its own still hands its References on.
    """
    before = parent.references or (parent.in_reply_to if len(parent.in_reply_to) == 1 else ())
    return parent.message_id, (*before, parent.message_id) if parent.message_id else before


def _as_written(stored: Address | None, written: Address | None) -> Address | None:
    """A sender in their own capitals: the store keeps none, and their server may tell them apart (RFC 5321 §2.4)."""
    same = stored and written and stored.email == written.email.lower()
    return written if same else stored


def _answer_to(parent: StoredMessage, own: set[str]) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """(To, the others) of an answer: Reply-To or From, nobody when they are not clear; of our own mail whom it went to.

    Mail-Followup-To is no standard and would let one who wrote choose where an answer to all goes: it is not followed.
    """
    if parent.outgoing:
        return parent.to, _each_once(parent.cc, own | {one.email.lower() for one in parent.to})
    asked = _each_once(parent.reply_to, own)  # an answer to oneself is what nobody wants
    to = asked or ((parent.from_,) if parent.from_ else ())
    return to, _each_once((*parent.to, *parent.cc), own | {one.email.lower() for one in to})


def _each_once(people: Iterable[Address], without: set[str]) -> tuple[Address, ...]:
    first: dict[str, Address] = {}
    for one in people:
        if one.email.lower() not in without:
            first.setdefault(one.email.lower(), one)
    return tuple(first.values())


def _written(address: Address) -> str:
    return f"{address.name} <{address.email}>" if address.name else address.email


def _time(send_at: str | None) -> datetime | None:
    if send_at is None:
        return None
    try:
        moment = datetime.fromisoformat(send_at)
    except ValueError as error:
        raise BadInput(f"`send_at` is {send_at[:60]!r}: give a time such as 2026-01-31T12:00:00Z.") from error
    try:
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        moment = datetime.max.replace(tzinfo=UTC)
    if not YEARS[0] <= moment.year <= YEARS[1]:  # an approval ends later than that, and no clock counts so far
        raise BadInput(f"`send_at` is {send_at[:60]!r}: that year is out of range.")
    return moment


def _file_name(name: str) -> str:
    bare = name.replace("\\", "/").rpartition("/")[2].strip()
    if not bare or bare.startswith("."):
        raise BadInput(f"The attachment name {name[:60]!r} cannot be used: give a plain file name.")
    return bare[:200]


def _type(name: str) -> str:
    guessed, encoding = mimetypes.guess_type(name)
    return _whole(guessed) if guessed and not encoding else "application/octet-stream"


def _whole(content_type: str) -> str:
    """A message as an attachment must not be encoded (RFC 2046 §5.2.1); as a file it arrives to the byte."""
    return "application/octet-stream" if content_type.startswith(("message/", "multipart/")) else content_type


def _dropped(folder: Path, name: str) -> OutgoingFile:
    """A file that the user put into the outgoing folder, by its bare name: no path, and no link of any kind."""
    way_out = f"put the file into {folder} and give its bare name"
    if name != Path(name).name or name in ("", ".", "..") or "\0" in name:
        raise BadInput(f"{name[:60]!r} is not a bare file name: {way_out}.")
    try:
        with open(folder / name, "rb", opener=_opener) as opened:
            about = os.fstat(opened.fileno())
            if not stat.S_ISREG(about.st_mode) or about.st_nlink != 1:
                raise BadInput(f"{name[:60]!r} is not an ordinary file: {way_out}.")
            data = opened.read(MAX_MESSAGE_BYTES + 1)  # it may grow while it is read
    except OSError as error:
        raise BadInput(f"{name[:60]!r} cannot be read ({error.strerror}): {way_out}.") from error
    if len(data) > MAX_MESSAGE_BYTES:
        raise BadInput(f"{name[:60]!r} has more than {MAX_MESSAGE_BYTES} bytes, which no message can have.")
    return OutgoingFile(filename=_file_name(name), content_type=_type(name), data=data)


def _opener(path: str, reading: int) -> int:
    """Opens a file once, by a folder that is no link; a link is not followed, and no pipe's other end waited for."""
    flags = reading | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    if os.open not in os.supports_dir_fd:
        return os.open(path, flags)
    folder, name = os.path.split(path)
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        return os.open(name, flags, dir_fd=held)
    finally:
        os.close(held)
