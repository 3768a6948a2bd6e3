"""Whether a provider signed a request: over the raw body, before anything in it is read.

Every comparison is made in constant time, with every secret that counts and every signature that is given, so that how
long it takes tells nothing about either.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from mailmcp.models import HookForm, HookSigning

WINDOW = 300
"""Seconds that the time of a request may differ from ours, either way."""
MOST_SIGNATURES = 8
"""Of one request: a provider gives two while its secret is being changed."""
SECRET_PREFIX = "whsec_"  # noqa: S105 - what secrets begin with
_TIME = re.compile(r"[0-9]{1,15}")
_HEX = re.compile(r"[0-9a-f]{64}")

Headers = Mapping[str, Sequence[str]]
"""Lower-case name -> the values of every field of that name."""


def why_not(signing: HookSigning, headers: Headers, body: bytes, now: float) -> str | None:
    """What is wrong with a request, for the log alone; None when it is signed and fresh."""
    if signing.form is HookForm.SVIX:
        return _svix(signing, headers, body, now)
    given = _one(headers, signing.header)
    if given is None:
        return "it has no signature"
    if signing.form is HookForm.STAMPED:
        return _stamped(signing, given, body, now)
    return _body(signing, given, body, now)


def _svix(signing: HookSigning, headers: Headers, body: bytes, now: float) -> str | None:
    id_, time, given = (_one(headers, f"{signing.header}-{what}") for what in ("id", "timestamp", "signature"))
    if not id_ or not time or not given:
        return "it has no signature"
    signed = f"{id_}.{time}.".encode("utf-8", "replace") + body
    expected = [base64.b64encode(_mac(key, signed)) for key in map(_decoded, signing.secrets) if key]
    versions = [one.removeprefix("v1,") for one in given.split() if one.startswith("v1,")]
    if not _any_equal(expected, versions):
        return "its signature is another"
    return _stale(time, 1, now)


def _stamped(signing: HookSigning, given: str, body: bytes, now: float) -> str | None:
    fields = [field.strip().partition("=") for field in given.split(",")]
    times = [value for name, _, value in fields if name == "t"]
    if len(times) != 1:
        return "its signature has no one time"
    signed = f"{times[0]}.".encode("utf-8", "replace") + body
    expected = [_mac(secret.encode(), signed).hex().encode() for secret in signing.secrets]
    if not _any_equal(expected, [value for name, _, value in fields if name == "v1" and _HEX.fullmatch(value)]):
        return "its signature is another"
    return _stale(times[0], 1000 if signing.milliseconds else 1, now)


def _body(signing: HookSigning, given: str, body: bytes, now: float) -> str | None:
    expected = [_mac(secret.encode(), body).hex().encode() for secret in signing.secrets]
    if not _HEX.fullmatch(given) or not _any_equal(expected, [given]):
        return "its signature is another"
    try:  # only now: the provider wrote it
        read: Any = json.loads(body)
    except (ValueError, RecursionError):
        return "it is no JSON"
    time: Any = cast(dict[str, Any], read).get("timestamp") if isinstance(read, dict) else None
    if not isinstance(time, int) or isinstance(time, bool):
        return "it has no time"
    return _stale(str(time), 1000, now)


def _stale(time: str, unit: int, now: float) -> str | None:
    if not _TIME.fullmatch(time):
        return "its time is no number"
    return None if abs(now - int(time) / unit) <= WINDOW else "its time is not ours: it is old, or a clock is wrong"


def _one(headers: Headers, name: str) -> str | None:
    values = headers.get(name, ())
    return values[0].strip() if len(values) == 1 else None


def _mac(key: bytes, signed: bytes) -> bytes:
    return hmac.digest(key, signed, "sha256")


def _decoded(secret: str) -> bytes:
    """The key that a secret of SVIX stands for; nothing when it is no base64."""
    text = secret.removeprefix(SECRET_PREFIX)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _any_equal(expected: Iterable[bytes], given: Iterable[str]) -> bool:
    ours, theirs = list(expected), [one.encode("utf-8", "replace") for one in given]
    if len(theirs) > MOST_SIGNATURES:
        return False
    found = False
    for one in ours:
        for other in theirs:
            found |= hmac.compare_digest(one, other)
    return found
