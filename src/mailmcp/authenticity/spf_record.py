"""SPF records as values: the grammar of RFC 7208 §12, checked as a whole before anything is evaluated (§4.6)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from mailmcp.authenticity.spf_macros import MacroError, MacroString, read, read_domain

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_VERSION = re.compile(rb"v=spf1(?: |\Z)", re.IGNORECASE)
_MODIFIER = re.compile(r"([a-z][a-z0-9._-]*)=(.*)\Z", re.IGNORECASE | re.DOTALL)
_MECHANISM = re.compile(r"([-+?~]?)([a-z0-9]+)(?:(:)(.*?))?((?:/\d+)?(?://\d+)?)\Z", re.IGNORECASE | re.DOTALL)
_PREFIXES = re.compile(r"(?:/(0|[1-9]\d*))?(?://(0|[1-9]\d*))?\Z")
MAX_TERMS = 500
"""A record of 64 KiB could hold ten thousand."""


class RecordError(ValueError):
    """The record breaks the grammar: permerror (§4.6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mechanism:
    """One mechanism as it is written and as it is meant."""

    text: str
    qualifier: str
    name: str
    domain: MacroString | None = None
    network: Network | None = None
    prefix4: int = 32
    prefix6: int = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record that keeps the grammar."""

    mechanisms: tuple[Mechanism, ...] = ()
    redirect: MacroString | None = None
    exp: MacroString | None = None


def is_record(text: bytes) -> bool:
    """Whether a TXT record is an SPF record at all (§4.5)."""
    return _VERSION.match(text) is not None


def parse(text: bytes) -> Record:
    """Read a record. Raises RecordError with what is wrong."""
    try:
        terms = text.decode("ascii")[len("v=spf1") :].split(" ")
    except UnicodeDecodeError:
        raise RecordError("it holds octets that are not ASCII (§3.1)") from None
    if len(terms) > MAX_TERMS:
        raise RecordError(f"it has more than {MAX_TERMS} terms")
    mechanisms: list[Mechanism] = []
    modifiers: dict[str, MacroString] = {}
    try:
        for term in filter(None, terms):
            if modifier := _MODIFIER.match(term):
                name = modifier[1].lower()
                if name not in ("redirect", "exp"):
                    read(modifier[2])  # unknown modifiers are ignored (§6), their syntax is not
                elif name in modifiers:
                    raise RecordError(f"{name}= stands twice (§6)")
                else:
                    modifiers[name] = read_domain(modifier[2])
            else:
                mechanisms.append(_mechanism(term))
    except MacroError as error:
        raise RecordError(str(error)) from None
    return Record(mechanisms=tuple(mechanisms), redirect=modifiers.get("redirect"), exp=modifiers.get("exp"))


def _mechanism(term: str) -> Mechanism:
    match = _MECHANISM.match(term)
    name = match[2].lower() if match else ""
    if match is None or name not in _READERS:
        raise RecordError(f"{term[:80]!r} is not a mechanism (§4.6.1)")
    return _READERS[name](term, match[1] or "+", name, match[4] if match[3] else None, match[5])


def _all(text: str, qualifier: str, name: str, argument: str | None, prefix: str) -> Mechanism:
    if argument is not None or prefix:
        raise RecordError("all takes no argument (§5.1)")
    return Mechanism(text=text, qualifier=qualifier, name=name)


def _with_domain(text: str, qualifier: str, name: str, argument: str | None, prefix: str) -> Mechanism:
    """include and exists, which need a domain, and ptr, which may have one; none takes a prefix length."""
    if argument is None and name == "ptr" and not prefix:
        return Mechanism(text=text, qualifier=qualifier, name=name)
    if argument is None:
        raise RecordError(f"{name} needs a domain and takes no prefix length (§5)")
    return Mechanism(text=text, qualifier=qualifier, name=name, domain=read_domain(argument + prefix))


def _hosts(text: str, qualifier: str, name: str, argument: str | None, prefix: str) -> Mechanism:
    """a and mx (§5.3, §5.4)."""
    prefixes = _PREFIXES.match(prefix)
    if prefixes is None:
        raise RecordError(f"{prefix!r} is no prefix length (§5.6)")
    prefix4, prefix6 = int(prefixes[1] or 32), int(prefixes[2] or 128)
    if prefixes[1] == "0":
        prefix4 = 0
    if prefixes[2] == "0":
        prefix6 = 0
    if prefix4 > 32 or prefix6 > 128:
        raise RecordError(f"{prefix!r} is longer than an address (§5.6)")
    domain = None if argument is None else read_domain(argument)
    return Mechanism(text=text, qualifier=qualifier, name=name, domain=domain, prefix4=prefix4, prefix6=prefix6)


def _network(text: str, qualifier: str, name: str, argument: str | None, prefix: str) -> Mechanism:
    """ip4 and ip6 (§5.6)."""
    if not argument or not re.fullmatch(r"(?:/(?:0|[1-9]\d{0,2}))?", prefix):
        raise RecordError(f"{text[:80]!r} is no network (§5.6)")
    try:
        network: Network
        if name == "ip4":
            network = ipaddress.IPv4Network(argument + prefix, strict=False)
        else:
            if "%" in argument:
                raise ValueError("a zone")
            network = ipaddress.IPv6Network(argument + prefix, strict=False)
    except ValueError:
        raise RecordError(f"{text[:80]!r} is no network (§5.6)") from None
    return Mechanism(text=text, qualifier=qualifier, name=name, network=network)


_READERS = {
    "all": _all,
    "include": _with_domain,
    "exists": _with_domain,
    "ptr": _with_domain,
    "a": _hosts,
    "mx": _hosts,
    "ip4": _network,
    "ip6": _network,
}
