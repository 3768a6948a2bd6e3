"""A key in wrong hands: what its holder does to others, and what is left of it once it was taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hosts import LIMIT
from http_house import HttpHouse, http_house

pytestmark = pytest.mark.anyio
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
