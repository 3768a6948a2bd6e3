"""A key in wrong hands: what its holder does to others, and what is left of it once it was taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from hosts import LIMIT
from http_house import OPENING, STREAMS, HttpHouse, http_house
from mcp import MCPError

from mailmcp.server import http, shares
from mailmcp.server.admission import Unwelcome

pytestmark = pytest.mark.anyio
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_inboxes", "arguments": {}}}
TEXT = ("report.txt", "text/plain", b"words")


@pytest.fixture
async def house(home: Path) -> AsyncIterator[HttpHouse]:
    async with http_house(home) as house:
        yield house


async def test_a_key_that_deletes_its_inbox_takes_no_file_that_was_saved_for_another(house: HttpHouse) -> None:
    ann, bea = await house.inbox("ann"), await house.inbox("bea")
    hers, others = await house.key(ann), await house.key(bea)
    saved: dict[str, Path] = {}
    for inbox, secret in ((ann, hers), (bea, others)):
        await house.accept(inbox, files=(TEXT,))
        found = await house.ask(secret, "wait_for_mail", inbox=inbox, timeout=LIMIT)
        asked = {"message": found["message"], "part": "report.txt", "as_": "file"}
        saved[inbox] = Path((await house.ask(secret, "get_attachment", **asked))["file"])
    await house.ask(hers, "delete_inbox", inbox=ann)
    assert not saved[ann].exists()
    assert saved[bea].read_bytes() == b"words"


@pytest.mark.parametrize("ends", ["rotated", "revoked"])
async def test_what_lasts_ends_with_the_secret_it_came_with_and_goes_on_with_another(
    house: HttpHouse, ends: str, caplog: pytest.LogCaptureFixture
) -> None:
    ann = await house.inbox("ann")
    old, other = await house.key(ann), await house.key(ann)
    if ends == "rotated":
        _, other = await house.room.keyring.rotate(house.keys[old].id, overlap=timedelta(hours=1))
    async with house.client(old, "legacy") as lost, house.client(other, "legacy") as kept:
        asked = {"inbox": ann, "timeout": 300}
        waits = [asyncio.create_task(one.call_tool("wait_for_mail", asked)) for one in (lost, kept)]
        while len(house.room.arrivals._bells) < 2:  # noqa: ASYNC110 - a wait that begins rings no bell
            await asyncio.sleep(0.01)
        if ends == "rotated":  # once more, and at once: the first secret is one of those before now
            _, newest = await house.room.keyring.rotate(house.keys[old].id, overlap=timedelta(hours=1))
            assert (await house.post(newest, LIST)).status_code == 200
        else:
            await house.room.keyring.revoke(house.keys[old].id)
        (ended,), _ = await asyncio.wait(waits[:1], timeout=LIMIT)
        assert isinstance(ended.exception(), MCPError) or ended.result().is_error
        assert (await house.post(old, LIST)).status_code == 401
        await house.accept(ann, subject="News")
        assert not (await asyncio.wait_for(waits[1], LIMIT)).is_error
    assert "Exception in ASGI application" not in caplog.text


async def test_a_key_that_opens_sessions_without_end_loses_its_oldest_idle_one_and_no_other_key_any(
    house: HttpHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "OWN_SESSIONS", 2)
    many, other = await house.key(every=True), await house.key(every=True)
    kept = await opened(house, other)
    first, second = await opened(house, many), await opened(house, many)
    assert await status(house, many, first) == 200  # used since: the second was idle for longer
    third = await opened(house, many)
    assert [await status(house, many, one) for one in (first, second, third)] == [200, 404, 200]
    assert await status(house, other, kept) == 200


async def test_what_a_session_keeps_of_its_client_is_bounded(house: HttpHouse) -> None:
    secret = await house.key(every=True)
    long = {**OPENING, "params": {**OPENING["params"], "capabilities": {"experimental": {"x": {"y": "z" * 2**16}}}}}
    refused = await house.post(secret, long, **STREAMS)
    assert (refused.status_code, refused.json()["id"]) == (400, 1)
    assert "say less" in refused.json()["error"]["message"]
    assert "mcp-session-id" not in refused.headers
    assert await status(house, secret, await opened(house, secret)) == 200


async def test_when_all_sessions_are_taken_the_one_that_was_idle_the_longest_makes_room(
    house: HttpHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = [await house.key(every=True) for _ in range(3)]
    monkeypatch.setattr(http, "SESSIONS", 2)
    sessions = [await opened(house, secret) for secret in secrets]
    found = [await status(house, secret, session) for secret, session in zip(secrets, sessions, strict=True)]
    assert found == [404, 200, 200]


async def test_requests_of_one_key_that_last_leave_room_for_another(
    house: HttpHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await house.inbox("ann")
    greedy, other = await house.key(ann), await house.key(ann)
    monkeypatch.setattr(shares, "REQUESTS", 1)
    asked = {"name": "wait_for_mail", "arguments": {"inbox": ann, "timeout": LIMIT}}
    waiting = asyncio.create_task(house.request(greedy, "tools/call", asked))
    while not house.room.arrivals.awaited:  # noqa: ASYNC110 - a wait that begins rings no bell
        await asyncio.sleep(0.01)
    refused = await house.post(greedy, LIST)
    assert (refused.status_code, "of this key are under way" in refused.text) == (503, True)
    assert (await house.post(other, LIST)).status_code == 200
    await house.accept(ann, subject="News")
    assert not (await asyncio.wait_for(waiting, LIMIT))["result"]["isError"]
    async with asyncio.timeout(LIMIT):  # the answer is with its client a moment before its request is over
        while (again := await house.post(greedy, LIST)).status_code == 503:  # noqa: ASYNC110 - nothing tells when
            await asyncio.sleep(0.01)
    assert again.status_code == 200


def test_bodies_of_one_caller_take_half_of_the_room_and_give_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "ALL_BODIES", 100)
    held = shares.Shares()
    held.hold("one", 50)
    with pytest.raises(Unwelcome):
        held.hold("one", 1)
    held.hold("other", 50)
    with pytest.raises(Unwelcome):
        held.hold("third", 1)
    held.let_go("one", 50)
    held.hold("third", 50)


async def opened(house: HttpHouse, secret: str) -> str:
    """The id of a new session."""
    answer = await house.post(secret, OPENING, **STREAMS)
    return answer.headers["mcp-session-id"]


async def status(house: HttpHouse, secret: str, session: str) -> int:
    """What a request in a session is answered with."""
    return (await house.post(secret, LIST, **STREAMS, **{"mcp-session-id": session})).status_code
