"""The one way into the room: everything about a mail, with evidence, within its budget, never an error."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter
from world import EVIL_HOST, HOST, checked, envelope, key, mail, record, resolver, signed

from mailmcp.authenticity.check import Rules, is_private, needs_whole
from mailmcp.authenticity.dns import Answer, Outcome, StaticResolver
from mailmcp.models import AuthResults, Result, Source

pytestmark = pytest.mark.anyio

LOOPBACK = envelope(peer="127.0.0.1", helo="localhost")


def codes(found: AuthResults) -> list[str]:
    return [note.code for note in found.notes]


async def test_everything_about_a_genuine_mail_is_found_out() -> None:
    found = await checked(signed(mail()))
    assert found.spf.result is Result.PASS
    assert [one.result for one in found.dkim] == [Result.PASS]
    assert found.dmarc.aligned == ("dkim=bank.example", "spf=bank.example")
    assert (found.arc.result, found.claim, found.notes, found.again) == (Result.NONE, None, (), False)
    assert found.verified_domain == "bank.example"
    assert found.lookups == 4


async def test_results_can_be_stored_and_read_back() -> None:
    found = await checked(
        signed(mail(more=["Authentication-Results: mx.test; spf=pass smtp.mailfrom=a.example"])),
        envelope_=LOOPBACK,
        rules=Rules(trusted_authserv=("mx.test",)),
    )
    adapter = TypeAdapter(AuthResults)
    assert adapter.validate_json(adapter.dump_json(found)) == found
    assert found.claim is not None


def test_the_room_loads_its_libraries_only_when_it_needs_them() -> None:
    heavy = ("dns.resolver", "dkim", "nacl", "cryptography", "publicsuffixlist")
    rooms = "mailmcp.authenticity.check, mailmcp.authenticity.nameservers, mailmcp.authenticity.sign"
    code = f"import sys, {rooms}; print([one for one in {heavy!r} if one in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert shown.stdout.strip() == "[]"


async def test_a_domain_that_is_no_valid_name_is_never_verified_and_says_why() -> None:
    found = await checked(signed(mail("Bank <alerts@bank℠.example>")), author="bank℠.example")
    assert (found.dmarc.result, found.dmarc.reason.code) == (Result.PERMERROR, "author_domain_invalid")
    assert codes(found) == ["author_domain_invalid"]
    assert found.verified_domain is None


# --- what asks for much --------------------------------------------------------------------------------------------

MANY_NAMES = {
    "bank.example": {
        "TXT": ["v=spf1 mx mx:m2.bank.example -all"],
        "MX": [(10, f"mx{number}.bank.example") for number in range(10)],
    },
    "m2.bank.example": {"MX": [(10, f"mx{number}.m2.bank.example") for number in range(10)]},
    **{f"mx{number}.bank.example": {"A": [f"198.51.100.{number}"]} for number in range(10)},
    **{f"mx{number}.m2.bank.example": {"A": [f"198.51.101.{number}"]} for number in range(10)},
    "s1._domainkey.em.bank.example": record("em.bank.example"),
}


async def test_a_signature_that_holds_counts_though_spf_asks_for_too_much() -> None:
    found = await checked(
        signed(mail(), key("em.bank.example")),
        envelope_=envelope("x@bank.example", "198.51.100.77"),
        resolver_=resolver(MANY_NAMES),
    )
    assert (found.verified_domain, found.dmarc.aligned) == ("bank.example", ("dkim=em.bank.example",))
    assert found.spf.reason.code == "lookups_spent"
    assert found.lookups <= 20


@pytest.mark.parametrize(
    ("author", "record_", "policy"),
    [("bank.example", "v=DMARC1; p=reject", "reject"), ("no.bank.example", "v=DMARC1; p=none; np=reject", "reject")],
)
async def test_a_forger_whose_own_record_asks_for_too_much_fails_all_the_same(
    author: str, record_: str, policy: str
) -> None:
    zone = {name.replace("bank", "evil"): records for name, records in MANY_NAMES.items()}
    zone["evil.example"] = {**MANY_NAMES["bank.example"], "TXT": ["v=spf1 mx mx:m2.evil.example -all"]}
    zone["m2.evil.example"] = MANY_NAMES["m2.bank.example"]
    zone |= {**MANY_NAMES, "_dmarc.bank.example": {"TXT": [record_]}}
    found = await checked(
        mail(f"alerts@{author}"),
        author=author,
        envelope_=envelope("x@evil.example", EVIL_HOST),
        resolver_=resolver(zone),
    )
    assert found.spf.reason.code == "lookups_spent"
    assert (found.dmarc.result, found.dmarc.policy) == (Result.FAIL, policy)


async def test_a_limit_that_was_reached_is_said_and_not_tried_again() -> None:
    found = await checked(mail(), envelope_=envelope(peer="198.51.101.9"), resolver_=resolver(MANY_NAMES))
    assert (found.spf.result, found.spf.reason.code) == (Result.TEMPERROR, "lookups_spent")
    assert "the limit of 20 look-ups" in found.spf.reason.sentence
    assert (codes(found), found.again, found.verified_domain) == (["lookups_spent"], False, None)


# --- programs on this machine --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "private"),
    [
        *(("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("10.1.2.3", True), ("192.168.1.1", True)),
        *(("172.16.0.1", True), ("100.64.0.1", True), ("169.254.1.1", True), ("fe80::1%eth0", True), ("fd00::1", True)),
        *(("::ffff:127.0.0.1", True), ("::ffff:10.0.0.1", True), ("::", True)),
        *(("192.0.2.1", False), ("203.0.113.9", False), ("2001:db8::1", False), ("8.8.8.8", False), ("x", False)),
        *(("172.32.0.1", False), ("::ffff:192.0.2.1", False), ("::2", False)),
    ],
)
def test_what_is_a_private_address(peer: str, private: bool) -> None:
    assert is_private(peer) is private


async def test_a_program_on_this_machine_costs_no_look_up_and_is_not_judged() -> None:
    data = resolver()
    found = await checked(mail(), envelope_=LOOPBACK, resolver_=data)
    assert data.asked == []
    assert (found.spf.result, found.spf.reason.code) == (Result.SKIPPED, "loopback_peer")
    assert (found.dmarc.result, found.verified_domain, found.again) == (Result.SKIPPED, None, False)


async def test_a_signature_alone_verifies_a_mail_from_this_machine() -> None:
    found = await checked(signed(mail()), envelope_=LOOPBACK)
    assert (found.verified_domain, found.spf.result) == ("bank.example", Result.SKIPPED)


async def test_a_broken_signature_from_this_machine_is_no_fail() -> None:
    found = await checked(signed(mail()) + b"more\r\n", envelope_=LOOPBACK)
    assert (found.dkim[0].result, found.dmarc.result) == (Result.FAIL, Result.SKIPPED)


async def test_private_addresses_are_asked_for_when_the_settings_say_so() -> None:
    zone = {"bank.example": {"TXT": ["v=spf1 ip4:127.0.0.1 -all"]}}
    rules = Rules(check_private_peers=True)
    found = await checked(mail(), envelope_=LOOPBACK, resolver_=resolver(zone), rules=rules)
    assert (found.spf.result, found.verified_domain) == (Result.PASS, "bank.example")
    found = await checked(mail(), envelope_=LOOPBACK, rules=rules)
    assert (found.spf.result, found.dmarc.result) == (Result.FAIL, Result.FAIL)


@pytest.mark.parametrize("peer", [None, "unknown"])
async def test_a_sender_whose_address_is_unknown_does_not_fail(peer: str | None) -> None:
    found = await checked(mail(), envelope_=envelope(peer=peer))
    assert (found.spf.reason.code, found.dmarc.result) == ("spf_no_peer", Result.SKIPPED)
    assert (await checked(signed(mail()), envelope_=envelope(peer=peer))).verified_domain == "bank.example"


@pytest.mark.parametrize("source", [Source.REBUILT, Source.SUBMITTED])
async def test_without_original_bytes_signatures_are_not_ours_to_judge(source: Source) -> None:
    found = await checked(signed(mail()) + b"more\r\n", source=source, envelope_=envelope(peer=None))
    assert found.dkim == ()
    assert codes(found) == ["dkim_not_ours"]
    assert (found.dmarc.result, found.arc.result) == (Result.SKIPPED, Result.SKIPPED)


# --- the author ----------------------------------------------------------------------------------------------------


async def test_without_an_author_nothing_is_verified() -> None:
    found = await checked(signed(mail()), author=None)
    assert (found.dmarc.result, found.verified_domain) == (Result.PERMERROR, None)
    assert found.spf.result is Result.PASS


@pytest.mark.parametrize("more", ["From: x@evil.example", "FROM: x@evil.example"])
async def test_a_second_from_is_seen_here_too(more: str) -> None:
    found = await checked(mail(more=[more]))
    assert (found.verified_domain, codes(found)) == (None, ["author_unclear"])


# --- claims of others ----------------------------------------------------------------------------------------------


CLAIM = "Authentication-Results: mx.test; dmarc=pass header.from=bank.example"
BY_MX = {"out.mx.test": {"A": ["198.51.100.25"], "AAAA": ["2001:db8::25"]}}


@pytest.mark.parametrize(
    ("peer", "helo"),
    [
        ("198.51.100.25", "out.mx.test"),
        ("::ffff:198.51.100.25", "OUT.mx.test."),
        ("2001:db8::25", "out.mx.test"),
        ("10.0.0.5", "relay"),
        (None, ""),
    ],
)
async def test_a_claim_stands_beside_our_own_results_and_changes_none(peer: str | None, helo: str) -> None:
    found = await checked(
        mail(more=[CLAIM]),
        envelope_=envelope("x@evil.example", peer, helo),
        resolver_=resolver(BY_MX),
        rules=Rules(trusted_authserv=("mx.test",)),
    )
    assert found.claim is not None
    assert found.claim.results[0].result == "pass"
    assert found.dmarc.result in (Result.FAIL, Result.SKIPPED)
    assert found.verified_domain is None


@pytest.mark.parametrize(
    ("peer", "helo"),
    [
        (EVIL_HOST, "mx.evil.example"),
        (EVIL_HOST, "out.mx.test"),
        (EVIL_HOST, "gone.mx.test"),
        (EVIL_HOST, ""),
        ("198.51.100.25", "mx.evil.example"),
        ("not an address", "out.mx.test"),
    ],
)
@pytest.mark.parametrize("claim", [CLAIM, "Authentication-Results: dmarc=pass header.from=bank.example"])
async def test_whoever_brings_a_mail_cannot_speak_for_a_trusted_host(peer: str, helo: str, claim: str) -> None:
    found = await checked(
        mail(more=[claim]),
        envelope_=envelope("x@evil.example", peer, helo),
        resolver_=resolver(BY_MX),
        rules=Rules(trusted_authserv=("mx.test", "(none)")),
    )
    assert found.claim is None
    assert "claims_ignored" in codes(found)
    assert "check_failed" not in codes(found)


# --- trouble and limits --------------------------------------------------------------------------------------------


async def test_trouble_is_neither_pass_nor_fail_and_worth_another_try() -> None:
    everything = {"ANY": Outcome.TROUBLE}
    zone = {"bank.example": everything, "_dmarc.bank.example": everything, "s1._domainkey.bank.example": everything}
    found = await checked(signed(mail()), resolver_=resolver(zone))
    results = [found.spf.result, found.dkim[0].result, found.dmarc.result]
    assert results == [Result.TEMPERROR] * 3
    assert (found.verified_domain, found.again) == (None, True)


async def test_a_mail_that_asks_for_too_much_is_cut_off_and_not_tried_again() -> None:
    includes = " ".join(f"include:i{number}.bank.example" for number in range(9))
    zone: dict[str, dict[str, Any]] = {"bank.example": {"TXT": [f"v=spf1 mx {includes} -all"]}}
    zone["bank.example"]["MX"] = [(number, f"mx{number}.bank.example") for number in range(10)]
    zone |= {f"mx{number}.bank.example": {"A": ["198.51.100.9"]} for number in range(10)}
    zone |= {f"i{number}.bank.example": {"TXT": ["v=spf1 ?all"]} for number in range(9)}
    data = resolver(zone)
    found = await checked(mail(), resolver_=data)
    assert len(data.asked) == found.lookups == 19  # one of 20 is kept back for DMARC
    assert (found.spf.result, found.dmarc.result) == (Result.TEMPERROR, Result.TEMPERROR)
    assert (codes(found), found.again) == (["lookups_spent"], False)


class Slow(StaticResolver):
    """Answers only after a long while."""

    async def ask(self, kind: str, name: str) -> Answer[Any]:
        await asyncio.sleep(3600)
        return await super().ask(kind, name)


async def test_slow_dns_ends_with_the_time_for_a_mail() -> None:
    async with asyncio.timeout(60):
        found = await checked(signed(mail()), resolver_=Slow({}), rules=Rules(seconds=0.3))
    assert (found.spf.result, found.dkim[0].result, found.dmarc.result) == (Result.TEMPERROR,) * 3
    assert found.again


class Broken(StaticResolver):
    """What no resolver should do."""

    async def ask(self, kind: str, name: str) -> Answer[Any]:
        raise RuntimeError("a bug")


async def test_a_bug_is_a_note_and_never_an_error(caplog: pytest.LogCaptureFixture) -> None:
    found = await checked(signed(mail()), resolver_=Broken({}))
    assert (codes(found), found.verified_domain) == (["check_failed"], None)
    assert found.dmarc.result is Result.TEMPERROR
    assert "could not be checked" in caplog.text


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"\r\n", b"\0", b"From:", b"From: a@bank.example", b":\r\n\r\n", b"\r\n\r\nbody", b" folded\r\n\r\n"),
        *(b"DKIM-Signature:\r\nFrom: a@bank.example\r\n\r\n", b"ARC-Seal: i=1\r\nFrom: a@bank.example\r\n\r\n"),
        *(b"DKIM-Signature: \xff\xfe; d=\xff\r\nFrom: a@bank.example\r\n\r\n", b"\xff\xfe" * 1000),
        *(b"From: a@bank.example\r\n" * 2000 + b"\r\n", b"X: " + b"y" * 300_000 + b"\r\n\r\n"),
    ],
)
async def test_any_octets_give_results(raw: bytes) -> None:
    found = await checked(raw, envelope_=envelope("x@evil.example", EVIL_HOST))
    assert found.verified_domain is None
    assert "check_failed" not in codes(found)


@pytest.mark.parametrize(
    "path", ["", "@", "x", "a@", "@a.example", "a@[192.0.2.1]", "\0@\0", "a@" + "b." * 300, "ä@ö.example"]
)
@pytest.mark.parametrize("helo", ["", "[192.0.2.1]", "x y", "\0", "é.example"])
async def test_any_envelope_gives_results(path: str, helo: str) -> None:
    found = await checked(mail(), envelope_=replace(envelope(), mail_from=path, helo=helo, peer=HOST))
    assert "check_failed" not in codes(found)
    assert found.verified_domain is None


@pytest.mark.parametrize(
    ("beginning", "whole"),
    [
        (b"From: a@app.example\r\nSubject: Hi\r\n\r\nWords", False),
        (b"From: a@app.example\nSubject: Hi\n\nWords", False),
        (b"From: a@app.example\r\nSubject: a header that goes on", True),
        (b"From: a@app.example\r\nDKIM-Signature: v=1; a=rsa-sha256\r\n\r\nWords", True),
        (b"From: a@app.example\r\nARC-Seal: i=1\r\n\r\nWords", True),
        (b"From: a@app.example\r\n\r\nDKIM-Signature: only words\r\n\r\n", False),
    ],
)
def test_only_a_message_with_signatures_is_needed_whole(beginning, whole):
    assert needs_whole(beginning) is whole
