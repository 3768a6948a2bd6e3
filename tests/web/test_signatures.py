"""Signatures of providers: known answers, one byte changed, the time, and two secrets."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mailmcp.models import HookForm, HookSigning
from mailmcp.web.signatures import WINDOW, why_not

NOW = 1_780_000_000
SECRETS = ("whsec_b2xkIHNlY3JldCBvZiBhIHRlc3Q=", "whsec_bmV3IHNlY3JldCBvZiBhIHRlc3Q=")
Signed = dict[str, list[str]]
Sign = Callable[[str, bytes, float], Signed]


def plain_hmac(key: bytes, message: bytes) -> bytes:
    """RFC 2104 by hand, so that the answers of these tests are not those of the code's own call."""
    key = hashlib.sha256(key).digest() if len(key) > 64 else key
    key = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(one ^ 0x36 for one in key) + message).digest()
    return hashlib.sha256(bytes(one ^ 0x5C for one in key) + inner).digest()


def svix(secret: str, body: bytes, at: float) -> Signed:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = base64.b64encode(plain_hmac(key, f"msg_1.{at:.0f}.".encode() + body)).decode()
    return {"svix-id": ["msg_1"], "svix-timestamp": [f"{at:.0f}"], "svix-signature": [f"v1,{mac}"]}


def seconds(secret: str, body: bytes, at: float) -> Signed:
    return {"x-e2a-signature": [f"t={at:.0f},v1={plain_hmac(secret.encode(), f'{at:.0f}.'.encode() + body).hex()}"]}


def thousandths(secret: str, body: bytes, at: float) -> Signed:
    stamp = f"{at * 1000:.0f}"
    mac = plain_hmac(secret.encode(), f"{stamp}.".encode() + body).hex()
    return {"x-mailkite-signature": [f"t={stamp},v1={mac}"]}


def in_body(secret: str, body: bytes, at: float) -> Signed:
    return {"x-agentsend-signature": [plain_hmac(secret.encode(), body).hex()]}


SCHEMES: dict[str, tuple[HookSigning, Sign]] = {
    "agentmail": (HookSigning(form=HookForm.SVIX, header="svix"), svix),
    "e2a": (HookSigning(form=HookForm.STAMPED, header="x-e2a-signature"), seconds),
    "mailkite": (HookSigning(form=HookForm.STAMPED, header="x-mailkite-signature", milliseconds=True), thousandths),
    "agentsend": (HookSigning(form=HookForm.BODY, header="x-agentsend-signature"), in_body),
}
SYSTEMS = sorted(SCHEMES)


def with_secrets(system: str, *secrets: str) -> HookSigning:
    signing = SCHEMES[system][0]
    return HookSigning(
        form=signing.form, header=signing.header, milliseconds=signing.milliseconds, secrets=secrets or SECRETS[:1]
    )


def body_at(at: float) -> bytes:
    return json.dumps({"event": "message.received", "id": "evt_1", "timestamp": int(at * 1000)}).encode()


def signed(system: str, secret: str = SECRETS[0], at: float = NOW) -> tuple[Signed, bytes]:
    body = body_at(at)
    return SCHEMES[system][1](secret, body, at), body


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_the_provider_signed_is_taken_and_one_byte_else_is_not(system):
    headers, body = signed(system)
    signing = with_secrets(system)
    assert why_not(signing, headers, body, NOW) is None
    for at in range(len(body)):
        other = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        assert why_not(signing, headers, other, NOW) is not None, at
    assert why_not(signing, headers, body + b" ", NOW) is not None
    assert why_not(signing, headers, b"", NOW) is not None


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(
    ("off", "taken"), [(0, True), (WINDOW, True), (-WINDOW, True), (WINDOW + 1, False), (-WINDOW - 1, False)]
)
def test_a_request_counts_five_minutes_whichever_clock_is_ahead(system, off, taken):
    headers, body = signed(system)
    assert (why_not(with_secrets(system), headers, body, NOW + off) is None) is taken


@pytest.mark.parametrize("system", SYSTEMS)
def test_while_the_secret_is_changed_the_old_and_the_new_one_count(system):
    for secret in SECRETS:
        headers, body = signed(system, secret)
        assert why_not(with_secrets(system, *SECRETS), headers, body, NOW) is None
    headers, body = signed(system, SECRETS[1])
    assert why_not(with_secrets(system, SECRETS[0]), headers, body, NOW) is not None


@pytest.mark.parametrize("system", SYSTEMS)
def test_without_a_secret_nothing_is_taken(system):
    headers, body = signed(system, "")
    nothing = HookSigning(form=SCHEMES[system][0].form, header=SCHEMES[system][0].header, secrets=())
    assert why_not(nothing, headers, body, NOW) is not None


@pytest.mark.parametrize("system", ["e2a", "mailkite"])
def test_one_of_several_signatures_is_enough_and_a_flood_of_them_is_not(system):
    headers, body = signed(system)
    name = SCHEMES[system][0].header
    stamp, mac = headers[name][0].split(",")
    other = "v1=" + "0" * 64
    signing = with_secrets(system)
    assert why_not(signing, {name: [f"{stamp},{other},{mac}"]}, body, NOW) is None
    assert why_not(signing, {name: [f"{stamp}, {mac},{other}"]}, body, NOW) is None
    assert why_not(signing, {name: [",".join([stamp, *[other] * 50, mac])]}, body, NOW) is not None
    assert why_not(signing, {name: [f"{stamp},{stamp},{mac}"]}, body, NOW) is not None


def test_several_signatures_of_svix_stand_in_one_field():
    headers, body = signed("agentmail")
    mac = headers["svix-signature"][0]
    signing = with_secrets("agentmail")
    assert why_not(signing, {**headers, "svix-signature": [f"v1,AAAA v1a,{mac[3:]} {mac}"]}, body, NOW) is None
    assert why_not(signing, {**headers, "svix-signature": [f"v2,{mac[3:]}"]}, body, NOW) is not None
    assert why_not(signing, {**headers, "svix-id": ["msg_2"]}, body, NOW) is not None
    assert why_not(signing, {**headers, "svix-timestamp": [str(NOW + 1)]}, body, NOW) is not None


def test_a_secret_that_is_no_base64_is_not_an_empty_key():
    body = body_at(NOW)
    for secret in ("whsec_???", "whsec_"):
        mac = base64.b64encode(plain_hmac(b"", f"msg_1.{NOW}.".encode() + body)).decode()
        headers = {"svix-id": ["msg_1"], "svix-timestamp": [str(NOW)], "svix-signature": [f"v1,{mac}"]}
        assert why_not(with_secrets("agentmail", secret), headers, body, NOW) is not None


@pytest.mark.parametrize("system", SYSTEMS)
def test_odd_headers_are_refused_without_an_error(system):
    headers, body = signed(system)
    signing = with_secrets(system)
    assert why_not(signing, {}, body, NOW) == "it has no signature"
    odd = ["", ",", "=", "t=", "t=1", "v1=", "t=x,v1=y", "é", "\udcff", "0" * 64, "t=" + "9" * 400 + ",v1=" + "0" * 64]
    for name in headers:
        for value in odd:
            assert why_not(signing, {**headers, name: [value]}, body, NOW) is not None
        assert why_not(signing, {**headers, name: [*headers[name], *headers[name]]}, body, NOW) is not None


@pytest.mark.parametrize("time", [None, "1780000000000", True, 1.78e12, [], "soon"])
def test_a_body_that_says_no_time_is_not_fresh(time):
    body = json.dumps({"timestamp": time}).encode()
    assert why_not(with_secrets("agentsend"), in_body(SECRETS[0], body, NOW), body, NOW) is not None
    for odd in (b"[1780000000000]", b"\xff", b"[" * 100_000):
        assert why_not(with_secrets("agentsend"), in_body(SECRETS[0], odd, NOW), odd, NOW) is not None


def test_the_independent_hmac_of_this_file_is_hmac():
    for key in (b"k", b"k" * 200):
        assert plain_hmac(key, b"message") == hmac.digest(key, b"message", "sha256")


# --- known answers that are not ours to commit ------------------------------------------------------------------------

KEPT = Path(os.environ.get("MAILMCP_TEST_CORPORA", "")).parent / "reference" / "providers" / "vectors.json"
FORMS = {"svix-v1": (HookForm.SVIX, "svix"), "t-v1-hex": (HookForm.STAMPED, None), "body-hex": (HookForm.BODY, None)}


@pytest.mark.corpora
def test_known_answers_hold_and_only_for_their_body():
    if not KEPT.is_file():
        pytest.skip("the known answers are not here")
    vectors: list[dict[str, Any]] = json.loads(KEPT.read_text("utf-8"))["vectors"]
    ours = [one for one in vectors if one["scheme"] in FORMS and one["status"] == "current"]
    assert {one["system"] for one in ours} >= set(SCHEMES)
    for one in ours:
        form, header = FORMS[one["scheme"]]
        signing = HookSigning(
            form=form,
            header=header or one["signature_header"].lower(),
            milliseconds=one.get("timestamp_unit") == "ms",
            secrets=(one["secret"],),
        )
        headers = {name.lower(): [value] for name, value in one["headers"].items()}
        headers.setdefault(one["signature_header"].lower(), [one["expected"]])
        body = one["body"].encode()
        assert why_not(signing, headers, body, one["now"]) is None, one["id"]
        assert why_not(signing, headers, body, one["now"] + one["tolerance_s"] + 1) is not None, one["id"]
        assert why_not(signing, headers, body.replace(b'"', b"'", 1), one["now"]) is not None, one["id"]
