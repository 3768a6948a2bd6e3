"""May this leave? A decision with the reasons of every rule that did not simply allow.

Rules never take anything back: a decision is the strictest of what each rule says, so that one recipient more, or one
reason more, never makes a message more allowed. What strangers write can only add reasons. In the order of their
reasons:

    no way out, deny list, suppression, the policy never                    the message is refused
    asked for approval, the policy approve                                  it is held
    first contact, taint, a look-alike, Reply-To elsewhere                  it is held for one recipient
    answers to programs                                                     it is held for one recipient
    a pause, many recipients, rates, copied words of others, leaks          it is held as a whole

Mail between inboxes of one home is not outbound: only the policies ``approve`` and ``never`` hold or stop it, and the
limit of a conversation, so that two assistants which answer each other come to an end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mailmcp.language.domains import same_organisation
from mailmcp.language.lookalikes import is_taken_for
from mailmcp.models import Decision, Pause, Reason, SendingVerdict, Verdict
from mailmcp.policy.leaks import Leak
from mailmcp.policy.patterns import forbids, normal, permits

NO_WAY_OUT = (
    "This mailmcp delivers only between inboxes of its own home; the setting MAILMCP_SEND_BACKEND names a way to the"
    " internet: smtp, with MAILMCP_SMTP__HOST or MAILMCP_SMTP__PROVIDER."
)
NO_INBOX = "list_inboxes lists those there are; mail to one that create_inbox makes needs no way out."
MOST_RECIPIENTS = 10
"""Outside this home, that one message may have without a human."""
NAMED = 10
"""Recipients that one rule names; the others are as many reasons of the same kind."""
_PROGRAMS = {
    "list": "a mailing list or a sender of newsletters brought",
    "bulk": "was sent to many at once",
    "bounce": "a mail system reports",
    "delay": "a mail system reports",
    "delivered": "a mail system reports",
    "complaint": "a mail system reports",
    "auto_replied": "a program answered by itself",
    "no_answers": "asks for no automatic answers",
}
GRAVE = (Verdict.SUSPICIOUS, Verdict.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many messages in so many seconds."""

    most: int
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the settings say."""

    policy: str = "first_contact"
    allow: frozenset[str] = frozenset()
    """Patterns (see ``patterns``), met by a recipient's address alone."""
    deny: frozenset[str] = frozenset()
    way_out: bool = False
    """Whether there is a backend that reaches the internet."""
    rates: Mapping[str, Rate] = field(default_factory=dict[str, Rate])
    """For ``inbox``, ``recipient``, ``thread`` and ``all``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The message that is answered."""

    thread: str
    author: str | None
    """The address of its one sender; None when there is no one sender, or when it is our own mail."""
    verdict: Verdict
    reply_to: tuple[str, ...] = ()
    wrote_to: frozenset[str] = frozenset()
    """To whom mail of ours went in that conversation."""
    automatic: str = ""
    """Why it is a program's own mail, ``""`` when it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taint:
    """Words of senders of whom nothing is proved were shown to this caller within the last hour."""

    thread: str | None
    """The conversation that they stand in; None for several."""
    sender: str | None
    grave: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Words or files of a stored message that this one carries."""

    message: str
    participants: frozenset[str]
    words: int | None = None
    """How many words; None when the message or a file of it is passed on as such."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Messages that left without a human within the time of each rate."""

    inbox: int = 0
    thread: int = 0
    within: int = 0
    """In this conversation, to whomever: inboxes of this home too."""
    all: int = 0
    recipients: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that is known of a message that wants to leave. Addresses in the mappings are ``normal``."""

    recipients: tuple[str, ...]
    own_inboxes: frozenset[str] = frozenset()
    """Those of the recipients (in the same spelling) that are inboxes of this home."""
    home_domain: str = ""
    """The domain at which this home alone makes inboxes, when the sender's is one of them."""
    asked_to_hold: bool = False
    """draft_for_approval: the message is held whatever the policy would allow."""
    caller: str = ""
    """The key of whoever asks: taint is theirs."""
    suppressed: Mapping[str, str] = field(default_factory=dict[str, str])
    pause: Pause | None = None
    """Of the inbox, since too much came back."""
    agreed: frozenset[str] = frozenset()
    """Whom a human let this inbox write to before."""
    twins: Mapping[str, str] = field(default_factory=dict[str, str])
    """Recipients to whom nobody wrote yet, and the address that is known and looks the same."""
    answered: Answered | None = None
    taints: tuple[Taint, ...] = ()
    passages: tuple[Passage, ...] = ()
    sent: Sent = field(default_factory=Sent)
    leaks: tuple[Leak, ...] = ()

    @property
    def outside(self) -> tuple[str, ...]:
        """The recipients that are no inboxes of this home."""
        return tuple(one for one in self.recipients if one not in self.own_inboxes)


def decide(facts: Facts, rules: Rules) -> SendingVerdict:
    """The strictest of what each rule says, with the reasons of those that said something."""
    if facts.outside and not rules.way_out:
        strangers = (Reason("outside", f"{one} is not an inbox of this home.") for one in facts.outside[:NAMED])
        at_home = all(normal(one).endswith(f"@{facts.home_domain}") for one in facts.outside)
        why = Reason("no_inbox", NO_INBOX) if at_home else Reason("no_way_out", NO_WAY_OUT)
        return SendingVerdict(decision=Decision.DENY, reasons=(*strangers, why))
    if refusals := (*_refusals(facts, rules),):
        return SendingVerdict(decision=Decision.DENY, reasons=refusals)
    holds = (
        *_policy_holds(facts, rules),
        *_contact_holds(facts, rules),
        *_twin_holds(facts, rules),
        *_reply_to_holds(facts, rules),
        *_machine_holds(facts, rules),
        *_pause_holds(facts),
        *_count_holds(facts),
        *_rate_holds(facts, rules),
        *_passage_holds(facts),
        *(Reason("leak", leak.sentence) for leak in (facts.leaks if facts.outside else ())),
    )
    return SendingVerdict(decision=Decision.ASK if holds else Decision.ALLOW, reasons=holds)


def participants(answered: Answered) -> frozenset[str]:
    """Whom an answer may go to as part of the conversation: its author, and whom we wrote to in it.

    Whom a sender only names (Cc, To, Reply-To) is not among them: naming somebody would be a way to widen the policy.
    A verified sender may ask for the answer at another address of the same organisation.
    """
    found = set(answered.wrote_to)
    if answered.author and answered.verdict not in GRAVE:
        found.add(normal(answered.author))
        if answered.verdict is Verdict.VERIFIED:
            found |= {normal(one) for one in answered.reply_to if _near(one, answered.author)}
    return frozenset(found - {""})


def _refusals(facts: Facts, rules: Rules) -> Iterator[Reason]:
    for one in facts.outside:
        if not normal(one):  # it would be compared with nothing: with no list, and with nobody that is known
            yield Reason("no_address", f"{one} cannot be compared with any rule: its domain is not written correctly.")
        elif forbids(rules.deny, one):
            yield Reason("denied", f"{one} is on the list of the setting MAILMCP_SEND__DENY.")
        elif why := facts.suppressed.get(normal(one)):
            yield Reason("suppressed", f"Nothing is sent to {one} any more ({why}).")
    if rules.policy == "never":
        yield Reason("policy_never", "The setting MAILMCP_SEND__POLICY is never: nothing is sent.")


def _policy_holds(facts: Facts, rules: Rules) -> Iterator[Reason]:
    if facts.asked_to_hold:
        yield Reason("asked", "A human was asked to approve this message.")
    elif rules.policy == "approve":
        yield Reason("policy_approve", "The setting MAILMCP_SEND__POLICY is approve: every message is held.")


def _contact_holds(facts: Facts, rules: Rules) -> Iterator[Reason]:
    """Recipients that are new, and while words of unproved senders are about, all but one."""
    part = participants(facts.answered) if facts.answered else frozenset[str]()
    known = part | facts.agreed
    to_its_sender = _answers_only_its_sender(facts)
    for one in _unlisted(facts, rules):
        if rules.policy != "open" and normal(one) not in known:
            sentence = f"{one} is new: no human has let this inbox write to this address."
            yield Reason("first_contact", sentence)
        if facts.taints and not to_its_sender:
            sentence = (
                f"Words of a sender of whom nothing is proved were read within the last hour; until then {one} is"
                " written to only with a human's approval."
            )
            yield Reason("taint", sentence)


def _twin_holds(facts: Facts, rules: Rules) -> Iterator[Reason]:
    """Whoever is new and looks like somebody known may be meant to be taken for them."""
    for one in _unlisted(facts, rules):
        if normal(one) not in facts.agreed and (twin := facts.twins.get(normal(one))) is not None:
            yield Reason(
                "looks_like_contact", f"{one} is new and looks like {twin}, which is known here: compare them."
            )


def twins(recipients: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Those of the new ``recipients`` that are easily taken for an address or a domain that is known, each with it."""
    known = list(known)
    found: dict[str, str] = {}
    for one in recipients:
        wanted = normal(one)
        twin = next((other for other in known if wanted and is_taken_for(wanted, normal(other) or f"@{other}")), None)
        if twin is not None:
            found[wanted] = twin
    return found


def _answers_only_its_sender(facts: Facts) -> bool:
    """Whether every taint is of the conversation that is answered, and its one sender the only one to be told."""
    answered = facts.answered
    if answered is None or answered.author is None or answered.verdict in GRAVE:
        return False
    author = normal(answered.author)
    return {normal(one) for one in facts.outside} == {author} and all(
        taint.thread == answered.thread and taint.sender == author and not taint.grave for taint in facts.taints
    )


def _reply_to_holds(facts: Facts, rules: Rules) -> Iterator[Reason]:
    answered = facts.answered
    if answered is None or not answered.reply_to:
        return
    elsewhere = {normal(one) for one in answered.reply_to if not _near(one, answered.author or "")}
    for one in _unlisted(facts, rules):
        if normal(one) in elsewhere and normal(one) != normal(answered.author or ""):
            yield Reason("reply_elsewhere", f"The sender asks for the answer at another domain than theirs: {one}.")


def _machine_holds(facts: Facts, rules: Rules) -> Iterator[Reason]:
    """No answer to a program without a human (RFC 3834 §2), unless the user named who is written to."""
    kind = facts.answered.automatic if facts.answered else ""
    for one in _unlisted(facts, rules) if kind else ():
        what = _PROGRAMS.get(kind, "a program sent by itself")
        yield Reason("machine", f"It answers what {what}, so that a human decides whether {one} is to get an answer.")


def _pause_holds(facts: Facts) -> Iterator[Reason]:
    if facts.pause is not None and facts.outside:
        yield Reason("paused", paused_sentence(facts.pause))


def paused_sentence(pause: Pause) -> str:
    """Why nothing leaves an inbox without a human, and what ends that."""
    return (
        f"{pause.inbox} pauses since {pause.since:%Y-%m-%d %H:%M} UTC: {pause.reason}. A human ends that with"
        f" `mailmcp inbox resume {pause.inbox}`."
    )


def _count_holds(facts: Facts) -> Iterator[Reason]:
    count = len({normal(one) or one for one in facts.outside})
    if count > MOST_RECIPIENTS:
        yield Reason("many_recipients", f"It goes to {count} recipients; more than {MOST_RECIPIENTS} need a human.")


def _rate_holds(facts: Facts, rules: Rules) -> Iterator[Reason]:
    sent = facts.sent
    scopes = [("thread", "in this conversation", max(sent.thread, sent.within))] if facts.recipients else []
    if facts.outside:
        scopes += [
            ("inbox", "from this inbox", sent.inbox),
            *(("recipient", f"to {one}", sent.recipients.get(normal(one), 0)) for one in facts.outside),
            ("all", "from this home", sent.all),
        ]
    for scope, where, count in scopes:
        rate = rules.rates.get(scope)
        if rate is not None and count >= rate.most:
            sentence = f"{count} messages left {where} without a human in the last {_span(rate.seconds)}: that is the"
            yield Reason(f"rate_{scope}", f"{sentence} limit of {rate.most}.")


def _passage_holds(facts: Facts) -> Iterator[Reason]:
    for passage in facts.passages:
        strangers = [one for one in facts.outside if normal(one) not in passage.participants]
        if strangers:
            carried = "passes on" if passage.words is None else f"repeats {passage.words} words of"
            others = f" and {len(strangers) - 1} more" if len(strangers) > 1 else ""
            took = "took no part in that message"
            yield Reason("participants", f"It {carried} {passage.message}; {strangers[0]}{others} {took}.")


def _unlisted(facts: Facts, rules: Rules) -> Collection[str]:
    return [one for one in facts.outside if not permits(rules.allow, one)]


def _near(address: str, other: str) -> bool:
    return same_organisation(address.rpartition("@")[2], other.rpartition("@")[2])


def _span(seconds: int) -> str:
    names = {1: "second", 60: "minute", 3600: "hour", 86_400: "day"}
    return names.get(seconds, f"{seconds} seconds")
