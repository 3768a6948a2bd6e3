"""Looking at stored mail: lists, conversations, attachments. Only ``mark`` changes what a user sees."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from pathlib import Path

from mailmcp.errors import BadInput, NotFound, StoreFull, StoreUnavailable
from mailmcp.mail import parse
from mailmcp.mail.documents import DocumentText
from mailmcp.mail.legible import line
from mailmcp.mailroom.documents import read_document
from mailmcp.mailroom.requests import Found, Search
from mailmcp.models import Attachment, Conversation, StoredMessage
from mailmcp.store import Store, conversations, inboxes, marks, messages, threads
from mailmcp.store.threads import Filter

_LABEL = re.compile(r"[^\s,\x00-\x1f\x7f]{1,40}")


class Reading:
    """What can be read of one home."""

    def __init__(self, store: Store, home: Path) -> None:
        self._store = store
        self._home = home

    async def find(self, search: Search) -> Found:
        """Threads that fit, newest first. Raises NotFound for an unknown inbox or cursor."""
        rows: tuple[int, ...] | None = None
        if search.inbox is not None:
            rows = ((await self._store.read(inboxes.get, search.inbox)).row,)
        before = await self._store.read(inboxes.position_of, search.cursor) if search.cursor else None
        wanted = Filter(inboxes=rows, query=search.query, from_=search.from_, unread=search.unread, label=search.label)
        found, next_cursor = await self._store.read(threads.find, wanted, limit=search.limit, before=before)
        return Found(threads=tuple(found), next_cursor=next_cursor)

    async def conversation(self, target: str, *, after: str | None = None, inclusive: bool = False) -> Conversation:
        """The messages of a thread (t_…), from after a cursor, or one message (m_…) alone. Raises NotFound.

        ``inclusive`` begins with the message that the cursor stands after.
        """
        return await self._store.read(conversations.read, target, after=after, inclusive=inclusive)

    async def headers(self, message: StoredMessage) -> tuple[tuple[str, str], ...]:
        """Every header of a message in order, read from its raw bytes, legible."""
        raw = await self._store.read(messages.raw, message.row)
        parsed = await asyncio.to_thread(parse.parse, raw)
        return tuple((line(name), line(value)) for name, value in parsed.headers)

    async def raw(self, message_id: str) -> bytes:
        """The bytes of a message as they came. Raises NotFound."""
        message = await self._store.read(messages.get, message_id)
        return await self._store.read(messages.raw, message.row)

    async def attachment(self, message_id: str, part: str) -> tuple[Attachment, bytes]:
        """One attachment with its bytes, by part or by file name. Raises NotFound naming the parts there are."""
        message = await self._store.read(messages.get, message_id)
        raw = await self._store.read(messages.raw, message.row)
        known = any(one.part == part for one in message.attachments)
        named = [] if known else [one.part for one in message.attachments if one.filename == part]
        if len(named) > 1:
            raise NotFound(f"{len(named)} attachments have the name {part[:60]!r}: give a part, {', '.join(named)}.")
        return await asyncio.to_thread(parse.attachment_bytes, raw, named[0] if named else part)

    async def attachment_text(self, message_id: str, part: str) -> tuple[Attachment, DocumentText]:
        """The text of one attachment. Raises NotFound, Unsupported for types without text, BadInput when damaged."""
        attachment, data = await self.attachment(message_id, part)
        return attachment, await read_document(attachment, data)

    async def attachment_file(self, message_id: str, part: str) -> tuple[Attachment, Path]:
        """One attachment written to a file that only this user can read; the server names folder and file."""
        attachment, data = await self.attachment(message_id, part)
        return attachment, await asyncio.to_thread(_save, self._home / "attachments", message_id, attachment, data)

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
            if not _LABEL.fullmatch(label):
                raise BadInput(f"The label {label[:60]!r} cannot be used: at most 40 characters, no blanks or commas.")
        rows = [message.row for message in await self._every(target)]
        await self._store.write(marks.mark, rows, read=read, add=add, remove=remove)
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


def _save(folder: Path, message_id: str, attachment: Attachment, data: bytes) -> Path:
    try:
        for made in (folder, folder / message_id):
            made.mkdir(mode=0o700, exist_ok=True)
        path = folder / message_id / f"{attachment.part}-{attachment.filename}"
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with os.fdopen(file, "wb") as out:
            out.write(data)
    except OSError as error:
        if error.errno == 28:
            raise StoreFull("The disk is full: the attachment could not be written, free some space.") from error
        raise StoreUnavailable(f"The attachment could not be written to {folder}: {error.strerror}.") from error
    return path
