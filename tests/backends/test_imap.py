"""The imap backend by itself: settings, the connection, and servers that misbehave."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from letters import letter
from reception import KeepingReception
from toy_imap import Toy, toy

from mailmcp.backends.imap import ImapBackend
from mailmcp.backends.mailbox import client, commands, connection, folders
from mailmcp.backends.mailbox.accounts import accounts
from mailmcp.backends.mailbox.addressing import addressed
from mailmcp.backends.mailbox.connection import Connection, LoginRefused
from mailmcp.backends.mailbox.presets import PRESETS
from mailmcp.config import Settings, load_settings
from mailmcp.errors import BackendError, ConfigError, TryLater
from mailmcp.mailroom.returning import Returning

LIMIT = 10
SECRET = "canary correct horse 4711"


def given(home: Path, **environment: str) -> Settings:
    return load_settings(home, {f"MAILMCP_{name}": value for name, value in environment.items()})


def backend(home: Path, **environment: str) -> ImapBackend:
    return ImapBackend(given(home, **environment), KeepingReception())


def to_toy(home: Path, server: Toy, **environment: str) -> Connection:
    settings = given(
        home,
        IMAP__HOST="127.0.0.1",
        IMAP__PORT=str(server.port),
        IMAP__SECURITY="none",
        IMAP__USERNAME="me@home.example",
        IMAP__PASSWORD=SECRET,
        **environment,
    )
    (account,) = accounts(settings)
    assert account.server is not None
    return Connection(account, account.server, "test")


async def opened(home: Path, server: Toy, **environment: str) -> Connection:
    made = to_toy(home, server, **environment)
    await asyncio.wait_for(made.open(SECRET, method="auto"), LIMIT)
    return made


# --- what the settings say ---------------------------------------------------------------------------------------


def test_the_domain_of_an_address_tells_the_server_of_a_known_service(tmp_path: Path) -> None:
    (account,) = accounts(given(tmp_path, IMAP__USERNAME="Somebody@GMail.com", IMAP__PASSWORD="x"))
    assert account.address == "somebody@gmail.com"
    assert account.server is not None
    assert (account.server.host, account.server.port, account.server.security) == ("imap.gmail.com", 993, "tls")


def test_what_is_set_beside_a_provider_wins(tmp_path: Path) -> None:
    settings = given(tmp_path, IMAP__PROVIDER="proton", IMAP__USERNAME="a@b.example", IMAP__PORT="2143")
    (account,) = accounts(settings)
    assert account.server is not None
    assert (account.server.host, account.server.port, account.server.security) == ("127.0.0.1", 2143, "starttls")


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "set MAILMCP_IMAP__USERNAME and MAILMCP_IMAP__PASSWORD"),
        ({"IMAP__USERNAME": "me", "IMAP__HOST": "a.example"}, "set MAILMCP_IMAP__ADDRESS"),
        ({"IMAP__PROVIDER": "nowhere", "IMAP__USERNAME": "a@b.example"}, "is none of gmail, outlook"),
        (
            {"IMAP__USERNAME": "a@b.example", "IMAP__HOST": "imap.b.example", "IMAP__SECURITY": "none"},
            "would show password and mail to everybody",
        ),
    ],
)
def test_settings_that_cannot_be_used_are_refused_in_words(
    tmp_path: Path, environment: dict[str, str], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        backend(tmp_path, **environment)


def test_further_accounts_stand_in_tables_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '[imap]\nusername = "me@home.example"\nhost = "imap.home.example"\n'
        '[imap.accounts.work]\nusername = "me@work.example"\nhost = "imap.work.example"\naccess = "write"\n'
    )
    made = backend(tmp_path)
    assert made.addresses == ("me@home.example", "me@work.example")
    assert "imap.accounts" not in (made.why_not_from("me@home.example") or "")
    assert made.why_not_from("me@work.example") == "Only the account me@home.example sends; me@work.example receives."


def test_the_same_account_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '[imap]\nusername = "me@home.example"\nhost = "a.example"\n'
        '[imap.accounts.b]\nusername = "me@home.example"\nhost = "b.example"\n'
    )
    with pytest.raises(ConfigError, match=r"Two accounts have the address me@home\.example"):
        backend(tmp_path)


def test_new_inboxes_have_a_plus_or_stand_at_the_domain_that_all_comes_from(tmp_path: Path) -> None:
    plus = backend(tmp_path, IMAP__USERNAME="me@home.example", IMAP__HOST="a.example")
    assert plus.address_for("shop") == "me+shop@home.example"
    all_of_it = backend(
        tmp_path, IMAP__USERNAME="me@home.example", IMAP__HOST="a.example", IMAP__CATCH_ALL="Mine.example"
    )
    assert all_of_it.domain == "mine.example"
    assert all_of_it.address_for("shop") == "shop@mine.example"
    assert all_of_it.account_of("shop@mine.example") == "me@home.example"


def test_the_relay_of_a_known_service_is_used_with_the_accounts_login(tmp_path: Path) -> None:
    made = backend(tmp_path, IMAP__USERNAME="me@fastmail.com", IMAP__PASSWORD="x").sends_with()
    assert made is not None
    smtp = made.smtp
    assert (smtp.host, smtp.port, smtp.security, smtp.username) == ("smtp.fastmail.com", 465, "tls", "me@fastmail.com")
    assert backend(tmp_path, IMAP__USERNAME="me@home.example", IMAP__HOST="a.example").sends_with() is None


def test_every_preset_is_encrypted_or_on_this_machine() -> None:
    assert len({one.name for one in PRESETS}) == len(PRESETS) == 11
    assert all(one.security != "none" and one.smtp_security in ("tls", "starttls") for one in PRESETS)


# --- whose a mail is ---------------------------------------------------------------------------------------------

INBOXES = {"me@home.example", "me+shop@home.example", "me+bank@home.example", "any@mine.example"}


async def inbox_of(recipient: str) -> str | None:
    if recipient in INBOXES:
        return recipient
    local, _, domain = recipient.partition("@")
    return f"{local.partition('+')[0]}@{domain}" if f"{local.partition('+')[0]}@{domain}" in INBOXES else None


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("headers", "recipients"),
    [
        ({}, ("me@home.example",)),
        ({"To": "me+shop@home.example"}, ("me+shop@home.example",)),
        ({"Delivered-To": "me+bank@home.example", "To": "me+shop@home.example"}, ("me+bank@home.example",)),
        # A server that takes the detail away says nothing about it: the next field does.
        ({"Delivered-To": "me@home.example", "X-Original-To": "any@mine.example"}, ("any@mine.example",)),
        (
            {"X-Original-To": "<ME+Shop@Home.example>", "Cc": "me+bank@home.example"},
            ("me+shop@home.example",),
        ),
        (
            {"To": "me+shop@home.example, x@else.example", "Cc": "me+bank@home.example"},
            ("me+shop@home.example", "me+bank@home.example"),
        ),
        ({"To": "me+unknown@home.example"}, ("me@home.example",)),
        ({"To": "a crowd: ;"}, ("me@home.example",)),
    ],
)
async def test_the_first_field_that_names_an_inbox_decides(
    headers: dict[str, str], recipients: tuple[str, ...]
) -> None:
    raw = letter("somebody@else.example", headers=headers)
    assert (await addressed(raw, "me@home.example", inbox_of)).recipients == recipients


@pytest.mark.anyio
async def test_the_host_that_checked_the_sender_is_the_one_of_the_topmost_field() -> None:
    raw = (
        b"Authentication-Results: mx.home.example 1; dkim=pass\r\nReturn-Path: <b@app.example>\r\n"
        b"Authentication-Results: evil.example; dmarc=pass\r\nFrom: b@app.example\r\n\r\nx\r\n"
    )
    told = await addressed(raw, "me@home.example", inbox_of)
    assert (told.authserv, told.mail_from) == ("mx.home.example", "b@app.example")


# --- the connection ----------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_folders_are_named_in_any_language_and_script(tmp_path: Path) -> None:
    async with toy() as server:
        made = await opened(tmp_path, server)
        listed = await made.run(folders.listed)
        made.close()
    assert listed.names == ("INBOX", "日本語")
    assert listed.found("inbox") == "INBOX"
    assert listed.found("日本語") == "日本語"


@pytest.mark.anyio
async def test_a_login_that_is_refused_is_said_without_what_the_server_says(tmp_path: Path) -> None:
    said = f"[AUTHENTICATIONFAILED] no such password {SECRET}"
    async with toy(refuses=said) as server:
        made = to_toy(tmp_path, server)
        with pytest.raises(LoginRefused) as refused:
            await asyncio.wait_for(made.open(SECRET, method="auto"), LIMIT)
    assert "MAILMCP_IMAP__PASSWORD" in refused.value.public
    chain: BaseException | None = refused.value
    while chain is not None:
        assert SECRET not in str(chain)
        chain = chain.__cause__


@pytest.mark.anyio
@pytest.mark.parametrize(
    "how",
    [
        {"cut_at": {"AUTHENTICATE": 1}},
        {"refuses": "[UNAVAILABLE] Temporary authentication failure."},
        {"garbage": {"AUTHENTICATE": b"TAG BAD not now\r\n"}},
    ],
)
async def test_a_login_that_fails_for_another_reason_than_the_password_is_tried_again_soon(
    tmp_path: Path, how: dict[str, Any]
) -> None:
    async with toy(**how) as server:
        made = to_toy(tmp_path, server)
        with pytest.raises(TryLater):
            await asyncio.wait_for(made.open(SECRET, method="plain"), LIMIT)


@pytest.mark.anyio
async def test_no_password_is_written_to_the_log_whatever_happens(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for method in ("auto", "plain", "login"):
        for how in ({}, {"refuses": f"bad {SECRET}"}, {"cut_at": {"LOGIN": 9, "AUTHENTICATE": 9}}):
            async with toy(**how) as server:
                made = to_toy(tmp_path, server)
                with contextlib.suppress(BackendError):
                    await asyncio.wait_for(made.open(SECRET, method=method), LIMIT)
                made.close()
    coded = base64.b64encode(f"\0me@home.example\0{SECRET}".encode()).decode()
    assert SECRET not in caplog.text
    assert coded not in caplog.text


@pytest.mark.anyio
async def test_a_server_without_starttls_gets_no_password(tmp_path: Path) -> None:
    async with toy() as server:
        made = to_toy(tmp_path, server)
        made._server = commands_server(made, "starttls")
        with pytest.raises(BackendError, match="offers no STARTTLS: look at MAILMCP_IMAP__SECURITY"):
            await asyncio.wait_for(made.open(SECRET, method="auto"), LIMIT)
    assert not [one for one in server.heard if one.startswith(("LOGIN", "AUTH"))]


def commands_server(made: Connection, security: str) -> Any:
    from dataclasses import replace

    return replace(made._server, security=security)


@pytest.mark.anyio
async def test_a_server_that_allows_no_password_is_not_given_one(tmp_path: Path) -> None:
    async with toy(capabilities="IMAP4rev1 LOGINDISABLED") as server:
        made = to_toy(tmp_path, server)
        with pytest.raises(BackendError, match="takes no password on this connection"):
            await asyncio.wait_for(made.open(SECRET, method="auto"), LIMIT)
    assert not [one for one in server.heard if one.startswith(("LOGIN", "AUTH"))]


@pytest.mark.anyio
async def test_a_server_that_says_nothing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LOGIN_SECONDS", 0.2)
    async with toy(silent=frozenset(("AUTHENTICATE",))) as server:
        made = to_toy(tmp_path, server)
        with pytest.raises(TryLater, match="does not answer"):
            await asyncio.wait_for(made.open(SECRET, method="auto"), LIMIT)


@pytest.mark.anyio
async def test_an_address_where_nothing_listens_is_said(tmp_path: Path) -> None:
    server = Toy(port=1)
    with pytest.raises(TryLater, match=r"The IMAP server 127\.0\.0\.1 port 1 cannot be reached"):
        await asyncio.wait_for(to_toy(tmp_path, server).open(SECRET, method="auto"), LIMIT)


@pytest.mark.anyio
async def test_what_is_no_imap_is_said(tmp_path: Path) -> None:
    async with toy(greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n") as server:
        with pytest.raises(TryLater):
            await asyncio.wait_for(to_toy(tmp_path, server).open(SECRET, method="auto"), LIMIT)


@pytest.mark.anyio
async def test_a_literal_larger_than_any_mail_is_not_read_into_memory(tmp_path: Path) -> None:
    async with toy(literal=client.MOST_BYTES + 1) as server:
        server.add(b"x" * 100)
        made = await opened(tmp_path, server)
        await made.run(partial(commands.select, name="INBOX"))
        with pytest.raises(TryLater, match="ended the connection"):
            await asyncio.wait_for(made.run(partial(commands.bodies, wanted=[1])), LIMIT)
        with pytest.raises(TryLater, match="is closed"):
            await made.run(folders.listed)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "garbage",
    [
        b"* 1 FETCH (UID 1 FLAGS (((((\r\nTAG OK done\r\n",
        b"* 1 FETCH (UID one RFC822.SIZE -4)\r\nTAG OK done\r\n",
        b"\xff\xfe\x00 nonsense\r\n",
        b'* 1 FETCH (UID 1 BODY[] "half a string\r\nTAG OK done\r\n',
        b"TAG NO [UNAVAILABLE] not today\r\n",
        b"TAG BAD what?\r\n",
    ],
)
async def test_nonsense_of_a_server_ends_the_connection_in_words(tmp_path: Path, garbage: bytes) -> None:
    async with toy(garbage={"FETCH": garbage}) as server:
        server.add(letter("me@home.example"))
        made = await opened(tmp_path, server)
        await made.run(partial(commands.select, name="INBOX"))
        try:
            found = await asyncio.wait_for(made.run(partial(commands.flags, wanted=[1]), seconds=2), LIMIT)
        except BackendError as error:
            said = error.public
        else:
            assert found == {}  # what cannot be understood is not there
            said = "The IMAP server"
        made.close()
    assert said.startswith("The IMAP server")


@pytest.mark.anyio
async def test_a_mail_that_a_server_keeps_back_is_not_passed_over(tmp_path: Path) -> None:
    async with toy() as server:
        server.kept_back.add(server.add(letter("me@home.example")))
        made = await opened(tmp_path, server)
        await made.run(partial(commands.select, name="INBOX"))
        with pytest.raises(TryLater, match="does not hand over a mail that it says it has"):
            await made.run(partial(commands.bodies, wanted=[1]))


@pytest.mark.anyio
async def test_the_newest_mail_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    """``8:*`` names the newest mail even when its UID is below 8 (RFC 3501 §6.4.8)."""
    async with toy() as server:
        server.add(letter("me@home.example"), uid=5)
        made = await opened(tmp_path, server)
        await made.run(partial(commands.select, name="INBOX"))
        assert await made.run(partial(commands.uids, low=8)) == []
        assert await made.run(partial(commands.uids, low=5)) == [5]
        made.close()


@pytest.mark.anyio
async def test_reading_opens_folders_so_that_nothing_in_them_can_change(tmp_path: Path) -> None:
    async with toy() as server:
        server.add(letter("me@home.example"))
        made = await opened(tmp_path, server)
        await made.run(partial(commands.select, name="INBOX"))
        await made.run(partial(commands.bodies, wanted=[1]))
        made.close()
    assert not [one for one in server.heard if one.startswith(("SELECT", "STORE"))]
    assert [one for one in server.heard if "BODY.PEEK[]" in one]


def test_the_relay_of_a_known_service_is_the_one_whose_reports_count(tmp_path: Path) -> None:
    settings = given(tmp_path, BACKEND="imap", IMAP__USERNAME="me@gmail.com", IMAP__PASSWORD="x")
    returning = Returning(cast(Any, None), settings)
    returning.ask_for_relay(ImapBackend(settings, KeepingReception()).sends_with)
    assert returning._relay_host == "smtp.gmail.com"
