"""What comes back into a mailbox elsewhere, and what is filed there: real IMAP, real relay, real client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import dovecot_server
import pytest
from dovecot_server import USER, Dovecot
from outside import World, world
from tests.mail import notices_of_programs as written

pytestmark = pytest.mark.anyio


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    with dovecot_server.running() as server:
        yield server


@pytest.fixture
async def door(home: Path, dovecot: Dovecot) -> AsyncIterator[World]:
    given = dovecot.environment(MAILMCP_IMAP__ACCESS="write", MAILMCP_SEND_BACKEND="", MAILMCP_SMTP__PROVIDER="")
    async with world(home, **given) as door:
        yield door


def there(dovecot: Dovecot, folder: str) -> list[tuple[bytes, set[bytes]]]:
    """The mails of a folder with their flags."""
    with dovecot.session(folder=folder) as client:
        found = client.fetch(client.search(), ["BODY.PEEK[]", "FLAGS"])
        return [(one[b"BODY[]"], set(one[b"FLAGS"]) - {b"\\Recent"}) for one in found.values()]


async def until_filed(door: World) -> None:
    """Returns once nothing is left to be done in the account."""
    store = (await door.session.room())._store
    for _ in range(300):
        if not await store.read(lambda db: db.execute("SELECT count(*) FROM errands").fetchone()[0]):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("errands are left")


async def test_what_a_human_lets_go_from_a_plus_address_is_filed_once_and_its_bounce_fails_it(
    door: World, dovecot: Dovecot
) -> None:
    inbox = (await door.call("create_inbox", name="shop"))["address"]
    held = await door.call("send", inbox=inbox, to=[written.BOB], subject="Offer", body="Words.")
    assert held["status"] == "held", held
    assert await asyncio.to_thread(there, dovecot, "Gesendet") == []
    room = await door.session.room()
    draft = await room.draft(held["draft"])
    approved = await room.approve(draft.id, sha256=draft.sha256, approver="human")
    assert approved.state == "sent"
    ((recipients, mail),) = door.sink.arrived
    assert (recipients, mail["From"]) == ((written.BOB,), inbox)
    await until_filed(door)
    ((filed, flags),) = await asyncio.to_thread(there, dovecot, "Gesendet")
    assert str(mail["Message-ID"]).encode() in filed
    assert flags == {b"\\Seen"}
    report = written.report(
        written.TEXT, written.status(written.failed(said="550 5.1.1 User unknown")), written.HEADER
    ).replace(written.ID.encode(), str(mail["Message-ID"]).encode())
    await asyncio.to_thread(dovecot.deliver, inbox, report, mail_from="")
    for _ in range(200):
        found = (await door.call("check_draft", draft=held["draft"]))["drafts"][0]
        if found["status"] == "failed":
            break
        await asyncio.sleep(0.05)
    assert found["status"] == "failed"
    again = await door.call("send", inbox=inbox, to=[written.BOB], subject="Again", body="Words.")
    assert again["status"] == "refused"
    ((_, flags),) = await asyncio.to_thread(there, dovecot, "INBOX")
    assert flags == set()


async def test_no_tool_marks_anything_as_read_that_was_not_asked_to(door: World, dovecot: Dovecot) -> None:
    inbox = (await door.call("create_inbox", name="shop"))["address"]
    files = (("a.txt", "text/plain", b"Some words."),)
    for address in (USER, inbox):
        await asyncio.to_thread(dovecot.deliver, address, subject="Read me", files=files)
        found = await door.call("wait_for_mail", inbox=address, timeout=15)
        await door.call("read_thread", thread=found["thread"])
        await door.call("get_attachment", **await _attachment(door, found["thread"]))
    await door.call("list_inboxes")
    await door.call("find_mail", query="words")
    await door.call("mail_status")
    await until_filed(door)
    assert [flags for _, flags in await asyncio.to_thread(there, dovecot, "INBOX")] == [set(), set()]


async def _attachment(door: World, thread: str) -> dict[str, str]:
    (message,) = (await door.call("read_thread", thread=thread))["messages"]
    return {"message": message["id"], "part": message["attachments"][0]["part"]}
