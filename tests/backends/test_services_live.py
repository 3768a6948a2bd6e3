"""The real services, only where a key of one stands in the environment, and only by calls that change nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import cast

import pytest
from reception import KeepingReception

from mailmcp.backends import open_backend
from mailmcp.backends.services import DividesStreams, Examines, MakesInboxes, Streams
from mailmcp.config import load_settings
from mailmcp.models import Standing

pytestmark = [pytest.mark.anyio, pytest.mark.live]
SERVICES = ("agentmail", "e2a", "mailkite", "agentsend")


@pytest.mark.parametrize("service", SERVICES)
async def test_the_key_works_and_shows_its_inboxes(service: str, tmp_path: Path) -> None:
    """Set LIVE_MAILMCP_E2A__API_KEY and so on: settings under another name, so that no other test finds them."""
    mark = f"LIVE_MAILMCP_{service.upper()}__"
    given = {name.removeprefix("LIVE_"): value for name, value in os.environ.items() if name.startswith(mark)}
    if f"MAILMCP_{service.upper()}__API_KEY" not in given:
        pytest.skip(f"{mark}API_KEY is not set")
    backend = open_backend(service, load_settings(tmp_path, given), KeepingReception())
    assert isinstance(backend, Examines)
    assert isinstance(backend, MakesInboxes)
    try:
        (finding, *_) = await backend.examine()
        assert finding.standing in (Standing.FINE, Standing.WEAK), finding.sentence
        inboxes = await backend.list_inboxes()
        assert all(inbox.address.count("@") == 1 for inbox in inboxes)
        # Nobody's listener is ended: that of e2a is off unless LIVE_MAILMCP_E2A__STREAM is set.
        for group in backend.streams_for(inboxes) if isinstance(backend, DividesStreams) else ():
            assert isinstance(backend, Streams)
            async with aclosing(cast(AsyncGenerator[str | None], backend.watch(group))) as told:
                assert await asyncio.wait_for(anext(told), 60) is None
    finally:
        await backend.aclose()
