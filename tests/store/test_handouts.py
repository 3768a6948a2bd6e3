"""What waits look for, and what they have given out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from mailmcp.models import Codes, StoredMessage
from mailmcp.store import fresh_codes, handouts, inboxes, messages

if TYPE_CHECKING:
    from conftest import Desk

CODE = Codes(code="123456", code_confidence=0.9)
LINK = Codes(link="https://app.example/in", link_confidence=0.9)


def subjects(desk: Desk, inbox: int, **filters: Any) -> list[str]:
    filters.setdefault("newest_first", True)
    return [message.subject for message in handouts.matching(desk.db, inbox, **filters)]


def hand_out(desk: Desk, message: StoredMessage, *, tool: str = "wait_for_otp", call: str = "a") -> None:
    handouts.hand_out(desk.db, message.id, tool=tool, call=call, now=desk.later())


def repeated(desk: Desk, inbox: int, *, tool: str = "wait_for_otp", call: str = "a", seconds: int = 120) -> str | None:
    since = desk.now - timedelta(seconds=seconds)
    found = handouts.handed_out(desk.db, tool=tool, call=call, since=since, inbox=inbox)
    return found.subject if found else None


def test_a_wait_sees_what_came_in_and_not_what_went_out_or_is_not_judged(desk: Desk) -> None:
    ann, bea = desk.inbox("ann"), desk.inbox("bea")
    desk.receive(ann.address, subject="one")
    desk.receive(bea.address, subject="other inbox")
    desk.sent(ann, "bob@app.example", subject="sent")
    desk.receive(ann.address, subject="two")
    desk.accept(desk.letter(ann.address), ann.address)
    assert subjects(desk, ann.row) == ["two", "one"]
    assert subjects(desk, ann.row, newest_first=False) == ["one", "two"]
    assert subjects(desk, ann.row, limit=1) == ["two"]


def test_a_wait_goes_on_from_a_place_or_a_time(desk: Desk) -> None:
    ann = desk.inbox()
    one, two, three = (desk.receive(ann.address, subject=name) for name in ("one", "two", "three"))
    assert subjects(desk, ann.row, after=one.position) == ["three", "two"]
    assert subjects(desk, ann.row, after=three.position) == []
    assert subjects(desk, ann.row, after_time=two.received_at) == ["three"]
    assert subjects(desk, ann.row, after_time=two.received_at - timedelta(milliseconds=1)) == ["three", "two"]


def test_a_wait_for_a_code_sees_mails_with_a_code_or_a_link(desk: Desk) -> None:
    ann = desk.inbox()
    desk.receive(ann.address, subject="words")
    desk.receive(ann.address, subject="code", codes=CODE)
    desk.receive(ann.address, subject="link", codes=LINK)
    assert subjects(desk, ann.row, with_code=True) == ["link", "code"]


def test_the_sender_is_matched_on_the_header_from(desk: Desk) -> None:
    ann = desk.inbox()
    desk.receive(ann.address, subject="yes", from_="Eve <bob@mail.other.example>")  # the envelope says app.example
    assert subjects(desk, ann.row, from_="other.example") == ["yes"]
    assert subjects(desk, ann.row, from_="app.example") == []


@pytest.mark.parametrize(
    ("subject", "wanted", "found"),
    [
        ("Your Code is here", "code", True),
        ("Your Code is here", "YOUR CODE", True),
        ("Straße", "STRASSE", True),
        ("Größe", "grosse", True),
        ("确认您的邮箱", "您的", True),
        ("100% sure", "%", True),
        ("100% sure", "1_0", False),
        ("Your Code", "codes", False),
        ("", "x", False),
        ("x", "", True),
    ],
)
def test_a_subject_is_matched_by_a_part_of_it_in_any_case(desk: Desk, subject: str, wanted: str, found: bool) -> None:
    ann = desk.inbox()
    desk.receive(ann.address, subject=subject)
    assert subjects(desk, ann.row, subject=wanted) == ([subject] if found else [])
    assert subjects(desk, ann.row, subject=wanted) == ([subject] if found else [])


def test_what_was_handed_out_is_given_to_no_other_wait_of_the_same_tool(desk: Desk) -> None:
    ann = desk.inbox()
    message = desk.receive(ann.address, codes=CODE)
    hand_out(desk, message, tool="wait_for_otp")
    assert subjects(desk, ann.row, not_handed_out_by="wait_for_otp") == []
    assert subjects(desk, ann.row, not_handed_out_by="wait_for_mail") == ["Hello"]
    assert subjects(desk, ann.row) == ["Hello"]


def test_handing_out_goes_by_message_and_not_by_the_codes_digits(desk: Desk) -> None:
    ann = desk.inbox()
    first = desk.receive(ann.address, subject="first", codes=CODE)
    desk.receive(ann.address, subject="second", codes=CODE)
    hand_out(desk, first)
    assert subjects(desk, ann.row, not_handed_out_by="wait_for_otp") == ["second"]


def test_an_identical_call_is_told_what_it_was_given_last_for_a_while(desk: Desk) -> None:
    ann = desk.inbox()
    one, two = desk.receive(ann.address, subject="one"), desk.receive(ann.address, subject="two")
    assert repeated(desk, ann.row) is None
    hand_out(desk, one)
    hand_out(desk, two)
    assert repeated(desk, ann.row) == "two"
    assert repeated(desk, ann.row, call="another") is None
    assert repeated(desk, ann.row, tool="wait_for_mail") is None
    desk.later(seconds=120)
    assert repeated(desk, ann.row) == "two"
    desk.later(seconds=1)
    assert repeated(desk, ann.row) is None


def test_a_message_that_two_calls_shared_is_repeated_to_both(desk: Desk) -> None:
    ann = desk.inbox()
    message = desk.receive(ann.address)
    hand_out(desk, message, call="a")
    hand_out(desk, message, call="b")
    assert repeated(desk, ann.row, call="a") == repeated(desk, ann.row, call="b") == "Hello"


def test_a_call_is_told_nothing_from_another_inbox(desk: Desk) -> None:
    ann, bea = desk.inbox("ann"), desk.inbox("bea")
    hand_out(desk, desk.receive(ann.address))
    assert repeated(desk, bea.row) is None


def test_handing_out_what_was_deleted_meanwhile_does_nothing(desk: Desk) -> None:
    ann = desk.inbox()
    message = desk.receive(ann.address)
    inboxes.delete(desk.db, ann.address)
    hand_out(desk, message)
    assert desk.db.execute("SELECT count(*) FROM handouts").fetchone()[0] == 0


def test_looking_and_handing_out_mark_nothing_as_read(desk: Desk) -> None:
    ann = desk.inbox()
    message = desk.receive(ann.address)
    hand_out(desk, message)
    assert messages.get(desk.db, message.id).read is False


def test_a_flood_of_codes_drives_out_none_that_a_caller_was_given(desk: Desk) -> None:
    ann = desk.inbox()
    given = desk.receive(ann.address, codes=CODE)
    hand_out(desk, given)
    for number in range(5):
        desk.receive(ann.address, codes=Codes(code=f"77{number}88{number}", code_confidence=0.9))
    found = fresh_codes.standing(desk.db, desk.now, limit=3)
    assert (len(found), found[0].code) == (3, "123456")


def test_mail_that_is_not_judged_yet_is_told_up_to_a_row(desk: Desk) -> None:
    ann, bob = desk.inbox("ann"), desk.inbox("bob")
    raws = [desk.letter(ann.address) for _ in range(3)]
    rows = [desk.accept(raw, ann.address)[0] for raw in raws]
    assert handouts.unjudged(desk.db, ann.row) == rows[2]
    assert handouts.unjudged(desk.db, ann.row, up_to=rows[1]) == rows[1]
    assert handouts.unjudged(desk.db, bob.row) == 0
    for row, raw in zip(rows[:2], raws[:2], strict=True):
        desk.judge(row, raw)
    assert handouts.unjudged(desk.db, ann.row, up_to=rows[1]) == 0
    assert handouts.unjudged(desk.db, ann.row) == rows[2]
