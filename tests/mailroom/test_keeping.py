"""Retention by age and size, off unless somebody asks for it, and room that is given back to the disk."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from mailmcp.errors import BadInput, NotFound
from mailmcp.mailroom import logged
from mailmcp.mailroom.keeping import MIB
from mailmcp.mailroom.pace import Pace
from mailmcp.mailroom.requests import SendRequest
from mailmcp.models import DraftState
from mailmcp.store import audit, inboxes, outbox, removal, retention, schema, space, suppressions

pytestmark = pytest.mark.anyio
DAY = timedelta(days=1)


async def subjects(house, inbox) -> list[str]:
    found = await house.room._store.read(
        lambda db: db.execute(
            "SELECT subject FROM messages JOIN inboxes ON inboxes.id = messages.inbox WHERE address = ? ORDER BY"
            " received_at",
            (inbox,),
        ).fetchall()
    )
    return [row["subject"] for row in found]


async def received(house, inbox, *days_ago: int, text: str = "words") -> list:
    """Mails of so many days ago."""
    mails = []
    for ago in days_ago:
        mail = await house.receive(inbox, subject=f"{ago} days ago", text=text)
        at = int((datetime.now(UTC) - ago * DAY).timestamp() * 1000)
        await house.room._store.write(
            lambda db, row=mail.row, at=at: db.execute("UPDATE messages SET received_at = ? WHERE id = ?", (at, row))
        )
        mails.append(mail)
    return mails


async def test_nothing_goes_unless_somebody_asked_for_it(house):
    inbox = await house.inbox()
    await received(house, inbox, 4000, 1)
    assert await house.room.keeping.sweep(datetime.now(UTC)) == 0
    assert len(await subjects(house, inbox)) == 2


async def test_mail_goes_by_age_in_its_inbox_alone_and_is_found_no_more(house):
    inbox, other = await house.inbox(), await house.inbox()
    await received(house, inbox, 40, 31, 29, 0)
    await received(house, other, 40)
    await house.room.keeping.keep(inbox, days=30, mib=None)
    assert await house.room.keeping.sweep(datetime.now(UTC)) == 2
    assert await subjects(house, inbox) == ["29 days ago", "0 days ago"]
    assert await subjects(house, other) == ["40 days ago"]
    with closing(sqlite3.connect(house.room._store.path)) as db:
        assert db.execute("SELECT count(*) FROM raws").fetchone()[0] == 3
        assert db.execute("SELECT count(*) FROM search WHERE search MATCH 'subject : 31'").fetchone()[0] == 0
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


async def test_mail_goes_by_size_the_oldest_first(house):
    inbox = await house.inbox()
    await received(house, inbox, 3, 2, 1, text="word " * 800)  # 4 kB each
    await house.room._store.write(retention.put, inbox, retention.Rule(octets=10_000))
    await house.room.keeping.sweep(datetime.now(UTC))
    assert await subjects(house, inbox) == ["2 days ago", "1 days ago"]


async def test_a_setting_is_for_every_inbox_without_a_rule_of_its_own(open_house):
    house = await open_house(MAILMCP_RETENTION__DAYS="30")
    inbox, own = await house.inbox(), await house.inbox()
    await house.room.keeping.keep(own, days=0, mib=None)
    await received(house, inbox, 31, 1)
    await received(house, own, 31, 1)
    await house.room.keeping.sweep(datetime.now(UTC))
    assert (len(await subjects(house, inbox)), len(await subjects(house, own))) == (1, 2)


async def test_what_an_open_draft_answers_stays_with_its_whole_conversation_until_it_is_decided(house):
    inbox = await house.inbox()
    old, answered, later = await received(house, inbox, 60, 50, 40)
    await house.room._store.write(
        lambda db: db.execute(
            "UPDATE messages SET thread = (SELECT thread FROM messages WHERE id = ?) WHERE id = ?",
            (answered.row, later.row),
        )
    )
    draft = (
        await house.room.draft_for_approval(
            SendRequest(inbox=inbox, in_reply_to=answered.id, body="Yes.", to=(inbox,), subject="Re"), note=""
        )
    ).draft
    await house.room.keeping.keep(inbox, days=30, mib=None)
    assert await house.room.keeping.sweep(datetime.now(UTC)) == 1
    assert await subjects(house, inbox) == ["50 days ago", "40 days ago"]
    assert (await house.room.draft(draft.id)).state is DraftState.HELD
    await house.room.reject(draft.id, word="", approver="human")
    assert await house.room.keeping.sweep(datetime.now(UTC)) == 2
    assert old.id


async def test_a_draft_written_while_a_sweep_runs_keeps_the_mail_that_it_answers(house):
    inbox = await house.inbox()
    old, answered = await received(house, inbox, 60, 50)
    store, rule = house.room._store, retention.Rule(days=30)
    [(swept, _)] = await store.read(retention.limited, rule)
    due = await store.read(retention.due, swept, rule, datetime.now(UTC))
    await house.room.draft_for_approval(
        SendRequest(inbox=inbox, in_reply_to=answered.id, body="Yes.", to=(inbox,), subject="Re"), note=""
    )
    gone, left = await store.write(retention.remove, due, 0)
    assert (gone.messages, left.messages) == ((old.row,), (answered.row,))
    assert await store.write(retention.remove, left, 60) == (retention.Due(), retention.Due())
    assert await store.write(retention.remove, due, 60) == (retention.Due(), retention.Due())
    assert await subjects(house, inbox) == ["50 days ago"]


async def test_the_audit_log_suppressions_and_drafts_stay(house):
    inbox = await house.inbox()
    (mail,) = await received(house, inbox, 60)
    now = datetime.now(UTC)
    store = house.room._store
    await store.write(suppressions.add, "x@y.example", reason="bounce", detail="", inbox=inbox, now=now)
    held = (
        await house.room.draft_for_approval(SendRequest(inbox=inbox, to=(inbox,), subject="Hi", body="x"), note="")
    ).draft
    before = (await store.read(audit.head))[0]
    await house.room.keeping.keep(inbox, days=1, mib=1)
    await house.room.keeping.sweep(now)
    assert await subjects(house, inbox) == []
    assert (await house.room.draft(held.id)).state is DraftState.HELD
    assert await store.read(suppressions.count) == 1
    assert (await store.read(audit.head))[0] == before + 2  # the rule, and that mail went by it
    assert (await house.room.auditing.verify()).broken is None
    assert mail.id


async def text_of(house, draft_id: str) -> int:
    """How many bytes of a draft are kept."""
    return await house.room._store.read(
        lambda db: db.execute("SELECT length(mime) FROM drafts WHERE public_id = ?", (draft_id,)).fetchone()[0]
    )


async def a_draft(house, inbox: str, state: DraftState, days_ago: float = 60) -> str:
    """A draft that has been in a state for so long."""
    draft = (
        await house.room.draft_for_approval(
            SendRequest(inbox=inbox, to=(inbox,), subject=f"{state} {days_ago}", body="word " * 800), note=""
        )
    ).draft
    at = int((datetime.now(UTC) - days_ago * DAY).timestamp() * 1000)
    later = int((datetime.now(UTC) + DAY).timestamp() * 1000)  # nobody takes it up meanwhile
    await house.room._store.write(
        lambda db: db.execute(
            "UPDATE drafts SET state = ?, changed_at = ?, not_before = ?, claim = 'x' WHERE public_id = ?",
            (state, at, later, draft.id),
        )
    )
    return draft.id


async def test_the_text_of_drafts_goes_by_age_once_they_are_over_and_their_fate_stays(house):
    inbox, other = await house.inbox(), await house.inbox()
    store = house.room._store
    for claimed in range(1, 30):  # as if each were with a process that sends it: none is taken up as left behind
        store.claims.take("send", claimed)
    drafts = {state: await a_draft(house, inbox, state) for state in DraftState}
    young, elsewhere = await a_draft(house, inbox, DraftState.SENT, 10), await a_draft(house, other, DraftState.SENT)
    await house.room.keeping.keep(inbox, days=30, mib=None)
    over = set(DraftState) - set(outbox.OPEN)
    assert await house.room.keeping.sweep(datetime.now(UTC)) == len(over)
    for state, draft_id in drafts.items():
        assert (await house.room.draft(draft_id)).state is state
        assert (await text_of(house, draft_id) == 0) is (state in over), state
    assert await text_of(house, young) > 4000
    assert await text_of(house, elsewhere) > 4000
    with pytest.raises(NotFound, match="kept no longer"):
        await house.room.presenting.present(drafts[DraftState.SENT])
    assert await house.room.keeping.sweep(datetime.now(UTC)) == 0
    [row] = [row for row in await store.read(audit.rows) if row.event == "inbox.swept"]
    assert (row.detail["messages"], row.detail["drafts"]) == (0, len(over))


async def test_the_text_of_drafts_that_are_over_counts_in_the_size_of_an_inbox(house):
    inbox = await house.inbox()
    await received(house, inbox, 3, 1, text="word " * 800)  # 4 kB each
    older, held = await a_draft(house, inbox, DraftState.SENT, 2), await a_draft(house, inbox, DraftState.HELD, 9)
    await house.room._store.write(retention.put, inbox, retention.Rule(octets=10_000))
    assert await house.room.keeping.sweep(datetime.now(UTC)) == 1
    assert (await subjects(house, inbox), await text_of(house, older) > 0) == (["1 days ago"], True)
    await house.room._store.write(retention.put, inbox, retention.Rule(octets=6_000))
    assert await house.room.keeping.sweep(datetime.now(UTC)) == 1
    assert (await subjects(house, inbox), await text_of(house, older)) == (["1 days ago"], 0)
    assert await text_of(house, held) > 4000


async def test_what_a_sent_mail_was_is_read_in_its_conversation_after_the_draft_lost_its_text(house):
    inbox = await house.inbox()
    draft = (await house.send(inbox, to=(inbox,), subject="Kept")).draft
    assert draft.state is DraftState.SENT
    later = datetime.now(UTC) + 2 * DAY
    await house.room._store.write(lambda db: db.execute("UPDATE messages SET received_at = received_at + 999999999"))
    await house.room.keeping.keep(inbox, days=1, mib=None)
    assert await house.room.keeping.sweep(later) == 1
    assert await text_of(house, draft.id) == 0
    assert (await house.wait(inbox)).message.subject == "Kept"


async def test_deleting_an_inbox_frees_the_room_of_its_drafts(house):
    inbox = await house.inbox()
    path = house.room._store.path
    await house.room.keeping.free()
    before = path.stat().st_size
    draft = await a_draft(house, inbox, DraftState.SENT)
    await house.room._store.write(
        lambda db: db.execute("UPDATE drafts SET mime = zeroblob(2000000) WHERE public_id = ?", (draft,))
    )
    assert path.stat().st_size > before + 1_900_000
    await house.room.delete_inbox(inbox)
    await house.room.keeping.free(after_deletion=True)
    assert path.stat().st_size < before + 100_000


async def test_a_rule_goes_with_its_inbox_and_one_that_cannot_be_is_refused(house):
    inbox = await house.inbox("ann")
    await house.room.keeping.keep(inbox, days=3, mib=7)
    assert await house.room.keeping.rule(inbox) == retention.Rule(days=3, octets=7 * MIB)
    await house.room.delete_inbox(inbox)
    assert not (await house.room.keeping.rule(await house.inbox("ann"))).limits
    with pytest.raises(NotFound):
        await house.room.keeping.keep("nobody@agents.internal", days=3, mib=None)
    with pytest.raises(BadInput, match="--days up to"):
        await house.room.keeping.keep(inbox, days=10**6, mib=None)


async def test_the_leader_sweeps_by_itself_but_not_while_the_clock_is_doubtful(open_house, monkeypatch):
    from mailmcp.mailroom.clock import Clock

    doubts: list[str | None] = ["it jumped"]
    asked = asyncio.Event()

    def said(_clock) -> str | None:
        asked.set()
        return doubts[0]

    monkeypatch.setattr(Clock, "said", said)
    house = await open_house(pace=Pace(progress=0.05, takeover=0.02, flush=0.02, tidy=0.01, sweep=0.02))
    inbox = await house.inbox()
    await received(house, inbox, 60, 1)
    await house.room.keeping.keep(inbox, days=30, mib=None)
    for _ in range(3):
        asked.clear()
        await asyncio.wait_for(asked.wait(), 60)
    assert len(await subjects(house, inbox)) == 2
    doubts[0] = None
    async with asyncio.timeout(60):
        while len(await subjects(house, inbox)) == 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert await subjects(house, inbox) == ["1 days ago"]


async def test_deleting_an_inbox_makes_the_file_smaller_by_what_it_held(house):
    small, large = await house.inbox(), await house.inbox()
    await received(house, small, 0)
    await house.room.keeping.free()
    path = house.room._store.path
    before = path.stat().st_size
    await received(house, large, *[0] * 30, text="some words " * 1_500)
    full = path.stat().st_size
    assert full > before + 1_000_000
    await house.room.delete_inbox(large)
    await house.room.keeping.free(after_deletion=True)
    after = path.stat().st_size
    assert after < before + (full - before) // 10
    assert len(await subjects(house, small)) == 1


async def test_a_large_inbox_is_deleted_in_steps_and_what_is_told_is_the_whole(house, monkeypatch):
    inbox, other = await house.inbox(), await house.inbox()
    await received(house, inbox, 5, 4, 3, 2, 1)
    await received(house, other, 1)
    draft = (await house.send(inbox, to=(inbox,), subject="Kept")).draft
    assert draft.state is DraftState.SENT
    held = await house.room._store.read(inboxes.holdings, await house.room._store.read(inboxes.get, inbox))
    monkeypatch.setattr(logged, "AT_ONCE", 2)
    monkeypatch.setattr(logged, "HOLD_SECONDS", 0)
    assert await house.room.delete_inbox(inbox) == held
    assert held["messages"] > 5
    assert [one.inbox.address for one in await house.room.list_inboxes()] == [other]
    with closing(sqlite3.connect(house.room._store.path)) as db:
        assert [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("messages", "raws")] == [1, 1]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert (await house.room.auditing.verify()).broken is None


async def test_all_the_room_that_one_transaction_has_time_for_is_given_back_in_it(house):
    store = house.room._store
    await store.write(lambda db: db.execute("INSERT INTO meta (key, value) VALUES ('large', zeroblob(4000000))"))
    await store.write(lambda db: db.execute("DELETE FROM meta WHERE key = 'large'"))
    assert await store.read(space.unused) > 3_900_000
    left = await store.write(space.give_back, 0)
    assert left > 3_900_000 - 2 * 4096  # no time: a page at least
    assert await store.write(space.give_back, 60) == 0


def test_to_take_a_message_out_no_large_table_is_read_from_its_beginning(tmp_path):
    """A sweep of an inbox that has grown large would take hours; what waits handed out are few."""
    with closing(sqlite3.connect(tmp_path / "mailmcp.db", isolation_level=None)) as db:
        schema.migrate(db, tmp_path / "mailmcp.db")
        db.row_factory = sqlite3.Row
        db.execute("INSERT INTO inboxes (id, address, backend, created_at) VALUES (1, 'a@b.example', 'local', 0)")
        db.execute("INSERT INTO raws (id, sha256, bytes) VALUES (1, '', '')")
        db.execute("INSERT INTO arrivals (position, cursor, inbox, message) VALUES (9, 'c', 1, 5)")
        db.execute(
            "INSERT INTO messages (id, public_id, inbox, raw, outgoing, source, mail_from, recipients, received_at,"
            " fingerprint, position) VALUES (5, 'm', 1, 1, 0, 'smtp', '', '[]', 0, '', 9)"
        )
        asked: list[str] = []
        db.set_trace_callback(asked.append)
        assert removal.remove(db, [5]) == 1
        db.set_trace_callback(None)
        assert db.execute("SELECT message FROM arrivals").fetchone()[0] is None
        plans = [row["detail"] for one in asked if "--" not in one for row in db.execute(f"EXPLAIN QUERY PLAN {one}")]
    assert {plan.split()[1] for plan in plans if plan.startswith("SCAN")} == {"handouts"}


async def test_an_older_file_that_is_mostly_empty_is_written_anew_once(house):
    store = house.room._store

    def age(db: sqlite3.Connection) -> None:
        db.execute("PRAGMA auto_vacuum = NONE")
        db.execute("VACUUM")
        db.execute("CREATE TABLE ballast AS SELECT zeroblob(2000000) AS more")
        db.execute("DROP TABLE ballast")

    await store.alone(age)
    assert await store.read(space.is_worth_rewriting)
    before = store.path.stat().st_size
    await house.room.keeping.free()
    assert store.path.stat().st_size < before - 1_900_000
    assert not await store.read(space.is_worth_rewriting)


async def test_opening_a_home_once_more_writes_nothing_into_its_file(tmp_path):
    from mailmcp.store import Store

    store = await Store.open(tmp_path / "other")
    await store.aclose()
    before = store.path.read_bytes()
    await (await Store.open(tmp_path / "other")).aclose()
    assert store.path.read_bytes() == before
