"""The audit log for the human in charge, and what this process itself has to write there when it begins."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from mailmcp.config import RATE, Settings
from mailmcp.errors import BadInput, MailError
from mailmcp.models import AuditCheck, AuditRow, DraftState
from mailmcp.store import Store, audit, outbox, status

log = logging.getLogger("mailmcp.audit")

PAGE = 1_000
KEPT_AS = "send_settings"
_HEAD = re.compile(r"(?:[a-z ,]{0,40}\b(?:line|row) )?(\d{1,12})[:, ] ?([0-9a-f]{8,64})\.?")
"""As mail_status shows one, or as it is copied from an approval page, a terminal or a log."""
EVERY_SECONDS = 24 * 3600
_STRICT = ("never", "approve", "first_contact", "open")
_SECONDS = {"min": 60, "h": 3600, "d": 86_400}


class Auditing:
    """Reads and verifies the log of a home."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def head(self) -> tuple[int, str]:
        """The last row and its hash, which stands for all of them."""
        return await self._store.read(audit.head)

    async def rows(self, *, last: int | None = None) -> AsyncIterator[AuditRow]:
        """All rows, or the last ones, oldest first."""
        after = 0 if last is None else max(0, (await self.head())[0] - last)
        while page := await self._store.read(audit.rows, after=after, limit=PAGE):
            for row in page:
                yield row
            after = page[-1].id

    async def verify(self, head: str | None = None) -> AuditCheck:
        """Whether the log is what was written; ``head`` is one that somebody noted elsewhere, as it was shown.

        Raises BadInput when it is none.
        """
        given: tuple[int, str] | None = None
        if head is not None:
            match = _HEAD.fullmatch(head.strip().lower())
            if match is None:
                raise BadInput(
                    f"{head[:60]!r} is no head of an audit log: write its row and hash, such as 57:0a1b2c3d."
                )
            given = int(match[1]), match[2]

        # As a write, so that nobody adds a row between the look at the notes and the look at the rows.
        return await self._store.write(self._store.heads.verified, head=given)


class Heading:
    """The duty of the leading process to say in its own log where the audit log ends: that is kept outside the home."""

    name = "audit head"

    def __init__(self, store: Store, *, every: float = EVERY_SECONDS) -> None:
        self._store = store
        self._every = every
        self._said: tuple[int, str] | None = None

    async def run(self) -> None:
        """Say it once a day, unless nothing was written."""
        while True:
            await asyncio.sleep(self._every)
            try:
                head = await self._store.read(audit.head)
            except MailError as error:
                log.warning("the head of the audit log cannot be read: %s", error)
                continue
            if head != self._said:
                self._said = head
                _say(head)


async def begin(store: Store, settings: Settings, *, is_led: bool) -> None:
    """What a process writes down when it begins to work: rows that nobody noted, settings that changed since.

    While another process leads the home, that one's settings count, and not these.
    """

    def work(db: sqlite3.Connection) -> tuple[int, str]:
        store.heads.catch_up(db)
        if not is_led:
            note(db, settings)
        return audit.head(db)

    _say(await store.write(work))


def _say(head: tuple[int, str]) -> None:
    log.info("the audit log ends at row %d, %s", head[0], head[1] or "empty")


def loosened(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The settings by which more may leave now than before."""
    found: list[str] = []
    for name, value in after.items():
        old = before.get(name)
        if old is None or old == value:
            continue
        if name == "policy":
            looser = _STRICT.index(value) > _STRICT.index(old) if {value, old} <= set(_STRICT) else True
        elif name in ("allow", "trusted_clients"):
            looser = bool(set(value) - set(old))
        elif name == "deny":
            looser = bool(set(old) - set(value))
        elif name.startswith("rate"):
            looser = _per_second(value) > _per_second(old)
        elif name == "undo":
            looser = value < old
        elif name == "pause_minimum":
            looser = value > old
        elif name.startswith("pause_"):
            looser = name != "pause_days" and (value or 101) > (old or 101)  # 0 means never
        else:
            continue
        if looser:
            found.append(name)
    return found


def note(db: sqlite3.Connection, settings: Settings) -> None:
    """Write down that the settings of sending are others than those that were in force last, and which way."""
    clients = list(settings.approval.trusted_clients)
    after: dict[str, Any] = {
        **settings.send.model_dump(mode="json"),
        "expiry": settings.approval.expiry,
        "trusted_clients": clients,
    }
    before = status.kept(db, KEPT_AS)
    if before == after:
        return
    status.keep(db, KEPT_AS, after)
    if before is None:
        return
    names = [name for name in after if before.get(name) != after[name]]
    audit.record(
        db,
        "settings.changed",
        datetime.now(UTC),
        before=json.dumps({name: before.get(name) for name in names}, ensure_ascii=False),
        after=json.dumps({name: after[name] for name in names}, ensure_ascii=False),
        loosened=", ".join(loosened(before, after)),
        held=outbox.count(db, DraftState.HELD),
    )


def _per_second(rate: str) -> float:
    match = RATE.fullmatch(rate)
    return int(match[1]) / _SECONDS[match[2]] if match else 0.0
