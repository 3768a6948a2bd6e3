"""A name server on loopback for the tests that ask one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from name_server import NameServer


@pytest.fixture
async def server(anyio_backend: str) -> AsyncIterator[NameServer]:
    running = NameServer()
    await running.start()
    yield running
    await running.stop()
