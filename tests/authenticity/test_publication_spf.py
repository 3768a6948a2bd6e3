"""An SPF record held against a set-up: the relay's hosts, and how much of the internet may send."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from publications import MX, SETUP, Zone, found, published

from mailmcp.authenticity.dns import Outcome
from mailmcp.models import Finding, Standing

pytestmark = pytest.mark.anyio

RELAY = "spf.relay.example"
RELAY_ZONE: Zone = {
    RELAY: {"TXT": ["v=spf1 -ip4:192.0.2.0/25 ip4:192.0.2.0/24 include:more.relay.example ip6:2001:db8:7::/48 ~all"]},
    "more.relay.example": {"TXT": ["v=spf1 a:out.relay.example -all"]},
    "out.relay.example": {"A": ["203.0.113.77"]},
}


async def spf_by_relay(record: str, **more: Any) -> Finding:
    zone = published() | RELAY_ZONE | more
    zone[MX]["TXT"] = [record]
    return (await found(zone, replace(SETUP, relay=RELAY)))["SPF"]


@pytest.mark.parametrize(
    "record",
    [
        f"v=spf1 mx include:{RELAY} -all",
        f"v=spf1 mx INCLUDE:{RELAY.upper()}. -ALL",
        f"v=spf1 mx redirect={RELAY}",
        "v=spf1 include:all.shop.example -all",
        "v=spf1 mx ip4:192.0.2.128/25 ip4:203.0.113.77 ip6:2001:db8:7::/48 -all",
    ],
)
async def test_a_record_that_lets_all_hosts_of_the_relay_send_is_fine_however_it_is_written(record: str) -> None:
    more = {"all.shop.example": {"TXT": [f"v=spf1 include:{RELAY} -all"]}}
    one = await spf_by_relay(record, **more)
    assert (one.standing, one.stops, one.sentence) == (
        Standing.FINE,
        False,
        "It allows your relay, and nobody unknown.",
    )


@pytest.mark.parametrize(
    ("record", "address", "stops"),
    [
        ("v=spf1 mx -all", "192.0.2.255", True),
        ("v=spf1 mx ~all", "192.0.2.255", False),
        (f"v=spf1 mx -all include:{RELAY}", "192.0.2.255", True),
        (f"v=spf1 mx -include:{RELAY} ~all", "192.0.2.255", True),
        (f"v=spf1 -exists:mail.shop.example include:{RELAY} -all", "192.0.2.255", True),
        ("v=spf1 ip4:192.0.2.0/24 ip4:203.0.113.77 -all", "2001:db8:7::", True),
        ("v=spf1 ip4:192.0.2.0/24 ip6:2001:db8:7::/48 -all", "203.0.113.77", True),
    ],
)
async def test_a_host_of_the_relay_that_may_not_send_is_named(record: str, address: str, stops: bool) -> None:
    one = await spf_by_relay(record)
    assert (one.standing, one.stops) == (Standing.WRONG, stops)
    assert f"does not allow {address}, a host of your relay {RELAY}" in one.sentence


@pytest.mark.parametrize(
    ("relay", "record", "standing", "words"),
    [
        ({}, "v=spf1 mx -all", Standing.WRONG, "spf.relay.example has no SPF record"),
        ({}, f"v=spf1 include:{RELAY} -all", Standing.WRONG, "which has no record"),
        ({"TXT": ["v=spf1 ip4:x"]}, "v=spf1 mx -all", Standing.WRONG, "cannot be read"),
        ({"TXT": ["v=spf1 -all"]}, f"v=spf1 include:{RELAY} -all", Standing.WRONG, "allows no host at all"),
        ({"TXT": [f"v=spf1 include:{RELAY} -all"]}, "v=spf1 mx -all", Standing.WRONG, "allows no host at all"),
        ({"TXT": Outcome.TROUBLE}, "v=spf1 mx -all", Standing.UNKNOWN, "is not known"),
        ({"TXT": ["v=spf1 a -all"], "ANY": Outcome.TROUBLE}, "v=spf1 mx -all", Standing.UNKNOWN, "is not known"),
        ({"TXT": ["v=spf1 mx -all"], "MX": Outcome.TROUBLE}, "v=spf1 mx -all", Standing.UNKNOWN, "is not known"),
        ({"TXT": ["v=spf1 exists:%{i}.relay.example -all"]}, "v=spf1 mx -all", Standing.UNKNOWN, "cannot be seen"),
        ({"TXT": ["v=spf1 exists:%{i}.relay.example -all"]}, f"v=spf1 include:{RELAY} -all", Standing.FINE, "allows"),
    ],
)
async def test_a_relay_whose_hosts_cannot_be_known_is_said_to_be_so(
    relay: dict[str, Any], record: str, standing: Standing, words: str
) -> None:
    one = await spf_by_relay(record, **{RELAY: relay})
    assert (one.standing, words in one.sentence) == (standing, True), one


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ("v=spf1 mx ip4:0.0.0.0/1 -all", "2,147,483,649 addresses (0.0.0.0/1 among them)"),
        ("v=spf1 mx ip4:16.0.0.0/8 -all", "16.0.0.0/8"),
        ("v=spf1 mx/4 -all", "192.0.0.0/4"),
        ("v=spf1 include:wide.shop.example ~all", "128.0.0.0/2"),
        ("v=spf1 mx ip6:2000::/3 -all", "all of 2000::/3"),
    ],
)
async def test_a_record_that_lets_much_of_the_internet_send_is_weak(record: str, words: str) -> None:
    zone = published() | {"wide.shop.example": {"TXT": ["v=spf1 mx:shop.example ip4:128.0.0.0/2 -all"]}}
    zone[MX]["TXT"] = [record]
    one = (await found(zone))["SPF"]
    assert (one.standing, one.stops, words in one.sentence) == (Standing.WEAK, False, True), one


async def test_networks_as_wide_as_those_of_the_largest_providers_are_fine() -> None:
    zone = published()
    zone[MX]["TXT"] = ["v=spf1 mx ip4:40.92.0.0/15 ip4:52.100.0.0/14 ip4:142.250.0.0/15 ip6:2001:4860:4000::/36 -all"]
    assert (await found(zone))["SPF"].standing is Standing.FINE


async def test_whether_a_server_without_a_known_address_may_send_is_not_known() -> None:
    zone = published()
    del zone["mail.shop.example"]
    one = (await found(zone, replace(SETUP, addresses=())))["SPF"]
    assert (one.standing, "no address of mail.shop.example is" in one.sentence) == (Standing.UNKNOWN, True)
