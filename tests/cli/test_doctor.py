"""``mailmcp doctor``: what is fine is said to be, what is not is said with the way out, and nothing is changed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path

import forking
import pytest
from http_service import serving
from tests.backends.fake_agentmail import KEY, FakeAgentmail

LIMIT = 60


def ran(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAILMCP_", "XDG_"))}
    return forking.ran(
        ["doctor", *arguments, "--home", str(home)],
        timeout=LIMIT,
        env={**kept, "HOME": str(home.parent), "MAILMCP_DNS__SERVERS": "127.0.0.1:9", **environment},
    )


def last_line(home: Path) -> str:
    """What a person reads last."""
    return ran(home).stdout.splitlines()[-1]


def asked(home: Path, *arguments: str, **environment: str) -> tuple[int, dict[str, list[tuple[str, str]]]]:
    """(exit code, standing and sentence of each finding by subject)."""
    done = ran(home, "--json", *arguments, **environment)
    told = json.loads(done.stdout)
    assert told["works"] == (done.returncode == 0)
    subjects: dict[str, list[tuple[str, str]]] = {}
    for one in told["findings"]:
        subjects.setdefault(one["subject"], []).append((one["standing"], one["sentence"]))
    return done.returncode, subjects


def test_before_the_first_run_nothing_is_made_and_nothing_is_wrong(tmp_path):
    code, found = asked(tmp_path / "home")
    assert code == 0
    assert {name: found[name][0][0] for name in ("program", "home", "database", "listener", "clients")} == {
        "program": "fine",
        "home": "missing",
        "database": "missing",
        "listener": "missing",
        "clients": "missing",
    }
    assert last_line(tmp_path / "home") == "mailmcp works here."
    assert not (tmp_path / "home").exists()


def test_a_setting_that_cannot_be_used_stops_everything_and_is_named(tmp_path):
    code, found = asked(tmp_path / "home", MAILMCP_SEND__POLICY="sometimes")
    assert (code, list(found)) == (1, ["program", "settings"])
    assert "MAILMCP_SEND__POLICY" in found["settings"][0][1]


def test_silent_name_servers_are_weak_and_do_not_stop_it(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        code, found = asked(tmp_path / "home", MAILMCP_DNS__SERVERS=f"127.0.0.1:{silent.getsockname()[1]}")
    assert (code, found["DNS"][0][0]) == (0, "weak")


@pytest.mark.parametrize("text", [b"", b"not a database, though long enough to look at" * 50])
def test_a_file_that_is_no_database_is_said(tmp_path, text):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "mailmcp.db").touch(0o600)
    (home / "mailmcp.db").write_bytes(text)
    code, found = asked(home)
    assert code == (1 if text else 0)  # an empty file is what SQLite makes before the first write
    assert found["database"][0][0] == ("wrong" if text else "fine")


def test_a_client_that_starts_what_is_gone_is_said_with_the_command_that_mends_it(tmp_path):
    (tmp_path / ".cursor").mkdir()
    (tmp_path / ".cursor" / "mcp.json").write_text('{"mcpServers": {"mailmcp": {"command": "/gone/mailmcp"}}}')
    _, found = asked(tmp_path / "home")
    assert "`mailmcp connect cursor` mends that" in found["clients"][0][1]
    assert last_line(tmp_path / "home") == "mailmcp works here, but for what is wrong above (clients)."


def test_a_client_that_reaches_one_over_http_is_no_trouble(tmp_path):
    (tmp_path / ".cursor").mkdir()
    (tmp_path / ".cursor" / "mcp.json").write_text('{"mcpServers": {"mailmcp": {"url": "http://127.0.0.1:8765/mcp"}}}')
    _, found = asked(tmp_path / "home")
    assert found["clients"] == [("fine", "Cursor reaches one at http://127.0.0.1:8765/mcp, over HTTP.")]


def test_a_services_key_is_tried_by_one_call_and_said_to_be_fine_or_wrong(tmp_path):
    fake = FakeAgentmail()
    with serving(fake) as base:
        given = {"MAILMCP_BACKEND": "agentmail", "MAILMCP_AGENTMAIL__URL": base}
        code, found = asked(tmp_path / "home", MAILMCP_AGENTMAIL__API_KEY=KEY, **given)
        assert (code, found["agentmail"][0][0]) == (0, "fine")
        assert "listener" not in found
        assert [one.path for one in fake.asked] == [["v0", "auth", "me"]]
        code, found = asked(tmp_path / "home", MAILMCP_AGENTMAIL__API_KEY="am_us_another", **given)
        assert found["agentmail"][0][0] == "wrong"
        assert "am_us" not in found["agentmail"][0][1]
    code, found = asked(tmp_path / "home", MAILMCP_BACKEND="local,agentmail")
    assert (code, found["agentmail"][0][0]) == (1, "wrong")
    assert "MAILMCP_AGENTMAIL__API_KEY" in found["agentmail"][0][1]
    assert "listener" in found
