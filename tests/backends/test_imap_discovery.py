"""Finding the server of a domain in DNS (RFC 6186), asked of a real name server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.authenticity.name_server import NameServer

from mailmcp.backends.mailbox.accounts import Account, Server, accounts
from mailmcp.backends.mailbox.discovery import discovered
from mailmcp.config import load_settings
from mailmcp.errors import BackendError

pytestmark = pytest.mark.anyio

ZONE = """
$ORIGIN example.
$TTL 600
@                       SOA ns.example. host.example. 1 3600 600 86400 60
@                       NS  ns
_imaps._tcp.both        SRV 20 1 993 second.both
_imaps._tcp.both        SRV 10 1 994 first.both
_imap._tcp.both         SRV 0 1 143 plain.both
_imaps._tcp.old         SRV 0 0 0 .
_imap._tcp.old          SRV 0 1 143 imap.old
_imaps._tcp.elsewhere   SRV 0 1 993 imap.thief.test.
nothing                 A   192.0.2.1
"""


@pytest.fixture
async def name_servers() -> AsyncIterator[tuple[str, ...]]:
    server = NameServer(ZONE)
    await server.start()
    yield (f"127.0.0.1:{server.port}",)
    await server.stop()


def account_at(home: Path, domain: str) -> Account:
    return accounts(load_settings(home, {"MAILMCP_IMAP__USERNAME": f"me@{domain}"}))[0]


@pytest.mark.parametrize(
    ("domain", "server"),
    [
        ("both.example", Server(host="first.both.example", port=994, security="tls")),
        ("old.example", Server(host="imap.old.example", port=143, security="starttls")),
    ],
)
async def test_the_best_encrypted_server_of_the_domain_is_used(
    tmp_path: Path, name_servers: tuple[str, ...], domain: str, server: Server
) -> None:
    assert (await discovered(account_at(tmp_path, domain), name_servers)).server == server


@pytest.mark.parametrize(
    ("domain", "words"),
    [
        ("elsewhere.example", "names imap.thief.test port 993 .* another organisation: .* MAILMCP_IMAP__HOST"),
        (
            "nothing.example",
            "does not say where its mailboxes are, neither in DNS nor by autoconfig: set MAILMCP_IMAP__HOST",
        ),
        ("gone.example", "does not say where its mailboxes are"),
    ],
)
async def test_what_is_not_certain_gets_no_password(
    tmp_path: Path, name_servers: tuple[str, ...], domain: str, words: str
) -> None:
    with pytest.raises(BackendError, match=words):
        await discovered(account_at(tmp_path, domain), name_servers)
