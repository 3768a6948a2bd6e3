"""Whoever stands between, and servers that never end: nothing said before TLS is believed, and no memory is filled."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import dovecot_server
import pytest
from dovecot_server import PASSWORD
from toy_imap import Toy, toy

from mailmcp.backends.mailbox import client, commands, connection, folders
from mailmcp.backends.mailbox.accounts import accounts
from mailmcp.backends.mailbox.connection import Connection
from mailmcp.config import load_settings
from mailmcp.errors import TryLater

pytestmark = pytest.mark.anyio
LIMIT = 10


def _connection(home: Path, environment: dict[str, str]) -> Connection:
    (account,) = accounts(load_settings(home, environment))
    assert account.server is not None
    return Connection(account, account.server, "test")


def of_toy(server: Toy) -> dict[str, str]:
    return {
        "MAILMCP_IMAP__HOST": "127.0.0.1",
        "MAILMCP_IMAP__PORT": str(server.port),
        "MAILMCP_IMAP__SECURITY": "none",
        "MAILMCP_IMAP__USERNAME": "me@home.example",
        "MAILMCP_IMAP__PASSWORD": PASSWORD,
    }


@contextlib.asynccontextmanager
async def saying_more(port: int, said: bytes) -> AsyncIterator[int]:
    """Somebody between who adds words before the server's answer to STARTTLS, and lets all else pass."""
    open_: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, beyond = await asyncio.open_connection("127.0.0.1", port)
        open_.extend((writer, beyond))
        added = False

        async def up() -> None:
            nonlocal added
            while octets := await reader.read(65536):
                if b"STARTTLS" in octets and not added:
                    added = True
                    writer.write(said)
                beyond.write(octets)

        async def down() -> None:
            while octets := await there.read(65536):
                writer.write(octets)

        with contextlib.suppress(ConnectionError):
            await asyncio.gather(up(), down())

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        for one in open_:
            one.transport.abort()


async def test_what_is_said_before_starttls_names_no_folders_and_no_capabilities(tmp_path: Path) -> None:
    said = b'* LIST (\\Sent) "/" "Elsewhere"\r\n* CAPABILITY IMAP4rev1 LOGINDISABLED X-STRANGER\r\n'
    with dovecot_server.running() as server:
        async with saying_more(server.imap, said) as port:
            made = _connection(
                tmp_path,
                server.environment(MAILMCP_IMAP__PORT=str(port), MAILMCP_IMAP__SECURITY="starttls"),
            )
            await asyncio.wait_for(made.open(PASSWORD, method="auto"), LIMIT)
            listed = await asyncio.wait_for(made.run(folders.listed), LIMIT)
            assert not await made.run(lambda one: one.has_capability("X-STRANGER"))
            made.close()
    assert "Elsewhere" not in listed.names
    assert listed.uses["\\sent"] == "Gesendet"


async def test_a_server_that_never_greets_may_be_asked_in_the_wrong_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "LOGIN_SECONDS", 0.2)
    async with toy(greeting=b"") as server:
        made = _connection(tmp_path, of_toy(server))
        with pytest.raises(TryLater, match="does not answer: look at MAILMCP_IMAP__PORT and MAILMCP_IMAP__SECURITY"):
            await asyncio.wait_for(made.open(PASSWORD, method="auto"), LIMIT)


async def test_a_server_that_says_good_bye_at_once_takes_no_connections(tmp_path: Path) -> None:
    async with toy(greeting=b"* BYE too busy\r\n") as server:
        made = _connection(tmp_path, of_toy(server))
        with pytest.raises(TryLater, match="takes no connections at the moment"):
            await asyncio.wait_for(made.open(PASSWORD, method="auto"), LIMIT)


@pytest.mark.parametrize(
    "one", [b"* 1 FETCH (FLAGS (\\Seen))\r\n", b"* 1 FETCH (UID 1 BODY[] {50}\r\n" + b"x" * 50 + b")\r\n"]
)
async def test_an_answer_without_an_end_is_not_read_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one: bytes
) -> None:
    monkeypatch.setattr(client, "MOST_ANSWERED", 500)
    async with toy(garbage={"FETCH": one * 10_000}) as server:
        server.add(b"x" * 50)
        made = _connection(tmp_path, of_toy(server))
        await asyncio.wait_for(made.open(PASSWORD, method="auto"), LIMIT)
        for _ in range(15):  # many answers that are short each are no long one
            await made.run(commands.highest)
        await made.run(partial(commands.select, name="INBOX"))
        with pytest.raises(TryLater, match="ended the connection"):
            await asyncio.wait_for(made.run(partial(commands.bodies, wanted=[1])), LIMIT)
