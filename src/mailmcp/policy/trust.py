"""May this sender be believed? A verdict with reasons, judged once when a message comes in and then stored.

"Verified" is an aligned DMARC pass for the one author of a message, with nothing that speaks against their honesty. It
proves a domain, never a person. What could not be found out is ``unverified``: neither believed nor accused.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mailmcp.language.domains import ascii_host, organisational_domain, same_organisation
from mailmcp.language.lookalikes import resembles, skeleton
from mailmcp.models import Address, AuthResults, DmarcResult, Message, Reason, Result, Source, Trust, Verdict
from mailmcp.policy.names import Shown, shown_in

LOOPBACK_PEER = Reason("loopback_peer", "From a program on this machine or network; sender not checked.")
NOT_CHECKED = Reason("not_checked", "The sender's domain has not been verified.")
NO_DMARC = Reason("no_dmarc", "The sender's domain publishes no DMARC policy, so nothing proves the sender.")
BAD_DMARC = Reason("bad_dmarc", "The sender's domain publishes a DMARC policy that cannot be read.")
INVALID_DOMAIN = Reason(
    "domain_invalid",
    "The sender's domain is written with characters that no domain has, so nobody can stand behind it.",
)
DNS_TROUBLE = Reason("dns_trouble", "DNS did not answer, so the sender could not be checked; it is tried again.")
LOOKUPS_SPENT = Reason(
    "lookups_spent", "It takes more DNS look-ups than one mail may ask for to check the sender, so that was given up."
)
FORWARDED = Reason(
    "forwarded", "It fails DMARC here, and passed where a forwarder that the settings trust took it in and changed it."
)
OWN_ADDRESS = Reason(
    "claims_own_address", "The sender's address is an inbox of yours, but the mail was brought from outside, by SMTP."
)
PENDING_CHECK = Reason("pending_check", "The check of the sender is not finished: read it again in a moment.")

_LONGEST_TOLD = 40
_GRAVE = frozenset(("several_senders", "name_is_other_address", "name_is_other_domain", "looks_like_contact"))
"""Reasons that make a sender suspicious whatever else was proved."""
_DECEPTIONS = _GRAVE | {"name_of_contact", "name_shows_other_domain", "claims_own_address"}
"""The same for a sender of whom nothing was proved: people do write from a second address."""
_LEAST_NAME = 6
"""Letters of a display name that can be said to be somebody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquaintances:
    """Whom an inbox knows."""

    met: frozenset[str] = frozenset()
    """Addresses (lower case) that it had to do with before."""
    domains: frozenset[str] = frozenset()
    """Organisational domains of those it has written to, and of those that were verified before."""
    names: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """Display names of the same people, as a reader sees them, and their addresses."""
    ours: bool = False
    """The author's address is an inbox of this home."""

    @classmethod
    def of(cls, friends: Iterable[Address], met: str | None = None, *, ours: bool = False) -> Acquaintances:
        """From the people that an inbox knows, and an address that it met besides."""
        friends = list(friends)
        names: dict[str, frozenset[str]] = {}
        for friend in friends:
            name = _known_by(friend.name)
            if name:
                names[name] = names.get(name, frozenset()) | {friend.email.lower()}
        domains = (organisational_domain(friend.email.rpartition("@")[2]) for friend in friends)
        return cls(
            met=frozenset((*(friend.email.lower() for friend in friends), *((met.lower(),) if met else ()))),
            domains=frozenset(filter(None, domains)),
            names=names,
            ours=ours,
        )


NOBODY = Acquaintances()


def judge(
    message: Message,
    *,
    source: Source,
    peer: str | None,
    results: AuthResults | None = None,
    known: Acquaintances = NOBODY,
) -> Trust:
    """The verdict about a message's sender.

    ``local`` only for mail that this mailroom itself submitted, without SMTP. ``results`` is None while the check is
    not finished. A deception makes a verified sender suspicious; its domain stays named, since that much is proved.
    """
    about = list(_about_author(message, known))
    if source is Source.SUBMITTED:
        return Trust(verdict=Verdict.LOCAL, reasons=tuple(about))
    if known.ours and message.author is not None and not (results and results.verified_domain):
        about.insert(0, OWN_ADDRESS)
    verdict, why = _about_origin(message, peer, results, known)
    deceptions = [one for one in about if one.code in (_GRAVE if verdict is Verdict.VERIFIED else _DECEPTIONS)]
    if deceptions and verdict is not Verdict.FAILED:
        verdict = Verdict.SUSPICIOUS
    return Trust(
        verdict=verdict,
        reasons=(*deceptions, why, *(one for one in about if one not in deceptions)),
        verified_domain=results.verified_domain if results is not None and message.author is not None else None,
    )


def _known_by(name: str) -> str:
    """A display name as a reader sees it: letters that look alike are one."""
    return " ".join(skeleton(name).split())


def _about_author(message: Message, known: Acquaintances) -> Iterable[Reason]:
    """What the header itself says for or against the sender."""
    author = message.author
    if author is None:
        if len(message.from_) > 1:
            yield Reason("several_senders", "The From header names more than one sender, so nobody is believed.")
        else:
            yield Reason("ambiguous_sender", "The From header does not name exactly one sender.")
        return
    address = author.email.lower()
    domain = address.rpartition("@")[2]
    organisation = organisational_domain(domain) or domain
    shown = shown_in(author.name)
    if shown.hosts:
        if all(same_organisation(other, domain) for other in shown.hosts):
            yield Reason("name_is_address", "The sender's display name is an address; only the real one counts.")
        else:
            yield Reason(
                "name_is_other_address",
                f"The display name shows another address than the real one, which is at {_told(domain)}.",
            )
    yield from _about_shown_domains(shown, domain)
    if any(not same_organisation(one.email.rpartition("@")[2], domain) for one in message.reply_to):
        yield Reason("reply_elsewhere", "Answers would go to another domain than the sender's.")
    if address in known.met:
        return
    if organisation not in known.domains:
        twin = next((one for one in sorted(known.domains) if resembles(organisation, one)), None)
        if twin is not None:
            yield Reason("looks_like_contact", f"The domain {_told(domain)} looks like {twin}, which you know.")
    name = _known_by(author.name)
    others = known.names.get(name, frozenset())
    if (
        len(name) >= _LEAST_NAME
        and others
        and not any(same_organisation(other.rpartition("@")[2], domain) for other in others)
    ):
        told = f"Somebody you know has this name, at another address than this at {_told(domain)}."
        yield Reason("name_of_contact", told)
    if known is not NOBODY:
        yield Reason("first_contact", "This inbox had no mail from this address before.")


def _about_shown_domains(shown: Shown, domain: str) -> Iterable[Reason]:
    """A display name with the domain of somebody else: people read it as the sender's."""
    other = next((one for one in shown.domains if not same_organisation(one, domain)), None)
    if other is None or any(same_organisation(one, domain) for one in shown.domains):
        return
    is_at = f"and the sender is at {_told(domain)}"
    if shown.whole:
        yield Reason("name_is_other_domain", f"The display name is the domain {_told(other)}, {is_at}.")
    else:
        yield Reason("name_shows_other_domain", f"The display name shows {_told(other)}, {is_at}.")


def _told(domain: str) -> str:
    """A domain that stands in a sentence of ours: whoever chose it may have written one of their own.

    The organisational domain as A-labels, a long one cut: its letters are read on the line of the sender.
    """
    organisation = organisational_domain(domain) or "a domain that is none"
    return organisation if len(organisation) <= _LONGEST_TOLD else f"{organisation[:12]}…{organisation[-12:]}"


def _about_origin(
    message: Message, peer: str | None, results: AuthResults | None, known: Acquaintances
) -> tuple[Verdict, Reason]:
    """What was found out about where the mail comes from."""
    if results is None:
        return Verdict.UNVERIFIED, PENDING_CHECK
    dmarc = results.dmarc
    if dmarc.result is Result.PASS and message.author is not None:
        return Verdict.VERIFIED, Reason("dmarc_pass", f"{dmarc.author_domain} stands behind it (DMARC pass).")
    if dmarc.result is Result.TEMPERROR:
        spent = any(one.code == LOOKUPS_SPENT.code for one in results.notes) and not results.again
        return Verdict.UNVERIFIED, LOOKUPS_SPENT if spent else DNS_TROUBLE
    if dmarc.result is Result.POLICY:
        return Verdict.UNVERIFIED, Reason("signature_open", dmarc.reason.sentence)
    if results.spf.result is Result.SKIPPED and peer is not None and _is_near(peer):
        return Verdict.UNVERIFIED, LOOPBACK_PEER
    if message.author is None:
        return Verdict.UNVERIFIED, NOT_CHECKED
    if not ascii_host(message.author.email.rpartition("@")[2]):
        return Verdict.UNVERIFIED, INVALID_DOMAIN
    if dmarc.result is Result.FAIL:
        return _about_fail(message, dmarc, results, known)
    if dmarc.result is Result.NONE:
        return Verdict.UNVERIFIED, NO_DMARC
    if dmarc.result is Result.PERMERROR:
        return Verdict.UNVERIFIED, BAD_DMARC if dmarc.author_domain else NOT_CHECKED
    return Verdict.UNVERIFIED, NOT_CHECKED


def _about_fail(
    message: Message, dmarc: DmarcResult, results: AuthResults, known: Acquaintances
) -> tuple[Verdict, Reason]:
    domain = dmarc.author_domain
    if results.arc.vouched:
        return Verdict.UNVERIFIED, FORWARDED
    if dmarc.policy not in ("reject", "quarantine"):
        sentence = f"It fails the check of {domain}, which asks for nothing to be done about that."
        return Verdict.UNVERIFIED, Reason("dmarc_fail_unenforced", sentence)
    sentence = f"It does not come from {domain}, which asks to {dmarc.policy} such mail."
    claimed = next((value for name, value in message.headers if name.lower() == "list-id"), None)
    if claimed is None:
        return Verdict.FAILED, Reason("dmarc_fail", sentence)
    # Anybody can write List-Id, and have a domain that proves it. A list changes mail in good faith only when it is one
    # that this inbox has to do with, and when its own domain stands behind this mail.
    proved = _proved(results)
    known_list = next((one for one in known.domains if one in proved and one == _organisation_of_list(claimed)), None)
    if known_list is not None:
        sentence = f"The mailing list of {known_list}, which you know, changed it: {domain} can no longer be verified."
        return Verdict.UNVERIFIED, Reason("list_rewrote", sentence)
    return Verdict.FAILED, Reason("dmarc_fail", f"{sentence} It says that it comes from a list, which proves nothing.")


def _proved(results: AuthResults) -> frozenset[str]:
    """Organisational domains that SPF or a signature proves, whoever the author is."""
    found = [one.domain for one in results.dkim if one.result is Result.PASS or one.leaves_open]
    if results.spf.result is Result.PASS:
        found.append(results.spf.domain)
    return frozenset(map(organisational_domain, found))


def _organisation_of_list(value: str) -> str:
    """Of ``Talk <talk.lists.example>`` the organisational domain (RFC 2919 §2)."""
    return organisational_domain(value.rpartition("<")[2].partition(">")[0].strip())


def _is_near(peer: str) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    return address.is_loopback or address.is_private or address.is_link_local
