"""MCP over HTTP: who is let in, in which era and form, and what the door does to clients that misbehave."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import forking
import pytest
from hosts import LIMIT, ToolFailed
from http_house import OPENING, STREAMS, HttpHouse, http_house
from letters import code_letter

from mailmcp.config import HttpSettings, load_settings
from mailmcp.errors import ConfigError
from mailmcp.mailroom.requests import Search
from mailmcp.server import connections, door, http, shares, views

pytestmark = pytest.mark.anyio
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_inboxes", "arguments": {}}}


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT):
        while not holds():  # noqa: ASYNC110 - what is looked at rings no bell
            await asyncio.sleep(0.01)


@pytest.fixture
async def house(home: Path) -> AsyncIterator[HttpHouse]:
    async with http_house(home) as house:
        yield house


# --- who comes in ------------------------------------------------------------------------------------------------


async def test_while_a_home_never_had_a_key_its_user_is_served_on_this_machine_as_the_owner(house: HttpHouse) -> None:
    ann = await house.inbox("ann")
    answer = (await house.post(None, LIST)).json()["result"]["structuredContent"]
    assert [one["address"] for one in answer["inboxes"]] == [ann]


async def test_from_the_first_key_on_each_request_needs_one_also_when_it_is_revoked(house: HttpHouse) -> None:
    secret = await house.key(every=True)
    assert (await house.post(None, PING)).status_code == 401
    assert (await house.post(secret, PING)).status_code == 200
    await house.room.keyring.revoke(house.keys[secret].id)
    for given in (None, secret):
        refused = await house.post(given, PING)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith('Bearer realm="mailmcp"')


@pytest.mark.parametrize(
    "words", ["Bearer", "Bearer mailmcp_x", "Basic bWFpbG1jcDp4", "Bearer \xe9", f"Bearer mailmcp_{'x' * 300}", ""]
)
async def test_what_is_no_key_is_refused_with_the_way_in(house: HttpHouse, words: str) -> None:
    await house.key(every=True)
    headers = [("authorization", words), ("content-type", "application/json"), ("accept", "application/json")]
    refused = await house.bare.post(
        house.url, content=json.dumps(PING), headers=[(one.encode(), two.encode("latin-1")) for one, two in headers]
    )
    assert refused.status_code == 401
    assert "www-authenticate" in refused.headers


async def test_a_key_made_and_revoked_by_another_process_counts_at_once(house: HttpHouse, home: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAILMCP_")}

    async def typed(*words: str) -> str:
        line = ["keys", *words, "--home", str(home)]
        return (await asyncio.to_thread(forking.ran, line, timeout=LIMIT, env=env)).stdout

    shown = await typed("create", "--all", "--can", "read")
    key, secret = shown.split()[0], re.findall(r"mailmcp_\S{43}", shown)[0]
    assert (await house.post(secret, LIST)).status_code == 200
    assert (await house.post(None, LIST)).status_code == 401
    await typed("revoke", key)
    assert (await house.post(secret, LIST)).status_code == 401


async def test_while_a_key_is_rotated_both_its_secrets_are_taken_and_its_session_goes_on(house: HttpHouse) -> None:
    secret = await house.key(every=True)
    async with house.client(secret, "legacy") as client:
        _, new = await house.room.keyring.rotate(house.keys[secret].id, overlap=timedelta(hours=1))
        assert (await house.post(new, PING)).status_code == 200
        assert (await client.call_tool("list_inboxes", {})).structured_content == {"inboxes": []}
    await house.room.keyring.rotate(house.keys[secret].id, overlap=timedelta(0))
    assert (await house.post(new, PING)).status_code == 401


async def test_a_key_is_held_to_its_rate_and_another_is_not(home: Path) -> None:
    async with http_house(home, MAILMCP_HTTP__RATE="3/h") as house:
        first, second = await house.key(every=True), await house.key(every=True)
        assert [(await house.post(first, PING)).status_code for _ in range(4)] == [200, 200, 200, 429]
        refused = await house.post(first, PING)
        assert int(refused.headers["retry-after"]) > 60
        assert (await house.post(second, PING)).status_code == 200


async def test_many_wrong_keys_are_slowed_and_a_right_one_from_the_same_address_is_let_in(house: HttpHouse) -> None:
    secret = await house.key(every=True)
    statuses = [(await house.post(f"mailmcp_{number}", PING)).status_code for number in range(30)]
    assert statuses[:20] == [401] * 20
    assert 429 in statuses[20:]
    assert (await house.post(secret, PING)).status_code == 200


async def test_a_session_is_its_keys_alone(house: HttpHouse) -> None:
    mine, other = await house.key(every=True), await house.key(every=True)
    session = (await house.post(mine, OPENING, **STREAMS)).headers["mcp-session-id"]
    for secret, status in ((mine, 200), (other, 404)):
        answer = await house.post(secret, LIST, **STREAMS, **{"mcp-session-id": session})
        assert answer.status_code == status
    unknown = await house.post(other, LIST, **STREAMS, **{"mcp-session-id": "0" * 32})
    assert (unknown.status_code, unknown.content) == (answer.status_code, answer.content)


async def test_a_wait_of_a_key_that_is_revoked_ends(house: HttpHouse) -> None:
    ann = await house.inbox("ann")
    secret = await house.key(ann)
    async with house.client(secret) as client:
        waiting = asyncio.create_task(client.call_tool("wait_for_mail", {"inbox": ann, "timeout": 300}))
        await until(lambda: house.room.arrivals.awaited)
        await house.room.keyring.revoke(house.keys[secret].id)
        await asyncio.wait([waiting], timeout=LIMIT)
        assert waiting.done()
        assert waiting.exception() is not None or waiting.result().is_error


async def test_an_address_that_others_reach_is_refused_while_there_is_no_key(home: Path) -> None:
    async with http_house(home) as house:
        wide = HttpSettings(host="0.0.0.0", port=0)
        with pytest.raises(ConfigError, match=r"^0\.0\.0\.0 is reached by others and there is no key yet: make one"):
            await http.listening(wide, house.room)
        secret = await house.key(every=True)
        (await http.listening(wide, house.room)).close()
        await house.room.keyring.revoke(house.keys[secret].id)
        with pytest.raises(ConfigError):
            await http.listening(wide, house.room)


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "via"])
async def test_what_a_proxy_brings_needs_a_key_from_the_first_request_on(house: HttpHouse, header: str) -> None:
    assert (await house.post(None, PING, **{header: "203.0.113.9"})).status_code == 401


async def test_a_home_that_is_reached_under_another_name_needs_a_key_from_the_first_request_on(home: Path) -> None:
    async with http_house(home, MAILMCP_HTTP__URL="https://mail.example.com/mcp") as house:
        assert (await house.post(None, PING)).status_code == 401
        secret = await house.key(every=True)
        for name in ("mail.example.com", house.address.removeprefix("http://")):
            assert (await house.post(secret, PING, host=name)).status_code == 200


# --- names and pages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "localhost.evil.example:{port}", "", "169.254.0.1:{port}"]
)
async def test_a_name_that_is_not_ours_is_refused_with_and_without_a_key(house: HttpHouse, host: str) -> None:
    port = house.address.rpartition(":")[2]
    for secret in (None, await house.key(every=True)):
        assert (await house.post(secret, PING, host=host.format(port=port))).status_code == 421


@pytest.mark.parametrize(
    ("settings", "port", "known", "strange"),
    [
        ({}, 80, ["127.0.0.1", "localhost:80", "LocalHost", "[::1]"], ["127.0.0.1:8765", "localhost.", "x@localhost"]),
        ({}, 8765, ["127.0.0.1:8765"], ["127.0.0.1", "localhost"]),
        ({"url": "https://a.example/mcp"}, 8765, ["a.example", "a.example:443", "A.example"], ["a.example:80"]),
        ({"url": "https://a.example:443/mcp"}, 8765, ["a.example", "a.example:443"], ["a.example:8765"]),
        ({"url": "http://a.example:81/mcp"}, 8765, ["a.example:81"], ["a.example", "a.example:80"]),
    ],
)
def test_the_usual_port_of_a_name_may_be_written_or_not(
    settings: dict[str, str], port: int, known: list[str], strange: list[str]
) -> None:
    names = door.Names(HttpSettings(**settings), port)
    scope = {"server": ("127.0.0.1", port)}
    assert [one for one in known if not names.knows(one, scope)] == []
    assert [one for one in strange if names.knows(one, scope)] == []


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"])
async def test_a_page_of_another_origin_may_not_call(house: HttpHouse, origin: str) -> None:
    assert (await house.post(None, PING, origin=origin)).status_code == 403


async def test_a_page_that_the_settings_name_may_call_and_our_own_origin_too(home: Path) -> None:
    async with http_house(home, MAILMCP_HTTP__ORIGINS="https://app.example.com") as house:
        for origin in ("https://app.example.com", house.address):
            assert (await house.post(None, PING, origin=origin)).status_code == 200


async def test_a_browser_that_says_it_comes_from_elsewhere_is_believed(house: HttpHouse) -> None:
    got = await house.bare.get(house.url, headers={"sec-fetch-site": "cross-site"})
    assert got.status_code == 403


@pytest.mark.parametrize(("method", "path", "status"), [("PUT", "/mcp", 405), ("GET", "/", 404), ("POST", "/sse", 404)])
async def test_other_methods_and_paths_are_refused(house: HttpHouse, method: str, path: str, status: int) -> None:
    assert (await house.bare.request(method, f"{house.address}{path}")).status_code == status


# --- eras and forms ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_client_of_either_era_gets_its_code_over_http(house: HttpHouse, mode: str) -> None:
    ann = await house.inbox("ann")
    secret = await house.key(ann)
    heard: list[float] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        heard.append(done)
        if len(heard) == 1:
            await house.accept(ann, code_letter(ann, "482913"))

    async with house.client(secret, mode) as client:
        assert len((await client.list_tools()).tools) == 13
        waited = await client.call_tool("wait_for_otp", {"inbox": ann, "timeout": LIMIT}, progress_callback=progress)
        assert waited.structured_content["code"] == "482913"
        again = await client.call_tool("wait_for_otp", {"inbox": ann, "timeout": 0})
        assert again.structured_content["repeated"]


@pytest.mark.parametrize("modern", [True, False])
async def test_a_client_that_takes_json_only_is_answered_in_json_without_a_session(
    house: HttpHouse, modern: bool
) -> None:
    secret = await house.key()
    made = await house.ask(secret, "create_inbox", name="ann", modern=modern)
    assert made["address"] == "ann@agents.internal"
    answer = await house.post(secret, LIST)
    assert answer.headers["content-type"] == "application/json"
    assert "mcp-session-id" not in answer.headers


async def test_a_code_whose_reader_has_gone_is_given_to_the_next(house: HttpHouse) -> None:
    ann = await house.inbox("ann")
    secret = await house.key(ann)
    async with house.client(secret) as client:
        waiting = asyncio.create_task(client.call_tool("wait_for_otp", {"inbox": ann, "timeout": 300}))
        await until(lambda: house.room.arrivals.awaited)
        waiting.cancel()
        await asyncio.wait([waiting])
    await until(lambda: not house.room.arrivals.awaited)
    await house.accept(ann, code_letter(ann, "482913"))
    found = await house.ask(secret, "wait_for_otp", inbox=ann, timeout=LIMIT)
    assert (found["code"], found.get("repeated")) == ("482913", None)


async def test_the_old_pair_is_served_where_it_is_asked_for(home: Path) -> None:
    from mcp import Client
    from mcp.client.sse import sse_client

    async with http_house(home, sse=True) as house:
        ann = await house.inbox("ann")
        secret = await house.key(ann)
        headers = {"authorization": f"Bearer {secret}"}
        async with Client(sse_client(f"{house.address}/sse", headers=headers), mode="legacy") as client:
            listed = await client.call_tool("list_inboxes", {})
            assert [one["address"] for one in listed.structured_content["inboxes"]] == [ann]
            await house.accept(ann, code_letter(ann, "482913"))
            waited = await client.call_tool("wait_for_otp", {"inbox": ann, "timeout": LIMIT})
            assert waited.structured_content["code"] == "482913"
        assert (await house.bare.get(f"{house.address}/sse")).status_code == 401


# --- OAuth -------------------------------------------------------------------------------------------------------


async def test_a_host_that_insists_on_oauth_is_sent_to_the_issuer(home: Path) -> None:
    issuer, url = "https://login.example.com", "https://mail.example.com/mcp"
    async with http_house(home, MAILMCP_HTTP__ISSUER=issuer, MAILMCP_HTTP__URL=url) as house:
        challenge = (await house.post(None, PING)).headers["www-authenticate"]
        place = "https://mail.example.com/.well-known/oauth-protected-resource/mcp"
        assert f'resource_metadata="{place}"' in challenge
        got = await house.bare.get(f"{house.address}/.well-known/oauth-protected-resource/mcp")
        assert got.status_code == 200
        assert got.json()["resource"] == url
        assert got.json()["authorization_servers"] == [issuer]


async def test_without_an_issuer_there_is_no_metadata(house: HttpHouse) -> None:
    got = await house.bare.get(f"{house.address}/.well-known/oauth-protected-resource/mcp")
    assert got.status_code == 404


# --- clients that misbehave --------------------------------------------------------------------------------------


def sent(house: HttpHouse, octets: bytes) -> bytes:
    """What comes back on a connection of its own until the server closes it, or half closes."""
    host, _, port = house.address.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), LIMIT) as one:
        one.settimeout(LIMIT)
        one.sendall(octets)
        pieces = []
        while piece := one.recv(65_536):
            pieces.append(piece)
        return b"".join(pieces)


def head(house: HttpHouse, **fields: Any) -> bytes:
    named = {"Host": house.address.removeprefix("http://"), "Content-Type": "application/json", **fields}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in named.items())
    return f"POST /mcp HTTP/1.1\r\n{lines}\r\n".encode()


@pytest.mark.parametrize("version", [None, "2025-11-25", "2026-07-28", "1999-01-01"])
async def test_what_is_no_message_is_answered_and_the_next_one_too(house: HttpHouse, version: str | None) -> None:
    headers = {"mcp-protocol-version": version} if version else {}
    for body in (
        b"{",
        b"[]",
        b'"x"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"jsonrpc":"2.0","id":1,"method":7}',
        b"1" * 5_000,
        b"",
    ):
        answer = await house.post(None, body, **headers)
        assert 400 <= answer.status_code < 500, body[:10]
        assert (await house.post(None, PING)).status_code == 200


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "not valid JSON"),
        (b" ", "no message in it"),
        (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', "Batches are not served"),
        (b'{"jsonrpc":"2.0","id":1,"method":7}', "needs a `method`"),
        (b'{"jsonrpc":"2.0","id":1,"result":7}', "no message in it"),
    ],
)
async def test_what_is_no_message_is_said_in_a_sentence_on_every_path_and_not_logged(
    home: Path, body: bytes, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with http_house(home, sse=True) as house:
        for path in ("/mcp", f"/messages/?session_id={'0' * 32}"):
            headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
            answer = await house.bare.post(f"{house.address}{path}", content=body, headers=headers)
            assert (answer.status_code, words in answer.json()["error"]["message"]) == (400, True), answer.text
    assert caplog.text == ""


async def test_what_stands_where_an_old_sessions_id_should_be_is_not_written_to_the_log(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with http_house(home, sse=True) as house:
        forged = f"{house.address}/messages/?session_id=x%0Amailmcp%20ERROR%20forged"
        assert (await house.bare.post(forged, json=PING)).status_code == 404
    assert "forged" not in caplog.text


@pytest.mark.parametrize("body", [b"\\ud800 words", b"\xff words"])
async def test_half_a_surrogate_pair_and_octets_that_are_no_text_are_served_as_over_the_pipe(
    house: HttpHouse, body: bytes
) -> None:
    ann = await house.inbox("ann")
    call = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"send","arguments":'
    call += b'{"inbox":"%s","to":["%s"],"subject":"S","body":"%s"}}}' % (ann.encode(), ann.encode(), body)
    assert (await house.post(None, call)).json()["result"]["structuredContent"]["status"] == "sent"
    found = await house.room.reading.find(Search(inbox=ann))
    assert found.threads[0].first_line == "\ufffd words"


async def test_a_progress_token_of_null_is_none_over_http_too(house: HttpHouse) -> None:
    call = {**LIST, "params": {**LIST["params"], "_meta": {"progressToken": None}}}
    assert "inboxes" in (await house.post(None, call)).json()["result"]["structuredContent"]


async def test_a_stream_that_shall_go_on_where_another_broke_off_is_a_new_one(house: HttpHouse) -> None:
    session = (await house.post(None, OPENING, **STREAMS)).headers["mcp-session-id"]
    resumed = {"accept": "text/event-stream", "mcp-session-id": session, "last-event-id": "7"}
    async with house.bare.stream("GET", house.url, headers=resumed) as stream:
        assert (stream.status_code, stream.headers["content-type"]) == (200, "text/event-stream")


async def test_a_body_where_none_belongs_and_two_ways_to_say_its_length_are_refused(house: HttpHouse) -> None:
    refused = await house.bare.request("DELETE", house.url, content=b"{}")
    assert (refused.status_code, "without a body" in refused.text) == (400, True)
    both = head(house, Content_Length=5, Transfer_Encoding="chunked") + b"0\r\n\r\n"
    assert (await asyncio.to_thread(sent, house, both)).startswith(b"HTTP/1.1 400 ")


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(house: HttpHouse) -> None:
    answer = await asyncio.to_thread(sent, house, head(house, Content_Length=door.BODY + 1))
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_a_body_without_a_length_is_cut_off_when_it_grows_too_large(
    house: HttpHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "BODY", 1_000)
    chunked = head(house, Transfer_Encoding="chunked") + b"400\r\n" + b" " * 1024 + b"\r\n"
    assert (await asyncio.to_thread(sent, house, chunked)).startswith(b"HTTP/1.1 413 ")


async def test_bodies_together_are_bounded_and_room_is_given_back(
    house: HttpHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shares, "ALL_BODIES", 100)
    assert (await house.post(None, json.dumps(PING).encode() + b" " * 100)).status_code == 503
    for _ in range(5):
        assert (await house.post(None, PING)).status_code == 200


async def test_a_body_that_does_not_come_is_not_waited_for(house: HttpHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "BODY_SECONDS", 0.05)
    answer = await asyncio.to_thread(sent, house, head(house, Content_Length=10) + b"{")
    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_a_head_that_does_not_come_is_not_waited_for(house: HttpHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.05)
    assert await asyncio.to_thread(sent, house, b"POST /mcp HTTP/1.1\r\nHost: x") == b""
    assert await asyncio.to_thread(sent, house, b"") == b""


async def test_a_client_that_does_not_read_is_left(house: HttpHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "SEND_SECONDS", 0.2)
    monkeypatch.setattr(views, "BASE64_BYTES", 2**30)
    ann = await house.inbox("ann")
    await house.accept(ann, files=(("big.bin", "application/octet-stream", os.urandom(12 * 2**20)),))
    waited = await house.room.reading.find(http_search(ann))
    while not waited.threads:
        await asyncio.sleep(0.02)
        waited = await house.room.reading.find(http_search(ann))
    [(message, _)] = (await house.room.reading.conversation(waited.threads[0].id)).messages
    ask = {"name": "get_attachment", "arguments": {"message": message.id, "part": "big.bin", "as_": "base64"}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": ask}).encode()
    host, _, port = house.address.removeprefix("http://").rpartition(":")
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.connect((host, int(port)))
        one.sendall(head(house, Content_Length=len(body), Accept="application/json") + body)
        one.settimeout(0.0)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(LIMIT):
            await loop.sock_recv(one, 1)  # the answer has begun
            await asyncio.sleep(1)
            total = 0
            try:
                while piece := await loop.sock_recv(one, 2**20):
                    total += len(piece)
            except ConnectionError:
                pass
    assert total < 12 * 2**20
    assert (await house.post(None, PING)).status_code == 200


def http_search(inbox: str) -> Any:
    from mailmcp.mailroom.requests import Search

    return Search(inbox=inbox)


async def test_a_connection_closed_in_the_middle_hurts_nobody(house: HttpHouse) -> None:
    host, _, port = house.address.removeprefix("http://").rpartition(":")
    for octets in (b"P", head(house, Content_Length=50), head(house, Content_Length=50) + b"{"):
        with socket.create_connection((host, int(port)), LIMIT) as one:
            one.sendall(octets)
            one.shutdown(socket.SHUT_WR)
    assert (await house.post(None, PING)).status_code == 200


# --- the process -------------------------------------------------------------------------------------------------


async def test_the_command_serves_until_it_is_asked_to_end_and_leads_the_home(home: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILMCP_")}
    env = {**kept, "MAILMCP_LOCAL__SMTP_PORT": "0"}
    command = [sys.executable, "-m", "mailmcp", "serve", "--transport", "http", "--port", "0", "--home", str(home)]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:  # noqa: ASYNC220
        try:
            assert process.stderr is not None
            line = await asyncio.to_thread(process.stderr.readline)
            address = line.split()[4]
            assert address.endswith("/mcp")
            import httpx2

            async with httpx2.AsyncClient(timeout=LIMIT) as client:
                status = {**LIST, "params": {"name": "mail_status", "arguments": {}}}
                answer = await client.post(address, json=status, headers={"accept": "application/json"})
                assert answer.json()["result"]["structuredContent"]["leader"]
                # Requests that last end with it: a stream ends, what was not begun is told so, nothing is a crash.
                session = (await client.post(address, json=OPENING, headers=STREAMS)).headers["mcp-session-id"]
                listening = {"accept": "text/event-stream", "mcp-session-id": session}
                async with client.stream("GET", address, headers=listening) as stream:
                    process.send_signal(signal.SIGTERM)
                    assert b"".join([piece async for piece in stream.aiter_bytes() if piece.strip()]) == b""
            assert await asyncio.to_thread(process.wait, LIMIT) == 0
            assert "Traceback" not in process.stderr.read()
        finally:
            process.kill()


def test_settings_of_http_that_cannot_be_are_refused(home: Path) -> None:
    for name, value in (
        ("HOST", "mail.lan"),
        ("URL", "mail.example.com"),
        ("RATE", "many"),
        ("ORIGINS", "https://x/y"),
        ("ISSUER", "x"),
    ):
        with pytest.raises(ConfigError, match=f"MAILMCP_HTTP__{name}"):
            load_settings(home, {f"MAILMCP_HTTP__{name}": value})


async def test_a_key_without_an_ability_is_told_so_whatever_it_asks_about(house: HttpHouse) -> None:
    ann = await house.inbox("ann")
    reads, sends = await house.key(ann, can=("read",)), await house.key(ann, can=("send",))
    words = {
        tool: await refusal(house, secret, tool, **arguments)
        for secret, tool, arguments in (
            (reads, "send", {"inbox": ann, "to": [ann], "body": "x"}),
            (reads, "draft_for_approval", {"inbox": "nobody@x.example", "to": [ann], "body": "x"}),
            (reads, "create_inbox", {}),
            (reads, "delete_inbox", {"inbox": ann}),
            (sends, "find_mail", {}),
            (sends, "read_thread", {"thread": "t_x"}),
            (sends, "wait_for_otp", {"inbox": ann}),
            (sends, "get_attachment", {"message": "m_x", "part": "1"}),
            (sends, "mark", {"target": "m_x", "read": True}),
        )
    }
    assert {said.startswith("Error executing tool") or "does not allow it" in said for said in words.values()} == {True}
    stored = await refusal(house, sends, "send", inbox=ann, to=["x@y.example"], body="x", forward="m_x")
    assert "does not allow it" in stored


async def refusal(house: HttpHouse, secret: str, tool: str, **arguments: Any) -> str:
    with pytest.raises(ToolFailed) as failed:
        await house.ask(secret, tool, **arguments)
    return str(failed.value)
