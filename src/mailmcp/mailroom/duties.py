"""What only one process of a home does, and which one: the holder of an OS lock.

Every window starts a process of its own. All of them read and write the database; the one that holds
``leader.lock`` also listens for SMTP and sends what falls due. The kernel frees the lock when its holder dies, and
gives it to the one that stands in line longest; where there is no line (Windows) another one takes it at its next try.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol, runtime_checkable

from mailmcp.backends.contract import Backend, Listener, Listens, LoadsItsListener
from mailmcp.errors import BackendError, MailError, StoreUnavailable
from mailmcp.mailroom.arrivals import set_or_late
from mailmcp.mailroom.dispatch import Dispatch
from mailmcp.mailroom.lock import LEADER_LOCK, LockFile
from mailmcp.mailroom.pace import STEADY, Pace
from mailmcp.mailroom.succession import Word
from mailmcp.models import ListenerStatus
from mailmcp.store import Store, status
from mailmcp.store.oslocks import HAS_LINE

log = logging.getLogger("mailmcp.duties")

PREPARE_AFTER = 10
"""So many tries to take over pass first: the start of a window is for its client."""
STAND_BACK = 20
"""So many tries of others to take over pass before a leader that made way tries again."""
LOOK_EVERY = 10
"""So many tries would pass between two looks whether the lock that is waited for is still the right one."""
OPEN_SECONDS = 1.0
"""So long the other duties wait for the one that opens the door."""
LISTEN_EVERY = 10
"""Between so many looks at the lock a leader asks whether a newer process left word."""


class Duty(Protocol):
    """Something that the leading process does until it is cancelled."""

    @property
    def name(self) -> str:
        """For the log."""
        ...

    async def run(self) -> None:
        """Do it until cancelled."""
        ...


@runtime_checkable
class Prepares(Protocol):
    """A duty that has something to do before it begins."""

    def prepare(self) -> None:
        """Do it; called in a thread, while another process leads."""
        ...


@runtime_checkable
class Opens(Protocol):
    """A duty that somebody waits for outside: the others begin when it has opened, since they may take their time."""

    def opening(self) -> asyncio.Event:
        """Set when the run that begins next has opened, or cannot."""
        ...


async def _no() -> Word | None:
    return None


def _always() -> bool:
    return True


class Leadership:
    """Tries to lead for as long as the process lives, and does the duties while it does."""

    def __init__(
        self,
        home: Path,
        duties: Sequence[Duty],
        pace: Pace = STEADY,
        asked: Callable[[], Awaitable[Word | None]] = _no,
        may_lead: Callable[[], bool] = _always,
    ) -> None:
        """``may_lead`` says whether this process has the database that others find in the home."""
        self._lock = LockFile(home / LEADER_LOCK)
        self._asked = asked
        self._may_lead = may_lead
        self._heard: set[str] = set()
        self._duties = duties
        self._pace = pace
        self._task: asyncio.Task[None] | None = None
        self.leads = False

    def start(self) -> None:
        """Try at once, so that it is known at the start who leads, and go on trying if another process does."""
        self.leads = self._may_lead() and self._lock.acquire()
        self._task = asyncio.create_task(self._run(), name="mailmcp-leadership")

    async def aclose(self) -> None:
        """End the duties and give the lock back."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.wait([self._task])
        self._task = None
        self.leads = False
        self._lock.release()  # also when the task was cancelled before its first step

    async def is_alone(self) -> bool:
        """After ``aclose``: whether no other process has taken over; then the lock is held until ``release``."""
        await asyncio.sleep(2 * self._pace.takeover)
        return self._acquired()

    def is_led_elsewhere(self) -> bool:
        """Whether another process leads now."""
        try:
            if not self._lock.acquire():
                return True
        except StoreUnavailable:
            return False
        self._lock.release()
        return False

    def release(self) -> None:
        """Give back the lock that ``is_alone`` took."""
        self._lock.release()

    async def _run(self) -> None:
        while True:
            if not self.leads:
                await self._acquire()
            self.leads = True
            duties: list[asyncio.Task[None]] = []
            word: Word | None = None
            try:
                await self._begin(duties)
                word = await self._until_over()
            finally:
                for duty in duties:
                    duty.cancel()
                await asyncio.gather(*duties, return_exceptions=True)
                self.leads = False
                self._lock.release()
            if word is None:
                log.warning("the lock file or the database was removed or replaced: this process stopped leading")
                continue
            log.warning("a newer mailmcp runs in this home: this process stopped leading")
            if word.for_good:
                return
            # Whoever left word takes over meanwhile; if it has ended, this one leads on.
            await asyncio.sleep(STAND_BACK * self._pace.takeover)

    async def _acquire(self) -> None:
        """Try again and again; who was there for a while, and is prepared, stands in line."""
        tries = 0
        while not self._acquired():
            tries += 1
            if tries == PREPARE_AFTER:
                await self._prepare()
            if tries >= PREPARE_AFTER and HAS_LINE and self._may_lead() and await self._stood_in_line():
                return
            await asyncio.sleep(self._pace.takeover)
        if 0 < tries < PREPARE_AFTER:
            await self._prepare()

    async def _stood_in_line(self) -> bool:
        """Wait until the lock was given to this process; False when it is to be tried for first."""
        woken = asyncio.Event()
        loop = asyncio.get_running_loop()
        try:
            place = self._lock.line_up(partial(loop.call_soon_threadsafe, woken.set))
        except StoreUnavailable as error:
            log.warning("%s", error)
            return False
        try:
            while self._may_lead() and place.in_place():
                if self._lock.step_forward(place):
                    return True
                await set_or_late(woken, LOOK_EVERY * self._pace.takeover)
            return False
        finally:
            place.leave()

    async def _begin(self, begun: list[asyncio.Task[None]]) -> None:
        """Begin the duties one after the other."""
        for duty in self._duties:
            opened = duty.opening() if isinstance(duty, Opens) else None
            begun.append(asyncio.create_task(self._forever(duty), name=f"mailmcp-{duty.name}"))
            if opened is not None:
                await set_or_late(opened, OPEN_SECONDS)
            await asyncio.sleep(0)  # whoever waits at the door is let in between two of them

    async def _prepare(self) -> None:
        """Do beforehand what a duty would begin with, so that nobody waits for it when a leader dies."""
        for duty in self._duties:
            if isinstance(duty, Prepares):
                await asyncio.to_thread(duty.prepare)

    async def _until_over(self) -> Word | None:
        """Return when this process shall lead no more: the word left for it, or None if lock or database is gone."""
        turns = 0
        while self._may_lead() and self._lock.in_place():
            if turns % LISTEN_EVERY == 0 and (word := await self._asked()) and word.token not in self._heard:
                self._heard.add(word.token)
                return word
            turns += 1
            await asyncio.sleep(self._pace.takeover)
        return None

    def _acquired(self) -> bool:
        try:
            return self._may_lead() and self._lock.acquire()
        except StoreUnavailable as error:
            log.warning("%s", error)
            return False

    async def _forever(self, duty: Duty) -> None:
        while True:
            try:
                await duty.run()
                return
            except Exception:
                log.exception("the duty %s failed and is begun again", duty.name)
                await asyncio.sleep(self._pace.listen_again)


class Listening:
    """Keeps the backend's listener open, and says in the store where it is or why it is not."""

    name = "listener"

    def __init__(self, store: Store, backend: Backend, pace: Pace = STEADY) -> None:
        self._store = store
        self._backend = backend
        self.tried = asyncio.Event()
        """Set once this process has listened or failed to: then the store says which."""
        self._pace = pace
        self._opened = asyncio.Event()

    def opening(self) -> asyncio.Event:
        """Set when the run that begins next listens, or cannot."""
        self._opened = asyncio.Event()
        return self._opened

    def prepare(self) -> None:
        """Load what the listener needs: that takes longer than to open it."""
        if isinstance(self._backend, LoadsItsListener):
            self._backend.load_listener()

    async def run(self) -> None:
        """Listen; when the port is taken, say so and try again."""
        if not isinstance(self._backend, Listens):
            self._opened.set()
            self.tried.set()
            return
        listener: Listener | None = None
        try:
            while listener is None:
                try:
                    listener = await _opened(self._backend)
                except BackendError as error:
                    self._opened.set()
                    await self._say(ListenerStatus(host=None, port=None, pid=os.getpid(), trouble=error.public))
                    self.tried.set()
                    await asyncio.sleep(self._pace.listen_again)
            self._opened.set()
            await self._say(ListenerStatus(host=listener.host, port=listener.port, pid=os.getpid(), trouble=None))
            self.tried.set()
            await asyncio.Event().wait()
        finally:
            if listener is not None:
                await listener.aclose()
                await self._say(None)

    async def _say(self, value: ListenerStatus | None) -> None:
        try:
            await self._store.write(status.set_listener, value)
        except MailError as error:
            log.warning("the listener's state could not be written: %s", error)


async def _opened(backend: Listens) -> Listener:
    """A listener; one that comes up while this is cancelled is closed again."""
    opening = asyncio.ensure_future(backend.listen())
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        await asyncio.wait([opening])
        if not opening.cancelled() and opening.exception() is None:
            await opening.result().aclose()
        raise


class Flushing:
    """Sends queued mail when it falls due, and expires held mail."""

    name = "outbox"

    def __init__(self, dispatch: Dispatch, pace: Pace = STEADY) -> None:
        self._dispatch = dispatch
        self._pace = pace

    async def run(self) -> None:
        """Look again and again."""
        while True:
            busy = False
            try:
                busy = await self._dispatch.flush()
            except MailError as error:
                log.warning("the outbox waits: %s", error)
            await asyncio.sleep(0 if busy else self._pace.flush)
