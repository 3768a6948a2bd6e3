"""Servers that say of their mail what cannot be: old mail is no news, and new mail is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import dovecot_server
import pytest
from dovecot_server import USER
from letters import code_letter, letter
from tests.mailroom.mailbox_reader import RHYTHM, OpenReader, of_toy
from toy_imap import toy

from mailmcp.backends.mailbox import attending
from mailmcp.mailroom.requests import Search

pytestmark = pytest.mark.anyio
LONG_AGO = datetime(2020, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize("said", ["01-Jan-1970 00:00:00 +0000", "01-Jan-2099 00:00:00 +0000", "no time at all"])
async def test_what_lies_there_with_an_impossible_time_is_no_news(open_reader: OpenReader, said: str) -> None:
    async with toy(received=said) as server:
        written = {"Date": "Tue, 03 Feb 2026 10:00:00 +0000"}
        server.add(code_letter(USER, "111111", headers=written))
        server.add(letter(USER, subject="old", headers={"Date": "Fri, 01 Jan 2100 10:00:00 +0000"}))
        reader = await open_reader(of_toy(server))
        await reader.stored(2)
        assert (await reader.wait(tool="wait_for_otp", timeout=0.2)).message is None
        assert (await reader.wait(timeout=0.2)).message is None
        assert await reader.subjects() == ["old", "Your code"]
        server.add(letter(USER, subject="new"))
        assert await reader.further() == "new"


@pytest.mark.slow
async def test_a_search_while_older_mail_is_still_being_fetched_asks_the_server(
    open_reader: OpenReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attending, "NEWEST", 5)
    with dovecot_server.running() as server:
        with server.session() as client:
            for number in range(250):
                text = "A needle." if number == 2 else "Some hay."
                client.append("INBOX", letter(USER, subject=f"old {number}", text=text), (), LONG_AGO)
        reader = await open_reader(server.environment(), rhythm=replace(RHYTHM, glance=60, renew=60))  # then it rests

        async def some() -> bool:
            return any(one.stored for one in (await reader.room.status()).accounts)

        await reader.until(some, True)
        found = await reader.room.reading.find(Search(query="needle"))
        assert [one.subject for one in found.threads] == ["old 2"]
        (said,) = found.searched
        assert said.endswith(" older mail(s): 1 found.")


async def test_old_mail_that_somebody_copies_in_is_no_news(open_reader: OpenReader) -> None:
    with dovecot_server.running() as server:
        reader = await open_reader(server.environment())
        server.deliver(subject="first")
        assert (await reader.wait()).message is not None
        with server.session() as client:
            client.append("INBOX", code_letter(USER, "990011"), (), LONG_AGO)
        server.deliver(subject="second")
        assert await reader.further() == "second"
        await reader.stored(3)
        assert (await reader.wait(tool="wait_for_otp", timeout=0.2)).message is None
        assert await reader.subjects() == ["second", "first", "Your code"]
