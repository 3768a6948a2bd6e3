"""AgentSend as its page of November 2026 says, read from the published source of the service; it has no SDK to ask.

Not proven against the service. What surprises is kept: lists are newest first with an offset, so that they shift while
mail arrives; repeated headers are joined by commas; no bytes are had; the Message-ID that it writes down is not the one
under which a mail travels; an answer to a mail that it began opens a second thread; threads cross inboxes.
"""

from __future__ import annotations

import email
import email.policy
import hmac
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses
from typing import Any
from urllib.parse import unquote

import httpx2

CALLS = 100
"""A minute, of the account."""
DAILY = 10
FIELDS = {"to", "cc", "bcc", "subject", "bodyText", "bodyHtml", "threadId", "attachmentIds"}
DOMAIN = "agentsend.example"


class Problem(Exception):
    """``{"error": {code, message, status}}``."""

    def __init__(self, status: int, code: str, message: str = "", **more: Any) -> None:
        self.status, self.code, self.message, self.more = status, code, message or code, more


@dataclass
class Row:
    """A whole row, as lists and single reads give it."""

    id: str
    inbox: str
    thread: str
    direction: str
    created_at: datetime
    from_: str
    to: list[str]
    cc: list[str]
    subject: str
    text: str
    html: str | None
    status: str
    message_id: str
    in_reply_to: str | None = None
    references: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)
    ses: str | None = None
    delivery: str = "email"


class AgentSend:
    """One account."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.now = now
        self.key = "ask_0123456789abcdef"
        self.inboxes: dict[str, dict[str, Any]] = {}
        self.rows: list[Row] = []
        self.files: dict[str, tuple[str, str, bytes]] = {}
        self.left: list[tuple[EmailMessage, tuple[str, ...]]] = []
        self.daily = DAILY
        self.sandbox = False
        """What is sent goes nowhere, and is called accepted."""
        self.claimed = True
        """Whether a person has claimed the account; else sending wants that first."""
        self.calls: list[str] = []
        self._minute, self._calls_left = self.now(), CALLS

    # --- what happens outside ------------------------------------------------------------------------------------

    def deliver(self, address: str, raw: bytes) -> Row:
        """Mail comes by SMTP. It joins a thread by Message-ID, whosever inbox that is in."""
        parsed = _read(raw)
        answered = [*str(parsed["references"] or "").split(), str(parsed["in-reply-to"] or "")]
        thread = next((row.thread for row in self.rows if row.message_id in answered), str(uuid.uuid4()))
        texts = {kind: parsed.get_body((kind,)) for kind in ("plain", "html")}
        files: list[dict[str, Any]] = []
        for part in parsed.iter_attachments():
            id_ = self._keep(
                part.get_filename() or "file", part.get_content_type(), part.get_payload(decode=True) or b""
            )
            files.append(self._file(id_))
        joined: dict[str, str] = {}
        for name, value in parsed.items():
            key = name.lower()
            joined[key] = f"{joined[key]}, {value}" if key in joined else str(value)
        row = Row(
            id=str(uuid.uuid4()),
            inbox=self._by_address(address),
            thread=thread,
            direction="inbound",
            created_at=self.now(),
            from_=str(parsed["from"] or ""),
            to=_addresses(parsed, "to"),
            cc=_addresses(parsed, "cc"),
            subject=str(parsed["subject"] or ""),
            text=texts["plain"].get_content() if texts["plain"] is not None else "",
            html=texts["html"].get_content() if texts["html"] is not None else None,
            status="received",
            message_id=str(parsed["message-id"] or ""),
            in_reply_to=str(parsed["in-reply-to"] or "") or None,
            references=str(parsed["references"] or "").split(),
            headers=joined,
            files=files,
        )
        self.rows.append(row)
        return row

    def event(self, row: Row, secret: str) -> tuple[dict[str, str], bytes]:
        """What is posted of a mail that came: where to find it, no more. Its time is of this try."""
        data = {"messageId": row.id, "inboxId": row.inbox, "threadId": row.thread, "from": row.from_, "to": row.to}
        more = {"subject": row.subject, "direction": row.direction, "receivedAt": _time(row.created_at)}
        stamp = int(self.now().timestamp() * 1000)
        body = json.dumps({"event": "message.received", "data": data | more, "timestamp": stamp}).encode()
        signature = hmac.digest(secret.encode(), body, "sha256").hex()
        return {"X-AgentSend-Signature": signature, "X-AgentSend-Event": "message.received"}, body

    # --- what is asked -------------------------------------------------------------------------------------------

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """One request."""
        path, _, query = request.url.raw_path.decode().partition("?")
        self.calls.append(f"{request.method} {path}")
        headers: dict[str, str] = {}
        try:
            asked = dict(httpx2.QueryParams(query))
            status, answer = self._answer(request, [unquote(one) for one in path.split("/")[1:]], asked)
        except Problem as problem:
            status = problem.status
            answer = {"error": {"code": problem.code, "message": problem.message, "status": status, **problem.more}}
            if status == 429:
                headers["Retry-After"] = "1"
        if isinstance(answer, bytes):
            return httpx2.Response(status, content=answer, headers=headers)
        return httpx2.Response(status, json=answer, headers=headers)

    def _answer(self, request: httpx2.Request, path: list[str], asked: dict[str, str]) -> tuple[int, Any]:
        if path[:1] == ["kept"]:  # a presigned link
            return 200, self.files[path[1]][2]
        key = request.headers.get("authorization", "").removeprefix("Bearer ") or request.headers.get("x-api-key")
        if key != self.key:
            raise Problem(401, "UNAUTHORIZED")
        self._count()
        match (request.method, *path):
            case ("GET", "inboxes"):
                return 200, {"data": list(self.inboxes.values()), "total": len(self.inboxes)}
            case ("POST", "inboxes"):
                return 201, self._made(json.loads(request.content))
            case ("GET", "inboxes", id_):
                return 200, self._inbox(id_)
            case ("DELETE", "inboxes", id_):
                self._inbox(id_)["status"] = "deleted"
                del self.inboxes[id_]
                return 200, {"ok": True}
            case ("GET", "inboxes", id_, "messages"):
                return 200, self._listed(id_, asked)
            case ("POST", "inboxes", id_, "messages"):
                return 202, self._whole(self._sent(self._inbox(id_), json.loads(request.content)))
            case ("GET", "messages", id_):
                return 200, self._whole(self._row(id_))
            case ("GET", "threads", id_, "messages"):
                found = [row for row in self.rows if row.thread == id_]
                return 200, {"data": [self._whole(row) for row in found], "total": len(found)}
            case ("POST", "attachments"):
                return 201, self._uploaded(request)
            case ("GET", "attachments", id_):
                if id_ not in self.files:
                    raise Problem(404, "NOT_FOUND")
                base = f"{request.url.scheme}://{request.url.netloc.decode()}"
                return 200, self._file(id_) | {"url": f"{base}/kept/{id_}?X-Amz-Signature=abc"}
        raise Problem(404, "NOT_FOUND")

    def _count(self) -> None:
        if self.now() - self._minute >= timedelta(minutes=1):
            self._minute, self._calls_left = self.now(), CALLS
        if self._calls_left <= 0:
            raise Problem(429, "RATE_LIMIT_EXCEEDED", "100 requests a minute.")
        self._calls_left -= 1

    # --- inboxes -------------------------------------------------------------------------------------------------

    def _made(self, body: dict[str, Any]) -> dict[str, Any]:
        prefix = body.get("prefix") or f"agent-{uuid.uuid4().hex[:8]}"
        address = f"{prefix}@{DOMAIN}".lower()
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,40}", prefix) or any(
            one["address"] == address for one in self.inboxes.values()
        ):
            raise Problem(400, "VALIDATION_ERROR", "This prefix cannot be used.")
        id_ = str(uuid.uuid4())
        known = {"id": id_, "address": address, "displayName": body.get("displayName") or "", "domainId": None}
        counts = {"dailySendLimit": self.daily, "sendsToday": 0, "totalSent": 0, "bounceCount": 0, "complaintCount": 0}
        self.inboxes[id_] = {**known, **counts, "status": "active", "createdAt": _time(self.now())}
        return self.inboxes[id_]

    def _inbox(self, id_: str) -> dict[str, Any]:
        if id_ not in self.inboxes:
            raise Problem(404, "NOT_FOUND", "Inbox not found.")
        return self.inboxes[id_]

    def _by_address(self, address: str) -> str:
        return next(id_ for id_, one in self.inboxes.items() if one["address"] == address)

    # --- messages ------------------------------------------------------------------------------------------------

    def _listed(self, inbox: str, asked: dict[str, str]) -> dict[str, Any]:
        self._inbox(inbox)
        limit, offset = int(asked.get("limit", "20")), int(asked.get("offset", "0"))
        if not 1 <= limit <= 100:
            raise Problem(400, "VALIDATION_ERROR", "limit must be 1 to 100")
        found = [row for row in self.rows if row.inbox == inbox and asked.get("status") in (None, row.status)]
        found.sort(key=lambda row: row.created_at, reverse=True)
        return {"data": [self._whole(row) for row in found[offset : offset + limit]], "total": len(found)}

    def _row(self, id_: str) -> Row:
        row = next((row for row in self.rows if row.id == id_), None)
        if row is None:
            raise Problem(404, "NOT_FOUND", "Message not found.")
        return row

    def _whole(self, row: Row) -> dict[str, Any]:
        return {
            "id": row.id,
            "inboxId": row.inbox,
            "threadId": row.thread,
            "direction": row.direction,
            "fromAddress": row.from_,
            "toAddresses": row.to,
            "ccAddresses": row.cc,
            "subject": row.subject,
            "bodyText": row.text,
            "bodyHtml": row.html,
            "delivery": row.delivery,
            "status": row.status,
            "attachments": row.files,
            "messageIdHeader": row.message_id,
            "inReplyTo": row.in_reply_to,
            "referencesHeaders": row.references,
            "rawHeaders": row.headers or None,
            "sesMessageId": row.ses,
            "createdAt": _time(row.created_at),
        }

    def _sent(self, inbox: dict[str, Any], body: dict[str, Any]) -> Row:
        if not self.claimed:
            raise Problem(402, "CLAIM_REQUIRED", "Claim it first.", claim_url="https://agentsend.example/claim/abc")
        if unknown := set(body) - FIELDS:
            raise Problem(400, "VALIDATION_ERROR", f"unknown: {sorted(unknown)[0]}")
        named = {name: list(body.get(name) or []) for name in ("to", "cc", "bcc")}
        if not named["to"] or any(len(one) > 50 for one in named.values()):
            raise Problem(400, "VALIDATION_ERROR", "to must have 1 to 50 addresses")
        if len(body.get("subject") or "") > 998 or len(body.get("bodyText") or "") > 256_000:
            raise Problem(400, "VALIDATION_ERROR", "too long")
        ids = body.get("attachmentIds") or []
        if len(ids) > 10 or sum(len(self.files[one][2]) for one in ids) > 25 * 1024 * 1024:
            raise Problem(400, "ATTACHMENTS_TOO_LARGE")
        if inbox["status"] == "suspended":
            raise Problem(403, "INBOX_SUSPENDED")
        if inbox["sendsToday"] >= inbox["dailySendLimit"]:
            raise Problem(429, "RATE_LIMIT_EXCEEDED", "The daily limit of this inbox is reached.")
        before = [row for row in self.rows if row.thread == body.get("threadId")]
        if body.get("threadId") and not any(row.inbox == inbox["id"] for row in before):
            raise Problem(400, "THREAD_INBOX_MISMATCH")
        newest = before[-1] if before else None
        row = Row(
            id=str(uuid.uuid4()),
            inbox=inbox["id"],
            thread=body.get("threadId") or str(uuid.uuid4()),
            direction="outbound",
            created_at=self.now(),
            from_=inbox["address"],
            to=named["to"],
            cc=named["cc"],
            subject=body.get("subject") or "",
            text=body.get("bodyText") or "",
            html=body.get("bodyHtml"),
            status="sent",
            message_id=f"<{uuid.uuid4()}@{DOMAIN}>",
            in_reply_to=newest.message_id if newest else None,
            references=[*newest.references, newest.message_id] if newest else [],
            files=[self._file(one) for one in ids],
            delivery="dry-run" if self.sandbox else "email",
        )
        self.rows.append(row)
        inbox["sendsToday"] += 1
        if not self.sandbox:
            self._leave(row, inbox, (*named["to"], *named["cc"], *named["bcc"]))
        return row

    def _leave(self, row: Row, inbox: dict[str, Any], envelope: tuple[str, ...]) -> None:
        mail = EmailMessage(policy=email.policy.SMTP)
        mail["From"] = f"{inbox['displayName']} <{inbox['address']}>" if inbox["displayName"] else inbox["address"]
        mail["To"], mail["Subject"], mail["Date"] = ", ".join(row.to), row.subject, format_datetime(self.now())
        if row.cc:
            mail["Cc"] = ", ".join(row.cc)
        if row.in_reply_to:
            mail["In-Reply-To"], mail["References"] = row.in_reply_to, " ".join(row.references)
        row.ses = uuid.uuid4().hex
        mail["Message-ID"] = f"<{row.ses}@email.amazonses.com>"  # SES puts its own in the place of the one above
        mail.set_content(row.text)
        if row.html is not None:
            mail.add_alternative(row.html, subtype="html")
        for one in row.files:
            name, kind, octets = self.files[one["id"]]
            main, _, sub = kind.partition("/")
            mail.add_attachment(octets, maintype=main, subtype=sub, filename=name)
        self.left.append((mail, envelope))
        for recipient in dict.fromkeys(one.lower() for one in envelope):
            if any(one["address"] == recipient for one in self.inboxes.values()):
                self.deliver(recipient, mail.as_bytes())

    # --- files ---------------------------------------------------------------------------------------------------

    def _uploaded(self, request: httpx2.Request) -> dict[str, Any]:
        head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
        form: Any = email.message_from_bytes(head + request.read(), policy=email.policy.HTTP)
        part: Any = next(one for one in form.iter_parts() if one.get_filename())
        octets = part.get_payload(decode=True)
        if len(octets) > 10 * 1024 * 1024:
            raise Problem(400, "ATTACHMENTS_TOO_LARGE")
        return self._file(self._keep(part.get_filename(), part.get_content_type(), octets))

    def _keep(self, name: str, kind: str, octets: bytes) -> str:
        id_ = str(uuid.uuid4())
        self.files[id_] = (name, kind, octets)
        return id_

    def _file(self, id_: str) -> dict[str, Any]:
        name, kind, octets = self.files[id_]
        return {"id": id_, "filename": name, "contentType": kind, "size": len(octets)}


def _read(raw: bytes) -> Any:
    return email.message_from_bytes(raw, policy=email.policy.default)


def _addresses(parsed: Any, name: str) -> list[str]:
    return [one for _, one in getaddresses([str(value) for value in parsed.get_all(name, [])]) if one]


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
