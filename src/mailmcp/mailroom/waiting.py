"""Waiting for mail and for codes: one call, no race, nothing given away twice.

With ``since`` a wait is a pure read of what came after it. Without it, the newest match that no wait was given yet
is given. Giving is recorded only when the result was written to the transport, so a lost call loses nothing; and an
identical call within ``REPEAT_WINDOW`` gets the same message again, marked as repeated, unless a newer one is there.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from mailmcp.errors import BadInput, NotFound
from mailmcp.mailroom.arrivals import Arrivals, set_or_late
from mailmcp.mailroom.pace import STEADY, Pace
from mailmcp.mailroom.requests import Progress, Tool, Waited, Wanted
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
        inbox = await self._store.read(inboxes.get, wanted.inbox)
        began = await self._store.read(inboxes.newest_position, inbox)
        search = _Search(wanted, inbox, *await self._since(wanted.since), began=began, pace=self._pace)
        async with self._arrivals.listen() as bell:
            while True:
                bell.clear()
                spent = asyncio.get_running_loop().time() - start
                last = spent >= timeout
                if last or not search.looked:
                    await self._judged(inbox, bell)
                if (await self._store.read(inboxes.get, wanted.inbox)).row != inbox.row:
                    raise NotFound(f"The inbox {wanted.inbox} was deleted and made anew during the wait: call again.")
                # Read before the look: what arrives in between is after this cursor, never skipped.
                cursor = await self._store.read(inboxes.newest_cursor, inbox) if last else ""
                found = await self._look(search, last=last)
                if found is not None:
                    message, repeated = found
                    return Waited(
                        wanted=wanted, message=message, cursor=message.cursor, repeated=repeated, waited=spent
                    )
                await self._leave_word(inbox)
                if last:
                    return Waited(wanted=wanted, message=None, cursor=cursor, waited=spent)
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

    async def _since(self, since: str | None) -> tuple[int, datetime | None]:
        if since is None:
            return 0, None
        if since.startswith("c_"):
            return await self._store.read(inboxes.position_of, since), None
        try:
            moment = datetime.fromisoformat(since)
        except ValueError as error:
            raise BadInput(
                f"`since` is {since[:60]!r}: give a cursor (c_…) from an earlier result, or a time such as"
                " 2026-01-31T12:00:00Z."
            ) from error
        return BEFORE_ALL, moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    async def _look(self, search: _Search, *, last: bool) -> tuple[StoredMessage, bool] | None:
        """One look in the store: (message, whether it was given before), or None."""
        wanted, first_look = search.wanted, not search.looked
        search.looked = True
        if wanted.since is not None:
            found = await self._matching(search, after=search.after)
            return (found[0], False) if found else None
        previous = await self._given_before(search)
        if search.floor is None:
            # What an earlier call was given: calls beside this one leave to each other what is older, too.
            search.floor = previous.position if previous else 0
        newer_than = max(search.floor, await self._superseded(search))
        found = await self._matching(search, after=newer_than, not_handed_out_by=wanted.tool)
        for message in found:
            if await self._claimed(wanted.tool, message):
                return message, False
        taken = found[0] if found else previous or await self._given_to_another(search)
        if taken is None:
            return None
        if search.taken_since is None:
            search.taken_since = asyncio.get_running_loop().time()
        if taken is previous and not last and await self._store.read(handouts.unjudged, search.inbox.row):
            search.looked = not first_look  # newer mail is only being judged: look again as for the first time
            return None
        # An identical earlier call is a repeat, at once; a waiter beside us keeps its message for a while.
        return (taken, True) if last or search.shareable() or (first_look and taken is previous) else None

    async def _superseded(self, search: _Search) -> int:
        """Position of the newest code that any wait was given: those that came before it are no longer to be used."""
        if search.wanted.tool != "wait_for_otp":
            return 0
        given = await self._matching(search, after=0, handed_out_by=search.wanted.tool)
        return given[0].position if given else 0

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

    async def _given_to_another(self, search: _Search) -> StoredMessage | None:
        """The newest match that came since this wait began and is free no more: it is all that these filters leave."""
        came = await self._matching(search, after=search.began)
        if not came:
            return None
        # Asked for after it: what comes in between is free, and the bell that it rings is heard.
        found = await self._matching(search, after=search.began, not_handed_out_by=search.wanted.tool)
        free = {message.row for message in found}
        return next((message for message in came if message.row not in free), None)

    async def _given_before(self, search: _Search) -> StoredMessage | None:
        return await self._store.read(
            handouts.handed_out,
            tool=search.wanted.tool,
            call=search.wanted.call,
            since=datetime.now(UTC) - REPEAT_WINDOW,
            inbox=search.inbox.row,
        )

    async def _matching(
        self, search: _Search, *, after: int, not_handed_out_by: str | None = None, handed_out_by: str | None = None
    ) -> list[StoredMessage]:
        wanted = search.wanted
        return await self._store.read(
            handouts.matching,
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
