"""What may leave: allow, ask or deny, with the reasons. Each rule by itself, then properties of all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailmcp.models import Decision, Pause, Verdict
from mailmcp.policy import sending
from mailmcp.policy.leaks import Leak
from mailmcp.policy.sending import Answered, Facts, Passage, Rate, Rules, Sent, Taint

POLICIES = ("open", "first_contact", "approve", "never")
OWN = frozenset({"ann@agents.test", "bea@agents.test"})
BOB, EVE = "bob@app.example", "eve@evil.example"
OUT = Rules(way_out=True)
OPEN = Rules(way_out=True, policy="open")
FROM_BOB = Answered(thread="t_1", author=BOB, verdict=Verdict.UNVERIFIED)
TAINT = Taint(thread="t_1", sender=BOB, grave=False)


def decide(*recipients: str, rules: Rules = OUT, **facts: Any) -> tuple[Decision, list[str]]:
    verdict = sending.decide(Facts(recipients=recipients, own_inboxes=OWN & set(recipients), **facts), rules)
    return verdict.decision, [reason.code for reason in verdict.reasons]


def at_home(*recipients: str, policy: str = "first_contact", hold: bool = False) -> tuple[Decision, list[str]]:
    return decide(*recipients, rules=Rules(policy=policy), asked_to_hold=hold)


# --- inside the home ------------------------------------------------------------------------------------------------


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
    assert at_home("ann@agents.test", policy=policy) == (decision, reasons)
    assert at_home("ann@agents.test", "bea@agents.test", policy=policy) == (decision, reasons)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_message_for_approval_is_held_whatever_would_be_allowed_and_never_sent_where_nothing_is(policy: str) -> None:
    decision, reasons = at_home("ann@agents.test", policy=policy, hold=True)
    assert decision is (Decision.DENY if policy == "never" else Decision.ASK)
    assert reasons == (["policy_never"] if policy == "never" else ["asked"])


def test_no_other_rule_looks_at_mail_inside_the_home() -> None:
    everything: dict[str, Any] = {
        "taints": (TAINT,),
        "passages": (Passage(message="m_1", participants=frozenset()),),
        "leaks": (Leak("token", "x"),),
        "sent": Sent(inbox=99, all=99),
        "suppressed": {"ann@agents.test": "bounce"},
    }
    rules = Rules(way_out=True, deny=frozenset({"agents.test"}), rates={"inbox": Rate(most=1, seconds=60)})
    assert decide("ann@agents.test", rules=rules, **everything) == (Decision.ALLOW, [])


# --- no way out -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("hold", [True, False])
def test_without_a_way_out_one_recipient_outside_stops_the_whole_message_and_is_named(policy: str, hold: bool) -> None:
    facts = Facts(
        recipients=("ann@agents.test", "x@app.example"), own_inboxes=frozenset({"ann@agents.test"}), asked_to_hold=hold
    )
    verdict = sending.decide(facts, Rules(policy=policy))
    assert verdict.decision is Decision.DENY
    assert [reason.code for reason in verdict.reasons] == ["outside", "no_way_out"]
    assert verdict.reasons[0].sentence == "x@app.example is not an inbox of this home."
    assert "MAILMCP_SEND_BACKEND" in verdict.reasons[1].sentence


@pytest.mark.parametrize(
    ("recipients", "way"),
    [(("gone@agents.test",), "no_inbox"), (("gone@agents.test", BOB), "no_way_out"), (("@agents.test",), "no_way_out")],
)
def test_an_address_of_this_home_that_is_no_inbox_is_sent_to_the_list_of_them(
    recipients: tuple[str, ...], way: str
) -> None:
    verdict = sending.decide(Facts(recipients=recipients, home_domain="agents.test"), Rules())
    assert (verdict.decision, verdict.reasons[-1].code) == (Decision.DENY, way)


def test_of_many_recipients_outside_ten_are_named() -> None:
    _, reasons = at_home(*(f"{number}@app.example" for number in range(100)))
    assert reasons == ["outside"] * 10 + ["no_way_out"]


@pytest.mark.parametrize(
    "recipient", ["ann@agents.test.evil.example", "ann@evil.example", "Ann <ann@agents.test>", "ann@agents.test ", ""]
)
def test_what_only_looks_like_an_own_inbox_is_outside(recipient: str) -> None:
    assert at_home(recipient)[0] is Decision.DENY


# --- lists ------------------------------------------------------------------------------------------------------------


def test_a_new_recipient_is_held_and_one_that_a_human_agreed_to_is_not() -> None:
    assert decide(BOB) == (Decision.ASK, ["first_contact"])
    assert decide(BOB, agreed=frozenset({BOB})) == (Decision.ALLOW, [])
    assert decide(BOB, rules=OPEN) == (Decision.ALLOW, [])


@pytest.mark.parametrize("entry", ["bob@app.example", "app.example"])
def test_the_allow_list_lets_a_new_recipient_be_written_to_also_while_tainted(entry: str) -> None:
    rules = replace(OUT, allow=frozenset({entry}))
    assert decide("Bob@APP.example", rules=rules, taints=(TAINT,)) == (Decision.ALLOW, [])


@pytest.mark.parametrize(
    "recipient", ["bob@app.example.evil.test", "bob+x@app.example", "b@sub.app.example", "x@evil-app.example"]
)
def test_the_allow_list_is_met_by_exactly_the_address_or_domain(recipient: str) -> None:
    assert decide(recipient, rules=replace(OUT, allow=frozenset({"bob@app.example", "other.example"})))[1] != []


@pytest.mark.parametrize(
    "recipient", ["eve@evil.example", "EVE@evil.example", "eve+news@evil.example", "x@bad.test", "x@mail.bad.test"]
)
def test_the_deny_list_refuses_details_and_sub_domains_whatever_else_allows(recipient: str) -> None:
    rules = replace(OPEN, deny=frozenset({"eve@evil.example", "bad.test"}), allow=frozenset({recipient, "bad.test"}))
    assert decide(recipient, rules=rules) == (Decision.DENY, ["denied"])
    assert decide(BOB, rules=rules) == (Decision.ALLOW, [])


@pytest.mark.parametrize("policy", ["open", "first_contact", "approve"])
@pytest.mark.parametrize("recipient", ["x@\uff45vil.example", "x@ev\u2115.example", "x@\U0001f4a9.example"])
def test_a_domain_that_no_rule_can_compare_is_refused_whoever_else_has_such_a_one(policy: str, recipient: str) -> None:
    stranger = Answered(thread="t_1", author="eve@\uff46.example", verdict=Verdict.UNVERIFIED, wrote_to=frozenset({""}))
    facts = {"answered": stranger, "agreed": frozenset({""})}
    rules = Rules(way_out=True, policy=policy, deny=frozenset({"evil.example"}))
    assert decide(recipient, rules=rules, **facts) == (Decision.DENY, ["no_address"])
    assert sending.participants(stranger) == frozenset()


def test_a_suppressed_recipient_is_refused_with_why_also_when_allowed_by_list() -> None:
    rules = replace(OUT, allow=frozenset({BOB}))
    verdict = sending.decide(Facts(recipients=(BOB,), suppressed={BOB: "bounce"}), rules)
    assert (verdict.decision, verdict.reasons[0].code) == (Decision.DENY, "suppressed")
    assert "bounce" in verdict.reasons[0].sentence


# --- conversations ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", list(Verdict))
def test_an_answer_to_its_sender_goes_unless_that_sender_is_suspicious_or_failed(verdict: Verdict) -> None:
    grave = verdict in (Verdict.SUSPICIOUS, Verdict.FAILED)
    answered = replace(FROM_BOB, verdict=verdict)
    expected = (Decision.ASK, ["first_contact"]) if grave else (Decision.ALLOW, [])
    assert decide(BOB, answered=answered) == expected


def test_whom_we_wrote_to_in_a_conversation_is_part_of_it_and_whom_a_sender_names_is_not() -> None:
    answered = replace(FROM_BOB, wrote_to=frozenset({"carol@app.example"}))
    assert decide(BOB, "carol@app.example", answered=answered) == (Decision.ALLOW, [])
    assert decide(BOB, "dan@app.example", answered=answered) == (Decision.ASK, ["first_contact"])


def test_an_answer_to_another_domain_than_the_senders_is_held_under_every_policy() -> None:
    answered = replace(FROM_BOB, verdict=Verdict.VERIFIED, reply_to=(EVE,))
    assert decide(EVE, answered=answered, rules=OPEN) == (Decision.ASK, ["reply_elsewhere"])
    assert decide(EVE, answered=answered) == (Decision.ASK, ["first_contact", "reply_elsewhere"])


@pytest.mark.parametrize(
    ("verdict", "decision"), [(Verdict.VERIFIED, Decision.ALLOW), (Verdict.UNVERIFIED, Decision.ASK)]
)
def test_a_verified_sender_may_be_answered_at_another_address_of_the_same_organisation(
    verdict: Verdict, decision: Decision
) -> None:
    answered = replace(FROM_BOB, verdict=verdict, reply_to=("ticket+7@help.app.example",))
    assert decide("ticket+7@help.app.example", answered=answered)[0] is decision


# --- taint ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rules", [OUT, OPEN], ids=["first_contact", "open"])
def test_while_tainted_only_that_conversations_one_sender_is_answered(rules: Rules) -> None:
    assert decide(BOB, answered=FROM_BOB, taints=(TAINT,), rules=rules) == (Decision.ALLOW, [])
    for change in (
        {"answered": None},
        {"answered": replace(FROM_BOB, thread="t_2")},
        {"answered": replace(FROM_BOB, author=EVE, wrote_to=frozenset({BOB}))},
        {"taints": (replace(TAINT, thread=None),)},
        {"taints": (replace(TAINT, sender=None),)},
        {"taints": (replace(TAINT, grave=True),)},
        {"taints": (TAINT, Taint(thread="t_9", sender=EVE, grave=False))},
    ):
        facts: dict[str, Any] = {"answered": FROM_BOB, "taints": (TAINT,), "agreed": frozenset({BOB})} | change
        assert decide(BOB, rules=rules, **facts) == (Decision.ASK, ["taint"]), change


def test_while_tainted_one_recipient_more_holds_the_answer() -> None:
    facts: dict[str, Any] = {"answered": FROM_BOB, "taints": (TAINT,), "agreed": frozenset({EVE})}
    assert decide(BOB, EVE, **facts) == (Decision.ASK, ["taint", "taint"])
    assert decide(BOB, "ann@agents.test", **facts) == (Decision.ALLOW, [])


# --- the whole message ------------------------------------------------------------------------------------------------


def test_ten_recipients_go_and_eleven_are_held() -> None:
    many = [f"{number}@app.example" for number in range(11)]
    assert decide(*many[:10], rules=OPEN) == (Decision.ALLOW, [])
    assert decide(*many, rules=OPEN) == (Decision.ASK, ["many_recipients"])
    assert decide(*many[:10], *OWN, rules=OPEN) == (Decision.ALLOW, [])


@pytest.mark.parametrize("scope", ["inbox", "thread", "all", "recipient"])
def test_a_rate_holds_what_comes_after_its_last_place(scope: str) -> None:
    rules = replace(OPEN, rates={scope: Rate(most=3, seconds=3600)})
    for count, codes in ((2, []), (3, [f"rate_{scope}"])):
        sent = Sent(recipients={BOB: count}) if scope == "recipient" else Sent(**{scope: count})
        assert decide(BOB, rules=rules, sent=sent)[1] == codes


def test_words_of_others_go_to_those_who_took_part_and_to_nobody_else_not_even_by_list() -> None:
    passage = Passage(message="m_1", participants=frozenset({BOB}), words=40)
    assert decide(BOB, rules=OPEN, passages=(passage,)) == (Decision.ALLOW, [])
    allowing = replace(OPEN, allow=frozenset({EVE}))
    assert decide(BOB, EVE, rules=allowing, passages=(passage,)) == (Decision.ASK, ["participants"])


def test_a_leak_holds_under_every_policy_and_list() -> None:
    rules = replace(OPEN, allow=frozenset({BOB}))
    assert decide(BOB, rules=rules, leaks=(Leak("token", "A token."),)) == (Decision.ASK, ["leak"])


# --- what came back, and programs -------------------------------------------------------------------------------------


def test_an_inbox_that_pauses_sends_nothing_outside_without_a_human() -> None:
    pause = Pause(inbox="ann@agents.test", since=datetime(2026, 1, 1, tzinfo=UTC), reason="5 addresses sent it back")
    verdict = sending.decide(Facts(recipients=(BOB,), pause=pause), OPEN)
    assert (verdict.decision, [one.code for one in verdict.reasons]) == (Decision.ASK, ["paused"])
    assert "mailmcp inbox resume ann@agents.test" in verdict.reasons[0].sentence
    assert decide("ann@agents.test", pause=pause, rules=OPEN) == (Decision.ALLOW, [])


@pytest.mark.parametrize(
    "kind", ["list", "bulk", "bounce", "auto_replied", "auto_generated", "null_path", "no_answers"]
)
def test_an_answer_to_a_program_needs_a_human_unless_the_user_named_the_recipient(kind: str) -> None:
    answered = replace(FROM_BOB, automatic=kind)
    assert decide(BOB, answered=answered, rules=OPEN) == (Decision.ASK, ["machine"])
    assert decide(BOB, answered=answered, rules=replace(OPEN, allow=frozenset({BOB}))) == (Decision.ALLOW, [])
    assert decide("ann@agents.test", answered=answered) == (Decision.ALLOW, [])


def test_a_conversation_inside_the_home_has_its_limit_too() -> None:
    rules = Rules(rates={"thread": Rate(most=6, seconds=3600), "inbox": Rate(most=1, seconds=3600)})
    answered = Answered(thread="t_1", author=None, verdict=Verdict.LOCAL)
    assert decide("ann@agents.test", rules=rules, answered=answered, sent=Sent(within=5))[0] is Decision.ALLOW
    full = decide("ann@agents.test", rules=rules, answered=answered, sent=Sent(within=6, inbox=9))
    assert full == (Decision.ASK, ["rate_thread"])


# --- properties -------------------------------------------------------------------------------------------------------

STRICTNESS = {Decision.ALLOW: 0, Decision.ASK: 1, Decision.DENY: 2}
PEOPLE = (BOB, "Bob@app.example", "bob+x@app.example", "carol@app.example", EVE, "dan@sub.app.example", *sorted(OWN))
people = st.lists(st.sampled_from(PEOPLE), max_size=12)
some = st.frozensets(st.sampled_from([one.lower() for one in PEOPLE]))
taints = st.lists(
    st.builds(
        Taint,
        thread=st.sampled_from([None, "t_1", "t_2"]),
        sender=st.sampled_from([None, BOB, EVE]),
        grave=st.booleans(),
    ),
    max_size=2,
).map(tuple)
passages = st.lists(st.builds(Passage, message=st.just("m_1"), participants=some), max_size=2).map(tuple)
leaks = st.lists(st.just(Leak("token", "A token.")), max_size=1).map(tuple)
answers = st.none() | st.builds(
    Answered,
    thread=st.sampled_from(["t_1", "t_2"]),
    author=st.sampled_from([None, BOB, EVE]),
    verdict=st.sampled_from(list(Verdict)),
    reply_to=st.lists(st.sampled_from(PEOPLE), max_size=2).map(tuple),
    wrote_to=some,
    automatic=st.sampled_from(["", "list", "bounce"]),
)
pauses = st.none() | st.just(Pause(inbox="ann@agents.test", since=datetime(2026, 1, 1, tzinfo=UTC), reason="bounces"))
counts = st.integers(0, 4)
all_rules = st.builds(
    Rules,
    policy=st.sampled_from(POLICIES),
    allow=st.frozensets(st.sampled_from([BOB, "app.example", "*.app.example"])),
    deny=st.frozensets(st.sampled_from([EVE, "evil.example", "carol@app.example"]), max_size=1),
    way_out=st.booleans(),
    rates=st.just({scope: Rate(most=3, seconds=3600) for scope in ("inbox", "recipient", "thread")}),
)
all_facts = st.builds(
    Facts,
    recipients=people.map(tuple),
    own_inboxes=st.just(OWN),
    asked_to_hold=st.booleans(),
    suppressed=st.dictionaries(st.sampled_from([EVE, "carol@app.example"]), st.just("bounce"), max_size=1),
    agreed=some,
    twins=st.dictionaries(st.sampled_from([BOB, EVE]), st.just("b0b@app.example"), max_size=1),
    answered=answers,
    taints=taints,
    passages=passages,
    pause=pauses,
    sent=st.builds(
        Sent,
        inbox=counts,
        thread=counts,
        within=counts,
        recipients=st.dictionaries(st.sampled_from([BOB, EVE]), counts),
    ),
    leaks=leaks,
)


def strictness(facts: Facts, rules: Rules) -> int:
    return STRICTNESS[sending.decide(facts, rules).decision]


@pytest.mark.parametrize("policy", ["open", "first_contact"])
def test_a_new_recipient_that_looks_like_somebody_known_is_held_with_that_reason(policy: str) -> None:
    forged, listed = "bob@exarnple.test", "ann@exarnple.test"
    found = sending.twins([forged, listed, EVE], ["carol@x.example", "bob@example.test"])
    assert found == {forged: "bob@example.test", listed: "bob@example.test"}
    rules = Rules(way_out=True, policy=policy, allow=frozenset({listed}))
    decision, reasons = decide(forged, listed, rules=rules, twins=found)
    assert decision is Decision.ASK
    assert reasons == [*(["first_contact"] if policy == "first_contact" else []), "looks_like_contact"]
    assert sending.twins([forged], ["example.test"]) == {forged: "example.test"}


@given(all_facts, all_rules, st.sampled_from(PEOPLE), st.integers(0, 12))
def test_one_recipient_more_never_makes_a_message_more_allowed(facts: Facts, rules: Rules, one: str, at: int) -> None:
    longer = (*facts.recipients[:at], one, *facts.recipients[at:])
    assert strictness(replace(facts, recipients=longer), rules) >= strictness(facts, rules)


@given(all_facts, all_rules, taints, passages, leaks)
def test_what_strangers_write_never_makes_a_message_more_allowed(
    facts: Facts, rules: Rules, more: Any, others: Any, found: Any
) -> None:
    """All that the text of a mail can do to the facts is to add taints, copied words, and fresh codes."""
    stained = replace(facts, taints=facts.taints + more, passages=facts.passages + others, leaks=facts.leaks + found)
    assert strictness(stained, rules) >= strictness(facts, rules)


@given(all_facts, all_rules, st.lists(st.sampled_from(PEOPLE), max_size=3))
def test_whom_an_unproved_sender_names_for_the_answer_never_widens(
    facts: Facts, rules: Rules, named: list[str]
) -> None:
    answered = facts.answered
    if answered is None or answered.verdict is Verdict.VERIFIED:
        return
    silent = replace(facts, answered=replace(answered, reply_to=()))
    asking = replace(facts, answered=replace(answered, reply_to=tuple(named)))
    assert strictness(asking, rules) >= strictness(silent, rules)


@given(all_facts, all_rules)
def test_the_policies_are_in_the_order_of_their_strictness(facts: Facts, rules: Rules) -> None:
    strict = [strictness(facts, replace(rules, policy=policy)) for policy in POLICIES]
    assert strict == sorted(strict)


@given(all_facts, all_rules)
def test_what_is_not_allowed_has_a_reason_with_a_code_and_one_plain_sentence(facts: Facts, rules: Rules) -> None:
    verdict = sending.decide(facts, rules)
    assert (verdict.decision is Decision.ALLOW) == (verdict.reasons == ())
    for reason in verdict.reasons:
        assert reason.code.replace("_", "").isalpha()
        assert reason.sentence.endswith(".")
        assert "\n" not in reason.sentence
