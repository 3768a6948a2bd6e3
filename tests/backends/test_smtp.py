"""Submission to a relay: what arrives there, what is said of what does not, and when it may have left."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import certificates
import pytest
from reception import KeepingReception
from relay_sink import PASSWORD, USER, Relay, relay
from web_server import Page, page

from mailmcp.backends.contract import Backend
from mailmcp.backends.dialogue import quoted
from mailmcp.backends.relays import RELAYS
from mailmcp.backends.smtp import SmtpBackend, relay_of
from mailmcp.config import SmtpSettings, load_settings
from mailmcp.errors import BackendError, ConfigError, NoAnswer, StoreFull, TryLater
from mailmcp.models import OutboundMail

pytestmark = pytest.mark.anyio

ANN, BOB, CLEO = "ann@world.example", "bob@world.example", "cleo@world.example"
PLAIN = b"Subject: hi\r\nMessage-ID: <1@a.example>\r\n\r\n.one\r\n..two\r\n.\r\nend\r\n"


def backend(tmp_path: Path, port: int, **fields: str) -> SmtpBackend:
    given = {"HOST": "127.0.0.1", "PORT": str(port), "SECURITY": "none"} | {
        name.upper(): value for name, value in fields.items()
    }
    environment = {f"MAILMCP_SMTP__{name}": value for name, value in given.items()}
    return SmtpBackend(load_settings(tmp_path, environment), KeepingReception())


def mail(*recipients: str, mime: bytes = PLAIN) -> OutboundMail:
    return OutboundMail(mime=mime, mail_from="agent@agents.example", recipients=recipients)


class Step:
    """Counts how often a send said that it is about to commit, and what had arrived by then."""

    def __init__(self, sink: Relay | None = None) -> None:
        self.sink = sink
        self.times = 0

    async def __call__(self, leaving: OutboundMail) -> None:
        self.times += 1
        assert self.sink is None or not self.sink.arrived


# --- what arrives -------------------------------------------------------------------------------------------------


async def test_exactly_these_bytes_reach_exactly_these_recipients(tmp_path: Path) -> None:
    async with relay() as sink:
        sender, step = backend(tmp_path, sink.port), Step(sink)
        receipt = await sender.send(mail(ANN, BOB), "d_1", step)
    (arrived,) = sink.arrived
    assert isinstance(sender, Backend)
    assert (receipt.accepted, receipt.refused, receipt.postponed, step.times) == ((ANN, BOB), (), (), 1)
    assert (arrived.mail_from, arrived.rcpt_tos) == ("agent@agents.example", [ANN, BOB])
    assert arrived.content == PLAIN


async def test_letters_beyond_ascii_are_announced(tmp_path: Path) -> None:
    async with relay() as sink:
        await backend(tmp_path, sink.port).send(mail(ANN, mime="Subject: hi\r\n\r\nGrüße\r\n".encode()), "d", Step())
        await backend(tmp_path, sink.port).send(mail("jörg@müller.example"), "d", Step())
        await backend(tmp_path, sink.port).send(mail("ann@müller.example"), "d", Step())
    eight, address, domain = sink.arrived
    assert "BODY=8BITMIME" in eight.mail_options
    assert "SMTPUTF8" in address.mail_options
    assert address.rcpt_tos == ["jörg@xn--mller-kva.example"]
    assert "SMTPUTF8" not in domain.mail_options
    assert domain.rcpt_tos == ["ann@xn--mller-kva.example"]


async def test_an_address_that_could_end_the_command_leaves_nothing(tmp_path: Path) -> None:
    async with relay() as sink:
        for address in ("a>@b.example", "a\r\nRCPT TO:<x@y.example>@b.example", "no-at"):
            with pytest.raises(BackendError, match="cannot stand in an envelope"):
                await backend(tmp_path, sink.port).send(mail(address), "d", Step())
    assert sink.arrived == []


async def test_a_mail_larger_than_the_relay_takes_is_refused_before_it_is_told(tmp_path: Path) -> None:
    async with relay(data_size_limit=1000) as sink:
        with pytest.raises(BackendError, match="at most 1000 bytes"):
            await backend(tmp_path, sink.port).send(mail(ANN, mime=PLAIN + b"x" * 1000), "d", Step())


def test_every_line_ends_in_crlf_and_no_line_is_a_lone_dot() -> None:
    assert quoted(b"a\n.\nb\r.c") == b"a\r\n..\r\nb\r\n..c\r\n"


# --- what is refused ----------------------------------------------------------------------------------------------


async def test_each_recipient_has_a_result_of_its_own(tmp_path: Path) -> None:
    async with relay() as sink:
        sink.answers = {BOB: "550 5.1.1 no such user", CLEO: "451 4.7.1 greylisted"}
        receipt = await backend(tmp_path, sink.port).send(mail(ANN, BOB, CLEO), "d", Step())
    assert receipt.accepted == (ANN,)
    assert [one for one, _ in receipt.refused] == [BOB]
    assert [one for one, _ in receipt.postponed] == [CLEO]
    assert receipt.unreachable == {BOB}
    assert sink.arrived[0].rcpt_tos == [ANN]


@pytest.mark.parametrize(("answer", "group"), [("554 5.6.0 spam", "refused"), ("452 4.3.1 full", "postponed")])
async def test_an_answer_to_the_final_dot_counts_for_all(tmp_path: Path, answer: str, group: str) -> None:
    async with relay() as sink:
        sink.answers = {"DATA": answer}
        receipt = await backend(tmp_path, sink.port).send(mail(ANN, BOB), "d", Step())
    assert receipt.accepted == ()
    assert [one for one, _ in getattr(receipt, group)] == [ANN, BOB]


@pytest.mark.parametrize(("answer", "kind"), [("550 5.7.1 not you", BackendError), ("421 4.3.2 later", TryLater)])
async def test_a_sender_that_is_not_taken_leaves_nothing(tmp_path: Path, answer: str, kind: type[Exception]) -> None:
    async with relay() as sink:
        sink.answers, step = {"MAIL": answer}, Step()
        with pytest.raises(BackendError, match="Nothing left") as caught:
            await backend(tmp_path, sink.port).send(mail(ANN), "d", step)
    assert (type(caught.value), step.times, sink.arrived) == (kind, 0, [])


async def test_when_nobody_is_accepted_nothing_is_handed_over(tmp_path: Path) -> None:
    async with relay() as sink:
        sink.answers, step = {ANN: "550 no"}, Step()
        receipt = await backend(tmp_path, sink.port).send(mail(ANN), "d", step)
    assert (receipt.accepted, step.times, sink.arrived) == ((), 0, [])


async def test_the_words_of_a_relay_come_back_short_and_without_links_or_secrets(tmp_path: Path) -> None:
    async with relay(auth_require_tls=False) as sink:
        said = f"550 see https://evil.example/x \x1b[31m {PASSWORD} " + "blah " * 80
        sink.answers = {ANN: said}
        sender = backend(tmp_path, sink.port, username=USER, password=PASSWORD)
        ((_, why),) = (await sender.send(mail(ANN), "d", Step())).refused
    assert "evil.example" not in why
    assert PASSWORD not in why
    assert "\x1b" not in why
    assert len(why) < 250


# --- the moment of the dot ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["354 more", "100 hm", "000 hm"])
async def test_an_answer_that_is_neither_yes_nor_no_means_that_it_may_have_left(tmp_path: Path, answer: str) -> None:
    async with relay() as sink:
        sink.answers = {"DATA": answer}
        with pytest.raises(NoAnswer, match="means nothing"):
            await backend(tmp_path, sink.port).send(mail(ANN), "d_1", Step())
        sink.answers |= {BOB: "550 no"}
        receipt = await backend(tmp_path, sink.port).send(mail(ANN, BOB), "d_1", Step())
        assert (receipt.accepted, [one for one, _ in receipt.refused], receipt.postponed) == ((), [BOB], ())


async def test_a_connection_that_breaks_after_the_dot_may_have_brought_the_mail(tmp_path: Path) -> None:
    async with relay() as sink:
        sink.cut, step = "dot", Step()
        with pytest.raises(NoAnswer):
            await backend(tmp_path, sink.port).send(mail(ANN), "d", step)
    assert (step.times, len(sink.arrived)) == (1, 1)


async def test_after_a_lost_answer_what_was_refused_before_is_still_known(tmp_path: Path) -> None:
    async with relay() as sink:
        sink.cut, sink.answers = "dot", {BOB: "550 no"}
        receipt = await backend(tmp_path, sink.port).send(mail(ANN, BOB), "d", Step())
    assert receipt.accepted == ()
    assert [one for one, _ in receipt.refused] == [BOB]


async def test_a_connection_that_breaks_before_the_dot_brought_nothing(tmp_path: Path) -> None:
    broken = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hi\r\n")
        while line := await reader.readline():
            if line == b"end\r\n":
                writer.transport.abort()
                broken.set()
                return
            if line.isupper() or line[:4] in (b"ehlo", b"EHLO", b"MAIL", b"RCPT"):
                writer.write(b"354 go\r\n" if line == b"DATA\r\n" else b"250 ok\r\n")

    async def step(leaving: OutboundMail) -> None:
        async with asyncio.timeout(60):
            await broken.wait()
        for _ in range(100):  # until our side of the loopback connection has heard of it
            await asyncio.sleep(0)

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        sender = backend(tmp_path, server.sockets[0].getsockname()[1])
        with pytest.raises(TryLater, match="Nothing left"):
            await sender.send(mail(ANN), "d", step)


async def test_what_the_step_before_the_dot_raises_keeps_the_mail_back(tmp_path: Path) -> None:
    async def no(leaving: OutboundMail) -> None:
        raise StoreFull("not now")

    async with relay() as sink:
        with pytest.raises(StoreFull):
            await backend(tmp_path, sink.port).send(mail(ANN), "d", no)
    assert sink.arrived == []


# --- encryption and login -----------------------------------------------------------------------------------------


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A relay's certificate for localhost, which this machine trusts."""
    pem = certificates.made(tmp_path / "tls", "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    return served(pem)


def served(pem: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    return context


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("auth", ["auto", "plain", "login"])
async def test_the_login_goes_over_an_encrypted_line(
    tmp_path: Path, trusted: ssl.SSLContext, security: str, auth: str
) -> None:
    # A relay that speaks TLS from the first byte does not know that it is encrypted, and could require no login.
    safe = security == "starttls"
    how: dict[str, Any] = {"auth_required": safe, "auth_require_tls": safe}
    async with relay(tls=trusted, from_the_first=security == "tls", **how) as sink:
        sender = backend(
            tmp_path, sink.port, host="localhost", security=security, username=USER, password=PASSWORD, auth=auth
        )
        assert (await sender.send(mail(ANN), "d", Step())).accepted == (ANN,)
    assert sink.logins == ["LOGIN" if auth == "login" else "PLAIN"]


async def test_an_encrypted_connection_ends_at_once_though_the_relay_says_no_goodbye(
    tmp_path: Path, trusted: ssl.SSLContext
) -> None:
    """Left open it would be a warning in whatever runs half a minute later."""

    def refuse() -> None:
        accepted = listener.accept()[0]
        accepted.settimeout(15)
        with trusted.wrap_socket(accepted, server_side=True) as secured:
            secured.sendall(b"220 relay.example\r\n")
            secured.recv(1000)
            secured.sendall(b"554 not today\r\n")
            bare = socket.socket(fileno=secured.detach())
        with bare:
            bare.settimeout(15)
            while bare.recv(1000):  # a goodbye is not answered
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(15)
        refusing = asyncio.create_task(asyncio.to_thread(refuse))
        sender = backend(tmp_path, listener.getsockname()[1], host="localhost", security="tls")
        with pytest.raises(TryLater):
            await sender.send(mail(ANN), "d", Step())
        await refusing


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_that_nobody_vouches_for_is_not_spoken_to(tmp_path: Path, security: str) -> None:
    context = served(certificates.made(tmp_path / "tls", "localhost"))
    async with relay(tls=context, from_the_first=security == "tls") as sink:
        sender = backend(tmp_path, sink.port, host="localhost", security=security)
        with pytest.raises(TryLater, match="certificate of the relay localhost"):
            await sender.send(mail(ANN), "d", Step())
    assert sink.arrived == []


async def test_a_certificate_of_another_name_is_not_spoken_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem = certificates.made(tmp_path / "tls", "other.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    async with relay(tls=served(pem)) as sink:
        with pytest.raises(TryLater, match="certificate"):
            await backend(tmp_path, sink.port, host="localhost", security="starttls").send(mail(ANN), "d", Step())


async def test_without_starttls_on_offer_nothing_is_said_in_the_clear(tmp_path: Path) -> None:
    async with relay() as sink:
        sender = backend(tmp_path, sink.port, host="localhost", security="starttls", username=USER, password=PASSWORD)
        with pytest.raises(TryLater, match="offers no STARTTLS"):
            await sender.send(mail(ANN), "d", Step())
    assert (sink.logins, sink.arrived) == ([], [])


async def test_a_wrong_password_is_named_by_its_setting_and_never_said(
    tmp_path: Path, trusted: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "mailmcp")
    caplog.set_level(logging.DEBUG, "aiosmtplib")
    async with relay(tls=trusted) as sink:
        sender = backend(
            tmp_path, sink.port, host="localhost", security="starttls", username=USER, password="wrong-secret-99"
        )
        with pytest.raises(BackendError, match="MAILMCP_SMTP__PASSWORD") as caught:
            await sender.send(mail(ANN), "d", Step())
    assert "wrong-secret-99" not in f"{caught.value}{caught.value.__cause__}{caplog.text}{sender._settings!r}"


async def test_a_relay_that_is_down_is_tried_again_later(tmp_path: Path) -> None:
    async with relay() as sink:
        port = sink.port
    with pytest.raises(TryLater, match="cannot be reached"):
        await backend(tmp_path, port).send(mail(ANN), "d", Step())


# --- access tokens ----------------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def service(tmp_path: Path, trusted: ssl.SSLContext, **more: str) -> AsyncIterator[tuple[Any, Relay, Page]]:
    """A backend with a refresh token, its relay, and the web server that gives access tokens."""
    async with page(trusted) as web, relay(tls=trusted) as sink:
        yield (
            backend(
                tmp_path,
                sink.port,
                host="localhost",
                security="starttls",
                username=USER,
                oauth_url=f"https://localhost:{web.port}/token",
                **{"oauth_client_id": "app", "oauth_refresh_token": "refresh-secret", **more},
            ),
            sink,
            web,
        )


async def test_an_access_token_is_had_for_the_refresh_token_and_used_until_it_runs_out(
    tmp_path: Path, trusted: ssl.SSLContext
) -> None:
    async with service(tmp_path, trusted, oauth_client_secret="app-secret") as (sender, sink, web):
        sink.token, web.body = "t1", '{"access_token": "t1", "expires_in": 3600}'
        for _ in range(2):
            assert (await sender.send(mail(ANN), "d", Step())).accepted == (ANN,)
        assert sink.logins == ["XOAUTH2", "XOAUTH2"]
    (form,) = web.forms
    assert dict(parse_qsl(form)) == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh-secret",
        "client_id": "app",
        "client_secret": "app-secret",
    }


async def test_a_token_that_is_refused_or_old_is_had_anew_once(tmp_path: Path, trusted: ssl.SSLContext) -> None:
    async with service(tmp_path, trusted) as (sender, sink, web):
        sink.token, web.body = "t1", '{"access_token": "t1", "expires_in": 30}'
        await sender.send(mail(ANN), "d", Step())
        sink.token, web.body = "t2", '{"access_token": "t2", "expires_in": 3600}'
        await sender.send(mail(ANN), "d", Step())
        assert web.asked == 2
        sink.token, web.body = "t3", '{"access_token": "t3"}'
        assert (await sender.send(mail(ANN), "d", Step())).accepted == (ANN,)
        assert (web.asked, len(sink.arrived)) == (3, 3)
        sink.token = "another"
        with pytest.raises(BackendError, match="did not accept the login"):
            await sender.send(mail(ANN), "d", Step())
        assert (web.asked, len(sink.arrived)) == (4, 3)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        ("400 Bad Request", '{"error": "invalid_grant", "error_description": "refresh-secret"}', BackendError),
        ("200 OK", '{"token_type": "Bearer"}', BackendError),
        ("200 OK", '{"access_token": "a\\u0001b"}', BackendError),
        ("503 Busy", "{}", TryLater),
        ("200 OK", "<html>", TryLater),
    ],
)
async def test_without_an_access_token_nothing_leaves_and_no_secret_is_said(
    tmp_path: Path, trusted: ssl.SSLContext, status: str, body: str, kind: type[Exception]
) -> None:
    async with service(tmp_path, trusted) as (sender, sink, web):
        web.status, web.body = status, body
        with pytest.raises(BackendError) as caught:
            await sender.send(mail(ANN), "d", Step())
        assert type(caught.value) is kind
        assert "refresh-secret" not in str(caught.value)
        assert sink.arrived == []


async def test_an_access_token_can_be_the_password(tmp_path: Path, trusted: ssl.SSLContext) -> None:
    async with relay(tls=trusted) as sink:
        sink.token = "t9"
        given = {"host": "localhost", "security": "starttls", "username": USER, "password": "t9", "auth": "xoauth2"}
        assert (await backend(tmp_path, sink.port, **given).send(mail(ANN), "d", Step())).accepted == (ANN,)


# --- settings -----------------------------------------------------------------------------------------------------


def test_a_provider_fills_in_what_is_not_set() -> None:
    fastmail = relay_of(SmtpSettings(provider="fastmail"))
    assert (fastmail.host, fastmail.port, fastmail.security) == ("smtp.fastmail.com", 465, "tls")
    ses = relay_of(SmtpSettings(provider="SES", host="email-smtp.eu-west-1.amazonaws.com", port=2587))
    assert (ses.host, ses.port, ses.security) == ("email-smtp.eu-west-1.amazonaws.com", 2587, "starttls")
    assert relay_of(SmtpSettings(host="h.example", security="tls")).port == 465
    assert relay_of(SmtpSettings.model_validate({"provider": "sendgrid", "password": "key"})).username == "apikey"
    own = {"provider": "sendgrid", "password": "key", "username": "me"}
    assert relay_of(SmtpSettings.model_validate(own)).username == "me"
    assert relay_of(SmtpSettings(provider="sendgrid")).username is None
    assert all(relay_of(SmtpSettings(provider=one.name)).security != "none" for one in RELAYS)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "MAILMCP_SMTP__HOST"),
        ({"provider": "pigeon"}, "MAILMCP_SMTP__PROVIDER"),
        ({"host": "h.example", "username": "u"}, "MAILMCP_SMTP__PASSWORD"),
        ({"host": "h.example", "oauth_refresh_token": "r"}, "MAILMCP_SMTP__USERNAME"),
        ({"host": "h.example", "username": "u", "password": "p", "security": "none"}, "MAILMCP_SMTP__SECURITY"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(given: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        relay_of(SmtpSettings.model_validate(given))


@pytest.mark.parametrize(
    "given",
    [
        {"oauth_refresh_token": "r"},
        {"oauth_refresh_token": "r", "oauth_client_id": "app"},
        {"oauth_refresh_token": "r", "oauth_client_id": "app", "oauth_url": "http://login.example/token"},
        {"oauth_refresh_token": "r", "oauth_client_id": "app", "oauth_url": "https://login.example/", "auth": "plain"},
    ],
)
def test_a_refresh_token_without_what_it_needs_is_refused_by_name(tmp_path: Path, given: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="MAILMCP_SMTP__OAUTH_URL"):
        backend(tmp_path, 587, host="h.example", security="starttls", username="u", **given)
