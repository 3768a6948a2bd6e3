"""Delivery to the world through a real relay on loopback: once, in time, and with a result for each recipient."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.backends.relay_sink import Relay, relay

from mailmcp.errors import BadInput
from mailmcp.mailroom import dispatch
from mailmcp.mailroom.pace import Pace
from mailmcp.mailroom.requests import Search
from mailmcp.models import Arrival, Envelope, Source
from mailmcp.store import deliveries, messages, outbox

pytestmark = pytest.mark.anyio

LIMIT = 60
"""No wait of a test is longer, in seconds."""
ANN, BOB = "ann@world.example", "bob@world.example"
IMPATIENT = Pace(progress=0.05, share=0.1, takeover=0.02, listen_again=0.05, flush=0.02, back_off=(0.05, 0.05))


def environment(sink: Relay, **more: str) -> dict[str, str]:
    return {
        "MAILMCP_SEND_BACKEND": "smtp",
        "MAILMCP_SMTP__HOST": "127.0.0.1",
        "MAILMCP_SMTP__PORT": str(sink.port),
        "MAILMCP_SMTP__SECURITY": "none",
        "MAILMCP_SEND__POLICY": "open",
        "MAILMCP_SEND__UNDO": "0",
        **more,
    }


async def settled(house: Any, draft_id: str, *states: str) -> Any:
    """The draft once it is in one of these states."""
    async with asyncio.timeout(LIMIT):
        while (draft := await house.room.draft(draft_id)).state not in states:  # noqa: ASYNC110 - another process may do it
            await asyncio.sleep(0.01)
    return draft


async def test_mail_to_the_world_and_to_an_inbox_goes_both_ways_at_once(open_house: Any) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink))
        anna, bert = await house.inbox("anna"), await house.inbox("bert")
        draft = (await house.send(anna, to=(ANN, bert), subject="Both")).draft
        assert draft.state == "sent"
        assert [envelope.rcpt_tos for envelope in sink.arrived] == [[ANN]]
        assert (await house.wait(bert, since="1970-01-01")).message.subject == "Both"


async def test_what_one_recipient_hears_no_other_does(open_house: Any) -> None:
    async with relay() as sink:
        sink.answers = {BOB: "550 5.1.1 nobody"}
        house = await open_house(**environment(sink))
        draft = (await house.send(await house.inbox("anna"), to=(ANN, BOB))).draft
        assert (draft.state, {one.recipient: one.state for one in draft.deliveries}) == (
            "sent",
            {ANN: "accepted", BOB: "refused"},
        )
        assert "550" in draft.error


async def test_a_mail_that_is_put_off_is_tried_again_for_those_only(open_house: Any) -> None:
    async with relay() as sink:
        sink.answers = {BOB: "451 later"}
        house = await open_house(pace=IMPATIENT, **environment(sink))
        draft = (await house.send(await house.inbox("anna"), to=(ANN, BOB))).draft
        sink.answers = {}
        assert (await settled(house, draft.id, "sent", "failed")).state == "sent"
        assert [one for envelope in sink.arrived for one in envelope.rcpt_tos] == [ANN, BOB]


async def test_a_mail_that_is_put_off_for_ever_fails_in_the_end(open_house: Any) -> None:
    async with relay() as sink:
        sink.answers = {BOB: "451 later"}
        house = await open_house(pace=IMPATIENT, **environment(sink))
        draft = (await house.send(await house.inbox("anna"), to=(BOB,))).draft
        failed = await settled(house, draft.id, "failed")
        assert (failed.tries, "451" in failed.error, sink.arrived) == (2, True, [])


async def test_a_lost_answer_is_unknown_and_never_sent_again(open_house: Any) -> None:
    async with relay() as sink:
        sink.cut = "dot"
        house = await open_house(pace=IMPATIENT, **environment(sink))
        anna = await house.inbox("anna")
        draft = (await house.send(anna, to=(ANN,), subject="Once")).draft
        assert draft.state == "unknown"
        sink.cut = ""
        repeated = await house.send(anna, to=(ANN,), subject="Once")
        await house.send(anna, to=(ANN,), subject="Another")
        assert (repeated.repeated, repeated.draft.id) == (True, draft.id)
        assert len(sink.arrived) == 2
        assert (await house.room.status()).unknown == 1
        assert draft.id in [one.id for one in await house.room.open_drafts()]


@pytest.mark.parametrize(("state", "becomes", "arrives"), [("claimed", "sent", 1), ("on_wire", "unknown", 0)])
async def test_what_a_dead_process_had_is_sent_or_unknown(
    open_house: Any, state: str, becomes: str, arrives: int
) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink, MAILMCP_SEND__UNDO="3600"))
        draft = (await house.send(await house.inbox("anna"), to=(ANN,))).draft

        def as_a_crash_leaves_it(db: Any) -> None:
            db.execute("UPDATE drafts SET state = ?, claim = 'x', backend = 'smtp', not_before = 0", (state,))
            db.execute(
                "UPDATE drafts SET created_at = ?, not_before = NULL", (int(datetime.now(UTC).timestamp() * 1e3),)
            )
            if state == "on_wire":
                db.execute("INSERT INTO deliveries VALUES (?, ?, 'unknown', '', 0)", (draft.row, ANN))

        await house.room._store.write(as_a_crash_leaves_it)
        assert (await settled(house, draft.id, "sent", "unknown", "failed")).state == becomes
        assert len(sink.arrived) == arrives


async def test_within_the_undo_window_a_mail_can_be_withdrawn(open_house: Any) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink, MAILMCP_SEND__UNDO="3600"))
        anna, bert = await house.inbox("anna"), await house.inbox("bert")
        outside = (await house.send(anna, to=(ANN,))).draft
        assert outside.state == "queued"
        assert timedelta(minutes=59) < outside.not_before - outside.created_at <= timedelta(hours=1)
        assert (await house.send(anna, to=(bert,))).draft.state == "sent"
        for _ in range(2):  # asked for again it stays so
            assert (await house.room.withdraw(outside.id)).state == "withdrawn"
        assert sink.arrived == []


async def test_an_inbox_is_not_deleted_while_mail_of_it_is_on_the_wire_and_what_waited_is_withdrawn(
    open_house: Any,
) -> None:
    arrived, answer = asyncio.Event(), asyncio.Event()
    async with relay() as sink:
        take = sink.handle_DATA

        async def slow(*given: Any) -> str:
            arrived.set()
            await answer.wait()
            return await take(*given)

        sink.handle_DATA = slow  # type: ignore[method-assign]
        house = await open_house(**environment(sink))
        anna = await house.inbox("anna")
        waits = (
            await house.send(
                anna, "Later.", to=(ANN,), send_at=f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"
            )
        ).draft
        sending = asyncio.create_task(house.send(anna, to=(ANN,)))
        await asyncio.wait_for(arrived.wait(), LIMIT)
        with pytest.raises(BadInput, match="is leaving"):
            await house.room.delete_inbox(anna)
        answer.set()
        assert (await sending).draft.state == "sent"
        assert (await house.room.delete_inbox(anna))["drafts"] == 2
        events = [(row.event, row.detail.get("draft")) async for row in house.room.auditing.rows()]
        assert ("draft.withdrawn", waits.id) in events
        assert "draft.sent" in [event for event, _ in events]


async def test_after_the_undo_window_it_leaves_by_itself_and_cannot_be_withdrawn(open_house: Any) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink, MAILMCP_SEND__UNDO="3600"))
        draft = (await house.send(await house.inbox("anna"), to=(ANN,))).draft
        assert draft.state == "queued"
        over = int(datetime.now(UTC).timestamp() * 1000)  # an hour has passed
        await house.room._store.write(lambda db: db.execute("UPDATE drafts SET not_before = ?", (over,)))
        await settled(house, draft.id, "sent")
        with pytest.raises(BadInput, match="cannot be withdrawn"):
            await house.room.withdraw(draft.id)
        assert len(sink.arrived) == 1


@pytest.mark.parametrize(
    ("now", "why"),
    [
        ({"MAILMCP_SEND__POLICY": "never"}, ["policy_never"]),
        ({"MAILMCP_SEND__POLICY": "approve"}, ["policy_approve", "first_contact"]),
        ({"MAILMCP_SEND__POLICY": "first_contact"}, ["first_contact"]),
        ({"MAILMCP_SEND__DENY": ANN.partition("@")[2]}, ["denied"]),
    ],
)
async def test_what_the_settings_forbid_since_it_was_queued_is_held_again(
    open_house: Any, now: dict[str, str], why: list[str]
) -> None:
    async with relay() as sink:
        before = await open_house(**environment(sink, MAILMCP_SEND__UNDO="3600"))
        draft = (await before.send(await before.inbox("anna"), to=(ANN,))).draft
        await before.room.aclose()
        house = await open_house(**environment(sink, MAILMCP_SEND__UNDO="3600", **now))
        due = int(datetime.now(UTC).timestamp() * 1000)
        await house.room._store.write(lambda db: db.execute("UPDATE drafts SET not_before = ?", (due,)))
        held = await settled(house, draft.id, "held", "sent")
        assert (held.state, [one.code for one in held.reasons], sink.arrived) == ("held", why, [])
        await house.room.approve(held.id, sha256=held.sha256, approver="ann")
        await settled(house, draft.id, "sent")


async def test_what_is_more_than_an_hour_late_is_held_again(open_house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink, MAILMCP_SEND__UNDO="3600"))
        draft = (await house.send(await house.inbox("anna"), to=(ANN,))).draft
        late = int((datetime.now(UTC) - dispatch.STALE - timedelta(seconds=1)).timestamp() * 1000)
        await house.room._store.write(lambda db: db.execute("UPDATE drafts SET not_before = ?", (late,)))
        held = await settled(house, draft.id, "held", "sent")
        assert (held.state, [one.code for one in held.reasons], sink.arrived) == ("held", ["stale"], [])
        assert await house.room._store.read(outbox.due, datetime.now(UTC)) == []


async def test_a_mail_that_left_waits_for_its_own_copies_and_for_no_other_mail(house, monkeypatch) -> None:
    monkeypatch.setattr(dispatch, "SETTLE_SECONDS", 3600)
    ann, bob = await house.inbox("ann"), await house.inbox("bob")
    desk = house.desk
    desk._tasks[1].cancel()  # what is set aside is judged no more
    await asyncio.wait([desk._tasks[1]])
    letter = b"From: x@app.example\r\nSubject: Never judged\r\n\r\nx\r\n"
    envelope = Envelope(mail_from="x@app.example", recipients=(bob,), received_at=datetime.now(UTC))
    arrival = Arrival(raw=letter, envelope=envelope, source=Source.SMTP, backend="local")
    (row,) = await house.room._store.write(messages.accept, arrival, fingerprint=None)
    desk._aside.add(row)
    async with asyncio.timeout(LIMIT):
        assert (await house.send(ann, to=(bob,), subject="Quick")).draft.state == "sent"
    for inbox in (ann, bob):  # both copies are in their conversations already
        assert [one.subject for one in (await house.room.reading.find(Search(inbox=inbox))).threads] == ["Quick"]


async def test_what_was_heard_of_the_only_way_and_what_follows_is_one_transaction(house, monkeypatch) -> None:
    ann, bob = await house.inbox("ann"), await house.inbox("bob")
    seen: list[str] = []
    conclude = deliveries.conclude

    def looking(db, draft, *given, **more):
        """What another process sees in this moment."""
        with closing(sqlite3.connect(f"file:{house.room._store.path}?mode=ro", uri=True)) as other:
            seen.extend(state for (state,) in other.execute("SELECT state FROM drafts"))
        return conclude(db, draft, *given, **more)

    monkeypatch.setattr(deliveries, "conclude", looking)
    assert (await house.send(ann, to=(bob,))).draft.state == "sent"
    assert seen == ["on_wire"]
