"""A DMARC record held against what it is for: forged mail refused, and reports that reach somebody."""

from __future__ import annotations

from typing import Any

import pytest
from publications import DMARC, found, published

from mailmcp.authenticity.dns import Outcome
from mailmcp.models import Finding, Standing

pytestmark = pytest.mark.anyio


async def dmarc_of(text: str, **more: Any) -> Finding:
    return (await found(published() | {DMARC: {"TXT": [text]}, **more}))["DMARC"]


@pytest.mark.parametrize(
    "second", ["v=DMARC1; garbage", "v=DMARC1; p=reject; p=none", "V=DMARC1", "v = DMARC1; p=none"]
)
async def test_a_second_dmarc_record_is_named_whatever_it_says(second: str) -> None:
    for texts in (["v=DMARC1; p=reject", second], [second, "v=DMARC1; p=reject"]):
        one = (await found(published() | {DMARC: {"TXT": texts}}))["DMARC"]
        assert (one.standing, "several DMARC records" in one.sentence) == (Standing.WRONG, True)


@pytest.mark.parametrize(
    ("record", "standing", "words"),
    [
        ("p=reject; np=none", Standing.WEAK, "says np=none"),
        ("p=reject; t=y", Standing.WEAK, "t=y"),
        ("p=reject; psd=y", Standing.WRONG, "Take psd=y out"),
        ("p=reject; pct=1", Standing.WEAK, "pct=1"),
        (
            "p=rejct",
            Standing.WRONG,
            "says p=rejct, which is no policy (none, quarantine or reject), so it counts as p=none",
        ),
        ("p=reject; sp=nome", Standing.WRONG, "says sp=nome, which is no policy"),
        ("sp=reject", Standing.WRONG, "names no policy (p=), so it counts as p=none"),
        ("p=none; pct=50", Standing.WEAK, "p=none: others are not asked to refuse forged mail"),
    ],
)
async def test_what_a_dmarc_record_does_not_ask_for_is_said(record: str, standing: Standing, words: str) -> None:
    one = await dmarc_of(f"v=DMARC1; {record}; rua=mailto:postmaster@shop.example")
    assert (one.standing, words in one.sentence) == (standing, True), one
    assert one.wanted == "v=DMARC1; p=reject; rua=mailto:postmaster@shop.example"


@pytest.mark.parametrize(
    ("rua", "words"),
    [
        ("postmaster@shop.example", "lacks mailto: before 'postmaster@shop.example'"),
        ("mailto:x", "'mailto:x', which is no mail address"),
        ("mailto:@", "no mail address"),
        ("mailto:a@localhost", "no mail address"),
        ("mailto:a@b@shop.example", "no mail address"),
        ("mailto:a!b@shop.example", "no mail address"),
        ("mailto:a@shop.example, mailto:b", "'mailto:b', which is no mail address"),
        ("https://shop.example/reports", "Reports go to mailto: addresses"),
        ("mailto:a@reports.example", 'must publish TXT "v=DMARC1" at shop.example._report._dmarc.reports.example'),
    ],
)
async def test_an_address_that_no_report_reaches_is_named(rua: str, words: str) -> None:
    one = await dmarc_of(f"v=DMARC1; p=reject; rua={rua}")
    assert (one.standing, words in one.sentence) == (Standing.WEAK, True), one


@pytest.mark.parametrize(
    "record",
    [
        "v=DMARC1; p=quarantine; sp=reject; np=reject; psd=n; rua=mailto:a@shop.example!10m,mailto:b@x.shop.example",
        "v=DMARC1; p=reject; rua=mailto:a%21b@shop.example",
        "v=DMARC1; p=reject; rua=mailto:a@reports.example",
    ],
)
async def test_a_dmarc_record_that_asks_for_what_is_needed_is_fine_however_it_is_written(record: str) -> None:
    consent = {"shop.example._report._dmarc.reports.example": {"TXT": ["v=DMARC1"]}}
    assert (await dmarc_of(record, **consent)).standing is Standing.FINE


async def test_all_that_is_wrong_with_a_dmarc_record_is_said_at_once_and_the_worst_first() -> None:
    one = await dmarc_of("v=DMARC1; p=reject; np=none; psd=y; rua=mailto:x")
    assert one.standing is Standing.WRONG
    assert one.sentence.index("psd=y") < one.sentence.index("np=none") < one.sentence.index("no mail address")


async def test_addresses_that_are_right_stay_in_the_record_that_should_be() -> None:
    one = await dmarc_of("v=DMARC1; p=none; rua=mailto:a@reports.example")
    assert one.wanted == "v=DMARC1; p=reject; rua=mailto:a@reports.example"
    one = await dmarc_of("v=DMARC1; p=none; rua=a@reports.example")
    assert one.wanted == "v=DMARC1; p=reject; rua=mailto:postmaster@shop.example"


async def test_a_consent_that_cannot_be_looked_up_is_not_known() -> None:
    consent = {"shop.example._report._dmarc.reports.example": {"TXT": Outcome.TROUBLE}}
    one = await dmarc_of("v=DMARC1; p=reject; rua=mailto:a@reports.example", **consent)
    assert (one.standing, "is not known" in one.sentence) == (Standing.UNKNOWN, True)
