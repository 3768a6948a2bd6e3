"""``mailmcp audit``: what is in the log, and what is said when somebody changed it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.test_afterwards import change
from tests.cli.test_desk import hold, run

UNLOCK = ("DROP TRIGGER audit_is_not_changed", "DROP TRIGGER audit_is_not_shortened")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_the_log_is_shown_exported_and_verified_until_somebody_changes_it(home):
    draft = hold(home)
    listed = run("audit", "list", home=home).stdout.splitlines()
    assert [line.split("\t")[2] for line in listed] == ["inbox.created", "inbox.created", "draft.held"]
    assert f"draft={draft.id}" in listed[-1]
    records = [json.loads(line) for line in run("audit", "export", home=home).stdout.splitlines()]
    assert [record["id"] for record in records] == [1, 2, 3]
    assert records[-1]["detail"]["why"] == "asked"
    verified = run("audit", "verify", "--head", f"3:{records[-1]['hash'][:16]}", home=home)
    assert (verified.returncode, f"3:{records[-1]['hash']}" in verified.stdout) == (0, True)
    assert run("audit", "verify", "--head", "3:00000000", home=home).returncode == 1
    assert run("audit", "verify", "--head", "what", home=home).returncode == 1
    change(home, *UNLOCK, "UPDATE audit SET detail = '{}' WHERE id = 2")
    broken = run("audit", "verify", home=home)
    assert (broken.returncode, broken.stdout.startswith("Row 2 of the audit log is not as it was")) == (1, True)


def test_rows_removed_at_the_end_are_missed(home):
    hold(home)
    change(home, *UNLOCK, "DELETE FROM audit WHERE id = 3")
    broken = run("audit", "verify", home=home)
    assert (broken.returncode, broken.stdout) == (1, "Row 3 of the audit log is not as it was: it was removed.\n")
