"""Mails that were damaged by a seeded hand, and what holds for whatever was read from them."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

from mailmcp.mail.parse import attachment_bytes, parse
from mailmcp.mail.text import read
from mailmcp.models import Message

CORPUS = Path(__file__).parent.parent / "corpus"
CORPORA = os.environ.get("MAILMCP_TEST_CORPORA", "")
MB = 1024 * 1024

TOKENS = (
    b"\n--|--\n|\r\n\r\n|\n\n|\r|\0|\xff|\x1b$B|\x1b(B|=?utf-8?B?|=?koi8-r?Q?|?=|=\n|==|''%|begin 644 a\n|\nend\n|"
    b"=ybegin name=a\n|-----BEGIN PGP MESSAGE-----\n|-----BEGIN PGP SIGNED MESSAGE-----\n\n|BEGIN:VEVENT\n|"
    b"From: b@e.test\n|Content-Type: text/html\n|Content-Type: text/calendar\n|Content-Type: message/rfc822\n\n|"
    b"Content-Type: multipart/mixed; boundary=zz\n\n|Content-Type: multipart/alternative\n\n|"
    b"Content-Type: application/pkcs7-mime\n|Content-Transfer-Encoding: base64\n|"
    b"Content-Transfer-Encoding: x-uuencode\n|Content-Transfer-Encoding: quoted-printable\n|"
    b"Content-Disposition: attachment; filename*0*=utf-8''\n|; format=flowed"
).split(b"|")
NAMES = (
    b"utf-8|us-ascii|iso-8859-1|windows-1251|koi8-r|gb2312|big5|shift_jis|euc-kr|iso-2022-jp|utf-7|utf-16|hz-gb-2312|"
    b"unicode-1-1-utf-7|x-unknown|tis-620"
).split(b"|")
MOST = 200_000
"""Octets of a mutated mail: damage, not size, is what is tried here."""


def own_mails() -> list[bytes]:
    """Our own mails; not those that are kept from whoever changes the rules."""
    return [path.read_bytes() for path in sorted([*CORPUS.glob("mime/*.eml"), *CORPUS.glob("codes/dev_*/*.eml")])]


def their_mails() -> list[bytes]:
    """Third-party mails, where they are at hand."""
    return [path.read_bytes() for path in sorted(Path(CORPORA, "mime").glob("*/*.eml"))] if CORPORA else []


def mutated(mails: list[bytes], count: int, seed: int) -> Iterator[bytes]:
    """So many damaged mails, the same ones for the same seed."""
    hand = random.Random(seed)
    for _ in range(count):
        raw = hand.choice(mails)
        for _ in range(hand.randint(1, 6)):
            raw = _damaged(raw, mails, hand)[:MOST]
        yield raw


def _damaged(raw: bytes, mails: list[bytes], hand: random.Random) -> bytes:
    at = hand.randint(0, len(raw))
    end = min(len(raw), at + hand.choice((1, 4, 40, 400)))
    way = hand.randrange(9)
    if way == 0:
        return raw[:at] + raw[end:]
    if way == 1:
        return raw[:at] + hand.randbytes(end - at) + raw[end:]
    if way == 2:
        return raw[:at] + hand.choice(TOKENS) + raw[at:]
    if way == 3:
        return raw[:at] + raw[at:end] * hand.choice((2, 3, 50)) + raw[end:]
    if way == 4:
        return raw[:at]
    if way == 5:
        other = hand.choice(mails)
        return raw[:at] + other[hand.randint(0, len(other)) :]
    if way == 6:
        lines = raw.split(b"\n")
        hand.shuffle(lines[: hand.randint(1, 20)])
        line = hand.randrange(len(lines))
        return b"\n".join([*lines[:line], lines[hand.randrange(len(lines))], *lines[line:]])
    if way == 7:
        return raw.replace(hand.choice(NAMES), hand.choice(NAMES))
    return raw.replace(b"\n", hand.choice((b"\r\n", b"\r", b"\r\r\n")))


def tried(raw: bytes, *, seen: bool = False) -> Message:
    """Parse a mail, fetch its attachments, if asked for look at what is seen of it; hold it to what holds for all."""
    message = parse(raw)
    sound(message)
    codes = {defect.code for defect in message.defects}
    assert not codes & {"unreadable", "mime_unreadable"}
    for attachment in message.attachments:
        fetched, octets = attachment_bytes(raw, attachment.part)
        assert (fetched, len(octets)) == (attachment, attachment.size)
    if seen:
        read(message).visible.encode()
    return message


def sound(message: Message) -> None:
    """What holds for every message whatever its bytes were."""
    assert len(message.text or "") <= MB
    assert len(message.html or "") <= 2 * MB
    assert len(message.attachments) <= 200
    assert len({one.part for one in message.attachments}) == len(message.attachments)
    assert len(message.headers) <= 1000
    assert all(len(value) <= 8192 for _, value in message.headers)
    assert len(message.to) <= 500
    assert len({defect.code for defect in message.defects}) == len(message.defects)
    assert all(defect.detail and len(defect.detail) < 300 for defect in message.defects)
    for attachment in message.attachments:
        name = attachment.filename
        assert name
        assert name == name.strip()
        assert not set(name) & set("/\\\0\r\n")
    for words in (message.subject, message.text, message.html, *(one.name for one in message.from_)):
        (words or "").encode()  # no lone surrogates
    assert not any(ord(letter) < 32 for letter in message.subject)
