"""How far a service's inboxes were read, and under which names mail left: nothing is lost between two steps."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from mailmcp.models import Arrival, DraftState, Envelope, Found, Page, Receipt, Source
from mailmcp.store import fetching, inboxes, left_as, status

if TYPE_CHECKING:
    from conftest import Desk


def _kept(desk: Desk, name: str = "ann") -> fetching.Kept:
    inboxes.create(
        desk.db,
        address=f"{name}@toy.test",
        label="",
        backend="toy",
        key=None,
        now=desk.now,
        remote=f"id of {name}",
    )
    return next(one for one in fetching.kept(desk.db, "toy") if one.remote.id == f"id of {name}")


def _arrival(desk: Desk, inbox: fetching.Kept, raw: bytes = b"Subject: x\r\n\r\n") -> Arrival:
    envelope = Envelope(mail_from="", recipients=(inbox.remote.address,), received_at=desk.now)
    return Arrival(raw=raw, envelope=envelope, source=Source.SERVICE, backend="toy")


def test_only_inboxes_that_a_service_keeps_are_read(desk: Desk) -> None:
    desk.inbox("here")
    kept = _kept(desk)
    assert [one.remote.address for one in fetching.kept(desk.db, "toy")] == ["ann@toy.test"]
    assert (kept.cursor, kept.read_at, kept.adopted) == (None, None, False)


def test_what_is_found_and_the_cursor_are_written_together(desk: Desk) -> None:
    kept = _kept(desk)
    early = Found(id="a", at=desk.now, detail={"n": [1, "é"]})
    late = Found(id="b", at=desk.later())
    assert fetching.note(desk.db, kept.row, Page(found=(late, early), cursor="c1")) == 2
    assert fetching.note(desk.db, kept.row, Page(found=(early,), cursor=None)) == 0
    (read,) = fetching.kept(desk.db, "toy")
    assert read.cursor == "c1"
    assert read.read_at is not None
    assert abs(read.read_at - late.at) < timedelta(milliseconds=2)
    waiting = fetching.waiting(desk.db, kept.row, desk.now)
    assert [one.found.id for one in waiting] == ["a", "b"]  # the oldest first
    assert waiting[0].found.detail == {"n": [1, "é"]}
    assert fetching.unknown(desk.db, kept.row, ["a", "z"]) == ["z"]
    fetching.forget_cursor(desk.db, kept.row)
    assert fetching.kept(desk.db, "toy")[0].cursor is None
    assert fetching.unknown(desk.db, kept.row, ["a"]) == []


def test_a_mail_is_stored_once_whoever_fetched_it(desk: Desk) -> None:
    kept = _kept(desk)
    found = Found(id="a", at=desk.now)
    fetching.note(desk.db, kept.row, Page(found=(found,), cursor="c"))
    arrival = _arrival(desk, kept)
    assert len(fetching.take(desk.db, kept.row, found, arrival, sha256="0", history=False)) == 1
    assert fetching.take(desk.db, kept.row, found, arrival, sha256="0", history=False) == []
    assert fetching.waiting(desk.db, kept.row, desk.now) == []
    fetching.note(desk.db, kept.row, Page(found=(found,), cursor="c"))
    assert fetching.count_waiting(desk.db, "toy") == 0


def test_a_mail_that_was_put_off_waits_and_one_that_is_skipped_does_not(desk: Desk) -> None:
    kept = _kept(desk)
    one, other = Found(id="a", at=desk.now), Found(id="b", at=desk.now)
    fetching.note(desk.db, kept.row, Page(found=(one, other), cursor="c"))
    fetching.put_off(desk.db, kept.row, one, desk.now + timedelta(minutes=1))
    fetching.skip(desk.db, kept.row, other)
    assert fetching.waiting(desk.db, kept.row, desk.now) == []
    assert fetching.count_waiting(desk.db, "toy") == 1
    (waiting,) = fetching.waiting(desk.db, kept.row, desk.now + timedelta(minutes=2))
    assert (waiting.found.id, waiting.tries) == ("a", 1)


def test_an_inbox_that_was_deleted_meanwhile_takes_nothing(desk: Desk) -> None:
    kept = _kept(desk)
    found = Found(id="a", at=desk.now)
    fetching.note(desk.db, kept.row, Page(found=(found,), cursor="c"))
    inboxes.delete(desk.db, kept.remote.address)
    assert fetching.note(desk.db, kept.row, Page(found=(found,), cursor="c")) == 0
    assert fetching.take(desk.db, kept.row, found, _arrival(desk, kept), sha256="0", history=False) == []


def test_word_of_a_wait_is_of_one_inbox_and_ends_by_itself(desk: Desk) -> None:
    until = desk.now + timedelta(seconds=12)
    status.set_awaited_in(desk.db, 7, until, desk.now)
    status.set_awaited_in(desk.db, 8, until + timedelta(seconds=5), desk.now)
    assert status.awaited_in(desk.db, desk.now) == {7, 8}
    assert status.awaited_in(desk.db, until) == {8}
    status.set_awaited_in(desk.db, 9, until + timedelta(seconds=9), until)
    keys = [row["key"] for row in desk.db.execute("SELECT key FROM meta WHERE key LIKE 'awaited in %' ORDER BY key")]
    assert keys == ["awaited in 8", "awaited in 9"]


def test_a_draft_is_found_by_what_its_service_calls_it_until_nothing_more_is_to_come(desk: Desk) -> None:
    ann = desk.inbox()
    draft, _ = desk.draft(ann, key="k", state=DraftState.SENT)
    left_as.keep(desk.db, draft, "toy", Receipt(accepted=(), provider_id="p1", message_id="<p1@toy>"), desk.now)
    left_as.keep(desk.db, draft, "toy", Receipt(accepted=()), desk.now)  # it does not name it
    left_as.keep(desk.db, draft, "toy", None, desk.now)
    found = left_as.draft_of(desk.db, "toy", "p1")
    assert found is not None
    assert found.id == draft.id
    assert left_as.draft_of(desk.db, "other", "p1") is None
    before = desk.now - timedelta(days=1)
    assert left_as.listened_for(desk.db, ann.row, "toy", before) == ["p1"]
    assert left_as.listened_for(desk.db, ann.row, "toy", desk.now + timedelta(days=1)) == []
    left_as.end(desk.db, "toy", "p1")
    assert left_as.listened_for(desk.db, ann.row, "toy", before) == []
