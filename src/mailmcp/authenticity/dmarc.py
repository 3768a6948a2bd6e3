"""DMARC (RFC 9989): does the domain in From stand behind this message?

Stricter than the standard in three points: a mail has exactly one author, whose domain the caller hands in (or says
that there is none); two names below a public suffix never belong together because the suffix has a record of its own;
and a signature that leaves open how the mail reads does not pass (``reading.py``).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from mailmcp.authenticity import tags
from mailmcp.authenticity.dns import Outcome, Resolver
from mailmcp.language.domains import ascii_host, organisational_domain
from mailmcp.models import DkimSignature, DmarcResult, Reason, Result, SpfResult

MAX_QUERIES = 8
"""Of one walk (§4.10)."""
MAX_WALKS = 10
"""For one message: each name that may be aligned has its own."""
_LABELS_ABOVE = 7

_VERSION = re.compile(rb"[ \t]*v[ \t]*=[ \t]*DMARC1[ \t]*(?:;|\Z)")
_REPORT_URI = re.compile(
    r"[ \t]*(?:mailto:[^\s@,!]+@[^\s@,!]+|https?://[^\s,!]+)(?:![0-9]+[kmgt]?)?[ \t]*\Z", re.IGNORECASE
)
_POLICIES = ("none", "quarantine", "reject")
_MILDER = {"reject": "quarantine", "quarantine": "none", "none": "none"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy record (§4.7)."""

    domain: str
    p: str | None
    """None when it has no policy that may be applied."""
    sp: str | None = None
    np: str | None = None
    strict_dkim: bool = False
    strict_spf: bool = False
    psd: str = "u"
    testing: bool = False


def parse(domain: str, text: bytes) -> Policy | None:
    """Read a TXT record; None when it is no DMARC record or a tag stands twice (RFC 6376 §3.2).

    v must come first; unknown, retired and malformed tags are ignored, and do not count (§4.8).
    """
    if not _VERSION.match(text):
        return None
    try:
        found = {name: value.lower() for name, value in tags.read_forgiving(text).items()}
    except tags.TagError:
        return None
    asked = {name: found[name] for name in ("p", "sp", "np") if name in found}
    if "p" in asked and all(value in _POLICIES for value in asked.values()):
        p, sp, np = asked["p"], asked.get("sp"), asked.get("np")
    else:
        # §4.10.1: with an address for reports it counts as p=none, without one it is no policy.
        reported = any(map(_REPORT_URI.match, found.get("rua", "").split(",")))
        p, sp, np = ("none" if reported else None), None, None
    psd = found.get("psd", "u")
    return Policy(
        domain=domain,
        p=p,
        sp=sp,
        np=np,
        strict_dkim=found.get("adkim") == "s",
        strict_spf=found.get("aspf") == "s",
        psd=psd if psd in ("y", "n") else "u",
        testing=found.get("t") == "y",
    )


@dataclass(frozen=True, slots=True)
class Walk:
    """What a tree walk found, from the name upwards (§4.10)."""

    domain: str
    policies: tuple[Policy, ...]
    trouble: str = ""
    """Why it did not come to its end."""

    @property
    def own(self) -> Policy | None:
        """The record of the name itself."""
        return next((policy for policy in self.policies if policy.domain == self.domain), None)

    @property
    def organisation(self) -> str:
        """The organisational domain (§4.10.2)."""
        for policy in self.policies:
            if policy.psd == "n":
                return policy.domain
            if policy.psd == "y" and policy.domain != self.domain:
                labels = policy.domain.count(".") + 2
                return ".".join(self.domain.split(".")[-labels:])
        return self.policies[-1].domain if self.policies else self.domain

    @property
    def applied(self) -> Policy | None:
        """The record whose policy applies: its own, else that of the organisation, else of the suffix (§4.10.1)."""
        organisation = self.organisation
        at_organisation = next((policy for policy in self.policies if policy.domain == organisation), None)
        return self.own or at_organisation or next((one for one in self.policies if one.psd == "y"), None)


@dataclass(slots=True)
class Walks:
    """The walks of one message, each made once."""

    resolver: Resolver
    made: dict[str, Walk] = field(default_factory=dict[str, Walk])

    async def of(self, domain: str) -> Walk:
        """Walk from a name to the top."""
        if domain not in self.made:
            if len(self.made) >= MAX_WALKS:
                return Walk(domain, (), "too many domains in one message")
            self.made[domain] = await _walk(self.resolver, domain)
        return self.made[domain]


def names_of_walk(domain: str) -> list[str]:
    """The names that a walk from a domain asks for the records of, without ``_dmarc.`` (§4.10)."""
    labels = domain.split(".")
    above = labels[-_LABELS_ABOVE:] if len(labels) > _LABELS_ABOVE else labels[1:]
    return [domain, *(".".join(above[start:]) for start in range(len(above)))][:MAX_QUERIES]


def needed(author: str, path: str) -> list[tuple[str, str]]:
    """The look-ups that may be needed once SPF has judged a path: a walk, and whether the author's name exists."""
    return [("A", author), *(("TXT", f"_dmarc.{name}") for name in names_of_walk(path))]


async def discover(resolver: Resolver, author: str, dkim: Sequence[DkimSignature]) -> None:
    """Walk from every domain whose signature holds and may be aligned, before other look-ups spend the budget."""
    walks = Walks(resolver)
    for one in dkim:
        if one.result is Result.PASS and one.domain != author and _may_be_aligned(author, one.domain):
            await walks.of(one.domain)


def _may_be_aligned(author: str, other: str) -> bool:
    """Whether two names have more in common than their last label."""
    return author.split(".")[-2:] == other.split(".")[-2:]


async def _walk(resolver: Resolver, domain: str) -> Walk:
    policies: list[Policy] = []
    for name in names_of_walk(domain):
        answer = await resolver.txt(f"_dmarc.{name}")
        if answer.troubled:
            return Walk(domain, tuple(policies), f"_dmarc.{name} could not be looked up: {answer.detail}")
        found = [policy for text in answer.values if (policy := parse(name, text)) is not None]
        if len(found) != 1:
            continue  # several records count as none (§4.10)
        policies.append(found[0])
        if found[0].psd in ("y", "n"):
            break
    return Walk(domain, tuple(policies))


async def judge(
    resolver: Resolver, *, author_domain: str | None, spf: SpfResult, dkim: Sequence[DkimSignature]
) -> DmarcResult:
    """Judge a message by the results of SPF and DKIM.

    When SPF could not be asked, only an aligned signature decides: then nothing is a fail. When the walk broke off
    above a record, names that are equal to the author's still count; for others it is not known. An aligned signature
    that leaves open how the mail reads is neither a pass nor a fail: the domain did sign it.
    """
    domain = ascii_host(author_domain or "")
    if not domain:
        return _result(Result.PERMERROR, "dmarc_no_author", "The mail has no single, clear author.")
    walks = Walks(resolver)
    own = await walks.of(domain)
    applied = own.applied
    if own.trouble and not own.policies:
        return _result(Result.TEMPERROR, "dns_trouble", f"{own.trouble}.", domain)
    if applied is None:
        return _result(Result.NONE, "dmarc_none", f"{domain} has no DMARC record.", domain)
    if applied.p is None:
        sentence = f"The DMARC record of {applied.domain} names no policy that could be applied."
        return _result(Result.PERMERROR, "dmarc_bad_record", sentence, domain)
    policy = await _policy(resolver, domain, applied)

    passed: list[str] = []
    unclear = ""
    for label, other, strict, result in _identities(applied, spf, dkim):
        if result is Result.PASS or result is Result.TEMPERROR:
            aligned, trouble = await _aligned(walks, domain, other, strict=strict)
            if aligned and result is Result.PASS:
                passed.append(f"{label}={other}")
            elif aligned or trouble:
                unclear = unclear or trouble or f"{label} of {other} could not be checked"
    organisation = "" if own.trouble else own.organisation
    if passed:
        sentence = f"{domain} stands behind this mail ({', '.join(passed[:3])})."
        return _result(Result.PASS, "dmarc_pass", sentence, domain, organisation, applied, policy, tuple(passed))
    if unclear:
        return _result(Result.TEMPERROR, "dns_trouble", f"{unclear}.", domain, organisation, applied, policy)
    for one in (one for one in dkim if one.leaves_open):
        if (await _aligned(walks, domain, one.domain, strict=applied.strict_dkim))[0]:
            return _result(Result.POLICY, one.reason.code, one.reason.sentence, domain, organisation, applied, policy)
    if spf.result is Result.SKIPPED:
        sentence = f"No signature of {domain} holds, and its SPF record was not asked."
        return _result(Result.SKIPPED, "dmarc_not_judged", sentence, domain, organisation, applied, policy)
    sentence = f"Neither SPF nor a signature shows that this mail is from {domain}, which asks for {policy}."
    return _result(Result.FAIL, "dmarc_fail", sentence, domain, organisation, applied, policy)


def _identities(applied: Policy, spf: SpfResult, dkim: Sequence[DkimSignature]) -> list[tuple[str, str, bool, Result]]:
    """What may be aligned: (kind, domain, strict, result)."""
    found = [("dkim", one.domain, applied.strict_dkim, one.result) for one in dkim if one.domain]
    if spf.domain:
        found.append(("spf", spf.domain, applied.strict_spf, spf.result))
    return list(dict.fromkeys(found))


async def _aligned(walks: Walks, author: str, other: str, *, strict: bool) -> tuple[bool, str]:
    """Whether two names belong together (§4.4), and what trouble kept that from being found out."""
    if author == other:
        return True, ""
    if strict:
        return False, ""
    first, second = await walks.of(author), await walks.of(other)
    trouble = first.trouble or second.trouble
    if trouble:
        return False, trouble
    organisation = first.organisation
    if organisation != second.organisation:
        return False, ""
    record = next((one for one in first.policies if one.domain == organisation), None)
    # Everybody can have a name below a public suffix. Its owner may stand behind one, its tenants not behind each
    # other, unless its record says that it is no suffix (psd=n).
    declared = record is not None and record.psd == "n"
    if declared or other == organisation:
        return True, ""
    # In a thread, since the list of suffixes is loaded when it is asked for the first time.
    return not await asyncio.to_thread(_is_public_suffix, organisation), ""


def _is_public_suffix(domain: str) -> bool:
    below = f"x.{domain}"
    return organisational_domain(below) == below


async def _policy(resolver: Resolver, domain: str, applied: Policy) -> str:
    """none, quarantine or reject (§4.7: p, sp, np, t)."""
    policy = applied.p or "none"
    if applied.domain != domain:
        policy = applied.sp or policy
        # Only NXDOMAIN says that a name does not exist (§3.2.12).
        if applied.np is not None and (await resolver.a(domain)).outcome is Outcome.NXDOMAIN:
            policy = applied.np
    return _MILDER[policy] if applied.testing else policy


def _result(
    result: Result,
    code: str,
    sentence: str,
    author: str | None = None,
    organisation: str = "",
    applied: Policy | None = None,
    policy: str | None = None,
    aligned: tuple[str, ...] = (),
) -> DmarcResult:
    return DmarcResult(
        result=result,
        reason=Reason(code, sentence),
        author_domain=author,
        organisational_domain=organisation or None,
        record_domain=applied.domain if applied else None,
        policy=policy,
        aligned=aligned,
    )
