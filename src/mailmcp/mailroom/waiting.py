"""Waiting for mail and for codes: one call, no race, nothing given away twice.

With ``since`` a wait is a pure read of what came after it. Without it, the newest match that no wait was given yet
is given. Giving is recorded only when the result was written to the transport, so a lost call loses nothing; and an
identical call within ``REPEAT_WINDOW`` gets the same message again, marked as repeated, unless a newer one is there.
"""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mailmcp.errors import NotFound
from mailmcp.mailroom.arrivals import Arrivals, set_or_late
from mailmcp.mailroom.pace import STEADY, Pace
from mailmcp.mailroom.requests import Progress, Tool, Waited, Wanted, moment
from mailmcp.models import Inbox, StoredMessage
from mailmcp.store import Store, handouts, inboxes, status
from mailmcp.store.columns import BEFORE_ALL

REPEAT_WINDOW = timedelta(seconds=120)
JUDGE_SECONDS = 2.0
WORD_SECONDS = timedelta(seconds=12)
"""So long others know that somebody waits."""


class Waiting:
    """All waits of this process."""

    def __init__(self, store: Store, arrivals: Arrivals, pace: Pace = STEADY) -> None:
        self._store = store
        self._arrivals = arrivals
        self._pace = pace
        self._word_from: dict[int, datetime] = {}

    async def wait(self, wanted: Wanted, *, timeout: float, progress: Progress | None = None) -> Waited:
        """Wait for the first match for at most ``timeout`` seconds.

        A message found without ``since`` is claimed for this caller: ``handed_out`` or ``dropped`` must follow.
        ``progress`` is called with the whole seconds that have passed, every 5 seconds. Raises NotFound for an
        unknown inbox or cursor, BadInput for a time that is none.
        """
        start = asyncio.get_running_loop().time()
        search, unjudged = await self._store.read(_begun, wanted, moment(wanted.since), self._pace)
        inbox = search.inbox
        async with self._arrivals.listen() as bell:
            while True:
                bell.clear()
                spent = asyncio.get_running_loop().time() - start
                last = spent >= timeout
                if last if search.looked else unjudged:
                    await self._judged(inbox, bell)
                seen = await self._store.read(_seen, search)
                if seen.inbox.row != inbox.row:
                    raise NotFound(f"The inbox {wanted.inbox} was deleted and made anew during the wait: call again.")
                found = await self._taken(search, seen, last=last)
                if found is not None:
                    message, repeated = found
                    return Waited(
                        wanted=wanted, message=message, cursor=message.cursor, repeated=repeated, waited=spent
                    )
                await self._leave_word(inbox)
                if last:
                    other = await self._store.read(_newest_without_code, search)
                    return Waited(wanted=wanted, message=None, cursor=seen.cursor, waited=spent, without_code=other)
                await set_or_late(bell, search.pause(spent, timeout))
                spent = asyncio.get_running_loop().time() - start
                if spent >= search.next_progress and spent < timeout:
                    search.next_progress += self._pace.progress
                    if progress is not None:
                        await progress(int(spent))

    async def handed_out(self, waited: Waited) -> None:
        """The result was written to the transport: no other wait is given this message."""
        if waited.message is None or waited.wanted.since is not None:
            return
        await self._store.write(
            handouts.hand_out,
            waited.message.id,
            tool=waited.wanted.tool,
            call=waited.wanted.call,
            now=datetime.now(UTC),
        )
        if not waited.repeated:
            self._store.claims.free(waited.wanted.tool, waited.message.row)

    def dropped(self, waited: Waited) -> None:
        """The result was not written: the message is free for the next wait."""
        # What was read from a cursor, or shared, was claimed by somebody else if at all.
        if waited.message is not None and waited.wanted.since is None and not waited.repeated:
            self._store.claims.free(waited.wanted.tool, waited.message.row)
            self._arrivals.announce()

    async def _judged(self, inbox: Inbox, bell: asyncio.Event) -> None:
        """Let mail that was accepted be judged, for a moment: it is there, though it cannot be found yet.

        What comes meanwhile is not waited for: in a stream of mail there would always be some.
        """
        give_up = asyncio.get_running_loop().time() + JUDGE_SECONDS
        up_to: int | None = None
        while newest := await self._store.read(handouts.unjudged, inbox.row, up_to=up_to):
            up_to = newest if up_to is None else up_to
            left = give_up - asyncio.get_running_loop().time()
            if left <= 0:
                return
            await set_or_late(bell, left)
            bell.clear()

    async def _leave_word(self, inbox: Inbox) -> None:
        """Where a mailbox has to be asked for new mail, its reader may be another process: it asks more often then."""
        now = datetime.now(UTC)
        if now < self._word_from.get(inbox.row, now):
            return
        self._word_from = {row: at for row, at in self._word_from.items() if at > now}
        self._word_from[inbox.row] = now + WORD_SECONDS / 2
        if inbox.remote is not None:
            await self._store.write(status.set_awaited_in, inbox.row, now + WORD_SECONDS, now)
        elif await self._store.read(status.polled):
            await self._store.write(status.set_awaited, now + WORD_SECONDS)

    async def _taken(self, search: _Search, seen: _Seen, *, last: bool) -> tuple[StoredMessage, bool] | None:
        """What a look gives this caller: (message, whether it was given before), or None."""
        wanted, first_look = search.wanted, not search.looked
        search.looked, search.floor = True, seen.floor
        if wanted.since is not None:
            return (seen.free[0], False) if seen.free else None
        for message in seen.free:
            if await self._claimed(wanted.tool, message):
                return message, False
        taken = seen.free[0] if seen.free else seen.previous or seen.elsewhere
        if taken is None:
            return None
        if search.taken_since is None:
            search.taken_since = asyncio.get_running_loop().time()
        repeats = taken is seen.previous
        if repeats and not last and seen.unjudged:
            search.looked = not first_look  # newer mail is only being judged: look again as for the first time
            return None
        # An identical earlier call is a repeat, at once; a waiter beside us keeps its message for a while.
        return (taken, True) if last or search.shareable() or (first_look and repeats) else None

    async def _claimed(self, tool: Tool, message: StoredMessage) -> bool:
        """Take a message that nobody else holds, in this process or another."""
        if not self._store.claims.take(tool, message.row):
            return False
        try:
            # Whoever held it may have handed it out, and let it go, since the list was read.
            given = await self._store.read(handouts.was_handed_out, message.row, tool=tool)
        except BaseException:
            self._store.claims.free(tool, message.row)
            raise
        if given:
            self._store.claims.free(tool, message.row)
        return not given


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """One look in the store, all of one moment."""

    inbox: Inbox
    cursor: str
    """Of the newest arrival: what is not in this look came after it."""
    free: list[StoredMessage]
    """Matches that no wait was given yet; with `since`, all that came after it."""
    previous: StoredMessage | None
    """What an identical call was given a short while ago."""
    elsewhere: StoredMessage | None
    """The newest match that came since this wait began and is free no more: it is all that these filters leave."""
    floor: int
    unjudged: bool


def _begun(db: sqlite3.Connection, wanted: Wanted, moment: datetime | None, pace: Pace) -> tuple[_Search, bool]:
    """A wait as it begins, and whether mail of its inbox is still being judged."""
    inbox = inboxes.receiving(db, wanted.inbox)
    after = 0
    if moment is not None:
        after = BEFORE_ALL
    elif wanted.since is not None:
        after = inboxes.position_of(db, wanted.since)
    began = inboxes.newest_position(db, inbox)
    return _Search(wanted, inbox, after, moment, began=began, pace=pace), bool(handouts.unjudged(db, inbox.row))


def _seen(db: sqlite3.Connection, search: _Search) -> _Seen:
    wanted = search.wanted
    inbox = inboxes.receiving(db, wanted.inbox)
    previous, elsewhere, floor = None, None, 0
    if wanted.since is not None:
        free = _matching(db, search, after=search.after)
    else:
        since = datetime.now(UTC) - REPEAT_WINDOW
        previous = handouts.handed_out(db, tool=wanted.tool, call=wanted.call, since=since, inbox=search.inbox.row)
        # What an earlier call was given: calls beside this one leave to each other what is older, too.
        floor = search.floor if search.floor is not None else previous.position if previous else 0
        newer_than = max(floor, _superseded(db, search))
        free = _matching(db, search, after=newer_than, not_handed_out_by=wanted.tool)
        if not free and previous is None:
            elsewhere = _given_to_another(db, search)
    return _Seen(
        inbox=inbox,
        cursor=inboxes.newest_cursor(db, inbox),
        free=free,
        previous=previous,
        elsewhere=elsewhere,
        floor=floor,
        unjudged=bool(handouts.unjudged(db, search.inbox.row)),
    )


def _superseded(db: sqlite3.Connection, search: _Search) -> int:
    """Position of the newest code that any wait was given: those that came before it are no longer to be used."""
    if search.wanted.tool != "wait_for_otp":
        return 0
    given = _matching(db, search, after=0, handed_out_by=search.wanted.tool)
    return given[0].position if given else 0


def _given_to_another(db: sqlite3.Connection, search: _Search) -> StoredMessage | None:
    came = _matching(db, search, after=search.began)
    if not came:
        return None
    found = _matching(db, search, after=search.began, not_handed_out_by=search.wanted.tool)
    free = {message.row for message in found}
    return next((message for message in came if message.row not in free), None)


def _newest_without_code(db: sqlite3.Connection, search: _Search) -> str | None:
    """The newest mail that a wait for a code passed over, since its cursor or lately; None when it holds a code."""
    wanted = search.wanted
    if wanted.tool != "wait_for_otp":
        return None
    lately = search.after_time if wanted.since is not None else datetime.now(UTC) - REPEAT_WINDOW
    newest = handouts.matching(
        db, search.inbox.row, after=search.after, after_time=lately, from_=wanted.from_, newest_first=True, limit=1
    )
    return next((one.id for one in newest if not (one.codes.code or one.codes.link)), None)


def _matching(
    db: sqlite3.Connection,
    search: _Search,
    *,
    after: int,
    not_handed_out_by: str | None = None,
    handed_out_by: str | None = None,
) -> list[StoredMessage]:
    wanted = search.wanted
    return handouts.matching(
        db,
        search.inbox.row,
        after=after,
        after_time=search.after_time,
        from_=wanted.from_,
        subject=wanted.subject,
        with_code=wanted.tool == "wait_for_otp",
        # Read on from a cursor, mail comes in its order; of codes only the newest is of use.
        newest_first=wanted.since is None or wanted.tool == "wait_for_otp",
        not_handed_out_by=not_handed_out_by,
        handed_out_by=handed_out_by,
    )


class _Search:
    """The moving parts of one wait."""

    def __init__(
        self, wanted: Wanted, inbox: Inbox, after: int, after_time: datetime | None, *, began: int, pace: Pace
    ) -> None:
        self.wanted = wanted
        self.inbox = inbox
        self.after = after
        self.after_time = after_time
        self.began = began
        """Position of the newest arrival when the wait began."""
        self.looked = False
        self.floor: int | None = None
        """Position of what an identical call was given before this one; None before the first look."""
        self.taken_since: float | None = None
        self.next_progress = pace.progress
        self.share = pace.share

    def shareable(self) -> bool:
        """Whether a message that another waiter got may be given to this one too: nothing else came for a while."""
        if self.taken_since is None:
            return False
        return asyncio.get_running_loop().time() - self.taken_since >= self.share

    def pause(self, spent: float, timeout: float) -> float:
        """Seconds until something must be done even if no bell rings."""
        until = [timeout - spent, self.next_progress - spent]
        if self.taken_since is not None:
            until.append(self.taken_since + self.share - asyncio.get_running_loop().time())
        return max(0.001, min(until))
