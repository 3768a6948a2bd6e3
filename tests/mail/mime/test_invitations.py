"""Calendar entries as lines of text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailmcp.mail.mime import invitations
from mailmcp.mail.parse import parse


def calendar(*lines: str, method: str = "REQUEST", kind: str = "VEVENT") -> str:
    head = ["BEGIN:VCALENDAR", *([f"METHOD:{method}"] if method else []), f"BEGIN:{kind}"]
    return "\r\n".join([*head, *lines, f"END:{kind}", "END:VCALENDAR", ""])


@pytest.mark.parametrize(
    ("start", "end", "when"),
    [
        ("DTSTART:20261120T140000Z", "DTEND:20261120T150000Z", "Fri 20 Nov 2026, 14:00 to 15:00 (UTC)"),
        (
            "DTSTART;TZID=Europe/Berlin:20261120T140000",
            "DTEND;TZID=Europe/Berlin:20261121T000000",
            "Fri 20 Nov 2026, 14:00 to Sat 21 Nov 2026, 00:00 (Europe/Berlin)",
        ),
        (
            'DTSTART;TZID="W. Europe Standard Time":20261120T140000',
            "DTEND:20261120T150000Z",
            "Fri 20 Nov 2026, 14:00 to 15:00 (UTC) (W. Europe Standard Time)",
        ),
        ("DTSTART:20261120T140000", "DURATION:PT1H30M", "Fri 20 Nov 2026, 14:00 to 15:30 (no zone given)"),
        ("DTSTART;VALUE=DATE:20261120", "DTEND;VALUE=DATE:20261121", "Fri 20 Nov 2026, all day"),
        ("DTSTART;VALUE=DATE:20261120", "DTEND;VALUE=DATE:20261123", "Fri 20 Nov 2026 to Sun 22 Nov 2026, all day"),
        ("DTSTART;VALUE=DATE:20261120", "DTEND:20261120T150000Z", "Fri 20 Nov 2026, all day"),
        ("DTSTART:20261120T140000Z", "X-NONE:1", "Fri 20 Nov 2026, 14:00 (UTC)"),
        ("DTSTART:20261399T140000Z", "X-NONE:1", None),
        ("DTSTART:99991231T235959Z", "DURATION:P9999W", "Fri 31 Dec 9999, 23:59 (UTC)"),
    ],
)
def test_when_is_said_with_its_zone(start: str, end: str, when: str | None) -> None:
    lines = invitations.card(calendar("SUMMARY:Tea", start, end)).split("\n")
    assert lines == ["Invitation: Tea", *([f"When: {when}"] if when else [])]


@pytest.mark.parametrize(
    ("method", "title"),
    [
        ("REQUEST", "Invitation: Tea"),
        ("CANCEL", "Cancelled: Tea"),
        ("REPLY", "Answer: Tea"),
        ("COUNTER", "Other time proposed: Tea"),
        ("PUBLISH", "Event: Tea"),
        ("", "Event: Tea"),
    ],
)
def test_what_the_calendar_wants_is_said_first(method: str, title: str) -> None:
    assert invitations.card(calendar("SUMMARY:Tea", method=method)) == title
    assert invitations.is_message(calendar("SUMMARY:Tea", method=method)) == (method not in ("PUBLISH", ""))


def test_people_places_and_words_are_unescaped_and_bounded() -> None:
    people = [f"ATTENDEE;CN=P{number}:mailto:p{number}@g.test" for number in range(30)]
    card = invitations.card(
        calendar(
            "SUMMARY:Tea\\, cake\\; and",
            "  more",
            "LOCATION:Room\\n5",
            "RRULE:FREQ=WEEKLY;BYDAY=MO",
            'ORGANIZER;CN="Ida; of Tea":MAILTO:ida@g.test',
            *people,
            "DESCRIPTION:One\\nTwo " + "x" * 20_000,
            "BEGIN:VALARM",
            "SUMMARY:not this",
            "END:VALARM",
        )
    )
    lines = card.split("\n")
    assert lines[:4] == [
        "Invitation: Tea, cake; and more",
        "Repeats: every week on Mon",
        "Where: Room, 5",
        "Organizer: Ida; of Tea <ida@g.test>",
    ]
    assert lines[4].startswith("Attendees: P0 <p0@g.test>, P1")
    assert lines[4].endswith("P19 <p19@g.test> and 10 more")
    assert lines[6] == "One"
    assert len(card) < 12_000
    assert "not this" not in card


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("FREQ=WEEKLY;BYDAY=FR;UNTIL=20270101T000000Z", "every week on Fri, until Fri 1 Jan 2027"),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=MO;BYDAY=MO,WE;COUNT=10", "every 2 weeks on Mon, Wed, 10 times"),
        ("FREQ=MONTHLY;BYDAY=2TU", "every month on second Tue"),
        ("FREQ=MONTHLY;BYDAY=-1SU", "every month on last Sun"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", "every month on day 1, 15"),
        ("FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=20", "every year on day 20 in Nov"),
        ("FREQ=DAILY", "every day"),
        ("FREQ=MONTHLY;BYSETPOS=-1;BYDAY=MO", "every month on Mon, bysetpos -1"),
        ("freq=weekly;byday=+1mo,,x", "every week on first Mon, X"),
        ("nonsense", "again"),
    ],
)
def test_how_an_entry_comes_again_is_said_in_words(rule: str, said: str) -> None:
    assert invitations.card(calendar("SUMMARY:Tea", f"RRULE:{rule}")) == f"Invitation: Tea\nRepeats: {said}"


def test_days_that_are_added_to_a_series_or_taken_out_of_it_are_said() -> None:
    card = invitations.card(
        calendar(
            "SUMMARY:Tea",
            "RDATE;VALUE=PERIOD:20261219T100000Z/20261219T110000Z",
            "EXDATE;TZID=Europe/Berlin:20261211T140000,20261225T140000",
            "EXDATE;VALUE=DATE:20270101",
            "RECURRENCE-ID:20261204T140000Z",
        )
    )
    assert card.split("\n")[1:] == [
        "Also on: Sat 19 Dec 2026",
        "Not on: Fri 11 Dec 2026, Fri 25 Dec 2026, Fri 1 Jan 2027",
        "Instead of the one on: Fri 4 Dec 2026",
    ]
    many = invitations.card(calendar("SUMMARY:Tea", "EXDATE:" + ",".join(["20261211"] * 30)))
    assert many.endswith("Fri 11 Dec 2026, 18 more")


def test_a_task_has_its_due_date_and_several_entries_follow_each_other() -> None:
    task = calendar("SUMMARY:Pay", "DUE;VALUE=DATE:20261120", method="", kind="VTODO")
    assert invitations.card(task) == "Task: Pay\nWhen: Fri 20 Nov 2026, all day"
    two = calendar("SUMMARY:One", "END:VEVENT", "BEGIN:VEVENT", "SUMMARY:Two")
    assert invitations.card(two) == "Invitation: One\n\nInvitation: Two"
    assert invitations.card("BEGIN:VCALENDAR\nEND:VCALENDAR") == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("See you at 14:00", True),
        ("See you at 2 PM", True),
        ("See you at 2pm", True),
        ("bis 14 Uhr", True),
        ("à 14h00", True),
        ("14時に", True),
        ("See you then", False),
        ("at 4:00", False),
    ],
)
def test_whether_a_text_says_when_is_found_in_the_usual_spellings(words: str, said: bool) -> None:
    assert invitations.says_when(calendar("DTSTART:20261120T140000Z"), words) is said


def test_an_invitation_whose_text_says_when_is_left_as_it_is() -> None:
    raw = (
        "From: a@g.test\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\nTea at 14:00?\n--b\n"
        "Content-Type: text/calendar; method=REQUEST\n\n"
        + calendar("SUMMARY:Tea", "DTSTART:20261120T140000Z")
        + "\n--b--\n"
    )
    assert parse(raw.encode()).text == "Tea at 14:00?"
    assert parse(raw.replace("at 14:00", "then").encode()).text == (
        "Invitation: Tea\nWhen: Fri 20 Nov 2026, 14:00 (UTC)\n\nTea then?"
    )


def test_a_calendar_file_beside_words_is_only_attached() -> None:
    raw = (
        "From: a@g.test\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nThe dates.\n--b\n"
        "Content-Type: text/calendar; name=a.ics\n\n"
        + calendar("SUMMARY:Tea", "DTSTART:20261120T140000Z", method="")
        + "\n--b--\n"
    )
    message = parse(raw.encode())
    assert message.text == "The dates."
    assert message.defects == ()


def test_a_calendar_that_was_folded_inside_a_character_is_whole() -> None:
    octets = calendar("SUMMARY:Grüße").encode().replace(b"\xc3\xbc", b"\xc3\r\n \xbc")
    message = parse(b"From: a@g.test\nContent-Type: text/calendar; charset=utf-8\n\n" + octets)
    assert message.text == "Invitation: Grüße"


@given(st.text(max_size=400))
def test_no_calendar_makes_the_card_raise(text: str) -> None:
    invitations.card(text)
    hostile = calendar(
        *text.split("\n"), f"DTSTART:{text}", f"DTEND:{text}", f"DURATION:{text}", f"ATTENDEE;CN={text}:x"
    )
    invitations.card(hostile)
    invitations.says_when(hostile, text)


def test_huge_calendars_are_read_up_to_their_budget() -> None:
    for line in (
        "BEGIN:VEVENT",
        "BEGIN:X",
        "ATTENDEE" + ";A=B" * 10_000 + ":x",
        "SUMMARY:" + "\\n" * 100_000,
        ' "' * 50_000,
    ):
        assert len(invitations.card(calendar(*[line] * 200))) < 60_000
