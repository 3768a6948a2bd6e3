"""What e2a takes and says, as values: requests of approved mail and back, verdicts, events and results."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast

from mailmcp.backends import calls
from mailmcp.backends.calls import Trouble, record, text_of
from mailmcp.backends.fields import Fields, File, once, rebuilt, without_pictures
from mailmcp.models import Address, Claim, ClaimedResult, Event, EventKind, Receipt

_AGAIN = frozenset(("idempotency_in_flight", "message_not_yet_delivered"))
_EVENTS = {
    "email.sent": EventKind.SENT,
    "email.delivered": EventKind.DELIVERED,
    "email.complained": EventKind.COMPLAINED,
    "email.failed": EventKind.REJECTED,
    "email.review_rejected": EventKind.REJECTED,
}
_STATES = {
    "sent": EventKind.SENT,
    "delivered": EventKind.DELIVERED,
    "deferred": EventKind.DELAYED,
    "bounced": EventKind.BOUNCED,
    "complained": EventKind.COMPLAINED,
    "failed": EventKind.REJECTED,
}
_REVIEWS = {"review_rejected": EventKind.REJECTED, "review_expired_rejected": EventKind.REJECTED}


@dataclass(frozen=True, slots=True)
class Parent:
    """What is answered, as e2a would answer it."""

    id: str
    to: tuple[str, ...]
    subject: str


def explained(said: Any) -> Trouble:
    """An error envelope; two kinds of 409 pass by themselves."""
    trouble = calls.explained(said)
    return replace(trouble, again=True) if trouble.code in _AGAIN else trouble


# --- the way out -----------------------------------------------------------------------------------------------------


def parent_of(id_: str, view: dict[str, Any]) -> Parent:
    """How e2a would answer a message: to its Reply-To, whoever set that, or to those whom our own went to."""
    to = strings(view.get("reply_to")) or [str(view.get("header_from") or "")]
    if view.get("direction") == "outbound":
        to = strings(view.get("to"))
    subject = str(view.get("subject") or "")
    return Parent(id_, tuple(to), subject if subject.lower().startswith("re:") else f"Re: {subject}")


def as_sent(fields: Fields) -> Fields:
    """A mail as e2a sends it: the names of people, References and its own id are left to e2a."""
    return replace(
        fields,
        sender=_bare(fields.sender),
        to=tuple(map(_bare, fields.to)),
        cc=tuple(map(_bare, fields.cc)),
        reply_to=tuple(map(_bare, fields.reply_to)),
        references=(),
    )


def mark_of(meant: Fields, key: str) -> str:
    """What a mail is known by at e2a, whichever call sends it."""
    return once(key, request_of(meant, None))


def request_of(meant: Fields, parent: Parent | None) -> dict[str, Any]:
    """The body of the call: of an answer, when e2a chooses recipients and subject by itself, else of a new mail.

    Raises BackendError for a picture that the HTML shows.
    """
    without_pictures(meant, "e2a")
    files = [
        {"filename": one.filename, "content_type": one.content_type, "data": base64.b64encode(one.data).decode()}
        for one in meant.files
    ]
    body: dict[str, Any] = {
        "to": [one.email for one in meant.to],
        "subject": meant.subject,
        "text": meant.text,
        "html": meant.html,
        "cc": [one.email for one in meant.cc],
        "bcc": list(meant.bcc),
        "reply_to": [one.email for one in meant.reply_to],
        "attachments": files,
    }
    if parent is not None:
        del body["to"], body["subject"]
    return {name: value for name, value in body.items() if value or name == "text"}


def said_of(body: dict[str, Any], meant: Fields, parent: Parent | None) -> Fields:
    """What a request says, read back from it."""
    return Fields(
        sender=meant.sender,  # in the path
        to=_addresses(parent.to if parent else body["to"]),
        cc=_addresses(body.get("cc")),
        bcc=tuple(body.get("bcc") or ()),
        subject=parent.subject if parent else body.get("subject") or "",
        text=body["text"],
        html=body.get("html"),
        reply_to=_addresses(body.get("reply_to")),
        in_reply_to=meant.in_reply_to,  # by the parent, or not at all, as the row says
        files=tuple(
            File(filename=one["filename"], content_type=one["content_type"], data=base64.b64decode(one["data"]))
            for one in body.get("attachments") or ()
        ),
    )


def receipt_of(recipients: Sequence[str], id_: str, said: dict[str, Any]) -> Receipt:
    """A result, or a row of the list; what waits for a review there has not left."""
    status = str(said.get("status") or said.get("review_status") or said.get("delivery_status") or "")
    everybody = tuple(recipients)
    message_id = str(said.get("provider_message_id") or "") or None
    if message_id is not None and not message_id.startswith("<"):
        message_id = f"<{message_id}>" if "@" in message_id else f"<{message_id}@email.amazonses.com>"
    if status == "pending_review":
        why = "e2a holds it for a review there; a person decides about it at e2a."
        return Receipt(accepted=(), held=tuple((one, why) for one in everybody), provider_id=id_)
    if status == "failed" or status in _REVIEWS:
        why = f"e2a did not send it ({status})."
        return Receipt(accepted=(), refused=tuple((one, why) for one in everybody), provider_id=id_)
    return Receipt(accepted=everybody, provider_id=id_, message_id=message_id)


# --- the way in ------------------------------------------------------------------------------------------------------


def octets_of(said: Any) -> bytes:
    """The mail as it came; nothing when that is not said."""
    try:
        return base64.b64decode(said or "", validate=True)
    except (ValueError, TypeError):
        return b""


def rebuilt_of(view: dict[str, Any], at: datetime) -> bytes:
    """A mail as bytes, of what the single message says."""
    words = record(view.get("parsed") or {})
    return rebuilt(
        service="e2a",
        from_=text_of(view.get("header_from")) or "",
        to=strings(view.get("to")),
        cc=strings(view.get("cc")),
        reply_to=strings(view.get("reply_to")),
        subject=text_of(view.get("subject")) or "",
        date=at,
        text=text_of(words.get("text")),
        html=text_of(words.get("html")),
    )


def claim_of(said: Any) -> Claim | None:
    """e2a's evidence as e2a's claim; None (of its own mail, and of what it did not evaluate) is no verdict."""
    if not isinstance(said, dict):
        return None
    evidence = cast(dict[str, Any], said)
    dkim = cast(list[Any], evidence["dkim"]) if isinstance(evidence.get("dkim"), list) else []
    results = [
        _result("spf", evidence.get("spf"), ("smtp.mailfrom", "domain")),
        *(_result("dkim", one, ("header.d", "domain"), ("header.s", "selector")) for one in dkim),
        _result("dmarc", evidence.get("dmarc"), ("header.from", "domain"), ("policy.dmarc", "policy")),
    ]
    return Claim(by="e2a", results=tuple(one for one in results if one is not None))


def _result(method: str, said: Any, *named: tuple[str, str]) -> ClaimedResult | None:
    record = cast(dict[str, Any], said) if isinstance(said, dict) else {}
    status = record.get("status")
    if not isinstance(status, str) or not re.fullmatch("[a-z]{1,20}", status):
        return None
    properties = tuple((name, str(record[key])) for name, key in named if isinstance(record.get(key), str))
    return ClaimedResult(method=method, result=status, properties=properties)


def fate_of(listed: dict[str, Any]) -> Event | None:
    """What the list says of a sent mail: the worst fate among its recipients, told when there is one alone."""
    kind = _REVIEWS.get(str(listed.get("review_status"))) or _STATES.get(str(listed.get("delivery_status")))
    named = [*strings(listed.get("to")), *strings(listed.get("cc"))]
    if kind is None or (kind not in (EventKind.SENT, EventKind.REJECTED) and len(named) != 1):
        return None
    return Event(provider_id=str(listed["id"]), kind=kind, words=str(listed.get("delivery_detail") or ""))


def event_of(said: dict[str, Any]) -> Event | None:
    """One line of the log of events; None of what says nothing about sent mail."""
    data = cast(dict[str, Any], said["data"]) if isinstance(said.get("data"), dict) else {}
    kind = _EVENTS.get(str(said.get("type")))
    if said.get("type") == "email.bounced":
        kind = EventKind.BOUNCED if data.get("bounce_type") == "permanent" else EventKind.DELAYED
    if kind is None or data.get("direction", "outbound") != "outbound":
        return None
    whom = str(data.get("delivered_to") or "") if kind is not EventKind.SENT else ""
    return Event(
        provider_id=str(said.get("message_id") or data.get("message_id") or ""),
        kind=kind,
        recipients=(whom,) if whom else (),
        words=str(data.get("smtp_detail") or data.get("reason") or ""),
    )


def _bare(address: Address) -> Address:
    return Address(name="", email=address.email)


def _addresses(said: Any) -> tuple[Address, ...]:
    return tuple(Address(name="", email=one) for one in strings(said))


def strings(said: Any) -> list[str]:
    """A list of words, however much else stands in it."""
    return [one for one in cast(list[Any], said) if isinstance(one, str)] if isinstance(said, list | tuple) else []


def time_of(moment: datetime) -> str:
    """RFC 3339, always of one length, so that later ones are greater."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment_of(said: Any) -> datetime:
    """A time that e2a says. Raises ValueError."""
    moment = datetime.fromisoformat(str(said).replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
