"""Drafts: repeats, states that change by compare and set, what is due, what expired."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from mailmcp.errors import NotFound
from mailmcp.models import DraftState, OutboundMail, Reason
from mailmcp.store import deliveries, inboxes, outbox

if TYPE_CHECKING:
    from conftest import Desk

RETURN_THE_FIRST = {"held", "queued", "claimed", "on_wire", "sent", "unknown", "held_elsewhere", "rejected"}
BEGIN_ANEW = {"failed", "refused", "withdrawn", "expired"}


def states(*names: str) -> list[DraftState]:
    return [DraftState(name) for name in names]


def test_the_states_of_a_repeat_are_all_states_there_are() -> None:
    assert {str(state) for state in DraftState} == RETURN_THE_FIRST | BEGIN_ANEW


# --- repeats ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", sorted(RETURN_THE_FIRST))
def test_a_repeat_returns_the_first_while_it_counts(desk: Desk, state: str) -> None:
    ann = desk.inbox()
    first, new = desk.draft(ann)
    assert new
    assert outbox.move(desk.db, first, from_=states("held"), to=DraftState(state), now=desk.later(), error="the word")
    again, new = desk.draft(ann)
    assert (again.id, new, again.state, again.error) == (first.id, False, state, "the word")


@pytest.mark.parametrize("state", sorted(BEGIN_ANEW))
def test_a_repeat_is_a_new_draft_after_the_first_came_to_nothing(desk: Desk, state: str) -> None:
    ann = desk.inbox()
    first, _ = desk.draft(ann)
    outbox.move(desk.db, first, from_=states("held"), to=DraftState(state), now=desk.later())
    again, new = desk.draft(ann)
    assert (new, again.state) == (True, "held")
    assert again.id != first.id


def test_a_repeat_counts_for_ten_minutes(desk: Desk) -> None:
    ann = desk.inbox()
    first, _ = desk.draft(ann)
    desk.later(minutes=10)
    assert desk.draft(ann)[0].id == first.id
    desk.later(milliseconds=1)
    assert desk.draft(ann)[1] is True


def test_other_content_another_inbox_or_an_allowed_duplicate_is_no_repeat(desk: Desk) -> None:
    ann, bea = desk.inbox("ann"), desk.inbox("bea")
    desk.draft(ann)
    assert desk.draft(ann, key="other")[1] is True
    assert desk.draft(bea)[1] is True
    again, new = desk.draft(ann, allow_duplicate=True)
    assert (new, again.state, [reason.code for reason in again.reasons]) == (True, "held", ["duplicate"])
    assert again.expires_at is not None
    assert desk.draft(ann, key="third", state=DraftState.QUEUED, allow_duplicate=True)[0].state == "queued"
    assert desk.draft(ann)[1] is False


def test_after_a_failure_the_retry_counts_and_not_the_failure(desk: Desk) -> None:
    ann = desk.inbox()
    first, _ = desk.draft(ann)
    outbox.move(desk.db, first, from_=states("held"), to=DraftState.FAILED, now=desk.now)
    second, _ = desk.draft(ann)
    assert desk.draft(ann)[0].id == second.id


# --- states -------------------------------------------------------------------------------------------------------


def test_a_draft_is_read_back_as_it_was_written(desk: Desk) -> None:
    ann = desk.inbox()
    when = desk.now + timedelta(hours=2)
    draft, _ = desk.draft(ann, state=DraftState.QUEUED, send_at=when)
    assert (draft.inbox, draft.subject, draft.state, draft.send_at) == (ann.address, "Hello", "queued", when)
    assert (draft.recipients, draft.created_at, draft.message) == (("bob@app.example",), desk.now, None)
    assert outbox.get(desk.db, draft.id) == draft
    assert outbox.mail(desk.db, draft) == OutboundMail(
        mime=b"Subject: Hello\r\n\r\nSome words.\r\n", mail_from=ann.address, recipients=("bob@app.example",)
    )


def test_an_unknown_draft_is_refused_with_the_way_on(desk: Desk) -> None:
    with pytest.raises(NotFound, match="no draft d_nothing: call check_draft without arguments"):
        outbox.get(desk.db, "d_nothing")


def test_the_bytes_of_a_draft_that_was_deleted_meanwhile_are_refused_in_words(desk: Desk) -> None:
    ann = desk.inbox()
    draft, _ = desk.draft(ann)
    inboxes.delete(desk.db, ann.address)
    with pytest.raises(NotFound, match="its inbox was deleted"):
        outbox.mail(desk.db, draft)
    assert not outbox.move(desk.db, draft, from_=list(DraftState), to=DraftState.SENT, now=desk.now)


def test_a_state_changes_only_from_one_of_those_that_were_named(desk: Desk) -> None:
    draft, _ = desk.draft(desk.inbox(), state=DraftState.QUEUED)
    assert not outbox.move(desk.db, draft, from_=states("held", "sent"), to=DraftState.CLAIMED, now=desk.now)
    assert outbox.get(desk.db, draft.id).state == "queued"
    assert outbox.move(desk.db, draft, from_=states("held", "queued"), to=DraftState.CLAIMED, now=desk.now)
    # A second process that read "queued" too comes too late.
    assert not outbox.move(desk.db, draft, from_=states("queued"), to=DraftState.CLAIMED, now=desk.now)
    assert outbox.get(desk.db, draft.id).state == "claimed"
    assert not outbox.move(desk.db, draft, from_=[], to=DraftState.SENT, now=desk.now)


@pytest.mark.parametrize(
    ("to", "event"), [(DraftState.QUEUED, "draft.approved"), (DraftState.REJECTED, "draft.rejected")]
)
def test_a_human_decides_once_and_the_log_says_what(desk: Desk, to: DraftState, event: str) -> None:
    draft, _ = desk.draft(desk.inbox())
    assert outbox.decide(desk.db, draft, to=to, approver="terminal", now=desk.now, word="not so")
    assert not outbox.decide(desk.db, draft, to=DraftState.QUEUED, approver="terminal", now=desk.now)
    rows = desk.db.execute("SELECT event, detail FROM audit").fetchall()
    assert [row["event"] for row in rows] == [event]
    assert f'"draft": "{draft.id}"' in rows[0]["detail"]
    assert "not so" not in rows[0]["detail"]  # the log holds no words of anybody
    assert outbox.get(desk.db, draft.id).state is to


# --- lists --------------------------------------------------------------------------------------------------------


def test_open_drafts_are_those_that_may_still_leave_or_may_have_oldest_first(desk: Desk) -> None:
    ann = desk.inbox()
    drafts = {state: desk.draft(ann, key=state, state=state)[0].id for state in DraftState}
    expected = [drafts[state] for state in states("held", "queued", "claimed", "on_wire", "unknown", "held_elsewhere")]
    assert [draft.id for draft in outbox.open_drafts(desk.db)] == expected
    assert [draft.id for draft in outbox.open_drafts(desk.db, states("held"))] == expected[:1]
    assert outbox.open_drafts(desk.db, []) == []


def test_what_is_due_is_queued_and_its_time_has_come(desk: Desk) -> None:
    ann = desk.inbox()
    soon = desk.now + timedelta(minutes=5)
    at_once = desk.draft(ann, key="1", state=DraftState.QUEUED)[0].id
    later = desk.draft(ann, key="2", state=DraftState.QUEUED, send_at=soon)[0].id
    desk.draft(ann, key="3", state=DraftState.HELD, send_at=desk.now)
    assert [draft.id for draft in outbox.due(desk.db, soon - timedelta(milliseconds=1))] == [at_once]
    assert [draft.id for draft in outbox.due(desk.db, soon)] == [at_once, later]


def test_what_some_process_has_begun_is_listed(desk: Desk) -> None:
    ann = desk.inbox()
    begun = [desk.draft(ann, key=state, state=DraftState(state))[0].id for state in ("claimed", "on_wire")]
    desk.draft(ann, key="queued", state=DraftState.QUEUED)
    assert [draft.id for draft in outbox.begun(desk.db)] == begun


def test_a_draft_that_is_held_again_says_why_and_must_be_allowed_anew(desk: Desk) -> None:
    draft, _ = desk.draft(desk.inbox(), state=DraftState.HELD)
    assert outbox.decide(desk.db, draft, to=DraftState.QUEUED, approver="terminal", now=desk.now)
    assert outbox.get(desk.db, draft.id).decided_at == desk.now
    until = desk.now + timedelta(days=1)
    assert outbox.hold_again(desk.db, draft, Reason("stale", "It is late."), now=desk.now, expires_at=until)
    held = outbox.get(desk.db, draft.id)
    assert (held.state, held.expires_at, held.decided_at) == ("held", until, None)
    assert [reason.code for reason in held.reasons] == ["stale"]
    assert not outbox.hold_again(desk.db, draft, Reason("stale", "It is late."), now=desk.now, expires_at=until)


def test_an_approved_draft_is_due_now_or_at_the_hour_that_was_asked_for(desk: Desk) -> None:
    ann, hour = desk.inbox(), desk.now + timedelta(hours=5)
    for key, asked, leaves in (("1", None, desk.now), ("2", hour, hour)):
        draft, _ = desk.draft(ann, key=key, send_at=asked)
        assert outbox.decide(desk.db, draft, to=DraftState.QUEUED, approver="terminal", now=desk.now)
        assert outbox.get(desk.db, draft.id).not_before == leaves


def test_held_drafts_expire_at_their_time_and_others_never(desk: Desk) -> None:
    ann = desk.inbox()
    until = desk.now + timedelta(hours=1)
    held = desk.draft(ann, key="1", expires_at=until)[0]
    desk.draft(ann, key="2", expires_at=None)
    desk.draft(ann, key="3", state=DraftState.QUEUED, expires_at=until)
    assert outbox.expire(desk.db, until - timedelta(milliseconds=1)) == 0
    assert outbox.expire(desk.db, until) == 1
    assert outbox.expire(desk.db, until) == 0
    assert outbox.get(desk.db, held.id).state == "expired"
    assert not outbox.decide(desk.db, held, to=DraftState.QUEUED, approver="terminal", now=until)


def test_a_process_that_was_overtaken_holds_nothing_of_the_other(desk: Desk) -> None:
    draft, _ = desk.draft(desk.inbox(), state=DraftState.QUEUED)
    assert deliveries.claim(desk.db, draft, "theirs", desk.now)
    held = {"now": desk.now, "expires_at": desk.later(minutes=1), "from_": DraftState.CLAIMED}
    why = Reason("paused", "It pauses.")
    assert not outbox.hold_again(desk.db, draft, why, claimed_by="ours", **held)
    assert outbox.get(desk.db, draft.id).state == "claimed"
    assert outbox.hold_again(desk.db, draft, why, claimed_by="theirs", **held)
