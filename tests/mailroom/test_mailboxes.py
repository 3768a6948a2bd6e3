"""Mailboxes elsewhere, against a real IMAP server: what comes in, in which order, and what others change there."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dovecot_server
import pytest
from dovecot_server import PASSWORD, USER, Dovecot
from letters import code_letter, letter
from tests.mailroom.mailbox_reader import PACE, RHYTHM, OpenReader, Reader, looked_again, of_toy, old, second_account
from toy_imap import toy

from mailmcp.authenticity import sign
from mailmcp.authenticity.dns import StaticResolver
from mailmcp.backends.imap import ImapBackend
from mailmcp.backends.mailbox.attending import Rhythm
from mailmcp.config import load_settings
from mailmcp.mailroom import deciding, mailboxes
from mailmcp.mailroom.requests import Search
from mailmcp.mailroom.room import Mailroom

pytestmark = pytest.mark.anyio

# --- what comes in -----------------------------------------------------------------------------------------------


async def test_what_lies_there_already_is_found_in_its_order_and_given_to_no_wait(
    open_reader: OpenReader, dovecot: Dovecot
) -> None:
    for number in range(8):
        old(dovecot, number, text=f"Your code is 48291{number}")
    reader = await open_reader(dovecot.environment())
    await reader.stored(8)
    dovecot.deliver(subject="new")
    assert (await reader.wait()).message is not None
    assert await reader.subjects() == ["new", *(f"old {number}" for number in reversed(range(8)))]
    assert await reader.further(timeout=0) is None
    assert (await reader.wait(timeout=0, tool="wait_for_otp")).message is None


async def test_a_conversation_of_old_and_new_mail_is_read_from_its_beginning(
    open_reader: OpenReader, dovecot: Dovecot
) -> None:
    old(dovecot, 1, headers={"Message-ID": "<first@app.example>"}, text="The first words.")
    reader = await open_reader(dovecot.environment())
    await reader.stored(1)
    dovecot.deliver(subject="Re: old 1", headers={"In-Reply-To": "<first@app.example>"}, text="The answer.")
    found = (await reader.wait()).message
    assert found is not None
    read = await reader.room.reading.conversation(found.thread)
    assert [channels.visible.strip() for _, channels in read.messages] == ["The first words.", "The answer."]


async def test_a_code_that_came_shortly_before_the_first_look_is_found(
    open_reader: OpenReader, dovecot: Dovecot
) -> None:
    dovecot.deliver(USER, code_letter(USER, "739154"))
    reader = await open_reader(dovecot.environment())
    found = (await reader.wait(tool="wait_for_otp")).message
    assert found is not None
    assert found.codes.code == "739154"


async def test_a_wait_since_a_time_before_the_account_was_known_reads_what_came_after_it(
    open_reader: OpenReader, dovecot: Dovecot
) -> None:
    old(dovecot, 1, days=30)
    old(dovecot, 2, days=3)
    reader = await open_reader(dovecot.environment())
    await reader.stored(2)
    since = (datetime.now(UTC) - timedelta(days=10)).isoformat()
    found = (await reader.wait(since=since)).message
    assert found is not None
    assert found.subject == "old 2"


async def test_mail_that_was_read_elsewhere_is_read_and_its_marks_are_labels(
    open_reader: OpenReader, dovecot: Dovecot
) -> None:
    old(dovecot, 1, flags=("\\Seen", "\\Flagged", "later", "$Forwarded"))
    old(dovecot, 2)
    reader = await open_reader(dovecot.environment())
    await reader.stored(2)
    threads = (await reader.room.reading.find(Search())).threads
    assert [(one.subject, one.unread, one.labels) for one in threads] == [
        ("old 2", 1, ()),
        ("old 1", 0, ("flagged", "later")),
    ]


async def test_only_as_many_of_the_newest_are_fetched_as_the_settings_say_and_the_server_is_asked_for_older_ones(
    open_reader: OpenReader, dovecot: Dovecot
) -> None:
    for number in range(30):
        old(dovecot, number, text="A needle." if number in (2, 4) else "Some hay.")
    reader = await open_reader(dovecot.environment(MAILMCP_IMAP__CACHE="10"))

    async def account() -> tuple[int, int]:
        accounts = (await reader.room.status()).accounts
        return (accounts[0].stored, accounts[0].older) if accounts else (0, 0)

    await reader.until(account, (10, 20))
    await reader.until(reader.subjects, [f"old {number}" for number in reversed(range(20, 30))])
    found = await reader.room.reading.find(Search(query="needle"))
    assert [one.subject for one in found.threads] == ["old 4", "old 2"]
    assert found.searched == (f"The server of {USER} was asked about 20 older mail(s): 2 found.",)
    again = await reader.room.reading.find(Search(query="needle"))
    assert [one.subject for one in again.threads] == ["old 4", "old 2"]


async def test_mail_older_than_the_settings_allow_is_not_fetched(
    open_reader: OpenReader, dovecot: Dovecot, looks: list[str]
) -> None:
    old(dovecot, 1, days=90)
    old(dovecot, 2, days=2)
    reader = await open_reader(dovecot.environment(MAILMCP_IMAP__DAYS="30"))
    await reader.stored(1)
    await looked_again(reader, looks)
    assert await reader.subjects() == ["old 2"]


@contextlib.asynccontextmanager
async def in_the_world(home: Path, zone: dict[str, Any], environment: dict[str, str]) -> AsyncIterator[Reader]:
    """A reader that finds these records in DNS."""
    settings = load_settings(home, environment)
    room = await Mailroom.open(
        settings, lambda desk: ImapBackend(settings, desk, RHYTHM), PACE, resolver=StaticResolver(zone)
    )
    try:
        yield Reader(room)
    finally:
        await room.aclose()


async def test_an_address_of_a_domain_that_all_comes_from_gets_its_mail_and_no_other(
    open_reader: OpenReader, dovecot: Dovecot
) -> None:
    reader = await open_reader(dovecot.environment(MAILMCP_IMAP__CATCH_ALL="mine.example"))
    shop = (await reader.room.create_inbox(name="shop"))[0].address
    assert shop == "shop@mine.example"
    dovecot.deliver(subject="for the shop", headers={"X-Original-To": shop})
    dovecot.deliver(subject="for nobody", headers={"X-Original-To": "else@mine.example"})
    assert (await reader.wait(shop)).message is not None
    assert (await reader.wait(USER)).message is not None
    assert (await reader.subjects(shop), await reader.subjects(USER)) == (["for the shop"], ["for nobody"])


@pytest.mark.slow
async def test_the_checks_of_fetched_mail_accuse_nobody_whose_spf_cannot_be_asked(home: Path, dovecot: Dovecot) -> None:
    zone = {"_dmarc.app.example": {"TXT": ["v=DMARC1; p=reject"]}, "app.example": {"TXT": ["v=spf1 -all"]}}
    key = sign.generate("other.example", "s1", "ed25519")
    zone[key.name] = {"TXT": [sign.public_record(key)]}
    async with in_the_world(home, zone, dovecot.environment()) as reader:
        # One without a signature, and one whose valid signature is another domain's.
        dovecot.deliver()
        dovecot.deliver(raw=sign.sign(letter(USER), [key], now=datetime.now(UTC)))
        await reader.wait()
        await reader.further()
        found = (await reader.room.reading.find(Search())).threads
    assert [one.trust for one in found] == ["unverified", "unverified"]


async def test_a_signature_is_verified_again_and_what_the_provider_says_is_its_claim(
    home: Path, dovecot: Dovecot
) -> None:
    key = sign.generate("app.example", "s1", "ed25519")
    zone = {
        "_dmarc.app.example": {"TXT": ["v=DMARC1; p=reject"]},
        key.name: {"TXT": [sign.public_record(key)]},
    }
    said = b"Authentication-Results: mx.home.example; spf=pass smtp.mailfrom=app.example; dmarc=pass\r\n"
    given = dovecot.environment(MAILMCP_AUTH__TRUSTED_AUTHSERV="mx.home.example")
    async with in_the_world(home, zone, given) as reader:
        dovecot.deliver(raw=said + sign.sign(letter(USER, subject="signed"), [key], now=datetime.now(UTC)))
        signed = (await reader.wait()).message
        dovecot.deliver(raw=said + letter(USER, subject="not signed"))
        assert await reader.further() == "not signed"
        (thread, *_) = (await reader.room.reading.find(Search(query="not"))).threads
        (unsigned, _), *_ = (await reader.room.reading.conversation(thread.id)).messages

        async def seen() -> list[tuple[str, bool]]:
            return [(one.authserv, one.authserv_trusted) for one in (await reader.room.status()).accounts]

        await reader.until(seen, [("mx.home.example", True)])
    assert signed is not None
    assert (signed.trust.verdict, signed.trust.verified_domain) == ("verified", "app.example")
    assert unsigned.trust.verdict == "unverified"
    assert any(line.startswith("mx.home.example claims: spf=pass") for line in unsigned.authentication)
    assert unsigned.authentication[0].startswith("It was fetched from a mailbox elsewhere")


# --- what others change ------------------------------------------------------------------------------------------


async def test_marks_made_in_another_program_are_taken_over(open_reader: OpenReader, dovecot: Dovecot) -> None:
    reader = await open_reader(dovecot.environment())
    dovecot.deliver(subject="one")
    found = (await reader.wait()).message
    assert found is not None
    assert not found.read
    with dovecot.session() as client:
        client.add_flags(client.search(), ["\\Seen", "urgent"])

    async def look() -> tuple[bool, tuple[str, ...]]:
        message = await reader.room.reading.message(found.id)
        return message.read, message.labels

    await reader.until(look, (True, ("urgent",)))
    with dovecot.session() as client:
        client.remove_flags(client.search(), ["\\Seen", "urgent"])
    await reader.until(look, (False, ()))


async def test_marks_are_looked_at_again_where_the_server_counts_no_changes(open_reader: OpenReader) -> None:
    async with toy() as server:
        server.received = f"{datetime.now(UTC):%d-%b-%Y %H:%M:%S +0000}"
        uid = server.add(letter(USER))
        reader = await open_reader(of_toy(server))
        found = (await reader.wait()).message
        assert found is not None
        server.flags[uid] = "\\Seen later"

        async def look() -> tuple[bool, tuple[str, ...]]:
            message = await reader.room.reading.message(found.id)
            return message.read, message.labels

        await reader.until(look, (True, ("later",)))


async def test_marks_become_flags_and_reading_sets_none(open_reader: OpenReader, dovecot: Dovecot) -> None:
    reader = await open_reader(dovecot.environment(MAILMCP_IMAP__ACCESS="write"))
    dovecot.deliver(subject="one")
    found = (await reader.wait()).message
    assert found is not None
    await reader.room.reading.conversation(found.thread)
    await reader.room.reading.raw(found.id)

    async def flags() -> set[bytes]:
        def look() -> set[bytes]:
            with dovecot.session() as client:
                return {flag for one in client.get_flags(client.search()).values() for flag in one} - {b"\\Recent"}

        return await asyncio.to_thread(look)

    assert await flags() == set()
    await reader.room.reading.mark(found.id, read=True, add=("urgent", "flagged", "größer"), remove=())
    await reader.until(flags, {b"\\Seen", b"\\Flagged", b"urgent"})
    assert set((await reader.room.reading.message(found.id)).labels) == {"urgent", "flagged", "größer"}
    await reader.room.reading.mark(found.id, read=False, add=(), remove=("urgent",))
    await reader.until(flags, {b"\\Flagged"})


async def test_marks_stay_here_where_the_mailbox_is_only_read(
    open_reader: OpenReader, dovecot: Dovecot, looks: list[str]
) -> None:
    reader = await open_reader(dovecot.environment())
    dovecot.deliver(subject="one")
    found = (await reader.wait()).message
    assert found is not None
    await reader.room.reading.mark(found.id, read=True, add=("urgent",), remove=())
    await looked_again(reader, looks)
    with dovecot.session() as client:
        flags = {flag for one in client.get_flags(client.search()).values() for flag in one}
    assert flags <= {b"\\Recent"}
    assert (await reader.room.reading.message(found.id)).read


async def test_what_another_program_deletes_goes_and_what_it_moves_stays_the_same(
    open_reader: OpenReader, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailboxes, "GONE_AFTER", timedelta(seconds=1))
    reader = await open_reader(dovecot.environment(MAILMCP_IMAP__FOLDERS="INBOX, \\Archive"))
    dovecot.deliver(subject="goes")
    dovecot.deliver(subject="moves")
    first = (await reader.wait(subject="goes")).message
    moved = (await reader.wait(subject="moves")).message
    assert first is not None
    assert moved is not None
    with dovecot.session() as client:
        client.move(client.search(["SUBJECT", "moves"]), "Archiv")
        client.delete_messages(client.search(["SUBJECT", "goes"]))
        client.expunge()
    await reader.until(reader.subjects, ["moves"])
    assert (await reader.room.reading.message(moved.id)).position == moved.position
    assert await reader.further(timeout=0) is None
    dovecot.deliver(subject="goes on")
    assert await reader.further() == "goes on"
    assert await reader.subjects() == ["goes on", "moves"]


async def test_a_deleted_mail_that_turns_up_again_is_no_news(
    open_reader: OpenReader, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailboxes, "GONE_AFTER", timedelta(seconds=0))
    raw = letter(USER, subject="comes and goes")
    reader = await open_reader(dovecot.environment())
    with dovecot.session() as client:
        client.append("INBOX", raw)
    await reader.wait()
    with dovecot.session() as client:
        client.delete_messages(client.search())
        client.expunge()
    await reader.until(reader.subjects, [])
    with dovecot.session() as client:
        client.append("INBOX", raw)
    await reader.until(reader.subjects, ["comes and goes"])
    assert await reader.further(timeout=0) is None


async def test_other_uids_for_the_same_mail_double_nothing_and_hide_nothing_new(
    open_reader: OpenReader, dovecot: Dovecot, looks: list[str]
) -> None:
    for number in range(5):
        old(dovecot, number)
    reader = await open_reader(dovecot.environment(MAILMCP_IMAP__CACHE="6"))
    await reader.stored(5)
    dovecot.stop()
    (lists,) = dovecot.folder.glob("mail/*/dovecot-uidlist")
    lists.unlink()
    for index in dovecot.folder.glob("mail/*/dovecot.index*"):
        index.unlink()
    dovecot.start()
    dovecot.deliver(subject="new meanwhile")
    found = (await reader.wait()).message
    assert found is not None
    assert found.subject == "new meanwhile"
    await looked_again(reader, looks)
    assert sorted(await reader.subjects()) == ["new meanwhile", *(f"old {number}" for number in range(5))]
    assert await reader.further(timeout=0) is None


# --- trouble -----------------------------------------------------------------------------------------------------


async def test_mail_that_came_while_the_server_was_away_is_announced_once_it_is_back(
    open_reader: OpenReader, dovecot: Dovecot
) -> None:
    reader = await open_reader(dovecot.environment())
    dovecot.deliver(subject="before")
    await reader.wait()
    dovecot.stop()

    async def trouble() -> bool:
        return bool((await reader.room.status()).accounts[0].trouble)

    await reader.until(trouble, True)
    dovecot.start()
    dovecot.deliver(subject="after")
    assert await reader.further() == "after"
    await reader.until(trouble, False)


async def test_mail_that_came_while_nobody_ran_is_announced_at_the_next_start(home: Path, dovecot: Dovecot) -> None:
    settings = load_settings(home, dovecot.environment())

    @contextlib.asynccontextmanager
    async def running() -> AsyncIterator[Reader]:
        room = await Mailroom.open(
            settings, lambda desk: ImapBackend(settings, desk, RHYTHM), PACE, resolver=StaticResolver({})
        )
        yield Reader(room)
        await room.aclose()

    async with running() as reader:
        dovecot.deliver(subject="first")
        cursor = (await reader.wait()).cursor
    await asyncio.to_thread(dovecot.deliver, subject="in between")
    async with running() as reader:
        found = (await reader.wait(since=cursor)).message
        assert found is not None
        assert found.subject == "in between"


async def test_a_server_without_idle_is_asked_more_often_while_somebody_waits(
    open_reader: OpenReader,
) -> None:
    with dovecot_server.running(more="imap_capability = IMAP4rev1 SASL-IR UIDPLUS MOVE SPECIAL-USE\n") as server:
        slow = Rhythm(poll=3600, poll_awaited=0.05, glance=0.02)
        reader = await open_reader(server.environment(), rhythm=slow)
        follower = await open_reader(server.environment(), rhythm=slow)  # its wait is heard of in the other process

        async def mode() -> list[str]:
            return [one.watch for one in (await reader.room.status()).accounts]

        await reader.until(mode, ["poll"])
        waiting = asyncio.create_task(follower.wait())
        server.deliver(subject="polled")
        found = (await waiting).message
        assert found is not None
        assert found.subject == "polled"


async def test_a_server_with_starttls_is_read_and_one_whose_certificate_nobody_vouches_for_is_not(
    open_reader: OpenReader, dovecot: Dovecot
) -> None:
    port = {"MAILMCP_IMAP__PORT": str(dovecot.imap), "MAILMCP_IMAP__SECURITY": "starttls"}
    stranger = dovecot.environment(**port, MAILMCP_IMAP__CA_FILE="")
    reader = await open_reader(stranger)

    async def trouble() -> bool:
        return any("cannot be trusted" in one.trouble for one in (await reader.room.status()).accounts)

    await reader.until(trouble, True)
    await reader.room.aclose()
    reader = await open_reader(dovecot.environment(**port))
    dovecot.deliver(subject="by STARTTLS")
    found = (await reader.wait()).message
    assert found is not None
    assert found.subject == "by STARTTLS"


async def test_two_accounts_are_read_and_each_has_its_inbox(open_reader: OpenReader, home: Path) -> None:
    with dovecot_server.running(users=(USER, "me@work.example")) as server:
        await asyncio.to_thread(second_account, home, server, "me@work.example")
        reader = await open_reader(server.environment())
        server.deliver("me@work.example", subject="work")
        server.deliver(USER, subject="home")
        for inbox, subject in ((USER, "home"), ("me@work.example", "work")):
            found = (await reader.wait(inbox)).message
            assert found is not None
            assert found.subject == subject
            assert await reader.subjects(inbox) == [subject]


async def test_an_account_that_the_settings_name_no_more_is_not_spoken_of(
    open_reader: OpenReader, dovecot: Dovecot
) -> None:
    reader = await open_reader(dovecot.environment())
    dovecot.deliver()
    await reader.wait()
    await reader.room.aclose()
    other = await open_reader(dovecot.environment(MAILMCP_IMAP__ADDRESS="me@work.example"))

    async def named() -> list[str]:
        return [one.account for one in (await other.room.status()).accounts]

    await other.until(named, ["me@work.example"])


async def test_an_inbox_of_an_account_that_was_deleted_stays_away(open_reader: OpenReader, dovecot: Dovecot) -> None:
    reader = await open_reader(dovecot.environment())
    await reader.room.delete_inbox(USER)
    other = await open_reader(dovecot.environment())
    assert await other.room.list_inboxes() == []


async def test_uids_that_are_far_apart_and_a_next_one_that_is_not_said_change_nothing(open_reader: OpenReader) -> None:
    async with toy(says_uidnext=False) as server:
        for number in range(5):
            server.add(letter(USER, subject=f"old {number}"), uid=900_000_000 * number + 7)
        reader = await open_reader(of_toy(server))
        await reader.until(reader.subjects, [f"old {number}" for number in reversed(range(5))])
        assert (await reader.wait(timeout=0)).message is None
        searches = len([one for one in server.heard if one.startswith("SEARCH")])
        server.received = f"{datetime.now(UTC):%d-%b-%Y %H:%M:%S +0000}"
        server.add(letter(USER, subject="new"), uid=4_000_000_000)
        found = (await reader.wait()).message
        assert found is not None
        assert found.subject == "new"
    assert searches < 40


@pytest.mark.parametrize("command", ["FETCH", "SEARCH", "EXAMINE", "LIST"])
async def test_a_connection_that_ends_in_any_command_is_made_again(open_reader: OpenReader, command: str) -> None:
    async with toy(cut_at={command: 3}) as server:
        server.received = f"{datetime.now(UTC):%d-%b-%Y %H:%M:%S +0000}"
        server.add(letter(USER, subject="kept"))
        reader = await open_reader(of_toy(server))
        found = (await reader.wait()).message
        assert found is not None
        assert found.subject == "kept"
        assert server.cut_at[command] == 0
    assert await reader.subjects() == ["kept"]


async def test_a_mail_too_large_to_be_kept_is_passed_over_and_the_next_is_not(
    open_reader: OpenReader, home: Path
) -> None:
    async with toy(said_size=26 * 1024 * 1024) as server:
        server.add(letter(USER, subject="large"))
        reader = await open_reader(of_toy(server))

        async def sizes() -> bool:
            return any("RFC822.SIZE" in one for one in server.heard)

        await reader.until(sizes, True)
        server.said_size = None
        server.add(letter(USER, subject="small"))
        found = (await reader.wait()).message
        assert found is not None
        assert found.subject == "small"
    assert not [one for one in server.heard if one.startswith("FETCH 1 ") and "BODY" in one]


async def test_neither_passwords_nor_mail_are_written_to_the_log(
    open_reader: OpenReader, dovecot: Dovecot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    reader = await open_reader(dovecot.environment(MAILMCP_IMAP__ACCESS="write"))
    dovecot.deliver(USER, code_letter(USER, "739154"))
    found = (await reader.wait()).message
    assert found is not None
    await reader.room.reading.mark(found.id, read=True, add=(), remove=())
    dovecot.stop()

    async def trouble() -> bool:
        return bool((await reader.room.status()).accounts[0].trouble)

    await reader.until(trouble, True)
    said = caplog.text + str(await reader.room.status())
    assert PASSWORD not in said
    assert "739154" not in said


def test_the_passwords_of_all_accounts_are_secrets_that_must_not_leave(home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text(
        '[imap]\nusername = "a@home.example"\nhost = "a.example"\npassword = "first canary"\n'
        '[imap.accounts.b]\nusername = "b@home.example"\nhost = "a.example"\npassword = "second canary"\n'
    )
    assert {"first canary", "second canary"} <= set(deciding.secrets_of(load_settings(home, {})))
