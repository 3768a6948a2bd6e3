"""Events that were taken stay known for as long as a provider delivers them again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mailmcp.store import hooks, schema

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def test_an_event_is_known_by_its_backend_and_id_until_no_provider_would_try_it_again(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "mailmcp.db", isolation_level=None)) as db:
        schema.migrate(db, tmp_path / "mailmcp.db")
        hooks.take(db, "e2a", "evt_1", NOW)
        hooks.take(db, "e2a", "evt_1", NOW)  # taken twice at once
        assert hooks.is_taken(db, "e2a", "evt_1")
        assert not hooks.is_taken(db, "e2a", "evt_2")
        assert not hooks.is_taken(db, "mailkite", "evt_1")
        hooks.take(db, "e2a", "evt_2", NOW + timedelta(hours=30))
        assert hooks.is_taken(db, "e2a", "evt_1")
        hooks.take(db, "e2a", "evt_3", NOW + hooks.KEPT + timedelta(seconds=1))
        assert not hooks.is_taken(db, "e2a", "evt_1")
        assert hooks.is_taken(db, "e2a", "evt_2")
