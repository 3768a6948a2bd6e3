"""Who really sent it: checked on the way in, announced in time, and again when DNS answers."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from name_servers import Deaf

from mailmcp.authenticity import sign
from mailmcp.authenticity.dns import Answer, Answering, Outcome, StaticResolver
from mailmcp.backends import open_backend
from mailmcp.config import load_settings
from mailmcp.errors import ConfigError
from mailmcp.mailroom import checking, waiting
from mailmcp.mailroom.room import Mailroom
from mailmcp.models import Verdict
from mailmcp.store.judgements import SHORT

pytestmark = pytest.mark.anyio

HOST, OTHER_HOST = "192.0.2.10", "203.0.113.66"
KEY = sign.generate("bank.example", "s1", "ed25519")
ZONE: dict[str, dict[str, Any]] = {
    "bank.example": {"TXT": [f"v=spf1 ip4:{HOST} -all"], "A": [HOST]},
    "_dmarc.bank.example": {"TXT": ["v=DMARC1; p=reject"]},
    "s1._domainkey.bank.example": {"TXT": [sign.public_record(KEY)]},
    "evil.example": {"TXT": [f"v=spf1 ip4:{OTHER_HOST} -all"]},
    "_dmarc.evil.example": {"TXT": ["v=DMARC1; p=none"]},
}
DNS = StaticResolver(ZONE)
FROM_BANK = {"from_": "Bank <news@bank.example>", "mail_from": "bounce@bank.example", "peer": HOST}


class Failing(Answering):
    """Name servers that fail until they are mended."""

    def __init__(self) -> None:
        self.mended = False

    async def ask(self, kind: str, name: str) -> Answer[Any]:
        return await DNS.ask(kind, name) if self.mended else Answer(Outcome.TROUBLE, detail="server failure")


@pytest.fixture
async def house(open_house):
    return await open_house(resolver=DNS)


async def test_mail_from_the_domains_own_host_is_verified_and_says_why(house):
    inbox = await house.inbox()
    mail = await house.receive(inbox, **FROM_BANK)
    assert (mail.trust.verdict, mail.trust.verified_domain) == (Verdict.VERIFIED, "bank.example")
    assert any(line.startswith("SPF pass") for line in mail.authentication)
    assert any(line.startswith("DMARC pass") for line in mail.authentication)


async def test_mail_in_somebody_elses_name_fails_as_its_domain_asks(house):
    inbox = await house.inbox()
    mail = await house.receive(inbox, **FROM_BANK | {"mail_from": "x@evil.example", "peer": OTHER_HOST})
    assert (mail.trust.verdict, mail.trust.verified_domain) == (Verdict.FAILED, None)
    assert mail.trust.reasons[0].code == "dmarc_fail"


@pytest.mark.parametrize("lines", [1, SHORT // 10], ids=["short", "long"])
async def test_a_signature_alone_verifies_mail_from_a_program_on_this_machine(house, lines):
    inbox = await house.inbox()
    words = "Many words.\r\n" * (lines - 1) + "Some words.\r\n"
    raw = sign.sign(
        f"From: news@bank.example\r\nTo: {inbox}\r\nSubject: Hi\r\n\r\n{words}".encode(),
        [KEY],
        now=datetime.now(UTC),
    )
    mail = await house.receive(inbox, raw=raw, peer="127.0.0.1")
    assert (mail.trust.verdict, mail.trust.verified_domain) == (Verdict.VERIFIED, "bank.example")
    changed = raw.replace(b"Some words.", b"Other words.")
    mail = await house.receive(inbox, raw=changed, peer="127.0.0.1")
    assert (mail.trust.verdict, mail.trust.reasons[0].code) == (Verdict.UNVERIFIED, "loopback_peer")


async def test_mail_from_a_program_on_this_machine_asks_no_name_server(open_house):
    deaf = Deaf(DNS)
    house = await open_house(resolver=deaf)
    inbox = await house.inbox()
    mail = await house.receive(inbox, peer="127.0.0.1", from_="news@bank.example")
    assert [reason.code for reason in mail.trust.reasons] == ["loopback_peer", "first_contact"]
    assert deaf.asked == 0


async def test_private_peers_are_checked_where_the_settings_say_so(open_house):
    zone = ZONE | {"bank.example": {"TXT": ["v=spf1 ip4:127.0.0.2 -all"]}}
    house = await open_house(resolver=StaticResolver(zone), MAILMCP_AUTH__CHECK_PRIVATE_PEERS="true")
    inbox = await house.inbox()
    assert (await house.receive(inbox, **FROM_BANK | {"peer": "127.0.0.2"})).trust.verdict is Verdict.VERIFIED
    assert (await house.receive(inbox, **FROM_BANK | {"peer": "127.0.0.3"})).trust.verdict is Verdict.FAILED


async def test_slow_name_servers_delay_no_mail_beyond_a_waiters_patience_and_are_heard_later(open_house, monkeypatch):
    monkeypatch.setattr(checking, "WAITER_SECONDS", 0.2)
    deaf = Deaf(DNS)
    house = await open_house(resolver=deaf)
    inbox = await house.inbox()
    mail = await house.receive(inbox, **FROM_BANK)
    assert (mail.trust.verdict, mail.trust.reasons[0].code) == (Verdict.UNVERIFIED, "pending_check")
    deaf.speak.set()
    await becomes(house, mail.id, Verdict.VERIFIED)


async def test_other_mail_does_not_wait_for_somebodys_slow_name_servers(open_house, monkeypatch):
    monkeypatch.setattr(checking, "WAITER_SECONDS", 3600)
    monkeypatch.setattr(waiting, "JUDGE_SECONDS", 0.05)
    house = await open_house(resolver=Deaf(DNS))
    inbox, other = await house.inbox(), await house.inbox()
    for _ in range(5):
        await house.accept(inbox, **FROM_BANK)
    mail = await asyncio.wait_for(house.receive(other, peer="127.0.0.1"), 60)
    assert mail.trust.reasons[0].code == "loopback_peer"
    assert (await house.wait(inbox, timeout=0, since="2000-01-01")).message is None


async def test_trouble_of_dns_accuses_nobody_and_the_check_is_repeated(open_house, monkeypatch):
    monkeypatch.setattr(checking, "PAUSES", (0, 0, 0, 0, 0))
    monkeypatch.setattr(checking, "LOOK_SECONDS", 0.05)
    failing = Failing()
    house = await open_house(resolver=failing)
    inbox = await house.inbox()
    mail = await house.receive(inbox, **FROM_BANK)
    assert (mail.trust.verdict, mail.trust.reasons[0].code) == (Verdict.UNVERIFIED, "dns_trouble")
    failing.mended = True
    verified = await becomes(house, mail.id, Verdict.VERIFIED)
    assert verified.trust.verified_domain == "bank.example"


async def test_a_look_alike_of_somebody_verified_before_is_suspicious(house):
    inbox = await house.inbox()
    await house.receive(inbox, **FROM_BANK)
    forged = await house.receive(inbox, from_="Bank <news@b-ank.example>")
    assert (forged.trust.verdict, forged.trust.reasons[0].code) == (Verdict.SUSPICIOUS, "looks_like_contact")
    known = await house.receive(inbox, **FROM_BANK)
    assert [reason.code for reason in known.trust.reasons] == ["dmarc_pass"]


async def test_a_first_contact_stays_one_when_its_check_is_repeated(open_house, monkeypatch):
    monkeypatch.setattr(checking, "PAUSES", (0, 0, 0, 0, 0))
    monkeypatch.setattr(checking, "LOOK_SECONDS", 0.05)
    failing = Failing()
    house = await open_house(resolver=failing)
    inbox = await house.inbox()
    mail = await house.receive(inbox, **FROM_BANK)
    failing.mended = True
    verified = await becomes(house, mail.id, Verdict.VERIFIED)
    assert [reason.code for reason in verified.trust.reasons] == ["dmarc_pass", "first_contact"]


async def test_mail_by_smtp_in_the_name_of_an_inbox_here_is_suspicious(house):
    inbox, other = await house.inbox(), await house.inbox()
    for peer in ("127.0.0.1", OTHER_HOST):
        mail = await house.receive(inbox, from_=f"Assistant <{other}>", mail_from=other, peer=peer)
        assert (mail.trust.verdict, mail.trust.reasons[0].code) == (Verdict.SUSPICIOUS, "claims_own_address")


async def test_our_own_mail_is_local_and_is_not_checked(house):
    anna, bert = await house.inbox(), await house.inbox()
    await house.send(anna, to=(bert,), subject="Hi")
    mail = (await house.wait(bert)).message
    assert (mail.trust.verdict, mail.authentication) == (Verdict.LOCAL, ())


async def becomes(house: Any, message: str, verdict: Verdict) -> Any:
    """The message once it has a verdict."""
    async with asyncio.timeout(60):
        while True:
            (found, _), *_ = (await house.room.reading.conversation(message)).messages
            if found.trust.verdict is verdict:
                return found
            await asyncio.sleep(0.02)  # a verdict rings no bell that a reader hears


async def test_a_name_server_that_is_none_is_refused_by_the_settings_name(tmp_path):
    settings = load_settings(tmp_path, {"MAILMCP_DNS__SERVERS": "192.0.2.1, nonsense:port"})
    with pytest.raises(ConfigError, match=r"MAILMCP_DNS__SERVERS cannot be used: 'nonsense:port' is not a name server"):
        await Mailroom.open(settings, lambda reception: open_backend("local", settings, reception))
