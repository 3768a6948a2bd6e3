"""Web pages that call over HTTP: those that the settings name may, as a browser asks it, and no others."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from browser import Browser, available
from http_house import OPENING, http_house

pytestmark = pytest.mark.anyio
PAGE = "https://app.example.com"
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
WANTED = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,mcp-session-id"}
CALL = """
fetch(%s, {method: "POST", body: %s, headers: {"authorization": %s, "content-type": "application/json",
    "accept": "application/json, text/event-stream"}})
    .then(async (answer) => [answer.status, answer.headers.get("mcp-session-id") !== null, await answer.text()])
    .catch((error) => [String(error)])
"""


async def test_a_browser_that_asks_before_it_sends_is_told_what_a_named_page_may(home: Path) -> None:
    async with http_house(home, MAILMCP_HTTP__ORIGINS=PAGE) as house:
        secret = await house.key(every=True)
        for origin, status in ((PAGE, 200), ("https://evil.example", 403)):
            asked = await house.bare.options(house.url, headers={"origin": origin, **WANTED})
            assert asked.status_code == status
            assert ("access-control-allow-origin" in asked.headers) == (status == 200)
        answers = [await house.post(one, PING, origin=PAGE) for one in (secret, "mailmcp_wrong")]
        assert [one.status_code for one in answers] == [200, 401]
        for one in answers:
            assert one.headers["access-control-allow-origin"] == PAGE
            assert one.headers["vary"] == "Origin"
        own = await house.post(secret, PING, origin=house.address)
        assert (own.status_code, "access-control-allow-origin" in own.headers) == (200, False)
        bare = await house.bare.options(house.url)
        assert bare.status_code == 405
        odd = {"access-control-request-headers": 'x"\\y'}
        echoed = await house.bare.options(house.url, headers={"origin": PAGE, **odd})
        assert "access-control-allow-headers" not in echoed.headers


@pytest.fixture
def pages() -> Iterator[list[str]]:
    """The origins of two empty pages on this machine."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    servers = [HTTPServer(("127.0.0.1", 0), Empty) for _ in range(2)]
    for one in servers:
        threading.Thread(target=one.serve_forever, daemon=True).start()
    yield [f"http://127.0.0.1:{one.server_port}" for one in servers]
    for one in servers:
        one.shutdown()
        one.server_close()


@pytest.mark.slow
@pytest.mark.skipif(not available(), reason="no chromium here: apt install chromium")
async def test_in_a_real_browser_a_named_page_opens_a_session_and_another_reads_nothing(
    home: Path, pages: list[str]
) -> None:
    async with http_house(home, MAILMCP_HTTP__ORIGINS=pages[0]) as house:
        secret = await house.key(every=True)
        call = CALL % tuple(map(json.dumps, (house.url, json.dumps(OPENING), f"Bearer {secret}")))

        def called(page: str) -> list[object]:
            with Browser() as browser:
                window = browser.window(page)
                try:
                    return window.run(call)
                finally:
                    window.close()

        status, has_session, words = await asyncio.to_thread(called, pages[0])
        assert (status, has_session, "serverInfo" in str(words)) == (200, True, True)
        assert await asyncio.to_thread(called, pages[1]) == ["TypeError: Failed to fetch"]
