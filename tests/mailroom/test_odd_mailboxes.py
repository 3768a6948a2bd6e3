"""Mailboxes that are odd, hostile or broken in one place: the rest of their mail comes all the same."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import dovecot_server
import pytest
from dovecot_server import USER, Dovecot
from letters import letter
from tests.mailroom.mailbox_reader import RHYTHM, OpenReader, looked_again, of_toy, old, second_account
from toy_imap import Toy, toy

from mailmcp.mailroom.requests import Search

pytestmark = pytest.mark.anyio


def just_now(server: Toy) -> None:
    """What lies in the mailbox came this minute."""
    server.received = f"{datetime.now(UTC):%d-%b-%Y %H:%M:%S +0000}"


# --- whose a mail is ---------------------------------------------------------------------------------------------


async def test_a_mail_to_a_person_and_to_an_inbox_is_in_both(open_reader: OpenReader) -> None:
    async with toy() as server:
        just_now(server)
        reader = await open_reader(of_toy(server))
        shop = (await reader.room.create_inbox(name="shop"))[0].address
        server.add(letter(USER, subject="both", headers={"To": USER, "Cc": shop}))
        for inbox in (shop, USER):
            found = (await reader.wait(inbox)).message
            assert found is not None
            assert found.subject == "both"


async def test_an_inbox_that_was_made_before_there_was_an_account_gets_its_mail_from_it(
    open_reader: OpenReader,
) -> None:
    async with toy() as server:
        just_now(server)
        reader = await open_reader({**of_toy(server), "MAILMCP_IMAP__CATCH_ALL": "mine.example"})
        shop = (await reader.room.create_inbox(name="shop"))[0].address
        await reader.room._store.write(
            lambda db: db.execute("UPDATE inboxes SET account = NULL WHERE address = ?", (shop,))
        )
        server.add(letter(shop, subject="for the shop"))
        found = (await reader.wait(shop)).message
        assert found is not None
        assert found.subject == "for the shop"


async def test_a_mail_of_one_account_is_not_given_to_the_inbox_of_another(open_reader: OpenReader, home: Path) -> None:
    with dovecot_server.running(users=(USER, "me@work.example")) as server:
        await asyncio.to_thread(second_account, home, server, "me@work.example")
        reader = await open_reader(server.environment())
        server.deliver(USER, letter(USER, subject="for home", headers={"Cc": "me@work.example"}))
        found = (await reader.wait()).message
        assert found is not None
        assert await reader.subjects("me@work.example") == []


async def test_the_inbox_of_an_account_that_was_deleted_is_made_again_with_its_mail(
    open_reader: OpenReader,
    dovecot: Dovecot,
) -> None:
    for number in range(3):
        old(dovecot, number)
    reader = await open_reader(dovecot.environment())
    await reader.stored(3)
    await reader.room.delete_inbox(USER)
    assert (await reader.room.create_inbox(name=USER))[0].address == USER
    await reader.until(reader.subjects, ["old 2", "old 1", "old 0"])
    assert (await reader.wait(timeout=0)).message is None


async def test_an_inbox_that_is_made_again_gets_new_mail_and_what_came_meanwhile_is_the_persons(
    open_reader: OpenReader,
    dovecot: Dovecot,
) -> None:
    reader = await open_reader(dovecot.environment())
    shop = (await reader.room.create_inbox(name="shop"))[0].address
    dovecot.deliver(shop, subject="before")
    await reader.wait(shop)
    await reader.room.delete_inbox(shop)
    dovecot.deliver(shop, subject="meanwhile")
    await reader.wait(USER)
    await reader.room.create_inbox(name="shop")
    dovecot.deliver(shop, subject="again")
    await reader.wait(shop)
    assert (await reader.subjects(shop), await reader.subjects(USER)) == (["again"], ["meanwhile"])


# --- what a server is asked --------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["(foo OR", "{5}", "a\x00b", 'say "hello"', "a\\b", "größe", "日本語", "ALL) (a"])
@pytest.mark.slow
async def test_any_words_can_be_looked_for_on_the_server(
    open_reader: OpenReader,
    dovecot: Dovecot,
    query: str,
) -> None:
    for number in range(2):
        old(dovecot, number, text='say "hello" a\\b (foo OR größe x" {5} all 日本語 end')
    reader = await open_reader(dovecot.environment(MAILMCP_IMAP__CACHE="1"))

    async def older() -> int:
        return sum(one.older for one in (await reader.room.status()).accounts)

    await reader.until(older, 1)
    found = await reader.room.reading.find(Search(query=query))
    assert "old 0" in [one.subject for one in found.threads]
    assert found.searched == (f"The server of {USER} was asked about 1 older mail(s): 1 found.",)


async def test_a_query_without_a_word_brings_nothing_in(
    open_reader: OpenReader,
    dovecot: Dovecot,
) -> None:
    for number in range(3):
        old(dovecot, number)
    reader = await open_reader(dovecot.environment(MAILMCP_IMAP__CACHE="1"))

    async def older() -> int:
        return sum(one.older for one in (await reader.room.status()).accounts)

    await reader.until(older, 2)
    await reader.room.reading.find(Search(query='" * ()'))
    assert await reader.subjects() == ["old 2"]


# --- what is broken in one place ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [b'"Tom & Jerry"', b'"Entw\xfcrfe"', '"Entwürfe"'.encode(), b'{6}\r\nqu"\\ox', b'"&bad-"', b'"&2D0-"', b"17"],
)
async def test_a_folder_with_an_impossible_name_hides_no_other(open_reader: OpenReader, name: bytes) -> None:
    async with toy() as server:
        just_now(server)
        server.listing = b'* LIST (\\HasNoChildren) "/" INBOX\r\n* LIST (\\HasNoChildren) "/" ' + name + b"\r\n"
        server.add(letter(USER, subject="there"))
        reader = await open_reader(of_toy(server))
        found = (await reader.wait()).message
        assert found is not None
        assert found.subject == "there"


async def test_a_folder_that_cannot_be_opened_keeps_no_other_from_being_read(open_reader: OpenReader) -> None:
    async with toy(refused={"EXAMINE &ZeVnLIqe-": "[NOPERM] Permission denied"}) as server:
        just_now(server)
        server.add(letter(USER, subject="there"))
        reader = await open_reader({**of_toy(server), "MAILMCP_IMAP__FOLDERS": "INBOX, 日本語"})
        found = (await reader.wait()).message
        assert found is not None
        assert found.subject == "there"
        assert (await reader.room.status()).accounts[0].trouble == ""
        assert server.connections <= 2


@pytest.mark.parametrize("refuses", [True, False])
async def test_a_mail_that_the_server_does_not_hand_over_hides_no_other_and_comes_once_it_does(
    open_reader: OpenReader, refuses: bool
) -> None:
    async with toy() as server:
        just_now(server)
        reader = await open_reader(of_toy(server))
        await reader.stored(0)
        if refuses:
            server.refused = {"FETCH": "[SERVERBUG] Internal error occurred"}
            server.refused_uids = {1}
        else:
            server.kept_back = {1}
        server.add(letter(USER, subject="bad"))
        server.add(letter(USER, subject="good"))
        found = (await reader.wait()).message
        assert found is not None
        assert found.subject == "good"
        server.kept_back, server.refused = set(), {}
        assert await reader.further() == "bad"


async def test_one_who_waits_does_not_wait_for_the_next_try_of_a_server_that_was_away(
    open_reader: OpenReader,
) -> None:
    rhythm = replace(RHYTHM, back_off=3600, longest=3600)
    async with toy(cut_at={"LIST": 1}) as server:
        just_now(server)
        server.add(letter(USER, subject="there"))
        reader = await open_reader(of_toy(server), rhythm=rhythm)

        async def trouble() -> bool:
            return any(one.trouble for one in (await reader.room.status()).accounts)

        await reader.until(trouble, True)
        assert (await reader.wait()).message is not None


async def test_a_mark_that_the_server_refuses_costs_no_connection(open_reader: OpenReader) -> None:
    async with toy(refused={"STORE": "[LIMIT] too many keywords"}) as server:
        just_now(server)
        server.add(letter(USER, subject="there"))
        reader = await open_reader({**of_toy(server), "MAILMCP_IMAP__ACCESS": "write"})
        found = (await reader.wait()).message
        assert found is not None
        await reader.room.reading.mark(found.id, read=None, add=("urgent",), remove=())

        async def asked() -> bool:
            return any(one.startswith("STORE") for one in server.heard)

        await reader.until(asked, True)
        server.add(letter(USER, subject="next"))
        assert await reader.further() == "next"
        assert server.connections == 2


async def test_a_mailbox_whose_numbers_change_while_it_is_read_doubles_nothing(
    open_reader: OpenReader,
    looks: list[str],
) -> None:
    async with toy() as server:
        just_now(server)
        reader = await open_reader(of_toy(server))
        server.add(letter(USER, subject="one"), uid=70)
        await reader.wait()
        server.mails = {1: server.mails[70]}
        server.uidvalidity += 1
        server.add(letter(USER, subject="two"), uid=2)
        assert await reader.further() == "two"
        await looked_again(reader, looks)
        assert await reader.subjects() == ["two", "one"]


async def test_two_mails_with_the_same_message_id_are_two(open_reader: OpenReader) -> None:
    async with toy() as server:
        just_now(server)
        reader = await open_reader(of_toy(server))
        for text in ("The first words.", "Other words."):
            server.add(letter(USER, subject="twins", text=text, headers={"Message-ID": "<same@app.example>"}))
        await reader.stored(2)
        (thread,) = (
            await reader.room.reading.find(Search(limit=9))
        ).threads  # one author and subject: one conversation
        read = await reader.room.reading.conversation(thread.id)
        assert [channels.visible for _, channels in read.messages] == ["The first words.", "Other words."]


async def test_what_is_not_read_and_what_is_left_out_is_said(open_reader: OpenReader) -> None:
    async with toy(refused={"EXAMINE &ZeVnLIqe-": "[NOPERM] Permission denied"}) as server:
        just_now(server)
        server.kept_back.add(server.add(letter(USER, subject="bad")))
        server.add(letter(USER, subject="good"))
        reader = await open_reader({**of_toy(server), "MAILMCP_IMAP__FOLDERS": "INBOX, 日本語, nowhere"})
        await reader.wait()

        async def said() -> list[tuple[str, str, int]]:
            return [(one.folders, one.unread_folders, one.left_out) for one in (await reader.room.status()).accounts]

        await reader.until(said, [("INBOX", "nowhere, 日本語", 1)])
