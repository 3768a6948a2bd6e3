"""What AgentMail takes and posts, as values: requests of approved mail and back, and events."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from mailmcp.authenticity import claims
from mailmcp.backends.calls import record
from mailmcp.backends.fields import Fields, File, checked, fields_of, mailbox, once, written
from mailmcp.errors import BackendError, BadInput
from mailmcp.mail import parse
from mailmcp.models import Address, Claim, ClaimedResult, Hook, OutboundMail

BORDER = "amazonses.com"
"""The host that receives for it, and writes the topmost Authentication-Results."""
_SCREENED = ("spam", "unauthenticated")
MOST_RECIPIENTS, LARGEST_REQUEST = 50, 6_000_000


def request_of(mail: OutboundMail, key: str) -> tuple[dict[str, Any], Fields, str]:
    """(the body of the call, what it says, its key). Raises BackendError for what AgentMail cannot be told."""
    meant = fields_of(mail)
    request = asked_of(meant)
    checked(said := said_by(request, meant.sender), meant, "AgentMail")
    if len(meant.recipients) > MOST_RECIPIENTS:
        raise BackendError(f"Nothing left: AgentMail takes at most {MOST_RECIPIENTS} recipients for one mail.")
    token = once(key, request)
    request["labels"] = [marker_of(token)]
    if len(json.dumps(request)) > LARGEST_REQUEST:
        raise BackendError("Nothing left: with its files the mail is larger than the 6 MB that AgentMail takes.")
    return request, said, token


def marker_of(token: str) -> str:
    """The label by which a sent message is found again."""
    return f"mailmcp-{token}"


def asked_of(fields: Fields) -> dict[str, Any]:
    """The request that hands over a mail."""
    threading = {
        "In-Reply-To": fields.in_reply_to or "",
        "References": " ".join(fields.lineage),
        "Auto-Submitted": fields.automatic or "",
    }
    request = {
        "to": [written(one) for one in fields.to],
        "cc": [written(one) for one in fields.cc],
        "bcc": list(fields.bcc),
        "reply_to": [written(one) for one in fields.reply_to],
        "subject": fields.subject,
        "text": fields.text,
        "html": fields.html,
        "headers": {name: value for name, value in threading.items() if value},
        "attachments": list(map(_attachment, fields.files)),
    }
    return {name: value for name, value in request.items() if value or name in ("subject", "text")}


def said_by(request: Mapping[str, Any], sender: Address) -> Fields:
    """What a request says, read back; the inbox in its path is the sender."""
    headers: Mapping[str, str] = request.get("headers", {})
    return Fields(
        sender=sender,
        to=tuple(map(mailbox, request.get("to", ()))),
        cc=tuple(map(mailbox, request.get("cc", ()))),
        bcc=tuple(request.get("bcc", ())),
        reply_to=tuple(map(mailbox, request.get("reply_to", ()))),
        subject=request["subject"],
        text=request["text"],
        html=request.get("html"),
        in_reply_to=headers.get("In-Reply-To"),
        references=tuple(headers.get("References", "").split()),
        automatic=headers.get("Auto-Submitted"),
        files=tuple(map(_file, request.get("attachments", ()))),
    )


def _attachment(file: File) -> dict[str, str]:
    about = {"filename": file.filename, "content_type": file.content_type}
    shown = {"content_disposition": "inline", "content_id": file.cid} if file.cid else {}
    return {"content_disposition": "attachment", **about, **shown, "content": base64.b64encode(file.data).decode()}


def _file(said: Mapping[str, str]) -> File:
    data = base64.b64decode(said["content"])
    return File(filename=said["filename"], content_type=said["content_type"], data=data, cid=said.get("content_id"))


def hook_of(body: bytes) -> Hook:
    """What a posted event says. Raises BadInput."""
    try:
        return event_of(json.loads(body))
    except (ValueError, RecursionError) as error:
        raise BadInput("An event of AgentMail cannot be read.") from error


def event_of(event: Any) -> Hook:
    """An event names its inbox inside what it is about; mail above a size is not in it, so none of it is used.

    Raises BadInput.
    """
    try:
        said = record(event)
        kind = str(said["event_type"])
        inside = [record(one) for one in said.values() if isinstance(one, dict)]
        inbox = next((str(one["inbox_id"]).lower() for one in [*inside, said] if one.get("inbox_id")), None)
        arrived = kind == "message.received" or kind.startswith("message.received.")
        message = str(record(said["message"])["message_id"]) if arrived else None
        return Hook(id=str(said["event_id"]), inbox=inbox, message=message)
    except (LookupError, TypeError) as error:
        raise BadInput("An event of AgentMail cannot be read.") from error


def sockets_of(url: str) -> str:
    """Where the service whose API is at an address has its WebSockets: beside it, or at the same host elsewhere."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    labels = ["ws" if one == "api" else one for one in host.split(".")]
    own = host.endswith((".agentmail.to", ".agentmail.eu")) and parts.port is None
    return f"{parts.scheme}://{'.'.join(labels) if own else parts.netloc}"


def claim_of(raw: bytes, labels: frozenset[str]) -> Claim | None:
    """What the service and the host in front of it say of the sender; what neither says is left out."""
    results = tuple(ClaimedResult(method=one, result="yes") for one in _SCREENED if one in labels)
    fields = parse.parse(parse.header_block(raw) + b"\r\n").headers
    topmost = next((value for name, value in fields if name.lower() == "authentication-results"), None)
    found = claims.parse(topmost) if topmost else None
    if found is not None and found.by == BORDER:
        results += found.results
    return Claim(by="agentmail.to", results=results) if results else None
