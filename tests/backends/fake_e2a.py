"""e2a as its page of November 2026 says: agents, messages with raw MIME, holds, events, and their oddities.

What surprises is kept: the default list is unread inbound mail and reading a message marks it; unknown fields are
refused; a key that comes again with other bytes is refused; an MTA's second try is a second row; a bare + in a path
is a blank; a Message-ID is given by the relay only when the mail leaves.
"""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses
from typing import Any
from urllib.parse import unquote_plus

import httpx2

READS, SENDS = 240, 60
"""A minute: of an account, and of an agent."""
SHARED = "agents.e2a.example"
SEND_FIELDS = {"to", "cc", "bcc", "subject", "text", "html", "attachments", "conversation_id", "reply_to", "send_at"}
REPLY_FIELDS = {"text", "html", "reply_all", "cc", "bcc", "attachments", "conversation_id", "reply_to", "send_at"}


class Problem(Exception):
    """An error envelope."""

    def __init__(self, status: int, code: str, message: str = "", **details: Any) -> None:
        self.status, self.code, self.message, self.details = status, code, message or code, details


@dataclass
class Row:
    """A message of an agent."""

    id: str
    agent: str
    direction: str
    created_at: datetime
    conversation_id: str = ""
    raw: bytes | None = None
    to: list[str] = field(default_factory=list)
    cc: list[str] = field(default_factory=list)
    bcc: list[str] = field(default_factory=list)
    reply_to: list[str] = field(default_factory=list)
    subject: str = ""
    header_from: str | None = None
    envelope_from: str | None = None
    delivered_to: str = ""
    authentication: dict[str, Any] | None = None
    read: bool = False
    review_status: str | None = None
    delivery_status: str | None = None
    text: str | None = None
    html: str | None = None
    files: list[dict[str, Any]] = field(default_factory=list)
    threading: dict[str, str] = field(default_factory=dict)
    provider_message_id: str | None = None


class E2A:
    """One deployment with one account."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.now = now
        self.account_key = "e2a_acct_0123456789abcdef"
        self.keys: dict[str, str | None] = {self.account_key: None}
        """Key -> the agent that it is bound to; None: the whole account."""
        self.agents: dict[str, str] = {}
        self.rows: list[Row] = []
        self.events: list[dict[str, Any]] = []
        self.suppressed: dict[str, str] = {}
        self.left: list[tuple[EmailMessage, tuple[str, ...]]] = []
        """What went out by SMTP, with its envelope recipients."""
        self.holds = False
        """The protection of every agent holds what is sent, for a review."""
        self.sends_at_once = True
        """Accepted mail leaves before the answer; else with ``work``."""
        self.external_sending = True
        self.reads_left = READS
        self.calls: list[str] = []
        self._minute = self.now()
        self._keyed: dict[str, tuple[str, int, Any]] = {}
        self._count = 0
        self.sends_left: dict[str, int] = {}

    # --- what happens outside ------------------------------------------------------------------------------------

    def agent_key(self, agent: str) -> str:
        """A key that is bound to one agent."""
        key = f"e2a_agt_{hashlib.sha256(agent.encode()).hexdigest()[:16]}"
        self.keys[key] = agent
        return key

    def deliver(
        self, agent: str, raw: bytes, *, mail_from: str = "x@app.example", authentication: dict[str, Any] | None = None
    ) -> Row:
        """Mail comes by SMTP. A second try of the sender's server is a second row."""
        parsed = email.message_from_bytes(raw, policy=email.policy.default)
        row = Row(
            id=self._id("msg"),
            agent=agent,
            direction="inbound",
            created_at=self.now(),
            raw=raw,
            to=_addresses(parsed, "to"),
            cc=_addresses(parsed, "cc"),
            reply_to=_addresses(parsed, "reply-to"),
            subject=str(parsed["subject"] or ""),
            header_from=next(iter(_addresses(parsed, "from")), None),
            envelope_from=mail_from or None,
            delivered_to=agent,
            authentication=authentication,
        )
        self.rows.append(row)
        data = {key: value for key, value in self._summary(row).items() if key in RECEIVED}
        more = {"message_id": row.id, "agent_email": agent, "received_at": _time(row.created_at)}
        self._event("email.received", row, {**data, **more, "authentication": authentication})
        return row

    def work(self) -> None:
        """Accepted mail leaves."""
        for row in list(self.rows):
            if row.delivery_status == "accepted" and row.review_status in (None, "sent"):
                self._leave(row)

    def report(self, row: Row, kind: str, recipient: str, **more: Any) -> None:
        """The other side says what became of a mail: delivered, bounced or complained."""
        row.delivery_status = kind
        data = {"message_id": row.id, "agent_email": row.agent, "direction": "outbound", "delivered_to": recipient}
        self._event(f"email.{kind}", row, {**data, **more})
        if kind == "complained" or more.get("bounce_type") == "permanent":
            self.suppressed[recipient] = kind

    def signed(self, event: dict[str, Any], *secrets: str) -> tuple[dict[str, str], bytes]:
        """An event as a webhook brings it."""
        envelope = {name: event[name] for name in ("type", "id", "schema_version", "created_at", "data")}
        body, stamp = json.dumps(envelope).encode(), str(int(self.now().timestamp()))
        macs = [hmac.digest(one.encode(), f"{stamp}.".encode() + body, "sha256").hex() for one in secrets]
        signature = ",".join([f"t={stamp}", *(f"v1={one}" for one in macs)])
        return {"Content-Type": "application/json", "X-E2A-Signature": signature}, body

    # --- what is asked -------------------------------------------------------------------------------------------

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """One request."""
        path, _, query = request.url.raw_path.decode().partition("?")
        self.calls.append(f"{request.method} {path}")
        headers = {"X-Request-Id": self._id("req")}
        try:
            status, answer = self._answer(request, [unquote_plus(one) for one in path.split("/")[1:]], query)
        except Problem as problem:
            error = {"code": problem.code, "message": problem.message, "request_id": headers["X-Request-Id"]}
            if problem.details:
                error["details"] = problem.details
            if problem.status == 429:
                headers["Retry-After"] = str(problem.details["retry_after_seconds"])
            status, answer = problem.status, {"error": error}
        return httpx2.Response(status, json=answer, headers=headers)

    def _answer(self, request: httpx2.Request, path: list[str], query: str) -> tuple[int, Any]:
        asked = dict(httpx2.QueryParams(query))
        match (request.method, *path):
            case ("GET", "v1", "info"):
                return 200, {"shared_domain": SHARED, "slug_registration_enabled": True, "version": "1.5.0"}
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if key not in self.keys:
            raise Problem(401, "unauthorized", "The credential is not valid.")
        bound = self.keys[key]
        if path[:2] == ["v1", "agents"] and len(path) > 2:
            return self._of_agent(request, path[2], path[3:], asked, bound)
        if path == ["v1", "account"]:
            return 200, self._whoami(bound)
        if bound is not None:
            raise Problem(403, "forbidden", "This call needs an account-scoped credential.")
        match (request.method, *path[1:]):
            case ("GET", "agents"):
                return 200, {"items": [self._agent(one) for one in self.agents], "next_cursor": None}
            case ("POST", "agents"):
                return 201, self._create(_body(request, {"email", "name"}))
            case ("GET", "events"):
                return 200, self._paged(self._events(asked), asked, "events")
            case ("GET", "account", "suppressions"):
                at = _time(self.now())
                items = [{"address": one, "source": why, "created_at": at} for one, why in self.suppressed.items()]
                return 200, {"items": items, "next_cursor": None}
            case ("GET", "reviews"):
                held = [row for row in self.rows if row.review_status == "pending_review"]
                return 200, {"items": [self._review(row) for row in held], "next_cursor": None}
            case ("POST", "reviews", id_, "approve" | "reject" as what):
                return 200, self._decide(id_, what)
        raise Problem(404, "not_found")

    def _of_agent(
        self, request: httpx2.Request, agent: str, rest: list[str], asked: dict[str, str], bound: str | None
    ) -> tuple[int, Any]:
        if agent not in self.agents or bound not in (None, agent):
            raise Problem(404, "not_found", "Agent not found.")
        match (request.method, *rest):
            case ("GET",):
                return 200, self._agent(agent)
            case ("DELETE",):
                if bound is not None:
                    raise Problem(403, "forbidden", "This call needs an account-scoped credential.")
                if asked.get("confirm") != "DELETE":
                    raise Problem(400, "invalid_request", "confirm=DELETE is required.")
                gone = [row for row in self.rows if row.agent == agent]
                self.rows = [row for row in self.rows if row.agent != agent]
                del self.agents[agent]
                return 200, {"deleted": True, "email": agent, "messages_deleted": len(gone)}
            case ("GET", "messages"):
                self._read()
                return 200, self._paged(self._listed(agent, asked), asked, agent)
            case ("POST", "messages"):
                return self._keyed_send(request, agent, None)
            case ("GET", "messages", id_):
                self._read()
                row = self._row(agent, id_)
                view = self._view(row)
                row.read = True
                return 200, view
            case ("POST", "messages", id_, "reply"):
                return self._keyed_send(request, agent, self._row(agent, id_))
        raise Problem(404, "not_found")

    # --- agents --------------------------------------------------------------------------------------------------

    def _create(self, body: dict[str, Any]) -> dict[str, Any]:
        address = body["email"].lower()
        slug, _, domain = address.partition("@")
        if domain != SHARED:
            raise Problem(400, "domain_not_registered")
        if len(slug) < 2 or not slug.replace("-", "").isalnum() or slug in ("admin", "info", "test", "mail", "api"):
            raise Problem(400, "invalid_slug", "The slug is reserved or has a form that cannot be used.")
        if address in self.agents:
            raise Problem(409, "agent_taken", "This agent exists already.")
        self.agents[address] = body.get("name") or ""
        return self._agent(address)

    def _agent(self, address: str) -> dict[str, Any]:
        domain = address.partition("@")[2]
        known = {"email": address, "name": self.agents[address], "domain": domain, "registered_domain": domain}
        return {**known, "domain_verified": True, "created_at": _time(self.now())}

    def _whoami(self, bound: str | None) -> dict[str, Any]:
        caps = {"max_agents": 5, "max_domains": 1, "max_messages_month": 1000, "max_storage_bytes": 10**9}
        usage = {"agents": len(self.agents), "domains": 0, "messages_month": len(self.left), "storage_bytes": 0}
        shared = {"user": {"id": "usr_1", "email": "owner@example.com"}, "plan_code": "free", "limits": caps}
        scope = {"scope": "agent", "agent_email": bound} if bound else {"scope": "account"}
        return {**shared, **scope, "usage": usage, "upgrade_url": "https://e2a.example/upgrade"}

    # --- reading -------------------------------------------------------------------------------------------------

    def _listed(self, agent: str, asked: dict[str, str]) -> list[dict[str, Any]]:
        direction = asked.get("direction", "inbound")
        status = asked.get("read_status", "unread" if direction == "inbound" else "all")
        rows = [row for row in self.rows if row.agent == agent and direction in ("all", row.direction)]
        rows = [row for row in rows if status == "all" or row.read is (status == "read")]
        if since := asked.get("since"):
            rows = [row for row in rows if row.created_at >= _moment(since)]
        if until := asked.get("until"):
            rows = [row for row in rows if row.created_at < _moment(until)]
        if words := asked.get("subject_contains"):
            rows = [row for row in rows if words.lower() in row.subject.lower()]
        if asked.get("conversation_id"):
            rows = [row for row in rows if row.conversation_id == asked["conversation_id"]]
        order = sorted(rows, key=lambda row: (row.created_at, row.id), reverse=asked.get("sort", "desc") == "desc")
        return [self._summary(row) for row in order]

    def _paged(self, items: list[dict[str, Any]], asked: dict[str, str], parent: str) -> dict[str, Any]:
        limit = int(asked.get("limit", "100"))
        if not 1 <= limit <= 100:
            raise Problem(422, "invalid_request", fields=[{"location": "query.limit", "message": "1 to 100"}])
        filters = {name: value for name, value in sorted(asked.items()) if name not in ("cursor", "limit")}
        mac = hashlib.sha256(f"{parent}{filters}".encode()).hexdigest()[:16]
        begin = 0
        if cursor := asked.get("cursor"):
            known, _, last = cursor.partition(".")
            found = [at for at, item in enumerate(items) if item["id"] == last]
            if known != mac or not found:
                raise Problem(400, "invalid_cursor", "Start again without a cursor.")
            begin = found[0] + 1
        page = items[begin : begin + limit]
        return {"items": page, "next_cursor": f"{mac}.{page[-1]['id']}" if begin + limit < len(items) else None}

    def _summary(self, row: Row) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": row.id,
            "direction": row.direction,
            "header_from": row.header_from,
            "envelope_from": row.envelope_from,
            "verified_domain": _verified(row),
            "to": row.to,
            "cc": row.cc,
            "reply_to": row.reply_to,
            "delivered_to": row.delivered_to,
            "subject": row.subject,
            "read_status": "read" if row.read else "unread",
            "size_bytes": len(row.raw or b""),
            "labels": [],
            "created_at": _time(row.created_at),
        }
        optional = {
            "conversation_id": row.conversation_id,
            "review_status": row.review_status,
            "delivery_status": row.delivery_status,
        }
        return shown | {name: value for name, value in optional.items() if value}

    def _view(self, row: Row) -> dict[str, Any]:
        view = self._summary(row)
        view["conversation_id"] = row.conversation_id
        view["authentication"] = row.authentication
        view["raw_message"] = base64.b64encode(row.raw).decode() if row.raw is not None else None
        view["attachments"] = [
            {"index": at, "filename": one["filename"], "content_type": one["content_type"], "size_bytes": one["size"]}
            for at, one in enumerate(row.files)
        ]
        if row.direction == "inbound":
            view["parsed"] = {"text": _stripped(row.raw or b""), "truncated": False}
        else:
            view["body"] = {name: text for name, text in (("text", row.text), ("html", row.html)) if text is not None}
        if row.review_status == "pending_review":
            view["hold_reason"] = {"type": "gate", "code": "allowlist", "summary": "Every message waits for a person."}
        return view

    def _row(self, agent: str, id_: str) -> Row:
        row = next((row for row in self.rows if (row.agent, row.id) == (agent, id_)), None)
        if row is None:
            raise Problem(404, "not_found", "Message not found.")
        return row

    def _read(self) -> None:
        self._tick()
        if self.reads_left <= 0:
            raise Problem(429, "rate_limited", "Too many reads.", retry_after_seconds=1)
        self.reads_left -= 1

    def _tick(self) -> None:
        if self.now() - self._minute >= timedelta(minutes=1):
            self._minute, self.reads_left, self.sends_left = self.now(), READS, {}

    # --- sending -------------------------------------------------------------------------------------------------

    def _keyed_send(self, request: httpx2.Request, agent: str, parent: Row | None) -> tuple[int, Any]:
        key, path = request.headers.get("idempotency-key"), request.url.raw_path.partition(b"?")[0]
        bound = hashlib.sha256(path + b"\n" + request.content).hexdigest()
        if key is not None and key in self._keyed:
            known, status, answer = self._keyed[key]
            if known != bound:
                raise Problem(422, "idempotency_key_reuse", "This key was used with another request.")
            return status, answer
        body = _body(request, REPLY_FIELDS if parent else SEND_FIELDS)
        if parent is not None and parent.direction == "outbound" and parent.delivery_status == "accepted":
            raise Problem(409, "message_not_yet_delivered")
        self._tick()
        if self.sends_left.setdefault(agent, SENDS) <= 0:
            raise Problem(429, "rate_limited", "Too many sends.", retry_after_seconds=7)
        row = self._composed(agent, body, parent)
        self.sends_left[agent] -= 1
        self.rows.append(row)
        if self.holds:
            row.review_status = "pending_review"
            self._event("email.review_requested", row, {"message_id": row.id, "agent_email": agent})
        elif self.sends_at_once:
            self._leave(row)
        status, answer = (200 if row.delivery_status == "sent" else 202), self._result(row)
        if key is not None:
            self._keyed[key] = (bound, status, answer)
        return status, answer

    def _composed(self, agent: str, body: dict[str, Any], parent: Row | None) -> Row:
        threading: dict[str, str] = {}
        if parent is not None:
            before = email.message_from_bytes(parent.raw or b"", policy=email.policy.default)
            if parent.direction == "inbound":
                body = {**body, "to": parent.reply_to or [parent.header_from]}
            else:
                body = {**body, "to": parent.to}
            known = str(before["message-id"] or parent.provider_message_id or "")
            threading = {"In-Reply-To": known, "References": f"{before['references'] or ''} {known}".strip()}
            subject = parent.subject
            body["subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
        for name in ("to", "subject", "text"):
            if not body.get(name):
                raise Problem(422, "invalid_request", fields=[{"location": f"body.{name}", "message": "required"}])
        named = {name: [str(one) for one in body.get(name) or []] for name in ("to", "cc", "bcc")}
        everybody = [one for names in named.values() for one in names]
        if len(everybody) > 50:
            raise Problem(400, "too_many_recipients")
        if gone := [one for one in everybody if one.lower() in self.suppressed]:
            raise Problem(422, "recipient_suppressed", f"{gone[0]} is suppressed.")
        if not self.external_sending and any(one.lower() not in self.agents for one in everybody):
            raise Problem(403, "external_sending_not_enabled", "Ask for sending access first.")
        files = [
            {**one, "size": len(base64.b64decode(one["data"], validate=True))} for one in body.get("attachments") or []
        ]
        size = sum(one["size"] for one in files) + len(body["text"]) + len(body.get("html") or "")
        if size > 10 * 1024 * 1024:
            raise Problem(413, "payload_too_large", scope="composed_message", actual_bytes=size, max_bytes=10_485_760)
        reply_to = body.get("reply_to") or []
        return Row(
            id=self._id("msg"),
            agent=agent,
            direction="outbound",
            created_at=self.now(),
            conversation_id=body.get("conversation_id") or self._id("conv"),
            **named,
            reply_to=[reply_to] if isinstance(reply_to, str) else reply_to,
            subject=body["subject"],
            header_from=agent,
            delivered_to=named["to"][0],
            delivery_status="accepted",
            text=body["text"],
            html=body.get("html"),
            files=files,
            threading=threading,
            read=True,
        )

    def _leave(self, row: Row) -> None:
        """Composed, with the Message-ID that the relay gives, and gone."""
        mail = EmailMessage(policy=email.policy.SMTP)
        mail["From"] = f"{self.agents[row.agent]} <{row.agent}>" if self.agents[row.agent] else row.agent
        for name, value in (("To", row.to), ("Cc", row.cc), ("Reply-To", row.reply_to)):
            if value:
                mail[name] = ", ".join(value)
        mail["Subject"], mail["Date"] = row.subject, format_datetime(self.now())
        for name, value in row.threading.items():
            mail[name] = value
        row.provider_message_id = f"<{self._id('ses')}@email.amazonses.com>"
        mail["Message-ID"], mail["X-E2A-Message-ID"] = row.provider_message_id, row.id
        mail.set_content(row.text or "")
        if row.html is not None:
            mail.add_alternative(row.html, subtype="html")
        for one in row.files:
            main, _, sub = one["content_type"].partition("/")
            mail.add_attachment(base64.b64decode(one["data"]), maintype=main, subtype=sub, filename=one["filename"])
        row.raw, row.delivery_status = mail.as_bytes(), "sent"
        if row.review_status == "pending_review":
            row.review_status = "sent"
        envelope = (*row.to, *row.cc, *row.bcc)
        self.left.append((mail, tuple(envelope)))
        data = {"message_id": row.id, "agent_email": row.agent, "direction": "outbound", "method": "smtp"}
        self._event("email.sent", row, {**data, "from": row.agent, "to": row.to, "subject": row.subject})
        for recipient in dict.fromkeys(one.lower() for one in envelope):
            if recipient in self.agents:
                self.deliver(recipient, row.raw, mail_from=row.agent)

    def _result(self, row: Row) -> dict[str, Any]:
        if row.review_status == "pending_review":
            expires = _time(self.now() + timedelta(days=7))
            return {"message_id": row.id, "status": "pending_review", "approval_expires_at": expires}
        result = {"message_id": row.id, "status": row.delivery_status, "method": "smtp", "sent_as": "own_address"}
        if row.provider_message_id:
            result["provider_message_id"] = row.provider_message_id
        return result

    # --- reviews and events --------------------------------------------------------------------------------------

    def _review(self, row: Row) -> dict[str, Any]:
        names = ("id", "direction", "header_from", "envelope_from", "verified_domain", "to", "subject", "created_at")
        summary = self._summary(row)
        held = {"type": "gate", "code": "allowlist", "summary": "Every message waits for a person."}
        shown = {name: summary[name] for name in names}
        return {**shown, "agent_email": row.agent, "review_status": row.review_status, "hold_reason": held}

    def _decide(self, id_: str, what: str) -> dict[str, Any]:
        row = next((row for row in self.rows if row.id == id_), None)
        if row is None:
            raise Problem(404, "not_found")
        if row.review_status != "pending_review":
            raise Problem(409, "message_not_pending")
        if what == "reject":
            row.review_status = "review_rejected"
            self._event("email.review_rejected", row, {"message_id": row.id, "agent_email": row.agent})
            return {"message_id": row.id, "status": "review_rejected"}
        self._leave(row)
        return self._result(row)

    def _events(self, asked: dict[str, str]) -> list[dict[str, Any]]:
        found = list(reversed(self.events))
        for name in ("type", "agent_email", "message_id"):
            if wanted := asked.get(name):
                found = [one for one in found if one.get(name) == wanted]
        if since := asked.get("since"):
            found = [one for one in found if _moment(one["created_at"]) >= _moment(since)]
        return found

    def _event(self, kind: str, row: Row, data: dict[str, Any]) -> None:
        event = {"id": self._id("evt"), "type": kind, "schema_version": "1", "status": "processed", "data": data}
        known = {"agent_email": row.agent, "message_id": row.id, "created_at": _time(self.now())}
        self.events.append({**event, **known})

    def _id(self, kind: str) -> str:
        self._count += 1
        return f"{kind}_{self._count:08x}"


RECEIVED = {"direction", "header_from", "envelope_from", "verified_domain", "to", "cc", "reply_to"} | {
    "delivered_to",
    "subject",
}


def passing(domain: str) -> dict[str, Any]:
    """The evidence of a mail whose author's domain stands behind it."""
    return {
        "spf": {"status": "pass", "domain": domain, "aligned": True},
        "dkim": [{"status": "pass", "domain": domain, "selector": "s1", "aligned": True}],
        "dmarc": {"status": "pass", "domain": domain, "policy": "reject", "aligned_by": ["spf", "dkim"]},
    }


def _verified(row: Row) -> str | None:
    dmarc = (row.authentication or {}).get("dmarc") or {}
    return dmarc.get("domain") if dmarc.get("status") == "pass" else None


def _body(request: httpx2.Request, allowed: set[str]) -> dict[str, Any]:
    try:
        given = json.loads(request.content)
    except ValueError:
        raise Problem(400, "invalid_request", "The body is no JSON.") from None
    if unknown := sorted(set(given) - allowed):
        fields = [{"location": f"body.{one}", "message": "unknown"} for one in unknown]
        raise Problem(422, "invalid_request", fields=fields)
    return given


def _addresses(parsed: Any, name: str) -> list[str]:
    return [one for _, one in getaddresses([str(value) for value in parsed.get_all(name, [])]) if one]


def _stripped(raw: bytes) -> str:
    """Its reading of the text: everything from the first line with > on is cut off."""
    parsed: Any = email.message_from_bytes(raw, policy=email.policy.default)
    part = parsed.get_body(("plain", "html"))
    lines = (part.get_content() if part is not None else "").splitlines()
    cut = next((at for at, line in enumerate(lines) if line.startswith(">") or line.endswith("wrote:")), len(lines))
    return "\n".join(lines[:cut])[: 16 * 1024]


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise Problem(400, "invalid_request", "A time is RFC 3339.") from None
