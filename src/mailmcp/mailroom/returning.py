"""What comes back about mail that was sent: whether it is believed, and what follows for the draft, its recipient and
its inbox.

A report waits in the store until it was acted upon, so a process that dies loses none. One that would be believed if
its sender were proved waits for the check of the sender, at most a day.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mailmcp.backends.relays import RELAYS
from mailmcp.config import Settings
from mailmcp.errors import MailError
from mailmcp.mail import machines
from mailmcp.models import Delivery, DeliveryState, Draft, DraftState, Fate, ReturnKind
from mailmcp.policy import returning
from mailmcp.policy.patterns import normal
from mailmcp.policy.returning import Limits, Report
from mailmcp.store import Store, audit, deliveries, departures, returns, suppressions
from mailmcp.store.returns import Waiting

log = logging.getLogger("mailmcp.returning")

LOOK_SECONDS = 10
"""Between two looks for reports that wait for a check of their sender."""
PATIENCE = timedelta(days=1)
LEAVING = (DraftState.CLAIMED, DraftState.ON_WIRE)
_LOOPBACK = ("127.", "::1", "localhost")

GONE, FULL = "mail to it came back, there is no such mailbox", "its mailbox is full time and again"
NOT_OURS = "A report about mail, but about none that left this inbox: nothing was changed."
_CLAIMS = {
    ReturnKind.BOUNCE: "came back",
    ReturnKind.DELAY: "is delayed",
    ReturnKind.DELIVERED: "was delivered",
    ReturnKind.COMPLAINT: "was called unwanted",
    ReturnKind.RECEIPT: "was shown or thrown away",
}


@dataclass(slots=True)
class _Found:
    """What was concluded from one report."""

    sentences: list[str]
    doubted: list[str]


class Returning:
    """Acts upon reports; a duty of the leading process for those that wait."""

    name = "returns"

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._limits = limits_of(settings)
        self._settings = settings
        self._sends_with: Callable[[], Settings | None] = lambda: None

    def ask_for_relay(self, sends_with: Callable[[], Settings | None]) -> None:
        """Where the settings name no relay, these do."""
        self._sends_with = sends_with

    async def look(self, row: int) -> None:
        """Act upon the report in a message, if it can be done now."""
        try:
            await self._store.write(self.act, row, datetime.now(UTC))
        except MailError as error:
            log.warning("a report about sent mail waits: %s", error)

    async def run(self) -> None:
        """As a duty: act upon what waits, until cancelled."""
        while True:
            try:
                last = 0
                while rows := await self._store.read(returns.waiting, after=last):
                    for row in rows:
                        await self.look(row)
                    last = rows[-1]
            except MailError as error:
                log.warning("reports about sent mail wait: %s", error)
            await asyncio.sleep(LOOK_SECONDS)

    def handed_over(self, db: sqlite3.Connection, draft: Draft, results: Iterable[Delivery], now: datetime) -> None:
        """What a backend said of recipients outside: counted, and those that do not exist are not written to again."""
        for one in results:
            if one.state is DeliveryState.ACCEPTED:
                departures.left(db, draft.id, inbox=draft.inbox, recipients=(one.recipient,), now=now)
            elif one.gone:
                departures.came_back(
                    db, draft.id, one.recipient, "bounce", inbox=draft.inbox, limits=self._limits, now=now
                )
                suppressions.add(db, one.recipient, reason=GONE, detail=one.detail, inbox=draft.inbox, now=now)

    def act(self, db: sqlite3.Connection, row: int, now: datetime) -> None:
        """The same inside a transaction: whoever hears of a report finds the draft as it left it."""
        waiting = returns.get(db, row)
        if waiting is None:
            return
        # Complaints go to whatever address a provider was given; notices go to whom the mail came from.
        inbox = None if waiting.returned.kind is ReturnKind.COMPLAINT else waiting.inbox
        draft = returns.draft_of(db, waiting.returned, inbox=inbox)
        if draft is None:
            returns.said(db, row, NOT_OURS, handled=True, now=now)
            return
        found = _Found([], [])
        for fate, recipient in _matched(waiting, draft):
            self._weigh(db, waiting, draft, fate, recipient, found, now)
        last = waiting.settled or now - waiting.received_at > PATIENCE
        handled = draft.state not in LEAVING and (last or not found.doubted)
        returns.said(db, row, _about(waiting, draft, found, last=last), handled=handled, now=now)

    def _weigh(
        self,
        db: sqlite3.Connection,
        waiting: Waiting,
        draft: Draft,
        fate: Fate,
        recipient: str,
        found: _Found,
        now: datetime,
    ) -> None:
        """Act upon what a report says of one recipient, if it is believed."""
        known = returning.believed(
            recipient,
            self._report(waiting),
            fate.kind,
            told=returns.told(db, draft),
            wrote_since=returns.wrote_since(
                db, {recipient.lower(), normal(recipient)}, draft.created_at, but=waiting.row
            ),
            relays=returning.reporters(self._relay_host),
        )
        if not known:
            found.doubted.append(f"the mail to {recipient} {_CLAIMS[fate.kind]}")
        elif draft.state not in LEAVING:
            found.sentences.append(f"{recipient}: {self._follow(db, draft, fate, recipient, now)}")

    def told(self, db: sqlite3.Connection, draft: Draft, fate: Fate, recipient: str, now: datetime) -> str:
        """What follows from what the service that took a mail says itself, in a sentence."""
        return self._follow(db, draft, fate, recipient, now)

    def _follow(self, db: sqlite3.Connection, draft: Draft, fate: Fate, recipient: str, now: datetime) -> str:
        """What follows from a report that is believed, in a sentence."""
        if fate.kind is ReturnKind.COMPLAINT:
            if any(one.recipient == recipient for one in draft.deliveries):
                self._complained(db, draft, recipient, now)
            return "They complained about this mail: nothing is sent to them any more."
        if fate.kind in (ReturnKind.DELIVERED, ReturnKind.RECEIPT):
            return "It was delivered." if fate.kind is ReturnKind.DELIVERED else f'A receipt says "{fate.words}".'
        said = returning.explained(fate)
        state = DeliveryState.BOUNCED if fate.kind is ReturnKind.BOUNCE else None
        if not deliveries.came_back(db, draft, recipient, said, state=state, now=now) or state is None:
            return said
        audit.record(db, "draft.bounced", now, draft=draft.id, recipient=recipient, status=fate.status)
        full = returning.is_full(fate)
        departures.came_back(
            db, draft.id, recipient, "full" if full else "bounce", inbox=draft.inbox, limits=self._limits, now=now
        )
        gone = returning.is_gone(fate)
        if gone or (full and departures.full_before(db, recipient, now) >= returning.FULL_BEFORE_GONE):
            suppressions.add(db, recipient, reason=GONE if gone else FULL, detail=said, inbox=draft.inbox, now=now)
            said += " Nothing is sent to this address any more."
        return said

    def _complained(self, db: sqlite3.Connection, draft: Draft, recipient: str, now: datetime) -> None:
        added = suppressions.add(
            db, recipient, reason="they complained about a mail", detail=draft.id, inbox=draft.inbox, now=now
        )
        if added:
            audit.record(db, "draft.complained", now, draft=draft.id, recipient=recipient)
            departures.came_back(db, draft.id, recipient, "complaint", inbox=draft.inbox, limits=self._limits, now=now)

    @property
    def _relay_host(self) -> str:
        smtp = self._settings.smtp
        if not smtp.host and not smtp.provider and (derived := self._sends_with()) is not None:
            smtp = derived.smtp
        named = next((one.host for one in RELAYS if one.name == (smtp.provider or "").lower()), "")
        return (smtp.host or named).lower()

    def _report(self, waiting: Waiting) -> Report:
        return Report(
            null_path=not waiting.mail_from,
            daemon=machines.is_daemon(waiting.author),
            author_domain=waiting.author.rpartition("@")[2],
            proved=waiting.proved,
            from_relay=bool(waiting.peer)
            and str(waiting.peer).startswith(_LOOPBACK)
            and self._relay_host.startswith(_LOOPBACK),
        )


def limits_of(settings: Settings) -> Limits:
    """When an inbox pauses, as the settings say."""
    send = settings.send
    return Limits(
        bounces=send.pause_bounces,
        complaints=send.pause_complaints,
        minimum=send.pause_minimum,
        days=send.pause_days,
    )


def _matched(waiting: Waiting, draft: Draft) -> Iterator[tuple[Fate, str]]:
    """What is said of recipients that the draft has; a report that hides whom it is about means the only one."""
    recipients = {normal(one) or one.lower(): one for one in draft.recipients}
    for fate in waiting.returned.fates:
        named = {normal(one) or one.lower() for one in fate.addresses}
        for address, recipient in recipients.items():
            if address in named or (not fate.addresses and len(recipients) == 1):
                yield fate, recipient
                break


def _about(waiting: Waiting, draft: Draft, found: _Found, *, last: bool) -> str:
    """What a report means, for whoever reads it."""
    sentences = [f"A report about the draft {draft.id}.", *found.sentences]
    if found.doubted:
        claim = ", ".join(found.doubted[:5])
        still = "" if last else " yet"
        sentences.append(f"It says that {claim}; who wrote that is not proved{still}, so nothing was changed.")
    elif not found.sentences:
        sentences.append("It names nobody that this draft went to: nothing was changed.")
    return " ".join(sentences)
