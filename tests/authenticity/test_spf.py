"""SPF beyond the conformance suite: what the suite does not ask, and what must hold without it."""

from __future__ import annotations

from typing import Any

import pytest

from mailmcp.authenticity.dns import Outcome, StaticResolver
from mailmcp.authenticity.spf import check_host
from mailmcp.models import Result, SpfResult

pytestmark = pytest.mark.anyio


async def spf(
    record: str | list[str],
    ip: str = "192.0.2.1",
    mail_from: str = "a@shop.example",
    helo: str = "mx.shop.example",
    **more: Any,
) -> SpfResult:
    records = [record] if isinstance(record, str) else record
    zone = {
        "shop.example": {"TXT": records, "A": ["192.0.2.1"], "AAAA": ["2001:db8::1"], "MX": [(1, "mx.shop.example")]}
    }
    zone |= {name.replace("__", ".").replace("_", "-"): value for name, value in more.items()}
    return await check_host(StaticResolver(zone), ip=ip, mail_from=mail_from, helo=helo, now=0)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("v=spf1 a -all", Result.PASS),
        ("V=SPF1 A -ALL", Result.PASS),
        ("v=spf1 a/24 -all", Result.PASS),
        ("v=spf1 ip4:198.51.100.0/24 -all", Result.FAIL),
        ("v=spf1 ip4:198.51.100.0/24 ~all", Result.SOFTFAIL),
        ("v=spf1 ip4:198.51.100.0/24 ?all", Result.NEUTRAL),
        ("v=spf1", Result.NEUTRAL),
        ("v=spf10 -all", Result.NONE),
        ("something else", Result.NONE),
        ("v=spf1 exists:%{ir}.%{v}._spf.%{d2} -all", Result.FAIL),
        ("v=spf1 mystery=%{d} a -all", Result.PASS),
        ("v=spf1 a:foo:bar -all", Result.PERMERROR),
        ("v=spf1 -all\t", Result.PERMERROR),
        ("v=spf1 a -all=x redirect=%{x}", Result.PERMERROR),
        ("v=spf1 ip4:192.0.2.1/33 -all", Result.PERMERROR),
        ("v=spf1 ip4:192.0.2.01 -all", Result.PERMERROR),
        ("v=spf1 ip6:fe80::1%eth0 -all", Result.PERMERROR),
        ("v=spf1 include -all", Result.PERMERROR),
        ("v=spf1 redirect=a.example redirect=b.example", Result.PERMERROR),
    ],
)
async def test_a_record_gives_its_result(record: str, expected: Result) -> None:
    found = await spf(record)
    assert found.result is expected, found.reason
    assert found.reason.sentence.endswith(".")


async def test_the_term_that_matched_is_the_evidence() -> None:
    found = await spf("v=spf1 ip4:198.51.100.1 a/28 -all")
    assert (found.mechanism, found.domain, found.identity) == ("a/28", "shop.example", "mailfrom")


async def test_two_records_are_none_that_could_be_chosen() -> None:
    assert (await spf(["v=spf1 +all", "v=spf1 -all"])).reason.code == "spf_several_records"


async def test_an_ipv6_client_is_asked_for_by_aaaa() -> None:
    assert (await spf("v=spf1 a -all", ip="2001:db8::1")).result is Result.PASS
    assert (await spf("v=spf1 a//64 -all", ip="2001:db8::ffff")).result is Result.PASS
    assert (await spf("v=spf1 a/0 -all", ip="2001:db8:1::1")).result is Result.FAIL


async def test_a_mapped_address_is_the_ipv4_address() -> None:
    assert (await spf("v=spf1 ip4:192.0.2.1 -all", ip="::ffff:192.0.2.1")).result is Result.PASS


async def test_the_null_path_is_checked_as_the_helo_name() -> None:
    found = await spf("v=spf1 a -all", mail_from="", helo="shop.example")
    assert (found.result, found.identity, found.domain) == (Result.PASS, "helo", "shop.example")
    assert (await spf("v=spf1 a -all", mail_from="", helo="[192.0.2.1]")).result is Result.NONE


async def test_an_international_domain_is_looked_up_in_ascii() -> None:
    zone = {"xn--mnchen-3ya.example": {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]}}
    found = await check_host(StaticResolver(zone), ip="192.0.2.1", mail_from="a@münchen.example", helo="x")
    assert (found.result, found.domain) == (Result.PASS, "xn--mnchen-3ya.example")


@pytest.mark.parametrize(
    "record", ["v=spf1 a:mute.example -all", "v=spf1 include:mute.example -all", "v=spf1 mx:mute.example -all"]
)
async def test_trouble_is_neither_pass_nor_fail(record: str) -> None:
    assert (await spf(record, mute__example={"ANY": Outcome.TROUBLE})).result is Result.TEMPERROR


async def test_more_than_ten_terms_that_ask_dns_are_an_error() -> None:
    included = {f"i{number}__example": {"TXT": ["v=spf1 ?all"]} for number in range(11)}
    ten = "v=spf1 " + " ".join(f"include:i{number}.example" for number in range(10)) + " -all"
    eleven = ten.replace(" -all", " include:i10.example -all")
    assert (await spf(ten, **included)).result is Result.FAIL
    assert (await spf(eleven, **included)).reason.code == "spf_limit"


async def test_an_include_of_itself_ends() -> None:
    assert (await spf("v=spf1 include:shop.example -all")).reason.code == "spf_limit"


async def test_more_than_two_look_ups_without_answers_are_an_error() -> None:
    assert (await spf("v=spf1 a:n1.example a:n2.example -all")).result is Result.FAIL
    assert (await spf("v=spf1 a:n1.example a:n2.example a:n3.example -all")).reason.code == "spf_limit"


async def test_the_explanation_of_a_fail_is_the_domains_own_words() -> None:
    words = {"why__example": {"TXT": ["%{i} is not one of %{d}'s hosts, %{c} %{t}"]}}
    found = await spf("v=spf1 exp=why.example -all", **words)
    assert found.explanation == "192.0.2.1 is not one of shop.example's hosts, 192.0.2.1 0"
    assert (await spf("v=spf1 exp=why.example ~all", **words)).explanation == ""
    assert (await spf("v=spf1 exp=none.example -all")).explanation == ""


async def test_macros_are_expanded_from_the_path() -> None:
    zone = {"192.0.2.1.a-b.shop.example": {"A": ["127.0.0.2"]}}
    record = {"shop.example": {"TXT": ["v=spf1 exists:%{i}.%{l1r+}-b.%{d2} -all"]}}
    found = await check_host(StaticResolver(zone | record), ip="192.0.2.1", mail_from="a+list@shop.example", helo="x")
    assert found.result is Result.PASS
