"""The way in: accept (durable), then judge: parse, read, find codes, trust, store the verdict, announce."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from mailmcp.errors import MailError, StoreUnavailable
from mailmcp.mail import codes, parse, text
from mailmcp.mail.legible import legible
from mailmcp.mailroom.arrivals import Arrivals, set_or_late
from mailmcp.models import Arrival, Channels, Codes, Defect, Message, Source
from mailmcp.policy import trust
from mailmcp.store import Store, inboxes, messages
from mailmcp.store.messages import Judgement, Unjudged

log = logging.getLogger("mailmcp.inbound")

BATCH = 32
"""Most messages that are judged in one transaction."""
SWEEP_SECONDS = 20
"""Between two looks for messages that a process stored and did not live to judge."""
GATHER_SECONDS = 0.02
"""While mail streams in and nobody here waits for it, so long are messages gathered to be judged together: each
judgement alone would pay a commit of its own."""
SMALL_MAIL = 100_000
"""Bytes up to which mails are judged together."""
FIRST_LINE = 160
"""Characters of the line that find_mail shows."""

_MESSAGE_ID = re.compile(rb"^message-id[ \t]{0,10}:[ \t\r\n]{0,10}(\S{1,998})", re.IGNORECASE | re.MULTILINE)
HEADER_SCAN = 64 * 1024


# Judged once at the start, in a thread: the libraries that reading a mail needs are then loaded when one comes.
_SAMPLE = Unjudged(
    row=0,
    inbox="",
    raw=b"From: a@app.example\r\nSubject: Code\r\nContent-Type: text/html\r\n\r\n<p>Your code is <b>4829</b></p>\r\n",
    source=Source.SMTP,
    peer=None,
    outgoing=False,
)

_UNREADABLE = Defect("unreadable", "The message could not be read; its raw bytes are kept.")


class Inbound:
    """The desk where backends hand mail in (``contract.Reception``), and the judge behind it."""

    def __init__(self, store: Store, arrivals: Arrivals) -> None:
        self._store = store
        self._arrivals = arrivals
        self._waiting = asyncio.Event()
        self._judge: asyncio.Task[None] | None = None
        self._judged_at = float("-inf")
        self._warming: asyncio.Task[Judgement] | None = None

    async def knows(self, recipient: str) -> bool:
        """Whether an inbox of this home receives mail for this address."""
        return await self._store.read(inboxes.for_recipient, recipient) is not None

    async def accept(self, arrival: Arrival) -> None:
        """Store the bytes; returns after the commit. Judging follows by itself."""
        await self._store.write(messages.accept, arrival, fingerprint=fingerprint(arrival))
        self._waiting.set()

    def start(self) -> None:
        """Begin to judge, first whatever an earlier process left unjudged."""
        self._waiting.set()
        self._warming = asyncio.create_task(asyncio.to_thread(judge, _SAMPLE), name="mailmcp-warm")
        self._judge = asyncio.create_task(self._judge_forever(), name="mailmcp-judge")

    async def aclose(self) -> None:
        """Judge what waits, for at most a second, then stop: the next process takes up the rest."""
        if self._judge is None or self._judge.done():
            return
        await self.settle(at_most=1)
        self._judge.cancel()
        await asyncio.wait([self._judge])

    async def settle(self, *, at_most: float) -> None:
        """Return when every stored message was judged, or after ``at_most`` seconds."""
        try:
            async with asyncio.timeout(at_most), self._arrivals.listen() as bell:
                while True:
                    bell.clear()  # before the look: what is announced from here on rings again
                    if not await self._store.read(messages.unjudged, limit=1):
                        return
                    self._waiting.set()
                    await bell.wait()
        except (TimeoutError, StoreUnavailable):
            pass  # the judge goes on by itself

    async def _judge_forever(self) -> None:
        while True:
            await set_or_late(self._waiting, SWEEP_SECONDS)
            self._waiting.clear()
            try:
                while await self._judge_some():
                    pass
            except MailError as error:
                # The bytes are safe; the next arrival or sweep tries again.
                log.warning("mail waits to be judged: %s", error)
            except Exception:
                log.exception("mail waits to be judged")

    async def _judge_some(self) -> bool:
        """Judge the oldest messages that wait, in the order in which they came; whether there were any."""
        clock = asyncio.get_running_loop().time
        if clock() - self._judged_at < 5 * GATHER_SECONDS and not self._arrivals.awaited:
            await asyncio.sleep(GATHER_SECONDS)
        batch = await self._store.read(messages.unjudged, limit=BATCH)
        if not batch:
            return False
        # A large mail takes as long as hundreds of small ones: those that wait with it do not wait for it.
        small = [item for item in batch if len(item.raw) <= SMALL_MAIL]
        for together in filter(None, (small, *([item] for item in batch if len(item.raw) > SMALL_MAIL))):
            judgements = await asyncio.to_thread(_judge_all, together)
            now = datetime.now(UTC)
            await asyncio.gather(
                *(self._conclude(item, found, now) for item, found in zip(together, judgements, strict=True))
            )
            self._arrivals.announce()
        self._judged_at = clock()
        return True

    async def _conclude(self, item: Unjudged, judgement: Judgement, now: datetime) -> None:
        """Write a judgement down; of one that the store cannot hold, only that the mail is there."""
        write = partial(messages.judge, now=now)
        try:
            await self._store.write(write, item.row, judgement)
        except MailError:
            raise
        except Exception:
            log.exception("what was concluded from a message cannot be stored")
            await self._store.write(write, item.row, _unreadable(item))


def fingerprint(arrival: Arrival) -> str | None:
    """What makes a second copy a retransmission: the bytes of a message that has a Message-ID.

    A program that sends the same bytes twice without one may mean two messages. Our own messages are known by their
    Message-ID alone, since Date is added anew when a send is tried again.
    """
    found = _MESSAGE_ID.search(arrival.raw[:HEADER_SCAN].partition(b"\r\n\r\n")[0])
    if found is None:
        return None
    if arrival.source is Source.SUBMITTED:
        return found[1].decode("ascii", "replace")
    return hashlib.sha256(arrival.raw).hexdigest()


def _judge_all(items: Sequence[Unjudged]) -> list[Judgement]:
    return [judge(item) for item in items]


def judge(item: Unjudged) -> Judgement:
    """Everything that can be concluded from a message's bytes; a bug of ours never keeps mail from being shown."""
    try:
        message = legible(parse.parse(item.raw))
    except Exception:
        log.exception("a message could not be parsed")
        message = Message(defects=(_UNREADABLE,))
    try:
        channels = text.read(message)
    except Exception:
        log.exception("a message's text could not be read")
        channels = Channels(
            visible=message.text or "", defects=(Defect("unreadable_text", "The text could not be separated."),)
        )
    found = Codes()
    if not item.outgoing:
        author = message.author
        try:
            found = codes.find(message.subject, channels, author.email.rpartition("@")[2] if author else None)
        except Exception:
            log.exception("codes could not be looked for")
    return Judgement(
        message=message,
        channels=channels,
        codes=found,
        trust=trust.judge(message, source=item.source, peer=item.peer),
        first_line=_first_line(channels.visible),
    )


def _unreadable(item: Unjudged) -> Judgement:
    message = Message(defects=(_UNREADABLE,))
    return Judgement(
        message=message,
        channels=Channels(),
        codes=Codes(),
        trust=trust.judge(message, source=item.source, peer=item.peer),
        first_line="",
    )


def _first_line(visible: str) -> str:
    lines: Sequence[str] = visible[:4000].splitlines()
    line = next((line.strip() for line in lines if line.strip()), "")
    return line if len(line) <= FIRST_LINE else line[: FIRST_LINE - 1] + "…"
