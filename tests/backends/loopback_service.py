"""Serves a fake of a service, which is a function from request to response, on a port of this machine."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2

Fake = Callable[[httpx2.Request], httpx2.Response]


@contextlib.contextmanager
def served(fake: Fake) -> Iterator[str]:
    """Its address, until the end of the block. A transport error that the fake raises closes the connection."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def handle_one_request(self) -> None:
            with contextlib.suppress(ConnectionError):
                super().handle_one_request()

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            host = f"http://{self.headers['host']}"
            url = httpx2.URL(host).copy_with(raw_path=self.path.encode("ascii"))
            request = httpx2.Request(self.command, url, headers=list(self.headers.items()), content=body)
            try:
                with lock:
                    response = fake(request)
                octets = response.read()
            except httpx2.TransportError:
                self.close_connection = True
                with contextlib.suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(response.status_code)
            for name, value in response.headers.multi_items():
                if name not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", response.headers.get("x-said-length", str(len(octets))))
            self.end_headers()
            self.wfile.write(octets)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        def log_message(self, format: str, *args: Any) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join(30)
        server.server_close()
