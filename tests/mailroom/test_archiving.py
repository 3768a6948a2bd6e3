"""Mail of an inbox in files of mail, and back: every byte, nothing twice, and no wait is given old mail."""

from __future__ import annotations

import mailbox
import os
import stat
from contextlib import closing
from datetime import UTC, datetime

import pytest

from mailmcp.errors import BadInput, NotFound
from mailmcp.mailroom import archiving
from mailmcp.mailroom.requests import Search, SendRequest
from mailmcp.store import messages

pytestmark = pytest.mark.anyio
QUOTED = (
    b"From: a@app.example\r\nTo: x@y.example\r\nMessage-ID: <1@app.example>\r\nSubject: Bars\r\n\r\n"
    b"Hi\r\n\r\nFrom here on.\r\n"
)


async def raws_of(house, inbox: str) -> list[bytes]:
    store = house.room._store
    row = next(one.inbox.row for one in await house.room.list_inboxes() if one.inbox.address == inbox)
    return [mail.raw for mail in await store.read(messages.kept_of, row, after=0, limit=1000)]


async def test_a_maildir_brings_every_byte_and_what_was_read_into_another_inbox(house, tmp_path):
    first, second = await house.inbox(), await house.inbox()
    seen = await house.receive(first, subject="Seen")
    await house.receive(first, raw=QUOTED)
    await house.room.reading.mark(seen.id, read=True, add=[], remove=[])
    done = await house.room.archiving.export(first, tmp_path / "out", maildir=True)
    assert (done.received, done.sent) == (2, 0)
    taken = await house.room.archiving.take_in(second, tmp_path / "out")
    assert (taken.stored, taken.known, taken.too_large) == (2, 0, 0)
    assert sorted(await raws_of(house, second)) == sorted(await raws_of(house, first))
    listed = await house.room.reading.find(Search(inbox=second, limit=10))
    assert {one.subject: one.unread for one in listed.threads} == {"Seen": 0, "Bars": 1}


async def test_an_mbox_is_one_that_other_programs_read_and_comes_back_with_sender_and_time(house, tmp_path):
    first, second = await house.inbox(), await house.inbox()
    message = await house.receive(first, raw=QUOTED, mail_from="bounces@app.example")
    await house.room.archiving.export(first, tmp_path / "out.mbox")
    assert stat.S_IMODE((tmp_path / "out.mbox").stat().st_mode) == 0o600
    with closing(mailbox.mbox(tmp_path / "out.mbox", create=False)) as box:
        (read,) = box
        assert (read["subject"], read.get_from().split()[0]) == ("Bars", "bounces@app.example")
    await house.room.archiving.take_in(second, tmp_path / "out.mbox")
    (line,) = (await house.room.reading.find(Search(inbox=second, limit=10))).threads
    ((again, _),) = (await house.room.reading.conversation(line.id)).messages
    assert again.received_at == message.received_at.replace(microsecond=0)
    assert again.subject == "Bars"


async def test_what_was_sent_is_kept_apart_and_is_never_taken_for_sent_again(house, tmp_path):
    first, second = await house.inbox(), await house.inbox()
    await house.room.send(SendRequest(inbox=first, to=(second,), subject="Plan", body="Ours."))
    await house.take(second)
    done = await house.room.archiving.export(first, tmp_path / "out.mbox")
    assert (done.received, done.sent) == (0, 1)
    assert not (tmp_path / "out.mbox").exists()
    third = await house.inbox()
    assert (await house.room.archiving.take_in(third, tmp_path / "out.mbox.sent")).stored == 1
    (line,) = (await house.room.reading.find(Search(inbox=third, limit=10))).threads
    ((message, _),) = (await house.room.reading.conversation(line.id)).messages
    assert not message.outgoing


async def test_an_import_done_again_stores_nothing_twice_and_gives_no_wait_an_old_code(house, tmp_path):
    inbox = await house.inbox()
    box = tmp_path / "old.mbox"
    box.write_bytes(
        b"From bounces@app.example Mon Mar  3 10:20:00 2025\n"
        b"From: App <a@app.example>\nSubject: Your code\n\nYour sign-in code is 482913\n\n"
        b"From MAILER-DAEMON Mon Mar  3 10:21:00 2025\n"
        b"From: App <a@app.example>\nMessage-ID: <2@app.example>\nSubject: News\n\nHello\n"
    )
    assert (await house.room.archiving.take_in(inbox, box)).stored == 2
    again = await house.room.archiving.take_in(inbox, box)
    assert (again.stored, again.known) == (0, 2)
    assert (await house.wait(inbox, tool="wait_for_otp", timeout=0)).message is None
    listed = await house.room.reading.find(Search(inbox=inbox, limit=10))
    assert [one.subject for one in listed.threads] == ["News", "Your code"]
    assert listed.threads[0].last_at == datetime(2025, 3, 3, 10, 21, tzinfo=UTC)


@pytest.mark.parametrize("maildir", [False, True])
async def test_what_was_exported_is_known_where_it_came_from(house, tmp_path, maildir):
    inbox = await house.inbox()
    await house.receive(inbox, raw=QUOTED)
    await house.receive(inbox, raw=QUOTED.replace(b"<1@", b"<2@").replace(b"From here", b">From >here"))
    await house.receive(inbox, raw=b"From: a@app.example\r\nSubject: No id\r\n\r\nHello\r\n")
    before = await raws_of(house, inbox)
    await house.room.archiving.export(inbox, tmp_path / "out", maildir=maildir)
    taken = await house.room.archiving.take_in(inbox, tmp_path / "out")
    assert (taken.stored, taken.known) == (0, 3)
    other = await house.inbox()
    assert (await house.room.archiving.take_in(other, tmp_path / "out")).stored == 3
    assert sorted(await raws_of(house, other)) == sorted(before)


@pytest.mark.parametrize("content", [b"", b"Subject: a mail\n\nHello", b"\x00\xff" * 100])
async def test_what_is_no_file_of_mail_is_refused_in_a_sentence(house, tmp_path, content):
    inbox = await house.inbox()
    (tmp_path / "odd").write_bytes(content)
    with pytest.raises(BadInput, match="is no mbox"):
        await house.room.archiving.take_in(inbox, tmp_path / "odd")
    with pytest.raises(BadInput, match="is no Maildir"):
        await house.room.archiving.take_in(inbox, tmp_path)
    with pytest.raises(BadInput, match="cannot be read"):
        await house.room.archiving.take_in(inbox, tmp_path / "missing")


async def test_nothing_that_is_there_is_written_over(house, tmp_path):
    inbox = await house.inbox()
    await house.receive(inbox)
    (tmp_path / "there").write_text("mine")
    for maildir in (False, True):
        with pytest.raises(BadInput, match="is there already"):
            await house.room.archiving.export(inbox, tmp_path / "there", maildir=maildir)
    assert (tmp_path / "there").read_text() == "mine"
    with pytest.raises(NotFound):
        await house.room.archiving.export("nobody@agents.internal", tmp_path / "new")


async def test_of_an_export_that_could_not_be_finished_nothing_is_left(house, tmp_path):
    inbox = await house.inbox()
    await house.receive(inbox)
    await house.room.send(SendRequest(inbox=inbox, to=(inbox,), subject="Plan", body="Ours."))
    (tmp_path / "out.mbox.sent").write_text("mine")
    with pytest.raises(BadInput, match="is there already"):
        await house.room.archiving.export(inbox, tmp_path / "out.mbox")
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith("out")] == ["out.mbox.sent"]
    assert (tmp_path / "out.mbox.sent").read_text() == "mine"


async def test_a_message_that_is_too_large_is_left_out_and_counted(house, tmp_path, monkeypatch):
    from mailmcp.mailroom import archiving

    monkeypatch.setattr(archiving, "MAX_MESSAGE_BYTES", 200)
    inbox = await house.inbox()
    for name in ("new", "cur", "tmp"):
        (tmp_path / "box" / name).mkdir(parents=True)
    (tmp_path / "box" / "new" / "1").write_bytes(b"Subject: small\n\nx\n")
    (tmp_path / "box" / "new" / "2").write_bytes(b"Subject: large\n\n" + b"x" * 300)
    taken = await house.room.archiving.take_in(inbox, tmp_path / "box")
    assert (taken.stored, taken.too_large) == (1, 1)
    assert taken.left_out == ("new/2 is larger than 0 MiB and was left out.",)


async def test_a_file_that_is_none_is_named_the_rest_comes_in_and_a_second_run_brings_nothing_twice(house, tmp_path):
    inbox = await house.inbox()
    for name in ("new", "cur", "tmp"):
        (tmp_path / "box" / name).mkdir(parents=True)
    for name in "124":
        (tmp_path / "box" / "new" / name).write_bytes(b"Subject: x\n\n%s\n" % name.encode())
    (tmp_path / "box" / "new" / "3").symlink_to(tmp_path / "box" / "new" / "1")
    for stored, known in ((3, 0), (0, 3)):
        taken = await house.room.archiving.take_in(inbox, tmp_path / "box")
        assert (taken.stored, taken.known, taken.unreadable) == (stored, known, 1)
        assert taken.left_out == ("new/3 is no file but a link or a device and was left out.",)


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("From a@app.example Fri Dec 31 23:59:59 -1400 9999", "Fri, 31 Dec 9999 23:59:59 -1400"),
        ("From a@app.example Mon Jan 01 00:00:00 +1400 0001", "Mon, 01 Jan 0100 00:00:00 +1400"),
        ("From a@app.example once upon a time there was", "Fri, 31 Dec 9999 23:59:59 -1200"),
        ("From a@app.example once upon a time there was", "Fri, 31 Dec 99999 23:59:59 +0000"),
    ],
)
async def test_a_mail_of_no_year_that_there_is_comes_in_and_can_be_read(house, tmp_path, line, date):
    inbox, path = await house.inbox(), tmp_path / "in.mbox"
    path.write_text(f"{line}\nFrom: a@app.example\nDate: {date}\nSubject: Odd\n\nx\n\n{line}\nSubject: Next\n\ny\n")
    assert (await house.room.archiving.take_in(inbox, path)).stored == 2
    listed = await house.room.reading.find(Search(inbox=inbox, limit=10))
    assert {one.subject for one in listed.threads} == {"Odd", "Next"}
    for one in listed.threads:
        assert (await house.room.reading.conversation(one.id)).messages


async def test_a_file_of_a_maildir_from_beyond_all_years_comes_in_with_those_behind_it(house, tmp_path):
    inbox = await house.inbox()
    for name in ("cur", "new", "tmp"):
        (tmp_path / "in" / name).mkdir(parents=True)
    for name, subject in (("1", "Odd"), ("2", "Next")):
        (tmp_path / "in" / "new" / name).write_bytes(b"Subject: %s\r\n\r\nx\r\n" % subject.encode())
    try:
        os.utime(tmp_path / "in" / "new" / "1", (10**13, 10**13))
    except (OSError, OverflowError):
        pytest.skip("this file system knows no such time")
    assert (await house.room.archiving.take_in(inbox, tmp_path / "in")).stored == 2
    assert set((await house.room.reading.find(Search(inbox=inbox, limit=10))).threads)


async def test_whoever_waits_for_a_long_import_hears_how_far_it_is(house, tmp_path, monkeypatch):
    monkeypatch.setattr(archiving, "TOLD_EVERY", 2)
    inbox = await house.inbox()
    with closing(mailbox.mbox(tmp_path / "in.mbox")) as box:
        for number in range(5):
            box.add(QUOTED.replace(b"<1@", f"<{number}@".encode()))
    told: list[int] = []
    for _ in range(2):  # the second run brings nothing new, and takes its time as well
        await house.room.archiving.take_in(inbox, tmp_path / "in.mbox", progress=told.append)
    assert told == [2, 4, 2, 4]
