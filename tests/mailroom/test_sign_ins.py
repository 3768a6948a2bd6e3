"""Mailboxes without a password: a code entered elsewhere, and tokens that end and are renewed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import dovecot_server
import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from dovecot_server import USER, Dovecot
from oauth_server import SignInServer, sign_in_server
from tests.mailroom.mailbox_reader import PACE, RHYTHM, Reader

from mailmcp.authenticity.dns import StaticResolver
from mailmcp.backends.imap import ImapBackend
from mailmcp.backends.mailbox import oauth
from mailmcp.backends.mailbox.oauth import Code
from mailmcp.backends.mailbox.tokens import TokenDrawer
from mailmcp.backends.oauth import Provider, SignInEnded, renewed
from mailmcp.config import load_settings
from mailmcp.errors import BackendError
from mailmcp.mailroom.requests import SendRequest
from mailmcp.mailroom.room import Mailroom

pytestmark = pytest.mark.anyio

LIMIT = 20


@contextlib.asynccontextmanager
async def house(home: Path, environment: dict[str, str]) -> AsyncIterator[Reader]:
    settings = load_settings(home, environment)
    room = await Mailroom.open(
        settings, lambda desk: ImapBackend(settings, desk, RHYTHM), PACE, resolver=StaticResolver({})
    )
    try:
        yield Reader(room)
    finally:
        await room.aclose()


@contextlib.asynccontextmanager
async def signed_in_world(**how: Any) -> AsyncIterator[tuple[SignInServer, Dovecot, dict[str, str]]]:
    """A sign-in server, a mail server that asks it, and the settings without a password."""
    async with sign_in_server(USER, **how) as signs:
        with dovecot_server.running(oauth_url=signs.url("tokeninfo?access_token=")) as server:
            environment = {**server.environment(), **signs.environment()}
            del environment["MAILMCP_IMAP__PASSWORD"]
            yield signs, server, environment


async def connect_account(home: Path, environment: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    """The command as a person types it: exit code, output and errors."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILMCP_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mailmcp", "connect-account", "--home", str(home), *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**kept, **environment},
    )
    output, errors = await asyncio.wait_for(process.communicate(), LIMIT)
    return process.returncode or 0, output.decode(), errors.decode()


async def test_an_account_is_signed_in_to_with_a_code_and_read_with_tokens_that_are_renewed(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with signed_in_world(lasts=60) as (signs, server, environment):
        code, output, errors = await connect_account(home, environment)
        assert (code, errors) == (0, "")
        assert "Open https://sign-in.example/device and enter the code BCDF-GHJK" in output
        assert [one["grant_type"] for one in signs.asked[1:]] == [oauth.DEVICE] * 2
        (file,) = await asyncio.to_thread(lambda: list((home / "tokens").iterdir()))
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        async with house(home, environment) as reader:
            server.deliver(subject="first")
            await reader.wait()
            await asyncio.to_thread(server.stop)  # the next connection needs another token: the first has ended
            await asyncio.to_thread(server.start)
            server.deliver(subject="second")
            assert await reader.further() == "second"
            said = str(await reader.room.status())
        renewals = [one for one in signs.asked if one.get("grant_type") == "refresh_token"]
    assert len(renewals) >= 2
    assert len({one["refresh_token"] for one in renewals}) == len(renewals)  # each is used once and kept anew
    assert "canary" not in output + errors + said + "".join(
        record.getMessage() for record in caplog.records if record.name.startswith(("mailmcp", "imapclient"))
    )


async def test_a_sign_in_that_cannot_be_begun_says_what_is_missing(home: Path) -> None:
    code, output, errors = await connect_account(home, {}, "me@outlook.com")
    assert (code, output) == (1, "")
    assert f"[imap] username into {home / 'config.toml'}" in errors
    given = {"MAILMCP_IMAP__USERNAME": "me@outlook.com"}
    code, output, errors = await connect_account(home, given)
    assert (code, output) == (1, "")
    assert "set MAILMCP_IMAP__OAUTH_CLIENT" in errors
    code, output, errors = await connect_account(home, given, "somebody@else.example")
    assert (code, output) == (2, "")
    assert "no account 'somebody@else.example': they name me@outlook.com" in errors


@pytest.mark.parametrize("auth", ["xoauth2", "oauthbearer"])
@pytest.mark.slow
async def test_a_token_that_was_taken_back_before_its_time_is_renewed(home: Path, auth: str) -> None:
    async with signed_in_world() as (signs, server, environment):
        TokenDrawer(home).put(USER, signs.refresh)
        async with house(home, {**environment, "MAILMCP_IMAP__AUTH": auth}) as reader:
            server.deliver(subject="first")
            await reader.wait()
            signs.valid.clear()
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(server.start)
            server.deliver(subject="second")
            assert await reader.further() == "second"


async def test_a_sign_in_that_has_ended_is_said_with_what_to_do(home: Path) -> None:
    async with signed_in_world() as (signs, _, environment):
        TokenDrawer(home).put(USER, "canary-refresh-of-old")
        async with house(home, environment) as reader:

            async def trouble() -> str:
                return next((one.trouble for one in (await reader.room.status()).accounts), "")

            await reader.until(trouble, "The sign-in has ended: run `mailmcp connect-account` again.")
        assert signs.asked[-1]["refresh_token"] == "canary-refresh-of-old"


async def test_an_account_without_password_and_sign_in_says_what_it_needs(home: Path) -> None:
    async with signed_in_world() as (_, _, environment), house(home, environment) as reader:

        async def trouble() -> bool:
            accounts = (await reader.room.status()).accounts
            return any("set MAILMCP_IMAP__PASSWORD, or sign in with" in one.trouble for one in accounts)

        await reader.until(trouble, True)


@pytest.mark.parametrize(
    ("refusal", "words"),
    [("access_denied", "The sign-in was refused."), ("expired_token", r"The sign-in failed \(expired_token\)\.")],
)
async def test_a_refused_sign_in_ends_in_words(refusal: str, words: str) -> None:
    async with sign_in_server(USER, refusal=refusal) as signs:
        provider = Provider(
            device_url=signs.url("device"), token_url=signs.url("token"), scope="", client="c", secret=""
        )
        with pytest.raises(BackendError, match=words) as refused:
            await asyncio.wait_for(oauth.entered(provider, await oauth.begin(provider), pause=_at_once), LIMIT)
    assert "canary" not in str(refused.value)


async def test_a_server_that_asks_for_patience_gets_it() -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        signs.refusal = "slow_down" if len(pauses) < 3 else ""

    async with sign_in_server(USER, pending=0) as signs:
        provider = Provider(
            device_url=signs.url("device"), token_url=signs.url("token"), scope="", client="c", secret=""
        )
        code = Code(user_code="x", page="y", device_code="z", interval=1, seconds=60)
        assert (await oauth.entered(provider, code, pause=pause)).refresh == "canary-refresh-1"
    assert pauses == [1, 6, 11]


async def test_a_token_that_is_not_taken_any_more_is_no_reason_to_trouble_the_account_again() -> None:
    async with sign_in_server(USER) as signs:
        provider = Provider(device_url="", token_url=signs.url("token"), scope="", client="c", secret="")
        with pytest.raises(SignInEnded):
            await renewed(provider, "of old")


async def test_a_sign_in_server_that_does_not_answer_is_named() -> None:
    provider = Provider(
        device_url="http://127.0.0.1:1/device", token_url="http://127.0.0.1:1/token", scope="", client="c", secret=""
    )
    with pytest.raises(BackendError, match=r"The sign-in server 127\.0\.0\.1 does not answer\."):
        await oauth.begin(provider)


async def test_a_keyring_is_used_where_there_is_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[tuple[str, str], str] = {}

    class Ring:
        priority = 1

        @staticmethod
        def get_keyring() -> Any:
            return Ring

        @staticmethod
        def get_password(service: str, name: str) -> str | None:
            return kept.get((service, name))

        @staticmethod
        def set_password(service: str, name: str, secret: str) -> None:
            kept[service, name] = secret

    monkeypatch.setitem(sys.modules, "keyring", Ring)
    drawer = TokenDrawer(home)
    assert drawer.put(USER, "token") == "the system's keyring"
    assert drawer.get(USER) == "token"
    assert not await asyncio.to_thread((home / "tokens").exists)
    assert TokenDrawer(home / "other").get(USER) is None


async def test_mail_is_handed_in_with_a_token_where_there_is_no_password(home: Path) -> None:
    class Relay:
        logins: list[str] = []  # noqa: RUF012 - of one test
        arrived: list[Any] = []  # noqa: RUF012

        async def auth_XOAUTH2(self, server: Any, arguments: list[str]) -> AuthResult:
            import base64

            self.logins.append(base64.b64decode(arguments[1]).decode())
            return AuthResult(success=f"auth=Bearer {next(iter(signs.valid))}" in self.logins[-1])

        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            self.arrived.append(envelope)
            return "250 OK"

    relay = Relay()
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(
        lambda: SMTP(relay, loop=loop, auth_require_tls=False, auth_exclude_mechanism=["LOGIN", "PLAIN"]),
        "127.0.0.1",
        0,
    )
    async with signed_in_world() as (signs, _, environment):
        TokenDrawer(home).put(USER, signs.refresh)
        environment |= {
            "MAILMCP_SMTP__HOST": "127.0.0.1",
            "MAILMCP_SMTP__PORT": str(listening.sockets[0].getsockname()[1]),
            "MAILMCP_SMTP__SECURITY": "none",
            "MAILMCP_SMTP__USERNAME": USER,
            "MAILMCP_SEND__POLICY": "open",
            "MAILMCP_SEND__UNDO": "0",
        }
        async with house(home, environment) as reader:
            inbox = (await reader.room.create_inbox(name="shop"))[0].address
            request = SendRequest(inbox=inbox, body="Hello.", to=("bob@app.example",), subject="Hello")
            outcome = await reader.room.send(request)
    listening.close()
    assert outcome.draft is not None
    assert outcome.draft.state == "sent", outcome.draft.error
    assert len(relay.arrived) == 1
    assert relay.logins[0].startswith(f"user={USER}\x01auth=Bearer canary-access-")


async def _at_once(_: float) -> None:
    """No pause."""
