"""What comes back about mail that was sent: delivery status notices (RFC 3464), complaints (RFC 5965), receipts
(RFC 8098), and the notices of programs that follow no standard (``notices``).

Nothing here is believed: what a report says is compared with what was sent where that is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from mailmcp.mail import machines, notices
from mailmcp.mail.mime import headers, tree
from mailmcp.mail.mime.headers import Block
from mailmcp.mail.mime.tree import Part, walk
from mailmcp.mail.mime.words import octets_of
from mailmcp.models import Fate, Message, Returned, ReturnKind

MAX_OCTETS = 1024 * 1024
"""Of a report that are read: what it returns stands at the end."""
MAX_FATES = 100
MAX_FIELDS = 40
"""Of one recipient."""
MAX_IDS = 5

_STATUS_PARTS = ("message/delivery-status", "message/global-delivery-status")
_RETURNED_PARTS = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}
)
_MESSAGE_ID = re.compile(rb"<[^<>\s]{1,996}>")
_BLANK_LINE = re.compile(rb"\r?\n[ \t]*(?:\r?\n[ \t]*)+")
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_ESCAPED = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
_COMPLAINTS = ("abuse", "fraud", "virus", "miscategorized", "opt-out", "opt-out-list", "other")
"""Kinds of feedback by which somebody says that a mail was unwanted; not-spam and auth-failure are none."""

_KINDS = {
    "failed": ReturnKind.BOUNCE,
    "delayed": ReturnKind.DELAY,
    "delivered": ReturnKind.DELIVERED,
    "relayed": ReturnKind.DELIVERED,
    "expanded": ReturnKind.DELIVERED,
}
_GRAVEST = (
    ReturnKind.COMPLAINT,
    ReturnKind.BOUNCE,
    ReturnKind.DELAY,
    ReturnKind.DELIVERED,
    ReturnKind.RECEIPT,
)


def read(raw: bytes, message: Message) -> Returned | None:
    """What a mail reports, None when it is no report. ``message`` is the same mail as it was parsed."""
    raw = raw[:MAX_OCTETS]
    block = headers.split(raw)
    declared = headers.parameterised(block.first("content-type") or b"")
    author = message.author.email if message.author else ""
    daemon = machines.is_daemon(author) or not message.from_ or block.first("x-failed-recipients") is not None
    if declared.value != "multipart/report" and not daemon:
        return None
    root, _ = tree.grow(block, raw[block.body_at :])
    leaves = [part for _, part in walk(root) if not part.children]
    found = _standard(leaves)
    returned_ids = list(_returned_ids(leaves))
    if found is None and daemon:
        found, written_ids = notices.read(block, message)
        returned_ids += written_ids
    if found is None:
        return None
    fates, named_ids, envelope_id = found
    ids = (*named_ids, *returned_ids, *message.in_reply_to, *reversed(message.references))
    kinds = {fate.kind for fate in fates}
    return Returned(
        kind=next(kind for kind in _GRAVEST if kind in kinds),
        message_ids=tuple(dict.fromkeys(ids))[:MAX_IDS],
        envelope_id=envelope_id,
        fates=tuple(fates[:MAX_FATES]),
    )


Found = tuple[list[Fate], list[str], str]
"""The recipients' fates, the Message-IDs that are named beside them, and the envelope id."""


def _standard(leaves: Sequence[Part]) -> Found | None:
    """The machine's part of a report; None when there is none that says anything of a recipient."""
    for part in leaves:
        if part.kind in _STATUS_PARTS:
            found = _delivery_status(octets_of(part)[0])
        elif part.kind == "message/feedback-report":
            found = _feedback(octets_of(part)[0])
        elif part.kind in ("message/disposition-notification", "message/global-disposition-notification"):
            found = _disposition(octets_of(part)[0])
        else:
            continue
        if found[0]:
            return found
    return None


def _delivery_status(octets: bytes) -> Found:
    about, *recipients = list(islice(_groups(octets), MAX_FATES + 1)) or [{}]
    if "final-recipient" in about or "original-recipient" in about:  # the empty line after the first group is missing
        recipients.insert(0, about)
    fates = [fate for group in recipients if (fate := _fate(group))]
    return fates, [], about.get("original-envelope-id", "")[:200]


def _fate(group: dict[str, str]) -> Fate | None:
    """What one group of fields says of a recipient."""
    names = ("original-recipient", "final-recipient", "x-actual-recipient")
    addresses = tuple(dict.fromkeys(filter(None, (_typed(group.get(name, "")) for name in names))))
    if not addresses:
        return None
    diagnostic = group.get("diagnostic-code", "").partition(";")[2] or group.get("diagnostic-code", "")
    status = status_in(group.get("status", ""))
    said = status_in(diagnostic)
    if said and (not status or status.endswith(".0.0")) and (not status or said[0] == status[0]):
        status = said  # many write 5.0.0 where the other side said what was wrong
    action = group.get("action", "").lower().split(" ")[0].strip("\"'")
    kind = _KINDS.get(action)
    if kind is None:
        # Without an action that is known the class of the status tells; without both nothing is told.
        classes = {"5": ReturnKind.BOUNCE, "4": ReturnKind.DELAY, "2": ReturnKind.DELIVERED}
        kind = classes.get(status[:1])
    if kind is None:
        return None
    return Fate(addresses=addresses, kind=kind, status=status, words=notices.cleaned(diagnostic))


def _feedback(octets: bytes) -> Found:
    fields = [pair for group in islice(_pairs(octets), MAX_FATES) for pair in group]
    first = dict(reversed(fields))
    if first.get("feedback-type", "").lower().split(" ")[0] not in _COMPLAINTS:
        return [], [], ""
    names = ("original-rcpt-to", "removal-recipient")
    written = [address for name, value in fields if name in names and (address := _address(value))]
    words = notices.cleaned(first.get("feedback-type", ""))
    # Many hide who complained: then it is about whom it went to, if that was one.
    fates = [Fate(addresses=(one,), kind=ReturnKind.COMPLAINT, words=words) for one in dict.fromkeys(written)]
    return (
        fates or [Fate(addresses=(), kind=ReturnKind.COMPLAINT, words=words)],
        [],
        first.get("original-envelope-id", "")[:200],
    )


def _disposition(octets: bytes) -> Found:
    empty: dict[str, str] = {}
    group = next(_groups(octets), empty)
    names = ("original-recipient", "final-recipient")
    addresses = tuple(dict.fromkeys(filter(None, (_typed(group.get(name, "")) for name in names))))
    what = group.get("disposition", "").partition(";")[2].strip() or "displayed"
    ids = [one.decode("ascii", "replace") for one in _MESSAGE_ID.findall(group.get("original-message-id", "").encode())]
    fates = [Fate(addresses=addresses, kind=ReturnKind.RECEIPT, words=notices.cleaned(what))]
    return (fates if addresses or ids else []), ids, ""


def _returned_ids(leaves: Sequence[Part]) -> Iterator[str]:
    """The Message-ID of what was sent back, whole or its header alone."""
    for part in leaves:
        if part.kind in _RETURNED_PARTS:
            octets = octets_of(part)[0][: headers.MAX_BLOCK_BYTES]
            for match in _MESSAGE_ID.findall(headers.split(octets.lstrip(b"\r\n ")).first("message-id") or b""):
                yield match.decode("utf-8", "replace")


def status_in(words: str) -> str:
    """The first enhanced status code in some words (RFC 3463), ``""`` when there is none."""
    match = _STATUS.search(words[:2_000])
    return match[0] if match else ""


def _groups(octets: bytes) -> Iterator[dict[str, str]]:
    """The groups of fields of a report; of repeated fields the first counts."""
    for pairs in _pairs(octets):
        yield dict(reversed(pairs))


def _pairs(octets: bytes) -> Iterator[list[tuple[str, str]]]:
    for piece in _BLANK_LINE.split(octets.strip(b"\r\n\t ")):
        block: Block = headers.split(piece.lstrip() + b"\r\n\r\n")
        if block.fields:
            yield [(one.name.lower(), _decoded(one.body)) for one in block.fields[:MAX_FIELDS]]


def _decoded(body: bytes) -> str:
    return headers.display(body)


def _typed(value: str) -> str:
    """The address of ``rfc822; name@host``, or of ``utf-8; …`` with its escapes (RFC 6533 §3)."""
    kind, semicolon, address = value.partition(";")
    if not semicolon:
        kind, address = "rfc822", value
    if kind.strip().lower() == "utf-8":
        address = _ESCAPED.sub(lambda match: chr(min(int(match[1], 16), 0x10FFFF)), address)
    return _address(address)


def _address(written: str) -> str:
    """An address without what programs put around it; ``""`` when it is none."""
    bare = written.strip().strip("\"'")
    if "<" in bare:
        bare = bare.partition("<")[2].partition(">")[0]
    bare = bare.removeprefix("mailto:").strip()
    return bare if notices.ADDRESS.fullmatch(bare) else ""
