"""Which conversation a message is put into, from the bytes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mailmcp.models import StoredMessage
from mailmcp.store import messages, threads

if TYPE_CHECKING:
    from conftest import Desk

ANN = "ann@agents.test"


@pytest.fixture(autouse=True)
def _ann(desk: Desk) -> None:
    desk.inbox("ann")


def thread_of(desk: Desk, message: StoredMessage) -> str:
    """The thread in which a message is now."""
    return messages.get(desk.db, message.id).thread


# --- references first -----------------------------------------------------------------------------------------


def test_mails_that_have_nothing_to_do_with_each_other_are_threads_of_their_own(desk: Desk) -> None:
    assert desk.receive(ANN).thread != desk.receive(ANN).thread


@pytest.mark.parametrize("how", ["answers", "references"])
def test_an_answer_joins_by_in_reply_to_or_references_whatever_its_subject(desk: Desk, how: str) -> None:
    first = desk.receive(ANN)
    answer = desk.receive(ANN, from_="cyd@else.example", subject="Quite another", **{how: first.message_id or ""})
    assert answer.thread == first.thread


def test_in_reply_to_comes_before_references_and_the_nearest_reference_before_the_older(desk: Desk) -> None:
    one, two, three = (desk.receive(ANN) for _ in range(3))
    ids = f"{one.message_id} {two.message_id}"
    assert desk.receive(ANN, references=ids).thread == two.thread
    assert desk.receive(ANN, references=ids, answers=three.message_id or "").thread == three.thread


def test_an_answer_joins_by_an_older_reference_when_the_nearest_was_never_seen(desk: Desk) -> None:
    first = desk.receive(ANN)
    answer = desk.receive(ANN, references=f"{first.message_id} <unseen@app.example>")
    assert answer.thread == first.thread


def test_two_answers_to_a_mail_that_never_came_are_one_conversation(desk: Desk) -> None:
    one = desk.receive(ANN, answers="<unseen@app.example>")
    two = desk.receive(ANN, references="<unseen@app.example> <gone@app.example>")
    assert one.thread == two.thread


def test_the_answer_to_a_mail_that_we_sent_joins_it(desk: Desk) -> None:
    ann = desk.inbox("other")
    sent = desk.sent(ann, "bob@app.example")
    answer = desk.receive(ann.address, answers=sent.message_id or "")
    assert answer.thread == sent.thread


def test_a_message_that_names_itself_or_nonsense_as_its_parent_begins_a_thread(desk: Desk) -> None:
    first = desk.receive(ANN, message_id="<self@app.example>", answers="<self@app.example>")
    second = desk.receive(ANN, answers="yesterday's mail", references="<> <a b> @")
    assert first.thread != second.thread


def test_a_message_of_a_thousand_references_is_put_by_the_nearest(desk: Desk) -> None:
    parent = desk.receive(ANN)
    many = " ".join(f"<{number}@old.example>" for number in range(1000))
    assert desk.receive(ANN, references=f"{many} {parent.message_id}").thread == parent.thread


# --- late parents ----------------------------------------------------------------------------------------------


def test_a_late_parent_joins_its_child(desk: Desk) -> None:
    child = desk.receive(ANN, answers="<late@app.example>")
    parent = desk.receive(ANN, message_id="<late@app.example>")
    assert parent.thread == child.thread


def test_a_late_parent_joins_together_the_conversations_that_its_children_began(desk: Desk) -> None:
    # Bob and Cyd answer mails of Dan that come after theirs, the second of which answers the first.
    one = desk.receive(ANN, answers="<a@app.example>", cc="dan@app.example", subject="One", text="first words")
    two = desk.receive(ANN, from_="Cyd <cyd@app.example>", cc="dan@app.example", answers="<b@app.example>")
    assert one.thread != two.thread
    dan = "Dan <dan@app.example>"
    second = desk.receive(ANN, from_=dan, message_id="<b@app.example>", answers="<a@app.example>")
    first = desk.receive(ANN, from_=dan, message_id="<a@app.example>", text="last words")
    assert len({thread_of(desk, message) for message in (one, two, first, second)}) == 1
    (summary,), _ = threads.find(desk.db, threads.Filter(), limit=10, before=None)
    assert (summary.count, summary.unread, summary.first_line) == (4, 4, "last words")
    assert {person.email for person in summary.who} == {"bob@app.example", "cyd@app.example", "dan@app.example"}


def test_a_thread_that_was_joined_into_another_is_still_found_by_its_id(desk: Desk) -> None:
    one = desk.receive(ANN, answers="<a@app.example>")
    two = desk.receive(ANN, answers="<b@app.example>")
    desk.receive(ANN, message_id="<a@app.example>")
    joining = desk.receive(ANN, message_id="<b@app.example>", references="<a@app.example>")
    assert threads.get(desk.db, one.thread) == threads.get(desk.db, two.thread)
    later = desk.receive(ANN, answers=joining.message_id or "")
    assert threads.get(desk.db, later.thread) == threads.get(desk.db, two.thread)
    assert len(desk.found()) == 1


def test_threads_that_were_joined_twice_over_are_found_by_every_id(desk: Desk) -> None:
    ones = [desk.receive(ANN, answers=f"<p{number}@app.example>") for number in range(4)]
    desk.receive(ANN, message_id="<p0@app.example>", references="<p1@app.example>")
    desk.receive(ANN, message_id="<p2@app.example>", references="<p3@app.example>")
    desk.receive(ANN, message_id="<p3@app.example>", references="<p1@app.example>")
    desk.receive(ANN, message_id="<p1@app.example>")
    assert len({threads.get(desk.db, one.thread)[0] for one in ones}) == 1


def test_a_stranger_to_the_children_is_no_late_parent_of_theirs(desk: Desk) -> None:
    child = desk.receive(ANN, header_to="list@app.example", from_="bob@app.example", answers="<guessed@app.example>")
    stranger = desk.receive(
        ANN, header_to="list@other.example", from_="eve@evil.example", message_id="<guessed@app.example>"
    )
    assert stranger.thread != child.thread


def test_a_late_parent_on_a_list_joins_the_answers_that_went_to_the_list(desk: Desk) -> None:
    answers = [
        desk.receive(ANN, header_to="list@app.example", from_=f"{who}@app.example", answers="<late@app.example>")
        for who in ("bob", "cyd")
    ]
    parent = desk.receive(ANN, header_to="list@app.example", from_="dan@else.example", message_id="<late@app.example>")
    assert {thread_of(desk, message) for message in (*answers, parent)} == {answers[0].thread}


def test_that_both_came_to_this_inbox_is_nothing_in_common(desk: Desk) -> None:
    child = desk.receive(ANN, from_="bob@app.example", answers="<guessed@app.example>")
    stranger = desk.receive(ANN, from_="eve@evil.example", message_id="<guessed@app.example>")
    assert stranger.thread != child.thread


def test_a_second_mail_with_an_id_that_was_seen_joins_nothing_together(desk: Desk) -> None:
    first = desk.receive(ANN, message_id="<twice@app.example>")
    child = desk.receive(ANN, answers="<twice@app.example>")
    again = desk.receive(ANN, message_id="<twice@app.example>", from_="eve@evil.example")
    assert child.thread == first.thread != again.thread


def test_a_mail_without_one_author_is_no_late_parent(desk: Desk) -> None:
    child = desk.receive(ANN, answers="<late@app.example>")
    parent = desk.receive(ANN, from_="bob@app.example, eve@evil.example", message_id="<late@app.example>")
    assert parent.thread != child.thread


# --- inboxes are apart -------------------------------------------------------------------------------------------


def test_two_inboxes_never_share_a_thread(desk: Desk) -> None:
    bea = desk.inbox("bea").address
    raw = desk.letter(f"{ANN}, {bea}", message_id="<both@app.example>")
    first, second = (desk.judge(row, raw) for row in desk.accept(raw, ANN, bea))
    assert first.thread != second.thread
    answer = desk.receive(bea, answers="<both@app.example>", references="<both@app.example>")
    assert answer.thread == second.thread
    child = desk.receive(ANN, answers="<late@app.example>")
    parent = desk.receive(bea, message_id="<late@app.example>")
    assert parent.thread != child.thread
    assert len({thread for thread, _ in _owners(desk)}) == len(_owners(desk))


def _owners(desk: Desk) -> list[tuple[int, int]]:
    return [tuple(row) for row in desk.db.execute("SELECT DISTINCT thread, inbox FROM messages")]


def test_a_subject_gathers_nothing_from_another_inbox(desk: Desk) -> None:
    bea = desk.inbox("bea")
    desk.sent(bea, "bob@app.example", subject="Plans")
    assert desk.receive(ANN, subject="Re: Plans").thread not in {one.thread for one in _all(desk, bea.row)}


def _all(desk: Desk, inbox: int) -> list[StoredMessage]:
    return messages.select(desk.db, "messages.inbox = :inbox", {"inbox": inbox})


# --- the subject, cautiously --------------------------------------------------------------------------------------


def test_an_answer_without_references_by_somebody_we_wrote_to_joins_by_its_subject(desk: Desk) -> None:
    desk.proved = True
    bea = desk.inbox("bea")
    sent = desk.sent(bea, "Bob@app.example", subject="Plans for May")
    assert desk.receive(bea.address, subject="AW: plans  for MAY").thread == sent.thread


@pytest.mark.parametrize(
    "how",
    [
        {"from_": "eve@evil.example", "subject": "Re: Plans"},
        {"from_": "bob@app.example.evil.example", "subject": "Re: Plans"},
        {"from_": '"bob@app.example" <eve@evil.example>', "subject": "Re: Plans"},
        {"from_": "bob@app.example, eve@evil.example", "subject": "Re: Plans"},
        {"subject": "Plans"},
        {"subject": "Fwd: Plans"},
        {"subject": "Re: Plan"},
        {"subject": "Re:"},
        {"subject": "Re: Plans", "answers": "<something@else.example>"},
    ],
    ids=str,
)
def test_nothing_else_joins_by_a_subject(desk: Desk, how: dict[str, str]) -> None:
    bea = desk.inbox("bea")
    sent = desk.sent(bea, "bob@app.example", subject="Plans")
    assert desk.receive(bea.address, **how).thread != sent.thread


def test_a_stranger_joins_no_conversation_by_its_subject_even_after_being_in_it_as_a_reader(desk: Desk) -> None:
    first = desk.receive(ANN, subject="Plans", cc="eve@evil.example")
    assert desk.receive(ANN, subject="Re: Plans", from_="eve@evil.example").thread != first.thread


def test_a_subject_gathers_answers_for_thirty_days_after_the_last_message(desk: Desk) -> None:
    desk.proved = True
    bea = desk.inbox("bea")
    sent = desk.sent(bea, "bob@app.example", subject="Plans")
    desk.later(days=29, hours=23)
    second = desk.receive(bea.address, subject="Re: Plans")
    assert second.thread == sent.thread
    desk.later(days=29, hours=23)
    assert desk.receive(bea.address, subject="Re: Plans").thread == sent.thread
    desk.later(days=30, hours=1)
    assert desk.receive(bea.address, subject="Re: Plans").thread != sent.thread


def test_a_strangers_thread_of_the_same_subject_does_not_keep_the_right_answer_away(desk: Desk) -> None:
    desk.proved = True
    bea = desk.inbox("bea")
    sent = desk.sent(bea, "bob@app.example", subject="Plans")
    for number in range(5):
        desk.receive(bea.address, from_=f"eve{number}@evil.example", subject="Re: Plans")
    assert desk.receive(bea.address, subject="Re: Plans").thread == sent.thread


def test_of_two_conversations_of_one_subject_each_answer_finds_its_own(desk: Desk) -> None:
    desk.proved = True
    bea = desk.inbox("bea")
    to_bob = desk.sent(bea, "bob@app.example", subject="Plans")
    to_cyd = desk.sent(bea, "cyd@app.example", subject="Plans")
    assert desk.receive(bea.address, from_="bob@app.example", subject="Re: Plans").thread == to_bob.thread
    assert desk.receive(bea.address, from_="cyd@app.example", subject="Re: Plans").thread == to_cyd.thread


def test_mails_without_a_subject_do_not_gather(desk: Desk) -> None:
    bea = desk.inbox("bea")
    sent = desk.sent(bea, "bob@app.example", subject="")
    assert desk.receive(bea.address, subject="Re: ").thread != sent.thread


def test_nobody_whose_address_is_not_proved_joins_a_conversation_by_guessing_its_subject(desk: Desk) -> None:
    ann = desk.inbox("zoe")
    sent = desk.sent(ann, "bob@app.example", subject="Contract")
    forged = desk.receive(ann.address, from_="bob@app.example", subject="Re: Contract")
    assert forged.thread != sent.thread
    desk.proved = True
    assert desk.receive(ann.address, from_="bob@app.example", subject="Re: Contract").thread == sent.thread


# --- the same mail twice ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", ["Plan", "[dev] Plan"])
def test_the_same_mail_that_came_another_way_stands_in_one_conversation(desk: Desk, subject: str) -> None:
    first = desk.receive(ANN, message_id="<1@app.example>", subject="Plan")
    second = desk.receive(ANN, message_id="<1@app.example>", subject=subject, text="Plan\n-- \nThe list")
    answer = desk.receive(ANN, answers="<1@app.example>", subject="Re: Plan")
    assert {thread_of(desk, one) for one in (second, answer)} == {thread_of(desk, first)}


def test_a_mail_to_oneself_stands_beside_what_was_sent(desk: Desk) -> None:
    inbox = desk.inbox("bea")
    sent = desk.sent(inbox, inbox.address, message_id="<1@agents.test>", subject="Note")
    came = desk.receive(inbox.address, from_=inbox.address, message_id="<1@agents.test>", subject="Note")
    assert thread_of(desk, came) == thread_of(desk, sent)


@pytest.mark.parametrize("other", [{"subject": "Another"}, {"from_": "Eve <eve@evil.example>"}])
def test_an_id_that_is_used_again_for_another_mail_joins_nothing(desk: Desk, other: dict[str, str]) -> None:
    first = desk.receive(ANN, message_id="<1@app.example>", subject="Plan")
    second = desk.receive(ANN, message_id="<1@app.example>", **{"subject": "Plan", **other})
    assert thread_of(desk, second) != thread_of(desk, first)
