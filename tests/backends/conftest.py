from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from new_home import tables_made_once  # noqa: F401 - a fixture
from opened_services import faulty, open_  # noqa: F401 - fixtures of a module that has ``fake`` and ``given``
from reception import Connect, KeepingReception, Listen, Peer
from service_contract import backend, room  # noqa: F401 - fixtures of services

from mailmcp.backends.contract import Listener
from mailmcp.backends.local import LocalBackend
from mailmcp.backends.transaction import Limits
from mailmcp.config import LocalSettings, Settings


@pytest.fixture
def reception() -> KeepingReception:
    return KeepingReception()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, local=LocalSettings(smtp_port=0))


@pytest.fixture
async def listen(settings: Settings, reception: KeepingReception) -> AsyncIterator[Listen]:
    """A function that starts the local backend's listener, with other limits where the test names them."""
    backends: list[LocalBackend] = []

    async def start(**limits: float) -> Listener:
        made = LocalBackend(settings, reception, Limits(**limits))  # type: ignore[arg-type]
        backends.append(made)
        return await made.listen()

    yield start
    for one in backends:
        await one.aclose()


@pytest.fixture
async def port(listen: Listen) -> int:
    return (await listen()).port


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """``Peer.connect``, with every connection closed after the test."""
    peers: list[Peer] = []

    async def start(port: int, **how: object) -> Peer:
        peers.append(await Peer.connect(port, **how))  # type: ignore[arg-type]
        return peers[-1]

    yield start
    for peer in peers:
        await peer.close()
