"""A home, and terminals in which commands run on it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kept_keys import rsa_keys_made_once  # noqa: F401 - a fixture
from new_home import tables_made_once  # noqa: F401 - a fixture
from terminals import LIMIT, Terminal

from mailmcp.store import Store, inboxes

SETTINGS = {"MAILMCP_LOCAL__SMTP_PORT": "0"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def home_of_ann(tmp_path: Path) -> Path:
    """A home with the inbox ann@agents.test."""

    async def make() -> None:
        store = await Store.open(tmp_path / "home")
        now = datetime.now(UTC)
        await store.write(inboxes.create, address="ann@agents.test", label="", backend="local", key=None, now=now)
        await store.aclose()

    asyncio.run(make())
    return tmp_path / "home"


@pytest.fixture
def terminal(home: Path) -> Iterator[Callable[..., Terminal]]:
    """Opens terminals with a command of mailmcp in them, and ends what still runs there."""
    opened: list[Terminal] = []

    def open_(*arguments: str) -> Terminal:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILMCP_")}
        opened.append(Terminal([*arguments, "--home", str(home)], {**kept, **SETTINGS}))
        return opened[-1]

    yield open_
    for one in opened:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait(LIMIT)
