"""What may be believed of a sender, and the reasons that are given."""

from __future__ import annotations

import pytest

from mailmcp.models import Address, Defect, Message, Source, Verdict
from mailmcp.policy import trust

BOB = Message(from_=(Address("Bob", "bob@app.example"),))


def codes(message: Message = BOB, *, source: Source = Source.SMTP, peer: str | None = None) -> list[str]:
    judged = trust.judge(message, source=source, peer=peer)
    assert all(reason.sentence.endswith(".") for reason in judged.reasons)
    return [reason.code for reason in judged.reasons]


@pytest.mark.parametrize("source", list(Source))
@pytest.mark.parametrize("peer", [None, "127.0.0.1", "8.8.8.8"])
def test_nothing_is_called_verified_that_nobody_verified(source: Source, peer: str | None) -> None:
    judged = trust.judge(BOB, source=source, peer=peer)
    assert judged.verdict is (Verdict.LOCAL if source is Source.SUBMITTED else Verdict.UNVERIFIED)
    assert judged.verified_domain is None


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
    "message",
    [
        Message(),
        Message(from_=(Address("", "a@app.example"), Address("", "b@app.example"))),
        Message(from_=BOB.from_, defects=(Defect("from_ambiguous", "x"),)),
    ],
)
@pytest.mark.parametrize("source", list(Source))
def test_a_sender_that_is_not_exactly_one_is_said_to_be_ambiguous(message: Message, source: Source) -> None:
    assert codes(message, source=source)[0] == "ambiguous_sender"


def test_a_name_that_looks_like_an_address_is_pointed_out() -> None:
    message = Message(from_=(Address("support@bank.example", "eve@evil.example"),))
    assert codes(message) == ["name_is_address", "not_checked"]
    assert codes(message, source=Source.SUBMITTED) == ["name_is_address"]
