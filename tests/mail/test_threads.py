"""The rules of conversations: ancestors, base subjects, and who may join by a subject."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailmcp.mail.threads import (
    MAX_ANCESTORS,
    SUBJECT_WINDOW,
    Conversation,
    ancestors,
    base_subject,
    may_join_by_subject,
)
from mailmcp.models import Address, Defect, Message

NOW = datetime(2026, 1, 1, tzinfo=UTC)

# --- ancestors ----------------------------------------------------------------------------------------------------


def test_ancestors_are_the_nearest_first_each_once() -> None:
    message = Message(in_reply_to=("<3@g.test>",), references=("<1@g.test>", "<2@g.test>", "<3@g.test>"))
    assert ancestors(message) == ("<3@g.test>", "<2@g.test>", "<1@g.test>")


def test_a_message_is_no_ancestor_of_its_own() -> None:
    message = Message(message_id="<2@g.test>", in_reply_to=("<2@g.test>",), references=("<1@g.test>", "<2@g.test>"))
    assert ancestors(message) == ("<1@g.test>",)


def test_of_very_many_ancestors_the_nearest_are_looked_at() -> None:
    many = tuple(f"<{number}@g.test>" for number in range(500))
    found = ancestors(Message(references=many))
    assert found == tuple(reversed(many))[:MAX_ANCESTORS]


# --- subjects ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "Re: Plans for May",
        "RE: Plans for May",
        "re:Plans for May",
        "  Re :  Plans   for May ",
        "Re[2]: Plans for May",
        "Re(12): Plans for May",
        "Re: Re: RE: Plans for May",
        "Re: Fwd: Plans for May",
        "Fwd: Re: Plans for May",
        "[list] Re: Plans for May",
        "Re: [list] Plans for May",
        "Re: [list] AW: WG: Plans for May",
        "Re：Plans for May",
        "AW: Plans for May",
        "Antw: Plans for May",
        "Antwort: Plans for May",
        "SV: Plans for May",
        "Svar: Plans for May",
        "VS: Plans for May",
        "Odp: Plans for May",
        "Odg: Plans for May",
        "YNT: Plans for May",
        "R: Plans for May",
        "RIF: Plans for May",
        "RES: Plans for May",
        "Ref: Plans for May",
        "Απ: Plans for May",
        "ΑΠ: Plans for May",
        "Σχετ: Plans for May",
        "Válasz: Plans for May",
        "Ответ: Plans for May",
        "НА: Plans for May",
        "回复: Plans for May",
        "回复：Plans for May",
        "回覆: Plans for May",
        "答复: Plans for May",
        "答覆: Plans for May",
        "返信: Plans for May",
        "답장: Plans for May",
        "회신: Plans for May",
        "رد: Plans for May",
        "השב: Plans for May",
        "תשובה: Plans for May",
        "Trả lời: Plans for May",
        "TL: Plans for May",
        "BLS: Plans for May",
        "ตอบ: Plans for May",
    ],
)
def test_an_answer_is_told_in_every_language(written: str) -> None:
    assert base_subject(written) == ("plans for may", True)


@pytest.mark.parametrize(
    "written",
    [
        "Plans for May",
        "PLANS  FOR\tMAY",
        "Fwd: Plans for May",
        "FW: Plans for May",
        "WG: Plans for May",
        "TR: Plans for May",
        "RV: Plans for May",
        "VL: Plans for May",
        "VB: Plans for May",
        "Doorst: Plans for May",
        "PD: Plans for May",
        "I: Plans for May",
        "ENC: Plans for May",
        "转发: Plans for May",
        "轉寄: Plans for May",
        "転送: Plans for May",
        "전달: Plans for May",
        "[team] Plans for May",
        "[team] [May] Plans for May",
    ],
)
def test_a_forward_or_a_list_tag_is_no_answer(written: str) -> None:
    assert base_subject(written) == ("plans for may", False)


@pytest.mark.parametrize(
    ("written", "base"),
    [
        ("Regarding: plans", "regarding: plans"),
        ("Reply: plans", "reply: plans"),
        ("Meeting: Re-plan", "meeting: re-plan"),
        ("Remember: the milk", "remember: the milk"),
        ("re plans", "re plans"),
        ("Invoice RE: 7", "invoice re: 7"),
        ("Area: plans", "area: plans"),
        ("[" + "x" * 41 + "] plans", "[" + "x" * 41 + "] plans"),
        ("[[a]] plans", "[[a]] plans"),
    ],
)
def test_words_that_only_look_like_a_prefix_stay(written: str, base: str) -> None:
    assert base_subject(written) == (base, False)


@pytest.mark.parametrize(
    ("written", "answer"), [("", False), ("   ", False), ("Re:", True), ("Re: Fwd:", True), ("[tag]", False)]
)
def test_of_a_prefix_alone_nothing_is_left(written: str, answer: bool) -> None:
    assert base_subject(written) == ("", answer)


def test_case_is_folded_in_every_script() -> None:
    assert base_subject("STRASSE ΟΔΌΣ")[0] == base_subject("straße οδός")[0]


@given(st.text(max_size=200))
def test_any_subject_has_a_base_that_prefixes_do_not_change(subject: str) -> None:
    base, _ = base_subject(subject)
    assert base_subject(f"Re: {subject}") in ((base, True), (base_subject(base)[0], True)) or len(subject) > 100
    assert base == " ".join(base.split())


@pytest.mark.parametrize(
    "subject", ["Re: " * 50_000, "[" * 100_000, " " * 100_000, "[a] " * 50_000, "re" * 100_000, "Re" + " " * 100_000]
)
def test_hostile_subjects_cost_nothing(subject: str) -> None:
    base_subject(subject)


# --- joining by subject ----------------------------------------------------------------------------------------------

ANSWER = Message(message_id="<1@g.test>", subject="Re: Plans", from_=(Address("Bob", "Bob@g.test"),))
ASKED = Conversation(last_at=NOW - timedelta(days=1), wrote_to=frozenset({"bob@g.test"}))


def test_an_answer_by_somebody_we_wrote_to_may_join() -> None:
    assert may_join_by_subject(ANSWER, ASKED, NOW)


@pytest.mark.parametrize(
    "message",
    [
        replace(ANSWER, subject="Plans"),
        replace(ANSWER, subject="Fwd: Plans"),
        replace(ANSWER, subject="Re: "),
        replace(ANSWER, from_=(Address("Bob", "eve@evil.test"),)),
        replace(ANSWER, from_=(Address("bob@g.test", "eve@evil.test"),)),
        replace(ANSWER, from_=()),
        replace(ANSWER, from_=(*ANSWER.from_, Address("", "eve@evil.test"))),
        replace(ANSWER, defects=(Defect("from_ambiguous", "x"),)),
        replace(ANSWER, in_reply_to=("<0@g.test>",)),
        replace(ANSWER, references=("<0@g.test>",)),
    ],
)
def test_nobody_and_nothing_else_may(message: Message) -> None:
    assert not may_join_by_subject(message, ASKED, NOW)


def test_a_conversation_in_which_we_never_wrote_gathers_nobody() -> None:
    assert not may_join_by_subject(ANSWER, replace(ASKED, wrote_to=frozenset()), NOW)


def test_a_conversation_gathers_for_thirty_days() -> None:
    old = replace(ASKED, last_at=NOW - SUBJECT_WINDOW)
    assert may_join_by_subject(ANSWER, old, NOW)
    assert not may_join_by_subject(ANSWER, old, NOW + timedelta(seconds=1))
