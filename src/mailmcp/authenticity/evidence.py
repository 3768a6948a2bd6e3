"""What was found out about a mail, in lines for people. A stranger's words in them are cut and on one line."""

from __future__ import annotations

from mailmcp.language.characters import cleaned
from mailmcp.models import ArcChain, AuthResults, Claim, DkimSignature, Envelope, Result, Source

LONGEST_LINE = 300


def headline(results: AuthResults) -> str:
    """The few words that stand beside a code: ``from app.example, DMARC pass``."""
    domain = results.verified_domain
    if domain:
        return f"from {domain}, DMARC pass"
    said = results.dmarc.author_domain
    return f"says to be from {said}, DMARC {results.dmarc.result}" if said else "from nobody that could be checked"


def delivered(envelope: Envelope, source: Source = Source.SMTP) -> str:
    """By whom a mail was brought, in one line: what its header cannot forge."""
    if source is Source.IMAP:
        return "It was fetched from a mailbox elsewhere: who brought it there is not known here."
    if source is Source.IMPORTED:
        return "It was taken from a file of mail: who brought it is not known here."
    if source is Source.SERVICE:
        return "It was handed over by the service that keeps the inbox: who brought it there is not known here."
    if source is Source.REBUILT:
        return "It was put together of what the service that keeps the inbox says: its own bytes are not to be had."
    if envelope.peer is None:
        return "It did not come by SMTP."
    path = f"the path {envelope.mail_from}" if envelope.mail_from else "the null path of bounces"
    how = f"over {envelope.tls}" if envelope.tls else "unencrypted"
    return _line(f"Brought by {envelope.peer}, calling itself {envelope.helo or 'nothing'}, with {path}, {how}.")


def lines(results: AuthResults) -> tuple[str, ...]:
    """Every check with its result and why."""
    found = [f"SPF {results.spf.result}: {results.spf.reason.sentence}"]
    if results.spf.explanation:
        found.append(f"    the domain's own words: {results.spf.explanation}")
    if not results.dkim:
        found.append("DKIM none: there is no signature that was judged.")
    for signature in results.dkim:
        found += _signature(signature)
    found.append(f"DMARC {results.dmarc.result}: {results.dmarc.reason.sentence}")
    if results.arc.result is not Result.NONE:
        found += _chain(results.arc)
    if results.claim is not None:
        found.append(_claim(results.claim))
    found += [note.sentence for note in results.notes]
    return tuple(_line(one) for one in found)


def _signature(signature: DkimSignature) -> list[str]:
    key = " ".join(filter(None, (signature.algorithm, f"{signature.key_bits} bits" if signature.key_bits else "")))
    by = f" by {signature.domain} ({signature.selector}{', ' if key else ''}{key})" if signature.domain else ""
    first = f"DKIM {signature.result}{by}: {signature.reason.sentence}"
    return [first, *(f"    {note.sentence}" for note in signature.notes)]


def _chain(chain: ArcChain) -> list[str]:
    trusted = ", all sealers trusted" if chain.trusted else ""
    return [
        f"ARC {chain.result}{trusted}: {chain.reason.sentence}",
        *(f"    {one.instance}. {one.sealer} claims: {one.claims}" for one in chain.sets[-5:]),
    ]


def _claim(claim: Claim) -> str:
    results = ", ".join(
        f"{one.method}={one.result}" + "".join(f" {name}={value}" for name, value in one.properties[:3])
        for one in claim.results
    )
    return f"{claim.by or 'The receiving host'} claims: {results or 'nothing'}"


def _line(text: str) -> str:
    indent = "    " if text.startswith("    ") else ""
    words = " ".join(cleaned(text)[0].split())
    return indent + (words if len(words) <= LONGEST_LINE else f"{words[: LONGEST_LINE - 1]}…")
