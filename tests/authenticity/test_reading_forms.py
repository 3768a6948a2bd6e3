"""What says how a body is read: a signature that leaves it open counts only where nothing can be chosen."""

from __future__ import annotations

import base64
import quopri

import pytest
from world import EVIL_HOST, checked, crafted, envelope, mail

from mailmcp.models import Result

pytestmark = pytest.mark.anyio

ELSEWHERE = envelope("x@evil.example", EVIL_HOST, "mx.evil.example")
PLAIN = b"Content-Type: text/plain; charset=utf-8"
TEXT = "Guten Tag, Ihr Code lautet 482 913. Größe: 5 = gut.\r\n" * 3
FORGEABLE = (
    "Your note =38=38 was kept.\r\nYour code is 123456.\r\n--B\r\nContent-Type: text/plain\r\n\r\n"
    "Your code is 666666: https://evil.example/\r\n--B--\r\n"
)
ALTERNATIVE = (
    "--000abc\r\nContent-Type: text/plain\r\n\r\nYour code is 123456.\r\n"
    "--000abc\r\nContent-Type: text/html\r\n\r\n<p>Your code is 123456.</p>\r\n--000abc--\r\n"
)


def form(*lines: str, body: str, names: tuple[str, ...] = ("from", "to", "subject", "date")) -> bytes:
    """A signed mail whose header has these lines in place of Content-Type."""
    return crafted(
        mail(body=body).replace(PLAIN + b"\r\n", "".join(f"{one}\r\n" for one in lines).encode()), names=names
    )


async def dmarc(raw: bytes) -> tuple[Result, str]:
    results = await checked(raw, envelope_=ELSEWHERE)
    return results.dmarc.result, results.dkim[0].reason.code


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (PLAIN, b"Content-Type: multipart/mixed; boundary=B"),
        (PLAIN, b"Content-Type: multipart/mixed;\r\n\tboundary*=us-ascii''B"),
        (PLAIN, b"Content-Type: text/html"),
        (PLAIN, b"Content-Type: text/plain; charset=utf-7"),
        (PLAIN, b"Content-Type: text/plain; charset=utf-16le"),
        (PLAIN, b"Content-Type: text/plain; charset=iso-2022-jp"),
        (PLAIN, b"Content-Type: text/plain; charset=utf-8; charset=utf-7"),
        (PLAIN, b"Content-Type: text/plain; charset=utf-8 (a comment)"),
        (PLAIN, b"Content-Type: message/rfc822"),
        (PLAIN, b"Content-Type: application/octet-stream"),
        (PLAIN, b"Content-Type: text/calendar"),
        (PLAIN + b"\r\n", b""),  # then it is a text, and its "--B" lines are shown
        (PLAIN, PLAIN + b"\r\nContent-Transfer-Encoding: quoted-printable"),
        (PLAIN, PLAIN + b"\r\nContent-Transfer-Encoding: base64"),
        (PLAIN, PLAIN + b"\r\nContent-Transfer-Encoding: x-uuencode"),
    ],
)
async def test_a_mail_sent_again_with_another_form_proves_nothing(old: bytes, new: bytes):
    genuine = crafted(mail(body=FORGEABLE))
    assert old in genuine
    assert await dmarc(genuine.replace(old, new)) == (Result.POLICY, "dkim_open")


@pytest.mark.parametrize(
    "raw",
    [
        form("Content-Type: text/plain; charset=utf-8", body="Your code is 123456.\r\n"),
        form(body="Your code is 123456.\r\n"),
        form(
            'Content-Type: text/plain; charset="UTF-8"', "Content-Transfer-Encoding: 8bit", body=TEXT.replace("=", "-")
        ),
        form("Content-Type: text/html; charset=utf-8", body="<!DOCTYPE html><p>Your code is 123456.</p>\r\n"),
        form(
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: quoted-printable",
            body=quopri.encodestring(TEXT.replace("\r\n", "\n").encode()).decode().replace("\n", "\r\n"),
        ),
        form(
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64",
            body=base64.encodebytes(TEXT.encode()).decode().replace("\n", "\r\n"),
        ),
        form('Content-Type: multipart/alternative;\r\n boundary="000abc"', body=ALTERNATIVE),
        form(
            "Content-Type: multipart/alternative; boundary=000abc; charset=utf-8",
            body="This is a multi-part message in MIME format.\r\n\r\n" + ALTERNATIVE,
        ),
    ],
    ids=["plain", "none", "8bit", "html", "quoted-printable", "base64", "alternative", "preamble"],
)
async def test_a_body_that_shows_how_it_is_read_needs_no_signature_over_its_form(raw: bytes):
    assert (await dmarc(raw))[0] is Result.PASS


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (ALTERNATIVE, "Content-Type: text/plain"),
        (ALTERNATIVE, "Content-Type: multipart/alternative; boundary=other"),
        ("<html><!-- 666666 --><p>123456\r\n", "Content-Type: text/plain"),
        ("Your code is 12=\r\n3456.\r\n", "Content-Type: text/plain"),
    ],
)
async def test_a_form_that_hides_what_a_body_is_proves_nothing(body: str, line: str):
    assert await dmarc(form(line, body=body)) == (Result.POLICY, "dkim_open")


async def test_a_form_that_is_signed_may_be_anything():
    every = ("from", "to", "subject", "date", "content-type", "content-transfer-encoding")
    assert (await dmarc(crafted(mail(body=FORGEABLE), names=every)))[0] is Result.PASS


async def test_what_spf_proves_needs_no_signature():
    forged = crafted(mail(body=FORGEABLE)).replace(PLAIN, b"Content-Type: multipart/mixed; boundary=B")
    results = await checked(forged)
    assert (results.dkim[0].result, results.dmarc.result) == (Result.POLICY, Result.PASS)
