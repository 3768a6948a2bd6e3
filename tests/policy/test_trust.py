"""What may be believed of a sender, and the reasons that are given."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailmcp.models import (
    Address,
    ArcChain,
    AuthResults,
    Defect,
    DkimSignature,
    DmarcResult,
    Message,
    Reason,
    Result,
    Source,
    SpfResult,
    Verdict,
)
from mailmcp.policy import trust
from mailmcp.policy.trust import Acquaintances

BOB = Message(from_=(Address("Bob", "bob@app.example"),))
WHY = Reason("why", "Because.")


def found(dmarc: Result, *, spf: Result = Result.NONE, policy: str = "reject", arc: bool = False) -> AuthResults:
    """What a check of app.example's mail found out."""
    return AuthResults(
        spf=SpfResult(result=spf, reason=WHY),
        dkim=(),
        dmarc=DmarcResult(result=dmarc, reason=WHY, author_domain="app.example", policy=policy),
        arc=ArcChain(result=Result.PASS if arc else Result.NONE, reason=WHY, trusted=arc, vouched=arc),
    )


UNASKED = found(Result.SKIPPED, spf=Result.SKIPPED)


def codes(
    message: Message = BOB,
    *,
    source: Source = Source.SMTP,
    peer: str | None = None,
    results: AuthResults | None = UNASKED,
    known: Acquaintances = trust.NOBODY,
) -> list[str]:
    judged = trust.judge(message, source=source, peer=peer, results=results, known=known)
    assert all(reason.sentence.endswith(".") for reason in judged.reasons)
    return [reason.code for reason in judged.reasons]


def verdict(
    dmarc: Result, message: Message = BOB, *, known: Acquaintances = trust.NOBODY, peer: str = "8.8.8.8", **more: object
) -> Verdict:
    results = found(dmarc, **more)  # pyright: ignore[reportArgumentType]
    return trust.judge(message, source=Source.SMTP, peer=peer, results=results, known=known).verdict


@pytest.mark.parametrize("source", list(Source))
@pytest.mark.parametrize("peer", [None, "127.0.0.1", "8.8.8.8"])
@pytest.mark.parametrize("dmarc", [one for one in Result if one is not Result.PASS])
def test_only_an_aligned_dmarc_pass_is_called_verified(source: Source, peer: str | None, dmarc: Result) -> None:
    for spf in (Result.PASS, Result.SKIPPED):
        judged = trust.judge(BOB, source=source, peer=peer, results=found(dmarc, spf=spf))
        assert judged.verdict is not Verdict.VERIFIED
        assert judged.verified_domain is None
    assert trust.judge(BOB, source=source, peer=peer).verdict is not Verdict.VERIFIED


def test_a_dmarc_pass_of_one_author_is_verified_and_names_the_domain() -> None:
    judged = trust.judge(BOB, source=Source.SMTP, peer="8.8.8.8", results=found(Result.PASS))
    assert (judged.verdict, judged.verified_domain) == (Verdict.VERIFIED, "app.example")
    assert [one.code for one in judged.reasons] == ["dmarc_pass"]


def test_a_program_on_this_machine_is_verified_by_its_signature_alone() -> None:
    assert verdict(Result.PASS, peer="127.0.0.1", spf=Result.SKIPPED) is Verdict.VERIFIED
    assert verdict(Result.FAIL, peer="127.0.0.1", spf=Result.SKIPPED) is Verdict.UNVERIFIED
    assert verdict(Result.FAIL, peer="127.0.0.1", spf=Result.FAIL) is Verdict.FAILED


@pytest.mark.parametrize(
    ("dmarc", "more", "expected", "code"),
    [
        (Result.FAIL, {"policy": "reject"}, Verdict.FAILED, "dmarc_fail"),
        (Result.FAIL, {"policy": "quarantine"}, Verdict.FAILED, "dmarc_fail"),
        (Result.FAIL, {"policy": "none"}, Verdict.UNVERIFIED, "dmarc_fail_unenforced"),
        (Result.FAIL, {"arc": True}, Verdict.UNVERIFIED, "forwarded"),
        (Result.NONE, {}, Verdict.UNVERIFIED, "no_dmarc"),
        (Result.TEMPERROR, {}, Verdict.UNVERIFIED, "dns_trouble"),
        (Result.PERMERROR, {}, Verdict.UNVERIFIED, "bad_dmarc"),
    ],
)
def test_what_the_check_found_is_said_and_trouble_accuses_nobody(
    dmarc: Result, more: dict[str, object], expected: Verdict, code: str
) -> None:
    assert verdict(dmarc, **more) is expected  # pyright: ignore[reportArgumentType]
    assert codes(peer="8.8.8.8", results=found(dmarc, **more)) == [code]  # pyright: ignore[reportArgumentType]


def test_a_check_that_is_not_finished_says_so() -> None:
    assert codes(peer="8.8.8.8", results=None) == ["pending_check"]


def test_a_signature_that_leaves_open_how_a_mail_reads_neither_proves_nor_accuses() -> None:
    results = replace(
        found(Result.POLICY), dkim=(DkimSignature(result=Result.POLICY, reason=WHY, leaves_open=("content-type",)),)
    )
    for peer in ("8.8.8.8", "127.0.0.1"):
        judged = trust.judge(BOB, source=Source.SMTP, peer=peer, results=results)
        assert (judged.verdict, judged.verified_domain) == (Verdict.UNVERIFIED, None)
        assert judged.reasons == (Reason("signature_open", WHY.sentence),)


def test_a_known_list_proves_itself_by_a_signature_that_leaves_its_text_open() -> None:
    results = brought_by_list(spf=Result.FAIL, dkim=Result.POLICY)
    results = replace(results, dkim=(replace(results.dkim[0], leaves_open=("content-type",)),))
    judged = trust.judge(LISTED, source=Source.SMTP, peer="8.8.8.8", results=results, known=SUBSCRIBED)
    assert (judged.verdict, judged.reasons[0].code) == (Verdict.UNVERIFIED, "list_rewrote")


def test_a_trusted_forwarder_that_vouches_for_nobody_excuses_nothing() -> None:
    results = found(Result.FAIL, arc=True)
    results = replace(results, arc=replace(results.arc, vouched=False))
    judged = trust.judge(BOB, source=Source.SMTP, peer="8.8.8.8", results=results)
    assert (judged.verdict, judged.reasons[0].code) == (Verdict.FAILED, "dmarc_fail")


def test_a_check_that_reached_its_limit_is_not_called_trouble_that_may_pass() -> None:
    results = replace(found(Result.TEMPERROR), notes=(Reason("lookups_spent", "Too many."),))
    assert codes(peer="8.8.8.8", results=results) == ["lookups_spent"]
    assert codes(peer="8.8.8.8", results=replace(results, again=True)) == ["dns_trouble"]


def test_a_sender_whose_domain_is_no_valid_name_is_told_why_nothing_proves_it() -> None:
    message = Message(from_=(Address("", "a@evil℠.example"),))
    results = replace(found(Result.PERMERROR), dmarc=DmarcResult(result=Result.PERMERROR, reason=WHY))
    assert codes(message, peer="8.8.8.8", results=results) == ["domain_invalid"]


KNOWN = Acquaintances.of((Address("Ann Sample", "Ann@northwind.example"), Address("", "bob@app.example")))
LISTED = replace(BOB, headers=(("List-Id", "Talk <talk.lists.example>"),))
SUBSCRIBED = Acquaintances.of((Address("", "talk-request@lists.example"), Address("", "bob@app.example")))


def brought_by_list(
    *, spf: Result = Result.PASS, dkim: Result = Result.PASS, domain: str = "lists.example"
) -> AuthResults:
    """A mail of app.example that fails DMARC, brought and signed by a domain."""
    return replace(
        found(Result.FAIL),
        spf=SpfResult(result=spf, reason=WHY, domain=f"bounce.{domain}"),
        dkim=(DkimSignature(result=dkim, reason=WHY, domain=domain),),
    )


@pytest.mark.parametrize(("spf", "dkim"), [(Result.PASS, Result.FAIL), (Result.FAIL, Result.PASS)])
def test_a_known_list_that_proves_itself_is_not_taken_for_a_forger(spf: Result, dkim: Result) -> None:
    judged = trust.judge(
        LISTED, source=Source.SMTP, peer="8.8.8.8", results=brought_by_list(spf=spf, dkim=dkim), known=SUBSCRIBED
    )
    assert (judged.verdict, judged.reasons[0].code) == (Verdict.UNVERIFIED, "list_rewrote")


@pytest.mark.parametrize(
    ("results", "known"),
    [
        (found(Result.FAIL), SUBSCRIBED),  # nothing but the words of the header
        (brought_by_list(spf=Result.FAIL, dkim=Result.FAIL), SUBSCRIBED),
        (brought_by_list(domain="evil.example"), SUBSCRIBED),  # another's list, under the name of a known one
        (brought_by_list(), trust.NOBODY),  # a list that proves itself, and that nobody here ever had to do with
        (brought_by_list(), Acquaintances.of((Address("", "bob@app.example"),))),
    ],
)
def test_a_forged_mail_is_not_excused_by_saying_that_it_comes_from_a_list(
    results: AuthResults, known: Acquaintances
) -> None:
    judged = trust.judge(LISTED, source=Source.SMTP, peer="8.8.8.8", results=results, known=known)
    assert (judged.verdict, judged.reasons[0].code) == (Verdict.FAILED, "dmarc_fail")


@pytest.mark.parametrize("peer", ["8.8.8.8", "127.0.0.1"])
def test_mail_by_smtp_in_the_name_of_an_inbox_of_this_home_is_suspicious(peer: str) -> None:
    own = replace(KNOWN, ours=True)
    for results in (UNASKED, found(Result.NONE), found(Result.TEMPERROR), None):
        judged = trust.judge(BOB, source=Source.SMTP, peer=peer, results=results, known=own)
        assert (judged.verdict, judged.reasons[0].code) == (Verdict.SUSPICIOUS, "claims_own_address")
    assert (
        trust.judge(BOB, source=Source.SMTP, peer=peer, results=found(Result.FAIL), known=own).verdict is Verdict.FAILED
    )
    proved = trust.judge(BOB, source=Source.SMTP, peer=peer, results=found(Result.PASS), known=own)
    assert (proved.verdict, [one.code for one in proved.reasons]) == (Verdict.VERIFIED, ["dmarc_pass"])
    assert codes(source=Source.SUBMITTED, known=own) == []


@pytest.mark.parametrize(
    "name",
    [
        "bank.example",
        "BANK.example",
        '"bank.example"',
        "www.bank.example",
        "bücher.example",
        "paypal.com",
        "ｂank.example",
    ],
)
def test_a_name_that_is_another_domain_makes_a_sender_suspicious_whatever_verifies(name: str) -> None:
    message = Message(from_=(Address(name, "a@evil.example"),))
    assert codes(message)[0] == "name_is_other_domain"
    assert verdict(Result.PASS, message) is Verdict.SUSPICIOUS


@pytest.mark.parametrize(
    "name", ["bank.example Support", "Your account at https://bank.example", "Security (paypal.com)"]
)
def test_a_name_that_shows_another_domain_makes_an_unproved_sender_suspicious(name: str) -> None:
    message = Message(from_=(Address(name, "a@evil.example"),))
    assert verdict(Result.NONE, message) is Verdict.SUSPICIOUS
    assert verdict(Result.PASS, message) is Verdict.VERIFIED
    assert "name_shows_other_domain" in codes(message)


@pytest.mark.parametrize(
    "name",
    [
        *("evil.example", "www.evil.example", "News of evil.example", "Node.js", "Ph.D. Ann", "J.R. Sample", "Dr. No"),
        *("v1.2 release", "Ann...", "e.g. Bob", "St. Gallen", "3.14", "evil.example and bank.example"),
    ],
)
def test_a_name_with_the_own_domain_or_none_is_not_suspicious(name: str) -> None:
    message = Message(from_=(Address(name, "a@evil.example"),))
    assert codes(message) == ["not_checked"]


def test_what_this_mailroom_submitted_is_local_and_needs_no_reason() -> None:
    assert codes(source=Source.SUBMITTED) == []


@pytest.mark.parametrize(
    ("peer", "near"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("10.0.0.1", True),
        ("172.16.0.1", True),
        ("192.168.1.1", True),
        ("169.254.1.1", True),
        ("fe80::1", True),
        ("fe80::1%eth0", True),
        ("fd00::1", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:10.0.0.1", True),
        ("::ffff:8.8.8.8", False),
        ("8.8.8.8", False),
        ("172.32.0.1", False),
        ("2606:4700::1", False),
        ("", False),
        ("localhost", False),
        ("127.0.0.1:25", False),
        ("127.0.0.1.evil.example", False),
        ("0x7f.1", False),
    ],
)
def test_a_peer_on_this_machine_or_network_is_named_as_such_and_any_other_is_not(peer: str, near: bool) -> None:
    assert codes(peer=peer) == (["loopback_peer"] if near else ["not_checked"])


def test_mail_that_did_not_come_over_smtp_was_not_checked() -> None:
    assert codes(source=Source.REBUILT) == ["not_checked"]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (Message(), "ambiguous_sender"),
        (Message(from_=(Address("", "a@app.example"), Address("", "b@app.example"))), "several_senders"),
        (Message(from_=BOB.from_, defects=(Defect("from_ambiguous", "x"),)), "ambiguous_sender"),
    ],
)
def test_a_sender_that_is_not_exactly_one_is_never_believed(message: Message, code: str) -> None:
    for source in Source:
        assert code in codes(message, source=source)
    for result in Result:
        judged = trust.judge(message, source=Source.SMTP, peer="8.8.8.8", results=found(result))
        assert judged.verdict is (Verdict.SUSPICIOUS if code == "several_senders" else Verdict.UNVERIFIED) or (
            result is Result.FAIL
        )
        assert judged.verified_domain is None


def test_a_name_that_is_another_address_makes_a_sender_suspicious() -> None:
    message = Message(from_=(Address("support@bank.example", "eve@evil.example"),))
    assert codes(message) == ["name_is_other_address", "not_checked"]
    assert verdict(Result.PASS, message) is Verdict.SUSPICIOUS
    assert verdict(Result.NONE, message) is Verdict.SUSPICIOUS
    assert codes(message, source=Source.SUBMITTED) == ["name_is_other_address"]


def test_a_name_that_is_the_own_address_is_only_pointed_out() -> None:
    message = Message(from_=(Address("bob@app.example", "bob@app.example"),))
    assert codes(message) == ["not_checked", "name_is_address"]
    assert verdict(Result.PASS, message) is Verdict.VERIFIED


def test_answers_that_would_go_elsewhere_are_pointed_out() -> None:
    assert codes(replace(BOB, reply_to=(Address("", "x@mail.app.example"),))) == ["not_checked"]
    assert codes(replace(BOB, reply_to=(Address("", "x@other.example"),))) == ["not_checked", "reply_elsewhere"]


def test_whom_one_knows_is_no_first_contact() -> None:
    assert codes(known=KNOWN) == ["not_checked"]
    assert codes(replace(BOB, from_=(Address("", "new@app.example"),)), known=KNOWN) == ["not_checked", "first_contact"]


@pytest.mark.parametrize(
    "domain",
    ["nοrthwind.example", "north-wind.example", "nortwhind.example", "northvvind.example", "n0rthwind.example"],
)
def test_a_domain_that_looks_like_a_contacts_is_suspicious_even_when_it_verifies(domain: str) -> None:
    message = Message(from_=(Address("Ann", f"ann@{domain}"),))
    assert "looks_like_contact" in codes(message, known=KNOWN)
    assert verdict(Result.PASS, message, known=KNOWN) is Verdict.SUSPICIOUS


def test_another_domain_that_looks_like_nobodys_is_not_suspicious() -> None:
    message = Message(from_=(Address("Ann", "ann@eastwind.example"),))
    assert verdict(Result.PASS, message, known=KNOWN) is Verdict.VERIFIED


def test_a_contacts_name_at_another_domain_is_suspicious_unless_it_is_verified() -> None:
    message = Message(from_=(Address("Ann  SAMPLE", "ann.sample@freemail.example"),))
    assert "name_of_contact" in codes(message, known=KNOWN)
    assert verdict(Result.NONE, message, known=KNOWN) is Verdict.SUSPICIOUS
    assert verdict(Result.PASS, message, known=KNOWN) is Verdict.VERIFIED


@pytest.mark.parametrize(
    "name",
    [
        *("ceo@bank.example via a@evil.example", "ceo@bank.example, x@evil.example", "ceo＠bank.example"),
        *("ceo(at)bank.example", "<ceo@bank.example>"),
    ],
)
def test_another_address_anywhere_in_the_name_makes_a_sender_suspicious(name: str) -> None:
    message = Message(from_=(Address(name, "a@evil.example"),))
    assert verdict(Result.PASS, message) is Verdict.SUSPICIOUS


def test_a_contacts_name_is_known_by_its_look() -> None:
    message = Message(from_=(Address("ANN SАMPLE", "ann@freemail.example"),))  # with a Cyrillic letter
    assert "name_of_contact" in codes(message, known=KNOWN)
