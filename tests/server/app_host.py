"""A program that shows views (MCP Apps): a real server on a pipe, and a page in Chromium that does what hosts do.

The page (``app_host.html``) and the sandbox in it (``app_sandbox.html``) come from two origins of this machine. The
sandbox carries the policy that the specification has for a view without domains; the page in it inherits that.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from browser import LIMIT, Browser, Window
from hosts import Served

APPS = {"extensions": {"io.modelcontextprotocol/ui": {"mimeTypes": ["text/html;profile=mcp-app"]}}}
"""What a host with views declares."""
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " media-src 'self' data:; connect-src 'none'; object-src 'none'; base-uri 'self'"
)
HERE = Path(__file__).parent


class AppHost:
    """The host: its server, its two origins, and one window."""

    def __init__(self, served: Served, browser: Browser, page: str, **how: Any) -> None:
        self.served = served
        self.window = browser.window(page, **how)
        self.window.until("typeof start === 'function'")

    def show(self, tool: str, theme: str = "light", **given: Any) -> View:
        """Have a tool called, and its view."""
        self.window.run(f"start({json.dumps(tool)}, {json.dumps(given)}, {{theme: {json.dumps(theme)}}})")
        self.window.until("state.heard.some(one => one.method === 'ui/notifications/size-changed')")
        return View(self.window)

    def told(self, what: str) -> Any:
        """What the host's page knows: heard, opened, calls."""
        return self.window.run(f"state.{what}")

    def set(self, **how: Any) -> None:
        """How the host behaves from now on: strip, refuse, links."""
        self.window.run(f"Object.assign(state, {json.dumps(how)})")


class View(Window):
    """The page of a view, two frames inside the host's: looked at from a world of its own, which no policy binds."""

    def __init__(self, window: Window) -> None:
        super().__init__(window.browser, window.session, window.target)
        self._host = window
        frame = self.ask("Page.getFrameTree")["frameTree"]
        while frame.get("childFrames"):
            frame = frame["childFrames"][0]
        assert frame["frame"]["url"] == "about:srcdoc"
        self._frame = frame["frame"]["id"]

    def run(self, script: str) -> Any:
        world = self.ask("Page.createIsolatedWorld", frameId=self._frame)["executionContextId"]
        asked = {"expression": script, "returnByValue": True, "awaitPromise": True, "contextId": world}
        result = self.ask("Runtime.evaluate", **asked)
        if "exceptionDetails" in result:
            raise AssertionError(str(result["exceptionDetails"])[:2000])
        return result["result"].get("value")


@contextlib.contextmanager
def origins(served: Served) -> Iterator[str]:
    """Serves the host's page and its sandbox; gives the page's address."""
    lock = threading.Lock()
    texts: dict[str, tuple[bytes, str | None]] = {}

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(*texts[self.path])

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            with lock:
                answer = served.request(asked["method"], asked["params"])
            self.answer(json.dumps(answer).encode(), None)

        def answer(self, body: bytes, policy: str | None) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(body)))
            if policy:
                self.send_header("content-security-policy", policy)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Pages) for _ in range(2)]
    host, sandbox = (f"http://127.0.0.1:{one.server_address[1]}" for one in servers)
    for name, other, policy in (
        ("host", f'const SANDBOX = "{sandbox}";', None),
        ("sandbox", f'const HOST = "{host}";', POLICY),
    ):
        text = (HERE / f"app_{name}.html").read_text("utf-8").replace('"use strict";', f'"use strict"; {other}', 1)
        texts[f"/{name}"] = (text.encode(), policy)
    threads = [threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.02}) for one in servers]
    for thread in threads:
        thread.start()
    try:
        yield f"{host}/host"
    finally:
        for one, thread in zip(servers, threads, strict=True):
            one.shutdown()
            thread.join(LIMIT)
            one.server_close()
