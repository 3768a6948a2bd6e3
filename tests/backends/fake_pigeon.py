"""A stand-in for Pigeon, a mail service that does not exist."""

from __future__ import annotations

import base64
import itertools
import json
import random
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import httpx2
from http_service import Asked

KEY = "pgn_of_a_test_and_long_enough"
DOMAIN = "pigeon.example"


class Pigeon:
    """The service, with everything that it keeps."""

    def __init__(self) -> None:
        self.boxes: dict[str, dict[str, Any]] = {}
        self.by_key: dict[str, tuple[int, dict[str, Any]]] = {}
        self.left: list[tuple[EmailMessage, tuple[str, ...]]] = []
        self.page = 50
        self.generation = 0
        """What is part of each cursor: one of another generation is gone."""
        self.now = lambda: datetime.now(UTC)
        self._numbers = itertools.count(1)

    def deliver(self, address: str, raw: bytes, at: datetime | None = None) -> str:
        """A mail arrives."""
        number = next(self._numbers)
        mail = {"number": number, "id": f"ml/{number}", "raw": raw, "at": at or self.now()}
        self.boxes[address]["mails"].append(mail)
        return mail["id"]

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """One request."""
        asked = Asked(request.method, request.url.raw_path.decode(), request.headers, request.content)
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return _no(401, "bad_key")
        key = request.headers.get("idempotency-key")
        match (asked.method, *asked.path[1:]):
            case ("POST", "boxes"):
                return self._once(key, lambda: self._make(asked.json))
            case ("GET", "boxes"):
                boxes = [{"id": one, "address": one} for one in self.boxes]
                return _yes({"boxes": boxes, "next_page_token": None})
            case (_, "boxes", box, *_) if box not in self.boxes:
                return _no(404, "not_found")
            case ("DELETE", "boxes", box):
                del self.boxes[box]
                return httpx2.Response(204)
            case ("GET", "boxes", box, "mails"):
                return self._list(self.boxes[box]["mails"], asked.query)
            case ("GET", "boxes", box, "mails", mail, "raw"):
                found = next((one for one in self.boxes[box]["mails"] if one["id"] == mail), None)
                return httpx2.Response(200, content=found["raw"]) if found else _no(404, "not_found")
            case ("POST", "boxes", box, "sends"):
                return self._once(key, lambda: self._send(box, asked.json))
            case ("GET", "boxes", _, "sends"):
                sent = self.by_key.get(asked.query["idempotency_key"])
                return _yes({"sends": [sent[1]] if sent else []})
        return _no(404, "no_such_call")

    def _once(self, key: str | None, deed: Any) -> httpx2.Response:
        if key is None or key not in self.by_key:
            status, said = deed()
            if key is None or status >= 300:
                return httpx2.Response(status, json=said)
            self.by_key[key] = status, said
        return httpx2.Response(self.by_key[key][0], json=self.by_key[key][1])

    def _make(self, said: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        address = f"{said.get('name') or f'box{next(self._numbers)}'}@{DOMAIN}"
        if address in self.boxes:
            return 409, {"error": {"code": "name_taken", "message": "Taken"}}
        self.boxes[address] = {"mails": []}
        return 201, {"id": address, "address": address}

    def _list(self, mails: list[dict[str, Any]], query: dict[str, str]) -> httpx2.Response:
        generation, _, number = query.get("after", f"{self.generation}.0").partition(".")
        if int(generation) != self.generation:
            return _no(410, "cursor_gone")
        after = int(number)
        since = datetime.fromisoformat(query["since"]) if "since" in query else None
        new = [one for one in mails if one["number"] > after and (since is None or one["at"] >= since)]
        page = new[: self.page]
        cursor = page[-1]["number"] if page else max(after, next(self._numbers))
        shown = [{"id": one["id"], "received_at": one["at"].isoformat()} for one in (*page, *page[:1])]
        random.shuffle(shown)
        return _yes({"mails": shown, "cursor": f"{self.generation}.{cursor}", "more": len(new) > len(page)})

    def _send(self, box: str, said: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        mail = EmailMessage()
        number = next(self._numbers)
        mail["From"], mail["To"], mail["Subject"] = said["from"], said["to"], said["subject"]
        mail["Message-ID"] = f"<{number}@{DOMAIN}>"
        if said["in_reply_to"]:
            mail["In-Reply-To"] = said["in_reply_to"]
        if said["references"]:
            mail["References"] = " ".join(said["references"])
        mail.set_content(said["text"])
        if said["html"]:
            mail.add_alternative(said["html"], subtype="html")
        for file in said["files"]:
            main, _, sub = file["type"].partition("/")
            data = base64.b64decode(file["data"])
            mail.add_attachment(data, maintype=main, subtype=sub, filename=file["name"])
        people = [one.rpartition("<")[2].strip("<>") for one in (*said["to"], *said["cc"], *said["bcc"])]
        self.left.append((mail, tuple(people)))
        return 202, {"id": f"snd/{number}", "message_id": mail["Message-ID"]}


def _yes(said: Any) -> httpx2.Response:
    return httpx2.Response(200, content=json.dumps(said).encode())


def _no(status: int, code: str) -> httpx2.Response:
    return httpx2.Response(status, json={"error": {"code": code, "message": f"It is {code}."}})
