"""The header block as signatures see it."""

from __future__ import annotations

import pytest

from mailmcp.authenticity.fields import MAX_BLOCK, MAX_FIELDS, read


def test_fields_keep_their_octets_and_the_body_its_own() -> None:
    found = read(b"From: a@b\r\nSubject:  two\r\n\tlines \r\n\r\nHi\r\n\r\nthere")
    assert [(one.name, one.value, one.unfolded) for one in found.fields] == [
        ("From", b" a@b", b"a@b"),
        ("Subject", b"  two\r\n\tlines ", b"two\tlines"),
    ]
    assert (found.body, found.problem) == (b"Hi\r\n\r\nthere", "")
    assert [one.name for one in found.all("subject")] == ["Subject"]


def test_line_ends_become_those_of_the_wire() -> None:
    assert read(b"A: 1\n 2\n\nx\r\ny\n") == read(b"A: 1\r\n 2\r\n\r\nx\r\ny\r\n")


def test_an_mbox_line_on_top_is_no_field() -> None:
    assert read(b"From a@b Fri Nov 20 12:00:00 2026\r\nFrom: x@y\r\n\r\n") == read(b"From: x@y\r\n\r\n")


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"A: 1\rFrom: x@y\r\n\r\n", "bare CR"),
        (b"A: 1\r\r\n\r\n", "bare CR"),
        (b"A: 1\r\nno field\r\n\r\n", "no field"),
        (b" folded\r\nA: 1\r\n\r\n", "no field"),
        (b"From : x@y\r\n\r\n", "no field"),
        (b": x\r\n\r\n", "no field"),
        (b"\xc3\xa4: x\r\n\r\n", "no field"),
        (b"\r\nA: 1\r\n", "empty"),
        (b"A: 1\r\n" * (MAX_FIELDS + 1) + b"\r\n", "more than"),
        (b"A: " + b"x" * MAX_BLOCK + b"\r\n\r\n", "larger than"),
    ],
)
def test_a_header_that_programs_read_differently_is_named(raw: bytes, problem: str) -> None:
    assert problem in read(raw).problem


def test_a_header_without_an_end_has_no_body() -> None:
    found = read(b"A: 1\r\nB: 2\r\n")
    assert ([one.name for one in found.fields], found.body, found.problem) == (["A", "B"], b"", "")
