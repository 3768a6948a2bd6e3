"""What a domain's SPF record (RFC 7208) tells others of this server, of its relay, and of everybody else.

Nothing is compared as text: the record is evaluated, as a receiver does it, for the addresses that matter.
"""

from __future__ import annotations

import asyncio
import ipaddress

from mailmcp.authenticity import spf, spf_networks, spf_record
from mailmcp.authenticity.dns import Resolver, normal
from mailmcp.authenticity.findings import joined, shown, texts, unknown
from mailmcp.authenticity.records import SetUp
from mailmcp.authenticity.spf_networks import Allowed
from mailmcp.authenticity.spf_record import Record
from mailmcp.models import Finding, Result, SpfResult, Standing

SOMEBODY = "198.51.100.200"
"""An address that no host has (RFC 5737): what a record says of it, it says of everybody."""
MOST_ALLOWED = 2**22
"""More IPv4 addresses than all senders of one domain have; the largest providers allow about half a million."""
WIDEST_IPV6 = 28
MOST_NETWORKS = 64
"""Of a relay, each asked about with its first and its last address."""

Problem = tuple[Standing, str]


async def inspect(setup: SetUp, resolver: Resolver) -> list[Finding]:
    """The record of the domain: whether it lets through what should be, and nobody else."""
    answer = await resolver.txt(setup.domain)
    found = [one for one in answer.values if spf_record.is_record(one)]

    def finding(*problems: Problem, stops: bool = False) -> list[Finding]:
        standing, sentence = joined(problems)
        name, seen = setup.domain, texts(found)
        return [Finding(subject="SPF", name=name, standing=standing, sentence=sentence, found=seen, stops=stops)]

    if answer.troubled:
        return finding((Standing.UNKNOWN, unknown(setup.domain, answer)))
    if not found:
        sentence = "There is no SPF record, so others cannot tell who may send the domain's mail."
        return finding((Standing.MISSING, sentence))
    if len(found) > 1:
        return finding((Standing.WRONG, f"There are {len(found)} SPF records: with more than one, none counts."))
    try:
        record = spf_record.parse(found[0])
    except spf_record.RecordError as error:
        return finding((Standing.WRONG, f"The SPF record cannot be read, so it counts as none: {error}."))
    everybody = await _says(setup, resolver, SOMEBODY)
    if broken := _broken(everybody):
        return finding(broken)
    if setup.relay is None:
        problems, stops = await _own(setup, resolver)
    else:
        problems, stops = await _relay(setup, setup.relay, record, resolver)
    problems += _others(everybody, await spf_networks.allowed(resolver, setup.domain))
    if any(one.name == "ptr" for one in record.mechanisms):
        sentence = "The SPF record uses ptr, which is slow and not to be used (RFC 7208 §5.5)."
        problems.append((Standing.WEAK, sentence))
    who = "this server" if setup.relay is None else "your relay"
    return finding(*problems or [(Standing.FINE, f"It allows {who}, and nobody unknown.")], stops=stops)


async def _says(setup: SetUp, resolver: Resolver, address: str) -> SpfResult:
    return await spf.check_host(resolver, ip=address, mail_from=f"postmaster@{setup.domain}", helo=setup.host)


def _broken(result: SpfResult) -> Problem | None:
    """An evaluation that came to no result."""
    if result.result is Result.PERMERROR:
        return Standing.WRONG, f"The SPF record breaks off with an error: {shown(result.reason.sentence)}"
    if result.result is Result.TEMPERROR:
        return Standing.UNKNOWN, shown(result.reason.sentence)
    return None


async def _own(setup: SetUp, resolver: Resolver) -> tuple[list[Problem], bool]:
    """Whether the addresses of this server may send."""
    ours = await _own_addresses(setup, resolver)
    if not ours:
        sentence = f"Whether the SPF record allows this server is not known, for no address of {setup.host} is."
        return [(Standing.UNKNOWN, sentence)], False
    for address in ours:
        said = await _says(setup, resolver, address)
        if broken := _broken(said):
            return [broken], False
        if said.result is not Result.PASS:
            sentence = f"The SPF record does not allow {address}, the address of this server, to send: it says"
            stops = said.result is Result.FAIL
            return [(Standing.WRONG if stops else Standing.WEAK, f"{sentence} {said.result}.")], stops
    return [], False


async def _own_addresses(setup: SetUp, resolver: Resolver) -> list[str]:
    if setup.addresses:
        return list(setup.addresses)
    four, six = await asyncio.gather(resolver.a(setup.host), resolver.aaaa(setup.host))
    return [*four.values, *six.values][:4]


async def _relay(setup: SetUp, relay: str, record: Record, resolver: Resolver) -> tuple[list[Problem], bool]:
    """Whether whatever the relay's own record allows may send."""
    theirs = await spf_networks.allowed(resolver, relay)
    if theirs.problem:
        if theirs.troubled:
            sentence = f"Whether the SPF record allows your relay is not known: {shown(theirs.problem)}."
            return [(Standing.UNKNOWN, sentence)], False
        sentence = f"Nobody can tell which hosts your relay {relay} sends from: {shown(theirs.problem)}. Ask the relay"
        return [(Standing.WRONG, f"{sentence} which name is to be included.")], False
    asked = 0
    for network in theirs.networks[:MOST_NETWORKS]:
        for address in dict.fromkeys((str(network[0]), str(network[-1]))):
            its = await spf.check_host(resolver, ip=address, mail_from=f"postmaster@{relay}", helo=relay)
            if its.result is not Result.PASS:
                continue  # taken away again by a negative term of the relay's own
            asked += 1
            said = await _says(setup, resolver, address)
            if broken := _broken(said):
                return [broken], False
            if said.result is not Result.PASS:
                sentence = (
                    f"The SPF record does not allow {address}, a host of your relay {relay}, to send: it says"
                    f" {said.result}{f' at {shown(said.mechanism)}' if said.mechanism else ''}. Let include:{relay}"
                    " stand before every term that refuses."
                )
                return [(Standing.WRONG, sentence)], said.result is Result.FAIL
    if asked or (theirs.unlisted and _plainly_included(record, relay)):
        return [], False
    if theirs.unlisted:
        sentence = (
            f"Whether the SPF record allows your relay cannot be seen: {relay} lists no addresses"
            f" ({shown(theirs.unlisted)}). Include it by its name, before every term that refuses."
        )
        return [(Standing.UNKNOWN, sentence)], False
    return [(Standing.WRONG, f"The SPF record of {relay} allows no host at all: ask your relay for the name.")], False


def _plainly_included(record: Record, relay: str) -> bool:
    """Whether the record itself includes the relay, before anything that refuses."""
    for one in record.mechanisms:
        if one.qualifier != "+" or one.name == "all":
            return False
        if one.name == "include" and one.domain and not one.domain.letters and normal(one.domain.domain({})) == relay:
            return True
    return False


def _others(everybody: SpfResult, allowed: Allowed) -> list[Problem]:
    """Whether hosts of strangers may send."""
    if everybody.result is Result.NEUTRAL:
        return [(Standing.WEAK, "The SPF record leaves open who may send the domain's mail: let it end with -all.")]
    wide = "" if everybody.mechanism.lower().lstrip("+") == "all" else _width(allowed)
    if wide:
        sentence = f"The SPF record lets {wide} send the domain's mail, strangers' hosts too: name only those that do."
        return [(Standing.WEAK, sentence)]
    if everybody.result is Result.PASS:
        return [(Standing.WEAK, "The SPF record allows every host to send the domain's mail: let it end with -all.")]
    return []


def _width(allowed: Allowed) -> str:
    """What is more than any sender has, in words; empty when there is none."""
    four = [one for one in allowed.networks if isinstance(one, ipaddress.IPv4Network)]
    six = [one for one in allowed.networks if isinstance(one, ipaddress.IPv6Network)]
    count = sum(one.num_addresses for one in ipaddress.collapse_addresses(four))
    if count > MOST_ALLOWED:
        return f"{count:,} addresses ({min(four, key=lambda one: one.prefixlen)} among them)"
    wide = min(six, key=lambda one: one.prefixlen, default=None)
    return f"all of {wide}" if wide is not None and wide.prefixlen < WIDEST_IPV6 else ""
