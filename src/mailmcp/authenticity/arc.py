"""ARC (RFC 8617): the chain of those who handled a message on its way, validated and reported.

A chain that passes proves who sealed it and that nobody changed the seals. What a sealer says it saw is its claim; it
counts only for sealers that the settings list, and never makes a sender verified by itself.
"""

from __future__ import annotations

import asyncio
import hmac
import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from mailmcp.authenticity import claims
from mailmcp.authenticity.canonical import Bodies
from mailmcp.authenticity.dns import Answer, Resolver
from mailmcp.authenticity.fields import Field, Octets
from mailmcp.authenticity.keys import Key, KeyProblem, keys_of
from mailmcp.authenticity.signatures import (
    Signature,
    SignatureProblem,
    algorithm_of,
    base64_of,
    holds,
    key_place,
    number,
    read_signature,
    read_tags,
    require,
)
from mailmcp.language.domains import ascii_host
from mailmcp.models import ArcChain, ArcSet, Reason, Result

MAX_SETS = 50
LONGEST_CLAIMS = 2000

_KINDS = ("arc-authentication-results", "arc-message-signature", "arc-seal")
_INSTANCE = re.compile(r"[1-9][0-9]?\Z")
_CLAIMS = re.compile(rb"[ \t]*i[ \t]*=[ \t]*([1-9][0-9]?)[ \t]*;(.*)\Z", re.DOTALL)
_CV = frozenset(("none", "pass", "fail"))


class _Broken(Exception):
    """The chain fails, or cannot be judged now."""

    def __init__(self, code: str, sentence: str, result: Result = Result.FAIL) -> None:
        super().__init__(sentence)
        self.result = result
        self.reason = Reason(code, sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seal:
    """An ARC-Seal (§4.1.3)."""

    field: Field
    domain: str
    selector: str
    algorithm: str
    signature: bytes
    cv: str

    @property
    def key_name(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Set:
    """The three fields of an instance."""

    instance: int
    results: Field
    claims: str
    message: Signature
    seal: _Seal

    @property
    def fields(self) -> tuple[Field, Field, Field]:
        """In the order in which a seal covers them (§5.1.1)."""
        return (self.results, self.message.field, self.seal.field)


async def validate(
    message: Octets,
    resolver: Resolver,
    *,
    author_domain: str | None = None,
    trusted_sealers: Collection[str] = (),
    bodies: Bodies | None = None,
) -> ArcChain:
    """Validate the chain of a message (§5.2); ``author_domain`` is whom a trusted chain may vouch for (§7.2)."""
    found = [field for field in message.fields if field.key in _KINDS]
    if not found:
        return ArcChain(result=Result.NONE, reason=Reason("arc_none", "The mail has no ARC sets."))
    sets: tuple[_Set, ...] = ()
    try:
        if message.problem:
            raise _Broken("header_malformed", message.problem)
        sets = _structured(found)
        names = sorted({one.message.key_name for one in sets} | {one.seal.key_name for one in sets})
        answers = dict(zip(names, await asyncio.gather(*(resolver.txt(name) for name in names)), strict=True))
        judged = await asyncio.to_thread(_judged, message, sets, answers, bodies or Bodies(message.body))
        _concluded(sets, judged, answers)
    except _Broken as broken:
        shown = tuple(_shown(one, seal_holds=False, message_holds=False) for one in sets)
        return ArcChain(result=broken.result, reason=broken.reason, sets=shown)
    except _Failed as failed:
        return ArcChain(result=failed.broken.result, reason=failed.broken.reason, sets=failed.sets)
    sealers = [one.sealer for one in judged]
    trusted = all(any(_is_of(sealer, one) for one in trusted_sealers) for sealer in sealers)
    return ArcChain(
        result=Result.PASS,
        reason=Reason("arc_pass", f"The chain of {', '.join(sealers[-3:])} is whole."),
        sets=judged,
        trusted=trusted,
        vouched=trusted and author_domain is not None and _vouches(message, sets, author_domain),
    )


class _Failed(Exception):
    """As _Broken, once the signatures were looked at."""

    def __init__(self, broken: _Broken, sets: tuple[ArcSet, ...]) -> None:
        super().__init__(str(broken))
        self.broken = broken
        self.sets = sets


def _structured(found: Sequence[Field]) -> tuple[_Set, ...]:
    """The sets, oldest first: instances from 1 on without a gap, one field of each kind in each (§5.2 step 3)."""
    if len(found) > 3 * MAX_SETS:
        raise _Broken("arc_structure", f"There are more than {MAX_SETS} ARC sets.")
    placed: dict[tuple[int, str], Field] = {}
    read: dict[tuple[int, str], dict[str, str]] = {}
    said: dict[int, str] = {}
    for field in found:
        if field.key == _KINDS[0]:
            match = _CLAIMS.match(field.unfolded)
            instance = int(match[1]) if match else 0
            said[instance] = (match[2] if match else b"").decode("utf-8", "replace").strip()[:LONGEST_CLAIMS]
            tags: dict[str, str] = {}
        else:
            tags = _tags(field)
            instance = int(tags["i"]) if _INSTANCE.match(tags.get("i", "")) else 0
        if not 0 < instance <= MAX_SETS:
            raise _Broken("arc_structure", f"An {field.name} has no usable instance (i=).")
        if (instance, field.key) in placed:
            raise _Broken("arc_structure", f"There is more than one {field.name} of instance {instance}.")
        placed[instance, field.key] = field
        read[instance, field.key] = tags
    count = max(instance for instance, _ in placed)
    for instance in range(1, count + 1):
        for kind in _KINDS:
            if (instance, kind) not in placed:
                raise _Broken("arc_structure", f"The {kind} of instance {instance} is missing.")
    return tuple(
        _Set(
            instance=instance,
            results=placed[instance, _KINDS[0]],
            claims=said[instance],
            message=_message_signature(placed[instance, _KINDS[1]], read[instance, _KINDS[1]]),
            seal=_seal(placed[instance, _KINDS[2]], read[instance, _KINDS[2]]),
        )
        for instance in range(1, count + 1)
    )


def _tags(field: Field) -> dict[str, str]:
    try:
        return read_tags(field)
    except SignatureProblem as problem:
        raise _Broken("arc_unreadable", f"An {field.name} cannot be read: {problem}") from None


def _message_signature(field: Field, found: dict[str, str]) -> Signature:
    """An ARC-Message-Signature (§4.1.2); it does not cover seals."""
    try:
        signature = read_signature(field, found, arc=True)
    except SignatureProblem as problem:
        raise _Broken("arc_unreadable", f"An {field.name} cannot be used: {problem}") from None
    if "arc-seal" in signature.signed:
        raise _Broken("arc_structure", "An ARC-Message-Signature covers an ARC-Seal.")
    return signature


def _seal(field: Field, found: dict[str, str]) -> _Seal:
    try:
        require(found, "a", "b", "cv", "d", "s")
        number(found, "t")
        domain, selector = key_place(found)
        seal = _Seal(
            field=field,
            domain=domain,
            selector=selector,
            algorithm=algorithm_of(found),
            signature=base64_of(found, "b"),
            cv=found["cv"],
        )
    except SignatureProblem as problem:
        raise _Broken("arc_unreadable", f"An {field.name} cannot be used: {problem}") from None
    if "h" in found or "bh" in found:
        raise _Broken("arc_structure", "An ARC-Seal names fields or a body (h=, bh=).")
    if seal.cv not in _CV:
        raise _Broken("arc_structure", "An ARC-Seal has an unknown chain status (cv=).")
    return seal


def _judged(
    message: Octets, sets: Sequence[_Set], answers: dict[str, Answer[bytes]], bodies: Bodies
) -> tuple[ArcSet, ...]:
    """Verify every signature; in a worker thread."""
    return tuple(
        _shown(
            one,
            seal_holds=_seal_holds(sets[: place + 1], answers),
            message_holds=_message_holds(message, one.message, answers, bodies),
        )
        for place, one in enumerate(sets)
    )


def _seal_holds(sets: Sequence[_Set], answers: dict[str, Answer[bytes]]) -> bool:
    """A seal covers all sets up to its own, the oldest first, in relaxed form (§5.1.1)."""
    seal = sets[-1].seal
    covered = [field for one in sets for field in one.fields][:-1]
    names = [field.key for field in covered]
    # Fields of a name are picked from the bottom up: the oldest stands lowest.
    return _any_key(
        seal.key_name,
        answers,
        lambda key: holds(
            covered[::-1],
            names,
            seal.field,
            key,
            algorithm=seal.algorithm,
            signature=seal.signature,
            relaxed=True,
        ),
    )


def _message_holds(message: Octets, signature: Signature, answers: dict[str, Answer[bytes]], bodies: Bodies) -> bool:
    if signature.length is not None and signature.length != bodies.length(relaxed=signature.relaxed_body):
        return False
    hashed = bodies.sha256(relaxed=signature.relaxed_body)
    if not hmac.compare_digest(hashed, signature.body_hash):
        return False
    return _any_key(signature.key_name, answers, lambda key: signature.holds(message.fields, key))


def _any_key(name: str, answers: dict[str, Answer[bytes]], fits: Callable[[Key], bool]) -> bool:
    try:
        return any(fits(key) for key in keys_of(name, answers[name]))
    except KeyProblem:
        return False


def _concluded(sets: Sequence[_Set], judged: tuple[ArcSet, ...], answers: dict[str, Answer[bytes]]) -> None:
    """The status of the chain (§5.2 steps 2, 3 and 4). Raises _Failed unless it passes."""

    def failed(code: str, sentence: str, key_name: str = "") -> _Failed:
        troubled = key_name and answers[key_name].troubled
        if troubled:
            sentence = f"The key {key_name} could not be looked up: {answers[key_name].detail}."
        result = Result.TEMPERROR if troubled else Result.FAIL
        return _Failed(_Broken("dns_trouble" if troubled else code, sentence, result), judged)

    for one in sets:
        if one.seal.cv == "fail":
            raise failed("arc_ended", f"The chain had failed already when {one.seal.domain} sealed it.")
        if (one.seal.cv == "none") != (one.instance == 1):
            raise failed("arc_structure", f"Seal {one.instance} cannot have the status {one.seal.cv}.")
    if not judged[-1].message_holds:
        sentence = f"The mail was changed after {judged[-1].sealer} had signed it."
        raise failed("arc_message_changed", sentence, sets[-1].message.key_name)
    for one, shown in zip(sets[::-1], judged[::-1], strict=True):
        if not shown.seal_holds:
            raise failed("arc_seal_broken", f"The seal of {shown.sealer} does not hold.", one.seal.key_name)


def _vouches(message: Octets, sets: Sequence[_Set], author: str) -> bool:
    """Whether the first sealer says that DMARC passed for this author, whom nobody can have changed since then.

    Sealers pass on what they would not believe themselves, and say so; silence is no word for anybody.
    """
    claim = claims.parse(sets[0].claims)
    said = [one for one in claim.results if one.method == "dmarc"] if claim else []
    if not said or any(one.result != "pass" or ascii_host(one.property("header.from")) != author for one in said):
        return False
    covered = Counter(sets[-1].message.signed)
    return all(covered[name] >= len(message.all(name)) for name in ("from", "subject"))


def _shown(one: _Set, *, seal_holds: bool, message_holds: bool) -> ArcSet:
    return ArcSet(
        instance=one.instance,
        sealer=one.seal.domain,
        selector=one.seal.selector,
        seal_holds=seal_holds,
        message_holds=message_holds,
        cv=one.seal.cv,
        claims=one.claims,
    )


def _is_of(domain: str, trusted: str) -> bool:
    trusted = trusted.lower().rstrip(".")
    return domain == trusted or domain.endswith(f".{trusted}")
