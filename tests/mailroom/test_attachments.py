"""Attachments of long mails: taken out in a process of their own, to the byte."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from email.message import EmailMessage
from typing import Any

import pytest

from mailmcp.errors import NotFound, StoreFull, Unsupported
from mailmcp.mail.parse import parse
from mailmcp.models import StoredMessage
from mailmcp.store.judgements import SHORT

pytestmark = pytest.mark.anyio


def mail_with(to: str, *files: tuple[str, str, bytes]) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["X-Sent-By"] = "Bob <bob@app.example>", to, "Files", "a program"
    mail.set_content("Here they are.\n")
    for name, content_type, data in files:
        main, _, sub = content_type.partition("/")
        mail.add_attachment(data, main, sub, filename=name)
    return mail.as_bytes().replace(b"\n", b"\r\n")


async def received(house: Any, *files: tuple[str, str, bytes]) -> tuple[StoredMessage, bytes]:
    inbox = await house.inbox()
    raw = mail_with(inbox, *files)
    return await house.receive(inbox, raw=raw), raw


@pytest.mark.parametrize("size", [1_000, 3 * SHORT])
@pytest.mark.slow
async def test_an_attachment_comes_as_bytes_and_as_a_file_to_the_byte(house, size):
    data = os.urandom(size)
    message, _ = await received(house, ("a.zip", "application/zip", data), ("b.bin", "application/octet-stream", b"b"))
    for name in ("2", "a.zip"):
        attachment, found = await house.room.reading.attachment(message.id, name)
        assert (attachment, found) == (message.attachments[0], data)
    _, content, path = await house.room.reading.attachment_file(message.id, "a.zip")
    assert content.sha256 == hashlib.sha256(data).hexdigest()
    assert path.read_bytes() == data
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.is_relative_to(house.settings.home / "attachments")


@pytest.mark.slow
async def test_the_text_of_a_part_of_a_long_mail_is_read_where_the_part_is_taken_out(house):
    words = "".join(f"line {number}\n" for number in range(3 * SHORT // 10)).encode()
    message, _ = await received(house, ("log.txt", "text/plain", words), ("page.html", "text/html", b"<p>Page</p>"))
    attachment, content, read = await house.room.reading.attachment_text(message.id, "log.txt")
    assert content.sha256 == hashlib.sha256(words).hexdigest()
    assert attachment.filename == "log.txt"
    assert read.text.startswith("line 0\nline 1\n")
    assert (await house.room.reading.attachment_text(message.id, "page.html"))[2].text == "Page"


@pytest.mark.slow
async def test_trouble_with_a_part_of_a_long_mail_is_told_as_with_that_of_a_short_one(house):
    files = (("a.png", "image/png", b"\x89PNG" * SHORT), ("a.png", "image/png", b"\x89PNG"))
    message, _ = await received(house, *files)
    reading = house.room.reading
    with pytest.raises(NotFound, match="no part '9'; its parts are 1, 2, 3"):
        await reading.attachment(message.id, "9")
    with pytest.raises(NotFound, match="2 attachments have the name"):
        await reading.attachment(message.id, "a.png")
    with pytest.raises(Unsupported, match="image/png"):
        await reading.attachment_text(message.id, "2")


async def test_a_file_that_could_not_be_written_to_its_end_is_not_left_behind(house, monkeypatch):
    message, _ = await received(house, ("a.zip", "application/zip", os.urandom(3 * SHORT)))

    def full(_file: object, _piece: bytes, _folder: object) -> None:
        raise StoreFull("The disk is full.")

    monkeypatch.setattr("mailmcp.mailroom.reading._write", full)
    with pytest.raises(StoreFull):
        await house.room.reading.attachment_file(message.id, "2")
    assert [path for path in (house.settings.home / "attachments").rglob("*") if path.is_file()] == []


async def test_without_a_further_process_a_long_mail_says_so(house, monkeypatch):
    message, _ = await received(house, ("a.zip", "application/zip", os.urandom(3 * SHORT)))
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(Unsupported, match="starts no further process"):
        await house.room.reading.attachment(message.id, "2")


async def test_the_header_of_a_long_mail_is_shown_whole(house):
    message, raw = await received(house, ("a.zip", "application/zip", os.urandom(3 * SHORT)))
    shown = await house.room.reading.headers(message)
    assert shown == parse(raw).headers
    assert ("X-Sent-By", "a program") in shown
