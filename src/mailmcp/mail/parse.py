"""Raw bytes to words: :func:`parse` gives a ``Message`` for any bytes whatever and says what was wrong with them.

Files behind it: ``headers`` and ``addresses`` for the header block, ``tree`` and ``inside`` for the MIME structure,
``bodies`` and ``elsewhere`` for what is whose, ``words``, ``transfer``, ``decoding``, ``charsets`` and ``flowed`` for
the words themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz

from mailmcp.errors import NotFound
from mailmcp.mail.mime import addresses, bodies, headers, inside, tree, words
from mailmcp.mail.mime.guide import Guide
from mailmcp.mail.mime.headers import Block
from mailmcp.models import Address, Attachment, Defect, Message

MAX_MESSAGE_BYTES = 25 * 1024 * 1024
MAX_HEADER_BYTES = headers.MAX_BLOCK_BYTES
MAX_REFERENCES = 200
DEEPEST_ATTACHED = 5
"""Messages that stand in one another, of which a part is asked for."""
MAX_DATE = 200

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,996}>")
_BARE_ID = re.compile(r"[^<>\s,;]{1,996}@[^<>\s,;]{1,996}")
_ONCE = ("subject", "date", "to", "cc", "reply-to", "sender", "message-id")
_HEADER_SENTENCES = {
    "mbox_line": "The mail begins with a mailbox line (From …), which belongs to no header.",
    "header_junk": "The header begins with a line that is no header field.",
    "headers_missing": "The mail has no header; all of it is shown as text.",
    "header_unended": "The header runs into the body without an empty line.",
    "from_hidden": "A From line stands behind the place where the header ends for some programs, but not for others.",
    "headers_too_long": "The header is longer than 64 KiB; the rest was not read.",
    "headers_too_many": "The mail has more than 1,000 header fields; the rest was not read.",
    "from_unread": "A further From header may stand in the part of the header that was not read.",
}


def parse(raw: bytes) -> Message:
    """The words of a message (RFC 5322, MIME). Never raises: whatever is wrong becomes an entry of ``defects``.

    Budgets: 25 MiB, 64 KiB and 1,000 fields of header, 200 parts, 20 levels, 1 MiB of text, 2 MiB of HTML; what goes
    beyond is left out and named in the defects. Defects whose code begins with ``from_`` mean that nobody can be
    called the author.
    """
    try:
        return _parse(raw)
    except Exception as error:  # the last net under strangers' bytes: nothing of ours is known to fall into it
        return Message(
            defects=(
                Defect("unreadable", f"The mail could not be read ({type(error).__name__})."),
                Defect("from_unread", "The mail could not be read, so its author is not known."),
            )
        )


def attachment_bytes(raw: bytes, part: str) -> tuple[Attachment, bytes]:
    """One part by its path, described and decoded; the embedded message for message/rfc822.

    Any part that holds content can be asked for, own text too; ``2/3`` is part 3 of the message that is attached as
    part 2. Raises NotFound with the paths that there are.
    """
    outer, _, inner = part.rpartition("/")
    if outer:
        if outer.count("/") >= DEEPEST_ATTACHED:
            raise NotFound(f"The message has no part {part[:40]!r}: it stands too deep in attached messages.")
        attachment, octets = attachment_bytes(attachment_bytes(raw, outer)[1], inner)
        return replace(attachment, part=part), octets
    raw, _ = _bounded(raw)
    block = headers.split(raw)
    root, structure = tree.grow(block, raw[block.body_at :])
    inside.unfold(root, structure)
    leaves = {path: leaf for path, leaf in tree.walk(root) if not leaf.children}
    leaf = leaves.get(part)
    if leaf is None:
        known = ", ".join(list(leaves)[:20]) + (", …" if len(leaves) > 20 else "")
        raise NotFound(f"The message has no part {part[:40]!r}; its parts are {known}.")
    octets, _ = words.octets_of(leaf)
    guide = Guide(words.labels(root), [field.body for field in block.fields])
    return bodies.attachment_of(leaf, part, len(octets), guide), octets


def contents(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Every part that holds content, by its path, decoded."""
    raw, _ = _bounded(raw)
    block = headers.split(raw)
    root, structure = tree.grow(block, raw[block.body_at :])
    inside.unfold(root, structure)
    for path, leaf in tree.walk(root):
        if not leaf.children:
            yield path, words.octets_of(leaf)[0]


def header_block(raw: bytes) -> bytes:
    """The bytes of the header with their last line end, without the empty line (at most what the message has)."""
    return headers.header_block(raw)


def _parse(raw: bytes) -> Message:
    raw, defects = _bounded(raw)
    block = headers.split(raw)
    defects |= {problem: _HEADER_SENTENCES[problem] for problem in block.problems}
    root, structure = tree.grow(block, raw[block.body_at :])
    inside.unfold(root, structure)
    guide = Guide(words.labels(root), [field.body for field in block.fields])
    reading = bodies.read(root, guide)
    defects |= _repeated(block)
    from_, disputes = addresses.authors(block.all("from"), guide)
    sender = _mailboxes(block, "sender", guide, defects)
    reply_to = _mailboxes(block, "reply-to", guide, defects)
    to = _mailboxes(block, "to", guide, defects)
    cc = _mailboxes(block, "cc", guide, defects)
    message_id, date = _message_id(block, defects), _date(block, defects)
    shown = _shown(block, guide, defects)
    subject = headers.display(block.first("subject") or b"", guide)
    defects |= disputes | structure | reading.defects | guide.defects
    return Message(
        message_id=message_id,
        subject=subject,
        from_=from_,
        sender=sender[0] if sender else None,
        reply_to=reply_to,
        to=to,
        cc=cc,
        date=date,
        in_reply_to=_ids(block, "in-reply-to"),
        references=_ids(block, "references"),
        text=reading.text,
        html=reading.html,
        calendar=reading.calendar,
        attachments=tuple(reading.attachments),
        headers=shown,
        defects=tuple(Defect(code, detail) for code, detail in defects.items()),
    )


def _bounded(raw: bytes) -> tuple[bytes, dict[str, str]]:
    """The bytes within the size budget and with line ends that every part of this room sees alike."""
    defects: dict[str, str] = {}
    if not raw:
        defects["empty"] = "The mail has no bytes at all."
    if len(raw) > MAX_MESSAGE_BYTES:
        defects["message_too_big"] = "The mail is larger than 25 MiB; the rest was not read."
        raw = raw[:MAX_MESSAGE_BYTES]
    top = raw[: headers.MAX_BLOCK_BYTES]
    if b"\r\r\n" in top:
        defects["line_ends"] = "The mail's lines end in CR CR LF; they were read as CR LF."
        raw = raw.replace(b"\r\r\n", b"\r\n")
    elif b"\r" in top and b"\n" not in top:
        defects["line_ends"] = "The mail's lines end in a bare CR; they were read as LF."
        raw = raw.replace(b"\r", b"\n")
    return raw, defects


def _repeated(block: Block) -> dict[str, str]:
    counts = {name: len(block.all(name)) for name in _ONCE}
    return {
        f"{name.replace('-', '_')}_repeated": (
            f"The mail has {count} {name.title()} headers; programs differ on which one they show."
        )
        for name, count in counts.items()
        if count > 1
    }


def _mailboxes(block: Block, name: str, guide: Guide, defects: dict[str, str]) -> tuple[Address, ...]:
    """The addresses of every field of a name, in order."""
    found: list[Address] = []
    for field in block.all(name):
        read, reason = addresses.mailboxes(field.body, guide)
        found += read
        if reason:
            code = "too_many" if reason == addresses.TOO_MANY else "invalid"
            defects[f"{name.replace('-', '_')}_{code}"] = f"The {name.title()} header is defective ({reason})."
        if len(found) >= addresses.MAX_ADDRESSES:
            break
    return tuple(found[: addresses.MAX_ADDRESSES])


def _ascii(body: bytes) -> str:
    """A field that holds no words, only ids or a date: its octets one by one."""
    return body.decode("utf-8", "replace")


def _message_id(block: Block, defects: dict[str, str]) -> str | None:
    body = block.first("message-id")
    if not body:
        return None
    written = _ascii(body).strip()
    if match := _MESSAGE_ID.search(written):
        return match[0]
    defects["message_id_invalid"] = "The Message-ID is not of the form <left@right>."
    return f"<{written}>" if _BARE_ID.fullmatch(written) else None


def _ids(block: Block, name: str) -> tuple[str, ...]:
    """The message ids of a field, each once; of very long lists the newest (RFC 5322 §3.6.4 writes oldest first)."""
    written = _ascii(block.first(name) or b"")
    unique = dict.fromkeys(match[0] for match in _MESSAGE_ID.finditer(written))
    return tuple(unique)[-MAX_REFERENCES:]


def _date(block: Block, defects: dict[str, str]) -> datetime | None:
    """The Date header in UTC; None when it is missing or is no date."""
    body = block.first("date")
    if body is None:
        return None
    try:
        fields = parsedate_tz(_ascii(body[:MAX_DATE]))
        if fields is not None:
            offset = timedelta(seconds=fields[9] or 0)
            # Three digits are the years since 1900 (RFC 5322 §4.3): a program that counted on from 99.
            year = fields[0] + 1900 if fields[0] < 1000 else fields[0]
            # A leap second (RFC 5322 §3.3) is not in Python's calendar.
            written = datetime(year, *fields[1:5], min(fields[5], 59), tzinfo=UTC)
            return written - offset
    except (ValueError, OverflowError, TypeError, IndexError):
        pass  # parsedate_tz is not proof against everything that stands in a Date header
    defects["date_invalid"] = "The Date header is not a date."
    return None


def _shown(block: Block, guide: Guide, defects: dict[str, str]) -> tuple[tuple[str, str], ...]:
    if any(len(field.body) > headers.MAX_DECODED for field in block.fields):
        defects["header_too_long"] = "A header field is longer than 8 KiB and is shown shortened."
    return tuple((field.name, headers.display(field.body, guide)) for field in block.fields)
