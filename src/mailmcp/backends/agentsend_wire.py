"""What AgentSend takes and says, as values: requests of approved mail and back, rows as mails, verdicts and states."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote

from mailmcp.authenticity import claims
from mailmcp.backends import calls
from mailmcp.backends.calls import Trouble, id_of, text_of
from mailmcp.backends.fields import Fields, File, rebuilt, without_pictures
from mailmcp.errors import BackendError
from mailmcp.models import Address, Claim, Event, EventKind, Receipt

BORDER = "amazonses.com"
"""Whose Authentication-Results its receiving side adds."""
_STATES = {
    "sent": EventKind.SENT,
    "delivered": EventKind.DELIVERED,
    "bounced": EventKind.BOUNCED,
    "complained": EventKind.COMPLAINED,
    "failed": EventKind.REJECTED,
}
_ADDRESS = re.compile(r"(?:[^<>,\[\]]{0,200}<)?[^\s<>,\[\]@]{1,64}@[^\s<>,\[\]@]{1,253}>?")
_NAME = re.compile(r'["\r\n\x00-\x1f]')


def explained(said: Any) -> Trouble:
    """An error; the one that a person must end says so."""
    trouble = calls.explained(said)
    if trouble.code == "CLAIM_REQUIRED":
        return replace(trouble, advice="a person must claim the account at AgentSend first")
    return trouble


# --- the way out -----------------------------------------------------------------------------------------------------


def as_sent(fields: Fields) -> Fields:
    """A mail as AgentSend sends it: the names of people, References and its own id are left to AgentSend."""
    return replace(
        fields,
        sender=_bare(fields.sender),
        to=tuple(map(_bare, fields.to)),
        cc=tuple(map(_bare, fields.cc)),
        references=(),
    )


def request_of(meant: Fields, files: Sequence[tuple[str, File]], thread: str | None) -> dict[str, Any]:
    """The body of the call. Raises BackendError for what it has no field for."""
    if meant.reply_to:
        raise BackendError("Nothing left: AgentSend cannot be told another address for replies.")
    without_pictures(meant, "AgentSend")
    if len(meant.files) > 10:
        raise BackendError("Nothing left: AgentSend takes at most 10 files with one mail.")
    body: dict[str, Any] = {
        "to": [one.email for one in meant.to],
        "cc": [one.email for one in meant.cc],
        "bcc": list(meant.bcc),
        "subject": meant.subject,
        "bodyText": meant.text,
        "bodyHtml": meant.html,
        "attachmentIds": [id_ for id_, _ in files],
        "threadId": thread,
    }
    return {name: value for name, value in body.items() if value or name in ("subject", "bodyText")}


def said_of(body: dict[str, Any], meant: Fields) -> Fields:
    """What a request says, read back from it; its files were put there as they are."""
    return Fields(
        sender=meant.sender,  # in the path
        to=_addresses(body.get("to")),
        cc=_addresses(body.get("cc")),
        bcc=tuple(body.get("bcc") or ()),
        subject=body["subject"],
        text=body["bodyText"],
        html=body.get("bodyHtml"),
        in_reply_to=meant.in_reply_to,  # by its thread, or not at all, as the row says
        files=meant.files if len(body.get("attachmentIds") or ()) == len(meant.files) else (),
    )


def form_of(file: File) -> tuple[str, bytes]:
    """A file as multipart/form-data: (content type, octets)."""
    boundary = f"mailmcp-{hashlib.sha256(file.data).hexdigest()[:32]}"
    name = _NAME.sub("_", file.filename)
    plain = "".join(one if one.isascii() else "_" for one in name)
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{plain}"'
    if plain != name:
        head += f"; filename*=UTF-8''{quote(name, safe='')}"
    head += f"\r\nContent-Type: {file.content_type}\r\n\r\n"
    return f"multipart/form-data; boundary={boundary}", head.encode() + file.data + f"\r\n--{boundary}--\r\n".encode()


def receipt_of(recipients: Sequence[str], row: dict[str, Any]) -> Receipt:
    """What a row says of a mail that was just sent."""
    id_, everybody = id_of(row["id"]), tuple(recipients)
    why = "AgentSend's sandbox took it and sends it to nobody." if row.get("delivery") == "dry-run" else ""
    if row.get("status") == "failed":
        why = "AgentSend could not send it."
    if why:
        return Receipt(accepted=(), refused=tuple((one, why) for one in everybody), provider_id=id_)
    travels = row.get("sesMessageId")
    message_id = f"<{travels}@email.amazonses.com>" if isinstance(travels, str) and travels else None
    return Receipt(accepted=everybody, provider_id=id_, message_id=message_id)


def timed(row: dict[str, Any]) -> dict[str, Any]:
    """A row that says what it is called and when it was. Raises ValueError for any other."""
    id_of(row["id"])
    moment_of(row["createdAt"])
    return row


def is_same(row: dict[str, Any], meant: Fields) -> bool:
    """Whether a row has the words and the people of a mail."""
    words = (row.get("subject") or "", _lines(row.get("bodyText")), _lines(row.get("bodyHtml")))
    people = [{one.lower() for one in strings(row.get(name))} for name in ("toAddresses", "ccAddresses")]
    return words == (meant.subject, _lines(meant.text), _lines(meant.html)) and people == [
        {one.email.lower() for one in meant.to},
        {one.email.lower() for one in meant.cc},
    ]


# --- the way in ------------------------------------------------------------------------------------------------------


def rebuilt_of(row: dict[str, Any], files: Sequence[File], at: datetime) -> bytes:
    """A mail as bytes, of its row."""
    headers = _headers(row)
    reply_to = headers.get("reply-to", "")
    return rebuilt(
        service="agentsend",
        from_=str(row.get("fromAddress") or ""),
        to=strings(row.get("toAddresses")),
        cc=strings(row.get("ccAddresses")),
        reply_to=[reply_to] if _ADDRESS.fullmatch(reply_to) else [],
        subject=str(row.get("subject") or ""),
        date=at,
        message_id=str(row.get("messageIdHeader") or "") or None,
        in_reply_to=str(row.get("inReplyTo") or "") or None,
        references=strings(row.get("referencesHeaders")),
        text=text_of(row.get("bodyText")),
        html=text_of(row.get("bodyHtml")),
        files=files,
    )


def claim_of(row: dict[str, Any]) -> Claim | None:
    """The topmost Authentication-Results, up to the first comma: what is joined behind it may be anybody's."""
    first = _headers(row).get("authentication-results", "").partition(",")[0]
    found = claims.parse(first) if first else None
    if found is None or found.by.lower() != BORDER or not found.results:
        return None
    return Claim(by="agentsend.io", results=found.results)


def event_of(row: dict[str, Any]) -> Event | None:
    """What its state says became of a sent mail."""
    kind = _STATES.get(str(row.get("status") or ""))
    return Event(provider_id=str(row["id"]), kind=kind) if kind is not None else None


def _headers(row: dict[str, Any]) -> dict[str, str]:
    said = row.get("rawHeaders")
    if not isinstance(said, dict):
        return {}
    return {name.lower(): value for name, value in cast(dict[str, Any], said).items() if isinstance(value, str)}


def _lines(said: Any) -> str:
    return "\n".join(str(said or "").split("\r\n")).strip()


def _bare(address: Address) -> Address:
    return Address(name="", email=address.email)


def _addresses(said: Any) -> tuple[Address, ...]:
    return tuple(Address(name="", email=one) for one in strings(said))


def strings(said: Any) -> list[str]:
    """A list of words, whatever else stands in it."""
    return [one for one in cast(list[Any], said) if isinstance(one, str)] if isinstance(said, list) else []


def time_of(moment: datetime) -> str:
    """RFC 3339, always of one length, so that later ones are greater."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment_of(said: Any) -> datetime:
    """A time that AgentSend says. Raises ValueError."""
    moment = datetime.fromisoformat(str(said).replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
