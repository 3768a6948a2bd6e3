"""The lists that find_mail shows: newest first, page by page, filtered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mailmcp.errors import NotFound
from mailmcp.models import Address, ThreadSummary, Verdict
from mailmcp.store import handouts, inboxes, marks, threads
from mailmcp.store.threads import Filter, reversed_labels

if TYPE_CHECKING:
    from conftest import Desk


def page(desk: Desk, limit: int = 100, cursor: str | None = None) -> tuple[list[ThreadSummary], str | None]:
    before = inboxes.position_of(desk.db, cursor) if cursor else None
    return threads.find(desk.db, Filter(), limit=limit, before=before)


def test_an_unknown_thread_is_refused_with_the_way_on(desk: Desk) -> None:
    with pytest.raises(NotFound, match="no thread t_nothing: find_mail lists the threads there are"):
        threads.get(desk.db, "t_nothing")


def test_a_line_says_everything_of_its_thread(desk: Desk) -> None:
    ann = desk.inbox()
    first = desk.receive(ann.address, subject="Re: Plans", from_='"Bøb" <Bob@App.example>')
    desk.receive(ann.address, from_="cyd@app.example", answers=first.message_id or "")
    last = desk.receive(ann.address, from_="BOB@app.example", answers=first.message_id or "", text="newest\nwords")
    (line,), after = page(desk)
    assert after is None
    assert (line.id, line.inbox, line.subject) == (first.thread, ann.address, "Re: Plans")
    assert line.who == (Address("", "bob@app.example"), Address("", "cyd@app.example")) or line.who[0].name
    assert [person.email.lower() for person in line.who] == ["bob@app.example", "cyd@app.example"]
    assert (line.count, line.unread, line.first_line) == (3, 3, "newest")
    assert (line.last_at, line.trust, line.cursor) == (last.received_at, Verdict.UNVERIFIED, last.cursor)


def test_at_most_eight_people_are_named(desk: Desk) -> None:
    ann = desk.inbox()
    first = desk.receive(ann.address, from_="p0@app.example")
    for number in range(1, 12):
        desk.receive(ann.address, from_=f"p{number}@app.example", answers=first.message_id or "")
    (line,), _ = page(desk)
    assert [person.email for person in line.who] == [f"p{number}@app.example" for number in range(8)]


def test_a_thread_of_our_own_mails_alone_is_local(desk: Desk) -> None:
    desk.sent(desk.inbox(), "bob@app.example")
    (line,), _ = page(desk)
    assert (line.trust, line.unread) == (Verdict.LOCAL, 0)


def test_the_newest_message_decides_the_order(desk: Desk) -> None:
    ann = desk.inbox()
    one = desk.receive(ann.address, subject="One")
    desk.receive(ann.address, subject="Two")
    assert desk.found() == ["Two", "One"]
    desk.receive(ann.address, answers=one.message_id or "", subject="Re: One")
    assert desk.found() == ["One", "Two"]


def test_pages_follow_each_other_without_a_gap_while_mail_comes_in(desk: Desk) -> None:
    ann = desk.inbox()
    firsts = [desk.receive(ann.address, subject=f"{number}") for number in range(7)]
    seen: list[str] = []
    lines, cursor = page(desk, 3)
    seen += [line.subject for line in lines]
    desk.receive(ann.address, subject="new")
    desk.receive(ann.address, answers=firsts[6].message_id or "")  # moves a thread that was shown to the top
    while cursor:
        lines, cursor = page(desk, 3, cursor)
        seen += [line.subject for line in lines]
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]


def test_a_page_that_is_exactly_full_is_the_last(desk: Desk) -> None:
    ann = desk.inbox()
    for number in range(3):
        desk.receive(ann.address, subject=str(number))
    lines, cursor = page(desk, 3)
    assert (len(lines), cursor) == (3, None)


def test_lists_are_filtered_by_inbox_unread_and_label(desk: Desk) -> None:
    ann, bea = desk.inbox("ann"), desk.inbox("bea")
    desk.receive(ann.address, subject="A")
    read = desk.receive(ann.address, subject="B")
    labelled = desk.receive(bea.address, subject="C")
    marks.mark(desk.db, [read.row], read=True, add=[], remove=[])
    marks.mark(desk.db, [labelled.row], read=None, add=["urgent"], remove=[])
    assert desk.found(inboxes=(ann.row,)) == ["B", "A"]
    assert desk.found(inboxes=(ann.row, bea.row)) == ["C", "B", "A"]
    assert desk.found(inboxes=()) == []
    assert desk.found(unread=True) == ["C", "A"]
    assert desk.found(unread=False) == ["B"]
    assert desk.found(label="urgent") == ["C"]
    assert desk.found(label="urgent' OR 1=1 --") == []
    assert desk.found(label="urgent", inboxes=(ann.row,)) == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("bob@mail.app.example", True),
        ("BOB@Mail.App.Example", True),
        ("app.example", True),
        ("@app.example", True),
        ("App.EXAMPLE", True),
        (" mail.app.example ", True),
        ("example", True),
        ("alice@mail.app.example", False),
        ("bob@app.example", False),
        ("pp.example", False),
        ("mail.app", False),
        ("app.example.evil.test", False),
        ("x.mail.app.example", False),
        ("app.exampl", False),
        ("%", False),
        ("", False),
        (".", False),
        ("@", False),
    ],
)
def test_a_sender_is_an_exact_address_or_a_domain_with_its_sub_domains(desk: Desk, wanted: str, found: bool) -> None:
    ann = desk.inbox()
    desk.receive(ann.address, from_="Bob <Bob@mail.app.example>")
    assert desk.found(from_=wanted) == (["Hello"] if found else [])


@pytest.mark.parametrize("written", ["bücher.example", "xn--bcher-kva.example"])
@pytest.mark.parametrize(
    "wanted", ["bücher.example", "XN--bcher-kva.example", "bob@BÜCHER.example", "bob@xn--bcher-kva.example"]
)
def test_a_sender_at_an_international_domain_is_found_however_it_is_spelled(
    desk: Desk, written: str, wanted: str
) -> None:
    ann = desk.inbox()
    desk.receive(ann.address, from_=f"Bob <bob@{written}>")
    desk.receive(ann.address, from_="bob@bucher.example", subject="Other")
    assert desk.found(from_=wanted) == ["Hello"]
    assert [one.subject for one in handouts.matching(desk.db, ann.row, from_=wanted, newest_first=True)] == ["Hello"]


@pytest.mark.parametrize(
    "other", ["app-x.example", "xapp.example", "app.example0", "app.example-x", "app.examplE.test"]
)
def test_a_domain_that_only_looks_like_a_sub_domain_is_none(desk: Desk, other: str) -> None:
    ann = desk.inbox()
    desk.receive(ann.address, from_=f"bob@{other}")
    assert desk.found(from_="app.example") == []


def test_a_mail_without_one_author_is_from_nobody(desk: Desk) -> None:
    desk.receive(desk.inbox().address, from_="bob@app.example, eve@evil.example")
    for wanted in ("app.example", "evil.example", "bob@app.example", ""):
        assert desk.found(from_=wanted) == []


def test_labels_are_reversed_so_that_sub_domains_are_a_range() -> None:
    assert reversed_labels("mail.App.example.") == "example.app.mail."
    assert reversed_labels("b.test") < reversed_labels("a.b.test") < reversed_labels("b.test")[:-1] + "/"


def test_a_common_word_is_found_in_a_quiet_inbox_however_much_newer_mail_of_others_has_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "SEARCH_WINDOW", 5)
    quiet, loud = desk.inbox("quiet"), desk.inbox("loud")
    mine = desk.receive(quiet.address, text="the invoice", message_id="<quiet@app.example>")
    for number in range(8):
        desk.receive(loud.address, text="the invoice", message_id=f"<loud{number}@app.example>")
    assert [
        one.id for one in threads.find(desk.db, Filter(inboxes=(quiet.row,), query="invoice"), limit=9, before=None)[0]
    ] == [mine.thread]
