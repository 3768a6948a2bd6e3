"""Mails with random damage, always the same: whatever comes, the judge ends and what it says can be stored."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import random
import time
from pathlib import Path

import pytest

from mailmcp.mailroom import judging
from mailmcp.models import Source

CORPUS = Path(__file__).parent.parent / "corpus"
THEIRS = Path(os.environ.get("MAILMCP_TEST_CORPORA", "nowhere"), "mime")
LARGEST = 300_000
SLOW_SECONDS = 0.5
"""Of CPU: such a mail is named in the log; it decides nothing, since machines differ."""

SCRAPS = (
    *(b"\r\n", b"\r\n\r\n", b"--", b"=?utf-8?B?", b"=?utf-8?Q?", b"?=", b"=\r\n", b"=3D", b"\x00", b"\xff", b"\x1b$B"),
    *(b"Content-Type: multipart/mixed; boundary=", b"\r\nContent-Transfer-Encoding: base64\r\n", b"charset=utf-7"),
    *(b"From: ", b"\r\nSubject: ", b"\r\nReferences: ", b"<x@y>", b"@", b"(", b")", b";", b",", b"\\", b'"', b"'"),
    *(b"<div>", b"</div>", b"<table><tr><td>", b"<style>", b"<!--", b"-->", b"&#", b"<a href=", b"<", b">", b"{", b"}"),
    *(b'style="display:none;', b"font-size:0;", b"https://a.example/", b"0" * 30, b"1 " * 30, b"code ", b"A" * 200),
    *(b"> ", b">" * 20, b"On x wrote:", b"-----Original Message-----\r\n", b"_" * 20, b" " * 50, b"\t", b":"),
    *(b"\xe2\x80\x8b", b"begin 644 a\r\n", b"=ybegin line=128 size=1 name=a\r\n"),
)
SWAPS = (
    *(b"charset", b"boundary", b"base64", b"quoted-printable", b"text/html", b"text/plain", b"multipart/alternative"),
    *(b"7bit", b"utf-8", b"message/rfc822", b"utf-16", b"utf-7", b"hz", b"x-uuencode", b"text/calendar", b""),
)


def originals() -> list[bytes]:
    paths = [path for path in CORPUS.rglob("*.eml") if "held_out" not in path.parts]
    paths += THEIRS.rglob("*.eml") if THEIRS.is_dir() else ()
    return [path.read_bytes() for path in sorted(paths)]


def damaged(chance: random.Random, mails: list[bytes]) -> bytes:
    """A mail after one to sixty accidents."""
    mail = bytearray(chance.choice(mails))
    for _ in range(chance.choice((1, 1, 2, 3, 5, 8, 20, 60))):
        start = chance.randrange(len(mail) + 1)
        end = min(len(mail), start + chance.choice((1, 4, 20, 200, 2000)))
        piece = bytes(mail[start:end])
        match chance.randrange(9):
            case 0:
                mail[start:end] = b""
            case 1:
                mail[start:start] = piece * chance.choice((2, 10, 100, 1000))
            case 2:
                mail[start:start] = chance.choice(SCRAPS) * chance.choice((1, 1, 3, 50, 2000, 20_000))
            case 3:
                mail[start:end] = chance.randbytes(len(piece))
            case 4:
                other = chance.choice(mails)
                at = chance.randrange(len(other) + 1)
                mail[start:start] = other[at : at + chance.choice((50, 500, 5000))]
            case 5:
                mail[start:start] = b"".join(chance.choices(SCRAPS, k=chance.choice((5, 100, 5000))))
            case 6:
                mail = mail.replace(*chance.choice(((b"\r\n", b"\n"), (b"\n", b"\r\n"), (b"\r\n", b"\r"))))
            case 7:
                old = chance.choice(SWAPS[:9])
                mail = mail.replace(old, chance.choice(SWAPS), chance.choice((1, 10)))
            case _:
                mail[:] = mail[start:] + mail[:start]
        del mail[LARGEST:]
    return bytes(mail)


def judge_some(count: int, seed: int, caplog: pytest.LogCaptureFixture) -> None:
    chance, mails = random.Random(seed), originals()
    assert mails
    slow: list[str] = []
    for number in range(count):
        raw = damaged(chance, mails)
        began = time.process_time()
        found = judging.judge(raw, source=Source.SMTP, peer="192.0.2.1", outgoing=False)
        if (seconds := time.process_time() - began) > SLOW_SECONDS:
            slow.append(f"mail {number} of seed {seed}: {seconds:.2f} s for {len(raw)} bytes")
        trouble = [record.getMessage() for record in caplog.records]
        assert trouble == [], f"mail {number} of seed {seed}"
        codes = {defect.code for defect in (*found.message.defects, *found.channels.defects)}
        assert not codes & {"unreadable", "unreadable_text"}, f"mail {number} of seed {seed}"
        # Lone surrogates could not be stored.
        json.dumps(dataclasses.asdict(found), ensure_ascii=False, default=str).encode()
    for line in slow:
        logging.getLogger("fuzz").warning(line)


@pytest.mark.slow
def test_fifty_damaged_mails_are_judged(caplog: pytest.LogCaptureFixture) -> None:
    judge_some(50, 1, caplog)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", [2, 3])
def test_a_thousand_damaged_mails_are_judged(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    judge_some(1000, seed, caplog)
