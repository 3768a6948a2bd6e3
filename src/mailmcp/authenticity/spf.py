"""SPF (RFC 7208): may this address send for that domain?

The whole of the standard: macros, include, redirect, exists, ptr, IPv4 and IPv6, and its limits (§4.6.4): ten terms
that ask DNS, two look-ups that find nothing, ten names of an MX or PTR answer.
"""

from __future__ import annotations

import ipaddress
import time
from typing import TypeVar

from mailmcp.authenticity import spf_macros
from mailmcp.authenticity.dns import Answer, Outcome, Resolver, normal
from mailmcp.authenticity.spf_macros import MacroError, MacroString
from mailmcp.authenticity.spf_record import Mechanism, Network, Record, RecordError, is_record, parse
from mailmcp.language.domains import ascii_host
from mailmcp.models import Reason, Result, SpfResult

T = TypeVar("T")

MAX_TERMS = 10
MAX_VOID = 2
MAX_NAMES = 10

_QUALIFIERS = {"+": Result.PASS, "-": Result.FAIL, "~": Result.SOFTFAIL, "?": Result.NEUTRAL}
_SENTENCES = {
    Result.PASS: "{domain} allows mail from {ip} ({term}).",
    Result.FAIL: "{domain} says that {ip} may not send its mail ({term}).",
    Result.SOFTFAIL: "{domain} says that {ip} probably may not send its mail ({term}).",
    Result.NEUTRAL: "{domain} says nothing about {ip} ({term}).",
}


class _Ended(Exception):
    """The check ends here with a temperror or a permerror (§2.6.6, §2.6.7)."""

    def __init__(self, result: Result, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.result = result
        self.reason = Reason(code, sentence)


async def check_host(
    resolver: Resolver, *, ip: str, mail_from: str, helo: str, receiver: str = "unknown", now: float | None = None
) -> SpfResult:
    """Check the reverse path, or the HELO name when that is the null path (§2.4). Never raises for what DNS says.

    ``receiver`` and ``now`` are the values of the macros r and t.
    """
    identity = "mailfrom" if mail_from else "helo"
    local, _, domain = mail_from.rpartition("@") if mail_from else ("", "", helo)
    if not domain.isascii():
        domain = ascii_host(domain)  # an internationalised name is checked as its A-labels (§4.3)
    if len(domain.rstrip(".").split(".")) < 2 or not normal(domain) or set(domain) & set("[]:"):
        sentence = f"{domain[:100] or 'The sender'} is not a domain that could have a record."
        return SpfResult(result=Result.NONE, reason=Reason("spf_no_domain", sentence), identity=identity)
    check = _Check(resolver, ip, local or "postmaster", domain, helo, receiver, time.time() if now is None else now)
    mechanism = ""
    explanation = ""
    try:
        result, mechanism, record, at = await check.host(domain)
        reason = _reason(result, at, str(check.ip), mechanism)
        if result is Result.FAIL and record is not None and record.exp is not None:
            explanation = await check.explanation(record.exp, at)
    except _Ended as ended:
        result, reason = ended.result, ended.reason
    return SpfResult(
        result=result,
        reason=reason,
        identity=identity,
        domain=normal(domain),
        mechanism=mechanism,
        explanation=explanation,
    )


class _Check:
    """One check: its values, and what it has used up so far."""

    def __init__(
        self, resolver: Resolver, ip: str, local: str, domain: str, helo: str, receiver: str, now: float
    ) -> None:
        self.resolver = resolver
        address = ipaddress.ip_address(ip)
        # A mapped address is the IPv4 address of the client (§5).
        self.ip = getattr(address, "ipv4_mapped", None) or address
        self.local = local
        self.domain = domain
        self.helo = helo
        self.receiver = receiver
        self.now = now
        self.terms = 0
        self.void = 0

    async def host(self, domain: str) -> tuple[Result, str, Record | None, str]:
        """check_host() of §4: the result, the term that gave it, and the record with its domain."""
        record = await self._record(domain)
        if record is None:
            return Result.NONE, "", None, domain
        for mechanism in record.mechanisms:
            if await self._matches(mechanism, domain):
                return _QUALIFIERS[mechanism.qualifier], mechanism.text, record, domain
        if record.redirect is None:
            return Result.NEUTRAL, "no term matches", record, domain  # §4.7
        self._count("redirect")
        target = await self._expand(record.redirect, domain)
        found = await self.host(target) if normal(target) else (Result.NONE, "", None, target)
        if found[0] is Result.NONE:  # §6.1
            raise _Ended(Result.PERMERROR, "spf_redirect", f"{domain} redirects to {target[:100]}, without a record.")
        return found

    async def explanation(self, exp: MacroString, domain: str) -> str:
        """The domain's words about a fail; any trouble with them means that there are none (§6.2)."""
        answer = await self.resolver.txt(await self._expand(exp, domain))
        if len(answer.values) != 1:
            return ""
        try:
            macros = spf_macros.read(answer.values[0].decode("ascii"), explanation=True, spaces=True)
            return macros.expand(await self._values(macros, domain))
        except (UnicodeDecodeError, MacroError):
            return ""

    async def _record(self, domain: str) -> Record | None:
        """Find and read the record of a domain (§4.4, §4.5)."""
        answer = await self.resolver.txt(domain)
        if answer.troubled:
            raise _trouble(domain, answer)
        found = [text for text in answer.values if is_record(text)]
        if len(found) > 1:
            raise _Ended(Result.PERMERROR, "spf_several_records", f"{domain} has more than one SPF record.")
        if not found:
            return None
        try:
            return parse(found[0])
        except RecordError as error:
            sentence = f"The SPF record of {domain} cannot be read: {error}."
            raise _Ended(Result.PERMERROR, "spf_bad_record", sentence) from None

    async def _matches(self, mechanism: Mechanism, domain: str) -> bool:
        if mechanism.name == "all":
            return True
        if mechanism.network is not None:
            return self._within(mechanism.network)
        self._count(mechanism.name)
        target = domain if mechanism.domain is None else await self._expand(mechanism.domain, domain)
        match mechanism.name:
            case "include":
                return await self._include(target, domain)
            case "exists":  # A records, also for an IPv6 client (§5.7)
                return bool(self._facts(target, await self.resolver.a(target)).values)
            case "a":
                return self._holds(await self._addresses(target), mechanism)
            case "mx":
                return await self._mx(target, mechanism)
            case _:
                return await self._ptr(target)

    async def _include(self, target: str, domain: str) -> bool:
        """§5.2"""
        result = (await self.host(target))[0] if normal(target) else Result.NONE
        if result is Result.NONE:
            raise _Ended(Result.PERMERROR, "spf_include", f"{domain} includes {target[:100]}, which has no record.")
        return result is Result.PASS

    async def _mx(self, target: str, mechanism: Mechanism) -> bool:
        """§5.4; the implicit MX of RFC 5321 does not count."""
        exchangers = self._facts(target, await self.resolver.mx(target)).values
        if len(exchangers) > MAX_NAMES:
            raise _Ended(Result.PERMERROR, "spf_limit", f"{target} has more than {MAX_NAMES} MX names.")
        for _, name in exchangers:
            if name and self._holds(await self._addresses(name), mechanism):
                return True
        return False

    async def _ptr(self, target: str) -> bool:
        """§5.5"""
        target = normal(target)
        return any(name == target or name.endswith(f".{target}") for name in await self._validated_names())

    async def _validated_names(self) -> list[str]:
        """The names of the client that lead back to it; trouble with one only means that it is not validated."""
        answer = await self.resolver.ptr(str(self.ip))
        self._note_void(answer)
        names: list[str] = []
        for name in answer.values[:MAX_NAMES]:
            found = await (self.resolver.a(name) if self.ip.version == 4 else self.resolver.aaaa(name))
            if any(ipaddress.ip_address(address) == self.ip for address in found.values):
                names.append(normal(name))
        return names

    async def _addresses(self, name: str) -> tuple[str, ...]:
        answer = await (self.resolver.a(name) if self.ip.version == 4 else self.resolver.aaaa(name))
        return self._facts(name, answer).values

    def _holds(self, addresses: tuple[str, ...], mechanism: Mechanism) -> bool:
        prefix = mechanism.prefix4 if self.ip.version == 4 else mechanism.prefix6
        return any(self._within(ipaddress.ip_network(f"{address}/{prefix}", strict=False)) for address in addresses)

    def _within(self, network: Network) -> bool:
        return network.version == self.ip.version and self.ip in network

    def _facts(self, name: str, answer: Answer[T]) -> Answer[T]:
        if answer.troubled:
            raise _trouble(name, answer)
        self._note_void(answer)
        return answer

    def _note_void(self, answer: Answer[object]) -> None:
        if answer.outcome in (Outcome.NXDOMAIN, Outcome.NODATA):
            self.void += 1
            if self.void > MAX_VOID:
                raise _Ended(
                    Result.PERMERROR, "spf_limit", f"The record leads to more than {MAX_VOID} names without answers."
                )

    def _count(self, name: str) -> None:
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise _Ended(
                Result.PERMERROR, "spf_limit", f"The record needs more than {MAX_TERMS} terms that ask DNS (at {name})."
            )

    async def _expand(self, macros: MacroString, domain: str) -> str:
        return macros.domain(await self._values(macros, domain))

    async def _values(self, macros: MacroString, domain: str) -> dict[str, str]:
        """The values of the macro letters (§7.2)."""
        ip = str(self.ip)
        # Upper case as in the conformance suite; to DNS it is all the same.
        dotted = ".".join(self.ip.exploded.replace(":", "").upper()) if self.ip.version == 6 else ip
        return {
            "s": f"{self.local}@{self.domain}",
            "l": self.local,
            "o": self.domain,
            "d": domain,
            "i": dotted,
            "p": await self._validated_name(domain) if "p" in macros.letters else "",
            "v": "in-addr" if self.ip.version == 4 else "ip6",
            "h": self.helo,
            "c": ip,
            "r": self.receiver,
            "t": str(int(self.now)),
        }

    async def _validated_name(self, domain: str) -> str:
        """The macro p: the domain itself, else a name below it, else any, else ``unknown`` (§7.3)."""
        names = await self._validated_names()
        target = normal(domain)
        below = [name for name in names if name.endswith(f".{target}")]
        return target if target in names else next(iter([*below, *names]), "unknown")


def _trouble(name: str, answer: Answer[object]) -> _Ended:
    code, did = ("lookups_spent", "was not") if answer.left_out else ("dns_trouble", "could not be")
    return _Ended(Result.TEMPERROR, code, f"{name[:100]} {did} looked up: {answer.detail}.")


def _reason(result: Result, domain: str, ip: str, term: str) -> Reason:
    if result is Result.NONE:
        return Reason("spf_none", f"{domain} has no SPF record.")
    return Reason(f"spf_{result.value}", _SENTENCES[result].format(domain=domain, ip=ip, term=term))
