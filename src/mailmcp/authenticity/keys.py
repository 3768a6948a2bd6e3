"""Public keys in DNS (RFC 6376 §3.6.1, RFC 8301 §3.2, RFC 8463 §4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from mailmcp.authenticity import tags
from mailmcp.authenticity.canonical import octets_of
from mailmcp.authenticity.dns import Answer, Outcome
from mailmcp.models import Reason, Result

LARGEST_RECORD = 4096
SMALLEST_RSA = 1024
"""RFC 8301 §3.2: smaller keys are not to be believed."""
STRONG_RSA = 2048
LARGEST_RSA = 4096
LARGEST_EXPONENT = 2**33
"""An exponent as long as the modulus would make one verification cost seconds."""
MAX_RECORDS = 3

_P_TAG = re.compile(rb"(?:\A|;)[ \t\r\n]*p[ \t\r\n]*=")
"""White space may stand round a tag's name (RFC 6376 §3.2)."""


class KeyProblem(Exception):
    """Why a signature cannot be judged by what DNS holds."""

    def __init__(self, result: Result, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.result = result
        self.reason = Reason(code, sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key record that can be used."""

    record: bytes
    """The record reduced to its kind and its octets."""
    kind: str
    """rsa or ed25519"""
    bits: int
    testing: bool
    """t=y: the domain only tries DKIM; its mail counts as unsigned (§3.6.1)."""
    same_domain: bool
    """t=s: i= may not name a sub-domain of d=."""


def keys_of(name: str, answer: Answer[bytes]) -> tuple[Key, ...]:
    """The usable keys of a look-up, a few at most; several records may stand at a name (§6.1.2).

    Raises KeyProblem: a temperror for trouble, a permerror when there is no usable key.
    """
    if answer.troubled:
        raise KeyProblem(Result.TEMPERROR, "dns_trouble", f"The key {name} could not be looked up: {answer.detail}.")
    records = [record for record in answer.values if _P_TAG.search(record) or b"DKIM1" in record][:MAX_RECORDS]
    if answer.outcome is not Outcome.ANSWER or not records:
        raise KeyProblem(Result.PERMERROR, "dkim_no_key", f"There is no key at {name}.")
    keys: list[Key] = []
    problem: KeyProblem | None = None
    for record in records:
        try:
            keys.append(_key(name, record))
        except KeyProblem as found:
            problem = problem or found
    if not keys and problem is not None:
        raise problem
    return tuple(keys)


def _key(name: str, record: bytes) -> Key:
    def bad(why: str, code: str = "dkim_bad_key", result: Result = Result.PERMERROR) -> KeyProblem:
        return KeyProblem(result, code, f"The key at {name} {why}.")

    if len(record) > LARGEST_RECORD:
        raise bad(f"is longer than {LARGEST_RECORD} octets")
    try:
        found = tags.read(record)
    except tags.TagError as error:
        raise bad(f"cannot be read: {error}") from None
    if "v" in found and (found["v"] != "DKIM1" or next(iter(found)) != "v"):
        raise bad("is of an unknown version")
    kind = found.get("k", "rsa")
    if kind not in ("rsa", "ed25519"):
        raise bad(f"is of the unknown kind {kind[:20]!r}")
    if "h" in found and "sha256" not in tags.listed(found["h"]):
        raise bad("does not allow sha256 (h=)")
    if "s" in found and not {"*", "email"} & set(tags.listed(found["s"])):
        raise bad("is not for mail (s=)")
    if "p" not in found:
        raise bad("is missing (p=)")
    if not (encoded := tags.compact(found["p"])):
        raise bad("was revoked", code="dkim_key_revoked")
    octets = octets_of(encoded)
    if octets is None:
        raise bad("is not base64")
    flags = tags.listed(found.get("t", ""))
    bits = _rsa_bits(octets) if kind == "rsa" else 256 if len(octets) == 32 else 0
    if not bits:
        raise bad("is damaged")
    if kind == "rsa" and not SMALLEST_RSA <= bits <= LARGEST_RSA:
        raise bad(f"has {bits} bits", code="dkim_key_size", result=Result.POLICY)
    # Without the tags that were judged here: dkimpy reads s= and v= in its own way.
    plain = f"k={kind}; p={encoded}".encode("ascii")
    return Key(record=plain, kind=kind, bits=bits, testing="y" in flags, same_domain="s" in flags)


@lru_cache(maxsize=256)
def _rsa_bits(octets: bytes) -> int:
    """The size of an RSA key, 0 when it is none that can be used safely."""
    from dkim.crypto import parse_public_key  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

    try:
        numbers = cast("dict[str, Any]", parse_public_key(octets))
        modulus, exponent = int(numbers["modulus"]), int(numbers["publicExponent"])
    except Exception:  # the library's own error, or IndexError and its kin for what is cut off
        return 0
    usable = modulus > 0 and modulus % 2 and 1 < exponent < LARGEST_EXPONENT and exponent % 2
    return modulus.bit_length() if usable else 0
