"""Mails that nobody here wrote: all of them are taken, shown, and kept to the byte."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

THEIRS = Path(os.environ.get("MAILMCP_TEST_CORPORA", "nowhere"), "mime")

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.corpora,
    pytest.mark.skipif(not THEIRS.is_dir(), reason="MAILMCP_TEST_CORPORA does not name a folder with mime/ in it"),
]


def their_mails() -> dict[str, bytes]:
    return {str(path.relative_to(THEIRS)): path.read_bytes() for path in sorted(THEIRS.rglob("*.eml"))}


async def test_every_mail_is_taken_shown_and_kept_to_the_byte(house):
    inbox = await house.inbox()
    mails = their_mails()
    assert len(mails) >= 107
    for name, raw in mails.items():
        stored = await house.receive(inbox, raw=raw)
        assert await house.room.reading.raw(stored.id) == raw, name
        shown = await house.room.reading.conversation(stored.id)
        assert not {defect.code for defect in stored.defects} & {"unreadable", "unreadable_text"}, name
        assert [message.id for message, _ in shown.messages] == [stored.id], name
