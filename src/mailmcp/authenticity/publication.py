"""What a domain of one's own really publishes, held against what its set-up needs: what is missing, wrong or weak.

What others would conclude is found out by the code that judges mail here: an SPF record is evaluated for the server's
own addresses, a key is read as a receiver reads it. ``transport.py`` looks at the ways to the server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from mailmcp.authenticity import dmarc, keys, sign, spf, spf_record, tags, transport
from mailmcp.authenticity.dns import Resolver
from mailmcp.authenticity.findings import shown, texts, unknown
from mailmcp.authenticity.keys import KeyProblem
from mailmcp.authenticity.records import SetUp, records, reports_at
from mailmcp.authenticity.sign import SigningKey
from mailmcp.language.domains import same_organisation
from mailmcp.models import Finding, Reason, Result, Standing

SOMEBODY = "198.51.100.200"
"""An address that no host has (RFC 5737): what a record says of it, it says of everybody."""


async def inspect(setup: SetUp, resolver: Resolver) -> tuple[Finding, ...]:
    """Look up everything that a domain should publish."""
    wanted = {(one.kind, one.name): one.value for one in records(setup)}
    groups = await asyncio.gather(
        transport.exchanger(setup, resolver),
        transport.addresses(setup, resolver),
        _spf(setup, resolver),
        *(_key(key, resolver) for key in setup.keys),
        _dmarc(setup, resolver),
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


async def _spf(setup: SetUp, resolver: Resolver) -> list[Finding]:
    answer = await resolver.txt(setup.domain)

    def finding(standing: Standing, sentence: str, *, stops: bool = False) -> list[Finding]:
        shown = texts([one for one in answer.values if spf_record.is_record(one)])
        return [
            Finding(subject="SPF", name=setup.domain, standing=standing, sentence=sentence, found=shown, stops=stops)
        ]

    if answer.troubled:
        return finding(Standing.UNKNOWN, unknown(setup.domain, answer))
    found = [one for one in answer.values if spf_record.is_record(one)]
    if not found:
        return finding(
            Standing.MISSING, "There is no SPF record, so others cannot tell who may send the domain's mail."
        )
    if len(found) > 1:
        return finding(Standing.WRONG, f"There are {len(found)} SPF records: with more than one, none counts.")
    try:
        record = spf_record.parse(found[0])
    except spf_record.RecordError as error:
        return finding(Standing.WRONG, f"The SPF record cannot be read, so it counts as none: {error}.")
    ours = await _own_addresses(setup, resolver)
    results = {
        address: await spf.check_host(resolver, ip=address, mail_from=f"postmaster@{setup.domain}", helo=setup.host)
        for address in (*ours, SOMEBODY)
    }
    everybody = results.pop(SOMEBODY)
    for result in (everybody, *results.values()):
        if result.result is Result.PERMERROR:
            return finding(Standing.WRONG, f"The SPF record breaks off with an error: {result.reason.sentence}")
        if result.result is Result.TEMPERROR:
            return finding(Standing.UNKNOWN, result.reason.sentence)
    if setup.relay is None:
        for address, result in results.items():
            if result.result is not Result.PASS:
                sentence = f"The SPF record does not allow {address}, the address of this server, to send: it says"
                stops = result.result is Result.FAIL
                standing = Standing.WRONG if stops else Standing.WEAK
                return finding(standing, f"{sentence} {result.result}.", stops=stops)
    elif not any(one.text.lower().lstrip("+") == f"include:{setup.relay}" for one in record.mechanisms):
        sentence = f"The SPF record does not include {setup.relay}, so mail that leaves by your relay fails SPF."
        return finding(Standing.WRONG, sentence, stops=everybody.result is Result.FAIL)
    if everybody.result in (Result.PASS, Result.NEUTRAL):
        says = "allows every host to send" if everybody.result is Result.PASS else "leaves open who may send"
        return finding(Standing.WEAK, f"The SPF record {says} the domain's mail: let it end with -all.")
    if any(one.name == "ptr" for one in record.mechanisms):
        return finding(Standing.WEAK, "The SPF record uses ptr, which is slow and not to be used (RFC 7208 §5.5).")
    return finding(Standing.FINE, "It allows this server, and nobody unknown.")


async def _own_addresses(setup: SetUp, resolver: Resolver) -> list[str]:
    if setup.addresses:
        return list(setup.addresses)
    four, six = await asyncio.gather(resolver.a(setup.host), resolver.aaaa(setup.host))
    return [*four.values, *six.values][:4]


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


async def _dmarc(setup: SetUp, resolver: Resolver) -> list[Finding]:
    name = f"_dmarc.{setup.domain}"
    answer = await resolver.txt(name)
    found = [one for one in answer.values if one.strip().lower().startswith(b"v=dmarc1")]

    def finding(standing: Standing, sentence: str) -> list[Finding]:
        return [Finding(subject="DMARC", name=name, standing=standing, sentence=sentence, found=texts(found))]

    if answer.troubled:
        return finding(Standing.UNKNOWN, unknown(name, answer))
    if not found:
        walk = await dmarc.Walks(resolver).of(setup.domain)
        if walk.applied is not None:
            return finding(Standing.WEAK, f"It has no DMARC record of its own; that of {walk.applied.domain} applies.")
        return finding(
            Standing.MISSING, "There is no DMARC record, so others let mail through that is forged in its name."
        )
    policies = [policy for one in found if (policy := dmarc.parse(setup.domain, one)) is not None]
    if len(policies) != 1:
        said = "There are several DMARC records" if len(found) > 1 else "The DMARC record cannot be read"
        return finding(Standing.WRONG, f"{said}, so none counts.")
    policy = policies[0]
    if policy.p is None:
        return finding(Standing.WRONG, "The DMARC record names no policy (p=), so it does not count.")
    if policy.p == "none" or policy.sp == "none" or policy.testing:
        what = "p=none" if policy.p == "none" else "sp=none" if policy.sp == "none" else "t=y"
        sentence = f"The DMARC record says {what}: others are not asked to refuse forged mail, and deliver it."
        return finding(Standing.WEAK, sentence)
    try:
        named = tags.read(found[0])
    except tags.TagError as error:
        return finding(Standing.WEAK, f"The DMARC record has a fault that others may not forgive: {error}.")
    unread = await _reports(setup, resolver, named.get("rua", ""))
    if unread is not None:
        return finding(Standing.WEAK, unread.sentence)
    return finding(Standing.FINE, f"Others are asked to {policy.p} forged mail.")


async def _reports(setup: SetUp, resolver: Resolver, rua: str) -> Reason | None:
    """Why reports would reach nobody. A domain elsewhere must agree to receive them (RFC 9990 §4)."""
    addresses = reports_at(rua)
    if not addresses:
        return Reason("no_reports", "The DMARC record names no address for reports (rua=), so abuse stays unseen.")
    for address in addresses[:5]:
        domain = address.rpartition("@")[2].lower()
        if same_organisation(domain, setup.domain):
            continue
        consent = await resolver.txt(f"{setup.domain}._report._dmarc.{domain}")
        if not consent.troubled and not any(one.lower().startswith(b"v=dmarc1") for one in consent.values):
            name = f"{setup.domain}._report._dmarc.{domain}"
            return Reason(
                "no_consent", f"{shown(domain)} does not agree to receive the reports: a record is due at {name}."
            )
    return None
