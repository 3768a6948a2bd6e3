"""What is to be done in accounts elsewhere: kept until it is done, and given up when its mail is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.store.test_accounts import ADDRESS, Mailbox

from mailmcp.store import accounts, errands, inboxes, marks

if TYPE_CHECKING:
    from conftest import Desk


@pytest.fixture
def mailbox(desk: Desk) -> Mailbox:
    return Mailbox(desk)


def test_marks_become_an_errand_at_the_place_where_the_mail_lies(desk: Desk, mailbox: Mailbox) -> None:
    message = mailbox.receive(5)
    marks.mark(
        desk.db, [message.row], read=True, add=["work", "größer", "a(b"], remove=["flagged"], elsewhere_at=desk.now
    )
    assert errands.any_due(desk.db, ADDRESS, desk.now)
    (errand,) = errands.due(desk.db, ADDRESS, desk.now)
    assert (errand.kind, errand.folder, errand.uidvalidity, errand.uid) == ("marks", "INBOX", 1, 5)
    assert (errand.add, errand.remove) == (("\\seen", "work"), ("\\flagged",))
    errands.done(desk.db, errand, ("\\seen", "work"))
    assert not errands.any_due(desk.db, ADDRESS, desk.later())
    # Our own change comes back as news and is none.
    assert not accounts.flagged(desk.db, mailbox.inbox.row, {5: ("\\seen", "work")})


def test_marks_stay_here_when_nothing_is_said_about_elsewhere(desk: Desk, mailbox: Mailbox) -> None:
    message = mailbox.receive(5)
    marks.mark(desk.db, [message.row], read=True, add=[], remove=[])
    assert not errands.any_due(desk.db, ADDRESS, desk.later())


def test_marks_on_mail_of_no_account_are_no_errand(desk: Desk) -> None:
    message = desk.receive(desk.inbox().address)
    marks.mark(desk.db, [message.row], read=True, add=[], remove=[], elsewhere_at=desk.now)
    assert desk.db.execute("SELECT count(*) FROM errands").fetchone()[0] == 0


def test_an_errand_that_is_put_off_waits_and_counts_its_tries(desk: Desk, mailbox: Mailbox) -> None:
    message = mailbox.receive(5)
    marks.mark(desk.db, [message.row], read=True, add=[], remove=[], elsewhere_at=desk.now)
    (errand,) = errands.due(desk.db, ADDRESS, desk.now)
    errands.put_off(desk.db, errand, desk.now + timedelta(minutes=5))
    assert errands.due(desk.db, ADDRESS, desk.now) == []
    assert [one.tries for one in errands.due(desk.db, ADDRESS, desk.now + timedelta(minutes=5))] == [1]


def test_an_errand_of_a_mail_that_is_gone_is_given_up(desk: Desk, mailbox: Mailbox) -> None:
    message = mailbox.receive(5)
    marks.mark(desk.db, [message.row], read=True, add=[], remove=[], elsewhere_at=desk.now)
    accounts.vanished(desk.db, mailbox.inbox.row, [5], desk.now)
    assert errands.due(desk.db, ADDRESS, desk.now) == []
    assert not errands.any_due(desk.db, ADDRESS, desk.now)


def test_a_copy_of_what_was_sent_is_filed_with_its_bytes_and_given_up_with_its_inbox(
    desk: Desk, mailbox: Mailbox
) -> None:
    sent = desk.sent(inboxes.get(desk.db, ADDRESS), "bob@app.example", subject="Hello out there")
    errands.file_copy(desk.db, ADDRESS, sent.row, desk.now)
    assert errands.due(desk.db, ADDRESS, desk.now) == []  # the provider may do it by itself
    (errand,) = errands.due(desk.db, ADDRESS, desk.later())
    assert errand.kind == "copy"
    assert b"Hello out there" in errand.octets
    inboxes.delete(desk.db, ADDRESS)
    assert errands.due(desk.db, ADDRESS, desk.now) == []
