"""A domain of one's own: the records that it needs in DNS, and what was found there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """How one thing about a domain is."""

    FINE = "fine"
    MISSING = "missing"
    WRONG = "wrong"
    WEAK = "weak"
    """It works, but less well than it could."""
    UNKNOWN = "unknown"
    """Nobody answered: neither fine nor wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRecord:
    """A record as it should stand in DNS."""

    name: str
    kind: str
    value: str
    """As zone files write it, with a final dot after names; of TXT the whole text, without quotes."""
    purpose: str
    """One sentence: what it is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found about one thing, and why it matters."""

    subject: str
    """MX, SPF, DKIM, certificate …"""
    standing: Standing
    sentence: str
    name: str = ""
    """Where in DNS it was looked for."""
    found: tuple[str, ...] = ()
    wanted: str | None = None
    """The record as it should be."""
    stops: bool = False
    """Mail would not work because of this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainPlan:
    """What `domain add` made, and the records that it asks for."""

    domain: str
    shown: str
    """As people write it: the same, unless it is international."""
    folder: str
    """Where its keys are."""
    made: tuple[str, ...]
    """Selectors of the keys that were made now."""
    records: tuple[DnsRecord, ...]
    policy_url: str
    policy: str
    """The MTA-STS policy (RFC 8461 §3.2), to be served at ``policy_url``."""
    steps: tuple[str, ...]
    """What else is to be done, a sentence each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainReport:
    """What `domain check` found."""

    domain: str
    shown: str
    findings: tuple[Finding, ...]

    @property
    def works(self) -> bool | None:
        """Whether nothing was found that stops mail; None when all that could is what nobody answered."""
        stopping = {finding.standing for finding in self.findings if finding.stops}
        return None if stopping == {Standing.UNKNOWN} else not stopping
