"""For all rooms: tests marked ``anyio`` run on asyncio as the program does; no desktop is bothered, nobody trusted."""

from __future__ import annotations

import gc
import os

import pytest
from authorities import nobodys_authority  # noqa: F401 - a fixture
from hypothesis import settings

for name in ("DISPLAY", "WAYLAND_DISPLAY"):  # else servers that hold a draft would open a browser
    os.environ.pop(name, None)

settings.register_profile("house", deadline=None)  # timings never decide a test
settings.load_profile("house")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


def pytest_collection_finish() -> None:
    """The ten thousand tests stay to the end: to look through them again at each collection finds nothing."""
    gc.freeze()
