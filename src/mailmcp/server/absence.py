"""What is not shown: the line in the place of a text that is not there, and what a page of read_thread leaves out.

Counts and fixed words only: nothing in it is a stranger's.
"""

from __future__ import annotations

from collections.abc import Iterable

from mailmcp.models import Attachment, Channels, Message, StoredMessage
from mailmcp.server import results

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


MOST_CHARS = 200_000
"""The largest max_chars."""


class LeftOut:
    """What a page leaves out, over all its messages, and how to get it."""

    def __init__(self, max_chars: int) -> None:
        self._at_most = max_chars >= MOST_CHARS
        self._id = ""
        self._counts: dict[str, int] = {}
        self._kinds: dict[str, None] = {}

    def count(self, body: results.MessageBody, channels: Channels, include: frozenset[str]) -> None:
        """Add what one message leaves out; ``include`` is what was asked for."""
        everything = "all" in include
        self._id = body.id
        if body.text_cut_at is not None:
            self._add("characters of text", len(channels.visible) - body.text_cut_at)
        self._add("quoted", body.quoted_left_out, "quoted", asked=body.quoted is not None)
        silent = [piece for piece in body.hidden or () if len(piece.text or "") < piece.chars]
        if silent:
            self._kinds |= dict.fromkeys(piece.kind for piece in silent)
            chars = sum(piece.chars - len(piece.text or "") for piece in silent)
            self._add("hidden", chars, "hidden", asked=silent[0].text is not None)
        shown = len(body.signature or "") if everything else 0
        if body.text_cut_at is None:
            self._add("signature", len(channels.signature) - shown, "all", asked=everything)
        self._add("more hidden pieces", body.hidden_left_out, "hidden", asked=everything or "hidden" in include)
        self._add("invisible characters", body.invisible_characters)
        self._add("links", body.links_left_out, "links", asked=everything or "links" in include)
        self._add("addresses", body.people_left_out, "all", asked=everything)
        self._add("attachments", body.attachments_left_out, "all", asked=everything)
        self._add("headers", body.headers_left_out, "headers", asked=True)

    def _add(self, what: str, count: int | None, include: str | None = None, *, asked: bool = False) -> None:
        if not count or count < 0:
            return
        if include is not None:
            what += f" ({self._for_more() if asked else f'include={include}'})"
        self._counts[what] = self._counts.get(what, 0) + count

    def _for_more(self) -> str:
        """How to get what was asked for and did not fit."""
        if self._at_most:
            return f"the resource mail://message/{self._id}/raw has it"
        return f"read {self._id} alone with a larger max_chars"

    def __bool__(self) -> bool:
        return bool(self._counts)

    def __str__(self) -> str:
        said = "; ".join(f"{count} {what}" for what, count in self._counts.items())
        return said.replace("hidden (", f"hidden ({', '.join(self._kinds)}; ")
