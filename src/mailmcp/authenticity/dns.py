"""DNS as four questions whose answers are values: nothing here raises because of what a name server says.

``Resolver`` is the protocol; ``StaticResolver`` answers from plain data; ``Metered`` keeps one message within its
budget; ``SystemResolver`` (in ``nameservers.py``) asks real servers.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import time
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar, cast

T_co = TypeVar("T_co", covariant=True)

LOOKUPS_OF_A_MESSAGE = 20
SECONDS_OF_A_MESSAGE = 5.0
LONGEST_NAME = 253
LONGEST_LABEL = 63


class Outcome(StrEnum):
    """How a look-up ended. The first three are facts about the name; trouble says nothing about it."""

    ANSWER = "answer"
    NXDOMAIN = "nxdomain"
    """The name does not exist."""
    NODATA = "nodata"
    """The name exists, without records of this type."""
    TROUBLE = "trouble"
    """No usable answer in time: a time limit, a server's failure, no network, a spent budget."""


@dataclass(frozen=True, slots=True)
class Answer(Generic[T_co]):
    """What came of a look-up. ``detail`` says in a few words what the trouble was."""

    outcome: Outcome
    values: tuple[T_co, ...] = ()
    detail: str = ""
    left_out: bool = False
    """It was not asked, since the mail had asked for too much: asking later will not help."""

    @property
    def troubled(self) -> bool:
        """Whether nothing may be concluded from it."""
        return self.outcome is Outcome.TROUBLE


class Resolver(Protocol):
    """What this room asks of DNS. Names are ASCII (A-labels), in any case, with or without a final dot."""

    async def txt(self, name: str) -> Answer[bytes]:
        """TXT records, the strings of each joined without blanks (RFC 7208 §3.3, RFC 6376 §3.6.2.2)."""
        ...

    async def a(self, name: str) -> Answer[str]:
        """IPv4 addresses."""
        ...

    async def aaaa(self, name: str) -> Answer[str]:
        """IPv6 addresses."""
        ...

    async def mx(self, name: str) -> Answer[tuple[int, str]]:
        """Mail exchangers with their preference, best first; the null MX (RFC 7505) has the name ``""``."""
        ...

    async def ptr(self, address: str) -> Answer[str]:
        """The names of an IP address."""
        ...


class Answering:
    """The five questions on top of one method, ``ask(type, name)``, that gets names as ``normal`` gives them."""

    async def ask(self, kind: str, name: str) -> Answer[Any]:
        """Look up records of a type."""
        raise NotImplementedError

    async def txt(self, name: str) -> Answer[bytes]:
        """See Resolver."""
        return cast("Answer[bytes]", await self._asked("TXT", name))

    async def a(self, name: str) -> Answer[str]:
        """See Resolver."""
        return cast("Answer[str]", await self._asked("A", name))

    async def aaaa(self, name: str) -> Answer[str]:
        """See Resolver."""
        return cast("Answer[str]", await self._asked("AAAA", name))

    async def mx(self, name: str) -> Answer[tuple[int, str]]:
        """See Resolver."""
        return cast("Answer[tuple[int, str]]", await self._asked("MX", name))

    async def ptr(self, address: str) -> Answer[str]:
        """See Resolver."""
        return cast("Answer[str]", await self._asked("PTR", ipaddress.ip_address(address).reverse_pointer))

    async def srv(self, name: str) -> Answer[tuple[int, int, int, str]]:
        """Servers of a service (RFC 2782) as (priority, weight, port, host), best first; ``""`` is no host."""
        return cast("Answer[tuple[int, int, int, str]]", await self._asked("SRV", name))

    async def _asked(self, kind: str, name: str) -> Answer[Any]:
        usable = normal(name)
        # A name that no server can hold does not exist; asking would only be an error of ours.
        return await self.ask(kind, usable) if usable else Answer(Outcome.NXDOMAIN)


def normal(name: str) -> str:
    """A name in lower case without its final dot; ``""`` when DNS cannot hold it (RFC 1035 §2.3.4)."""
    name = name.removesuffix(".").lower()
    if not name or len(name) > LONGEST_NAME or not name.isascii():
        return ""
    return name if all(0 < len(label) <= LONGEST_LABEL for label in name.split(".")) else ""


Records = Mapping[str, "Sequence[Any] | Outcome"]


class StaticResolver(Answering):
    """Answers from plain data: ``{"example.com": {"TXT": ["v=spf1 -all"], "MX": [(10, "mx.example.com")]}}``.

    ``CNAME`` is followed. In place of the records of a type, or under ``ANY`` for all types not listed, an ``Outcome``
    can stand. PTR records stand under the reversed name or under the address itself. ``asked`` counts the look-ups.
    """

    def __init__(self, zone: Mapping[str, Records]) -> None:
        self._zone: dict[str, Records] = {_owner(name): records for name, records in zone.items()}
        self._above = {name.split(".", depth)[-1] for name in self._zone for depth in range(1, name.count(".") + 1)}
        self.asked: list[tuple[str, str]] = []

    async def ask(self, kind: str, name: str) -> Answer[Any]:
        """Look up records of a type."""
        self.asked.append((kind, name))
        for _ in range(8):
            records = self._zone.get(name)
            if records is None:
                return Answer(Outcome.NODATA if name in self._above else Outcome.NXDOMAIN)
            found = records.get(kind)
            alias = records.get("CNAME")
            if found is None and alias is not None and not isinstance(alias, Outcome):
                name = normal(alias[0])
                continue
            if found is None:
                found = records.get("ANY", Outcome.NODATA)
            if isinstance(found, Outcome):
                return Answer(found, detail="no answer in time" if found is Outcome.TROUBLE else "")
            values = tuple(_value(kind, value) for value in found)
            return Answer(Outcome.ANSWER, tuple(sorted(values)) if kind == "MX" else values)
        return Answer(Outcome.TROUBLE, detail="too many aliases")


class Metered(Answering):
    """One message's view of a resolver: each question once, at most ``lookups`` of them, done after ``seconds``.

    What is beyond the budget ends in trouble, so it can never count as pass or fail.
    """

    def __init__(
        self,
        resolver: Resolver,
        *,
        lookups: int = LOOKUPS_OF_A_MESSAGE,
        seconds: float = SECONDS_OF_A_MESSAGE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._resolver = resolver
        self._limit = lookups
        self._clock = clock
        self._deadline = clock() + seconds
        self._kept = 0
        self._known: dict[tuple[str, str], asyncio.Future[Answer[Any]]] = {}
        self.spent = False
        """Look-ups were left out because the message asked for too many: asking again will not help."""
        self.troubled = False
        """Some answer did not come: asking again may help."""

    @property
    def lookups(self) -> int:
        """How many look-ups were made."""
        return len(self._known)

    @property
    def remaining(self) -> float:
        """Seconds until the deadline, never negative."""
        return max(0.0, self._deadline - self._clock())

    @contextlib.contextmanager
    def keeping(self, wanted: Iterable[tuple[str, str]]) -> Generator[None]:
        """Meanwhile as many look-ups are kept back as these (type and name) will need that were not asked before."""
        self._kept = len({(kind, usable) for kind, name in wanted if (usable := normal(name))} - self._known.keys())
        try:
            yield
        finally:
            self._kept = 0

    async def ask(self, kind: str, name: str) -> Answer[Any]:
        """Look up records of a type, unless it was asked before or the budget is spent."""
        known = self._known.get((kind, name))
        if known is not None:
            return await asyncio.shield(known)
        if len(self._known) >= self._limit - self._kept:
            self.spent = True
            detail = f"the limit of {self._limit} look-ups for a message was reached"
            return Answer(Outcome.TROUBLE, detail=detail, left_out=True)
        future: asyncio.Future[Answer[Any]] = asyncio.get_running_loop().create_future()
        self._known[kind, name] = future
        answer: Answer[Any] = Answer(Outcome.TROUBLE, detail="the look-up was given up")
        try:
            answer = await self._within_time(kind, name)
        finally:
            future.set_result(answer)
        self.troubled = self.troubled or answer.troubled
        return answer

    async def _within_time(self, kind: str, name: str) -> Answer[Any]:
        try:
            async with asyncio.timeout(self.remaining):
                return await self._forward(kind, name)
        except TimeoutError:
            return Answer(Outcome.TROUBLE, detail="the time for this message was over")

    def _forward(self, kind: str, name: str) -> Awaitable[Answer[Any]]:
        if kind == "PTR":
            return self._resolver.ptr(address_of(name))
        asks: dict[str, Callable[[str], Awaitable[Answer[Any]]]] = {
            "TXT": self._resolver.txt,
            "A": self._resolver.a,
            "AAAA": self._resolver.aaaa,
            "MX": self._resolver.mx,
        }
        return asks[kind](name)


def address_of(reverse_name: str) -> str:
    """The IP address that a name under in-addr.arpa or ip6.arpa stands for."""
    labels = reverse_name.split(".")[:-2][::-1]
    if reverse_name.endswith("ip6.arpa"):
        digits = "".join(labels)
        return str(ipaddress.ip_address(":".join(digits[at : at + 4] for at in range(0, 32, 4))))
    return ".".join(labels)


def _owner(name: str) -> str:
    try:
        return ipaddress.ip_address(name).reverse_pointer
    except ValueError:
        return normal(name)


def _value(kind: str, value: Any) -> Any:
    if kind == "TXT":
        if isinstance(value, list | tuple):
            return b"".join(_value(kind, part) for part in cast("Sequence[str | bytes]", value))
        return value if isinstance(value, bytes) else str(value).encode("utf-8")
    if kind == "MX":
        return (int(value[0]), str(value[1]).removesuffix("."))
    if kind == "SRV":
        return (*map(int, value[:3]), str(value[3]).removesuffix("."))
    return str(value).removesuffix(".")
