"""The server's certificate, as those see it who deliver to it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.backends.certificates import made

from mailmcp.authenticity import certificate
from mailmcp.models import Standing

NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("name", "days", "standing", "words"),
    [
        ("mail.shop.example", 90, Standing.FINE, "until"),
        ("*.shop.example", 90, Standing.FINE, "until"),
        ("mail.shop.example", 5, Standing.WEAK, "renew it"),
        ("mail.shop.example", -1, Standing.WRONG, "ended on"),
        ("shop.example", 90, Standing.WRONG, "not for mail.shop.example"),
        ("*.example", 90, Standing.WRONG, "not for mail.shop.example"),
    ],
)
def test_a_certificate_is_judged_by_its_names_and_its_time(
    tmp_path: Path, name: str, days: int, standing: Standing, words: str
) -> None:
    found = certificate.judge(
        made(tmp_path, name, days=days, issuer="Some CA").read_bytes(), "mail.shop.example", now=NOW
    )
    assert (found.standing, found.stops) == (standing, False)
    assert words in found.sentence


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"begins": 5}, "is not valid before"),
        ({"named": False}, "names no host"),
        ({"days": -1}, "ended on"),
        ({"issuer": None}, "signed by itself"),
    ],
)
def test_what_a_server_does_with_a_certificate_that_proves_nothing_is_said(
    tmp_path: Path, how: dict[str, Any], words: str
) -> None:
    pem = made(tmp_path, **{"issuer": "Some CA"} | how).read_bytes()
    found = certificate.judge(pem, "mail.shop.example", now=NOW)
    assert (found.standing, words in found.sentence) == (Standing.WRONG, True)
    assert "The server encrypts with it, but who insists on a genuine one delivers nothing." in found.sentence


@pytest.mark.parametrize(
    "pem", [b"", b"no PEM", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"\xff\x00"]
)
def test_a_file_that_holds_no_certificate_is_said_to_hold_none(pem: bytes) -> None:
    found = certificate.judge(pem, "mail.shop.example", now=NOW)
    assert (found.standing, found.sentence.endswith("holds no certificate that can be read.")) == (Standing.WRONG, True)
