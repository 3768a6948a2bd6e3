"""Authentication-Results of others (RFC 8601): what a receiving host says it found.

Anybody can write such a field. It is believed only when it is the topmost one and its authserv-id is trusted; what
stands below came with the mail.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from mailmcp.authenticity.fields import Octets
from mailmcp.models import Claim, ClaimedResult, Reason

WITHOUT_ID = "(none)"
"""In the list of trusted ids: a field that names no host, as Outlook writes it."""
LARGEST_FIELD = 16 * 1024
MAX_RESULTS = 50
MAX_PROPERTIES = 50

_VALUE = r'((?:"(?:[^"\\]|\\.)*+"|[^\s;"]++)++)'
_PAIR = re.compile(rf"\s*([A-Za-z][\w.-]*)(?:\s*/\s*\d+)?\s*=\s*{_VALUE}", re.DOTALL)
_ID = re.compile(rf"\s*{_VALUE}(?:\s+\d+)?\s*\Z", re.DOTALL)
_SPECIAL = re.compile(r'[\\"();]')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def parse(value: str) -> Claim | None:
    """Read a field's value; None when it is none. Results up to the first damaged one count.

    A field that begins with a result instead of an authserv-id has the id ``""``.
    """
    segments = _segments(value[:LARGEST_FIELD])
    if not segments:
        return None
    first = segments[0]
    by = ""
    if not _PAIR.match(first):
        match = _ID.match(first)
        if match is None:
            return None
        by = _unquoted(match[1]).lower()
        segments = segments[1:]
    results: list[ClaimedResult] = []
    for segment in segments[:MAX_RESULTS]:
        if not segment.strip():
            continue
        found = _result(segment)
        if found is None:
            break
        results.append(found)
    return Claim(by=by, results=tuple(results))


def believed(message: Octets, trusted: Collection[str]) -> tuple[Claim | None, tuple[Reason, ...]]:
    """The claim of the topmost field when its id is trusted, and notes on fields that pretend to be of such a host."""
    if not trusted:
        return None, ()
    ids = {one.lower() for one in trusted}
    claims = [parse(field.unfolded.decode("utf-8", "replace")) for field in message.all("authentication-results")]
    named = [claim is not None and (claim.by or WITHOUT_ID) in ids for claim in claims]
    top = claims[0] if claims and named[0] else None
    forged = sum(named) - (top is not None)
    notes = (
        (Reason("claims_ignored", f"{forged} Authentication-Results below the topmost claim a trusted host's name."),)
        if forged
        else ()
    )
    return top, notes


def _segments(value: str) -> list[str]:
    """The value split at semicolons, without comments; quoted strings stay whole (RFC 5322 §3.2)."""
    segments: list[str] = []
    kept: list[str] = []
    depth = 0
    quoted = False
    at = 0
    while match := _SPECIAL.search(value, at):
        mark = match.group()
        if not depth:
            kept.append(value[at : match.start()])
        at = match.end()
        if mark == "\\":
            if not depth:
                kept.append(value[match.start() : at + 1])
            at += 1
        elif mark == '"' and not depth:
            quoted = not quoted
            kept.append(mark)
        elif quoted:
            kept.append(mark)
        elif mark == "(":
            depth += 1
            kept.append(" ")
        elif mark == ")":
            depth = max(0, depth - 1)
        elif mark == ";" and not depth:
            segments.append("".join(kept))
            kept = []
    if depth or quoted:
        return segments  # what is never closed is not read
    segments.append("".join((*kept, value[at:])))
    return segments if any(segment.strip() for segment in segments) else []


def _result(segment: str) -> ClaimedResult | None:
    """``method=result reason=… ptype.property=value …``; ``none`` alone says that nothing was checked."""
    head = _PAIR.match(segment)
    if head is None:
        return None
    reason = ""
    properties: list[tuple[str, str]] = []
    at = head.end()
    while len(properties) < MAX_PROPERTIES and (pair := _PAIR.match(segment, at)):
        at = pair.end()
        if pair[1].lower() == "reason":
            reason = _unquoted(pair[2])
        else:
            properties.append((pair[1].lower(), _unquoted(pair[2])))
    if segment[at:].strip() and len(properties) < MAX_PROPERTIES:
        return None
    return ClaimedResult(
        method=head[1].lower(), result=_unquoted(head[2]).lower(), reason=reason, properties=tuple(properties)
    )


def _unquoted(value: str) -> str:
    """A quoted string without its quotes; one that is followed by something (``"a b"@x``) stays as written."""
    if len(value) > 1 and value[0] == value[-1] == '"' and value.count('"') - value.count('\\"') == 2:
        return _ESCAPED.sub(r"\1", value[1:-1])
    return value
