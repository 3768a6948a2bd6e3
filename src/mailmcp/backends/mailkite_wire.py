"""What MailKite takes and says, as values: requests of approved mail and back, headers, verdicts and states."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from mailmcp.backends.calls import id_of, text_of
from mailmcp.backends.fields import Fields, File, mailbox, once, rebuilt, without_pictures, written
from mailmcp.errors import BackendError
from mailmcp.mail import parse
from mailmcp.models import Address, Claim, ClaimedResult, Event, EventKind, Found

_STATES = {
    "sent": EventKind.SENT,
    "delivered": EventKind.DELIVERED,
    "bounced": EventKind.BOUNCED,
    "complained": EventKind.COMPLAINED,
    "failed": EventKind.REJECTED,
}
_WORD = re.compile(r"[a-z]{1,20}")
_IDENTIFIER = re.compile(r"<[^<>\s]{1,996}>")


# --- the way out -----------------------------------------------------------------------------------------------------


def as_sent(fields: Fields) -> Fields:
    """A mail as MailKite sends it: without the names of people but the sender's."""
    return replace(
        fields,
        to=tuple(map(_bare, fields.to)),
        cc=tuple(map(_bare, fields.cc)),
        reply_to=tuple(map(_bare, fields.reply_to)),
    )


def mark_of(meant: Fields, key: str) -> str:
    """What a mail is known by."""
    return once(key, request_of(meant, ""))


def request_of(meant: Fields, mark: str) -> dict[str, Any]:
    """The body of the call. Raises BackendError for a picture that the HTML shows, and for several addresses of
    replies, of which it takes one.
    """
    if len(meant.reply_to) > 1:
        raise BackendError("Nothing left: MailKite takes one address for replies.")
    without_pictures(meant, "MailKite")
    headers = {
        "Message-ID": meant.message_id or "",
        "References": " ".join(meant.lineage),
        "Auto-Submitted": meant.automatic or "",
        "X-Entity-Ref-ID": mark,
    }
    body: dict[str, Any] = {
        "from": written(meant.sender),
        "to": [one.email for one in meant.to],
        "cc": [one.email for one in meant.cc],
        "bcc": list(meant.bcc),
        "subject": meant.subject,
        "text": meant.text,
        "html": meant.html,
        "replyTo": meant.reply_to[0].email if meant.reply_to else "",
        "inReplyTo": meant.in_reply_to or "",
        "headers": {name: value for name, value in headers.items() if value},
        "attachments": [
            {"filename": one.filename, "contentType": one.content_type, "content": base64.b64encode(one.data).decode()}
            for one in meant.files
        ],
    }
    return {name: value for name, value in body.items() if value or name in ("subject", "text")}


def said_of(body: dict[str, Any]) -> Fields:
    """What a request says, read back from it."""
    headers: dict[str, str] = body["headers"]
    return Fields(
        sender=mailbox(body["from"]),
        to=_addresses(body["to"]),
        cc=_addresses(body.get("cc")),
        bcc=tuple(body.get("bcc") or ()),
        subject=body["subject"],
        text=body["text"],
        html=body.get("html"),
        reply_to=_addresses([body["replyTo"]] if "replyTo" in body else []),
        in_reply_to=body.get("inReplyTo"),
        references=tuple(headers.get("References", "").split()),
        automatic=headers.get("Auto-Submitted"),
        message_id=headers.get("Message-ID"),
        files=tuple(
            File(filename=one["filename"], content_type=one["contentType"], data=base64.b64decode(one["content"]))
            for one in body.get("attachments") or ()
        ),
    )


# --- the way in ------------------------------------------------------------------------------------------------------


def headers_of(message: dict[str, Any]) -> list[tuple[str, str]]:
    """The header fields with lower-case names, of the bytes or of ``headers_json``, whose form is not published."""
    if isinstance(raw := message.get("raw"), bytes):
        found = parse.parse(parse.header_block(raw) + b"\r\n").headers
        return [(name.lower(), value.strip()) for name, value in found]
    said = message.get("headers_json")
    if isinstance(said, str):
        said = json.loads(said or "{}")
    if isinstance(said, dict):
        pairs = [
            (name, one)
            for name, value in cast(dict[str, Any], said).items()
            for one in (cast(list[Any], value) if isinstance(value, list) else [value])
        ]
    else:
        pairs = [_pair(one) for one in cast(list[Any], said or [])]
    return [(str(name).lower(), " ".join(str(value).split())) for name, value in pairs]


def _pair(said: Any) -> tuple[Any, Any]:
    if isinstance(said, dict):
        named = cast(dict[str, Any], said)
        return named.get("name", named.get("key", "")), named.get("value", "")
    return said[0], said[1]


def identifier(headers: Sequence[tuple[str, str]], name: str) -> str | None:
    """The Message-ID in a field, when there is one such field and one in it."""
    values = [value for key, value in headers if key == name]
    found = _IDENTIFIER.findall(values[0]) if len(values) == 1 else []
    return found[0] if len(found) == 1 else None


def timed(row: dict[str, Any]) -> dict[str, Any]:
    """A row that says what it is called and when it was. Raises ValueError for any other."""
    id_of(row["id"])
    moment_of(row["received_at"])
    return row


def arrived(rows: Sequence[dict[str, Any]], address: str, begin: int) -> tuple[tuple[Found, ...], int]:
    """(what came for an address from a time on and can be read, how much of it is encrypted there)."""
    mine = [
        one
        for one in rows
        if one.get("direction") == "inbound" and str(one.get("to_addr") or "").lower() == address
        if int(one["received_at"]) >= begin
    ]
    legible = [one for one in mine if not one.get("enc_key_fp")]
    found = tuple(Found(id=id_of(one["id"]), at=moment_of(one["received_at"])) for one in legible)
    return found, len(mine) - len(legible)


def is_like(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two rows may be of the same mail: its sender and subject are the same."""
    senders = {str(row.get("from_addr") or "").lower() for row in (one, other)}
    return len(senders) == 1 and (one.get("subject") or "") == (other.get("subject") or "")


def rebuilt_of(
    message: dict[str, Any], headers: Sequence[tuple[str, str]], files: Sequence[File], at: datetime
) -> bytes:
    """A mail as bytes, of what the single message says; who else got it stands in the headers alone."""
    named = {name: [value for key, value in headers if key == name] for name in ("from", "to", "cc", "reply-to")}
    return rebuilt(
        service="mailkite",
        from_=" ".join(named["from"][:1]) or str(message.get("from_addr") or ""),
        to=named["to"] or [str(message.get("to_addr") or "")],
        cc=named["cc"],
        reply_to=named["reply-to"],
        subject=str(message.get("subject") or ""),
        date=at,
        message_id=identifier(headers, "message-id"),
        in_reply_to=identifier(headers, "in-reply-to"),
        references=" ".join(value for key, value in headers if key == "references").split(),
        text=text_of(message.get("text_body")),
        html=text_of(message.get("html_body")),
        files=files,
    )


def claim_of(message: dict[str, Any]) -> Claim | None:
    """Its verdicts as its claim; null was not scored, and says nothing."""
    words = [(method, message.get(method)) for method in ("spf", "dkim", "dmarc")]
    results = tuple(
        ClaimedResult(method=method, result=word)
        for method, word in words
        if isinstance(word, str) and _WORD.fullmatch(word)
    )
    return Claim(by="mailkite", results=results) if results else None


def event_of(id_: str, message: dict[str, Any]) -> Event | None:
    """What its state says became of a sent mail; whose mail came back it does not say."""
    kind = _STATES.get(str(message.get("status") or ""))
    return Event(provider_id=id_, kind=kind) if kind is not None else None


def moment_of(said: Any) -> datetime:
    """A time that MailKite says, in milliseconds. Raises ValueError or TypeError."""
    return datetime.fromtimestamp(int(said) / 1000, UTC)


def _bare(address: Address) -> Address:
    return Address(name="", email=address.email)


def _addresses(said: Any) -> tuple[Address, ...]:
    return tuple(Address(name="", email=str(one)) for one in cast(list[Any], said or []))
