"""A repeat is not a second mail, whichever version of a draft it repeats and whoever wrote that version."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.backends.relay_sink import relay
from tests.mailroom.test_dispatch import ANN, BOB, LIMIT, environment, settled

from mailmcp.errors import BadInput
from mailmcp.mailroom.requests import Edit, FileRequest, SendRequest
from mailmcp.models import DraftState
from mailmcp.store import outbox

pytestmark = pytest.mark.anyio

LONG_AGO = timedelta(minutes=11)
"""Longer than a repeat counts."""


async def written(house: Any, ago: timedelta) -> None:
    """All drafts were written so long ago."""
    moment = int((datetime.now(UTC) - ago).timestamp() * 1000)
    await house.room._store.write(lambda db: db.execute("UPDATE drafts SET created_at = ?", (moment,)))


@pytest.mark.parametrize("version", ["before the edit", "after the edit"])
async def test_what_a_human_edited_and_approved_is_not_sent_again_by_the_assistant(
    open_house: Any, version: str
) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink))
        anna = await house.inbox("anna")
        file = FileRequest(name="plan.txt", text="A plan.\n")
        before = SendRequest(
            inbox=anna,
            to=(ANN,),
            subject="A  plan",
            body="Dear Ann,\n\nthe plan.",
            html="<p>.</p>",
            attachments=(file,),
        )
        draft = (await house.room.draft_for_approval(before, note="")).draft
        edit = Edit(subject="The plan", body="Dear Ann, \r\n\r\nhere is the plan.\r\n", to=(ANN, BOB))
        edited = await house.room.edit(draft.id, edit, sha256=draft.sha256, editor="a human")
        await written(house, LONG_AGO)
        await house.room.approve(draft.id, sha256=edited.sha256, approver="a human")
        await settled(house, draft.id, "sent")
        after = SendRequest(
            inbox=anna, to=(BOB, ANN), subject="The plan", body="Dear Ann,\n\nhere is the plan.", attachments=(file,)
        )
        again = await house.room.send(before if version == "before the edit" else after)
        assert (again.repeated, again.draft.id, again.draft.state) == (True, draft.id, "sent")
        assert len(sink.arrived) == 1
        other = SendRequest(inbox=anna, to=(BOB, ANN), subject="The plan", body="Dear Ann,\n\nhere is no plan.")
        assert (await house.room.send(other)).repeated is False


async def test_an_approval_that_is_older_than_ten_minutes_makes_no_repeat(open_house: Any) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink))
        request = SendRequest(inbox=await house.inbox("anna"), to=(ANN,), body="Words.")
        draft = (await house.room.draft_for_approval(request, note="")).draft
        await house.room.approve(draft.id, sha256=draft.sha256, approver="a human")
        await settled(house, draft.id, "sent")
        await written(house, LONG_AGO)
        moment = int((datetime.now(UTC) - LONG_AGO).timestamp() * 1000)
        await house.room._store.write(lambda db: db.execute("UPDATE drafts SET decided_at = ?", (moment,)))
        assert (await house.room.send(request)).repeated is False


async def test_a_late_rejection_is_told_to_whoever_tries_the_same_again(open_house: Any) -> None:
    house = await open_house()
    anna = await house.inbox("anna")
    request = SendRequest(inbox=anna, to=(anna,), body="Words.")
    draft = (await house.room.draft_for_approval(request, note="")).draft
    await written(house, LONG_AGO)
    await house.room.reject(draft.id, word="Not this.", approver="a human")
    again = await house.room.draft_for_approval(request, note="")
    assert (again.draft.id, again.draft.state, again.draft.error) == (draft.id, "rejected", "Not this.")


@pytest.mark.parametrize("over", ["expired", "withdrawn"])
async def test_what_left_for_one_recipient_and_is_over_is_not_sent_to_them_again(open_house: Any, over: str) -> None:
    async with relay() as sink:
        sink.answers = {BOB: "451 later"}
        house = await open_house(**environment(sink))
        anna = await house.inbox("anna")
        draft = (await house.send(anna, to=(ANN, BOB))).draft
        assert draft.state == "queued"
        await house.room._store.write(
            outbox.move, draft, from_=(DraftState.QUEUED,), to=DraftState(over), now=datetime.now(UTC)
        )
        again = await house.send(anna, to=(ANN, BOB))
        assert (again.repeated, again.draft.id) == (True, draft.id)
        assert [one for envelope in sink.arrived for one in envelope.rcpt_tos] == [ANN]


async def test_a_draft_that_leaves_for_somebody_while_it_is_taken_back_is_not_taken_back(open_house: Any) -> None:
    """The caller saw it queued; before the word is written down it has left for one of two."""
    async with relay() as sink:
        sink.answers = {BOB: "451 later"}
        house = await open_house(**environment(sink, MAILMCP_SEND__UNDO="3600"))
        seen = (await house.send(await house.inbox("anna"), to=(ANN, BOB))).draft
        now = int(datetime.now(UTC).timestamp() * 1000)
        await house.room._store.write(lambda db: db.execute("UPDATE drafts SET not_before = ?", (now,)))
        async with asyncio.timeout(LIMIT):
            while (await house.room.draft(seen.id)).tries == 0:  # noqa: ASYNC110 - the leader does it
                await asyncio.sleep(0.01)
        assert (await house.room.draft(seen.id)).state == seen.state == "queued"
        assert not await house.room._store.write(outbox.withdraw, seen, now=datetime.now(UTC))
        with pytest.raises(BadInput, match="has left for ann@world"):
            await house.room.withdraw(seen.id)
