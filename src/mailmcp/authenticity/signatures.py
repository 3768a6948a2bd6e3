"""Signature fields as values (RFC 6376 §3.5, §6.1.1), and whether one holds over given header fields.

dkimpy judges the signature itself, with the key handed over; everything that decides how much it may cost, and what
it is worth, is checked here before: dkimpy's white-space rules are quadratic, it takes rsa-sha1, and it looks keys up
by itself.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from mailmcp.authenticity import tags
from mailmcp.authenticity.canonical import octets_of, without_signature
from mailmcp.authenticity.dns import normal
from mailmcp.authenticity.fields import Field
from mailmcp.authenticity.keys import Key
from mailmcp.language.domains import ascii_host
from mailmcp.models import Reason, Result

LARGEST_FIELD = 16 * 1024
MAX_SIGNED_NAMES = 200
ALGORITHMS = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}

# dkimpy logs strangers' words as errors; what came of a signature is in its result.
_SILENT = logging.Logger("dkimpy", logging.CRITICAL + 1)
_LONG_BLANKS = re.compile(rb"[\s]{100}")
_NUMBER = re.compile(r"[0-9]{1,12}\Z")
_LENGTH = re.compile(r"[0-9]{1,76}\Z")
_FIELD_NAME = re.compile(r"[\x21-\x39\x3c-\x7e]+\Z")
_FORMS = ("simple", "relaxed")


class SignatureProblem(Exception):
    """Why a signature field cannot count."""

    def __init__(self, code: str, sentence: str, result: Result = Result.PERMERROR) -> None:
        super().__init__(sentence)
        self.result = result
        self.reason = Reason(code, sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The tags of a DKIM-Signature or ARC-Message-Signature that count."""

    field: Field
    domain: str
    """d= in lower-case ASCII."""
    selector: str
    algorithm: str
    identity: str
    signed: tuple[str, ...]
    relaxed_header: bool
    relaxed_body: bool
    body_hash: bytes
    signature: bytes
    length: int | None
    signed_at: int | None
    expires_at: int | None

    @property
    def key_name(self) -> str:
        """Where its key is published (§3.6.2.1)."""
        return f"{self.selector}._domainkey.{self.domain}"

    def holds(self, fields: Sequence[Field], key: Key) -> bool:
        """Whether this key made it over these fields, the body hash taken as given."""
        return holds(
            fields,
            self.signed,
            self.field,
            key,
            algorithm=self.algorithm,
            signature=self.signature,
            relaxed=self.relaxed_header,
        )


def read_tags(field: Field) -> dict[str, str]:
    """The tags of a signature field within its limits. Raises SignatureProblem."""
    if len(field.value) > LARGEST_FIELD or _LONG_BLANKS.search(field.value):
        raise SignatureProblem("signature_too_large", "The signature field is absurdly large.")
    try:
        return tags.read(field.value)
    except tags.TagError as error:
        raise SignatureProblem("signature_unreadable", f"The signature field cannot be read: {error}.") from None


def read_signature(field: Field, found: dict[str, str], *, arc: bool = False) -> Signature:
    """A signature from its tags. Raises SignatureProblem when it breaks the rules of §3.5 (or RFC 8617 §4.1.2)."""

    def bad(why: str) -> SignatureProblem:
        return SignatureProblem("signature_malformed", f"The signature field is malformed: {why}.")

    require(found, "a", "b", "bh", "d", "s")
    if "h" not in found:
        raise bad("h= missing")
    if not arc and found.get("v") != "1":
        raise bad("v= is not 1")
    if found.get("q") and "dns/txt" not in tags.listed(found["q"]):
        raise bad("q= names no way to the key that is known")
    domain, selector = key_place(found)
    header_form, body_form = _forms(found.get("c", "relaxed/relaxed" if arc else "simple/simple"))
    signed = tuple(filter(None, tags.listed(found["h"])))
    if len(signed) > MAX_SIGNED_NAMES or not all(map(_FIELD_NAME.match, signed)):
        raise bad("h= is no list of field names")
    numbers = {name: number(found, name) for name in ("t", "x")}
    if numbers["t"] is not None and numbers["x"] is not None and numbers["x"] < numbers["t"]:
        raise bad("it expires before it was made")
    if found.get("l") is not None and not _LENGTH.match(found["l"]):
        raise bad("l= is not a number")
    return Signature(
        field=field,
        domain=domain,
        selector=selector,
        algorithm=algorithm_of(found),
        identity=found.get("i", f"@{domain}") if not arc else "",
        signed=signed,
        relaxed_header=header_form == "relaxed",
        relaxed_body=body_form == "relaxed",
        body_hash=base64_of(found, "bh"),
        signature=base64_of(found, "b"),
        length=int(found["l"]) if "l" in found else None,
        signed_at=numbers["t"],
        expires_at=numbers["x"],
    )


def require(found: dict[str, str], *names: str) -> None:
    """Raises SignatureProblem unless each of the tags is there with a value."""
    if missing := [name for name in names if not found.get(name)]:
        raise SignatureProblem(
            "signature_malformed", f"The signature field is malformed: {'=, '.join(missing)}= missing."
        )


def base64_of(found: dict[str, str], name: str) -> bytes:
    """The octets of a tag. Raises SignatureProblem when it is not base64."""
    octets = octets_of(tags.compact(found[name]))
    if not octets:
        raise SignatureProblem("signature_malformed", f"The signature field is malformed: {name}= is not base64.")
    return octets


def algorithm_of(found: dict[str, str]) -> str:
    """a=, one that may be believed. Raises SignatureProblem; rsa-sha1 never counts (RFC 8301 §3.1)."""
    algorithm = found["a"].lower()
    if algorithm == "rsa-sha1":
        raise SignatureProblem("dkim_sha1", "It is signed with rsa-sha1, which nobody may believe.", Result.POLICY)
    if algorithm not in ALGORITHMS:
        raise SignatureProblem("dkim_algorithm", f"The algorithm {algorithm[:30]!r} is not known.")
    return algorithm


def key_place(found: dict[str, str]) -> tuple[str, str]:
    """d= and s= in lower-case ASCII. Raises SignatureProblem when they are no names."""
    domain, selector = ascii_host(found["d"]), ascii_host(found["s"])
    if not domain or "." not in domain or not selector or not normal(f"{selector}._domainkey.{domain}"):
        raise SignatureProblem("signature_malformed", "The signature field is malformed: d= or s= is no name.")
    return domain, selector


def holds(
    fields: Sequence[Field],
    names: Sequence[str],
    signature_field: Field,
    key: Key,
    *,
    algorithm: str,
    signature: bytes,
    relaxed: bool,
) -> bool:
    """Whether the signature in ``signature_field`` is one over the named fields (§3.7), picked from the bottom up."""
    if ALGORITHMS[algorithm] != key.kind:
        return False
    if len(signature) != (64 if key.kind == "ed25519" else (key.bits + 7) // 8):
        return False  # RFC 8017 §8.2.2 step 1
    import dkim  # pyright: ignore[reportMissingTypeStubs]

    def handed_over(_name: bytes, timeout: int = 0) -> bytes:
        return key.record

    wanted = set(names)
    judge = cast("Any", dkim).DKIM(None, logger=_SILENT)
    judge.headers = [[field.name.encode("ascii"), field.value + b"\r\n"] for field in fields if field.key in wanted]
    found = tags.read(signature_field.value)
    form = b"relaxed" if relaxed else b"simple"
    handed = {b"a": algorithm.encode(), b"c": form + b"/simple", b"b": tags.compact(found["b"]).encode()}
    handed |= {b"d": b"d", b"s": b"s"}  # only dkimpy's own look-up would need them
    try:
        return bool(
            judge.verify_sig(
                handed,
                [name.encode("ascii") for name in names],
                # Already without b=: dkimpy's own way to empty it does not see it in the first place.
                (signature_field.name.encode("ascii"), without_signature(signature_field.value) + b"\r\n"),
                handed_over,
            )
        )
    except Exception:  # what its parts raise for damaged octets, besides its own family of errors
        return False


def _forms(value: str) -> tuple[str, str]:
    header, _, body = tags.compact(value).lower().partition("/")
    if header not in _FORMS or (body or "simple") not in _FORMS:
        raise SignatureProblem("signature_malformed", "The signature field is malformed: c= is not known.")
    return header, body or "simple"


def number(found: dict[str, str], name: str) -> int | None:
    """A tag of digits, None when it is not there. Raises SignatureProblem."""
    value = found.get(name)
    if value is None:
        return None
    if not _NUMBER.match(value):
        raise SignatureProblem("signature_malformed", f"The signature field is malformed: {name}= is not a number.")
    return int(value)
