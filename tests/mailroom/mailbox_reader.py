"""Reading a mailbox elsewhere in tests: one process of a home and what it sees, a real server, the looks at folders."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dovecot_server
import pytest
from dovecot_server import PASSWORD, USER, Dovecot
from letters import letter
from toy_imap import Toy

from mailmcp.authenticity.dns import StaticResolver
from mailmcp.backends.imap import ImapBackend
from mailmcp.backends.mailbox.attending import Rhythm
from mailmcp.backends.mailbox.fetching import FolderReading
from mailmcp.config import load_settings
from mailmcp.mailroom.pace import Pace
from mailmcp.mailroom.requests import Search, Waited, Wanted
from mailmcp.mailroom.room import Mailroom

LIMIT = 15
PACE = Pace(progress=0.05, share=0.1, takeover=0.02, listen_again=0.05, flush=0.02)
RHYTHM = Rhythm(poll=0.3, poll_awaited=0.05, glance=0.02, renew=0.5, back_off=0.02, longest=0.2, refused=0.2)


@dataclass
class Reader:
    """One process of a home that reads a mailbox."""

    room: Mailroom
    cursors: dict[str, str] = field(default_factory=dict)

    async def wait(
        self, inbox: str = USER, *, timeout: float = LIMIT, tool: Any = "wait_for_mail", **how: Any
    ) -> Waited:
        waited = await asyncio.wait_for(
            self.room.wait(Wanted(tool=tool, inbox=inbox, **how), timeout=timeout), LIMIT + 5
        )
        await self.room.handed_out(waited)
        self.cursors[inbox] = waited.cursor
        return waited

    async def further(self, inbox: str = USER, *, timeout: float = LIMIT) -> str | None:
        """The subject of what comes after the last that was waited for."""
        message = (await self.wait(inbox, timeout=timeout, since=self.cursors[inbox])).message
        return message.subject if message else None

    async def subjects(self, inbox: str | None = None, **how: Any) -> list[str]:
        found = await self.room.reading.find(Search(inbox=inbox, limit=50, **how))
        return [one.subject for one in found.threads]

    async def until(self, look: Callable[[], Awaitable[Any]], expected: Any) -> None:
        """Returns once a look gives what is expected."""
        found: Any = None
        for _ in range(300):
            found = await look()
            if found == expected:
                return
            await asyncio.sleep(0.03)
        assert found == expected

    async def stored(self, count: int) -> None:
        async def look() -> int:
            status = await self.room.status()
            return sum(one.stored for one in status.accounts) - status.unjudged

        await self.until(look, count)


OpenReader = Callable[..., Awaitable[Reader]]


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    with dovecot_server.running() as server:
        yield server


@pytest.fixture
async def open_reader(home: Path) -> AsyncIterator[OpenReader]:
    async with contextlib.AsyncExitStack() as stack:

        async def open_(environment: dict[str, str], *, rhythm: Rhythm = RHYTHM) -> Reader:
            settings = load_settings(home, environment)
            room = await Mailroom.open(
                settings, lambda desk: ImapBackend(settings, desk, rhythm), PACE, resolver=StaticResolver({})
            )
            stack.push_async_callback(room.aclose)
            return Reader(room)

        yield open_


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The thorough looks at folders that have ended."""
    ended: list[str] = []
    look = FolderReading.catch_up

    async def counted(self: FolderReading, connection: Any, *, thoroughly: bool) -> None:
        await look(self, connection, thoroughly=thoroughly)
        if thoroughly:
            ended.append(self.name)

    monkeypatch.setattr(FolderReading, "catch_up", counted)
    return ended


async def looked_again(reader: Reader, looks: list[str]) -> None:
    """Returns after two more thorough looks, of which the second began after this was called."""
    before = len(looks)

    async def enough() -> bool:
        return len(looks) >= before + 2

    await reader.until(enough, True)


def old(server: Dovecot, number: int, *, days: float = 30, flags: tuple[str, ...] = (), **fields: Any) -> None:
    """A mail that has lain in the mailbox for days."""
    at = datetime.now(UTC) - timedelta(days=days) + timedelta(minutes=number)
    with server.session() as client:
        client.append("INBOX", letter(USER, **{"subject": f"old {number}", **fields}), flags, at)


def of_toy(server: Toy) -> dict[str, str]:
    return {
        "MAILMCP_BACKEND": "imap",
        "MAILMCP_IMAP__HOST": "127.0.0.1",
        "MAILMCP_IMAP__PORT": str(server.port),
        "MAILMCP_IMAP__SECURITY": "none",
        "MAILMCP_IMAP__USERNAME": USER,
        "MAILMCP_IMAP__PASSWORD": PASSWORD,
    }


def second_account(home: Path, server: Dovecot, address: str) -> None:
    """Have the settings of a home that is still to be made name another account of the server."""
    home.mkdir()
    (home / "config.toml").write_text(
        "[imap.accounts.work]\n"
        f'host = "127.0.0.1"\nport = {server.imaps}\nca_file = "{server.ca}"\n'
        f'username = "{address}"\npassword = "{PASSWORD}"\n'
    )
