"""A message and its envelope -> AuthResults: the one way into this room for whoever takes mail in."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time
from dataclasses import dataclass, replace

from mailmcp.authenticity import arc, claims, dkim, dmarc, fields, spf
from mailmcp.authenticity.canonical import Bodies
from mailmcp.authenticity.dns import LOOKUPS_OF_A_MESSAGE, SECONDS_OF_A_MESSAGE, Metered, Resolver
from mailmcp.authenticity.fields import Octets
from mailmcp.authenticity.findings import shown
from mailmcp.language.domains import ascii_host, same_organisation
from mailmcp.models import ArcChain, AuthResults, DmarcResult, Envelope, Reason, Result, Source, SpfResult

log = logging.getLogger("mailmcp.authenticity")

LARGE = 256 * 1024
"""From here on a message is split in a worker thread."""
_AFTERWARDS = (Source.IMAP, Source.IMPORTED, Source.SERVICE)
"""Met after somebody else had received it: nobody here knows from where it was brought."""
_WITH_BYTES = (Source.SMTP, *_AFTERWARDS)
_OVER_THE_BODY = frozenset(("dkim-signature", "arc-message-signature", "arc-seal"))

# What cannot be a host of the internet: loopback, private use, shared and link-local addresses (RFC 1918, 6598, 4193,
# 3927, 4291). ipaddress counts networks for documentation as private too, and those are not.
_PRIVATE = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.168.0.0/16", "::/127", "fc00::/7", "fe80::/10"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the settings say about checking."""

    check_private_peers: bool = False
    """Ask SPF for loopback and private addresses too."""
    trusted_authserv: tuple[str, ...] = ()
    """authserv-ids whose Authentication-Results are believed; ``(none)`` for fields without one (Outlook)."""
    trusted_sealers: tuple[str, ...] = ()
    """Domains whose ARC seals count."""
    receiver: str = "unknown"
    """This host's name, for the SPF macro r."""
    lookups: int = LOOKUPS_OF_A_MESSAGE
    seconds: float = SECONDS_OF_A_MESSAGE


DEFAULTS = Rules()


def is_private(peer: str) -> bool:
    """Whether an address is of this machine or of a private network."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address.version == network.version and address in network for network in _PRIVATE)


def needs_whole(beginning: bytes) -> bool:
    """Whether checking a message takes more of it than this: its header goes on, or it has signatures over its body."""
    if b"\n\r\n" not in beginning and b"\n\n" not in beginning:
        return True
    return any(field.key in _OVER_THE_BODY for field in fields.read(beginning).fields)


async def check(
    raw: bytes,
    envelope: Envelope,
    *,
    author_domain: str | None,
    resolver: Resolver,
    source: Source = Source.SMTP,
    rules: Rules = DEFAULTS,
) -> AuthResults:
    """Find out what can be known about where a message comes from. Never raises; DNS trouble is a temperror.

    ``author_domain`` is the domain of the one unambiguous From address (``Message.author``), None when there is none:
    then nothing can be verified. The time of arrival in ``envelope`` is the time at which signatures are judged.
    At most ``rules.lookups`` look-ups are made, and the answer comes after ``rules.seconds``. When ``again`` is set,
    DNS was in trouble and a later check may find out more.
    """
    results = _Results(author_domain)
    # Look-ups end a little before all does: what they found until then can still be concluded from.
    metered = Metered(resolver, lookups=rules.lookups, seconds=0.9 * rules.seconds)
    began = time.monotonic()
    try:
        async with asyncio.timeout(rules.seconds):
            await _judge(results, raw, envelope, author_domain, metered, source, rules)
    except TimeoutError:
        metered.troubled = True
        results.notes.append(
            Reason("check_unfinished", f"The check was given up after {time.monotonic() - began:.0f} seconds.")
        )
    except Exception:  # a mail must never stop the way in; what was found until here stands
        log.exception("a mail could not be checked")
        results.notes.append(Reason("check_failed", "The check failed inside mailmcp; the log says why."))
    if metered.spent:
        results.notes.append(
            Reason("lookups_spent", f"The mail asks for more than {rules.lookups} DNS look-ups; the rest was left out.")
        )
    return results.frozen(lookups=metered.lookups, again=metered.troubled and not metered.spent)


class _Results:
    """Results as they come in; what is not there yet when time is over was not found out."""

    def __init__(self, author_domain: str | None) -> None:
        unknown = Reason("check_unfinished", "The check did not get this far.")
        self.spf = SpfResult(result=Result.TEMPERROR, reason=unknown)
        self.dmarc = DmarcResult(result=Result.TEMPERROR, reason=unknown, author_domain=author_domain)
        self.arc = ArcChain(result=Result.TEMPERROR, reason=unknown)
        self.found = AuthResults(spf=self.spf, dkim=(), dmarc=self.dmarc, arc=self.arc)
        self.notes: list[Reason] = []

    def frozen(self, *, lookups: int, again: bool) -> AuthResults:
        return replace(
            self.found,
            spf=self.spf,
            dmarc=self.dmarc,
            arc=self.arc,
            notes=tuple(self.notes),
            lookups=lookups,
            again=again,
        )


async def _judge(
    results: _Results,
    raw: bytes,
    envelope: Envelope,
    author_domain: str | None,
    metered: Metered,
    source: Source,
    rules: Rules,
) -> None:
    message = await asyncio.to_thread(fields.read, raw) if len(raw) > LARGE else fields.read(raw)
    author = _author(results, message, author_domain)
    claim, forged = claims.believed(message, rules.trusted_authserv)
    results.notes += forged
    if claim is not None and not await _brought_by(claim.by, envelope, metered):
        sentence = f"{shown(claim.by or claims.WITHOUT_ID)} did not bring this mail, so its results may be forged."
        results.notes.append(Reason("claims_ignored", sentence))
        claim = None
    results.found = replace(results.found, claim=claim)
    skipped = _why_no_spf(envelope, source, rules)
    bodies = Bodies(message.body)

    if source in _WITH_BYTES:
        # The author's record is needed whatever comes of the signatures, unless there may be nothing to align.
        ahead = author if author and skipped is None else None
        signatures, _ = await asyncio.gather(
            dkim.verify(message, metered, author_domain=author, now=envelope.received_at, bodies=bodies),
            dmarc.Walks(metered).of(ahead) if ahead else asyncio.sleep(0),
        )
        results.found = replace(results.found, dkim=signatures[0])
        if signatures[1]:
            results.notes.append(
                Reason("signatures_left_out", f"{signatures[1]} further signatures were not looked at.")
            )
    else:
        results.notes.append(
            Reason("dkim_not_ours", "There are no original bytes, so signatures are not ours to judge.")
        )
    if skipped is None:
        if author:
            await dmarc.discover(metered, author, results.found.dkim)
        # SPF may ask for more than there is (RFC 7208 §4.6.4): what DMARC needs to conclude from it is kept back.
        path = ascii_host((envelope.mail_from or envelope.helo or "").rpartition("@")[2])
        with metered.keeping(dmarc.needed(author, path) if author else ()):
            results.spf = await spf.check_host(
                metered,
                ip=str(envelope.peer).partition("%")[0],
                mail_from=envelope.mail_from,
                helo=envelope.helo or "",
                receiver=rules.receiver,
                now=envelope.received_at.timestamp(),
            )
    else:
        results.spf = SpfResult(result=Result.SKIPPED, reason=skipped)
    results.dmarc = await _dmarc(results, author, metered, source)
    if source in _WITH_BYTES:
        results.arc = await arc.validate(
            message, metered, author_domain=author, trusted_sealers=rules.trusted_sealers, bodies=bodies
        )
    else:
        results.arc = ArcChain(result=Result.SKIPPED, reason=results.notes[-1])


def _author(results: _Results, message: Octets, author_domain: str | None) -> str | None:
    """The author's domain in ASCII; None unless the header has exactly one From, whatever the caller says."""
    author = ascii_host(author_domain or "") or None
    if author_domain and author is None:
        # What IDNA 2008 does not allow (RFC 5891 §4.2) is taken for one name by some programs, for another by others.
        sentence = f"The author's domain {shown(author_domain)} is no valid name, so nobody can stand behind it."
        results.notes.append(Reason("author_domain_invalid", sentence))
    if author and (message.problem or len(message.all("from")) != 1):
        results.notes.append(Reason("author_unclear", message.problem or "The header does not have exactly one From."))
        return None
    return author


async def _brought_by(host: str, envelope: Envelope, metered: Metered) -> bool:
    """Whether what stands on top of a header can be a trusted host's: whoever brings a mail writes what he likes there.

    RFC 8601 §5 has the border host take such fields away; here that is this one. A mail without a peer was fetched from
    an account, where the provider saw to it; a private peer is a relay of the user's own. Any other must be a host of
    the organisation that the authserv-id names, by a HELO name that leads back to it.
    """
    if envelope.peer is None or is_private(envelope.peer):
        return True
    helo = ascii_host(envelope.helo or "")
    if not same_organisation(helo, host):
        return False
    try:
        peer = ipaddress.ip_address(envelope.peer.partition("%")[0])
    except ValueError:
        return False
    peer = getattr(peer, "ipv4_mapped", None) or peer
    answer = await (metered.a(helo) if peer.version == 4 else metered.aaaa(helo))
    return any(ipaddress.ip_address(one) == peer for one in answer.values)


def _why_no_spf(envelope: Envelope, source: Source, rules: Rules) -> Reason | None:
    """Why SPF is not asked, None when it is."""
    if source is not Source.SMTP or envelope.peer is None:
        return Reason("spf_no_peer", "The address that sent it is not known, so SPF cannot be asked.")
    if is_private(envelope.peer):
        if rules.check_private_peers:
            return None
        return Reason("loopback_peer", "It came from a program on this machine or network; SPF was not asked.")
    try:
        ipaddress.ip_address(envelope.peer.partition("%")[0])
    except ValueError:
        return Reason("spf_no_peer", "The address that sent it is not known, so SPF cannot be asked.")
    return None


async def _dmarc(results: _Results, author: str | None, metered: Metered, source: Source) -> DmarcResult:
    signatures = results.found.dkim
    invalid = next((one for one in results.notes if one.code == "author_domain_invalid"), None)
    if invalid is not None:
        return DmarcResult(result=Result.PERMERROR, reason=invalid)
    hopeful = any(one.result in (Result.PASS, Result.TEMPERROR) or one.leaves_open for one in signatures)
    if author and results.spf.result is Result.SKIPPED and not hopeful:
        # Nothing could be aligned: a program's mail on this machine costs no look-up.
        reason = Reason("dmarc_not_judged", f"No signature holds and SPF was not asked: {author} is only what it says.")
        return DmarcResult(result=Result.SKIPPED, reason=reason, author_domain=author)
    found = await dmarc.judge(metered, author_domain=author, spf=results.spf, dkim=signatures)
    if source in _AFTERWARDS and found.result is Result.FAIL:
        # Its SPF may have passed where it arrived: that nobody here can ask is not its fault.
        reason = Reason("dmarc_not_judged", f"No signature of {author} holds, and SPF can be asked only on arrival.")
        return replace(found, result=Result.SKIPPED, reason=reason)
    return found
