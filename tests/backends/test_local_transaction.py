"""The pure half of the SMTP server: mail data in any packets, and addresses as MAIL and RCPT have them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailmcp.backends.transaction import NULL_PATH, Limits, MailData, lower_domain, peer_address, split_path

SMALL = Limits(message=1000, line=100)


def read(*packets: bytes, limits: Limits = SMALL) -> tuple[bytes | str, bytes]:
    """The message or the reply that refuses it, and what came behind the end."""
    data = MailData(limits)
    for number, packet in enumerate(packets):
        behind = data.feed(packet)
        if behind is not None:
            return data.finish(), behind + b"".join(packets[number + 1 :])
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


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"\r\n.\r\n", b"a", b"\0"]), max_size=30), st.data())
def test_any_stream_in_any_packets_reads_as_line_by_line(pieces: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(pieces)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=8).map(sorted))
    edges = [0, *cuts, len(stream)]
    packets = [stream[a:b] for a, b in pairwise(edges)]
    expected = by_lines(stream)
    if expected is None:
        with pytest.raises(AssertionError, match="no end"):
            read(*packets)
        return
    message, behind = read(*packets)
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
    data = MailData(SMALL)
    for _ in range(1000):
        assert data.feed(b"x" * 1000) is None
        assert data.held < 3000
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
