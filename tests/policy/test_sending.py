"""What may leave: allow, ask or deny, with the reasons."""

from __future__ import annotations

import pytest

from mailmcp.models import Decision
from mailmcp.policy import sending

POLICIES = ("open", "first_contact", "approve", "never")
OWN = {"ann@agents.test", "bea@agents.test"}


def decide(*recipients: str, policy: str = "first_contact", hold: bool = False) -> tuple[Decision, list[str]]:
    verdict = sending.decide(recipients=recipients, own_inboxes=OWN, policy=policy, asked_to_hold=hold)
    return verdict.decision, [reason.code for reason in verdict.reasons]


@pytest.mark.parametrize(
    ("policy", "decision", "reasons"),
    [
        ("open", Decision.ALLOW, []),
        ("first_contact", Decision.ALLOW, []),
        ("approve", Decision.ASK, ["policy_approve"]),
        ("never", Decision.DENY, ["policy_never"]),
    ],
)
def test_mail_between_inboxes_of_one_home_is_held_or_stopped_by_two_policies_alone(
    policy: str, decision: Decision, reasons: list[str]
) -> None:
    assert decide("ann@agents.test", policy=policy) == (decision, reasons)
    assert decide("ann@agents.test", "bea@agents.test", policy=policy) == (decision, reasons)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_message_for_approval_is_held_whatever_would_be_allowed_and_never_sent_where_nothing_is(policy: str) -> None:
    decision, reasons = decide("ann@agents.test", policy=policy, hold=True)
    assert decision is (Decision.DENY if policy == "never" else Decision.ASK)
    assert reasons == (["policy_never"] if policy == "never" else ["asked"])


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("hold", [True, False])
def test_one_recipient_outside_stops_the_whole_message_and_is_named(policy: str, hold: bool) -> None:
    verdict = sending.decide(
        recipients=["ann@agents.test", "x@app.example"], own_inboxes=OWN, policy=policy, asked_to_hold=hold
    )
    assert verdict.decision is Decision.DENY
    assert [reason.code for reason in verdict.reasons] == ["outside", "no_way_out"]
    assert verdict.reasons[0].sentence == "x@app.example is not an inbox of this home."
    assert "MAILMCP_SEND_BACKEND" in verdict.reasons[1].sentence


def test_of_many_recipients_outside_ten_are_named() -> None:
    _, reasons = decide(*(f"{number}@app.example" for number in range(100)))
    assert reasons == ["outside"] * 10 + ["no_way_out"]


@pytest.mark.parametrize(
    "recipient", ["ann@agents.test.evil.example", "ann@evil.example", "Ann <ann@agents.test>", "ann@agents.test ", ""]
)
def test_what_only_looks_like_an_own_inbox_is_outside(recipient: str) -> None:
    assert decide(recipient)[0] is Decision.DENY
