"""What a domain of one's own really publishes, held against what its set-up needs: what is missing, wrong or weak.

What others would conclude is found out by the code that judges mail here: an SPF record is evaluated for the server's
own addresses, a key is read as a receiver reads it. ``transport.py`` looks at the ways to the server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from mailmcp.authenticity import keys, publication_dmarc, publication_spf, sign, tags, transport
from mailmcp.authenticity.dns import Resolver
from mailmcp.authenticity.findings import texts, unknown
from mailmcp.authenticity.keys import KeyProblem
from mailmcp.authenticity.records import SetUp, records
from mailmcp.authenticity.sign import SigningKey
from mailmcp.models import Finding, Standing


async def inspect(setup: SetUp, resolver: Resolver) -> tuple[Finding, ...]:
    """Look up everything that a domain should publish."""
    wanted = {(one.kind, one.name): one.value for one in records(setup)}
    groups = await asyncio.gather(
        transport.exchanger(setup, resolver),
        transport.addresses(setup, resolver),
        publication_spf.inspect(setup, resolver),
        *(_key(key, resolver) for key in setup.keys),
        publication_dmarc.inspect(setup, resolver),
        transport.strict_transport(setup, resolver),
        transport.transport_reports(setup, resolver),
    )
    findings = [
        replace(one, wanted=wanted.get(("MX" if one.subject == "MX" else "TXT", one.name)))
        if one.standing is not Standing.FINE and one.wanted is None
        else one
        for group in groups
        for one in group
    ]
    return tuple(_together(findings))


def _together(findings: list[Finding]) -> Iterable[Finding]:
    """The findings, with what stops mail only because nothing else proves it: receivers ask for SPF or a signature."""
    proofs = [one for one in findings if one.subject == "SPF" or one.subject.startswith("DKIM")]
    proved = any(one.standing in (Standing.FINE, Standing.WEAK) for one in proofs)
    for one in findings:
        if one in proofs and not proved and one.standing is not Standing.UNKNOWN:
            more = "Nothing else proves mail of this domain either, so large receivers refuse it."
            yield replace(one, stops=True, sentence=f"{one.sentence} {more}")
        else:
            yield one


async def _key(key: SigningKey, resolver: Resolver) -> list[Finding]:
    answer = await resolver.txt(key.name)
    subject = f"DKIM {key.selector}"

    def finding(standing: Standing, sentence: str) -> list[Finding]:
        shown = texts(answer.values)
        return [Finding(subject=subject, name=key.name, standing=standing, sentence=sentence, found=shown)]

    if answer.troubled:
        return finding(Standing.UNKNOWN, unknown(key.name, answer))
    try:
        published = keys.keys_of(key.name, answer)
    except KeyProblem as problem:
        missing = problem.reason.code == "dkim_no_key"
        why = "so what is signed with it verifies nowhere"
        return finding(Standing.MISSING if missing else Standing.WRONG, f"{problem.reason.sentence[:-1]}, {why}.")
    ours = tags.read(sign.public_record(key).encode())["p"]
    same = [one for one in published if one.record.endswith(f"p={ours}".encode())]
    if not same:
        return finding(Standing.WRONG, "Another key is published than the one that signs here: every signature fails.")
    if len(published) > 1:
        return finding(Standing.WRONG, "Several keys stand at one name: receivers take any of them, or none.")
    if same[0].testing:
        return finding(Standing.WEAK, "The record says t=y, only testing: receivers take signed mail for unsigned.")
    return finding(Standing.FINE, "It is the key that signs here.")
