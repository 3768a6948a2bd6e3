"""A key in wrong hands: what its holder does to others, and what is left of it once it was taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from hosts import LIMIT
from http_house import HttpHouse, http_house
from mcp import MCPError

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
