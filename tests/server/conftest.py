"""Servers with the real embedded backend: in memory in both protocol eras, and as processes."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hosts import QUICK, Door, Served
from jsonschema import Draft202012Validator
from made_once import all_tools, for_servers
from mcp import Client
from new_home import tables_made_once  # noqa: F401 - a fixture
from patience import patient  # noqa: F401 - a fixture

from mailmcp.authenticity.dns import StaticResolver
from mailmcp.backends import open_backend
from mailmcp.backends.contract import Reception
from mailmcp.config import load_settings
from mailmcp.mailroom.room import Mailroom
from mailmcp.server.build import build_server
from mailmcp.server.session import Session

OpenDoor = Callable[..., contextlib.AbstractAsyncContextManager[Door]]


@pytest.fixture(autouse=True, scope="session")
def _a_schema_is_checked_once() -> Iterator[None]:
    """Each new client of the SDK checks the schema of each tool it calls: a third of the time of these tests."""
    kind: Any = Draft202012Validator
    checked: set[str] = set()

    def check_schema(schema: Any, *more: Any) -> None:
        written = json.dumps(schema, sort_keys=True)
        if written not in checked:
            check(schema, *more)
            checked.add(written)

    with pytest.MonkeyPatch.context() as patch:
        check = kind.check_schema
        patch.setattr(kind, "check_schema", check_schema)
        yield


@pytest.fixture(autouse=True, scope="session")
def _what_servers_only_read_is_made_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for_servers(patch)
        yield


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def open_door(home: Path) -> OpenDoor:
    """Opens a server of the home in memory, with a client of the era that is asked for."""

    @contextlib.asynccontextmanager
    async def open_(
        mode: str = "auto", client_has: dict[str, Any] | None = None, **environment: str
    ) -> AsyncIterator[Door]:
        desks: list[Reception] = []

        async def open_room() -> Mailroom:
            settings = load_settings(home, {"MAILMCP_LOCAL__SMTP_PORT": "0", **environment})

            def backend(reception: Reception) -> Any:
                desks.append(reception)
                return open_backend(settings.backend, settings, reception)

            return await Mailroom.open(settings, backend, QUICK, resolver=StaticResolver({}))

        session = Session(open_room)
        async with Client(build_server(session, all_tools), mode=mode, **(client_has or {})) as client:
            yield Door(client, session, desks)

    return open_


@pytest.fixture
async def door(open_door: OpenDoor) -> AsyncIterator[Door]:
    """A server of an empty home and a client of today's protocol."""
    async with open_door() as door:
        yield door


@pytest.fixture(params=["auto", "legacy"])
async def either_door(open_door: OpenDoor, request: pytest.FixtureRequest) -> AsyncIterator[Door]:
    """The same in both protocol eras."""
    async with open_door(request.param) as door:
        yield door


@pytest.fixture
def serve(home: Path) -> Iterator[Callable[..., Served]]:
    """Starts servers of one home, and ends them."""
    started: list[Served] = []

    def start(*arguments: str, **environment: str) -> Served:
        served = Served(home, arguments, **environment)
        started.append(served)
        return served

    yield start
    for served in reversed(started):
        served.close()


@pytest.fixture
def served(serve: Callable[..., Served]) -> Served:
    """One server of an empty home, not yet spoken to."""
    return serve()


@pytest.fixture
async def desks(door: Door) -> list[str]:
    """Three inboxes."""
    return [await door.inbox(name) for name in ("anna", "bert", "cleo")]
