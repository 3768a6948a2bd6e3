"""Mail through Debian's Postfix: what lies in the mailbox is what was approved, byte for byte."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dkim
import pytest
from tests.backends.postfix import LARGEST, MISSING, PASSWORD, REALM, USER, Postfix, postfix

from mailmcp.authenticity import sign
from mailmcp.authenticity.dns import StaticResolver
from mailmcp.backends.smtp import SmtpBackend
from mailmcp.config import load_settings
from mailmcp.mail import parse
from mailmcp.mailroom import signing
from mailmcp.mailroom.pace import Pace
from mailmcp.mailroom.requests import FileRequest
from mailmcp.models import OutboundMail

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.skipif(MISSING is not None, reason=str(MISSING))]

LIMIT = 20
ANN, BOB, GREY, ZOE = (f"{user}@{REALM}" for user in ("ann", "bob", "grey", "zoë"))
IMPATIENT = Pace(progress=0.05, share=0.1, takeover=0.02, listen_again=0.05, flush=0.02, back_off=(0.3,) * 20)
BODY = "Dear Ann,\n.\n..\n.hidden\nFrom here on\n\n" + "word " * 300 + "\nGrüße\n.\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Postfix]:
    with postfix("ann", "bob", "grey", "zoë") as running:
        yield running


@pytest.fixture
def submitting(server: Postfix, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Settings of a home that submits there; the certificate is one that this process trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(server.pem))
    server.access()
    given = {
        "SEND_BACKEND": "smtp",
        "SMTP__HOST": "localhost",
        "SMTP__PORT": str(server.submission),
        "SMTP__USERNAME": f"{USER}@{REALM}",
        "SMTP__PASSWORD": PASSWORD,
        "SEND__UNDO": "0",
        "LOCAL__DOMAIN": "agents.example",
    }
    return {f"MAILMCP_{name}": value for name, value in given.items()}


async def came(server: Postfix, user: str, subject: str) -> bytes:
    """The mail with this subject in a mailbox, once it is there."""
    async with asyncio.timeout(LIMIT):
        while True:
            found = [one for one in server.arrived(user) if parse.parse(one).subject == subject]
            if found:
                assert len(found) == 1
                return found[0]
            await asyncio.sleep(0.05)


async def settled(house: Any, draft_id: str, *states: str) -> Any:
    async with asyncio.timeout(LIMIT):
        while (draft := await house.room.draft(draft_id)).state not in states:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)
    return draft


@pytest.mark.parametrize("auth", ["plain", "login"])
async def test_what_arrives_is_what_was_approved_with_date_and_signatures_in_front(
    server: Postfix, submitting: dict[str, str], open_house: Any, home: Path, auth: str
) -> None:
    house = await open_house(**submitting, MAILMCP_SMTP__AUTH=auth)
    signing.make_keys(home, "agents.example")
    anna = await house.inbox("anna")
    subject = f"Approved, by {auth} – Grüße"
    held = await house.send(
        anna,
        body=BODY,
        html="<p>Grüße</p>\n.\n",
        to=(f"Ann Ä <{ANN}>",),
        bcc=(BOB,),
        subject=subject,
        attachments=(FileRequest(name="a.bin", base64="AAECAwQ="), FileRequest(name="Übersicht.txt", text=".\n..\n")),
    )
    assert held.draft.state == "held"
    draft, approved = await house.room.shown(held.draft.id)
    sent = await house.room.approve(draft.id, sha256=draft.sha256, approver="test")
    assert (sent.state, {one.recipient: one.state for one in sent.deliveries}) == (
        "sent",
        {ANN: "accepted", BOB: "accepted"},
    )
    for user in ("ann", "bob"):
        arrived = await came(server, user, subject)
        assert arrived.endswith(approved)
        added = arrived.removesuffix(approved)
        names = re.findall(rb"^([A-Za-z-]+):", added, re.MULTILINE)
        assert sorted(names) == [b"DKIM-Signature", b"DKIM-Signature", b"Date"]
        assert _verified(arrived, home) == [True, True]


def _verified(raw: bytes, home: Path) -> list[bool]:
    """What dkimpy says of both signatures."""
    keys = signing.keys_of(home, "agents.example")
    records = {f"{one.name}.".encode(): sign.public_record(one).encode() for one in keys}
    judge = dkim.DKIM(raw)
    return [judge.verify(at, dnsfunc=lambda name, timeout=0: records.get(name)) for at in range(len(keys))]


async def test_a_recipient_that_does_not_exist_is_refused_and_the_others_get_it(
    server: Postfix, submitting: dict[str, str], open_house: Any
) -> None:
    house = await open_house(**submitting, MAILMCP_SEND__POLICY="open")
    nobody = f"nobody@{REALM}"
    draft = (await house.send(await house.inbox("anna"), to=(ANN, nobody), subject="To two")).draft
    states = {one.recipient: (one.state, one.detail) for one in draft.deliveries}
    assert (draft.state, states[ANN]) == ("sent", ("accepted", ""))
    assert states[nobody][0] == "refused"
    assert "550" in states[nobody][1]
    assert "5.1.1" in states[nobody][1]
    await came(server, "ann", "To two")


async def test_a_greylisted_recipient_gets_it_when_the_server_takes_it(
    server: Postfix, submitting: dict[str, str], open_house: Any
) -> None:
    server.access(grey="450 4.7.1 Greylisted, come again")
    house = await open_house(pace=IMPATIENT, **submitting, MAILMCP_SEND__POLICY="open")
    draft = (await house.send(await house.inbox("anna"), to=(GREY, ANN), subject="Later")).draft
    waiting = {one.recipient: one for one in draft.deliveries}
    assert (draft.state, waiting[GREY].state, waiting[ANN].state) == ("queued", "postponed", "accepted")
    assert "Greylisted" in waiting[GREY].detail
    server.access()
    assert (await settled(house, draft.id, "sent", "failed")).state == "sent"
    await came(server, "grey", "Later")
    await came(server, "ann", "Later")


async def test_a_mail_larger_than_the_server_takes_fails_in_words(
    server: Postfix, submitting: dict[str, str], open_house: Any
) -> None:
    house = await open_house(**submitting, MAILMCP_SEND__POLICY="open")
    body = ("x" * 70 + "\n") * (LARGEST // 70)
    draft = (await house.send(await house.inbox("anna"), to=(ANN,), subject="Large", body=body)).draft
    assert draft.state == "failed"
    assert f"at most {LARGEST} bytes" in draft.error


async def test_addresses_and_text_beyond_ascii_arrive_as_they_are(
    server: Postfix, submitting: dict[str, str], open_house: Any
) -> None:
    house = await open_house(**submitting, MAILMCP_SEND__POLICY="open")
    draft = (await house.send(await house.inbox("anna"), to=(f"Zoë <{ZOE}>",), subject="日本語", body="ü")).draft
    assert draft.state == "sent"
    arrived = parse.parse(await came(server, "zoë", "日本語"))
    assert [(one.name, one.email) for one in arrived.to] == [("Zoë", ZOE)]


async def test_eight_bit_text_goes_through_to_the_byte(
    server: Postfix, submitting: dict[str, str], tmp_path: Path
) -> None:
    mime = b"From: a@agents.example\r\nTo: a@a.example\r\nDate: Sat, 28 Nov 2026 08:00:00 +0000\r\n"
    mime += "Message-ID: <8@agents.example>\r\nSubject: eight\r\n\r\n.\r\nGrüße\r\n..x\r\n".encode()

    async def about_to_commit(leaving: OutboundMail) -> None:
        pass

    backend = SmtpBackend(load_settings(tmp_path, submitting), None)  # type: ignore[arg-type]
    mail = OutboundMail(mime=mime, mail_from="a@agents.example", recipients=(BOB,))
    assert (await backend.send(mail, "d_8", about_to_commit)).accepted == (BOB,)
    assert await came(server, "bob", "eight") == mime


async def test_mail_brought_to_postfix_itself_arrives_encrypted_and_as_it_was_approved(
    server: Postfix, open_house: Any, home: Path
) -> None:
    server.access()
    given = {
        "SEND_BACKEND": "direct",
        "DIRECT__PORT": str(server.mx),
        "DIRECT__PRIVATE": "true",
        "LOCAL__DOMAIN": "agents.example",
        "LOCAL__HOSTNAME": "mx.agents.example",
        "SEND__UNDO": "0",
    }
    zone = {REALM: {"MX": [(10, "mx.world.example")]}, "mx.world.example": {"A": ["127.0.0.1"]}}
    settings = {f"MAILMCP_{name}": value for name, value in given.items()}
    house = await open_house(resolver=StaticResolver(zone), **settings)
    signing.make_keys(home, "agents.example")
    nobody = f"nobody@{REALM}"
    held = await house.send(await house.inbox("anna"), body=BODY, to=(ANN, nobody), subject="Brought")
    draft, approved = await house.room.shown(held.draft.id)
    sent = await house.room.approve(draft.id, sha256=draft.sha256, approver="test")
    results = {one.recipient: (one.state, one.detail) for one in sent.deliveries}
    assert results == {
        ANN: ("accepted", ""),
        nobody: ("refused", "mx.world.example said 550 5.1.1, there is no such mailbox."),
    }
    arrived = await came(server, "ann", "Brought")
    assert arrived.endswith(approved)
    assert _verified(arrived, home) == [True, True]
    stored = b"".join(file.read_bytes() for file in (server.folder / "mail" / "ann" / "new").glob("*"))
    (received,) = re.findall(rb"Received: from mx\.agents\.example.*?id \w+", stored, re.DOTALL)
    assert b"ESMTPS" in received


async def test_a_password_that_postfix_does_not_know_leaves_nothing(
    server: Postfix, submitting: dict[str, str], open_house: Any
) -> None:
    house = await open_house(**(submitting | {"MAILMCP_SMTP__PASSWORD": "wrong-secret"}), MAILMCP_SEND__POLICY="open")
    draft = (await house.send(await house.inbox("anna"), to=(ANN,), subject="Never")).draft
    assert draft.state == "failed"
    assert "MAILMCP_SMTP__PASSWORD" in draft.error
    assert "wrong-secret" not in draft.error


async def test_a_certificate_that_nobody_vouches_for_sends_nothing(
    server: Postfix, submitting: dict[str, str], open_house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    house = await open_house(**submitting, MAILMCP_SEND__POLICY="open")
    draft = (await house.send(await house.inbox("anna"), to=(ANN,), subject="Untrusted")).draft
    assert (draft.state, [one.state for one in draft.deliveries]) == ("queued", ["postponed"])
    assert "certificate" in draft.deliveries[0].detail
