"""AgentMail as its reference page describes it: a stateful function from request to response.

It keeps inboxes and messages, screens and pages lists, knows idempotency keys, and fails as tests ask for.
"""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import SMTP, compat32
from typing import Any
from uuid import UUID

from http_service import Asked, Handler, Said, Silence

KEY = "am_us_" + "0123456789abcdef" * 4
RESTRICTED = ("spam", "blocked", "unauthenticated", "trash")
SEND_FIELDS = ("to", "cc", "bcc", "reply_to", "subject", "text", "html", "attachments", "labels", "headers")
MEGABYTES = 6_000_000


def wrong(status: int, code: str, message: str, **more: Any) -> Said:
    return Said(status, {"name": code.title().replace("_", "") + "Error", "code": code, "message": message, **more})


def edge(status: int, message: str) -> Said:
    """What the gateway in front of it says."""
    return Said(status, {"message": message})


def addresses(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def bare(address: str) -> str:
    return address.rpartition("<")[2].rstrip(">").strip().lower()


@dataclass
class Letter:
    """A message of an inbox."""

    item: dict[str, Any]
    raw: bytes
    sent: dict[str, Any] | None = None
    """The request that it was sent by."""


@dataclass
class FakeAgentmail:
    key: str = KEY
    scope: str = "organization"
    skew: timedelta = timedelta(0)
    """How far its clock is off."""
    page: int = 100
    """Most items of a page."""
    empty_pages: bool = False
    """Lists of inboxes have an empty page before each full one."""
    shuffled: bool = False
    """The items of a page come in another order, and each page has the last item of the one before again."""
    may_see_screened: bool = True
    fresh_404: int = 0
    """So many sends of a fresh inbox are answered with 404."""
    allowed: int | None = None
    """Calls that it takes before it says 429; None: any."""
    retry_after: str = "0.01"
    disallowed: set[str] = field(default_factory=set)
    """Recipients that nothing is sent to."""
    inboxes: dict[str, dict[str, Any]] = field(default_factory=dict)
    letters: dict[str, list[Letter]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    faults: list[tuple[Callable[[Asked], bool], Callable[[Handler, Asked], Said]]] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)
    """Of pages: which list each belongs to."""
    keys: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _last: datetime = field(default_factory=lambda: datetime.min.replace(tzinfo=UTC))

    # --- what tests do -----------------------------------------------------------------------------------------

    def receive(self, address: str, raw: bytes, *, labels: Iterable[str] = (), at: datetime | None = None) -> str:
        """A mail arrives; gives its id."""
        moment = at or self.now()
        parsed = message_from_bytes(raw, policy=compat32)
        id_ = str(parsed.get("Message-ID") or f"<{next(self._numbers)}@generated.test>")
        self._keep(address, id_, moment, ["received", "unread", *labels], raw, parsed)
        return id_

    def label(self, message_id: str, *labels: str) -> None:
        """What becomes of a message shows in its labels."""
        for one in self.all:
            if one.item["message_id"] == message_id:
                one.item["labels"] = sorted({*one.item["labels"], *labels})

    def fail(self, how: str, on: str = "", times: int = 1, **said: Any) -> None:
        """The next calls whose method and path hold ``on`` fail, ``before`` or ``after`` they took effect …"""

        def failing(answer: Handler, asked: Asked) -> Said:
            if how == "before":
                raise Silence
            if how == "after":
                answer(asked)
                raise Silence
            if how == "cut":
                done = answer(asked)
                return Said(done.status, body=done.octets[: len(done.octets) // 2])
            if how == "500 after":
                answer(asked)
                return wrong(500, "internal_error", "Something broke.")
            status = int(how)
            code = {429: "rate_limit_exceeded", 500: "internal_error", 503: "service_unavailable"}[status]
            return Said(
                status, {"code": code, "message": "Not now.", **said}, headers={"Retry-After": self.retry_after}
            )

        self.faults += [(lambda asked: on in f"{asked.method} {asked.target}", failing)] * times

    @property
    def all(self) -> list[Letter]:
        return [one for kept in self.letters.values() for one in kept]

    @property
    def sent(self) -> list[Letter]:
        """Everything that left."""
        return [one for one in self.all if one.sent is not None]

    def forget_pages(self) -> None:
        """Tokens of pages are known no more."""
        self.tokens.clear()

    def now(self) -> datetime:
        self._last = max(datetime.now(UTC) + self.skew, self._last + timedelta(milliseconds=1))
        return self._last

    # --- the service -------------------------------------------------------------------------------------------

    def __call__(self, asked: Asked) -> Said:
        self.asked.append(asked)
        for at, (fits, failing) in enumerate(self.faults):
            if fits(asked):
                del self.faults[at]
                return failing(self._answer, asked)
        return self._answer(asked)

    def _answer(self, asked: Asked) -> Said:
        if asked.path[0] == "signed":
            return self._signed(asked)
        said = asked.headers.get("authorization", "")
        if not said.startswith("Bearer "):
            return edge(401, "Unauthorized")
        if said != f"Bearer {self.key}":
            return edge(403, "Forbidden")
        if self.allowed is not None:
            if self.allowed <= 0:
                self.allowed = None
                headers = {"Retry-After": self.retry_after, "ratelimit-limit": "1", "ratelimit-reset": "1"}
                return Said(429, {"code": "rate_limit_exceeded", "message": "Too many."}, headers=headers)
            self.allowed -= 1
        match [asked.method, *asked.path]:
            case ["GET", "v0", "auth", "me"]:
                return Said(200, {"scope_type": self.scope, "scope_id": "org_1", "organization_id": "org_1"})
            case ["GET", "v0", "inboxes"]:
                return self._list_inboxes(asked)
            case ["POST", "v0", "inboxes"]:
                return self._create(asked.json)
            case [method, "v0", "inboxes", inbox, *rest]:
                found = self.inboxes.get(inbox.lower())
                return self._of_inbox(method, inbox.lower(), rest, asked) if found else self._unknown("inbox")
        return wrong(404, "not_found", "Route not found")

    def _unknown(self, what: str) -> Said:
        return wrong(404, "not_found", f"There is no such {what}.", fix="Check the id.")

    def _of_inbox(self, method: str, inbox: str, rest: list[str], asked: Asked) -> Said:
        match [method, *rest]:
            case ["GET"]:
                return Said(200, self.inboxes[inbox])
            case ["DELETE"]:
                del self.inboxes[inbox], self.letters[inbox]
                return Said(204)
            case ["GET", "messages"]:
                return self._list(inbox, asked)
            case ["POST", "messages", "send"]:
                return self._send(inbox, asked)
            case ["POST", "messages", "batch-get"]:
                wanted = asked.json["message_ids"]
                if len(wanted) > 500:
                    return wrong(400, "validation_error", "Too many ids.")
                found = {one.item["message_id"]: one.item for one in self.letters[inbox]}
                kept = [found[one] for one in wanted if one in found]
                return Said(200, {"messages": kept, "count": len(kept), "limit": 500})
            case ["GET", "messages", id_]:
                letter = self._letter(inbox, id_)
                return Said(200, {**letter.item, "text": "…"}) if letter else self._unknown("message")
            case ["GET", "messages", id_, "raw"]:
                letter = self._letter(inbox, id_)
                return Said(200, self._link(inbox, letter, asked)) if letter else self._unknown("message")
        return wrong(404, "not_found", "Route not found")

    def _letter(self, inbox: str, id_: str) -> Letter | None:
        return next((one for one in self.letters[inbox] if one.item["message_id"] == id_), None)

    # --- inboxes -----------------------------------------------------------------------------------------------

    def _create(self, body: dict[str, Any]) -> Said:
        client_id = body.get("client_id")
        if client_id is not None:
            known = next((one for one in self.inboxes.values() if one.get("client_id") == client_id), None)
            if known is not None:
                return Said(200, known)
        name = body.get("username") or f"random{next(self._numbers)}"
        address = f"{name}@{body.get('domain') or 'agentmail.to'}".lower()
        if address in self.inboxes:
            return wrong(403, "already_exists", f"{address} is taken.", suggestions=[f"{name}1", f"{name}2"])
        now = self.now().isoformat()
        self.inboxes[address] = {
            "pod_id": "org_1",
            "inbox_id": address,
            "email": address,
            "created_at": now,
            "updated_at": now,
            **({"display_name": body["display_name"]} if body.get("display_name") else {}),
            **({"client_id": client_id} if client_id else {}),
        }
        self.letters[address] = []
        return Said(200, self.inboxes[address])

    def _list_inboxes(self, asked: Asked) -> Said:
        kept = sorted(self.inboxes.values(), key=lambda one: one["created_at"], reverse=True)
        return self._paged("inboxes", "inboxes", kept, asked, empty=self.empty_pages)

    # --- lists -------------------------------------------------------------------------------------------------

    def _list(self, inbox: str, asked: Asked) -> Said:
        query = asked.query
        wanted = {label for label in RESTRICTED if query.get(f"include_{label}") == "true"}
        if wanted and not self.may_see_screened:
            return wrong(403, "missing_permission", "The key lacks label_spam_read.")
        kept = [one.item for one in self.letters[inbox]]
        kept = [one for one in kept if not (set(one["labels"]) & set(RESTRICTED) - wanted)]
        if "after" in query:
            after = datetime.fromisoformat(query["after"])
            kept = [one for one in kept if datetime.fromisoformat(one["timestamp"]) > after]
        kept.sort(key=lambda one: one["timestamp"], reverse=query.get("ascending") != "true")
        return self._paged(f"messages of {inbox}", "messages", kept, asked)

    def _paged(self, list_: str, name: str, kept: list[dict[str, Any]], asked: Asked, *, empty: bool = False) -> Said:
        query = asked.query
        limit = int(query.get("limit", "20"))
        if limit > 100:
            return wrong(400, "validation_error", "limit is at most 100.", errors=[{"path": ["limit"]}])
        limit = min(limit, self.page)
        token = query.get("page_token", "")
        if token and self.tokens.get(token) != list_:
            return wrong(400, "validation_error", "The page token is not one of this list.")
        start = int(token.partition("-")[0]) if token else 0
        if empty and not token.endswith("-full"):
            return self._page(name, list_, [], limit, f"{start}-full")
        items = kept[start : start + limit]
        if self.shuffled:
            items = [*items[::-1], *kept[max(0, start - 1) : start]]
        ahead = f"{start + limit}-{next(self._numbers)}" if start + limit < len(kept) else None
        return self._page(name, list_, items, limit, ahead)

    def _page(self, name: str, list_: str, items: list[Any], limit: int, ahead: str | None) -> Said:
        if ahead:
            self.tokens[ahead] = list_
        more = {"next_page_token": ahead} if ahead else {}
        return Said(200, {"count": len(items), "limit": limit, name: items, **more})

    # --- raw ---------------------------------------------------------------------------------------------------

    def _link(self, inbox: str, letter: Letter, asked: Asked) -> dict[str, Any]:
        place = base64.urlsafe_b64encode(json.dumps([inbox, letter.item["message_id"]]).encode()).decode()
        host = asked.headers["host"]
        scheme = "http" if host.startswith("127.0.0.1") else "https"
        return {
            "message_id": letter.item["message_id"],
            "size": len(letter.raw),
            "download_url": f"{scheme}://{host}/signed/{place}?Signature=s3cr3t&Expires=1",
            "expires_at": (self.now() + timedelta(hours=1)).isoformat(),
        }

    def _signed(self, asked: Asked) -> Said:
        if "authorization" in asked.headers:
            return Said(400, body=b"<Error>Only one auth mechanism allowed</Error>")
        inbox, id_ = json.loads(base64.urlsafe_b64decode(asked.path[1]))
        letter = self._letter(inbox, id_)
        if letter is None or asked.query.get("Signature") != "s3cr3t":
            return Said(403, body=b"<Error>AccessDenied</Error>")
        return Said(200, body=letter.raw, headers={"Content-Type": "message/rfc822"})

    # --- sending -----------------------------------------------------------------------------------------------

    def _send(self, inbox: str, asked: Asked) -> Said:
        if self.fresh_404 > 0:
            self.fresh_404 -= 1
            return self._unknown("inbox")
        key = asked.headers.get("idempotency-key")
        if key is not None:
            if not 1 <= len(key) <= 256 or not all(one.isascii() and (one.isalnum() or one in "-._~") for one in key):
                return wrong(400, "validation_error", "Idempotency-Key is malformed.")
            if key in self.keys:
                content, answer = self.keys[key]
                if content != f"{inbox} {asked.body.decode()}":
                    return wrong(409, "conflict", "The key was used for another request.")
                return Said(200, answer)
        if len(asked.body) > MEGABYTES:
            return edge(413, "Request Too Long")
        body = {name: value for name, value in asked.json.items() if name in SEND_FIELDS}  # others are dropped silently
        people = [bare(one) for name in ("to", "cc", "bcc") for one in addresses(body.get(name))]
        if not people or len(people) > 50:
            return wrong(400, "validation_error", "Give 1 to 50 recipients.")
        if inbox in people:
            return wrong(400, "validation_error", "An inbox cannot mail itself.")
        refused = [one for one in people if one in self.disallowed]
        if refused:
            return wrong(403, "message_rejected", f"Blocked: {', '.join(refused)}", fix="Remove these recipients.")
        id_ = f"<{next(self._numbers)}.{self.now():%Y%m%d}@email.amazonses.test>"
        made = self._made(inbox, id_, body)
        labels = ["sent", *(one.strip().lower() for one in body.get("labels", ()))]
        letter = self._keep(inbox, id_, self.now(), labels, made.as_bytes(), made)
        letter.sent = {**body, "from": inbox}
        for one in people:
            if one in self.inboxes:
                self._keep(one, id_, self.now(), ["received", "unread"], made.as_bytes(), made)
        answer = {"message_id": id_, "thread_id": letter.item["thread_id"]}
        if key is not None:
            self.keys[key] = (f"{inbox} {asked.body.decode()}", answer)
        return Said(200, answer)

    def _made(self, inbox: str, id_: str, body: dict[str, Any]) -> EmailMessage:
        """The mail as it leaves the service."""
        made = EmailMessage(policy=SMTP)
        name = self.inboxes[inbox].get("display_name")
        made["From"] = f"{name} <{inbox}>" if name else inbox
        for field_, header in (("to", "To"), ("cc", "Cc"), ("reply_to", "Reply-To")):
            if addresses(body.get(field_)):
                made[header] = ", ".join(addresses(body[field_]))
        made["Subject"] = body.get("subject", "")
        made["Message-ID"] = id_
        made["Date"] = self.now()
        for header, value in body.get("headers", {}).items():
            made[header] = value
        made["List-Unsubscribe"] = "<https://agentmail.test/unsubscribe>"
        made.set_content(body.get("text", ""))
        if body.get("html"):
            made.add_alternative(body["html"], subtype="html")
        for one in body.get("attachments", ()):
            main, _, sub = one.get("content_type", "application/octet-stream").partition("/")
            made.add_attachment(
                base64.b64decode(one["content"]), maintype=main, subtype=sub, filename=one.get("filename")
            )
        return made

    def _keep(self, inbox: str, id_: str, at: datetime, labels: list[str], raw: bytes, parsed: Message) -> Letter:
        references = str(parsed.get("References") or "").split()
        known = next((one for one in self.letters[inbox] if one.item["message_id"] in references), None)
        moment = at.isoformat()
        item = {
            "inbox_id": inbox,
            "thread_id": known.item["thread_id"] if known else str(UUID(int=next(self._numbers))),
            "message_id": id_,
            "labels": labels,
            "timestamp": moment,
            "created_at": moment,
            "updated_at": moment,
            "from": str(parsed.get("From") or ""),
            "to": [one.strip() for one in str(parsed.get("To") or "").split(",")],
            "subject": str(parsed.get("Subject") or ""),
            "size": len(raw),
            **({"references": references} if references else {}),
            **({"in_reply_to": str(parsed["In-Reply-To"])} if parsed.get("In-Reply-To") else {}),
        }
        letter = Letter(item, raw)
        self.letters[inbox].append(letter)
        return letter
