"""Checks of senders are appended, the newest counts, and what is due again is found."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from findings import checked

from mailmcp.models import Verdict
from mailmcp.store import checks, contacts, messages, threads

if TYPE_CHECKING:
    from conftest import Desk


def test_the_newest_check_counts_and_the_older_ones_stay(desk: Desk) -> None:
    message = desk.receive(desk.inbox().address)
    checks.append(desk.db, message.row, checked(Verdict.UNVERIFIED, again_at=desk.later()), desk.now)
    checks.append(desk.db, message.row, checked(Verdict.VERIFIED, domain="app.example"), desk.later())
    now = messages.get(desk.db, message.id)
    assert (now.trust.verdict, now.trust.verified_domain) == (Verdict.VERIFIED, "app.example")
    assert now.authentication == ("SPF none: because.",)
    rows = desk.db.execute("SELECT verdict FROM checks ORDER BY id").fetchall()
    assert [row["verdict"] for row in rows] == ["unverified", "verified"]
    (summary,), _ = threads.find(desk.db, threads.Filter(), limit=10, before=None)
    assert summary.trust is Verdict.VERIFIED


def test_a_check_of_a_message_that_was_deleted_is_passed_over(desk: Desk) -> None:
    checks.append(desk.db, 999, checked(Verdict.FAILED), desk.now)
    assert desk.db.execute("SELECT count(*) FROM checks").fetchone()[0] == 0


def test_what_is_due_is_found_the_longest_overdue_first_and_can_be_postponed(desk: Desk) -> None:
    inbox = desk.inbox()
    first, second, settled = (desk.receive(inbox.address) for _ in range(3))
    checks.append(desk.db, first.row, checked(Verdict.UNVERIFIED, again_at=desk.now + timedelta(hours=2)), desk.now)
    checks.append(desk.db, second.row, checked(Verdict.UNVERIFIED, again_at=desk.now + timedelta(hours=1)), desk.now)
    checks.append(desk.db, settled.row, checked(Verdict.UNVERIFIED), desk.now)
    soon, late = desk.now + timedelta(minutes=90), desk.now + timedelta(hours=3)
    assert checks.due(desk.db, desk.now) == []
    assert [one.row for one in checks.due(desk.db, soon)] == [second.row]
    due = checks.due(desk.db, late)
    assert [one.row for one in due] == [second.row, first.row]
    assert (due[0].tries, due[0].envelope.recipients) == (1, (inbox.address,))
    checks.postpone(desk.db, [second.row, settled.row], desk.now + timedelta(days=1))
    assert [one.row for one in checks.due(desk.db, late)] == [first.row]
    assert len(checks.due(desk.db, desk.now + timedelta(days=2))) == 2


def test_a_message_itself_makes_its_sender_no_old_acquaintance(desk: Desk) -> None:
    ann = desk.inbox()
    first = desk.receive(ann.address, from_="Bank <news@bank.example>")
    checks.append(desk.db, first.row, checked(Verdict.VERIFIED, domain="bank.example"), desk.now)
    assert contacts.acquaintances(desk.db, first.row, "news@bank.example") == (False, [])
    second = desk.receive(ann.address, from_="Bank <news@bank.example>")
    met, friends = contacts.acquaintances(desk.db, second.row, "news@bank.example")
    assert (met, [one.email for one in friends]) == (True, ["news@bank.example"])


def test_whom_an_inbox_knows_are_those_it_wrote_to_and_those_who_were_verified(desk: Desk) -> None:
    ann = desk.inbox()
    desk.receive(ann.address, from_="Stranger <s@other.example>")
    verified = desk.receive(ann.address, from_="Bank <news@bank.example>")
    desk.sent(ann, "Cyd <cyd@app.example>")
    checks.append(desk.db, verified.row, checked(Verdict.VERIFIED, domain="bank.example"), desk.now)
    met, friends = contacts.acquaintances(desk.db, verified.row, "s@other.example")
    assert met
    assert {friend.email for friend in friends} == {"news@bank.example", "cyd@app.example"}
    assert contacts.acquaintances(desk.db, verified.row, "new@app.example")[0] is False
