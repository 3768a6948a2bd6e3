"""What we sign verifies with another implementation, and nobody can add to it."""

from __future__ import annotations

import dkim
import pytest
from world import NOW, crafted, key, mail

from mailmcp.authenticity import sign
from mailmcp.authenticity.sign import SigningKey
from mailmcp.errors import BadInput

KINDS = [("s1", "ed25519"), ("rsa", "rsa")]


def verified(raw: bytes, *keys: SigningKey) -> list[bool]:
    """What dkimpy says of each signature, from the top; its clock is the machine's."""
    records = {f"{one.name}.".encode(): sign.public_record(one).encode() for one in keys}

    def look_up(name: bytes, timeout: int = 0) -> bytes | None:
        return records.get(name)

    judge = dkim.DKIM(raw)
    results: list[bool] = []
    for place in range(raw.count(b"DKIM-Signature:")):
        try:
            results.append(bool(judge.verify(place, dnsfunc=look_up)))
        except dkim.DKIMException:
            results.append(False)
    return results


@pytest.mark.parametrize(("selector", "kind"), KINDS)
def test_dkimpy_verifies_what_we_sign(selector: str, kind: str) -> None:
    signing = key("bank.example", selector, kind)
    for body in ("Hi.\r\n", "", "\r\n\r\n", "a  b \t\r\n \r\n\r\n", "x" * 5000 + "\r\n", "no line end"):
        raw = sign.sign(mail(body=body), [signing], now=PAST)
        assert verified(raw, signing) == [True], body


PAST = NOW.replace(year=2025)


def test_one_mail_can_carry_both_kinds() -> None:
    keys = [key("bank.example", selector, kind) for selector, kind in reversed(KINDS)]
    raw = sign.sign(mail(), keys, now=PAST)
    assert verified(raw, *keys) == [True, True]
    assert raw.startswith(b"DKIM-Signature: v=1; a=rsa-sha256;")


@pytest.mark.parametrize(("selector", "kind"), KINDS)
@pytest.mark.parametrize(
    "change",
    [
        (b"Hello", b"Hellx"),
        (b"Subject: Your", b"Subject: My"),
        (b"From: Bank", b"From: Tank"),
        (b"\r\nFrom:", b"\r\nSubject: Second\r\nFrom:"),
        (b"\r\nFrom:", b"\r\nReply-To: x@evil.example\r\nFrom:"),
        (b"\r\nFrom:", b"\r\nCc: x@evil.example\r\nFrom:"),
        (b"\r\nFrom:", b"\r\nContent-Disposition: attachment\r\nFrom:"),
        (b"\r\nFrom:", b"\r\nContent-Transfer-Encoding: base64\r\nFrom:"),
    ],
)
def test_whatever_is_changed_or_added_breaks_it(selector: str, kind: str, change: tuple[bytes, bytes]) -> None:
    signing = key("bank.example", selector, kind)
    raw = sign.sign(mail(body="Hello.\r\n"), [signing], now=PAST)
    assert change[0] in raw
    assert verified(raw.replace(*change, 1), signing) == [False]


def test_folded_and_repeated_fields_are_signed_as_they_stand() -> None:
    signing = key("bank.example")
    raw = mail(subject="A very long\r\n subject on\r\n\tthree lines", more=["X-A: 1", "X-A: 2"])
    assert verified(sign.sign(raw, [signing], now=PAST), signing) == [True]


def test_the_lines_of_the_field_are_short() -> None:
    keys = [key("bank.example", selector, kind) for selector, kind in KINDS]
    raw = sign.sign(mail(), keys, now=PAST)
    assert max(map(len, raw.partition(b"From:")[0].split(b"\r\n"))) <= 110


def test_the_message_itself_stays_as_it_is() -> None:
    raw = mail()
    assert sign.sign(raw, [key("bank.example")], now=PAST).endswith(raw)
    assert sign.sign(raw, [], now=PAST) == raw


@pytest.mark.parametrize(
    "raw",
    [
        mail().replace(b"\r\n", b"\n"),
        mail() + b"bare\nline\r\n",
        mail().replace(b"From:", b"X-From:"),
        mail(more=["From: x@evil.example"]),
        b"no header at all",
        b"",
    ],
)
def test_what_no_receiver_could_verify_is_not_signed(raw: bytes) -> None:
    with pytest.raises(BadInput, match="cannot be signed"):
        sign.sign(raw, [key("bank.example")], now=PAST)


def test_keys_are_new_each_time_and_show_nothing_of_themselves() -> None:
    first, second = sign.generate("Bank.Example", "S1", "ed25519"), sign.generate("bank.example", "s1", "ed25519")
    assert first.name == second.name == "s1._domainkey.bank.example"
    assert first.pem != second.pem
    assert "PRIVATE" not in repr(first)
    assert sign.public_record(first).startswith("v=DKIM1; k=ed25519; p=")


def test_an_rsa_key_has_2048_bits() -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    private = load_pem_private_key(key("bank.example", "rsa", "rsa").pem, None)
    assert private.key_size == 2048  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("domain", "selector", "kind"),
    [
        ("", "s", "rsa"),
        ("a b", "s", "rsa"),
        ("a.example", "s s", "rsa"),
        ("a.example", "", "rsa"),
        ("a.example", "s", "dsa"),
    ],
)
def test_a_key_needs_a_place_and_a_known_kind(domain: str, selector: str, kind: str) -> None:
    with pytest.raises(BadInput):
        sign.generate(domain, selector, kind)


def test_a_damaged_key_is_refused_in_words() -> None:
    with pytest.raises(BadInput, match="make a new one"):
        sign.sign(mail(), [SigningKey("bank.example", "s1", b"nothing")], now=PAST)


@pytest.mark.parametrize("canonical", ["simple/simple", "relaxed/relaxed", "simple/relaxed", "relaxed/simple"])
def test_the_canonical_forms_are_those_of_another_implementation(canonical: str) -> None:
    signing = key("bank.example")
    raw = crafted(
        mail(body="a  b \t \r\n\r\n c\r\n\r\n", subject="x\r\n  y"), canonical=canonical, t=str(int(PAST.timestamp()))
    )
    assert verified(raw, signing) == [True]
