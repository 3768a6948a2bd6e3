"""The line that stands where a mail's text would, when there is none: what there is instead.

Counts and fixed words only: nothing in it is a stranger's.
"""

from __future__ import annotations

from collections.abc import Iterable

from mailmcp.models import Attachment, Channels, Message, StoredMessage

_CLOSED = {
    "encrypted": "the mail is encrypted for a key that is not here",
    "smime_unreadable": "the mail is in an S/MIME envelope that could not be opened",
    "smime_compressed": "the mail is in a compressed S/MIME envelope",
    "unreadable": "the mail could not be read",
}


def said(message: StoredMessage | Message, channels: Channels) -> str:
    """Why a message shows no text, in brackets: it is encrypted, or only pictures, only quoted, hidden, empty."""
    if channels.visible:
        return "(no more text)"
    codes = {defect.code for defect in message.defects}
    closed = next((reason for code, reason in _CLOSED.items() if code in codes), None)
    if closed:
        return f"(no text: {closed})"
    there = [
        *_counted(message.attachments),
        *(["quoted history"] if channels.quoted else []),
        *(["a signature"] if channels.signature else []),
        *(["hidden text"] if channels.hidden else []),
    ]
    return f"(no text; there is only: {', '.join(there)})" if there else "(no text, and nothing is attached)"


def _counted(attachments: Iterable[Attachment]) -> list[str]:
    kinds: dict[str, int] = {}
    for one in attachments:
        kind = _kind(one.content_type)
        kinds[kind] = kinds.get(kind, 0) + 1
    return [f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in kinds.items()]


def _kind(content_type: str) -> str:
    if content_type.startswith("image/"):
        return "picture"
    return "attached message" if content_type in ("message/rfc822", "message/global") else "attached file"
