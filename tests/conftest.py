"""For all rooms: tests marked ``anyio`` run on asyncio, the event loop of the program."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
