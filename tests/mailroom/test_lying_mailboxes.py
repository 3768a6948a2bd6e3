"""Servers that say of their mail what cannot be: old mail is no news, and new mail is."""

from __future__ import annotations

import pytest
from dovecot_server import USER
from letters import code_letter, letter
from tests.mailroom.mailbox_reader import OpenReader, of_toy
from toy_imap import toy

pytestmark = pytest.mark.anyio


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
