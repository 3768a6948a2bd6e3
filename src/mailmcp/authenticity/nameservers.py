"""A resolver that asks real name servers, through dnspython's asyncio resolver, and remembers what they said.

Answers are kept as long as their TTL allows (RFC 1035 §3.2.1), negative ones as long as the zone's SOA says (RFC 2308
§5), failures for some seconds (RFC 9520 §3.2). The same look-up asked twice at once is made once. When no server can
be reached at all, look-ups fail at once for a while instead of waiting for their time limit. Names that nobody answers
for do not show that: strangers' mail names as many as it likes. So before the servers are left alone they are asked for
the root, which every server that runs has something to say about.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from mailmcp.authenticity.dns import Answer, Answering, Outcome

if TYPE_CHECKING:
    import dns.asyncresolver
    import dns.message
    import dns.name
    import dns.resolver

SECONDS_OF_A_LOOKUP = 2.0
KEPT_ANSWERS = 4096
LARGEST_KEPT = 4096
"""Octets of an answer worth keeping: 4,096 of them stay within 16 MiB."""
LONGEST_KEPT = 86_400.0
LONGEST_NEGATIVE = 3 * 3600.0
"""RFC 2308 §5 suggests one to three hours as the most that a negative answer is kept."""
FAILURE_KEPT = 5.0
QUIET_SECONDS = 10.0
"""How long nothing is asked after no server could be reached."""
SILENT_LOOKUPS = 4
"""After so many look-ups in a row without a sign of life from any server it is asked whether there is one."""
SECONDS_OF_A_SIGN = 1.0
"""How long a sign of life is waited for."""


def name_server(setting: str) -> tuple[str, int]:
    """``"192.0.2.1"``, ``"192.0.2.1:5353"``, ``"[2001:db8::1]:53"`` or ``"dns.example:53"`` as host and port.

    Raises ValueError with a sentence when it is none of these.
    """
    host, port = setting.strip(), "53"
    if host.startswith("["):
        host, _, rest = host[1:].partition("]")
        port = rest.removeprefix(":") if rest else port
    elif host.count(":") == 1:
        host, _, port = host.partition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{setting!r} is not a name server: give an address such as 192.0.2.1 or 192.0.2.1:53")
    return host, int(port)


class SystemResolver(Answering):
    """Asks the given name servers, else those of the system. Safe to share by all messages of one event loop."""

    def __init__(
        self,
        servers: Sequence[str] = (),
        *,
        seconds: float = SECONDS_OF_A_LOOKUP,
        kept: int = KEPT_ANSWERS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._servers = tuple(name_server(server) for server in servers)
        self._seconds = seconds
        self._kept = kept
        self._clock = clock
        self._cache: OrderedDict[tuple[str, str], tuple[float, Answer[Any]]] = OrderedDict()
        self._flying: dict[tuple[str, str], asyncio.Task[Answer[Any]]] = {}
        self._resolver: dns.asyncresolver.Resolver | None = None
        self._quiet_until = float("-inf")
        self._silent = 0
        self._sign: asyncio.Task[bool] | None = None

    async def ask(self, kind: str, name: str) -> Answer[Any]:
        """Look up records of a type."""
        key = (kind, name)
        kept = self._cache.get(key)
        if kept is not None:
            if kept[0] > self._clock():
                self._cache.move_to_end(key)
                return kept[1]
            del self._cache[key]
        if self._clock() < self._quiet_until:
            return Answer(Outcome.TROUBLE, detail="no name server can be reached")
        task = self._flying.get(key)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._fetch(kind, name), name=f"DNS {kind} {name}")
            self._flying[key] = task
            task.add_done_callback(lambda _: self._flying.pop(key, None))
        # Shielded: who gives up waiting must not take the answer away from others who asked the same.
        return await asyncio.shield(task)

    async def aclose(self) -> None:
        """Give up what is being looked up."""
        tasks: list[asyncio.Task[Any]] = [*self._flying.values(), *((self._sign,) if self._sign else ())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _fetch(self, kind: str, name: str) -> Answer[Any]:
        try:
            answer, seconds = await self._from_servers(kind, name)
        except Exception as error:  # whatever a server's bytes provoke is trouble with that server
            answer, seconds = Answer[Any](Outcome.TROUBLE, detail=type(error).__name__), FAILURE_KEPT
        if seconds > 0 and sum(len(str(value)) for value in answer.values) <= LARGEST_KEPT:
            self._cache[kind, name] = (self._clock() + min(seconds, LONGEST_KEPT), answer)
            while len(self._cache) > self._kept:
                self._cache.popitem(last=False)
        return answer

    async def _from_servers(self, kind: str, name: str) -> tuple[Answer[Any], float]:
        """The answer and the seconds it may be kept."""
        import dns.exception
        import dns.name
        import dns.resolver

        try:
            if self._resolver is None:
                self._resolver = await self._configured()
        except (dns.resolver.NoResolverConfiguration, OSError):
            return self._unreachable("no name server is configured or its name is not known")
        # Built from labels: in text a backslash would begin an escape.
        wanted = dns.name.Name([*(label.encode("ascii") for label in name.split(".")), b""])
        try:
            found = await self._resolver.resolve(
                wanted, kind, raise_on_no_answer=False, lifetime=self._seconds, search=False
            )
        except dns.resolver.NXDOMAIN as error:
            self._silent = 0
            # An alias that leads nowhere exists itself.
            outcome = Outcome.NXDOMAIN if _canonical(error) == wanted else Outcome.NODATA
            return Answer(outcome), _negative_seconds(cast("Any", error).response(wanted))
        except dns.resolver.NoNameservers as error:
            if _shows_none(error):
                return self._unreachable("no name server can be reached")
            self._silent = 0
            return Answer(Outcome.TROUBLE, detail="the name servers failed to answer"), FAILURE_KEPT
        except dns.exception.Timeout:
            self._silent += 1
            if self._silent >= SILENT_LOOKUPS and not await self._alive(self._resolver):
                return self._unreachable("no name server answers")
            return Answer(Outcome.TROUBLE, detail="no answer in time"), FAILURE_KEPT
        self._silent = 0
        if found.rrset is None:
            return Answer(Outcome.NODATA), _negative_seconds(found.response)
        return Answer(Outcome.ANSWER, _values(kind, found)), float(found.chaining_result.minimum_ttl)

    async def _alive(self, resolver: dns.asyncresolver.Resolver) -> bool:
        """Whether any server says anything at all; look-ups that want to know at once ask once."""
        if self._sign is None or self._sign.done():
            seconds = min(SECONDS_OF_A_SIGN, self._seconds)
            self._sign = asyncio.get_running_loop().create_task(
                _sign_of_life(resolver, seconds), name="DNS sign of life"
            )
        if await asyncio.shield(self._sign):
            self._silent = 0
        return self._silent < SILENT_LOOKUPS

    def _unreachable(self, detail: str) -> tuple[Answer[Any], float]:
        self._quiet_until = self._clock() + QUIET_SECONDS
        self._silent = 0
        self._resolver = None  # a laptop may be in another network by then: read its configuration again
        return Answer(Outcome.TROUBLE, detail=detail), 0.0

    async def _configured(self) -> dns.asyncresolver.Resolver:
        import dns.asyncresolver
        import dns.nameserver

        resolver = dns.asyncresolver.Resolver(configure=not self._servers)
        # Small enough not to be fragmented on the way; larger answers come by TCP.
        resolver.use_edns(0, 0, 1232)
        if self._servers:
            resolver.nameservers = [
                dns.nameserver.Do53Nameserver(await _address(host, port), port) for host, port in self._servers
            ]
        return resolver


async def _sign_of_life(resolver: dns.asyncresolver.Resolver, seconds: float) -> bool:
    """Whether a server answers for the root, be it with a refusal."""
    import dns.exception
    import dns.name
    import dns.resolver

    try:
        await resolver.resolve(dns.name.root, "NS", raise_on_no_answer=False, lifetime=seconds, search=False)
    except dns.resolver.NoNameservers as error:
        return not _shows_none(error)
    except dns.exception.Timeout:
        return False
    except OSError:
        return False
    except Exception:  # it said something that nobody foresaw
        return True
    return True


def _shows_none(error: dns.resolver.NoNameservers) -> bool:
    """Whether no server could even be sent to; one that answers by UDP but not by TCP could."""
    details = cast("dict[str, Any]", error.kwargs)  # pyright: ignore[reportUnknownMemberType]
    entries = details.get("errors", ())
    return bool(entries) and all(isinstance(entry[3], OSError) and not entry[1] for entry in entries)


async def _address(host: str, port: int) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        found = await asyncio.get_running_loop().getaddrinfo(host, port)
        return str(found[0][4][0])


def _values(kind: str, found: dns.resolver.Answer) -> tuple[Any, ...]:
    records = cast("list[Any]", list(found.rrset or ()))
    if kind == "TXT":
        return tuple(b"".join(record.strings) for record in records)
    if kind == "MX":
        return tuple(sorted((int(record.preference), _text(record.exchange)) for record in records))
    if kind == "SRV":
        servers = ((int(one.priority), -int(one.weight), int(one.port), _text(one.target)) for one in records)
        return tuple((priority, -weight, port, host) for priority, weight, port, host in sorted(servers))
    if kind == "PTR":
        return tuple(_text(record.target) for record in records)
    return tuple(str(record.address) for record in records)


def _text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).removesuffix(".")


def _canonical(error: dns.resolver.NXDOMAIN) -> dns.name.Name:
    return cast("dns.name.Name", error.canonical_name)  # pyright: ignore[reportUnknownMemberType]


def _negative_seconds(response: dns.message.Message) -> float:
    """How long the absence of records may be believed: the lesser of the SOA's TTL and its minimum (RFC 2308 §5).

    Without an SOA nothing is kept.
    """
    import dns.rdatatype

    for rrset in response.authority:
        if rrset.rdtype == dns.rdatatype.SOA:
            soa = cast("list[Any]", list(rrset))[0]
            return min(float(rrset.ttl), float(soa.minimum), LONGEST_NEGATIVE)
    return 0.0
