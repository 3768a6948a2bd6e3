"""What was let go and may not leave any more: held in the moment in which it would have left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.backends.relay_sink import Relay, relay
from tests.mailroom.test_dispatch import ANN, environment, settled

from mailmcp.errors import Refused
from mailmcp.mailroom.requests import SendRequest
from mailmcp.store import outbox, suppressions

pytestmark = pytest.mark.anyio

TOMORROW = {"send_at": f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"}


async def fall_due(house: Any) -> None:
    """The time of everything that is queued has come."""
    now = int(datetime.now(UTC).timestamp() * 1000)
    await house.room._store.write(lambda db: db.execute("UPDATE drafts SET not_before = ?", (now,)))


async def in_the_last_moment(
    sink: Relay, house: Any, act: Callable[[], Awaitable[object]], *, to: tuple[str, ...] = (ANN,)
) -> Any:
    """What becomes of a mail when something happens between its claim and its last dot."""
    hear = sink.handle_RCPT
    done = False

    async def meanwhile(*given: Any) -> str:
        nonlocal done
        if not done:
            done = True
            await act()
        return await hear(*given)

    sink.handle_RCPT = meanwhile  # type: ignore[method-assign]
    draft = (await house.send(await house.inbox("anna"), to=to)).draft
    return await settled(house, draft.id, "held", "sent", "failed", "unknown")


def codes(draft: Any) -> list[str]:
    return [one.code for one in draft.reasons]


async def test_mail_that_was_for_an_inbox_of_this_home_does_not_leave_it_when_the_inbox_is_gone(
    open_house: Any,
) -> None:
    """Nothing of it was judged as mail to the world: neither its recipient nor what it says."""
    async with relay() as sink:
        house = await open_house(**environment(sink))
        anna, bert = await house.inbox("anna"), await house.inbox("bert")
        draft = (await house.send(anna, to=(bert,), **TOMORROW)).draft
        assert draft.state == "queued"
        await house.room.delete_inbox(bert)
        await fall_due(house)
        held = await settled(house, draft.id, "held", "sent", "failed")
        assert (held.state, codes(held), sink.arrived) == ("held", ["left_home"], [])


async def test_mail_of_a_key_that_was_revoked_waits_for_a_human(open_house: Any) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink))
        anna = await house.inbox("anna")
        key, secret = await house.room.keyring.create(
            label="Errands", inboxes=(anna,), abilities=("send",), every=False
        )
        counter = house.room.counter(await house.room.keyring.principal(secret))
        drafts = [
            (await counter.send(SendRequest(inbox=anna, body=words, to=(ANN,), **TOMORROW))).draft
            for words in ("One.", "Two.")
        ]
        await house.room._store.write(
            lambda db: outbox.hold_again(
                db, drafts[1], now=datetime.now(UTC), expires_at=datetime.now(UTC) + timedelta(1)
            )
        )
        await house.room.keyring.revoke(key.id)
        await house.room.approve(drafts[1].id, sha256=drafts[1].sha256, approver="ann")
        await fall_due(house)
        held = await settled(house, drafts[0].id, "held", "sent")
        assert (held.state, codes(held)) == ("held", ["key_revoked"])
        assert "Errands" in held.reasons[0].sentence
        await settled(house, drafts[1].id, "sent")
        assert len(sink.arrived) == 1


async def test_a_recipient_who_complains_while_it_is_handed_over_is_not_written_to(open_house: Any) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink))

        async def complaint() -> None:
            await house.room._store.write(
                suppressions.add, ANN, reason="they complained", detail="", inbox="anna", now=datetime.now(UTC)
            )

        held = await in_the_last_moment(sink, house, complaint)
        assert (held.state, codes(held), sink.arrived) == ("held", ["suppressed"], [])


async def test_a_passphrase_that_is_set_while_it_is_handed_over_counts(open_house: Any) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink, MAILMCP_SEND__POLICY="first_contact"))
        hear = sink.handle_RCPT

        async def meanwhile(*given: Any) -> str:
            await house.room.approver.set("a long passphrase")
            return await hear(*given)

        sink.handle_RCPT = meanwhile  # type: ignore[method-assign]
        draft = (await house.send(await house.inbox("anna"), to=(ANN,))).draft
        after = await house.room.approve(draft.id, sha256=draft.sha256, approver="ann")
        held = await settled(house, after.id, "held", "sent")
        assert (held.state, codes(held)[-1], sink.arrived) == ("held", "no_approval", [])


async def test_what_a_human_has_allowed_leaves_whatever_the_settings_say_by_then(open_house: Any) -> None:
    async with relay() as sink:
        before = await open_house(**environment(sink, MAILMCP_SEND__POLICY="approve"))
        draft = (await before.send(await before.inbox("anna"), to=(ANN,), **TOMORROW)).draft
        await before.room.approve(draft.id, sha256=draft.sha256, approver="ann")
        await before.room.aclose()
        house = await open_house(**environment(sink, MAILMCP_SEND__POLICY="first_contact", MAILMCP_SEND__DENY=ANN))
        await fall_due(house)
        assert (await settled(house, draft.id, "held", "sent")).state == "sent"


async def test_a_word_in_the_database_that_a_human_decided_makes_no_human_of_a_policy(open_house: Any) -> None:
    async with relay() as sink:
        before = await open_house(**environment(sink, MAILMCP_SEND__UNDO="3600"))
        draft = (await before.send(await before.inbox("anna"), to=(ANN,))).draft
        await before.room.aclose()
        house = await open_house(**environment(sink, MAILMCP_SEND__UNDO="3600", MAILMCP_SEND__POLICY="first_contact"))
        await house.room._store.write(lambda db: db.execute("UPDATE drafts SET decided_at = created_at"))
        await fall_due(house)
        assert codes(await settled(house, draft.id, "held", "sent")) == ["first_contact"]
        assert sink.arrived == []


async def test_whoever_approves_hears_first_of_a_recipient_who_is_denied_by_now(open_house: Any) -> None:
    async with relay() as sink:
        before = await open_house(**environment(sink, MAILMCP_SEND__POLICY="first_contact"))
        draft = (await before.send(await before.inbox("anna"), to=(ANN,))).draft
        await before.room.aclose()
        house = await open_house(**environment(sink, MAILMCP_SEND__POLICY="first_contact", MAILMCP_SEND__DENY=ANN))
        with pytest.raises(Refused, match="MAILMCP_SEND__DENY"):
            await house.room.approve(draft.id, sha256=draft.sha256, approver="ann")
        assert (await house.room.draft(draft.id)).state == "held"
        assert (await house.room.approve(draft.id, sha256=draft.sha256, approver="ann")).state == "sent"


async def test_an_answer_within_a_conversation_is_held_when_its_sender_turns_out_to_be_forged(open_house: Any) -> None:
    async with relay() as sink:
        house = await open_house(**environment(sink, MAILMCP_SEND__POLICY="first_contact", MAILMCP_SEND__UNDO="3600"))
        anna = await house.inbox("anna")
        asked = await house.receive(anna, from_=ANN)
        draft = (await house.send(anna, in_reply_to=asked.id)).draft
        assert draft.state == "queued"
        await house.room._store.write(
            lambda db: db.execute("UPDATE messages SET verdict = 'failed' WHERE public_id = ?", (asked.id,))
        )
        await fall_due(house)
        held = await settled(house, draft.id, "held", "sent")
        assert (held.state, codes(held), sink.arrived) == ("held", ["first_contact"], [])
