"""Looking at stored mail: lists, conversations, attachments. Only ``mark`` changes what a user sees."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterable, Generator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import BinaryIO

from mailmcp.errors import BadInput, NotFound, StoreFull, StoreUnavailable, Unsupported
from mailmcp.mail import parse
from mailmcp.mail.files.contents import Examiner, examined
from mailmcp.mail.files.documents import DocumentText
from mailmcp.mail.history.provenance import provenance, words_of
from mailmcp.mail.legible import line
from mailmcp.mail.mime.filenames import saved_as
from mailmcp.mailroom.apart import all_of
from mailmcp.mailroom.documents import read_document, read_part, taken_out, why_no_text
from mailmcp.mailroom.judges import pieces
from mailmcp.mailroom.mailboxes import Mailboxes
from mailmcp.mailroom.requests import Found, Search, moment
from mailmcp.models import Attachment, Content, Conversation, Provenance, StoredMessage, ThreadSummary
from mailmcp.store import Store, accounts, conversations, inboxes, marks, messages, threads
from mailmcp.store.judgements import SHORT
from mailmcp.store.threads import Filter


class Reading:
    """What can be read of one home."""

    def __init__(self, store: Store, home: Path, mailboxes: Mailboxes | None = None, *, marks_elsewhere: bool = False):
        self._store = store
        self._home = home
        self._mailboxes = mailboxes
        self._marks_elsewhere = marks_elsewhere

    async def find(self, search: Search) -> Found:
        """Threads that fit, newest first. Raises NotFound for an unknown inbox or cursor, BadInput for no time.

        For words the server of an account elsewhere is asked too, about the older mail that is not stored; what it
        finds is stored.
        """
        after_time = moment(search.since)
        searched = await self._searched_elsewhere(search)

        def looked(db: sqlite3.Connection) -> tuple[list[ThreadSummary], str | None]:
            rows = (inboxes.get(db, search.inbox).row,) if search.inbox is not None else None
            before = inboxes.position_of(db, search.cursor) if search.cursor else None
            after = inboxes.position_of(db, search.since) if search.since and after_time is None else None
            wanted = Filter(
                inboxes=rows,
                query=search.query,
                from_=search.from_,
                unread=search.unread,
                label=search.label,
                after=after,
                after_time=after_time,
            )
            return threads.find(db, wanted, limit=search.limit, before=before)

        found, next_cursor = await self._store.read(looked)
        return Found(threads=tuple(found), next_cursor=next_cursor, searched=searched)

    async def _searched_elsewhere(self, search: Search) -> tuple[str, ...]:
        """What of the accounts was searched, as sentences. Raises NotFound for an unknown inbox."""
        if search.query is None or search.cursor is not None or self._mailboxes is None:
            return ()
        inbox = await self._store.read(inboxes.get, search.inbox) if search.inbox is not None else None
        said: list[str] = []
        own = await self._store.read(inboxes.accounts)
        for account in await self._mailboxes.accounts():
            if not account.older or account.account not in ({inbox.account} if inbox else own):
                continue
            found = await self._mailboxes.search(account.account, search.query)
            if found is None:
                what = (
                    f"{account.older} older mail(s) of {account.account} are only on its server, which did not answer."
                )
            else:
                what = f"The server of {account.account} was asked about {account.older} older mail(s): {found} found."
            said.append(what)
        return tuple(said)

    async def conversation(self, target: str, *, after: str | None = None, inclusive: bool = False) -> Conversation:
        """The messages of a thread (t_…), from after a cursor, or one message (m_…) alone. Raises NotFound.

        ``inclusive`` begins with the message that the cursor stands after.
        """
        return await self._store.read(conversations.read, target, after=after, inclusive=inclusive)

    async def provenance(self, read: Conversation) -> dict[str, Provenance]:
        """Where the quotes of these messages come from, by message id: compared with the rest of their thread.

        It is no judgement of a message and may change with each that comes, so it is not stored.
        """
        quoting = [(message, channels.quoted) for message, channels in read.messages if channels.quoted]
        if not quoting:
            return {}
        whole = read if read.count == len(read.messages) else await self.conversation(read.thread)
        return await asyncio.to_thread(_compared, quoting, whole)

    async def headers(self, message: StoredMessage) -> tuple[tuple[str, str], ...]:
        """Every header of a message in order, read from its raw bytes, legible."""
        top = await self._store.read(messages.raw_piece, message.row, 0)
        parsed = await asyncio.to_thread(parse.parse, top[: 2 * parse.MAX_HEADER_BYTES])
        return tuple((line(name), line(value)) for name, value in parsed.headers)

    async def flags_of_sign_in(self, message: StoredMessage) -> tuple[str, ...]:
        """What speaks against the link of a message that signs in, however often it stands there."""
        if message.codes.link is None:
            return ()
        channels = await self._store.read(messages.channels, message.row)
        same = (link.flags for link in channels.links if link.url == message.codes.link)
        return tuple(dict.fromkeys(flag for flags in same for flag in flags))

    async def message(self, message_id: str) -> StoredMessage:
        """One message without its text. Raises NotFound."""
        return await self._store.read(messages.get, message_id)

    async def raw(self, message_id: str) -> bytes:
        """The bytes of a message as they came. Raises NotFound."""
        message = await self._store.read(messages.get, message_id)
        return await self._store.read(messages.raw, message.row)

    async def attachment(self, message_id: str, part: str) -> tuple[Attachment, bytes]:
        """One attachment with its bytes, by part or by file name. Raises NotFound naming the parts there are."""
        async with self._attachment(message_id, part) as (attachment, octets):
            return attachment, b"".join([piece async for piece in octets])

    async def attachment_bytes(self, message_id: str, part: str) -> tuple[Attachment, Content, bytes]:
        """The same, with what its bytes say that it is."""
        attachment, data = await self.attachment(message_id, part)
        return attachment, await asyncio.to_thread(examined, attachment, data), data

    async def attachment_text(self, message_id: str, part: str) -> tuple[Attachment, Content, DocumentText]:
        """The text of one attachment. Raises NotFound, Unsupported for types without text, BadInput when damaged."""
        row, size, part = await self._part(message_id, part)
        if size > SHORT:
            return await read_part(size, pieces(self._store, row, size), part)
        attachment, content, data = await self.attachment_bytes(message_id, part)
        try:
            return attachment, content, await read_document(attachment, data)
        except (BadInput, Unsupported) as error:
            raise type(error)(why_no_text(error, content)) from error

    async def attachment_file(self, message_id: str, part: str) -> tuple[Attachment, Content, Path]:
        """One attachment written to a file that only this user can read; the server names folder and file."""
        async with self._attachment(message_id, part) as (attachment, octets):
            folder, examiner = self._home / "attachments", Examiner()
            file, path = await asyncio.to_thread(_open, folder, message_id, attachment)
            try:
                with file:
                    async for piece in octets:
                        examiner.see(piece)
                        await asyncio.to_thread(_write, file, piece, folder)
            except BaseException:
                path.unlink(missing_ok=True)  # half a file is worse than none
                raise
        return attachment, examiner.content(attachment), path

    @asynccontextmanager
    async def _attachment(self, message_id: str, part: str) -> AsyncGenerator[tuple[Attachment, AsyncIterable[bytes]]]:
        """One attachment with its bytes piece by piece; that of a long message is taken out in another process."""
        row, size, part = await self._part(message_id, part)
        if size > SHORT:
            async with taken_out(size, pieces(self._store, row, size), part) as found:
                yield found
            return
        raw = await self._store.read(messages.raw, row)
        attachment, data = await asyncio.to_thread(parse.attachment_bytes, raw, part)
        yield attachment, all_of(data)

    async def _part(self, message_id: str, part: str) -> tuple[int, int, str]:
        """(row and size of a message, a part's path) of an attachment that is named by part or by file name."""
        message = await self._store.read(messages.get, message_id)
        known = any(one.part == part for one in message.attachments)
        named = [] if known else [one.part for one in message.attachments if one.filename == part]
        if len(named) > 1:
            raise NotFound(f"{len(named)} attachments have the name {part[:60]!r}: give a part, {', '.join(named)}.")
        size = await self._store.read(messages.raw_size, message.row)
        return message.row, size, named[0] if named else part

    async def forget_files(self) -> None:
        """Remove the saved attachments of messages that are no longer there."""
        folder = self._home / "attachments"
        saved = await asyncio.to_thread(lambda: [entry.name for entry in folder.iterdir()] if folder.is_dir() else [])
        gone = await self._store.read(messages.unknown, saved)
        await asyncio.to_thread(lambda: [shutil.rmtree(folder / name, ignore_errors=True) for name in gone])

    async def mark(
        self, target: str, *, read: bool | None, add: tuple[str, ...], remove: tuple[str, ...]
    ) -> tuple[StoredMessage, ...]:
        """Mark a message, or every message of a thread; gives them as they are now. Raises NotFound, BadInput."""
        for label in (*add, *remove):
            if not accounts.LABEL.fullmatch(label):
                raise BadInput(f"The label {label[:60]!r} cannot be used: at most 40 characters, no blanks or commas.")
        rows = [message.row for message in await self._every(target)]
        elsewhere_at = datetime.now(UTC) if self._marks_elsewhere else None
        await self._store.write(marks.mark, rows, read=read, add=add, remove=remove, elsewhere_at=elsewhere_at)
        return await self._every(target)

    async def _every(self, target: str) -> tuple[StoredMessage, ...]:
        """Every message of a thread, page by page; or one message."""
        found = [message for message, _ in (await self.conversation(target)).messages]
        while target.startswith("t_") and found:
            page = await self.conversation(target, after=found[-1].cursor)
            if not page.messages:
                break
            found += [message for message, _ in page.messages]
        return tuple(found)


def _compared(quoting: list[tuple[StoredMessage, str]], whole: Conversation) -> dict[str, Provenance]:
    """The messages that each names as answered first, the newest of them at the head; then the newest before it."""

    @cache
    def said(at: int) -> tuple[str, str]:
        message, channels = whole.messages[at]
        return message.id, words_of(f"{channels.visible}\n{channels.signature}")

    found: dict[str, Provenance] = {}
    for message, quoted in quoting:
        others = [at for at, (one, _) in enumerate(whole.messages) if one.id != message.id]
        nearest = {name: place for place, name in enumerate(reversed(dict.fromkeys(message.references)))}
        others.sort(key=partial(_likeliness, whole, message.position, nearest))
        found[message.id] = provenance(quoted, map(said, others))
    return found


def _likeliness(whole: Conversation, position: int, nearest: dict[str, int], at: int) -> tuple[int, bool, int]:
    other = whole.messages[at][0]
    return nearest.get(other.message_id or "", len(nearest)), other.position > position, -at


def _open(folder: Path, message_id: str, attachment: Attachment) -> tuple[BinaryIO, Path]:
    path = (
        folder / message_id / saved_as(attachment.filename, path=attachment.part, content_type=attachment.content_type)
    )
    with _told(folder):
        for made in (folder, folder / message_id):
            made.mkdir(mode=0o700, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
        return os.fdopen(file, "wb", buffering=0), path


def _write(file: BinaryIO, piece: bytes, folder: Path) -> None:
    left = memoryview(piece)
    with _told(folder):
        while left:
            left = left[file.write(left) :]


@contextmanager
def _told(folder: Path) -> Generator[None]:
    """Trouble with a file, in words."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise StoreFull("The disk is full: the attachment could not be written, free some space.") from error
        raise StoreUnavailable(f"The attachment could not be written to {folder}: {error.strerror}.") from error
