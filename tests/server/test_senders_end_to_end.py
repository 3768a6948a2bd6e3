"""Who really sent it, from end to end: a real name server, real SMTP from hosts of their own, a served mailmcp.

Each address of 127.0.0.0/8 is a host. What is published for bank.example is what `mailmcp domain add` printed for it.
"""

from __future__ import annotations

import contextlib
import io
import smtplib
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.authenticity.name_server import NameServer
from tests.backends.certificates import made
from tests.server.hosts import LIMIT, Served, letter

from mailmcp.authenticity import sign
from mailmcp.cli import main
from mailmcp.mailroom import signing

BANK, EVIL, SHOP = "127.0.0.11", "127.0.0.66", "127.0.0.33"
HEAD = "$ORIGIN example.\n$TTL 60\n@ SOA ns h 1 2 3 4 60\n@ NS ns\nns A 127.0.0.1\n"
OTHERS = f"""
evil TXT "v=spf1 ip4:{EVIL} -all"
_dmarc.evil TXT "v=DMARC1; p=none"
shop TXT "v=spf1 ip4:{SHOP} -all"
"""


class Laboratory:
    """A served home, its name server, and hosts that deliver to it."""

    def __init__(self, host: Served, server: NameServer, bank: Path, certificate: Path) -> None:
        self.host = host
        self.server = server
        self.bank = bank
        self.smtp = host.listener()
        self.inbox = host.call("create_inbox")["address"]
        self.trusted = ssl.create_default_context(cafile=str(certificate))

    def deliver(self, raw: bytes, *, peer: str, path: str, helo: str = "host.example", tls: bool = False) -> None:
        with smtplib.SMTP(*self.smtp, local_hostname=helo, timeout=LIMIT, source_address=(peer, 0)) as smtp:
            if tls:
                smtp._host = "mail.home.example"  # the name that the client wants to see in the certificate
                smtp.starttls(context=self.trusted)
            smtp.sendmail(path, [self.inbox], raw)

    def letter(self, from_: str, digits: str, **fields: str) -> bytes:
        return letter(self.inbox, from_=from_, subject="Your code", text=f"Your sign-in code is {digits}\n", **fields)

    def signed(self, raw: bytes) -> bytes:
        return sign.sign(raw, signing.keys_of(self.bank, "bank.example"), now=datetime.now(UTC))

    def seen(self, digits: str) -> tuple[str, str, str | None, list[str], str]:
        """The verdict beside the code, in the list, and in the thread; its reasons, and what was found, as text."""
        result = self.host.request(
            "tools/call", {"name": "wait_for_otp", "arguments": {"inbox": self.inbox, "timeout": 60}}
        )
        told = result["result"]["content"][0]["text"]
        otp = result["result"]["structuredContent"]
        assert (otp["status"], otp["code"]) == ("found", digits), otp
        (line, *_) = [one for one in self.host.call("find_mail")["threads"] if one["id"] == otp["thread"]]
        read = self.host.call("read_thread", thread=otp["message"], include=["headers"])["messages"][0]
        assert otp["trust"] == line["trust"] == read["trust"]
        assert otp.get("verified_domain") == read.get("verified_domain")
        return otp["trust"], told, otp.get("verified_domain"), read["trust_reasons"], "\n".join(read["authentication"])


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    folder = tmp_path_factory.mktemp("laboratory")
    bank = folder / "bank"
    printed = io.TextIOWrapper(io.BytesIO(), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAILMCP_AUTH__CHECK_PRIVATE_PEERS", "true")
        with contextlib.redirect_stdout(printed), pytest.raises(SystemExit):
            main(["domain", "add", "bank.example", "--address", BANK, "--home", str(bank)])
    printed.seek(0)
    certificate = made(folder, "mail.home.example")
    with NameServer(HEAD + printed.read() + OTHERS).in_a_thread() as server:
        host = Served(
            folder / "home",
            MAILMCP_DNS__SERVERS=f"127.0.0.1:{server.port}",
            MAILMCP_AUTH__CHECK_PRIVATE_PEERS="true",
            MAILMCP_LOCAL__TLS_CERT=str(certificate),
        )
        try:
            host.initialize()
            yield Laboratory(host, server, bank, certificate)
        finally:
            host.close()


def test_the_domains_own_host_is_verified_and_how_it_came_is_kept(laboratory: Laboratory) -> None:
    raw = laboratory.letter("Bank <news@bank.example>", "482913")
    laboratory.deliver(raw, peer=BANK, path="bounce@bank.example", helo="mail.bank.example", tls=True)
    trust, told, domain, _, found = laboratory.seen("482913")
    assert (trust, domain) == ("verified", "bank.example")
    assert "domain bank.example verified (DMARC pass)" in told
    assert (
        f"Brought by {BANK}, calling itself mail.bank.example, with the path bounce@bank.example, over TLSv1.3" in found
    )
    assert "SPF pass" in found
    assert laboratory.server.asked["bank.example.", "TXT"] >= 1


def test_a_signed_mail_is_verified_whoever_forwards_it(laboratory: Laboratory) -> None:
    raw = laboratory.signed(laboratory.letter("Bank <news@bank.example>", "593024"))
    laboratory.deliver(raw, peer=SHOP, path="forwarder@shop.example")
    trust, _, domain, _, found = laboratory.seen("593024")
    assert (trust, domain) == ("verified", "bank.example")
    assert found.count("DKIM pass by bank.example") == 2
    assert "unencrypted" in found


def test_a_forger_fails_though_its_own_domain_passes_spf(laboratory: Laboratory) -> None:
    raw = laboratory.letter("Bank <news@bank.example>", "604135", headers={"List-Id": "<l.evil.example>"})
    laboratory.deliver(raw, peer=EVIL, path="x@evil.example", helo="mail.bank.example")
    trust, told, domain, reasons, found = laboratory.seen("604135")
    assert (trust, domain) == ("failed", None)
    assert "failed: It does not come from bank.example, which asks to reject such mail." in told
    assert reasons[0].startswith("It does not come from bank.example")
    assert "DMARC fail" in found


def test_a_changed_mail_fails_though_it_was_once_signed(laboratory: Laboratory) -> None:
    raw = laboratory.signed(laboratory.letter("Bank <news@bank.example>", "715246"))
    laboratory.deliver(raw.replace(b"715246", b"815246"), peer=EVIL, path="x@evil.example")
    assert laboratory.seen("815246")[0] == "failed"


def test_a_domain_without_a_policy_is_unverified_and_why_is_said(laboratory: Laboratory) -> None:
    laboratory.deliver(laboratory.letter("Shop <a@shop.example>", "826357"), peer=SHOP, path="a@shop.example")
    trust, told, domain, reasons, _ = laboratory.seen("826357")
    assert (trust, domain) == ("unverified", None)
    assert "unverified: The sender's domain publishes no DMARC policy" in told
    assert "This inbox had no mail from this address before." in reasons


def test_a_look_alike_of_the_verified_bank_is_suspicious(laboratory: Laboratory) -> None:
    known = laboratory.letter("Bank <news@bank.example>", "471802")
    laboratory.deliver(known, peer=BANK, path="bounce@bank.example")
    assert laboratory.seen("471802")[0] == "verified"
    raw = laboratory.letter("Bank <news@bank-login.example>", "937468")
    laboratory.deliver(raw, peer=EVIL, path="x@evil.example")
    trust, told, _, _, _ = laboratory.seen("937468")
    assert (trust, "suspicious: The domain bank-login.example looks like bank.example" in told) == ("suspicious", True)


def test_mail_in_the_name_of_the_inbox_itself_is_suspicious(laboratory: Laboratory) -> None:
    raw = laboratory.letter(f"You <{laboratory.inbox}>", "148579")
    laboratory.deliver(raw, peer=EVIL, path="x@evil.example")
    trust, told, _, _, _ = laboratory.seen("148579")
    assert (trust, "suspicious: The sender's address is an inbox of yours" in told) == ("suspicious", True)


def test_a_deception_is_said_beside_the_code_though_the_deceivers_domain_is_proved(laboratory: Laboratory) -> None:
    raw = laboratory.letter("bank.example <x@evil.example>", "259680")
    laboratory.deliver(raw, peer=EVIL, path="x@evil.example")
    trust, told, domain, _, _ = laboratory.seen("259680")
    assert (trust, domain) == ("suspicious", "evil.example")
    assert "suspicious: The display name is the domain bank.example" in told
    assert "suspicious evil.example" not in told
    assert "verified" not in told


def test_silence_of_a_name_server_accuses_nobody_and_delays_no_code_for_long(laboratory: Laboratory) -> None:
    raw = laboratory.letter("A <a@silent.example>", "360791")
    laboratory.deliver(raw, peer=EVIL, path="a@silent.example")
    trust, _, domain, _, _ = laboratory.seen("360791")
    assert (trust, domain) == ("unverified", None)
