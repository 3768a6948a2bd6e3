"""What a domain's own DMARC record (RFC 9989) asks of others, and whether reports reach anybody (RFC 9990)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from mailmcp.authenticity import dmarc, tags
from mailmcp.authenticity.dns import Resolver
from mailmcp.authenticity.findings import joined, shown, texts, unknown
from mailmcp.authenticity.records import SetUp, consent_name, is_mail_address
from mailmcp.language.domains import same_organisation
from mailmcp.models import Finding, Standing

MOST_REPORTS = 5
_POLICIES = ("none", "quarantine", "reject")
_VERSION = re.compile(rb"\s*v\s*=\s*DMARC1", re.IGNORECASE)
_SIZE = re.compile(r"![0-9]+[kmgt]?\Z", re.IGNORECASE)
"""A largest size behind an address: of RFC 7489, without meaning now."""

Problem = tuple[Standing, str]


async def inspect(setup: SetUp, resolver: Resolver) -> list[Finding]:
    """The record of the domain itself: everything that keeps it from what it is for."""
    name = f"_dmarc.{setup.domain}"
    answer = await resolver.txt(name)
    found = [one for one in answer.values if _VERSION.match(one)]

    def finding(*problems: Problem, wanted: str | None = None) -> list[Finding]:
        standing, sentence = joined(problems)
        return [
            Finding(subject="DMARC", name=name, standing=standing, sentence=sentence, found=texts(found), wanted=wanted)
        ]

    if answer.troubled:
        return finding((Standing.UNKNOWN, unknown(name, answer)))
    if not found:
        walk = await dmarc.Walks(resolver).of(setup.domain)
        if walk.applied is not None:
            sentence = f"It has no DMARC record of its own; that of {walk.applied.domain} applies."
            return finding((Standing.WEAK, sentence))
        sentence = "There is no DMARC record, so others let mail through that is forged in its name."
        return finding((Standing.MISSING, sentence))
    if len(found) > 1:
        return finding((Standing.WRONG, f"There are several DMARC records ({len(found)}), so none counts: keep one."))
    policy = dmarc.parse(setup.domain, found[0])
    try:
        asked = tags.read(found[0])
    except tags.TagError as error:
        sentence = f"The DMARC record cannot be read, so it counts as none: {shown(str(error))}."
        return finding((Standing.WRONG, sentence))
    if policy is None:
        return finding(
            (Standing.WRONG, "The DMARC record cannot be read, so it counts as none: it must begin with `v=DMARC1;`.")
        )
    reports, unusable = await _reports(setup, resolver, asked.get("rua"))
    problems = [*_policy(asked, counts=policy.p is not None), *_old(asked), *reports]
    # What stands there already for reports is kept, where it is right.
    wanted = None if unusable else f"v=DMARC1; p=reject; rua={asked['rua']}"
    return finding(*problems or [(Standing.FINE, f"Others are asked to {policy.p} forged mail.")], wanted=wanted)


def _policy(asked: Mapping[str, str], *, counts: bool) -> list[Problem]:
    """What others are asked to do (§4.7)."""
    if "p" not in asked:
        then = "it counts as p=none" if counts else "it does not count"
        return [(Standing.WRONG, f"The DMARC record names no policy (p=), so {then}.")]
    values = {tag: asked[tag].lower() for tag in ("p", "sp", "np") if tag in asked}
    strange = [tag for tag, value in values.items() if value not in _POLICIES]
    if strange:
        # §4.10.1: the whole record is spoiled by one of them.
        then = "counts as p=none, and forged mail is delivered" if counts else "does not count"
        what = f"{strange[0]}={shown(asked[strange[0]])[:40]}"
        sentence = f"The DMARC record says {what}, which is no policy (none, quarantine or reject), so it {then}."
        return [(Standing.WRONG, sentence)]
    p, sp = values["p"], values.get("sp", values["p"])
    np = values.get("np", sp)
    found: list[Problem] = []
    if p == "none":
        said = "p=none: others are not asked to refuse forged mail, and deliver it"
    elif sp == "none":
        said = "sp=none: mail forged in the name of a sub-domain is delivered"
    elif np == "none":
        said = "np=none: mail forged in the name of a sub-domain that does not exist is delivered"
    else:
        said = ""
    if said:
        found.append((Standing.WEAK, f"The DMARC record says {said}."))
    if asked.get("t", "").lower() == "y":
        sentence = "The DMARC record says t=y, only testing: others do less to forged mail than it asks for."
        found.append((Standing.WEAK, sentence))
    return found


def _old(asked: Mapping[str, str]) -> list[Problem]:
    """Tags that say what cannot be meant, or that are retired and still obeyed."""
    found: list[Problem] = []
    if asked.get("psd", "").lower() == "y":
        sentence = (
            "The DMARC record says psd=y, that others have names below this domain: mail of its own sub-domains then no"
            " longer counts as its own. Take psd=y out."
        )
        found.append((Standing.WRONG, sentence))
    if asked.get("pct", "100") != "100":
        sentence = (
            f"The DMARC record says pct={shown(asked['pct'])[:20]}: receivers that still go by RFC 7489 apply the"
            " policy to that part of forged mail only. Take pct out."
        )
        found.append((Standing.WEAK, sentence))
    return found


async def _reports(setup: SetUp, resolver: Resolver, rua: str | None) -> tuple[list[Problem], bool]:
    """Why reports would reach nobody, and whether that is because of the record itself.

    A domain elsewhere must agree to receive them (RFC 9990 §4).
    """
    if not rua:
        sentence = "The DMARC record names no address for reports (rua=), so abuse stays unseen."
        return [(Standing.WEAK, sentence)], True
    found: list[Problem] = []
    elsewhere: list[str] = []
    for written in rua.split(",")[:MOST_REPORTS]:
        uri = written.strip()
        scheme, colon, rest = uri.partition(":")
        address = unquote(_SIZE.sub("", rest).partition("?")[0])
        if not colon or scheme.lower() != "mailto":
            sentence = f"Reports go to mailto: addresses, and rua= of the DMARC record says {_quoted(uri)}."
            if is_mail_address(uri):
                sentence = f"rua= of the DMARC record lacks mailto: before {_quoted(uri)}, so no report comes."
            found.append((Standing.WEAK, sentence))
        elif not is_mail_address(address) or "!" in _SIZE.sub("", rest):
            sentence = f"rua= of the DMARC record says {_quoted(uri)}, which is no mail address: no report comes."
            found.append((Standing.WEAK, sentence))
        else:
            domain = address.rpartition("@")[2].lower()
            elsewhere += [] if same_organisation(domain, setup.domain) else [domain]
    consents = [one for domain in dict.fromkeys(elsewhere) for one in await _consent(setup, resolver, domain)]
    return [*found, *consents], bool(found)


async def _consent(setup: SetUp, resolver: Resolver, domain: str) -> list[Problem]:
    name = consent_name(setup.domain, domain)
    answer = await resolver.txt(name)
    if answer.troubled:
        return [(Standing.UNKNOWN, f"Whether {shown(domain)} takes the reports is not known: {unknown(name, answer)}")]
    if any(dmarc.parse(domain, one) is not None for one in answer.values):
        return []
    sentence = f'{shown(domain)} does not agree to receive the reports: it must publish TXT "v=DMARC1" at {name}.'
    return [(Standing.WEAK, sentence)]


def _quoted(uri: str) -> str:
    return f"{shown(uri)[:60]!r}"
