"""An inbox's mail as a file of mail, and mail of such a file in an inbox."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mailmcp.backends.contract import MAX_MESSAGE_BYTES
from mailmcp.errors import BadInput
from mailmcp.mail import boxes
from mailmcp.mail.boxes import LeftOut
from mailmcp.mailroom.inbound import Inbound
from mailmcp.models import Arrival, Envelope, Source
from mailmcp.store import Store, audit, inboxes, messages

TOGETHER = 20
"""Messages that are in memory at once."""
TOGETHER_BYTES = 64 * 1024 * 1024
JUDGING_SECONDS = 30.0
NAMED = 100
TOLD_EVERY = 1_000
"""Messages of a file after which somebody who waits hears how far it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """How much was written."""

    received: int
    sent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of the messages of a file."""

    stored: int
    known: int
    """Stored before: the same bytes in the same inbox."""
    too_large: int
    unreadable: int = 0
    left_out: tuple[str, ...] = ()
    """A sentence on each message that is not in, up to ``NAMED`` of them."""


class Archiving:
    """Export and import. No tool may call these: they name files."""

    def __init__(self, store: Store, inbound: Inbound) -> None:
        self._store = store
        self._inbound = inbound

    async def export(self, address: str, path: Path, *, maildir: bool = False) -> Exported:
        """Write all mail of an inbox to a new mbox, or Maildir. Raises NotFound, BadInput when it is there already."""
        inbox = await self._store.read(inboxes.get, address)
        try:
            writer = await asyncio.to_thread(boxes.MaildirWriter if maildir else boxes.MboxWriter, path)
            received = sent = after = 0
            try:
                while mails := await self._store.read(messages.kept_of, inbox.row, after=after, limit=TOGETHER):
                    for mail in mails:
                        await asyncio.to_thread(writer.add, mail)
                        after = mail.row
                    sent += sum(mail.sent for mail in mails)
                    received += sum(not mail.sent for mail in mails)
                await asyncio.to_thread(writer.close)
            except BaseException:
                await asyncio.to_thread(writer.discard)
                raise
        except OSError as error:
            raise BadInput(f"{path} cannot be written ({error.strerror}), and nothing is left of it.") from error
        return Exported(received=received, sent=sent)

    async def take_in(self, address: str, path: Path, *, progress: Callable[[int], None] | None = None) -> Imported:
        """Store the messages of an mbox or a Maildir in an inbox, as mail of the past: no wait is given them.

        Done again it stores nothing twice. What cannot be read is named, and the rest comes in. ``progress`` is told
        now and then how many were stored or known. Raises NotFound, BadInput for what is no file of mail.
        """
        inbox = await self._store.read(inboxes.get, address)
        stored = known = too_large = unreadable = waiting = 0
        left_out: list[str] = []
        mails = boxes.read(path, largest=MAX_MESSAGE_BYTES)
        while (mail := await asyncio.to_thread(next, mails, None)) is not None:
            if isinstance(mail, LeftOut):
                too_large += mail.too_large
                unreadable += not mail.too_large
                if len(left_out) < NAMED:
                    left_out.append(f"{mail.what} {mail.why} and was left out.")
                continue
            envelope = Envelope(
                mail_from=mail.mail_from,
                recipients=(inbox.address,),
                received_at=mail.received_at or datetime.now(UTC),
            )
            arrival = Arrival(raw=mail.raw, envelope=envelope, source=Source.IMPORTED, backend=inbox.backend)
            sha256 = hashlib.sha256(mail.raw).hexdigest()
            # A message without an id is known by its bytes too: a file that is read again brings nothing new.
            rows = await self._store.write(
                messages.accept, arrival, fingerprint=sha256, sha256=sha256, history=True, read=mail.read
            )
            self._inbound.taken(rows, arrival)
            stored += len(rows)
            known += not rows
            waiting += len(mail.raw) * len(rows)
            if stored % TOGETHER == 0 or waiting > TOGETHER_BYTES:
                waiting = 0
                await self._inbound.settle(at_most=JUDGING_SECONDS)
            if progress is not None and (stored + known) % TOLD_EVERY == 0:
                progress(stored + known)
        await self._inbound.settle(at_most=JUDGING_SECONDS)
        if stored:
            await self._store.write(
                audit.record, "inbox.imported", datetime.now(UTC), inbox=inbox.address, messages=stored
            )
        return Imported(
            stored=stored, known=known, too_large=too_large, unreadable=unreadable, left_out=tuple(left_out)
        )
