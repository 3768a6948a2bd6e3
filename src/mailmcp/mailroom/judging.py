"""The judge: everything that is concluded from a message's bytes. Pure; ``inbound`` decides when and where it runs."""

from __future__ import annotations

import logging
import sys
from dataclasses import asdict, replace
from datetime import datetime

from mailmcp.mail import codes, machines, parse, returns, targets, text
from mailmcp.mail.legible import legible
from mailmcp.mail.mime import headers
from mailmcp.mailroom import apart
from mailmcp.models import Channels, Codes, Defect, Message, Source
from mailmcp.policy import trust
from mailmcp.store.judgements import Judgement

log = logging.getLogger("mailmcp.inbound")

FIRST_LINE = 160
"""Characters of the line that find_mail shows."""
_GREETING, _OPENS = 40, (",", "，", "،", "、", "!", "！", ":", "：")
"""A first line this short that ends like this greets, or leads to what follows: alone it says nothing of the mail."""

HEADER_BYTES = 2 * parse.MAX_HEADER_BYTES
"""Of a message that only its header is read of: no header that is read is longer."""

SAMPLE = b"From: a@app.example\r\nSubject: Code\r\nContent-Type: text/html\r\n\r\n<p>Your code is <b>4829</b></p>\r\n"
"""Judged once at the start: the libraries that reading a mail needs are then loaded when one comes."""

_UNREADABLE = Defect("unreadable", "The message could not be read; its raw bytes are kept.")
_STALLED = Defect("unreadable_text", "Reading it takes too long: only its header was read; its raw bytes are kept.")


def judge(raw: bytes, *, source: Source, peer: str | None, outgoing: bool) -> Judgement:
    """Everything that can be concluded from these bytes; a bug of ours never keeps mail from being shown."""
    try:
        message = legible(parse.parse(raw))
    except Exception:
        log.exception("a message could not be parsed")
        message = Message(defects=(_UNREADABLE,))
    try:
        channels = targets.with_flags(text.read(message))
    except Exception:
        log.exception("a message's text could not be read")
        channels = Channels(
            visible=message.text or "", defects=(Defect("unreadable_text", "The text could not be separated."),)
        )
    automatic, returned = "", None
    if not outgoing:
        try:
            automatic = machines.automatic(headers.split(raw[:HEADER_BYTES]), message.subject)
            # What a caller here writes to another inbox is no report, whatever it says.
            returned = returns.read(raw, message) if source is not Source.SUBMITTED else None
        except Exception:
            log.exception("a message could not be looked at as a report")
    found = Codes()
    if not outgoing:
        author = message.author
        # Programs answer under the subject of what they answer: a code in it is that of the older mail.
        subject = "" if returned is not None or automatic == "auto_replied" else message.subject
        try:
            found = codes.find(subject, channels, author.email.rpartition("@")[2] if author else None)
        except Exception:
            log.exception("codes could not be looked for")
    if returned is not None:
        automatic = returned.kind
        if not message.in_reply_to and not message.references:
            message = replace(message, in_reply_to=returned.message_ids[:1])  # so it stands where it belongs
    return Judgement(
        # The words are in the channels; the bytes keep the rest.
        message=replace(message, text=None, html=None, calendar=None, headers=_told(message)),
        channels=channels,
        codes=found,
        trust=trust.judge(message, source=source, peer=peer),
        first_line=_first_line(channels.visible or message.subject),
        automatic=automatic,
        returned=returned,
    )


def of_header(raw: bytes, *, source: Source, peer: str | None) -> Judgement:
    """What the header alone says, for a message that cannot be read to its end in any reasonable time."""
    message = legible(parse.parse(parse.header_block(raw[:HEADER_BYTES]) + b"\r\n"))
    defects = (*message.defects, _STALLED)
    message = replace(message, text=None, html=None, calendar=None, headers=_told(message), defects=defects)
    found = trust.judge(message, source=source, peer=peer)
    automatic = machines.automatic(headers.split(raw[:HEADER_BYTES]), message.subject)
    return Judgement(
        message=message, channels=Channels(), codes=Codes(), trust=found, first_line="", automatic=automatic
    )


def unreadable(*, source: Source, peer: str | None) -> Judgement:
    """What can be said of a message that nobody can read."""
    message = Message(defects=(_UNREADABLE,))
    found = trust.judge(message, source=source, peer=peer)
    return Judgement(message=message, channels=Channels(), codes=Codes(), trust=found, first_line="")


def _told(message: Message) -> tuple[tuple[str, str], ...]:
    """The headers that say how far a sender can be believed."""
    return tuple((name, value) for name, value in message.headers if name.lower() == "list-id")[:1]


def _first_line(visible: str) -> str:
    lines = [stripped for one in visible[:4000].splitlines() if (stripped := one.strip())]
    line = lines[0] if lines else ""
    if len(lines) > 1 and len(line) <= _GREETING and line.endswith(_OPENS):
        line = f"{line} {lines[1]}"
    return line if len(line) <= FIRST_LINE else line[: FIRST_LINE - 1] + "…"


# --- in a process of its own -----------------------------------------------------------------------------------


def main() -> None:
    """The process: each question is a message, each answer what was concluded from it (see ``judges``)."""
    apart.serve(_reply, cpu_seconds=int(sys.argv[1]) if len(sys.argv) > 1 else None)


def _reply(asked: apart.Record, octets: bytes) -> tuple[apart.Record, bytes]:
    source, peer = Source(asked["source"]), asked["peer"]
    if asked["header_only"]:
        found = of_header(octets, source=source, peer=peer)
    else:
        found = judge(octets, source=source, peer=peer, outgoing=asked["outgoing"])
    record = asdict(found)
    if found.message.date is not None:
        record["message"]["date"] = datetime.isoformat(found.message.date)
    return record, b""


if __name__ == "__main__":
    main()
