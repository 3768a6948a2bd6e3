"""Signed octets that somebody makes read otherwise: by fields that the signature does not cover (RFC 6376 §8.15)."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import pytest
from world import EVIL_HOST, checked, crafted, envelope, mail

from mailmcp.authenticity.reading import LARGEST_TEXT
from mailmcp.models import AuthResults, Result

pytestmark = pytest.mark.anyio

ELSEWHERE = envelope("x@evil.example", EVIL_HOST, "mx.evil.example")
USUAL = ("from", "to", "subject", "date")
TYPE = "Content-Type: text/plain; charset=utf-8\r\n"
CODED = "Content-Transfer-Encoding: {}\r\n"
WORDS = "Dear Ann,\r\nyour code is 123456.\r\n"
HTML = "<!DOCTYPE html>\r\n<html><body><p>Your code is <b>123456</b></p></body></html>\r\n"
PARTS = (
    "--B\r\nContent-Type: text/plain\r\n\r\nYour code is 123456.\r\n"
    "--B\r\nContent-Type: text/html\r\n\r\n<p>Your code is 123456.</p>\r\n--B--\r\n"
)
ALTERNATIVE = 'Content-Type: multipart/alternative; boundary="B"\r\n'
WRAPPED = base64.encodebytes((WORDS * 5).encode()).decode().replace("\n", "\r\n")
TOKEN = base64.b64encode(b"Your code is 999999.\r\n").decode() + "\r\n"


def headed(body: str, type_: str = TYPE, encoding: str = "") -> bytes:
    """A mail with these fields about its body."""
    coded = CODED.format(encoding) if encoding else ""
    return mail(body=body).replace(TYPE.encode(), (type_ + coded).encode())


async def judged(raw: bytes) -> AuthResults:
    return await checked(raw, envelope_=ELSEWHERE)


def changed(signed_: bytes, now: bytes, names: Sequence[str] = USUAL) -> bytes:
    """``signed_`` as it was signed, handed on with the header and body of ``now``."""
    return crafted(signed_, names=names).partition(b"\r\n")[0] + b"\r\n" + now


# What the bank wrote and signed, what somebody made of it, and what the signature covers.
HELD_OPEN = (
    "Hello =31!\r\nYour code is 123456.\r\n--B\r\nContent-Type: text/plain\r\n\r\nYour code is 666666.\r\n--B--\r\n"
)
AROUND = "{0}\r\nYour code is 123456.\r\n{0}\r\n".format("--B\r\nContent-Type: text/plain\r\n\r\n666666\r\n--B--")
HIDDEN = "Your name: =EF=BC=99=EF=BC=99=EF=BC=99.\r\nYour code is 123456.\r\n"
REREAD = {
    "a boundary that stands in the text": (headed(HELD_OPEN), headed(HELD_OPEN, ALTERNATIVE), USUAL),
    "another boundary than the signed one": (
        headed(PARTS, ALTERNATIVE),
        headed(PARTS, ALTERNATIVE.replace("B", "C")),
        USUAL,
    ),
    "a type taken away from a multipart": (headed(PARTS, ALTERNATIVE), headed(PARTS, ""), USUAL),
    "a multipart shown as plain text": (headed(PARTS, ALTERNATIVE), headed(PARTS), USUAL),
    "a digest made of a multipart": (
        headed(PARTS, ALTERNATIVE),
        headed(PARTS, ALTERNATIVE.replace("alternative", "digest")),
        USUAL,
    ),
    "the root of a related part chosen": (
        headed(PARTS, ALTERNATIVE),
        headed(PARTS, 'Content-Type: multipart/related; start="<x>"; boundary="B"\r\n'),
        USUAL,
    ),
    "text read as HTML": (
        headed("Hi <!-- you. Your code is 123456 -->\r\n"),
        headed("Hi <!-- you. Your code is 123456 -->\r\n", "Content-Type: text/html\r\n"),
        USUAL,
    ),
    "HTML read as text": (headed(HTML, "Content-Type: text/html\r\n"), headed(HTML), USUAL),
    "a charset in which ASCII means other words": (
        headed(WORDS),
        headed(WORDS, "Content-Type: text/plain; charset=utf-7\r\n"),
        USUAL,
    ),
    "a charset of wide letters": (headed(WORDS), headed(WORDS, "Content-Type: text/plain; charset=utf-16\r\n"), USUAL),
    "UTF-8 read in another charset": (
        headed("Grüße, Ihr Code ist 123456.\r\n"),
        headed("Grüße, Ihr Code ist 123456.\r\n", "Content-Type: text/plain; charset=gb18030\r\n"),
        USUAL,
    ),
    "an attachment instead of a text": (
        headed(WORDS),
        headed(WORDS, TYPE + "Content-Disposition: attachment; filename=a.html\r\n"),
        USUAL,
    ),
    "a type written so that programs differ": (headed(WORDS), headed(WORDS, "Content-Type: text/(a)plain\r\n"), USUAL),
    "a type with a parameter in parts": (
        headed(WORDS),
        headed(WORDS, "Content-Type: text/plain; charset*0=utf-8\r\n"),
        USUAL,
    ),
    "a boundary in an encoded word": (
        headed(PARTS.replace("--B", "--=?us-ascii?q?B?=")),
        headed(PARTS.replace("--B", "--=?us-ascii?q?B?="), ALTERNATIVE.replace("B", "=?us-ascii?q?B?=")),
        USUAL,
    ),
    "a type with letters that are no ASCII": (
        headed(WORDS),
        headed(WORDS, 'Content-Type: text/plain; charset="utf-8ü"\r\n'),
        USUAL,
    ),
    "a file that is opened by another program": (
        headed(WORDS),
        headed(WORDS, "Content-Type: application/pdf\r\n"),
        USUAL,
    ),
    "an encoding added": (headed(TOKEN), headed(TOKEN, TYPE, "base64"), (*USUAL, "content-type")),
    "escapes that hide digits": (headed(HIDDEN), headed(HIDDEN, TYPE, "quoted-printable"), (*USUAL, "content-type")),
    "escapes that hide ASCII": (
        headed("Name: =36=36\r\n"),
        headed("Name: =36=36\r\n", TYPE, "quoted-printable"),
        (*USUAL, "content-type"),
    ),
    "lines broken where no encoder breaks them": (
        headed("Your code is 66=\r\n6666.\r\n"),
        headed("Your code is 66=\r\n6666.\r\n", TYPE, "quoted-printable"),
        (*USUAL, "content-type"),
    ),
    "delimiters that begin and end a text": (headed(AROUND), headed(AROUND, ALTERNATIVE), USUAL),
    "an encoding that few programs know": (headed(WORDS), headed(WORDS, TYPE, "x-uuencode"), (*USUAL, "content-type")),
    "an encoding taken away": (
        headed("Your code is 12=\r\n3456.\r\n", TYPE, "quoted-printable"),
        headed("Your code is 12=\r\n3456.\r\n"),
        (*USUAL, "content-type"),
    ),
    "base64 taken away": (headed(WRAPPED, TYPE, "base64"), headed(WRAPPED), (*USUAL, "content-type")),
    "an encoding put on a multipart": (
        headed(PARTS, ALTERNATIVE),
        headed(PARTS, ALTERNATIVE, "base64"),
        (*USUAL, "content-type"),
    ),
    "answers that go elsewhere": (
        headed(WORDS),
        b"Reply-To: Bank <alerts@evil.example>\r\n" + headed(WORDS),
        (*USUAL, "content-type", "content-transfer-encoding"),
    ),
    "answers that go to two places": (
        headed(WORDS),
        b"Reply-To: alerts@bank.example, x@evil.example\r\n" + headed(WORDS),
        (*USUAL, "content-type", "content-transfer-encoding"),
    ),
}


@pytest.mark.parametrize("name", REREAD)
async def test_a_signed_mail_that_was_made_to_read_otherwise_is_not_verified(name: str) -> None:
    written, now, names = REREAD[name]
    found = await judged(changed(written, now, names))
    assert found.dkim[0].leaves_open, found.dkim[0].reason
    assert (found.dkim[0].result, found.dmarc.result, found.verified_domain) == (Result.POLICY, Result.POLICY, None)
    assert "does not cover" in found.dmarc.reason.sentence


@pytest.mark.parametrize("name", REREAD)
async def test_the_domain_is_not_accused_of_it(name: str) -> None:
    """It did sign the mail, and SPF may still prove who sent it."""
    written, now, names = REREAD[name]
    assert (await checked(changed(written, now, names))).verified_domain == "bank.example"


OVERSIGNED = (*USUAL, "content-type", "content-type", "content-transfer-encoding", "content-disposition", "reply-to")


@pytest.mark.parametrize("name", REREAD)
async def test_where_the_fields_are_covered_as_not_there_the_change_breaks_the_signature(name: str) -> None:
    written, now, _ = REREAD[name]
    found = await judged(changed(written, now, OVERSIGNED))
    assert found.dkim[0].result in (Result.FAIL, Result.POLICY)
    assert found.verified_domain is None


EVIDENT = {
    "plain text": headed(WORDS),
    "plain text in UTF-8": headed("Grüße, Ihr Code ist 123456.\r\n"),
    "plain text without a type": headed(WORDS, ""),
    "plain text with an encoding of nothing": headed(WORDS, TYPE, "7bit"),
    "plain text, flowed": headed(WORDS, "Content-Type: text/plain; charset=utf-8; format=flowed\r\n"),
    "plain text underlined": headed("Hello!\r\n======\r\nYour code is 123456.\r\n"),
    "plain text with a signature line": headed(WORDS + "-- \r\nThe Bank\r\n"),
    "an old charset": headed(WORDS, "Content-Type: text/plain; charset=iso-8859-15\r\n"),
    "old letters": headed("Gr@", "Content-Type: text/plain; charset=iso-8859-1\r\n").replace(
        b"@\r\n", b"\xfc\xdfe 123456\r\n"
    ),
    "Japanese lines": headed("\x1b$BG'>Z%3!<%I\x1b(B 123456\r\n", "Content-Type: text/plain; charset=iso-2022-jp\r\n"),
    "HTML": headed(HTML, "Content-Type: text/html; charset=utf-8\r\n"),
    "HTML without markup": headed(WORDS, "Content-Type: text/html; charset=utf-8\r\n"),
    "a multipart": headed(PARTS, ALTERNATIVE),
    "a multipart with the usual first line": headed(
        "This is a multi-part message in MIME format.\r\n" + PARTS, ALTERNATIVE, "8bit"
    ),
    "wrapped base64": headed(WRAPPED, TYPE, "base64"),
    "what must be escaped": headed(
        "Gr=C3=BC=C3=9Fe, https://bank.example/?a=3D123456 and a long line th=\r\nat ends=20\r\n=2E\r\n",
        TYPE,
        "quoted-printable",
    ),
    "ordinals": headed("1.=C2=BA piso, 20 m=C2=B2\r\n", TYPE, "Quoted-Printable"),
    "answers to the signer": headed(WORDS).replace(b"To: a@", b"Reply-To: Help <help@mail.bank.example>\r\nTo: a@", 1),
}


@pytest.mark.parametrize("name", EVIDENT)
async def test_a_body_that_speaks_for_itself_is_verified_though_its_type_is_not_signed(name: str) -> None:
    found = await judged(crafted(EVIDENT[name], names=USUAL))
    assert (found.verified_domain, found.dkim[0].leaves_open) == ("bank.example", ())


@pytest.mark.parametrize("name", REREAD)
async def test_any_body_is_verified_when_its_type_and_encoding_are_signed(name: str) -> None:
    """Whatever is signed as it is shown is what the domain said."""
    _, now, _ = REREAD[name]
    names = (*USUAL, "content-type", "content-transfer-encoding", "content-disposition", "reply-to")
    assert (await judged(crafted(now, names=names))).verified_domain == "bank.example"


@pytest.mark.parametrize("body", ["=\r\n", "--B\r\n", "<", "=20\t", "\x1b$B", "= "])
async def test_a_hostile_body_is_looked_at_and_one_beyond_all_measure_is_not(body: str) -> None:
    for type_, encoding in ((TYPE, "quoted-printable"), (ALTERNATIVE, ""), (TYPE, "base64"), (TYPE, "")):
        raw = crafted(headed(body * 20_000, type_, encoding), names=USUAL)
        assert (await judged(raw)).dkim[0].domain == "bank.example"
    whole = headed("Hi. " * (LARGEST_TEXT // 4))
    assert not (await judged(crafted(whole, names=USUAL))).dkim[0].leaves_open
    assert (await judged(crafted(whole + b"Hi.", names=USUAL))).dkim[0].leaves_open
