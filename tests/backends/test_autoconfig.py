"""Finding servers by Thunderbird's autoconfig: what is believed of a document, and a real web server of the domain."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import certificates
import pytest
from letters import letter
from reception import KeepingReception
from relay_sink import PASSWORD, USER, relay
from tests.authenticity.name_server import NameServer
from web_server import Page, page

from mailmcp.backends.imap import ImapBackend
from mailmcp.backends.mailbox import autoconfig
from mailmcp.backends.mailbox.accounts import Server, accounts
from mailmcp.backends.mailbox.autoconfig import Described, Named, described
from mailmcp.backends.mailbox.discovery import discovered, outgoing
from mailmcp.config import load_settings
from mailmcp.errors import BackendError
from mailmcp.models import OutboundMail

ADDRESS = "me@auto.example"
IN = """<incomingServer type="imap"><hostname>{host}</hostname><port>{port}</port><socketType>{security}</socketType>
<username>{username}</username><authentication>password-cleartext</authentication></incomingServer>"""
OUT = IN.replace("incomingServer", "outgoingServer").replace('"imap"', '"smtp"')


def server(element: str = IN, **given: Any) -> str:
    usual = {"host": "imap.%EMAILDOMAIN%", "port": 993, "security": "SSL", "username": "%EMAILADDRESS%"}
    return element.format(**{**usual, **given})


def document(*servers: str, before: str = "") -> bytes:
    inner = "\n".join(servers)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<!-- of ours -->\n<clientConfig version="1.1">'
        f'<emailProvider id="auto.example"><domain>auto.example</domain>{inner}</emailProvider></clientConfig>'
    ).encode()


def incoming(*servers: str) -> Named | None:
    said = described(document(*servers), ADDRESS)
    return said.incoming if said else None


def test_a_document_names_both_servers_and_the_user_name() -> None:
    said = described(
        document(
            '<incomingServer type="pop3"><hostname>pop.auto.example</hostname></incomingServer>',
            server(username="%EMAILLOCALPART%"),
            server(OUT, host="smtp.hoster.example", port=587, security="STARTTLS"),
        ),
        ADDRESS,
    )
    assert said == Described(
        incoming=Named(server=Server(host="imap.auto.example", port=993, security="tls"), username="me"),
        outgoing=Named(server=Server(host="smtp.hoster.example", port=587, security="starttls"), username=ADDRESS),
    )


@pytest.mark.parametrize(
    "given",
    [
        {"security": "plain"},
        {"security": ""},
        {"port": "993 "},
        {"port": "0"},
        {"port": "99999"},
        {"port": "9" * 5000},
        {"port": "٩٩٣"},
        {"host": "127.0.0.1"},
        {"host": "[::1]"},
        {"host": "localhost"},
        {"host": "imap.auto.example/../x"},
        {"host": "a b.example"},
        {"host": ""},
        {"username": "me\nx"},
        {"username": "x" * 300},
    ],
)
def test_a_server_that_cannot_be_used_is_passed_over(given: dict[str, str]) -> None:
    good = Named(server=Server(host="second.auto.example", port=993, security="tls"), username=ADDRESS)
    found = incoming(server(**given), server(host="second.auto.example"))
    if given == {"port": "993 "}:  # blanks around a value are none
        assert found is not None
        assert found.server.port == 993
    else:
        assert found == good
        assert described(document(server(**given)), ADDRESS) is None


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"not found",
        b"<clientConfig>",
        b"\xff\xfe<\x00a\x00",
        document(server(), before="<!DOCTYPE x>"),
        document(server(), before='<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
        document(server(host="&a;")),
        document(server()).decode().encode("utf-16"),
    ],
)
def test_what_is_no_document_of_this_format_is_refused(octets: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        described(octets, ADDRESS)


def test_what_stands_for_a_placeholder_is_no_template() -> None:
    said = described(document(server(username="%EMAILLOCALPART%")), "%EMAILDOMAIN%@auto.example")
    assert said is not None
    assert said.incoming is not None
    assert said.incoming.username == "%EMAILDOMAIN%"


# --- asked of a domain -------------------------------------------------------------------------------------------

ZONE = """
$ORIGIN example.
$TTL 600
@                       SOA ns.example. host.example. 1 3600 600 86400 60
@                       NS  ns
autoconfig.auto         A   127.0.0.1
well                    A   127.0.0.1
autoconfig.forged       A   127.0.0.1
_imaps._tcp.forged      SRV 0 1 993 imap.thief.test.
_imaps._tcp.auto        SRV 0 1 993 imap.hoster.test.
"""
NAMES = ("autoconfig.auto.example", "well.example", "smtp.hoster.test")


@pytest.fixture
async def name_servers() -> AsyncIterator[str]:
    server = NameServer(ZONE)
    await server.start()
    yield f"127.0.0.1:{server.port}"
    await server.stop()


@contextlib.asynccontextmanager
async def web(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> AsyncIterator[Page]:
    """A web server with a genuine certificate for a name."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(trusted(folder, monkeypatch)[name])
    async with page(context) as served:
        served.kind = "text/xml"
        monkeypatch.setattr(autoconfig, "HTTPS_PORT", served.port)
        yield served


def trusted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    files = {name: folder / "tls" / f"{name}.90.pem" for name in NAMES}
    pems = {name: file if file.exists() else certificates.made(folder / "tls", name) for name, file in files.items()}
    (folder / "trusted").write_bytes(b"".join(one.read_bytes() for one in pems.values()))
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "trusted"))
    return pems


def environment(domain: str, name_servers: str, **more: str) -> dict[str, str]:
    return {"MAILMCP_IMAP__USERNAME": f"me@{domain}", "MAILMCP_DNS__SERVERS": name_servers, **more}


@pytest.mark.anyio
@pytest.mark.parametrize(("domain", "name"), [("auto.example", NAMES[0]), ("well.example", NAMES[1])])
async def test_the_web_server_of_the_domain_is_believed_also_about_another_organisation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name_servers: str, domain: str, name: str
) -> None:
    async with web(tmp_path, monkeypatch, name) as served:
        served.body = document(server(host="imap.hoster.test", username="%EMAILLOCALPART%"), server(OUT)).decode()
        settings = load_settings(tmp_path, environment(domain, name_servers))
        (account,) = accounts(settings)
        found = await discovered(account, settings.dns.servers)
        assert found == Named(server=Server(host="imap.hoster.test", port=993, security="tls"), username="me")
        assert (await outgoing(account, settings.dns.servers)).server.host == f"imap.{domain}"


@pytest.mark.anyio
async def test_a_user_name_that_the_settings_give_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name_servers: str
) -> None:
    async with web(tmp_path, monkeypatch, NAMES[0]) as served:
        served.body = document(server()).decode()
        given = environment("auto.example", name_servers, MAILMCP_IMAP__ADDRESS=ADDRESS)
        settings = load_settings(tmp_path, {**given, "MAILMCP_IMAP__USERNAME": "m.e"})
        assert (await discovered(accounts(settings)[0], settings.dns.servers)).username == "m.e"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "how",
    [{"status": "302 Found", "more": "Location: https://well.example/\r\n"}, {"body": "x" * 70_000}, {"body": ""}],
)
async def test_a_web_server_that_says_nothing_usable_leaves_the_sentence_about_dns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name_servers: str, how: dict[str, str]
) -> None:
    async with web(tmp_path, monkeypatch, NAMES[0]) as served:
        served.body = document(server()).decode()
        for name, value in how.items():
            setattr(served, name, value)
        settings = load_settings(tmp_path, environment("auto.example", name_servers))
        with pytest.raises(BackendError, match=r"DNS names imap\.hoster\.test port 993"):
            await discovered(accounts(settings)[0], settings.dns.servers)
        assert served.asked == 1


@pytest.mark.anyio
async def test_a_web_server_with_anothers_certificate_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name_servers: str
) -> None:
    async with web(tmp_path, monkeypatch, NAMES[0]) as served:
        served.body = document(server(host="imap.thief.test")).decode()
        settings = load_settings(tmp_path, environment("forged.example", name_servers))
        with pytest.raises(BackendError, match=r"DNS names imap\.thief\.test"):
            await discovered(accounts(settings)[0], settings.dns.servers)


async def nothing(leaving: OutboundMail) -> None:
    """Nothing is to be written down."""


@pytest.mark.anyio
async def test_a_mail_leaves_by_the_server_that_the_domain_names_without_any_setting_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name_servers: str
) -> None:
    look_up = socket.getaddrinfo

    def to_loopback(host: Any, *rest: Any, **named: Any) -> Any:
        return look_up("127.0.0.1" if str(host).endswith(".test") else host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", to_loopback)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(trusted(tmp_path, monkeypatch)[NAMES[2]])
    async with web(tmp_path, monkeypatch, NAMES[0]) as served, relay(tls=context) as taking:
        named = server(OUT, host=NAMES[2], port=taking.port, security="STARTTLS", username=USER)
        served.body = document(named).decode()
        given = environment("auto.example", name_servers, MAILMCP_IMAP__PASSWORD=PASSWORD)
        made = ImapBackend(load_settings(tmp_path, given), KeepingReception())
        assert made.sends_with() is None
        mail = OutboundMail(mime=letter("bob@far.example"), mail_from=ADDRESS, recipients=("bob@far.example",))
        await made.send(mail, "d_one", nothing)
        assert [one.rcpt_tos for one in taking.arrived] == [["bob@far.example"]]
        assert taking.encrypted == [True]
        known = made.sends_with()
        assert known is not None
        assert known.smtp.host == NAMES[2]
