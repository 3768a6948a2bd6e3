"""ARC chains: what a chain proves, and for whom it counts."""

from __future__ import annotations

from typing import Any

import pytest
from world import mail, record, resolver, sealed, signed

from mailmcp.authenticity import arc, fields
from mailmcp.authenticity.dns import Outcome
from mailmcp.models import ArcChain, Result

pytestmark = pytest.mark.anyio

SECOND = {"s1._domainkey.second.example": record("second.example")}


async def chain(
    raw: bytes, zone: dict[str, Any] | None = None, trusted: tuple[str, ...] = (), author: str | None = None
) -> ArcChain:
    zone = {**SECOND, **(zone or {})}
    return await arc.validate(fields.read(raw), resolver(zone), trusted_sealers=trusted, author_domain=author)


async def test_a_mail_without_sets_has_no_chain() -> None:
    assert (await chain(mail())).result is Result.NONE


async def test_a_whole_chain_passes_and_names_its_sealers() -> None:
    raw = sealed(sealed(signed(mail()), "lists.example", claims="lists.example; spf=pass"), "second.example")
    found = await chain(raw)
    assert found.result is Result.PASS
    assert [(one.instance, one.sealer, one.cv) for one in found.sets] == [
        (1, "lists.example", "none"),
        (2, "second.example", "pass"),
    ]
    assert found.sets[0].claims == "lists.example; spf=pass"
    assert all(one.seal_holds and one.message_holds for one in found.sets)
    assert not found.trusted


async def test_a_chain_written_without_blanks_passes_too() -> None:
    assert (await chain(sealed(mail(), "lists.example", gap=";"))).result is Result.PASS


@pytest.mark.parametrize(
    ("trusted", "expected"),
    [
        (("lists.example", "second.example"), True),
        (("LISTS.example.", "example"), True),
        (("second.example",), False),
        (("ists.example", "second.example"), False),
    ],
)
async def test_a_chain_counts_only_when_every_sealer_is_trusted(trusted: tuple[str, ...], expected: bool) -> None:
    raw = sealed(sealed(mail(), "lists.example"), "second.example")
    assert (await chain(raw, trusted=trusted)).trusted is expected


async def test_a_body_changed_before_the_last_set_is_seen_and_the_chain_passes() -> None:
    changed = sealed(mail(body="Hi.\r\n"), "lists.example") + b"-- \r\nThe list\r\n"
    found = await chain(sealed(changed, "second.example"))
    assert found.result is Result.PASS
    assert [one.message_holds for one in found.sets] == [False, True]


async def test_a_mail_changed_after_the_last_set_fails() -> None:
    found = await chain(sealed(mail(), "lists.example") + b"more\r\n")
    assert (found.result, found.reason.code) == (Result.FAIL, "arc_message_changed")
    assert (await chain(sealed(mail(), "lists.example").replace(b"Your code\r\n", b"X\r\n"))).result is Result.FAIL


async def test_claims_changed_under_a_seal_fail() -> None:
    raw = sealed(mail(), "lists.example", claims="mx.test; dmarc=fail")
    found = await chain(raw.replace(b"dmarc=fail", b"dmarc=pass"), trusted=("lists.example",))
    assert (found.result, found.reason.code, found.trusted) == (Result.FAIL, "arc_seal_broken", False)


@pytest.mark.parametrize(("cv", "code"), [("fail", "arc_ended"), ("pass", "arc_structure"), ("x", "arc_structure")])
async def test_the_first_seal_can_only_begin_a_chain(cv: str, code: str) -> None:
    found = await chain(sealed(mail(), "lists.example", cv=cv))
    assert (found.result, found.reason.code) == (Result.FAIL, code)


async def test_a_chain_cannot_be_shortened_or_begun_in_the_middle() -> None:
    two = sealed(sealed(mail(), "lists.example"), "second.example")
    without_first = two.replace(b"i=1;", b"i=3;")
    assert (await chain(without_first)).result is Result.FAIL
    top = two.partition(b"ARC-Seal: i=1")[0] + mail()
    assert (await chain(top)).reason.code == "arc_structure"


async def test_trouble_with_a_key_is_no_result() -> None:
    raw = sealed(sealed(mail(), "lists.example"), "second.example")
    found = await chain(raw, {"s1._domainkey.lists.example": {"ANY": Outcome.TROUBLE}})
    assert (found.result, found.trusted) == (Result.TEMPERROR, False)


@pytest.mark.parametrize("instance", [b"0", b"01", b"51", b"999999999999999999999", b"-1", b"", b"x"])
async def test_an_instance_beyond_the_limits_fails(instance: bytes) -> None:
    raw = sealed(mail(), "lists.example").replace(b"i=1", b"i=" + instance)
    assert (await chain(raw)).result is Result.FAIL


PASSED = "lists.example; dmarc=pass (p=reject) header.from=bank.example"


@pytest.mark.parametrize(
    ("claims", "vouched"),
    [
        (PASSED, True),
        ("lists.example; spf=fail; dmarc=pass action=none header.from=BANK.example", True),
        ("lists.example; dmarc=fail header.from=bank.example", False),
        ("lists.example; dmarc=pass header.from=evil.example", False),
        ("lists.example; dmarc=pass", False),
        ("lists.example; spf=pass smtp.mailfrom=bank.example; dkim=pass header.d=bank.example", False),
        (f"{PASSED}; dmarc=fail header.from=bank.example", False),
        ("lists.example; x=y (dmarc=pass header.from=bank.example)", False),
        ("lists.example; none", False),
        ("", False),
    ],
)
async def test_a_trusted_sealer_vouches_for_an_author_only_by_saying_so(claims: str, vouched: bool) -> None:
    raw = sealed(sealed(mail(), "lists.example", claims=claims), "second.example", claims="second.example; " + PASSED)
    found = await chain(raw, trusted=("lists.example", "second.example"), author="bank.example")
    assert (found.trusted, found.vouched) == (True, vouched)
    assert not (await chain(raw, trusted=("second.example",), author="bank.example")).vouched
    assert not (await chain(raw, trusted=("lists.example", "second.example"))).vouched


async def test_a_sealer_vouches_for_nobody_whose_name_could_be_changed_since() -> None:
    for names in (("from",), ("subject",)):
        raw = sealed(mail(), "lists.example", claims=PASSED, names=names)
        found = await chain(raw, trusted=("lists.example",), author="bank.example")
        assert (found.trusted, found.vouched) == (True, False)
    named_once = sealed(mail(), "lists.example", claims=PASSED, names=("from", "subject"))
    found = await chain(b"Subject: Other\r\n" + named_once, trusted=("lists.example",), author="bank.example")
    assert (found.trusted, found.vouched) == (True, False)


async def test_an_arc_pass_verifies_nobody() -> None:
    from world import EVIL_HOST, checked, envelope

    from mailmcp.authenticity.check import Rules

    raw = sealed(mail(), "evil.example", claims="mx.test; dmarc=pass header.from=bank.example")
    rules = Rules(trusted_sealers=("evil.example",))
    found = await checked(raw, envelope_=envelope("x@evil.example", EVIL_HOST), rules=rules)
    assert (found.arc.result, found.arc.trusted) == (Result.PASS, True)
    assert found.verified_domain is None
