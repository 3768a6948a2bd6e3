"""Open, migrate, transactions, and the signal that something changed.

Every process of a home has one writing and one reading connection, each on a thread of its own (aiosqlite), and a
second reading one when callers with keys ask (``scopes``). Work is
a synchronous function of a ``sqlite3.Connection``; it runs whole inside one transaction. Writes that wait at the same
time share one transaction and one fsync (group commit), each behind its own savepoint, so that one piece of work that
fails takes nothing else with it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

import aiosqlite

from mailmcp.errors import StoreUnavailable
from mailmcp.store import audit, schema, whereabouts
from mailmcp.store.claims import Claims
from mailmcp.store.heads import Heads
from mailmcp.store.troubles import public, told
from mailmcp.store.turns import Line

if TYPE_CHECKING:
    from mailmcp.store.scopes import Scope

P = ParamSpec("P")
T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]

log = logging.getLogger("mailmcp.store")

BUSY_TIMEOUT_MS = 5_000
SHARE_AFTER, PATIENCE = 0.04, 0.05
"""Seconds after which work that can wait shares the next transaction, and after which it gets one of its own: many
judgements in one change little more than one does, and each commit writes what was changed twice."""
GROUP_LIMIT = 64
"""Most pieces of work in one transaction: bounds the time that other processes wait for the lock."""

# The WAL-reset corruption bug is in every version up to 3.51.2; several processes writing are its trigger.
WAL_IS_SAFE = sqlite3.sqlite_version_info >= (3, 51, 3)


class _Connection(aiosqlite.Connection):
    """aiosqlite's thread, given whole functions: one hop for a transaction instead of one for each statement."""

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return cast(T, await self._execute(work, self._conn))  # pyright: ignore[reportUnknownMemberType]


class Store:
    """The database of one home."""

    def __init__(self, path: Path, writer: _Connection, reader: _Connection, claims: Claims) -> None:
        self.path = path
        self.claims = claims
        self.heads = Heads(path.parent)
        self._line = Line(path.parent)
        self._identity = _identity(path)
        self._writer = writer
        self._reader = reader
        self._scoped: asyncio.Task[tuple[_Connection, Scope]] | None = None
        self._queue: asyncio.Queue[_Waiting | None] = asyncio.Queue()
        self._patient: list[_Waiting] = []
        self._patience: asyncio.TimerHandle | None = None
        self._committer = asyncio.create_task(self._commit_forever(), name="mailmcp-store-commit")
        self._closing = False
        self._seen_version = -1
        self._turn = threading.Lock()
        """Without WAL nobody can read while a commit is written to the disk, and the other way round. SQLite would find
        that out by trying again after 1, 2, 5, 10 … ms; within one process we can take turns."""

    @classmethod
    async def open(cls, home: Path) -> Store:
        """Open (and create or migrate) the database of a home.

        Raises StoreUnavailable, StoreFull or NewerDatabase, each with the way out.
        """
        path = home / "mailmcp.db"
        try:
            await asyncio.to_thread(home.mkdir, mode=0o700, parents=True, exist_ok=True)
            claims = Claims(home)  # first of all: who has them keeps a repair from beginning
            try:
                await asyncio.to_thread(_prepare, home, path)
                writer = await _opened(_Connection(partial(_connect, path), 64))
                try:
                    reader = await _opened(_Connection(partial(_connect, path, query_only=True), 64))
                except BaseException:
                    await writer.close()
                    raise
            except BaseException:
                claims.close()
                raise
        except (sqlite3.Error, OSError) as error:
            raise public(error, path) from error
        return cls(path, writer, reader, claims)

    async def aclose(self) -> None:
        """Finish the writes that wait, then close both connections; safe to call twice."""
        if self._closing:
            return
        self._closing = True  # from here on nothing joins the queue, so that nobody waits for an answer in vain
        self._queue.put_nowait(None)
        await asyncio.wait([self._committer])
        self.claims.close()
        if self._scoped is not None:
            await (await self._scoped)[0].close()
        await self._reader.close()
        await self._writer.close()
        self._line.close()

    async def read(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``work(connection, …)`` on one unchanging state of the database."""
        self._refuse_if_closed_or_gone()
        with told(self.path):
            return await self._reader.run(partial(_in_snapshot, self._turn, work=lambda db: work(db, *args, **kwargs)))

    async def read_as(self, caller: int, work: Callable[[sqlite3.Connection], T]) -> T:
        """As ``read``, with what the key in that row may see (``scopes``). Opened when needed."""
        self._refuse_if_closed_or_gone()
        if self._scoped is None:
            self._scoped = asyncio.create_task(_opened_scoped(self.path), name="mailmcp-store-scoped")
        with told(self.path):
            connection, scope = await asyncio.shield(self._scoped)
            return await connection.run(partial(_in_snapshot, self._turn, work=scope.of(caller, work)))

    async def write(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``work(connection, …)`` in a transaction; returns after the commit is on the disk.

        What ``work`` raises is raised here and nothing it did remains. A cancelled call may still be carried out.
        """
        self._refuse_if_closed_or_gone()
        waiting = _Waiting(lambda db: work(db, *args, **kwargs))
        self._queue.put_nowait(waiting)
        return await self._done(waiting)

    async def write_soon(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As ``write``, but after a moment: together with what else can wait, if possible with what cannot."""
        self._refuse_if_closed_or_gone()
        waiting = _Waiting(lambda db: work(db, *args, **kwargs))
        self._patient.append(waiting)
        if self._patience is None:
            self._patience = asyncio.get_running_loop().call_later(PATIENCE, self._queue.put_nowait, _Waiting(None))
        return await self._done(waiting)

    def _due(self, ended: bool) -> list[_Waiting]:
        """Take what can wait, if it has waited long enough."""
        timer = self._patience
        if timer is None:
            return []
        left = timer.when() - asyncio.get_running_loop().time()
        if left > PATIENCE - SHARE_AFTER and len(self._patient) < GROUP_LIMIT // 2 and not ended:
            return []
        timer.cancel()
        due, self._patient, self._patience = self._patient, [], None
        return due

    async def _done(self, waiting: _Waiting) -> Any:
        with told(self.path):
            return await waiting.done

    async def alone(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Run what cannot be part of a transaction, between two of them."""
        self._refuse_if_closed_or_gone()
        with told(self.path):
            await self._writer.run(work)

    async def changed(self) -> bool:
        """Whether any process committed something since the last time this was asked."""
        self._refuse_if_closed()
        with told(self.path):
            version = await self._reader.run(partial(_in_snapshot, self._turn, work=_data_version))
        moved, self._seen_version = version != self._seen_version, version
        return moved

    def in_place(self) -> bool:
        """Whether the database that is open here is still the one that other processes find."""
        return _identity(self.path) == self._identity

    def _refuse_if_closed(self) -> None:
        if self._closing:
            raise StoreUnavailable(f"The database {self.path} was closed: mailmcp is about to end.")

    def _refuse_if_closed_or_gone(self) -> None:
        """What is written to a file that nobody can find any more is lost: then nothing may be acknowledged."""
        self._refuse_if_closed()
        if not self.in_place():
            raise StoreUnavailable(
                f"The database {self.path} was removed or replaced while mailmcp runs: put it back, or restart mailmcp"
                " to begin anew."
            )

    async def _commit_forever(self) -> None:
        """Until ``aclose`` puts None behind the last piece of work."""
        ended = False
        while not ended:
            taken = [await self._queue.get()]
            while len(taken) < GROUP_LIMIT and not self._queue.empty():
                taken.append(self._queue.get_nowait())
            ended = None in taken  # a look that was asked for before may come behind it
            # Those first that waited longest: what is judged here was accepted before what is accepted here.
            group = [*self._due(ended), *taken]
            batch = [item for item in group if item is not None and item.work is not None and not item.done.cancelled()]
            if not batch:
                continue
            try:
                works = [item.work for item in batch if item.work is not None]
                together = partial(_commit_together, self._turn, self.heads, works=works)
                outcomes = await self._writer.run(self._line.of(together))
            except Exception as error:  # the connection itself is gone: every caller hears of it
                outcomes = [(None, error)] * len(batch)
            for waiting, (result, error) in zip(batch, outcomes, strict=True):
                if waiting.done.cancelled():
                    continue
                if error is None:
                    waiting.done.set_result(result)
                else:
                    waiting.done.set_exception(error)


class _Waiting:
    """A piece of work and its answer; without work it only makes the committer look."""

    def __init__(self, work: Work | None) -> None:
        self.work = work
        self.done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file lies at a path now; None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


async def _opened(connection: _Connection) -> _Connection:
    await connection
    return connection


async def _opened_scoped(path: Path) -> tuple[_Connection, Scope]:
    from mailmcp.store.scopes import Scope

    connection = await _opened(_Connection(partial(_connect, path, query_only=True), 64))
    return connection, await connection.run(Scope)


def _prepare(home: Path, path: Path) -> None:
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        # SQLite makes its journal with the mode of the database, so the mode is set before the first open. A database
        # that is there is left to SQLite: to close any other handle on it would free this process's locks.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        if trouble := whereabouts.no_file(path):  # its locks would lie beside the link, and other processes' elsewhere
            raise StoreUnavailable(trouble) from None
    with closing(_connect(path)) as db:
        schema.migrate(db, path)


def _connect(path: Path, *, query_only: bool = False) -> sqlite3.Connection:
    # Autocommit: every transaction is begun by hand, since Python's own are deferred and fail at once under contention.
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    if path.stat().st_size == 0:  # of a file in which nothing stands; of any other this would be a write
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    _set_journal(db)
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA temp_store = MEMORY")
    db.execute("PRAGMA journal_size_limit = 4194304")
    if query_only:
        db.execute("PRAGMA query_only = ON")
        db.execute("PRAGMA busy_timeout = 0")  # ``_begin_to_read`` waits by itself
    db.row_factory = sqlite3.Row
    return db


def _set_journal(db: sqlite3.Connection) -> None:
    give_up = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            db.execute(f"PRAGMA journal_mode = {'WAL' if WAL_IS_SAFE else 'TRUNCATE'}")
            return
        except sqlite3.OperationalError as error:
            # SQLite does not wait by itself when several processes begin a new home with WAL at the same moment.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.005)


def _in_snapshot(turn: threading.Lock, db: sqlite3.Connection, *, work: Callable[[sqlite3.Connection], T]) -> T:
    give_up = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    pause = 0.0002
    while True:
        with nullcontext() if WAL_IS_SAFE else turn:
            db.execute("BEGIN")
            try:
                if _can_read(db) or time.monotonic() > give_up:
                    schema.refuse_newer(db)
                    return work(db)
            finally:
                db.execute("ROLLBACK")
        # Another process commits, or our own writer has more than its memory holds: never waited for with the turn,
        # which that writer needs next. In small steps, since a commit takes a few milliseconds.
        time.sleep(pause)
        pause = min(2 * pause, 0.005)


def _can_read(db: sqlite3.Connection) -> bool:
    """Take the lock that reading needs, if it is free; the transaction sees the state of this moment."""
    try:
        db.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _commit_together(
    turn: threading.Lock, heads: Heads, db: sqlite3.Connection, *, works: list[Work]
) -> list[tuple[Any, BaseException | None]]:
    """Run all works in one transaction; what each returned or raised, in order."""
    if len(works) == 1:
        return [_commit_alone(turn, heads, db, works[0])]
    outcomes: list[tuple[Any, BaseException | None]] = []
    undone = False
    try:
        before = _begin(db)
        for work in works:
            db.execute("SAVEPOINT work")
            try:
                outcomes.append((work(db), None))
            except Exception as error:
                if not db.in_transaction:  # SQLite itself rolled back (disk full, I/O error): all is gone
                    undone = True
                    raise
                db.execute("ROLLBACK TO work")
                outcomes.append((None, error))
            db.execute("RELEASE work")
        _commit(turn, heads, db, before)
    except Exception as error:
        if db.in_transaction:
            db.execute("ROLLBACK")
        if undone:  # what is too large for the disk must not take along what is not
            return [_commit_alone(turn, heads, db, work) for work in works]
        return [(None, error)] * len(works)
    return outcomes


def _commit_alone(
    turn: threading.Lock, heads: Heads, db: sqlite3.Connection, work: Work
) -> tuple[Any, BaseException | None]:
    """Run one work in a transaction of its own: without a savepoint, which would cost a tenth of the time."""
    try:
        before = _begin(db)
        result = work(db)
        _commit(turn, heads, db, before)
    except Exception as error:
        if db.in_transaction:
            db.execute("ROLLBACK")
        return None, error
    return result, None


def _begin(db: sqlite3.Connection) -> int:
    """Begin to write; gives the number of the last row of the audit log, which nobody else adds to now."""
    db.execute("BEGIN IMMEDIATE")
    schema.refuse_newer(db)
    return audit.head(db)[0]


def _commit(turn: threading.Lock, heads: Heads, db: sqlite3.Connection, before: int) -> None:
    after = audit.head(db)
    with nullcontext() if WAL_IS_SAFE else turn:
        db.execute("COMMIT")
    heads.add(before, after)


def _data_version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA data_version").fetchone()[0])
