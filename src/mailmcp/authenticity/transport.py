"""The ways on which others reach a domain's server: MX, its addresses, and what they are told about encryption."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

from mailmcp.authenticity.check import is_private
from mailmcp.authenticity.dns import Outcome, Resolver
from mailmcp.authenticity.findings import shown, tag, texts, unknown
from mailmcp.authenticity.records import SetUp
from mailmcp.models import Finding, Standing

MOST_ADDRESSES = 4
_STS = re.compile(rb"v=STSv1[ \t]*(?:;|\Z)")
_RPT = re.compile(rb"v=TLSRPTv1[ \t]*(?:;|\Z)")
_POLICY_ID = re.compile(r"[A-Za-z0-9]{1,32}\Z")
_REPORT_URI = re.compile(r"(?:mailto:[^\s@,!]+@[^\s@,!]+|https://[^\s,!]+)\Z", re.IGNORECASE)


async def exchanger(setup: SetUp, resolver: Resolver) -> list[Finding]:
    """Whether the domain's mail is brought to this server (RFC 5321 §5.1)."""
    answer = await resolver.mx(setup.domain)
    listed = [(preference, host.lower()) for preference, host in answer.values]

    def finding(standing: Standing, sentence: str, *, stops: bool = False) -> list[Finding]:
        seen = tuple(shown(f"{preference} {host}.") for preference, host in listed[:MOST_ADDRESSES])
        return [Finding(subject="MX", name=setup.domain, standing=standing, sentence=sentence, found=seen, stops=stops)]

    if answer.troubled:
        return finding(Standing.UNKNOWN, unknown(setup.domain, answer), stops=True)
    if answer.outcome is Outcome.NXDOMAIN:
        sentence = f"DNS knows no domain {setup.domain}: it is not registered, or its name servers do not know it."
        return finding(Standing.MISSING, sentence, stops=True)
    if not listed:
        own, server = await asyncio.gather(resolver.a(setup.domain), resolver.a(setup.host))
        implicit = bool(set(own.values) & set(server.values))  # without MX the domain's own address counts (§5.1)
        more = "which is this server's too" if implicit else "and nothing takes it there"
        return finding(
            Standing.WEAK if implicit else Standing.MISSING,
            f"There is no MX record: mail goes to the address of {setup.domain} itself, {more}.",
            stops=not implicit,
        )
    hosts = [host for _, host in listed]
    if "" in hosts:
        return finding(Standing.WRONG, "The MX record says that the domain takes no mail (RFC 7505).", stops=True)
    numbers = [host for host in hosts if host.replace(".", "").isdigit()]
    if numbers:
        sentence = f"The MX record names {shown(numbers[0])}: it must name a host, and the host have that address."
        return finding(Standing.WRONG, sentence, stops=setup.host not in hosts)
    if setup.host not in hosts:
        sentence = (
            f"Mail goes to {shown(hosts[0])}, not to this server, {setup.host}; if that is another name of it, set"
            " MAILMCP_LOCAL__HOSTNAME."
        )
        return finding(Standing.WRONG, sentence, stops=True)
    others = [host for host in hosts if host != setup.host]
    if others:
        sentence = f"Mail may also go to {shown(', '.join(others[:3]))}: what is kept there never gets here."
        return finding(Standing.WEAK, sentence)
    return finding(Standing.FINE, f"Mail of the domain is brought to {setup.host}.")


async def addresses(setup: SetUp, resolver: Resolver) -> list[Finding]:
    """Whether the server's name leads to it, from everywhere, and its addresses back to a name."""
    four, six = await asyncio.gather(resolver.a(setup.host), resolver.aaaa(setup.host))
    found = [*four.values, *six.values]

    def finding(standing: Standing, sentence: str, *, stops: bool = False) -> Finding:
        return Finding(
            subject="address",
            name=setup.host,
            standing=standing,
            sentence=sentence,
            found=tuple(found[:MOST_ADDRESSES]),
            wanted=", ".join(setup.addresses) or "the public address of this machine",
            stops=stops,
        )

    if not found:
        for answer in (four, six):
            if answer.troubled:
                return [finding(Standing.UNKNOWN, unknown(setup.host, answer), stops=True)]
        sentence = f"{setup.host} has no address, so nobody can deliver mail to it."
        return [finding(Standing.MISSING, sentence, stops=True)]
    near = [one for one in found if is_private(one)]
    if near and not setup.laboratory:
        sentence = f"{near[0]} is an address of a private network: nobody outside can deliver mail to it."
        return [finding(Standing.WRONG, sentence, stops=len(near) == len(found))]
    if setup.addresses and not set(setup.addresses) & set(found):
        sentence = f"{setup.host} leads to {found[0]}, and this server is at {setup.addresses[0]}."
        return [finding(Standing.WRONG, sentence, stops=True)]
    result = [finding(Standing.FINE, f"{setup.host} has an address.")]
    if setup.relay is None:
        result += await _names(found[:MOST_ADDRESSES], resolver)
    return result


async def _names(found: list[str], resolver: Resolver) -> list[Finding]:
    """Reverse DNS: a name that leads back to the address (RFC 1912 §2.1)."""
    for address in found:
        answer = await resolver.ptr(address)
        backwards: list[str] = []
        for name in answer.values[:MOST_ADDRESSES]:
            back = await (resolver.aaaa(name) if ":" in address else resolver.a(name))
            backwards += back.values
        if address not in backwards:
            standing = Standing.UNKNOWN if answer.troubled else Standing.WEAK
            sentence = (
                unknown(address, answer)
                if answer.troubled
                else f"{address} has no name that leads back to it: many receivers refuse mail from such hosts. Whoever"
                " rents out the address can set it."
            )
            return [
                Finding(
                    subject="reverse",
                    name=address,
                    standing=standing,
                    sentence=sentence,
                    found=tuple(shown(one) for one in answer.values[:MOST_ADDRESSES]),
                    wanted="a PTR record with the server's name",
                )
            ]
    return [Finding(subject="reverse", standing=Standing.FINE, sentence="Its address has a name that leads back.")]


async def strict_transport(setup: SetUp, resolver: Resolver) -> list[Finding]:
    """MTA-STS: whether others are told never to deliver in the clear (RFC 8461 §3.1). The policy is not fetched."""
    name = f"_mta-sts.{setup.domain}"
    answer = await resolver.txt(name)
    found = [one for one in answer.values if _STS.match(one)]

    def finding(standing: Standing, sentence: str, *, wanted: str | None = None, stops: bool = False) -> list[Finding]:
        seen = texts(found)
        one = Finding(subject="MTA-STS", name=name, standing=standing, sentence=sentence, found=seen, stops=stops)
        return [replace(one, wanted=wanted)]

    if answer.troubled:
        return finding(Standing.UNKNOWN, unknown(name, answer))
    if not found:
        sentence = "There is no MTA-STS record: somebody on the way can make others deliver unencrypted."
        return finding(Standing.MISSING, sentence)
    if len(found) > 1 or not _POLICY_ID.match(tag(found[0], "id")):
        what = "There are several MTA-STS records" if len(found) > 1 else "The MTA-STS record has no usable id="
        return finding(Standing.WRONG, f"{what}, so none counts.")
    host = f"mta-sts.{setup.domain}"
    four, six = await asyncio.gather(resolver.a(host), resolver.aaaa(host))
    if not four.values and not six.values:
        if four.troubled or six.troubled:
            return finding(Standing.UNKNOWN, unknown(host, four if four.troubled else six))
        return finding(Standing.WRONG, f"{host} has no address, so the policy at {setup.policy_url} cannot be read.")
    if not setup.tls:
        wanted = f"a certificate that holds for {setup.host}"
        lacking = "this server has no certificate that holds for its name: see MAILMCP_LOCAL__TLS_CERT."
        if tag(found[0], "id") == replace(setup, tls=True).policy_id:  # published when there was one
            sentence = f"The policy asks others to insist on encryption, and {lacking} They deliver nothing."
            return finding(Standing.WRONG, sentence, wanted=wanted, stops=True)
        return finding(Standing.WEAK, f"If the policy says enforce, no mail comes in, for {lacking}", wanted=wanted)
    return finding(Standing.FINE, f"The policy belongs at {setup.policy_url} (not fetched).")


async def transport_reports(setup: SetUp, resolver: Resolver) -> list[Finding]:
    """TLS-RPT: whether others say where encryption failed (RFC 8460 §3)."""
    name = f"_smtp._tls.{setup.domain}"
    answer = await resolver.txt(name)
    found = [one for one in answer.values if _RPT.match(one)]

    def finding(standing: Standing, sentence: str) -> list[Finding]:
        return [Finding(subject="TLS-RPT", name=name, standing=standing, sentence=sentence, found=texts(found))]

    if answer.troubled:
        return finding(Standing.UNKNOWN, unknown(name, answer))
    if not found:
        return finding(Standing.MISSING, "There is no TLS-RPT record: nobody tells you that encryption fails.")
    if len(found) > 1 or not all(_REPORT_URI.match(one.strip()) for one in tag(found[0], "rua").split(",")):
        what = (
            "There are several TLS-RPT records"
            if len(found) > 1
            else "The TLS-RPT record names no usable address (rua=)"
        )
        return finding(Standing.WRONG, f"{what}, so no report is sent.")
    return finding(Standing.FINE, "Others report where encryption failed.")
