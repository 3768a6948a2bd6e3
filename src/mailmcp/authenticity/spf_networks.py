"""Which networks an SPF record lets send, as far as its text says: its own, and those that include and redirect name.

A check of one address (``spf.py``) needs no such list. A person who sets up a domain does: to see that all of a relay's
addresses pass, and that not half of the internet does.
"""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import dataclass, field
from typing import Any

from mailmcp.authenticity.dns import Answer, Resolver, normal
from mailmcp.authenticity.spf_macros import MacroString
from mailmcp.authenticity.spf_record import Mechanism, Network, RecordError, is_record, parse

MAX_RECORDS = 30
MAX_NETWORKS = 500
MAX_NAMES = 10
"""Of an MX answer (RFC 7208 §4.6.4)."""


@dataclass(slots=True)
class Allowed:
    """What a record allows."""

    networks: list[Network] = field(default_factory=list[Network])
    unlisted: str = ""
    """A term whose addresses no list can hold: exists, ptr, a macro."""
    problem: str = ""
    """Why a record below it could not be read, in words after a colon; else what is listed is all there is."""
    troubled: bool = False
    """The problem is one of DNS at this moment."""


async def allowed(resolver: Resolver, domain: str) -> Allowed:
    """List what passes under a domain's record. What a negative term before takes away again is not left out."""
    found = Allowed()
    await _walk(resolver, normal(domain), found, set())
    return found


async def _walk(resolver: Resolver, domain: str, found: Allowed, seen: set[str]) -> None:
    if domain in seen or len(seen) >= MAX_RECORDS or len(found.networks) >= MAX_NETWORKS:
        return  # a record that includes itself; a check ends there with a permerror, which is found elsewhere
    seen.add(domain)
    answer = await resolver.txt(domain)
    _note_trouble(found, domain, answer)
    records = [one for one in answer.values if is_record(one)]
    if len(records) != 1:
        _note(found, f"{domain} has {f'{len(records)} SPF records' if records else 'no SPF record'}")
        return
    try:
        record = parse(records[0])
    except RecordError as error:
        _note(found, f"the SPF record of {domain} cannot be read: {error}")
        return
    for mechanism in record.mechanisms:
        if mechanism.name == "all":
            if mechanism.qualifier == "+":
                found.networks += [ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")]
            return
        if mechanism.qualifier == "+":
            await _term(resolver, mechanism, domain, found, seen)
    if record.redirect is not None:
        await _below(resolver, record.redirect, "redirect", found, seen)


async def _term(resolver: Resolver, mechanism: Mechanism, domain: str, found: Allowed, seen: set[str]) -> None:
    target = MacroString((domain,)) if mechanism.domain is None else mechanism.domain
    if mechanism.network is not None:
        found.networks.append(mechanism.network)
    elif mechanism.name == "include":
        await _below(resolver, target, mechanism.text, found, seen)
    elif mechanism.name in ("a", "mx") and not target.letters:
        await _hosts(resolver, mechanism, target.domain({}), found)
    else:
        found.unlisted = found.unlisted or mechanism.text


async def _hosts(resolver: Resolver, mechanism: Mechanism, name: str, found: Allowed) -> None:
    hosts = [name]
    if mechanism.name == "mx":
        exchangers = await resolver.mx(name)
        _note_trouble(found, name, exchangers)
        hosts = [host for _, host in exchangers.values[:MAX_NAMES] if host]
    for host in hosts:
        four, six = await asyncio.gather(resolver.a(host), resolver.aaaa(host))
        for answer, prefix in ((four, mechanism.prefix4), (six, mechanism.prefix6)):
            _note_trouble(found, host, answer)
            found.networks += [ipaddress.ip_network(f"{one}/{prefix}", strict=False) for one in answer.values]


async def _below(resolver: Resolver, target: MacroString, text: str, found: Allowed, seen: set[str]) -> None:
    if target.letters:
        found.unlisted = found.unlisted or text
    else:
        await _walk(resolver, normal(target.domain({})), found, seen)


def _note(found: Allowed, problem: str) -> None:
    found.problem = found.problem or problem


def _note_trouble(found: Allowed, name: str, answer: Answer[Any]) -> None:
    if answer.troubled:
        _note(found, f"{name} could not be looked up: {answer.detail}")
        found.troubled = True
