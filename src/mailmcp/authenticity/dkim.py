"""DKIM (RFC 6376, 8301, 8463): which domains signed this message, and what their signatures are worth.

Limits come first: a few signatures are judged, those of the author's domain before others; keys are looked up before
and together; the body is hashed once for each form, in a worker thread.
"""

from __future__ import annotations

import asyncio
import hmac
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from mailmcp.authenticity import keys
from mailmcp.authenticity.canonical import Bodies
from mailmcp.authenticity.dns import Answer, Resolver
from mailmcp.authenticity.fields import ONCE_ONLY, Field, Octets
from mailmcp.authenticity.keys import Key, KeyProblem, keys_of
from mailmcp.authenticity.reading import REPLY, Reading
from mailmcp.authenticity.signatures import Signature, SignatureProblem, read_signature, read_tags
from mailmcp.language.domains import ascii_host
from mailmcp.models import DkimSignature, Reason, Result

MAX_JUDGED = 8
MAX_READ = 50
CLOCKS_DIFFER = 300
"""Seconds by which an expiry may be over, since clocks differ."""
MAX_FUTURE = 3600
"""Seconds that a signature may lie in the future (§3.5, t=)."""


async def verify(
    message: Octets, resolver: Resolver, *, author_domain: str | None, now: datetime, bodies: Bodies | None = None
) -> tuple[tuple[DkimSignature, ...], int]:
    """Judge the signatures of a message; also how many were left out because there are too many.

    They come back in the order of the header. ``now`` is when the message arrived: later judgements stay the same.
    """
    found = message.all("dkim-signature")
    if not found:
        return (), 0
    chosen = _chosen(found, author_domain)
    read = [_read(field, message, now) for field in chosen]
    names = {one.key_name for one in read if isinstance(one, Signature)}
    answers = dict(zip(names, await asyncio.gather(*(resolver.txt(name) for name in names)), strict=True))
    judged = await asyncio.to_thread(_judge_all, message, read, answers, bodies or Bodies(message.body))
    return judged, len(found) - len(chosen)


def _chosen(found: Sequence[Field], author_domain: str | None) -> list[Field]:
    """At most MAX_JUDGED of the fields: those of the author's domain first, kept in their order."""
    if len(found) <= MAX_JUDGED:
        return list(found)
    places = sorted(range(len(found[:MAX_READ])), key=lambda place: not _is_authors(found[place], author_domain))
    return [found[place] for place in sorted(places[:MAX_JUDGED])]


def _is_authors(field: Field, author_domain: str | None) -> bool:
    """Whether a signature may be aligned; which look-ups would be needed to know does not matter for the order."""
    if author_domain is None:
        return False
    try:
        domain = read_tags(field).get("d", "").lower()
    except SignatureProblem:
        return False
    return f".{author_domain}".endswith(f".{domain}") or domain.endswith(f".{author_domain}")


def _read(field: Field, message: Octets, now: datetime) -> Signature | DkimSignature:
    """A signature that is worth looking up a key for, or why it is not (§6.1.1)."""
    found: dict[str, str] = {}
    try:
        if message.problem:
            raise SignatureProblem("header_malformed", message.problem)
        found = read_tags(field)
        signature = read_signature(field, found)
        if "from" not in signature.signed:
            raise SignatureProblem("dkim_from_unsigned", "The signature does not cover From.")
        _check_identity(signature)
        _check_times(signature, now)
    except SignatureProblem as problem:
        return DkimSignature(
            result=problem.result,
            reason=problem.reason,
            domain=ascii_host(found.get("d", "")[:300]),
            selector=found.get("s", "")[:100],
            algorithm=found.get("a", "")[:30],
        )
    return signature


def _check_identity(signature: Signature) -> None:
    """i= is of d= or of a sub-domain (§3.5)."""
    domain = _identity_domain(signature)
    if domain != signature.domain and not domain.endswith(f".{signature.domain}"):
        raise SignatureProblem("dkim_identity", "i= is of another domain than d=.")


def _identity_domain(signature: Signature) -> str:
    return ascii_host(signature.identity.rpartition("@")[2])


def _check_times(signature: Signature, now: datetime) -> None:
    at = now.timestamp()
    if signature.expires_at is not None and signature.expires_at + CLOCKS_DIFFER < at:
        raise SignatureProblem("dkim_expired", "The signature had expired when the mail arrived.", Result.FAIL)
    if signature.signed_at is not None and signature.signed_at > at + MAX_FUTURE:
        raise SignatureProblem("dkim_future", "The signature was made in the future.", Result.FAIL)


def _judge_all(
    message: Octets, read: Sequence[Signature | DkimSignature], answers: dict[str, Answer[bytes]], bodies: Bodies
) -> tuple[DkimSignature, ...]:
    counts = Counter(field.key for field in message.fields)
    reading = Reading(message)
    return tuple(
        one if isinstance(one, DkimSignature) else _judge(message, one, answers[one.key_name], bodies, counts, reading)
        for one in read
    )


def _judge(
    message: Octets, signature: Signature, answer: Answer[bytes], bodies: Bodies, counts: Counter[str], reading: Reading
) -> DkimSignature:
    key: Key | None = None
    beyond = 0
    free: tuple[str, ...] = ()
    notes: tuple[Reason, ...] = ()
    try:
        usable = keys_of(signature.key_name, answer)
        key = usable[0]
        beyond = _check_body(signature, bodies)
        key = next((one for one in usable if signature.holds(message.fields, one)), None)
        if key is None:
            key = usable[0]
            raise SignatureProblem("dkim_broken", "The signature does not fit the header.", Result.FAIL)
        notes = _notes(signature, key)
        _check_policy(signature, key, beyond, counts)
        free = reading.left_open(signature.signed, signature.domain)
        result = Result.POLICY if free else Result.PASS
        reason = Reason("dkim_pass", f"{signature.domain} signed it and it was not changed since.")
        if free:
            reason = _open_reason(signature.domain, free)
    except (KeyProblem, SignatureProblem) as problem:
        result, reason = problem.result, problem.reason
    return DkimSignature(
        result=result,
        reason=reason,
        domain=signature.domain,
        selector=signature.selector,
        algorithm=signature.algorithm,
        identity=signature.identity[:320],
        key_bits=key.bits if key else None,
        signed=signature.signed,
        unsigned_octets=beyond,
        leaves_open=free,
        notes=notes,
    )


def _check_body(signature: Signature, bodies: Bodies) -> int:
    """Compare the body hash (§6.1.3 step 3); the octets beyond l= that it does not cover."""
    length = bodies.length(relaxed=signature.relaxed_body)
    if signature.length is not None and signature.length > length:
        raise SignatureProblem("dkim_body_short", "The body is shorter than what was signed.", Result.FAIL)
    hashed = bodies.sha256(relaxed=signature.relaxed_body, length=signature.length)
    if not hmac.compare_digest(hashed, signature.body_hash):
        raise SignatureProblem("dkim_body_changed", "The body was changed after it was signed.", Result.FAIL)
    return 0 if signature.length is None else length - signature.length


def _check_policy(signature: Signature, key: Key, beyond: int, counts: Counter[str]) -> None:
    """What makes a signature that holds worth nothing here."""
    if key.testing:  # §3.6.1: not to be treated differently from unsigned mail
        raise SignatureProblem("dkim_testing", "The domain only tries its key out (t=y).", Result.NEUTRAL)
    if key.same_domain and _identity_domain(signature) != signature.domain:
        raise SignatureProblem("dkim_identity", "The key is not for sub-domains (t=s), but i= is of one.")
    if beyond:  # §8.2
        raise SignatureProblem(
            "dkim_body_extended",
            f"{beyond} octets of the body stand behind what was signed (l=): anybody may have added them.",
            Result.POLICY,
        )
    covered = Counter(signature.signed)
    # A second Subject above a signed one leaves the signature whole, and programs show the first (§8.15).
    added = sorted(name for name in ONCE_ONLY & counts.keys() if counts[name] > 1 and counts[name] > covered[name])
    if added:
        raise SignatureProblem(
            "dkim_field_added", f"The header has more than one {added[0]}, and not each is signed.", Result.POLICY
        )
    if counts["subject"] and not covered["subject"]:
        raise SignatureProblem(
            "dkim_subject_unsigned", "The signature leaves the subject open to anybody's change.", Result.POLICY
        )


def _open_reason(domain: str, free: Sequence[str]) -> Reason:
    """Why a signature that holds does not prove what the mail seems to say (§8.15)."""
    parts = [
        *(
            [f"how the text is encoded ({', '.join(names)})"]
            if (names := [one for one in free if one != REPLY])
            else []
        ),
        *(["where answers go (reply-to)"] if REPLY in free else []),
    ]
    what = " and ".join(parts)
    return Reason("dkim_open", f"The signature of {domain} does not cover {what}: others may have changed that.")


def _notes(signature: Signature, key: Key) -> tuple[Reason, ...]:
    notes: list[Reason] = []
    if key.kind == "rsa" and key.bits < keys.STRONG_RSA:
        notes.append(Reason("dkim_weak_key", f"The key has only {key.bits} bits (RFC 8301 asks for 2048)."))
    if signature.length is not None:
        notes.append(Reason("dkim_length", "Only a part of the body would have to be as it was signed (l=)."))
    return tuple(notes)
