"""What a service cannot be told is said when a message is written: nobody approves what cannot leave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from service_contract import Room, opened
from test_services_tampered import MAKE

from mailmcp.errors import Unsupported
from mailmcp.mailroom.requests import Edit, FileRequest
from mailmcp.models import DraftState

pytestmark = pytest.mark.anyio
PICTURE = (FileRequest(name="a.png", base64="iVBORw0KGgo=", cid="a"),)
CROWD = tuple(f"p{number}@x.test" for number in range(51))


async def refusal(room: Room, **fields: Any) -> str:
    inbox, _, _ = await room.room.create_inbox(name="shop", key="k")
    with pytest.raises(Unsupported) as refused:
        await room.send(inbox.address, **{"to": ("bob@x.test",), **fields})
    assert await room.room.open_drafts() == []
    return refused.value.public


@pytest.mark.parametrize("name", ["e2a", "mailkite", "agentsend"])
async def test_a_picture_in_the_html_is_refused_before_it_is_a_draft_where_no_mail_can_have_one(
    name: str, tmp_path: Path
) -> None:
    stand = MAKE[name]()
    async with opened(stand, tmp_path / "home", MAILMCP_SEND__POLICY="approve") as room:
        said = await refusal(room, html='<img src="cid:a">', attachments=PICTURE)
        assert "image" in said
        assert "Nothing left" not in said
        inbox, _, _ = await room.room.create_inbox(name="shop", key="k")
        plain = await room.send(inbox.address, to=("bob@x.test",))
        assert plain.state is DraftState.HELD
    assert stand.sent() == []


async def test_more_recipients_than_agentmail_takes_are_refused_also_when_a_human_adds_them(tmp_path: Path) -> None:
    async with opened(MAKE["agentmail"](), tmp_path / "home", MAILMCP_SEND__POLICY="approve") as room:
        assert "at most 50 recipients" in await refusal(room, to=CROWD)
        inbox, _, _ = await room.room.create_inbox(name="shop", key="k")
        draft = await room.send(inbox.address, to=("bob@x.test",), html='<img src="cid:a">', attachments=PICTURE)
        with pytest.raises(Unsupported, match="at most 50 recipients"):
            await room.room.edit(draft.id, Edit(to=CROWD), sha256=draft.sha256, editor="a human")
        assert (await room.room.draft(draft.id)).recipients == ("bob@x.test",)
