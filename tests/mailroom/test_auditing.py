"""Every decision and every send is in the audit log, in the transaction that made it."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.backends.relay_sink import relay, through

from mailmcp.mailroom.auditing import Heading, loosened
from mailmcp.mailroom.requests import SendRequest
from mailmcp.store import audit, outbox

pytestmark = pytest.mark.anyio

ANN = "ann@world.example"
LIMIT = 60


async def events(house: Any) -> list[str]:
    return [row.event async for row in house.room.auditing.rows()]


async def test_what_the_policy_decides_and_what_becomes_of_it_is_written_down(open_house: Any) -> None:
    async with relay() as sink:
        house = await open_house(
            **through(sink.port),
            MAILMCP_SEND__UNDO="0",
            MAILMCP_SEND__DENY="bad.example",
        )
        anna = await house.inbox("anna")
        await house.send(anna, to=("x@bad.example",))
        held = (await house.send(anna, to=(ANN,))).draft
        await house.room.approve(held.id, sha256=held.sha256, approver="human")
        await house.send(anna, to=(ANN,), body="Allowed now.")
        await house.send(anna, to=(ANN,), body="Allowed now.")  # a repeat decides nothing
        taken_back = (await house.send(anna, to=("bob@world.example",))).draft
        await house.room.withdraw(taken_back.id)
        late = (await house.send(anna, to=("cat@world.example",))).draft
        await house.room._store.write(
            lambda db: db.execute("UPDATE drafts SET expires_at = 1 WHERE id = ?", (late.row,))
        )
        await house.room._store.write(outbox.expire, late.created_at)
        await house.room.admitting.list_sender(anna, "bad.example", allowed=False)
        await house.room.delete_inbox(anna)
        assert await events(house) == [
            *("inbox.created", "send.refused", "draft.held", "draft.approved", "draft.sent", "draft.allowed"),
            *("draft.sent", "draft.held", "draft.withdrawn", "draft.held", "draft.expired", "inbox.blocked"),
            "inbox.deleted",
        ]
        rows = [row async for row in house.room.auditing.rows()]
        assert rows[1].detail == {"inbox": anna, "to": "x@bad.example", "why": "denied"}
        assert rows[2].detail["why"] == "first_contact"
        assert rows[2].detail["sha256"] == held.sha256
        assert (await house.room.auditing.verify()).broken is None
        assert (await house.room.status()).audit_head == (len(rows), rows[-1].hash)


async def test_a_log_that_is_written_to_meanwhile_is_no_broken_one(house: Any) -> None:
    store = house.room._store
    stop = asyncio.Event()

    async def write() -> int:
        count = 0
        while not stop.is_set():
            await store.write(audit.record, "event", datetime.now(UTC), number=count)
            count += 1
        return count

    writing = asyncio.create_task(write())
    for _ in range(20):
        assert (await house.room.auditing.verify()).broken is None
    stop.set()
    assert await writing > 0


async def test_no_words_of_a_mail_are_in_the_log(house: Any) -> None:
    anna, bert = await house.inbox("anna"), await house.inbox("bert")
    await house.send(anna, to=(bert,), subject="A secret subject", body="A secret body")
    await house.room.draft_for_approval(
        SendRequest(inbox=anna, to=(bert,), subject="A secret subject", body="Other secret words"), note="secret note"
    )
    assert "secret" not in str([row async for row in house.room.auditing.rows()])


async def test_settings_that_changed_are_written_down_with_what_they_let_out(
    open_house: Any, caplog: pytest.LogCaptureFixture
) -> None:
    first = await open_house(MAILMCP_SEND__POLICY="approve")
    anna, bert = await first.inbox("anna"), await first.inbox("bert")
    assert (await first.send(anna, to=(bert,))).draft.state == "held"
    await first.room.aclose()
    same = await open_house(MAILMCP_SEND__POLICY="approve")
    assert "settings.changed" not in await events(same)
    await same.room.aclose()
    with caplog.at_level(logging.INFO, "mailmcp.audit"):
        loose = await open_house(MAILMCP_SEND__POLICY="open", MAILMCP_SEND__UNDO="60")
    change = [row async for row in loose.room.auditing.rows()][-1]
    assert (change.event, change.detail["loosened"], change.detail["held"]) == ("settings.changed", "policy", 1)
    assert '"approve"' in change.detail["before"]
    assert f"the audit log ends at row {change.id}, {change.hash}" in caplog.text
    assert [one.state for one in await loose.room.open_drafts()] == ["held"]


@pytest.mark.parametrize(
    ("before", "after", "looser"),
    [
        ({"policy": "never"}, {"policy": "open"}, True),
        ({"policy": "open"}, {"policy": "approve"}, False),
        ({"allow": ["a.example"]}, {"allow": ["a.example", "b.example"]}, True),
        ({"allow": ["a.example"]}, {"allow": []}, False),
        ({"trusted_clients": []}, {"trusted_clients": ["claude-code"]}, True),
        ({"deny": ["a.example"]}, {"deny": []}, True),
        ({"deny": []}, {"deny": ["a.example"]}, False),
        ({"rate": "20/h"}, {"rate": "1/min"}, True),
        ({"rate": "20/h"}, {"rate": "100/d"}, False),
        ({"undo": 10}, {"undo": 0}, True),
        ({"pause_bounces": 5.0}, {"pause_bounces": 0.0}, True),
        ({"pause_bounces": 0.0}, {"pause_bounces": 99.0}, False),
        ({"pause_minimum": 20}, {"pause_minimum": 500}, True),
    ],
)
async def test_which_change_lets_more_out(before: dict[str, Any], after: dict[str, Any], looser: bool) -> None:
    assert bool(loosened(before, after)) is looser


async def test_the_leader_says_in_its_log_where_the_audit_log_ends_whenever_that_has_moved(
    house: Any, caplog: pytest.LogCaptureFixture
) -> None:
    await house.inbox("anna")
    with caplog.at_level("INFO", "mailmcp.audit"):
        duty = asyncio.create_task(Heading(house.room._store, every=0.001).run())

        async def said(count: int) -> list[str]:
            async with asyncio.timeout(LIMIT):
                while True:
                    lines = [one.getMessage() for one in caplog.records if "ends at row" in one.getMessage()]
                    if len(lines) >= count:
                        return lines
                    await asyncio.sleep(0.001)

        await said(1)
        await house.inbox("bert")
        lines = await said(2)
        duty.cancel()
    heads = [f"the audit log ends at row {row.id}, {row.hash}" async for row in house.room.auditing.rows()]
    assert lines == heads[-2:]
