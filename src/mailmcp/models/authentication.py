"""What was found out about where a mail came from: results of SPF, DKIM, DMARC and ARC with their evidence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mailmcp.models.trust import Reason


class Result(StrEnum):
    """The result of one check, in the words of Authentication-Results (RFC 8601 §2.7), and one more."""

    PASS = "pass"  # noqa: S105 - a result, no password
    FAIL = "fail"
    SOFTFAIL = "softfail"
    NEUTRAL = "neutral"
    NONE = "none"
    POLICY = "policy"
    """It would verify, but something about it is not acceptable here."""
    TEMPERROR = "temperror"
    """Could not be found out now: neither pass nor fail."""
    PERMERROR = "permerror"
    SKIPPED = "skipped"
    """Not ours to judge, or not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfResult:
    """Whether the connecting address may send for the domain of the envelope (RFC 7208)."""

    result: Result
    reason: Reason
    identity: str = "mailfrom"
    """Which identity was checked: mailfrom, or helo for a null reverse path (§2.4)."""
    domain: str = ""
    mechanism: str = ""
    """The term of the record that matched."""
    explanation: str = ""
    """What the domain says about a fail: a stranger's words (§6.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimSignature:
    """One DKIM-Signature field (RFC 6376) and whether it holds."""

    result: Result
    reason: Reason
    domain: str = ""
    selector: str = ""
    algorithm: str = ""
    identity: str = ""
    """i=, the user or agent on whose behalf it was signed."""
    key_bits: int | None = None
    signed: tuple[str, ...] = ()
    """Names of the header fields that it covers, lower case, as often as they are covered."""
    unsigned_octets: int = 0
    """Octets of the body beyond l=, which anybody may have added."""
    leaves_open: tuple[str, ...] = ()
    """Fields that it does not cover, by which the mail could have been made to say something else: it holds, and proves
    the domain, but not what is read."""
    notes: tuple[Reason, ...] = ()
    """What is weak about it, though it may hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcResult:
    """Whether the author's domain stands behind the mail (RFC 9989)."""

    result: Result
    reason: Reason
    author_domain: str | None = None
    organisational_domain: str | None = None
    record_domain: str | None = None
    """Where the policy record was found."""
    policy: str | None = None
    """none, quarantine or reject: what the domain asks for when the check fails."""
    aligned: tuple[str, ...] = ()
    """What passed and belongs to the author's domain: ``dkim=example.com``, ``spf=example.com``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArcSet:
    """One set of ARC fields: what a handler on the way says it saw (RFC 8617 §4.1)."""

    instance: int
    sealer: str
    selector: str
    seal_holds: bool
    message_holds: bool
    """Whether the message is still as it was when this set was added."""
    cv: str
    claims: str
    """Its ARC-Authentication-Results: what the sealer claims, no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArcChain:
    """The chain of ARC sets, oldest first. A pass proves who sealed it, not what they say."""

    result: Result
    reason: Reason
    sets: tuple[ArcSet, ...] = ()
    trusted: bool = False
    """The chain passes and every sealer is one that the settings list."""
    vouched: bool = False
    """Trusted, and the first of its sealers says that DMARC passed for the author when the mail came there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedResult:
    """One result in somebody's Authentication-Results field."""

    method: str
    result: str
    reason: str = ""
    properties: tuple[tuple[str, str], ...] = ()
    """``("header.from", "example.com")`` and so on, values as written."""

    def property(self, name: str) -> str:
        """The value of a property, ``""`` when it is not there."""
        return next((value for key, value in self.properties if key == name), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a receiving host says it found: its claim, not ours."""

    by: str
    """The authserv-id."""
    results: tuple[ClaimedResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthResults:
    """Everything that was found out about one message, with its evidence."""

    spf: SpfResult
    dkim: tuple[DkimSignature, ...]
    dmarc: DmarcResult
    arc: ArcChain
    claim: Claim | None = None
    """The topmost Authentication-Results, when its authserv-id is one that the settings trust."""
    notes: tuple[Reason, ...] = ()
    lookups: int = 0
    again: bool = False
    """DNS was in trouble: judging it again later may find out more."""

    @property
    def verified_domain(self) -> str | None:
        """The author's domain when DMARC passes for it, else None."""
        return self.dmarc.author_domain if self.dmarc.result is Result.PASS else None
