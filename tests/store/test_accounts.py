"""Accounts elsewhere: one message for a mail wherever it lies, what others change, and what is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from mailmcp.errors import NotFound
from mailmcp.models import Folder, Place, Returned, ReturnKind, StoredMessage
from mailmcp.store import accounts, inboxes, messages, removal, returns, threads

if TYPE_CHECKING:
    from conftest import Desk

ADDRESS = "me@home.example"


class Mailbox:
    """An account as it is read: mails are found in a folder and judged."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        accounts.begin(desk.db, ADDRESS, desk.now)
        self.inbox = self.folder("INBOX")

    def folder(self, name: str, uidvalidity: int = 1) -> Folder:
        return accounts.begin_folder(
            self.desk.db,
            ADDRESS,
            name,
            uidvalidity=uidvalidity,
            next_uid=1,
            fresh_from=self.desk.now,
            now=self.desk.now,
        )

    def take(
        self, uid: int, raw: bytes, *, folder: Folder | None = None, flags: tuple[str, ...] = (), history: bool = False
    ) -> list[int]:
        return accounts.take(
            self.desk.db,
            folder or self.inbox,
            Place(uid=uid, flags=flags),
            self.desk.arrival(raw, ADDRESS),
            fingerprint=f"bytes {hash(raw)}",
            sha256="0" * 64,
            history=history,
        )

    def receive(self, uid: int, *, flags: tuple[str, ...] = (), history: bool = False, **how: str) -> StoredMessage:
        raw = self.desk.letter(ADDRESS, **how)
        return self.desk.judge(self.take(uid, raw, flags=flags, history=history)[0], raw)

    def now(self, message: StoredMessage) -> StoredMessage:
        return messages.get(self.desk.db, message.id)


@pytest.fixture
def mailbox(desk: Desk) -> Mailbox:
    return Mailbox(desk)


def test_an_account_gets_an_inbox_once_and_not_again_after_it_was_deleted(desk: Desk) -> None:
    accounts.begin(desk.db, ADDRESS, desk.now)
    inbox = inboxes.get(desk.db, ADDRESS)
    assert (inbox.backend, inbox.account) == ("imap", ADDRESS)
    inboxes.delete(desk.db, ADDRESS)
    accounts.begin(desk.db, ADDRESS, desk.now)
    with pytest.raises(NotFound):
        inboxes.get(desk.db, ADDRESS)


def test_a_folder_remembers_how_far_it_was_read(desk: Desk, mailbox: Mailbox) -> None:
    accounts.advance(desk.db, mailbox.inbox.row, next_uid=8, modseq=5)
    accounts.advance(desk.db, mailbox.inbox.row, oldest_uid=3)
    found = accounts.folder(desk.db, ADDRESS, "INBOX")
    assert found is not None
    assert (found.next_uid, found.oldest_uid, found.modseq) == (8, 3, 5)
    assert accounts.folder(desk.db, ADDRESS, "Other") is None


def test_the_same_place_and_the_same_bytes_elsewhere_are_one_message(desk: Desk, mailbox: Mailbox) -> None:
    raw = desk.letter(ADDRESS)
    assert len(mailbox.take(1, raw)) == 1
    assert mailbox.take(1, raw) == []
    assert mailbox.take(4, raw, folder=mailbox.folder("Archive")) == []
    assert desk.db.execute("SELECT count(*) FROM messages").fetchone()[0] == 1
    assert accounts.count(desk.db, ADDRESS) == 2  # of places


def test_history_stands_before_everything_in_the_order_of_its_time(desk: Desk, mailbox: Mailbox) -> None:
    new = mailbox.receive(9, subject="new")
    later = mailbox.receive(2, subject="later history", history=True)
    desk.now -= timedelta(days=1)
    earlier = mailbox.receive(1, subject="earlier history", history=True)
    assert earlier.position < later.position < 0 < new.position
    assert desk.found() == ["new", "later history", "earlier history"]


def test_a_search_that_finds_more_than_it_looks_at_finds_the_newest_of_history(
    desk: Desk, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "SEARCH_WINDOW", 2)
    for number in range(4):  # as they are fetched: the newest first
        mailbox.receive(9 - number, subject=f"word {number}", history=True)
        desk.now -= timedelta(days=1)
    assert desk.found("word") == ["word 0", "word 1"]


def test_two_mails_of_history_at_the_same_moment_both_have_a_place(desk: Desk, mailbox: Mailbox) -> None:
    first = mailbox.receive(1, history=True)
    desk.now = first.received_at - timedelta(minutes=1)
    second = mailbox.receive(2, history=True)
    assert {first.position, second.position} == {first.position, first.position + 1}


def test_flags_are_read_marks_and_labels_and_follow_what_others_change(desk: Desk, mailbox: Mailbox) -> None:
    message = mailbox.receive(1, flags=("\\seen", "work", "$Junk", "NonJunk"))
    assert (message.read, message.labels) == (True, ("work",))
    assert accounts.flagged(desk.db, mailbox.inbox.row, {1: ("\\flagged", "work")})
    assert (mailbox.now(message).read, mailbox.now(message).labels) == (False, ("flagged", "work"))
    assert not accounts.flagged(desk.db, mailbox.inbox.row, {1: ("work", "\\flagged"), 77: ("\\seen",)})


def test_a_mail_that_vanished_is_removed_after_a_while_unless_it_lies_elsewhere(desk: Desk, mailbox: Mailbox) -> None:
    first, second = mailbox.receive(1, subject="goes"), mailbox.receive(2, subject="moves", text="words of it")
    raw = messages.raw(desk.db, second.row)
    accounts.vanished(desk.db, mailbox.inbox.row, [1, 2], desk.now)
    assert accounts.sweep(desk.db, ADDRESS, desk.now) == 0
    mailbox.take(1, raw, folder=mailbox.folder("Archive"))
    assert accounts.sweep(desk.db, ADDRESS, desk.later()) == 1
    assert desk.found() == ["moves"]
    assert mailbox.now(second).position == second.position
    with pytest.raises(NotFound):
        mailbox.now(first)


def test_a_removed_mail_that_turns_up_again_is_history(desk: Desk, mailbox: Mailbox) -> None:
    message = mailbox.receive(1)
    raw = messages.raw(desk.db, message.row)
    accounts.vanished(desk.db, mailbox.inbox.row, [1], desk.now)
    accounts.sweep(desk.db, ADDRESS, desk.later())
    (row,) = mailbox.take(2, raw)
    assert desk.judge(row, raw).position < 0


def test_other_uids_forget_the_places_and_not_the_mails(desk: Desk, mailbox: Mailbox) -> None:
    message, other = mailbox.receive(7), mailbox.receive(8, subject="deleted meanwhile")
    again = mailbox.folder("INBOX", uidvalidity=2)
    assert accounts.count(desk.db, ADDRESS) == 0
    assert (again.row, again.uidvalidity, again.modseq) == (mailbox.inbox.row, 2, 0)
    assert again.fresh_from == mailbox.inbox.fresh_from
    assert accounts.places(desk.db, again.row) == {}
    assert mailbox.take(1, messages.raw(desk.db, message.row)) == []
    assert accounts.sweep(desk.db, ADDRESS, desk.later()) == 1
    assert mailbox.now(message).id == message.id
    with pytest.raises(NotFound):
        mailbox.now(other)


def test_what_is_not_kept_is_remembered_and_not_counted(desk: Desk, mailbox: Mailbox) -> None:
    accounts.skip(desk.db, mailbox.inbox.row, Place(uid=3, flags=()))
    accounts.skip(desk.db, mailbox.inbox.row, Place(uid=3, flags=()))
    assert set(accounts.places(desk.db, mailbox.inbox.row)) == {3}
    assert accounts.places(desk.db, mailbox.inbox.row, low=4) == {}
    assert accounts.count(desk.db, ADDRESS) == 0


def test_removing_a_message_leaves_nothing_of_it_and_all_of_its_conversation(desk: Desk, mailbox: Mailbox) -> None:
    first = mailbox.receive(1, subject="Plans", text="unrepeatable")
    answer = mailbox.receive(2, subject="Re: Plans", text="second", answers=first.message_id or "")
    returns.keep(desk.db, answer.row, Returned(kind=ReturnKind.BOUNCE, message_ids=()))
    assert removal.remove(desk.db, [answer.row]) == 1
    (thread,), _ = threads.find(desk.db, threads.Filter(), limit=5, before=None)
    assert (thread.count, thread.first_line) == (1, "unrepeatable")
    assert desk.found("second") == []
    assert removal.remove(desk.db, [first.row, first.row]) == 1
    assert desk.found() == []
    assert inboxes.position_of(desk.db, answer.cursor) == answer.position
    for table in ("messages", "raws", "bodies", "mentions", "returns", "threads"):
        assert desk.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0, table
    words = desk.db.execute("SELECT count(*) FROM search WHERE search MATCH 'unrepeatable'").fetchone()[0]
    assert words == 0
