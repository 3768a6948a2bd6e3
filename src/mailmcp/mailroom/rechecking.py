"""Whether what was let go may still leave, by what is in force when it does.

A draft may wait for seconds or for months, and what let it go may be no more: the settings, the inbox that it was for,
the key of whoever wrote it, the approver's passphrase. So each is asked again in the very transaction that says that it
may have left from now on. What a human has allowed stays allowed: of that only the seal is looked at.
"""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mailmcp.mailroom.deciding import answered, rules_of
from mailmcp.mailroom.in_force import InForce
from mailmcp.mailroom.sealing import Sealing
from mailmcp.models import Decision, Draft, Leave, Reason
from mailmcp.policy import patterns, sending
from mailmcp.policy.patterns import normal
from mailmcp.policy.sending import Facts, Rules
from mailmcp.store import deliveries, departures, inboxes, keys, seals, sends

_SAID_OF_THE_DRAFT = ("suppressed", "denied")
"""What a human who approves is told once, if it was not so when the draft was held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    """The questions, by the rules of one moment; asked inside a transaction."""

    sealing: Sealing
    rules: Rules
    expiry: timedelta
    """So long a draft that is held again waits."""

    def doubts(self, db: sqlite3.Connection, draft: Draft, now: datetime) -> tuple[Reason, ...]:
        """Why a draft that was let go must not leave without a human after all; none when it may."""
        doubt = self.sealing.doubt(draft, seals.of(db, draft), now)
        return (doubt,) if doubt is not None else self.by_rules(db, draft)

    def by_rules(self, db: sqlite3.Connection, draft: Draft) -> tuple[Reason, ...]:
        """The same by the rules alone, whatever the seal is worth."""
        seal = seals.of(db, draft)
        if seal is None or seal.approval.decision is Leave.APPROVED:
            return ()
        left = deliveries.outstanding(db, draft)
        judged = sends.judged(db, draft.id)
        own = [one for one in left if normal(one) not in judged and inboxes.for_recipient(db, one) is not None]
        outside = [one for one in left if one not in own]
        unjudged = [one for one in outside if normal(one) not in judged]
        facts = Facts(
            recipients=left,
            own_inboxes=frozenset(own),
            suppressed=sends.suppressed(db, outside),
            pause=departures.standing(db, draft.inbox),
            agreed=sends.agreed(db, inboxes.get(db, draft.inbox).row, outside),
            answered=answered(db, draft.answers) if draft.answers else None,
        )
        verdict = sending.decide(facts, self.rules)
        return (
            *_of_its_writer(db, draft),
            *(
                Reason("left_home", f"{one} was an inbox of this home when it was let go, and is none.")
                for one in unjudged
            ),
            *(verdict.reasons if verdict.decision is not Decision.ALLOW else ()),
        )

    def news(self, db: sqlite3.Connection, draft: Draft) -> Reason | None:
        """What a human who approves a held draft should hear first, unless its reasons say so already."""
        outside = [one for one in draft.recipients if inboxes.for_recipient(db, one) is None]
        said = {reason.code for reason in draft.reasons}.intersection(_SAID_OF_THE_DRAFT)
        if "suppressed" not in said and (gone := sends.suppressed(db, outside)):
            address, why = next(iter(gone.items()))
            more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
            return Reason("suppressed", f"Nothing is sent to {address}{more} any more ({why}).")
        denied = [one for one in outside if patterns.forbids(self.rules.deny, one)]
        if "denied" not in said and denied:
            return Reason("denied", f"{denied[0]} is on the list of the setting MAILMCP_SEND__DENY.")
        return None


class Rechecking:
    """Knows what is in force."""

    def __init__(self, sealing: Sealing, in_force: InForce, home: Path) -> None:
        self._sealing = sealing
        self._in_force = in_force
        self.home = home

    async def now(self) -> Recheck:
        """The questions as they are to be asked at this moment."""
        await asyncio.to_thread(self._sealing.key)  # made here, if it is not there: no transaction waits for that
        ruling = await self._in_force.now()
        # How often something left was counted when it was let go. Without a way out the backend says so.
        rules = rules_of(ruling.send, way_out=True, rated=False)
        return Recheck(sealing=self._sealing, rules=rules, expiry=timedelta(seconds=ruling.approval.expiry))


def _of_its_writer(db: sqlite3.Connection, draft: Draft) -> tuple[Reason, ...]:
    """A key that was revoked has written what nobody vouches for any more."""
    label = keys.revoked_writer(db, draft.row)
    if label is None:
        return ()
    return (Reason("key_revoked", f"The key that it was written with ({label}) was revoked before it could leave."),)
