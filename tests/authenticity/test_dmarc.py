"""DMARC (RFC 9989): records, the walk up the tree, which policy applies, and what belongs together."""

from __future__ import annotations

from typing import Any

import pytest

from mailmcp.authenticity import dmarc
from mailmcp.authenticity.dns import Outcome, StaticResolver
from mailmcp.models import DkimSignature, DmarcResult, Reason, Result, SpfResult

pytestmark = pytest.mark.anyio

WHY = Reason("x", "x.")


def zone(**records: Any) -> dict[str, Any]:
    """``a_example="v=DMARC1; …"`` publishes at _dmarc.a.example; also lists of texts and outcomes."""
    found: dict[str, Any] = {}
    for name, value in records.items():
        texts = [value] if isinstance(value, str) and not isinstance(value, Outcome) else value
        key = "ANY" if isinstance(texts, Outcome) else "TXT"
        found[f"_dmarc.{name.replace('_', '.')}"] = {key: texts}
    return found


async def judged(
    author: str | None,
    records: dict[str, Any],
    *,
    dkim: str = "",
    spf: str = "",
    dkim_result: Result = Result.PASS,
    spf_result: Result = Result.PASS,
    more: dict[str, Any] | None = None,
) -> DmarcResult:
    signatures = (DkimSignature(result=dkim_result, reason=WHY, domain=dkim),) if dkim else ()
    path = SpfResult(result=spf_result if spf or spf_result is Result.SKIPPED else Result.NONE, reason=WHY, domain=spf)
    return await dmarc.judge(
        StaticResolver({**records, **(more or {})}), author_domain=author, spf=path, dkim=signatures
    )


# --- records -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "p"),
    [
        (b"v=DMARC1; p=reject", "reject"),
        (b"v = DMARC1 ; p = Quarantine ;", "quarantine"),
        (b"v=DMARC1;p=none;pct=50;rf=afrf;ri=86400;fo=1;unknown=x", "none"),
        (b"v=DMARC1; p=bogus; rua=mailto:d@a.example", "none"),
        (b"v=DMARC1; p=reject; sp=bogus; rua=mailto:d@a.example!10m", "none"),
        (b"v=DMARC1; rua=https://a.example/reports", "none"),
        (b"v=DMARC1; p=bogus", None),
        (b"v=DMARC1; p=reject; np=bogus; rua=nowhere", None),
        # Malformed tags are ignored, as if they were not there.
        (b"v=DMARC1; p=reject;;", "reject"),
        (b"v=DMARC1;; p=reject ; ;", "reject"),
        (b"v=DMARC1; foo; p=reject", "reject"),
        (b"v=DMARC1; p=reject; 1x=2", "reject"),
        (b"v=DMARC1; p=reject; =; n=\xff", "reject"),
        (b"v=DMARC1; sp; p=reject", "reject"),
        (b"v=DMARC1; p; rua=mailto:d@a.example", "none"),
        (b"v=DMARC1; p", None),
        (b"v=DMARC1; p=\xff", None),
        (b"v=DMARC1", None),
    ],
)
def test_a_record_says_what_to_do(text: bytes, p: str | None) -> None:
    found = dmarc.parse("a.example", text)
    assert found is not None
    assert found.p == p


@pytest.mark.parametrize(
    "text",
    [
        *(b"v=dmarc1; p=reject", b"v=DMARC10; p=reject", b"p=reject; v=DMARC1", b"v=DMARC1 p=reject", b""),
        *(b"v=DMARC1; p=none; p=reject", b"v=DMARC1; x=1; p=none; x=2", b"; v=DMARC1; p=none", b"v=spf1 -all"),
        *(b"1x=2; v=DMARC1; p=none", b"v=DMARC1;" + b"a;" * 200 + b"p=none"),
    ],
)
def test_what_is_no_record_or_spoiled_is_none(text: bytes) -> None:
    assert dmarc.parse("a.example", text) is None


async def test_several_records_at_a_name_count_as_none() -> None:
    records = zone(a_example=["v=DMARC1; p=reject", "v=DMARC1; p=none"])
    assert (await judged("a.example", records, dkim="a.example")).result is Result.NONE


async def test_other_records_at_the_name_do_no_harm() -> None:
    records = zone(a_example=["v=spf1 -all", "v=DMARC1; p=reject", "hello"])
    assert (await judged("a.example", records, dkim="a.example")).result is Result.PASS


# --- the walk ------------------------------------------------------------------------------------------------------


async def asked(domain: str, records: dict[str, Any]) -> list[str]:
    data = StaticResolver(records)
    await dmarc.Walks(data).of(domain)
    return [name.removeprefix("_dmarc.") for _, name in data.asked]


async def test_the_walk_goes_up_label_by_label() -> None:
    assert await asked("a.b.example", {}) == ["a.b.example", "b.example", "example"]


async def test_a_long_name_jumps_to_its_last_seven_labels_and_needs_eight_questions() -> None:
    long = "a.b.c.d.e.f.g.h.i.j.mail.example.com"
    names = await asked(long, {})
    assert names[:3] == [long, "g.h.i.j.mail.example.com", "h.i.j.mail.example.com"]
    assert names[-1] == "com"
    assert len(names) == 8
    assert len(await asked("a.b.c.d.e.f.example.com", {})) == 8
    assert len(await asked("a.b.c.d.e.example.com", {})) == 7


@pytest.mark.parametrize("psd", ["y", "n"])
async def test_the_walk_stops_at_a_name_that_says_what_it_is(psd: str) -> None:
    records = zone(b_example=f"v=DMARC1; p=none; psd={psd}")
    assert await asked("a.b.example", records) == ["a.b.example", "b.example"]


@pytest.mark.parametrize(
    ("domain", "records", "organisation"),
    [
        ("mail.a.example", {}, "mail.a.example"),
        ("mail.a.example", zone(a_example="v=DMARC1; p=none"), "a.example"),
        ("mail.a.example", zone(mail_a_example="v=DMARC1; p=none"), "mail.a.example"),
        ("mail.a.example", zone(mail_a_example="v=DMARC1; p=none", a_example="v=DMARC1; p=none"), "a.example"),
        ("x.mail.a.example", zone(mail_a_example="v=DMARC1; p=none; psd=n", a_example="v=DMARC1"), "mail.a.example"),
        ("x.y.suffix.example", zone(suffix_example="v=DMARC1; p=none; psd=y"), "y.suffix.example"),
        ("suffix.example", zone(suffix_example="v=DMARC1; p=none; psd=y"), "suffix.example"),
        ("a.example", zone(a_example="v=DMARC1; p=none; psd=n"), "a.example"),
    ],
)
async def test_the_organisation_is_found_in_the_tree(domain: str, records: dict[str, Any], organisation: str) -> None:
    assert (await dmarc.Walks(StaticResolver(records)).of(domain)).organisation == organisation


# --- which policy applies ------------------------------------------------------------------------------------------

A = "v=DMARC1; p=reject; sp=quarantine; np=none"


@pytest.mark.parametrize(
    ("author", "record", "policy"),
    [
        ("a.example", A, "reject"),
        ("there.a.example", A, "quarantine"),
        ("gone.a.example", A, "none"),
        ("gone.a.example", "v=DMARC1; p=reject; sp=quarantine", "quarantine"),
        ("there.a.example", "v=DMARC1; p=reject", "reject"),
        ("a.example", "v=DMARC1; p=reject; t=y", "quarantine"),
        ("a.example", "v=DMARC1; p=quarantine; t=y", "none"),
        ("a.example", "v=DMARC1; p=none; t=y", "none"),
        ("there.a.example", "v=DMARC1; p=none; sp=reject; t=y", "quarantine"),
    ],
)
async def test_the_policy_is_the_one_for_this_name(author: str, record: str, policy: str) -> None:
    found = await judged(author, zone(a_example=record), more={"there.a.example": {"MX": [(1, "x.example")]}})
    assert (found.result, found.policy, found.record_domain) == (Result.FAIL, policy, "a.example")


async def test_a_names_own_record_comes_before_its_organisations() -> None:
    records = zone(a_example="v=DMARC1; p=reject", mail_a_example="v=DMARC1; p=none")
    found = await judged("mail.a.example", records)
    assert (found.policy, found.record_domain, found.organisational_domain) == ("none", "mail.a.example", "a.example")


async def test_the_suffix_answers_for_names_without_a_record() -> None:
    records = zone(suffix_example="v=DMARC1; p=none; sp=reject; psd=y")
    found = await judged("shop.suffix.example", records, more={"shop.suffix.example": {"A": ["192.0.2.1"]}})
    assert (found.policy, found.record_domain) == ("reject", "suffix.example")


async def test_a_record_without_a_usable_policy_is_an_error_and_no_record_is_none() -> None:
    assert (await judged("a.example", zone(a_example="v=DMARC1; p=x"), dkim="a.example")).result is Result.PERMERROR
    assert (await judged("a.example", {}, dkim="a.example")).result is Result.NONE


# --- what belongs together -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("author", "other", "record", "aligned"),
    [
        ("a.example", "a.example", "v=DMARC1; p=reject", True),
        ("a.example", "A.Example", "v=DMARC1; p=reject", True),
        ("a.example", "mail.a.example", "v=DMARC1; p=reject", True),
        ("mail.a.example", "a.example", "v=DMARC1; p=reject", True),
        ("x.a.example", "y.a.example", "v=DMARC1; p=reject", True),
        ("a.example", "b.example", "v=DMARC1; p=reject", False),
        ("a.example", "xa.example", "v=DMARC1; p=reject", False),
        ("a.example", "a.example.b.example", "v=DMARC1; p=reject", False),
        ("a.example", "a.example", "v=DMARC1; p=reject; adkim=s; aspf=s", True),
        ("a.example", "mail.a.example", "v=DMARC1; p=reject; adkim=s; aspf=s", False),
        ("mail.a.example", "a.example", "v=DMARC1; p=reject; adkim=s; aspf=s", False),
    ],
)
async def test_alignment(author: str, other: str, record: str, aligned: bool) -> None:
    records = zone(a_example=record)
    signed = await judged(author, records, dkim=other.lower())
    sent = await judged(author, records, spf=other.lower())
    assert (signed.result is Result.PASS, sent.result is Result.PASS) == (aligned, aligned)
    assert bool(signed.aligned) == aligned


async def test_a_pass_names_what_passed() -> None:
    found = await judged("a.example", zone(a_example="v=DMARC1; p=none"), dkim="a.example", spf="a.example")
    assert found.aligned == ("dkim=a.example", "spf=a.example")


@pytest.mark.parametrize("result", [Result.FAIL, Result.POLICY, Result.NEUTRAL, Result.PERMERROR, Result.NONE])
async def test_only_a_pass_can_be_aligned(result: Result) -> None:
    records = zone(a_example="v=DMARC1; p=none")
    found = await judged("a.example", records, dkim="a.example", dkim_result=result, spf="a.example", spf_result=result)
    assert found.result is Result.FAIL


@pytest.mark.parametrize(
    ("author", "other", "passes"),
    [
        ("good.co.uk", "bad.co.uk", False),
        ("co.uk", "bad.co.uk", False),
        ("good.co.uk", "co.uk", True),
        ("mail.good.co.uk", "good.co.uk", False),
    ],
)
async def test_below_a_public_suffix_only_its_owner_stands_behind_others(author: str, other: str, passes: bool) -> None:
    found = await judged(author, zone(co_uk="v=DMARC1; p=reject"), dkim=other)
    assert (found.result is Result.PASS) == passes


async def test_a_suffix_that_says_it_is_none_is_believed() -> None:
    records = zone(co_uk="v=DMARC1; p=reject; psd=n")
    assert (await judged("good.co.uk", records, dkim="other.co.uk")).result is Result.PASS


# --- trouble -------------------------------------------------------------------------------------------------------


async def test_trouble_before_any_record_is_no_result() -> None:
    assert (await judged("a.example", zone(a_example=Outcome.TROUBLE), dkim="a.example")).result is Result.TEMPERROR
    assert (await judged("a.example", zone(example=Outcome.TROUBLE), dkim="a.example")).result is Result.TEMPERROR


async def test_trouble_above_the_own_record_lets_equal_names_pass_and_leaves_others_open() -> None:
    records = {**zone(a_example="v=DMARC1; p=reject"), **zone(example=Outcome.TROUBLE)}
    assert (await judged("a.example", records, dkim="a.example")).result is Result.PASS
    assert (await judged("a.example", records, dkim="mail.a.example")).result is Result.TEMPERROR
    assert (await judged("a.example", records)).result is Result.FAIL


@pytest.mark.parametrize("which", ["dkim", "spf"])
async def test_trouble_with_what_could_have_been_aligned_is_no_fail(which: str) -> None:
    records = zone(a_example="v=DMARC1; p=reject")
    troubled: dict[str, Any] = {which: "a.example", f"{which}_result": Result.TEMPERROR}
    elsewhere: dict[str, Any] = {which: "b.example", f"{which}_result": Result.TEMPERROR}
    assert (await judged("a.example", records, **troubled)).result is Result.TEMPERROR
    assert (await judged("a.example", records, **elsewhere)).result is Result.FAIL


async def test_without_spf_nothing_fails_but_a_signature_still_counts() -> None:
    records = zone(a_example="v=DMARC1; p=reject")
    assert (await judged("a.example", records, spf_result=Result.SKIPPED)).result is Result.SKIPPED
    found = await judged("a.example", records, spf_result=Result.SKIPPED, dkim="a.example")
    assert found.result is Result.PASS


@pytest.mark.parametrize("author", [None, "", "a b.example", "-", "a..example"])
async def test_without_an_author_there_is_nothing_to_judge(author: str | None) -> None:
    found = await judged(author, {}, dkim="a.example")
    assert (found.result, found.reason.code, found.author_domain) == (Result.PERMERROR, "dmarc_no_author", None)


async def test_an_international_author_is_its_ascii_name() -> None:
    found = await judged(
        "MÜNCHEN.example",
        {"_dmarc.xn--mnchen-3ya.example": {"TXT": ["v=DMARC1; p=none"]}},
        dkim="xn--mnchen-3ya.example",
    )
    assert (found.result, found.author_domain) == (Result.PASS, "xn--mnchen-3ya.example")
