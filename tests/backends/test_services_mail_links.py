"""A link for the reviewer when a service is the only way out: it goes from an address there, or its lack is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from service_contract import Room, opened
from test_services_tampered import MAKE

from mailmcp.models import DraftState

pytestmark = pytest.mark.anyio
ANN = "ann@elsewhere.example"
GIVEN = {
    "MAILMCP_APPROVAL__REVIEWER": ANN,
    "MAILMCP_APPROVAL__REVIEW_URL": "https://approve.example",
    "MAILMCP_SEND__POLICY": "approve",
}


@pytest.fixture(params=MAKE)
def stand(request: pytest.FixtureRequest) -> Any:
    return MAKE[request.param]()


async def held(room: Room) -> Any:
    """A draft that waits for a human."""
    inbox, _, _ = await room.room.create_inbox(name="shop")
    draft = await room.send(inbox.address, to=["bob@x.test"], subject="Lunch")
    assert draft.state is DraftState.HELD
    return draft


async def links(room: Room, home: Path) -> list[str]:
    """What the status says of links that are not mailed."""
    return [one for one in await room.room.pages.unwise(home) if "No link is mailed" in one]


async def test_without_an_address_there_nothing_is_mailed_and_the_status_says_what_to_set(
    stand: Any, tmp_path: Path
) -> None:
    async with opened(stand, tmp_path / "home", **GIVEN) as room:
        await held(room)
        said = await links(room, tmp_path)
        assert len(said) == 1
        assert "MAILMCP_APPROVAL__REVIEW_SENDER" in said[0]
        await room.rested()
        assert stand.sent() == []


async def test_from_an_address_there_that_is_no_inbox_here_the_link_goes_once_or_its_refusal_is_told(
    stand: Any, backend: Any, tmp_path: Path
) -> None:
    sender = (await backend.create_inbox(name="approvals", display_name="", key="k")).address
    async with opened(stand, tmp_path / "home", **GIVEN, MAILMCP_APPROVAL__REVIEW_SENDER=sender) as room:
        draft = await held(room)

        async def settled() -> bool:
            return bool(stand.sent()) or bool(await links(room, tmp_path))

        await room.until(settled, True)
        await room.rested()
        assert (await room.room.draft(draft.id)).state is DraftState.HELD
        if backend.name in (
            "e2a",
            "agentsend",
            "pigeon",
        ):  # which cannot be told that it is automatic, or where to answer
            (said,) = await links(room, tmp_path)
            assert "Nothing left" in said
            assert stand.sent() == []
        else:
            (left,) = stand.sent()
            assert left.recipients == {ANN}
            assert "https://approve.example/review#" in left.text
            assert await links(room, tmp_path) == []
