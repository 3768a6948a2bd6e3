"""The local backend as the mailroom meets it: rows, listening, and mail between inboxes."""

from __future__ import annotations

import asyncio
import smtplib
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from pydantic import SecretStr
from reception import Connect, KeepingReception, Listen, Peer

from mailmcp.authenticity.dns import StaticResolver
from mailmcp.backends import BACKENDS, open_backend
from mailmcp.backends.contract import MAX_MESSAGE_BYTES, Backend, CreatesInboxes, Listens
from mailmcp.backends.local import LocalBackend
from mailmcp.config import (
    AgentmailSettings,
    AgentSendSettings,
    E2aSettings,
    ImapSettings,
    LocalSettings,
    MailKiteSettings,
    Settings,
    SmtpSettings,
)
from mailmcp.errors import BackendError, ConfigError, StoreFull
from mailmcp.models import OutboundMail, Receipt, Source

pytestmark = pytest.mark.anyio


async def test_every_row_opens_a_backend_of_its_own_name(settings: Settings, reception: KeepingReception) -> None:
    for row in BACKENDS:
        own = settings.local.model_copy(update={"domain": "agents.example"})
        given = {"smtp": SmtpSettings(host="relay.example"), "imap": ImapSettings(username="me@home.example")}
        given |= {"agentmail": AgentmailSettings(api_key=SecretStr("am_us_0"))}
        given |= {"e2a": E2aSettings(api_key=SecretStr("e2a_acct_x"))}
        given |= {"agentsend": AgentSendSettings(api_key=SecretStr("ask_x"))}
        given |= {"mailkite": MailKiteSettings(api_key=SecretStr("mk_live_x"), domain="mk.example")}
        settings = settings.model_copy(update={**given, "local": own})
        backend = open_backend(row.name, settings, reception, StaticResolver({}))
        assert isinstance(backend, Backend)
        assert backend.name == row.name
        assert row.summary.endswith(".")
        await backend.aclose()


def test_an_unknown_backend_is_refused_with_the_names_that_can_be_used(
    settings: Settings, reception: KeepingReception
) -> None:
    with pytest.raises(ConfigError, match=r"no backend 'pigeon'.*can be: .*local"):
        open_backend("pigeon", settings, reception)


def test_the_table_and_the_backend_load_no_smtp_library_before_somebody_listens() -> None:
    code = (
        "import sys, mailmcp.backends; assert 'mailmcp.backends.local' not in sys.modules;"
        "import mailmcp.backends.local; assert 'aiosmtpd' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=200)


async def test_the_local_backend_listens_and_creates_inboxes(settings: Settings, reception: KeepingReception) -> None:
    backend = LocalBackend(settings, reception)
    assert isinstance(backend, Listens)
    assert isinstance(backend, CreatesInboxes)
    assert backend.domain == "agents.internal"


async def test_a_mail_by_smtp_is_handed_in_as_it_came_with_its_envelope(port: int, reception: KeepingReception) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "app@shop.example", "agent@agents.internal", "Your code"
    mail.set_content("Your code is 482913\n.\n..\n.hidden\n")

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", port, local_hostname="app.example", timeout=60) as client:
            client.send_message(mail)

    before = datetime.now(UTC)
    await asyncio.to_thread(send)

    (arrival,) = reception.arrivals
    assert arrival.raw == mail.as_bytes().replace(b"\n", b"\r\n")
    assert arrival.source is Source.SMTP
    assert arrival.backend == "local"
    assert arrival.envelope.mail_from == "app@shop.example"
    assert arrival.envelope.recipients == ("agent@agents.internal",)
    assert arrival.envelope.peer == "127.0.0.1"
    assert arrival.envelope.helo == "app.example"
    assert before - timedelta(seconds=1) <= arrival.envelope.received_at <= datetime.now(UTC)


async def test_the_listener_says_where_it_really_is(listen: Listen) -> None:
    listener = await listen()
    assert listener.host == "127.0.0.1"
    assert 1024 <= listener.port <= 65535


async def test_a_port_in_use_is_said_in_words_that_help(listen: Listen, reception: KeepingReception) -> None:
    taken = (await listen()).port
    settings = Settings.model_validate({"home": "/unused", "local": {"smtp_port": taken}})
    with pytest.raises(BackendError, match=rf"127\.0\.0\.1 port {taken}: .+ uses it; set MAILMCP_LOCAL__SMTP_PORT"):
        await LocalBackend(settings, reception).listen()


async def test_an_address_that_is_not_ours_is_said_in_words_that_help(reception: KeepingReception) -> None:
    # 192.0.2.0/24 is reserved for documentation (RFC 5737): no machine has it.
    settings = Settings.model_validate({"home": "/unused", "local": {"smtp_host": "192.0.2.1", "smtp_port": 0}})
    with pytest.raises(BackendError, match=r"192\.0\.2\.1 .*no such address; set MAILMCP_LOCAL__SMTP_HOST"):
        await LocalBackend(settings, reception).listen()


async def test_closing_the_backend_closes_its_listener_and_may_be_done_twice(
    settings: Settings, reception: KeepingReception
) -> None:
    backend = LocalBackend(settings, reception)
    listener = await backend.listen()
    await backend.aclose()
    await backend.aclose()
    await listener.aclose()
    with pytest.raises(ConnectionRefusedError):
        await Peer.connect(listener.port)


async def test_who_takes_over_from_a_process_that_just_died_waits_for_its_port(reception: KeepingReception) -> None:
    dying = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = dying.sockets[0].getsockname()[1]
    backend = LocalBackend(Settings.model_validate({"home": "/unused", "local": {"smtp_port": port}}), reception)
    backend.load_listener()  # as a follower does
    asyncio.get_running_loop().call_later(0.05, dying.close)
    listener = await backend.listen()
    assert listener.port == port
    await backend.aclose()


async def test_the_port_can_be_listened_on_again_right_after_closing(
    connect: Connect, settings: Settings, reception: KeepingReception
) -> None:
    first = LocalBackend(settings, reception)
    port = (await first.listen()).port
    peer = await connect(port)
    assert (await peer.mail(b"Subject: one")).startswith("250")
    await first.aclose()
    again = LocalBackend(settings.model_copy(update={"local": LocalSettings(smtp_port=port)}), reception)
    assert (await again.listen()).port == port
    await again.aclose()


# --- sending ------------------------------------------------------------------------------------------------------


async def nothing(leaving: OutboundMail) -> None:
    """Nobody wants to know that a mail is about to leave."""


def outbound(*recipients: str, mime: bytes = b"Subject: hi\r\n\r\nhello\r\n") -> OutboundMail:
    return OutboundMail(mime=mime, mail_from="agent@agents.internal", recipients=recipients)


async def test_mail_between_inboxes_is_handed_in_without_smtp(settings: Settings, reception: KeepingReception) -> None:
    backend = LocalBackend(settings, reception)
    receipt = await backend.send(outbound("other@Agents.Internal", "agent@agents.internal"), "d_1", nothing)
    (arrival,) = reception.arrivals
    assert receipt.accepted == ("other@agents.internal", "agent@agents.internal")
    assert receipt.refused == ()
    assert arrival.source is Source.SUBMITTED
    assert arrival.raw == b"Subject: hi\r\n\r\nhello\r\n"
    assert arrival.envelope.mail_from == "agent@agents.internal"
    assert arrival.envelope.recipients == receipt.accepted
    assert arrival.envelope.peer is None


async def test_of_mixed_recipients_the_known_get_it_and_the_others_are_named(
    settings: Settings, reception: KeepingReception
) -> None:
    receipt = await LocalBackend(settings, reception).send(
        outbound("you@world.example", "other@agents.internal"), "d_1", nothing
    )
    assert receipt.accepted == ("other@agents.internal",)
    assert [recipient for recipient, _ in receipt.refused] == ["you@world.example"]
    assert reception.arrivals[0].envelope.recipients == ("other@agents.internal",)


async def test_mail_to_the_world_is_refused_with_the_setting_that_would_allow_it(
    settings: Settings, reception: KeepingReception
) -> None:
    with pytest.raises(BackendError, match=r"you@world\.example.*MAILMCP_SEND_BACKEND"):
        await LocalBackend(settings, reception).send(outbound("you@world.example"), "d_1", nothing)
    assert reception.arrivals == []


async def test_a_send_that_the_store_cannot_take_says_that_nothing_was_delivered(
    settings: Settings, reception: KeepingReception
) -> None:
    reception.trouble = StoreFull("The disk is full.")
    with pytest.raises(BackendError, match=r"Nothing was delivered: The disk is full\."):
        await LocalBackend(settings, reception).send(outbound("other@agents.internal"), "d_1", nothing)


async def test_a_send_larger_than_what_is_received_is_refused(settings: Settings, reception: KeepingReception) -> None:
    with pytest.raises(BackendError, match="larger than"):
        await LocalBackend(settings, reception).send(
            outbound("other@agents.internal", mime=b"x" * (MAX_MESSAGE_BYTES + 1)), "d_1", nothing
        )


async def test_it_is_said_before_anything_is_delivered_and_a_refusal_keeps_it_back(
    settings: Settings, reception: KeepingReception
) -> None:
    async def no(leaving: OutboundMail) -> None:
        assert reception.arrivals == []
        raise StoreFull("not now")

    with pytest.raises(BackendError, match="not now"):
        await LocalBackend(settings, reception).send(outbound("other@agents.internal"), "d_1", no)
    assert reception.arrivals == []


async def test_what_became_of_a_mail_whose_answer_was_lost_can_be_told(
    settings: Settings, reception: KeepingReception
) -> None:
    backend, mail = LocalBackend(settings, reception), outbound("other@agents.internal")
    assert await backend.find_sent(mail, "d_1") is None
    await backend.send(mail, "d_1", nothing)
    assert await backend.find_sent(mail, "d_1") == Receipt(accepted=("other@agents.internal",))
