"""What a reader takes from a display name, in whatever form it is written."""

from __future__ import annotations

import pytest

from mailmcp.models import (
    Address,
    ArcChain,
    AuthResults,
    DmarcResult,
    Message,
    Reason,
    Result,
    Source,
    SpfResult,
    Verdict,
)
from mailmcp.policy import trust
from mailmcp.policy.names import LONGEST_NAME, shown_in

WHY = Reason("why", "Because.")


def judged(name: str, domain: str = "evil.example") -> tuple[Verdict, list[str]]:
    """The verdict on a sender of whom everything is proved, and the reasons besides that."""
    results = AuthResults(
        spf=SpfResult(result=Result.PASS, reason=WHY),
        dkim=(),
        dmarc=DmarcResult(result=Result.PASS, reason=WHY, author_domain=domain),
        arc=ArcChain(result=Result.NONE, reason=WHY),
    )
    message = Message(from_=(Address(name, f"a@{domain}"),))
    found = trust.judge(message, source=Source.SMTP, peer="8.8.8.8", results=results)
    return found.verdict, [one.code for one in found.reasons if one.code != "dmarc_pass"]


@pytest.mark.parametrize(
    "name",
    [
        *("alerts@bank.example", "<alerts@bank.example>", "mailto:alerts@bank.example", "alerts@-bank.example"),
        *("alerts @bank.example", "alerts@ bank.example", "alerts @ bank.example", "alerts\u00a0@\u3000bank.example"),
        *("alerts (at) bank.example", "alerts(at)bank.example", "alerts[at]bank.example", "alerts {AT} bank.example"),
        *("alerts <at> bank.example", "alerts *at* bank.example", "alerts_at_bank.example", "alerts(@)bank.example"),
        *("alerts@[bank.example]", "alerts@<bank.example>", "alerts@(bank.example)", 'alerts@"bank.example"'),
        *("alerts [at] bank [dot] example", "alerts at bank dot example", "alerts@bank dot example"),
        *("alerts@bank . example", "alerts@bank .example", "alerts@bank. example", "alerts@bank(.)example"),
        *("alerts＠bank.example", "alerts﹫bank．example", "alerts ⓐ bank.example", "alerts@bank。example"),
        *("alerts@bank․example", "alerts@bank·example", "alerts@bаnk.example", "alerts@b̲ank.example"),
        *("alerts@\u200bbank.example", "alerts\u2063@\u2063bank.example", "alerts@\ufe0fbank.ex\u00adample"),
        *("alerts&#64;bank.example", "alerts&commat;bank.example", "alerts%40bank.example", "alerts@@bank.example"),
        *(
            "\u202eelpmaxe.knab@strela",
            "alerts@bank",
            "support@bank.example via Docs",
            " " * LONGEST_NAME + "a@bank.example",
        ),
    ],
)
def test_an_address_of_somebody_else_makes_a_proved_sender_suspicious(name: str) -> None:
    assert judged(name) == (Verdict.SUSPICIOUS, ["name_is_other_address"])


@pytest.mark.parametrize(
    "name",
    [
        *(
            "bank.example",
            "bank.\u200bexample",
            "b\u00adank.example",
            "ｂank。example",
            "bank . example",
            "bank .example",
        ),
        *(
            "@bank.example",
            "@ bank.example",
            "bank.example>",
            "https://bank.example/",
            "- bank.example -",
            "bank[.]example",
            "bank.example/login",
        ),
    ],
)
def test_a_name_that_is_nothing_but_the_domain_of_somebody_else_does_too(name: str) -> None:
    assert judged(name) == (Verdict.SUSPICIOUS, ["name_is_other_domain"])


@pytest.mark.parametrize(
    "name",
    [
        "bank.example @ Support",
        "@bank.example Support",
        "Support - bank.example",
        "Support of bank dot example",
    ],
)
def test_a_name_that_shows_the_domain_of_somebody_else_is_said(name: str) -> None:
    assert judged(name) == (Verdict.VERIFIED, ["name_shows_other_domain"])


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Jane",
            "Jane (@jane)",
            "Jane @jane",
            "Jane @ Acme",
            "Joe at Acme",
            "Team @ Acme (EU)",
            "Team_at_Acme",
            "me @ home",
        ),
        *(
            "Joe via Evil.example",
            "Evil.example @ Support",
            "evil.example",
            "Evil.example News",
            "evil.example (bank.example)",
        ),
        *("Ann. In short", "Polka Dot", "dot dot dot", "J. R. Smith", "Node.js", "Microsoft .NET", "Dr. No", "A.B."),
        *(
            "a@",
            "@",
            "@@@",
            "Q&A",
            "Meet at 5",
            "News @ 9",
            "50% off @ store",
            "Sales @ 10 a.m.",
            "Format (a) Team",
            "",
        ),
    ],
)
def test_an_honest_name_needs_no_reason(name: str) -> None:
    assert judged(name) == (Verdict.VERIFIED, [])


@pytest.mark.parametrize(
    "name", ["a@evil.example", "a @ evil.example", "a (at) evil.example", "x@mail.evil.example. Best", "A@EVIL.example"]
)
def test_the_own_address_is_only_said_to_be_one(name: str) -> None:
    assert judged(name) == (Verdict.VERIFIED, ["name_is_address"])


def test_the_own_domain_in_letters_of_its_own_is_the_own_domain() -> None:
    assert judged("faß.example", "faß.example") == (Verdict.VERIFIED, [])
    assert judged("fass.example", "faß.example") == (Verdict.SUSPICIOUS, ["name_is_other_domain"])


@pytest.mark.parametrize("piece", ["@", "a@", "(at)", "(", "a . ", "dot ", "&#64;", "\u202e"])
def test_a_hostile_name_is_read_and_one_beyond_all_measure_in_part(piece: str) -> None:
    shown = shown_in(piece * 50_000)
    assert len(shown.hosts) <= 40
