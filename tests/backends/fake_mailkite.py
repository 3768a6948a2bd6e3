"""MailKite as its page of November 2026 says: catch-all domains, one list of everything, and a mailbox API beside it.

What surprises is kept: times are milliseconds; the list is the whole account's, outbound mail included, without bodies,
and its ``before`` leaves out whatever else came in the same millisecond; a mail to two addresses is two rows; verdicts
may be null; the mailbox API has the raw bytes, wants an app password and says no verdicts; nothing recognises a repeat.
"""

from __future__ import annotations

import base64
import email
import email.policy
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses, parseaddr
from typing import Any
from urllib.parse import unquote

import httpx2

SEND_FIELDS = {
    *("from", "to", "subject", "html", "text", "cc", "bcc", "replyTo", "inReplyTo", "headers", "attachments"),
    *("templateId", "templateData", "scheduledAt", "trackOpens", "trackClicks"),
}


class Problem(Exception):
    """``{"error": "text"}``; there is no code."""

    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message


@dataclass
class Row:
    """One message for one envelope recipient, or one that was sent."""

    id: str
    direction: str
    received_at: int
    raw: bytes
    from_addr: str
    to_addr: str
    verdicts: dict[str, str | None] = field(default_factory=dict)
    status: str | None = None
    uid: int = 0
    mailbox: str = "INBOX"
    flags: str = ""
    encrypted: bool = False

    @property
    def parsed(self) -> EmailMessage:
        read = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(read, EmailMessage)
        return read


class MailKite:
    """One account with its domains."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.now = now
        self.key = "mk_live_0123456789abcdef"
        self.app_passwords: dict[str, str] = {}
        """Secret -> the address or ``*@domain`` whose mail it may read."""
        self.domains: dict[str, str] = {}
        """Name -> id."""
        self.rows: list[Row] = []
        self.left: list[tuple[EmailMessage, tuple[str, ...]]] = []
        self.suppressed: set[str] = set()
        self.webhooks: dict[str, str] = {}
        self.verified = True
        """Whether the account may send."""
        self.lags = False
        """What is sent does not stand in the list yet."""
        self.limited = 0
        """So many calls are answered with 429."""
        self.keeps_message_id = True
        """Whether a Message-ID among ``headers`` survives."""
        self.calls: list[str] = []
        self._count = 0

    # --- what happens outside ------------------------------------------------------------------------------------

    def domain(self, name: str) -> str:
        """A domain of the account."""
        self.domains[name] = self._id("dom")
        return name

    def app_password(self, pattern: str) -> str:
        """One that reads the mail of an address, or of ``*@domain``."""
        secret = f"mk_pw_{len(self.app_passwords):016x}"
        self.app_passwords[secret] = pattern
        return secret

    def deliver(
        self,
        *recipients: str,
        raw: bytes,
        mail_from: str = "x@app.example",
        at: int | None = None,
        **verdicts: str | None,
    ) -> list[Row]:
        """Mail comes by SMTP: one row for each envelope recipient."""
        moment = self._ms() if at is None else at
        rows: list[Row] = []
        for recipient in recipients:
            sender = parseaddr(str(email.message_from_bytes(raw, policy=email.policy.default)["from"] or ""))[1]
            uid = max((one.uid for one in self.rows if one.to_addr == recipient), default=0) + 1
            known = {name: verdicts.get(name) for name in ("spf", "dkim", "dmarc", "spam")}
            row = Row(self._id("msg"), "inbound", moment, raw, sender or mail_from, recipient, known, uid=uid)
            self.rows.append(row)
            rows.append(row)
        return rows

    def event(self, row: Row, *secrets: str) -> tuple[dict[str, str], bytes]:
        """What is posted of a mail that came: no Cc, no headers, no Message-ID."""
        name, sender = parseaddr(str(row.parsed["from"] or ""))
        body = row.parsed.get_body(("plain",))
        said = {
            "id": f"evt_{row.id}",
            "type": "email.received",
            "from": {"address": sender, "name": name},
            "to": [{"address": row.to_addr}],
            "subject": str(row.parsed["subject"] or ""),
            "text": body.get_content() if body is not None else "",
            "html": None,
            "threadId": _thread(row),
            "receivedAt": row.received_at,
            "auth": row.verdicts,
            "attachments": [],
        }
        octets, stamp = json.dumps(said).encode(), str(self._ms())
        mac = hmac.digest(secrets[0].encode(), f"{stamp}.".encode() + octets, "sha256").hex()
        return {"Content-Type": "application/json", "x-mailkite-signature": f"t={stamp},v1={mac}"}, octets

    # --- what is asked -------------------------------------------------------------------------------------------

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """One request."""
        path, _, query = request.url.raw_path.decode().partition("?")
        self.calls.append(f"{request.method} {path}")
        asked = dict(httpx2.QueryParams(query))
        headers: dict[str, str] = {}
        try:
            if self.limited > 0:
                self.limited -= 1
                raise Problem(429, "Too many requests")
            status, answer = self._answer(request, [unquote(one) for one in path.split("/")[1:]], asked)
        except Problem as problem:
            status, answer = problem.status, {"error": problem.message}
        if isinstance(answer, bytes):
            return httpx2.Response(status, content=answer, headers={**headers, "Content-Type": "message/rfc822"})
        return httpx2.Response(status, json=answer, headers=headers)

    def _answer(self, request: httpx2.Request, path: list[str], asked: dict[str, str]) -> tuple[int, Any]:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if path[:2] == ["api", "mailbox"]:
            if key not in self.app_passwords:
                raise Problem(401, "unauthorized")
            return self._mailbox(request, path[2:], asked, self.app_passwords[key])
        if path[:1] == ["att"]:
            return self._file(path, asked)
        if key != self.key:
            raise Problem(401, "unauthorized")
        match (request.method, *path):
            case ("GET", "v1", "me"):
                return 200, {"id": "usr_1", "email": "owner@example.com", "verified": self.verified}
            case ("GET", "api", "domains"):
                return 200, [self._domain(name) for name in self.domains]
            case ("POST", "api", "domains", "subdomain"):
                name = json.loads(request.content)["name"]
                if f"{name}.mailkite.example" in self.domains:
                    raise Problem(409, "subdomain is taken")
                return 201, self._domain(self.domain(f"{name}.mailkite.example"))
            case ("GET", "api", "domains", id_):
                return 200, self._domain(self._domain_named(id_))
            case ("PUT", "api", "domains", id_, "webhook"):
                self.webhooks[self._domain_named(id_)] = json.loads(request.content)["url"]
                secret = {"signingSecret": "whsec_mailkite_of_a_test", "ackMode": "lenient", "routeId": "rte_1"}
                return 200, {"webhookUrl": self.webhooks[self._domain_named(id_)], **secret}
            case ("DELETE", "api", "domains", id_, "webhook"):
                self.webhooks.pop(self._domain_named(id_), None)
                return 200, {"ok": True}
            case ("GET", "api", "messages"):
                return 200, self._listed(asked)
            case ("GET", "api", "messages", id_):
                return 200, self._detail(id_, request)
            case ("GET", "api", "contacts", "suppressions"):
                return 200, [{"email": one, "reason": "hard_bounce"} for one in sorted(self.suppressed)]
            case ("POST", "v1", "send"):
                return self._send(json.loads(request.content))
        raise Problem(404, "not found")

    def _domain(self, name: str) -> dict[str, Any]:
        return {"id": self.domains[name], "domain": name, "status": "verified", "webhookUrl": self.webhooks.get(name)}

    def _domain_named(self, id_: str) -> str:
        name = next((name for name, known in self.domains.items() if known == id_), None)
        if name is None:
            raise Problem(404, "domain not found")
        return name

    # --- the list ------------------------------------------------------------------------------------------------

    def _listed(self, asked: dict[str, str]) -> list[dict[str, Any]]:
        limit = int(asked.get("limit", "100"))
        if not 1 <= limit <= 200:
            raise Problem(400, "limit must be 1 to 200")
        rows = [row for row in self.rows if not (self.lags and row.direction == "outbound")]
        if before := asked.get("before"):
            rows = [row for row in rows if row.received_at < int(before)]
        if words := asked.get("search"):
            rows = [row for row in rows if words.lower() in str(row.parsed["subject"] or "").lower()]
        order = sorted(rows, key=lambda row: row.received_at, reverse=True)  # those of one millisecond: as they came
        return [self._row(row) for row in order[:limit]]

    def _row(self, row: Row) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": row.id,
            "direction": row.direction,
            "from": _structured(str(row.parsed["from"] or "")),
            "to": _structured(str(row.parsed["to"] or "")),
            "from_addr": row.from_addr,
            "to_addr": row.to_addr,
            "subject": None if row.encrypted else str(row.parsed["subject"] or ""),
            "thread_id": _thread(row),
            "received_at": row.received_at,
            "enc_key_fp": "SHA256:abc" if row.encrypted else None,
        }
        return shown | {name: row.verdicts.get(name) for name in ("spf", "dkim", "dmarc", "spam")}

    def _detail(self, id_: str, request: httpx2.Request) -> dict[str, Any]:
        row = next((row for row in self.rows if row.id == id_), None)
        if row is None:
            raise Problem(404, "message not found")
        texts = {kind: row.parsed.get_body((kind,)) for kind in ("plain", "html")}
        headers = json.dumps([{"name": name, "value": str(value)} for name, value in row.parsed.items()])
        message = self._row(row) | {
            "text_body": texts["plain"].get_content() if texts["plain"] is not None else None,
            "html_body": texts["html"].get_content() if texts["html"] is not None else None,
            "headers_json": headers,
            "status": row.status,
        }
        base = f"{request.url.scheme}://{request.url.netloc.decode()}"
        files = [
            {
                "id": f"att_{at}",
                "filename": part.get_filename(),
                "contentType": part.get_content_type(),
                "size": len(part.get_payload(decode=True) or b""),
                "url": f"{base}/att/{row.id}/{at}?exp=9999999999&sig=abc",
            }
            for at, part in enumerate(row.parsed.iter_attachments())
        ]
        return {"message": message, "deliveries": [], "events": [], "attachments": files}

    def _file(self, path: list[str], asked: dict[str, str]) -> tuple[int, bytes]:
        row = next((row for row in self.rows if row.id == path[1]), None)
        if row is None or asked.get("sig") != "abc":
            raise Problem(403, "bad signature")
        return 200, list(row.parsed.iter_attachments())[int(path[2])].get_payload(decode=True) or b""

    # --- the mailbox ---------------------------------------------------------------------------------------------

    def _mailbox(
        self, request: httpx2.Request, path: list[str], asked: dict[str, str], pattern: str
    ) -> tuple[int, Any]:
        address = asked.get("address", "")
        if pattern not in ("*", address) and not (pattern.startswith("*@") and address.endswith(pattern[1:])):
            raise Problem(403, "this password is not for that address")
        rows = [row for row in self.rows if row.to_addr == address and row.direction == "inbound"]
        match (request.method, *path):
            case ("GET", "messages"):
                before, limit = int(asked.get("before", "0")), int(asked.get("limit", "50"))
                found = sorted((row for row in rows if not before or row.uid < before), key=lambda row: -row.uid)
                page = found[: min(limit, 200)]
                more = page[-1].uid if len(found) > len(page) else None
                return 200, {"messages": [_in_box(row) for row in page], "nextBefore": more}
            case ("GET", "messages", uid, "raw"):
                for row in rows:
                    if str(row.uid) == uid:
                        return 200, row.raw
        raise Problem(404, "not found")

    # --- sending -------------------------------------------------------------------------------------------------

    def _send(self, body: dict[str, Any]) -> tuple[int, Any]:
        if unknown := set(body) - SEND_FIELDS:
            raise Problem(400, f"unknown field {sorted(unknown)[0]}")
        if not self.verified:
            raise Problem(403, "verify your address before you send")
        sender = parseaddr(body.get("from") or "")[1]
        if sender.partition("@")[2] not in self.domains:
            raise Problem(403, "from is not on a verified domain of yours")
        named = {field: _many(body.get(field)) for field in ("to", "cc", "bcc")}
        if not named["to"] or not body.get("subject") or not (body.get("text") or body.get("html")):
            raise Problem(400, "to, subject and text or html are required")
        if isinstance(body.get("scheduledAt"), str) and body["scheduledAt"].isdigit():
            raise Problem(400, "scheduledAt must be a number, an ISO date or words")
        mail = EmailMessage(policy=email.policy.SMTP)
        mail["From"] = body["from"]
        for header, field_ in (("To", "to"), ("Cc", "cc")):
            if named[field_]:
                mail[header] = ", ".join(named[field_])
        if body.get("replyTo"):
            mail["Reply-To"] = body["replyTo"]
        mail["Subject"], mail["Date"] = body["subject"], format_datetime(self.now())
        if body.get("inReplyTo"):
            mail["In-Reply-To"] = mail["References"] = body["inReplyTo"]
        for header, value in (body.get("headers") or {}).items():  # applied last: the caller wins
            if header.lower() == "message-id" and not self.keeps_message_id:
                continue
            del mail[header]
            mail[header] = value
        if mail["message-id"] is None:
            mail["Message-ID"] = f"<{self._id('mk')}@mailkite.example>"
        mail.set_content(body.get("text") or "")
        if body.get("html"):
            mail.add_alternative(body["html"], subtype="html")
        for one in body.get("attachments") or []:
            main, _, sub = one["contentType"].partition("/")
            octets = base64.b64decode(one["content"], validate=True)
            mail.add_attachment(octets, maintype=main, subtype=sub, filename=one["filename"])
        envelope = tuple(parseaddr(one)[1] for one in (*named["to"], *named["cc"], *named["bcc"]))
        row = Row(self._id("msg"), "outbound", self._ms(), mail.as_bytes(), sender, parseaddr(named["to"][0])[1])
        row.status, row.mailbox = "sent", "Sent"
        self.rows.append(row)
        self.left.append((mail, envelope))
        for recipient in dict.fromkeys(one.lower() for one in envelope):
            if recipient.partition("@")[2] in self.domains:
                self.deliver(recipient, raw=row.raw, mail_from=sender)
        return 202, {"id": row.id, "status": "queued"}

    def _ms(self) -> int:
        return int(self.now().timestamp() * 1000)

    def _id(self, kind: str) -> str:
        self._count += 1
        return f"{kind}_{self._count:08x}"


def _in_box(row: Row) -> dict[str, Any]:
    shown = {"uid": row.uid, "from_addr": row.from_addr, "to_addr": row.to_addr, "flags": row.flags}
    return {**shown, "subject": str(row.parsed["subject"] or ""), "internaldate": row.received_at}


def _thread(row: Row) -> str:
    """No conversation: what it answers, else itself."""
    return str(row.parsed["in-reply-to"] or row.parsed["message-id"] or "")


def _structured(field: str) -> list[dict[str, str]]:
    return [{"address": one, "name": name} for name, one in getaddresses([field]) if one]


def _many(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])
