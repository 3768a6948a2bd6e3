"""Mails made to cost much: each is judged within a message's budget, and other mails go on meanwhile."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable
from typing import Any

import pytest
from world import checked, crafted, envelope, key, mail, resolver

from mailmcp.authenticity import sign
from mailmcp.models import Result

pytestmark = pytest.mark.anyio

BOUND = 20.0
"""Far above what any of these takes on a busy machine; the work that is bounded away would take minutes."""


def header(name: str, value: str) -> bytes:
    return f"{name}: {value}\r\n".encode()


def arc_sets(count: int) -> bytes:
    return b"".join(
        header("ARC-Seal", f"i={i}; a=rsa-sha256; cv=pass; d=d{i}.example; s=s; b=AAAA")
        + header("ARC-Message-Signature", f"i={i}; a=rsa-sha256; d=d{i}.example; s=s; h=from; bh=AAAA; b=AAAA")
        + header("ARC-Authentication-Results", f"i={i}; mx.test; dmarc=pass")
        for i in range(1, count + 1)
    )


SIGNATURE = crafted(mail()).partition(b"From:")[0]
MAILS: dict[str, Callable[[], bytes]] = {
    "100 signatures with keys of their own": lambda: (
        b"".join(SIGNATURE.replace(b"s=s1", b"s=k%d" % number) for number in range(100)) + mail()
    ),
    "900 signatures": lambda: SIGNATURE * 900 + mail(),
    "a signature of 200 KB": lambda: header("DKIM-Signature", "v=1; " + "x=1;" * 50_000) + mail(),
    "blanks inside a signature": lambda: SIGNATURE.replace(b"b=", b"b=" + b" \r\n\t" * 3000) + mail(),
    "b without its sign, many times": lambda: header("DKIM-Signature", "v=1; " + " b\r\n " * 4000) + mail(),
    "20,000 names in h=": lambda: SIGNATURE.replace(b"h=from", b"h=" + b"a:" * 7000 + b"from") + mail(),
    "a line of blanks in the body": lambda: SIGNATURE + mail(body="a" + " " * 5_000_000 + "b\r\n"),
    "a body of empty lines": lambda: SIGNATURE + mail(body="\r\n" * 3_000_000),
    "a body of CR": lambda: SIGNATURE + mail(body="\r" * 3_000_000 + "\r\n"),
    "eight signatures over 20 MB": lambda: SIGNATURE * 8 + mail(body="x y\r\n" * 4_000_000),
    "50 ARC sets": lambda: arc_sets(50) + mail(),
    "300 ARC sets": lambda: arc_sets(300) + mail(),
    "900 fields": lambda: SIGNATURE * 8 + b"".join(header(f"X-{n}", "y" * 200) for n in range(900)) + mail(),
    "a header without an end": lambda: SIGNATURE + b"X: y\r\n" * 500_000,
    "Authentication-Results of 200 KB": lambda: header("Authentication-Results", '("\\' * 70_000) + mail(),
}


@pytest.mark.parametrize("name", MAILS)
@pytest.mark.slow
async def test_a_costly_mail_is_judged_in_bounded_time_and_look_ups(name: str) -> None:
    raw = MAILS[name]()
    data = resolver()
    began = time.process_time()
    found = await checked(raw, resolver_=data)
    assert time.process_time() - began < BOUND
    assert found.lookups == len(data.asked) <= 20
    assert "check_failed" not in [note.code for note in found.notes]


RECORDS: dict[str, dict[str, Any]] = {
    "300 includes": {
        "bank.example": {"TXT": ["v=spf1 " + " ".join(f"include:i{n}.example" for n in range(300)) + " -all"]}
    },
    "a record of 60 KB": {"bank.example": {"TXT": ["v=spf1 " + "a " * 30_000 + "-all"]}},
    "includes that branch": {
        "bank.example": {"TXT": ["v=spf1 include:a.example include:a.example include:a.example -all"]},
        "a.example": {"TXT": ["v=spf1 include:bank.example include:bank.example -all"]},
    },
    "a redirect in a circle": {"bank.example": {"TXT": ["v=spf1 redirect=bank.example"]}},
    "100 MX names": {"bank.example": {"TXT": ["v=spf1 mx -all"], "MX": [(n, f"m{n}.example") for n in range(100)]}},
    "macros that grow": {"bank.example": {"TXT": ["v=spf1 exists:" + "%{s}." * 2000 + "example -all"]}},
    "a macro with many digits": {"bank.example": {"TXT": ["v=spf1 exists:%{d" + "9" * 5000 + "}.example -all"]}},
    "1,000 records": {"bank.example": {"TXT": ["v=spf1 -all"] * 1000}},
    "a giant DMARC record": {"_dmarc.bank.example": {"TXT": ["v=DMARC1; p=none; rua=" + "mailto:a@b.example," * 5000]}},
    "1,000 keys at one name": {"s1._domainkey.bank.example": {"TXT": ["v=DKIM1; p=AAAA"] * 1000}},
    "a key with a giant exponent": {
        "s1._domainkey.bank.example": {
            "TXT": [
                "p="
                + base64.b64encode(b"\x30\x82\x04\x08" + 2 * (b"\x02\x82\x02\x00" + b"\x7f" + b"\xff" * 511)).decode()
            ]
        }
    },
}


@pytest.mark.parametrize("name", RECORDS)
async def test_costly_records_are_bounded_too(name: str) -> None:
    data = resolver(RECORDS[name])
    began = time.process_time()
    found = await checked(crafted(mail()), resolver_=data, envelope_=envelope("a@bank.example", "203.0.113.1"))
    assert time.process_time() - began < BOUND
    assert found.lookups == len(data.asked) <= 20
    assert found.spf.result is not Result.PASS


@pytest.mark.slow
async def test_other_tasks_go_on_while_a_large_mail_is_hashed() -> None:
    raw = sign.sign(mail(body="x y\r\n" * 4_000_000), [key("bank.example")], now=envelope().received_at)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    beside = asyncio.create_task(others())
    found = await checked(raw)
    beside.cancel()
    assert found.dkim[0].result is Result.PASS
    assert turns > 10
