"""What one caller may see, kept below every question that is asked: views in place of the tables.

A key's questions are asked over a connection of their own, on which each table that holds something of an inbox is
hidden behind a temporary view of the same name: SQLite looks there first, so every statement of this room, those to
come too, sees the rows of that key's inboxes and no others. What is another's is not there, as what never was; it is
found missing at the same place. A table that is neither hidden nor named in ``SHARED`` fails a test.

On PostgreSQL this would be row-level security. Changes are made without it: what they change was found by a question.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from mailmcp.store.db import Store

P = ParamSpec("P")
T = TypeVar("T")

_OWN = "SELECT id FROM temp.own_inboxes"
_OF_A_MESSAGE = f"EXISTS (SELECT 1 FROM main.messages AS own WHERE own.id = it.message AND own.inbox IN ({_OWN}))"
_OF_A_DRAFT = f"EXISTS (SELECT 1 FROM main.drafts AS own WHERE own.id = it.draft AND own.inbox IN ({_OWN}))"
_OF_A_DRAFTS_ID = f"EXISTS (SELECT 1 FROM main.drafts AS own WHERE own.public_id = it.draft AND own.inbox IN ({_OWN}))"
_BY_ROW = f"it.inbox IN ({_OWN})"
_BY_ADDRESS = "it.inbox IN (SELECT address FROM main.inboxes WHERE id IN (SELECT id FROM temp.own_inboxes))"
_OF_AN_ACCOUNT = f"it.account IN (SELECT account FROM main.inboxes WHERE id IN ({_OWN}))"

HIDDEN = {
    "inboxes": f"it.id IN ({_OWN})",
    **dict.fromkeys(
        (
            "threads",
            "messages",
            "mentions",
            "arrivals",
            "contacts",
            "drafts",
            "agreed",
            "inbound_rules",
            "fetching",
            "fetched",
        ),
        _BY_ROW,
    ),
    **dict.fromkeys(("fetching", "fetched"), _BY_ROW),
    **dict.fromkeys(("bodies", "attachments", "labels", "handouts", "checks", "returns"), _OF_A_MESSAGE),
    **dict.fromkeys(("deliveries", "seals", "left_as", "edits"), _OF_A_DRAFT),
    **dict.fromkeys(("taints", "sends", "departures", "pauses", "suppressions"), _BY_ADDRESS),
    **dict.fromkeys(("folders", "mails", "errands"), _OF_AN_ACCOUNT),
    "raws": f"EXISTS (SELECT 1 FROM main.messages AS own WHERE own.raw = it.id AND own.inbox IN ({_OWN}))",
    # A code outlives its inbox for those that could read it there.
    "fresh_codes": f"(it.inbox IN ({_OWN}) OR EXISTS (SELECT 1 FROM json_each(it.readers) WHERE value = caller())"
    " OR EXISTS (SELECT 1 FROM main.keys WHERE keys.id = caller() AND every = 1 AND revoked_at IS NULL))",
    "places": "FALSE",
    # The human's, and nobody's who comes with a key.
    **dict.fromkeys(
        ("audit", "keys", "key_secrets", "grants", "review_links", "draft_copies", "budgets", "hooks"), "FALSE"
    ),
}
"""Of each table: which of its rows (``it``) belong to the caller."""
SHARED = frozenset({"meta", "search"})
"""What is the home's, or (``search``) holds only words that are looked up together with ``messages``."""


class Scope:
    """Whose questions a connection answers now."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._caller: int | None = None
        db.create_function("caller", 0, lambda: self._caller, deterministic=True)
        db.execute("PRAGMA query_only = OFF")
        db.execute(
            "CREATE TEMP VIEW own_inboxes AS SELECT grants.inbox AS id FROM main.grants JOIN main.keys"
            " ON keys.id = grants.key WHERE grants.key = caller() AND revoked_at IS NULL UNION ALL"
            " SELECT inboxes.id FROM main.inboxes WHERE EXISTS (SELECT 1 FROM main.keys"
            "   WHERE keys.id = caller() AND every = 1 AND revoked_at IS NULL)"
        )
        for table, condition in HIDDEN.items():
            db.execute(f"CREATE TEMP VIEW {table} AS SELECT * FROM main.{table} AS it WHERE {condition}")
        db.execute("PRAGMA query_only = ON")

    def of(self, caller: int, work: Callable[[sqlite3.Connection], T]) -> Callable[[sqlite3.Connection], T]:
        """The same work, done for one caller."""

        def scoped(db: sqlite3.Connection) -> T:
            self._caller = caller
            try:
                return work(db)
            finally:
                self._caller = None

        return scoped


class SeenBy(Store):
    """The database as the holder of one key sees it."""

    def __init__(self, store: Store, key: int) -> None:
        self._whole = store
        self._key = key
        self.path, self.claims, self.heads = store.path, store.claims, store.heads

    async def read(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As ``Store.read``, with only this caller's rows."""
        return await self._whole.read_as(self._key, lambda db: work(db, *args, **kwargs))

    async def write(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As ``Store.write``: over all rows, since what is to be changed was found by ``read``."""
        return await self._whole.write(work, *args, **kwargs)

    async def write_soon(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As ``Store.write_soon``."""
        return await self._whole.write_soon(work, *args, **kwargs)

    async def changed(self) -> bool:
        """As ``Store.changed``."""
        return await self._whole.changed()

    async def aclose(self) -> None:
        """Nothing: whoever opened the store closes it."""
