"""Fixtures of the services whose stand-ins are functions of httpx2's requests: a module has ``fake`` and ``given``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from faults import Fake, Faulty
from reception import KeepingReception

from mailmcp.backends import BACKENDS, class_of
from mailmcp.backends.calls import Pace
from mailmcp.config import load_settings

QUICK = Pace(back_off=0.001, longest=0.05, seconds=2)
Open = Callable[..., Any]


@pytest.fixture
def faulty(fake: Fake) -> Faulty:
    """The stand-in with faults before it."""
    return Faulty(fake)


@pytest.fixture
async def open_(
    given: dict[str, str], faulty: Faulty, reception: KeepingReception, tmp_path: Path
) -> AsyncIterator[Open]:
    """Makes the backend of MAILMCP_BACKEND in ``given``, with other settings where a test names them."""
    opened: list[Any] = []

    def make(**more: str | None) -> Any:
        settings = load_settings(
            tmp_path, {name: value for name, value in {**given, **more}.items() if value is not None}
        )
        kind = class_of(next(row for row in BACKENDS if row.name == settings.backend))
        opened.append(kind(settings, reception, transport=httpx2.MockTransport(faulty), pace=QUICK))
        return opened[-1]

    yield make
    for one in opened:
        await one.aclose()
