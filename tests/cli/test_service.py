"""`mailmcp service`: what is written for each system, shown first, the same again when done again, and taken away."""

from __future__ import annotations

import os
import plistlib
import re
import shutil
import signal
import smtplib
import sqlite3
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from contextlib import closing
from pathlib import Path

import forking
import pytest

from mailmcp.cli import service
from mailmcp.errors import BadInput

LIMIT = 60
NASTY = Path('/srv/o\'neil $HOME/100% "mail" & <co>')


def planned(platform: str, home: Path = NASTY, **environment: str) -> service.Plan:
    return service.plan(platform, environment, Path("/people/ann"), home)


def test_the_unit_starts_the_absolute_launcher_and_no_word_of_it_means_anything_to_systemd():
    made = planned("linux")
    (start,) = re.findall(r"^ExecStart=(.*)$", made.text, re.MULTILINE)
    words = re.findall(r'"((?:[^"\\]|\\.)*)"', start)
    assert os.path.isabs(words[0])
    assert words[-4:-1] == ["serve", "--no-client", "--home"]
    assert words[-1] == '/srv/o\'neil $$HOME/100%% \\"mail\\" & <co>'
    assert re.fullmatch(r"/people/ann/\.config/systemd/user/mailmcp-[0-9a-f]{8}\.service", str(made.file))
    assert "WantedBy=default.target" in made.text


def test_the_usual_home_needs_no_option_and_has_the_plain_name(monkeypatch):
    monkeypatch.setattr(service, "default_home", lambda: NASTY)
    made = planned("linux", XDG_CONFIG_HOME="/elsewhere")
    assert made.file == Path("/elsewhere/systemd/user/mailmcp.service")
    assert "--home" not in made.text


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_itself_finds_nothing_wrong_with_the_unit(tmp_path):
    home = tmp_path / "a home of 100% $words"
    home.mkdir()
    unit = tmp_path / "mailmcp.service"
    unit.write_text(
        service.systemd([sys.executable, "-m", "mailmcp", "serve", "--no-client", "--home", str(home)], home)
    )
    run = ["systemd-analyze", "verify", "--man=no", str(unit)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=LIMIT, check=False)
    about_it = [line for line in (done.stdout + done.stderr).splitlines() if "mailmcp" in line]
    assert about_it == []


def test_the_property_list_holds_the_same_words_as_they_are():
    made = planned("darwin")
    record = plistlib.loads(made.text.encode())
    assert os.path.isabs(record["ProgramArguments"][0])
    assert record["ProgramArguments"][-4:] == ["serve", "--no-client", "--home", str(NASTY)]
    assert (record["RunAtLoad"], record["KeepAlive"]) == (True, {"SuccessfulExit": False})
    assert made.file.name == f"{record['Label']}.plist"
    assert made.file.parent == Path("/people/ann/Library/LaunchAgents")


def test_the_task_is_xml_that_holds_the_same_words_and_runs_as_its_user_alone():
    made = planned("win32", USERDOMAIN="DESK<1>", USERNAME="ann & bob")
    root = ElementTree.fromstring(made.text.encode("utf-16"))
    space = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
    assert os.path.isabs(root.findtext(".//t:Command", namespaces=space) or "")
    arguments = root.findtext(".//t:Arguments", namespaces=space) or ""
    assert arguments.endswith(subprocess.list2cmdline(["serve", "--no-client", "--home", str(NASTY)]))
    assert root.findtext(".//t:Principal/t:UserId", namespaces=space) == "DESK<1>\\ann & bob"
    assert root.findtext(".//t:RunLevel", namespaces=space) == "LeastPrivilege"
    assert made.file == NASTY / "service.xml"


def test_a_system_without_services_is_refused_in_words():
    with pytest.raises(BadInput, match="serve --no-client"):
        planned("plan9")


# --- as it is typed ---------------------------------------------------------------------------------------------------


@pytest.fixture
def typed(tmp_path):
    """The command, with a systemctl that writes down what it is asked and says yes."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "systemctl").write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n')
    (tools / "systemctl").chmod(0o755)

    def run(action: str, *flags: str, **settings: str) -> tuple[int, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAILMCP_", "XDG_"))}
        environment = {**kept, "HOME": str(tmp_path), "PATH": f"{tools}:{kept['PATH']}", **settings}
        done = forking.ran(
            ["service", action, *flags, "--home", str(tmp_path / "home")], timeout=LIMIT, env=environment
        )
        return done.returncode, done.stdout

    return run


def asked(folder: Path) -> list[str]:
    return (folder / "asked").read_text().splitlines() if (folder / "asked").exists() else []


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="types systemd's commands")


@linux
def test_what_would_be_written_is_shown_and_nothing_is_written_without_a_yes(typed, tmp_path):
    code, said = typed("install")
    assert code == 1
    assert "ExecStart=" in said
    assert "Nothing was changed" in said
    assert not (tmp_path / ".config").exists()
    assert asked(tmp_path) == []


@linux
def test_it_is_installed_once_told_and_taken_away(typed, tmp_path):
    assert typed("status")[0] == 1
    assert typed("install", "--yes")[0] == 0
    (unit,) = (tmp_path / ".config" / "systemd" / "user").iterdir()
    assert f'"{tmp_path / "home"}"' in unit.read_text()
    before, started = unit.read_bytes(), asked(tmp_path)
    assert started[-1] == f"--user enable --now {unit.name}"
    code, said = typed("install")
    assert (code, "nothing to change" in said) == (0, True)
    assert unit.read_bytes() == before
    code, said = typed("status")
    assert (code, "runs." in said) == (0, True)
    assert typed("uninstall", "--yes")[0] == 0
    assert not unit.exists()
    assert f"--user disable --now {unit.name}" in asked(tmp_path)
    assert "nothing to take away" in typed("uninstall")[1]


@linux
def test_a_system_that_cannot_be_reached_is_told_with_its_own_words(typed, tmp_path):
    systemctl = tmp_path / "tools" / "systemctl"
    systemctl.write_text("#!/bin/sh\necho Failed to connect to bus: No medium found >&2; exit 1\n")
    code, said = typed("install", "--yes")
    assert code == 1
    assert "daemon-reload (Failed to connect to bus: No medium found)" in said
    assert "install it again" in said
    code, said = typed("status")
    assert (code, "does not run (Failed to connect to bus: No medium found)." in said) == (1, True)


@linux
def test_what_only_this_shell_has_set_is_named_since_the_service_will_not_have_it(typed):
    assert "config.toml" not in typed("install")[1]
    code, said = typed("install", MAILMCP_BACKEND="imap")
    assert "MAILMCP_BACKEND. Write that into config.toml" in said
    assert code == 1


@linux
def test_one_that_was_written_otherwise_is_ended_before_it_is_started_anew(typed, tmp_path):
    assert typed("install", "--yes")[0] == 0
    (unit,) = (tmp_path / ".config" / "systemd" / "user").iterdir()
    unit.write_text(unit.read_text().replace("RestartSec=5", "RestartSec=6"))
    (tmp_path / "asked").unlink()
    assert typed("install", "--yes")[0] == 0
    assert [line.split()[1] for line in asked(tmp_path)] == ["disable", "daemon-reload", "enable"]


@pytest.mark.skipif(shutil.which("true") is None or shutil.which("false") is None, reason="needs true and false")
def test_an_agent_that_runs_already_is_not_begun_twice(tmp_path, capsys):
    file = tmp_path / "agent.plist"
    file.write_text("words")
    made = service.Plan("launchd", file, "words", start=(("false",),), stop=(("false",),), ask=("true",))
    assert service._install(made, yes=True) == 0
    assert "nothing to change" in capsys.readouterr().out


# --- what it runs -----------------------------------------------------------------------------------------------------


def test_a_leader_that_stays_takes_mail_with_no_client_and_ends_when_it_is_asked(tmp_path):
    from mailmcp.store import inboxes, schema

    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    path = home / "mailmcp.db"
    path.touch(0o600)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        from datetime import UTC, datetime

        db.row_factory = sqlite3.Row
        schema.migrate(db, path)
        inboxes.create(db, address="ann@agents.internal", label="", backend="local", key=None, now=datetime.now(UTC))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILMCP_")}
    environment = {**kept, "MAILMCP_LOCAL__SMTP_PORT": "0", "MAILMCP_WEB__OPEN": "false"}
    with open(os.devnull, "rb") as nothing:
        process = forking.begun(["serve", "--no-client", "--home", str(home)], stdin=nothing.fileno(), env=environment)
    try:
        port = None
        for _ in range(1200):
            with closing(sqlite3.connect(path)) as db:
                found = db.execute("SELECT json_extract(value, '$.port') FROM meta WHERE key = 'listener'").fetchone()
            if found and found[0]:
                port = found[0]
                break
            time.sleep(0.05)
        assert port
        with smtplib.SMTP("127.0.0.1", port, timeout=LIMIT) as smtp:
            smtp.sendmail("bob@app.example", ["ann@agents.internal"], b"Subject: Hello\r\n\r\nWords.\r\n")
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT) == 0
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
