"""Messages verified in a second on one core with warm DNS, and how long hostile ones take."""

from __future__ import annotations

import asyncio
import base64
import random
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.figures import Figure, Part
from benchmarks.mails import ordinary_mail
from mailmcp.authenticity import sign
from mailmcp.authenticity.check import check
from mailmcp.authenticity.dns import Answer, Outcome, Resolver, StaticResolver
from mailmcp.authenticity.nameservers import SystemResolver
from mailmcp.models import AuthResults, Envelope, Result

TARGET_PER_SECOND = 150
TARGET_SECONDS = 5.0
TARGET_LOOKUPS = 20
TARGET_WAIT = 0.25
"""Seconds that anything else in the process waits at most."""
SIZE = 10_000
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ENVELOPE = Envelope(
    mail_from="news@shop.example",
    recipients=("a@agents.internal",),
    received_at=NOW,
    peer="192.0.2.10",
    helo="mx.shop.example",
)


class _Warm(SystemResolver):
    """The real resolver with its cache, in which everything stands after the first mail."""

    def __init__(self, zone: dict[str, dict[str, Any]]) -> None:
        super().__init__(["192.0.2.53"])
        self._zone = StaticResolver(zone)

    async def _from_servers(self, kind: str, name: str) -> tuple[Answer[Any], float]:
        return await self._zone.ask(kind, name), 3600.0


class _Silent(StaticResolver):
    """A server that never answers, and of which nobody says so."""

    async def ask(self, kind: str, name: str) -> Answer[Any]:
        await asyncio.Event().wait()
        raise AssertionError


class _Slow(StaticResolver):
    """A server that takes its time for every answer."""

    async def ask(self, kind: str, name: str) -> Answer[Any]:
        await asyncio.sleep(1.5)
        return await super().ask(kind, name)


def measure(*, quick: bool) -> list[Part]:
    """Ordinary mails one after another, then each kind of hostile mail a few times."""
    keys = [sign.generate("shop.example", kind, kind) for kind in ("rsa", "ed25519")]
    zone = _zone(keys)
    mail = sign.sign(_mail(SIZE), keys, now=NOW - timedelta(minutes=1))
    count = 100 if quick else 2_000
    rate, by_clock, lookups = asyncio.run(_rate(mail, _Warm(zone), count))
    rounds = 1 if quick else 3
    hostile = [asyncio.run(_worst(name, raw, resolver, rounds)) for name, raw, resolver in _hostile(mail, zone)]
    return [
        Part(
            title="Verifying",
            how=(
                f"{count:,} mails of {SIZE // 1000} KB with an RSA-2048 and an Ed25519 signature, one after another:"
                f" SPF with an include, both signatures, DMARC, {lookups} look-ups answered by the resolver's cache."
                " A second of one core is processor time: the machine is shared."
            ),
            figures=(
                Figure(
                    what="messages verified",
                    measured=f"{rate:.0f} a second of one core ({by_clock:.0f} a second by the clock)",
                    target=f"at least {TARGET_PER_SECOND} a second",
                    met=rate >= TARGET_PER_SECOND,
                ),
            ),
        ),
        Part(
            title="Verifying hostile mail",
            how=f"The longest of {rounds} checks of each, the most look-ups, and the longest that another task waited.",
            figures=tuple(hostile),
        ),
    ]


async def _rate(mail: bytes, resolver: Resolver, count: int) -> tuple[float, float, int]:
    first = await _checked(mail, resolver)
    if first.dmarc.result is not Result.PASS or [one.result for one in first.dkim] != [Result.PASS] * 2:
        raise RuntimeError(f"the mail should be verified, but: {first}")
    began, used = time.perf_counter(), time.process_time()
    for _ in range(count):
        await _checked(mail, resolver)
    return count / (time.process_time() - used), count / (time.perf_counter() - began), first.lookups


async def _worst(name: str, raw: bytes, resolver: Resolver, rounds: int) -> Figure:
    seconds: list[float] = []
    lookups = 0
    waits: list[float] = []

    async def other() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.005)
            waits.append(time.perf_counter() - began - 0.005)

    beside = asyncio.create_task(other())
    for _ in range(rounds):
        began = time.perf_counter()
        found = await _checked(raw, resolver)
        seconds.append(time.perf_counter() - began)
        lookups = max(lookups, found.lookups)
    await asyncio.sleep(0.02)
    beside.cancel()
    return Figure(
        what=name,
        measured=f"{max(seconds):.2f} s, {lookups} look-ups, others waited {max(waits) * 1000:.0f} ms"
        f" (median {statistics.median(waits) * 1000:.1f} ms)",
        target=f"at most {TARGET_SECONDS:.0f} s and {TARGET_LOOKUPS} look-ups; others {TARGET_WAIT * 1000:.0f} ms",
        met=max(seconds) <= TARGET_SECONDS + 0.2 and lookups <= TARGET_LOOKUPS and max(waits) <= TARGET_WAIT,
    )


async def _checked(raw: bytes, resolver: Resolver) -> AuthResults:
    return await check(raw, ENVELOPE, author_domain="shop.example", resolver=resolver)


def _zone(keys: list[sign.SigningKey]) -> dict[str, dict[str, Any]]:
    return {
        "shop.example": {"TXT": ["v=spf1 a mx include:spf.relay.example -all"], "A": ["198.51.100.1"]},
        "spf.relay.example": {"TXT": ["v=spf1 ip4:192.0.2.0/24 ~all"]},
        "_dmarc.shop.example": {"TXT": ["v=DMARC1; p=reject; rua=mailto:d@shop.example"]},
        **{key.name: {"TXT": [sign.public_record(key)]} for key in keys},
    }


def _mail(size: int) -> bytes:
    return b"From: Shop <news@shop.example>\r\n" + _without_from(ordinary_mail("a@agents.internal", size=size))


def _without_from(raw: bytes) -> bytes:
    head, blank, body = raw.partition(b"\r\n\r\n")
    kept = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"from:", b"sender:"))]
    return b"\r\n".join(kept) + blank + body


def _hostile(mail: bytes, zone: dict[str, dict[str, Any]]) -> list[tuple[str, bytes, Resolver]]:
    signature = mail.partition(b"From:")[0]
    many = b"".join(signature.replace(b"s=rsa", b"s=k%d" % number) for number in range(50))
    includes = "v=spf1 " + " ".join(f"include:i{number}.shop.example" for number in range(300)) + " -all"
    included = {f"i{number}.shop.example": {"TXT": ["v=spf1 ?all"]} for number in range(300)}
    huge_key = base64.b64encode(random.randbytes(3000)).decode()
    blanks = mail.replace(b"bh=", b"bh=" + b" " * 15_000, 1)
    noise = b"From: x@shop.example\r\n\r\n" + b" " * (20 * 1024 * 1024) + b"x\r\n"
    chain = b"".join(
        b"ARC-Seal: i=%d; a=rsa-sha256; cv=pass; d=d%d.example; s=s; b=AAAA\r\nARC-Message-Signature: i=%d;"
        b" a=rsa-sha256; d=d%d.example; s=s; h=from; bh=AAAA; b=AAAA\r\nARC-Authentication-Results: i=%d; x\r\n"
        % (number, number, number, number, number)
        for number in range(1, 51)
    )
    return [
        ("100 signatures", many + mail, StaticResolver(zone)),
        (
            "300 SPF includes",
            mail,
            StaticResolver({**zone, "shop.example": {"TXT": [includes]}, **included}),
        ),
        ("every DNS answer takes 1.5 s", many + mail, _Slow(zone)),
        ("DNS that never answers", mail, _Silent(zone)),
        ("DNS that fails at once", mail, StaticResolver({"shop.example": {"ANY": Outcome.TROUBLE}})),
        (
            "a key record of 4 KB noise",
            mail,
            StaticResolver({**zone, "rsa._domainkey.shop.example": {"TXT": [f"p={huge_key}"]}}),
        ),
        ("15,000 blanks inside a signature", blanks, StaticResolver(zone)),
        ("8 signatures over 20 MB of blanks", 8 * signature + noise, StaticResolver(zone)),
        ("50 ARC sets", chain + mail, StaticResolver(zone)),
        ("900 header fields signed by name", _many_fields(mail), StaticResolver(zone)),
    ]


def _many_fields(mail: bytes) -> bytes:
    names = b":".join(b"x-%d" % number for number in range(190))
    signatures = b"".join(
        b"DKIM-Signature: v=1; a=ed25519-sha256; d=shop.example; s=ed25519; h=from:%s; bh=%s; b=%s\r\n"
        % (names, base64.b64encode(bytes(32)), base64.b64encode(bytes(64)))
        for _ in range(8)
    )
    return signatures + b"".join(b"X-%d: %s\r\n" % (number % 190, b"y" * 200) for number in range(900)) + mail
