"""What comes back: whose report about a recipient is believed, what it means, and when an inbox pauses.

A report can be written by anybody. What can be demanded is demanded: it names the Message-ID of a message that left
here (128 random bits, which only those who handled or got that message know), and recipients of that message. Who
got it may still lie about the others that got it, so a report is believed

* of a mail system that is proved to be the relay that this home sends by, or the recipient's own, or
* of anybody when the message and all of ours in its conversation (the later ones name it) went to that one recipient
  alone, who did not write since: they could only harm themselves, or somebody to whom they showed the message.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from mailmcp.language.domains import organisational_domain, same_organisation
from mailmcp.models import Fate, Reason, ReturnKind
from mailmcp.policy.patterns import normal

RELAYS_REPORT_AS = {
    "gmail.com": ("googlemail.com", "google.com"),
    "amazonaws.com": ("amazonses.com",),
    "office365.com": ("outlook.com", "microsoft.com", "onmicrosoft.com"),
    "sendgrid.net": ("sendgrid.com",),
    "mailgun.org": ("mailgun.net", "mailgun.com"),
    "postmarkapp.com": ("mtasv.net",),
    "brevo.com": ("sendinblue.com",),
    "fastmail.com": ("messagingengine.com",),
}
"""Relays whose mail systems write under another domain than that of the host that mail is handed to."""
FULL_BEFORE_GONE = 3
"""So many messages come back from a full mailbox before nothing is sent to it any more."""
LEAST_BOUNCES, LEAST_COMPLAINTS = 5, 2
"""Fewer never pause an inbox: one mistyped address is no habit."""

_GONE = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.1"})
# Many write 5.0.0 or no status at all, and say it in words.
_VAGUE = re.compile(r"5\.(?:0\.0|1\.0|3\.0|4\.4|5\.0|2\.0|4\.0)|")
_GONE_WORDS = re.compile(
    r"user (?:is )?unknown|unknown (?:user|recipient|mailbox|address|local[ -]part)"
    r"|no such (?:user|recipient|mailbox|address|person|local user)|no mailbox (?:here )?by that name"
    r"|(?:user|recipient|mailbox|address|account|domain)(?: name)?[^.;]{0,60} (?:does not|doesn't|did not) exist"
    r"|does(?: not|n't) have an? [^;]{1,60}account|account (?:has been |is )?(?:disabled|deactivated|closed|deleted)"
    r"|mailbox (?:unavailable|not found|is inactive|disabled)|(?:user|recipient|address) not found|address not found"
    r"|recipient(?:s)? (?:address )?(?:is )?(?:invalid|rejected: user)|invalid (?:recipient|mailbox|address)"
    r"|un(?:routeable|routable) address|host or domain name not found|no longer (?:in use|available|active|valid)"
    r"|not our customer|not listed in|couldn't be found",
    re.IGNORECASE,
)
_FULL_WORDS = re.compile(r"mailbox (?:is )?full|over ?quota|quota exceeded|insufficient (?:system )?storage", re.I)

_MEANINGS = (
    (re.compile(r"5\.(?:1\.(?:1|3|4|6|10)|2\.1)"), "there is no such mailbox"),
    (re.compile(r"5\.(?:1\.2|4\.4)"), "its domain takes no mail"),
    (re.compile(r"[45]\.2\.2"), "the mailbox is full"),
    (re.compile(r"[45]\.(?:2\.3|3\.4)"), "the message is too large for it"),
    (re.compile(r"[45]\.(?:7\.\d+|2\.4)"), "the other side does not want it (its policy, or its filter for spam)"),
    (re.compile(r"[45]\.4\.[67]"), "it could not be delivered in time"),
    (re.compile(r"4\.\d+\.\d+"), "the other side could not take it for long enough"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Who wrote a report, as far as it is proved."""

    null_path: bool
    """It came with the null reverse path, as notices must (RFC 3464 §2); users of a provider cannot send so."""
    daemon: bool
    """Its one author has an address under which mail systems write."""
    author_domain: str
    proved: frozenset[str]
    """The domains that DKIM and SPF prove."""
    from_relay: bool = False
    """It came from this machine, and the relay is on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When an inbox pauses; shares in percent, 0 for never."""

    bounces: float = 5.0
    complaints: float = 0.1
    minimum: int = 20
    """Messages that must have left within the time."""
    days: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What became of what left an inbox within the time."""

    left: int
    bounced: int
    complained: int


def reporters(relay: str) -> frozenset[str]:
    """The organisational domains under which a relay (its host name) may report."""
    own = organisational_domain(relay)
    return frozenset({own, *RELAYS_REPORT_AS.get(own, ())} - {""})


def believed(
    recipient: str,
    report: Report,
    kind: ReturnKind,
    *,
    told: Collection[str],
    wrote_since: Collection[str],
    relays: frozenset[str],
) -> bool:
    """Whether a report about one of the recipients of a message counts; ``told`` are all who may know its id."""
    alone = len({normal(one) for one in told}) == 1
    complaint = kind is ReturnKind.COMPLAINT
    is_system = complaint or (report.null_path and report.daemon)
    proved = any(same_organisation(one, report.author_domain) for one in report.proved)
    if is_system and report.from_relay:
        return True
    if is_system and proved and organisational_domain(report.author_domain) in relays:
        return True
    # Complaints come with an ordinary reverse path, which every user of the recipient's provider has too.
    if (
        is_system
        and proved
        and (alone or not complaint)
        and same_organisation(report.author_domain, _domain(recipient))
    ):
        return True
    return alone and normal(recipient) not in wrote_since


def is_gone(fate: Fate) -> bool:
    """Whether a recipient that mail came back from does not exist: writing again harms whoever sends."""
    if fate.kind is not ReturnKind.BOUNCE or fate.status.startswith("4") or is_full(fate):
        return False
    return fate.status in _GONE or bool(_VAGUE.fullmatch(fate.status) and _GONE_WORDS.search(fate.words))


def is_full(fate: Fate) -> bool:
    """Whether mail came back because a mailbox was full."""
    if fate.status[2:] == "2.2":
        return True
    return bool(_VAGUE.fullmatch(fate.status) and _FULL_WORDS.search(fate.words))


def explained(fate: Fate) -> str:
    """What happened, in words of ours, with the code and the other side's words in quotation marks."""
    if is_gone(fate) and fate.status not in ("5.1.2", "5.4.4"):
        meaning = "there is no such mailbox"
    elif is_full(fate):
        meaning = "the mailbox is full"
    else:
        meaning = next((said for codes, said in _MEANINGS if codes.fullmatch(fate.status)), "")
    code = f" ({fate.status})" if fate.status else ""
    said = f' They said: "{fate.words}".' if fate.words else ""
    if fate.kind is ReturnKind.DELAY:
        return f"It has not arrived yet{f': {meaning}' if meaning else ''}{code}; somebody goes on trying.{said}"
    return f"It came back{f': {meaning}' if meaning else ''}{code}.{said}"


def pauses(share: Share, limits: Limits) -> Reason | None:
    """Why an inbox is to pause; None when it is not."""
    if share.left < limits.minimum:
        return None
    found = f"of {share.left} messages that left within {limits.days} days"
    if limits.bounces and share.bounced >= LEAST_BOUNCES and 100 * share.bounced >= limits.bounces * share.left:
        return Reason("bounces", f"{share.bounced} addresses {found} sent it back")
    many = limits.complaints and 100 * share.complained >= limits.complaints * share.left
    if many and share.complained >= LEAST_COMPLAINTS:
        return Reason("complaints", f"{share.complained} recipients {found} complained")
    return None


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
