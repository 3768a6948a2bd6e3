"""The zone of a domain that publishes exactly what its set-up needs, and what is found in such a zone."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

import dns.zone
from world import key

from mailmcp.authenticity.dns import StaticResolver
from mailmcp.authenticity.publication import inspect
from mailmcp.authenticity.records import SetUp, records, zone_line
from mailmcp.models import Finding

KEYS = (key("shop.example", "mailmcp-rsa", "rsa"), key("shop.example", "mailmcp-ed25519"))
SETUP = SetUp(
    domain="shop.example",
    host="mail.shop.example",
    addresses=("203.0.113.5",),
    keys=KEYS,
    reports="postmaster@shop.example",
    tls=True,
)
RSA, ED = (one.name for one in KEYS)
Zone = dict[str, dict[str, Any]]


def published(setup: SetUp = SETUP) -> Zone:
    """A zone of its own for each test."""
    return deepcopy(_published(setup))


@cache
def _published(setup: SetUp) -> Zone:
    """The zone that holds exactly what was printed, read by another implementation, and the host of the policy."""
    text = "".join(f"{zone_line(record)}\n" for record in records(setup))
    parsed = dns.zone.from_text(
        f"$ORIGIN {setup.domain}.\n@ 60 SOA ns h 1 2 3 4 5\n@ 60 NS ns\n{text}", relativize=False
    )
    zone: Zone = {
        "example": {},
        f"mta-sts.{setup.domain}": {"A": ["203.0.113.5"]},
        "203.0.113.5": {"PTR": [setup.host]},
    }
    for name, _, rdata in parsed.iterate_rdatas():
        kind = rdata.rdtype.name
        value: Any = (
            b"".join(rdata.strings)
            if kind == "TXT"
            else (rdata.preference, rdata.exchange.to_text())
            if kind == "MX"
            else rdata.to_text()
        )
        zone.setdefault(name.to_text(omit_final_dot=True), {}).setdefault(kind, []).append(value)
    return zone


async def found(zone: Zone, setup: SetUp = SETUP) -> dict[str, Finding]:
    findings = await inspect(setup, StaticResolver(zone))
    assert all(one.sentence.endswith(".") for one in findings)
    return {one.subject: one for one in findings}


MX, DMARC, STS, RPT = "shop.example", "_dmarc.shop.example", "_mta-sts.shop.example", "_smtp._tls.shop.example"
