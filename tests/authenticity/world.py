"""A small internet for the tests: domains with their records and keys, and mails that are sent from it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding

from mailmcp.authenticity import fields, sign
from mailmcp.authenticity.canonical import canonical_body, relaxed_field
from mailmcp.authenticity.check import Rules, check
from mailmcp.authenticity.dns import Resolver, StaticResolver
from mailmcp.authenticity.sign import SigningKey
from mailmcp.models import AuthResults, Envelope, Source

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOST = "192.0.2.10"
"""bank.example sends from here."""
EVIL_HOST = "203.0.113.66"
"""evil.example sends from here."""


@cache
def _made(domain: str, selector: str, kind: str) -> SigningKey:
    return sign.generate(domain, selector, kind)


def key(domain: str, selector: str = "s1", kind: str = "ed25519") -> SigningKey:
    """The one key of its place."""
    return _made(domain, selector, kind)


def record(domain: str, selector: str = "s1", kind: str = "ed25519") -> dict[str, Any]:
    return {"TXT": [sign.public_record(key(domain, selector, kind))]}


@cache
def _zone() -> Mapping[str, Mapping[str, Any]]:
    return {
        "example": {},
        "bank.example": {"TXT": ["v=spf1 ip4:192.0.2.10 -all"], "A": [HOST], "MX": [(10, "mx.bank.example")]},
        "_dmarc.bank.example": {"TXT": ["v=DMARC1; p=reject; sp=quarantine; np=reject"]},
        "s1._domainkey.bank.example": record("bank.example"),
        "rsa._domainkey.bank.example": record("bank.example", "rsa", "rsa"),
        "mail.bank.example": {"TXT": ["v=spf1 ip4:192.0.2.10 -all"], "A": [HOST]},
        "strict.example": {"TXT": ["v=spf1 ip4:192.0.2.10 -all"]},
        "_dmarc.strict.example": {"TXT": ["v=DMARC1; p=reject; adkim=s; aspf=s"]},
        "s1._domainkey.strict.example": record("strict.example"),
        "mail.strict.example": {"TXT": ["v=spf1 ip4:192.0.2.10 -all"]},
        "s1._domainkey.mail.strict.example": record("mail.strict.example"),
        "evil.example": {"TXT": ["v=spf1 ip4:203.0.113.66 -all"], "A": [EVIL_HOST]},
        "_dmarc.evil.example": {"TXT": ["v=DMARC1; p=none"]},
        "s1._domainkey.evil.example": record("evil.example"),
        "bank.example.evil.example": {"TXT": ["v=spf1 ip4:203.0.113.66 -all"]},
        "s1._domainkey.bank.example.evil.example": record("bank.example.evil.example"),
        "lists.example": {"TXT": ["v=spf1 ip4:198.51.100.5 -all"]},
        "_dmarc.lists.example": {"TXT": ["v=DMARC1; p=none"]},
        "s1._domainkey.lists.example": record("lists.example"),
        # A public suffix with a record that does not say so, and two of its tenants.
        "co.uk": {},
        "_dmarc.co.uk": {"TXT": ["v=DMARC1; p=reject"]},
        "good.co.uk": {"TXT": ["v=spf1 ip4:192.0.2.10 -all"]},
        "bad.co.uk": {"TXT": ["v=spf1 ip4:203.0.113.66 -all"]},
        "s1._domainkey.bad.co.uk": record("bad.co.uk"),
        # One that says so.
        "_dmarc.psd.example": {"TXT": ["v=DMARC1; p=reject; psd=y"]},
        "tenant.psd.example": {"TXT": ["v=spf1 ip4:192.0.2.10 -all"]},
        "thief.psd.example": {"TXT": ["v=spf1 ip4:203.0.113.66 -all"]},
        "s1._domainkey.thief.psd.example": record("thief.psd.example"),
        "s1._domainkey.psd.example": record("psd.example"),
    }


def resolver(more: Mapping[str, Mapping[str, Any]] | None = None) -> StaticResolver:
    return StaticResolver({**_zone(), **(more or {})})


def envelope(
    mail_from: str = "alerts@bank.example", peer: str | None = HOST, helo: str = "mx.bank.example"
) -> Envelope:
    return Envelope(mail_from=mail_from, recipients=("a@agents.internal",), received_at=NOW, peer=peer, helo=helo)


def mail(
    from_: str = "Bank <alerts@bank.example>",
    *,
    subject: str = "Your code",
    body: str = "Your code is 123456.\r\n",
    more: Sequence[str] = (),
) -> bytes:
    head = [
        f"From: {from_}",
        "To: a@agents.internal",
        f"Subject: {subject}",
        "Date: Fri, 20 Nov 2026 11:59:00 +0000",
        "Message-ID: <1@bank.example>",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        *more,
    ]
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


def signed(raw: bytes, *keys: SigningKey, made: datetime = NOW - timedelta(minutes=1)) -> bytes:
    return sign.sign(raw, keys or (key("bank.example"),), now=made)


async def checked(
    raw: bytes,
    *,
    author: str | None = "bank.example",
    envelope_: Envelope | None = None,
    resolver_: Resolver | None = None,
    source: Source = Source.SMTP,
    rules: Rules | None = None,
) -> AuthResults:
    return await check(
        raw,
        envelope_ or envelope(),
        author_domain=author,
        resolver=resolver_ or resolver(),
        source=source,
        rules=rules or Rules(),
    )


def crafted(
    raw: bytes,
    domain: str = "bank.example",
    *,
    names: Sequence[str] = ("from", "to", "subject", "date"),
    canonical: str = "relaxed/relaxed",
    length: int | None = None,
    signing: SigningKey | None = None,
    **tags: str,
) -> bytes:
    """Signed with any tags, also ones that no honest signer writes; everything that is said about it is true."""
    line = _over_message("DKIM-Signature", raw, domain, names, canonical, length, signing, {"v": "1"}, tags, "; ")
    return line + raw


def sealed(
    raw: bytes,
    domain: str,
    *,
    cv: str | None = None,
    claims: str = "mx.test; dmarc=pass",
    gap: str = "; ",
    names: Sequence[str] = ("from", "subject"),
) -> bytes:
    """With one more ARC set on top, made by this domain."""
    message = fields.read(raw)
    earlier = [one for one in message.fields if one.key.startswith("arc-")]
    instance = len(earlier) // 3 + 1
    place = {"i": str(instance)}
    results = f"ARC-Authentication-Results: i={instance}; {claims}\r\n".encode()
    signature = _over_message(
        "ARC-Message-Signature", raw, domain, names, "relaxed/relaxed", None, None, place, {}, gap
    )
    order = ("arc-authentication-results", "arc-message-signature", "arc-seal")
    covered = [
        next(one for one in reversed(rest) if one.key == kind)
        for rest in (earlier[: len(earlier) - 3 * number] for number in range(instance - 1))
        for kind in order
    ]
    covered += fields.read(results + signature + b"\r\n").fields
    tags = {**place, "a": "ed25519-sha256", "cv": cv or ("none" if instance == 1 else "pass"), "d": domain, "s": "s1"}
    return _signed_field("ARC-Seal", tags, covered, key(domain), relaxed=True, gap=gap) + signature + results + raw


def _over_message(
    name: str,
    raw: bytes,
    domain: str,
    names: Sequence[str],
    canonical: str,
    length: int | None,
    signing: SigningKey | None,
    first: dict[str, str],
    last: dict[str, str],
    gap: str,
) -> bytes:
    signing = signing or key(domain)
    rsa = not isinstance(_private(signing), ed25519.Ed25519PrivateKey)
    message = fields.read(raw)
    form = canonical_body(message.body, relaxed=canonical.endswith("/relaxed"))
    tags = {
        **first,
        "a": f"{'rsa' if rsa else 'ed25519'}-sha256",
        "c": canonical,
        "d": domain,
        "s": signing.selector,
        "t": str(int(NOW.timestamp()) - 60),
        "h": ":".join(names),
        "bh": base64.b64encode(hashlib.sha256(form[:length]).digest()).decode(),
        **({} if length is None else {"l": str(length)}),
        **last,
    }
    left = {one: [field for field in message.fields if field.key == one] for one in set(names)}
    picked = [left[one].pop() for one in names if left[one]]
    return _signed_field(name, tags, picked, signing, relaxed=canonical.startswith("relaxed"), gap=gap)


def _signed_field(
    name: str, tags: dict[str, str], picked: Sequence[fields.Field], signing: SigningKey, *, relaxed: bool, gap: str
) -> bytes:
    value = " " + gap.join([*(f"{tag}={text}" for tag, text in tags.items() if text), "b="])

    def octets(name: str, text: bytes) -> bytes:
        return relaxed_field(name, text) if relaxed else f"{name}:".encode() + text

    data = b"".join(octets(one.name, one.value) + b"\r\n" for one in picked) + octets(name, value.encode())
    private = _private(signing)
    if isinstance(private, ed25519.Ed25519PrivateKey):
        signature = private.sign(hashlib.sha256(data).digest())
    else:
        signature = private.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return f"{name}:{value}{base64.b64encode(signature).decode()}\r\n".encode()


def _private(signing: SigningKey) -> Any:
    return serialization.load_pem_private_key(signing.pem, None)
