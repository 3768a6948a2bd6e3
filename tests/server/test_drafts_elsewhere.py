"""Held drafts in the account's own folder of drafts: real IMAP, real client, and what a human does there meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

import dovecot_server
import pytest
from dovecot_server import Dovecot
from outside import World, world

pytestmark = pytest.mark.anyio

DRAFTS = "Entwürfe"
BOB = "bob@far.example"


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    with dovecot_server.running() as server:
        yield server


@contextlib.asynccontextmanager
async def opened(home: Path, dovecot: Dovecot, **more: str) -> AsyncIterator[World]:
    given = {"MAILMCP_IMAP__ACCESS": "write", "MAILMCP_IMAP__SAVE_DRAFTS": "true", **more}
    given |= {"MAILMCP_SEND_BACKEND": "", "MAILMCP_SMTP__PROVIDER": "", "MAILMCP_SEND__POLICY": "approve"}
    async with world(home, **dovecot.environment(**given)) as door:
        yield door


def drafts(dovecot: Dovecot) -> list[tuple[str, str, set[bytes]]]:
    """(subject, Bcc, flags) of what lies among the drafts."""
    with dovecot.session(folder=DRAFTS) as client:
        found = client.fetch(client.search(["UNDELETED"]), ["BODY.PEEK[]", "FLAGS"]).values()
    there = [one for one in found if one[b"BODY[]"] is not None]  # none: taken out between the two questions
    mails = [(BytesParser(policy=default).parsebytes(one[b"BODY[]"]), one[b"FLAGS"]) for one in there]
    return [(str(mail["Subject"]), str(mail["Bcc"] or ""), set(flags) - {b"\\Recent"}) for mail, flags in mails]


async def until(dovecot: Dovecot, *subjects: str) -> None:
    """Returns once exactly these lie among the drafts."""
    for _ in range(200):
        found = sorted(subject for subject, *_ in await asyncio.to_thread(drafts, dovecot))
        if found == sorted(subjects):
            return
        await asyncio.sleep(0.05)
    assert found == sorted(subjects)


async def held(door: World, subject: str = "Offer", **more: Any) -> str:
    inboxes = (await door.call("list_inboxes"))["inboxes"]
    inbox = next((one["address"] for one in inboxes if "+" in one["address"]), None)
    inbox = inbox or (await door.call("create_inbox", name="shop"))["address"]
    found = await door.call("send", inbox=inbox, to=[BOB], subject=subject, body="Words.", **more)
    assert found["status"] == "held", found
    return str(found["draft"])


async def copies(door: World, statement: str = "SELECT draft, filed FROM draft_copies") -> list[tuple[Any, ...]]:
    store = (await door.session.room())._store
    return await store.write(lambda db: [tuple(row) for row in db.execute(statement)])


async def until_kept(door: World, count: int) -> None:
    for _ in range(200):
        if [filed for _, filed in await copies(door)] == [1] * count:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(await copies(door))


async def test_a_held_draft_lies_there_until_it_was_sent_and_what_is_a_humans_stays(
    home: Path, dovecot: Dovecot
) -> None:
    with dovecot.session(folder=None) as client:
        client.append(DRAFTS, b"Subject: mine\r\nX-Mailmcp-Draft: d_another 00\r\n\r\nHalf a thought.\r\n", ["\\Draft"])
    async with opened(home, dovecot) as door:
        draft = await held(door, bcc=["carol@far.example"])
        await until(dovecot, "mine", "Offer")
        ours = next(one for one in await asyncio.to_thread(drafts, dovecot) if one[0] == "Offer")
        assert ours == ("Offer", "carol@far.example", {b"\\Draft", b"\\Seen"})
        room = await door.session.room()
        await room.approve(draft, sha256=(await room.draft(draft)).sha256, approver="human")
        await until(dovecot, "mine")
        (_, mail), *_ = door.sink.arrived
        assert mail["X-Mailmcp-Draft"] is None
        assert mail["Bcc"] is None


async def test_what_is_rejected_or_edited_is_followed(home: Path, dovecot: Dovecot) -> None:
    async with opened(home, dovecot) as door:
        first, second = await held(door, "First"), await held(door, "Second")
        await until(dovecot, "First", "Second")
        room = await door.session.room()
        await room.reject(first, word="No.", approver="human")
        await until(dovecot, "Second")
        await door.change("UPDATE drafts SET sha256 = 'other' WHERE public_id = ?", second)
        await until_kept(door, 1)
        await until(dovecot, "Second")
        await door.change("UPDATE drafts SET state = 'expired' WHERE public_id = ?", second)
        await until(dovecot)


async def test_a_draft_that_the_human_took_over_is_the_humans(home: Path, dovecot: Dovecot) -> None:
    async with opened(home, dovecot) as door:
        draft = await held(door)
        await until_kept(door, 1)
        with dovecot.session(folder=DRAFTS) as client:  # as mail programs change one: another mail instead
            client.delete_messages(client.search())
            client.expunge()
            client.append(DRAFTS, b"Subject: Offer, but better\r\n\r\nMy own words.\r\n", ["\\Draft"])
        room = await door.session.room()
        await room.reject(draft, word="I write it myself.", approver="human")
        for _ in range(200):
            if not await copies(door):
                break
            await asyncio.sleep(0.05)
        assert await copies(door) == []
        await until(dovecot, "Offer, but better")


async def test_a_copy_whose_answer_was_lost_is_not_put_there_twice(home: Path, dovecot: Dovecot) -> None:
    async with opened(home, dovecot) as door:
        await held(door)
        await until_kept(door, 1)
        await copies(door, "UPDATE draft_copies SET filed = 0, uid = 0, uidvalidity = 0")
        await until_kept(door, 1)
        await until(dovecot, "Offer")
        assert [uid > 0 for (uid,) in await copies(door, "SELECT uid FROM draft_copies")] == [True]


async def test_nothing_is_put_there_unless_the_settings_say_so_and_what_was_is_taken_out(
    home: Path, dovecot: Dovecot
) -> None:
    async with opened(home, dovecot) as door:
        await held(door)
        await until(dovecot, "Offer")
    async with opened(home, dovecot, MAILMCP_IMAP__SAVE_DRAFTS="false") as door:
        await door.session.room()
        await until(dovecot)


async def test_drafts_are_no_mail_that_came(home: Path, dovecot: Dovecot) -> None:
    with dovecot.session(folder=None) as client:
        client.append(DRAFTS, b"Subject: mine\r\n\r\nHalf a thought.\r\n", ["\\Draft"])
    async with opened(home, dovecot, MAILMCP_IMAP__FOLDERS="INBOX, \\Drafts") as door:
        store = (await door.session.room())._store
        for _ in range(200):
            found = await store.read(lambda db: [row[0] for row in db.execute("SELECT mail FROM places")])
            if found:
                break
            await asyncio.sleep(0.05)
        assert found == [None]
        assert (await door.call("find_mail"))["threads"] == []
