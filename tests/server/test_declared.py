"""What hosts declare is kept, and `mailmcp doctor --wire` shows it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import forking
from hosts import LIMIT
from http_house import META
from test_stdio import modern


def shown(home: Path, *flags: str) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAILMCP_")}
    return forking.ran(["doctor", "--wire", *flags, "--home", str(home)], timeout=LIMIT, env=env).stdout


def clients(home: Path, count: int) -> list[dict[str, Any]]:
    """What is kept, once it is so many."""
    until = time.monotonic() + LIMIT
    while time.monotonic() < until:
        found = json.loads(shown(home, "--json"))["clients"]
        if len(found) >= count:
            return found
    raise AssertionError(found)


def test_what_a_host_of_either_era_declares_is_kept_and_shown(serve, home: Path) -> None:
    assert "No client was here yet" in shown(home)
    assert not home.exists()
    old = serve()
    declared = {"elicitation": {"form": {}}, "roots": {"listChanged": True}}
    info = {"name": "some host\x1b[31m", "version": "2.1"}
    old.request("initialize", {"protocolVersion": "2025-11-25", "capabilities": declared, "clientInfo": info})
    old.say({"method": "notifications/initialized"})
    old.call("list_inboxes")
    new = serve()
    new.request(*modern("tools/list"))
    new.request(*modern("tools/call", name="list_inboxes", arguments={}))
    first, second = clients(home, 2)
    assert (first["version"], first["protocol"], first["transport"]) == ("2.1", "2025-11-25", "stdio")
    assert first["capabilities"]["roots"] == {"listChanged": True}
    assert second["protocol"] == META["io.modelcontextprotocol/protocolVersion"]
    words = shown(home)
    assert "2.1: 2025-11-25 over stdio, declares elicitation" in words
    assert "\x1b" not in words


def test_the_latest_twenty_are_kept(home: Path) -> None:
    import sqlite3

    from mailmcp.store import schema, status

    db = sqlite3.connect(":memory:", isolation_level=None)
    db.row_factory = sqlite3.Row
    schema.migrate(db, Path(":memory:"))
    for number in range(25):
        status.keep_client(db, {"client": f"c{number}", "at": f"2026-01-01T00:00:{number:02}+00:00"})
    assert [one["client"] for one in status.clients(db)] == [f"c{number}" for number in range(5, 25)]
    db.close()
