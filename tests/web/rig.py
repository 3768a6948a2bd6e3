"""The real page of a real home, served by a loop in a thread of its own: tests speak to it over TCP."""

from __future__ import annotations

import asyncio
import http.client
import itertools
import json
import socket
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from mailmcp.authenticity.dns import StaticResolver
from mailmcp.backends import open_backend
from mailmcp.config import load_settings
from mailmcp.mailroom.pace import Pace
from mailmcp.mailroom.requests import FileRequest, SendRequest, Wanted
from mailmcp.mailroom.room import Mailroom
from mailmcp.models import Arrival, Draft, Envelope, Source
from mailmcp.web import sessions
from mailmcp.web.serving import Serving, opening

T = TypeVar("T")
LIMIT = 60
QUICK = Pace(progress=0.05, share=0.1, takeover=0.02, listen_again=0.05, flush=0.02)


@dataclass
class Screen:
    """A desktop that writes down what it was asked for."""

    there: bool = False
    shown: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def is_there(self) -> bool:
        return self.there

    def show(self, address: str) -> bool:
        self.shown.append(address)
        return True

    def notify(self, words: str) -> bool:
        self.told.append(words)
        return True


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return str(self.json()["error"])


class Rig:
    """A home with its page."""

    def __init__(self, home: Path, screen: Screen | None = None, **environment: str) -> None:
        self.home = home
        self.screen = screen or Screen()
        self._numbers = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._environment = {"MAILMCP_LOCAL__SMTP_PORT": "0", **environment}
        self.desk: Any = None
        try:
            self.room: Mailroom = self.do(self._open())
            self.address: str = self.do(self._served())
        except BaseException:
            self._end()
            raise
        self.host, self.port = "127.0.0.1", urlsplit(self.address).port or 0
        self.origin = f"http://{self.host}:{self.port}"

    async def _open(self) -> Mailroom:
        settings = load_settings(self.home, self._environment)

        def backend(reception: Any) -> Any:
            self.desk = reception
            return open_backend(settings.backend, settings, reception)

        return await Mailroom.open(
            settings,
            backend,
            QUICK,
            resolver=StaticResolver({}),
            further=self._duties,
        )

    def _duties(self, room: Mailroom) -> list[Serving]:
        self.serving = Serving(room, self.screen)
        return [self.serving]

    async def _served(self) -> str:
        async with asyncio.timeout(LIMIT):
            while (address := await self.room.pages.address()) is None:  # noqa: ASYNC110 - written by a duty
                await asyncio.sleep(0.01)
        return address

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in the mailroom."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(2 * LIMIT)

    def close(self) -> None:
        self.do(self.room.aclose())
        self._end()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(LIMIT)
        self._loop.close()

    # --- mail ----------------------------------------------------------------------------------------------------

    def inbox(self, name: str) -> str:
        return self.do(self.room.create_inbox(name=name, key=name))[0].address

    def hold(self, *, note: str = "", files: tuple[dict[str, str], ...] = (), **fields: Any) -> Draft:
        """A held draft from anna to bert."""
        anna, bert = self.inbox("anna"), self.inbox("bert")
        attachments = tuple(FileRequest(**one) for one in files)
        subject = f"May I, {next(self._numbers)}?"  # the same content again would be the same draft
        asked = {"inbox": anna, "to": (bert,), "subject": subject, "body": "The words.", "attachments": attachments}
        outcome = self.do(self.room.draft_for_approval(SendRequest(**(asked | fields)), note=note))
        assert outcome.draft is not None, outcome.refused
        return outcome.draft

    def draft(self, draft: Draft) -> Draft:
        return self.do(self.room.draft(draft.id))

    def receive(self, raw: bytes, to: str) -> str:
        """A mail from outside; its m_… id."""
        wanted = Wanted(tool="wait_for_mail", inbox=to, since="9999-01-01")
        cursor = self.do(self.room.wait(wanted, timeout=0)).cursor
        envelope = Envelope(
            mail_from="x@app.example", recipients=(to,), received_at=datetime.now(UTC), peer="203.0.113.9", helo="app"
        )
        self.do(self.desk.accept(Arrival(raw=raw, envelope=envelope, source=Source.SMTP, backend="local")))
        found = self.do(self.room.wait(Wanted(tool="wait_for_mail", inbox=to, since=cursor), timeout=LIMIT))
        assert found.message is not None
        return found.message.id

    # --- the page ------------------------------------------------------------------------------------------------

    def link(self) -> str:
        """An address that opens the page once."""
        return opening(self.address, self.home)

    def session(self) -> Session:
        """A window that is let in."""
        token = sessions.issue(self.home)
        answer = Session(self, "", "").post("/api/session", {"token": token})
        assert answer.status == 200, answer.body
        return Session(self, answer.headers["set-cookie"].partition(";")[0], answer.json()["word"])

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """One request with exactly these header fields (``_`` for ``-``), besides Host where it is not given."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=LIMIT)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            given = {"host": f"{self.host}:{self.port}"} | {
                name.replace("_", "-"): one for name, one in headers.items()
            }
            if body is not None and "content-length" not in given and "transfer-encoding" not in given:
                given["content-length"] = str(len(body))
            for name, value in given.items():
                if value:
                    connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            headers_ = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, headers_, answer.read())
        finally:
            connection.close()

    def raw(self, octets: bytes) -> bytes:
        """What is answered to octets as they are, until the server closes or says no more."""
        with socket.create_connection((self.host, self.port), timeout=LIMIT) as connection:
            connection.sendall(octets)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := connection.recv(65_536):
                answer += piece
            return answer


@dataclass
class Session:
    """A browser window's requests, as the page's script makes them."""

    rig: Rig
    cookie: str
    word: str

    def get(self, path: str, **headers: str) -> Answer:
        return self.rig.ask("GET", path, **({"cookie": self.cookie, "x_mailmcp_word": self.word} | headers))

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        given = {
            "cookie": self.cookie,
            "x_mailmcp_word": self.word,
            "origin": self.rig.origin,
            "content_type": "application/json",
        }
        octets = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.rig.ask("POST", path, octets, **(given | headers))

    def shown(self, draft: Draft) -> Any:
        """A draft as the page shows it."""
        answer = self.get(f"/api/drafts/{draft.id}")
        assert answer.status == 200, answer.body
        return answer.json()

    def decide(self, draft: Draft, what: str, **fields: Any) -> Answer:
        """Approve, edit or reject what is shown now."""
        named = {"sha256": draft.sha256, "revision": draft.revision}
        if what == "reject":
            named["word"] = ""
        return self.post(f"/api/drafts/{draft.id}/{what}", named | fields)
