"""mbox files in every dialect: each message is one message, and none of them fills the memory."""

from __future__ import annotations

import io
import mailbox
import os
import tracemalloc
from contextlib import closing

import pytest

from mailmcp.mail import boxes, mboxes
from mailmcp.mail.boxes import Boxed, LeftOut

LINE = b"From a@app.example Mon Mar  3 10:20:00 2025\n"
NEXT = b"From b@app.example Mon Mar  3 10:21:00 2025\n"
LARGEST = 1_000_000


def read(path, content: bytes) -> list[bytes]:
    path.write_bytes(content)
    found = list(boxes.read(path, largest=LARGEST))
    assert all(isinstance(one, Boxed) for one in found)
    return [one.raw.replace(b"\r\n", b"\n") for one in found if isinstance(one, Boxed)]


@pytest.mark.parametrize(
    "sentence",
    [
        b"From here on it is ours.\n",
        b"From Monday to Friday at 10:20 we are there.\n",
        b"From a@app.example I heard nothing.\n",
        b"From a@app.example Mon Mar  3 10:20:00 2025 on a line that an empty one does not precede\n",
    ],
)
def test_a_sentence_that_begins_with_from_parts_no_message(tmp_path, sentence):
    empty = b"" if b"precede" in sentence else b"\n"
    body = b"Subject: x\n\nHi\n" + empty + sentence + b"and on\n"
    assert read(tmp_path / "box", LINE + body + b"\n" + NEXT + b"Subject: y\n\nHo\n") == [body, b"Subject: y\n\nHo\n"]


@pytest.mark.parametrize(
    "line",
    [
        b"From - Mon Mar  3 10:20:00 2025\n",
        b"From 1790123@xxx Mon Mar 03 10:20:00 +0000 2025\n",
        b"From ann at app.example  Mon Mar  3 10:20:00 2025\n",
        b'From "ann of here"@app.example Mon Mar 3 10:20 CET 2025 remote from host\n',
        b"From a@app.example Mon, 3 Mar 2025 10:20:00 +0100\n",
        b"From a@app.example Mon Mar  3 10:20:00 2025\r\n",
        b"From \n",
    ],
)
def test_the_lines_that_programs_write_part_messages(tmp_path, line):
    first = line if line == b"From \n" else LINE  # a line without anything counts only where the file begins with it
    end = b"\r\n" if line.endswith(b"\r\n") else b"\n"
    found = read(tmp_path / "box", first + b"Subject: x\n\nHi\n" + end + line + b"Subject: y\n\nHo\n")
    assert found == [b"Subject: x\n\nHi\n", b"Subject: y\n\nHo\n"]


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_length_that_leads_to_the_next_message_covers_lines_like_its_own(tmp_path, end):
    body = b"Hi\n\n" + NEXT + b"Subject: forged\n\n>From here\n"
    head = b"Subject: x\nContent-Length: %d\n\n" % len(body)
    last = b"Subject: y\ncontent-length: 3\n\nHo\n"
    found = read(tmp_path / "box", LINE + head + body + end + NEXT + last + end)
    assert found == [head + body, last]


@pytest.mark.parametrize("length", [0, 2, 20, 10**12])
def test_a_length_that_leads_elsewhere_means_nothing(tmp_path, length):
    first = b"Subject: x\nContent-Length: %d\n\nHi there\n" % length
    assert read(tmp_path / "box", LINE + first + b"\n" + NEXT + b"Subject: y\n\nHo\n") == [
        first,
        b"Subject: y\n\nHo\n",
    ]


def test_a_message_is_unquoted_unless_it_shows_that_it_was_not_quoted(tmp_path):
    quoted = b"Subject: x\n\n>From me\n>>From you\n> From far\n"
    never = b"Subject: y\n\nwords\nFrom me\n>From you\n"
    found = read(tmp_path / "box", LINE + quoted + b"\n" + NEXT + never)
    assert found == [b"Subject: x\n\nFrom me\n>From you\n> From far\n", never]


def test_what_another_program_wrote_is_read_as_it_wrote_it(tmp_path):
    bodies = [b"Subject: %d\n\nHi\n\nFrom me, %d\n" % (one, one) + b"\n" * one for one in range(5)]
    with closing(mailbox.mbox(tmp_path / "box")) as box:
        for body in bodies:
            box.add(mailbox.mboxMessage(body))
    assert read(tmp_path / "box", (tmp_path / "box").read_bytes()) == bodies


def test_a_message_larger_than_allowed_is_named_and_never_in_memory(tmp_path):
    """It has a gigabyte without a line, and then many; those around it are read."""
    path, large = tmp_path / "box", 1_000_000_000
    with path.open("wb") as file:
        file.write(LINE + b"Subject: x\n\nHi\n\n")
        at = file.tell()
        file.write(NEXT + b"Subject: large\n\n")
        file.truncate(file.tell() + large)  # a file with a hole: it takes no room
        file.seek(0, os.SEEK_END)
        file.write(b"\n" + b"word\n" * 100_000 + b"\n" + LINE + b"Subject: y\n\nHo\n")
    tracemalloc.start()
    try:
        first, left, last = boxes.read(path, largest=LARGEST)
        assert tracemalloc.get_traced_memory()[1] < 10 * LARGEST
    finally:
        tracemalloc.stop()
    assert isinstance(first, Boxed)
    assert isinstance(last, Boxed)
    assert (first.raw, last.raw) == (b"Subject: x\r\n\r\nHi\r\n", b"Subject: y\r\n\r\nHo\r\n")
    assert left == LeftOut(what=f"The message at byte {at}", why="is larger than 0 MiB", too_large=True)


def test_a_length_beyond_what_is_allowed_is_passed_over(tmp_path):
    body = b"x" * 2_000_000 + b"\n"
    (tmp_path / "box").write_bytes(LINE + b"Content-Length: %d\n\n" % len(body) + body + b"\n" + NEXT + b"A: b\n\nHo\n")
    left, last = boxes.read(tmp_path / "box", largest=LARGEST)
    assert isinstance(left, LeftOut)
    assert isinstance(last, Boxed)


@pytest.mark.parametrize("content", [LINE, LINE + b"\n", LINE + b"\n" + NEXT, LINE[:-1], b"From \n\n\n\n", LINE * 3])
def test_an_mbox_of_next_to_nothing_ends(content):
    found = list(mboxes.parts(io.BytesIO(content), LARGEST))
    assert 1 <= len(found) <= 2
    assert all((one.octets or b"").strip() in (b"", (LINE * 2).strip()) for one in found)
