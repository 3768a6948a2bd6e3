"""Changes of inboxes: what was found is what is changed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mailmcp.errors import NotFound
from mailmcp.mailroom import logged
from mailmcp.store import inboxes

pytestmark = pytest.mark.anyio


async def test_a_deletion_that_comes_late_leaves_the_inbox_that_somebody_made_anew(house):
    address = await house.inbox("ann")
    store = house.room._store
    found = await store.read(inboxes.get, address)
    await house.room.delete_inbox(address)
    await house.inbox("ann")
    await house.receive(address, subject="Mine")
    with pytest.raises(NotFound, match="it was deleted"):
        await store.write(logged.deleted, found, datetime.now(UTC), before={})
    assert (await house.wait(address)).message.subject == "Mine"
