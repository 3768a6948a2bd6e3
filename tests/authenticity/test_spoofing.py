"""Forms in which somebody pretends to be bank.example: none may come out as verified for it. And those that may.

The author is read as in the real way in, by mail.parse; the sender is evil.example at its own address, or somebody who
got hold of a mail that the bank really signed.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from world import EVIL_HOST, HOST, NOW, checked, crafted, envelope, key, mail, record, resolver, signed

from mailmcp.authenticity.dns import Outcome
from mailmcp.mail.parse import parse
from mailmcp.models import Envelope, Result

pytestmark = pytest.mark.anyio

EVIL = envelope("x@evil.example", EVIL_HOST, "mx.evil.example")
BANK = "Bank <alerts@bank.example>"


@dataclass(frozen=True, slots=True)
class Form:
    """One mail with its envelope."""

    raw: bytes
    envelope: Envelope = EVIL
    zone: dict[str, Any] = field(default_factory=dict)
    victims: tuple[str, ...] = ("bank.example",)


def word(text: str) -> str:
    return f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?="


def evil(from_: str, **kwargs: Any) -> Form:
    """Sent and signed by evil.example, both of which pass for evil.example."""
    return Form(signed_anyhow(mail(from_, **kwargs)))


def signed_anyhow(raw: bytes, domain: str = "evil.example", **tags: str) -> bytes:
    """Signed whatever the header looks like: an attacker's signer refuses nothing."""
    return crafted(raw, domain, names=("from", "subject"), **tags)


def bank_signed(raw: bytes, *names: str, length: int | None = None) -> bytes:
    """Signed by the bank, less carefully than we would: only these names, perhaps with l=."""
    return crafted(raw, names=names, length=length)


GENUINE = signed(mail())
HELD = "Your name:\r\n--B\r\nContent-Type: text/plain\r\n\r\nYour code is 666666.\r\n--B--\r\n"
FORMS: dict[str, Callable[[], Form]] = {
    # --- who wrote it ---
    "plain forgery": lambda: Form(mail()),
    "forgery signed by another domain": lambda: evil(BANK),
    "address, then a real one in brackets": lambda: evil("alerts@bank.example <x@evil.example>"),
    "address as a quoted display name": lambda: evil('"alerts@bank.example" <x@evil.example>'),
    "two addresses, the victim first": lambda: evil("alerts@bank.example, x@evil.example"),
    "two addresses, the victim last": lambda: evil("x@evil.example, alerts@bank.example"),
    "two addresses without a comma": lambda: evil("<alerts@bank.example> <x@evil.example>"),
    "address in a comment": lambda: evil("x@evil.example (alerts@bank.example)"),
    "real address in a comment": lambda: evil("alerts@bank.example (x@evil.example)"),
    "encoded word that is an address": lambda: evil(f"{word('alerts@bank.example')} <x@evil.example>"),
    "encoded word that is a whole mailbox": lambda: evil(f"{word('Bank <alerts@bank.example>')} <x@evil.example>"),
    "encoded word instead of the address": lambda: evil(word("alerts@bank.example")),
    "encoded word with NUL before the real domain": lambda: evil(word("alerts@bank.example\0@evil.example")),
    "NUL inside the address": lambda: evil("alerts@bank.example\0@evil.example"),
    "group of both": lambda: evil("Bank: alerts@bank.example, x@evil.example;"),
    "source route": lambda: evil("<@evil.example:alerts@bank.example>"),
    "two at signs": lambda: evil("<alerts@bank.example@evil.example>"),
    "quoted local part with the victim": lambda: evil('"alerts@bank.example"@evil.example'),
    "folded before the real address": lambda: evil("alerts@bank.example\r\n <x@evil.example>"),
    "semicolon instead of a comma": lambda: evil("alerts@bank.example;x@evil.example"),
    "null address": lambda: evil("alerts@bank.example <>"),
    "blanks round the at sign": lambda: Form(signed_anyhow(mail("alerts @ bank.example"))),
    "unclosed quote": lambda: evil('"alerts@bank.example <x@evil.example>'),
    "no From at all": lambda: Form(mail().replace(b"From: Bank <alerts@bank.example>\r\n", b"")),
    "Sender of the victim, no From": lambda: Form(mail().replace(b"From:", b"Sender:")),
    # --- more than one From ---
    "two From fields, the victim first": lambda: evil(BANK, more=["From: x@evil.example"]),
    "two From fields, the victim last": lambda: evil("x@evil.example", more=[f"From: {BANK}"]),
    "a From below, in other letters": lambda: evil("x@evil.example", more=[f"FROM: {BANK}"]),
    "a From with a blank before the colon": lambda: Form(
        b"From : alerts@bank.example\r\n" + evil("x@evil.example").raw
    ),
    "a From behind a bare CR": lambda: evil("x@evil.example", subject="Hi\rFrom: alerts@bank.example"),
    "a From behind a line that is no field": lambda: Form(
        signed_anyhow(mail("x@evil.example")).replace(b"To: a@", b"no field\r\nFrom: alerts@bank.example\r\nTo: a@", 1)
    ),
    "a From added above a signed mail": lambda: Form(b"From: x@evil.example\r\n" + GENUINE),
    "a From added below a signed mail": lambda: Form(GENUINE.replace(b"To: a@", b"From: x@evil.example\r\nTo: a@", 1)),
    # --- names that look alike ---
    "look-alike letter": lambda: evil("alerts@bаnk.example"),
    "victim as a label in front": lambda: Form(
        signed_anyhow(mail("alerts@bank.example.evil.example"), "bank.example.evil.example"),
        envelope("x@bank.example.evil.example", EVIL_HOST),
    ),
    "victim's name with a hyphen": lambda: evil("alerts@bank-example.evil.example"),
    # --- passes that are not the author's ---
    "SPF pass of another domain": lambda: Form(mail()),
    "SPF pass of the HELO name, null path": lambda: Form(mail(), envelope("", EVIL_HOST, "evil.example")),
    "HELO of the victim": lambda: Form(mail(), envelope("", EVIL_HOST, "bank.example")),
    "path of the victim from a foreign host": lambda: Form(mail(), envelope(peer=EVIL_HOST)),
    "path with the victim in the local part": lambda: Form(
        mail(), envelope("alerts@bank.example@evil.example", EVIL_HOST)
    ),
    "signature names the victim in i= only": lambda: Form(signed_anyhow(mail(), i="@bank.example")),
    "signature claims the victim with a foreign key": lambda: Form(
        crafted(mail(), "bank.example", signing=key("evil.example"))
    ),
    "signature of a longer name that ends alike": lambda: Form(
        signed_anyhow(mail(), "notbank.example"), zone={"s1._domainkey.notbank.example": record("notbank.example")}
    ),
    "author is a sub-domain, another organisation signs": lambda: evil("alerts@mail.bank.example"),
    "sub-domain that does not exist": lambda: Form(mail("alerts@nowhere.bank.example")),
    "sub-domain where the record is strict": lambda: Form(
        signed_anyhow(mail("alerts@strict.example"), "mail.strict.example"), victims=("strict.example",)
    ),
    "neighbour below a public suffix with a record": lambda: Form(
        signed_anyhow(mail("alerts@good.co.uk"), "bad.co.uk"),
        envelope("x@bad.co.uk", EVIL_HOST),
        victims=("good.co.uk",),
    ),
    "tenant speaks for the public suffix": lambda: Form(
        signed_anyhow(mail("alerts@co.uk"), "bad.co.uk"), envelope("x@bad.co.uk", EVIL_HOST), victims=("co.uk",)
    ),
    "neighbour below a suffix with psd=y": lambda: Form(
        signed_anyhow(mail("alerts@tenant.psd.example"), "thief.psd.example"),
        envelope("x@thief.psd.example", EVIL_HOST),
        victims=("tenant.psd.example",),
    ),
    "tenant speaks for a suffix with psd=y": lambda: Form(
        signed_anyhow(mail("alerts@psd.example"), "thief.psd.example"),
        envelope("x@thief.psd.example", EVIL_HOST),
        victims=("psd.example",),
    ),
    "sub-domain that calls itself an organisation": lambda: Form(
        mail(),
        envelope("x@free.bank.example", EVIL_HOST),
        zone={
            "free.bank.example": {"TXT": ["v=spf1 +all"]},
            "_dmarc.free.bank.example": {"TXT": ["v=DMARC1; p=none; psd=n"]},
        },
    ),
    # --- mails that the bank really signed, changed ---
    "body changed": lambda: Form(GENUINE.replace(b"123456", b"654321")),
    "subject changed": lambda: Form(GENUINE.replace(b"Your code\r\n", b"Call 555-0100\r\n")),
    "a second subject on top": lambda: Form(b"Subject: Call 555-0100\r\n" + GENUINE),
    "a second subject on top of one signed once": lambda: Form(
        b"Subject: Call 555-0100\r\n" + bank_signed(mail(), "from", "subject")
    ),
    "a subject where none was signed": lambda: Form(
        b"Subject: Call 555-0100\r\n" + bank_signed(mail().replace(b"Subject: Your code\r\n", b""), "from", "to")
    ),
    "the subject changed where it was not signed": lambda: Form(
        bank_signed(mail(), "from", "to").replace(b"Your code\r\n", b"Call 555-0100\r\n")
    ),
    "a second content type on top": lambda: Form(
        b'Content-Type: multipart/mixed; boundary="x"\r\n' + bank_signed(mail(), "from", "subject")
    ),
    "a boundary of the text made the type": lambda: Form(
        bank_signed(mail(body=HELD), "from", "subject").replace(
            b"text/plain; charset=utf-8", b"multipart/mixed; boundary=B"
        )
    ),
    "an unsigned type changed to another charset": lambda: Form(
        bank_signed(mail(), "from", "subject").replace(b"charset=utf-8", b"charset=utf-7")
    ),
    "an encoding added where none was signed": lambda: Form(
        bank_signed(mail(body="WW91ciBjb2RlIGlzIDk5OTk5OS4=\r\n"), "from", "subject", "content-type").replace(
            b"MIME-Version", b"Content-Transfer-Encoding: base64\r\nMIME-Version"
        )
    ),
    "an unsigned type taken away": lambda: Form(
        bank_signed(
            mail(body=HELD.partition("\r\n")[2]).replace(b"text/plain", b"multipart/mixed; boundary=B", 1),
            *("from", "subject"),
        ).replace(b"Content-Type: multipart", b"X-Type: multipart", 1)
    ),
    "an address for answers added": lambda: Form(
        b"Reply-To: alerts@evil.example\r\n" + bank_signed(mail(), "from", "subject")
    ),
    "text added behind l=": lambda: Form(bank_signed(mail(), "from", "subject", length=22) + b"Call 555-0100 now.\r\n"),
    "everything behind l=0": lambda: Form(
        bank_signed(mail(body=""), "from", "subject", length=0) + b"Call 555-0100 now.\r\n"
    ),
    "signature without From": lambda: Form(bank_signed(mail(), "to", "subject")),
    "expired long ago": lambda: Form(crafted(mail(), t="", x=str(int((NOW - timedelta(days=2)).timestamp())))),
    "signature moved to another author": lambda: Form(
        GENUINE.replace(b"From: Bank <alerts@bank.example>", b"From: Bank <ceo@bank.example>")
    ),
    "signature taken onto another mail": lambda: Form(GENUINE.partition(b"From: ")[0] + mail(subject="Pay")),
    # --- words and wires ---
    "Authentication-Results that says pass": lambda: Form(
        mail(more=["Authentication-Results: mx.test; dmarc=pass header.from=bank.example; spf=pass; dkim=pass"])
    ),
    "Received-SPF that says pass": lambda: Form(mail(more=["Received-SPF: pass (bank.example)"])),
    "ARC chain that says pass": lambda: Form(
        mail(more=["ARC-Authentication-Results: i=1; mx.test; dmarc=pass header.from=bank.example"])
    ),
    "DNS of the victim is silenced": lambda: Form(
        mail(),
        envelope(peer=EVIL_HOST),
        zone={"bank.example": {"ANY": Outcome.TROUBLE}, "_dmarc.bank.example": {"ANY": Outcome.TROUBLE}},
    ),
    "key of the victim is silenced": lambda: Form(
        GENUINE.replace(b"123456", b"654321"), zone={"s1._domainkey.bank.example": {"ANY": Outcome.TROUBLE}}
    ),
    "key that only tests": lambda: Form(
        signed(mail(), key("bank.example", "test")),
        zone={"test._domainkey.bank.example": {"TXT": [record("bank.example", "test")["TXT"][0] + "; t=y"]}},
    ),
}


def domain_of(raw: bytes) -> str | None:
    author = parse(raw).author
    return author.email.rpartition("@")[2] if author else None


@pytest.mark.parametrize("name", FORMS)
async def test_a_forged_mail_is_not_verified_for_whom_it_claims(name: str) -> None:
    form = FORMS[name]()
    found = await checked(form.raw, author=domain_of(form.raw), envelope_=form.envelope, resolver_=resolver(form.zone))
    verified = found.verified_domain or ""
    assert not any(verified == victim or verified.endswith(f".{victim}") for victim in form.victims), found.dmarc


@pytest.mark.parametrize("name", FORMS)
async def test_nor_when_a_caller_names_the_victim_as_the_author(name: str) -> None:
    """The parser is not what stands between a forger and a pass, wherever From is not the victim's alone."""
    form = FORMS[name]()
    for victim in form.victims:
        found = await checked(form.raw, author=victim, envelope_=form.envelope, resolver_=resolver(form.zone))
        assert found.verified_domain is None, found.dmarc


@pytest.mark.parametrize(
    ("written", "domain"),
    [
        *(("faß.example", "fass.example"), ("evil℠.example", "evilsm.example"), ("b⒈example", "b1.example")),
        *(
            ("βόλος.example", "xn--nxasmq6b.example"),
            ("ba\u200dnk.test", "bank.test"),
            ("ba\u200cnk.test", "bank.test"),
        ),
    ],
)
async def test_a_domain_is_not_credited_to_whom_an_older_standard_took_it_for(written: str, domain: str) -> None:
    zone = {
        domain: {"TXT": [f"v=spf1 ip4:{EVIL_HOST} -all"]},
        f"_dmarc.{domain}": {"TXT": ["v=DMARC1; p=reject"]},
        f"s1._domainkey.{domain}": record(domain),
    }
    raw = signed_anyhow(mail(f"alerts@{written}"), domain)
    for author in {domain_of(raw), written}:
        found = await checked(
            raw, author=author, envelope_=envelope(f"x@{domain}", EVIL_HOST), resolver_=resolver(zone)
        )
        assert found.verified_domain is None


def test_the_suite_has_many_forms() -> None:
    assert len(FORMS) >= 40


# --- what must stay verified ---------------------------------------------------------------------------------------

BY_THE_BANK = envelope()
ELSEWHERE = envelope("bounce@lists.example", "198.51.100.5", "lists.example")

VALID: dict[str, Callable[[], Form]] = {
    "SPF of the author's domain": lambda: Form(mail(), BY_THE_BANK),
    "Ed25519 signature, forwarded": lambda: Form(GENUINE, ELSEWHERE),
    "RSA signature, forwarded": lambda: Form(signed(mail(), key("bank.example", "rsa", "rsa")), ELSEWHERE),
    "both signatures": lambda: Form(signed(mail(), key("bank.example", "rsa", "rsa"), key("bank.example")), ELSEWHERE),
    "null path, HELO of the author": lambda: Form(mail(), envelope("", HOST, "bank.example")),
    "author is a sub-domain, the organisation signs": lambda: Form(
        signed(mail("x@mail.bank.example")), ELSEWHERE, victims=("mail.bank.example",)
    ),
    "path is a sub-domain": lambda: Form(mail(), envelope("b@mail.bank.example", HOST)),
    "strict and equal": lambda: Form(
        signed(mail("x@strict.example"), key("strict.example")), ELSEWHERE, victims=("strict.example",)
    ),
    "mail without a subject": lambda: Form(signed(mail().replace(b"Subject: Your code\r\n", b"")), ELSEWHERE),
    "a foreign signature besides": lambda: Form(signed(GENUINE, key("lists.example")), ELSEWHERE),
    "a broken signature besides": lambda: Form(
        GENUINE.partition(b"From:")[0].replace(b"bh=", b"bh=AAAA") + GENUINE, ELSEWHERE
    ),
    "upper case in the author's domain": lambda: Form(signed(mail("x@BANK.example")), ELSEWHERE),
    "a letter that an older standard took for two": lambda: Form(
        signed(mail("x@faß.example"), key("xn--fa-hia.example")),
        ELSEWHERE,
        zone={
            "_dmarc.xn--fa-hia.example": {"TXT": ["v=DMARC1; p=reject"]},
            "s1._domainkey.xn--fa-hia.example": record("xn--fa-hia.example"),
        },
        victims=("xn--fa-hia.example",),
    ),
    "display name with a comma": lambda: Form(signed(mail('"Bank, Ltd." <x@bank.example>')), ELSEWHERE),
    "encoded display name": lambda: Form(signed(mail(f"{word('Bänk')} <x@bank.example>")), ELSEWHERE),
    "folded header": lambda: Form(
        signed(mail(subject="Your\r\n code")).replace(b"Your\r\n code", b"Your\r\n\tcode"), ELSEWHERE
    ),
    "trace fields added on the way": lambda: Form(b"Received: from a by b; x\r\nX-Spam: no\r\n" + GENUINE, ELSEWHERE),
    "empty body": lambda: Form(signed(mail(body="")), ELSEWHERE),
    "blank lines at the end": lambda: Form(signed(mail(body="Hi\r\n\r\n\r\n")), ELSEWHERE),
    "bare LF line ends in the stored mail": lambda: Form(GENUINE.replace(b"\r\n", b"\n"), ELSEWHERE),
    "signed minutes in the future": lambda: Form(signed(mail(), made=NOW + timedelta(minutes=5)), ELSEWHERE),
    "l= over the whole body": lambda: Form(bank_signed(mail(), "from", "subject", length=22), ELSEWHERE),
    "the suffix signs for its tenant": lambda: Form(
        signed(mail("x@tenant.psd.example"), key("psd.example")),
        envelope("b@tenant.psd.example", HOST),
        victims=("tenant.psd.example",),
    ),
    "IPv6-mapped address": lambda: Form(mail(), replace(BY_THE_BANK, peer="::ffff:192.0.2.10")),
    "SPF is in trouble but the signature holds": lambda: Form(
        GENUINE, ELSEWHERE, zone={"lists.example": {"ANY": Outcome.TROUBLE}}
    ),
}


@pytest.mark.parametrize("name", VALID)
async def test_a_genuine_mail_is_verified(name: str) -> None:
    form = VALID[name]()
    found = await checked(form.raw, author=domain_of(form.raw), envelope_=form.envelope, resolver_=resolver(form.zone))
    assert found.verified_domain == form.victims[0], found.dmarc
    assert found.dmarc.result is Result.PASS
