"""STARTTLS on the embedded server: offered with a certificate, recorded, and nothing said in the clear lives on."""

from __future__ import annotations

import asyncio
import os
import smtplib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from certificates import made
from cryptography.hazmat.primitives.asymmetric import rsa
from reception import WAIT, KeepingReception, Peer, seen

from mailmcp.backends.contract import Listener
from mailmcp.backends.local import LocalBackend
from mailmcp.backends.tls import Certificate
from mailmcp.backends.transaction import Limits
from mailmcp.config import LocalSettings, Settings, load_settings
from mailmcp.errors import BackendError, ConfigError

pytestmark = pytest.mark.anyio
MAIL = b"From: a@app.example\r\nSubject: Hi\r\n\r\nSome words.\r\n"


@asynccontextmanager
async def listening(
    tmp_path: Path, reception: KeepingReception, file: Path, **limits: float
) -> AsyncIterator[Listener]:
    local = LocalSettings(smtp_port=0, tls_cert=str(file), hostname="mail.shop.example")
    backend = LocalBackend(Settings(home=tmp_path, local=local), reception, Limits(**limits))  # type: ignore[arg-type]
    try:
        yield await backend.listen()
    finally:
        await backend.aclose()


def trusting(file: Path) -> ssl.SSLContext:
    """A client that insists on this certificate and its name."""
    return ssl.create_default_context(cafile=str(file))


async def encrypted(peer: Peer, file: Path) -> None:
    """From the clear into TLS."""
    assert (await peer.ask("STARTTLS")).startswith("220 2.0.0")
    await asyncio.wait_for(peer.writer.start_tls(trusting(file), server_hostname="mail.shop.example"), WAIT)


async def test_a_real_client_delivers_encrypted_and_how_is_recorded(tmp_path, reception):
    file = made(tmp_path)
    async with listening(tmp_path, reception, file) as listener:

        def deliver() -> str:
            with smtplib.SMTP(listener.host, listener.port, "mx.app.example", WAIT, ("127.0.0.7", 0)) as smtp:
                # smtplib checks the name it connected to; the certificate is for another
                smtp._host = "mail.shop.example"
                smtp.starttls(context=trusting(file))
                smtp.sendmail("bounce@app.example", ["agent@agents.internal"], MAIL)
                return smtp.sock.version()

        version = await asyncio.to_thread(deliver)
    (arrival,) = reception.arrivals
    envelope = arrival.envelope
    assert arrival.raw == MAIL
    assert (envelope.peer, envelope.helo, envelope.mail_from) == ("127.0.0.7", "mx.app.example", "bounce@app.example")
    assert version == "TLSv1.3"
    assert envelope.tls.split()[0] == version
    assert "_" in envelope.tls.split()[1]


async def test_mail_in_the_clear_is_taken_all_the_same_and_recorded_as_that(tmp_path, reception, connect):
    async with listening(tmp_path, reception, made(tmp_path)) as listener:
        peer = await connect(listener.port)
        assert (await peer.mail(MAIL)).startswith("250")
    assert reception.arrivals[0].envelope.tls is None


async def test_it_is_offered_in_the_clear_only_and_only_with_a_certificate(tmp_path, reception, connect, port):
    bare = await connect(port, greeted=False)
    assert (await bare.reply()).startswith("220 agents.internal ")
    assert "STARTTLS" not in await bare.ask("EHLO x.example")
    assert (await bare.ask("STARTTLS")).startswith("500 ")
    file = made(tmp_path)
    async with listening(tmp_path, reception, file) as listener:
        peer = await connect(listener.port, greeted=False)
        assert (await peer.reply()).startswith("220 mail.shop.example ")
        assert "250-STARTTLS" in (await peer.ask("EHLO x.example")).splitlines()
        assert (await peer.ask("STARTTLS now")).startswith("501 ")
        await encrypted(peer, file)
        assert "STARTTLS" not in await peer.ask("EHLO x.example")
        assert (await peer.ask("STARTTLS")).startswith("503 ")


async def test_an_international_name_is_greeted_with_in_ascii(tmp_path, reception, connect):
    local = LocalSettings(smtp_port=0, domain="bücher.example")
    backend = LocalBackend(Settings(home=tmp_path, local=local), reception)
    peer = await connect((await backend.listen()).port, greeted=False)
    assert (await peer.reply()).startswith("220 xn--bcher-kva.example ")
    await backend.aclose()


async def test_what_was_said_in_the_clear_is_forgotten(tmp_path, reception, connect):
    file = made(tmp_path)
    async with listening(tmp_path, reception, file) as listener:
        peer = await connect(listener.port)
        assert (await peer.ask("MAIL FROM:<evil@app.example>")).startswith("250")
        assert (await peer.ask("RCPT TO:<agent@agents.internal>")).startswith("250")
        await encrypted(peer, file)
        assert (await peer.ask("MAIL FROM:<a@app.example>")).startswith("503 ")  # EHLO is due again
        assert (await peer.ask("EHLO x.example")).startswith("250")
        assert (await peer.ask("DATA")).startswith("503 ")
        assert (await peer.ask("MAIL FROM:<a@app.example>")).startswith("250")
        assert (await peer.ask("DATA")).startswith("503 ")
        assert (await peer.ask("RSET")).startswith("250")
        assert (await peer.mail(MAIL)).startswith("250")
    assert [one.envelope.mail_from for one in reception.arrivals] == ["app@shop.example"]


@pytest.mark.parametrize(
    "behind",
    [
        b"NOOP\r\n",
        b"RSET\r\nMAIL FROM:<evil@app.example>\r\nRCPT TO:<agent@agents.internal>\r\nDATA\r\n",
        b"N",
        b"\r\n",
        b"\x16\x03\x01",  # the beginning of a handshake that nobody was asked for yet
        b"x" * 3_000,
    ],
)
async def test_commands_put_behind_starttls_in_the_clear_end_the_connection(
    tmp_path, reception, connect, behind, caplog
):
    async with listening(tmp_path, reception, made(tmp_path)) as listener:
        peer = await connect(listener.port)
        peer.send(b"STARTTLS\r\n" + behind)
        said = await peer.everything()
        assert said.startswith("554 5.5.0 ")
        assert said.count("\r\n") == 1
        assert "behind STARTTLS" in caplog.text
    assert reception.asked == []


async def test_commands_sent_in_the_clear_after_the_220_are_no_commands(tmp_path, reception, connect):
    async with listening(tmp_path, reception, made(tmp_path)) as listener:
        peer = await connect(listener.port)
        assert (await peer.ask("STARTTLS")).startswith("220 ")
        peer.send(b"EHLO x.example\r\nMAIL FROM:<e@x.example>\r\nRCPT TO:<agent@agents.internal>\r\nQUIT\r\n")
        assert b"250" not in await asyncio.wait_for(peer._reader.read(), WAIT)
        await seen(listener.port)
    assert reception.asked == []


@pytest.mark.slow
async def test_a_handshake_that_does_not_come_ends_in_time_and_holds_nobody_up(tmp_path, reception, connect):
    file = made(tmp_path)
    async with listening(tmp_path, reception, file, command_wait=0.3) as listener:
        silent = await connect(listener.port)
        assert (await silent.ask("STARTTLS")).startswith("220 ")
        await seen(listener.port)
        assert await asyncio.wait_for(silent._reader.read(), WAIT) == b""


async def test_closing_the_listener_parts_with_encrypted_peers_too(tmp_path, reception, connect):
    file = made(tmp_path)
    async with listening(tmp_path, reception, file) as listener:
        peer = await connect(listener.port)
        await encrypted(peer, file)
        assert (await peer.ask("EHLO x.example")).startswith("250")
        closing = asyncio.create_task(listener.aclose())
        assert (await peer.everything()).startswith("421 ")
        await asyncio.wait_for(closing, WAIT)


async def test_a_renewed_certificate_counts_from_the_next_connection_and_a_broken_one_does_not(
    tmp_path, reception, connect, caplog
):
    file, other = made(tmp_path), made(tmp_path, days=60)
    first = file.read_bytes()
    async with listening(tmp_path, reception, file) as listener:
        file.write_bytes(other.read_bytes())
        await encrypted(await connect(listener.port), other)
        file.write_bytes(b"half a file")
        os.utime(file, ns=(1, 1))
        await encrypted(await connect(listener.port), other)
        assert "The one before is used on." in caplog.text
        file.write_bytes(first)
        await encrypted(await connect(listener.port), file)


async def test_a_certificate_that_cannot_be_used_is_refused_when_the_server_starts(tmp_path, reception):
    good, other = made(tmp_path), made(tmp_path, "x.example")
    locked = made(tmp_path, "locked.example", password=b"secret")
    (broken := tmp_path / "broken.pem").write_text("no PEM")
    for cert, key, words in (
        (tmp_path / "absent.pem", None, "No such file or directory"),
        (broken, None, "must be PEM"),
        (locked, None, "without a password"),
        (good, other, "belongs to another certificate"),
        (good, tmp_path / "absent.pem", r"absent\.pem \(MAILMCP_LOCAL__TLS_KEY\) cannot be used: No such file"),
        (made(tmp_path, "short.example", key=rsa.generate_private_key(65537, 1024)), None, "its key is too short"),
    ):
        with pytest.raises(BackendError, match=words):
            Certificate(str(cert), str(key) if key else None).context()
    with pytest.raises(BackendError, match="MAILMCP_LOCAL__TLS_CERT"):
        async with listening(tmp_path, reception, broken):
            pass


def test_a_key_without_a_certificate_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"MAILMCP_LOCAL__TLS_KEY cannot be used: it needs MAILMCP_LOCAL__TLS_CERT"):
        load_settings(tmp_path, {"MAILMCP_LOCAL__TLS_KEY": "key.pem"})
