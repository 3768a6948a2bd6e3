"""The lines in which read_thread tells of one message after another, and how people, days and sizes are written."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from mailmcp.language.graphemes import shortened
from mailmcp.mail.threads import says_the_same
from mailmcp.models import Address, Reason, Verdict
from mailmcp.server import results
from mailmcp.server.fence import Page
from mailmcp.server.targets import FLAGS, harmless, inactive

NAME_SHOWN = 60
NO_SENDER = "no one sender (include=headers)"
SIGNS = {"verified": "✓", "unverified": "?", "suspicious": "!", "failed": "✗", "local": "⌂"}
"""How a list says trust; its first line explains those that occur."""
_USUAL = frozenset(("loopback_peer", "not_checked", "first_contact", "dmarc_pass"))
"""Reasons that say no more than "unverified" does."""


def person(address: Address) -> str:
    """A name and address as a header shows them, a long name cut."""
    name = harmless(address.name)
    if len(name) > NAME_SHOWN:
        name = f"{shortened(name, NAME_SHOWN - 1)}…"
    return f"{name} <{address.email}>" if name else address.email


def titled(subject: str) -> str:
    """A subject as it is shown, a long one cut."""
    return harmless(shortened(subject, results.SUBJECT_SHOWN))


def short(moment: datetime) -> str:
    """Day and time (UTC) in this year, with the year in others."""
    here = moment.astimezone(UTC)
    return f"{here:%m-%d %H:%M}Z" if here.year == datetime.now(UTC).year else f"{here:%Y-%m-%d %H:%M}Z"


def legend(verdicts: Iterable[str]) -> str:
    """What the signs of these verdicts mean."""
    return f"{', '.join(f'{SIGNS[one]} {one}' for one in dict.fromkeys(verdicts))}. "


def warnings(flags: Iterable[str]) -> str:
    """What speaks against a link, behind its name."""
    return "".join(f"; {FLAGS.get(flag, flag)}" for flag in flags)


def size(count: int) -> str:
    """A size in bytes for people."""
    if count < 1024:
        return f"{count} bytes"
    return f"{count / 1024:.0f} KiB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MiB"


class Telling:
    """Messages as text, one after another: what the ones before have said is not said again."""

    def __init__(self, page: Page, inbox: str, *, several: bool, few: bool) -> None:
        self._page = page
        self._inbox = inbox
        self._several = several
        self._few = few
        self._previous = ""
        self._topic = ""
        self._day = ""
        self._known: set[str] = set()
        self._put_in: set[str] = set()

    def message(self, body: results.MessageBody, reasons: tuple[Reason, ...], absent: str, *, everything: bool) -> None:
        """The lines of one message: trust and sender, recipients and subject where they say something new, text."""
        page = self._page
        self._head(body, reasons)
        if body.about:
            page.say("it is:", body.about)
        # Each under a name of its own: a text may begin with what looks like a verdict on its sender.
        for name, lines in (("headers:", body.headers), ("how it came, and what was checked:", body.authentication)):
            if lines:
                page.say(name)
            for line in lines or ():
                page.quote(inactive(line))
        if body.headers:
            page.say("text:")
        if body.text:
            page.quote(body.text)
        else:
            page.say(absent)
        if body.signature and everything:
            page.say("signature:")
            page.quote(body.signature)
        self._quote(body)
        if body.quoted:
            page.say("quoted:")
            page.quote(body.quoted)
        for piece in body.hidden or ():
            if piece.text:
                page.say(f"hidden ({piece.kind}):")
                page.quote(piece.text)
        for link in body.links or ():
            page.say(f"link {link.number}{warnings(link.flags or ())}:", link.url)
        for one in body.attachments or ():
            page.say(f"attachment {one.part}, {size(one.size)}:", f"{one.name} ({one.type})")
        if body.defects:
            page.say("defects:", " ".join(body.defects))

    def _quote(self, body: results.MessageBody) -> None:
        """Whose words are quoted (the newest of them stands first), and that some are nobody's here."""
        newest = (body.quotes or [""])[0]
        if newest and (self._few or newest != self._previous):
            more = f" and {len(body.quotes or ()) - 1} before it" if len(body.quotes or ()) > 1 else ""
            self._page.say(f"quotes {newest}{more}")
        if body.quoted_unverified:
            what = f"quoted text that no stored message has: {body.quoted_unverified} characters, unverified"
            put_in = [line for line in body.put_in or () if line not in self._put_in]
            self._page.say(f"{what}; perhaps answers in the quote:" if put_in else what)
            for line in put_in:
                self._page.quote(line)
            self._put_in.update(put_in)
        self._previous = body.id

    def _head(self, body: results.MessageBody, reasons: tuple[Reason, ...]) -> None:
        page, when = self._page, self._when(body.received_at)
        if body.direction == "out":
            page.say(f"sent {body.id} {when} to", ", ".join(body.to))
        else:
            verdict = SIGNS[body.trust] if self._several else body.trust
            # Beside any other verdict a domain, though proved, would read as praise.
            verdict += f" {body.verified_domain}" if body.trust == Verdict.VERIFIED and body.verified_domain else ""
            if body.sender:
                page.say(f"{verdict} {body.id} {when}", self._sender(body.sender))
            else:
                page.say(f"{verdict} {body.id} {when} from {NO_SENDER}")
            told = [one.sentence for one in reasons if one.code not in _USUAL]
            if told and body.trust in (Verdict.SUSPICIOUS, Verdict.FAILED, Verdict.UNVERIFIED):
                page.say(f"{body.trust}: {' '.join(told)}")
            if [_bare(one) for one in body.to] != [self._inbox]:
                page.say("to" if body.to else "to nobody by name", ", ".join(body.to) or None)
        if body.sent_at is not None and body.sent_at - body.received_at > timedelta(days=1):
            page.say(f"dated in the future: {short(body.sent_at)}")
        if body.cc:
            page.say("cc", ", ".join(body.cc))
        if body.reply_to:
            page.say("answers go to", ", ".join(body.reply_to))
        if body.labels:
            page.say(f"labels: {' '.join(body.labels)}")
        if body.subject and not says_the_same(body.subject, self._topic):
            page.say("subject", body.subject)
        self._topic = self._topic or body.subject

    def _when(self, moment: datetime) -> str:
        """Day and time; the time alone on the day of the message before."""
        day, _, time = short(moment).partition(" ")
        same, self._day = day == self._day, day
        return time if same else f"{day} {time}"

    def _sender(self, sender: str) -> str:
        """The sender; one who was named before in this way by the address alone."""
        if sender in self._known:
            return _bare(sender)
        self._known.add(sender)
        return sender


def _bare(person: str) -> str:
    """The address alone of what :func:`person` made."""
    return person.rpartition(" <")[2].removesuffix(">").lower()
