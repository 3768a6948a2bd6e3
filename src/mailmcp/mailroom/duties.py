"""What only one process of a home does, and which one: the holder of an OS lock.

Every window starts a process of its own. All of them read and write the database; the one that holds
``leader.lock`` also listens for SMTP and sends what falls due. The kernel frees the lock when its holder dies, and
another process takes over at its next try.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from mailmcp.backends.contract import Backend, Listener, Listens, LoadsItsListener
from mailmcp.errors import BackendError, MailError, StoreUnavailable
from mailmcp.mailroom.dispatch import Dispatch
from mailmcp.mailroom.pace import STEADY, Pace
from mailmcp.mailroom.succession import Word
from mailmcp.models import ListenerStatus
from mailmcp.store import Store, status

log = logging.getLogger("mailmcp.duties")

PREPARE_AFTER = 10
"""So many tries to take over pass first: the start of a window is for its client."""
STAND_BACK = 20
"""So many tries of others to take over pass before a leader that made way tries again."""
LISTEN_EVERY = 5
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


async def _no() -> Word | None:
    return None


class Leadership:
    """Tries to lead for as long as the process lives, and does the duties while it does."""

    def __init__(
        self, home: Path, duties: Sequence[Duty], pace: Pace = STEADY, asked: Callable[[], Awaitable[Word | None]] = _no
    ) -> None:
        self._lock = LockFile(home / "leader.lock")
        self._asked = asked
        self._heard: set[str] = set()
        self._duties = duties
        self._pace = pace
        self._task: asyncio.Task[None] | None = None
        self.leads = False

    def start(self) -> None:
        """Try at once, so that it is known at the start who leads, and go on trying if another process does."""
        self.leads = self._lock.acquire()
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
            tries = 0
            while not self.leads and not self._acquired():
                tries += 1
                if tries == PREPARE_AFTER:
                    await self._prepare()
                await asyncio.sleep(self._pace.takeover)
            self.leads = True
            duties = [asyncio.create_task(self._forever(duty), name=f"mailmcp-{duty.name}") for duty in self._duties]
            word: Word | None = None
            try:
                word = await self._until_over()
            finally:
                for duty in duties:
                    duty.cancel()
                await asyncio.gather(*duties, return_exceptions=True)
                self.leads = False
                self._lock.release()
            if word is None:
                log.warning("the lock file was removed or replaced: this process stopped leading")
                continue
            log.warning("a newer mailmcp runs in this home: this process stopped leading")
            if word.for_good:
                return
            # Whoever left word takes over meanwhile; if it has ended, this one leads on.
            await asyncio.sleep(STAND_BACK * self._pace.takeover)

    async def _prepare(self) -> None:
        """Do beforehand what a duty would begin with, so that nobody waits for it when a leader dies."""
        for duty in self._duties:
            if isinstance(duty, Prepares):
                await asyncio.to_thread(duty.prepare)

    async def _until_over(self) -> Word | None:
        """Return when this process shall lead no more: the word that was left for it, or None if its lock is gone."""
        turns = 0
        while self._lock.in_place():
            if turns % LISTEN_EVERY == 0 and (word := await self._asked()) and word.token not in self._heard:
                self._heard.add(word.token)
                return word
            turns += 1
            await asyncio.sleep(self._pace.takeover)
        return None

    def _acquired(self) -> bool:
        try:
            return self._lock.acquire()
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

    def prepare(self) -> None:
        """Load what the listener needs: that takes longer than to open it."""
        if isinstance(self._backend, LoadsItsListener):
            self._backend.load_listener()

    async def run(self) -> None:
        """Listen; when the port is taken, say so and try again."""
        if not isinstance(self._backend, Listens):
            self.tried.set()
            return
        listener: Listener | None = None
        try:
            while listener is None:
                try:
                    listener = await _opened(self._backend)
                except BackendError as error:
                    await self._say(ListenerStatus(host=None, port=None, pid=os.getpid(), trouble=error.public))
                    self.tried.set()
                    await asyncio.sleep(self._pace.listen_again)
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


class LockFile:
    """An OS lock that the kernel frees when its holder dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self) -> bool:
        """Take the lock if nobody holds it; never waits."""
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreUnavailable(f"The lock file {self._path} cannot be opened: {error.strerror}.") from error
        try:
            _lock(file)
        except OSError:
            os.close(file)
            return False
        os.ftruncate(file, 0)
        os.write(file, str(os.getpid()).encode())
        self._file = file
        return True

    def in_place(self) -> bool:
        """Whether the lock that is held is still the one that other processes would find."""
        if self._file is None:
            return False
        try:
            found = self._path.stat()
        except OSError:
            return False
        held = os.fstat(self._file)
        return (found.st_dev, found.st_ino) == (held.st_dev, held.st_ino)

    def release(self) -> None:
        """Give the lock back; safe to call without holding it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        os.lseek(file, 1024, os.SEEK_SET)  # beyond the process id: locked bytes cannot be read by others there
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
