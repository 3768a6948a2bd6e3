"""The pure half of the SMTP server: mail data in any packets, and addresses as MAIL and RCPT have them."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailmcp.backends.spool import Spool
from mailmcp.backends.transaction import NULL_PATH, Limits, MailData, lower_domain, peer_address, split_path

SMALL = Limits(message=1000, line=100)
IN_FILES = Limits(message=1000, line=100, short=10)


def read(*packets: bytes, limits: Limits = SMALL) -> tuple[bytes | str, bytes]:
    """The message or the reply that refuses it, and what came behind the end."""
    data = MailData(limits, Spool(Path(tempfile.gettempdir()), limits.short))
    for number, packet in enumerate(packets):
        behind = data.feed(packet)
        if behind is not None:
            message = data.finish()
            assert data.in_memory <= len(behind) + 5
            assert data.in_file == 0
            return message if isinstance(message, str) else message[:], behind + b"".join(packets[number + 1 :])
    raise AssertionError("no end was found")


def by_lines(stream: bytes) -> tuple[bytes | None, bytes] | None:
    """The same by another way: line after line. None without an end; None as text when it is to be refused."""
    text: list[bytes] = []
    lines = stream.split(b"\r\n")
    for number, line in enumerate(lines[:-1]):
        if line == b".":
            raw = b"".join(text)
            bad = any(byte in line[:-2] for line in text for byte in b"\0\r\n")
            return (None if bad else raw), b"\r\n".join(lines[number + 1 :])
        text.append(line.removeprefix(b".") + b"\r\n")
    return None


@pytest.mark.parametrize("limits", [SMALL, IN_FILES], ids=["in memory", "in a file"])
@given(
    pieces=st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"\r\n.\r\n", b"a", b"\0"]), max_size=30),
    data=st.data(),
)
def test_any_stream_in_any_packets_reads_as_line_by_line(
    limits: Limits, pieces: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(pieces)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=8).map(sorted))
    edges = [0, *cuts, len(stream)]
    packets = [stream[a:b] for a, b in pairwise(edges)]
    expected = by_lines(stream)
    if expected is None:
        with pytest.raises(AssertionError, match="no end"):
            read(*packets, limits=limits)
        return
    message, behind = read(*packets, limits=limits)
    assert behind == expected[1]
    if expected[0] is None:
        assert str(message).startswith("550 5.6.0")
    else:
        assert message == expected[0]


def test_a_dot_alone_is_an_empty_message() -> None:
    assert read(b".\r\nQUIT\r\n") == (b"", b"QUIT\r\n")


def test_a_message_of_exactly_the_limit_is_read_and_one_byte_more_is_not() -> None:
    text = (b"x" * 98 + b"\r\n") * 10
    assert read(text, b".\r\n")[0] == text
    assert str(read(b"x" + text, b".\r\n")[0]).startswith("552 5.3.4")


def test_the_dots_that_travel_doubled_do_not_count_for_the_limit() -> None:
    lines = b".\r\n" * 333
    assert read(b"." + lines.replace(b"\r\n.", b"\r\n.."), b".\r\n")[0] == lines


def test_what_is_too_large_is_not_kept_and_its_end_is_still_found() -> None:
    data = MailData(SMALL, Spool(Path(tempfile.gettempdir()), SMALL.short))
    for _ in range(1000):
        assert data.feed(b"x" * 1000) is None
        assert data.in_memory < 3000
    assert data.feed(b"\r") is None
    assert data.feed(b"\n.") is None
    assert data.feed(b"\r\nNOOP\r\n") == b"NOOP\r\n"
    assert str(data.finish()).startswith("552")


@pytest.mark.parametrize("before", [0, 1, 3, 40])
def test_a_line_of_exactly_the_limit_is_read_and_one_byte_more_is_not(before: int) -> None:
    start = b"ab\r\n" * before
    longest = b"x" * 98 + b"\r\n"
    assert read(start + longest + b"tail\r\n.\r\n")[0] == start + longest + b"tail\r\n"
    assert "line longer than 100" in str(read(start + b"x" + longest + b"tail\r\n.\r\n")[0])


@given(
    lines=st.lists(st.binary(max_size=90).map(lambda line: line.translate(None, b"\r\n\0")), max_size=200),
    cut=st.integers(1, 400),
)
def test_what_grows_past_the_memory_reads_as_what_does_not(lines: list[bytes], cut: int) -> None:
    sizes = Limits(message=100_000, line=100, short=300)
    text = b"".join(line + b"\r\n" for line in lines)
    stuffed = b"".join(b"." * line.startswith(b".") + line + b"\r\n" for line in lines) + b".\r\nNOOP\r\n"
    packets = [stuffed[start : start + cut] for start in range(0, len(stuffed), cut)]
    assert read(*packets, limits=sizes) == (text, b"NOOP\r\n")


@pytest.mark.parametrize("torn", [b"a\rb\r\n", b"a\nb\r\n", b"\n.\n\r\n", b"\r\r\n", b"a\0\r\n"])
@pytest.mark.parametrize("size", [1, 7, 70_000, 300_000])
def test_a_flaw_is_found_wherever_the_packets_are_cut(torn: bytes, size: int) -> None:
    stream = b"x" * 70 + b"\r\n"
    stream = stream * 1500 + torn + stream * 1500 + b".\r\n"
    packets = [stream[start : start + size] for start in range(0, len(stream), size)]
    assert str(read(*packets, limits=Limits())[0]).startswith("550 5.6.0")


def test_a_long_message_leaves_the_memory_and_a_file_of_its_owner_alone_holds_it(tmp_path: Path) -> None:
    limits = Limits(short=100_000)
    data = MailData(limits, Spool(tmp_path, limits.short))
    for _ in range(300):
        assert data.feed(b"x" * 998 + b"\r\n" + b"y" * 9_998 + b"\r\n") is None
        assert data.in_memory < 200_000
    assert data.in_file > 3_000_000
    named = list(tmp_path.iterdir())
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in named)
    assert data.feed(b".\r\n") == b""
    message = data.finish()
    assert message[:] == (b"x" * 998 + b"\r\n" + b"y" * 9_998 + b"\r\n") * 300
    del message
    assert list(tmp_path.iterdir()) == []


class FullSpool(Spool):
    """A spool on a disk that has no room."""

    def __init__(self, folder: Path, code: int) -> None:
        super().__init__(folder, 0)
        self.code = code

    def add(self, data: bytes) -> None:
        raise OSError(self.code, os.strerror(self.code))


@pytest.mark.parametrize(("code", "reply"), [(errno.ENOSPC, "452 4.3.1"), (errno.EIO, "451 4.3.0")])
def test_a_disk_that_takes_no_more_refuses_the_message_for_now(tmp_path: Path, code: int, reply: str) -> None:
    data = MailData(SMALL, FullSpool(tmp_path, code))
    assert data.feed(b"Subject: x\r\n\r\nwords\r\n" * 30) is None
    assert data.feed(b"\r\n.\r\nNOOP\r\n") == b"NOOP\r\n"
    assert str(data.finish()).startswith(reply)


@pytest.mark.parametrize(
    ("argument", "address", "rest"),
    [
        ("<a@b.example>", "a@b.example", ""),
        (" <a@b.example> SIZE=10 BODY=8BITMIME", "a@b.example", "SIZE=10 BODY=8BITMIME"),
        ("<>", NULL_PATH, ""),
        ("<> SIZE=1", NULL_PATH, "SIZE=1"),
        ("a@b.example", "a@b.example", ""),
        ("<@relay.example,@other.example:a@b.example>", "a@b.example", ""),
        ('<"a b>\\" c"@b.example>', '"a b>\\" c"@b.example', ""),
        ('<"a.b"@b.example>', "a.b@b.example", ""),
        ('<"a\\b"@b.example>', "ab@b.example", ""),
        ('<"a..b"@b.example>', '"a..b"@b.example', ""),
        ("<a..b.@docs.example>", "a..b.@docs.example", ""),
        ("<bounce+a=b.example@list.example>", "bounce+a=b.example@list.example", ""),
        ("<a@[192.0.2.1]>", "a@[192.0.2.1]", ""),
        ("<jörg@bücher.example>", "jörg@bücher.example", ""),
        ("<Postmaster>", "Postmaster", ""),
    ],
)
def test_well_formed_paths_are_taken(argument: str, address: str, rest: str) -> None:
    assert split_path(argument) == (address, rest)


@pytest.mark.parametrize(
    "argument",
    [
        "",
        "<a@b.example",
        "a@b.example>",
        "<a>",
        "<a b@c.example>",
        "<a@b@c.example>",
        "<@b.example>",
        "<a@>",
        "<a@b.example>SIZE=1",
        "<a@b.example> RCPT\rTO",
        "<a@b.example\0>",
        "<a@b\u2028.example>",
        "<a@b.example\udcff>",
        "<(comment)a@b.example>",
        "<a@b.example> <c@d.example> \u00b2",
        '<"a@b.example>',
        "<a\x1b[31m@b.example>",
    ],
)
def test_malformed_paths_are_not(argument: str) -> None:
    assert split_path(argument) == (None, None)


@given(st.text(max_size=1000))
def test_no_argument_of_any_kind_breaks_the_reading_of_paths(argument: str) -> None:
    address, rest = split_path(argument)
    assert (address is None) == (rest is None)


def test_only_the_domain_is_lowered() -> None:
    assert lower_domain("Ann@Example.TEST") == "Ann@example.test"
    assert lower_domain('"A@B"@Example.TEST') == '"A@B"@example.test'


def test_a_peer_is_named_as_spf_knows_it() -> None:
    assert peer_address("192.0.2.7") == "192.0.2.7"
    assert peer_address("::ffff:192.0.2.7") == "192.0.2.7"
    assert peer_address("fe80::1%eth0") == "fe80::1"
