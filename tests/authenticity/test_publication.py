"""A domain's records held against a set-up: what is printed is fine, and each thing that can be wrong is named."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import dns.zone
import pytest
from world import key

from mailmcp.authenticity.dns import Outcome, StaticResolver
from mailmcp.authenticity.publication import inspect
from mailmcp.authenticity.records import SetUp, records, zone_line
from mailmcp.authenticity.sign import public_record
from mailmcp.models import Finding, Standing

pytestmark = pytest.mark.anyio

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


@pytest.mark.parametrize(
    "setup",
    [
        SETUP,
        replace(SETUP, relay="spf.relay.example"),
        replace(SETUP, addresses=("203.0.113.5", "2001:4860::5"), relay="spf.relay.example"),
    ],
)
async def test_what_is_printed_is_all_that_is_needed(setup: SetUp) -> None:
    zone = published(setup) | {"spf.relay.example": {"TXT": ["v=spf1 ip4:192.0.2.0/24 -all"]}}
    assert {one.standing for one in (await found(zone, setup)).values()} == {Standing.FINE}


def test_a_long_text_is_split_into_strings_of_at_most_255_octets() -> None:
    line = next(zone_line(one) for one in records(SETUP) if one.name == RSA)
    strings = line.partition(" TXT ")[2][1:-1].split('" "')
    assert len(strings) == 2
    assert all(len(one) <= 255 for one in strings)
    assert "".join(strings) == public_record(KEYS[0])


MX, DMARC, STS, RPT = "shop.example", "_dmarc.shop.example", "_mta-sts.shop.example", "_smtp._tls.shop.example"
OTHER_KEY = public_record(key("shop.example", "other"))
# (what is changed, subject, how it then is, whether it stops mail, words of the sentence)
Change = dict[str, dict[str, Any] | None]
WRONGS: dict[str, tuple[Change, str, Standing, bool, str]] = {
    "no MX": ({MX: {"MX": Outcome.NODATA}}, "MX", Standing.MISSING, True, "no MX record"),
    "no MX, own address": (
        {MX: {"MX": Outcome.NODATA, "A": ["203.0.113.5"]}},
        "MX",
        Standing.WEAK,
        False,
        "which is this server's too",
    ),
    "null MX": ({MX: {"MX": [(0, ".")]}}, "MX", Standing.WRONG, True, "takes no mail"),
    "MX elsewhere": ({MX: {"MX": [(10, "mx.other.example")]}}, "MX", Standing.WRONG, True, "MAILMCP_LOCAL__HOSTNAME"),
    "another MX besides": (
        {MX: {"MX": [(10, "mail.shop.example"), (20, "mx.other.example")]}},
        "MX",
        Standing.WEAK,
        False,
        "mx.other.example",
    ),
    "MX in trouble": ({MX: {"MX": Outcome.TROUBLE}}, "MX", Standing.UNKNOWN, True, "could not be looked up"),
    "host without address": ({"mail.shop.example": None}, "address", Standing.MISSING, True, "has no address"),
    "host at another address": (
        {"mail.shop.example": {"A": ["203.0.113.9"]}},
        "address",
        Standing.WRONG,
        True,
        "leads to 203.0.113.9",
    ),
    "private address": (
        {"mail.shop.example": {"A": ["192.168.1.5"]}},
        "address",
        Standing.WRONG,
        True,
        "private network",
    ),
    "no reverse name": ({"203.0.113.5": None}, "reverse", Standing.WEAK, False, "no name that leads back"),
    "reverse name of others": (
        {"203.0.113.5": {"PTR": ["h5.isp.example"]}},
        "reverse",
        Standing.WEAK,
        False,
        "no name that leads back",
    ),
    "no SPF": ({MX: {"TXT": []}}, "SPF", Standing.MISSING, False, "no SPF record"),
    "two SPF records": ({MX: {"TXT": ["v=spf1 mx -all", "v=spf1 -all"]}}, "SPF", Standing.WRONG, False, "none counts"),
    "SPF with an error": (
        {MX: {"TXT": ["v=spf1 mx ipv4:1.2.3.4 -all"]}},
        "SPF",
        Standing.WRONG,
        False,
        "cannot be read",
    ),
    "SPF without us": ({MX: {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]}}, "SPF", Standing.WRONG, True, "does not allow"),
    "SPF without us, softly": ({MX: {"TXT": ["v=spf1 ip4:192.0.2.1 ~all"]}}, "SPF", Standing.WEAK, False, "softfail"),
    "SPF for everybody": ({MX: {"TXT": ["v=spf1 +all"]}}, "SPF", Standing.WEAK, False, "every host"),
    "SPF left open": ({MX: {"TXT": ["v=spf1 mx ?all"]}}, "SPF", Standing.WEAK, False, "-all"),
    "SPF with ptr": ({MX: {"TXT": ["v=spf1 mx ptr -all"]}}, "SPF", Standing.WEAK, False, "ptr"),
    "SPF with too many look-ups": (
        {MX: {"TXT": ["v=spf1 " + " ".join(f"a:h{one}.shop.example" for one in range(11)) + " -all"]}}
        | {f"h{one}.shop.example": {"A": ["192.0.2.7"]} for one in range(11)},
        "SPF",
        Standing.WRONG,
        False,
        "error",
    ),
    "no RSA key": ({RSA: None}, "DKIM mailmcp-rsa", Standing.MISSING, False, "no key"),
    "another key": ({ED: {"TXT": [OTHER_KEY]}}, "DKIM mailmcp-ed25519", Standing.WRONG, False, "Another key"),
    "key cut in the middle": (
        {RSA: {"TXT": [public_record(KEYS[0])[:255]]}},
        "DKIM mailmcp-rsa",
        Standing.WRONG,
        False,
        "verifies nowhere",
    ),
    "revoked key": (
        {ED: {"TXT": ["v=DKIM1; k=ed25519; p="]}},
        "DKIM mailmcp-ed25519",
        Standing.WRONG,
        False,
        "revoked",
    ),
    "key that only tests": (
        {ED: {"TXT": [public_record(KEYS[1]) + "; t=y"]}},
        "DKIM mailmcp-ed25519",
        Standing.WEAK,
        False,
        "t=y",
    ),
    "two keys at one name": (
        {ED: {"TXT": [public_record(KEYS[1]), OTHER_KEY]}},
        "DKIM mailmcp-ed25519",
        Standing.WRONG,
        False,
        "Several keys",
    ),
    "no DMARC": ({DMARC: None}, "DMARC", Standing.MISSING, False, "no DMARC record"),
    "two DMARC records": (
        {DMARC: {"TXT": ["v=DMARC1; p=reject", "v=DMARC1; p=none"]}},
        "DMARC",
        Standing.WRONG,
        False,
        "several",
    ),
    "DMARC that is not read": (
        {DMARC: {"TXT": ["v=DMARC1 p=reject"]}},
        "DMARC",
        Standing.WRONG,
        False,
        "cannot be read",
    ),
    "DMARC without a policy": ({DMARC: {"TXT": ["v=DMARC1; np=none"]}}, "DMARC", Standing.WRONG, False, "no policy"),
    "p=none": ({DMARC: {"TXT": ["v=DMARC1; p=none"]}}, "DMARC", Standing.WEAK, False, "p=none"),
    "sp=none": ({DMARC: {"TXT": ["v=DMARC1; p=reject; sp=none"]}}, "DMARC", Standing.WEAK, False, "sp=none"),
    "no reports": ({DMARC: {"TXT": ["v=DMARC1; p=reject"]}}, "DMARC", Standing.WEAK, False, "rua="),
    "DMARC with a fault": ({DMARC: {"TXT": ["v=DMARC1; p=reject; foo"]}}, "DMARC", Standing.WEAK, False, "not forgive"),
    "reports to somebody who did not agree": (
        {DMARC: {"TXT": ["v=DMARC1; p=reject; rua=mailto:x@reports.example"]}},
        "DMARC",
        Standing.WEAK,
        False,
        "shop.example._report._dmarc.reports.example",
    ),
    "no MTA-STS": ({STS: None}, "MTA-STS", Standing.MISSING, False, "unencrypted"),
    "MTA-STS without id": ({STS: {"TXT": ["v=STSv1;"]}}, "MTA-STS", Standing.WRONG, False, "id="),
    "no host for the policy": ({"mta-sts.shop.example": None}, "MTA-STS", Standing.WRONG, False, "has no address"),
    "no TLS-RPT": ({RPT: None}, "TLS-RPT", Standing.MISSING, False, "TLS-RPT"),
    "TLS-RPT without address": ({RPT: {"TXT": ["v=TLSRPTv1; rua="]}}, "TLS-RPT", Standing.WRONG, False, "rua="),
}


@pytest.mark.parametrize("name", WRONGS)
async def test_each_thing_that_can_be_wrong_is_named_with_why_it_matters(name: str) -> None:
    change, subject, standing, stops, words = WRONGS[name]
    zone = deepcopy(published())
    for owner, changed in change.items():
        zone[owner] = {} if changed is None else zone.get(owner, {}) | changed
        if not zone[owner] and changed is None:
            del zone[owner]
    one = (await found(zone))[subject]
    assert (one.standing, one.stops) == (standing, stops), one
    assert words in one.sentence


async def test_a_domain_that_does_not_exist_is_said_to_be_unknown_to_dns() -> None:
    one = (await found({"example": {}}))["MX"]
    assert (one.standing, one.stops) == (Standing.MISSING, True)
    assert "not registered" in one.sentence


async def test_mail_stops_when_neither_spf_nor_a_key_proves_it() -> None:
    zone = published()
    del zone[RSA], zone[ED]
    zone[MX]["TXT"] = []
    seen = await found(zone)
    assert [seen[one].stops for one in ("SPF", "DKIM mailmcp-rsa", "DKIM mailmcp-ed25519")] == [True] * 3


async def test_a_relay_that_the_record_leaves_out_is_named() -> None:
    one = (await found(published(), replace(SETUP, relay="spf.relay.example")))["SPF"]
    assert (one.standing, one.stops) == (Standing.WRONG, True)
    assert "spf.relay.example" in one.sentence


async def test_strangers_bytes_in_a_record_reach_no_terminal() -> None:
    zone = published()
    zone[DMARC] = {"TXT": [b"v=DMARC1; p=none; x=\x1b[2J\r\n\xff" + b"y" * 500]}
    (shown,) = (await found(zone))["DMARC"].found
    assert shown.isprintable()
    assert len(shown) <= 200
