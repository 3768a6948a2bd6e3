"""For all rooms: tests marked ``anyio`` run on asyncio, the event loop of the program, and no desktop is bothered."""

from __future__ import annotations

import os

import pytest

for name in ("DISPLAY", "WAYLAND_DISPLAY"):  # else servers that hold a draft would open a browser
    os.environ.pop(name, None)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
