"""Bodies without their long runs of base64 lines: cut into the same parts, and to the octet what they were."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailmcp.mail.mime import headers, runs, transfer, tree
from mailmcp.mail.mime.runs import Abridged
from mailmcp.mail.parse import attachment_bytes, parse
from mailmcp.models import Message

CORPUS = Path(__file__).parents[2] / "corpus"
LINE = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5eg=="


def encoded(data: bytes, end: bytes = b"\r\n") -> bytes:
    return base64.encodebytes(data).replace(b"\n", end)


def unabridged(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> Message:
    with monkeypatch.context() as patched:
        patched.setattr(runs, "MIN_BODY", 1 << 40)
        return parse(raw)


LINES = [
    LINE + b"\r\n",
    LINE + b"\n",
    (LINE + b"\r\n") * 9,
    (LINE + b"\n") * 30,
    (LINE + b"\r\n") * 2500,
    LINE + b"\r",
    LINE[:40] + b"\r\r\n",
    b"--b\r\n",
    b"--b--\r\n",
    b"--c\r\n",
    b"\r\n",
    b"words: of a header\r\n",
    b"Content-Type: multipart/mixed; boundary=c\r\n",
    b"Content-Type: message/rfc822\r\n",
    b"Content-Type: text/html\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b" folded\r\n",
    b"\xff\xfe 8-bit\r\n",
    b"\xee\x80\x800\r\n",
    b"=\r\n",
]


@given(numbers=st.lists(st.integers(0, len(LINES) - 1), max_size=25))
def test_any_body_is_cut_as_if_it_had_been_read_line_by_line(numbers: list[int]) -> None:
    head = b"From: a@app.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    raw = head + b"".join(LINES[number] for number in numbers)
    trees: list[list[tuple[str, str, bytes, int | None, list[str]]]] = []
    for least in (1 << 40, 0):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(runs, "MIN_BODY", least)
            block = headers.split(raw)
            root, defects = tree.grow(block, raw[block.body_at :])
            trees.append(
                [
                    (path, part.kind, part.octets, transfer.size(part.pieces(), part.encoding), list(defects))
                    for path, part in tree.walk(root)
                ]
            )
    assert trees[0] == trees[1]


def test_every_mail_of_the_corpus_reads_the_same_with_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    mails = [path.read_bytes() for path in sorted((CORPUS / "mime").rglob("*.eml"))]
    assert mails
    for raw in mails:
        expected = unabridged(raw, monkeypatch)
        with monkeypatch.context() as patched:
            patched.setattr(runs, "MIN_BODY", 0)
            assert parse(raw) == expected


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_what_the_library_is_given_is_small_and_what_comes_back_is_whole(end: bytes) -> None:
    body = b"before" + end + encoded(os.urandom(1_000_000), end) + b"--b--" + end
    abridged = Abridged(body)
    text = "".join(abridged.text())
    assert len(text) < 20_000
    assert b"".join(abridged.pieces(text)) == body


def test_an_attachment_of_a_large_mail_has_its_size_and_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    data = os.urandom(700_001)
    raw = (
        b"From: a@app.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nwords\r\n"
        b"--b\r\nContent-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    raw += encoded(data) + b"--b--\r\n"
    message = parse(raw)
    assert message == unabridged(raw, monkeypatch)
    assert [(one.part, one.size) for one in message.attachments] == [("2", len(data))]
    assert attachment_bytes(raw, "2") == (message.attachments[0], data)


@given(
    data=st.binary(max_size=300), cut=st.integers(1, 90), damage=st.sampled_from([b"", b"=", b"=A", b"\xff", b"QQ="])
)
def test_a_size_that_is_told_without_decoding_is_that_of_the_decoded(data: bytes, cut: int, damage: bytes) -> None:
    body = encoded(data)
    body = body[: len(body) // 2] + damage + body[len(body) // 2 :]
    pieces = [body[start : start + cut] for start in range(0, len(body), cut)]
    told = transfer.size(pieces, "base64")
    decoded, problem = transfer.decode(body, "base64")
    assert told == (len(decoded) if problem is None else None)


def test_padding_between_two_pieces_is_no_size() -> None:
    body = encoded(b"x") + encoded(b"y" * 48)
    assert transfer.decode(body, "base64")[1] == "base64_broken"
    for cut in range(1, len(body)):
        assert transfer.size([body[:cut], body[cut:]], "base64") is None
