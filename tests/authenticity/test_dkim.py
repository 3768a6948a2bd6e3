"""DKIM: the vectors of the RFCs, and what a signature is worth that holds, or not quite."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from world import NOW, crafted, key, mail, record, resolver, signed

from mailmcp.authenticity import dkim, fields, sign
from mailmcp.authenticity.dns import Outcome, StaticResolver
from mailmcp.models import DkimSignature, Result

pytestmark = pytest.mark.anyio

# RFC 8463 Appendix A: one message, an Ed25519 and an RSA signature.
RFC_8463 = """\
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
"""
RFC_KEYS = {
    "brisbane._domainkey.football.example.com": {
        "TXT": ["v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="]
    },
    "test._domainkey.football.example.com": {
        "TXT": [
            "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi"
            "Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2"
            "kryOTIKT+l/K4w3QIDAQAB"
        ]
    },
}


async def judged(
    raw: bytes, zone: dict[str, Any] | None = None, author: str | None = "bank.example"
) -> tuple[DkimSignature, ...]:
    found, _ = await dkim.verify(fields.read(raw), resolver(zone), author_domain=author, now=NOW)
    return found


async def one(raw: bytes, zone: dict[str, Any] | None = None) -> DkimSignature:
    (found,) = await judged(raw, zone)
    return found


# --- signatures that hold ------------------------------------------------------------------------------------------


async def test_both_signatures_of_rfc_8463_hold() -> None:
    found, _ = await dkim.verify(fields.read(RFC_8463.encode()), StaticResolver(RFC_KEYS), author_domain=None, now=NOW)
    assert [(one.result, one.selector, one.algorithm, one.key_bits) for one in found] == [
        (Result.PASS, "brisbane", "ed25519-sha256", 256),
        (Result.PASS, "test", "rsa-sha256", 1024),
    ]
    assert [note.code for note in found[1].notes] == ["dkim_weak_key"]
    assert found[0].identity == "@football.example.com"
    assert found[0].signed[:3] == ("from", "to", "subject")


@pytest.mark.parametrize(
    "canonical", ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed", "relaxed"]
)
@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
async def test_every_canonical_form_holds(canonical: str, kind: str) -> None:
    selector = "rsa" if kind == "rsa" else "s1"
    raw = mail(body="Two  blanks \t here \r\n\r\n\r\n", subject="Your\r\n  code")
    assert (
        await one(crafted(raw, canonical=canonical, signing=key("bank.example", selector, kind)))
    ).result is Result.PASS


async def test_relaxed_forms_bear_what_a_relay_does_to_blanks() -> None:
    raw = crafted(mail(body="a b\r\nc\r\n"))
    relayed = raw.replace(b"Subject: Your code", b"SUBJECT:   Your \r\n\tcode ").replace(b"a b\r\n", b"a \t b  \r\n")
    assert (await one(relayed)).result is Result.PASS
    assert (await one(relayed.replace(b"c\r\n", b"c\r\n\r\n\r\n"))).result is Result.PASS


async def test_simple_forms_do_not() -> None:
    raw = crafted(mail(body="a b\r\n"), canonical="simple/simple")
    assert (await one(raw)).result is Result.PASS
    assert (await one(raw.replace(b"a b", b"a  b"))).reason.code == "dkim_body_changed"
    assert (await one(raw.replace(b"Subject: Your", b"Subject:  Your"))).reason.code == "dkim_broken"


async def test_a_mail_without_signatures_has_none() -> None:
    assert await judged(mail()) == ()


# --- keys ----------------------------------------------------------------------------------------------------------


def rsa_record(bits: int, exponent: int = 65537) -> tuple[sign.SigningKey, str]:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    private = rsa.generate_private_key(exponent, bits)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    made = sign.SigningKey("bank.example", f"k{bits}", pem)
    return made, sign.public_record(made)


@pytest.mark.parametrize(
    ("bits", "result", "code", "notes"),
    [(1024, Result.PASS, "dkim_pass", ["dkim_weak_key"]), (2048, Result.PASS, "dkim_pass", [])],
)
async def test_an_rsa_key_of_1024_bits_is_weak_but_counts(
    bits: int, result: Result, code: str, notes: list[str]
) -> None:
    made, text = rsa_record(bits)
    found = await one(crafted(mail(), signing=made), {made.name: {"TXT": [text]}})
    assert (found.result, found.reason.code, [note.code for note in found.notes]) == (result, code, notes)


async def test_a_key_of_fewer_bits_does_not_count() -> None:
    # 512 bits: a key that RFC 8301 §3.2 tells nobody to believe; cryptography makes none that small.
    small = (
        "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAK4ScHVJSkIhJ6dGRC6p7w2NnKTv"
        "CnTQGeMiUQkVHZ4vRrHkMY3fYqGg3nC0uT7J+0cUOMP+eXgj7J2V4cJ5mXsCAwEAAQ=="
    )
    found = await one(
        crafted(mail(), s="small", a="rsa-sha256"), {"small._domainkey.bank.example": {"TXT": [f"p={small}"]}}
    )
    assert (found.result, found.reason.code) == (Result.POLICY, "dkim_key_size")


KEY = record("bank.example")["TXT"][0]


@pytest.mark.parametrize(
    ("text", "result", "code"),
    [
        ("{key}; t=y", Result.NEUTRAL, "dkim_testing"),
        ("{key}; t=y:s", Result.NEUTRAL, "dkim_testing"),
        ("{key}; t=s", Result.PASS, "dkim_pass"),
        ("{key}; h=sha1", Result.PERMERROR, "dkim_bad_key"),
        ("{key}; h=sha1:sha256", Result.PASS, "dkim_pass"),
        ("{key}; s=tlsrpt", Result.PERMERROR, "dkim_bad_key"),
        ("{key}; s=email:x", Result.PASS, "dkim_pass"),
        ("{key}; n=a note; x=unknown", Result.PASS, "dkim_pass"),
        ("{bare}", Result.PASS, "dkim_pass"),
        ("v=DKIM2; {bare}", Result.PERMERROR, "dkim_bad_key"),
        ("k=ed25519; v=DKIM1; {octets}", Result.PERMERROR, "dkim_bad_key"),
        ("v=DKIM1; k=rsa; {octets}", Result.PERMERROR, "dkim_bad_key"),
        ("v=DKIM1; k=dsa; {octets}", Result.PERMERROR, "dkim_bad_key"),
        ("v=DKIM1; k=ed25519; p=", Result.PERMERROR, "dkim_key_revoked"),
        ("v=DKIM1; k=ed25519", Result.PERMERROR, "dkim_bad_key"),
        ("v=DKIM1; p=!!!", Result.PERMERROR, "dkim_bad_key"),
        ("v=DKIM1; p=AAAA", Result.PERMERROR, "dkim_bad_key"),
        ("{key}; p=AAAA", Result.PERMERROR, "dkim_bad_key"),
        ("{key}; n={long}", Result.PERMERROR, "dkim_bad_key"),
        ("v=spf1 -all", Result.PERMERROR, "dkim_no_key"),
        ("v=spf1 -all exp=a.example", Result.PERMERROR, "dkim_no_key"),
        ("k=ed25519; {spaced}", Result.PASS, "dkim_pass"),
        ("{spaced}; k = ed25519", Result.PASS, "dkim_pass"),
    ],
)
async def test_a_key_record_decides(text: str, result: Result, code: str) -> None:
    parts = {
        "key": KEY,
        "bare": KEY.removeprefix("v=DKIM1; "),
        "octets": KEY.rpartition("; ")[2],
        "spaced": KEY.rpartition("; ")[2].replace("=", " \t= ", 1),
        "long": "x" * 5000,
    }
    found = await one(crafted(mail()), {"s1._domainkey.bank.example": {"TXT": [text.format(**parts)]}})
    assert (found.result, found.reason.code) == (result, code)


async def test_a_foreign_record_beside_the_key_does_no_harm() -> None:
    texts = ["v=spf1 -all", "p=AAAA", KEY]
    assert (await one(crafted(mail()), {"s1._domainkey.bank.example": {"TXT": texts}})).result is Result.PASS


async def test_a_key_only_for_its_own_domain_is_not_for_sub_domains() -> None:
    zone = {"s1._domainkey.bank.example": {"TXT": [f"{KEY}; t=s"]}}
    assert (await one(crafted(mail(), i="@mail.bank.example"), zone)).reason.code == "dkim_identity"
    assert (await one(crafted(mail(), i="@mail.bank.example"))).result is Result.PASS


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ({"ANY": Outcome.TROUBLE}, Result.TEMPERROR),
        ({"TXT": Outcome.NXDOMAIN}, Result.PERMERROR),
        ({}, Result.PERMERROR),
    ],
)
async def test_no_key_is_not_the_same_as_no_answer(answer: dict[str, Any], result: Result) -> None:
    found = await one(crafted(mail()), {"s1._domainkey.bank.example": answer})
    assert (found.result, found.domain) == (result, "bank.example")


async def test_a_key_with_a_giant_exponent_is_not_tried() -> None:
    def der(tag: int, octets: bytes) -> bytes:
        size = len(octets)
        length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
        return bytes([tag]) + length + octets

    modulus = der(2, b"\x00" + b"\xff" * 512)
    exponent = der(2, b"\x00" + b"\xff" * 512)
    encoded = base64.b64encode(der(0x30, modulus + exponent)).decode()
    found = await one(crafted(mail(), a="rsa-sha256"), {"s1._domainkey.bank.example": {"TXT": [f"p={encoded}"]}})
    assert found.reason.code == "dkim_bad_key"


# --- the field -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "result", "code"),
    [
        ({"v": "2"}, Result.PERMERROR, "signature_malformed"),
        ({"v": ""}, Result.PERMERROR, "signature_malformed"),
        ({"a": "rsa-sha1"}, Result.POLICY, "dkim_sha1"),
        ({"a": "rsa-md5"}, Result.PERMERROR, "dkim_algorithm"),
        ({"a": "rsa-sha256"}, Result.FAIL, "dkim_broken"),
        ({"c": "nofws"}, Result.PERMERROR, "signature_malformed"),
        ({"d": ""}, Result.PERMERROR, "signature_malformed"),
        ({"d": "bank..example"}, Result.PERMERROR, "signature_malformed"),
        ({"d": "example"}, Result.PERMERROR, "signature_malformed"),
        ({"s": "a b"}, Result.PERMERROR, "signature_malformed"),
        ({"bh": "!"}, Result.PERMERROR, "signature_malformed"),
        ({"bh": base64.b64encode(bytes(32)).decode()}, Result.FAIL, "dkim_body_changed"),
        ({"h": ""}, Result.PERMERROR, "signature_malformed"),
        ({"q": "http"}, Result.PERMERROR, "signature_malformed"),
        ({"q": "dns/txt:x"}, Result.PASS, "dkim_pass"),
        ({"i": "@evil.example"}, Result.PERMERROR, "dkim_identity"),
        ({"i": "@notbank.example"}, Result.PERMERROR, "dkim_identity"),
        ({"i": "ceo@a.bank.example"}, Result.PASS, "dkim_pass"),
        ({"l": "-1"}, Result.PERMERROR, "signature_malformed"),
        ({"l": "9" * 80}, Result.PERMERROR, "signature_malformed"),
        ({"l": "9" * 70}, Result.FAIL, "dkim_body_short"),
        ({"t": "x"}, Result.PERMERROR, "signature_malformed"),
        ({"t": "9" * 12}, Result.FAIL, "dkim_future"),
        ({"t": str(int(NOW.timestamp()) + 86_400)}, Result.FAIL, "dkim_future"),
        ({"t": str(int(NOW.timestamp()) + 600)}, Result.PASS, "dkim_pass"),
        ({"x": str(int(NOW.timestamp()) - 3600), "t": ""}, Result.FAIL, "dkim_expired"),
        ({"x": str(int(NOW.timestamp()) + 3600)}, Result.PASS, "dkim_pass"),
        ({"x": "1", "t": "2"}, Result.PERMERROR, "signature_malformed"),
        ({"unknown": "tag"}, Result.PASS, "dkim_pass"),
        ({"z": "x" * 20_000}, Result.PERMERROR, "signature_too_large"),
    ],
)
async def test_the_tags_of_a_signature_decide(tags: dict[str, str], result: Result, code: str) -> None:
    found = await one(crafted(mail(), **tags))
    assert (found.result, found.reason.code) == (result, code)
    assert found.reason.sentence.endswith(".")


async def test_a_tag_that_stands_twice_spoils_the_signature() -> None:
    raw = crafted(mail()).replace(b"d=bank.example;", b"d=bank.example; d=bank.example;", 1)
    assert (await one(raw)).reason.code == "signature_unreadable"


async def test_an_expiry_is_judged_by_the_time_of_arrival() -> None:
    raw = crafted(mail(), x=str(int(NOW.timestamp()) + 60))
    late, _ = await dkim.verify(fields.read(raw), resolver(), author_domain=None, now=NOW + timedelta(minutes=10))
    assert (await one(raw)).result is Result.PASS
    assert late[0].reason.code == "dkim_expired"


async def test_a_signature_must_cover_from() -> None:
    assert (await one(crafted(mail(), names=("to", "subject")))).reason.code == "dkim_from_unsigned"


async def test_octets_beyond_l_are_counted_and_spoil_it() -> None:
    raw = crafted(mail(body="Hello.\r\n"), length=8)
    assert (await one(raw)).result is Result.PASS
    assert [note.code for note in (await one(raw)).notes] == ["dkim_length"]
    found = await one(raw + b"More.\r\n")
    assert (found.result, found.reason.code, found.unsigned_octets) == (Result.POLICY, "dkim_body_extended", 7)


@pytest.mark.parametrize("name", ["Subject", "Reply-To", "Content-Type", "To", "Date", "Message-ID"])
async def test_a_field_added_to_a_signed_mail_spoils_it(name: str) -> None:
    present = mail(more=["Reply-To: alerts@bank.example"])
    raw = crafted(present, names=("from", "to", "subject", "date", "reply-to"))
    assert (await one(raw)).result is Result.PASS
    assert (await one(f"{name}: evil\r\n".encode() + raw)).reason.code == "dkim_field_added"


async def test_a_signature_that_leaves_the_subject_open_does_not_count() -> None:
    assert (await one(crafted(mail(), names=("from", "to")))).reason.code == "dkim_subject_unsigned"


async def test_a_header_that_programs_read_differently_is_not_judged() -> None:
    raw = signed(mail()).replace(b"To: a@", b"no field\r\nTo: a@", 1)
    assert (await one(raw)).reason.code == "header_malformed"


async def test_a_strangers_signature_leaves_no_word_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    for raw in (crafted(mail()), crafted(mail()).replace(b"Your code", b"My code")):
        await judged(raw)
    assert "dkimpy" not in {record.name for record in caplog.records}


# --- many of them --------------------------------------------------------------------------------------------------


async def test_of_many_signatures_the_authors_are_judged() -> None:
    others = b"".join(crafted(mail(), "evil.example", s=f"x{number}").partition(b"From:")[0] for number in range(40))
    raw = others + crafted(mail())
    data = resolver()
    found, left_out = await dkim.verify(fields.read(raw), data, author_domain="bank.example", now=NOW)
    assert len(found) == dkim.MAX_JUDGED
    assert left_out == 41 - dkim.MAX_JUDGED
    assert [one.domain for one in found if one.result is Result.PASS] == ["bank.example"]
    assert len(data.asked) == dkim.MAX_JUDGED
