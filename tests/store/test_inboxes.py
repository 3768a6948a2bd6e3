"""Inboxes: made, found by recipients, listed, deleted with everything that is theirs."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from findings import checked

from mailmcp.errors import AddressTaken, NotFound
from mailmcp.models import (
    Approval,
    Codes,
    Draft,
    DraftState,
    Found,
    Leave,
    Page,
    Receipt,
    Returned,
    ReturnKind,
    Seal,
    Verdict,
)
from mailmcp.store import (
    blocks,
    checks,
    deliveries,
    fetching,
    fresh_codes,
    handouts,
    inboxes,
    keys,
    left_as,
    marks,
    messages,
    outbox,
    returns,
    threads,
)

if TYPE_CHECKING:
    from conftest import Desk


def create(desk: Desk, address: str, key: str | None = None) -> tuple[str, bool]:
    inbox, made = inboxes.create(desk.db, address=address, label="", backend="local", key=key, now=desk.later())
    return inbox.address, made


def test_a_new_inbox_is_found_with_everything_that_it_was_given(desk: Desk) -> None:
    inbox, made = inboxes.create(
        desk.db, address="ann@agents.test", label="Ann's", backend="local", key=None, now=desk.now
    )
    assert made
    assert inboxes.get(desk.db, "ann@agents.test") == inbox
    assert (inbox.label, inbox.backend, inbox.created_at) == ("Ann's", "local", desk.now)


def test_an_address_is_found_in_any_case(desk: Desk) -> None:
    ann = desk.inbox()
    assert inboxes.get(desk.db, "ANN@Agents.TEST") == ann


def test_an_address_that_exists_is_taken(desk: Desk) -> None:
    create(desk, "ann@agents.test", key="one")
    for key in (None, "two"):
        with pytest.raises(AddressTaken, match=r"ann@agents\.test exists already"):
            create(desk, "ann@agents.test", key=key)


def test_the_same_key_gives_the_same_inbox_again_whatever_the_name(desk: Desk) -> None:
    assert create(desk, "ann@agents.test", key="sign-up") == ("ann@agents.test", True)
    assert create(desk, "bea@agents.test", key="sign-up") == ("ann@agents.test", False)
    assert len(inboxes.summaries(desk.db)) == 1


def test_an_unknown_inbox_is_refused_with_the_way_to_the_list(desk: Desk) -> None:
    with pytest.raises(NotFound, match=r"no inbox nobody@agents\.test: call list_inboxes"):
        inboxes.get(desk.db, "nobody@agents.test")


@pytest.mark.parametrize(
    ("recipient", "received"),
    [
        ("ann@agents.test", True),
        ("Ann@AGENTS.Test", True),
        ("ann+shop@agents.test", True),
        ("ann+a+b@agents.test", True),
        ("ann+@agents.test", True),
        ("anna@agents.test", False),
        ("ann@agents.test.example", False),
        ("ann@sub.agents.test", False),
        ("+ann@agents.test", False),
        ("+@agents.test", False),
        ("ann", False),
        ("", False),
        ("@", False),
        ("ann%agents.test", False),
        ("a'; DROP TABLE inboxes; --@agents.test", False),
    ],
)
def test_mail_is_received_for_an_inbox_and_its_plus_addresses_alone(desk: Desk, recipient: str, received: bool) -> None:
    ann = desk.inbox()
    assert inboxes.for_recipient(desk.db, recipient) == (ann if received else None)


@pytest.mark.parametrize("kept", ["bücher.example", "xn--bcher-kva.example"])
@pytest.mark.parametrize(
    "written",
    ["bücher.example", "BÜCHER.example", "xn--bcher-kva.example", "XN--Bcher-KVA.Example", "bu\u0308cher.example"],
)
def test_an_international_domain_is_one_however_it_is_spelled(desk: Desk, kept: str, written: str) -> None:
    made = inboxes.create(desk.db, address=f"ann@{kept}", label="", backend="local", key=None, now=desk.later())[0]
    assert inboxes.for_recipient(desk.db, f"Ann+shop@{written}") == made
    assert inboxes.get(desk.db, f"ann@{written}") == made
    assert inboxes.for_recipient(desk.db, "ann@xn--bucher-.example") is None
    assert inboxes.for_recipient(desk.db, "ann@bucher.example") is None


def test_an_inbox_whose_own_name_has_a_plus_comes_before_the_one_it_would_be_a_detail_of(desk: Desk) -> None:
    desk.inbox("ann")
    plus = desk.inbox("ann+shop")
    assert inboxes.for_recipient(desk.db, "ann+shop@agents.test") == plus


def test_recipients_are_grouped_by_the_inbox_that_receives_them(desk: Desk) -> None:
    desk.inbox("ann")
    desk.inbox("bea")
    asked = ["ann@agents.test", "x@elsewhere.example", "Bea@agents.test", "ann+shop@agents.test"]
    assert inboxes.by_recipient(desk.db, asked) == {
        "ann@agents.test": ["ann@agents.test", "ann+shop@agents.test"],
        "bea@agents.test": ["Bea@agents.test"],
    }


def test_the_list_says_what_is_unread_and_when_the_last_mail_came(desk: Desk) -> None:
    ann, bea = desk.inbox("ann"), desk.inbox("bea")
    desk.receive(ann.address)
    last = desk.receive(ann.address, subject="Other")
    desk.sent(ann, "bob@app.example")
    desk.accept(desk.letter(bea.address), bea.address)  # accepted, but not judged: nobody has heard of it yet
    found = {one.inbox.address: (one.unread, one.last_received_at) for one in inboxes.summaries(desk.db)}
    assert found == {"ann@agents.test": (2, last.received_at), "bea@agents.test": (0, None)}
    marks.mark(desk.db, [last.row], read=True, add=[], remove=[])
    assert inboxes.summaries(desk.db)[0].unread == 1


def test_a_cursor_names_the_place_after_what_came(desk: Desk) -> None:
    ann, bea = desk.inbox("ann"), desk.inbox("bea")
    first = inboxes.newest_cursor(desk.db, ann)
    message = desk.receive(ann.address)
    desk.receive(bea.address)
    second = inboxes.newest_cursor(desk.db, ann)
    assert (first, message.cursor) == (first, second)
    assert inboxes.position_of(desk.db, first) < inboxes.position_of(desk.db, second) == message.position


def test_an_unknown_cursor_is_refused_with_the_way_on(desk: Desk) -> None:
    with pytest.raises(NotFound, match="is not known here: leave it out to begin anew"):
        inboxes.position_of(desk.db, "c_nothing")


def test_the_cursor_of_an_inbox_that_was_deleted_meanwhile_is_refused_in_words(desk: Desk) -> None:
    ann = desk.inbox()
    inboxes.delete(desk.db, ann.address)
    with pytest.raises(NotFound, match="was deleted"):
        inboxes.newest_cursor(desk.db, ann)


# --- deletion ---------------------------------------------------------------------------------------------------


def sealed(draft: Draft, now: datetime) -> Seal:
    approval = Approval(
        draft=draft.id,
        revision=draft.revision,
        sha256=draft.sha256,
        decision=Leave.APPROVED,
        approver="x",
        expires_at=now,
        nonce="n",
    )
    return Seal(approval=approval, mac="m")


def _fill(desk: Desk, name: str) -> None:
    """An inbox with something in every table."""
    inbox = desk.inbox(name)
    first = desk.receive(inbox.address, subject=f"Hello {name}", text=f"words of {name}", codes=Codes(code="123456"))
    answer = desk.receive(inbox.address, answers=first.message_id or "", subject=f"Re: Hello {name}")
    # Two conversations that a late parent joins, so that one row of threads points to another.
    for number in (1, 2):
        desk.receive(inbox.address, answers=f"<late@{name}.test>", references=f"<x{number}@{name}.test>")
    desk.receive(inbox.address, message_id=f"<late@{name}.test>")
    copy = desk.sent(inbox, "bob@app.example")
    desk.db.execute("INSERT INTO attachments VALUES (?, '2', 'a.png', 'image/png', 3, 1, NULL)", (first.row,))
    marks.mark(desk.db, [first.row, answer.row], read=None, add=["urgent"], remove=[])
    handouts.hand_out(desk.db, first.id, tool="wait_for_otp", call="c", now=desk.now)
    checks.append(desk.db, first.row, checked(Verdict.UNVERIFIED), desk.now)
    draft, _ = desk.draft(inbox, key=name, state=DraftState.ON_WIRE)
    held, _ = desk.draft(inbox, key=f"{name} held", allow_duplicate=True)
    desk.db.execute("INSERT INTO edits VALUES (?, ?)", (held.row, f"{name} edited"))
    leaving, _ = desk.draft(inbox, key=f"{name} leaving", state=DraftState.QUEUED)
    assert deliveries.claim(desk.db, leaving, "try", desk.now)
    assert deliveries.about_to_leave(desk.db, leaving, "try", leaving.recipients, backend="smtp", now=desk.now)
    outbox.decide(desk.db, held, to=DraftState.QUEUED, approver="x", now=desk.now, seal=sealed(held, desk.now))
    returns.keep(desk.db, answer.row, Returned(kind=ReturnKind.BOUNCE, message_ids=()))
    blocks.put(desk.db, inbox.address, "bad.example", allowed=False, now=desk.now)
    fetching.note(desk.db, inbox.row, Page(found=(Found(id="1", at=desk.now),), cursor="c"))
    left_as.keep(desk.db, draft, "toy", Receipt(accepted=(), provider_id=name, message_id="<x@toy>"), desk.now)
    outbox.move(desk.db, draft, from_=[DraftState.ON_WIRE], to=DraftState.SENT, now=desk.later(), message=copy.row)
    key = keys.create(
        desk.db, sha256=name, label="", abilities=("read",), addresses=[inbox.address], every=False, now=desk.now
    )
    assert key.inboxes == (inbox.address,)
    desk.accept(desk.letter(inbox.address), inbox.address)  # one that is not judged yet


def _rows(db: sqlite3.Connection) -> dict[str, int]:
    names = [row["name"] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    own = [name for name in names if not name.startswith(("sqlite_", "search"))]
    return {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in own}


def _indexed_words(db: sqlite3.Connection) -> set[str]:
    db.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab(main, search, row)")
    return {row["term"] for row in db.execute("SELECT term FROM temp.vocabulary")}


def test_deletion_leaves_nothing_of_an_inbox_in_any_table_and_all_of_the_others(desk: Desk) -> None:
    _fill(desk, "ann")
    before, words = _rows(desk.db), _indexed_words(desk.db)
    # They belong to no inbox, or outlive it: nobody gets rid of a taint, a rate or a suppression by deleting an inbox.
    kept_empty = {"meta", "budgets", "hooks", "taints", "sends", "suppressions", "departures", "pauses", "review_links"}
    kept_empty |= {"folders", "mails", "places", "errands", "draft_copies"}  # of accounts elsewhere, where mail stays
    kept_empty |= {"hooks"}  # what services posted; what it was about is looked for
    assert {name for name, count in before.items() if count == 0} == kept_empty
    _fill(desk, "bea")
    removed = inboxes.delete(desk.db, "bea@agents.test")
    assert removed == {"messages": 7, "threads": 3, "drafts": 3}
    # The key stays though it opens nothing any more: the audit log names it. A code that still works stays for an hour.
    outlive = {name: before[name] for name in ("audit", "keys", "key_secrets", "fresh_codes")}
    assert {**_rows(desk.db), **outlive} == before
    assert _indexed_words(desk.db) == words
    assert desk.db.execute("PRAGMA foreign_key_check").fetchall() == []
    desk.db.execute("INSERT INTO search (search) VALUES ('integrity-check')")
    assert desk.found("ann") != []
    assert desk.found("bea") == []
    inboxes.delete(desk.db, "ann@agents.test")
    assert {name for name, count in _rows(desk.db).items() if count} == {"audit", "keys", "key_secrets", "fresh_codes"}
    fresh_codes.forget(desk.db, desk.now + fresh_codes.LASTS * 2)
    assert _rows(desk.db)["fresh_codes"] == 0
    assert _indexed_words(desk.db) == set()


def test_bytes_that_another_inbox_received_too_stay_for_it(desk: Desk) -> None:
    ann, bea = desk.inbox("ann"), desk.inbox("bea")
    raw = desk.letter(f"{ann.address}, {bea.address}")
    rows = desk.accept(raw, ann.address, bea.address)
    inboxes.delete(desk.db, ann.address)
    assert messages.raw(desk.db, rows[1]) == raw
    inboxes.delete(desk.db, bea.address)
    assert desk.db.execute("SELECT count(*) FROM raws").fetchone()[0] == 0


def test_an_inbox_that_is_not_there_cannot_be_deleted(desk: Desk) -> None:
    with pytest.raises(NotFound):
        inboxes.delete(desk.db, "nobody@agents.test")


def test_an_address_can_be_used_again_after_its_deletion_and_begins_empty(desk: Desk) -> None:
    ann = desk.inbox()
    desk.receive(ann.address)
    inboxes.delete(desk.db, ann.address)
    again = desk.inbox()
    assert again.row != ann.row
    assert handouts.matching(desk.db, again.row, newest_first=True) == []
    assert desk.found() == []


def test_a_row_number_never_comes_to_mean_something_else(desk: Desk) -> None:
    """Waits, claims and judgements on their way hold row numbers while another process deletes."""
    ann = desk.inbox()
    old, old_draft = desk.receive(ann.address), desk.draft(ann)[0]
    old_thread = threads.get(desk.db, old.thread)[0]
    inboxes.delete(desk.db, ann.address)
    bea = desk.inbox("bea")
    new, new_draft = desk.receive(bea.address), desk.draft(bea)[0]
    assert bea.row > ann.row
    assert new.row > old.row
    assert new_draft.row > old_draft.row
    assert threads.get(desk.db, new.thread)[0] > old_thread
    assert handouts.matching(desk.db, ann.row, newest_first=True) == []
