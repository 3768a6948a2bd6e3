"""What is written down of words that are shown: all that changes anything, and nothing twice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mailmcp.store import taints

pytestmark = pytest.mark.anyio


async def test_words_of_one_more_conversation_cost_no_commit_once_several_stand(house: Any, monkeypatch: Any) -> None:
    inbox = await house.inbox()
    mails = [await house.receive(inbox, subject=f"Mail {n}", from_=f"p{n}@app.example") for n in range(4)]
    written: list[int] = []
    add = taints.add
    monkeypatch.setattr(
        taints, "add", lambda db, shown, **how: (written.append(len(list(shown))), add(db, shown, **how))
    )

    async def standing() -> Any:
        return await house.room._store.read(taints.standing, key=taints.OWNER, now=datetime.now(UTC))

    await house.room.tainting.showing(mails[:1])
    await house.room.tainting.showing(mails[:1])
    (one,) = await standing()
    assert (one.thread, one.sender, written) == (mails[0].thread, "p0@app.example", [1])
    await house.room.tainting.showing(mails[1:2])
    (several,) = await standing()
    assert (several.thread, several.sender, written) == (None, None, [1, 1])
    await house.room.tainting.showing(mails)
    assert (await standing(), written) == ((several,), [1, 1])
