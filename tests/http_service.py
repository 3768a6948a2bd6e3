"""Stand-ins for services: a function from request to response, behind a client's transport or on a loopback port."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx2


@dataclass(frozen=True)
class Asked:
    """A request as it was on the wire."""

    method: str
    target: str
    """Path and query, still encoded."""
    headers: Mapping[str, str]
    """With names in lower case."""
    body: bytes = b""

    @property
    def path(self) -> list[str]:
        """The segments of the path, each decoded by itself."""
        return [unquote(one) for one in urlsplit(self.target).path.strip("/").split("/")]

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body) if self.body else {}


@dataclass
class Said:
    """A response."""

    status: int = 200
    record: Any = None
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def octets(self) -> bytes:
        if self.body is not None:
            return self.body
        return b"" if self.record is None else json.dumps(self.record).encode()


class Silence(Exception):
    """The connection ends without an answer."""


Handler = Callable[[Asked], Said]


def transport(handler: Handler) -> httpx2.MockTransport:
    """The same for a client inside this process."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Asked(request.method, request.url.raw_path.decode(), headers, request.content)
        try:
            said = handler(asked)
        except Silence as silence:
            raise httpx2.ReadTimeout(str(silence)) from silence
        return httpx2.Response(
            said.status, content=said.octets, headers={"Content-Type": "application/json", **said.headers}
        )

    return httpx2.MockTransport(handle)


@contextlib.contextmanager
def serving(handler: Handler) -> Iterator[str]:
    """The same on a loopback port, for programs that know nothing of tests; gives its address."""
    turn = threading.Lock()

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(size)
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                with turn:
                    said = handler(Asked(self.command, self.path, headers, body))
            except Silence:
                self.close_connection = True
                return
            self.send_response(said.status)
            for name, value in {"Content-Type": "application/json", **said.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.octets)))
            self.end_headers()
            self.wfile.write(said.octets)

        do_GET = do_POST = do_PATCH = do_DELETE = _answer

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
