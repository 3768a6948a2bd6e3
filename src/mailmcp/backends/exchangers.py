"""Which servers take the mail of a domain (RFC 5321 §5.1), as far as mail may be brought there."""

from __future__ import annotations

import asyncio
import ipaddress
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass

from mailmcp.authenticity.check import is_private
from mailmcp.authenticity.dns import Answer, Outcome, Resolver
from mailmcp.errors import BackendError, TryLater
from mailmcp.language.domains import ascii_host

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
MOST_HOSTS = 5
MOST_ADDRESSES = 2
"""Of each family and host."""


@dataclass(frozen=True, slots=True)
class Exchanger:
    """A host that takes the mail of a domain, by the name that its certificate is for."""

    host: str
    addresses: tuple[str, ...]


class TakesNoMail(Exception):
    """The domain does not exist or takes no mail: nobody there can be reached. Its words are a sentence."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Where mail must not be brought."""

    own_names: frozenset[str]
    """Names of this server: an MX record that leads back to it would be a loop (RFC 5321 §5.1)."""
    is_ours: Callable[[str], bool]
    """Whether this server itself is heard at an address."""
    private: bool
    """Whether hosts on this machine and in private networks are spoken to."""


async def exchangers(domain: str, resolver: Resolver, limits: Limits) -> list[Exchanger]:
    """The hosts of a domain (in ASCII), the best first, each with its addresses.

    Raises TakesNoMail, TryLater when DNS is in trouble, and BackendError when no host may be spoken to.
    """
    answer = await resolver.mx(domain)
    if answer.troubled:
        raise TryLater(f"Nothing left: DNS did not say where mail for {domain} goes ({answer.detail}).")
    if answer.outcome is Outcome.NXDOMAIN:
        raise TakesNoMail(f"There is no domain {domain}.")
    if answer.values and not any(host for _, host in answer.values):
        raise TakesNoMail(f"The domain {domain} takes no mail (RFC 7505).")
    ordered = _ordered([(preference, host) for preference, host in answer.values if host] or [(0, domain)])
    before = _before_us(ordered, domain, limits.own_names)
    hosts = [host for host in before if ascii_host(host) == host][:MOST_HOSTS]
    looked_up = await asyncio.gather(*(_addresses(host, resolver) for host in hosts))
    return _allowed(domain, list(zip(hosts, looked_up, strict=True)), limits, implicit=not answer.values)


def is_internal(address: str) -> bool:
    """Whether an address is none of the internet's: this machine, a private network, many hosts at once, or a guise."""
    try:
        written = ipaddress.ip_address(address)
    except ValueError:
        return True
    if isinstance(written, ipaddress.IPv6Address):
        inside = written.ipv4_mapped or written.sixtofour
        if inside is None and written in _NAT64:
            inside = ipaddress.IPv4Address(int(written) & 0xFFFFFFFF)
        if inside is not None:
            return is_internal(str(inside))
    return is_private(address) or written.is_multicast or written.is_unspecified


def listens_here(address: str) -> bool:
    """Whether an address is one of this machine's: nobody else's can be bound."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as one:
            one.bind((address, 0))
    except OSError:
        return False
    return True


def _ordered(records: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """By preference; those of the same one in any order, so that they share the mail."""
    shuffled = random.sample(records, len(records))
    return sorted(
        ((preference, host.lower().removesuffix(".")) for preference, host in shuffled), key=lambda one: one[0]
    )


def _before_us(ordered: list[tuple[int, str]], domain: str, own: frozenset[str]) -> list[str]:
    """What is preferred to this server; the rest would bring the mail back here, or further away."""
    ours = min((preference for preference, host in ordered if host in own), default=None)
    if ours is None:
        return [host for _, host in ordered]
    before = [host for preference, host in ordered if preference < ours]
    if not before:
        raise BackendError(f"Nothing left: mail for {domain} comes to this very server, which has no such inbox.")
    return before


async def _addresses(host: str, resolver: Resolver) -> tuple[list[str], bool]:
    """The addresses of a host, and whether DNS was in trouble. IPv4 first: fewer receivers doubt it."""
    four: Answer[str]
    six: Answer[str]
    four, six = await asyncio.gather(resolver.a(host), resolver.aaaa(host))
    found = [*four.values[:MOST_ADDRESSES], *six.values[:MOST_ADDRESSES]]
    return found, not found and (four.troubled or six.troubled)


def _allowed(
    domain: str, found: list[tuple[str, tuple[list[str], bool]]], limits: Limits, *, implicit: bool
) -> list[Exchanger]:
    allowed: list[Exchanger] = []
    left_out: list[str] = []
    for host, (addresses, _) in found:
        usable: list[str] = []
        for address in addresses:
            if is_internal(address) and not limits.private:
                left_out.append(f"{host} is on this machine or in a private network ({address})")
            elif limits.is_ours(address):
                left_out.append(f"{host} is this very server")
            else:
                usable.append(address)
        if usable:
            allowed.append(Exchanger(host, tuple(usable)))
    if allowed:
        return allowed
    if left_out:
        raise BackendError(f"Nothing left: {left_out[0]}, where mail for {domain} is not brought.")
    if any(troubled for _, (_, troubled) in found):
        raise TryLater(f"Nothing left: DNS did not give the address of the mail server of {domain}.")
    if implicit:
        raise TakesNoMail(f"The domain {domain} has no mail server.")
    raise BackendError(f"Nothing left: the mail servers that {domain} names have no address.")
